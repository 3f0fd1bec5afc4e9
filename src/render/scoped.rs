//! What is said about findings that are not reported: those of the baseline, and those in unchanged lines.

use super::summary::Detail;
use super::view::plural;
use crate::baseline::{KIND, Key, Known};
use crate::report::Report;

/// How many stale entries are named where nobody asked for all of them.
const STALE_SHOWN: usize = 10;

/// The end of the line with the counts.
pub(super) fn left_out(report: &Report) -> String {
    let known = report.findings.iter().filter(|it| it.suppressed.as_ref().is_some_and(|it| it.kind == KIND));
    let known = known.count();
    let known = if known > 0 { format!(", {known} more in the baseline") } else { String::new() };
    let Some(elsewhere) = &report.scoped.changes else { return known };
    let files = plural(elsewhere.files as u64, "changed file");
    let findings = elsewhere.findings;
    format!("{known}, {files}, {findings} more outside of the changed lines")
}

/// What is wrong with the changes that were asked for.
pub(crate) fn warning(report: &Report) -> Option<String> {
    let why = report.scoped.changes.as_ref()?.warning.as_ref()?;
    Some(format!("warning: {why}"))
}

/// A line for each entry of the baseline that nothing stands for any more, and what to do about them.
pub(crate) fn stale(report: &Report, detail: Detail) -> Vec<String> {
    let Some(compared) = report.scoped.baseline.as_ref().filter(|it| !it.outcome.stale.is_empty()) else {
        return Vec::new();
    };
    let all = &compared.outcome.stale;
    let shown = if detail == Detail::All { all.len() } else { all.len().min(STALE_SHOWN) };
    let mut lines: Vec<String> = all.iter().take(shown).map(|(key, known)| line(key, known)).collect();
    if shown < all.len() {
        lines.push(format!("stale in the baseline: {} more (-v shows all)", all.len() - shown));
    }
    let path = compared.path.display();
    lines.push(format!("note: `cargo safe-map-lint baseline prune` takes what is stale out of `{path}`"));
    lines
}

fn line(key: &Key, known: &Known) -> String {
    format!("stale in the baseline: {}", entry(key, known))
}

/// An entry on one line.
pub(crate) fn entry(key: &Key, known: &Known) -> String {
    let Key { package, item, lint, snippet } = key;
    let times = if known.count == 1 { String::new() } else { format!(", {} times", known.count) };
    match item.as_str() {
        "" => format!("{lint} in {package}: `{snippet}`{times}"),
        _ => format!("{lint} in {package}, {item}: `{snippet}`{times}"),
    }
}
