//! Code that somebody else chose, a stored callback or a listener, runs while a guard is held.
//!
//! ## Why
//!
//! What a callback does is not known where it is called. One that comes back, to unsubscribe, to ask for the state that
//! it is told about, or to set another callback, asks for the lock that its caller holds, and the thread waits for
//! itself; a `RefCell` panics. One that takes a lock of its own nests the two in an order that nobody chose. And as
//! long as it runs, everybody else waits.
//!
//! ## Fires
//!
//! ```rust
//! use std::sync::{Arc, Mutex};
//!
//! type Listener = Arc<dyn Fn(u64) + Send + Sync>;
//!
//! struct Events {
//!     listeners: Mutex<Vec<Listener>>,
//! }
//!
//! impl Events {
//!     fn publish(&self, event: u64) {
//!         for listener in self.listeners.lock().unwrap().iter() {
//!             listener(event); // one that unsubscribes itself waits for ever
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
//! type Listener = Arc<dyn Fn(u64) + Send + Sync>;
//!
//! struct Events {
//!     listeners: Mutex<Vec<Listener>>,
//! }
//!
//! impl Events {
//!     fn publish(&self, event: u64) {
//!         let listeners = self.listeners.lock().unwrap().clone();
//!         for listener in listeners {
//!             listener(event);
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
//! Reported is what is told something and gives nothing back: a closure without a result, a listener of a `dyn Trait` in a
//! loop over the locked collection; and what is given the very owner of the lock (`loader.load(self)`), and so can take it again. A closure that is asked (a predicate, a factory, a comparison) is part of
//! the work under the lock, and so is a closure parameter of the function that takes the lock: what the workspace passes to it
//! is looked at where it is passed. Single callbacks under a shared guard and anything under an async guard are left alone: a
//! callback that is not async cannot wait for an async lock.

use std::cell::OnceCell;

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, Expr, ExprId, ExprKind, PatKind};
use safe_map_analysis::flow::{Callback, Caller, Guard, Place, Root};
use safe_map_analysis::knowledge::schema::{GuardClass, LockMode, TypeRole};
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::{EffectKind, Happening};

use crate::fix::body_of;
use crate::scrutinee::Scrutinees;
use crate::story::{
    MAX_CHAIN, acquire_label, called, chain_labels, consequence, declaration_label, finding, lock_name,
    lock_path,
};
use crate::{Check, Confidence, Finding, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "callback_under_guard",
    group: Group::Scope,
    level: Level::Warn,
    has_fix: false,
    source: include_str!("callback_under_guard.rs"),
    check: Check::Function(check),
};

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let body = OnceCell::new();
    let mut told: Vec<Span> = Vec::new();
    for happening in function.happenings() {
        let EffectKind::Callback(callback) = &happening.kind else { continue };
        let span = happening.event.span;
        if told.contains(&span) || happening.chain.len() > MAX_CHAIN {
            continue;
        }
        let Some(body) = body.get_or_init(|| body_of(function)) else { return };
        let site = Site { function, body, callback, happening: &happening };
        let Some((guard, is_inside)) = site.guard() else { continue };
        told.push(span);
        out.push(report(function, &guard, &happening, callback, is_inside));
    }
}

/// A callback where it runs.
struct Site<'a> {
    function: &'a FunctionView<'a>,
    body: &'a Body,
    callback: &'a Callback,
    happening: &'a Happening<'a>,
}

