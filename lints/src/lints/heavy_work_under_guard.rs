//! A guard is held while something large is serialised, compressed or hashed.
//!
//! ## Why
//!
//! Such work takes time in proportion to the data, milliseconds for a map of some size, and everybody who asks for the lock
//! waits for it. The lock is needed to read or change the map, not to turn it into text.
//!
//! It comes from status pages, metrics and periodic saves that turn a whole table into JSON.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::Mutex;
//!
//! struct Sessions {
//!     by_id: Mutex<HashMap<u64, String>>,
//! }
//!
//! impl Sessions {
//!     fn to_json(&self) -> String {
//!         serde_json::to_string(&*self.by_id.lock().unwrap()).unwrap_or_default()
//!     }
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::Mutex;
//!
//! struct Sessions {
//!     by_id: Mutex<HashMap<u64, String>>,
//! }
//!
//! impl Sessions {
//!     fn to_json(&self) -> String {
//!         let by_id = self.by_id.lock().unwrap().clone();
//!         serde_json::to_string(&by_id).unwrap_or_default()
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! Copy what is serialised, end the guard, and serialise the copy: a copy of the data takes less time than its text.
//! What goes into the map is serialised before the lock is taken. With `safe_map::SnapshotMap` a snapshot is
//! serialised, and nothing is locked or copied.
//!
//! ## Limits
//!
//! Reported is work on a map or collection that the guard itself protects, whole or a field of it, and under an exclusive
//! guard work in a loop, or on an argument, that has nothing to do with what is protected. Readers do not wait for a reader: under a
//! shared guard it is work on all of a map that other code of the workspace writes, since a writer waits for it, and the readers
//! behind the writer. Where what is protected is changed under the same guard the hold is there to keep change and work together,
//! and is left alone; so is work whose text is sent or written under the guard, which keeps the texts in order, and a line of a log.
//! A map that a loop in a loop over something else fills under its exclusive guard is told as `possible`.
//! In a callee the work must be on all that is protected or on a collection in it, not on one element.
//! A lock in a value that the function has to itself keeps nobody waiting. Putting a
//! collection in order, one entry's serialisation and a whole map's copy are left alone, and so are guards of async
//! locks. Where the guard is alive at a blocking call as well (the text is written to a file), `guard_across_blocking` says so.

use std::cell::OnceCell;

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, Expr, ExprKind, SelfKind};
use safe_map_analysis::flow::{Acquire, Guard, Held, Place, Step, Work};
use safe_map_analysis::knowledge::schema::{GuardClass, LockMode, TypeRole};
use safe_map_analysis::model::Model;
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::{EffectKind, Happening, Hop};
use safe_map_analysis::ty::{Mutability, Ty};

use crate::bodies::is_named;
use crate::brief::{Site, site};
use crate::contended::{is_contended, is_written};
use crate::fix::body_of;
use crate::ordered::{is_changed, is_given_away, is_logged};
use crate::private::is_own;
use crate::refilled::{Refilled, refilled};
use crate::scrutinee::Scrutinees;
use crate::story::{
    MAX_CHAIN, acquire_label, called, chain_labels, declaration_label, decodes, finding, lock_name, lock_path,
};
use crate::waiting::is_lent;
use crate::{Check, Confidence, Finding, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "heavy_work_under_guard",
    group: Group::Scope,
    level: Level::Warn,
    has_fix: false,
    merges_sites: true,
    source: include_str!("heavy_work_under_guard.rs"),
    check: Check::Contention(check),
};

