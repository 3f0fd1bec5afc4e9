//! `file:line:column: level: message [lint]`, as editors and `grep` read it.

use super::{View, groups};
use crate::report::Reported;
use crate::visible;

/// One line a finding.
pub(super) fn lines(view: &View<'_>) -> String {
    let (findings, left_out) = view.limited();
    let mut out = String::new();
    for group in groups::of(view, findings) {
        out.push_str(&group.plain_heading());
        out.extend(group.findings.iter().map(|found| line(view, found)));
    }
    super::add_left_out(&mut out, left_out);
    out
}

/// The line of a finding.
pub(super) fn line(view: &View<'_>, found: &Reported) -> String {
    let Reported { finding, level, .. } = found;
    let at = view.location(finding.primary);
    let (path, line, column) = (at.path, at.start.line, at.start.column);
    let level = if found.suppressed.is_some() { "suppressed" } else { level.as_str() };
    let text = format!("{path}:{line}:{column}: {level}: {} [{}]", finding.message, finding.lint);
    format!("{}\n", visible::line(&text))
}
