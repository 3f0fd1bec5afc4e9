//! What happens at an event, calls looked into.

use super::{EffectKind, Hop, Summaries, effects};
use crate::flow::{Acquire, Call, Event, EventKind, FnFlow, GuardId, Held};
use crate::knowledge::schema::{Op, TypeRole};

/// Something that happens at an event of a function: itself, or inside a function that it calls.
#[derive(Clone, Debug)]
pub struct Happening<'a> {
    /// The event.
    pub event: &'a Event,
    /// What happens, in the terms of the function.
    pub kind: EffectKind,
    /// What is alive then.
    pub held: Vec<Held>,
    /// Once the event is reached, it happens.
    pub is_sure: bool,
    /// It does so unless something fails before.
    pub is_usual: bool,
    /// Through which calls, outermost first, ending where it happens; empty where it is the event itself.
    pub chain: Vec<Hop>,
}

impl Happening<'_> {
    /// What is alive then of the locks that are still at their places.
    pub fn held_in_place(&self) -> impl Iterator<Item = &Held> {
        self.held.iter().filter(|it| !it.is_replaced)
    }
}

impl Summaries {
    /// What happens in a function while something is held or iterated.
    pub fn happenings<'a>(&'a self, flow: &'a FnFlow) -> impl Iterator<Item = Happening<'a>> + 'a {
        let matters = |it: &&Event| !it.held.is_empty() || !it.iterating.is_empty();
        flow.events.iter().filter(matters).flat_map(move |event| match &event.kind {
            EventKind::Call(call) => self.inside(event, call, |_| true),
            _ => direct(event).into_iter().collect(),
        })
    }

    /// What is done to entries of maps in a function, whether something is held or not, each with the index of its event.
    pub fn map_happenings<'a>(
        &'a self,
        flow: &'a FnFlow,
    ) -> impl Iterator<Item = (usize, Happening<'a>)> + 'a {
        flow.events.iter().enumerate().flat_map(move |(index, event)| {
            let all = match &event.kind {
                EventKind::Call(call) => self.inside(event, call, is_of_map),
                EventKind::Acquire { .. } | EventKind::MapOp(_) => direct(event).into_iter().collect(),
                _ => Vec::new(),
            };
            all.into_iter().filter(|it| is_of_map(&it.kind)).map(move |it| (index, it))
        })
    }

    /// The locks that the callee of an event takes, in the terms of the caller.
    pub fn taken_inside(&self, event: &Event) -> Vec<Acquire> {
        let EventKind::Call(call) = &event.kind else { return Vec::new() };
        let effects = self.of(call.callee).iter();
        let acquires = effects.filter_map(|effect| match &effect.kind {
            EffectKind::Acquire(it) => Some(call.seen_acquire(it)),
            _ => None,
        });
        acquires.collect()
    }

    /// What the callee of an event does, of the kinds that count.
    fn inside<'a>(
        &'a self,
        event: &'a Event,
        call: &'a Call,
        counts: fn(&EffectKind) -> bool,
    ) -> Vec<Happening<'a>> {
        let effects = self.of(call.callee).iter().filter(|it| counts(&it.kind));
        let seen = effects.filter_map(|effect| {
            call.seen_assumptions(&effect.assumes, &event.assumes)?;
            let kind = effects::seen(call, &effect.kind)?;
            let held =
                event.held.iter().filter(|it| !is_gone(call, &effect.alive, it.guard)).copied().collect();
            let chain = self.chain(call.callee, effect);
            let [is_sure, is_usual] = [effect.is_sure, effect.is_usual].map(|it| it && !call.is_possible);
            Some(Happening { event, kind, held, is_sure, is_usual, chain })
        });
        seen.collect()
    }
}

/// Whether something is done to an entry of a map, or to all of them.
fn is_of_map(kind: &EffectKind) -> bool {
    match kind {
        EffectKind::Acquire(it) => it.lock.role == TypeRole::SharedMap && it.op != Op::None,
        EffectKind::MapOp(_) => true,
        _ => false,
    }
}

fn direct(event: &Event) -> Option<Happening<'_>> {
    let kind = match &event.kind {
        EventKind::Await(wait) => EffectKind::Await(wait.clone()),
        EventKind::Acquire { acquire, .. } => EffectKind::Acquire(acquire.clone()),
        _ => effects::own_kind(event)?,
    };
    Some(Happening {
        event,
        kind,
        held: event.held.to_vec(),
        is_sure: true,
        is_usual: true,
        chain: Vec::new(),
    })
}

/// Whether a guard that was moved into the callee is no longer alive there when the effect happens.
pub(super) fn is_gone(call: &Call, alive: &[u32], guard: GuardId) -> bool {
    let moved = call.args.iter().find(|it| it.moved.contains(&guard));
    moved.is_some_and(|it| !alive.contains(&it.index)) || call.moved.contains(&guard)
}
