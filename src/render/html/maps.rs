//! The shared maps as a table: counts, what each is held across, advice; every place behind a fold.

use std::fmt::Write as _;

use safe_map_lints::inventory::{SharedMap, Under, UseKind};

use super::escape::{escape, prose};
use super::place;
use crate::render::maps::{findings, held, plural, short};
use crate::report::Report;

/// The section of the shared maps.
pub(super) fn section(report: &Report, maps: &[SharedMap]) -> String {
    let mut out = String::from("<section id=\"maps\"><h2>Shared maps</h2>\n");
    if maps.is_empty() {
        out.push_str("<p class=\"empty\">No field and no static is a shared map.</p></section>\n");
        return out;
    }
    out.push_str(
        "<p class=\"lead\">Counted are places in the source, not how often they run.</p>\n\
         <table class=\"maps\"><thead><tr><th>map</th>",
    );
    UseKind::ALL.iter().for_each(|it| out.push_str(&format!("<th class=\"num\">{}</th>", it.as_str())));
    out.push_str("<th>advice</th></tr></thead>\n");
    maps.iter().for_each(|it| row(&mut out, report, it));
    out.push_str("</table></section>\n");
    out
}

fn row(out: &mut String, report: &Report, map: &SharedMap) {
    let (krate, name) = (map.crate_name(), map.name());
    let _ = write!(
        out,
        "<tbody><tr><th scope=\"row\"><code class=\"name\"><span class=\"crate\">{}::</span>{}</code>\
         <code class=\"type\">{}</code></th>",
        escape(krate),
        breakable(name),
        breakable(&map.ty)
    );
    for kind in UseKind::ALL {
        let count = map.count(kind);
        let class = if count == 0 { "num none" } else { "num" };
        let _ = write!(out, "<td class=\"{class}\" data-label=\"{}\">{count}</td>", kind.as_str());
    }
    let strategy = map.advice.strategy.as_str();
    let _ = write!(
        out,
        "<td class=\"advice\"><span class=\"badge {strategy}\">{}</span>",
        strategy.replace('_', " ")
    );
    out.push_str(&map.advice.wrapper.map(|it| format!(" <code>{}</code>", escape(it))).unwrap_or_default());
    let _ = write!(out, "<p>{}</p></td></tr>", prose(&map.advice.reason));
    let _ = writeln!(
        out,
        "<tr class=\"more\"><td colspan=\"7\">{}{}</td></tr></tbody>",
        notes(report, map),
        places(report, map)
    );
}

/// A line may break behind a part of a path or type.
fn breakable(text: &str) -> String {
    escape(text)
        .replace("::", "::<wbr>")
        .replace('.', ".<wbr>")
        .replace("&lt;", "&lt;<wbr>")
        .replace(", ", ", <wbr>")
}

fn notes(report: &Report, map: &SharedMap) -> String {
    let behind: Vec<String> =
        map.behind.iter().map(|it| format!("<code>{}</code>", escape(short(map, it)))).collect();
    let protected = match behind.is_empty() {
        true => prose(map.protection.describe()),
        false => format!("behind {}", behind.join(" or ")),
    };
    let mut notes = vec![format!("<code>{}</code>", place(report, map.place)), protected];
    notes.extend(held(map).iter().map(|it| format!("held across {}", prose(it))));
    notes.extend(locks("takes", &map.takes, map));
    notes.extend(locks("taken under", &map.taken_under, map));
    let found = findings(report, map);
    if !found.is_empty() {
        let parts: Vec<String> =
            found.iter().map(|(lint, count)| format!("<code>{lint}</code> {count}")).collect();
        notes.push(format!("<span class=\"found\">findings: {}</span>", parts.join(", ")));
    }
    format!("<p class=\"facts\">{}</p>", notes.join(" <span class=\"dot\">·</span> "))
}

fn locks(verb: &str, all: &[Under], map: &SharedMap) -> Option<String> {
    let one = |it: &Under| {
        let times = if it.count > 1 { format!(" ×{}", it.count) } else { String::new() };
        format!("<code>{}</code>{times}", escape(short(map, &it.lock)))
    };
    let parts: Vec<String> = all.iter().map(one).collect();
    (!parts.is_empty()).then(|| format!("{verb} {}", parts.join(", ")))
}

fn places(report: &Report, map: &SharedMap) -> String {
    let count = map.sites.len() + map.held.len();
    if count == 0 {
        return String::new();
    }
    let mut out = format!("<details><summary>{}</summary><ul class=\"plain\">", plural(count, "place"));
    for it in &map.sites {
        let _ = write!(
            out,
            "<li><span class=\"kind\">{}</span> <code>{}</code> <code class=\"at\">{}</code> in <code>{}</code></li>",
            it.kind.as_str(),
            escape(&it.method),
            place(report, it.place),
            escape(&it.function)
        );
    }
    for it in &map.held {
        let what =
            if it.what.is_empty() { String::new() } else { format!(" <code>{}</code>", escape(&it.what)) };
        let waits =
            if it.waits_for.is_empty() { String::new() } else { format!(", waits for {}", it.waits_for) };
        let _ = write!(
            out,
            "<li><span class=\"kind\">held</span> {}{what}{waits} <code class=\"at\">{}</code> in <code>{}</code></li>",
            it.across.describe(),
            place(report, it.place),
            escape(&it.function)
        );
    }
    out.push_str("</ul></details>");
    out
}
