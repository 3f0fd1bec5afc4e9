//! A value is read under one guard, changed, and written back under another.
//!
//! ## Why
//!
//! Whoever changes the entry between the two has done so for nothing: the second write puts back what is older, with one change
//! where there were two. Counters that come out too low, lists that miss an item, a field that goes back to its old value.
//! Nothing panics, and no sanitizer sees anything: every access is locked.
//!
//! It comes from states that are cloned out of a map because their change awaits or may fail, and are stored again at the end.
//!
//! ## Fires
//!
//! ```rust
//! use dashmap::DashMap;
//!
//! fn add(jobs: &DashMap<String, Vec<u64>>, queue: &str, job: u64) {
//!     let mut list = jobs.get(queue).map(|it| it.clone()).unwrap_or_default();
//!     list.push(job);
//!     // what another thread has added meanwhile is gone
//!     jobs.insert(queue.to_string(), list);
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use dashmap::DashMap;
//!
//! fn add(jobs: &DashMap<String, Vec<u64>>, queue: &str, job: u64) {
//!     jobs.entry(queue.to_string()).or_default().push(job);
//! }
//! ```
//!
//! ## Fix
//!
//! Change the value where it is: `entry(key).or_default()`, `get_mut`, `alter`. With a lock of your own, take the exclusive guard
//! first and read under it. `safe_map::ShardedMap::upsert` changes an entry in one step, and `update` returns what it was.
//!
//! ## Limits
//!
//! It is `likely` where the map is in a static or in a value that several are seen to have, and who changes or stores entries is seen to
//! run beside this function; else it is `possible`, as it is in a library that lies beside a program (`src/main.rs`) which never gets
//! to it. Both accesses must name the same map and the same key, and what is written back must be the local that was read, changed
//! meanwhile, or plainly made of it: an operator, a struct or a tuple. What another function makes of the value is not followed.
//! Silent where who writes back looks at what was there, and where only who made up a key writes under it.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, Expr, ExprId, ExprKind, PatKind};
use safe_map_analysis::knowledge::schema::Op;
use safe_map_analysis::span::Span;

use crate::access::Access;
use crate::bodies::is_named;
use crate::conditions::{Conditions, Relation};
use crate::one_step::one_step;
use crate::parents::arguments;
use crate::races::Accesses;
use crate::story::{Turns, access_finding, access_name, here, interleaving};
use crate::values::{changes_in_place, stores};
use crate::{Check, Finding, Fix, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "lost_update",
    group: Group::Atomicity,
    level: Level::Warn,
    has_fix: true,
    merges_sites: false,
    source: include_str!("lost_update.rs"),
    check: Check::Contention(check),
};

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let Some(accesses) = Accesses::of(function) else { return };
    let mut reported = Vec::new();
    for read in accesses.all.iter().filter(|it| takes(it)) {
        if accesses.later(read).next().is_none() {
            continue;
        }
        let conditions = accesses.conditions(read);
        for write in accesses.later(read).filter(|it| it.op == Op::Insert && !it.is_called()) {
            let is_new = !reported.contains(&write.span());
            if is_new && is_lost(&accesses, &conditions, read, write) {
                reported.push(write.span());
                let mut finding = report(&accesses, read, write);
                finding.fixes.extend(fix(&accesses, read, write));
                out.push(finding);
            }
        }
    }
}

/// Whether an access takes a value out, or a copy of it.
fn takes(access: &Access<'_>) -> bool {
    matches!(access.op, Op::Get | Op::GetMut | Op::Remove) && access.key.is_some()
}

fn is_lost(
    accesses: &Accesses<'_>,
    conditions: &Conditions<'_>,
    read: &Access<'_>,
    write: &Access<'_>,
) -> bool {
    is_same_entry(accesses, conditions, read, write)
        && accesses.is_answered(read)
        && accesses.is_shared(write)
        && !accesses.is_asked_again(read, write)
        && accesses.is_thrown_away(write)
        && is_anybodys(accesses, write)
        && conditions.at(write.span()).is_none_or(|it| it.presence != Some(false))
        && match read.op {
            Op::Remove => is_filled_elsewhere(accesses, write),
            _ => arguments(&accesses.body, write.span())
                .last()
                .is_some_and(|it| is_changed(&accesses.body, conditions, *it, (read.span(), write.span()))),
        }
}

/// Whether others may change the entry too: not where each key is new to whoever makes it, and only they write what is under it.
fn is_anybodys(accesses: &Accesses<'_>, write: &Access<'_>) -> bool {
    let changes = |op| matches!(op, Op::GetMut | Op::IterateMut);
    accesses.anybody(write, changes) || !accesses.has_keys_of_its_own(write)
}

