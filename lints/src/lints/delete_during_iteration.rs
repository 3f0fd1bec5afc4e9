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
//! `retain` removes while it walks. Where the loop does more than remove, collect the keys first and remove with the
//! condition asked again: `remove_if`. `safe_map::ShardedMap::retain` and `extract_if` are one call, and a
//! `SnapshotMap` may be changed from inside its own iteration.
//!
//! ## Limits
//!
//! Maps that may be changed while they are iterated (`papaya`, `flurry`) are silent. A `break` right after the removal
//! excuses nothing: the removal itself waits. Removals from a plain map inside a called function are not seen yet.

use safe_map_analysis::FunctionView;
use safe_map_analysis::knowledge::schema::Op;
use safe_map_analysis::span::Span;

use crate::collect_first::collect_first;
use crate::fix::hoist_before;
use crate::iterating::{Change, changes_while_iterated};
use crate::retain::retain;
use crate::{Check, Finding, Fix, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "delete_during_iteration",
    group: Group::Iteration,
    level: Level::Deny,
    has_fix: true,
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
    fix,
};

/// Whether an operation removes entries.
pub(crate) fn deletes(op: Op) -> bool {
    matches!(op, Op::Remove | Op::RemoveIf | Op::Clear | Op::Retain | Op::Replace)
}

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    changes_while_iterated(function, &DELETION, out);
}

/// `retain` where the walk does nothing but remove; where it looks for one entry, the walk ends before the removal; where it
/// does more, only its keys are walked.
fn fix(function: &FunctionView<'_>, walk: Span, removal: Span) -> Option<Fix> {
    retain(function, walk, removal)
        .or_else(|| hoist_before(function, walk, removal))
        .or_else(|| collect_first(function, walk, removal))
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::{check, fixed};

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

    /// What becomes of a body.
    fn fixed_body(body: &str) -> Option<String> {
        let text = |body: &str| {
            format!(
                "use std::{{collections::HashMap, sync::RwLock}};
struct Rule {{ percent: u32, on: bool }}
fn f(m: &dashmap::DashMap<u64, Rule>, l: &RwLock<HashMap<u64, u32>>, n: u32) {{
    {body}
}}
"
            )
        };
        let fixed = fixed(&LINT, &text(body))?;
        let (before, after) = text("|").split_once('|').map(|(a, b)| (a.len(), b.len())).expect("a mark");
        Some(fixed[before..fixed.len() - after].to_string())
    }

    #[test]
    fn a_walk_that_only_removes_becomes_retain() {
        for (body, better) in [
            ("for it in m.iter() { m.remove(it.key()); }", "m.clear();"),
            (
                "for it in m.iter() { if it.percent > n { m.remove(it.key()); } }",
                "m.retain(|_, it| it.percent <= n);",
            ),
            ("for it in m.iter() { if !it.on { m.remove(&it.key().clone()); } }", "m.retain(|_, it| it.on);"),
            (
                "for it in m.iter() { if *it.key() == 7 { m.remove(it.key()); } }",
                "m.retain(|key, _| *key != 7);",
            ),
            (
                "let off = m.iter().filter(|it| !it.on).map(|it| *it.key());\n    for key in off {\n        m.remove(&key);\n    }",
                "m.retain(|_, it| it.on);",
            ),
            (
                "for (id, it) in l.read().unwrap().iter() { if *it > n { l.write().unwrap().remove(id); } }",
                "l.write().unwrap().retain(|_, it| *it <= n);",
            ),
            (
                "for it in m.iter() {\n        // old ones\n        m.remove(it.key());\n    }",
                "// old ones\n    m.clear();",
            ),
            (
                "if let Some(key) = m.iter().next().map(|it| *it.key()) { m.remove(&key); }",
                "let found = m.iter().next().map(|it| *it.key());\n    if let Some(key) = found { m.remove(&key); }",
            ),
        ] {
            assert_eq!(fixed_body(body).as_deref(), Some(better), "{body}");
        }
    }

    #[test]
    fn a_walk_that_does_more_goes_over_the_keys() {
        let keys = "map(|it| it.key().clone())";
        for (body, better) in [
            (
                "for it in m.iter() { println!(); m.remove(it.key()); }",
                format!(
                    "let found: Vec<_> = m.iter().{keys}.collect();\n    for key in found {{ println!(); m.remove(&key); }}"
                ),
            ),
            (
                "for it in m.iter() { if (it.on) { m.remove(it.key()); break; } }",
                format!(
                    "let found = m.iter().find(|it| it.on).{keys};\n    \
                     if let Some(key) = found {{ m.remove_if(&key, |_, it| it.on); }}"
                ),
            ),
            (
                "for it in m.iter() { m.remove(it.key()); return; }",
                format!(
                    "let found = m.iter().next().{keys};\n    if let Some(key) = found {{ m.remove(&key); return; }}"
                ),
            ),
        ] {
            assert_eq!(fixed_body(body), Some(better), "{body}");
        }
    }

    #[test]
    fn no_fix_where_the_walk_needs_the_entries() {
        for body in [
            "for it in m.iter() { println!(\"{}\", it.percent); m.remove(it.key()); }",
            "for it in m.iter() { println!(\"{it:?}\"); m.remove(it.key()); }",
            "for it in m.iter() { let key = it.key(); m.remove(key); }",
            "for it in m.iter() { if it.on && m.len() > 7 { m.remove(it.key()); } }",
            "for it in m.iter() { if it.on { m.remove(it.key()); } else { println!(); } }",
            // What is told of a removal that may not happen, and a condition that changes with each.
            "for it in m.iter() { if it.percent > n { println!(\"{}\", *it.key()); m.remove(it.key()); } }",
            "for it in m.iter() { if left > 0 { m.remove(it.key()); left -= 1; } }",
        ] {
            assert_eq!(fixed_body(body), None, "{body}");
        }
    }
}
