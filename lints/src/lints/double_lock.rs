//! A lock is taken again while a conflicting guard of it is alive: in the same function, or in one that it calls.
//!
//! ## Why
//!
//! No lock here can be taken twice by one thread: the second acquire waits for the first guard, and that guard waits for
//! the second acquire. It hangs the first time the line is reached, or, with a sharded map and two keys, the first time
//! the keys meet in one shard. A `RefCell` panics instead. The first guard is often invisible: a temporary in a `match`
//! scrutinee, in an argument, or on the other side of an assignment lives to the end of the statement.
//!
//! It comes from caches that fill in the `None` arm what the scrutinee did not find, and from methods that lock and call a second
//! method of their type, which locks too.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::RwLock;
//!
//! struct Cache {
//!     entries: RwLock<HashMap<u64, String>>,
//! }
//!
//! impl Cache {
//!     fn get_or_load(&self, id: u64) -> String {
//!         match self.entries.read().unwrap().get(&id) {
//!             Some(found) => found.clone(),
//!             // the read guard of the scrutinee is still alive
//!             None => self.entries.write().unwrap().entry(id).or_default().clone(),
//!         }
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
//! struct Cache {
//!     entries: RwLock<HashMap<u64, String>>,
//! }
//!
//! impl Cache {
//!     fn get_or_load(&self, id: u64) -> String {
//!         let found = self.entries.read().unwrap().get(&id).cloned();
//!         match found {
//!             Some(found) => found,
//!             None => self.entries.write().unwrap().entry(id).or_default().clone(),
//!         }
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! End the first guard before the second acquire: bind what is needed with a `let` of its own, or use the first guard
//! for both. For a map, one call does both: `entry(k).or_insert_with(..)`, or `safe_map::ShardedMap::get_or_insert_with` and
//! `upsert`, which hand out no guard that could be alive. Where nothing needs the first guard any more, nor
//! what was read or decided under it, the fix drops it.
//!
//! ## Limits
//!
//! What a value's `Drop` takes counts where the value goes away, an early way out by `?` included, where locals go in reverse order of
//! declaration. If it takes a lock of the same declaration through a handle, the finding is `possible`.
//!
//! A callee that takes the lock on some paths only is `possible`, and shown to who asks: which way it goes often depends on what it
//! is given. Where only a `?` or a panic is in between it is `likely`.
//! A guard that only some paths have, and a second acquire in a branch behind it, are taken for two sides of one condition.
//!
//! Two shared acquires are another matter (they hang only when a writer waits between them) and are not reported here,
//! nor is a second acquire that only tries. The two acquires must name the same lock: same root, same fields, and for
//! elements of a collection the same key. Through a call, the callee must be a function of the workspace, and its lock
//! must have a name here: a field, a static, or a parameter. clippy's `if_let_mutex` knows one of these shapes, for `Mutex`.

use safe_map_analysis::FunctionView;
use safe_map_analysis::flow::{Acquire, Decl, Event, EventKind, Guard, Held, Step};
use safe_map_analysis::knowledge::schema::{GuardClass, LockMode, Locking, Op, TypeRole};
use safe_map_analysis::summary::{EffectKind, Happening};

use crate::correlated::{is_filled, may_exclude};
use crate::decided::depends_on;
use crate::fix::{MAX_FIXED, end_before};
use crate::remove_if::remove_if;
use crate::story::{
    acquire_label, called, chain_labels, declaration_label, finding, is_far_fetched, lock_name, lock_path,
    verdict,
};
use crate::{Check, Confidence, Finding, Fix, Group, Level, Lint};

use super::delete_during_iteration::deletes;
use super::insert_during_iteration::inserts;
use crate::iterating::iterates;

pub(crate) static LINT: Lint = Lint {
    name: "double_lock",
    group: Group::Deadlock,
    level: Level::Deny,
    has_fix: true,
    merges_sites: false,
    source: include_str!("double_lock.rs"),
    check: Check::Function(check),
};

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let mut reported = Vec::new();
    for happening in function.happenings() {
        let EffectKind::Acquire(second) = &happening.kind else { continue };
        let span = happening.event.span;
        if second.is_try
            || second.lock.place.is_unnamed() && !is_drop(&happening)
            || is_far_fetched(&happening)
            || reported.contains(&span)
        {
            continue;
        }
        let Some((held, confidence)) = conflict(function, &happening, second) else { continue };
        let first = function.flow.guard_at(held);
        if is_change(function, happening.event, second, &first) {
            continue;
        }
        reported.push(span);
        let mut finding = report(function, &happening, second, &first, confidence);
        if reported.len() <= MAX_FIXED {
            finding.fixes.extend(fix(function, held, &happening));
        }
        out.push(finding);
    }
}

