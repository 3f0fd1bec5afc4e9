//! Guards that are alive while something is waited for, where neither the wait nor the lock is there for the other.

use std::collections::BTreeMap;

use safe_map_analysis::FunctionView;
use safe_map_analysis::flow::{Acquire, EventKind, Guard, Place as Path, Root, Step, Wait};
use safe_map_analysis::knowledge::schema::{GuardClass, LockMode, Op, TypeRole, Waits};
use safe_map_analysis::model::Model;
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::{EffectKind, Happening};
use safe_map_analysis::ty::Ty;

use crate::brief::is_brief;
use crate::contended::is_contended;
use crate::private::is_own;
use crate::story::{
    acquire_label, called, chain_labels, declaration_label, finding, here, lock_name, lock_path,
};
use crate::uses::Uses;
use crate::{Confidence, Finding, Label, Role};

/// Who calls through more functions than this is not told: what is far away is somebody else's decision.
const MAX_HOPS: usize = 2;

/// A guard with the waits that it is alive at without need, in order.
#[derive(Debug)]
pub(crate) struct HeldAtWaits<'a> {
    /// The guard.
    pub(crate) guard: Guard,
    /// Others that are alive at the first wait as well.
    pub(crate) others: Vec<Guard>,
    /// Each place once.
    pub(crate) waits: Vec<Happening<'a>>,
    /// The guard is used again behind them all.
    pub(crate) is_needed: bool,
}

/// The guards that are alive at a wait, one an acquire, for which `is_hazard` says so.
pub(crate) fn held_at_waits<'a>(
    function: &FunctionView<'a>,
    is_hazard: impl Fn(&Guard, &EffectKind) -> bool,
) -> Vec<HeldAtWaits<'a>> {
    let mut found: BTreeMap<Span, HeldAtWaits<'a>> = BTreeMap::new();
    for happening in function.happenings().filter(|it| it.chain.len() <= MAX_HOPS) {
        let Some(wait) = waited(&happening.kind) else { continue };
        for held in &happening.held {
            let guard = function.flow.guard_at(held);
            if !is_hazard(&guard, &happening.kind)
                || is_meant(&guard, wait)
                || is_lent(&guard.acquire, happening.event.span)
                || !is_out_of_place(function, &guard, &happening) && !is_open(function, &guard, &happening)
                || is_own(function, &guard.acquire)
                || !is_contended(function, &guard.acquire)
                || is_brief(function, &happening, wait)
            {
                continue;
            }
            let start = || HeldAtWaits {
                guard: guard.clone(),
                others: Vec::new(),
                waits: Vec::new(),
                is_needed: true,
            };
            let one = found.entry(guard.acquire.span).or_insert_with(start);
            if !one.waits.iter().any(|it| it.event.span == happening.event.span) {
                one.waits.push(happening.clone());
            }
        }
    }
    merged(found.into_values().filter_map(|it| without_need(function, it)))
}

/// One entry for the guards whose first wait is the same.
fn merged<'a>(all: impl Iterator<Item = HeldAtWaits<'a>>) -> Vec<HeldAtWaits<'a>> {
    let mut merged: Vec<HeldAtWaits<'a>> = Vec::new();
    for one in all {
        match merged.iter_mut().find(|it| it.waits[0].event.span == one.waits[0].event.span) {
            Some(same) => same.others.push(one.guard),
            None => merged.push(one),
        }
    }
    merged
}

/// Leaves the waits that the guard is not needed at, and those that may take so long that others should not wait for them.
fn without_need<'a>(function: &FunctionView<'a>, mut held: HeldAtWaits<'a>) -> Option<HeldAtWaits<'a>> {
    let uses = Uses::of(function, &held.guard)?;
    let is_alone = held.guard.acquire.mode != LockMode::Shared;
    let is_temporary = held.guard.binding.is_none();
    let guard = held.guard.clone();
    let is_slot = is_slot(function.model(), &guard.acquire.lock.content);
    let mut is_needed = true;
    held.waits.retain(|it| {
        let at = uses.expression(it.event.span);
        let is_done = (is_temporary || uses.before(at)) && !uses.after(at);
        let is_needless = match it.kind {
            _ if waits_for(it) == Waits::Unknown => false,
            EffectKind::Await(_) => is_done && (is_alone || !is_disk(it)),
            _ => is_done && is_alone && it.chain.len() <= 1 && !is_kept_in_step(&guard, it),
        };
        let is_own = is_by_own_method(&guard, it);
        let is_plain = (is_needless || is_long(it) && !uses.in_turns(at))
            && (is_own || !uses.concerns(at))
            && is_out_of_place(function, &guard, it);
        is_needed &= !is_plain || is_own || !is_needless && !is_certainly_long(it);
        // Who fills a slot makes the others wait on purpose.
        is_plain || is_open(function, &guard, it) && !(is_slot && uses.after(at))
    });
    held.is_needed = is_needed;
    (!held.waits.is_empty()).then_some(held)
}

