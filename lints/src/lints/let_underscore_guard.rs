//! A lock is taken by `let _ = ..`, so its guard is dropped at once and nothing is protected.
//!
//! ## Why
//!
//! `_` is not a name: it binds nothing, and a value that nothing binds is dropped at the end of the statement. The lines
//! below look protected and run without the lock. `let _guard = ..` keeps it.
//!
//! It comes from locks that protect lines and no value, such as `Mutex<()>`: the name of the guard is unused, the compiler
//! says so, and `_` silences it.
//!
//! ## Fires
//!
//! ```rust
//! use parking_lot::Mutex;
//!
//! fn append(lock: &Mutex<()>, log: &str) {
//!     let _ = lock.lock();
//!     println!("{log}");
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use parking_lot::Mutex;
//!
//! fn append(lock: &Mutex<()>, log: &str) {
//!     let _guard = lock.lock();
//!     println!("{log}");
//! }
//! ```
//!
//! ## Fix
//!
//! Name the guard: `let _guard = lock.lock();`. Where the lock is only waited for, say so with `drop(lock.lock())`.
//! Where the lines are steps on one map, `safe_map::ShardedMap::update_many` or `LockedMap::batch` is the lock and the steps in
//! one call, with no guard to be dropped.
//!
//! ## Limits
//!
//! `let _ = mutex;` (the lock, not a guard) and `let _ = mutex.try_lock();` are silent, and so are map references, which
//! are not taken to protect lines, the borrows of tokio's `watch` (`rx.wait_for(..).await` waits, `rx.borrow_and_update()` marks the
//! value as seen), a statement with nothing behind it in its block but a value, which waits for the holder and protects nothing, and
//! a function that returns a guard, which may be called for what else it does. rustc's `let_underscore_lock` knows the guards of `std`; this lint adds
//! `parking_lot`, `tokio`, `spin` and `async-lock`, and `_ = ..` without `let`.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, ExprId, ExprKind, PatKind, StmtKind};
use safe_map_analysis::flow::{Acquire, EventKind, Guard};
use safe_map_analysis::knowledge::schema::{LockMode, TypeRole};
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::Ty;

use crate::fix::body_of;
use crate::story::{declaration_label, finding, here, lock_name, lock_path};
use crate::{Applicability, Check, Edit, Finding, Fix, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "let_underscore_guard",
    group: Group::Scope,
    level: Level::Deny,
    has_fix: true,
    merges_sites: false,
    source: include_str!("let_underscore_guard.rs"),
    check: Check::Function(check),
};

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let mut reported = Vec::new();
    for event in &function.flow.events {
        let EventKind::Discard(id) = event.kind else { continue };
        let guard = function.flow.guard(id);
        let acquire = &guard.acquire;
        // A function that hands out a guard may be called for what else it does.
        let is_meant = acquire.is_indirect || acquire.is_try || acquire.is_incidental;
        if acquire.lock.role != TypeRole::Lock || is_meant || is_barrier(function, acquire) {
            continue;
        }
        if reported.contains(&acquire.span) {
            continue;
        }
        // With nothing behind it there is nothing to protect: it waits for the holder to finish. So does one that stands
        // between a change and the waking of who waits for it under the lock.
        if is_last(function, event.span) || wakes(function, event.span) || waits(function, acquire) {
            continue;
        }
        reported.push(acquire.span);
        out.push(report(function, guard, event.span));
    }
}

/// Whether somebody is woken behind a place: who has looked before the change is then waiting, not about to.
fn wakes(function: &FunctionView<'_>, place: Span) -> bool {
    let Some(body) = body_of(function) else { return false };
    body.exprs.iter().any(|it| match &it.kind {
        ExprKind::MethodCall { method, .. } => {
            it.span.start > place.end && matches!(method.as_str(), "notify_all" | "notify_one")
        }
        _ => false,
    })
}

