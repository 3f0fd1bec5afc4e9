//! A blocking guard is alive at an `.await` that can suspend.
//!
//! ## Why
//!
//! While the task is suspended the guard stays locked, and the thread runs other tasks. The first of them that asks for
//! the same lock, or for a key in the same shard, blocks the thread; when every worker thread waits like this, the task
//! that holds the guard is never run again and the service stands still. It needs no second lock and no bug elsewhere.
//! A `RefCell` borrow does not block: the second borrow panics.
//!
//! It comes from session tables and caches: a `DashMap` reference that is read, passed to a request, and awaited.
//!
//! ## Fires
//!
//! ```rust
//! use dashmap::DashMap;
//!
//! struct Sessions {
//!     by_id: DashMap<u64, String>,
//! }
//!
//! impl Sessions {
//!     async fn refresh(&self, id: u64) {
//!         if let Some(session) = self.by_id.get(&id) {
//!             renew(&session).await; // the shard of `id` is locked here
//!         }
//!     }
//! }
//!
//! async fn renew(_session: &str) {
//!     tokio::task::yield_now().await;
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use dashmap::DashMap;
//!
//! struct Sessions {
//!     by_id: DashMap<u64, String>,
//! }
//!
//! impl Sessions {
//!     async fn refresh(&self, id: u64) {
//!         let session = self.by_id.get(&id).map(|session| session.clone());
//!         if let Some(session) = session {
//!             renew(&session).await;
//!         }
//!     }
//! }
//!
//! async fn renew(_session: &str) {
//!     tokio::task::yield_now().await;
//! }
//! ```
//!
//! ## Fix
//!
//! Clone what is needed out of the guard, let the guard end, and await then: `map.get(&k).map(|v| v.clone())`. A value
//! that is expensive to clone goes into an `Arc`. Where an entry is filled by an await, load first and then
//! `entry(k).or_insert(loaded)`. `safe_map::ShardedMap::get` gives a value, `get_or_load` awaits with nothing held, and no guard exists
//! that could be awaited over.
//!
//! ## Limits
//!
//! Guards of async-aware locks (`tokio::sync`, `async-lock`) are left alone: their waiters suspend too; so are entries that
//! scc's `_async` methods give, unless something in the workspace asks for the map in the blocking way. An await counts
//! as one that suspends, unless it is of an `async fn` of the workspace that never awaits; where it awaits nothing but such
//! functions, impls of a trait too, the finding is `possible`. A map or lock that is a local
//! of this function is left alone, and so is a guard outside a future that `block_on` runs: it is not part of it. So is a
//! lock that every function of the workspace only tries to take, and one of a thread-local. The finding is `likely` where the lock
//! is in a static, in a value that several are seen to have (`Arc`) or lent by who calls the function from outside, and a run
//! of its own asks for it; a reader's also needs an await that is known to wait, or of code of the workspace. Not so for a guard that stays on its thread (`std`, `parking_lot`
//! without its feature `send_guard`) where tasks go from thread to thread and none is seen to stay (`spawn_local`, `LocalSet`, actix, glib):
//! no task can have it then, and it takes a `main` that awaits with it beside tasks that ask for the lock. A `RefCell` borrow is reported as `possible`, where code of a task or closure that runs apart, or of an async
//! function that nobody awaits, borrows the cell in a conflicting way. `allow(clippy::await_holding_lock)` and
//! `allow(clippy::await_holding_refcell_ref)` silence this lint too. clippy's `await_holding_lock` and `await_holding_refcell_ref` know the
//! guards of `std` and `parking_lot`; this lint adds map references, entries and iterators, guards in temporaries and
//! scrutinees, and guards that a function returns.

use std::cell::LazyCell;
use std::collections::BTreeMap;

use safe_map_analysis::flow::{Acquire, Decl, Event, EventKind, Guard, Held, Lock, Root};
use safe_map_analysis::knowledge::schema::{GuardClass, LockMode, Locking, Tasks, TypeRole, Waits};
use safe_map_analysis::span::Span;
use safe_map_analysis::{FunctionView, Waiter};

use crate::contended::{
    is_borrowed_by_own_task, is_borrowed_meanwhile, is_lent_from_outside, is_of_thread, is_only_tried,
    is_seen_shared, is_waited_for, writers,
};
use crate::entries::{is_of_main_beside, meets_any};
use crate::fix::end_before;
use crate::meeting::{Holder, Trust};
use crate::private::makes;
use crate::story::{acquire_label, declaration_label, finding, here, lock_name, lock_path};
use crate::{Check, Confidence, Finding, Group, Label, Level, Lint, Role};

