//! Ways back to a lock through traits: a call under the guard runs a trait's method, and one of the impls that it can mean asks
//! for the lock again.
//!
//! In: a function. Out: its calls from which such a way leads to a lock that is held then. Ways without a choice on them are
//! `double_lock`'s.

use std::collections::{HashSet, VecDeque};

use safe_map_analysis::flow::{Acquire, Call, Event, EventKind, FnFlow, Guard, Place, Root, Step};
use safe_map_analysis::knowledge::schema::{LockMode, TypeRole};
use safe_map_analysis::model::{FnId, Model};
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{AdtId, TraitId, Ty};
use safe_map_analysis::{Analysis, FunctionView};

use crate::declared::{are_declared_together, owner};
use crate::fix::body_of;
use crate::private::{is_own, stays_here};

/// How many calls a way may have: beyond, nobody recognises it.
const MAX_CALLS: u32 = 8;

/// How many of them may be a trait's: each has several to choose from.
const MAX_CHOICES: u32 = 2;

/// A trait with more impls than these in the workspace says nothing of which one runs.
const MAX_IMPLS: usize = 40;

/// How many functions are looked at for one call.
const MAX_SEEN: usize = 400;

/// A way from a call back to a lock that is held there.
pub(crate) struct WayBack<'a> {
    pub(crate) guard: &'a Guard,
    /// The call.
    pub(crate) at: Span,
    /// The trait's method that leaves the choice.
    pub(crate) method: FnId,
    /// Who asks for the lock in the end, and where.
    pub(crate) taker: FnId,
    pub(crate) taken: Span,
}

/// The ways back of a function, the first of each guard.
pub(crate) fn ways_back<'a>(
    function: &FunctionView<'a>,
    is_meant: &dyn Fn(&Guard) -> bool,
) -> Vec<WayBack<'a>> {
    let mut found: Vec<WayBack<'a>> = Vec::new();
    let mut body = None;
    for event in &function.flow.events {
        let EventKind::Call(call) = &event.kind else { continue };
        for held in event.held.iter().filter(|it| !call.moves(it.guard)) {
            let guard = function.flow.guard(held.guard);
            if !is_meant(guard) || found.iter().any(|it| it.guard.acquire.span == guard.acquire.span) {
                continue;
            }
            let Some(back) = way_back(function, guard, call) else { continue };
            let Some(body) = body.get_or_insert_with(|| body_of(function)) else { return found };
            if !is_own(function, &guard.acquire) && !stays_here(function, body, &guard.acquire) {
                found.push(WayBack { at: event.span, ..back });
            }
        }
    }
    found
}

fn way_back<'a>(function: &FunctionView<'a>, guard: &'a Guard, call: &Call) -> Option<WayBack<'a>> {
    let analysis = function.file.analysis;
    let model = &analysis.model;
    let owner = match guard.acquire.lock.place.root {
        Root::Static(_) => None,
        _ => Some(owner(model, function.id, &guard.acquire).filter(|it| !is_wrapper(model, *it))?),
    };
    let of = model.signature(function.id).self_ty.as_ref().and_then(adt);
    let start = Node { id: call.callee, calls: 0, choices: 0, method: None, is_chosen: false };
    let mut search = Search {
        analysis,
        same: owner.into_iter().chain(of).collect(),
        seen: HashSet::new(),
        next: VecDeque::from([start]),
    };
    search.run(function.id, guard).map(|(method, taker, taken)| WayBack {
        guard,
        at: taken,
        method,
        taker,
        taken,
    })
}

/// A function on the way.
#[derive(Clone, Copy)]
struct Node {
    id: FnId,
    calls: u32,
    choices: u32,
    /// The first method that left a choice.
    method: Option<FnId>,
    /// It runs on the very value for which it was chosen, of which there are as many as there are values.
    is_chosen: bool,
}

struct Search<'a> {
    analysis: &'a Analysis,
    /// The types of the lock's owner and of who holds it: where one of them is chosen, it is another value of it, which
    /// has the first in it or is wrapped by it.
    same: Vec<AdtId>,
    /// Each function, and whether a choice was left on the way there.
    seen: HashSet<(FnId, bool)>,
    next: VecDeque<Node>,
}