/// Why the work is no work for this guard.
#[derive(Clone, PartialEq, Eq)]
enum Reason {
    /// It is done to all that the guard protects.
    Protected,
    /// It is done to this field of what the guard protects.
    Field(Name),
    /// It is done to a clone, in whose statement the guard is still alive.
    Clone,
    /// The same for something else that is made of what the guard protects.
    Made,
    /// It is done to something else, again and again or on the way into the map.
    Unrelated,
}

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let body = OnceCell::new();
    let scrutinees = OnceCell::new();
    let mut told: Vec<Span> = told_elsewhere(function);
    for happening in function.happenings() {
        let EffectKind::Work(work) = &happening.kind else { continue };
        if work.orders || happening.chain.len() > MAX_CHAIN {
            continue;
        }
        for held in &happening.held {
            let guard = function.flow.guard_at(held);
            let is_waited_for = is_waited_for(&guard.acquire, happening.event.span);
            if told.contains(&guard.acquire.span)
                || !is_waited_for
                || is_own(function, &guard.acquire)
                || !is_contended(function, &guard.acquire)
            {
                continue;
            }
            let Some(body) = body.get_or_init(|| body_of(function)) else { return };
            let Some(reason) = reason(function, body, &guard, &happening, work) else { continue };
            if is_meant(function, body, &guard, held, &happening, &reason) {
                continue;
            }
            let keeps = |it: &Scrutinees<'_>| it.keeper(held, happening.event.span).is_some();
            if scrutinees.get_or_init(|| Scrutinees::of(function)).as_ref().is_some_and(keeps) {
                continue;
            }
            told.push(guard.acquire.span);
            out.push(report(function, &guard, &happening, work, reason));
        }
    }
    let Some(body) = body.get_or_init(|| body_of(function)) else { return };
    let all = refilled(function, body).into_iter();
    out.extend(
        all.filter(|it| !told.contains(&it.guard.acquire.span)).map(|it| report_refilled(function, &it)),
    );
}

fn report_refilled(function: &FunctionView<'_>, refilled: &Refilled) -> Finding {
    let acquire = &refilled.guard.acquire;
    let name = lock_name(function, acquire);
    let message = format!("loops over something else fill {name} while it is locked");
    let mut finding = finding(function, LINT.name, refilled.insertion, message);
    finding.confidence = Confidence::Possible;
    finding.lock = lock_path(function, acquire);
    finding.labels.push(acquire_label(function, &refilled.guard));
    finding.labels.extend(declaration_label(function, acquire));
    finding.note = format!("everybody who asks for {name} waits for as long as there is something to put in");
    finding.help =
        "put what is new into a map of your own first, and swap the two or `extend` under the lock"
            .to_string();
    finding
}

/// The acquires of guards that are alive at a blocking call.
fn told_elsewhere(function: &FunctionView<'_>) -> Vec<Span> {
    let blocks = function.happenings().filter(|it| matches!(it.kind, EffectKind::Block(_)));
    let held = blocks.flat_map(|it| it.held);
    held.map(|it| function.flow.guard(it.guard).acquire.span).collect()
}

/// Whether the hold is needed: the work goes with a change of what is protected, its result goes out in the order of the
/// holds, or it is only a line of a log.
fn is_meant(
    function: &FunctionView<'_>,
    body: &Body,
    guard: &Guard,
    held: &Held,
    happening: &Happening<'_>,
    reason: &Reason,
) -> bool {
    let is_of_it = match reason {
        Reason::Protected | Reason::Field(_) | Reason::Clone => true,
        Reason::Made | Reason::Unrelated => false,
    };
    let span = happening.event.span;
    let is_alive = |at: Span| {
        at.contains(span) || guard.binding.is_some() && guard.ends.iter().all(|it| it.start >= at.end)
    };
    let is_in_callee =
        |it: Site<'_>| is_logged(&it.body, it.span) || is_given_away(&it.body, it.span, |_| true);
    !keeps_waiting(function, guard, reason)
        || is_of_it && is_changed(function, body, held.guard)
        || is_logged(body, span)
        || is_given_away(body, span, is_alive)
        || !happening.chain.is_empty() && site(function, happening).is_some_and(is_in_callee)
}

/// Whether others wait while the work is done. Readers do not wait for a reader; they do for a writer that waits for it, and
/// a lock around a map that is written again and again has those.
fn keeps_waiting(function: &FunctionView<'_>, guard: &Guard, reason: &Reason) -> bool {
    let is_map = || {
        let content = guard.acquire.lock.content.peel_refs();
        let role = function.model().role(content);
        let is_foreign_map =
            matches!(content, Ty::Foreign(path, _) if path.ends_with("Map") || path.ends_with("Set"));
        is_foreign_map || matches!(role, Some(TypeRole::Map | TypeRole::Collection))
    };
    match (guard.acquire.mode, reason) {
        (LockMode::Shared, Reason::Protected | Reason::Clone) => {
            is_map() && is_written(function, &guard.acquire)
        }
        (LockMode::Shared, _) => false,
        (LockMode::Exclusive | LockMode::Upgradable | LockMode::None, _) => true,
    }
}

