//! `list`: every lint, for people or for programs.

use safe_map_lints::{LINTS, Lint};
use serde::Serialize;

use crate::exit;
use crate::failure::Failure;
use crate::output;

/// How the list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Table,
    Json,
}

#[derive(Serialize)]
struct Entry {
    name: &'static str,
    group: &'static str,
    level: &'static str,
    preview: bool,
    fix: bool,
    summary: String,
    url: String,
}

/// Prints the list.
///
/// # Errors
///
/// Where the output cannot be written.
pub(super) fn run(form: Form) -> Result<u8, Failure> {
    output::print(&match form {
        Form::Table => LINTS.iter().map(|lint| row(lint)).collect(),
        Form::Json => json(),
    })?;
    Ok(exit::CLEAN)
}

fn row(lint: &Lint) -> String {
    let fix = if lint.has_fix { "fix" } else { "" };
    let (group, name, level) = (lint.group.as_str(), lint.name, lint.default_level().as_str());
    let stage = if lint.is_preview() { "preview" } else { "" };
    format!("{group:<12} {name:<28} {level:<5} {stage:<7} {fix:<3} {}\n", lint.summary()).replace(" \n", "\n")
}

fn json() -> String {
    let entries: Vec<Entry> = LINTS.iter().map(|lint| entry(lint)).collect();
    let text = serde_json::to_string_pretty(&entries).expect("the entries hold only strings and booleans");
    format!("{text}\n")
}

fn entry(lint: &Lint) -> Entry {
    Entry {
        name: lint.name,
        group: lint.group.as_str(),
        level: lint.default_level().as_str(),
        preview: lint.is_preview(),
        fix: lint.has_fix,
        summary: lint.summary(),
        url: lint.url(),
    }
}
