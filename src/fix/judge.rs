//! Whether texts with fixes in them are better than they were: they parse, what was fixed is gone, and nothing new is found.

use std::collections::BTreeMap;
use std::sync::Arc;

use safe_map_lints::{Group, LINTS};

use super::candidates::{Candidate, Key, key};
use crate::report::Report;

/// Why fixes are not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The file at this path does not parse any more.
    Broken(Arc<str>),
    /// These findings are still there.
    Useless(Vec<Key>),
    /// These findings are there that were not.
    Harmful(Vec<Key>),
}

impl Fault {
    /// Whether a fix is one of those that most likely did it.
    pub(super) fn blames(&self, fix: &Candidate) -> bool {
        match self {
            Fault::Broken(path) => fix.edits.contains_key(path),
            Fault::Useless(keys) => keys.contains(&fix.key),
            Fault::Harmful(keys) => {
                keys.iter().any(|(_, path, item, _)| (path, item) == (&fix.key.1, &fix.key.2))
            }
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Broken(_) => write!(f, "the result does not parse"),
            Fault::Useless(_) => write!(f, "the finding would stay"),
            Fault::Harmful(keys) => {
                let lint = keys.first().map_or("finding", |it| it.0);
                write!(f, "the result would be a `{lint}`")
            }
        }
    }
}

/// Compares the reports before and after `fixes`.
///
/// # Errors
///
/// What is wrong with the result.
pub(super) fn judge(before: &Report, after: &Report, fixes: &[&Candidate]) -> Result<(), Fault> {
    let (old, new) = (counts(before), counts(after));
    let count = |all: &BTreeMap<Key, usize>, key: &Key| all.get(key).copied().unwrap_or(0);
    let is_new = |(key, found): &(&Key, &usize)| **found > count(&old, key) && !is_about_suppressions(key.0);
    let harm: Vec<Key> = new.iter().filter(is_new).map(|(key, _)| key.clone()).collect();
    if !harm.is_empty() {
        return Err(Fault::Harmful(harm));
    }
    let mut cured: BTreeMap<&Key, usize> = BTreeMap::new();
    fixes.iter().filter(|it| !it.is_shared).for_each(|it| *cured.entry(&it.key).or_default() += 1);
    let stays = |(key, cured): &(&Key, usize)| count(&new, key) + cured > count(&old, key);
    let left: Vec<Key> = cured.into_iter().filter(stays).map(|(key, _)| key.clone()).collect();
    if left.is_empty() { Ok(()) } else { Err(Fault::Useless(left)) }
}

/// How often each finding is there.
fn counts(report: &Report) -> BTreeMap<Key, usize> {
    let mut counts = BTreeMap::new();
    for found in report.findings.iter().filter(|it| it.is_active()) {
        *counts.entry(key(report, found)).or_default() += 1;
    }
    counts
}

/// Whether a lint is about suppressions: those of what is fixed are superfluous then, which is no fault of the fix.
fn is_about_suppressions(lint: &str) -> bool {
    LINTS.iter().any(|it| it.name == lint && it.group == Group::Suppressions)
}