/// Whether a wait blocks the thread for so long that nobody else should wait for it, needed or not.
fn is_certainly_long(it: &Happening<'_>) -> bool {
    let blocks = matches!(it.kind, EffectKind::Block(_));
    blocks && is_long(it) && !matches!(waits_for(it), Waits::Timer | Waits::Join)
}

/// Whether a wait may be so long that others should not wait for it, needed or not.
fn is_long(it: &Happening<'_>) -> bool {
    match waits_for(it) {
        Waits::Network | Waits::Database | Waits::Process | Waits::BlockOn | Waits::Timer | Waits::Join => {
            true
        }
        // Who fills a queue or writes a file and goes on with the guard keeps the two in step.
        Waits::None | Waits::Disk | Waits::Channel | Waits::Room | Waits::Signal | Waits::Unknown => false,
    }
}

fn waits_for(it: &Happening<'_>) -> Waits {
    waited(&it.kind).map_or(Waits::None, |it| it.waits)
}

/// Whether the owner of a lock does something of its own under it: its files and its map change together.
fn is_kept_in_step(guard: &Guard, happening: &Happening<'_>) -> bool {
    let EventKind::Call(call) = &happening.event.kind else { return false };
    let root = &guard.acquire.lock.place.root;
    *root == Root::SelfValue
        && call.receiver.as_ref().is_some_and(|it| it.root == *root && it.path.is_empty())
}

fn is_disk(it: &Happening<'_>) -> bool {
    waits_for(it) == Waits::Disk
}

/// Whether a wait is none that the lock is there for: others use the data for a moment, and it is not theirs to wait.
fn is_out_of_place(function: &FunctionView<'_>, guard: &Guard, happening: &Happening<'_>) -> bool {
    !is_own_business(guard, happening) && is_shared_data(function, guard)
}

/// Whether others wait longer than the data that the lock protects is worth, as far as anybody can say: they may be meant
/// to, in order to find it changed, or not.
fn is_open(function: &FunctionView<'_>, guard: &Guard, happening: &Happening<'_>) -> bool {
    is_far(function, guard, happening)
        || is_loaded(function, guard, happening)
        || is_fan_out(function, guard, happening)
}

/// Whether the data is a map that loads from a file itself.
fn is_loaded(function: &FunctionView<'_>, guard: &Guard, happening: &Happening<'_>) -> bool {
    matches!(happening.kind, EffectKind::Block(_))
        && is_disk(happening)
        && is_by_own_method(guard, happening)
        && guard.acquire.mode != LockMode::Shared
        && function.model().holds_map(&guard.acquire.lock.content)
}

/// Whether receivers are told one after the other that stand in what the lock protects: one of them that is slow stops all.
fn is_fan_out(function: &FunctionView<'_>, guard: &Guard, happening: &Happening<'_>) -> bool {
    let Some(Wait { waits: Waits::Room, on: Some(on), .. }) = waited(&happening.kind) else { return false };
    let Root::Local(_, name) = &on.root else { return false };
    Uses::of(function, guard).is_some_and(|it| it.is_item(name, happening.event.span))
}

/// Whether tasks wait for what is far away, or for what nobody knows, because of plain data.
fn is_far(function: &FunctionView<'_>, guard: &Guard, happening: &Happening<'_>) -> bool {
    let EffectKind::Await(wait) = &happening.kind else { return false };
    let is_far = match wait.waits {
        Waits::Network | Waits::Database | Waits::Process => true,
        Waits::Unknown => match wait.callee {
            Some(callee) => !function.file.analysis.is_prompt(callee),
            None => !wait.what.is_empty(),
        },
        Waits::None
        | Waits::Disk
        | Waits::Timer
        | Waits::Channel
        | Waits::Room
        | Waits::Join
        | Waits::Signal
        | Waits::BlockOn => false,
    };
    let acquire = &guard.acquire;
    let is_of_it =
        |on: &Path| on.is_in(&acquire.lock.place) && !on.path.iter().any(|it| matches!(it, Step::Entry(_)));
    is_far
        && acquire.class == GuardClass::Async
        && !wait.on.as_ref().is_some_and(is_of_it)
        && !guard.acquire.is_given
        && is_data(function.model(), &acquire.lock.content)
}

