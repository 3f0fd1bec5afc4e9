//! Workflow commands of GitHub Actions: annotations on the lines of a pull request.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::view::{Location, Severity, plural};
use super::{View, short};
use crate::report::Reported;
use crate::visible;
use crate::workspace::Incomplete;

/// GitHub shows no more annotations of one kind from one step, and does not say so.
const MAX_OF_A_KIND: usize = 10;

/// A command for each finding, most severe first; what is too many, as plain lines of the log.
pub(super) fn commands(view: &View<'_>) -> String {
    let mut out = String::new();
    let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
    let mut rest = Vec::new();
    let mut has_room = |severity: Severity| {
        let count = counts.entry(severity).or_default();
        *count += 1;
        *count <= MAX_OF_A_KIND
    };
    for found in view.most_severe_first() {
        if has_room(Severity::of(found)) { out += &command(view, found) } else { rest.push(found) }
    }
    let shown = view.report.incomplete.iter().take_while(|_| has_room(Severity::Warning));
    let shown: Vec<String> = shown.map(|it| not_analysed(view, it)).collect();
    out += &shown.concat();
    add_rest(&mut out, view, &rest, &view.report.incomplete[shown.len()..]);
    out
}

fn not_analysed(view: &View<'_>, it: &Incomplete) -> String {
    let path = property(&view.paths.of(&it.file));
    let message = data(&format!("not analysed: {}", it.message));
    format!("::warning file={path},line={},title=safe_map_lint%3A%3Anot_analysed::{message}\n", it.line)
}

fn command(view: &View<'_>, found: &Reported) -> String {
    let Location { path, start, end } = view.location(found.finding.primary);
    let mut properties = format!("file={},line={},endLine={}", property(&path), start.line, end.line);
    // A part of a line is shown only where it is one line.
    if start.line == end.line {
        let _ = write!(properties, ",col={},endColumn={}", start.column, end.column);
    }
    let title = property(&format!("safe_map_lint::{}", found.finding.lint));
    format!("::{} {properties},title={title}::{}\n", kind(Severity::of(found)), data(&message(found)))
}

fn kind(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    }
}

fn message(found: &Reported) -> String {
    let it = &found.finding;
    let mut text = it.message.clone();
    let suppressed = found.suppressed.as_ref().map(|it| format!("suppressed: {}", it.why()));
    let suppressed = suppressed.unwrap_or_default();
    let help = if it.help.is_empty() { String::new() } else { format!("help: {}", it.help) };
    for part in [&suppressed, &it.note, &help, &found.lint.url()] {
        if !part.is_empty() {
            let _ = write!(text, "\n{part}");
        }
    }
    text
}

fn add_rest(out: &mut String, view: &View<'_>, rest: &[&Reported], incomplete: &[Incomplete]) {
    if rest.is_empty() && incomplete.is_empty() {
        return;
    }
    let findings = (!rest.is_empty()).then(|| plural(rest.len() as u64, "more finding"));
    let places = plural(incomplete.len() as u64, "more place");
    let places = (!incomplete.is_empty()).then(|| format!("{places} not analysed"));
    let what: Vec<String> = findings.into_iter().chain(places).collect();
    let _ = writeln!(out, "::group::{} not annotated", what.join(" and "));
    out.extend(rest.iter().map(|found| short::line(view, found)));
    for it in incomplete {
        let line = format!("{}:{}: not analysed: {}", view.paths.of(&it.file), it.line, it.message);
        let _ = writeln!(out, "{}", visible::line(&line));
    }
    out.push_str("::endgroup::\n");
}

/// The text of a command. A log is read on terminals too.
fn data(text: &str) -> String {
    visible::text(text).replace('%', "%25").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_in_a_command_is_escaped() {
        assert_eq!(data("50%: a,\nb"), "50%25: a,%0Ab");
        assert_eq!(property("50%: a,\nb"), "50%25%3A a%2C%0Ab");
    }

    #[test]
    fn nothing_in_a_command_is_hidden() {
        assert_eq!(data("a\u{1b}[2J\r\u{202e}"), "a\\u{1b}[2J\\u{d}\\u{202e}");
    }
}
