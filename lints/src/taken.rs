//! Callbacks that a branch takes out of a locked collection and runs while it is still locked:
//! `if let Some(job) = self.jobs.lock().unwrap().pop() { job(); }`.
//!
//! In: a function. Out: the runs, as events, with the guards that are alive then; [`happenings`] has them among the others.

use std::sync::Arc;

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, Expr, ExprId, ExprKind, PatId, PatKind};
use safe_map_analysis::flow::{Callback, Caller, Event, EventKind, Guard, GuardId, Had, Held, Place, Step};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::{EffectKind, Happening};
use safe_map_analysis::ty::Ty;

use crate::bodies::binds;
use crate::callbacks::root_name;
use crate::fix::body_of;
use crate::scrutinee::lets;

/// The methods of collections that give what they remove.
const TAKES: [&str; 8] =
    ["pop", "pop_back", "pop_first", "pop_front", "pop_last", "remove", "swap_remove", "take"];

/// What happens in a function while something is held, and these runs of callbacks.
pub(crate) fn happenings<'a>(
    function: &FunctionView<'a>,
    taken: &'a [Event],
) -> impl Iterator<Item = Happening<'a>> {
    let runs = taken.iter().filter_map(|event| match &event.kind {
        EventKind::Callback(callback) => Some(Happening {
            event,
            kind: EffectKind::Callback(callback.clone()),
            held: event.held.to_vec(),
            is_sure: event.is_sure,
            is_usual: event.is_usual,
            chain: Vec::new(),
        }),
        _ => None,
    });
    function.happenings().chain(runs)
}

/// The runs of callbacks that were taken out of what a guard protects, while the guard is alive.
pub(crate) fn taken_callbacks(function: &FunctionView<'_>) -> Vec<Event> {
    let guards = function.flow.guards.iter().zip(0..);
    let guards: Vec<_> =
        guards.filter_map(|(it, index)| Some((it, index, callbacks_in(function, it)?))).collect();
    if guards.is_empty() {
        return Vec::new();
    }
    let Some(body) = body_of(function) else { return Vec::new() };
    let branches: Vec<Branch> = body.exprs.iter().flat_map(|it| branches(&body, it)).collect();
    let runs = guards.into_iter().flat_map(|(guard, index, given)| {
        let taking = branches.iter().filter(|it| takes_from(&body, it.scrutinee, guard));
        let calls = taking.flat_map(|it| calls(function, &body, it));
        let alive = calls.filter(|(_, at)| guard.ends.iter().all(|it| it.start >= at.end));
        alive.map(|(name, at)| run(guard, index, &given, name, at)).collect::<Vec<_>>()
    });
    let is_known = |at: Span| {
        let mut here = function.flow.events.iter().filter(|it| it.span == at);
        here.any(|it| matches!(it.kind, EventKind::Callback(_)))
    };
    runs.filter(|it| !is_known(it.span)).collect()
}

/// Whether the call at `at` is of a method of what a branch around it has removed from what the guard protects:
/// `Some(job) => job.run()`.
pub(crate) fn is_called_on_taken(body: &Body, guard: &Guard, at: Span) -> bool {
    let receiver = body.exprs.iter().find_map(|it| match &it.kind {
        ExprKind::MethodCall { receiver, .. } if it.span == at => Some(*receiver),
        _ => None,
    });
    let Some(name) = receiver.and_then(|it| root_name(body, it)) else { return false };
    body.exprs.iter().flat_map(|it| branches(body, it)).any(|it| {
        body.expr(it.part).span.contains(at)
            && binds(body, body.pat(it.pat).span, name)
            && takes_from(body, it.scrutinee, guard)
    })
}

/// The types that are given to the closures in what a guard protects; none where there are no closures, or one of them
/// gives something back.
fn callbacks_in(function: &FunctionView<'_>, guard: &Guard) -> Option<Arc<[Ty]>> {
    let mut found = Vec::new();
    let asks = function.model().any_part(&guard.acquire.lock.content, &mut |it| match it {
        Ty::Callable(params, output) => {
            found.push(params.clone());
            **output != Ty::unit()
        }
        _ => false,
    });
    (!asks && !found.is_empty()).then(|| found.iter().flat_map(|it| it.iter().cloned()).collect())
}

/// A part of a `match`, `if let` or `while let` that a pattern leads to.
struct Branch {
    pat: PatId,
    scrutinee: ExprId,
    part: ExprId,
}