/// Whether both name one entry; a removal may have given the key back.
fn is_same_entry(
    accesses: &Accesses<'_>,
    conditions: &Conditions<'_>,
    read: &Access<'_>,
    write: &Access<'_>,
) -> bool {
    let key = arguments(&accesses.body, write.span()).first();
    read.is_same_entry(write) || read.op == Op::Remove && key.is_some_and(|it| conditions.is_found_key(*it))
}

/// Whether somebody adds to the entry, and makes it where it is not there: what is taken out is missed, and replaced when it
/// comes back.
fn is_filled_elsewhere(accesses: &Accesses<'_>, write: &Access<'_>) -> bool {
    let model = accesses.function.model();
    let adds = |op| op == Op::Update || op == Op::Entry && changes_in_place(op, &write.values, model);
    accesses.others(write, adds)
}

/// Whether what is written is what was read, changed: a `mut` local of it, or something that is plainly made of it.
fn is_changed(body: &Body, conditions: &Conditions<'_>, value: ExprId, between: (Span, Span)) -> bool {
    let Some(relation) = conditions.relation(value) else { return false };
    match &body.expr(value).kind {
        ExprKind::Path(path) => path.as_ident().is_some_and(|name| {
            relation != Relation::Same && is_modified(body, name, between)
                || made_of(body, name).is_some_and(|it| is_changed(body, conditions, it, between))
        }),
        ExprKind::Binary { lhs, rhs, .. } => {
            [lhs, rhs].into_iter().any(|it| conditions.relation(*it) == Some(Relation::Found))
        }
        ExprKind::Tuple(items) => items.iter().any(|it| is_changed(body, conditions, *it, between)),
        ExprKind::Struct { fields, rest, .. } => {
            rest.is_some_and(|it| conditions.relation(it).is_some())
                || fields.iter().any(|(_, it)| is_changed(body, conditions, *it, between))
        }
        ExprKind::MethodCall { receiver, method, args, .. } if args.len() <= 1 => {
            let counts = method.starts_with("saturating_") || method.starts_with("wrapping_");
            (counts || method == "clone") && is_changed(body, conditions, *receiver, between)
                || counts && conditions.relation(*receiver) == Some(Relation::Found)
        }
        _ => false,
    }
}

/// What a name is bound to by a `let`.
fn made_of(body: &Body, name: &str) -> Option<ExprId> {
    let mut lets = crate::bodies::lets(body).filter(|(pat, _)| {
        let mut pats = body.pats.iter().filter(|it| it.span == *pat);
        pats.any(|it| matches!(&it.kind, PatKind::Bind { name: it, .. } if *it == *name))
    });
    let (_, init) = lets.next()?;
    (lets.next().is_none() && !matches!(body.expr(init).kind, ExprKind::Path(_))).then_some(init)
}

/// Whether a local is changed between two places: assigned, lent for writing, or asked to change by a method of a collection.
fn is_modified(body: &Body, name: &str, (from, to): (Span, Span)) -> bool {
    let is_between = |it: &Expr| from.end <= it.span.start && it.span.end <= to.start;
    let is_it = |id: ExprId| root(body, id) == Some(name);
    body.exprs.iter().filter(|it| is_between(it)).any(|it| match &it.kind {
        // Who gives a local another value altogether makes nothing of the one that it had.
        ExprKind::Assign { op, lhs, rhs } => {
            let is_whole = op.is_none() && matches!(body.expr(*lhs).kind, ExprKind::Path(_));
            is_it(*lhs) && (!is_whole || is_named(body, body.expr(*rhs).span, name))
        }
        ExprKind::Ref { mutable: true, operand, .. } => is_it(*operand),
        ExprKind::MethodCall { receiver, method, .. } => {
            is_it(*receiver)
                && matches!(
                    method.as_str(),
                    "push"
                        | "push_back"
                        | "push_front"
                        | "push_str"
                        | "insert"
                        | "extend"
                        | "remove"
                        | "pop"
                        | "retain"
                        | "append"
                        | "clear"
                        | "drain"
                        | "truncate"
                        | "pop_front"
                        | "entry"
                        | "swap_remove"
                )
        }
        _ => false,
    })
}

/// The local that an expression is, or is a part of.
fn root(body: &Body, id: ExprId) -> Option<&str> {
    match &body.expr(id).kind {
        ExprKind::Path(path) => path.as_ident().map(|it| it.as_str()),
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => root(body, *base),
        ExprKind::Unary { operand, .. } => root(body, *operand),
        _ => None,
    }
}

