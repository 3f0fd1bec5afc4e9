//! Entries: where the runs begin that get to a function.
//!
//! In: a function. Out: whether two runs can be in it, or in it and in another one like it, at once, as far as callers tell. A run
//! begins in `main`, in what is given to a thread, task or executor, and in a function that nobody in the workspace calls:
//! others may, as often as they like.

use std::collections::{BTreeSet, HashSet};

use safe_map_analysis::facts::{BlockKind, Expr, ExprKind};
use safe_map_analysis::model::FnId;
use safe_map_analysis::span::Span;
use safe_map_analysis::{Analysis, Caller};

use crate::bodies::is_loop;

/// How many functions are looked at. What so many lead to is entered from anywhere.
const MAX_SEEN: usize = 400;

/// Whether more than one run can get to a function: it is entered by others, or in two places, one of them in a thread.
pub(crate) fn is_entered_freely(analysis: &Analysis, id: FnId) -> bool {
    let found = Runs::of(analysis, id);
    found.outside || found.can_meet(&found)
}

/// Whether a run that gets to one function can be there while another is in the other function, or the same: both are entered by
/// others, or they begin in two places, one of them a thread.
pub(crate) fn may_meet(analysis: &Analysis, one: FnId, other: FnId) -> bool {
    Runs::of(analysis, one).can_meet(&Runs::of(analysis, other))
}

/// Whether nobody in the workspace calls a function: who does has values and threads that are not known. `main` is the
/// program's own.
pub(crate) fn is_entry(analysis: &Analysis, id: FnId) -> bool {
    callers(analysis, id).is_empty() && !is_main(analysis, id) && !is_drop(analysis, id)
}

/// Whether all runs that get to a function begin in a `main`: there is one at a time.
pub(crate) fn is_of_main_only(analysis: &Analysis, id: FnId) -> bool {
    let found = Runs::of(analysis, id);
    !found.outside && !found.starts.is_empty() && found.starts.iter().all(|it| matches!(it, Start::Main(_)))
}

/// Where runs begin that get to a function.
#[derive(Default)]
struct Runs {
    /// Some do by whoever has the crate, by a framework, or by what the analysis does not see; then the rest is not looked for.
    outside: bool,
    starts: BTreeSet<Start>,
    /// A call on the way is in a loop: what is done once in `main` is done before there are others.
    loops: bool,
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

impl Runs {
    fn of(analysis: &Analysis, id: FnId) -> Runs {
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
                    found.loops |= is_in_loop(analysis, it);
                    open.push(it.id);
                }
            }
            found.outside |= seen.len() > MAX_SEEN;
        }
        found
    }

    /// A run begins in a function that nobody in the workspace calls.
    fn begin(&mut self, analysis: &Analysis, id: FnId) {
        match (is_main(analysis, id), is_drop(analysis, id)) {
            (true, _) => drop(self.starts.insert(Start::Main(id))),
            (_, true) => drop(self.starts.insert(Start::Drop(id))),
            _ => self.outside = true,
        }
    }

    fn can_meet(&self, other: &Runs) -> bool {
        let has_thread = |it: &Runs| it.starts.iter().any(|it| it.is_thread());
        let are_two = |a: &Start, b: &Start| match (a, b) {
            (Start::Main(_), Start::Thread { .. }) => self.loops,
            (Start::Thread { .. }, Start::Main(_)) => other.loops,
            _ if a != b => a.is_thread() || b.is_thread(),
            (Start::Thread { is_repeated, .. }, _) => *is_repeated,
            _ => false,
        };
        match (self.outside, other.outside) {
            (true, true) => true,
            (true, false) => has_thread(other),
            (false, true) => has_thread(self),
            (false, false) => self.starts.iter().any(|a| other.starts.iter().any(|b| are_two(a, b))),
        }
    }
}

fn is_in_loop(analysis: &Analysis, caller: &Caller) -> bool {
    analysis
        .body(caller.id)
        .is_some_and(|body| body.exprs.iter().any(|it| is_loop(it) && it.span.contains(caller.at)))
}

/// The closure or future that runs apart around a call: the innermost that owns what it uses.
fn thread(analysis: &Analysis, caller: &Caller) -> Start {
    let of = caller.id;
    let Some(body) = analysis.body(of) else {
        return Start::Thread { of, at: caller.at, is_repeated: false };
    };
    let around = |at: Span| body.exprs.iter().filter(move |it| it.span.contains(at));
    let code = |it: &Expr| match &it.kind {
        ExprKind::Closure(closure) => Some((!closure.is_move, it.span)),
        ExprKind::Block(block) => match block.kind {
            BlockKind::Async { is_move } => Some((!is_move, it.span)),
            _ => None,
        },
        _ => None,
    };
    let own =
        around(caller.at).filter_map(code).min_by_key(|(is_lent, span)| (*is_lent, span.end - span.start));
    let at = own.map_or(caller.at, |it| it.1);
    let is_more = |it: &Expr| is_loop(it) || code(it).is_some_and(|it| it.1 != at);
    let is_repeated = around(at).any(is_more);
    Start::Thread { of, at, is_repeated }
}

fn is_drop(analysis: &Analysis, id: FnId) -> bool {
    let model = &analysis.model;
    let of_trait = model.func(id).impl_.and_then(|it| model.impl_facts(it)?.trait_.as_ref()?.last());
    of_trait.is_some_and(|it| it.name == "Drop")
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