impl Search<'_> {
    /// Breadth first: the shortest way is the one to tell.
    fn run(&mut self, of: FnId, guard: &Guard) -> Option<(FnId, FnId, Span)> {
        while let Some(node) = self.next.pop_front() {
            if !self.seen.insert((node.id, node.method.is_some())) || self.seen.len() > MAX_SEEN {
                continue;
            }
            self.choose(&node);
            let Some(flow) = self.analysis.flow(node.id) else { continue };
            let mut events = flow.events.iter().filter(|it| it.is_own);
            if let Some(method) = node.method
                && let Some(taken) = events.find_map(|it| self.takes(&node, it, of, guard))
            {
                return Some((method, node.id, taken));
            }
            self.follow(&node, flow);
        }
        None
    }

    /// The impls that a trait's method can mean.
    fn choose(&mut self, node: &Node) {
        let model = &self.analysis.model;
        let Some(trait_) = model.func(node.id).trait_.filter(|_| node.choices < MAX_CHOICES) else { return };
        let all = model.implementations(node.id);
        if all.len() > MAX_IMPLS {
            return;
        }
        let method = node.method.or(Some(node.id));
        let chosen = |id| Node { id, choices: node.choices + 1, method, is_chosen: true, ..*node };
        let is_same = |id: &FnId| {
            model.signature(*id).self_ty.as_ref().and_then(adt).is_some_and(|it| self.same.contains(&it))
        };
        let others = all.into_iter().filter(|it| *it != node.id && !is_same(it));
        self.next.extend(others.map(chosen));
        // Whoever implements the trait has what it offers to everybody at hand.
        let offered = offered(model, trait_).filter(|_| node.calls <= 1);
        self.next.extend(offered.map(|id| Node { is_chosen: false, ..chosen(id) }));
    }

    fn follow(&mut self, node: &Node, flow: &FnFlow) {
        if node.calls >= MAX_CALLS {
            return;
        }
        let calls = flow.events.iter().filter(|it| it.is_own).filter_map(|it| match &it.kind {
            EventKind::Call(call) => Some(call),
            _ => None,
        });
        self.next.extend(calls.map(|it| Node {
            id: it.callee,
            calls: node.calls + 1,
            is_chosen: node.is_chosen && it.receiver.as_ref().is_some_and(is_part),
            ..*node
        }));
    }

    /// Where an event asks for the guard's lock, if it does.
    fn takes(&self, node: &Node, event: &Event, of: FnId, guard: &Guard) -> Option<Span> {
        let EventKind::Acquire { acquire, .. } = &event.kind else { return None };
        let is_another = node.is_chosen && is_part(&acquire.lock.place);
        let is_it = || is_one_lock(&self.analysis.model, (of, &guard.acquire), (node.id, acquire));
        (!is_another && conflict(&guard.acquire, acquire) && is_it()).then_some(acquire.span)
    }
}

fn adt(ty: &Ty) -> Option<AdtId> {
    match ty.peel_refs() {
        Ty::Adt(id, _) => Some(*id),
        _ => None,
    }
}

/// Whether a type is there to lock whatever it is made for: many have one.
fn is_wrapper(model: &Model, id: AdtId) -> bool {
    if model.adt(id).params.is_empty() {
        return false;
    }
    let is_open = |ty: &Ty| model.any_part(ty, &mut |it| matches!(it, Ty::Param(_)));
    let is_lock = |ty: &Ty| model.any_part(ty, &mut |it| model.role(it) == Some(TypeRole::Lock));
    model.adt_fields(id).iter().any(|it| is_lock(&it.ty) && is_open(&it.ty))
}

/// The functions without a `self` that a trait provides: `fn from_registry() -> Addr<Self> { .. }`.
fn offered(model: &Model, trait_: TraitId) -> impl Iterator<Item = FnId> {
    let is_offered =
        move |it: &FnId| model.func(*it).body.is_some() && model.signature(*it).self_kind.is_none();
    model.trait_fns(trait_).iter().copied().filter(is_offered)
}

/// Whether a place is `self` or what is in it without a pointer between.
fn is_part(place: &Place) -> bool {
    place.root == Root::SelfValue && place.path.iter().all(|it| matches!(it, Step::Field(_)))
}

fn conflict(first: &Acquire, second: &Acquire) -> bool {
    let is_shared = |it: &Acquire| it.mode == LockMode::Shared;
    let waits = !second.is_try && !second.is_indirect && second.mode != LockMode::None;
    waits && first.class == second.class && !(is_shared(first) && is_shared(second))
}

/// Whether two acquires, each in the terms of its function, are of one lock: of one declaration, or of one place in a static.
fn is_one_lock(model: &Model, a: (FnId, &Acquire), b: (FnId, &Acquire)) -> bool {
    let (first, second) = (&a.1.lock.place, &b.1.lock.place);
    let is_static = matches!(first.root, Root::Static(_));
    is_static && first == second || are_declared_together(model, a, b)
}

#[cfg(test)]
mod tests {
    use crate::testing::found;
    use crate::{Confidence, Finding, LINTS};

