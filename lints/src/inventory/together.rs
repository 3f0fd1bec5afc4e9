//! What is done to a map in one step because one guard is held over it: a move to a map whose calls are steps of their own
//! would take that apart.

use std::collections::BTreeMap;

use safe_map_analysis::FunctionView;
use safe_map_analysis::flow::{Decl, Event, EventKind, GuardId, MapOp, Step};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;

use super::Use;
use crate::Place;
use crate::bodies::is_loop;
use crate::declared::declared;
use crate::fix::body_of;
use crate::story::at;

/// Operations under one guard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Together {
    /// Where the guard is taken.
    pub place: Place,
    /// In which function: its path inside the crate.
    pub function: String,
    /// The methods, in their order.
    pub methods: Vec<Name>,
    /// What they are about.
    pub keys: Keys,
}

/// The entries that several operations are about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keys {
    /// All of them are about the entry of one key.
    One,
    /// Each is about an entry, and not all about the same.
    Several,
    /// Some are about the whole map.
    All,
    /// They are in a loop under the guard.
    Repeated,
}

/// Notes the guards of locks of a function under which more than one thing is done to a map.
pub(super) fn note(function: &FunctionView<'_>, uses: &mut BTreeMap<Decl, Use>) {
    let mut by_guard: BTreeMap<GuardId, Vec<(&MapOp, Span)>> = BTreeMap::new();
    for event in &function.flow.events {
        let EventKind::MapOp(op) = &event.kind else { continue };
        if let Some(guard) = guard_around(function, event, op) {
            by_guard.entry(guard).or_default().push((op, event.span));
        }
    }
    for (guard, ops) in by_guard {
        let acquire = &function.flow.guard(guard).acquire;
        let is_repeated = || is_in_inner_loop(function, acquire.span, &ops);
        let Some(decl) = declared(function.model(), function.id, acquire) else { continue };
        if ops.len() < 2 && !is_repeated() {
            continue;
        }
        let def = function.model().func(function.id);
        uses.entry(decl).or_default().together.push(Together {
            place: at(def.at.file, acquire.span),
            function: def.path.clone(),
            methods: ops.iter().map(|it| it.0.method.clone()).collect(),
            keys: keys(&ops, is_repeated()),
        });
    }
}

/// The guard of the lock that has a map as its content.
fn guard_around(function: &FunctionView<'_>, event: &Event, op: &MapOp) -> Option<GuardId> {
    let is_around = |it: &GuardId| op.place == function.flow.guard(*it).acquire.lock.place.then(Step::Inside);
    event.held.iter().map(|it| it.guard).find(is_around)
}

fn keys(ops: &[(&MapOp, Span)], is_repeated: bool) -> Keys {
    let first = ops.first().and_then(|it| it.0.key.as_ref());
    match first {
        _ if is_repeated => Keys::Repeated,
        _ if ops.iter().any(|it| !super::tally::is_keyed(it.0.op)) => Keys::All,
        Some(first) if ops.iter().all(|it| it.0.key.as_ref() == Some(first)) => Keys::One,
        _ => Keys::Several,
    }
}

/// Whether one of the operations is done again and again under the guard.
fn is_in_inner_loop(function: &FunctionView<'_>, acquire: Span, ops: &[(&MapOp, Span)]) -> bool {
    let Some(body) = body_of(function) else { return false };
    let mut loops = body.exprs.iter().filter(|it| is_loop(it) && !it.span.contains(acquire));
    loops.any(|it| ops.iter().any(|op| it.span.contains(op.1)))
}