impl Site<'_> {
    /// The guard under which it must not run, and whether it is among what that guard protects.
    fn guard(&self) -> Option<(Guard, bool)> {
        let held = self.happening.held.iter();
        let guards = held.filter(|it| !self.is_scrutinised(it)).map(|it| self.function.flow.guard_at(it));
        guards.filter(can_wait).find_map(|guard| {
            let is_inside = self.is_inside(&guard);
            self.endangers(&guard, is_inside).then_some((guard, is_inside))
        })
    }

    /// Whether `guard_in_scrutinee` tells this story.
    fn is_scrutinised(&self, held: &safe_map_analysis::flow::Held) -> bool {
        let scrutinees = Scrutinees::of(self.function);
        scrutinees.is_some_and(|it| it.keeper(held, self.happening.event.span).is_some())
    }

    fn endangers(&self, guard: &Guard, is_inside: bool) -> bool {
        let acquire = &guard.acquire;
        if is_inside && self.is_given_the_owner(guard) {
            return true;
        }
        if !self.callback.is_notice {
            return false;
        }
        let is_exclusive = acquire.mode != LockMode::Shared;
        let is_cell = acquire.class == GuardClass::RefCell;
        match self.callback.caller {
            Caller::Param(_) => false,
            Caller::Dyn => !is_cell && self.is_item_of(guard),
            Caller::Stored if self.is_item_of(guard) => true,
            Caller::Stored if !is_exclusive => false,
            // Around nothing but one closure, the guard is there to call it.
            Caller::Stored if is_inside => {
                let depth = acquire.lock.place.path.len();
                let is_all = self.callback.place.as_ref().is_some_and(|it| it.path.len() == depth + 1);
                !is_all && (is_cell || !self.is_reached_mutably())
            }
            Caller::Stored => !is_cell && !self.callback.name.is_empty(),
        }
    }

    /// Whether the callback is given what the lock belongs to, and so can take it again: `loader.load(self)`.
    fn is_given_the_owner(&self, guard: &Guard) -> bool {
        let owner = match &guard.acquire.lock.place.root {
            Root::SelfValue => "self",
            Root::Param(_, name) | Root::Local(_, name) => name.as_str(),
            Root::Static(_) | Root::ForeignStatic(_) | Root::Call(_) | Root::Unnamed(_) => return false,
        };
        let is_strange = self.callback.caller != Caller::Dyn || self.is_item_of(guard);
        let here = |it: &&Expr| it.span == self.happening.event.span && self.happening.chain.is_empty();
        is_strange
            && self.body.exprs.iter().filter(here).any(|it| match &it.kind {
                ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. } => {
                    args.iter().any(|it| self.is_handle_of(*it, owner))
                }
                _ => false,
            })
    }

    /// Whether an expression is a local, a reference to it, or a clone of it.
    fn is_handle_of(&self, expr: ExprId, name: &str) -> bool {
        match &self.body.expr(expr).kind {
            ExprKind::Path(path) => path.as_ident().is_some_and(|it| it == name),
            ExprKind::Ref { operand, .. } => self.is_handle_of(*operand, name),
            ExprKind::MethodCall { receiver, method, .. } => {
                method == "clone" && self.is_handle_of(*receiver, name)
            }
            _ => false,
        }
    }

    /// Whether the callback is stored in what the guard protects.
    fn is_inside(&self, guard: &Guard) -> bool {
        let lock = &guard.acquire.lock.place;
        let is_below = |place: &Place| {
            place.root == lock.root
                && place.path.len() > lock.path.len()
                && place.path.starts_with(&lock.path)
        };
        self.callback.place.as_ref().is_some_and(is_below) || self.is_item_of(guard)
    }

    /// Whether the callback is an item of a loop over what the guard protects.
    fn is_item_of(&self, guard: &Guard) -> bool {
        let from_loop = match &self.callback.place {
            Some(Place { root: Root::Local(..), .. }) | None => true,
            Some(_) => false,
        };
        let Some(name) = self.callee().and_then(|it| root_name(self.body, it)).filter(|_| from_loop) else {
            return false;
        };
        let lent = self.lent(guard);
        self.body.exprs.iter().filter_map(|it| self.source(it, name)).any(|source| {
            let span = self.body.expr(source).span;
            let mut known = lent.iter().copied().chain(guard.binding.as_ref().map(|(it, _)| it.as_str()));
            span.contains(guard.acquire.span) || known.any(|it| names(self.body, span, it))
        })
    }

    /// The names by which closures know what the guard protects: `this` of `self.read(|this| ..)`.
    fn lent(&self, guard: &Guard) -> Vec<&str> {
        let takes = |it: &&Expr| it.span.contains(guard.acquire.span);
        let args = self.body.exprs.iter().filter(takes).filter_map(|it| match &it.kind {
            ExprKind::MethodCall { args, .. } => Some(args),
            _ => None,
        });
        let closures = args.flatten().filter_map(|it| match &self.body.expr(*it).kind {
            ExprKind::Closure(closure) => Some(closure),
            _ => None,
        });
        let params =
            closures.flat_map(|it| &it.params).filter_map(|(pat, _)| match &self.body.pat(*pat).kind {
                PatKind::Bind { name, .. } => Some(name.as_str()),
                _ => None,
            });
        params.collect()
    }

    /// What is called, as written here.
    fn callee(&self) -> Option<ExprId> {
        if !self.happening.chain.is_empty() {
            return None;
        }
        let here = |it: &&Expr| it.span == self.happening.event.span;
        self.body.exprs.iter().filter(here).find_map(|it| match &it.kind {
            ExprKind::Call { callee, .. } => Some(*callee),
            ExprKind::MethodCall { receiver, .. } => Some(*receiver),
            _ => None,
        })
    }

    /// What a loop around the callback goes over, if it binds `name`.
    fn source(&self, expr: &Expr, name: &str) -> Option<ExprId> {
        let span = self.happening.event.span;
        let binds = |within: Span| {
            self.body
                .pats
                .iter()
                .filter(|it| within.contains(it.span))
                .any(|it| matches!(&it.kind, PatKind::Bind { name: bound, .. } if *bound == *name))
        };
        match &expr.kind {
            ExprKind::For { pat, iter, body, .. } => {
                let is_around = self.body.expr(*body).span.contains(span);
                (is_around && binds(self.body.pat(*pat).span)).then_some(*iter)
            }
            ExprKind::MethodCall { receiver, args, .. } => {
                let is_around = |id: &ExprId| match &self.body.expr(*id).kind {
                    ExprKind::Closure(closure) => {
                        self.body.expr(closure.body).span.contains(span)
                            && closure.params.iter().any(|(pat, _)| binds(self.body.pat(*pat).span))
                    }
                    _ => false,
                };
                args.iter().any(is_around).then_some(*receiver)
            }
            _ => None,
        }
    }

    /// Whether the callback is called through a reference that allows it to change itself.
    fn is_reached_mutably(&self) -> bool {
        let Some(callee) = self.callee() else { return false };
        let name = root_name(self.body, callee);
        let sources = self.body.exprs.iter().filter_map(|it| match &it.kind {
            ExprKind::Let { pat, init } => Some((*pat, *init)),
            _ => None,
        });
        let bound = sources.filter(|(pat, _)| {
            let within = self.body.pat(*pat).span;
            name.is_some_and(|name| {
                self.body
                    .pats
                    .iter()
                    .filter(|it| within.contains(it.span))
                    .any(|it| matches!(&it.kind, PatKind::Bind { name: bound, .. } if *bound == *name))
            })
        });
        let spans = bound.map(|(_, init)| init).chain([callee]).map(|it| self.body.expr(it).span);
        spans.into_iter().any(|span| {
            self.body.exprs.iter().filter(|it| span.contains(it.span)).any(|it| match &it.kind {
                ExprKind::MethodCall { method, .. } => method.ends_with("_mut"),
                ExprKind::Ref { mutable, .. } => *mutable,
                _ => false,
            })
        })
    }
}

