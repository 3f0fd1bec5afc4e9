//! A temporary guard in a scrutinee stays locked while the branch does work that does not need it.
//!
//! ## Why
//!
//! A temporary in the scrutinee of a `match`, an `if let` or a `while let`, or in the head of a `for`, lives to the end of
//! the whole statement, whether or not its value still borrows from it: `match m.lock().get(&k).cloned()` keeps `m` locked in
//! every arm. Nothing in the source says so, and what the arms do (wait, call back, compute, take another lock for it) then
//! happens under a lock that nobody meant to hold: other threads wait for it, and code that comes back to it hangs.
//!
//! It comes from tables of pending requests: the answer comes, its entry is removed in an `if let`, and the body hands it on.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::Mutex;
//!
//! type Handler = Box<dyn FnOnce(String) + Send>;
//!
//! struct Calls {
//!     waiting: Mutex<HashMap<u64, Handler>>,
//! }
//!
//! impl Calls {
//!     fn expect(&self, id: u64, handler: Handler) {
//!         self.waiting.lock().unwrap().insert(id, handler);
//!     }
//!
//!     fn answer(&self, id: u64, text: String) {
//!         if let Some(handler) = self.waiting.lock().unwrap().remove(&id) {
//!             handler(text); // `waiting` is still locked here
//!         }
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
//! type Handler = Box<dyn FnOnce(String) + Send>;
//!
//! struct Calls {
//!     waiting: Mutex<HashMap<u64, Handler>>,
//! }
//!
//! impl Calls {
//!     fn expect(&self, id: u64, handler: Handler) {
//!         self.waiting.lock().unwrap().insert(id, handler);
//!     }
//!
//!     fn answer(&self, id: u64, text: String) {
//!         let handler = self.waiting.lock().unwrap().remove(&id);
//!         if let Some(handler) = handler {
//!             handler(text);
//!         }
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! Give the scrutinee a `let` of its own: the temporary ends with that statement. Where the value borrows from the
//! guard, clone or copy it out first. `safe_map::ShardedMap::get` gives a value and no guard.
//!
//! ## Limits
//!
//! A branch that uses what its pattern bound by reference needs the guard, and is left alone; so is a `for` over an
//! iterator that borrows from the guard. Where only another part of the branch does, there is no finding if
//! both locks are only read. A value whose type is not known counts as one that borrows. What counts as work is
//! a callback, an await under an async guard, serialisation or sorting, and another lock that is kept for more than a statement
//! where the branch also waits, does such work, or runs code that it does not know; how far another lock's holders wait
//! elsewhere is not asked, so a wait for it can go unseen. A value that is taken out of a lock which nobody else in the
//! workspace asks for keeps nobody waiting, and neither does a lock that the function has made and given to nobody yet, one
//! of a thread-local, a reader's guard where nobody waits to write, and a lock around an `Option` of anything but a callback.
//! A second acquire of the same lock is `double_lock`'s, an await under a blocking guard `guard_across_await`'s, a
//! blocking call `guard_across_blocking`'s, a callback under a borrow of a `RefCell` `callback_under_guard`'s. clippy's
//! `significant_drop_in_scrutinee` reports the temporary whatever the branch does.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::ExprKind;
use safe_map_analysis::flow::{Acquire, Caller, Event, Guard, Held, Work};
use safe_map_analysis::knowledge::schema::{GuardClass, LockMode, TypeRole, Waits};
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::{EffectKind, Happening};

use crate::callbacks::is_code;
use crate::contended::{is_contended, takes_alone};
use crate::fix;
use crate::private::{is_own, is_unshared};
use crate::scrutinee::{Part, Scrutinees};
use crate::story::{
    MAX_CHAIN, acquire_label, called, chain_labels, declaration_label, decodes, finding, is_another,
    is_momentary, lock_name, lock_path, what_happens,
};
use crate::taken::{happenings, taken_callbacks};
use crate::{Check, Finding, Fix, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "guard_in_scrutinee",
    group: Group::Scope,
    level: Level::Warn,
    has_fix: true,
    merges_sites: true,
    source: include_str!("guard_in_scrutinee.rs"),
    check: Check::Function(check),
};

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let Some(scrutinees) = Scrutinees::of(function) else { return };
    let mut told: Vec<Span> = told_elsewhere(function);
    let taken = taken_callbacks(function);
    for happening in happenings(function, &taken) {
        for held in &happening.held {
            let guard = function.flow.guard_at(held);
            if told.contains(&guard.acquire.span) || !costs(function, &guard.acquire, &happening) {
                continue;
            }
            let Some(part) = scrutinees.keeper(held, happening.event.span) else { continue };
            let is_needed = scrutinees.is_needed_elsewhere(part);
            if is_needed && nests_readers(&guard.acquire, &happening)
                || is_passing(function, &taken, &scrutinees, part, held, &happening)
                || is_uncontended(function, &scrutinees, part, &guard.acquire)
            {
                continue;
            }
            told.push(guard.acquire.span);
            let mut finding = report(function, &guard, &happening, part);
            finding.help = help(&scrutinees, part, is_needed);
            finding.fixes.extend(hoist(function, &scrutinees, part));
            out.push(finding);
        }
    }
}