/// Whether the guard is given to a condition variable, which gives it back: waiting is what is meant.
fn waits(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let Some(body) = body_of(function) else { return false };
    body.exprs.iter().any(|it| match &it.kind {
        ExprKind::MethodCall { method, args, .. } => {
            method.starts_with("wait") && args.iter().any(|it| body.expr(*it).span.contains(acquire.span))
        }
        _ => false,
    })
}

/// Whether a lock around nothing is taken alone where others can only read: it waits for the readers to leave.
fn is_barrier(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let waiters = acquire.lock.decl.iter().flat_map(|it| function.file.analysis.waiters(it));
    let mut others = waiters.filter(|it| it.id != function.id);
    acquire.lock.content == Ty::unit()
        && acquire.mode == LockMode::Exclusive
        && acquire.method.starts_with("write")
        && others.any(|it| it.mode == LockMode::Shared)
}

fn report(function: &FunctionView<'_>, guard: &Guard, statement: Span) -> Finding {
    let name = lock_name(function, &guard.acquire);
    let message = format!("guard of {name} is dropped as soon as it is taken");
    let mut finding = finding(function, LINT.name, guard.acquire.span, message);
    finding.lock = lock_path(function, &guard.acquire);
    finding.labels.extend(declaration_label(function, &guard.acquire));
    finding.note = "`_` binds nothing: the guard is dropped at the end of this statement, and what follows runs without the lock".to_string();
    finding.help = "name the guard, `_guard` if it is never read; `drop(..)` says that only waiting is meant"
        .to_string();
    if !waits_later(function, guard, statement) {
        finding.fixes.extend(name_it(function, statement));
    }
    finding
}

/// Whether nothing happens behind a statement in its block: it is the last, or only a value is given back.
fn is_last(function: &FunctionView<'_>, statement: Span) -> bool {
    let Some(body) = body_of(function) else { return false };
    body.exprs.iter().any(|it| match &it.kind {
        ExprKind::Block(block) => {
            block.stmts.last().is_some_and(|it| it.span == statement)
                && block.tail.is_none_or(|it| is_value(&body, it))
        }
        _ => false,
    })
}

/// Whether an expression only gives back what is there: a literal, a local, or one of them in an `Ok` or `Some`.
fn is_value(body: &Body, id: ExprId) -> bool {
    match &body.expr(id).kind {
        ExprKind::Lit(_) => true,
        ExprKind::Path(path) => {
            path.as_ident().is_some_and(|it| it == "None" || !it.starts_with(char::is_uppercase))
        }
        ExprKind::Tuple(items) => items.iter().all(|it| is_value(body, *it)),
        ExprKind::Call { callee, args } => {
            let wraps = matches!(&body.expr(*callee).kind, ExprKind::Path(path)
                if path.as_ident().is_some_and(|it| matches!(it.as_str(), "Ok" | "Err" | "Some")));
            wraps && args.iter().all(|it| is_value(body, *it))
        }
        _ => false,
    }
}

/// Whether the function, behind the statement, takes the lock again or awaits: a guard that lives on would hang there.
fn waits_later(function: &FunctionView<'_>, guard: &Guard, statement: Span) -> bool {
    let later = function.flow.events.iter().filter(|it| it.span.start >= statement.end);
    later.into_iter().any(|it| match &it.kind {
        EventKind::Await(_) => true,
        EventKind::Acquire { acquire, .. } => acquire.lock.place == guard.acquire.lock.place,
        _ => false,
    })
}