/// Whether threads wait for the guard.
fn is_waited_for(acquire: &Acquire, event: Span) -> bool {
    let is_lock = matches!(acquire.lock.role, TypeRole::Lock | TypeRole::SharedMap);
    let blocks = matches!(acquire.class, GuardClass::Blocking | GuardClass::Spinning);
    let is_taken = acquire.mode != LockMode::None && !is_lent(acquire, event);
    is_lock && blocks && !acquire.lock.is_private && is_taken
}

fn reason(
    function: &FunctionView<'_>,
    body: &Body,
    guard: &Guard,
    happening: &Happening<'_>,
    work: &Work,
) -> Option<Reason> {
    let lock = &guard.acquire.lock.place;
    let below = work.subject.as_ref().filter(|it| it.is_below(lock));
    if let Some(subject) = below {
        let is_whole = !subject.path[lock.path.len()..].iter().any(|it| matches!(it, Step::Entry(_)));
        let is_all = happening.chain.is_empty() || is_all_of_it(function, guard, subject);
        let is_read = work.is_large
            && is_whole
            && is_all
            && grows(function.model(), &guard.acquire.lock.content)
            && !changes(function, happening);
        let rest = &subject.path[lock.path.len()..];
        let is_copy = rest.iter().any(|it| matches!(it, Step::Copy(_)));
        return is_read.then(|| match rest.iter().rev().find_map(field) {
            _ if is_copy => Reason::Clone,
            Some(field) => Reason::Field(field),
            None => Reason::Protected,
        });
    }
    let span = happening.event.span;
    let is_exclusive = guard.acquire.mode == LockMode::Exclusive;
    let is_here = happening.chain.is_empty() && !decodes(work);
    let is_loop = body.exprs.iter().any(|it| is_repeated(body, it, span, guard));
    let is_argument = work.is_large && guard.binding.is_none() && is_argument(body, guard, span);
    // A clone made in an argument: its guard is a temporary of the same statement.
    let is_made_here = span.contains(guard.acquire.span) && guard.binding.is_none();
    if work.is_large && is_made_here && is_here {
        match is_clone(body, guard, span) {
            true => return Some(Reason::Clone),
            false if is_exclusive => return Some(Reason::Made),
            false => {}
        }
    }
    (is_exclusive && is_here && (is_loop || is_argument)).then_some(Reason::Unrelated)
}

/// Whether a callee works on the whole of what is protected, a clone of it, or a collection that is a field of it.
fn is_all_of_it(function: &FunctionView<'_>, guard: &Guard, subject: &Place) -> bool {
    let acquire = &guard.acquire;
    let fields = subject.path[acquire.lock.place.path.len()..].iter();
    let mut fields = fields.filter(|it| !matches!(it, Step::Inside | Step::Copy(_)));
    let Some(first) = fields.next() else { return true };
    let Some(name) = field(first).filter(|_| fields.next().is_none()) else { return false };
    let Ty::Adt(id, _) = acquire.lock.content.peel_refs() else { return false };
    let model = function.model();
    model.adt_fields(*id).iter().any(|it| it.name == name && is_collection(model, &it.ty))
}

fn is_collection(model: &Model, ty: &Ty) -> bool {
    matches!(model.role(ty), Some(TypeRole::Map | TypeRole::SharedMap | TypeRole::Collection))
}

/// Whether a value is as large as what was put into it: a collection, a text, or a struct that has one. A type that is not
/// known may be.
fn grows(model: &Model, ty: &Ty) -> bool {
    match ty.peel_refs() {
        Ty::Adt(id, _) => {
            model.adt_fields(*id).iter().any(|it| is_collection(model, &it.ty) || it.ty.is_unknown())
        }
        Ty::Prim(name) => *name == "str",
        _ => true,
    }
}

fn field(step: &Step) -> Option<Name> {
    match step {
        Step::Field(name) | Step::Handle(name) => Some(name.clone()),
        Step::Inside | Step::Entry(_) | Step::Call(..) | Step::Copy(_) => None,
    }
}

/// Whether what is worked on is a clone, made from the guard within `event`.
fn is_clone(body: &Body, guard: &Guard, event: Span) -> bool {
    body.exprs.iter().filter(|it| event.contains(it.span)).any(|it| match &it.kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            method == "clone" && body.expr(*receiver).span.contains(guard.acquire.span)
        }
        _ => false,
    })
}

