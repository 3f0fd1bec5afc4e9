//! Renderers: one file a format, each from a [`Report`](crate::report::Report) to text and nothing else.

mod github;
mod gitlab;
mod groups;
mod html;
mod human;
mod json;
mod junit;
mod maps;
mod markdown;
mod paths;
mod rustc_json;
mod sarif;
pub(crate) mod scoped;
mod short;
pub(crate) mod statistics;
pub(crate) mod summary;
mod view;

pub(crate) use paths::{PathBase, Paths};
pub(crate) use view::plural;
pub(crate) use view::{Failing, Outcome, Shown, Statistics, Suppressed, View};

use summary::Detail;

use crate::cli::MessageFormat;
use crate::output::Look;
use crate::report::{Report, Reported};
use crate::visible;

/// The report in a format.
pub(crate) fn render(format: MessageFormat, view: &View<'_>) -> String {
    match format {
        MessageFormat::Human => human::report(view),
        MessageFormat::Short => short::lines(view),
        MessageFormat::Json => visible::json(json::lines(view)),
        MessageFormat::Sarif => visible::json(sarif::log(view)),
        MessageFormat::Github => github::commands(view),
        MessageFormat::Gitlab => visible::json(gitlab::issues(view)),
        MessageFormat::Junit => junit::suites(view),
        MessageFormat::Markdown => markdown::summary(view),
        MessageFormat::RustcJson => visible::json(rustc_json::lines(view)),
        MessageFormat::Html => html::page(view),
    }
}

/// The shared maps as a table, with every place where `detail` asks for it.
pub(crate) fn maps_table(report: &Report, look: Look, detail: Detail) -> String {
    maps::table(report, look, detail)
}

/// The shared maps, one JSON object a line.
pub(crate) fn maps_json(report: &Report) -> String {
    visible::json(maps::json(report))
}

/// How each map would move to what is advised.
pub(crate) fn maps_plan(report: &Report, look: Look) -> String {
    maps::plan(report, look)
}

/// One finding at length.
pub(crate) fn at_length(view: &View<'_>, found: &Reported) -> String {
    let mut out = String::new();
    human::render(&mut out, view, found, view.look);
    out
}

fn add_left_out(out: &mut String, left_out: usize) {
    if left_out > 0 {
        out.push_str(&format!("{left_out} more not shown (--max-diagnostics)\n"));
    }
}
