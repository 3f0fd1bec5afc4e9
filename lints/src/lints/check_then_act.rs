//! A map is asked under one guard, and changed under another as if the answer still held.
//!
//! ## Why
//!
//! Each call is safe for itself, and no sanitizer sees anything: every access is locked. But between the two the map is open
//! to everybody. Two threads that both find nothing both insert, and what the first one stored is gone, with everything that
//! was done to it meanwhile: a lock that somebody holds, a list that somebody added to, a task that nobody can stop any more.
//! Who asked whether a key is there and then takes it for granted panics when it was removed.
//!
//! It comes from tables of locks, connections and tasks by key, and from a `HashMap` that became a `DashMap` line by line: what was
//! one step under `&mut self` is two now.
//!
//! ## Fires
//!
//! ```rust
//! use std::sync::{Arc, Mutex};
//!
//! use dashmap::DashMap;
//!
//! struct Locks {
//!     by_name: DashMap<String, Arc<Mutex<()>>>,
//! }
//!
//! impl Locks {
//!     fn of(&self, name: &str) -> Arc<Mutex<()>> {
//!         if !self.by_name.contains_key(name) {
//!             // another thread can be here as well: the two will hold different locks
//!             self.by_name.insert(name.to_string(), Arc::default());
//!         }
//!         self.by_name.get(name).map(|it| it.clone()).unwrap_or_default()
//!     }
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use std::sync::{Arc, Mutex};
//!
//! use dashmap::DashMap;
//!
//! struct Locks {
//!     by_name: DashMap<String, Arc<Mutex<()>>>,
//! }
//!
//! impl Locks {
//!     fn of(&self, name: &str) -> Arc<Mutex<()>> {
//!         self.by_name.entry(name.to_string()).or_default().clone()
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! `entry(key).or_insert_with(..)` asks and inserts in one step. Where the value is awaited or takes long, make it first, then
//! `entry(key).or_insert(made)`, and go on with what is in the map. Under a lock of your own, take it once for both, or ask
//! again under the second guard. `safe_map::ShardedMap::get_or_insert_with`, `upsert` and `get_or_load` are one step
//! each; a `VersionedMap` refuses the second step if the entry has changed since the first.
//!
//! ## Limits
//!
//! Silent where nothing is lost: a cache of what can be computed again, a value that nobody changes in place, one that is in the map
//! alone and of which only the last state counts. Both accesses
//! must name the same map and the same key, clones and conversions of it aside, and the map must be one that others can have.
//! A question in another function counts if that function only asks. An insert whose result is used is taken for a decision.
//! It is `likely` where the map is in a static or in a value that several are seen to have, and who inserts or removes is seen to run
//! beside this function; else it is `possible`, as it is in a library that lies beside a program (`src/main.rs`) which never gets
//! to it. A slot, a lock around an `Option`, that is found empty under one guard and filled under another is told as `possible`,
//! unless it is asked again.
//! Silent as well where no two threads can be there: one loop or one owner does it all, or the key was just made; and where
//! a comment at the two steps says that the race is known and does no harm.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, Expr, ExprId, ExprKind, UnaryOp};
use safe_map_analysis::flow::{Event, EventKind};
use safe_map_analysis::knowledge::schema::{Op, TypeRole};
use safe_map_analysis::span::Span;

use crate::access::Access;
use crate::bodies::is_named;
use crate::conditions::{Conditions, Outcome};
use crate::fix::{body_of, with_comments};
use crate::parents::{arguments, expr_at, fits_closure, is_granted, only_in_if};
use crate::predicate;
use crate::races::Accesses;
use crate::retain::method;
use crate::slots::{Filled, filled};
use crate::story::{
    Turns, access_finding, access_name, acquire_label, declaration_label, finding, here, interleaving,
    lock_name, lock_path,
};
use crate::typing::Typed;
use crate::values::{
    adds_up, changes_in_place, done_twice, is_given_away, is_lock, is_number, is_one_with_its_clones, stores,
    turns_away,
};
use crate::{Applicability, Check, Confidence, Finding, Fix, Group, Label, Level, Lint, Role, Step as Turn};

