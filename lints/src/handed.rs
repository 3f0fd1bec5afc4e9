//! What a callback is handed of what a guard protects: code that is given something out of the guard is there to be run under it.
//!
//! In: a body, a guard in it, and the call of a callback. Out: whether the guard is why the callback can be called at all, or is alive
//! beside it.

use safe_map_analysis::facts::{Body, Expr, ExprId, ExprKind, PatId, PatKind, UnaryOp};
use safe_map_analysis::flow::Guard;
use safe_map_analysis::span::Span;

use crate::bodies::{is_named, lets};

/// The methods that give a value of their own, with nothing borrowed in it.
const COPIES: [&str; 12] = [
    "clone",
    "cloned",
    "contains",
    "contains_key",
    "copied",
    "is_empty",
    "is_none",
    "is_some",
    "len",
    "to_owned",
    "to_string",
    "to_vec",
];

/// How often names that are bound to something of a name are looked for.
const MAX_TURNS: usize = 4;

/// Whether an argument of the call at `at` is, or is made of, something that the guard protects.
pub(crate) fn is_handed(body: &Body, guard: &Guard, lent: &[&str], at: Span) -> bool {
    let mut known: Vec<&str> =
        guard.binding.iter().map(|(name, _)| name.as_str()).chain(lent.iter().copied()).collect();
    for _ in 0..MAX_TURNS {
        let before = known.len();
        for (pat, source) in sources(body) {
            if comes_from(body, body.expr(source).span, guard, &known) {
                let new = names(body, pat).filter(|it| !known.contains(it)).collect::<Vec<_>>();
                known.extend(new);
            }
        }
        if known.len() == before {
            break;
        }
    }
    args(body, at).iter().any(|it| comes_from(body, body.expr(*it).span, guard, &known))
}

/// Whether the guard is a temporary of an argument that is a copy: nothing needs it any more when the call begins.
pub(crate) fn is_left_over(body: &Body, guard: &Guard, at: Span) -> bool {
    let acquire = guard.acquire.span;
    guard.binding.is_none()
        && args(body, at).iter().any(|it| {
            let within = body.expr(*it).span;
            let mut around =
                body.exprs.iter().filter(|it| within.contains(it.span) && it.span.contains(acquire));
            around.any(|it| is_copy(body, it))
        })
}

fn is_copy(body: &Body, expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::MethodCall { method, .. } => COPIES.contains(&method.as_str()),
        ExprKind::Unary { op: UnaryOp::Deref, .. } => {
            let is_borrowed = |it: &Expr| matches!(&it.kind, ExprKind::Ref { operand, .. } if body.expr(*operand).span == expr.span);
            !body.exprs.iter().any(is_borrowed)
        }
        _ => false,
    }
}

/// What the call at `at` is given.
fn args(body: &Body, at: Span) -> &[ExprId] {
    let mut here = body.exprs.iter().filter(|it| it.span == at);
    let args = here.find_map(|it| match &it.kind {
        ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. } => Some(args.as_slice()),
        _ => None,
    });
    args.unwrap_or_default()
}

fn comes_from(body: &Body, span: Span, guard: &Guard, known: &[&str]) -> bool {
    span.contains(guard.acquire.span) || known.iter().any(|it| is_named(body, span, it))
}

/// The patterns of a body, each with what it takes apart.
fn sources(body: &Body) -> Vec<(Span, ExprId)> {
    let bound = body.exprs.iter().flat_map(|it| taken_apart(body, it));
    let bound = bound.map(|(pat, source)| (body.pat(pat).span, source));
    lets(body).chain(bound).collect()
}

fn taken_apart(body: &Body, expr: &Expr) -> Vec<(PatId, ExprId)> {
    match &expr.kind {
        ExprKind::Let { pat, init } => vec![(*pat, *init)],
        ExprKind::For { pat, iter, .. } => vec![(*pat, *iter)],
        ExprKind::Match { scrutinee, arms } => arms.iter().map(|it| (it.pat, *scrutinee)).collect(),
        ExprKind::MethodCall { receiver, args, .. } => {
            let closures = args.iter().filter_map(|it| match &body.expr(*it).kind {
                ExprKind::Closure(closure) => Some(&closure.params),
                _ => None,
            });
            closures.flatten().map(|(pat, _)| (*pat, *receiver)).collect()
        }
        _ => Vec::new(),
    }
}