fn branches(body: &Body, expr: &Expr) -> Vec<Branch> {
    match &expr.kind {
        ExprKind::Match { scrutinee, arms } => {
            arms.iter().map(|it| Branch { pat: it.pat, scrutinee: *scrutinee, part: it.body }).collect()
        }
        ExprKind::If { cond, then: part, .. } | ExprKind::While { cond, body: part, .. } => {
            let lets = lets(body, *cond).into_iter();
            lets.map(|(pat, scrutinee)| Branch { pat, scrutinee, part: *part }).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether an expression moves something out of what the guard taken at `acquire` protects: `m.lock().take()`,
/// `mem::take(&mut *m.lock())`.
pub(crate) fn takes_out(body: &Body, expr: &Expr, acquire: Span) -> bool {
    match &expr.kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            TAKES.contains(&method.as_str()) && body.expr(*receiver).span.contains(acquire)
        }
        ExprKind::Call { callee, args } => {
            let is_take = match &body.expr(*callee).kind {
                ExprKind::Path(path) => path.last().is_some_and(|it| it.name == "take"),
                _ => false,
            };
            is_take && args.iter().any(|it| body.expr(*it).span.contains(acquire))
        }
        _ => false,
    }
}

/// Whether an expression removes something from what a guard protects, and gives it.
fn takes_from(body: &Body, scrutinee: ExprId, guard: &Guard) -> bool {
    let ExprKind::MethodCall { receiver, method, .. } = &body.expr(scrutinee).kind else { return false };
    let within = body.expr(*receiver).span;
    let is_taken_there = within.contains(guard.acquire.span);
    TAKES.contains(&method.as_str())
        && match &guard.binding {
            None => is_taken_there,
            Some((name, bound)) => {
                bound.end <= within.start && root_name(body, *receiver) == Some(name.as_str())
            }
        }
}

/// The calls of what the pattern of a branch binds.
fn calls<'b>(function: &FunctionView<'_>, body: &'b Body, branch: &Branch) -> Vec<(&'b Name, Span)> {
    let (pat, part) = (body.pat(branch.pat).span, body.expr(branch.part).span);
    let is_bound = |name: &Name, at: Span| {
        body.pats.iter().filter(|it| pat.contains(it.span)).any(|it| match &it.kind {
            PatKind::Bind { name: bound, .. } => bound == name && !function.flow.is_another(it.span, at),
            _ => false,
        })
    };
    let calls = body.exprs.iter().filter(|it| part.contains(it.span)).filter_map(|it| match &it.kind {
        ExprKind::Call { callee, .. } => match &body.expr(*callee).kind {
            ExprKind::Path(path) => Some((path.as_ident()?, body.expr(*callee).span, it.span)),
            _ => None,
        },
        _ => None,
    });
    calls.filter(|(name, named, _)| is_bound(name, *named)).map(|(name, _, at)| (name, at)).collect()
}

fn run(guard: &Guard, index: u32, given: &Arc<[Ty]>, name: &Name, at: Span) -> Event {
    let lock = &guard.acquire.lock.place;
    let path = lock.path.iter().cloned().chain([Step::Inside, Step::Entry(String::new())]);
    let callback = Callback {
        caller: Caller::Stored,
        name: name.clone(),
        place: Some(Place { root: lock.root.clone(), path: path.collect() }),
        had: Had::Taken,
        is_notice: true,
        given: given.clone(),
    };
    let held = Held {
        guard: GuardId(index),
        maybe: false,
        is_replaced: false,
        mode: guard.acquire.mode,
        local: None,
    };
    Event {
        kind: EventKind::Callback(Box::new(callback)),
        span: at,
        held: Box::new([held]),
        iterating: Box::new([]),
        assumes: Box::default(),
        is_sure: false,
        is_usual: false,
        is_own: true,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::found;
    use crate::{Confidence, LINTS};

    #[test]
    fn what_is_popped_under_a_named_guard_is_possible() {
        let text = "
use std::{collections::VecDeque, sync::Mutex};
type Job = Box<dyn FnOnce(&Pool) + Send>;
struct Pool { jobs: Mutex<VecDeque<Job>>, ends: Mutex<Vec<Box<dyn FnOnce() + Send>>>, counts: Mutex<Vec<Box<dyn FnOnce() -> u32 + Send>>> }
impl Pool {
    pub fn add(&self, job: Job) { self.jobs.lock().unwrap().push_back(job) }
    fn one(&self) {
        let mut jobs = self.jobs.lock().unwrap();
        if let Some(job) = jobs.pop_front() {
            job(self);
        }
    }
    fn all(&self, pool: &Pool) {
        let mut jobs = self.jobs.lock().unwrap();
        while let Some(job) = jobs.pop_back() {
            job(pool);
        }
    }
    fn dropped(&self) {
        let mut jobs = self.jobs.lock().unwrap();
        if let Some(job) = jobs.pop_front() {
            drop(jobs);
            job(self);
        }
    }
    fn another(&self) {
        let job = |_: &Pool| {};
        let mut jobs = self.jobs.lock().unwrap();
        if let Some(_) = jobs.pop_front() {
            job(self);
        }
    }
    fn given_nothing(&self) {
        let mut ends = self.ends.lock().unwrap();
        if let Some(end) = ends.pop() { end() }
    }
    fn asked(&self) -> u32 {
        let mut counts = self.counts.lock().unwrap();
        if let Some(count) = counts.pop() { count() } else { 0 }
    }
}
";
        let lint = LINTS.iter().find(|it| it.name == "callback_under_guard").expect("a lint");
        let found = found(lint, text);
        let lines: Vec<_> = found.iter().map(|it| &*it.item).collect();
        assert_eq!(lines, ["Pool::one", "Pool::all", "Pool::given_nothing"], "{found:#?}");
        assert!(found.iter().all(|it| it.confidence == Confidence::Possible), "{found:#?}");
        assert_eq!(found[0].help, "it is taken out already: end the guard before the call");
    }
}
