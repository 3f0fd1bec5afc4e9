//! Keys are collected from a map only to remove them from it, one after the other.
//!
//! ## Why
//!
//! `retain` does the same in one walk: no list of copied keys, no second search for each of them, and with a map that locks
//! inside no moment in which an entry can become another one between the two. Under a lock of one's own it is as safe either
//! way, and shorter this way.
//!
//! It comes from clean-up tasks: removal inside the loop does not compile, or hangs, and a list of keys is the first way around it.
//!
//! ## Fires
//!
//! ```rust
//! use dashmap::DashMap;
//!
//! struct Registry {
//!     names: DashMap<String, u64>,
//! }
//!
//! impl Registry {
//!     fn forget_temporary(&self) {
//!         let old: Vec<String> =
//!             self.names.iter().filter(|it| it.key().starts_with("tmp-")).map(|it| it.key().clone()).collect();
//!         for name in old {
//!             self.names.remove(&name);
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
//! struct Registry {
//!     names: DashMap<String, u64>,
//! }
//!
//! impl Registry {
//!     fn forget_temporary(&self) {
//!         self.names.retain(|name, _| !name.starts_with("tmp-"));
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! `retain` with the condition turned around, `clear` where everything goes, `extract_if` where the removed values are needed:
//! `safe_map::ShardedMap::extract_if` gives them in one walk, and so does `HashMap::extract_if` since Rust 1.88.
//!
//! ## Limits
//!
//! Silent where the loop does more than remove: work that is done for each entry may not run under the map's lock. Where the
//! condition looks at values that others change, `stale_two_phase_delete` says more.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, Expr, ExprKind};
use safe_map_analysis::knowledge::schema::{Op, TypeRole};
use safe_map_analysis::span::Span;

use crate::access::Access;
use crate::collected::{Chosen, chosen, is_of_collected};
use crate::ordered::is_logged;
use crate::parents::{arguments, expr_at, is_discarded};
use crate::races::Accesses;
use crate::retain::retain;
use crate::story::{access_finding, access_name};
use crate::{Check, Confidence, Finding, Fix, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "collect_then_delete",
    group: Group::Iteration,
    level: Level::Allow,
    has_fix: true,
    merges_sites: false,
    source: include_str!("collect_then_delete.rs"),
    check: Check::Function(check),
};

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let Some(accesses) = Accesses::of(function) else { return };
    let is_walk = |it: &&Access<'_>| matches!(it.op, Op::Iterate | Op::IterateMut) && !it.is_called();
    for walk in accesses.all.iter().filter(is_walk) {
        let conditions = accesses.conditions(walk);
        let removes = |it: &&Access<'_>| it.op == Op::Remove && !it.is_called() && it.map == walk.map;
        let removal = accesses.all.iter().filter(|it| it.at > walk.at).filter(removes).find(|it| {
            let key = arguments(&accesses.body, it.span()).first();
            key.is_some_and(|key| is_of_collected(&accesses.body, &conditions, *key, it.span()))
                && !is_under(walk, it)
                && is_alone(&accesses.body, it.span())
        });
        out.extend(removal.map(|it| {
            let mut finding = report(&accesses, walk, it);
            finding.fixes.extend(fix(&accesses, walk, it));
            finding
        }));
    }
}

/// Whether the walk is still going on at the removal: another story, and a worse one.
fn is_under(walk: &Access<'_>, removal: &Access<'_>) -> bool {
    walk.acquire.lock.role == TypeRole::SharedMap && walk.is_held_at(removal.happening.event)
}

/// Whether a removal whose result nobody wants is all that its loop does, lines of a log aside.
fn is_alone(body: &Body, removal: Span) -> bool {
    let turns = body.exprs.iter().filter_map(|it| match &it.kind {
        ExprKind::For { body: turn, .. } => Some(body.expr(*turn).span).filter(|it| it.contains(removal)),
        _ => None,
    });
    let Some(turn) = turns.min_by_key(|it| it.end - it.start) else { return false };
    // What leaves the loop removes some of the keys only.
    let leaves = |it: &Expr| {
        matches!(
            it.kind,
            ExprKind::Break { .. } | ExprKind::Continue { .. } | ExprKind::Return(_) | ExprKind::Try(_)
        )
    };
    let is_call = |it: &&Expr| {
        let is_call =
            matches!(it.kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::Await(_));
        is_call || leaves(it)
    };
    let mut others = body.exprs.iter().filter(|it| turn.contains(it.span) && !removal.contains(it.span));
    let has_others = others.any(|it| is_call(&it) && !is_logged(body, it.span));
    !has_others && expr_at(body, removal).is_some_and(|it| is_discarded(body, it))
}

fn report(accesses: &Accesses<'_>, walk: &Access<'_>, removal: &Access<'_>) -> Finding {
    let function = accesses.function;
    let name = access_name(function, removal);
    let message = format!("keys of {name} are collected only to remove them");
    let mut finding = access_finding(function, LINT.name, (walk, "they are collected"), removal, message);
    finding.confidence = Confidence::Likely;
    finding.note = "this walks the map once and then searches it again for each key".to_string();
    finding.help = match chosen(&accesses.body, walk.span()) {
        Chosen::All => "`clear` removes everything in one step".to_string(),
        Chosen::ByKey | Chosen::ByValue => "`retain` with the condition turned around removes while it walks; where the \
                                            removed values are needed, `safe_map::ShardedMap::extract_if` gives them"
            .to_string(),
    };
    finding
}

fn fix(accesses: &Accesses<'_>, walk: &Access<'_>, removal: &Access<'_>) -> Option<Fix> {
    retain(accesses.function, walk.span(), removal.span())
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::check;

    #[test]
    fn keys_that_are_collected_and_removed() {
        check(
            &LINT,
            "
struct S { m: dashmap::DashMap<u64, u64> }
impl S {
    fn f(&self) {
        let keys: Vec<u64> = self.m.iter().filter(|it| *it.key() > 7).map(|it| *it.key()).collect();
//                           ------------- acquire: they are collected here
        for key in &keys {
            self.m.remove(key);
//          ^^^^^^^^^^^^^^^^^^ collect_then_delete
        }
    }
}
",
        );
    }

    #[test]
    fn under_one_guard_as_well() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::Mutex};
struct S { m: Mutex<HashMap<u64, u64>> }
impl S {
    fn f(&self) {
        let mut m = self.m.lock().unwrap();
        let keys: Vec<u64> = m.keys().filter(|it| **it > 7).copied().collect();
        for key in keys {
            m.remove(&key);
//          ^^^^^^^^^^^^^^ collect_then_delete
        }
    }
}
",
        );
    }

    #[test]
    fn work_for_each_entry_another_map_and_results_that_are_used_are_silent() {
        check(
            &LINT,
            "
struct S { m: dashmap::DashMap<u64, u64>, n: dashmap::DashMap<u64, u64> }
impl S {
    fn f(&self) {
        let keys: Vec<u64> = self.m.iter().map(|it| *it.key()).collect();
        for key in &keys { self.n.remove(key); }
        for key in self.m.iter().map(|it| *it.key()) { self.m.remove(&key); }
        for key in &keys { self.m.remove(key); told(*key); }
        for key in &keys { if let Some((_, it)) = self.m.remove(key) { told(it); } }
        for key in &keys { self.m.remove(key); break; }
    }
}
fn told(key: u64) {}
",
        );
    }
}