use super::delete_during_iteration::deletes;

pub(crate) static LINT: Lint = Lint {
    name: "check_then_act",
    group: Group::Atomicity,
    level: Level::Warn,
    has_fix: true,
    merges_sites: false,
    source: include_str!("check_then_act.rs"),
    check: Check::Contention(check),
};

/// What goes wrong.
enum Harm {
    /// The value that the other has stored is replaced, and is more than what it says.
    Replaced,
    /// The same, and somebody changes values where they are.
    Overwritten,
    /// Both do what only one should.
    Twice(&'static str),
    /// Both pass a check that only one should.
    Passed,
    /// What was there is gone.
    Gone,
}

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    check_maps(function, out);
    let Some(body) = body_of(function).filter(|_| function.flow.guards.len() > 1) else { return };
    out.extend(filled(function, &body).iter().map(|it| report_filled(function, it)));
}

/// A slot that is filled under another guard than the one under which it was empty.
fn report_filled(function: &FunctionView<'_>, filled: &Filled<'_>) -> Finding {
    let name = lock_name(function, &filled.guard.acquire);
    let message = format!("{name} is filled after the check was over");
    let mut finding = finding(function, LINT.name, filled.filling, message);
    finding.confidence = Confidence::Possible;
    finding.lock = lock_path(function, &filled.guard.acquire);
    let asked = here(function, filled.question);
    let message = "it is asked here, under another guard".to_string();
    finding.labels.push(Label { role: Role::Hazard, place: asked, message });
    finding.labels.push(acquire_label(function, filled.asked));
    finding.labels.push(acquire_label(function, filled.guard));
    finding.labels.extend(declaration_label(function, &filled.guard.acquire));
    finding.note =
        "two threads can both find nothing and fill it: the second replaces what the first has stored"
            .to_string();
    finding.help =
        "ask again under the second guard, hold one guard for both, or fill it by `get_or_insert_with`"
            .to_string();
    let step = |thread, verb: &str, place| Turn { thread, message: format!("{verb} {name}"), place };
    let filling = here(function, filled.filling);
    finding.interleaving = vec![
        step('A', "finds nothing in", asked),
        step('B', "finds nothing either, and fills", filling),
        step('A', "replaces what B has stored in", filling),
    ];
    finding
}

fn check_maps(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let Some(accesses) = Accesses::of(function) else { return };
    let mut reported = Vec::new();
    for check in accesses.all.iter().filter(|it| asks(it)) {
        if accesses.later(check).next().is_none() {
            continue;
        }
        let conditions = accesses.conditions(check);
        let found = accesses.later(check).find_map(|act| {
            let outcome = conditions.at(act.span())?;
            Some((act, harm(&accesses, &conditions, check, act, outcome)?))
        });
        let Some((act, harm)) = found else { continue };
        if !reported.contains(&act.span()) {
            reported.push(act.span());
            let mut finding = report(&accesses, check, act, &harm);
            finding.fixes.extend(fix(&accesses, (check, &conditions), act, &harm));
            out.push(finding);
        }
    }
}

/// Whether an access asks for one entry.
fn asks(access: &Access<'_>) -> bool {
    matches!(access.op, Op::Contains | Op::Get | Op::GetMut) && access.key.is_some()
}

fn harm(
    accesses: &Accesses<'_>,
    conditions: &Conditions<'_>,
    check: &Access<'_>,
    act: &Access<'_>,
    outcome: Outcome,
) -> Option<Harm> {
    let is_told = check.is_same_entry(act) && accesses.is_answered(check) && accesses.is_plain(act);
    if !is_told || !accesses.is_shared(act) || accesses.is_asked_again(check, act) {
        return None;
    }
    match (act.op, outcome.presence) {
        (Op::Insert, Some(false))
            if accesses.is_done_in_one_line(act, stores) || accesses.has_keys_of_its_own(act) =>
        {
            None
        }
        (Op::Insert, Some(false)) if accesses.is_thrown_away(act) => lost(accesses, conditions, act),
        (Op::Get | Op::GetMut | Op::Remove, Some(true)) if is_taken_for_granted(accesses, act) => {
            accesses.anybody(act, deletes).then_some(Harm::Gone)
        }
        _ => None,
    }
}

