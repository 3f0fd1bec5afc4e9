//! `explain FINGERPRINT`: one finding of the workspace, told at length.

use std::fmt::Write as _;

use safe_map_lints::{Confidence, Edit, LINTS, Label, Role};

use super::current_dir;
use crate::cli::ColorWhen;
use crate::engine::{self, Extent, Policy};
use crate::failure::Failure;
use crate::levels::{Asked, Choice, Setting};
use crate::output::Look;
use crate::render::{self, View};
use crate::report::{Report, Reported};
use crate::scope::Scope;
use crate::visible;
use crate::workspace::{Request, Targets};

/// So many digits of a fingerprint tell two findings apart.
const MIN_DIGITS: usize = 8;
const DIGITS: usize = 32;

/// Whether a word is a fingerprint, or the start of one.
pub(super) fn is_fingerprint(word: &str) -> bool {
    let is_digit = |it: char| it.is_ascii_digit() || ('a'..='f').contains(&it);
    (MIN_DIGITS..=DIGITS).contains(&word.len()) && word.chars().all(is_digit)
}

/// The finding of this fingerprint in the workspace around the current directory: with every lint on, in test code too.
///
/// # Errors
///
/// Where there is none, or more than one begins like that.
pub(super) fn explain(fingerprint: &str) -> Result<String, Failure> {
    let everything = Choice { setting: Setting::Warn, name: "all".to_owned() };
    let (asked, scope) = (Asked::new(LINTS, &[everything], &[], None)?, Scope::default());
    let policy = Policy { asked, confidence: Confidence::Possible, scope, extent: Extent::Findings };
    let request = Request { cwd: current_dir()?, targets: Targets::all(), ..Request::default() };
    let report = engine::run(&request, &policy)?;
    let mut found = report.findings.iter().filter(|it| it.fingerprint.starts_with(fingerprint));
    match (found.next(), found.next()) {
        (Some(found), None) => Ok(told(&report, found)),
        (Some(_), Some(_)) => {
            Err(Failure::usage(format!("more than one finding begins with `{fingerprint}`"))
                .with_help("write more of its digits"))
        }
        (None, _) => {
            Err(Failure::usage(format!("no finding of this workspace has the fingerprint `{fingerprint}`"))
                .with_help(
                    "`--message-format json` names them; a finding keeps its own until its code changes",
                ))
        }
    }
}

fn told(report: &Report, found: &Reported) -> String {
    let mut out = render::at_length(&View::of(report, Look::detect(ColorWhen::Auto)), found);
    let mut rest = String::new();
    facts(&mut rest, found);
    labels(&mut rest, report, &found.finding.labels);
    fixes(&mut rest, report, found);
    out.push_str(&visible::text(&rest));
    for section in ["Why", "Fix", "Limits"] {
        if let Some(text) = found.lint.section(section) {
            let _ = writeln!(out, "{}\n\n{text}\n", section.to_lowercase());
        }
    }
    out
}

fn facts(out: &mut String, found: &Reported) {
    let finding = &found.finding;
    let confidence = match finding.confidence {
        Confidence::Certain => "certain: every run that reaches it",
        Confidence::Likely => "likely: unless something unusual prevents it",
        Confidence::Possible => "possible: it depends on what the analysis does not see",
    };
    let suppressed = found.suppressed.as_ref().map(|it| {
        let reason = it.reason.as_deref().unwrap_or("no reason given");
        format!("by {}: {reason}", it.kind)
    });
    let rows = [
        ("lint", Some(format!("{} ({})", finding.lint, found.lint.group.as_str()))),
        ("level", Some(found.level.as_str().to_owned())),
        ("confidence", Some(confidence.to_owned())),
        ("package", Some(found.package.clone())),
        ("item", Some(finding.item.clone()).filter(|it| !it.is_empty())),
        ("lock", finding.lock.clone()),
        ("suppressed", suppressed),
        ("fingerprint", Some(found.fingerprint.clone())),
        ("page", Some(found.lint.url())),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            let _ = writeln!(out, "  {name:<12} {value}");
        }
    }
    out.push('\n');
}

/// Every place of the story, those that an excerpt leaves out too.
fn labels(out: &mut String, report: &Report, labels: &[Label]) {
    if labels.is_empty() {
        return;
    }
    out.push_str("places\n\n");
    for label in labels {
        let file = report.sources.file(label.place.file);
        let (start, _) = file.range(label.place.span);
        let _ = writeln!(
            out,
            "  {:<12} {}:{}:{}  {}",
            role(label.role),
            file.path,
            start.line,
            start.column,
            label.message
        );
    }
    out.push('\n');
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Acquire => "acquire",
        Role::Hazard => "hazard",
        Role::Declaration => "declaration",
        Role::Release => "release",
        Role::Via => "via",
        Role::OtherSide => "other side",
    }
}

fn fixes(out: &mut String, report: &Report, found: &Reported) {
    for fix in &found.finding.fixes {
        let _ = writeln!(out, "fix: {}\n", fix.title);
        for Edit { place, replacement } in &fix.edits {
            let file = report.sources.file(place.file);
            let (start, _) = file.range(place.span);
            let before = place.span.text(&file.text);
            let _ = writeln!(out, "  {}:{}", file.path, start.line);
            before.lines().for_each(|it| out.push_str(&format!("  - {it}\n")));
            replacement.lines().for_each(|it| out.push_str(&format!("  + {it}\n")));
        }
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::is_fingerprint;

    #[test]
    fn eight_lowercase_hexadecimal_digits_or_more() {
        assert!(is_fingerprint("0123abcd") && is_fingerprint(&"f".repeat(32)));
        for word in ["0123abc", "double_lock", "ABCDEF01", &"f".repeat(33)] {
            assert!(!is_fingerprint(word), "{word}");
        }
    }
}
