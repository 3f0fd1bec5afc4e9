//! Renderers: one file a format, each from a [`Report`] to text and nothing else.

mod groups;
mod human;
mod json;
pub(crate) mod scoped;
mod short;
pub(crate) mod statistics;
pub(crate) mod summary;

use crate::cli::GroupBy;
use crate::output::Look;
use crate::report::{Report, Reported};

/// Which findings of a report are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    /// Suppressed ones too.
    pub(crate) suppressed: Suppressed,
    /// At most so many, in the formats for people.
    pub(crate) limit: Option<usize>,
    /// Under headings, in the formats for people.
    pub(crate) group_by: Option<GroupBy>,
    /// Counted by lint too, in the formats for programs: people read the table on standard error.
    pub(crate) statistics: Statistics,
}

/// What happens to the counts by lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Statistics {
    Hide,
    Show,
}

/// What happens to suppressed findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suppressed {
    Hide,
    Show,
}

impl Shown {
    /// The findings to show, in order.
    fn of<'a>(&self, report: &'a Report) -> impl Iterator<Item = &'a Reported> + use<'a> {
        let show = self.suppressed == Suppressed::Show;
        report.findings.iter().filter(move |it| it.is_active() || (show && it.suppressed.is_some()))
    }

    fn limited<'a>(&self, report: &'a Report) -> (Vec<&'a Reported>, usize) {
        let all: Vec<&Reported> = self.of(report).collect();
        let kept = self.limit.unwrap_or(all.len()).min(all.len());
        let left_out = all.len() - kept;
        (all.into_iter().take(kept).collect(), left_out)
    }
}

/// Source excerpts with labels.
pub(crate) fn human(report: &Report, shown: Shown, look: Look) -> String {
    let (findings, left_out) = shown.limited(report);
    let mut out = String::new();
    for group in groups::of(report, findings, shown.group_by) {
        out.push_str(&group.heading(look));
        group.findings.iter().for_each(|found| human::render(&mut out, report, found, look));
    }
    add_left_out(&mut out, left_out);
    out
}

/// One line a finding.
pub(crate) fn short(report: &Report, shown: Shown) -> String {
    let (findings, left_out) = shown.limited(report);
    let mut out = String::new();
    for group in groups::of(report, findings, shown.group_by) {
        out.push_str(&group.plain_heading());
        out.extend(group.findings.iter().map(|found| short::line(report, found)));
    }
    add_left_out(&mut out, left_out);
    out
}

/// One JSON object a line.
pub(crate) fn json(report: &Report, shown: Shown) -> String {
    let statistics = (shown.statistics == Statistics::Show).then(|| statistics::json(report));
    json::lines(report, shown.of(report), statistics)
}

fn add_left_out(out: &mut String, left_out: usize) {
    if left_out > 0 {
        out.push_str(&format!("{left_out} more not shown (--max-diagnostics)\n"));
    }
}