/// What is lost when two threads have both found nothing and insert.
fn lost(accesses: &Accesses<'_>, conditions: &Conditions<'_>, act: &Access<'_>) -> Option<Harm> {
    let model = accesses.function.model();
    let parts: Vec<_> = conditions.parts(false).filter(|it| it.contains(act.span())).collect();
    // Who gets an entry of a cache has to expect another one the next time, unless it is there to be locked.
    if is_cache(act) {
        return is_lock(model, &act.values).then_some(Harm::Replaced);
    }
    let is_last_kept = is_written_over(&accesses.body, conditions);
    let is_handed_out = || {
        let is_cloned = inserts_a_clone(&accesses.body, act) || accesses.gives_clones(act);
        is_one_with_its_clones(model, &act.values) && is_cloned
    };
    if (is_given_away(model, &act.values) || is_handed_out()) && !is_last_kept {
        return Some(Harm::Replaced);
    }
    let changes = |op| changes_in_place(op, &act.values, model);
    let is_changed = accesses.anybody(act, changes) && (!is_number(&act.values) || accesses.counts(act));
    if adds_up(model, &act.values) && is_changed && !is_last_kept {
        return Some(Harm::Overwritten);
    }
    if let Some((_, what)) = done_twice(accesses.function.file.analysis, &accesses.body, &parts) {
        return Some(Harm::Twice(what));
    }
    turns_away(&accesses.body, conditions).then_some(Harm::Passed)
}

/// Whether who finds the entry there replaces its value too: the last one is kept either way.
fn is_written_over(body: &Body, conditions: &Conditions<'_>) -> bool {
    let parts: Vec<_> = conditions.parts(true).collect();
    let is_whole = |it: ExprId| match &body.expr(it).kind {
        ExprKind::Unary { op: UnaryOp::Deref, operand } => match &body.expr(*operand).kind {
            ExprKind::Path(_) => conditions.relation(*operand).is_some(),
            ExprKind::MethodCall { receiver, method, .. } => {
                method == "value_mut" && conditions.relation(*receiver).is_some()
            }
            _ => false,
        },
        _ => false,
    };
    let assigns = |it: &Expr| matches!(&it.kind, ExprKind::Assign { op: None, lhs, .. } if is_whole(*lhs));
    let is_there = |it: &Expr| parts.iter().any(|part| part.contains(it.span));
    body.exprs.iter().any(|it| is_there(it) && assigns(it))
}

/// Whether a clone is inserted: the value itself is for somebody else.
fn inserts_a_clone(body: &Body, act: &Access<'_>) -> bool {
    let value = arguments(body, act.span()).last();
    value.is_some_and(
        |it| matches!(&body.expr(*it).kind, ExprKind::MethodCall { method, .. } if method == "clone"),
    )
}

fn is_cache(act: &Access<'_>) -> bool {
    act.acquire.lock.role == TypeRole::SharedMap && act.acquire.lock.type_name.ends_with("Cache")
}

fn is_taken_for_granted(accesses: &Accesses<'_>, act: &Access<'_>) -> bool {
    let granted = || expr_at(&accesses.body, act.span()).is_some_and(|it| is_granted(&accesses.body, it));
    !act.is_called() && granted()
}

