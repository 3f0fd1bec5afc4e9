//! Laws that hold for every finding of every case and example, whatever the lint.

use crate::support::{every_case, findings};
use safe_map_analysis::facts::{Edition, lower};
use safe_map_lints::{Applicability, Finding, LINTS};

/// Every snippet of the case files, with one of its editions.
fn snippets() -> Vec<(String, Edition)> {
    let all: Vec<_> = every_case().into_iter().map(|it| (it.text, it.editions[0])).collect();
    assert!(all.len() > 400, "only {} snippets", all.len());
    all
}

/// The text with one fix applied; edits never overlap, so the last is done first.
fn applied(text: &str, finding: &Finding) -> Option<String> {
    let mut edits = finding.fixes.first()?.edits.clone();
    edits.sort();
    let mut fixed = text.to_string();
    for edit in edits.iter().rev() {
        fixed.replace_range(edit.place.span.start as usize..edit.place.span.end as usize, &edit.replacement);
    }
    Some(fixed)
}

#[test]
fn every_span_lies_in_its_file_on_character_boundaries() {
    for (text, edition) in snippets() {
        for finding in findings(&text, edition) {
            let places = finding.labels.iter().map(|it| it.place).chain([finding.primary]);
            for place in places {
                let range = place.span.start as usize..place.span.end as usize;
                assert!(
                    text.get(range).is_some_and(|it| !it.is_empty() || place != finding.primary),
                    "{finding:?}"
                );
            }
        }
    }
}

#[test]
fn messages_are_fragments_and_notes_and_helps_say_something() {
    for (text, edition) in snippets() {
        for finding in findings(&text, edition) {
            let parts = finding.labels.iter().map(|it| &it.message).chain([
                &finding.message,
                &finding.note,
                &finding.help,
            ]);
            for part in parts {
                let first = part.chars().next().expect("a text");
                assert!(first.is_lowercase() || matches!(first, '`' | '0'..='9'), "{part}");
                assert!(!part.ends_with('.') && !part.contains('\n'), "{part}");
            }
            assert!(finding.message.contains('`'), "a name in backticks: {}", finding.message);
        }
    }
}

#[test]
fn a_fix_parses_removes_its_finding_and_converges() {
    let mut seen = std::collections::BTreeSet::new();
    for (text, edition) in snippets() {
        let mut current = text.clone();
        for round in 0.. {
            let found = findings(&current, edition);
            let Some(finding) = found.iter().find(|it| !it.fixes.is_empty()) else { break };
            assert!(round < 6, "no end of fixes in\n{text}");
            let fixed = applied(&current, finding).expect("a fix");
            assert_eq!(lower(&fixed, edition).problems, Vec::new(), "{fixed}");
            let left = findings(&fixed, edition);
            let same = |it: &&Finding| it.lint == finding.lint && it.message == finding.message;
            let count = |all: &[Finding]| all.iter().filter(same).count();
            assert!(count(&left) < count(&found), "{} stays in\n{fixed}", finding.lint);
            let is_new =
                |it: &&Finding| !found.iter().any(|old| old.lint == it.lint && old.message == it.message);
            assert_eq!(left.iter().find(is_new), None, "the fix makes a new finding:\n{fixed}");
            seen.insert(finding.lint);
            current = fixed;
        }
    }
    let offering: Vec<_> = LINTS.iter().filter(|it| it.has_fix && seen.contains(it.name)).collect();
    assert!(!offering.is_empty());
}

#[test]
fn a_lint_offers_fixes_exactly_if_it_says_so() {
    for (text, edition) in snippets() {
        for finding in findings(&text, edition) {
            let lint = LINTS.iter().find(|it| it.name == finding.lint).expect("a registered lint");
            assert!(lint.has_fix || finding.fixes.is_empty(), "{}", lint.name);
            let exact = finding.fixes.iter().all(|it| it.applicability != Applicability::HasPlaceholders);
            assert!(exact, "a fix with placeholders cannot be applied: {}", lint.name);
        }
    }
}
