//! A map is locked for writing and only read.
//!
//! ## Why
//!
//! A `RwLock` lets any number of readers in at once. One that takes `write` to look something up waits for all of them, and all that come
//! later wait for it: under load the lock is a `Mutex` again, and a slow reader holds up the rest.
//!
//! It comes from code that once changed the map, and from `write` that was copied from the method above.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::RwLock;
//!
//! struct Prices { by_item: RwLock<HashMap<u64, u64>> }
//!
//! impl Prices {
//!     fn of(&self, item: u64) -> Option<u64> {
//!         self.by_item.write().unwrap().get(&item).copied()
//!     }
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::RwLock;
//!
//! struct Prices { by_item: RwLock<HashMap<u64, u64>> }
//!
//! impl Prices {
//!     fn of(&self, item: u64) -> Option<u64> {
//!         self.by_item.read().unwrap().get(&item).copied()
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! `read` for `write`. With `safe_map::LockedMap` the operation says which it is: `get`, `read` and `view` lock shared.
//!
//! ## Limits
//!
//! Every use of the guard must be a look-up, a count or a walk over a map that the knowledge files know; any other use is
//! silent, and so is a guard under which something else happens: it may be there to keep others out meanwhile.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Expr, ExprId, ExprKind, MacroArgs};
use safe_map_analysis::flow::{EventKind, Guard, GuardId};
use safe_map_analysis::knowledge::schema::{LockMode, Op, TypeRole};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::Ty;

use crate::story::{declaration_label, finding, here, lock_name, lock_path};
use crate::typing::Typed;
use crate::{Applicability, Check, Edit, Finding, Fix, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "write_lock_for_read",
    group: Group::Scope,
    level: Level::Warn,
    has_fix: true,
    merges_sites: false,
    source: include_str!("write_lock_for_read.rs"),
    check: Check::Contention(check),
};

/// What takes a lock alone, and what lets others in.
const METHODS: [(&str, &str); 2] = [("write", "read"), ("blocking_write", "blocking_read")];

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let guards = function.flow.guards.iter().enumerate();
    let mut meant = guards.filter(|(_, it)| is_meant(it)).peekable();
    if meant.peek().is_none() {
        return;
    }
    let Some(typed) = Typed::of(function.file.analysis, function.id) else { return };
    for (index, guard) in meant {
        let reads = Reads { function, typed: &typed, guard, id: GuardId(index as u32) };
        if let Some(method) = reads.method().filter(|_| reads.is_only_read()) {
            out.push(report(function, guard, method));
        }
    }
}

fn is_meant(guard: &Guard) -> bool {
    let acquire = &guard.acquire;
    !guard.derived
        && !acquire.is_indirect
        && !acquire.lock.is_private
        && acquire.mode == LockMode::Exclusive
        && acquire.lock.role == TypeRole::Lock
        && METHODS.iter().any(|it| acquire.method == *it.0)
}

struct Reads<'a> {
    function: &'a FunctionView<'a>,
    typed: &'a Typed<'a>,
    guard: &'a Guard,
    id: GuardId,
}

