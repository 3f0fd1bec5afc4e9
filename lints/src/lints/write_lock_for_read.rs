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
//! `read` for `write`, `get` for `get_mut`, `iter` for `iter_mut`. With `safe_map::LockedMap` the operation says which
//! it is: `get`, `read` and `view` lock shared.
//!
//! ## Limits
//!
//! An entry of a sharded map that is taken by `get_mut` or walked by `iter_mut` keeps readers of its shard out in the same way.
//! Every use of the guard must be a look-up, a count or a walk over a map that the knowledge files know; any other use is
//! silent, and so is a guard under which something else happens: it may be there to keep others out meanwhile. A walk over a map
//! that nobody takes to read keeps nobody out, and is silent too.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Expr, ExprId, ExprKind, MacroArgs, StmtKind, TypeKind};
use safe_map_analysis::flow::{Acquire, Decl, EventKind, Guard, GuardId};
use safe_map_analysis::knowledge::schema::{Hold, LockMode, Op, TypeRole};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::Ty;

use crate::bodies::blocks;
use crate::entry_reads::only_read;
use crate::fix::body_of;
use crate::parts::any_own_part;
use crate::retain::method;
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

/// The same of a map that locks inside.
const OF_MAPS: [(&str, &str); 2] = [("get_mut", "get"), ("iter_mut", "iter")];

/// What takes the guard, and what would do.
fn methods(acquire: &Acquire) -> Option<(&'static str, &'static str)> {
    let all = match acquire.lock.role {
        TypeRole::Lock => METHODS,
        TypeRole::SharedMap => OF_MAPS,
        _ => return None,
    };
    all.into_iter().find(|it| acquire.method == *it.0)
}

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let guards = function.flow.guards.iter().enumerate();
    let mut meant =
        guards.filter(|(_, it)| is_meant(it) && !is_changed_by_readers(function, &it.acquire)).peekable();
    if meant.peek().is_none() {
        return;
    }
    let Some(typed) = Typed::of(function.file.analysis, function.id) else { return };
    for (index, guard) in meant {
        let reads = Reads { function, typed: &typed, guard, id: GuardId(index as u32) };
        let is_found = || {
            // Look-ups can run beside each other, a walk is wanted for itself: without readers nobody gains.
            reads.only_read().filter(|_| !reads.walks() || has_readers(function, &guard.acquire))
        };
        if let (Some(method), Some(unneeded)) = (reads.method(), is_found()) {
            let mut finding = report(function, guard);
            finding.fixes.extend(fix(function, guard, method, unneeded));
            out.push(finding);
        }
    }
}

/// Whether anybody, as far as the workspace says, takes the lock to read.
fn has_readers(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let reads = |decl: &Decl| {
        let mut all = function.file.analysis.waiters(decl).iter();
        all.any(|it| it.mode == LockMode::Shared)
    };
    acquire.lock.decl.as_ref().is_none_or(reads)
}

fn is_meant(guard: &Guard) -> bool {
    let acquire = &guard.acquire;
    !guard.derived
        && !acquire.is_indirect
        && !acquire.lock.is_private
        && acquire.mode == LockMode::Exclusive
        && methods(acquire).is_some()
}

