//! Two accesses to one map that belong together, and between which everybody else can come: a question and what is done on
//! its answer, a value that was read and what is written back.
//!
//! In: a function. Out: its [`Race`]s, as far as it says that the map is shared and that nothing else keeps the others away.

use std::rc::Rc;

use safe_map_analysis::facts::{Body, Expr, ExprKind, StaticMacro, UnaryOp};
use safe_map_analysis::flow::{Event, EventKind, GuardId, Root, Step};
use safe_map_analysis::knowledge::schema::{GuardClass, LockMode, Op};
use safe_map_analysis::model::FnId;
use safe_map_analysis::span::Span;
use safe_map_analysis::{Analysis, FunctionView};

use crate::access::{Access, accesses};
use crate::admitted::is_known_to_be_harmless;
use crate::bodies::lets;
use crate::branches::are_apart;
use crate::brief::site;
use crate::conditions::{Conditions, Gives};
use crate::contended::{is_contended, is_seen_shared};
use crate::declared::{are_declared_together, is_of_choice};
use crate::entries::meets_one_of;
use crate::fix::body_of;
use crate::fresh::makes_keys;
use crate::parents::{expr_at, is_discarded};
use crate::private::{is_own, is_unshared, stays_here};
use crate::retain::method;
use crate::serial::{is_one_line, waits_in};
use crate::typing::Typed;
use crate::{Confidence, Place};

/// How far calls are followed back to a lock that all callers hold.
const MAX_CALLERS: u32 = 3;

/// A function in which more happens does more than one thing.
const MAX_EVENTS: usize = 6;

/// The accesses of one function with its body.
#[derive(Debug)]
pub(crate) struct Accesses<'a> {
    pub(crate) function: &'a FunctionView<'a>,
    pub(crate) body: Rc<Body>,
    pub(crate) all: Vec<Access<'a>>,
}