/// One step where the entry is only looked at to be removed; else the first guard ends before the second acquire.
fn fix(function: &FunctionView<'_>, held: &Held, happening: &Happening<'_>) -> Option<Fix> {
    let span = happening.event.span;
    let in_one = || remove_if(function, function.flow.guard_at(held).acquire.span, span);
    let in_one = happening.chain.is_empty().then(in_one).flatten();
    in_one.or_else(|| {
        // Between the two anybody could come in and make what was seen untrue.
        let is_old = depends_on(function, held, span);
        (!is_old).then(|| end_before(function, held, span, "the second acquire"))?
    })
}

/// The surest conflict among the guards that are alive.
fn conflict<'a>(
    function: &FunctionView<'_>,
    happening: &'a Happening<'_>,
    second: &Acquire,
) -> Option<(&'a Held, Confidence)> {
    let alive = happening.held_in_place().map(|held| (held, function.flow.guard_at(held)));
    let conflicts = alive.filter(|(held, guard)| {
        let is_met =
            conflicts(&guard.acquire, second) || leads_back(function, happening, &guard.acquire, second);
        is_met
            && !may_exclude(function, guard, held.maybe, happening.event.span)
            && !is_filled(function, guard, happening)
    });
    let rated =
        conflicts.map(|(held, guard)| (held, confidence(happening, &guard.acquire, second, held.maybe)));
    rated.reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// Whether the second of two acquires waits for the first. A cell that is filled once, asked for through a guard that was given,
/// is in what the guard protects.
fn conflicts(first: &Acquire, second: &Acquire) -> bool {
    let is_inside = first.is_given && second.lock.role == TypeRole::Layer;
    waits(first, second) && first.lock.place == second.lock.place && !is_inside
}

/// Whether what goes away has a handle to what owns a lock of the same declaration, and takes it: most often the very lock.
fn leads_back(
    function: &FunctionView<'_>,
    happening: &Happening<'_>,
    first: &Acquire,
    second: &Acquire,
) -> bool {
    let by_handle = || second.lock.place.path.iter().any(|it| matches!(it, Step::Handle(_)));
    let Some(decl) = first.lock.decl.as_ref().filter(|it| second.lock.decl.as_ref() == Some(it)) else {
        return false;
    };
    is_drop(happening) && by_handle() && waits(first, second) && !is_of_wrapper(function, decl)
}

/// Whether a lock is the field of a generic wrapper around whatever it protects: its declaration tells no two of them apart.
fn is_of_wrapper(function: &FunctionView<'_>, decl: &Decl) -> bool {
    let Decl::Field(owner, name) = decl else { return false };
    let fields = function.model().adt_fields(*owner);
    fields.iter().any(|it| it.name == *name && it.ty.is_open())
}

fn is_drop(happening: &Happening<'_>) -> bool {
    matches!(&happening.event.kind, EventKind::Call(call) if call.is_drop)
}

/// Whether the second of two acquires of one lock waits for the first.
fn waits(first: &Acquire, second: &Acquire) -> bool {
    let reentrant = first.recursive && second.recursive && first.mode == LockMode::Exclusive;
    let waits = match (first.mode, second.mode) {
        (LockMode::None, _) | (_, LockMode::None) => false,
        (LockMode::Exclusive, _) | (_, LockMode::Exclusive) => true,
        (LockMode::Upgradable, LockMode::Upgradable) => true,
        // An upgradable guard of spin keeps new readers out.
        (LockMode::Upgradable, LockMode::Shared) => first.class == GuardClass::Spinning,
        (LockMode::Shared, LockMode::Shared | LockMode::Upgradable) => false,
    };
    waits && !reentrant && first.class != GuardClass::Free
}

/// Certain where the same thing is locked on every path; two keys of a sharded map meet only sometimes. Whether a callee goes
/// the way to the lock depends on what it is given, and whether it is called at all on what is known before.
fn confidence(happening: &Happening<'_>, first: &Acquire, second: &Acquire, maybe: bool) -> Confidence {
    let is_of_callee = !happening.chain.is_empty();
    if !happening.is_usual || maybe && is_of_callee || first.lock.place != second.lock.place {
        return Confidence::Possible;
    }
    match always_meets(first, second) && !maybe && happening.is_sure {
        true => Confidence::Certain,
        false => Confidence::Likely,
    }
}

/// Whether the second of two acquires of one map or lock asks for what the first has, whatever the keys are.
fn always_meets(first: &Acquire, second: &Acquire) -> bool {
    let same_key = first.key.is_some() && first.key == second.key;
    first.lock.locking != Locking::Sharded || same_key || second.whole
}

/// Whether `delete_during_iteration` or `insert_during_iteration` tells this story: the second acquire changes what the first
/// one iterates.
fn is_change(function: &FunctionView<'_>, event: &Event, second: &Acquire, first: &Guard) -> bool {
    let changes = |op| deletes(op) || inserts(op);
    if iterates(first.acquire.op) && changes(second.op) {
        return true;
    }
    let EventKind::Acquire { guard: Some(guard), .. } = event.kind else { return false };
    let later = function.flow.events.iter().skip_while(|it| !std::ptr::eq(*it, event)).skip(1);
    let mut under = later.take_while(|it| it.held.iter().any(|held| held.guard == guard));
    under.any(|it| match &it.kind {
        EventKind::MapOp(map) => changes(map.op) && it.iterating.iter().any(|(path, _)| *path == map.place),
        _ => false,
    })
}

fn report(
    function: &FunctionView<'_>,
    happening: &Happening<'_>,
    second: &Acquire,
    first: &Guard,
    confidence: Confidence,
) -> Finding {
    let name = lock_name(function, second);
    let verdict = verdict(second.class, confidence, when(happening, &first.acquire, second));
    let through = called(function, happening).map(|it| format!(" by `{it}`")).unwrap_or_default();
    let message = format!("{name} is taken again{through} while this thread holds it");
    let mut finding = finding(function, LINT.name, happening.event.span, message);
    finding.confidence = confidence;
    finding.lock = lock_path(function, second);
    finding.labels.push(acquire_label(function, first));
    finding.labels.extend(chain_labels(function, happening, &format!("{name} is taken again here")));
    finding.labels.extend(declaration_label(function, second));
    finding.note = format!("this {verdict}: {}", why(first));
    finding.help = help(first);
    finding
}

/// When the second acquire waits for the first, where that depends on something.
fn when(happening: &Happening<'_>, first: &Acquire, second: &Acquire) -> &'static str {
    if first.lock.place != second.lock.place {
        "when what goes away here leads to this very lock"
    } else if !happening.is_usual {
        "on the path through this call that takes it"
    } else if !happening.is_sure {
        "unless something fails before it is asked for"
    } else if !always_meets(first, second) {
        "when both keys are in one shard"
    } else {
        "on the path where the first guard is still alive"
    }
}

fn why(first: &Guard) -> String {
    match &first.binding {
        Some((name, _)) => format!(
            "`{name}` keeps the first guard until it is dropped, at the end of its block at the latest"
        ),
        None if iterates(first.acquire.op) => {
            "an iterator holds the lock of the shard it is in until it is dropped".to_string()
        }
        None => {
            "the first guard is a temporary, and lives to the end of its statement or scrutinee".to_string()
        }
    }
}

fn help(first: &Guard) -> String {
    let end = match &first.binding {
        Some((name, _)) => format!("drop `{name}` before the second acquire, or use it for both"),
        None => "bind what is needed with a `let` of its own, so that the temporary ends".to_string(),
    };
    match first.acquire.op {
        Op::Get | Op::GetMut | Op::Entry => {
            format!("{end}; `entry` does both in one step, and so does `safe_map::ShardedMap::upsert`")
        }
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::Confidence;
    use crate::testing::{check, fixed, found};

    #[test]
    fn an_accessor_that_gives_the_guard_out_of_an_option() {
        check(
            &LINT,
            "
use parking_lot::{Mutex, MutexGuard};
struct Audio { api: Option<Mutex<Vec<u32>>> }
//             --- declaration: declared here
impl Audio { fn api(&self) -> Option<MutexGuard<'_, Vec<u32>>> { self.api.as_ref().map(|it| it.lock()) } }
//                                                                                          --------- hazard: `api` is taken again here
fn mute(audio: &Audio) {
    if let Some(mut api) = audio.api() {
//                         ----------- acquire: held by `api`
        api.push(1);
        notify(audio);
//      ^^^^^^^^^^^^^ double_lock
    }
}
fn notify(audio: &Audio) { if let Some(api) = audio.api() { println!(\"{}\", api.len()); } }
",
        );
    }

    #[test]
    fn a_lock_behind_deref_is_the_field_that_it_refers_to() {
        let text = "
use std::{ops::Deref, sync::{Arc, RwLock}};
struct Inner { names: RwLock<Vec<u32>> }
struct Handle(Arc<Inner>);
impl Deref for Handle { type Target = Inner; fn deref(&self) -> &Inner { &self.0 } }
impl Inner { fn add(&self) { self.names.write().unwrap().push(1) } }
impl Handle {
    fn by_field(&self) { let names = self.names.read().unwrap(); self.0.names.write().unwrap().clear(); }
    fn by_method(&self) { let names = self.0.names.read().unwrap(); self.add() }
}
";
        let found: Vec<_> = found(&LINT, text).into_iter().map(|it| it.item).collect();
        assert_eq!(found, ["Handle::by_field", "Handle::by_method"]);
    }

    #[test]
    fn types_that_are_left_open_are_filled_from_what_goes_in() {
        let text = "
use std::{collections::HashMap, sync::{Arc, Mutex}};
#[derive(Clone)]
struct Plan { hits: Arc<Mutex<u32>> }
fn plans() -> HashMap<String, Plan> { HashMap::new() }
fn ascribed() { let all: Vec<_> = plans().into_iter().collect(); for it in all { both(*it.1.hits.lock().unwrap(), *it.1.hits.lock().unwrap()) } }
fn pushed() { let mut all = Vec::new(); for (_, it) in plans() { all.push(it) } for it in &all { both(*it.hits.lock().unwrap(), *it.hits.lock().unwrap()) } }
fn both(_: u32, _: u32) {}
";
        let found: Vec<_> = found(&LINT, text).into_iter().map(|it| it.item).collect();
        assert_eq!(found, ["ascribed", "pushed"]);
    }

    #[test]
    fn of_two_branches_the_one_that_a_usual_host_compiles_is_called() {
        let text = "
use std::sync::Mutex;
struct State { keys: Mutex<u32> }
impl State {
    #[cfg(windows)]
    fn reset(&self) {}
    #[cfg(unix)]
    fn reset(&self) { *self.keys.lock().unwrap() = 0 }
    fn held(&self) { let keys = self.keys.lock().unwrap(); self.reset() }
    fn free(&self) { let keys = self.keys.lock().unwrap(); refill(self) }
}
#[cfg(not(target_arch = \"wasm32\"))]
fn refill(_: &State) {}
#[cfg(target_arch = \"wasm32\")]
fn refill(state: &State) { state.reset() }
";
        let found: Vec<_> = found(&LINT, text).into_iter().map(|it| it.item).collect();
        assert_eq!(found, ["State::held"]);
    }

    #[test]
    fn the_write_in_an_arm_of_its_own_read() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::RwLock};
struct Cache { entries: RwLock<HashMap<u64, u64>> }
//             ------- declaration: declared here
impl Cache {
    fn load(&self, id: u64) -> u64 {
        match self.entries.read().unwrap().get(&id) {
//            ------------------- acquire: guard taken here, a temporary
            Some(found) => *found,
            None => *self.entries.write().unwrap().entry(id).or_default(),
//                   ^^^^^^^^^^^^^^^^^^^^ double_lock
        }
    }
}
",
        );
    }

    #[test]
    fn the_argument_of_its_own_receiver() {
        check(
            &LINT,
            "
fn f(m: &dashmap::DashMap<u32, u32>) {
    m.insert(1, *m.get(&1).unwrap());
//  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ double_lock
//               --------- acquire: a temporary
}
",
        );
    }

    #[test]
    fn a_local_that_goes_first_on_an_early_way_out() {
        check(
            &LINT,
            "
use std::{collections::BTreeMap, sync::{Arc, Mutex}};
struct Inner { ports: Mutex<BTreeMap<u32, u32>> }
//             ----- declaration: declared here
struct Ticket { id: u32, inner: Arc<Inner> }
impl Ticket {
    fn release(&mut self) { self.inner.ports.lock().unwrap().remove(&self.id); }
//                          ----------------------- hazard: taken again here
}
impl Drop for Ticket { fn drop(&mut self) { self.release() } }
struct Manager { inner: Arc<Inner> }
impl Manager {
    fn open(&self, id: u32) -> Result<Ticket, String> {
        let mut ports = self.inner.ports.lock().unwrap();
//                      ----------------------- acquire: held by `ports`
        let ticket = Ticket { id, inner: self.inner.clone() };
        ports.insert(id, 1);
        configure(id)?;
//      ^^^^^^^^^^^^^^ double_lock
        reload(id)?;
        Ok(ticket)
    }
    fn panics(&self, id: u32) -> Ticket {
        let mut ports = self.inner.ports.lock().unwrap();
        let ticket = Ticket { id, inner: self.inner.clone() };
        if ports.contains_key(&id) { panic!() }
        drop(ports);
        ticket
    }
    fn in_order(&self, id: u32) -> Result<Ticket, String> {
        let ticket = Ticket { id, inner: self.inner.clone() };
        let mut ports = self.inner.ports.lock().unwrap();
        configure(id)?;
        Ok(ticket)
    }
}
fn configure(_: u32) -> Result<(), String> { Ok(()) }
fn reload(_: u32) -> Result<(), String> { Ok(()) }
",
        );
    }

    #[test]
    fn a_value_that_was_made_of_a_handle_to_the_lock() {
        let text = "
use std::sync::{Arc, Mutex};
struct State { n: Mutex<u32> }
struct Worker { state: Arc<State> }
impl Worker {
    fn new(state: Arc<State>) -> Self { Self { state } }
    fn run(&self) { *self.state.n.lock().unwrap() += 1; }
}
struct Server { state: Arc<State> }
impl Server {
    fn own(&self) { let worker = Worker::new(self.state.clone()); let n = self.state.n.lock().unwrap(); worker.run() }
    fn given(&self, state: Arc<State>) { let worker = Worker::new(state); let n = self.state.n.lock().unwrap(); worker.run() }
    fn replaced(&self, state: Arc<State>) {
        let mut worker = Worker::new(self.state.clone());
        worker.state = state;
        let n = self.state.n.lock().unwrap();
        worker.run()
    }
}
";
        let found: Vec<_> = found(&LINT, text).into_iter().map(|it| it.item).collect();
        assert_eq!(found, ["Server::own"]);
    }

    #[test]
    fn a_field_that_gets_another_lock_while_the_old_one_is_held() {
        check(
            &LINT,
            "
use std::sync::{Arc, Mutex};
struct Hotkeys { manager: Arc<Mutex<u32>>, names: Arc<Mutex<u32>> }
impl Hotkeys {
    fn update(&mut self) {
        let (old, names) = (self.manager.clone(), self.names.clone());
        let (old, names) = (old.lock().unwrap(), names.lock().unwrap());
        self.manager = Arc::default();
        self.touch();
        let new = self.manager.lock().unwrap();
        self.touch();
//      ^^^^^^^^^^^^ double_lock
        *self.manager.lock().unwrap() = *old + *new;
//       ^^^^^^^^^^^^^^^^^^^ double_lock
        *self.names.lock().unwrap() = *names;
//       ^^^^^^^^^^^^^^^^^ double_lock
    }
    fn touch(&self) { *self.manager.lock().unwrap() += 1; }
    fn renew(&mut self, again: bool) {
        let old = self.manager.clone();
        let held = old.lock().unwrap();
        if again { self.manager = Arc::default(); } else { self.touch(); }
//                                                         ^^^^^^^^^^^^ double_lock
        if *held == 1 { self.manager = Arc::default(); return; }
        self.touch();
//      ^^^^^^^^^^^^ double_lock
        *self = Hotkeys { manager: Arc::default(), names: Arc::default() };
        self.touch();
    }
}
",
        );
    }

    #[test]
    fn two_fields_that_are_always_made_of_one_handle() {
        let text = |more: &str| {
            format!(
                "
use std::sync::{{Arc, Mutex}};
type Sessions = Arc<Mutex<Vec<u32>>>;
struct Sweeper {{ sessions: Sessions }}
impl Sweeper {{
    fn new(sessions: Sessions) -> Self {{ Sweeper {{ sessions }} }}
    fn sweep(&self) {{ self.sessions.lock().unwrap().clear() }}
}}
struct Hub {{ sessions: Sessions, sweeper: Sweeper }}
impl Hub {{
    fn new() -> Arc<Self> {{
        let sessions = Sessions::default();
        let sweeper = Sweeper::new(sessions.clone());
        Arc::new(Hub {{ sessions, sweeper }})
    }}
    fn stop(&self) {{ let sessions = self.sessions.lock().unwrap(); self.sweeper.sweep() }}
    {more}
}}
"
            )
        };
        let count = |more| found(&LINT, &text(more)).len();
        assert_eq!(count(""), 1);
        let apart = "fn apart(sweeper: Sweeper) -> Self { Hub { sessions: Sessions::default(), sweeper } }";
        assert_eq!(count(apart), 0);
    }

    #[test]
    fn a_closure_that_is_handed_on_to_where_it_runs() {
        check(
            &LINT,
            "
use parking_lot::Mutex;
fn each(items: &[u32], make: impl Fn(u32) -> u32, total: u32) -> u32 { serial(items, &make) + total }
fn serial(items: &[u32], make: impl Fn(u32) -> u32) -> u32 { items.iter().map(|it| make(*it)).sum() }
fn total(items: &[u32], names: &Mutex<Vec<u32>>) -> u32 {
    each(items, |it| names.lock()[it as usize], names.lock()[0])
//                   ^^^^^^^^^^^^ double_lock
//                                              ------------ acquire: a temporary
}
fn free(items: &[u32], names: &Mutex<Vec<u32>>) -> u32 {
    let first = names.lock()[0];
    each(items, |it| names.lock()[it as usize], first)
}
",
        );
    }

    #[test]
    fn a_guard_in_a_struct_of_a_lock_that_is_passed_on() {
        check(
            &LINT,
            "
use std::sync::{RwLock, RwLockWriteGuard};
struct Notify<'a, F: Fn()> { guard: RwLockWriteGuard<'a, ()>, told: F }
impl<'a> Notify<'a, fn()> {
    fn on_drop(lock: &'a RwLock<()>) -> Notify<'a, impl Fn()> { Notify::by(lock, || ()) }
    fn by<F: Fn()>(lock: &'a RwLock<()>, told: F) -> Notify<'a, F> { Notify { guard: lock.write().unwrap(), told } }
}
struct Manager { consistency: RwLock<()> }
impl Manager {
    fn send(&self) { let _guard = Notify::on_drop(&self.consistency); }
    fn retry(&self) {
        let _guard = Notify::on_drop(&self.consistency);
//                   ---------------------------------- acquire: held by `_guard`
        self.send();
//      ^^^^^^^^^^^ double_lock
    }
}
",
        );
    }

    #[test]
    fn what_locks_itself_when_it_goes_is_another() {
        check(
            &LINT,
            "
use std::sync::Mutex;
struct Node { children: Mutex<Vec<Node>> }
impl Drop for Node { fn drop(&mut self) { self.children.lock().unwrap().clear() } }
fn prune(root: &Node) { root.children.lock().unwrap().pop(); }
",
        );
        check(
            &LINT,
            "
use std::sync::{Arc, Mutex};
struct Named<T> { mutex: Mutex<T>, name: String }
struct Call { state: Arc<Named<u32>> }
impl Drop for Call { fn drop(&mut self) { *self.state.mutex.lock().unwrap() = 0 } }
fn end(platform: &Named<String>, call: Call) { let held = platform.mutex.lock().unwrap(); drop(call); }
",
        );
    }

    #[test]
    fn another_lock_another_element_and_a_copy_are_silent() {
        check(
            &LINT,
            "
use parking_lot::Mutex;
struct Pair { a: Mutex<u32>, b: Mutex<u32> }
fn f(pair: &Pair, many: &[Mutex<u32>], i: usize, j: usize) {
    let a = pair.a.lock();
    let b = pair.b.lock();
    let x = many[i].lock();
    let y = many[j].lock();
}
fn g(map: &dashmap::DashMap<u32, u32>) {
    let copy = map.clone();
    for entry in map.iter() {
        copy.remove(entry.key());
    }
}
",
        );
    }

    #[test]
    fn confidence_follows_path_and_key() {
        let sure = "fn f(m: &parking_lot::Mutex<u32>) { let g = m.lock(); m.lock(); }";
        let maybe =
            "fn f(m: &parking_lot::Mutex<u32>, c: bool) { let g = m.lock(); if c { drop(g); } m.lock(); }";
        let keys = "fn f(m: &dashmap::DashMap<u32, u32>) { let g = m.get(&1); m.remove(&2); }";
        let same = "fn f(m: &dashmap::DashMap<u32, u32>) { let g = m.get(&1); m.remove(&1); }";
        let rated = |text| found(&LINT, text).iter().map(|it| it.confidence).collect::<Vec<_>>();
        assert_eq!(rated(sure), [Confidence::Certain]);
        assert_eq!(rated(maybe), [Confidence::Likely]);
        assert_eq!(rated(keys), [Confidence::Likely]);
        assert_eq!(rated(same), [Confidence::Certain]);
    }

    #[test]
    fn a_guard_that_nothing_needs_is_dropped_first() {
        let text = "
use std::{collections::HashMap, sync::Mutex};
fn f(m: &Mutex<HashMap<u32, u32>>) -> usize {
    let mut map = m.lock().unwrap();
    map.insert(1, 2);
    m.lock().unwrap().len()
}
";
        let fixed = fixed(&LINT, text).expect("a fix");
        assert!(
            fixed.contains("    map.insert(1, 2);\n    drop(map);\n    m.lock().unwrap().len()\n"),
            "{fixed}"
        );
    }

    #[test]
    fn no_fix_where_the_second_acquire_relies_on_what_the_first_showed() {
        let fixed_body = |body: &str| {
            let text = format!(
                "use std::{{collections::HashMap, sync::Mutex}};
fn f(m: &Mutex<HashMap<u32, u32>>, mut out: Vec<u32>) -> usize {{
    let map = m.lock().unwrap();
    {body}
}}
fn log(_: usize) {{}}
"
            );
            assert_eq!(found(&LINT, &text).len(), 1, "{body}");
            fixed(&LINT, &text)
        };
        for body in [
            "let n = map.len();\n    m.lock().unwrap().insert(n as u32, 1);\n    0",
            "let n = map.len();\n    let next = n + 1;\n    m.lock().unwrap().len() + next",
            "if map.contains_key(&1) { return 0; }\n    m.lock().unwrap().insert(1, 1);\n    1",
            "let Some(n) = map.get(&1).copied() else { return 0 };\n    m.lock().unwrap().len()",
            "out.extend(map.keys());\n    m.lock().unwrap().retain(|it, _| out.contains(it));\n    0",
            "let mut n = 0;\n    n += map.len();\n    n + m.lock().unwrap().len()",
        ] {
            assert_eq!(fixed_body(body), None, "{body}");
        }
        for body in [
            "log(map.len());\n    m.lock().unwrap().len()",
            "let n = map.len();\n    log(n);\n    m.lock().unwrap().len()",
        ] {
            assert!(fixed_body(body).is_some_and(|it| it.contains("drop(map);")), "{body}");
        }
    }

    #[test]
    fn a_fix_calls_the_drop_of_the_standard_library() {
        let text = "
use std::sync::Mutex;
fn drop(_: u32) {}
fn f(m: &Mutex<u32>) -> u32 {
    let g = m.lock().unwrap();
    *m.lock().unwrap()
}
";
        assert!(fixed(&LINT, text).is_some_and(|it| it.contains("    ::core::mem::drop(g);\n")));
        let imported = text.replace("fn drop(_: u32) {}", "use other::drop;");
        assert!(fixed(&LINT, &imported).is_some_and(|it| it.contains("    ::core::mem::drop(g);\n")));
        let local =
            text.replace("fn drop(_: u32) {}", "").replace("m: &Mutex<u32>", "m: &Mutex<u32>, drop: u32");
        assert!(fixed(&LINT, &local).is_some_and(|it| it.contains("    ::core::mem::drop(g);\n")));
        let plain = text.replace("fn drop(_: u32) {}", "");
        assert!(fixed(&LINT, &plain).is_some_and(|it| it.contains("\n    drop(g);\n")));
    }

    #[test]
    fn no_let_in_the_middle_of_an_expression() {
        let text = "
use std::{collections::HashMap, sync::Mutex};
fn f(m: &Mutex<HashMap<u32, u32>>) {
    println!(
        \"{}\",
        match m.lock().unwrap().get(&1).copied() {
            Some(it) => it as usize,
            None => m.lock().unwrap().len(),
        }
    );
}
";
        assert_eq!(found(&LINT, text).len(), 1);
        assert_eq!(fixed(&LINT, text), None);
        let statement = text
            .replace("println!(\n        \"{}\",", "let _ = 1;")
            .replace("    );\n", "")
            .replace("        }\n}", "    };\n}");
        assert!(fixed(&LINT, &statement).is_some(), "{statement}");
    }

    #[test]
    fn no_fix_where_something_borrows_from_the_guard() {
        let text = "
use std::{collections::HashMap, sync::Mutex};
fn f(m: &Mutex<HashMap<u32, String>>) -> usize {
    let map = m.lock().unwrap();
    let name = map.get(&1).unwrap();
    m.lock().unwrap().len() + name.len()
}
";
        assert_eq!(fixed(&LINT, text), None);
    }

    #[test]
    fn a_guard_that_is_there_wherever_the_code_goes_on() {
        let text = "
use dashmap::DashMap;
struct Tickets { left: DashMap<u32, u32> }
impl Tickets {
    fn asked(&self) -> Result<(), u32> { let v = self.left.get_mut(&1).ok_or_else(|| 1)?; self.left.remove(&1); Ok(()) }
    fn panics(&self) { let v = self.left.get(&1).unwrap_or_else(|| panic!()); self.left.insert(1, 1); }
    fn mapped(&self) { let v = self.left.get(&1).ok_or_else(|| 1).map_err(|_| 2).expect(\"one\"); self.left.remove(&1); }
    fn falls_back(&self) { let v = self.left.get(&1).map(|it| *it).unwrap_or_else(|| 2); self.left.remove(&1); }
}
";
        let found: Vec<_> = found(&LINT, text).into_iter().map(|it| (it.item, it.confidence)).collect();
        let certain = ["asked", "panics", "mapped"].map(|it| (format!("Tickets::{it}"), Confidence::Certain));
        assert_eq!(found, certain);
    }

    #[test]
    fn what_is_dropped_or_made_of_a_guard_holds_nothing() {
        check(
            &LINT,
            "
use std::{cell::OnceCell, sync::{Mutex, MutexGuard}};
struct Size { len: usize }
impl Size { fn New(names: &Vec<u32>) -> Size { Size { len: names.len() } } }
fn capitals(names: &Mutex<Vec<u32>>) {
    let size = Size::New(&names.lock().unwrap());
    names.lock().unwrap().push(size.len as u32);
}
fn in_parts(names: &Mutex<Vec<u32>>) -> Option<u32> {
    let (mut guard, first) = loop {
        let guard = names.lock().unwrap();
        if let Some(first) = read() { break (guard, first?); }
        drop(guard);
    };
    guard.push(first);
    drop(guard);
    names.lock().unwrap().pop()
}
fn read() -> Option<Option<u32>> { unknown() }
fn cleared(all: &[&Mutex<u32>]) {
    let mut guards = Vec::new();
    guards.push(all[0].lock().unwrap());
    guards.clear();
    all[0].lock().unwrap();
}
fn inside(cell: MutexGuard<'_, OnceCell<u32>>) -> u32 { *cell.get_or_init(|| 1) }
",
        );
    }

    #[test]
    fn a_callee_that_takes_the_lock_unless_it_fails() {
        let text = "
use std::sync::Mutex;
struct Store { names: Mutex<Vec<u32>> }
impl Store {
    fn save(&self) -> Option<()> { open()?; self.names.lock().unwrap().clear(); Some(()) }
    fn maybe(&self, all: bool) { if all { self.names.lock().unwrap().clear() } }
    fn fails(&self) { let names = self.names.lock().unwrap(); self.save(); drop(names) }
    fn chooses(&self, all: bool) { let names = self.names.lock().unwrap(); self.maybe(all); drop(names) }
}
fn open() -> Option<()> { None }
";
        let found: Vec<_> = found(&LINT, text).into_iter().map(|it| (it.item, it.confidence)).collect();
        let expected = [("Store::fails", Confidence::Likely), ("Store::chooses", Confidence::Possible)];
        assert_eq!(found, expected.map(|(item, rated)| (item.to_string(), rated)));
    }
}