impl Reads<'_> {
    /// The name of the method that locks, where it is written.
    fn method(&self) -> Option<Span> {
        match &self.typed.expr(self.acquire()?).kind {
            ExprKind::MethodCall { method_span, .. } => Some(*method_span),
            _ => None,
        }
    }

    fn acquire(&self) -> Option<ExprId> {
        let at = self.guard.acquire.span;
        self.typed.exprs().find_map(|(id, it)| match &it.kind {
            ExprKind::MethodCall { method, .. } if it.span == at && *method == self.guard.acquire.method => {
                Some(id)
            }
            _ => None,
        })
    }

    fn is_only_read(&self) -> bool {
        let Some(guard) = self.acquire().map(|it| self.unwrapped(it)) else { return false };
        if self.does_more() || self.is_held_already() {
            return false;
        }
        match &self.guard.binding {
            None => self.is_read(guard),
            Some((name, bound)) => {
                let is_whole = self.typed.exprs().any(|(id, _)| self.typed.init(id) == Some(guard));
                is_whole && self.uses_are_reads(name, *bound)
            }
        }
    }

    /// The guard itself: what the lock call's result is unwrapped to.
    fn unwrapped(&self, id: ExprId) -> ExprId {
        let next = self.typed.exprs().find(|(_, it)| match &it.kind {
            ExprKind::MethodCall { receiver, method, .. } => {
                *receiver == id && matches!(method.as_str(), "unwrap" | "expect" | "unwrap_or_else")
            }
            ExprKind::Try(inner) | ExprKind::Await(inner) => *inner == id,
            _ => false,
        });
        next.map_or(id, |(next, _)| self.unwrapped(next))
    }

    /// Whether anything but look-ups of this map happens under the guard.
    fn does_more(&self) -> bool {
        let place = &self.guard.acquire.lock.place;
        self.function.flow.events.iter().filter(|it| it.held.iter().any(|it| it.guard == self.id)).any(|it| {
            match &it.kind {
                EventKind::MapOp(op) => !op.place.is_in(place) || op.op.changes(),
                // Waiting for the lock itself.
                EventKind::Await(_) => it.span.start > self.guard.acquire.span.end + 16,
                EventKind::Work(_) | EventKind::StaticUse(_) => false,
                EventKind::Acquire { .. }
                | EventKind::Discard(_)
                | EventKind::Leak(_)
                | EventKind::Block(_)
                | EventKind::Callback(_)
                | EventKind::Call(_) => true,
            }
        })
    }

    /// Whether the lock is taken while this function has it: to read would be no cure.
    fn is_held_already(&self) -> bool {
        let acquire = &self.guard.acquire;
        let mut here = self.function.flow.events.iter().filter(
            |it| matches!(&it.kind, EventKind::Acquire { acquire: it, .. } if it.span == acquire.span),
        );
        let is_same = |it: GuardId| self.function.flow.guard(it).acquire.lock.place == acquire.lock.place;
        here.any(|it| it.held.iter().any(|it| is_same(it.guard)))
    }

    /// Whether the next thing that is done with a value is to read a map in it.
    fn is_read(&self, id: ExprId) -> bool {
        self.typed.exprs().any(|(next, it)| match &it.kind {
            ExprKind::Field { base, .. } if *base == id => self.is_read(next),
            ExprKind::MethodCall { receiver, method, .. } if *receiver == id => self.reads(id, method),
            _ => false,
        })
    }

    /// Whether a method of a map only looks.
    fn reads(&self, receiver: ExprId, method: &Name) -> bool {
        self.typed.derefs(&self.typed.ty(receiver)).iter().any(|it| {
            let Ty::Known(id, _) = it else { return false };
            let known = self.typed.model.knowledge().ty(*id);
            let looks = |op: Op| matches!(op, Op::Get | Op::Contains | Op::Len | Op::Iterate | Op::Copy);
            known.role == TypeRole::Map && known.methods.get(method).is_some_and(|it| looks(it.spec.op))
        })
    }

    fn uses_are_reads(&self, name: &Name, bound: Span) -> bool {
        let mut count = 0;
        for (id, expr) in self.typed.exprs().filter(|(_, it)| it.span.start > bound.end) {
            if matches!(&expr.kind, ExprKind::Macro(call) if matches!(call.args, MacroArgs::Opaque)) {
                return false;
            }
            if !is_name(expr, name) || self.function.flow.is_another(bound, expr.span) {
                continue;
            }
            if self.is_read(id) {
                count += 1;
            } else if !self.is_dropped(id) {
                return false;
            }
        }
        count > 0
    }

    fn is_dropped(&self, id: ExprId) -> bool {
        self.typed.exprs().any(|(_, it)| match &it.kind {
            ExprKind::Call { callee, args } => {
                let is_drop = |it: &Expr| matches!(&it.kind, ExprKind::Path(path) if path.last().is_some_and(|it| it.name == "drop"));
                args.contains(&id) && is_drop(self.typed.expr(*callee))
            }
            _ => false,
        })
    }
}

