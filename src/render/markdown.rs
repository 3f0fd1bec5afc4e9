//! Markdown for the summary of a job: counts, then what was found, by lock: who mends one looks at all uses of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::View;
use super::summary;
use super::view::{Severity, plural};
use crate::report::Reported;
use crate::visible::{self, is_hidden, spell};

/// GitHub refuses a summary of more than a mebibyte whole.
const MAX_BYTES: usize = 1000 * 1000;

/// The summary.
pub(super) fn summary(view: &View<'_>) -> String {
    let mut out = format!("## cargo safe-map-lint\n\n{}\n", summary::counts(view.report));
    let mut left_out = 0;
    for (lock, findings) in groups(view.most_severe_first()) {
        let mut heading = heading(lock);
        for found in findings {
            let entry = std::mem::take(&mut heading) + &entry(view, found);
            if out.len() + entry.len() <= MAX_BYTES { out.push_str(&entry) } else { left_out += 1 }
        }
    }
    if left_out > 0 {
        let _ = writeln!(out, "\n{} left out: the summary is full", plural(left_out, "more finding"));
    }
    add_incomplete(&mut out, view);
    out
}

/// The findings of each lock, those of no lock together; the lock of the most severe finding first.
fn groups(found: Vec<&Reported>) -> Vec<(Option<&str>, Vec<&Reported>)> {
    let mut groups: Vec<(Option<&str>, Vec<&Reported>)> = Vec::new();
    let mut known: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for it in found {
        let lock = it.finding.lock.as_deref();
        let group = *known.entry(lock).or_insert(groups.len());
        if group == groups.len() {
            groups.push((lock, Vec::new()));
        }
        groups[group].1.push(it);
    }
    groups
}

fn heading(lock: Option<&str>) -> String {
    let lock = lock.map_or_else(|| "Others".to_owned(), code);
    format!("\n### {lock}\n\n")
}

fn entry(view: &View<'_>, found: &Reported) -> String {
    let finding = &found.finding;
    let at = view.location(finding.primary);
    let place = code(&format!("{}:{}:{}", at.path, at.start.line, at.start.column));
    let (word, message) = (word(found), prose(&finding.message));
    let lint = format!("[`{}`]({})", finding.lint, found.lint.url());
    let mut out = format!("- **{word}** {place} {message} ({lint})\n");
    let reason = found.suppressed.as_ref().and_then(|it| it.reason.as_deref()).unwrap_or("");
    for (title, text) in [("reason", reason), ("why", &finding.note), ("help", &finding.help)] {
        if !text.is_empty() {
            let _ = writeln!(out, "  - {title}: {}", prose(text));
        }
    }
    out
}

fn word(found: &Reported) -> &'static str {
    if found.suppressed.is_some() { "suppressed" } else { Severity::of(found).as_str() }
}

fn add_incomplete(out: &mut String, view: &View<'_>) {
    const MAX: usize = 20;
    let all = &view.report.incomplete;
    if all.is_empty() {
        return;
    }
    out.push_str("\n### Not analysed\n\n");
    for it in all.iter().take(MAX) {
        let place = code(&format!("{}:{}", view.paths.of(&it.file), it.line));
        let _ = writeln!(out, "- {place} {}", prose(&it.message));
    }
    if all.len() > MAX {
        let _ = writeln!(out, "- {} more", all.len() - MAX);
    }
}

/// A code span; more backticks around a text that has some.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let text = visible::line(&text);
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// Our own messages: what they have in backticks stays code, the rest is no markup.
fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, part) in text.split('`').enumerate() {
        if index > 0 {
            out.push('`');
        }
        let is_code = index % 2 == 1;
        for it in part.chars() {
            match it {
                '\n' | '\r' => out.push(' '),
                _ if is_hidden(it) => spell(&mut out, it),
                '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' if !is_code => out.extend(['\\', it]),
                _ => out.push(it),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stays_code_and_the_rest_is_no_markup() {
        assert_eq!(prose("`Vec<u8>` is a *map* <b>\nhere"), "`Vec<u8>` is a \\*map\\* \\<b\\> here");
        assert_eq!(code("a`b"), "`` a`b ``");
    }
}