/// Whether a type is plain data, as far as it is known: nothing in it is there to wait with.
fn is_data(model: &Model, content: &Ty) -> bool {
    let is_open = matches!(content, Ty::Unknown | Ty::Param(_) | Ty::Trait(_) | Ty::Foreign(..));
    !is_open && !has_handle(model, content)
}

/// Whether a lock is around one value that is there or not, rather than around many.
fn is_slot(model: &Model, content: &Ty) -> bool {
    matches!(content, Ty::Prim(_)) || model.role(content) == Some(TypeRole::Enum)
}

/// Whether a lock is around data that many use for a moment: a map, a collection, or a value that has one. A slot is not:
/// who fills it makes the others wait on purpose.
fn is_shared_data(function: &FunctionView<'_>, guard: &Guard) -> bool {
    let (lock, model) = (&guard.acquire.lock, function.model());
    match (lock.role, model.role(&lock.content)) {
        (TypeRole::SharedMap, _) => true,
        (TypeRole::Lock, Some(TypeRole::Enum)) => false,
        (TypeRole::Lock, Some(TypeRole::Collection)) => !has_handle(model, &lock.content),
        (TypeRole::Lock, _) => model.holds_map(&lock.content) || has_collection(model, &lock.content),
        _ => false,
    }
}

/// Whether a field of a struct is a collection, and none of its fields what is waited with.
fn has_collection(model: &Model, content: &Ty) -> bool {
    let Ty::Adt(id, _) = content else { return false };
    model.adt_fields(*id).iter().any(|it| model.role(&it.ty) == Some(TypeRole::Collection))
        && !has_handle(model, content)
}

fn has_handle(model: &Model, content: &Ty) -> bool {
    model.any_part(content, &mut |it| matches!(model.role(it), Some(TypeRole::Handle | TypeRole::Resource)))
}

/// The help text: `end`, and the map that loads, where what is waited for goes into the map.
pub(crate) fn help(function: &FunctionView<'_>, held: &HeldAtWaits<'_>, end: String) -> String {
    match held.waits.iter().any(|it| loads(function, &held.guard, it)) {
        true => {
            format!(
                "{end}; `safe_map::ShardedMap::get_or_load` fills a map without holding anything meanwhile"
            )
        }
        false => end,
    }
}

/// Whether a wait brings something from elsewhere, and the map is filled in the same expression or behind it.
fn loads(function: &FunctionView<'_>, guard: &Guard, wait: &Happening<'_>) -> bool {
    let brings = match waited(&wait.kind).map_or(Waits::None, |it| it.waits) {
        Waits::Network | Waits::Disk | Waits::Database => true,
        Waits::None
        | Waits::Timer
        | Waits::Channel
        | Waits::Room
        | Waits::Join
        | Waits::Process
        | Waits::Signal
        | Waits::BlockOn
        | Waits::Unknown => false,
    };
    let lock = &guard.acquire.lock.place;
    let fills = |op: Op, place: &Path| matches!(op, Op::Insert | Op::Entry) && place.is_in(lock);
    brings
        && function.flow.events.iter().filter(|it| it.span.end >= wait.event.span.end).any(|it| {
            match &it.kind {
                EventKind::MapOp(it) => fills(it.op, &it.place),
                EventKind::Acquire { acquire, .. } => fills(acquire.op, &acquire.lock.place),
                _ => false,
            }
        })
}

/// What is waited for, where something is.
fn waited(kind: &EffectKind) -> Option<&Wait> {
    match kind {
        EffectKind::Await(wait) | EffectKind::Block(wait) if wait.waits != Waits::None => Some(wait),
        _ => None,
    }
}

/// Whether waiting under the guard is what the lock is there for: it protects nothing but a region of code, as its content
/// or the guard's name says, it is this function's alone, whoever does not get it goes on, or what is waited on is what it
/// protects.
fn is_meant(guard: &Guard, wait: &Wait) -> bool {
    let lock = &guard.acquire.lock;
    guard.acquire.is_try
        || lock.content == Ty::unit()
        || guard.binding.as_ref().is_some_and(|(name, _)| name.starts_with('_'))
        || lock.is_private
        || wait.on.as_ref().is_some_and(|on| is_within(&lock.place, on))
}

/// Whether a callee has the guard and lends what it protects to a closure of this function, in which something happens: the
/// closure is there to work on that.
pub(crate) fn is_lent(acquire: &Acquire, event: Span) -> bool {
    acquire.is_indirect && acquire.span.contains(event)
}

