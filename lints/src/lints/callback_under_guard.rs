//! Code that somebody else chose, a stored callback or a listener, runs while a guard is held that it can ask for.
//!
//! ## Why
//!
//! What a callback does is not known where it is called. One that comes back, to unsubscribe, to ask for the state that
//! it is told about, or to set another callback, asks for the lock that its caller holds, and the thread waits for
//! itself; a `RefCell` panics. It can come back where it is given something that leads there. And as long as it runs,
//! everybody else waits.
//!
//! It comes from event emitters, schedulers and caches with an eviction hook: a list of listeners behind a lock, walked and called
//! in one loop.
//!
//! ## Fires
//!
//! ```rust
//! use std::sync::{Arc, Mutex};
//!
//! type Listener = Arc<dyn Fn(&App, u64) + Send + Sync>;
//!
//! struct App {
//!     events: Arc<Events>,
//! }
//!
//! struct Events {
//!     listeners: Mutex<Vec<Listener>>,
//! }
//!
//! impl App {
//!     pub fn subscribe(&self, listener: Listener) {
//!         self.events.listeners.lock().unwrap().push(listener);
//!     }
//!
//!     fn publish(&self, event: u64) {
//!         for listener in self.events.listeners.lock().unwrap().iter() {
//!             listener(self, event); // one that subscribes another waits for ever
//!         }
//!     }
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use std::sync::{Arc, Mutex};
//!
//! type Listener = Arc<dyn Fn(&Events, u64) + Send + Sync>;
//! type Send = Box<dyn Fn(u64) + std::marker::Send + Sync>;
//!
//! struct Events {
//!     listeners: Mutex<Vec<Listener>>,
//!     sinks: Mutex<Vec<Send>>,
//! }
//!
//! impl Events {
//!     fn publish(&self, event: u64) {
//!         let listeners = self.listeners.lock().unwrap().clone();
//!         for listener in listeners {
//!             listener(self, event);
//!         }
//!         for send in self.sinks.lock().unwrap().iter() {
//!             send(event); // from a number nothing leads back to `sinks`
//!         }
//!     }
//!
//!     fn with_listeners<R>(&self, read: impl FnOnce(&[Listener]) -> R) -> R {
//!         read(&self.listeners.lock().unwrap())
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! Keep callbacks in an `Arc`, clone them out, end the guard, and call them then. One that can only be called by `&mut`
//! is taken out of its place, called, and put back. With `safe_map::SnapshotMap` a snapshot is iterated, and nothing is
//! locked meanwhile.
//!
//! ## Limits
//!
//! Reported of callbacks behind a lock is what somebody outside the crate can store, through a public function that is given
//! one and takes the lock, is a method of its owner, or is given a callback of the same types: what only the crate stores, its authors know. What has a way back to
//! the lock is `likely`: it is given the lock's very owner (`loader.load(self)`); or something whose type leads, through fields, handles and `Deref`, to the struct that has the lock; or an impl of the workspace of the
//! listener's trait takes the same lock, or a closure in the same file does, one that is stored under that lock. A `RefCell` in a thread-local or static is open to any code of its thread, and a
//! callback that a scrutinee clones out of a cell is meant to be called when the borrow has ended: these are reported
//! whatever they are given. What a closure has captured is not known, so one under a lock of a field that is given nothing that leads back is
//! `possible`: it may have a handle of its own. In a lock that is a static or a local it is left alone, unless it is given
//! that. The types are those that the callback's parameters are written with, and those of the arguments where it
//! is called: behind a type parameter nothing is seen.
//!
//! Of these, what is told something and gives nothing back is reported: a closure without a result, a listener of a
//! `dyn Trait` in a loop over the locked collection. A closure that is asked (a predicate, a factory, a comparison) is part
//! of the work under the lock, unless it is given the lock's owner; one that is called under a `borrow_mut` of the very map it
//! lies in, or that is taken out in the head of a branch (`if let Some(job) = jobs.pop()`), is `possible`. A closure parameter of the function that takes the
//! lock is part of the work too, and what the workspace passes to it is looked at where it is passed: reported, as `possible`, is one that gets nothing of what
//! is locked, and something that leads back; one that a closure has with it which runs later; and one that is given a copy
//! while the guard it was made from, a temporary, is still alive. Under a guard of a lock that
//! only a scrutinee keeps alive it is `guard_in_scrutinee`'s. A lock that does not leave the function is asked for by no
//! callback.
//!
//! A trait's method, of a `dyn Trait` or a type parameter, is `possible` where an impl of the workspace, or what the trait
//! offers without a `self`, comes to the same lock. Impls for the type that has the lock are left alone: a wrapper calls another
//! value of its kind. The wake of a task runs what its executor has put there, and is `possible` under a lock. Single callbacks under a shared guard and anything under an async guard are left alone: a callback that is not
//! async cannot wait for an async lock.

