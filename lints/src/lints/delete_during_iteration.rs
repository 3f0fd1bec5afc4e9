//! Entries are removed from a map while it is being iterated.
//!
//! ## Why
//!
//! What the iterator holds is what the removal needs. A sharded map's iterator keeps the lock of the shard it is in, so
//! the removal of a key of that shard waits for itself; a locked map's iterator lives under the guard that a second
//! acquire waits for; a `RefCell` panics; behind a `static mut` the iterator is left with freed memory. It hits clean-up
//! tasks: the loop works while no entry has expired, and hangs when the first one has.
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
use safe_map_analysis::flow::{Acquire, Event, Guard, Place, Root, Step};
use safe_map_analysis::knowledge::schema::{GuardClass, Locking, Op};
use safe_map_analysis::span::Span;

use safe_map_analysis::summary::{EffectKind, Happening};

use crate::story::{
    acquire_label, called, chain_labels, consequence, declaration_label, finding, here, lock_name, lock_path,
    path_name,
};
use crate::{Check, Confidence, Finding, Group, Label, Level, Lint, Role};

pub(crate) static LINT: Lint = Lint {
    name: "delete_during_iteration",
    group: Group::Iteration,
    level: Level::Deny,
    has_fix: false,
    merges_sites: false,
    source: include_str!("delete_during_iteration.rs"),
    check: Check::Function(check),
};

/// Whether an operation removes entries.
pub(crate) fn deletes(op: Op) -> bool {
    matches!(op, Op::Remove | Op::RemoveIf | Op::Clear | Op::Retain | Op::Replace)
}

/// Whether an operation walks entries and leaves something alive that does.
pub(crate) fn iterates(op: Op) -> bool {
    matches!(op, Op::Iterate | Op::IterateMut | Op::Retain)
}

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let mut reported = Vec::new();
    for happening in function.happenings() {
        let event = happening.event;
        let found = match &happening.kind {
            EffectKind::Acquire(removal) if deletes(removal.op) => shared_map(function, &happening, removal),
            EffectKind::MapOp(map) if deletes(map.op) && happening.chain.is_empty() => {
                plain_map(function, event, &map.place)
            }
            _ => None,
        };
        if let Some(found) = found.filter(|_| !reported.contains(&event.span)) {
            reported.push(event.span);
            out.push(found);
        }
    }
}

/// A removal from a shared map under one of its own iterators.
fn shared_map(function: &FunctionView<'_>, happening: &Happening<'_>, removal: &Acquire) -> Option<Finding> {
    if removal.is_try || removal.lock.place.is_unnamed() {
        return None;
    }
    let mut alive = happening.held.iter().map(|it| function.flow.guard_at(it));
    let iterator = alive.find(|it| is_over(it, removal))?;
    let name = lock_name(function, removal);
    let through = called(function, happening).map(|it| format!(" by `{it}`")).unwrap_or_default();
    let message = format!("{name} is deleted from{through} while it is iterated");
    let mut finding = finding(function, LINT.name, happening.event.span, message);
    let meets = (removal.whole || removal.lock.locking == Locking::Whole) && happening.is_sure;
    finding.confidence = if meets { Confidence::Certain } else { Confidence::Likely };
    finding.lock = lock_path(function, removal);
    finding.labels.push(acquire_label(function, &iterator));
    finding.labels.extend(chain_labels(function, happening, "deleted from here"));
    finding.labels.extend(declaration_label(function, removal));
    finding.note = match finding.confidence {
        Confidence::Certain => "this deadlocks: the iterator holds a lock that the removal waits for".to_string(),
        Confidence::Likely | Confidence::Possible => {
            "this can deadlock when the removed key is in the shard that the iterator is in: the iterator holds that \
             shard's lock until it moves on or is dropped"
                .to_string()
        }
    };
    finding.help = help(&removal.lock.type_name);
    Some(finding)
}

/// Whether a guard is an iterator over the map that is removed from.
fn is_over(guard: &Guard, removal: &Acquire) -> bool {
    iterates(guard.acquire.op)
        && guard.acquire.class != GuardClass::Free
        && guard.acquire.lock.place == removal.lock.place
}

/// A removal from a plain map that is being iterated: reached through a second guard, or through no guard at all.
fn plain_map(function: &FunctionView<'_>, event: &Event, place: &Place) -> Option<Finding> {
    let (_, start) = event.iterating.iter().find(|(path, _)| path == place)?;
    let guards = guards_over(function, event, place);
    let unprotected = matches!(place.root, Root::Static(id) if function.model().static_facts(id).mutable);
    let (first, second) = match guards.as_slice() {
        [first, .., second] => (Some(*first), Some(*second)),
        // With one guard the compiler has made sure of it.
        _ if unprotected => (None, None),
        _ => return None,
    };
    Some(report_plain(function, event, place, *start, first, second))
}

/// The guards through which a place is reached, oldest first, one an acquire.
fn guards_over<'a>(function: &FunctionView<'a>, event: &Event, place: &Place) -> Vec<&'a Guard> {
    let protects = |guard: &Guard| place.is_in(&guard.acquire.lock.place.then(Step::Inside));
    let mut guards: Vec<&Guard> =
        event.held.iter().map(|it| function.flow.guard(it.guard)).filter(|it| protects(it)).collect();
    guards.dedup_by_key(|it| it.acquire.span);
    guards
}

fn report_plain(
    function: &FunctionView<'_>,
    event: &Event,
    place: &Place,
    start: Span,
    first: Option<&Guard>,
    second: Option<&Guard>,
) -> Finding {
    let name = second
        .map_or_else(|| format!("`{}`", path_name(function, place)), |it| lock_name(function, &it.acquire));
    let mut finding =
        finding(function, LINT.name, event.span, format!("{name} is deleted from while it is iterated"));
    finding.labels.push(Label {
        role: Role::Acquire,
        place: here(function, start),
        message: "iteration starts here".to_string(),
    });
    let (verdict, certain) = match second {
        Some(guard) => (format!("{}s", consequence(guard.acquire.class)), true),
        None => ("is undefined behaviour".to_string(), false),
    };
    finding.confidence = if certain { Confidence::Certain } else { Confidence::Likely };
    if let (Some(first), Some(second)) = (first, second) {
        finding.lock = lock_path(function, &second.acquire);
        finding.labels.push(acquire_label(function, first));
        finding
            .labels
            .push(Label { message: "and taken again here".to_string(), ..acquire_label(function, second) });
        finding.labels.extend(declaration_label(function, &second.acquire));
    }
    finding.note = format!("this {verdict}: the iteration goes on over what the removal changes");
    finding.help = help("map");
    finding
}

fn help(type_name: &str) -> String {
    format!(
        "use `{}` to remove while walking, or collect the keys first and remove them with the condition asked again; \
         `safe_map::ShardedMap::retain` and `extract_if` are one call",
        if type_name == "map" { "retain".to_string() } else { format!("{type_name}::retain") }
    )
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
