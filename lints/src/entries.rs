//! Entries: where the runs begin that get to a function.
//!
//! In: a function. Out: whether two runs can be in it, or in it and in another one like it, at once, as far as callers tell. A run
//! begins in `main`, in what is given to a thread, task or executor, and in a function that nobody in the workspace calls:
//! others may, as often as they like.

use std::cell::LazyCell;
use std::collections::{BTreeSet, HashSet};

use safe_map_analysis::facts::{Body, Expr, ExprKind};
use safe_map_analysis::model::FnId;
use safe_map_analysis::span::Span;
use safe_map_analysis::{Analysis, Caller, Waiter};

use crate::bodies::{is_code, is_loop};
use crate::moves::is_move_capture;

/// How many functions are looked at. What so many lead to is entered from anywhere.
const MAX_SEEN: usize = 400;

/// Whether more than one run can get to a function: it is entered by others, or in two places, one of them in a thread.
pub(crate) fn is_entered_freely(analysis: &Analysis, id: FnId) -> bool {
    let found = Runs::of(analysis, id);
    found.can_meet(analysis, &found)
}

/// Whether one who waits for a lock is seen to run beside a function: he runs apart, others enter both, or runs of the two begin
/// in two places, one of them a thread.
pub(crate) fn meets_any<'w>(
    analysis: &Analysis,
    id: FnId,
    mut waiters: impl Iterator<Item = &'w Waiter>,
) -> bool {
    let meets = meeting(analysis, id);
    waiters.any(|it| it.is_apart || meets(it.id))
}

/// Whether one of several functions is seen to run beside a function: another one, or another run of the same. Not where a program
/// lies beside them that does without.
pub(crate) fn meets_one_of(analysis: &Analysis, id: FnId, others: impl Iterator<Item = FnId>) -> bool {
    let mut used = others.filter(|it| !analysis.is_unused(*it));
    !analysis.is_unused(id) && used.any(meeting(analysis, id))
}

/// Whether a function is seen to run beside the one that was named; the runs of that one are looked for once.
fn meeting(analysis: &Analysis, id: FnId) -> impl Fn(FnId) -> bool {
    let own = LazyCell::new(move || Runs::of(analysis, id));
    move |other| own.can_meet(analysis, &Runs::of(analysis, other))
}

/// Whether a run that gets to a function is seen to be in a thread: it begins in one, in a task, in an async function that a runtime
/// is given, in the handler of a web framework, or in what Java calls from any of its threads.
pub(crate) fn is_run_in_threads(analysis: &Analysis, id: FnId) -> bool {
    let mut seen = HashSet::from([id]);
    let mut open = vec![id];
    while let Some(at) = open.pop().filter(|_| seen.len() <= MAX_SEEN) {
        let callers = callers(analysis, at);
        if callers.iter().any(|it| it.is_apart) || callers.is_empty() && starts_in_threads(analysis, at) {
            return true;
        }
        open.extend(callers.iter().map(|it| it.id).filter(|it| seen.insert(*it)));
    }
    false
}

fn starts_in_threads(analysis: &Analysis, id: FnId) -> bool {
    const HANDLERS: [&str; 8] = ["delete", "get", "handler", "head", "patch", "post", "put", "route"];
    let model = &analysis.model;
    let def = model.func(id);
    let attrs = &model.item(def.at).attrs.names;
    let is_handler =
        || attrs.iter().any(|it| it.rsplit("::").next().is_some_and(|it| HANDLERS.contains(&it)));
    let is_run = || model.fn_facts(id).is_async || def.name.starts_with("Java_") || is_handler();
    is_run() && !is_main(analysis, id) && !analysis.is_unused(id)
}

/// The expressions around a place.
fn around(body: &Body, at: Span) -> impl Iterator<Item = &Expr> {
    body.exprs.iter().filter(move |it| it.span.contains(at))
}

/// Whether nobody in the workspace calls a function: who does has values and threads that are not known. `main` is the
/// program's own.
pub(crate) fn is_entry(analysis: &Analysis, id: FnId) -> bool {
    callers(analysis, id).is_empty() && !is_main(analysis, id) && !analysis.model.is_drop(id)
}

/// Whether all runs that get to a function begin in a `main`: there is one at a time.
pub(crate) fn is_of_main_only(analysis: &Analysis, id: FnId) -> bool {
    let found = Runs::of(analysis, id);
    !found.outside && !found.starts.is_empty() && found.starts.iter().all(|it| matches!(it, Start::Main(_)))
}

/// Whether a function is a `main` or run by one alone, while one who waits for a lock may run in a thread or task.
pub(crate) fn is_of_main_beside<'w>(
    analysis: &Analysis,
    id: FnId,
    mut waiters: impl Iterator<Item = &'w Waiter>,
) -> bool {
    let is_beside = |it: &Runs<'_>| it.outside || it.has_thread();
    (is_main(analysis, id) || is_of_main_only(analysis, id))
        && waiters.any(|it| it.is_apart || it.id != id && is_beside(&Runs::of(analysis, it.id)))
}

/// Where runs begin that get to a function.
#[derive(Default)]
struct Runs<'a> {
    /// Some do by whoever has the crate, by a framework, or by what the analysis does not see; then the rest is not looked for.
    outside: bool,
    starts: BTreeSet<Start>,
    /// The calls on the way.
    calls: Vec<&'a Caller>,
}