use std::cell::OnceCell;

use safe_map_analysis::FunctionView;
use safe_map_analysis::flow::{Acquire, Callback, Guard, Had};
use safe_map_analysis::knowledge::schema::{GuardClass, LockMode};
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::{EffectKind, Happening};

use crate::callbacks::{Relation, Site, Under, can_wait};
use crate::dispatched::{WayBack, ways_back};
use crate::fix::body_of;
use crate::story::{
    MAX_CHAIN, acquire_label, at, callback_name, called, chain_labels, consequence, declaration_label,
    finding, here, lock_name, lock_path,
};
use crate::taken::{happenings, taken_callbacks};
use crate::{Check, Confidence, Finding, Group, Label, Level, Lint, Role};

pub(crate) static LINT: Lint = Lint {
    name: "callback_under_guard",
    group: Group::Scope,
    level: Level::Warn,
    has_fix: false,
    merges_sites: true,
    source: include_str!("callback_under_guard.rs"),
    check: Check::Function(check),
};

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let body = OnceCell::new();
    let scrutinees = OnceCell::new();
    let mut told: Vec<Span> = Vec::new();
    // One guard, one finding: where each guard is taken, and which finding is about it.
    let mut about: Vec<(Span, usize)> = Vec::new();
    let taken = taken_callbacks(function);
    for happening in happenings(function, &taken) {
        let EffectKind::Callback(callback) = &happening.kind else { continue };
        let span = happening.event.span;
        if told.contains(&span) || happening.chain.len() > MAX_CHAIN {
            continue;
        }
        let Some(body) = body.get_or_init(|| body_of(function)) else { return };
        let site = Site { function, body, scrutinees: &scrutinees, callback, happening: &happening };
        let Some(under) = site.guard() else { continue };
        told.push(span);
        match about.iter().find(|it| it.0 == under.guard.acquire.span) {
            Some((_, first)) => out[*first].labels.push(also(function, &happening, callback)),
            None => {
                about.push((under.guard.acquire.span, out.len()));
                out.push(report(function, &under, &happening, callback));
            }
        }
    }
    let is_new = |it: &Guard| can_wait(it) && about.iter().all(|(told, _)| *told != it.acquire.span);
    out.extend(ways_back(function, &is_new).iter().map(|it| report_way_back(function, it)));
}

/// The label of one more callback under the same guard.
fn also(function: &FunctionView<'_>, happening: &Happening<'_>, callback: &Callback) -> Label {
    let place = here(function, happening.event.span);
    Label { role: Role::Hazard, place, message: format!("and {} here", callback_name(callback)) }
}

fn report(
    function: &FunctionView<'_>,
    under: &Under,
    happening: &Happening<'_>,
    callback: &Callback,
) -> Finding {
    let &Under { ref guard, relation, had, leads_back } = under;
    let name = lock_name(function, &guard.acquire);
    let what = callback_name(callback);
    let through = called(function, happening).map(|it| format!(" by `{it}`")).unwrap_or_default();
    let is_cell = guard.acquire.class == GuardClass::RefCell;
    let keeps = if is_cell { "is borrowed" } else { "is locked" };
    let message = format!("{what} is called{through} while {name} {keeps}");
    let mut finding = finding(function, LINT.name, happening.event.span, message);
    // Who takes a callback out for one call has often seen to it that nobody else is left to ask.
    // What is asked in its own borrow is often known not to ask back.
    let is_asked = is_cell && !callback.is_notice;
    let is_many = leads_back && relation == Relation::Inside && had != Had::Taken && !is_asked;
    finding.confidence = if is_many { Confidence::Likely } else { Confidence::Possible };
    finding.lock = lock_path(function, &guard.acquire);
    finding.labels.push(acquire_label(function, guard));
    finding.labels.extend(chain_labels(function, happening, "the callback is called here"));
    finding.labels.extend(declaration_label(function, &guard.acquire));
    finding.note = note(&guard.acquire, &name);
    finding.help = help(relation, is_cell, had).to_string();
    finding
}

