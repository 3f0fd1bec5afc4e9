//! The places of a finding as miette's `Diagnostic`s, one for each file.

use std::fmt::{self, Display};

use miette::{Diagnostic, LabeledSpan, Severity, SourceCode};
use safe_map_analysis::source::FileId;
use safe_map_analysis::span::Span;
use safe_map_lints::{Finding, Label, Place};

use super::excerpt::{Excerpt, first_line, is_drawable};
use crate::render::View;
use crate::visible;

/// What miette draws: a place, and the code around it.
pub(super) struct Drawn<'a> {
    place: String,
    severity: Severity,
    labels: Vec<LabeledSpan>,
    source: Excerpt<'a>,
}

/// The code that a finding is about: that of its own file, then that of each other file with labels.
pub(super) fn diagnostics<'a>(view: &View<'a>, finding: &Finding) -> Vec<Drawn<'a>> {
    let own = Drawn {
        place: place(view, finding.primary),
        severity: PRIMARY,
        labels: labels(view, finding, finding.primary.file),
        source: excerpt(view, finding.primary.file),
    };
    std::iter::once(own).chain(others(view, finding)).collect()
}

/// What the theme draws before a place, told to miette as severities: our own stand in the first line.
pub(super) const PRIMARY: Severity = Severity::Error;
pub(super) const OTHER: Severity = Severity::Advice;

/// `file:line:column`, as terminals and editors find it.
pub(super) fn place(view: &View<'_>, place: Place) -> String {
    let at = view.location(place);
    format!("{}:{}:{}", visible::line(&at.path), at.start.line, at.start.column)
}

fn excerpt<'a>(view: &View<'a>, file: FileId) -> Excerpt<'a> {
    let file = view.report.sources.file(file);
    Excerpt { name: visible::line(&view.paths.of(&file.path)).into_owned(), file }
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
    let (start, end) = (text.visible().of(line.start), text.visible().of(line.end));
    let bytes = (start as usize, (end - start) as usize);
    is_drawable(text, span).then(|| make(words, bytes))
}

/// One diagnostic for each other file that has labels, in their order.
fn others<'a>(view: &View<'a>, finding: &Finding) -> Vec<Drawn<'a>> {
    let mut firsts: Vec<Place> = Vec::new();
    for label in drawn(finding) {
        let file = label.place.file;
        if file != finding.primary.file && !firsts.iter().any(|it| it.file == file) {
            firsts.push(label.place);
        }
    }
    firsts.into_iter().map(|first| other(view, finding, first)).collect()
}

fn other<'a>(view: &View<'a>, finding: &Finding, first: Place) -> Drawn<'a> {
    Drawn {
        place: place(view, first),
        severity: OTHER,
        labels: labels(view, finding, first.file),
        source: excerpt(view, first.file),
    }
}

impl Diagnostic for Drawn<'_> {
    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.labels.is_empty()).then_some(&self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

impl std::error::Error for Drawn<'_> {}

impl Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

impl fmt::Debug for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drawn").field("place", &self.place).finish_non_exhaustive()
    }
}