/// Whether the function through which the work is reached changes what is protected on the way.
fn changes(function: &FunctionView<'_>, happening: &Happening<'_>) -> bool {
    let changes = |hop: &Hop| {
        let sig = function.model().signature(hop.function);
        let is_changed = |it: &Ty| matches!(it, Ty::Ref(Mutability::Mut, _));
        sig.self_kind == Some(SelfKind::RefMut) || sig.params.iter().any(is_changed)
    };
    happening.chain.iter().any(changes)
}

/// Whether a loop that goes over something else than what is protected does the work under the guard.
fn is_repeated(body: &Body, expr: &Expr, event: Span, guard: &Guard) -> bool {
    let (head, turns) = match &expr.kind {
        ExprKind::For { iter, body, .. } => (*iter, *body),
        ExprKind::While { cond, body, .. } => (*cond, *body),
        _ => return false,
    };
    let (head, turns) = (body.expr(head).span, body.expr(turns).span);
    let names_guard = guard.binding.as_ref().is_some_and(|(name, _)| is_named(body, head, name));
    let acquire = guard.acquire.span;
    turns.contains(event) && !turns.contains(acquire) && !head.contains(acquire) && !names_guard
}

/// Whether the work is done in an argument of a call on the guard: `m.lock().insert(k, encode(v))`.
fn is_argument(body: &Body, guard: &Guard, event: Span) -> bool {
    body.exprs.iter().any(|it| match &it.kind {
        ExprKind::MethodCall { receiver, args, .. } => {
            body.expr(*receiver).span.contains(guard.acquire.span)
                && args.iter().any(|arg| body.expr(*arg).span.contains(event))
        }
        _ => false,
    })
}

fn report(
    function: &FunctionView<'_>,
    guard: &Guard,
    happening: &Happening<'_>,
    work: &Work,
    reason: Reason,
) -> Finding {
    let name = lock_name(function, &guard.acquire);
    let through = called(function, happening).map(|it| format!(" in `{it}`")).unwrap_or_default();
    let what = format!("`{}`{through} runs", work.what);
    let message = match &reason {
        Reason::Protected => format!("{what} over all that {name} protects while it is locked"),
        Reason::Field(field) => format!("{what} over `{field}`, which {name} protects, while it is locked"),
        Reason::Clone => format!("{what} over a clone of what {name} protects while it is still locked"),
        Reason::Made => format!("{what} over what is made of {name} while it is still locked"),
        Reason::Unrelated => format!("{what} while {name} is locked for writing"),
    };
    let mut finding = finding(function, LINT.name, happening.event.span, message);
    finding.confidence = Confidence::Likely;
    finding.lock = lock_path(function, &guard.acquire);
    finding.labels.push(acquire_label(function, guard));
    finding.labels.extend(chain_labels(function, happening, &format!("`{}` runs here", work.what)));
    finding.labels.extend(declaration_label(function, &guard.acquire));
    let why = match (&reason, &guard.binding) {
        (Reason::Protected | Reason::Field(_), _) => "it takes time in proportion to the data",
        (Reason::Clone | Reason::Made, None) => "the guard is a temporary of this statement",
        (Reason::Clone | Reason::Made, Some(_)) | (Reason::Unrelated, _) => "the work does not need the lock",
    };
    finding.note = format!("{why}, and everybody who asks for {name} waits for it");
    finding.help = help(&reason, guard);
    finding
}

fn help(reason: &Reason, guard: &Guard) -> String {
    let words = match (reason, &guard.binding) {
        (Reason::Protected | Reason::Field(_), _) => {
            "clone the data, end the guard, and work on the clone; a snapshot of `safe_map::SnapshotMap` needs \
             neither lock nor clone"
        }
        (Reason::Clone | Reason::Made, Some((name, _))) => return format!("end `{name}` before the work"),
        (Reason::Clone, None) => {
            "give the clone a `let` of its own: the guard ends there, and the work needs no lock"
        }
        (Reason::Made, None) => {
            "take what is needed out in a `let` of its own, cloned where it borrows: the guard ends there"
        }
        (Reason::Unrelated, _) => {
            "do the work before the lock is taken, and only store its result under the guard"
        }
    };
    words.to_string()
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::{check, found};

    #[test]
    fn the_protected_map_is_serialised() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::Mutex};
