//! The effects of one function: its own events, and what its callees do.

use rustc_hash::FxHashMap;

use super::happening::is_gone;
use super::{Effect, EffectKind};
use crate::flow::{
    Acquire, Call, Callback, Caller, Event, EventKind, FnFlow, GuardId, MapOp, Root, Step, Wait, Work,
};
use crate::knowledge::schema::{GuardClass, LockMode, Waits};
use crate::model::FnId;

/// How many effects of one kind a function may have: who takes more locks than that is not told apart from its callers.
const MAX_EFFECTS: usize = 96;

/// The effects that functions have so far.
pub(super) type Known<'a> = dyn Fn(FnId) -> &'a [Effect] + 'a;

/// The effects of a function, given those of its callees so far. Those that it had before keep their places.
pub(super) fn of(known: &Known<'_>, flow: &FnFlow) -> Vec<Effect> {
    let mut effects = known(flow.id).to_vec();
    let mut calls: FxHashMap<FnId, Vec<(&Call, &Event)>> = FxHashMap::default();
    for event in flow.events.iter().filter(|it| it.is_own) {
        match &event.kind {
            EventKind::Call(call) => {
                let before = calls.entry(call.callee).or_default();
                // The same call under the same guards has the same effects.
                let terms = |it: &Event| (it.is_sure, it.is_usual, it.assumes.clone());
                let is_this = |(other, at): &(&Call, &Event)| {
                    **other == **call && at.held == event.held && terms(at) == terms(event)
                };
                if !before.iter().any(is_this) {
                    before.push((call, event));
                    through(known, flow, event, call, &mut effects);
                }
            }
            _ => {
                let kind = own_kind(event).filter(is_lasting);
                let effect = kind.map(|kind| Effect {
                    assumes: event.assumes.clone(),
                    ..effect(event, kind, None, alive_params(flow, event, |_| true))
                });
                effect.into_iter().for_each(|it| add(&mut effects, it));
            }
        }
    }
    effects
}

fn effect(event: &Event, kind: EffectKind, via: Option<(FnId, u32)>, alive: Box<[u32]>) -> Effect {
    let kind = without_locals(kind);
    let (is_sure, is_usual) = (event.is_sure, event.is_usual);
    Effect { kind, at: event.span, via, is_sure, is_usual, alive, assumes: Box::default() }
}

/// What a local waits on has no name for a caller.
fn without_locals(kind: EffectKind) -> EffectKind {
    let wait = |it: Box<Wait>| {
        let on = it.on.clone().filter(|on| !is_local(&on.root));
        Box::new(Wait { on, ..*it })
    };
    match kind {
        EffectKind::Await(it) => EffectKind::Await(wait(it)),
        EffectKind::Block(it) => EffectKind::Block(wait(it)),
        other => other,
    }
}

/// The guards among the parameters that are alive at an event, of those that are still there.
fn alive_params(flow: &FnFlow, event: &Event, is_there: impl Fn(GuardId) -> bool) -> Box<[u32]> {
    let held = event.held.iter().filter(|it| is_there(it.guard));
    let roots = held.map(|it| &flow.guard(it.guard).acquire);
    let params = roots.filter_map(|it| match &it.lock.place.root {
        Root::Param(index, _) if it.is_given => Some(*index),
        _ => None,
    });
    params.collect()
}

/// An event as an effect, where a caller could care.
pub(super) fn own_kind(event: &Event) -> Option<EffectKind> {
    match &event.kind {
        EventKind::Await(wait) => (wait.waits != Waits::None).then(|| EffectKind::Await(wait.clone())),
        EventKind::Acquire { acquire, .. } => matters(acquire).then(|| EffectKind::Acquire(acquire.clone())),
        EventKind::MapOp(it) => Some(EffectKind::MapOp(it.clone())),
        EventKind::Block(wait) => Some(EffectKind::Block(wait.clone())),
        EventKind::Work(work) => Some(EffectKind::Work(work.clone())),
        EventKind::Callback(it) => Some(EffectKind::Callback(it.clone())),
        EventKind::StaticUse(_) | EventKind::Discard(_) | EventKind::Leak(_) | EventKind::Call(_) => None,
    }
}

fn matters(acquire: &Acquire) -> bool {
    let nobody = acquire.lock.is_private || acquire.is_try || acquire.is_indirect;
    !nobody && acquire.class != GuardClass::Free && acquire.mode != LockMode::None
}

/// Whether an effect still means something outside the function.
fn is_lasting(kind: &EffectKind) -> bool {
    match kind {
        EffectKind::Acquire(it) => !is_local(&it.lock.place.root) || it.lock.decl.is_some(),
        // Reading a plain map disturbs nobody; who goes on from what was read under a lock wants to know.
        EffectKind::MapOp(it) => !is_local(&it.place.root) && (it.op.changes() || is_read_of_entry(it)),
        _ => true,
    }
}

fn is_read_of_entry(it: &MapOp) -> bool {
    it.key.is_some() && it.place.path.contains(&Step::Inside)
}

