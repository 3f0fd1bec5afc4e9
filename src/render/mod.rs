//! Renderers: one file a format, each from a [`Report`](crate::report::Report) to text and nothing else.

mod github;
mod gitlab;
mod groups;
mod human;
mod json;
mod junit;
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
pub(crate) use view::{Outcome, Shown, Statistics, Suppressed, View};

use crate::cli::MessageFormat;

/// The report in a format.
pub(crate) fn render(format: MessageFormat, view: &View<'_>) -> String {
    match format {
        MessageFormat::Human => human::report(view),
        MessageFormat::Short => short::lines(view),
        MessageFormat::Json => json::lines(view),
        MessageFormat::Sarif => sarif::log(view),
        MessageFormat::Github => github::commands(view),
        MessageFormat::Gitlab => gitlab::issues(view),
        MessageFormat::Junit => junit::suites(view),
        MessageFormat::Markdown => markdown::summary(view),
        MessageFormat::RustcJson => rustc_json::lines(view),
    }
}

fn add_left_out(out: &mut String, left_out: usize) {
    if left_out > 0 {
        out.push_str(&format!("{left_out} more not shown (--max-diagnostics)\n"));
    }
}
