//! Whether texts with fixes in them are better than they were: they parse, what was fixed is gone, and nothing new is found.

use std::collections::BTreeMap;

use safe_map_lints::{Group, LINTS};

use super::candidates::{Candidate, Key, key};
use crate::report::Report;

/// Why fixes are not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The result does not parse.
    Broken,
    /// The finding is still there.
    Useless,
    /// The result has a finding of this lint that was not there.
    Harmful(&'static str),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Broken => write!(f, "the result does not parse"),
            Fault::Useless => write!(f, "the finding would stay"),
            Fault::Harmful(lint) => write!(f, "the result would be a `{lint}`"),
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
    if let Some((key, _)) = new.iter().find(is_new) {
        return Err(Fault::Harmful(key.0));
    }
    let mut cured: BTreeMap<&Key, usize> = BTreeMap::new();
    fixes.iter().filter(|it| !it.is_shared).for_each(|it| *cured.entry(&it.key).or_default() += 1);
    match cured.into_iter().all(|(key, cured)| count(&new, key) + cured <= count(&old, key)) {
        true => Ok(()),
        false => Err(Fault::Useless),
    }
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
