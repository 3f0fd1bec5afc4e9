//! Entries are inserted into a map, or asked for to be changed, while it is being iterated.
//!
//! ## Why
//!
//! What the iterator holds is what the insertion needs. A sharded map's iterator keeps the lock of the shard it is in, so
//! whoever writes to a key of that shard waits for itself: with few entries it never happens, with many it does. A locked
//! map's iterator lives under the guard that a second acquire waits for, a `RefCell` panics, and behind a `static mut` the
//! insertion moves the table that the iterator is in.
//!
//! It comes from loops that derive new entries from those that are there: the neighbours of a node, the children of a task, a
//! second price list.
//!
//! ## Fires
//!
//! ```rust
//! use dashmap::DashMap;
//!
//! fn double(prices: &DashMap<String, u64>) {
//!     for price in prices.iter() {
//!         // the shard of the new key may be the one that is locked by the iterator
//!         prices.insert(format!("{}-double", price.key()), *price.value() * 2);
//!     }
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use dashmap::DashMap;
//!
//! fn double(prices: &DashMap<String, u64>) {
//!     let doubled: Vec<_> =
//!         prices.iter().map(|it| (format!("{}-double", it.key()), *it.value() * 2)).collect();
//!     for (name, price) in doubled {
//!         prices.insert(name, price);
//!     }
//! }
//!
//! fn raise(prices: &DashMap<String, u64>) {
//!     for mut price in prices.iter_mut() {
//!         *price += 1;
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! `iter_mut` changes the entries that are there. Collect what is new first, and insert it when the iterator is gone. A
//! `safe_map::SnapshotMap` may be changed from inside its own iteration, and a `ShardedMap` lends its entries to a closure
//! that cannot keep them.
//!
//! ## Limits
//!
//! Maps that may be changed while they are iterated (`papaya`, `flurry`) are silent. A `break` right after the insertion excuses
//! nothing: the insertion itself waits. Insertions into a plain map inside a called function are not seen yet.

use safe_map_analysis::FunctionView;
use safe_map_analysis::knowledge::schema::Op;

use crate::iterating::{Change, changes_while_iterated};
use crate::{Check, Finding, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "insert_during_iteration",
    group: Group::Iteration,
    level: Level::Deny,
    has_fix: false,
    merges_sites: false,
    source: include_str!("insert_during_iteration.rs"),
    check: Check::Function(check),
};

static INSERTION: Change = Change {
    lint: "insert_during_iteration",
    is_it: inserts,
    done: "written to",
    what: "insertion",
    help: |_| {
        "use `iter_mut` to change the entries that are there, or collect what is new first and insert it when the iterator \
         is gone; a `safe_map::SnapshotMap` may be changed from inside its own iteration"
            .to_string()
    },
    fix: |_, _, _| None,
};

/// Whether an operation inserts an entry, or takes one to change it.
pub(crate) fn inserts(op: Op) -> bool {
    matches!(op, Op::Insert | Op::Entry | Op::GetMut | Op::Update)
}

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    changes_while_iterated(function, &INSERTION, out);
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::check;

    #[test]
    fn an_insertion_in_a_loop_over_the_map() {
        check(
            &LINT,
            "
fn double(prices: &dashmap::DashMap<u64, u64>) {
    for price in prices.iter() {
//               ------------- acquire: iteration starts here
        prices.insert(price.key() + 1, 2);
//      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ insert_during_iteration
    }
}
",
        );
    }

    #[test]
    fn an_entry_or_a_reference_to_write_through() {
        check(
            &LINT,
            "
fn raise(prices: &dashmap::DashMap<u64, u64>) {
    for price in prices.iter() {
        *prices.entry(*price.key()).or_insert(0) += 1;
//       ^^^^^^^^^^^^^^^^^^^^^^^^^^ insert_during_iteration
        if let Some(mut it) = prices.get_mut(price.key()) { *it += 1; }
//                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^ insert_during_iteration
    }
}
",
        );
    }

    #[test]
    fn an_insertion_by_a_method_that_is_called() {
        check(
            &LINT,
            "
struct Prices { by_id: dashmap::DashMap<u64, u64> }
impl Prices {
    fn double(&self) {
        self.by_id.iter().for_each(|it| self.put(it.key() + 1));
//                                      ^^^^^^^^^^^^^^^^^^^^^^ insert_during_iteration
    }
    fn put(&self, id: u64) { self.by_id.insert(id, 1); }
}
",
        );
    }

    #[test]
    fn an_insertion_through_a_second_guard() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::RwLock};
fn double(prices: &RwLock<HashMap<u64, u64>>) {
    for id in prices.read().unwrap().keys() {
        prices.write().unwrap().insert(*id, 1);
//      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ insert_during_iteration
    }
}
",
        );
    }

    #[test]
    fn another_map_what_was_collected_and_the_entries_themselves_are_silent() {
        check(
            &LINT,
            "
fn copy(from: &dashmap::DashMap<u64, u64>, to: &dashmap::DashMap<u64, u64>) {
    for it in from.iter() {
        to.insert(*it.key(), *it.value());
    }
    for mut it in from.iter_mut() {
        *it += 1;
    }
    let keys: Vec<u64> = from.iter().map(|it| *it.key()).collect();
    for key in keys {
        from.insert(key, 1);
    }
}
",
        );
    }
}
