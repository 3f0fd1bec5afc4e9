//! The fixes of a report that may be applied, by paths: a file that is analysed under two editions is one text.

use std::collections::BTreeMap;
use std::sync::Arc;

use safe_map_lints::Fix;

use super::Trust;
use super::edits::{TextEdit, with_line_ends};
use crate::report::{Report, Reported};

/// What a fix is told by from one round to the next: lines move, fingerprints do not.
pub(super) type Identity = (String, String);

/// A fix of a finding.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// The finding's place, for people: `src/lib.rs:7`.
    pub(super) at: String,
    /// What it does.
    pub(super) title: String,
    /// What is counted before and after.
    pub(super) key: Key,
    /// Whether the finding speaks for others too, and may stay when this fix is applied.
    pub(super) is_shared: bool,
    /// Its edits by path.
    pub(super) edits: BTreeMap<Arc<str>, Vec<TextEdit>>,
    pub(super) identity: Identity,
}

/// What a finding is counted as: lines move with edits, and lint, file, item and message do not.
pub(super) type Key = (&'static str, Arc<str>, String, String);

/// How a finding is counted.
pub(super) fn key(report: &Report, found: &Reported) -> Key {
    let finding = &found.finding;
    let path = report.sources.file(finding.primary.file).path.clone();
    (finding.lint, path, finding.item.clone(), finding.message.clone())
}

/// The fixes of the active findings that `trust` admits, in the order of the report.
pub(super) fn candidates(report: &Report, trust: Trust) -> Vec<Candidate> {
    let active = report.findings.iter().filter(|it| it.is_active());
    active.flat_map(|it| fixes_of(it, trust).map(|fix| candidate(report, it, fix))).collect()
}

/// Fixes of one finding are ways to choose from, but those of a finding that speaks for several sites are one a site.
fn fixes_of(found: &Reported, trust: Trust) -> impl Iterator<Item = &Fix> {
    let count = if found.lint.merges_sites { usize::MAX } else { 1 };
    found.finding.fixes.iter().filter(move |it| trust.admits(it.applicability)).take(count)
}

/// How many active findings have a fix that `trust` admits.
pub(crate) fn fixable(report: &Report, trust: Trust) -> usize {
    let active = report.findings.iter().filter(|it| it.is_active());
    active.filter(|it| fixes_of(it, trust).next().is_some()).count()
}

fn candidate(report: &Report, found: &Reported, fix: &Fix) -> Candidate {
    let mut edits: BTreeMap<Arc<str>, Vec<TextEdit>> = BTreeMap::new();
    for edit in &fix.edits {
        let source = report.sources.file(edit.place.file);
        let replacement = with_line_ends(&edit.replacement, &source.text);
        edits.entry(source.path.clone()).or_default().push(TextEdit { span: edit.place.span, replacement });
    }
    let source = report.sources.file(found.finding.primary.file);
    let line = source.range(found.finding.primary.span).0.line;
    Candidate {
        at: format!("{}:{line}", source.path),
        title: fix.title.clone(),
        key: key(report, found),
        is_shared: found.lint.merges_sites,
        edits,
        identity: (found.fingerprint.clone(), fix.title.clone()),
    }
}