    fn told(text: &str) -> Vec<Finding> {
        let lint = LINTS.iter().find(|it| it.name == "callback_under_guard").expect("a lint");
        found(lint, text)
    }

    #[track_caller]
    fn check(text: &str, items: &[&str]) {
        let found = told(text);
        assert_eq!(found.iter().map(|it| &*it.item).collect::<Vec<_>>(), items, "{found:#?}");
        assert!(found.iter().all(|it| it.confidence == Confidence::Possible), "{found:#?}");
    }

    #[test]
    fn an_impl_comes_back_through_another_trait() {
        let text = "
use std::sync::{Arc, RwLock};
struct Status { inputs: RwLock<Vec<Input>> }
struct Input { reader: Box<dyn Reader> }
trait Reader { fn queue(&self) -> usize; fn name(&self) -> String; }
trait Consumer { fn extended(&self); }
struct File { consumer: Box<dyn Consumer> }
impl Reader for File { fn queue(&self) -> usize { self.consumer.extended(); 1 } fn name(&self) -> String { String::new() } }
struct Http;
impl Reader for Http { fn queue(&self) -> usize { 0 } fn name(&self) -> String { String::new() } }
struct Probe { status: Arc<Status> }
impl Consumer for Probe { fn extended(&self) { self.status.add() } }
struct Nothing;
impl Consumer for Nothing { fn extended(&self) {} }
impl Status {
    fn add(&self) { self.inputs.write().unwrap().clear() }
    fn flush(&self) {
        let inputs = self.inputs.read().unwrap();
        for input in inputs.iter() { input.reader.queue(); }
    }
    fn names(&self) {
        let inputs = self.inputs.read().unwrap();
        for input in inputs.iter() { input.reader.name(); }
    }
    fn collected(&self) {
        let first = self.inputs.write().unwrap().pop();
        first.map(|it| it.reader.queue());
    }
}
";
        check(text, &["Status::flush"]);
        let found = told(text);
        assert_eq!(found[0].message, "an impl of `Reader::queue` can come back to `inputs`, which is locked");
        assert!(
            found[0].labels.iter().any(|it| it.message == "`Status::add` asks for `inputs` here"),
            "{found:#?}"
        );
    }

    #[test]
    fn what_a_type_parameter_stands_for_has_the_registry_at_hand() {
        check(
            "
use std::{cell::RefCell, collections::HashMap, sync::{Arc, Mutex}};
pub struct Registry { all: Mutex<HashMap<u32, u64>> }
pub trait Service: Default {
    fn start() -> u64 { 0 }
    fn id(&self) -> u32;
    fn from_registry(all: &Arc<Registry>) -> u64 { all.get::<Self>() }
}
impl Registry {
    pub fn get<A: Service>(&self) -> u64 {
        let mut all = self.all.lock().unwrap();
        if let Some(it) = all.get(&1) { return *it; }
        let started = A::start();
        all.insert(1, started);
        started
    }
    pub fn started_before<A: Service>(&self) -> u64 {
        let started = A::start();
        self.all.lock().unwrap().insert(1, started);
        started
    }
}
",
            &["Registry::get"],
        );
    }

    #[test]
    fn a_node_of_the_same_kind_is_another_one() {
        check(
            "
use std::{cell::RefCell, rc::Rc, sync::{Arc, Mutex}};
trait Widget { fn update(&self); }
struct Group { children: Mutex<Vec<Arc<dyn Widget>>> }
struct Leaf;
impl Widget for Leaf { fn update(&self) {} }
impl Widget for Group { fn update(&self) { self.update_all() } }
impl Group {
    fn update_all(&self) {
        let children = self.children.lock().unwrap();
        children.first().unwrap().update();
    }
}
trait Host { fn call(&self, id: u32) -> u32; }
struct Plain;
impl Host for Plain { fn call(&self, id: u32) -> u32 { id } }
#[derive(Clone)]
struct Shared { inner: Arc<Mutex<Box<dyn Host + Send>>> }
impl Host for Shared { fn call(&self, id: u32) -> u32 { self.inner.lock().unwrap().call(id) } }
struct Lazy<T>(Mutex<Option<T>>);
trait Load { fn load(&self) -> u32; }
struct A(Lazy<u32>);
impl Load for A { fn load(&self) -> u32 { self.0.0.lock().unwrap().unwrap_or(1) } }
struct B;
impl Load for B { fn load(&self) -> u32 { 0 } }
fn fill(lazy: &Lazy<u32>, load: &dyn Load) {
    let mut value = lazy.0.lock().unwrap();
    *value = Some(load.load());
}
",
            &[],
        );
    }
}
