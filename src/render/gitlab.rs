//! GitLab's code quality report: a JSON array of issues, of the fields that GitLab reads.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Serialize;

use super::View;
use super::view::{Location, Severity};
use crate::report::Reported;
use crate::workspace::Incomplete;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: At<'a>,
}

#[derive(Serialize)]
struct At<'a> {
    path: Cow<'a, str>,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// The array.
pub(super) fn issues(view: &View<'_>) -> String {
    let mut fingerprints = Unique::default();
    let found = view.most_severe_first().into_iter();
    let mut issues: Vec<Issue<'_>> =
        found.map(|it| issue(view, it, fingerprints.next(&it.fingerprint))).collect();
    let incomplete = view.report.incomplete.iter();
    issues.extend(incomplete.map(|it| not_analysed(view, it, fingerprints.next(&fingerprint(it)))));
    let text = serde_json::to_string_pretty(&issues).expect("issues hold only strings and numbers");
    format!("{text}\n")
}

fn issue<'a>(view: &View<'a>, found: &Reported, fingerprint: String) -> Issue<'a> {
    let finding = &found.finding;
    let Location { path, start, end } = view.location(finding.primary);
    Issue {
        description: match finding.help.as_str() {
            "" => finding.message.clone(),
            help => format!("{}; help: {help}", finding.message),
        },
        check_name: format!("safe_map_lint::{}", finding.lint),
        fingerprint,
        severity: severity(Severity::of(found)),
        location: At { path, lines: Lines { begin: start.line, end: end.line } },
    }
}

/// A file that comes to be left out is as new as a finding is, and shown beside it.
fn not_analysed<'a>(view: &View<'a>, it: &'a Incomplete, fingerprint: String) -> Issue<'a> {
    Issue {
        description: format!("not analysed: {}", it.message),
        check_name: "safe_map_lint::not_analysed".to_owned(),
        fingerprint,
        severity: "info",
        location: At { path: view.paths.of(&it.file), lines: Lines { begin: it.line, end: it.line } },
    }
}

/// Lines shift, and the reason stays: of several alike each has its number.
fn fingerprint(it: &Incomplete) -> String {
    let hash = blake3::hash(format!("not analysed\0{}\0{}", it.file, it.message).as_bytes());
    hash.to_hex()[..32].to_owned()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "critical",
        Severity::Warning => "major",
        Severity::Note => "info",
    }
}

/// GitLab keeps one issue of each fingerprint.
#[derive(Default)]
struct Unique {
    seen: HashMap<String, u32>,
}

impl Unique {
    fn next(&mut self, fingerprint: &str) -> String {
        let count = self.seen.entry(fingerprint.to_owned()).or_default();
        *count += 1;
        if *count == 1 { fingerprint.to_owned() } else { format!("{fingerprint}-{count}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_made_unique() {
        let mut unique = Unique::default();
        assert_eq!(["a", "b", "a"].map(|it| unique.next(it)), ["a", "b", "a-2"]);
    }
}