pub(crate) static LINT: Lint = Lint {
    name: "guard_across_await",
    group: Group::Scope,
    level: Level::Deny,
    has_fix: true,
    merges_sites: false,
    source: include_str!("guard_across_await.rs"),
    check: Check::Function(check),
};

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    for HeldAtAwaits { held, awaits, suspends, surely } in held_at_awaits(function) {
        let guard = function.flow.guard_at(held);
        let mut finding = report(function, &guard, &awaits);
        finding.confidence = confidence(function, &guard.acquire, surely);
        if !suspends {
            finding.confidence = Confidence::Possible;
            finding.note += "; what is awaited here never suspends as it is written now";
        } else if !can_be_had(function, &guard) {
            finding.confidence = Confidence::Possible;
            finding.note +=
                "; a future with this guard is not `Send`, and none is seen to stay on a thread with others";
        }
        finding.fixes.extend(end_before(function, held, awaits[0], "the await"));
        out.push(finding);
    }
}

/// A guard with the awaits that it is alive at, in order.
struct HeldAtAwaits<'a> {
    held: &'a Held,
    awaits: Vec<Span>,
    /// One of them can suspend.
    suspends: bool,
    /// One of them is seen to wait for something, or is code of the workspace that can.
    surely: bool,
}

/// The guards alive at an await; one guard an acquire.
fn held_at_awaits<'a>(function: &FunctionView<'a>) -> Vec<HeldAtAwaits<'a>> {
    let mut found: BTreeMap<Span, HeldAtAwaits<'a>> = BTreeMap::new();
    for event in function.flow.events.iter().filter(|it| matches!(it.kind, EventKind::Await(_))) {
        // Asked for under a guard only: the answer takes a look at the whole workspace.
        let can_suspend = LazyCell::new(|| may_suspend(function, event));
        for held in &event.held {
            let guard = function.flow.guard(held.guard);
            if !is_hazard(function, &guard.acquire)
                || guard.acquire.lock.is_private
                || is_only_tried(function, &guard.acquire)
                || !is_wanted(function, event, &guard.acquire)
                || guard.acquire.class == GuardClass::RefCell && !*can_suspend
            {
                continue;
            }
            let start = || HeldAtAwaits { held, awaits: Vec::new(), suspends: false, surely: false };
            let one = found.entry(guard.acquire.span).or_insert_with(start);
            one.suspends |= *can_suspend;
            one.surely |= waits_surely(event);
            if !one.awaits.contains(&event.span) {
                one.awaits.push(event.span);
            }
        }
    }
    found.into_values().collect()
}

/// Whether an event is an await that can suspend, as the workspace is written now.
fn may_suspend(function: &FunctionView<'_>, event: &Event) -> bool {
    let EventKind::Await(wait) = &event.kind else { return false };
    !wait.callee.is_some_and(|it| function.file.analysis.is_prompt(it))
}

/// Whether an await is of something that is known to wait, or of code of the workspace.
fn waits_surely(event: &Event) -> bool {
    matches!(&event.kind, EventKind::Await(wait) if wait.callee.is_some() || !matches!(wait.waits, Waits::None | Waits::Unknown))
}

/// Whether somebody else can ask for the lock while the task is suspended, as far as that is known: not where something
/// keeps away all who are known to.
fn is_wanted(function: &FunctionView<'_>, event: &Event, acquire: &Acquire) -> bool {
    let Lock { place, decl: Some(decl), .. } = &acquire.lock else { return true };
    let conflicts = |it: &Waiter| conflicts(acquire, it);
    let trust = Trust::Borrows;
    let holder = Holder { function, place, held: &event.held, is_own: event.is_own, trust };
    acquire.class == GuardClass::RefCell
        || !function.file.analysis.waiters(decl).iter().any(conflicts)
        || holder.is_wanted(decl, conflicts)
}

/// Whether who waits for a lock waits for this guard: for a reader's only a writer does.
fn conflicts(acquire: &Acquire, waiter: &Waiter) -> bool {
    acquire.mode != LockMode::Shared || waiter.mode == LockMode::Exclusive
}

