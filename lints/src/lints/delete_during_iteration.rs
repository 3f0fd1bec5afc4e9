//! Entries are removed from a map while it is being iterated.
//!
//! ## Why
//!
//! What the iterator holds is what the removal needs. A sharded map's iterator keeps the lock of the shard it is in, so
//! the removal of a key of that shard waits for itself; a locked map's iterator lives under the guard that a second
//! acquire waits for; a `RefCell` panics; behind a `static mut` the iterator is left with freed memory.
//!
//! It comes from clean-up tasks: the loop works while no entry has expired, and hangs when the first one has.
//!
//! ## Fires
//!
//! ```rust
//! use dashmap::DashMap;
//!
//! fn expire(sessions: &DashMap<u64, u64>, now: u64) {
//!     for session in sessions.iter() {
//!         if *session.value() < now {
//!             sessions.remove(session.key()); // its shard is locked by the iterator
//!         }
//!     }
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use dashmap::DashMap;
//!
//! fn expire(sessions: &DashMap<u64, u64>, now: u64) {
//!     sessions.retain(|_, expires| *expires >= now);
//! }
//!
//! fn expire_collected(sessions: &DashMap<u64, u64>, now: u64) {
//!     let old: Vec<u64> = sessions.iter().filter(|it| *it.value() < now).map(|it| *it.key()).collect();
//!     for id in old {
//!         sessions.remove_if(&id, |_, expires| *expires < now);
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! `retain` removes while it walks. Where the removal is done elsewhere, collect the keys first and remove with the
//! condition asked again: `remove_if`. `safe_map::ShardedMap::retain` and `extract_if` are one call, and a
//! `SnapshotMap` may be changed from inside its own iteration.
//!
//! ## Limits
//!
//! Maps that may be changed while they are iterated (`papaya`, `flurry`) are silent. A `break` right after the removal
//! excuses nothing: the removal itself waits. Removals from a plain map inside a called function are not seen yet.

use safe_map_analysis::FunctionView;
use safe_map_analysis::knowledge::schema::Op;

use crate::iterating::{Change, changes_while_iterated};
use crate::{Check, Finding, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "delete_during_iteration",
    group: Group::Iteration,
    level: Level::Deny,
    has_fix: false,
    merges_sites: false,
    source: include_str!("delete_during_iteration.rs"),
    check: Check::Function(check),
};

static DELETION: Change = Change {
    lint: "delete_during_iteration",
    is_it: deletes,
    done: "deleted from",
    what: "removal",
    help: |type_name| {
        let retain = if type_name == "map" { "retain".to_string() } else { format!("{type_name}::retain") };
        format!(
            "use `{retain}` to remove while walking, or collect the keys first and remove them with the condition asked \
             again; `safe_map::ShardedMap::retain` and `extract_if` are one call"
        )
    },
};

/// Whether an operation removes entries.
pub(crate) fn deletes(op: Op) -> bool {
    matches!(op, Op::Remove | Op::RemoveIf | Op::Clear | Op::Retain | Op::Replace)
}

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    changes_while_iterated(function, &DELETION, out);
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::check;

    #[test]
    fn a_removal_in_a_loop_over_the_map() {
        check(
            &LINT,
            "
fn expire(sessions: &dashmap::DashMap<u64, u64>) {
    for session in sessions.iter() {
//                 --------------- acquire: iteration starts here
        sessions.remove(session.key());
//      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ delete_during_iteration
    }
}
",
        );
    }

    #[test]
    fn a_removal_through_a_second_guard() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::RwLock};
fn expire(sessions: &RwLock<HashMap<u64, u64>>) {
    for id in sessions.read().unwrap().keys() {
//            ------------------------------- acquire: iteration starts here
        sessions.write().unwrap().remove(id);
//      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ delete_during_iteration
//      ---------------- acquire: and taken again here
    }
}
",
        );
    }

    #[test]
    fn a_removal_from_another_map_or_after_collecting_is_silent() {
        check(
            &LINT,
            "
fn move_on(from: &dashmap::DashMap<u64, u64>, to: &dashmap::DashMap<u64, u64>) {
    for entry in from.iter() {
        to.remove(entry.key());
    }
    let keys: Vec<u64> = from.iter().map(|it| *it.key()).collect();
    for key in keys {
        from.remove(&key);
    }
}
",
        );
    }

    #[test]
    fn a_map_that_may_change_under_its_iterator_is_silent() {
        check(
            &LINT,
            "
fn expire(sessions: &papaya::HashMap<u64, u64>) {
    let pinned = sessions.pin();
    for (id, _) in pinned.iter() {
        pinned.remove(id);
    }
}
",
        );
    }
}