impl<'a> Accesses<'a> {
    /// The accesses of a function, where there are two that could belong together.
    pub(crate) fn of(function: &'a FunctionView<'a>) -> Option<Accesses<'a>> {
        let all = accesses(function);
        if all.len() < 2 || is_under_a_lock_of_its_callers(function.file.analysis, function.id, MAX_CALLERS) {
            return None;
        }
        Some(Accesses { function, body: body_of(function)?, all })
    }

    /// What depends on the answer of an access.
    pub(crate) fn conditions(&self, check: &Access<'_>) -> Conditions<'_> {
        Conditions::of(self.function, &self.body, check.span(), gives(self.function, check))
    }

    /// Whether the code around an access knows its answer: it asks itself, or calls a function that gives the answer.
    pub(crate) fn is_answered(&self, check: &Access<'_>) -> bool {
        !check.is_called() || gives(self.function, check) != Gives::Other
    }

    /// The accesses behind `first` to the same map that are another step than it, and that others can come before.
    pub(crate) fn later<'b>(&'b self, first: &'b Access<'a>) -> impl Iterator<Item = &'b Access<'a>> + 'b {
        let later = self.all.iter().filter(|it| it.at > first.at && it.span().start >= first.span().start);
        later.filter(|it| it.map == first.map && self.can_come_between(first, it))
    }

    fn can_come_between(&self, first: &Access<'_>, second: &Access<'_>) -> bool {
        !first.is_one_step_with(second)
            && !first.is_held_at(second.happening.event)
            && !second.is_held_at(first.happening.event)
            && !are_apart(&self.body, first.span(), second.span())
            && !self.is_gated(first, second)
            && !self.is_reserved(first)
            && !is_known_to_be_harmless(self.function, first.span(), second.span())
    }

    /// Whether a lock keeps the others away from the first to the second.
    fn is_gated(&self, first: &Access<'_>, second: &Access<'_>) -> bool {
        let is_gate = |id: GuardId| {
            let acquire = &self.function.flow.guard(id).acquire;
            let waits = !matches!(acquire.class, GuardClass::Free | GuardClass::RefCell);
            waits && acquire.mode != LockMode::Shared && acquire.mode != LockMode::None
        };
        let held = |it: &Access<'_>| it.happening.event.held.iter().map(|it| it.guard).collect::<Vec<_>>();
        let later = held(second);
        held(first).into_iter().any(|it| later.contains(&it) && is_gate(it))
            || self.is_gated_by_words(first.span(), second.span())
    }

    /// Whether the key is put into another map or set while the first guard is alive: who comes meanwhile finds it there.
    fn is_reserved(&self, first: &Access<'_>) -> bool {
        let is_noted = |event: &Event| match &event.kind {
            EventKind::MapOp(op) => op.op == Op::Insert && op.place != first.map && op.key == first.key,
            _ => false,
        };
        first.key.is_some() && self.function.flow.events.iter().any(|it| first.is_held_at(it) && is_noted(it))
    }

    /// `let _permit = self.gates.acquire(key).await;`: a lock that the analysis does not know, held around both.
    fn is_gated_by_words(&self, first: Span, second: Span) -> bool {
        let body = &self.body;
        let is_known = |span: Span| self.function.flow.guards.iter().any(|it| span.contains(it.acquire.span));
        lets(body).any(|(pat, init)| {
            let init = body.expr(init).span;
            let is_around =
                init.end <= first.start && self.block_of(pat).is_some_and(|it| it.contains(second));
            let takes = |it: &Expr| match &it.kind {
                ExprKind::MethodCall { method, .. } => {
                    init.contains(it.span) && (method.contains("lock") || method.starts_with("acquire"))
                }
                _ => false,
            };
            is_around && body.exprs.iter().any(takes) && !is_known(init)
        })
    }

    /// The smallest block around a place.
    fn block_of(&self, place: Span) -> Option<Span> {
        let blocks = self.body.exprs.iter().filter(|it| matches!(it.kind, ExprKind::Block(_)));
        let around = blocks.map(|it| it.span).filter(|it| it.contains(place));
        around.min_by_key(|it| it.end - it.start)
    }

    /// Whether what is done is decided anew in the same step: the same entry is looked at again.
    pub(crate) fn is_asked_again(&self, first: &Access<'_>, act: &Access<'_>) -> bool {
        self.all.iter().any(|it| {
            let is_between = it.at > first.at && it.at <= act.at && !std::ptr::eq(it, act);
            let is_it = it.map == act.map && (it.key.is_none() || it.key == act.key);
            is_between && is_it && (it.reads() || it.op == Op::Entry) && it.is_one_step_with(act)
        })
    }

    /// Whether another thread can have the map.
    pub(crate) fn is_shared(&self, access: &Access<'_>) -> bool {
        let acquire = &access.acquire;
        let place = &acquire.lock.place;
        let is_local = matches!(place.root, Root::Local(..));
        let is_this_threads = match place.root {
            Root::Static(id) => {
                self.function.model().static_facts(id).declared_by == StaticMacro::ThreadLocal
            }
            Root::Unnamed(_) => true,
            _ => false,
        };
        let is_copy = place.path.iter().any(|it| matches!(it, Step::Copy(_)));
        !is_this_threads
            && !is_copy
            && !is_own(self.function, acquire)
            && is_contended(self.function, acquire)
            && !(is_local
                && (is_unshared(self.function, &self.body, acquire, access.span())
                    || stays_here(self.function, &self.body, acquire)))
    }

    /// Likely where several are seen to have the map, and one who does something like this to it runs, as far as is seen, where
    /// and when this function does too.
    pub(crate) fn confidence(&self, access: &Access<'_>, is_it: impl Fn(Op) -> bool) -> Confidence {
        let others = self.uses(access).into_iter().filter(|(_, op)| is_it(*op)).map(|(id, _)| id);
        let is_raced = || meets_one_of(self.function.file.analysis, self.function.id, others);
        match is_seen_shared(self.function, &access.acquire) && is_raced() {
            true => Confidence::Likely,
            false => Confidence::Possible,
        }
    }

    /// Where another function does something like this to the map, or this one if no other does.
    pub(crate) fn place_of(&self, access: &Access<'_>, is_it: impl Fn(Op) -> bool) -> Option<Place> {
        let analysis = self.function.file.analysis;
        let ids = self.uses(access).into_iter().filter(|(_, op)| is_it(*op)).map(|(id, _)| id);
        let id = ids.min_by_key(|it| *it == self.function.id)?;
        let flow = analysis.flow(id)?;
        let does = |event: &&Event| match &event.kind {
            EventKind::Acquire { acquire, .. } => acquire.lock.decl == access.decl && is_it(acquire.op),
            EventKind::MapOp(it) => {
                let around = || {
                    let mut held = event.held.iter().map(|it| &flow.guard(it.guard).acquire.lock.decl);
                    held.any(|decl| *decl == access.decl)
                };
                is_it(it.op) && (it.decl == access.decl || it.decl.is_none() && around())
            }
            _ => false,
        };
        let span = flow.events.iter().find(does)?.span;
        Some(Place { file: analysis.model.func(id).at.file, span })
    }

    /// Whether anybody does something like this to the map, as far as the workspace says.
    pub(crate) fn anybody(&self, access: &Access<'_>, is_it: impl Fn(Op) -> bool) -> bool {
        self.uses(access).iter().any(|(_, op)| is_it(*op))
    }

    /// Whether anybody who looks up an entry of the map makes a clone of something.
    pub(crate) fn gives_clones(&self, access: &Access<'_>) -> bool {
        let analysis = self.function.file.analysis;
        let ids = self.uses(access).into_iter().filter(|(_, op)| *op == Op::Get).map(|(id, _)| id);
        let clones = |it: &Expr| match &it.kind {
            ExprKind::MethodCall { method, .. } => *method == "cloned" || *method == "clone",
            _ => false,
        };
        ids.filter_map(|id| analysis.body(id)).any(|body| body.exprs.iter().any(clones))
    }

    /// Whether anybody who has entries of the map adds to a number in place: `*count += 1`.
    pub(crate) fn counts(&self, access: &Access<'_>) -> bool {
        let analysis = self.function.file.analysis;
        let ids = self.uses(access).into_iter().map(|(id, _)| id);
        ids.filter_map(|id| analysis.body(id)).any(|body| {
            let adds = |it: &Expr| match &it.kind {
                ExprKind::Assign { op: Some(_), lhs, .. } => {
                    matches!(body.expr(*lhs).kind, ExprKind::Unary { op: UnaryOp::Deref, .. })
                }
                _ => false,
            };
            body.exprs.iter().any(adds)
        })
    }

    /// Whether a function other than this one does.
    pub(crate) fn others(&self, access: &Access<'_>, is_it: impl Fn(Op) -> bool) -> bool {
        self.uses(access).iter().any(|(id, op)| *id != self.function.id && is_it(*op))
    }

    /// Whether an access is in a loop that waits for what comes next, and no other function does what could meet it: the
    /// loop of one task. Or all who do so run one after the other.
    pub(crate) fn is_done_in_one_line(&self, act: &Access<'_>, is_it: impl Fn(Op) -> bool) -> bool {
        let loops = self.body.exprs.iter().filter(|it| match &it.kind {
            ExprKind::Loop { .. } | ExprKind::While { .. } => it.span.contains(act.span()),
            _ => false,
        });
        let is_in_loop = loops.into_iter().any(|it| waits_in(&self.body, it.span));
        let others = || self.uses(act).into_iter().filter(|(_, op)| is_it(*op)).map(|(id, _)| id);
        is_in_loop && !self.others(act, &is_it)
            || act
                .decl
                .as_ref()
                .is_some_and(|map| is_one_line(self.function.file.analysis, map, self.function.id, others()))
    }

    /// Whether everybody who inserts makes up a new key for it: no other entry can come under an old one.
    pub(crate) fn has_keys_of_its_own(&self, access: &Access<'_>) -> bool {
        let analysis = self.function.file.analysis;
        let uses = self.uses(access);
        let inserts = uses.iter().filter(|(_, op)| matches!(op, Op::Insert | Op::Entry | Op::Update));
        let mut fresh = inserts.map(|(id, _)| makes_keys(analysis, *id, access)).peekable();
        fresh.peek().is_some() && fresh.all(|it| it)
    }

    /// Whether an insertion replaces what is there, and nobody looks at what it gives back.
    pub(crate) fn is_thrown_away(&self, act: &Access<'_>) -> bool {
        if keeps_the_first(self.function, act) {
            return false;
        }
        let is_discarded = |body: &Body, at: Span| expr_at(body, at).is_some_and(|it| is_discarded(body, it));
        if !act.is_called() {
            return is_discarded(&self.body, act.span());
        }
        site(self.function, &act.happening).is_some_and(|it| is_discarded(&it.body, it.span))
    }

    /// What is done to the map, and by whom. A wrapper around a lock has one declaration and is many: those who have another
    /// field's are left out.
    fn uses(&self, access: &Access<'_>) -> Vec<(FnId, Op)> {
        let analysis = self.function.file.analysis;
        let Some(decl) = &access.decl else { return Vec::new() };
        let uses = analysis.map_uses(decl).iter().copied();
        let is_of_lock = access.acquire.lock.decl.as_ref() == Some(decl);
        if !is_of_lock || !is_of_choice(self.function.model(), decl) {
            return uses.collect();
        }
        uses.filter(|(id, _)| self.has_same_lock(access, *id)).collect()
    }

    /// Whether another function takes the very lock that an access is under.
    fn has_same_lock(&self, access: &Access<'_>, id: FnId) -> bool {
        let Some(flow) = self.function.file.analysis.flow(id) else { return false };
        let acquires = flow.events.iter().filter_map(|it| match &it.kind {
            EventKind::Acquire { acquire, .. } => Some(acquire),
            _ => None,
        });
        let own = (self.function.id, &access.acquire);
        let mut same = acquires.filter(|it| it.lock.decl == access.acquire.lock.decl);
        same.any(|it| are_declared_together(self.function.model(), own, (id, it)))
    }

    /// Whether an access happens here, or in a function that does little else.
    pub(crate) fn is_plain(&self, access: &Access<'_>) -> bool {
        match access.happening.chain.as_slice() {
            [] => true,
            [hop] => {
                let flow = self.function.file.analysis.flow(hop.function);
                flow.is_some_and(|it| it.events.len() <= MAX_EVENTS)
            }
            _ => false,
        }
    }
}