/// Likely where somebody else is seen to want the lock, and several to have it at once. Whether anyone borrows a cell meanwhile
/// is not known, nor whether waiters that mostly suspend ever block; and a reader only holds up who writes, which with an await
/// that need not suspend is one doubt too many.
fn confidence(function: &FunctionView<'_>, acquire: &Acquire, surely: bool) -> Confidence {
    let blocks = matches!(acquire.class, GuardClass::Blocking | GuardClass::Spinning);
    let is_doubtful = acquire.mode == LockMode::Shared && !surely;
    let is_shared = || is_seen_shared(function, acquire) || is_lent_from_outside(function, acquire);
    match blocks && !is_doubtful && is_asked_for(function, acquire) && is_shared() {
        true => Confidence::Likely,
        false => Confidence::Possible,
    }
}

/// Whether a task can have a guard, as far as is seen: tasks that go from thread to thread have none that stays on one, but a
/// `main` may that others run beside.
fn can_be_had(function: &FunctionView<'_>, guard: &Guard) -> bool {
    let analysis = function.file.analysis;
    let krate = function.file.parsed().source.krate;
    let is_sent = || analysis.model.tasks(krate) == Some(Tasks::Sent) && !analysis.model.sends_guards();
    !guard.is_local || !is_sent() || {
        let waiters = guard.acquire.lock.decl.iter().flat_map(|it| analysis.waiters(it));
        is_of_main_beside(analysis, function.id, waiters.filter(|it| conflicts(&guard.acquire, it)))
    }
}

/// Whether runs of their own are seen to wait for a guard; of whom nothing is known may.
fn is_asked_for(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let analysis = function.file.analysis;
    let Some(decl) = &acquire.lock.decl else { return true };
    let waiters = || analysis.waiters(decl).iter().filter(|it| conflicts(acquire, it));
    let is_other = |it: &Waiter| acquire.mode != LockMode::Shared && it.id != function.id;
    waiters().any(is_other) || meets_any(analysis, function.id, waiters())
}

/// Whether a guard that is held while the task is suspended can hold up a thread, or make another task panic.
fn is_hazard(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let analysis = function.file.analysis;
    let decl = acquire.lock.decl.as_ref();
    match acquire.class {
        GuardClass::Blocking | GuardClass::Spinning => {
            let is_read = acquire.mode == LockMode::Shared;
            let is_frozen = || decl.is_some_and(|it| is_filled_when_made(function, it));
            !(is_of_thread(function, acquire) || is_read && is_frozen())
        }
        GuardClass::RefCell if is_waited_for(function, acquire) => false,
        GuardClass::RefCell => match decl {
            Some(decl) => is_borrowed_meanwhile(function, decl, acquire.mode),
            // Who gave it has it too.
            None => {
                matches!(acquire.lock.place.root, Root::Param(..))
                    || is_borrowed_by_own_task(function, acquire)
            }
        },
        // An entry of a map whose waiters suspend too, unless one of them asks for it in the blocking way.
        GuardClass::Async if acquire.lock.role == TypeRole::SharedMap => {
            let waiters = decl.map_or(&[][..], |it| analysis.waiters(it));
            waiters.iter().any(|it| it.class == GuardClass::Blocking)
        }
        GuardClass::Async | GuardClass::Free => false,
    }
}

/// Whether all who are known to want a lock alone make what it is in: afterwards there are readers only, who do not wait for
/// each other.
fn is_filled_when_made(function: &FunctionView<'_>, decl: &Decl) -> bool {
    let analysis = function.file.analysis;
    let Decl::Field(owner, _) = decl else { return false };
    let mut writers = writers(analysis, decl).peekable();
    writers.peek().is_some() && writers.all(|id| makes(&analysis.model, id, *owner))
}

fn report(function: &FunctionView<'_>, guard: &Guard, awaits: &[Span]) -> Finding {
    let acquire = &guard.acquire;
    let name = lock_name(function, acquire);
    let kind = if acquire.class == GuardClass::RefCell { "borrow" } else { "guard" };
    let mut finding =
        finding(function, LINT.name, awaits[0], format!("{kind} of {name} is alive at this await"));
    finding.lock = lock_path(function, acquire);
    finding.labels.push(acquire_label(function, guard));
    finding.labels.extend(awaits[1..].iter().map(|span| Label {
        role: Role::Hazard,
        place: here(function, *span),
        message: "and at this await".to_string(),
    }));
    finding.labels.extend(guard.ends.iter().filter(|it| it.start >= awaits[0].start).max().map(|span| {
        Label { role: Role::Release, place: here(function, *span), message: format!("{kind} ends here") }
    }));
    finding.labels.extend(declaration_label(function, acquire));
    finding.note = note(guard);
    finding.help = help(guard);
    finding
}

