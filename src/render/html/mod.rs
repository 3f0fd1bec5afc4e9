//! One self-contained page: findings with their source, the shared maps, the lock graph, what was not analysed. No script, no
//! resource of its own or of others; light and dark as the reader's system is; made to be printed too.

mod escape;
mod excerpt;
mod finding;
mod graph;
mod layout;
mod maps;

use std::fmt::Write as _;

use safe_map_lints::Place;

use super::View;
use crate::report::Report;
use escape::escape;

const STYLE: &str = include_str!("style.css");

/// Nothing may be loaded or run, whatever got into the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The page of a report with these findings.
pub(super) fn page(view: &View<'_>) -> String {
    let (report, findings) = (view.report, view.findings().collect::<Vec<_>>());
    let name = report.root.file_name().map_or("workspace".into(), |it| it.to_string_lossy().into_owned());
    let mut out = String::with_capacity(64 * 1024);
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{} · safe-map-lint</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        escape(&name)
    );
    let _ = writeln!(out, "<header><p class=\"tool\">cargo safe-map-lint</p><h1>{}</h1>", escape(&name));
    out.push_str(&tiles(report));
    out.push_str(&navigation(report));
    out.push_str("</header>\n<main>\n");
    out.push_str(&finding::section(report, &findings));
    if let Some(inventory) = &report.inventory {
        out.push_str(&maps::section(report, &inventory.maps));
        out.push_str(&graph::section(report, &inventory.locks));
    }
    out.push_str(&incomplete(report));
    let _ = write!(
        out,
        "</main>\n<footer>cargo safe-map-lint {}</footer>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    );
    out
}

/// `src/store.rs:12:5`, escaped.
fn place(report: &Report, place: Place) -> String {
    let file = report.sources.file(place.file);
    let (start, _) = file.range(place.span);
    escape(&format!("{}:{}:{}", file.path, start.line, start.column))
}

/// The counts of the run.
fn tiles(report: &Report) -> String {
    let stats = &report.stats;
    let mut tiles = vec![("deny", stats.deny, "errors"), ("warn", stats.warn, "warnings")];
    if let Some(inventory) = &report.inventory {
        let moving = inventory.maps.iter().filter(|it| it.advice.wrapper.is_some()).count();
        let orders = inventory.locks.orders.iter().filter(|it| it.in_cycle).count();
        tiles.push(("", inventory.maps.len() as u64, "shared maps"));
        tiles.push(("", moving as u64, "with advice"));
        tiles.push((if orders > 0 { "deny" } else { "" }, orders as u64, "orders in circles"));
    }
    tiles.push(("", stats.files, "files"));
    tiles.push(("", stats.lines, "lines"));
    let tile = |(class, count, name): &(&str, u64, &str)| {
        let class = if *count == 0 { "" } else { class };
        format!("<li class=\"{class}\"><b>{count}</b> {name}</li>")
    };
    format!("<ul class=\"tiles\">{}</ul>\n", tiles.iter().map(tile).collect::<String>())
}

fn navigation(report: &Report) -> String {
    let mut links = vec![("findings", "Findings")];
    if report.inventory.is_some() {
        links.extend([("maps", "Shared maps"), ("locks", "Lock graph")]);
    }
    if !report.incomplete.is_empty() {
        links.push(("incomplete", "Not analysed"));
    }
    let link = |(id, name): &(&str, &str)| format!("<a href=\"#{id}\">{name}</a>");
    format!("<nav>{}</nav>\n", links.iter().map(link).collect::<String>())
}

fn incomplete(report: &Report) -> String {
    if report.incomplete.is_empty() {
        return String::new();
    }
    let mut out = String::from("<section id=\"incomplete\"><h2>Not analysed</h2><ul class=\"plain\">\n");
    for it in &report.incomplete {
        let _ =
            writeln!(out, "<li><code>{}:{}</code> {}</li>", escape(&it.file), it.line, escape(&it.message));
    }
    out.push_str("</ul></section>\n");
    out
}
