//! All shards of a map are walked to find one entry, or while another lock is held.
//!
//! ## Why
//!
//! A sharded map is fast because each call asks for one shard. A walk asks for all of them, one after the other, and waits at
//! each for its writers; `iter_mut` makes their readers wait as well. To find one entry that way takes as long as there are
//! entries, on every request. Under another lock, everybody who wants that one waits for the whole walk.
//!
//! It comes from registries with one key and two questions: a session by its token, a peer by its address, an account by its mail.
//!
//! ## Fires
//!
//! ```rust
//! use dashmap::DashMap;
//!
//! struct App {
//!     id: u64,
//!     token: String,
//! }
//!
//! fn by_token(apps: &DashMap<u64, App>, token: &str) -> Option<u64> {
//!     apps.iter().find(|it| it.value().token == token).map(|it| it.id)
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use dashmap::DashMap;
//!
//! struct App {
//!     id: u64,
//!     token: String,
//! }
//!
//! fn by_id(apps: &DashMap<u64, App>, id: u64) -> Option<String> {
//!     apps.get(&id).map(|it| it.token.clone())
//! }
//!
//! fn count_long(apps: &DashMap<u64, App>) -> usize {
//!     apps.iter().filter(|it| it.token.len() > 64).count()
//! }
//! ```
//!
//! ## Fix
//!
//! `get` where the key is known; a second map from what is searched for to the key where it is something else. Take the walk
//! out of the other lock's guard. A map that is mostly walked is better off in a `safe_map::SnapshotMap`.
//!
//! ## Limits
//!
//! How often the code runs is not known: a walk at start-up is reported like one on each request. This is advice, and off by
//! default. Walks over maps behind one lock are left to the lints about guards.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, Expr, ExprId, ExprKind, Stmt, StmtKind};
use safe_map_analysis::flow::{Acquire, Event, EventKind, Guard};
use safe_map_analysis::knowledge::schema::{LockMode, Locking, Op, TypeRole};
use safe_map_analysis::span::Span;

use crate::collected::chain;
use crate::private::is_own;
use crate::story::{acquire_label, declaration_label, finding, lock_name, lock_path};
use crate::{Check, Finding, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "full_scan",
    group: Group::Iteration,
    level: Level::Allow,
    has_fix: false,
    merges_sites: false,
    source: include_str!("full_scan.rs"),
    check: Check::Contention(check),
};

/// Why a walk is too much.
enum Scan {
    /// It looks for one entry.
    ForOne,
    /// Somebody else waits for it.
    Under(Box<Guard>),
}

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let mut reported: Vec<Span> = Vec::new();
    let mut body = None;
    for event in &function.flow.events {
        let Some(walk) = walk(event).filter(|it| !is_own(function, it) && !reported.contains(&event.span))
        else {
            continue;
        };
        let Some(body) = body.get_or_insert_with(|| crate::fix::body_of(function)) else { return };
        if let Some(scan) = scan(function, body, event, walk) {
            reported.push(event.span);
            out.push(report(function, event, walk, &scan));
        }
    }
}

/// A call that asks for all shards, to read them or write to them.
fn walk(event: &Event) -> Option<&Acquire> {
    let EventKind::Acquire { acquire, .. } = &event.kind else { return None };
    let walks = matches!(acquire.op, Op::Iterate | Op::IterateMut | Op::Len);
    (walks && acquire.lock.locking == Locking::Sharded && !acquire.lock.is_private).then_some(acquire)
}

fn scan(function: &FunctionView<'_>, body: &Body, event: &Event, walk: &Acquire) -> Option<Scan> {
    if walk.op != Op::Len && looks_for_one(body, event.span) {
        return Some(Scan::ForOne);
    }
    let mut held = event.held.iter().map(|it| function.flow.guard_at(it));
    let waits = |it: &Guard| {
        let acquire = &it.acquire;
        acquire.mode == LockMode::Exclusive && acquire.lock.role == TypeRole::Lock && !acquire.lock.is_private
    };
    held.find(waits).map(|it| Scan::Under(Box::new(it)))
}

/// Whether a walk ends at the first entry that fits.
fn looks_for_one(body: &Body, walk: Span) -> bool {
    let chain = chain(body, walk);
    let ends = chain.iter().any(|it| match &body.expr(*it).kind {
        ExprKind::MethodCall { method, .. } => matches!(method.as_str(), "find" | "find_map" | "position"),
        _ => false,
    });
    ends || chain.iter().any(|it| is_left_early(body, *it))
}

