//! `explain`: the page of a lint.

use safe_map_lints::{LINTS, Lint};

use crate::exit;
use crate::failure::Failure;
use crate::output;
use crate::suggest;

/// Prints the page of the lint called `subject`.
///
/// # Errors
///
/// Where there is no such lint, with the nearest name.
pub(super) fn run(subject: &str) -> Result<u8, Failure> {
    let name = subject.strip_prefix("safe_map_lint::").unwrap_or(subject).replace('-', "_");
    let Some(lint) = LINTS.iter().find(|lint| lint.name == name) else { return Err(unknown(subject)) };
    output::print(&page(lint))?;
    Ok(exit::CLEAN)
}

fn page(lint: &Lint) -> String {
    let (name, group, level) = (lint.name, lint.group.as_str(), lint.level.as_str());
    let fix = if lint.has_fix { ", offers a fix" } else { "" };
    format!("{name} ({group}, {level} by default{fix})\n{}\n\n{}\n", lint.url(), lint.docs().trim())
}

fn unknown(subject: &str) -> Failure {
    let failure = Failure::usage(format!("unknown lint `{subject}`"));
    match suggest::nearest(subject, LINTS.iter().map(|lint| lint.name)) {
        Some(name) => failure.with_help(format!("did you mean `{name}`?")),
        None => failure.with_help("`cargo safe-map-lint list` shows every lint"),
    }
}