fn report_way_back(function: &FunctionView<'_>, back: &WayBack<'_>) -> Finding {
    let model = function.model();
    let acquire = &back.guard.acquire;
    let name = lock_name(function, acquire);
    let keeps = if acquire.class == GuardClass::RefCell { "is borrowed" } else { "is locked" };
    let (method, taker) = (&model.func(back.method).path, model.func(back.taker));
    let message = format!("an impl of `{method}` can come back to {name}, which {keeps}");
    let mut finding = finding(function, LINT.name, back.at, message);
    finding.confidence = Confidence::Possible;
    finding.lock = lock_path(function, acquire);
    finding.labels.push(acquire_label(function, back.guard));
    finding.labels.push(Label {
        role: Role::Via,
        place: at(taker.at.file, back.taken),
        message: format!("`{}` asks for {name} here", taker.path),
    });
    finding.labels.extend(declaration_label(function, acquire));
    finding.note = format!(
        "which impl runs is not known here: one comes to `{}`, and if that is for the same {name}, this thread {}s",
        taker.path,
        consequence(acquire.class)
    );
    finding.help = "take what the call needs out of the guard, end it, and call then".to_string();
    finding
}

fn note(acquire: &Acquire, name: &str) -> String {
    let asks = match (acquire.class, acquire.mode) {
        (GuardClass::RefCell, LockMode::Shared) => format!("borrows {name} mutably"),
        (GuardClass::RefCell, _) => format!("borrows {name}"),
        (_, LockMode::Shared) => format!("asks for {name} exclusively, to change it"),
        _ => format!("asks for {name}"),
    };
    format!(
        "what it does is not known here: if it comes back and {asks}, this thread {}s",
        consequence(acquire.class)
    )
}