fn report(accesses: &Accesses<'_>, read: &Access<'_>, write: &Access<'_>) -> Finding {
    let function = accesses.function;
    let name = access_name(function, write);
    let message = format!("an entry of {name} is written back after its guard was let go");
    let mut finding = access_finding(function, LINT.name, (read, "it is read"), write, message);
    finding.confidence =
        accesses.confidence(write, |op| stores(op) || changes_in_place(op, &write.values, function.model()));
    finding.note = match read.op {
        Op::Remove => {
            "the entry is away between the two: who adds to it meanwhile makes a new one, which this replaces"
        }
        _ => {
            "what another thread changes in the entry between the two is lost: this writes back what is older"
        }
    }
    .to_string();
    finding.help = match write.guard {
        Some(_) => "take the exclusive guard before the entry is read, and change it there".to_string(),
        None => "change the value where it is: `get_mut`, or `entry(key).or_default()`; \
                 `safe_map::ShardedMap::upsert` is one step"
            .to_string(),
    };
    let turns = Turns {
        first: if read.op == Op::Remove { "takes an entry out of" } else { "reads an entry of" },
        other: "changes the same entry in",
        last: "replaces what B has changed in",
    };
    let other = match read.op {
        Op::Remove => accesses.place_of(write, |op| matches!(op, Op::Entry | Op::Update)),
        _ => None,
    };
    let other = other.unwrap_or(here(function, write.span()));
    finding.interleaving = interleaving(function, read, write, other, &turns);
    finding
}

/// One step of the map, where the code that reads, changes and writes back is in one place.
fn fix(accesses: &Accesses<'_>, read: &Access<'_>, write: &Access<'_>) -> Option<Fix> {
    let is_here = !read.is_called() && !write.is_called() && read.op == Op::Get;
    is_here.then(|| one_step(accesses.function, read.span(), write.span()))?
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::{check, fixed, found};

    #[test]
    fn a_copy_that_is_changed_and_written_back() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::RwLock};