/// Whether what is protected has parts that change through a shared reference: an atomic, a cell, a lock. Such a change needs
/// the lock alone all the same, where it belongs to a look before it. What is behind a handle is changed without the lock.
fn is_changed_by_readers(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let model = function.model();
    let mut changes = |ty: &Ty| match ty {
        Ty::Known(id, _) if model.knowledge().ty(*id).name().starts_with("Atomic") => true,
        _ => matches!(model.role(ty), Some(TypeRole::Cell | TypeRole::Lock | TypeRole::SharedMap)),
    };
    let is_map = acquire.lock.role == TypeRole::SharedMap;
    let within = if is_map { &acquire.lock.values } else { &acquire.lock.content };
    any_own_part(model, within, &mut changes)
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

    /// The `mut`s that are not needed any more, where nothing is done with the guard but reading.
    fn only_read(&self) -> Option<Vec<Span>> {
        if self.does_more() || self.is_held_already() {
            return None;
        }
        match self.guard.acquire.lock.role {
            TypeRole::SharedMap if self.has_reader() => only_read(self.function, self.typed, self.acquire()?),
            TypeRole::Lock => self.is_only_read().then(Vec::new),
            _ => None,
        }
    }

    /// Whether the map gives entries to read under a lock that lets others in, as it does to change them under one that does not.
    fn has_reader(&self) -> bool {
        let Some((_, read)) = methods(&self.guard.acquire) else { return false };
        let Some(call) = self.acquire() else { return false };
        let ExprKind::MethodCall { receiver, .. } = &self.typed.expr(call).kind else { return false };
        let known = method(self.typed, *receiver, read);
        known.is_some_and(|it| it.spec.lock == LockMode::Shared && it.spec.hold == Hold::Result)
    }

    fn is_only_read(&self) -> bool {
        let Some(guard) = self.acquire().map(|it| self.unwrapped(it)) else { return false };
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

    /// Whether all entries are looked at under the guard.
    fn walks(&self) -> bool {
        self.function.flow.events.iter().any(|it| match &it.kind {
            EventKind::MapOp(op) => op.op == Op::Iterate && it.held.iter().any(|it| it.guard == self.id),
            _ => false,
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

fn report(function: &FunctionView<'_>, guard: &Guard) -> Finding {
    let lock = lock_name(function, &guard.acquire);
    let (write, read) = methods(&guard.acquire).unwrap_or(METHODS[0]);
    let message = format!("{lock} is locked by `{write}` and only read");
    let mut finding = finding(function, LINT.name, guard.acquire.span, message);
    finding.lock = lock_path(function, &guard.acquire);
    finding.labels.extend(declaration_label(function, &guard.acquire));
    finding.note = "it waits for every reader, and every reader waits for it".to_string();
    finding.help = format!("take it with `{read}`");
    finding
}

/// The method that lets others in, and a pattern without the `mut` that was for the other.
fn fix(function: &FunctionView<'_>, guard: &Guard, method: Span, unneeded: Vec<Span>) -> Option<Fix> {
    let (write, read) = methods(&guard.acquire)?;
    if names_its_type(function, guard) {
        return None;
    }
    let edit = |span: Span, new: &str| Edit { place: here(function, span), replacement: new.to_string() };
    let mut edits = vec![edit(method, read)];
    edits.extend(unneeded.into_iter().map(|it| edit(it, "")));
    Some(Fix {
        title: format!("`{read}` instead of `{write}`"),
        applicability: Applicability::MaybeIncorrect,
        edits,
    })
}

/// Whether the `let` of a guard says the type that it has now.
fn names_its_type(function: &FunctionView<'_>, guard: &Guard) -> bool {
    let Some(body) = body_of(function) else { return true };
    let acquire = guard.acquire.span;
    let is_typed = blocks(&body).flat_map(|it| &it.stmts).any(|it| match &it.kind {
        StmtKind::Let { ty: Some(ty), init: Some(init), .. } => {
            body.expr(*init).span.contains(acquire) && !matches!(ty.kind, TypeKind::Infer)
        }
        _ => false,
    });
    // What is around the guard in the initialiser has a type of its own, and the guard is none of it.
    is_typed && guard.binding.is_some()
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::{check, fixed, found};

    #[test]
    fn what_changes_through_a_shared_reference_may_need_the_lock_alone() {
        let text = "
use std::{collections::HashMap, sync::{Arc, RwLock, atomic::AtomicU64}};
struct Hits { count: AtomicU64 }
struct Pages { own: RwLock<HashMap<u32, Hits>>, handed_out: RwLock<HashMap<u32, Arc<Hits>>> }
impl Pages {
    fn has(&self) -> bool { self.own.write().unwrap().contains_key(&1) }
    fn find(&self) -> bool { self.handed_out.write().unwrap().contains_key(&1) }
}
";
        let found: Vec<_> = found(&LINT, text).into_iter().map(|it| it.item).collect();
        assert_eq!(found, ["Pages::find"]);
    }

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
    fn first(&self) -> Option<u32> { self.dash.read().get(&1).copied() }
    fn field(&self) -> Option<String> { self.state.write().unwrap().names.get(&1).cloned() }
//                                      ^^^^^^^^^^^^^^^^^^ write_lock_for_read
}
async fn f(map: &tokio::sync::RwLock<HashMap<u32, u32>>) -> usize { map.write().await.len() }
//                                                                  ^^^^^^^^^^^ write_lock_for_read
",
        );
    }

    #[test]
    fn a_walk_without_readers_keeps_nobody_out() {
        let text = |other: &str| {
            format!(
                "
use std::{{collections::HashMap, sync::RwLock}};
struct Tasks {{ by_name: RwLock<HashMap<u32, String>> }}
impl Tasks {{
    fn stop(&self) {{ for it in self.by_name.write().unwrap().values() {{ println!(\"{{it}}\"); }} }}
    fn add(&self) {{ self.by_name.write().unwrap().insert(1, String::new()); }}
    {other}
}}
"
            )
        };
        let reader = "fn has(&self) -> bool { self.by_name.read().unwrap().contains_key(&1) }";
        assert_eq!(found(&LINT, &text("")).len(), 0);
        assert_eq!(found(&LINT, &text(reader)).len(), 1);
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

    #[test]
    fn no_fix_where_the_type_of_the_guard_is_written() {
        let of = |ty: &str| {
            let text = format!(
                "use std::{{collections::HashMap, sync::{{RwLock, RwLockWriteGuard}}}};
fn f(m: &RwLock<HashMap<u32, u32>>) -> usize {{
    let map{ty} = m.write().unwrap();
    map.len()
}}
"
            );
            assert_eq!(found(&LINT, &text).len(), 1, "{ty}");
            fixed(&LINT, &text)
        };
        assert_eq!(of(": RwLockWriteGuard<'_, HashMap<u32, u32>>"), None);
        assert!(of(": _").is_some() && of("").is_some());
    }

    /// The findings in a body, and what becomes of it.
    fn of_map(body: &str) -> (usize, Option<String>) {
        let text = |body: &str| {
            format!(
                "struct V {{ n: u64, list: Vec<u64> }}
fn f(m: &dashmap::DashMap<u64, V>, c: &dashmap::DashMap<u64, u64>, k: u64) -> u64 {{ {body} }}
fn told(n: u64) {{}}
fn change(n: &mut u64) {{}}
"
            )
        };
        let count = found(&LINT, &text(body)).len();
        let (before, after) = text("|").split_once('|').map(|(a, b)| (a.len(), b.len())).expect("a mark");
        (count, fixed(&LINT, &text(body)).map(|it| it[before..it.len() - after].to_string()))
    }

    #[test]
    fn an_entry_that_is_taken_to_be_changed_and_only_read() {
        for body in [
            "c.get_mut(&k).map_or(0, |it| *it)",
            "if let Some(mut it) = m.get_mut(&k) { return it.n + it.list.len() as u64; } 0",
            "let Some(it) = m.get_mut(&k) else { return 0 }; it.n",
            "let it = m.get_mut(&k).unwrap(); if it.list.is_empty() { 0 } else { it.list[0] }",
            "let mut sum = 0; for it in m.iter_mut() { sum += it.n; } sum",
            "*c.get_mut(&k).unwrap()",
        ] {
            let better = body
                .replace("get_mut", "get")
                .replace("iter_mut", "iter")
                .replace("Some(mut it)", "Some(it)");
            assert_eq!(of_map(body), (1, Some(better)), "{body}");
        }
    }

    #[test]
    fn an_entry_that_is_changed_or_may_be_is_silent() {
        for body in [
            "*c.get_mut(&k).unwrap() += 1; 0",
            "if let Some(mut it) = c.get_mut(&k) { *it = 7; } 0",
            "if let Some(mut it) = m.get_mut(&k) { it.n += 1; } 0",
            "if let Some(mut it) = m.get_mut(&k) { it.list.push(1); } 0",
            "if let Some(mut it) = m.get_mut(&k) { change(&mut it.n); } 0",
            "if let Some(mut it) = m.get_mut(&k) { let list = &mut it.list; list.clear(); } 0",
            "if let Some(mut it) = m.get_mut(&k) { let V { list, .. } = &mut *it; list.clear(); } 0",
            "if let Some(mut it) = m.get_mut(&k) { it.list[0] = 1; } 0",
            "for mut it in m.iter_mut() { it.n = 0; } 0",
            "for mut it in m.iter_mut() { it.value_mut().n = 0; } 0",
            "if let Some(it) = m.get_mut(&k) { told(it.n); } 0",
            "m.get(&k).map_or(0, |it| it.n)",
            "let it = m.get_mut(&k); drop(it); 0",
            "let it = m.get_mut(&k).unwrap(); let same = c.len(); drop(it); same as u64",
        ] {
            assert_eq!(of_map(body).0, 0, "{body}");
        }
    }
}
