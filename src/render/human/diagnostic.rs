//! A finding as miette's `Diagnostic`: one source, its labels; each other file is a diagnostic of its own beside it.

use std::fmt::{self, Display};

use miette::{Diagnostic, LabeledSpan, Severity, SourceCode};
use safe_map_analysis::source::FileId;
use safe_map_analysis::span::Span;
use safe_map_lints::{Finding, Label, Level, Place};

use super::excerpt::{Excerpt, first_line, is_drawable};
use crate::render::View;
use crate::report::Reported;

/// What miette draws.
pub(super) struct Drawn<'a> {
    message: String,
    code: Option<String>,
    url: Option<String>,
    severity: Severity,
    labels: Vec<LabeledSpan>,
    source: Excerpt<'a>,
    others: Vec<Drawn<'a>>,
}

/// The diagnostic of a finding.
pub(super) fn diagnostic<'a>(view: &View<'a>, found: &Reported) -> Drawn<'a> {
    let finding = &found.finding;
    let silenced = match found.suppressed.as_ref().map(|it| it.reason.as_deref()) {
        Some(Some(reason)) => format!(" (suppressed: {reason})"),
        Some(None) => " (suppressed)".to_owned(),
        None => String::new(),
    };
    Drawn {
        message: located(view, finding.primary, format!("{}{silenced}", finding.message)),
        code: Some(format!("safe_map_lint::{}", finding.lint)),
        url: Some(found.lint.url()),
        severity: severity(found.level),
        labels: labels(view, finding, finding.primary.file),
        source: excerpt(view, finding.primary.file),
        others: others(view, finding),
    }
}

fn excerpt<'a>(view: &View<'a>, file: FileId) -> Excerpt<'a> {
    let file = view.report.sources.file(file);
    Excerpt { name: view.paths.of(&file.path), file }
}

fn severity(level: Level) -> Severity {
    match level {
        Level::Deny => Severity::Error,
        Level::Warn => Severity::Warning,
        Level::Allow => Severity::Advice,
    }
}

/// The excerpt names the place; where none can be drawn the message does.
fn located(view: &View<'_>, place: Place, message: String) -> String {
    if is_drawable(view.report.sources.file(place.file), place.span) {
        return message;
    }
    let at = view.location(place);
    format!("{}:{}:{}: {message}", at.path, at.start.line, at.start.column)
}

/// The labels that are drawn. A finding with a hundred sites says how many there are; the machine formats list them.
fn drawn(finding: &Finding) -> &[Label] {
    const MAX_LABELS: usize = 12;
    &finding.labels[..finding.labels.len().min(MAX_LABELS)]
}

/// The labels of the finding in one file, the primary one first. A label that stands where the primary one does
/// lends it its words; carets without any would look like a mistake.
fn labels(view: &View<'_>, finding: &Finding, file: FileId) -> Vec<LabeledSpan> {
    let here = drawn(finding).iter().filter(|label| label.place.file == file);
    let same = |span: Span| finding.primary == Place { file, span };
    let words = here.clone().find(|label| same(label.place.span));
    let words = words.map_or_else(|| "here".to_owned(), |label| label.message.clone());
    let primary = (finding.primary.file == file).then_some(finding.primary.span);
    let primary =
        primary.and_then(|span| labeled(view, file, span, Some(words), LabeledSpan::new_primary_with_span));
    let others = here.filter(|label| !same(label.place.span)).filter_map(|label| {
        labeled(view, file, label.place.span, Some(label.message.clone()), LabeledSpan::new_with_span)
    });
    primary.into_iter().chain(others).collect()
}

fn labeled(
    view: &View<'_>,
    file: FileId,
    span: Span,
    words: Option<String>,
    make: fn(Option<String>, (usize, usize)) -> LabeledSpan,
) -> Option<LabeledSpan> {
    let text = view.report.sources.file(file);
    let line = first_line(text, span);
    let bytes = (line.start as usize, (line.end - line.start) as usize);
    is_drawable(text, span).then(|| make(words, bytes))
}

/// One diagnostic for each other file that has labels, in their order.
fn others<'a>(view: &View<'a>, finding: &Finding) -> Vec<Drawn<'a>> {
    let mut files: Vec<FileId> = Vec::new();
    for label in drawn(finding) {
        let file = label.place.file;
        if file != finding.primary.file && !files.contains(&file) {
            files.push(file);
        }
    }
    files.into_iter().map(|file| other(view, finding, file)).collect()
}

fn other<'a>(view: &View<'a>, finding: &Finding, file: FileId) -> Drawn<'a> {
    let source = excerpt(view, file);
    Drawn {
        message: format!("also in `{}`", source.name),
        code: None,
        url: None,
        severity: Severity::Advice,
        labels: labels(view, finding, file),
        source,
        others: Vec::new(),
    }
}

impl Diagnostic for Drawn<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn Display>)
    }

    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn url<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.url.as_ref().map(|url| Box::new(url) as Box<dyn Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.labels.is_empty()).then_some(&self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        let others = self.others.iter().map(|it| it as &dyn Diagnostic);
        (!self.others.is_empty()).then(|| Box::new(others) as Box<dyn Iterator<Item = &dyn Diagnostic>>)
    }
}

impl std::error::Error for Drawn<'_> {}

impl Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drawn").field("message", &self.message).finish_non_exhaustive()
    }
}
