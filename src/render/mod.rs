//! Renderers: one file a format, each from a [`Report`] to text and nothing else.

mod html;
mod human;
mod json;
mod maps;
mod short;
pub(crate) mod summary;

use summary::Detail;

use crate::output::Look;
use crate::report::{Report, Reported};

/// Which findings of a report are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    /// Suppressed ones too.
    pub(crate) suppressed: Suppressed,
    /// At most so many, in the formats for people.
    pub(crate) limit: Option<usize>,
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
    for found in findings {
        human::render(&mut out, report, found, look);
    }
    add_left_out(&mut out, left_out);
    out
}

/// One line a finding.
pub(crate) fn short(report: &Report, shown: Shown) -> String {
    let (findings, left_out) = shown.limited(report);
    let mut out: String = findings.into_iter().map(|found| short::line(report, found)).collect();
    add_left_out(&mut out, left_out);
    out
}

/// One JSON object a line.
pub(crate) fn json(report: &Report, shown: Shown) -> String {
    json::lines(report, shown.of(report))
}

/// One self-contained page.
pub(crate) fn html(report: &Report, shown: Shown) -> String {
    html::page(report, &shown.of(report).collect::<Vec<_>>())
}

/// The shared maps as a table, with every place where `detail` asks for it.
pub(crate) fn maps_table(report: &Report, look: Look, detail: Detail) -> String {
    maps::table(report, look, detail)
}

/// The shared maps, one JSON object a line.
pub(crate) fn maps_json(report: &Report) -> String {
    maps::json(report)
}

/// How each map would move to what is advised.
pub(crate) fn maps_plan(report: &Report, look: Look) -> String {
    maps::plan(report, look)
}

/// One finding at length.
pub(crate) fn at_length(report: &Report, found: &Reported, look: Look) -> String {
    let mut out = String::new();
    human::render(&mut out, report, found, look);
    out
}

fn add_left_out(out: &mut String, left_out: usize) {
    if left_out > 0 {
        out.push_str(&format!("{left_out} more not shown (--max-diagnostics)\n"));
    }
}
