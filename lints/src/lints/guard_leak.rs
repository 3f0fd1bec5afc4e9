//! A guard is forgotten, leaked or wrapped so that nobody drops it: its lock stays locked for ever.
//!
//! ## Why
//!
//! A lock is released by the `Drop` of its guard and by nothing else. `mem::forget`, `Box::leak` and `ManuallyDrop` keep
//! that from running: the next acquire waits for ever, on a thread that has nothing to do with the mistake. It happens
//! where a reference has to live longer than its guard, and leaking the guard is what makes the borrow checker content.
//!
//! It comes from accessors of a global that promise a `&'static`, and from guards that cross a C interface.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::Mutex;
//!
//! static ROUTES: Mutex<Option<HashMap<u64, String>>> = Mutex::new(None);
//!
//! fn routes() -> &'static mut Option<HashMap<u64, String>> {
//!     Box::leak(Box::new(ROUTES.lock().unwrap())) // nobody gets the lock again
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::{Mutex, MutexGuard};
//!
//! static ROUTES: Mutex<Option<HashMap<u64, String>>> = Mutex::new(None);
//!
//! fn routes() -> MutexGuard<'static, Option<HashMap<u64, String>>> {
//!     ROUTES.lock().unwrap()
//! }
//! ```
//!
//! ## Fix
//!
//! Return the guard itself, or do the work under it and return a value. What never changes once it is set belongs
//! into a `OnceLock`, which hands out `&'static` references without a lock. `safe_map::ShardedMap::get` and
//! `read` leave no guard that could be leaked.
//!
//! ## Limits
//!
//! A guard that is taken apart on purpose is left alone: where the same file unlocks by hand (`force_unlock`), drops a
//! `ManuallyDrop` or takes a raw pointer back with `from_raw`, and in an `unsafe fn`, which leaves the rest to its caller. That a guard is stored in a value that lives as long as the
//! program is not seen. `let _ = m.lock()` is the opposite mistake and is reported by `let_underscore_guard`.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::ExprKind;
use safe_map_analysis::flow::{EventKind, Guard};
use safe_map_analysis::knowledge::schema::{GuardClass, TypeRole};
use safe_map_analysis::span::Span;

use crate::story::{acquire_label, declaration_label, finding, lock_name, lock_path};
use crate::{Check, Finding, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "guard_leak",
    group: Group::Scope,
    level: Level::Warn,
    has_fix: false,
    merges_sites: false,
    source: include_str!("guard_leak.rs"),
    check: Check::Function(check),
};

/// The functions that unlock by hand, or take back what was leaked.
const UNDOES: [&str; 11] = [
    "force_unlock",
    "force_unlock_fair",
    "force_unlock_read",
    "force_unlock_read_fair",
    "force_unlock_write",
    "force_unlock_write_fair",
    "force_read_decrement",
    "force_write_unlock",
    "make_guard_unchecked",
    "from_raw",
    "unlock",
];

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let mut told: Vec<Span> = Vec::new();
    for event in &function.flow.events {
        let EventKind::Leak(id) = event.kind else { continue };
        let guard = function.flow.guard(id);
        let is_contract = function.model().fn_facts(function.id).is_unsafe;
        if told.contains(&event.span) || !is_waited_for(guard) || is_contract || is_undone(function) {
            continue;
        }
        told.push(event.span);
        out.push(report(function, guard, event.span));
    }
}

/// Whether somebody can wait for the guard. One that was given to this function is taken apart, to make another of it.
fn is_waited_for(guard: &Guard) -> bool {
    let lock = &guard.acquire.lock;
    let is_lock = matches!(lock.role, TypeRole::Lock | TypeRole::SharedMap | TypeRole::Cell);
    is_lock && guard.acquire.class != GuardClass::Free && !lock.is_private && !guard.acquire.is_given
}

/// Whether the file unlocks by hand what it leaks.
fn is_undone(function: &FunctionView<'_>) -> bool {
    let facts = &function.file.parsed().facts;
    facts.bodies.iter().any(|it| it.unpack().exprs.iter().any(|it| undoes(&it.kind)))
}

fn undoes(expr: &ExprKind) -> bool {
    match expr {
        ExprKind::MethodCall { method, .. } => UNDOES.contains(&method.as_str()),
        ExprKind::Path(path) => match path.segments.as_slice() {
            [.., owner, last] if owner.name == "ManuallyDrop" => {
                matches!(last.name.as_str(), "drop" | "take" | "into_inner")
            }
            [_, .., last] => UNDOES.contains(&last.name.as_str()),
            _ => false,
        },
        _ => false,
    }
}

fn report(function: &FunctionView<'_>, guard: &Guard, at: Span) -> Finding {
    let name = lock_name(function, &guard.acquire);
    let (what, stays, waits) = match guard.acquire.class {
        GuardClass::RefCell => ("borrow", "borrowed", "panics"),
        _ => ("guard", "locked", "waits for ever"),
    };
    let message = format!("the {what} of {name} is leaked here");
    let mut finding = finding(function, LINT.name, at, message);
    finding.lock = lock_path(function, &guard.acquire);
    finding.labels.push(acquire_label(function, guard));
    finding.labels.extend(declaration_label(function, &guard.acquire));
    finding.note =
        format!("nobody drops it any more, so {name} stays {stays}, and whoever asks for it next {waits}");
    finding.help = format!("return the {what} itself, or a value that is copied out under it");
    finding
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::check;

    #[test]
    fn a_guard_that_is_forgotten() {
        check(
            &LINT,
            "
struct Cache { entries: parking_lot::Mutex<Vec<u32>> }
//             ------- declaration: declared here
fn first(cache: &Cache) -> u32 {
    let guard = cache.entries.lock();
//              -------------------- acquire: guard taken here, held by `guard`
    let first = guard[0];
    std::mem::forget(guard);
//  ^^^^^^^^^^^^^^^^^^^^^^^ guard_leak
    first
}
",
        );
    }

    #[test]
    fn every_way_to_leak_one() {
        check(
            &LINT,
            "
use std::{mem::ManuallyDrop, sync::RwLock};
fn f(map: &dashmap::DashMap<u32, u32>, lock: &'static RwLock<u32>) {
    let found = ManuallyDrop::new(map.get(&1));
//              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ guard_leak
    let number: &'static mut _ = Box::leak(Box::new(lock.write().unwrap()));
//                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ guard_leak
}
",
        );
    }

    #[test]
    fn what_is_unlocked_by_hand_is_silent() {
        check(
            &LINT,
            "
struct Gate { lock: parking_lot::Mutex<()> }
impl Gate {
    fn enter(&self) { std::mem::forget(self.lock.lock()); }
    fn leave(&self) { unsafe { self.lock.force_unlock() } }
}
",
        );
    }

    #[test]
    fn other_values_are_silent() {
        check(
            &LINT,
            "
use std::sync::{Mutex, MutexGuard};
fn f(m: &'static Mutex<Vec<u32>>) -> &'static Vec<u32> {
    let copy = m.lock().unwrap().clone();
    Box::leak(Box::new(copy))
}
fn into_parts(guard: MutexGuard<'static, u32>) -> *const u32 {
    let at = &*guard as *const u32;
    std::mem::forget(guard);
    at
}
",
        );
    }
}
