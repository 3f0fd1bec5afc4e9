//! `tests/corpus.jsonl` itself: its rows are well formed, and each lint has its cases.

#[path = "corpus/rows.rs"]
mod rows;

use std::collections::BTreeMap;

use rows::{Expect, rows};
use safe_map_lints::{Check, LINTS};

/// Real cases that each lint is to have.
const CASES: usize = 5;

#[test]
fn rows_are_places_in_commits() {
    let known: Vec<&str> = LINTS.iter().map(|it| it.name).collect();
    for row in rows() {
        assert!(known.contains(&row.lint.as_str()), "{row:?}");
        assert_eq!(row.commit.len(), 40, "{row:?}");
        assert!(row.commit.bytes().all(|it| it.is_ascii_hexdigit() && !it.is_ascii_uppercase()), "{row:?}");
        assert_eq!(row.repo.matches('/').count(), 1, "{row:?}");
        assert!(row.places().iter().all(|(path, line)| path.ends_with(".rs") && *line > 0), "{row:?}");
    }
}

#[test]
fn rows_are_sorted_and_none_is_there_twice() {
    let rows = rows();
    assert!(rows.is_sorted_by(|a, b| a < b));
}

#[test]
fn every_lint_has_its_cases() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows().into_iter().filter(|it| it.expect == Expect::Report) {
        *counts.entry(row.lint).or_default() += 1;
    }
    for lint in LINTS.iter().filter(|it| !matches!(it.check, Check::Engine)) {
        let count = counts.get(lint.name).copied().unwrap_or_default();
        assert!(count >= CASES, "{} has {count} cases", lint.name);
    }
}