fn is_local(root: &Root) -> bool {
    matches!(root, Root::Local(..) | Root::Unnamed(_))
}

/// What a callee does, in the terms of this function.
fn through(known: &Known<'_>, flow: &FnFlow, event: &Event, call: &Call, effects: &mut Vec<Effect>) {
    for (index, inner) in known(call.callee).iter().enumerate() {
        let Some(kind) = seen(call, &inner.kind).filter(is_lasting) else { continue };
        let Some(assumes) = call.seen_assumptions(&inner.assumes, &event.assumes) else { continue };
        // A guard that is moved on may be gone by the time.
        let alive = alive_params(flow, event, |it| !is_gone(call, &inner.alive, it));
        let mut effect = effect(event, kind, Some((call.callee, index as u32)), alive);
        effect.is_sure &= inner.is_sure && !call.is_possible;
        effect.is_usual &= inner.is_usual && !call.is_possible;
        add(effects, Effect { assumes, ..effect });
    }
}

/// An effect of a callee in the terms of its caller.
pub(super) fn seen(call: &Call, kind: &EffectKind) -> Option<EffectKind> {
    Some(match kind {
        EffectKind::Acquire(it) => EffectKind::Acquire(Box::new(call.seen_acquire(it))),
        EffectKind::MapOp(it) => {
            let place = call.seen(&it.place)?;
            let key = it.key.as_deref().and_then(|it| call.seen_key(it));
            EffectKind::MapOp(Box::new(MapOp { place, key, ..(**it).clone() }))
        }
        EffectKind::Callback(it) => EffectKind::Callback(Box::new(seen_callback(call, it)?)),
        EffectKind::Await(wait) => EffectKind::Await(Box::new(seen_wait(call, wait))),
        EffectKind::Block(wait) => EffectKind::Block(Box::new(seen_wait(call, wait))),
        EffectKind::Work(it) => {
            let subject = it.subject.as_ref().and_then(|it| call.seen(it));
            EffectKind::Work(Box::new(Work { subject, ..(**it).clone() }))
        }
    })
}

/// What is waited on has a name here, or none.
fn seen_wait(call: &Call, wait: &Wait) -> Wait {
    let on = wait.on.as_ref().and_then(|it| call.seen(it));
    Wait { on, ..wait.clone() }
}

/// A callback that this function chose itself is no callback: its closure was walked where the callee runs it, or is in a
/// value that is made for the call.
fn seen_callback(call: &Call, callback: &Callback) -> Option<Callback> {
    let place = callback.place.as_ref().and_then(|it| call.seen(it));
    let is_given = callback.place.as_ref().is_some_and(|it| matches!(it.root, Root::Param(..)));
    if is_given && place.is_none() && callback.caller != Caller::Foreign {
        return None;
    }
    let caller = match callback.caller {
        Caller::Param(_) => match &place.as_ref()?.root {
            Root::Param(outer, _) if place.as_ref().is_some_and(|it| it.path.is_empty()) => {
                Caller::Param(*outer)
            }
            Root::SelfValue | Root::Param(..) | Root::Static(_) => Caller::Stored,
            _ => return None,
        },
        other => other,
    };
    Some(Callback { caller, place, ..callback.clone() })
}

/// Adds an effect unless there is one like it; one that is sure makes the other sure.
fn add(effects: &mut Vec<Effect>, new: Effect) {
    if let Some(old) = effects.iter_mut().find(|it| is_like(it, &new)) {
        old.is_sure |= new.is_sure && old.alive == new.alive;
        old.is_usual |= new.is_usual && old.alive == new.alive;
        // It happens under either of the two.
        if old.assumes != new.assumes {
            old.assumes = old.assumes.iter().filter(|it| new.assumes.contains(it)).copied().collect();
        }
        return;
    }
    if effects.len() < MAX_EFFECTS {
        effects.push(new);
    }
}

/// Whether two effects are one for every caller.
fn is_like(a: &Effect, b: &Effect) -> bool {
    let same = match (&a.kind, &b.kind) {
        (EffectKind::Acquire(a), EffectKind::Acquire(b)) => {
            a.lock.place == b.lock.place
                && a.lock.decl == b.lock.decl
                && (a.mode, a.class, a.op, &a.key) == (b.mode, b.class, b.op, &b.key)
        }
        (EffectKind::MapOp(a), EffectKind::MapOp(b)) => (&a.place, a.op, &a.key) == (&b.place, b.op, &b.key),
        (EffectKind::Await(a), EffectKind::Await(b)) | (EffectKind::Block(a), EffectKind::Block(b)) => {
            let is_same = a.waits != Waits::Unknown || a.callee == b.callee;
            is_same && (a.waits, &a.on) == (b.waits, &b.on)
        }
        (EffectKind::Work(a), EffectKind::Work(b)) => (&a.subject, a.orders) == (&b.subject, b.orders),
        (EffectKind::Callback(a), EffectKind::Callback(b)) => {
            (a.caller, &a.place, &a.given) == (b.caller, &b.place, &b.given)
        }
        _ => false,
    };
    same && a.alive == b.alive
}
