//! What a function does to entries of shared maps, and under which guard each time: itself, or in what it calls.
//!
//! In: a function. Out: its [`Access`]es in order. Two of them are one step for everybody else only if one guard is alive from
//! the first to the second; a map that locks inside gives each call a step of its own.

use safe_map_analysis::FunctionView;
use safe_map_analysis::flow::{Acquire, Decl, Event, GuardId, Place, Step};
use safe_map_analysis::knowledge::schema::{GuardClass, LockMode, Op, TypeRole};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::{EffectKind, Happening};
use safe_map_analysis::ty::Ty;

use crate::story::MAX_CHAIN;

/// Something that is done to an entry of a shared map, or to all of them.
#[derive(Debug)]
pub(crate) struct Access<'a> {
    /// Which map.
    pub(crate) map: Place,
    /// Where the map is declared.
    pub(crate) decl: Option<Decl>,
    /// The type of its values.
    pub(crate) values: Ty,
    /// What is done.
    pub(crate) op: Op,
    /// The key, as written.
    pub(crate) key: Option<String>,
    /// By which method; `[]` for an index.
    pub(crate) method: Name,
    /// The index of its event.
    pub(crate) at: usize,
    /// How it happens, calls looked into.
    pub(crate) happening: Happening<'a>,
    /// How the map, or the lock around it, is taken.
    pub(crate) acquire: Acquire,
    /// The guard under which it happens; none where it has a step of its own.
    pub(crate) guard: Option<GuardId>,
}

impl Access<'_> {
    /// The expression that does it: the operation, or the call of what does it.
    pub(crate) fn span(&self) -> Span {
        self.happening.event.span
    }

    /// Whether a callee does it.
    pub(crate) fn is_called(&self) -> bool {
        !self.happening.chain.is_empty()
    }

    /// Whether it only looks.
    pub(crate) fn reads(&self) -> bool {
        !self.op.changes() || self.op == Op::GetMut
    }

    /// Whether both are done to one entry.
    pub(crate) fn is_same_entry(&self, other: &Access<'_>) -> bool {
        self.map == other.map && self.key.is_some() && self.key == other.key
    }

    /// Whether nobody else can do anything to the map between the two: one guard is alive, or one callee does both.
    pub(crate) fn is_one_step_with(&self, other: &Access<'_>) -> bool {
        match (self.guard, other.guard) {
            (Some(a), Some(b)) => a == b,
            (None, None) => self.at == other.at,
            _ => false,
        }
    }

    /// Whether its guard is still alive at an event.
    pub(crate) fn is_held_at(&self, event: &Event) -> bool {
        self.guard.is_some_and(|id| event.held.iter().any(|it| it.guard == id))
    }
}

/// The accesses of a function to maps that have a name, in order, each once.
pub(crate) fn accesses<'a>(function: &FunctionView<'a>) -> Vec<Access<'a>> {
    let mut found: Vec<Access<'a>> = Vec::new();
    for (at, happening) in function.map_happenings().filter(|(_, it)| it.chain.len() <= MAX_CHAIN) {
        let Some(access) = access(function, at, happening) else { continue };
        // A loop's body can be walked twice.
        let is_again = |it: &Access<'_>| {
            it.span() == access.span() && (&it.map, it.op, &it.key) == (&access.map, access.op, &access.key)
        };
        if !found.iter().any(is_again) {
            found.push(access);
        }
    }
    found
}

fn access<'a>(function: &FunctionView<'a>, at: usize, happening: Happening<'a>) -> Option<Access<'a>> {
    let access = match happening.kind.clone() {
        EffectKind::Acquire(acquire) => shared_map(*acquire, at, happening),
        EffectKind::MapOp(op) => {
            let (acquire, guard) = protected_by(function, &happening, &op.place)?;
            let is_whole = op.place == acquire.lock.place.then(Step::Inside);
            let decl = op.decl.or_else(|| acquire.lock.decl.clone().filter(|_| is_whole));
            let (map, values, method) = (op.place, op.values, op.method);
            Access { map, decl, values, op: op.op, key: op.key, method, at, happening, acquire, guard }
        }
        _ => return None,
    };
    (!access.map.is_unnamed() && !access.acquire.is_try && is_lock(&access.acquire)).then_some(access)
}

/// What another thread can wait for.
fn is_lock(acquire: &Acquire) -> bool {
    let is_cell = acquire.class == GuardClass::RefCell || acquire.lock.role == TypeRole::Cell;
    !is_cell && !acquire.lock.is_private
}

fn shared_map(acquire: Acquire, at: usize, happening: Happening<'_>) -> Access<'_> {
    use safe_map_analysis::flow::EventKind;
    let guard = match happening.event.kind {
        EventKind::Acquire { guard, .. } => guard,
        _ => None,
    };
    Access {
        map: acquire.lock.place.clone(),
        decl: acquire.lock.decl.clone(),
        values: acquire.lock.values.clone(),
        op: acquire.op,
        key: acquire.key.clone(),
        method: acquire.method.clone(),
        at,
        happening,
        acquire,
        guard,
    }
}

/// The lock under which something is done to a plain map: held here, or taken by the callee.
fn protected_by(
    function: &FunctionView<'_>,
    happening: &Happening<'_>,
    map: &Place,
) -> Option<(Acquire, Option<GuardId>)> {
    let mut held = happening.held.iter().rev().map(|it| (it.guard, function.flow.guard_at(it)));
    if let Some((id, guard)) = held.find(|(_, it)| protects(&it.acquire, map)) {
        return Some((guard.acquire, Some(id)));
    }
    let taken = function.taken_inside(happening.event).into_iter().rev().find(|it| protects(it, map))?;
    Some((taken, None))
}

/// Whether a map is in what a lock protects, or in an entry of a map.
fn protects(acquire: &Acquire, map: &Place) -> bool {
    let lock = &acquire.lock;
    match lock.role {
        TypeRole::SharedMap => map.is_below(&lock.place),
        _ => acquire.mode != LockMode::None && map.is_in(&lock.place.then(Step::Inside)),
    }
}