/// The acquires whose guards are alive where a lint of its own says more: an await that blocks, the same lock again.
fn told_elsewhere(function: &FunctionView<'_>) -> Vec<Span> {
    let mut told = Vec::new();
    for happening in function.happenings() {
        for held in &happening.held {
            let acquire = &function.flow.guard(held.guard).acquire;
            let is_told = match &happening.kind {
                EffectKind::Await(wait) => {
                    acquire.class != GuardClass::Async || !matches!(wait.waits, Waits::None | Waits::Unknown)
                }
                EffectKind::Acquire(second) => second.lock.place == acquire.lock.place && !second.is_try,
                EffectKind::Block(_) => true,
                EffectKind::MapOp(_) | EffectKind::Work(_) | EffectKind::Callback(_) => false,
            };
            if is_told && acquire.class != GuardClass::Free {
                told.push(acquire.span);
            }
        }
    }
    told
}

/// Whether another lock is taken in the branch, and nothing there makes the time long for which both are held.
fn is_passing<'a>(
    function: &FunctionView<'a>,
    taken: &'a [Event],
    scrutinees: &Scrutinees<'_>,
    part: &Part,
    held: &Held,
    happening: &Happening<'_>,
) -> bool {
    let branch = scrutinees.branch(part);
    let is_alive = |it: &Happening<'_>| it.held.iter().any(|it| it.guard == held.guard);
    matches!(happening.kind, EffectKind::Acquire(_))
        && !happenings(function, taken)
            .any(|it| branch.contains(it.event.span) && is_alive(&it) && takes_time(&it))
}

fn takes_time(happening: &Happening<'_>) -> bool {
    let is_near = happening.chain.len() <= MAX_CHAIN;
    match &happening.kind {
        EffectKind::Await(_) | EffectKind::Block(_) => true,
        EffectKind::Work(work) => is_hard(work, happening),
        EffectKind::Callback(callback) => is_near && !matches!(callback.caller, Caller::Param(_)),
        EffectKind::Acquire(_) | EffectKind::MapOp(_) => false,
    }
}

/// Whether work is worth ending a guard for. What a callee only puts in order is as short as it likes.
fn is_hard(work: &Work, happening: &Happening<'_>) -> bool {
    let counts = if happening.chain.is_empty() { work.is_large } else { !work.orders };
    counts && !decodes(work)
}

/// Whether nobody waits for the lock now.
fn is_uncontended(
    function: &FunctionView<'_>,
    scrutinees: &Scrutinees<'_>,
    part: &Part,
    acquire: &Acquire,
) -> bool {
    let body = &scrutinees.body;
    is_own(function, acquire)
        || !is_contended(function, acquire)
        || is_slot(function, acquire)
        || is_unshared(function, body, acquire, part.whole)
        || takes_alone(function, body, body.expr(part.scrutinee).span, acquire)
}

/// Whether a lock is around one value that is there or not: who takes it out makes the others wait on purpose, and leaves
/// them nothing to do. A callback in it is another matter: it may put the next one in.
fn is_slot(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let (model, content) = (function.model(), &acquire.lock.content);
    model.role(content) == Some(TypeRole::Enum) && !is_code(content, &|_| false)
}

/// Whether what happens is something that nobody does under a guard without need.
fn costs(function: &FunctionView<'_>, first: &Acquire, happening: &Happening<'_>) -> bool {
    if matches!(first.class, GuardClass::Free | GuardClass::RefCell) || first.lock.is_private {
        return false;
    }
    match &happening.kind {
        EffectKind::Callback(callback) => {
            let is_near = happening.chain.len() <= MAX_CHAIN;
            callback.is_notice && callback.caller == Caller::Stored && is_near
        }
        EffectKind::Acquire(second) => is_another(first, second) && !is_momentary(function, happening),
        EffectKind::Await(_) => first.class == GuardClass::Async,
        EffectKind::Work(work) => is_hard(work, happening),
        EffectKind::Block(_) | EffectKind::MapOp(_) => false,
    }
}

