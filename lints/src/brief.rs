//! Waits that are none after all: a sleep of less than a millisecond, and a send that nothing says can find its queue full.
//!
//! In: a wait that happens in a function, itself or in a callee. Out: whether it counts, from the code where it stands.

use std::rc::Rc;

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, Expr, ExprKind, Lit};
use safe_map_analysis::flow::{EventKind, Place, Root, Wait};
use safe_map_analysis::knowledge::schema::{Op, Waits};
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::Happening;

use crate::bodies::whole_await;
use crate::fix::body_of;

/// Whether nobody notices the wait, or nothing says that there is one.
pub(crate) fn is_brief(function: &FunctionView<'_>, happening: &Happening<'_>, wait: &Wait) -> bool {
    match wait.waits {
        Waits::Timer => site(function, happening).is_some_and(|it| it.sleeps_below_a_millisecond()),
        // A sender that others have may have filled the queue, and so may earlier turns of a loop.
        Waits::Room => {
            let is_others = |it: &Place| is_shared(it) && removals(function, it).next().is_none();
            let is_shared = wait.on.as_ref().is_some_and(is_others);
            !is_shared && !site(function, happening).is_some_and(|it| it.sends_in_a_loop(wait))
        }
        Waits::None
        | Waits::Network
        | Waits::Disk
        | Waits::Database
        | Waits::Channel
        | Waits::Join
        | Waits::Process
        | Waits::Signal
        | Waits::BlockOn
        | Waits::Unknown => false,
    }
}

/// Whether a sender is one that others know: a field's, a parameter, a static. What this function has made or taken out of
/// somewhere is its own.
fn is_shared(sender: &Place) -> bool {
    match sender.root {
        Root::SelfValue | Root::Param(..) | Root::Static(_) | Root::ForeignStatic(_) | Root::Call(_) => true,
        Root::Local(..) | Root::Unnamed(_) => false,
    }
}

/// Where a function takes what is at `place` out of a map: nobody else finds it there any more.
fn removals<'a>(function: &FunctionView<'a>, place: &'a Place) -> impl Iterator<Item = Span> + 'a {
    let removes = function.flow.events.iter().filter_map(|event| match &event.kind {
        EventKind::MapOp(it) if it.op == Op::Remove => Some((&it.place, event.span)),
        EventKind::Acquire { acquire, .. } if acquire.op == Op::Remove => {
            Some((&acquire.lock.place, event.span))
        }
        _ => None,
    });
    removes.filter(move |(map, _)| place.is_in(map)).map(|(_, at)| at)
}

/// Where something that happens stands: in the function itself, or in the last one that it calls.
pub(crate) struct Site<'a> {
    function: FunctionView<'a>,
    pub(crate) body: Rc<Body>,
    pub(crate) span: Span,
}

pub(crate) fn site<'a>(function: &FunctionView<'a>, happening: &Happening<'a>) -> Option<Site<'a>> {
    let (function, span) = match happening.chain.last() {
        None => (*function, happening.event.span),
        Some(hop) => {
            let analysis = function.file.analysis;
            let file = analysis.file(function.model().func(hop.function).at.file);
            (FunctionView { file, id: hop.function, flow: analysis.flow(hop.function)? }, hop.span)
        }
    };
    Some(Site { body: body_of(&function)?, function, span })
}

impl Site<'_> {
    fn sleeps_below_a_millisecond(&self) -> bool {
        let call = whole_await(&self.body, self.span);
        let within = self.body.exprs.iter().filter(|it| call.contains(it.span));
        within.filter_map(|it| self.nanos(it)).max().is_some_and(|it| it < 1_000_000)
    }

    /// The length of `Duration::from_micros(10)`.
    fn nanos(&self, expr: &Expr) -> Option<u128> {
        let ExprKind::Call { callee, args } = &expr.kind else { return None };
        let ExprKind::Path(path) = &self.body.expr(*callee).kind else { return None };
        let unit: u128 = match path.last()?.name.as_str() {
            "from_nanos" => 1,
            "from_micros" => 1_000,
            "from_millis" => 1_000_000,
            "from_secs" => 1_000_000_000,
            _ => return None,
        };
        let ExprKind::Lit(Lit::Int(digits)) = &self.body.expr(*args.first()?).kind else { return None };
        digits.replace('_', "").parse::<u128>().ok()?.checked_mul(unit)
    }

    /// Whether a sender is another one in each turn of a loop.
    fn begins_in(&self, sender: &Place, turn: Span) -> bool {
        let mut locals = self.function.flow.locals.iter();
        match &sender.root {
            Root::Local(_, name) => locals.any(|it| it.name == *name && turn.contains(it.span)),
            _ => removals(&self.function, sender).any(|it| turn.contains(it)),
        }
    }

    /// Whether one sender sends again and again.
    fn sends_in_a_loop(&self, wait: &Wait) -> bool {
        let turns = self.body.exprs.iter().filter_map(|it| match &it.kind {
            ExprKind::While { .. } => Some(it.span),
            ExprKind::Loop { body, .. } | ExprKind::For { body, .. } => Some(self.body.expr(*body).span),
            _ => None,
        });
        let is_fresh = |turn: Span| wait.on.as_ref().is_some_and(|it| self.begins_in(it, turn));
        turns.filter(|it| it.contains(self.span)).any(|it| !is_fresh(it))
    }
}
