//! `file:line:column: level: message [lint]`, as editors and `grep` read it.

use crate::report::{Report, Reported};

/// The line of a finding.
pub(super) fn line(report: &Report, found: &Reported) -> String {
    let Reported { finding, level, .. } = found;
    let file = report.sources.file(finding.primary.file);
    let (start, _) = file.range(finding.primary.span);
    let (path, line, column) = (&file.path, start.line, start.column);
    let level = if found.suppressed.is_some() { "suppressed" } else { level.as_str() };
    format!("{path}:{line}:{column}: {level}: {} [{}]\n", finding.message, finding.lint)
}