struct Sessions { by_id: Mutex<HashMap<u64, String>> }
//                ----- declaration: declared here
impl Sessions {
    fn json(&self) -> String {
        serde_json::to_string(&*self.by_id.lock().unwrap()).unwrap()
//      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ heavy_work_under_guard
//                              ----------------- acquire: a temporary
    }
    fn named(&self) -> Vec<u8> {
        let by_id = self.by_id.lock().unwrap();
        serde_json::to_vec(&*by_id).unwrap()
//      ^^^^^^^^^^^^^^^^^^^^^^^^^^^ heavy_work_under_guard
    }
}
",
        );
    }

    #[test]
    fn the_field_of_a_serialize_impl() {
        check(
            &LINT,
            "
use serde::{Serialize, Serializer, ser::SerializeMap};
use std::{collections::HashMap, sync::RwLock};
struct Sessions { by_id: RwLock<HashMap<u64, String>>, count: RwLock<u64> }
impl Serialize for Sessions {
    fn serialize<S>(&self, serializer: S) -> Result<S::Ok, S::Error> where S: Serializer {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry(\"count\", &*self.count.read().unwrap())?;
        map.serialize_entry(\"by_id\", &*self.by_id.read().unwrap())?;
//      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ heavy_work_under_guard
        map.end()
    }
}
fn add(it: &Sessions, id: u64) { it.by_id.write().unwrap().insert(id, String::new()); }
",
        );
    }

    #[test]
    fn the_words_name_what_is_worked_on() {
        let text = "
use std::{collections::HashMap, sync::Mutex};
#[derive(Clone, serde::Serialize)]
struct State { jobs: HashMap<u64, String> }
struct S { state: Mutex<State>, names: Mutex<HashMap<u64, String>> }
fn f(it: &S) {
    serde_json::to_string(&it.names.lock().unwrap().clone());
    serde_json::to_string(&it.names.lock().unwrap().values().cloned().collect::<Vec<String>>());
    serde_json::to_string(&it.state.lock().unwrap().clone());
    let state = it.state.lock().unwrap();
    serde_json::to_string(&state.jobs);
}
";
        let found = found(&LINT, text);
        let messages: Vec<&str> = found.iter().map(|it| it.message.as_str()).collect();
        let want = [
            "`to_string` runs over a clone of what `names` protects while it is still locked",
            "`to_string` runs over what is made of `names` while it is still locked",
            "`to_string` runs over a clone of what `state` protects while it is still locked",
            "`to_string` runs over `jobs`, which `state` protects, while it is locked",
        ];
        assert_eq!(messages, want);
        assert!(found[0].help.starts_with("give the clone a `let`"), "{}", found[0].help);
    }

    #[test]
    fn a_value_that_nobody_else_has() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::{Arc, Mutex}};
struct Report { hashes: Mutex<HashMap<u64, String>> }
impl Report { fn load() -> Report { Report { hashes: Mutex::default() } } }
fn owned() -> String {
    let report = Report::load();
    serde_json::to_string(&*report.hashes.lock().unwrap()).unwrap()
}
fn moved(report: Report) -> String { serde_json::to_string(&*report.hashes.lock().unwrap()).unwrap() }
fn alone(report: &mut Report) -> String { serde_json::to_string(&*report.hashes.lock().unwrap()).unwrap() }
fn shared(report: &Report) -> String {
    serde_json::to_string(&*report.hashes.lock().unwrap()).unwrap()
//  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ heavy_work_under_guard
}
fn handle(report: Option<Arc<Report>>) -> Option<String> {
    let report = report?;
    serde_json::to_string(&*report.hashes.lock().unwrap()).ok()
//  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ heavy_work_under_guard
}
fn lent() {
    let report = Report::load();
    std::thread::scope(|s| {
        s.spawn(|| report.hashes.lock().unwrap().clear());
        serde_json::to_string(&*report.hashes.lock().unwrap()).unwrap();
//      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ heavy_work_under_guard
    });
}
",
        );
    }

    #[test]
    fn work_that_has_nothing_to_do_with_the_map() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::Mutex};