/// The names that a pattern binds.
fn names(body: &Body, within: Span) -> impl Iterator<Item = &str> {
    body.pats.iter().filter(move |it| within.contains(it.span)).filter_map(|it| match &it.kind {
        PatKind::Bind { name, .. } => Some(name.as_str()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::found;
    use crate::{Confidence, LINTS};

    #[track_caller]
    fn check(text: &str, items: &[&str]) {
        let lint = LINTS.iter().find(|it| it.name == "callback_under_guard").expect("a lint");
        let found = found(lint, text);
        assert_eq!(found.iter().map(|it| &*it.item).collect::<Vec<_>>(), items, "{found:#?}");
        assert!(found.iter().all(|it| it.confidence == Confidence::Possible), "{found:#?}");
    }

    #[test]
    fn a_parameter_that_a_listener_has_with_it() {
        check(
            "
use std::{collections::HashMap, sync::{Arc, Mutex}};
pub struct Event { pub id: u32 }
pub struct Window { ids: Arc<Mutex<HashMap<u32, String>>>, listeners: Mutex<Vec<Box<dyn Fn(u32) + Send>>> }
impl Window {
    fn add(&self, f: Box<dyn Fn(u32) + Send>) { self.listeners.lock().unwrap().push(f) }
    pub fn on_menu<F: Fn(String) + Send + 'static>(&self, f: F) {
        let ids = self.ids.clone();
        self.add(Box::new(move |id| f(ids.lock().unwrap().get(&id).unwrap().clone())));
    }
    pub fn on_name<F: Fn(String) + Send + 'static>(&self, f: F) {
        let ids = self.ids.clone();
        self.add(Box::new(move |id| {
            let name = ids.lock().unwrap().get(&id).unwrap().clone();
            f(name)
        }));
    }
    pub fn on_ids<F: Fn(&HashMap<u32, String>) + Send + 'static>(&self, f: F) {
        let ids = self.ids.clone();
        self.add(Box::new(move |_| { let ids = ids.lock().unwrap(); f(&ids) }));
    }
}
",
            &["Window::on_menu"],
        );
    }

    #[test]
    fn a_parameter_is_given_the_owner_and_nothing_that_is_locked() {
        check(
            "
use std::{collections::HashSet, sync::Mutex};
pub struct Target { pending: Mutex<HashSet<u32>>, names: Mutex<Vec<String>> }
pub fn drain<F: FnMut(u32, &Target)>(target: &Target, events: Vec<u32>, mut callback: F) {
    let mut pending = target.pending.lock().unwrap();
    for event in events {
        match event {
            0 => { pending.insert(event); }
            other => callback(other, target),
        }
    }
}
pub fn each<F: FnMut(&u32, &Target)>(target: &Target, mut f: F) {
    let pending = target.pending.lock().unwrap();
    for it in pending.iter() { f(it, target) }
}
pub fn with<R, F: FnOnce(&mut Vec<String>) -> R>(target: &Target, f: F) -> R {
    f(&mut target.names.lock().unwrap())
}
pub fn told(target: &Target, tell: impl FnOnce(usize)) { tell(target.names.lock().unwrap().len()) }
pub fn lent(target: &Target, tell: impl FnOnce(&Vec<String>)) { tell(&*target.names.lock().unwrap()) }
pub fn guarded(target: &Target, work: impl FnOnce()) {
    let _names = target.names.lock().unwrap();
    work()
}
",
            &["drain", "told"],
        );
    }

    #[test]
    fn a_waker_and_what_a_method_runs_of_what_is_removed() {
        check(
            "
use std::{collections::BTreeMap, sync::Mutex, task::Waker};
pub struct Timers { one: Mutex<Option<Waker>>, ready: Mutex<Vec<Waker>>, pending: Mutex<BTreeMap<u32, Handler>> }
pub enum Handler { Many(Vec<u32>), Once(Box<dyn Call>) }
pub trait Call: Send { fn call(self: Box<Self>, result: Answer); }
impl<F: Send + FnOnce(Answer)> Call for F { fn call(self: Box<F>, result: Answer) { (*self)(result) } }
pub struct Answer(u32);
impl Handler {
    fn invoke(self, answer: Answer) {
        match self { Handler::Many(_) => {} Handler::Once(f) => f.call(answer) }
    }
}
impl Timers {
    fn fire(&self) {
        let mut ready = self.ready.lock().unwrap();
        for waker in ready.drain(..) { waker.wake(); }
    }
    fn fire_one(&self) {
        let mut one = self.one.lock().unwrap();
        if let Some(waker) = one.take() { waker.wake(); }
    }
    fn fire_outside(&self) {
        let ready = std::mem::take(&mut *self.ready.lock().unwrap());
        for waker in ready { waker.wake(); }
    }
    pub fn ask(&self, f: impl FnOnce(Answer) + Send + 'static) {
        self.pending.lock().unwrap().insert(1, Handler::Once(Box::new(f)));
    }
    fn answer(&self, id: u32) {
        let mut pending = self.pending.lock().unwrap();
        match pending.remove(&id) {
            Some(handler) => handler.invoke(Answer(1)),
            None => {}
        }
    }
    fn answer_outside(&self, id: u32) {
        let handler = self.pending.lock().unwrap().remove(&id);
        if let Some(handler) = handler { handler.invoke(Answer(1)) }
    }
}
",
            &["Timers::fire", "Timers::answer"],
        );
    }

    #[test]
    fn who_stores_by_another_name_and_in_a_cell() {
        check(
            "
use std::{cell::RefCell, sync::{Arc, Mutex}};
pub struct State { at: u32 }
type Observer = Box<dyn Fn(&State) + Send>;
pub struct Player { observers: Arc<Mutex<Vec<Observer>>> }
struct Internal { state: Mutex<State>, observers: Arc<Mutex<Vec<Observer>>>, checks: Mutex<Vec<Box<dyn Fn(&Internal) + Send>>> }
impl Player { pub fn observe(&self, observer: Observer) { self.observers.lock().unwrap().push(observer) } }
impl Internal {
    fn update(&self) {
        let mut state = self.state.lock().unwrap();
        state.at += 1;
        for observer in self.observers.lock().unwrap().iter() { observer(&state) }
    }
    fn check(&self, other: &Internal) {
        for check in self.checks.lock().unwrap().iter() { check(other) }
    }
}
pub struct Signal { all: RefCell<Vec<Box<dyn Fn(u32)>>>, own: RefCell<Vec<Box<dyn Fn(u32)>>> }
impl Signal {
    pub fn connect(&self, f: impl Fn(u32) + 'static) { self.all.borrow_mut().push(Box::new(f)) }
    fn emit(&self) {
        for it in self.all.borrow().iter() { it(1) }
    }
}
",
            &["Internal::update", "Signal::emit"],
        );
    }
}