/// Whether somebody can wait for the guard, or panic for it.
fn can_wait(guard: &Guard) -> bool {
    let acquire = &guard.acquire;
    let is_lock = matches!(acquire.lock.role, TypeRole::Lock | TypeRole::SharedMap | TypeRole::Cell);
    let waits = matches!(acquire.class, GuardClass::Blocking | GuardClass::Spinning | GuardClass::RefCell);
    is_lock && waits && acquire.mode != LockMode::None && !acquire.lock.is_private
}

/// The name at the root of an expression: `item` of `(item.callback)`.
fn root_name(body: &Body, expr: ExprId) -> Option<&str> {
    match &body.expr(expr).kind {
        ExprKind::Path(path) => path.as_ident().map(|it| it.as_str()),
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => root_name(body, *base),
        ExprKind::Unary { operand, .. } | ExprKind::Ref { operand, .. } => root_name(body, *operand),
        ExprKind::MethodCall { receiver, .. } => root_name(body, *receiver),
        _ => None,
    }
}

/// Whether `name` is named within a span.
fn names(body: &Body, within: Span, name: &str) -> bool {
    body.exprs
        .iter()
        .filter(|it| within.contains(it.span))
        .any(|it| matches!(&it.kind, ExprKind::Path(path) if path.as_ident().is_some_and(|it| it == name)))
}