fn is_name(expr: &Expr, name: &Name) -> bool {
    matches!(&expr.kind, ExprKind::Path(path) if path.as_ident() == Some(name))
}

fn report(function: &FunctionView<'_>, guard: &Guard, method: Span) -> Finding {
    let lock = lock_name(function, &guard.acquire);
    let (write, read) = METHODS.into_iter().find(|it| guard.acquire.method == *it.0).unwrap_or(METHODS[0]);
    let message = format!("{lock} is locked by `{write}` and only read");
    let mut finding = finding(function, LINT.name, guard.acquire.span, message);
    finding.lock = lock_path(function, &guard.acquire);
    finding.labels.extend(declaration_label(function, &guard.acquire));
    finding.note = "it waits for every reader, and every reader waits for it".to_string();
    finding.help = format!("take it with `{read}`");
    finding.fixes.push(Fix {
        title: format!("`{read}` instead of `{write}`"),
        applicability: Applicability::MaybeIncorrect,
        edits: vec![Edit { place: here(function, method), replacement: read.to_string() }],
    });
    finding
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::{check, fixed};

    #[test]
    fn temporaries_names_and_fields_that_are_only_read() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::RwLock};
struct State { names: HashMap<u32, String>, count: u32 }
struct S { map: RwLock<HashMap<u32, String>>, state: RwLock<State>, dash: parking_lot::RwLock<HashMap<u32, u32>> }
impl S {
    fn temporary(&self) -> bool { self.map.write().unwrap().contains_key(&1) }
//                                ^^^^^^^^^^^^^^^^ write_lock_for_read
    fn named(&self) -> usize {
        let map = self.dash.write();
//                ^^^^^^^^^^^^^^^^^ write_lock_for_read
        let mut sum = 0;
        for it in map.values() { sum += *it as usize; }
        drop(map);
        sum
    }
    fn field(&self) -> Option<String> { self.state.write().unwrap().names.get(&1).cloned() }
//                                      ^^^^^^^^^^^^^^^^^^ write_lock_for_read
}
async fn f(map: &tokio::sync::RwLock<HashMap<u32, u32>>) -> usize { map.write().await.len() }
//                                                                  ^^^^^^^^^^^ write_lock_for_read
",
        );
    }

    #[test]
    fn what_changes_is_unknown_or_keeps_others_out_is_silent() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::{Mutex, RwLock}};
struct S { map: RwLock<HashMap<u32, String>>, mutex: Mutex<HashMap<u32, u32>>, number: RwLock<u32> }
impl S {
    fn changed(&self) { let mut map = self.map.write().unwrap(); if map.contains_key(&1) { map.remove(&1); } }
    fn through(&self) { self.map.write().unwrap().get_mut(&1).unwrap().clear(); }
    fn unknown(&self) { let map = self.map.write().unwrap(); map.len(); other(&map); }
    fn written(&self) { *self.number.write().unwrap() += 1; }
    fn mutex(&self) -> usize { self.mutex.lock().unwrap().len() }
    fn kept_out(&self) { let map = self.map.write().unwrap(); if map.is_empty() { self.mutex.lock().unwrap().clear(); } }
    fn read(&self) -> usize { self.map.read().unwrap().len() }
    fn given(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<u32, String>> { self.map.write().unwrap() }
}
",
        );
    }

    #[test]
    fn the_fix_reads() {
        let text = "fn f(m: &std::sync::RwLock<std::collections::HashMap<u32, u32>>) -> usize { m.write().unwrap().len() }";
        assert_eq!(fixed(&LINT, text).as_deref(), Some(text.replace("write", "read").as_str()));
    }
}