/// Whether two locks are only read, one under the other.
fn nests_readers(first: &Acquire, happening: &Happening<'_>) -> bool {
    match &happening.kind {
        EffectKind::Acquire(second) => first.mode == LockMode::Shared && second.mode == LockMode::Shared,
        _ => false,
    }
}

fn help(scrutinees: &Scrutinees<'_>, part: &Part, is_needed: bool) -> String {
    let keyword = part.keyword;
    if is_needed {
        return format!(
            "another part of the `{keyword}` may borrow from the guard: copy what it needs into a `let` before, or do \
             this work behind the `{keyword}`"
        );
    }
    if !part.is_owned && scrutinees.binds_nothing(part) {
        return "nothing of it is bound: ask with `contains_key` or `is_some()` in the condition of a plain `if`, whose \
                temporaries end before its block"
            .to_string();
    }
    match part.is_owned {
        true => {
            format!("give the scrutinee a `let` of its own before the `{keyword}`: the guard ends there")
        }
        false => format!(
            "clone or copy what is needed in a `let` before the `{keyword}`: the guard ends there; \
             `safe_map::ShardedMap::get` gives a value and no guard"
        ),
    }
}

fn report(function: &FunctionView<'_>, guard: &Guard, happening: &Happening<'_>, part: &Part) -> Finding {
    let name = lock_name(function, &guard.acquire);
    let through = called(function, happening).map(|it| format!(" by `{it}`")).unwrap_or_default();
    let what = what_happens(function, happening);
    let message =
        format!("{what}{through} while the scrutinee of this `{}` keeps {name} locked", part.keyword);
    let mut finding = finding(function, LINT.name, happening.event.span, message);
    finding.lock = lock_path(function, &guard.acquire);
    finding.labels.push(acquire_label(function, guard));
    finding.labels.extend(chain_labels(function, happening, &format!("{what} here")));
    finding.labels.extend(declaration_label(function, &guard.acquire));
    finding.note = format!(
        "a temporary in the scrutinee lives to the end of the whole `{}`, and this part of it does not use what it protects",
        part.keyword
    );
    finding
}

/// `let found = scrutinee;` before the branch: offered where the value borrows nothing, is made by a call, and the
/// branch is a statement of its own.
fn hoist(function: &FunctionView<'_>, scrutinees: &Scrutinees<'_>, part: &Part) -> Option<Fix> {
    let body = &scrutinees.body;
    let scrutinee = body.expr(part.scrutinee);
    // A chain's other operands run first, or are asked again.
    let is_alone = match part.keyword {
        "match" | "for" => true,
        "if let" => body.exprs.iter().any(|it| match &it.kind {
            ExprKind::If { cond, .. } if it.span == part.whole => {
                matches!(body.expr(*cond).kind, ExprKind::Let { .. })
            }
            _ => false,
        }),
        _ => false,
    };
    if !part.is_owned || !fix::is_call(&scrutinee.kind) || !is_alone {
        return None;
    }
    fix::hoist(function, body, (part.whole, part.keyword), part.scrutinee)
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::{check, fixed, found};

    #[test]
    fn another_lock_in_the_arm_that_has_nothing() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::{Mutex, RwLock}};
struct Router { routes: RwLock<HashMap<u64, String>>, misses: Mutex<Vec<u64>> }
//              ------ declaration: declared here
fn add(it: &Router, id: u64) { it.routes.write().unwrap().insert(id, String::new()); }
fn route(it: &Router, id: u64) -> usize {
    match it.routes.read().unwrap().get(&id) {
//        ---------------- acquire: guard taken here, a temporary
        Some(route) => route.len(),
        None => { let misses = it.misses.lock().unwrap(); serde_json::to_string(&*misses).unwrap().len() }
//                             ^^^^^^^^^^^^^^^^ guard_in_scrutinee
    }
}
",
        );
    }

    #[test]
    fn a_branch_that_uses_what_it_borrowed_is_silent() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::{Mutex, RwLock}};