struct Store { texts: Mutex<HashMap<u64, String>> }
fn save(store: &Store, all: Vec<(u64, Vec<u32>)>, one: &Vec<u32>) {
    let mut texts = store.texts.lock().unwrap();
    for (id, item) in all {
        texts.insert(id, serde_json::to_string(&item).unwrap());
//                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ heavy_work_under_guard
    }
    drop(texts);
    store.texts.lock().unwrap().insert(1, serde_json::to_string(&one).unwrap());
//                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^ heavy_work_under_guard
}
",
        );
    }

    #[test]
    fn copies_entries_orders_and_texts_made_before_are_silent() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::Mutex};
struct Store { texts: Mutex<HashMap<u64, Vec<u64>>>, once: std::sync::OnceLock<String> }
fn f(store: &Store, all: Vec<(u64, Vec<u64>)>) -> String {
    let copy = store.texts.lock().unwrap().clone();
    let text = serde_json::to_string(&copy).unwrap();
    let one = serde_json::to_string(store.texts.lock().unwrap().get(&1).unwrap());
    let texts = store.texts.lock().unwrap();
    let mut ids: Vec<u64> = texts.keys().copied().collect();
    ids.sort();
    drop(texts);
    store.once.get_or_init(|| serde_json::to_string(&copy).unwrap());
    text
}
async fn asynchronous(texts: &tokio::sync::Mutex<HashMap<u64, String>>) -> String {
    serde_json::to_string(&*texts.lock().await).unwrap()
}
",
        );
    }

    #[test]
    fn a_text_that_is_written_to_a_file_under_the_guard_is_told_elsewhere() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::Mutex};
fn save(texts: &Mutex<HashMap<u64, String>>) {
    let texts = texts.lock().unwrap();
    std::fs::write(\"texts\", serde_json::to_string(&*texts).unwrap()).unwrap();
}
",
        );
    }

    #[test]
    fn readers_do_not_wait_for_a_reader() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::RwLock};
#[derive(serde::Serialize)]
struct Frame { names: Vec<String>, rows: HashMap<u64, String> }
struct Store { fixed: RwLock<HashMap<u64, String>>, frame: RwLock<Frame>, hot: RwLock<HashMap<u64, String>> }
impl Store {
    fn fixed(&self) -> String { serde_json::to_string(&*self.fixed.read().unwrap()).unwrap() }
    fn frame(&self) -> String { serde_json::to_string(&*self.frame.read().unwrap()).unwrap() }
    fn rows(&self) -> String { serde_json::to_string(&self.frame.read().unwrap().rows).unwrap() }
    fn hot(&self) -> String { serde_json::to_string(&*self.hot.read().unwrap()).unwrap() }
//                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ heavy_work_under_guard
    fn names(&self) -> String {
        let hot = self.hot.read().unwrap();
        serde_json::to_string(&hot.keys().collect::<Vec<_>>()).unwrap()
    }
    fn write(&self) {
        self.frame.write().unwrap().names.clear();
        self.hot.write().unwrap().clear();
    }
}
",
        );
    }

    #[test]
    fn a_change_and_the_text_of_it_go_together() {
        check(
            &LINT,
            "
use std::{collections::{HashMap, HashSet}, sync::Mutex};
#[derive(Clone, serde::Serialize)]
struct Paths { managed: HashSet<String>, version: u64 }
impl Paths { fn grow(&mut self) { self.version += 1; } }
struct Store { paths: Mutex<Paths>, texts: Mutex<HashMap<u64, String>>, slot: Mutex<Option<Paths>> }
fn text(paths: &Paths) -> String { serde_json::to_string(&paths.managed).unwrap() }
impl Store {
    fn register(&self, path: String) -> String {
        let mut paths = self.paths.lock().unwrap();
        paths.managed.insert(path);
        text(&paths)
    }
    fn collect(&self, gone: &[String]) -> String {
        let mut paths = self.paths.lock().unwrap();
        let managed = &mut paths.managed;
        for it in gone { managed.remove(it); }
        serde_json::to_string(&*paths).unwrap()
    }
    fn merge(&self) -> Option<String> {
        let Some(paths) = &mut *self.slot.lock().unwrap() else { return None };
        let text = serde_json::to_string(&paths.clone()).ok();
        paths.version = 1;
        text
    }
    fn read(&self) -> String {
        let paths = self.paths.lock().unwrap();
        text(&paths)
//      ^^^^^^^^^^^^ heavy_work_under_guard
    }
}
",
        );
    }

    #[test]
    fn a_text_that_goes_out_under_the_guard_keeps_its_place() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::{Mutex, mpsc::Sender}};