fn report(accesses: &Accesses<'_>, check: &Access<'_>, act: &Access<'_>, harm: &Harm) -> Finding {
    let function = accesses.function;
    let name = access_name(function, act);
    let message = match harm {
        Harm::Gone => format!("an entry of {name} is taken for granted after the check was over"),
        _ => format!("{name} is inserted into after the check was over"),
    };
    let mut finding = access_finding(function, LINT.name, (check, "it is asked"), act, message);
    finding.confidence = match harm {
        Harm::Gone => accesses.confidence(act, deletes),
        Harm::Replaced | Harm::Overwritten | Harm::Twice(_) | Harm::Passed => {
            accesses.confidence(act, stores)
        }
    };
    finding.note = match harm {
        Harm::Replaced => {
            "two threads can both find nothing and insert: the second replaces the value that the first has \
                           stored and given away, and from then on each works with one of its own"
                .to_string()
        }
        Harm::Overwritten => {
            "two threads can both find nothing and insert: the second replaces the value of the first, \
                              with everything that was changed in it meanwhile"
                .to_string()
        }
        Harm::Twice(what) => {
            format!("two threads can both find nothing: {what} twice, and the map keeps one of the two")
        }
        Harm::Passed => {
            "two threads can both find nothing and pass: the second silently replaces what the first has \
                         stored, though the check was there to prevent that"
                .to_string()
        }
        Harm::Gone => "another thread can remove the entry between the two: this panics then".to_string(),
    };
    finding.help = help(act, harm);
    let (turns, other) = match harm {
        Harm::Gone => {
            let turns =
                Turns { first: "finds an entry in", other: "removes it from", last: "panics: nothing is in" };
            (turns, accesses.place_of(act, deletes))
        }
        _ => {
            let other = "finds nothing either, and inserts into";
            let turns = Turns { first: "finds nothing in", other, last: "replaces what B has stored in" };
            (turns, Some(here(function, act.span())))
        }
    };
    let other = other.unwrap_or(here(function, act.span()));
    finding.interleaving = interleaving(function, check, act, other, &turns);
    finding
}

fn help(act: &Access<'_>, harm: &Harm) -> String {
    match harm {
        Harm::Gone => "use what one `get` gives: `if let Some(found) = ..`, and go on with that".to_string(),
        Harm::Passed => "let one step decide: `match entry(key) { Entry::Occupied(_) => .., Entry::Vacant(slot) => .. }`, \
                         or look at what `insert` gives back"
            .to_string(),
        _ if act.guard.is_some() => {
            "use `entry(key).or_insert_with(..)` under the second guard, or hold one guard for both; \
             `safe_map::ShardedMap::upsert` is one step"
                .to_string()
        }
        _ => "use `entry(key).or_insert_with(..)`, which asks and inserts in one step; what takes long to make is made \
              first, then `entry(key).or_insert(made)`; `safe_map::ShardedMap::upsert` is one step"
            .to_string(),
    }
}

/// One step that asks and inserts: in place of an `if` that does nothing else, or else of the insert alone, after which the
/// first value stays.
fn fix(
    accesses: &Accesses<'_>,
    (check, conditions): (&Access<'_>, &Conditions<'_>),
    act: &Access<'_>,
    harm: &Harm,
) -> Option<Fix> {
    let body = &accesses.body;
    if act.op != Op::Insert || act.method != "insert" || act.is_called() {
        return None;
    }
    let typed = Typed::of(accesses.function.file.analysis, accesses.function.id)?;
    let ExprKind::MethodCall { receiver, args, .. } = &body.expr(expr_at(body, act.span())?).kind else {
        return None;
    };
    let [key, value] = args.as_slice() else { return None };
    let has = |name: &str| method(&typed, *receiver, name).is_some();
    let insert =
        Insert { body, receiver: *receiver, key: body.expr(*key).span, value: body.expr(*value).span };
    // Who keeps a copy of what is inserted goes on with it, and it may not be what is in the map.
    if insert.value.text(&accesses.function.file.parsed().source.text).ends_with(".clone()") {
        return None;
    }
    // What is made while the entry is had is made under its lock.
    let mut made = accesses.function.flow.events.iter().filter(|it| insert.value.contains(it.span));
    if made.any(|it| !is_harmless(accesses.function, it)) || !fits_closure(body, insert.value) {
        return None;
    }
    let text = &accesses.function.file.parsed().source.text;
    let (at, call) = match harm {
        _ if has("entry") => insert.alone(check, act).map(|it| (it, insert.lazy(text))).or_else(|| {
            // What must happen once only, or is refused the second time, is not cured by what stays in the map.
            let stays = matches!(harm, Harm::Replaced | Harm::Overwritten) && !turns_away(body, conditions);
            stays.then(|| Some((act.span(), insert.made(text))))?
        })?,
        _ if has("get_or_insert_with") => (insert.alone(check, act)?, insert.of_safe_map(text)),
        _ => return None,
    };
    Some(Fix {
        title: "ask and insert in one step".to_string(),
        applicability: Applicability::MaybeIncorrect,
        edits: vec![with_comments(accesses.function, at, &call)?],
    })
}