fn note(guard: &Guard) -> String {
    let what = match (guard.acquire.class, guard.acquire.lock.locking) {
        (GuardClass::RefCell, _) => {
            "another task on this thread that borrows the cell while this one is suspended panics"
        }
        (_, Locking::Sharded) => {
            "while this task is suspended the shard stays locked: every thread that asks for a key in it blocks, \
             and once all workers wait, nobody is left to resume this task"
        }
        _ if guard.acquire.mode == LockMode::Shared => {
            "while this task is suspended the lock stays taken: whoever asks to write blocks its thread, readers that \
             come after may wait behind it, and once all workers wait, nobody is left to resume this task"
        }
        _ => {
            "while this task is suspended the lock stays taken: every thread that asks for it blocks, and once all \
             workers wait, nobody is left to resume this task"
        }
    };
    what.to_string()
}

fn help(guard: &Guard) -> String {
    match (&guard.binding, guard.acquire.lock.locking) {
        (Some((name, _)), Locking::Sharded) => {
            format!(
                "clone the value out of `{name}` and let the guard end before the await; `safe_map::ShardedMap::get` does that"
            )
        }
        (Some((name, _)), _) => {
            format!(
                "take what the await needs out of `{name}`, and drop it or end its block before the await"
            )
        }
        (None, _) => {
            "bind what is needed with a `let` of its own, so that the temporary guard ends before the await"
                .to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::Confidence;
    use crate::testing::{check, fixed, found};

    #[test]
    fn a_lock_that_all_only_try_to_take() {
        check(
            &LINT,
            "
use std::sync::Mutex;
struct Reader { file: Mutex<Vec<u8>>, log: Mutex<Vec<u8>> }
//                                    --- declaration: declared here
impl Reader {
    async fn next(&self) {
        let Ok(mut file) = self.file.try_lock() else { return };
        fill(&mut file).await;
    }
    async fn note(&self) {
        let Ok(mut log) = self.log.try_lock() else { return };
//                        ------------------- acquire: held by `log`
        fill(&mut log).await;
//                     ^^^^^ guard_across_await
    }
    fn clear(&self) { self.log.lock().unwrap().clear() }
}
async fn fill(_: &mut Vec<u8>) { tokio::task::yield_now().await }
",
        );
    }

    #[test]
    fn a_lock_that_nobody_else_can_ask_for_meanwhile() {
        let text = "
use dashmap::DashMap;
use std::sync::{Arc, RwLock};
struct Reader { at: RwLock<u64>, open: DashMap<u32, u32>, seen: Arc<DashMap<u32, u32>> }
impl Reader {
    async fn advance(&mut self) {
        let at = self.at.read().unwrap();
        one().await;
        drop(at);
        *self.at.write().unwrap() += 1;
    }
    async fn poll(&mut self) { let entry = self.open.entry(1).or_insert(2); one().await; }
    async fn note(&mut self) { let entry = self.seen.entry(1).or_insert(2); one().await; }
}
async fn one() { tokio::task::yield_now().await }
";
        let found: Vec<_> = found(&LINT, text).into_iter().map(|it| it.item).collect();
        assert_eq!(found, ["Reader::note"]);
    }

    #[test]
    fn an_await_that_does_not_suspend_as_it_is_written_now() {
        let text = "
use std::sync::Mutex;
trait Start { async fn start(&self); async fn stop(&self); }
struct Now;
impl Start for Now { async fn start(&self) { twice().await } async fn stop(&self) {} }
struct Later;
impl Start for Later { async fn start(&self) {} async fn stop(&self) { tokio::task::yield_now().await } }
async fn twice() { once().await; once().await }
async fn once() {}
async fn never(jobs: &Mutex<u32>) { let jobs = jobs.lock().unwrap(); once().await; }
async fn start(jobs: &Mutex<u32>, it: &dyn Start) { let jobs = jobs.lock().unwrap(); it.start().await; }
async fn stop(jobs: &Mutex<u32>, it: &dyn Start) { let jobs = jobs.lock().unwrap(); it.start().await; it.stop().await; }
";
        let found: Vec<_> = found(&LINT, text).iter().map(|it| (it.item.clone(), it.confidence)).collect();
        let expected = [("start", Confidence::Possible), ("stop", Confidence::Likely)];
        assert_eq!(found, expected.map(|(item, confidence)| (item.to_string(), confidence)));
    }

    #[test]
    fn futures_in_wrappers() {
        let text = "
use std::sync::{Arc, Mutex};
struct Jobs { left: Arc<Mutex<Vec<u32>>> }
impl Jobs {
    async fn awaited(&self) { async { let left = self.left.lock().unwrap(); one().await; }.instrument(span()).await; }
    fn spawned(&self) {
        let left = self.left.clone();
        tokio::spawn(async move { let left = left.lock().unwrap(); one().await; }.in_current_span());
    }
    fn boxed(&self) -> BoxFuture<'_, ()> { async move { let left = self.left.lock().unwrap(); one().await; }.boxed() }
    fn mapped(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move { let left = self.left.lock().unwrap(); one().await; }.map(|it| it))
    }
    async fn free(&self) { async { self.left.lock().unwrap().clear(); one().await; }.instrument(span()).await; }
}
async fn one() { tokio::task::yield_now().await }
";
        let found: Vec<_> = found(&LINT, text).into_iter().map(|it| it.item).collect();
        assert_eq!(found, ["Jobs::awaited", "Jobs::spawned", "Jobs::boxed", "Jobs::mapped"]);
    }

    #[test]
    fn a_borrow_that_no_other_task_conflicts_with_is_left_alone() {
        check(
            &LINT,
            "
use std::cell::RefCell;
struct Node { own: RefCell<u32>, shared: RefCell<u32> }
//                               ------ declaration: declared here
impl Node {
    async fn step(&self) {
        let own = self.own.borrow_mut();
        one().await;
        drop(own);
        let shared = self.shared.borrow_mut();
//                   ------------------------ acquire: held by `shared`
        one().await;
//            ^^^^^ guard_across_await
    }
    fn reset(&self) { *self.own.borrow_mut() = 0 }
    async fn listen(&self) { *self.shared.borrow_mut() += 1 }
}
async fn one() { tokio::task::yield_now().await }
",
        );
    }

    #[test]
    fn an_entry_whose_waiters_suspend_too() {
        check(
            &LINT,
            "
struct Cache { own: scc::HashMap<u32, u32>, mixed: scc::HashMap<u32, u32> }
//                                          ----- declaration: declared here
impl Cache {
    async fn fill(&self) {
        let own = self.own.entry_async(1).await;
        one().await;
        drop(own);
        let mixed = self.mixed.entry_async(1).await;
//                  ------------------------- acquire: held by `mixed`
        one().await;
//            ^^^^^ guard_across_await
    }
    fn forget(&self) { self.mixed.remove_sync(&1); }
}
async fn one() { tokio::task::yield_now().await }
",
        );
    }

    #[test]
    fn a_local_map_is_that_of_the_field_it_goes_into() {
        check(
            &LINT,
            "
use std::sync::Arc;
use dashmap::DashMap;
struct Notifier;
impl Notifier { async fn tell(&self) {} async fn wait(&self) { tokio::task::yield_now().await } }
struct Service { notifiers: Arc<DashMap<u32, Notifier>> }
//               --------- declaration: declared here
fn start() -> Service {
    let notifiers = Arc::new(DashMap::new());
    let service = Service { notifiers: notifiers.clone() };
    tokio::spawn(async move {
        if let Some(it) = notifiers.get(&1) { it.tell().await }
        if let Some(it) = notifiers.get(&1) {
//                        ----------------- acquire: held by `it`
            it.wait().await
//                    ^^^^^ guard_across_await
        }
    });
    service
}
",
        );
    }

    #[test]
    fn a_map_reference_in_an_if_let() {
        check(
            &LINT,
            "
struct Sessions { by_id: dashmap::DashMap<u64, String> }
//                ----- declaration: declared here
impl Sessions {
    async fn touch(&self, id: u64) {
        if let Some(session) = self.by_id.get(&id) {
//                             ------------------- acquire: held by `session`
            renew(&session).await;
//                          ^^^^^ guard_across_await
        }
    }
}
async fn renew(_: &str) { tokio::task::yield_now().await }
",
        );
    }

    #[test]
    fn a_second_await_under_the_same_guard_is_a_label() {
        check(
            &LINT,
            "
async fn f(m: &parking_lot::Mutex<u32>) {
    let g = m.lock();
//          -------- acquire: guard taken here, held by `g`
    one().await;
//        ^^^^^ guard_across_await
    one().await;
//        ----- hazard: and at this await
}
async fn one() { tokio::task::yield_now().await }
",
        );
    }

    #[test]
    fn a_borrow_panics_instead() {
        check(
            &LINT,
            "
async fn f(cell: &std::cell::RefCell<u32>) {
    *cell.borrow_mut() += one().await;
    let b = cell.borrow();
//          ------------- acquire: borrow taken here, held by `b`
    one().await;
//        ^^^^^ guard_across_await
}
async fn one() -> u32 { tokio::task::yield_now().await; 1 }
",
        );
    }

    #[test]
    fn an_async_lock_is_left_alone() {
        check(
            &LINT,
            "
async fn f(m: &tokio::sync::Mutex<u32>) {
    let g = m.lock().await;
    one().await;
}
async fn one() { tokio::task::yield_now().await }
",
        );
    }

    #[test]
    fn a_map_that_only_this_function_has_is_left_alone() {
        check(
            &LINT,
            "
async fn f(shared: &dashmap::DashMap<u32, u32>) {
    let own = shared.clone();
    for entry in own.iter() {
        one(*entry.value()).await;
    }
}
async fn one(_: u32) { tokio::task::yield_now().await }
",
        );
    }

    #[test]
    fn the_fix_drops_a_guard_that_is_not_used_again() {
        let text = "
async fn f(m: &parking_lot::Mutex<u32>) {
    let mut g = m.lock();
    *g += 1;
    one().await;
}
async fn one() { tokio::task::yield_now().await }
";
        let fixed = fixed(&LINT, text).expect("a fix");
        assert!(fixed.contains("    *g += 1;\n    drop(g);\n    one().await;\n"), "{fixed}");
    }

    #[test]
    fn no_fix_where_the_guard_is_used_behind_the_await() {
        let text = "
async fn f(m: &parking_lot::Mutex<u32>) {
    let mut g = m.lock();
    one().await;
    *g += 1;
}
async fn one() { tokio::task::yield_now().await }
";
        assert_eq!(fixed(&LINT, text), None);
    }

    #[test]
    fn a_map_that_is_filled_when_it_is_made() {
        check(
            &LINT,
            "
use dashmap::DashMap;
struct Sinks { by_name: DashMap<u32, u32>, changed: DashMap<u32, u32> }
async fn work(n: u32) { tokio::task::yield_now().await; drop(n) }
impl Sinks {
    fn new() -> Self {
        let sinks = Sinks { by_name: DashMap::new(), changed: DashMap::new() };
        sinks.by_name.insert(1, 1);
        sinks
    }
    fn change(&self) { self.changed.insert(1, 2); }
    async fn update(&self) {
        if let Some(sink) = self.by_name.get(&1) { work(*sink).await; }
        if let Some(sink) = self.changed.get(&1) { work(*sink).await; }
//                          -------------------- acquire: held by `sink`
//                                                             ^^^^^ guard_across_await
    }
}
",
        );
    }

    #[test]
    fn likely_where_several_are_seen_to_have_the_lock() {
        let text = "
use std::sync::{Arc, Mutex};
struct Shared { jobs: Mutex<u32> }
struct Alone { jobs: Mutex<u32> }
impl Shared { async fn step(&self) { let jobs = self.jobs.lock(); one().await; } }
impl Alone { async fn step(&self) { let jobs = self.jobs.lock(); one().await; } }
async fn lent(jobs: &Mutex<u32>) { let jobs = jobs.lock(); one().await; }
async fn run(shared: Arc<Shared>, alone: Alone) { shared.step().await; alone.step().await }
async fn one() { tokio::task::yield_now().await }
";
        let found: Vec<_> = found(&LINT, text).into_iter().map(|it| (it.item, it.confidence)).collect();
        let expected = [
            ("Shared::step", Confidence::Likely),
            ("Alone::step", Confidence::Possible),
            ("lent", Confidence::Likely),
        ];
        assert_eq!(found, expected.map(|(item, rated)| (item.to_string(), rated)));
    }
}
