//! Which finding is which entry, and which entries nothing stands for any more.

use std::collections::{BTreeMap, BTreeSet};

use safe_map_lints::Confidence;

use super::entry::{Entries, Key, Known};

/// A finding that counts, as the baseline sees it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// What it is looked up by.
    pub(crate) key: Key,
    /// What is remembered of it.
    pub(crate) known: Known,
    /// Whether it is about changed lines: of two alike that one is the new one.
    pub(crate) is_changed: bool,
}

/// What a run looked at. Of the rest it cannot say that it is gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coverage {
    /// Packages whose findings this run would all have seen; `None` means every package that there is or was.
    pub(crate) packages: Option<BTreeSet<String>>,
    /// Packages of which a part could not be analysed.
    pub(crate) incomplete: BTreeSet<String>,
    /// The lints that exist and did not run.
    pub(crate) skipped_lints: BTreeSet<&'static str>,
    /// Findings less sure than this were left out.
    pub(crate) confidence: Option<Confidence>,
    /// Whether test code was analysed.
    pub(crate) with_tests: bool,
    /// Whether the sources of dependencies were read for their types.
    pub(crate) with_dependencies: bool,
}

/// What a baseline says of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// For each finding whether it is known.
    pub(crate) is_known: Vec<bool>,
    /// The entries of everything found now.
    pub(crate) found: Entries,
    /// Those of what is known, under the keys that it has now.
    pub(crate) matched: Entries,
    /// Entries that nothing stands for any more, with how many are too many.
    pub(crate) stale: Entries,
    /// Entries that this run cannot judge.
    pub(crate) unjudged: Entries,
}

/// Compares what a run found with a baseline. Each entry knows as many findings as it counts, and those in changed lines
/// come last. What is left of an entry then goes to a finding that has only moved to another module.
pub(crate) fn judge(entries: &Entries, seen: &[Seen], coverage: &Coverage) -> Outcome {
    let mut left = entries.clone();
    let mut is_known = vec![false; seen.len()];
    let mut order: Vec<usize> = (0..seen.len()).collect();
    order.sort_by_key(|index| seen[*index].is_changed);
    for index in &order {
        is_known[*index] = take(&mut left, &seen[*index].key);
    }
    let (mut stale, unjudged): (Entries, Entries) = left
        .into_iter()
        .filter(|(_, known)| known.count > 0)
        .partition(|(key, known)| coverage.judges(key, known));
    take_moved(&mut stale, seen, &order, &mut is_known);
    let matched = seen.iter().zip(&is_known).filter(|(_, known)| **known).map(|(it, _)| it);
    let counted = |it: &mut dyn Iterator<Item = &Seen>| counted(it, coverage);
    Outcome {
        found: counted(&mut seen.iter()),
        matched: counted(&mut matched.into_iter()),
        is_known,
        stale,
        unjudged,
    }
}

fn take(left: &mut Entries, key: &Key) -> bool {
    let Some(known) = left.get_mut(key).filter(|known| known.count > 0) else { return false };
    known.count -= 1;
    true
}

fn take_moved(stale: &mut Entries, seen: &[Seen], order: &[usize], is_known: &mut [bool]) {
    let mut movable: BTreeMap<Key, Vec<Key>> = BTreeMap::new();
    for key in stale.keys() {
        movable.entry(key.movable()).or_default().push(key.clone());
    }
    for &index in order {
        let unknown = !is_known[index];
        let Some(from) = movable.get(&seen[index].key.movable()).filter(|_| unknown) else { continue };
        is_known[index] = from.iter().any(|key| take(stale, key));
    }
    stale.retain(|_, known| known.count > 0);
}

fn counted(seen: &mut dyn Iterator<Item = &Seen>, coverage: &Coverage) -> Entries {
    let mut entries = Entries::new();
    for Seen { key, known, .. } in seen {
        let known = Known { with_dependencies: coverage.with_dependencies, ..*known };
        entries.entry(key.clone()).and_modify(|it| *it = it.and(known)).or_insert(known);
    }
    entries
}

impl Coverage {
    /// Whether the run would have seen the findings of an entry.
    fn judges(&self, key: &Key, known: &Known) -> bool {
        let has_package = self.packages.as_ref().is_none_or(|packages| packages.contains(&key.package));
        has_package
            && !self.incomplete.contains(&key.package)
            && !self.skipped_lints.contains(key.lint.as_str())
            && self.confidence.is_none_or(|least| known.confidence >= least)
            && (self.with_tests || !known.in_test)
            && (self.with_dependencies || !known.with_dependencies)
    }
}

impl Outcome {
    /// How many findings the stale entries count.
    pub(crate) fn stale_count(&self) -> u64 {
        total(&self.stale)
    }
}

/// How many findings the entries count.
pub(crate) fn total(entries: &Entries) -> u64 {
    entries.values().map(|known| u64::from(known.count)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(item: &str, snippet: &str) -> Key {
        let [package, item, lint, snippet] = ["a", item, "double_lock", snippet].map(str::to_owned);
        Key { package, item, lint, snippet }
    }

    fn known(count: u32) -> Known {
        Known { count, confidence: Confidence::Likely, in_test: false, with_dependencies: false }
    }

    fn seen(item: &str, is_changed: bool) -> Seen {
        Seen { key: key(item, "m.lock()"), known: known(1), is_changed }
    }

    fn all() -> Coverage {
        Coverage { with_tests: true, ..Coverage::default() }
    }

    #[test]
    fn an_entry_knows_as_many_as_it_counts_and_the_changed_ones_last() {
        let entries = Entries::from([(key("S::f", "m.lock()"), known(1))]);
        let outcome = judge(&entries, &[seen("S::f", true), seen("S::f", false)], &all());
        assert_eq!(outcome.is_known, [false, true]);
        assert_eq!(outcome.found.values().next(), Some(&known(2)));
        assert!(outcome.stale.is_empty());
    }

    #[test]
    fn a_moved_item_keeps_its_entry_and_gets_its_new_key() {
        let entries = Entries::from([(key("old::S::f", "m.lock()"), known(1))]);
        let outcome = judge(&entries, &[seen("new::S::f", true), seen("other::S::f", true)], &all());
        assert_eq!(outcome.is_known, [true, false]);
        assert_eq!(outcome.matched.keys().next(), Some(&key("new::S::f", "m.lock()")));
        assert!(outcome.stale.is_empty());
    }

    #[test]
    fn what_is_still_there_does_not_count_as_moved() {
        let entries = Entries::from([(key("old::S::f", "m.lock()"), known(1))]);
        let outcome = judge(&entries, &[seen("old::S::f", false), seen("new::S::f", false)], &all());
        assert_eq!(outcome.is_known, [true, false]);
    }

    #[test]
    fn only_what_was_looked_at_can_be_stale() {
        let entries = Entries::from([(key("S::f", "m.lock()"), known(3))]);
        let stale = |coverage: &Coverage| judge(&entries, &[seen("S::f", false)], coverage).stale_count();
        assert_eq!(stale(&all()), 2);
        let others = BTreeSet::from(["b".to_owned()]);
        assert_eq!(stale(&Coverage { packages: Some(others), ..all() }), 0);
        assert_eq!(stale(&Coverage { incomplete: BTreeSet::from(["a".to_owned()]), ..all() }), 0);
        assert_eq!(stale(&Coverage { skipped_lints: BTreeSet::from(["double_lock"]), ..all() }), 0);
        assert_eq!(stale(&Coverage { confidence: Some(Confidence::Certain), ..all() }), 0);
    }
}