/// Where a run begins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Start {
    /// In this closure or future of a function, which runs apart; started in a loop, or for each of several things.
    Thread { of: FnId, at: Span, is_repeated: bool },
    /// In this `main`.
    Main(FnId),
    /// At the end of a value's life.
    Drop(FnId),
}

impl Start {
    fn is_thread(self) -> bool {
        matches!(self, Start::Thread { .. })
    }
}

impl<'a> Runs<'a> {
    fn of(analysis: &'a Analysis, id: FnId) -> Runs<'a> {
        let mut found = Runs::default();
        let mut seen = HashSet::from([id]);
        let mut open = vec![id];
        while let Some(at) = open.pop().filter(|_| !found.outside) {
            let callers = callers(analysis, at);
            if callers.is_empty() {
                found.begin(analysis, at);
            }
            for it in callers {
                if it.is_apart {
                    found.starts.insert(thread(analysis, it));
                } else if seen.insert(it.id) {
                    found.calls.push(it);
                    open.push(it.id);
                }
            }
            found.outside |= seen.len() > MAX_SEEN;
        }
        found
    }

    /// A run begins in a function that nobody in the workspace calls.
    fn begin(&mut self, analysis: &Analysis, id: FnId) {
        match (is_main(analysis, id), analysis.model.is_drop(id)) {
            (true, _) => drop(self.starts.insert(Start::Main(id))),
            (_, true) => drop(self.starts.insert(Start::Drop(id))),
            _ => self.outside = true,
        }
    }

    /// Whether a call on the way is in a loop: what is done once in `main` is done before there are others.
    fn loops(&self, analysis: &Analysis) -> bool {
        self.calls.iter().any(|it| is_in_loop(analysis, it))
    }

    /// Whether a call on the way is made behind the place where the same function starts a thread.
    fn comes_after(&self, thread: &Start) -> bool {
        let Start::Thread { of, at, .. } = thread else { return false };
        self.calls.iter().any(|it| it.id == *of && it.at.start >= at.end)
    }

    fn has_thread(&self) -> bool {
        self.starts.iter().any(|it| it.is_thread())
    }

    fn can_meet(&self, analysis: &Analysis, other: &Runs<'_>) -> bool {
        let [own_loops, other_loops] = [self, other].map(|it| LazyCell::new(move || it.loops(analysis)));
        let are_two = |a: &Start, b: &Start| match (a, b) {
            (Start::Main(_), Start::Thread { .. }) => self.comes_after(b) || *own_loops,
            (Start::Thread { .. }, Start::Main(_)) => other.comes_after(a) || *other_loops,
            _ if a != b => a.is_thread() || b.is_thread(),
            (Start::Thread { is_repeated, .. }, _) => *is_repeated,
            _ => false,
        };
        match (self.outside, other.outside) {
            (true, true) => true,
            (true, false) => other.has_thread(),
            (false, true) => self.has_thread(),
            (false, false) => self.starts.iter().any(|a| other.starts.iter().any(|b| are_two(a, b))),
        }
    }
}

fn is_in_loop(analysis: &Analysis, caller: &Caller) -> bool {
    analysis.body(caller.id).is_some_and(|body| around(&body, caller.at).any(is_loop))
}

/// The closure or future that runs apart around a call: the innermost that owns what it uses.
fn thread(analysis: &Analysis, caller: &Caller) -> Start {
    let of = caller.id;
    let Some(body) = analysis.body(of) else {
        return Start::Thread { of, at: caller.at, is_repeated: false };
    };
    let size = |it: Span| it.end - it.start;
    let own = around(&body, caller.at)
        .filter(|it| is_code(it))
        .min_by_key(|it| (!is_move_capture(&it.kind), size(it.span)));
    let at = own.map_or(caller.at, |it| it.span);
    let is_repeated =
        around(&body, at).any(|it| is_loop(it) || is_code(it) && it.span != at || is_for_each(&body, it, at));
    Start::Thread { of, at, is_repeated }
}

/// The methods of iterators, parallel ones among them, that call a closure for each item.
const FOR_EACH: [&str; 12] = [
    "all",
    "any",
    "filter",
    "filter_map",
    "flat_map",
    "for_each",
    "for_each_init",
    "for_each_with",
    "inspect",
    "map",
    "map_with",
    "try_for_each",
];

/// Whether a closure is what an iterator does with each of its items.
fn is_for_each(body: &Body, expr: &Expr, closure: Span) -> bool {
    match &expr.kind {
        ExprKind::MethodCall { method, args, .. } => {
            let takes = args.iter().any(|it| body.expr(*it).span == closure);
            takes && FOR_EACH.contains(&method.as_str())
        }
        _ => false,
    }
}

fn is_main(analysis: &Analysis, id: FnId) -> bool {
    let path = &analysis.model.func(id).path;
    *path == *"main" || path.ends_with("::main")
}

/// Who calls a function, itself or as what it implements, tests aside.
fn callers(analysis: &Analysis, id: FnId) -> Vec<&Caller> {
    let model = &analysis.model;
    let as_trait = model.trait_method(id).map_or(&[][..], |it| analysis.callers(it));
    let all = analysis.callers(id).iter().chain(as_trait);
    all.filter(|it| it.id != id && !model.func(it.id).is_test).collect()
}