struct Router { routes: RwLock<HashMap<u64, String>>, seen: Mutex<Vec<String>>, last: Mutex<Option<String>> }
fn f(it: &Router, id: u64) {
    if let Some(route) = it.routes.read().unwrap().get(&id) {
        it.seen.lock().unwrap().push(route.clone());
    }
    for route in it.routes.read().unwrap().values() {
        it.seen.lock().unwrap().push(route.clone());
    }
    if let Some(ref last) = *it.last.lock().unwrap() {
        it.seen.lock().unwrap().push(last.clone());
    }
    if let std::collections::hash_map::Entry::Vacant(slot) = it.routes.write().unwrap().entry(id) {
        it.seen.lock().unwrap().clear();
        slot.insert(String::new());
    }
}
",
        );
    }

    #[test]
    fn an_owned_value_in_every_kind_of_scrutinee() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::Mutex};
struct Queues { first: Mutex<Vec<u64>>, second: Mutex<HashMap<u64, u64>>, third: Mutex<Vec<u64>> }
fn text(all: &Vec<u64>) -> String { serde_json::to_string(all).unwrap() }
fn f(it: &Queues) {
    while let Some(id) = it.first.lock().unwrap().pop() {
        let mut second = it.second.lock().unwrap();
//                       ^^^^^^^^^^^^^^^^ guard_in_scrutinee
        second.remove(&id);
        serde_json::to_string(&*second);
    }
    for id in it.second.lock().unwrap().keys().copied().collect::<Vec<u64>>() {
        let mut third = it.third.lock().unwrap();
//                      ^^^^^^^^^^^^^^^ guard_in_scrutinee
        third.push(id);
        text(&third);
    }
    for id in it.first.lock().unwrap().clone().into_iter().rev() {
        let mut third = it.third.lock().unwrap();
//                      ^^^^^^^^^^^^^^^ guard_in_scrutinee
        third.push(id);
        text(&third);
    }
    for id in std::mem::take(&mut *it.first.lock().unwrap()) {
        let mut third = it.third.lock().unwrap();
//                      ^^^^^^^^^^^^^^^ guard_in_scrutinee
        third.push(id);
        text(&third);
    }
    if let Some(first) = it.first.lock().unwrap().first().cloned() {
        let mut third = it.third.lock().unwrap();
//                      ^^^^^^^^^^^^^^^ guard_in_scrutinee
        third.push(first);
        text(&third);
    }
    if let Some(id) = { it.first.lock().unwrap().pop() } {
        let mut third = it.third.lock().unwrap();
//                      ^^^^^^^^^^^^^^^ guard_in_scrutinee
        third.push(id);
        text(&third);
    }
}
",
        );
    }

    #[test]
    fn a_job_that_is_taken_out_runs_in_its_branch() {
        check(
            &LINT,
            "
use std::{cell::RefCell, collections::VecDeque, sync::Mutex};
type Job = Box<dyn FnOnce() + Send>;
struct Pool { jobs: Mutex<Vec<Job>>, queue: Mutex<VecDeque<Job>>, slot: Mutex<Option<Job>>, own: RefCell<Vec<Job>> }
fn fill(it: &Pool, job: Job) { *it.slot.lock().unwrap() = Some(job); }
fn f(it: &Pool) {
    if let Some(job) = it.jobs.lock().unwrap().pop() { job(); }
//                                                     ^^^^^ guard_in_scrutinee
    while let Some(job) = it.queue.lock().unwrap().pop_front() { job(); }
//                                                               ^^^^^ guard_in_scrutinee
    match it.queue.lock().unwrap().pop_back() {
        Some(job) => job(),
//                   ^^^^^ guard_in_scrutinee
        None => {}
    }
    if let Some(job) = it.slot.lock().unwrap().take() { job(); }
//                                                      ^^^^^ guard_in_scrutinee
    if let Some(job) = it.own.borrow_mut().pop() { job(); }
    let last = it.jobs.lock().unwrap().pop();
    if let Some(job) = last { job(); }
    let Some(job) = it.jobs.lock().unwrap().pop() else { return };
    job();
}
",
        );
    }

    #[test]
    fn what_another_arm_borrows_is_copied_and_silent_among_readers() {
        let text = "
use std::{collections::HashMap, sync::{Mutex, RwLock}};
struct Cache { hot: RwLock<HashMap<u64, String>>, cold: RwLock<HashMap<u64, String>>, misses: Mutex<Vec<u64>> }
fn add(it: &Cache, id: u64) { it.hot.write().unwrap().insert(id, String::new()); }
fn readers(it: &Cache, id: u64) -> usize {
    if let Some(hot) = it.hot.read().unwrap().get(&id) {
        hot.len()
    } else {
        let cold = it.cold.read().unwrap();
        cold.values().map(|it| text(it)).count()
    }
}
fn writer(it: &Cache, id: u64) -> usize {
    match it.hot.read().unwrap().get(&id) {
        Some(hot) => hot.len(),
        None => { let misses = it.misses.lock().unwrap(); serde_json::to_string(&*misses).unwrap().len() }
    }
}
fn nothing_is_bound(it: &Cache, id: u64) {
    if let Some(_) = it.hot.read().unwrap().get(&id) {
        let misses = it.misses.lock().unwrap();
        serde_json::to_string(&*misses);
    }
}
";
        let found = found(&LINT, text);
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[0].help.contains("may borrow from the guard"), "{}", found[0].help);
        assert!(found[1].help.contains("contains_key"), "{}", found[1].help);
    }

    #[test]
    fn decoding_is_needed_to_go_on() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::RwLock};
