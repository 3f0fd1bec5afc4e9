//! Cargo's `compiler-message` lines, as rust-analyzer's `check.overrideCommand` and `cargo fix` read them.

mod fixes;
mod message;

use std::borrow::Cow;

use safe_map_lints::{Finding, Label, Place};

use super::human;
use super::view::Severity;
use super::{Outcome, View};
use crate::output::{Look, Style};
use crate::report::Reported;
use crate::workspace::{TargetKind, Unit};
use message::{Code, Diagnostic, Line, Span, Target};

/// How wide the rendered text is: editors show it in a window of unknown size.
const WIDTH: usize = 100;

/// The lines, and at their end whether the run, and what ran beside it, succeeded.
pub(super) fn lines(view: &View<'_>) -> String {
    let mut out: String = view.findings().map(|found| write(&line(view, found))).collect();
    let success = view.report.stats.deny == 0 && view.beside == Outcome::Success;
    out.push_str(&write(&Line::BuildFinished { success }));
    out
}

fn write(line: &Line<'_>) -> String {
    let text = serde_json::to_string(line).expect("the lines hold only strings, numbers and lists");
    text + "\n"
}

fn line<'a>(view: &View<'a>, found: &'a Reported) -> Line<'a> {
    let krate = view.report.sources.file(found.finding.primary.file).krate;
    let unit = &view.report.units[krate.0 as usize];
    Line::CompilerMessage {
        package_id: &unit.package_id,
        manifest_path: unit.manifest.to_string_lossy(),
        target: target(unit),
        message: Box::new(diagnostic(view, found)),
    }
}

fn target(unit: &Unit) -> Target<'_> {
    let (kind, crate_type) = match unit.kind {
        TargetKind::Lib => ("lib", "lib"),
        TargetKind::Bin => ("bin", "bin"),
        TargetKind::Example => ("example", "bin"),
        TargetKind::Test => ("test", "bin"),
        TargetKind::Bench => ("bench", "bin"),
    };
    Target {
        kind: [kind],
        crate_types: [crate_type],
        name: &unit.target,
        src_path: unit.root.to_string_lossy(),
        edition: unit.edition.as_str(),
        doc: matches!(unit.kind, TargetKind::Lib | TargetKind::Bin),
        doctest: unit.kind == TargetKind::Lib,
        test: matches!(unit.kind, TargetKind::Lib | TargetKind::Bin | TargetKind::Test),
    }
}

fn diagnostic<'a>(view: &View<'a>, found: &'a Reported) -> Diagnostic<'a> {
    let mut rendered = String::new();
    human::render(&mut rendered, view, found, Look { style: Style::Plain, width: WIDTH });
    Diagnostic {
        message: found.finding.message.as_str().into(),
        code: Some(Code { code: format!("safe_map_lint::{}", found.finding.lint), explanation: None }),
        level: Severity::of(found).as_str(),
        spans: spans(view, &found.finding),
        children: children(view, found),
        rendered: Some(rendered),
        ..Diagnostic::default()
    }
}

/// The primary span with the words of the label that stands there too, then the other labels.
fn spans<'a>(view: &View<'a>, finding: &'a Finding) -> Vec<Span<'a>> {
    let is_primary = |label: &&Label| label.place == finding.primary;
    let words = finding.labels.iter().find(is_primary).map(|it| it.message.as_str());
    let primary = Span { is_primary: true, label: words, ..span(view, finding.primary) };
    let others = finding.labels.iter().filter(|it| !is_primary(it));
    let others = others.map(|it| Span { label: Some(&it.message), ..span(view, it.place) });
    std::iter::once(primary).chain(others).collect()
}

fn span<'a>(view: &View<'a>, place: Place) -> Span<'a> {
    let file = view.report.sources.file(place.file);
    let at = view.location(place);
    Span {
        file_name: at.path,
        byte_start: place.span.start,
        byte_end: place.span.end,
        line_start: at.start.line,
        line_end: at.end.line,
        column_start: at.start.column,
        column_end: at.end.column,
        text: message::text(file, at.start, at.end),
        ..Span::default()
    }
}

fn children<'a>(view: &View<'a>, found: &'a Reported) -> Vec<Diagnostic<'a>> {
    let finding = &found.finding;
    let suppressed = found.suppressed.as_ref().map(|it| child("note", format!("suppressed: {}", it.why())));
    let note = (!finding.note.is_empty()).then(|| child("note", finding.note.as_str()));
    let steps = finding.interleaving.iter().map(|step| Diagnostic {
        spans: vec![Span { is_primary: true, ..span(view, step.place) }],
        ..child("note", format!("thread {}: {}", step.thread, step.message))
    });
    let help = (!finding.help.is_empty()).then(|| child("help", finding.help.as_str()));
    let link = child("help", format!("for further information visit {}", found.lint.url()));
    let fixes = fixes::children(view, finding);
    suppressed.into_iter().chain(note).chain(steps).chain(help).chain([link]).chain(fixes).collect()
}

fn child<'a>(level: &'static str, message: impl Into<Cow<'a, str>>) -> Diagnostic<'a> {
    Diagnostic { level, message: message.into(), ..Diagnostic::default() }
}
