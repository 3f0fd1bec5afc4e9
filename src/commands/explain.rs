//! `explain`: the page of a lint, what a method locks, or one finding.

use safe_map_analysis::knowledge::Knowledge;
use safe_map_lints::{LINTS, Lint};

use super::{current_dir, finding, method};
use crate::config;
use crate::exit;
use crate::failure::Failure;
use crate::output;
use crate::suggest;

/// Prints the page of the lint called `subject`, what is known of the methods called so, or the finding
/// of this fingerprint.
///
/// # Errors
///
/// Where there is neither, with the nearest name.
pub(super) fn run(subject: &str) -> Result<u8, Failure> {
    let name = subject.strip_prefix("safe_map_lint::").unwrap_or(subject).replace('-', "_");
    let text = match LINTS.iter().find(|lint| lint.name == name) {
        Some(lint) => page(lint),
        None if finding::is_fingerprint(subject) => finding::explain(subject)?,
        None => method(subject)?,
    };
    output::print(&text)?;
    Ok(exit::CLEAN)
}

fn method(subject: &str) -> Result<String, Failure> {
    let knowledge = config::around(&current_dir()?)?.knowledge;
    method::explain(&knowledge, subject).ok_or_else(|| unknown(&knowledge, subject))
}

fn page(lint: &Lint) -> String {
    let (name, group, level) = (lint.name, lint.group.as_str(), lint.default_level().as_str());
    let stage = if lint.is_preview() { ", in preview: `-W preview` turns it on" } else { "" };
    let fix = if lint.has_fix { ", offers a fix" } else { "" };
    format!("{name} ({group}, {level} by default{stage}{fix})\n{}\n\n{}\n", lint.url(), lint.docs().trim())
}

fn unknown(knowledge: &Knowledge, subject: &str) -> Failure {
    let failure =
        Failure::usage(format!("`{subject}` is no lint, no method that is known and no fingerprint"));
    let methods = method::names(knowledge);
    let candidates = LINTS.iter().map(|lint| lint.name).chain(methods.iter().map(String::as_str));
    match suggest::nearest(last_two_segments(subject), candidates) {
        Some(name) => failure.with_help(format!("did you mean `{name}`?")),
        None => failure
            .with_help("`cargo safe-map-lint list` shows every lint; a method is written `DashMap::get`"),
    }
}

fn last_two_segments(path: &str) -> &str {
    let before = path.rmatch_indices("::").nth(1);
    before.map_or(path, |(at, separator)| &path[at + separator.len()..])
}
