//! One JSON object a line: `start`, a `finding` each, an `incomplete` each, `summary`. Schema version 1, stable.

use std::borrow::Cow;

use safe_map_lints::{Edit, Fix, Label, Place, Role, Step};
use serde::Serialize;

use super::{Statistics, View, paths, statistics};
use crate::report::{Report, Reported, Suppressed};

/// What readers compare against; it changes when a field changes its meaning or goes away.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(tag = "reason", rename_all = "lowercase")]
enum Line<'a> {
    Start { schema_version: u32, tool_version: &'a str, root: String },
    Finding(Box<FindingLine<'a>>),
    Incomplete { file: Cow<'a, str>, line: u32, message: &'a str },
    Summary(Summary),
}

#[derive(Serialize)]
struct FindingLine<'a> {
    lint: &'a str,
    group: &'a str,
    level: &'a str,
    confidence: &'a str,
    url: String,
    message: &'a str,
    lock: Option<&'a str>,
    package: &'a str,
    edition: &'a str,
    item: &'a str,
    #[serde(flatten)]
    location: Location<'a>,
    labels: Vec<LabelLine<'a>>,
    note: &'a str,
    help: &'a str,
    interleaving: Vec<StepLine<'a>>,
    fixes: Vec<FixLine<'a>>,
    suppressed: Option<SuppressedLine<'a>>,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct Location<'a> {
    file: Cow<'a, str>,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    byte_start: u32,
    byte_end: u32,
}

#[derive(Serialize)]
struct LabelLine<'a> {
    role: Role,
    message: &'a str,
    #[serde(flatten)]
    location: Location<'a>,
}

#[derive(Serialize)]
struct StepLine<'a> {
    thread: char,
    step: usize,
    message: &'a str,
    file: Cow<'a, str>,
    line: u32,
    column: u32,
    byte_start: u32,
    byte_end: u32,
}

#[derive(Serialize)]
struct FixLine<'a> {
    title: &'a str,
    applicability: safe_map_lints::Applicability,
    edits: Vec<EditLine<'a>>,
}

#[derive(Serialize)]
struct EditLine<'a> {
    file: Cow<'a, str>,
    byte_start: u32,
    byte_end: u32,
    replacement: &'a str,
}

#[derive(Serialize)]
struct SuppressedLine<'a> {
    kind: &'a str,
    reason: Option<&'a str>,
    file: Cow<'a, str>,
    line: u32,
}

#[derive(Serialize)]
struct Summary {
    files: u64,
    parsed: u64,
    lines: u64,
    maps: u64,
    findings: Counts,
    incomplete: usize,
    elapsed_ms: u64,
}

#[derive(Serialize)]
struct Counts {
    deny: u64,
    warn: u64,
    allow: u64,
}

/// The lines of a report.
pub(super) fn lines(view: &View<'_>) -> String {
    let report = view.report;
    let mut out = String::new();
    let root = paths::slashes(view.paths.base());
    push(
        &mut out,
        &Line::Start { schema_version: SCHEMA_VERSION, tool_version: env!("CARGO_PKG_VERSION"), root },
    );
    for found in view.findings() {
        push(&mut out, &Line::Finding(Box::new(finding(view, found))));
    }
    for it in &report.incomplete {
        let file = view.paths.of(&it.file);
        push(&mut out, &Line::Incomplete { file, line: it.line, message: &it.message });
    }
    if view.shown.statistics == Statistics::Show {
        out.push_str(&statistics::json(report));
    }
    push(&mut out, &Line::Summary(summary(report)));
    out
}

fn push(out: &mut String, line: &Line<'_>) {
    out.push_str(&serde_json::to_string(line).expect("the lines hold only strings, numbers and lists"));
    out.push('\n');
}

fn finding<'a>(view: &View<'a>, found: &'a Reported) -> FindingLine<'a> {
    let it = &found.finding;
    FindingLine {
        lint: it.lint,
        group: found.lint.group.as_str(),
        level: found.level.as_str(),
        confidence: it.confidence.as_str(),
        url: found.lint.url(),
        message: &it.message,
        lock: it.lock.as_deref(),
        package: &found.package,
        edition: view.report.sources.file(it.primary.file).edition,
        item: &it.item,
        location: location(view, it.primary),
        labels: it.labels.iter().map(|it| label(view, it)).collect(),
        note: &it.note,
        help: &it.help,
        interleaving: it.interleaving.iter().enumerate().map(|(index, it)| step(view, index, it)).collect(),
        fixes: it.fixes.iter().map(|it| fix(view, it)).collect(),
        suppressed: found.suppressed.as_ref().map(|it| suppressed(view, it)),
        fingerprint: &found.fingerprint,
    }
}

fn location<'a>(view: &View<'a>, place: Place) -> Location<'a> {
    let super::view::Location { path, start, end } = view.location(place);
    Location {
        file: path,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        byte_start: place.span.start,
        byte_end: place.span.end,
    }
}

fn label<'a>(view: &View<'a>, it: &'a Label) -> LabelLine<'a> {
    LabelLine { role: it.role, message: &it.message, location: location(view, it.place) }
}

fn step<'a>(view: &View<'a>, index: usize, it: &'a Step) -> StepLine<'a> {
    let Location { file, line, column, byte_start, byte_end, .. } = location(view, it.place);
    StepLine {
        thread: it.thread,
        step: index + 1,
        message: &it.message,
        file,
        line,
        column,
        byte_start,
        byte_end,
    }
}

fn fix<'a>(view: &View<'a>, it: &'a Fix) -> FixLine<'a> {
    let edit = |edit: &'a Edit| EditLine {
        file: view.location(edit.place).path,
        byte_start: edit.place.span.start,
        byte_end: edit.place.span.end,
        replacement: &edit.replacement,
    };
    FixLine { title: &it.title, applicability: it.applicability, edits: it.edits.iter().map(edit).collect() }
}

fn suppressed<'a>(view: &View<'a>, it: &'a Suppressed) -> SuppressedLine<'a> {
    let Location { file, line, .. } = location(view, it.place);
    SuppressedLine { kind: it.kind, reason: it.reason.as_deref(), file, line }
}

fn summary(report: &Report) -> Summary {
    let stats = &report.stats;
    Summary {
        files: stats.files,
        parsed: stats.parsed,
        lines: stats.lines,
        maps: stats.maps,
        findings: Counts { deny: stats.deny, warn: stats.warn, allow: stats.allow },
        incomplete: report.incomplete.len(),
        elapsed_ms: stats.elapsed.as_millis() as u64,
    }
}