struct Forks { by_time: RwLock<HashMap<u64, u8>> }
fn f(it: &Forks, text: &str) -> Option<Vec<u64>> {
    match it.by_time.read().unwrap().get(&1).copied() {
        Some(1) => decode(text),
        _ => None,
    }
}
fn decode(text: &str) -> Option<Vec<u64>> { serde_json::from_str(text).ok() }
",
        );
    }

    #[test]
    fn a_guard_that_ended_and_a_named_guard_are_silent() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::{Mutex, RwLock}};
struct Router { routes: RwLock<HashMap<u64, String>>, misses: Mutex<Vec<u64>> }
fn f(it: &Router, id: u64) {
    let found = it.routes.read().unwrap().get(&id).cloned();
    if found.is_none() { it.misses.lock().unwrap().push(id); }
    if it.routes.read().unwrap().contains_key(&id) { it.misses.lock().unwrap().push(id); }
    let routes = it.routes.read().unwrap();
    match routes.get(&id) {
        Some(route) => drop(route.clone()),
        None => it.misses.lock().unwrap().push(id),
    }
}
",
        );
    }

    #[test]
    fn an_async_guard_over_an_await() {
        check(
            &LINT,
            "
use tokio::sync::Mutex;
struct Pending { replies: Mutex<Vec<u64>> }
async fn f(it: &Pending) {
    if let Some(reply) = it.replies.lock().await.pop() {
        send(reply).await;
//                  ^^^^^ guard_in_scrutinee
    }
}
async fn expect(it: &Pending, reply: u64) { it.replies.lock().await.push(reply); }
async fn send(_: u64) { tokio::task::yield_now().await }
",
        );
    }

    #[test]
    fn what_another_lint_says_is_not_said_twice() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::{Mutex, RwLock}};
struct Router { routes: RwLock<HashMap<u64, String>>, misses: Mutex<Vec<u64>> }
fn again(it: &Router, id: u64) -> String {
    match it.routes.read().unwrap().get(&id).cloned() {
        Some(found) => found,
        None => {
            it.misses.lock().unwrap().push(id);
            it.routes.write().unwrap().entry(id).or_default().clone()
        }
    }
}
async fn awaits(it: &Router) {
    if let Some(id) = it.misses.lock().unwrap().pop() {
        it.routes.write().unwrap().remove(&id);
        tokio::task::yield_now().await;
    }
}
",
        );
    }

    #[test]
    fn another_lock_counts_where_something_takes_its_time() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::{Mutex, RwLock}};
trait Peer: Send + Sync { fn ask(&self, id: u64) -> bool; }
struct Near; struct Far;
impl Peer for Near { fn ask(&self, _: u64) -> bool { true } }
impl Peer for Far { fn ask(&self, _: u64) -> bool { false } }
struct Router { routes: Mutex<HashMap<u64, String>>, misses: Mutex<Vec<u64>>, peers: RwLock<Vec<Box<dyn Peer>>> }
fn counts(it: &Router, id: u64) -> usize {
    match it.routes.lock().unwrap().get(&id).cloned() {
        Some(route) => route.len(),
        None => { let mut misses = it.misses.lock().unwrap(); misses.push(id); misses.len() }
    }
}
fn through_a_call(it: &Router, id: u64) {
    if let Some(_) = it.routes.lock().unwrap().get(&id).cloned() { note(it, id); }
}
fn note(it: &Router, id: u64) { let mut misses = it.misses.lock().unwrap(); misses.push(id); }
fn asks(it: &Router, id: u64) {
    if let None = it.routes.lock().unwrap().get(&id).cloned() { ask(it, id); }
//                                                              ^^^^^^^^^^^ guard_in_scrutinee
}
fn ask(it: &Router, id: u64) { for peer in it.peers.read().unwrap().iter() { if peer.ask(id) { return; } } }
",
        );
    }

    #[test]
    fn a_slot_that_nobody_else_asks_for() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::{Arc, Mutex}};