/// Whether every call of a function is made under a lock that its caller has alone.
fn is_under_a_lock_of_its_callers(analysis: &Analysis, id: FnId, hops: u32) -> bool {
    let callers = analysis.callers(id);
    hops > 0
        && !callers.is_empty()
        && callers.iter().all(|it| {
            it.holds_alone || it.id != id && is_under_a_lock_of_its_callers(analysis, it.id, hops - 1)
        })
}

/// Whether an insertion leaves the entry that is there, and says so: its result is a `Result`.
fn keeps_the_first(function: &FunctionView<'_>, act: &Access<'_>) -> bool {
    let Some(typed) = Typed::of(function.file.analysis, function.id) else { return false };
    let insert = typed.exprs().find_map(|(_, it)| match &it.kind {
        ExprKind::MethodCall { receiver, method: name, .. }
            if it.span == act.span() && *name == act.method =>
        {
            method(&typed, *receiver, name)
        }
        _ => None,
    });
    insert.is_some_and(|it| it.spec.returns.starts_with("Result<"))
}

/// What an access gives to the code around it.
fn gives(function: &FunctionView<'_>, check: &Access<'_>) -> Gives {
    if check.is_called() {
        return called(function, check);
    }
    match check.op {
        Op::Contains => Gives::Bool,
        Op::Get | Op::GetMut | Op::Remove if check.method != "[]" => Gives::Option,
        _ => Gives::Other,
    }
}

/// What a function gives that only looks: the answer, if that is what its body ends in.
fn called(function: &FunctionView<'_>, check: &Access<'_>) -> Gives {
    let analysis = function.file.analysis;
    let answer = || {
        let [hop] = check.happening.chain.as_slice() else { return None };
        let file = analysis.file(analysis.model.func(hop.function).at.file);
        let callee = FunctionView { file, id: hop.function, flow: analysis.flow(hop.function)? };
        let body = body_of(&callee)?;
        let gives = match check.op {
            Op::Contains => Gives::Bool,
            Op::Get | Op::GetMut if check.method != "[]" => Gives::Option,
            _ => return None,
        };
        Conditions::of(&callee, &body, hop.span, gives).answer(body.root)
    };
    answer().unwrap_or(Gives::Other)
}