/// Whether something may happen under the lock of a map's entry.
fn is_harmless(function: &FunctionView<'_>, event: &Event) -> bool {
    match &event.kind {
        EventKind::Call(_) => function.taken_inside(event).is_empty(),
        kind => predicate::is_harmless(kind),
    }
}

/// An insert as it is written.
struct Insert<'a> {
    body: &'a Body,
    receiver: ExprId,
    key: Span,
    value: Span,
}

impl Insert<'_> {
    /// The `if` that asks for the key and does nothing but insert, where the value can be made in a closure.
    fn alone(&self, check: &Access<'_>, act: &Access<'_>) -> Option<Span> {
        let body = self.body;
        let (whole, cond) = only_in_if(body, act.span())?;
        let shares = body.exprs.iter().filter(|it| self.key.contains(it.span)).any(|it| match &it.kind {
            ExprKind::Path(path) => path.as_ident().is_some_and(|it| is_named(body, self.value, it)),
            _ => false,
        });
        (asks_only(body, cond, check.span()) && !shares).then_some(whole)
    }

    fn map<'t>(&self, text: &'t str) -> &'t str {
        self.body.expr(self.receiver).span.text(text)
    }

    fn lazy(&self, text: &str) -> String {
        format!(
            "{}.entry({}).or_insert_with(|| {});",
            self.map(text),
            self.key.text(text),
            self.value.text(text)
        )
    }

    fn made(&self, text: &str) -> String {
        format!("{}.entry({}).or_insert({})", self.map(text), self.key.text(text), self.value.text(text))
    }

    fn of_safe_map(&self, text: &str) -> String {
        format!(
            "{}.get_or_insert_with({}, || {});",
            self.map(text),
            self.key.text(text),
            self.value.text(text)
        )
    }
}