fn help(relation: Relation, is_cell: bool, had: Had) -> &'static str {
    match (relation, had) {
        (Relation::Kept, _) => {
            "give the scrutinee a `let` of its own, with a clone of what it finds: the borrow ends there"
        }
        (Relation::Beside, _) => "take what the callback needs out of the guard, end it, and call then",
        (Relation::Inside, Had::Taken) => "it is taken out already: end the guard before the call",
        (Relation::Inside, _) if is_cell => "take the callback out, end the borrow, call it, and put it back",
        (Relation::Inside, Had::Shared) => {
            "clone the callbacks out, an `Arc` each, and call them when the guard has ended"
        }
        (Relation::Inside, Had::InPlace) => {
            "keep each callback in an `Arc` and clone them out, or take them out and put them back: \
             call them when the guard has ended"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::Confidence;
    use crate::testing::{check, found};

    #[test]
    fn listeners_in_a_locked_collection() {
        check(
            &LINT,
            "
use std::sync::{Arc, Mutex, RwLock};
type Listener = Arc<dyn Fn(&Events) + Send + Sync>;
struct Events { listeners: Mutex<Vec<Listener>>, by_key: RwLock<Vec<(u32, Listener)>> }
//              --------- declaration: declared here
impl Events {
    pub fn subscribe(&self, listener: Listener) { self.listeners.lock().unwrap().push(listener) }
    fn publish(&self) {
        for listener in self.listeners.lock().unwrap().iter() {
//                      --------------------- acquire: guard taken here, a temporary
            listener(self);
//          ^^^^^^^^^^^^^^ callback_under_guard
        }
        let by_key = self.by_key.read().unwrap();
        for (_, listener) in by_key.iter() {
            listener(self);
//          ^^^^^^^^^^^^^^ callback_under_guard
        }
        self.listeners.lock().unwrap().iter().for_each(|it| it(self));
//                                                          ^^^^^^^^ callback_under_guard
    }
}
",
        );
    }

    #[test]
    fn what_is_given_leads_to_the_owner_of_the_lock() {
        check(
            &LINT,
            "
use std::{collections::HashMap, ops::Deref, sync::{Arc, Mutex, Weak}};
struct App<R> { manager: Arc<Manager<R>> }
struct Manager<R> { menu: Menu<R>, name: R }
struct Menu<R> { global: Mutex<Vec<Box<dyn Fn(&App<R>, u32) + Send>>>, by_label: Mutex<HashMap<String, Box<dyn Fn(&Window<R>) + Send>>> }
struct Window<R> { app: Weak<App<R>> }
struct Message { text: String, at: u64 }
struct Proxy(u32);
impl Deref for Proxy { type Target = Bus; fn deref(&self) -> &Bus { unimplemented!() } }
struct Bus { told: Mutex<Vec<Box<dyn Fn(&Proxy) + Send>>>, sinks: Mutex<Vec<Box<dyn Fn(&Message) + Send>>>, nested: Mutex<Vec<Sink>> }
struct Sink { send: Box<dyn Fn(Proxy) + Send> }
impl Sink { fn emit(&self, proxy: Proxy) { (self.send)(proxy) } fn tell(&self, proxy: Proxy) { (self.send)(proxy) } }
impl<R> Menu<R> {
    pub fn listen(&self, listener: Box<dyn Fn(&App<R>, u32) + Send>) { self.global.lock().unwrap().push(listener) }
}
impl Bus {
    pub fn listen(&self, listener: Box<dyn Fn(&Proxy) + Send>) { self.told.lock().unwrap().push(listener) }
}
impl<R> App<R> {
    fn told(&self) {
        for listener in &*self.manager.menu.global.lock().unwrap() {
            listener(self, 1);
//          ^^^^^^^^^^^^^^^^^ callback_under_guard
        }
    }
    fn told_of_a_window(&self, window: &Window<R>) {
        for (_, listener) in self.manager.menu.by_label.lock().unwrap().iter() {
            listener(window);
//          ^^^^^^^^^^^^^^^^ callback_under_guard
        }
    }
    fn told_of_what_is_made_elsewhere(&self) {
        for (_, listener) in self.manager.menu.by_label.lock().unwrap().iter() {
            listener(&elsewhere::window());
//          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ callback_under_guard
        }
    }
}
fn reached_by_deref(bus: &Bus, proxy: &Proxy) {
    for tell in bus.told.lock().unwrap().iter() {
        tell(proxy);
//      ^^^^^^^^^^^ callback_under_guard
    }
}
fn reached_in_a_call(bus: &Bus) {
    let mut nested = bus.nested.lock().unwrap();
    nested[0].emit(Proxy(1));
//  ^^^^^^^^^^^^^^^^^^^^^^^^ callback_under_guard
    nested.clear();
}
fn told_of_a_message(bus: &Bus, message: &Message) {
    for sink in bus.sinks.lock().unwrap().iter() {
        sink(message);
//      ^^^^^^^^^^^^^ callback_under_guard
    }
}
",
        );
    }

    #[test]
    fn what_has_no_way_back_is_silent() {
        check(
            &LINT,
            "
use std::{cell::RefCell, collections::HashMap, rc::Rc, sync::{Arc, Mutex}};
struct Msg(String);
struct Session { send: Box<dyn Fn(Msg)> }
struct Sessions { by_id: Rc<RefCell<HashMap<u32, Session>>>, senders: RefCell<HashMap<u32, Box<dyn Fn(Msg)>>> }
impl Sessions {
    fn send(&self, id: u32) {
        let sessions = self.by_id.borrow_mut();
        (sessions.get(&id).unwrap().send)(Msg(String::new()));
        for session in sessions.values() { (session.send)(Msg(String::new())); }
    }
    fn sent(&self, id: u32) {
        if let Some(send) = self.senders.borrow_mut().get_mut(&id) { send(Msg(String::new())); }
    }
}
static AT_EXIT: Mutex<Vec<fn()>> = Mutex::new(Vec::new());
static HANDLERS: Mutex<Vec<Box<dyn Fn() + Send>>> = Mutex::new(Vec::new());
fn exit() {
    for run in AT_EXIT.lock().unwrap().iter() { run(); }
    for run in HANDLERS.lock().unwrap().drain(..) { run(); }
}
struct Headers(Vec<String>);
type Callback = Box<dyn FnOnce(&mut Headers) + Send>;
#[derive(Clone)]
struct Trailers { callbacks: Arc<Mutex<Vec<Callback>>> }
impl Trailers {
    fn finish(&self, headers: &mut Headers) {
        for callback in self.callbacks.lock().unwrap().drain(..) { callback(headers); }
    }
}
",
        );
    }

    #[test]
    fn a_closure_that_is_stored_under_the_lock_takes_it() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::{Arc, Mutex}};
struct Event(u32);
type Listeners = Arc<Mutex<HashMap<u32, Box<dyn Fn(&Event) + Send>>>>;
struct Scope { listeners: Listeners, sinks: Listeners, seen: Arc<Mutex<u32>> }
impl Scope {
    fn listen<F: Fn(&Event) + Send + 'static>(&self, id: u32, f: F) {
        self.listeners.lock().unwrap().insert(id, Box::new(f));
    }
    fn once<F: Fn(&Event) + Send + 'static>(&self, id: u32, f: F) {
        let listeners = self.listeners.clone();
        self.listen(id, move |event| {
            listeners.lock().unwrap().remove(&id);
            f(event)
        });
    }
    fn sink<F: Fn(&Event) + Send + 'static>(&self, id: u32, f: F) {
        let sinks = self.sinks.clone();
        std::thread::spawn(move || sinks.lock().unwrap().remove(&id));
        let seen = self.seen.clone();
        self.sink_to(move |event| { *seen.lock().unwrap() += 1; f(event) });
    }
    fn sink_to<F: Fn(&Event) + Send + 'static>(&self, f: F) { self.sinks.lock().unwrap().insert(1, Box::new(f)); }
    fn emit(&self, event: Event) {
        for listener in self.listeners.lock().unwrap().values() {
            listener(&event);
//          ^^^^^^^^^^^^^^^^ callback_under_guard
        }
        for sink in self.sinks.lock().unwrap().values() {
            sink(&event);
        }
    }
}
",
        );
    }

    #[test]
    fn a_generic_wrapper_owns_no_lock() {
        check(
            &LINT,
            "
use std::sync::Arc;
struct Locked<T>(std::sync::Mutex<T>);
struct Message { text: Arc<Locked<String>> }
type Sinks = Locked<Vec<Box<dyn Fn(&Message) + Send>>>;
fn send(sinks: &Sinks, message: &Message) {
    for sink in sinks.0.lock().unwrap().iter() { sink(message); }
}
",
        );
    }

    #[test]
    fn a_hook_beside_what_is_locked_and_one_reached_through_a_call() {
        let text = "
use parking_lot::Mutex;
struct Pool { open: Mutex<Vec<u32>>, on_evict: Option<Box<dyn Fn(&Pool, u32) + Send + Sync>> }
impl Pool {
    pub fn on_evict(&mut self, hook: impl Fn(&Pool, u32) + Send + Sync + 'static) { self.on_evict = Some(Box::new(hook)) }
    fn evict(&self) {
        let mut open = self.open.lock();
        if let (Some(id), Some(on_evict)) = (open.pop(), &self.on_evict) {
            on_evict(self, id);
        }
    }
    fn evict_all(&self) {
        let mut open = self.open.lock();
        while let Some(id) = open.pop() {
            self.tell(id);
//          ^^^^^^^^^^^^^ callback_under_guard
        }
    }
    fn tell(&self, id: u32) {
        if let Some(hook) = &self.on_evict { hook(self, id); }
    }
}
";
        let found = found(&LINT, text);
        assert!(found.iter().all(|it| it.confidence == Confidence::Possible), "{found:#?}");
        assert!(!found.is_empty());
    }

    #[test]
    fn a_borrowed_callback_panics_when_it_comes_back() {
        check(
            &LINT,
            "
use std::{cell::RefCell, collections::HashMap};
thread_local! { static EFFECTS: RefCell<HashMap<u32, Box<dyn FnMut()>>> = RefCell::new(HashMap::new()); }
fn run(id: u32) {
    EFFECTS.with(|effects| {
        if let Some(effect) = effects.borrow_mut().get_mut(&id) {
//                            -------------------- acquire: borrow taken here, a temporary
            effect();
//          ^^^^^^^^ callback_under_guard
        }
    });
}
",
        );
    }

    #[test]
    fn listeners_of_a_trait_that_can_come_back() {
        check(
            &LINT,
            "
use std::sync::{Arc, Mutex};
trait Listener { fn told(&self, event: u32); fn handed(&self, event: &Event); fn cleared(&self); fn name(&self) -> String; }
struct A(Arc<Events>);
impl Listener for A {
    fn told(&self, _: u32) { self.0.clear() }
    fn handed(&self, _: &Event) {}
    fn cleared(&self) {}
    fn name(&self) -> String { String::new() }
}
struct B;
impl Listener for B { fn told(&self, _: u32) {} fn handed(&self, _: &Event) {} fn cleared(&self) {} fn name(&self) -> String { String::new() } }
trait Plugin { fn told(&self, event: u32); fn handed(&self, event: &Event); }
struct Event { source: Arc<Events> }
struct Events { listeners: Mutex<Vec<Arc<dyn Listener>>>, plugins: Mutex<Vec<Arc<dyn Plugin>>>, one: Mutex<Box<dyn Listener>> }
impl Events {
    fn one_takes_the_lock(&self) {
        for listener in self.listeners.lock().unwrap().iter() {
            listener.told(1);
//          ^^^^^^^^^^^^^^^^ callback_under_guard
        }
    }
    fn an_argument_leads_back(&self, event: &Event) {
        for listener in self.listeners.lock().unwrap().iter() {
            listener.handed(event);
//          ^^^^^^^^^^^^^^^^^^^^^^ callback_under_guard
        }
    }
    fn none_is_known(&self, event: &Event) {
        for plugin in self.plugins.lock().unwrap().iter() {
            plugin.told(1);
        }
        for plugin in self.plugins.lock().unwrap().iter() {
            plugin.handed(event);
//          ^^^^^^^^^^^^^^^^^^^^ callback_under_guard
        }
    }
    fn nobody_comes_back(&self) {
        for listener in self.listeners.lock().unwrap().iter() {
            listener.cleared();
        }
    }
    fn clear(&self) { self.listeners.lock().unwrap().clear() }
    fn names(&self) -> Vec<String> {
        self.listeners.lock().unwrap().iter().map(|it| it.name()).collect()
    }
    fn one(&self) { self.one.lock().unwrap().told(1) }
}
",
        );
    }

    #[test]
    fn what_is_asked_with_the_owner_at_hand() {
        check(
            &LINT,
            "
use std::sync::{Arc, RwLock};
trait Loader { fn load(&self, ctx: &Context) -> Option<u32>; }
struct A; impl Loader for A { fn load(&self, _: &Context) -> Option<u32> { None } }
struct B; impl Loader for B { fn load(&self, _: &Context) -> Option<u32> { None } }
struct Inner { loaders: Vec<Arc<dyn Loader>> }
struct Context { inner: RwLock<Inner> }
impl Context {
    fn read<R>(&self, f: impl FnOnce(&Inner) -> R) -> R { f(&self.inner.read().unwrap()) }
    fn load(&self) -> Option<u32> {
        self.read(|this| {
            for loader in &this.loaders {
                if let Some(found) = loader.load(self) {
//                                   ^^^^^^^^^^^^^^^^^ callback_under_guard
                    return Some(found);
                }
            }
            None
        })
    }
}
",
        );
    }

    #[test]
    fn what_is_asked_what_is_lent_and_what_is_cloned_out_is_silent() {
        check(
            &LINT,
            "
use std::{cell::RefCell, collections::HashMap, sync::{Arc, Mutex, RwLock}};
type Make = Arc<dyn Fn() -> u32 + Send + Sync>;
type Hook = Arc<dyn Fn(u32) + Send + Sync>;
struct Registry { makers: Mutex<HashMap<u32, Make>>, hooks: RwLock<HashMap<u32, Hook>>, count: Mutex<u32> }
impl Registry {
    fn make(&self) -> Option<u32> { self.makers.lock().unwrap().get(&1).map(|make| make()) }
    fn with_count<R>(&self, f: impl FnOnce(&mut u32) -> R) -> R { f(&mut self.count.lock().unwrap()) }
    fn told_outside(&self) {
        let hook = self.hooks.read().unwrap().get(&1).cloned();
        if let Some(hook) = hook { hook(1); }
        let hooks: Vec<Hook> = self.hooks.read().unwrap().values().cloned().collect();
        for hook in hooks { hook(1); }
    }
    fn one_under_a_read_guard(&self) {
        if let Some(hook) = self.hooks.read().unwrap().get(&1) { hook(1); }
    }
}
struct Executor { spawn: Mutex<Option<Box<dyn Fn(u32) + Send>>> }
fn spawn(executor: &Executor) {
    executor.spawn.lock().unwrap().as_ref().unwrap()(1);
}
fn adapter(callback: impl FnMut(u32)) {
    let callback = RefCell::new(callback);
    let call = |it| (callback.borrow_mut())(it);
    call(1);
}
async fn asynchronous(hooks: &tokio::sync::Mutex<Vec<Hook>>) {
    for hook in hooks.lock().await.iter() { hook(1); }
}
",
        );
    }

    #[test]
    fn a_lock_in_a_wrapper_is_the_field_that_has_it() {
        let text = "
use std::sync::Arc;
pub struct Mutex<T>(std::sync::Mutex<T>);
impl<T> Mutex<T> { fn lock(&self) -> std::sync::MutexGuard<'_, T> { self.0.lock().unwrap() } }
trait Loader { fn forget(&self); fn forget_all(&self, all: &Loaders); }
struct A { cache: Mutex<Vec<u32>> }
impl Loader for A { fn forget(&self) { self.cache.lock().clear() } fn forget_all(&self, _: &Loaders) {} }
struct B;
impl Loader for B { fn forget(&self) {} fn forget_all(&self, _: &Loaders) {} }
struct Loaders { bytes: Mutex<Vec<Arc<dyn Loader>>> }
struct Context(Arc<Loaders>);
impl Context {
    fn loaders(&self) -> Arc<Loaders> { self.0.clone() }
    fn one(&self) {
        let loaders = self.loaders();
        for loader in loaders.bytes.lock().iter() { loader.forget(); }
    }
    fn all(&self) {
        for loader in self.0.bytes.lock().iter() { loader.forget_all(&self.0); }
    }
}
";
        let found = found(&LINT, text);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].message, "the callback `forget_all` is called while `bytes` is locked");
        assert!(
            found[0].lock.as_ref().is_some_and(|it| it.ends_with("::Loaders.bytes")),
            "{:?}",
            found[0].lock
        );
        let field = text.find("bytes").expect("the field");
        assert!(found[0].labels.iter().any(|it| it.place.span.start as usize == field), "{found:#?}");
    }

    #[test]
    fn one_that_is_taken_out_is_possible() {
        let text = "
use std::sync::Mutex;
struct Slot { done: Mutex<(Option<Box<dyn FnOnce(&Slot, u32) + Send>>, u32)> }
impl Slot {
    pub fn on_done<F: FnOnce(&Slot, u32) + Send + 'static>(&self, done: F) { self.done.lock().unwrap().0 = Some(Box::new(done)) }
    fn fire(&self) {
        let mut slot = self.done.lock().unwrap();
        if let Some(done) = slot.0.take() {
            done(self, 1);
        }
    }
}
";
        let found = found(&LINT, text);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].confidence, Confidence::Possible);
        assert_eq!(found[0].help, "it is taken out already: end the guard before the call");
    }

    #[test]
    fn one_that_is_asked_in_the_map_that_is_borrowed() {
        let text = "
use std::{any::Any, cell::RefCell, collections::BTreeMap};
type Compute<T> = Box<dyn FnMut() -> T>;
thread_local! { static COMPUTE: RefCell<BTreeMap<u32, Box<dyn Any>>> = RefCell::new(BTreeMap::new()); }
fn compute<T: 'static>(id: u32) -> Option<T> {
    COMPUTE.with(|all| {
        let mut all = all.borrow_mut();
        let compute = all.get_mut(&id)?.downcast_mut::<Compute<T>>()?;
        Some(compute())
    })
}
type Make = Box<dyn FnMut(&Store) -> u32>;
struct Store { makers: RefCell<BTreeMap<u32, Compute<u32>>>, own: RefCell<BTreeMap<u32, Make>>, one: RefCell<Compute<u32>> }
impl Store {
    fn make(&self) -> Option<u32> { self.makers.borrow_mut().get_mut(&1).map(|make| make()) }
    fn by_let(&self) -> u32 {
        let mut makers = self.makers.borrow_mut();
        if let Some(make) = makers.get_mut(&1) { make() } else { 0 }
    }
    fn given(&self) -> u32 {
        let mut own = self.own.borrow_mut();
        if let Some(make) = own.get_mut(&1) { make(self) } else { 0 }
    }
    fn one(&self) -> u32 { (self.one.borrow_mut())() }
}
";
        let found = found(&LINT, text);
        let items: Vec<_> = found.iter().map(|it| (&*it.item, it.confidence)).collect();
        let all = ["compute", "Store::given"].map(|it| (it, Confidence::Possible));
        assert_eq!(items, all, "{found:#?}");
    }

    #[test]
    fn one_that_is_cloned_out_while_the_scrutinee_still_borrows() {
        let text = "
use std::{cell::RefCell, collections::HashMap, rc::Rc};
#[derive(Clone)]
struct Callback<T>(Rc<dyn Fn(T)>);
impl<T> Callback<T> { fn emit(&self, value: T) { (self.0)(value) } }
type Slab = Rc<RefCell<HashMap<u32, Option<Callback<u32>>>>>;
fn respond(slab: &Slab, id: u32) {
    match slab.borrow().get(&id).cloned() {
        Some(Some(callback)) => callback.emit(1),
        Some(None) | None => {}
    }
}
fn outside(slab: &Slab, id: u32) {
    let found = slab.borrow().get(&id).cloned();
    match found {
        Some(Some(callback)) => callback.emit(1),
        Some(None) | None => {}
    }
}
";
        let found = found(&LINT, text);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(
            found[0].message,
            "the callback in field `0` is called by `Callback::emit` while `slab` is borrowed"
        );
        assert!(found[0].help.starts_with("give the scrutinee a `let`"), "{}", found[0].help);
    }

    #[test]
    fn a_task_of_a_message_that_is_another_one_is_silent() {
        check(
            &LINT,
            "
use std::sync::Mutex;
enum Message { Task(Box<dyn FnOnce() + Send>), Wake, Stop }
struct Worker { sent: Mutex<Vec<u32>> }
impl Worker {
    fn handle(message: Message) {
        match message {
            Message::Task(task) => task(),
            Message::Wake | Message::Stop => {}
        }
    }
    fn wake(&self) {
        let mut sent = self.sent.lock().unwrap();
        sent.push(1);
        Self::handle(Message::Wake);
    }
}
",
        );
    }

    #[test]
    fn the_words_fit_the_guard_and_the_callback() {
        let text = "
use std::sync::RwLock;
struct Tell(Box<dyn Fn(&Events) + Send + Sync>);
struct Events { listeners: RwLock<Vec<Tell>> }
impl Events {
    pub fn subscribe(&self, tell: Box<dyn Fn(&Events) + Send + Sync>) { self.listeners.write().unwrap().push(Tell(tell)) }
    fn publish(&self) {
        for listener in self.listeners.read().unwrap().iter() {
            (listener.0)(self);
        }
    }
}
";
        let found = found(&LINT, text);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].message, "the callback in field `0` is called while `listeners` is locked");
        assert!(found[0].note.contains("asks for `listeners` exclusively"), "{}", found[0].note);
        assert!(found[0].help.starts_with("keep each callback in an `Arc`"), "{}", found[0].help);
    }

    #[test]
    fn what_only_the_crate_stores_is_known() {
        check(
            &LINT,
            "
use std::sync::{Arc, Mutex};
struct Track { on_muted: Mutex<Vec<Box<dyn Fn(&Track) + Send>>>, on_ended: Mutex<Vec<Box<dyn Fn(&Track) + Send>>> }
impl Track {
    pub fn on_muted(&self, f: impl Fn(&Track) + Send + 'static) { self.on_muted.lock().unwrap().push(Box::new(f)) }
    fn muted(&self) {
        for tell in self.on_muted.lock().unwrap().iter() { tell(self) }
//                                                         ^^^^^^^^^^ callback_under_guard
    }
}
struct Session { on_closed: Mutex<Vec<Box<dyn Fn(&Arc<Session>) + Send>>> }
impl Session {
    pub(crate) fn on_closed(&self, f: Box<dyn Fn(&Arc<Session>) + Send>) { self.on_closed.lock().unwrap().push(f) }
}
fn close(session: &Session, other: &Arc<Session>) {
    for tell in session.on_closed.lock().unwrap().iter() { tell(other) }
}
",
        );
    }

    #[test]
    fn a_lock_that_does_not_leave_the_function_is_silent() {
        check(
            &LINT,
            "
use std::sync::{Arc, Mutex, MutexGuard};
struct Promise { tell: Option<Box<dyn Fn(&Slot) + Send>>, count: u32 }
impl Promise { fn ok(&mut self, slot: &Slot) { if let Some(tell) = &self.tell { tell(slot) } } }
struct Slot { promise: Mutex<Promise> }
impl Slot {
    pub fn on_told(&self, tell: Box<dyn Fn(&Slot) + Send>) { self.lock().tell = Some(tell) }
    fn new(promise: Promise) -> Slot { Slot { promise: Mutex::new(promise) } }
    fn lock(&self) -> MutexGuard<'_, Promise> { self.promise.lock().unwrap() }
}
fn stays(promise: Promise, another: Arc<Slot>) {
    let slot = Arc::new(Slot::new(promise));
    run(move || {
        let slot = Arc::clone(&slot);
        std::thread::spawn(move || {
            let mut promise = slot.lock();
            promise.ok(&another);
        });
    });
}
fn leaves(promise: Promise, another: Arc<Slot>) -> Arc<Slot> {
    let slot = Arc::new(Slot::new(promise));
    slot.lock().ok(&another);
//  ^^^^^^^^^^^^^^^^^^^^^^^^ callback_under_guard
    slot
}
fn run(f: impl FnOnce()) { f() }
",
        );
    }

    #[test]
    fn a_function_pointer_is_no_stranger() {
        check(
            &LINT,
            "
use std::sync::Mutex;
struct Table { drop: fn(u32) }
struct Owner { table: Table, count: Mutex<u32> }
fn f(owner: &Owner) {
    let mut count = owner.count.lock().unwrap();
    (owner.table.drop)(*count);
    *count += 1;
}
",
        );
    }
}