/// Whether what is protected does the waiting itself, for no longer than it must, or is handed to what waits; a guard that
/// the caller chose to hand in is the caller's business.
fn is_own_business(guard: &Guard, happening: &Happening<'_>) -> bool {
    let lock = &guard.acquire.lock.place;
    if guard.acquire.is_given {
        return true;
    }
    let EventKind::Call(call) = &happening.event.kind else { return false };
    let mut args = call.args.iter().filter_map(|it| it.place.as_ref());
    let is_long =
        is_long(happening) || waits_for(happening) == Waits::Channel && is_of_entry(guard, happening);
    is_by_own_method(guard, happening) && !is_long || args.any(|it| it.is_below(lock))
}

/// Whether a method of what is protected does something: `core.lock().await.retry()`.
fn is_by_own_method(guard: &Guard, happening: &Happening<'_>) -> bool {
    let EventKind::Call(call) = &happening.event.kind else { return false };
    call.receiver.as_ref().is_some_and(|it| it.is_below(&guard.acquire.lock.place))
}

/// Whether a method of one of many does something, rather than one of all that is protected.
fn is_of_entry(guard: &Guard, happening: &Happening<'_>) -> bool {
    let EventKind::Call(call) = &happening.event.kind else { return false };
    let lock = &guard.acquire.lock.place.path;
    let rest = call.receiver.as_ref().and_then(|it| it.path.strip_prefix(lock.as_slice()));
    rest.is_some_and(|it| it.iter().any(|it| matches!(it, Step::Entry(_))))
}

/// Whether `on` is what the lock at `lock` protects, or a field of it; an entry of a map is only a part.
fn is_within(lock: &Path, on: &Path) -> bool {
    let Some(rest) = on.path.strip_prefix(lock.path.as_slice()) else { return false };
    on.root == lock.root && !rest.is_empty() && !rest.iter().any(|it| matches!(it, Step::Entry(_)))
}

/// The finding at the first wait under a guard; note and help are the lint's.
pub(crate) fn report(function: &FunctionView<'_>, lint: &'static str, held: &HeldAtWaits<'_>) -> Finding {
    let first = &held.waits[0];
    let message = format!("{} alive while this {}", subject(function, held), waits(function, first));
    let mut finding = finding(function, lint, first.event.span, message);
    // Who goes on with the guard may mean that nobody comes between.
    finding.confidence = if held.is_needed { Confidence::Possible } else { Confidence::Likely };
    finding.lock = lock_path(function, &held.guard.acquire);
    finding.labels.push(acquire_label(function, &held.guard));
    finding.labels.extend(held.others.iter().map(|it| acquire_label(function, it)));
    finding.labels.extend(chain_labels(function, first, "this waits"));
    finding.labels.extend(held.waits[1..].iter().map(|it| Label {
        role: Role::Hazard,
        place: here(function, it.event.span),
        message: format!("and while this {}", waits(function, it)),
    }));
    finding.labels.extend(declaration_label(function, &held.guard.acquire));
    finding
}

/// ``guard of `a` is``, ``guards of `a` and `b` are``.
fn subject(function: &FunctionView<'_>, held: &HeldAtWaits<'_>) -> String {
    let name = |it: &Guard| lock_name(function, &it.acquire);
    let first = name(&held.guard);
    match held.others.as_slice() {
        [] => format!("guard of {first} is"),
        others => {
            let others: Vec<String> = others.iter().map(name).collect();
            format!("guards of {first} and {} are", others.join(" and "))
        }
    }
}

/// ``waits for a file``, ``waits for the network in `fetch` ``.
fn waits(function: &FunctionView<'_>, happening: &Happening<'_>) -> String {
    let what = waited(&happening.kind).map_or(Waits::None, |it| it.waits);
    let through = called(function, happening).map(|it| format!(" in `{it}`")).unwrap_or_default();
    format!("waits for {}{through}", object(what))
}

/// What is waited for, in words.
pub(crate) fn object(waits: Waits) -> &'static str {
    match waits {
        Waits::None => "something",
        Waits::Network => "the network",
        Waits::Disk => "a file",
        Waits::Database => "a database",
        Waits::Timer => "time to pass",
        Waits::Channel => "a channel",
        Waits::Room => "room in a channel",
        Waits::Join => "another thread or task",
        Waits::Process => "another process",
        Waits::Signal => "an event",
        Waits::BlockOn => "a future",
        Waits::Unknown => "something that is not known",
    }
}