type Job = Box<dyn FnOnce() + Send>;
struct Server { spawn: Mutex<Option<Job>>, jobs: Mutex<HashMap<u64, Job>>, last: Mutex<Option<Job>> }
impl Server {
    fn start(&self) {
        if let Some(spawn) = self.spawn.lock().unwrap().take() { spawn(); }
        if let Some(last) = std::mem::take(&mut *self.last.lock().unwrap()) { last(); }
    }
    fn put(&self, id: u64, job: Job) { self.jobs.lock().unwrap().insert(id, job); }
    fn run(&self, id: u64) {
        if let Some(job) = self.jobs.lock().unwrap().remove(&id) { job(); }
//                                                                 ^^^^^ guard_in_scrutinee
    }
}
fn either(queue: &std::sync::mpsc::Sender<Job>, job: Job) {
    let job = Arc::new(Mutex::new(Some(job)));
    let theirs = job.clone();
    queue.send(Box::new(move || { if let Some(job) = theirs.lock().unwrap().take() { job(); } }));
    if let Some(job) = job.lock().unwrap().take() { job(); }
}
",
        );
    }

    #[test]
    fn a_lock_that_is_new_and_that_nobody_has_got_yet() {
        check(
            &LINT,
            "
use std::sync::{Arc, Mutex};
type Job = Box<dyn FnOnce() + Send>;
struct Device { jobs: Vec<Job> }
impl Device {
    fn new() -> Device { Device { jobs: Vec::new() } }
    fn first(&mut self) -> Option<Job> { self.jobs.pop() }
}
fn early(bus: &Mutex<Vec<Arc<Mutex<Device>>>>, all: &Vec<u64>) {
    let device = Arc::new(Mutex::new(Device::new()));
    if let Some(_) = device.lock().unwrap().first() { serde_json::to_string(all); }
    bus.lock().unwrap().push(device);
}
fn late(bus: &Mutex<Vec<Arc<Mutex<Device>>>>, all: &Vec<u64>) {
    let device = Arc::new(Mutex::new(Device::new()));
    bus.lock().unwrap().push(device.clone());
    if let Some(_) = device.lock().unwrap().first() { serde_json::to_string(all); }
//                                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^ guard_in_scrutinee
}
",
        );
    }

    #[test]
    fn the_fix_gives_the_scrutinee_a_let() {
        let text = "
use std::sync::Mutex;
fn f(a: &Mutex<Vec<u32>>, b: &Mutex<Vec<u32>>) {
    if let Some(x) = a.lock().unwrap().pop() {
        let mut all = b.lock().unwrap();
        all.push(x);
        serde_json::to_string(&*all);
    }
}
";
        let fixed = fixed(&LINT, text).expect("a fix");
        let want = "    let found = a.lock().unwrap().pop();\n    if let Some(x) = found {\n";
        assert!(fixed.contains(want), "{fixed}");
        check(&LINT, &fixed);
    }

    #[test]
    fn no_fix_where_the_value_borrows_or_is_asked_for_again() {
        let borrows = "
use std::sync::Mutex;
fn f(a: &Mutex<Vec<u32>>, b: &Vec<u32>) {
    match a.lock().unwrap().first() {
        Some(_) => {}
        None => drop(serde_json::to_string(b)),
    }
}
";
        let again = "
use std::sync::Mutex;
fn f(a: &Mutex<Vec<u32>>, b: &Vec<u32>) {
    while let Some(_) = a.lock().unwrap().pop() {
        serde_json::to_string(b);
    }
}
";
        assert_eq!((found(&LINT, borrows).len(), found(&LINT, again).len()), (1, 1));
        assert_eq!((fixed(&LINT, borrows), fixed(&LINT, again)), (None, None));
    }
}
