//! The maps as an aligned table: a row of counts for each, and below it what cannot be counted.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use safe_map_lints::inventory::{SharedMap, Strategy, Under, UseKind};

use super::{findings, held, line, maps, plural, short};
use crate::output::{Look, Style};
use crate::render::human::wrap;
use crate::render::summary::Detail;
use crate::report::Report;
use crate::visible;

/// The columns of the counts, each as wide as its name.
const COUNTS: [UseKind; 5] = UseKind::ALL;

/// The widest advice.
const ADVICE: usize = "read_mostly".len();

/// The table, and a line of totals.
pub(in crate::render) fn table(report: &Report, look: Look, detail: Detail) -> String {
    let maps = maps(report);
    if maps.is_empty() {
        return "no field and no static is a shared map\n".to_owned();
    }
    let mut by_crate: BTreeMap<&str, Vec<&SharedMap>> = BTreeMap::new();
    for map in maps {
        by_crate.entry(map.crate_name()).or_default().push(map);
    }
    let table = Table { report, look, detail, name: name_width(maps, look) };
    let parts: Vec<String> = by_crate.iter().map(|(name, maps)| table.of_crate(name, maps)).collect();
    format!("{}\n{}\n", parts.join("\n"), totals(maps, by_crate.len()))
}

/// How wide the names are: as wide as the widest, where that leaves room for the counts.
fn name_width(maps: &[SharedMap], look: Look) -> usize {
    let counts: usize = COUNTS.iter().map(|it| it.as_str().len() + 2).sum();
    let room = look.width.saturating_sub(counts + 2 + ADVICE);
    let widest = maps.iter().map(|it| it.name().chars().count() + 2).max().unwrap_or(0);
    widest.min(room).max(24)
}

fn totals(maps: &[SharedMap], crates: usize) -> String {
    let mut by_strategy: BTreeMap<Strategy, usize> = BTreeMap::new();
    for map in maps {
        *by_strategy.entry(map.advice.strategy).or_default() += 1;
    }
    let parts: Vec<String> =
        by_strategy.iter().map(|(it, count)| format!("{} {count}", it.as_str())).collect();
    format!("{} in {}: {}", plural(maps.len(), "shared map"), plural(crates, "crate"), parts.join(", "))
}

struct Table<'a> {
    report: &'a Report,
    look: Look,
    detail: Detail,
    name: usize,
}

impl Table<'_> {
    fn of_crate(&self, name: &str, maps: &[&SharedMap]) -> String {
        let width = self.name;
        let counts: String = COUNTS.iter().map(|it| format!("  {}", it.as_str())).collect();
        let mut out = format!("{}{counts}  advice\n", self.strong(&format!("{name:<width$}")));
        maps.iter().for_each(|it| self.map(&mut out, it));
        out
    }

    fn map(&self, out: &mut String, map: &SharedMap) {
        let name = format!("  {}", map.name());
        // A name that leaves no room for the counts has its own line.
        let width = self.name;
        let name = if name.chars().count() > width { format!("{name}\n{:width$}", "") } else { name };
        let count = |kind: &UseKind| {
            let count = map.count(*kind);
            let text = if count == 0 { "-".to_owned() } else { count.to_string() };
            format!("  {text:>width$}", width = kind.as_str().len())
        };
        let counts: String = COUNTS.iter().map(count).collect();
        let row = format!("{name:<width$}{counts}  {}", map.advice.strategy.as_str());
        let _ = writeln!(out, "{}", visible::text(&row));
        self.notes(map).iter().for_each(|it| self.note(out, it));
        if self.detail == Detail::All {
            self.places(out, map);
        }
    }

    /// What stands below the counts, a paragraph each.
    fn notes(&self, map: &SharedMap) -> Vec<String> {
        let place = line(self.report, map.place);
        let mut notes = vec![format!("`{}`, {}, {place}", map.shape, protected(map))];
        let held = held(map);
        if !held.is_empty() {
            notes.push(format!("held across {}", held.join(", ")));
        }
        notes.extend(locks("takes", &map.takes, map).map(|it| format!("{it} while it is held")));
        notes.extend(locks("is taken under", &map.taken_under, map));
        let findings = findings(self.report, map);
        if !findings.is_empty() {
            let parts: Vec<String> = findings.iter().map(|(lint, count)| format!("{lint} {count}")).collect();
            notes.push(format!("findings: {}", parts.join(", ")));
        }
        let wrapper = map.advice.wrapper.map(|it| format!("`{it}`: ")).unwrap_or_default();
        notes.push(format!("{wrapper}{}", map.advice.reason));
        notes
    }

    fn note(&self, out: &mut String, text: &str) {
        for (index, line) in wrap(text, self.look.width.saturating_sub(6)).iter().enumerate() {
            let indent = if index == 0 { "    " } else { "      " };
            let _ = writeln!(out, "{indent}{}", self.faint(line));
        }
    }

    fn places(&self, out: &mut String, map: &SharedMap) {
        let mut say = |text: String| {
            let _ = writeln!(out, "{}", visible::line(&text));
        };
        for site in &map.sites {
            let (kind, place) = (site.kind.as_str(), line(self.report, site.place));
            say(format!("      {kind:<8} {:<14} {place}  {}", site.method.as_str(), site.function));
        }
        for it in &map.held {
            let what = if it.what.is_empty() { "?" } else { it.what.as_str() };
            let place = line(self.report, it.place);
            say(format!("      {:<8} {what:<14} {place}  {}", "held", it.function));
        }
    }

    fn strong(&self, text: &str) -> String {
        let text = visible::line(text);
        match self.look.style {
            Style::Colored => format!("\u{1b}[1m{text}\u{1b}[0m"),
            Style::Unicode | Style::Plain => text.into_owned(),
        }
    }

    fn faint(&self, text: &str) -> String {
        let text = visible::line(text);
        match self.look.style {
            Style::Colored => format!("\u{1b}[2m{text}\u{1b}[0m"),
            Style::Unicode | Style::Plain => text.into_owned(),
        }
    }
}

fn protected(map: &SharedMap) -> String {
    let locks: Vec<String> = map.behind.iter().map(|it| format!("`{}`", short(map, it))).collect();
    if locks.is_empty() {
        map.protection.describe().to_owned()
    } else {
        format!("behind {}", locks.join(" or "))
    }
}

/// ``takes `a`, `b` (3 places)``.
fn locks<'a>(verb: &str, all: &[Under], map: &SharedMap) -> impl Iterator<Item = String> + use<'a> {
    let one = |it: &Under| match it.count {
        1 => format!("`{}`", short(map, &it.lock)),
        count => format!("`{}` in {count} places", short(map, &it.lock)),
    };
    let parts: Vec<String> = all.iter().map(one).collect();
    (!parts.is_empty()).then(|| format!("{verb} {}", parts.join(", "))).into_iter()
}