struct Store { texts: Mutex<HashMap<u64, String>>, out: Sender<String> }
fn save(texts: &HashMap<u64, String>) { std::fs::write(\"texts\", serde_json::to_string(texts).unwrap()).unwrap(); }
fn put(texts: &HashMap<u64, String>, out: &dyn Fs) { out.atomic_write(\"texts\", serde_json::to_string(texts).unwrap()); }
trait Fs { fn atomic_write(&self, path: &str, text: String); }
impl Store {
    fn send(&self) {
        let texts = self.texts.lock().unwrap();
        let text = serde_json::to_string(&*texts).unwrap();
        self.out.send(text).unwrap();
    }
    fn send_later(&self) {
        let texts = self.texts.lock().unwrap();
        let text = serde_json::to_string(&*texts).unwrap();
//                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ heavy_work_under_guard
        drop(texts);
        self.out.send(text).unwrap();
    }
    fn save(&self) {
        let texts = self.texts.lock().unwrap();
        save(&texts);
    }
    fn put(&self, fs: &dyn Fs) { put(&self.texts.lock().unwrap(), fs); }
}
",
        );
    }

    #[test]
    fn one_element_in_a_callee_and_a_line_of_a_log() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::Mutex};
#[derive(serde::Serialize)]
struct Node { options: HashMap<String, String>, names: Vec<String> }
struct Arena { nodes: Vec<Node> }
impl Arena { fn get(&self, at: usize) -> &Node { &self.nodes[at] } }
struct Store { arena: Mutex<Arena>, one: Mutex<Node>, plain: Mutex<Outer> }
struct Outer { node: Node, nodes: Vec<Node> }
fn text(node: &Node) -> String { serde_json::to_string(&node.options).unwrap() }
fn texts(nodes: &Vec<Node>) -> String { serde_json::to_string(nodes).unwrap() }
fn shown(node: &Node) { if node.names.is_empty() { tracing::info!(\"{}\", serde_json::to_string(node).unwrap()); } }
impl Store {
    fn element(&self) -> String {
        let arena = self.arena.lock().unwrap();
        text(arena.get(1))
    }
    fn plain(&self) -> String {
        let plain = self.plain.lock().unwrap();
        text(&plain.node)
    }
    fn all(&self) -> String {
        let plain = self.plain.lock().unwrap();
        texts(&plain.nodes)
//      ^^^^^^^^^^^^^^^^^^^ heavy_work_under_guard
    }
    fn logged(&self) {
        let one = self.one.lock().unwrap();
        println!(\"{}\", serde_json::to_string(&*one).unwrap());
        shown(&one);
    }
}
",
        );
    }

    #[test]
    fn loops_in_loops_fill_the_map() {
        let text = "
use std::{collections::HashMap, sync::{Arc, RwLock}};
fn nested(slots: &Arc<RwLock<HashMap<u64, String>>>, schedule: &HashMap<String, Vec<u64>>) {
    let mut slots = slots.write().unwrap();
    for (name, all) in schedule.iter() {
        for slot in all.iter() { slots.insert(*slot, name.clone()); }
    }
}
fn once(slots: &RwLock<HashMap<u64, String>>, all: &[u64]) {
    let mut slots = slots.write().unwrap();
    for slot in all { slots.insert(*slot, String::new()); }
}
fn counted(slots: &RwLock<HashMap<u64, String>>, all: &[u64]) {
    let mut slots = slots.write().unwrap();
    for slot in all { for n in 0..2 { slots.insert(slot + n, String::new()); } }
}
fn of_itself(slots: &RwLock<HashMap<u64, Vec<u64>>>, all: &[u64]) {
    let mut slots = slots.write().unwrap();
    for key in slots.keys().copied().collect::<Vec<_>>() { for n in all { slots.entry(key).or_default().push(*n); } }
}
fn turn_by_turn(slots: &RwLock<HashMap<u64, String>>, schedule: &[Vec<u64>]) {
    for all in schedule {
        let mut slots = slots.write().unwrap();
        for slot in all.iter() { slots.insert(*slot, String::new()); }
    }
}
";
        let found: Vec<_> = found(&LINT, text).into_iter().map(|it| it.item).collect();
        assert_eq!(found, ["nested"]);
    }
}