/// Whether a condition is that the entry is not there, and nothing else.
fn asks_only(body: &Body, cond: ExprId, check: Span) -> bool {
    match &body.expr(cond).kind {
        ExprKind::Unary { op: UnaryOp::Not, operand } => body.expr(*operand).span == check,
        ExprKind::MethodCall { receiver, method, .. } => {
            method == "is_none" && body.expr(*receiver).span == check
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::{check, fixed, found};

    #[test]
    fn a_key_that_is_not_there_and_a_value_with_a_life_of_its_own() {
        check(
            &LINT,
            "
use std::sync::{Arc, Mutex};
struct Locks { by_name: dashmap::DashMap<String, Arc<Mutex<u64>>> }
//             ------- declaration: declared here
impl Locks {
    fn make(&self, name: &str) {
        if !self.by_name.contains_key(name) {
//          ------------------------------- acquire: it is asked here
            self.by_name.insert(name.to_string(), Arc::default());
//          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ check_then_act
        }
    }
}
",
        );
    }

    #[test]
    fn told_as_an_interleaving() {
        let text = "
use std::sync::{Arc, Mutex};
struct Locks { by_name: dashmap::DashMap<String, Arc<Mutex<u64>>> }
impl Locks {
    fn make(&self, name: &str) {
        if self.by_name.get(name).is_none() { self.by_name.insert(name.to_owned(), Arc::default()); }
    }
}
";
        let found = found(&LINT, text);
        let threads: Vec<char> = found.iter().flat_map(|it| &it.interleaving).map(|it| it.thread).collect();
        assert_eq!(threads, ['A', 'B', 'A']);
    }

    /// A body of a method of a map `m` of locks, and of one `c` that is plain data behind a lock, and what is found there.
    fn count(body: &str) -> usize {
        let text = format!(
            "
use std::{{collections::HashMap, sync::{{Arc, Mutex, RwLock}}}};
struct S {{ m: dashmap::DashMap<String, Arc<Mutex<u64>>>, c: RwLock<HashMap<u64, String>>, gate: Mutex<()>,
    w: Mutex<std::collections::HashSet<u64>>, d: dashmap::DashMap<u64, String>, next: std::sync::atomic::AtomicU64, used: std::sync::atomic::AtomicU64,
    hits: dashmap::DashMap<u64, std::sync::atomic::AtomicU64>, plain: dashmap::DashMap<u64, Plain>, seen: dashmap::DashMap<u64, u64>,
    ends: dashmap::DashMap<u64, tokio::sync::mpsc::Sender<u8>>, lists: dashmap::DashMap<u64, List>,
    sessions: dashmap::DashMap<u64, Session> }}
struct Plain {{ at: u64 }}
#[derive(Clone)]
struct Session {{ inner: Arc<RwLock<u64>>, at: u64 }}
struct List {{ all: Vec<u64>, at: u64 }}
impl S {{
    fn f(&self, k: &str, n: u64, scc: &scc::HashMap<u64, String>) -> Result<(), ()> {{ {body} Ok(()) }}
    fn has(&self, key: &str) -> bool {{ self.m.contains_key(key) }}
    fn find(&self, key: &str) -> Option<Arc<Mutex<u64>>> {{ self.m.get(key).map(|it| it.clone()) }}
    fn put(&self, key: &str) {{ self.m.insert(key.to_string(), Arc::default()); }}
    fn named(&self, n: u64) -> bool {{ self.c.read().unwrap().contains_key(&n) }}
    fn forget(&self, n: u64) {{ self.c.write().unwrap().remove(&n); }}
}}
fn made() -> String {{ String::new() }}
"
        );
        found(&LINT, &text).len()
    }

    #[test]
    fn questions_that_are_followed_by_an_insert() {
        for body in [
            "if !self.m.contains_key(k) { self.m.insert(k.into(), Arc::default()); }",
            "if self.m.contains_key(k) {} else { self.m.insert(k.into(), Arc::default()); }",
            "if self.m.contains_key(k) { return Ok(()); } self.m.insert(k.into(), Arc::default());",
            "let is_new = !self.m.contains_key(k); if is_new { self.m.insert(k.into(), Arc::default()); }",
            "match self.m.get(k) { Some(_) => {} None => { self.m.insert(k.into(), Arc::default()); } }",
            "let found = self.m.get(k).map(|it| it.clone()); if found.is_none() { self.m.insert(k.into(), Arc::default()); }",
            "let Some(_) = self.find(k) else { self.m.insert(k.into(), Arc::default()); return Ok(()); };",
            "if !self.has(k) { self.m.insert(k.into(), Arc::default()); }",
            "if !self.m.contains_key(k) { self.put(k); }",
            "if self.named(n) { return Err(()); } self.c.write().unwrap().insert(n, made());",
            "if let Some(it) = self.m.get(k) { *it.lock().unwrap() = 2; } else { self.m.insert(k.into(), Arc::default()); }",
            "if self.sessions.get(&n).is_none() { let it: Session = made(); self.sessions.insert(n, it.clone()); give(it); }",
            "if self.sessions.get(&n).is_none() { let it: Session = made(); self.sessions.insert(n, it); } let one = self.sessions.get(&n).map(|it| it.clone());",
            "if self.ends.get(&n).is_none() { self.ends.insert(n, made()); }",
            "if self.lists.get(&n).is_none() { self.lists.insert(n, made()); } self.lists.get_mut(&n);",
            "if self.seen.get(&n).is_none() { self.seen.insert(n, 1); } *self.seen.get_mut(&n).unwrap() += 2;",
            "if scc.contains_sync(&n) { return Err(()); } scc.upsert_sync(n, made());",
            "let id = n; if self.d.contains_key(&id) { return Err(()); } self.d.insert(id, made());",
            "if !self.d.contains_key(&n) { self.used.fetch_add(1); self.d.insert(n, made()); } if self.used.load() == 2 {}",
            "if !self.d.contains_key(&n) { let id = self.next.fetch_add(1); self.d.insert(n, made()); }",
            "let mut w = self.w.lock().unwrap(); let c = self.c.read().unwrap(); if c.contains_key(&n) { return Err(()); } drop(c); w.insert(n); drop(w); self.c.write().unwrap().insert(n, made());",
            "if self.named(n) { let _ = self.c.read().unwrap()[&n].len(); }",
        ] {
            assert_eq!(count(body), 1, "{body}");
        }
    }

    #[test]
    fn what_is_no_race_or_loses_nothing() {
        for body in [
            "self.m.entry(k.into()).or_default();",
            "if !self.m.contains_key(k) { self.m.entry(k.into()).or_default(); }",
            "if !self.m.contains_key(k) { self.m.insert(\"other\".into(), Arc::default()); }",
            "if !self.m.contains_key(k) && self.m.insert(k.into(), Arc::default()).is_some() { return Err(()); }",
            "let gate = self.gate.lock(); if !self.m.contains_key(k) { self.m.insert(k.into(), Arc::default()); } drop(gate);",
            "if self.c.read().unwrap().get(&n).is_none() { self.c.write().unwrap().insert(n, made()); }",
            "let mut c = self.c.write().unwrap(); if !c.contains_key(&n) { c.insert(n, made()); }",
            "if self.named(n) { return Err(()); } let mut c = self.c.write().unwrap(); if !c.contains_key(&n) { c.insert(n, made()); }",
            // What is in the map alone is lost with no more than its last state.
            "if self.sessions.get(&n).is_none() { let it: Session = made(); self.sessions.insert(n, it); }",
            "if self.hits.get(&n).is_none() { self.hits.insert(n, Default::default()); } self.plain.get_mut(&n);",
            "if self.plain.get(&n).is_none() { self.plain.insert(n, Plain { at: n }); } self.plain.get_mut(&n);",
            "if self.seen.get(&n).is_none() { self.seen.insert(n, 1); } *self.seen.get_mut(&n).unwrap() = 2;",
            // The last one is kept whoever comes first.
            "if let Some(mut it) = self.m.get_mut(k) { *it = Arc::default(); } else { self.m.insert(k.into(), Arc::default()); }",
            // Who comes meanwhile finds the key among those that are waited for.
            "let mut w = self.w.lock().unwrap(); let c = self.c.read().unwrap(); if c.contains_key(&n) { return Err(()); } w.insert(n); drop(c); drop(w); self.c.write().unwrap().insert(n, made());",
            "let id = self.next.fetch_add(1); if self.d.contains_key(&id) { return Err(()); } self.d.insert(id, made());",
            "if scc.contains_sync(&n) { return Err(()); } let _ = scc.insert_sync(n, made());",
            "if !self.d.contains_key(&n) { self.next.fetch_add(1); self.d.insert(n, made()); }",
            "let m = dashmap::DashMap::new(); if !m.contains_key(k) { m.insert(k, Arc::new(Mutex::new(1))); }",
        ] {
            assert_eq!(count(body), 0, "{body}");
        }
    }

    #[test]
    fn an_if_that_only_inserts_becomes_an_entry() {
        let text = "
use std::sync::{Arc, Mutex};
struct Locks { by_name: dashmap::DashMap<String, Arc<Mutex<u64>>> }
impl Locks {
    fn make(&self, name: &str) {
        if !self.by_name.contains_key(name) {
            // a lock of its own
            self.by_name.insert(name.to_string(), Arc::new(Mutex::new(1)));
        }
    }
}
";
        let fixed = fixed(&LINT, text).expect("a fix");
        let entry = "        // a lock of its own\n        self.by_name.entry(name.to_string()).or_insert_with(|| Arc::new(Mutex::new(1)));\n    }";
        assert!(fixed.contains(entry), "{fixed}");
    }

    /// A body that inserts into a map `m` of locks under `k`, with its first fix.
    fn fixed_body(body: &str) -> Option<String> {
        let text = |body: &str| {
            format!(
                "
use std::sync::{{Arc, Mutex}};
struct S {{ m: dashmap::DashMap<u64, Arc<Mutex<u64>>>, n: Mutex<u64> }}
impl S {{ fn f(&self, k: u64) {{ {body} }} }}
fn made(k: &u64) -> Arc<Mutex<u64>> {{ Arc::default() }}
"
            )
        };
        assert_eq!(found(&LINT, &text(body)).len(), 1, "{body}");
        let fixed = fixed(&LINT, &text(body))?;
        let (before, after) = text("|").split_once('|').map(|(a, b)| (a.len(), b.len())).expect("a mark");
        Some(fixed[before..fixed.len() - after].to_string())
    }

    #[test]
    fn where_more_is_done_or_the_value_needs_the_key_the_first_value_stays() {
        for (body, better) in [
            (
                "if !self.m.contains_key(&k) { println!(); self.m.insert(k, Arc::default()); }",
                "if !self.m.contains_key(&k) { println!(); self.m.entry(k).or_insert(Arc::default()); }",
            ),
            (
                "if !self.m.contains_key(&k) && k > 1 { self.m.insert(k, Arc::new(Mutex::new(k))); }",
                "if !self.m.contains_key(&k) && k > 1 { self.m.entry(k).or_insert(Arc::new(Mutex::new(k))); }",
            ),
            (
                "let new = Arc::default(); if self.m.get(&k).is_none() { self.m.insert(k, new); } else { println!(); }",
                "let new = Arc::default(); if self.m.get(&k).is_none() { self.m.entry(k).or_insert(new); } else { println!(); }",
            ),
        ] {
            assert_eq!(fixed_body(body).as_deref(), Some(better));
        }
    }

    #[test]
    fn no_fix_where_the_value_would_be_made_under_the_lock_or_who_comes_second_is_to_know() {
        for body in [
            "if !self.m.contains_key(&k) { self.m.insert(k, Arc::new(Mutex::new(self.m.len() as u64))); }",
            "if !self.m.contains_key(&k) { self.m.insert(k, Arc::new(Mutex::new(*self.n.lock().unwrap()))); }",
            "if !self.m.contains_key(&k) { self.m.insert(k, { if k == 1 { return; } Arc::default() }); }",
            "if self.m.contains_key(&k) { let no: Result<(), ()> = Err(()); return; } self.m.insert(k, Arc::default());",
        ] {
            assert_eq!(fixed_body(body), None, "{body}");
        }
    }

    #[test]
    fn a_slot_that_is_asked_and_filled_under_two_guards() {
        let text = "
use tokio::sync::Mutex;
struct Agent;
struct S { agent: Mutex<Option<Agent>>, gate: Mutex<()> }
async fn make() -> Agent { tokio::task::yield_now().await; Agent }
impl S {
    async fn left(&self, ready: bool) {
        {
            let agent = self.agent.lock().await;
            if agent.is_some() || ready { return; }
        }
        let mut agent = self.agent.lock().await;
        *agent = Some(make().await);
    }
    async fn within(&self) {
        if self.agent.lock().await.is_none() { let made = make().await; *self.agent.lock().await = Some(made); }
    }
    async fn again(&self) {
        if self.agent.lock().await.is_some() { return; }
        let mut agent = self.agent.lock().await;
        if agent.is_some() { return; }
        *agent = Some(make().await);
    }
    async fn once(&self) {
        let mut agent = self.agent.lock().await;
        if agent.is_none() { *agent = Some(make().await); }
    }
    async fn gated(&self) {
        let _gate = self.gate.lock().await;
        if self.agent.lock().await.is_some() { return; }
        *self.agent.lock().await = Some(make().await);
    }
    async fn replaced(&self) {
        if self.agent.lock().await.is_none() { return; }
        *self.agent.lock().await = Some(make().await);
    }
    async fn alone(&mut self) {
        if self.agent.lock().await.is_some() { return; }
        *self.agent.lock().await = Some(make().await);
    }
}
";
        let found: Vec<_> = found(&LINT, text).into_iter().map(|it| it.item).collect();
        assert_eq!(found, ["S::left", "S::within"]);
    }
}