fn report(
    function: &FunctionView<'_>,
    guard: &Guard,
    happening: &Happening<'_>,
    callback: &Callback,
    is_inside: bool,
) -> Finding {
    let name = lock_name(function, &guard.acquire);
    let what = match callback.name.is_empty() {
        true => "a callback".to_string(),
        false => format!("the callback `{}`", callback.name),
    };
    let through = called(function, happening).map(|it| format!(" by `{it}`")).unwrap_or_default();
    let is_cell = guard.acquire.class == GuardClass::RefCell;
    let keeps = if is_cell { "is borrowed" } else { "is locked" };
    let message = format!("{what} is called{through} while {name} {keeps}");
    let mut finding = finding(function, LINT.name, happening.event.span, message);
    finding.confidence = if is_inside { Confidence::Likely } else { Confidence::Possible };
    finding.lock = lock_path(function, &guard.acquire);
    finding.labels.push(acquire_label(function, guard));
    finding.labels.extend(chain_labels(function, happening, "the callback is called here"));
    finding.labels.extend(declaration_label(function, &guard.acquire));
    let asks = if is_cell { "borrows" } else { "asks for" };
    finding.note = format!(
        "what it does is not known here: if it comes back and {asks} {name}, this thread {}s",
        consequence(guard.acquire.class)
    );
    finding.help = match (is_inside, is_cell) {
        (true, false) => {
            "clone the callbacks out, an `Arc` each, and call them when the guard has ended".to_string()
        }
        (true, true) => "take the callback out, end the borrow, call it, and put it back".to_string(),
        (false, _) => "take what the callback needs out of the guard, end it, and call then".to_string(),
    };
    finding
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
type Listener = Arc<dyn Fn(u32) + Send + Sync>;
struct Events { listeners: Mutex<Vec<Listener>>, by_key: RwLock<Vec<(u32, Listener)>> }
//              --------- declaration: declared here
impl Events {
    fn publish(&self) {
        for listener in self.listeners.lock().unwrap().iter() {
//                      --------------------- acquire: guard taken here, a temporary
            listener(1);
//          ^^^^^^^^^^^ callback_under_guard
        }
        let by_key = self.by_key.read().unwrap();
        for (_, listener) in by_key.iter() {
            listener(1);
//          ^^^^^^^^^^^ callback_under_guard
        }
        self.listeners.lock().unwrap().iter().for_each(|it| it(1));
//                                                          ^^^^^ callback_under_guard
    }
}
",
        );
    }

    #[test]
    fn a_hook_beside_what_is_locked_and_one_reached_through_a_call() {
        let text = "
use parking_lot::Mutex;
struct Pool { open: Mutex<Vec<u32>>, on_evict: Option<Box<dyn Fn(u32) + Send + Sync>> }
impl Pool {
    fn evict(&self) {
        let mut open = self.open.lock();
        if let (Some(id), Some(on_evict)) = (open.pop(), &self.on_evict) {
            on_evict(id);
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
        if let Some(hook) = &self.on_evict { hook(id); }
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
    fn listeners_of_a_trait_in_a_loop() {
        check(
            &LINT,
            "
use std::sync::{Arc, Mutex};
trait Listener { fn told(&self, event: u32); fn name(&self) -> String; }
struct A; impl Listener for A { fn told(&self, _: u32) {} fn name(&self) -> String { String::new() } }
struct B; impl Listener for B { fn told(&self, _: u32) {} fn name(&self) -> String { String::new() } }
struct Events { listeners: Mutex<Vec<Arc<dyn Listener>>>, one: Mutex<Box<dyn Listener>> }
impl Events {
    fn publish(&self) {
        for listener in self.listeners.lock().unwrap().iter() {
            listener.told(1);
//          ^^^^^^^^^^^^^^^^ callback_under_guard
        }
    }
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