/// `for entry in map.iter() { if entry.key() == key { ..; break; } }`: a loop whose body is one condition that leaves, names aside.
fn is_left_early(body: &Body, iter: ExprId) -> bool {
    let turn = body.exprs.iter().find_map(|it| match &it.kind {
        ExprKind::For { iter: head, body, .. } if *head == iter => Some(*body),
        _ => None,
    });
    let Some(ExprKind::Block(block)) = turn.map(|it| &body.expr(it).kind) else { return false };
    let is_let = |it: &Stmt| matches!(it.kind, StmtKind::Let { .. });
    let only = match (block.stmts.as_slice(), block.tail) {
        (lets, Some(tail)) if lets.iter().all(is_let) => tail,
        ([lets @ .., Stmt { kind: StmtKind::Expr { expr, .. }, .. }], None) if lets.iter().all(is_let) => {
            *expr
        }
        _ => return false,
    };
    let ExprKind::If { cond, then, otherwise: None } = &body.expr(only).kind else { return false };
    let then = body.expr(*then).span;
    let compares = matches!(&body.expr(*cond).kind, ExprKind::Binary { op, .. } if *op == "==");
    let leaves = |it: &Expr| matches!(it.kind, ExprKind::Break { .. } | ExprKind::Return(_));
    compares && body.exprs.iter().any(|it| then.contains(it.span) && leaves(it))
}

fn report(function: &FunctionView<'_>, event: &Event, walk: &Acquire, scan: &Scan) -> Finding {
    let name = lock_name(function, walk);
    let message = match scan {
        Scan::ForOne => format!("all of {name} is walked to find one entry"),
        Scan::Under(guard) => {
            format!("all of {name} is walked while {} is held", lock_name(function, &guard.acquire))
        }
    };
    let mut finding = finding(function, LINT.name, event.span, message);
    finding.lock = lock_path(function, walk);
    if let Scan::Under(guard) = scan {
        finding.labels.push(acquire_label(function, guard));
    }
    finding.labels.extend(declaration_label(function, walk));
    finding.note = match scan {
        Scan::ForOne => "each shard is locked on the way, and the walk is as long as the map is large",
        Scan::Under(_) => {
            "each shard is locked on the way, and whoever wants the other lock waits for the whole walk"
        }
    }
    .to_string();
    finding.help = match scan {
        Scan::ForOne => {
            "use `get` where the key is known, or keep a second map from what is searched for to the key; a map that is \
             mostly walked is better off in a `safe_map::SnapshotMap`"
        }
        Scan::Under(_) => "walk the map before the other lock is taken",
    }
    .to_string();
    finding
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::check;

    #[test]
    fn a_search_for_one_entry() {
        check(
            &LINT,
            "
fn f(m: &dashmap::DashMap<u64, String>, name: &str, id: u64) -> Option<u64> {
    for mut it in m.iter_mut() {
//                ^^^^^^^^^^^^ full_scan
        let key = *it.key();
        if key == id { it.push('x'); break; }
    }
    m.iter().find(|it| it.value() == name).map(|it| *it.key())
//  ^^^^^^^^ full_scan
}
",
        );
    }

    #[test]
    fn a_walk_under_another_lock() {
        check(
            &LINT,
            "
struct S { m: dashmap::DashMap<u64, u64>, log: parking_lot::Mutex<Vec<usize>> }
impl S {
    fn f(&self) {
        let mut log = self.log.lock();
//                    --------------- acquire: held by `log`
        log.push(self.m.len());
//               ^^^^^^^^^^^^ full_scan
    }
}
",
        );
    }

    #[test]
    fn a_walk_over_everything_and_a_map_behind_one_lock_are_silent() {
        check(
            &LINT,
            "
fn f(m: &dashmap::DashMap<u64, u64>, n: &parking_lot::RwLock<std::collections::HashMap<u64, u64>>) -> u64 {
    for it in m.iter() {
        println!(\"{}\", it.key());
    }
    let found = n.read().iter().find(|it| *it.1 == 7).map_or(0, |it| *it.0);
    found + m.iter().map(|it| *it).sum::<u64>()
}
",
        );
    }
}