struct Jobs { by_queue: RwLock<HashMap<String, Vec<u64>>> }
//            -------- declaration: declared here
impl Jobs {
    fn add(&self, queue: &str, job: u64) {
        let mut jobs = self.by_queue.read().unwrap().get(queue).cloned().unwrap_or_default();
//                     ---------------------------------------- acquire: it is read here
        jobs.push(job);
        self.by_queue.write().unwrap().insert(queue.to_string(), jobs);
//      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ lost_update
    }
}
",
        );
    }

    fn count(body: &str) -> usize {
        let text = format!(
            "
struct S {{ m: dashmap::DashMap<String, Vec<u32>>, n: dashmap::DashMap<u64, u64>, gate: std::sync::Mutex<()> }}
impl S {{
    fn add(&self, k: &str) {{ self.m.entry(k.to_string()).or_default().push(1); }}
    fn f(&self, k: &str, i: u64) {{ {body} }}
}}
fn made(of: u64) -> u64 {{ of }}
"
        );
        found(&LINT, &text).len()
    }

    /// What is found in a store of payments next to code that uses it.
    fn count_stored(engine: &str) -> usize {
        let text = format!(
            "
#[derive(Clone)]
struct Payment {{ id: String, status: u32 }}
struct Store {{ by_id: dashmap::DashMap<String, Payment> }}
impl Store {{
    fn insert(&self, payment: Payment) {{ self.by_id.insert(payment.id.clone(), payment); }}
    fn set_status(&self, id: &str, status: u32) {{
        let Some(mut payment) = self.by_id.get(id).map(|it| it.value().clone()) else {{ return }};
        payment.status = status;
        self.by_id.insert(id.to_string(), payment);
    }}
}}
struct Engine {{ store: Store }}
impl Engine {{ {engine} }}
"
        );
        found(&LINT, &text).len()
    }

    #[test]
    fn what_is_new_to_whoever_made_it_is_changed_by_nobody_else() {
        let pay = "fn pay(&self) {
            let payment = Payment { id: uuid::Uuid::new_v4().to_string(), status: 0 };
            self.store.insert(payment.clone());
            self.store.set_status(&payment.id, 1);
        }";
        assert_eq!(count_stored(pay), 0);
        assert_eq!(count_stored(&pay.replace("uuid::Uuid::new_v4().to_string()", "self.customer()")), 1);
        assert_eq!(
            count_stored(&format!("{pay} pub fn cancel(&self, id: &str) {{ self.store.set_status(id, 9) }}")),
            1
        );
        let change = "pub fn cancel(&self, id: &str) { if let Some(mut it) = self.store.by_id.get_mut(id) { it.status = 9; } }";
        assert_eq!(count_stored(&format!("{pay} {change}")), 1);
    }

    #[test]
    fn counters_and_lists_that_are_taken_out() {
        for body in [
            "let n = self.n.get(&i).map(|it| *it).unwrap_or(0); self.n.insert(i, n + 1);",
            "let n = *self.n.get(&i).unwrap(); let next = n + 1; self.n.insert(i, next);",
            "let mut n = *self.n.get(&i).unwrap(); n = n + 1; self.n.insert(i, n);",
            "if let Some((_, mut list)) = self.m.remove(k) { list.push(1); self.m.insert(k.to_string(), list); }",
            "if let Some((key, list)) = self.m.remove(k) { self.m.insert(key, Vec::new()); drop(list); }",
        ] {
            assert_eq!(count(body), 1, "{body}");
        }
    }

    #[test]
    fn what_is_one_step_or_changes_nothing() {
        for body in [
            "*self.n.entry(i).or_insert(0) += 1;",
            "if let Some(mut it) = self.n.get_mut(&i) { *it += 1; }",
            "let n = self.n.get(&i).map(|it| *it).unwrap_or(0); self.n.insert(i + 1, n + 1);",
            "let n = self.n.get(&i).map(|it| *it).unwrap_or(0); self.n.insert(i, made(n));",
            "let gate = self.gate.lock(); let n = *self.n.get(&i).unwrap(); self.n.insert(i, n + 1); drop(gate);",
            "let list = self.m.get(k).map(|it| it.clone()).unwrap_or_default(); self.m.insert(k.to_string(), list);",
            "let mut n = *self.n.get(&i).unwrap(); if n > 9 { n = made(i); self.n.insert(i, n); }",
        ] {
            assert_eq!(count(body), 0, "{body}");
        }
    }

    /// What becomes of a body of a map `n` of numbers and one `m` of lists.
    fn fixed_body(body: &str) -> Option<String> {
        let text = |body: &str| {
            format!(
                "
use std::{{collections::HashMap, sync::Mutex}};
struct S {{ m: dashmap::DashMap<String, Vec<u32>>, n: dashmap::DashMap<u64, u64>, l: Mutex<HashMap<u64, u64>>, s: safe_map::ShardedMap<u64, u64> }}
impl S {{ fn f(&self, k: &str, i: u64, by: u64) {{ {body} }} }}
"
            )
        };
        assert_eq!(found(&LINT, &text(body)).len(), 1, "{body}");
        let fixed = fixed(&LINT, &text(body))?;
        assert_eq!(found(&LINT, &fixed), [], "{fixed}");
        let (before, after) = text("|").split_once('|').map(|(a, b)| (a.len(), b.len())).expect("a mark");
        Some(fixed[before..fixed.len() - after].to_string())
    }

    #[test]
    fn what_is_read_changed_and_written_back_is_changed_in_place() {
        for (body, better) in [
            (
                "let n = self.n.get(&i).map(|it| *it).unwrap_or(0); self.n.insert(i, n + by);",
                "*self.n.entry(i).or_insert(0) += by;",
            ),
            (
                "let n = self.n.get(&i).map(|it| *it).unwrap_or(0); self.n.insert(i, n + (by as u64));",
                "*self.n.entry(i).or_insert(0) += by as u64;",
            ),
            (
                "let n = *self.n.get(&i).unwrap(); self.n.insert(i, n * 2);",
                "*self.n.get_mut(&i).unwrap() *= 2;",
            ),
            (
                "let n = self.l.lock().unwrap().get(&i).copied().unwrap_or_default(); self.l.lock().unwrap().insert(i, n + 1);",
                "*self.l.lock().unwrap().entry(i).or_default() += 1;",
            ),
            (
                "let mut list = self.m.get(k).map(|it| it.clone()).unwrap_or_default(); list.push(1); self.m.insert(k.to_string(), list);",
                "self.m.entry(k.to_string()).or_default().push(1);",
            ),
            (
                "let n = self.s.get(&i).unwrap_or(0); self.s.insert(i, n + by);",
                "self.s.upsert(i, || 0 + by, |n| *n += by);",
            ),
        ] {
            assert_eq!(fixed_body(body).as_deref(), Some(better), "{body}");
        }
    }

    #[test]
    fn no_fix_where_something_else_is_done_with_it() {
        for body in [
            "let n = self.n.get(&i).map(|it| *it).unwrap_or(0); println!(); self.n.insert(i, n + 1);",
            "let n = self.n.get(&i).map(|it| *it).unwrap_or(0); self.n.insert(i, n + 1); told(n);",
            "let n = self.n.get(&i).map(|it| *it).unwrap_or(0); self.n.insert(i, n + self.n.len() as u64);",
        ] {
            assert_eq!(fixed_body(body), None, "{body}");
        }
    }
}
