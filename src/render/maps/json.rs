//! One JSON object a line: `start`, a `map` each, an `order` for each two locks of which one is taken under the other, an
//! `incomplete` each, `summary`. Schema version 1, stable.

use safe_map_lints::Place;
use safe_map_lints::inventory::{
    Acquires, HeldAcross, Inventory, LockOrder, Protection, SharedMap, Site, Strategy, Under, UseKind,
};
use serde::Serialize;

use super::{findings, maps};
use crate::report::{Report, Sources};

/// What readers compare against; it changes when a field changes its meaning or goes away.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(tag = "reason", rename_all = "lowercase")]
enum Line<'a> {
    Start { schema_version: u32, tool_version: &'a str, root: String },
    Map(Box<MapLine<'a>>),
    Order(OrderLine<'a>),
    Incomplete { file: &'a str, line: u32, message: &'a str },
    Summary { files: u64, lines: u64, maps: usize, orders: usize, incomplete: usize },
}

#[derive(Serialize)]
struct MapLine<'a> {
    map: &'a str,
    package: &'a str,
    #[serde(rename = "type")]
    ty: &'a str,
    shape: &'a str,
    layers: &'a [String],
    protection: Protection,
    behind: &'a [String],
    #[serde(flatten)]
    location: Location<'a>,
    uses: Uses,
    acquires: Acquires,
    sites: Vec<SiteLine<'a>>,
    held_across: Vec<HeldLine<'a>>,
    takes: Vec<UnderLine<'a>>,
    taken_under: Vec<UnderLine<'a>>,
    findings: Vec<FindingCount>,
    advice: AdviceLine<'a>,
}

#[derive(Serialize)]
struct Uses {
    read: usize,
    write: usize,
    insert: usize,
    delete: usize,
    iterate: usize,
}

#[derive(Serialize)]
struct SiteLine<'a> {
    kind: UseKind,
    method: &'a str,
    function: &'a str,
    #[serde(flatten)]
    location: Location<'a>,
}

#[derive(Serialize)]
struct HeldLine<'a> {
    kind: safe_map_lints::inventory::Across,
    what: &'a str,
    waits_for: &'a str,
    function: &'a str,
    #[serde(flatten)]
    location: Location<'a>,
}

#[derive(Serialize)]
struct UnderLine<'a> {
    lock: &'a str,
    count: usize,
    #[serde(flatten)]
    location: Location<'a>,
}

#[derive(Serialize)]
struct OrderLine<'a> {
    first: &'a str,
    then: &'a str,
    count: usize,
    in_cycle: bool,
    function: &'a str,
    #[serde(flatten)]
    location: Location<'a>,
}

#[derive(Serialize)]
struct FindingCount {
    lint: &'static str,
    count: usize,
}

#[derive(Serialize)]
struct AdviceLine<'a> {
    strategy: Strategy,
    wrapper: Option<&'a str>,
    reason: &'a str,
}

#[derive(Serialize)]
struct Location<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    byte_start: u32,
    byte_end: u32,
}

/// The lines of a report's inventory.
pub(in crate::render) fn json(report: &Report) -> String {
    let root = report.root.to_string_lossy().replace('\\', "/");
    let start = Line::Start { schema_version: SCHEMA_VERSION, tool_version: env!("CARGO_PKG_VERSION"), root };
    let orders = report.inventory.iter().flat_map(|it| it.locks.orders.iter().map(move |order| (it, order)));
    let mut lines = vec![start];
    lines.extend(maps(report).iter().map(|it| Line::Map(Box::new(map(report, it)))));
    lines.extend(orders.map(|(inventory, it)| Line::Order(order(&report.sources, inventory, it))));
    lines.extend(report.incomplete.iter().map(|it| Line::Incomplete {
        file: &it.file,
        line: it.line,
        message: &it.message,
    }));
    lines.push(Line::Summary {
        files: report.stats.files,
        lines: report.stats.lines,
        maps: maps(report).len(),
        orders: report.inventory.as_ref().map_or(0, |it| it.locks.orders.len()),
        incomplete: report.incomplete.len(),
    });
    lines.iter().map(written).collect()
}

fn written(line: &Line<'_>) -> String {
    serde_json::to_string(line).expect("the lines hold only strings, numbers and lists") + "\n"
}

fn map<'a>(report: &'a Report, it: &'a SharedMap) -> MapLine<'a> {
    let sources = &report.sources;
    MapLine {
        map: &it.path,
        package: &it.package,
        ty: &it.ty,
        shape: &it.shape,
        layers: &it.layers,
        protection: it.protection,
        behind: &it.behind,
        location: location(sources, it.place),
        uses: Uses {
            read: it.count(UseKind::Read),
            write: it.count(UseKind::Write),
            insert: it.count(UseKind::Insert),
            delete: it.count(UseKind::Delete),
            iterate: it.count(UseKind::Iterate),
        },
        acquires: it.acquires,
        sites: it.sites.iter().map(|it| site(sources, it)).collect(),
        held_across: it.held.iter().map(|it| held(sources, it)).collect(),
        takes: it.takes.iter().map(|it| under(sources, it)).collect(),
        taken_under: it.taken_under.iter().map(|it| under(sources, it)).collect(),
        findings: findings(report, it)
            .into_iter()
            .map(|(lint, count)| FindingCount { lint, count })
            .collect(),
        advice: AdviceLine {
            strategy: it.advice.strategy,
            wrapper: it.advice.wrapper,
            reason: &it.advice.reason,
        },
    }
}

fn site<'a>(sources: &'a Sources, it: &'a Site) -> SiteLine<'a> {
    SiteLine {
        kind: it.kind,
        method: &it.method,
        function: &it.function,
        location: location(sources, it.place),
    }
}

fn held<'a>(sources: &'a Sources, it: &'a HeldAcross) -> HeldLine<'a> {
    HeldLine {
        kind: it.across,
        what: &it.what,
        waits_for: it.waits_for,
        function: &it.function,
        location: location(sources, it.place),
    }
}

fn under<'a>(sources: &'a Sources, it: &'a Under) -> UnderLine<'a> {
    UnderLine { lock: &it.lock, count: it.count, location: location(sources, it.place) }
}

fn order<'a>(sources: &'a Sources, inventory: &'a Inventory, it: &'a LockOrder) -> OrderLine<'a> {
    OrderLine {
        first: &inventory.locks.locks[it.first].path,
        then: &inventory.locks.locks[it.then].path,
        count: it.count,
        in_cycle: it.in_cycle,
        function: &it.function,
        location: location(sources, it.place),
    }
}

fn location(sources: &Sources, place: Place) -> Location<'_> {
    let file = sources.file(place.file);
    let (start, end) = file.range(place.span);
    Location {
        file: &file.path,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        byte_start: place.span.start,
        byte_end: place.span.end,
    }
}