/// `let _ =` becomes `let _guard =`. The lock is then held to the end of the block: whether that was meant is for a
/// person to say.
fn name_it(function: &FunctionView<'_>, statement: Span) -> Option<Fix> {
    let body = body_of(function)?;
    let lets = body.exprs.iter().filter_map(|it| match &it.kind {
        ExprKind::Block(block) => Some(&block.stmts),
        _ => None,
    });
    let pat = lets.flatten().find_map(|stmt| match stmt.kind {
        StmtKind::Let { pat, .. } if stmt.span == statement => Some(body.pat(pat)),
        _ => None,
    })?;
    // Another guard of that name would be hidden.
    let is_taken =
        body.pats.iter().any(|it| matches!(&it.kind, PatKind::Bind { name, .. } if name == "_guard"));
    (matches!(pat.kind, PatKind::Wild) && !is_taken).then(|| Fix {
        title: "hold the guard to the end of the block".to_string(),
        applicability: Applicability::MaybeIncorrect,
        edits: vec![Edit { place: here(function, pat.span), replacement: "_guard".to_string() }],
    })
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::{check, fixed, found};

    #[test]
    fn nothing_but_a_value_behind_it() {
        let count = |rest: &str| {
            let text = format!(
                "
use std::sync::Mutex;
fn f(m: &Mutex<u32>, n: u32) -> Option<u32> {{
    let _ = m.lock();
    {rest}
}}
"
            );
            found(&LINT, &text).len()
        };
        assert_eq!([count("None"), count("Some(1)"), count("Some(n)")], [0, 0, 0]);
        assert_eq!([count("Some(next())"), count("std::fs::remove_file(\"x\").ok(); None")], [1, 1]);
        assert_eq!([count("Some(n + 1)"), count("Some(COUNT)"), count("let _n = n; None")], [1, 1, 1]);
    }

    #[test]
    fn a_barrier_that_waits_for_the_readers_to_leave() {
        check(
            &LINT,
            "
use tokio::sync::RwLock;
struct Worker { running: RwLock<()>, count: RwLock<u32> }
//                                   ----- declaration: declared here
impl Worker {
    async fn run(&self) { let _running = self.running.read().await; tokio::task::yield_now().await; }
    async fn count(&self) -> u32 { *self.count.read().await }
    async fn stop(&self) {
        let _ = self.running.write().await;
        let _ = self.count.write().await;
//              ^^^^^^^^^^^^^^^^^^ let_underscore_guard
        tokio::task::yield_now().await;
    }
}
",
        );
    }

    #[test]
    fn a_guard_that_nothing_names() {
        check(
            &LINT,
            "
fn append(lock: &parking_lot::Mutex<()>, line: &str) {
    let _ = lock.lock();
//          ^^^^^^^^^^^ let_underscore_guard
    println!(\"{line}\");
}
",
        );
    }

    #[test]
    fn a_lock_a_named_guard_and_an_attempt_are_silent() {
        check(
            &LINT,
            "
fn f(lock: parking_lot::Mutex<u32>) {
    let _guard = lock.lock();
    let _ = lock.try_lock();
    let _ = *lock.lock() + 1;
    let _ = lock;
    println!();
}
",
        );
    }

    #[test]
    fn a_wait_for_a_value_and_a_look_at_it_are_silent() {
        check(
            &LINT,
            "
use tokio::sync::watch::{Receiver, Sender};
async fn f(ready: &mut Receiver<bool>, state: &Sender<bool>) {
    let _ = ready.wait_for(|it| *it).await;
    let _ = ready.borrow_and_update();
    let _ = state.borrow();
    println!();
}
",
        );
    }

    #[test]
    fn the_fix_names_the_guard() {
        let text = "fn f(m: &parking_lot::Mutex<()>) { let _ = m.lock(); println!(); }";
        let fixed = fixed(&LINT, text).expect("a fix");
        assert_eq!(fixed, text.replace("let _ =", "let _guard ="));
    }

    #[test]
    fn no_fix_where_the_guard_would_then_be_waited_for() {
        let again = "fn f(m: &parking_lot::Mutex<u32>) { let _ = m.lock(); *m.lock() += 1; }";
        assert_eq!(fixed(&LINT, again), None);
    }

    #[test]
    fn a_guard_that_a_condition_variable_waits_with() {
        check(
            &LINT,
            "
use std::sync::{Condvar, Mutex};
fn park(exit: &(Mutex<()>, Condvar)) {
    let _ = exit.1.wait(exit.0.lock().unwrap());
    println!();
}
",
        );
    }
}
