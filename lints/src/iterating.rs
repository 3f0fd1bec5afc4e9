//! A map is changed while it is iterated: what the iterator holds is what the change waits for, or invalidates.
//!
//! In: a function, and which changes are asked for. Out: a finding for each, wherever in the calls below it happens.

use safe_map_analysis::FunctionView;
use safe_map_analysis::flow::{Acquire, Event, Guard, Place, Root, Step};
use safe_map_analysis::knowledge::schema::{GuardClass, Locking, Op};
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::{EffectKind, Happening};

use crate::story::{
    acquire_label, called, chain_labels, consequence, declaration_label, finding, here, lock_name, lock_path,
    path_name,
};
use crate::{Confidence, Finding, Fix, Label, Role, Step as Turn};

/// A kind of change, and the words for it.
pub(crate) struct Change {
    /// The lint that tells it.
    pub(crate) lint: &'static str,
    /// Which operations are one.
    pub(crate) is_it: fn(Op) -> bool,
    /// What is done to the map: `deleted from`.
    pub(crate) done: &'static str,
    /// What does it: `removal`.
    pub(crate) what: &'static str,
    /// What to do instead, for a map of this type.
    pub(crate) help: fn(&str) -> String,
    /// The fix for a walk and a change of the same function, in this order.
    pub(crate) fix: fn(&FunctionView<'_>, Span, Span) -> Option<Fix>,
}

/// Whether an operation walks entries and leaves something alive that does.
pub(crate) fn iterates(op: Op) -> bool {
    matches!(op, Op::Iterate | Op::IterateMut | Op::Retain)
}

/// The changes of one kind in a function that happen while the map is iterated.
pub(crate) fn changes_while_iterated(function: &FunctionView<'_>, change: &Change, out: &mut Vec<Finding>) {
    let mut reported = Vec::new();
    for happening in function.happenings() {
        let event = happening.event;
        let found = match &happening.kind {
            EffectKind::Acquire(second) if (change.is_it)(second.op) => {
                shared_map(function, change, &happening, second)
            }
            EffectKind::MapOp(map) if (change.is_it)(map.op) && happening.chain.is_empty() => {
                plain_map(function, change, event, &map.place)
            }
            _ => None,
        };
        if let Some(found) = found.filter(|_| !reported.contains(&event.span)) {
            reported.push(event.span);
            out.push(found);
        }
    }
}

/// A change of a shared map under one of its own iterators.
fn shared_map(
    function: &FunctionView<'_>,
    change: &Change,
    happening: &Happening<'_>,
    second: &Acquire,
) -> Option<Finding> {
    if second.is_try || second.lock.place.is_unnamed() {
        return None;
    }
    let mut alive = happening.held_in_place().map(|it| function.flow.guard_at(it));
    let iterator = alive.find(|it| is_over(it, second))?;
    let name = lock_name(function, second);
    let through = called(function, happening).map(|it| format!(" by `{it}`")).unwrap_or_default();
    let message = format!("{name} is {}{through} while it is iterated", change.done);
    let mut finding = finding(function, change.lint, happening.event.span, message);
    let meets = (second.whole || second.lock.locking == Locking::Whole) && happening.is_sure;
    finding.confidence = if meets { Confidence::Certain } else { Confidence::Likely };
    finding.lock = lock_path(function, second);
    finding.labels.push(acquire_label(function, &iterator));
    finding.labels.extend(chain_labels(function, happening, &format!("{} here", change.done)));
    finding.labels.extend(declaration_label(function, second));
    finding.note = note(change, finding.confidence);
    finding.help = (change.help)(&second.lock.type_name);
    finding.interleaving = turns(function, &name, (iterator.acquire.span, happening.event.span), change);
    if happening.chain.is_empty() {
        finding.fixes.extend((change.fix)(function, iterator.acquire.span, happening.event.span));
    }
    Some(finding)
}

fn note(change: &Change, confidence: Confidence) -> String {
    let what = change.what;
    match confidence {
        Confidence::Certain => format!("this deadlocks: the iterator holds a lock that the {what} waits for"),
        Confidence::Likely | Confidence::Possible => format!(
            "this can deadlock when the key of the {what} is in the shard that the iterator is in: the iterator holds \
             that shard's lock until it moves on or is dropped"
        ),
    }
}

/// One thread is enough: what it holds, and what it waits for then.
fn turns(
    function: &FunctionView<'_>,
    name: &str,
    (walk, hazard): (Span, Span),
    change: &Change,
) -> Vec<Turn> {
    let step = |message, span| Turn { thread: 'A', message, place: here(function, span) };
    vec![
        step(format!("iterates {name}, and holds a lock of it"), walk),
        step(format!("waits for itself: the {} needs that lock", change.what), hazard),
    ]
}

/// Whether a guard is an iterator over the map that is changed.
fn is_over(guard: &Guard, second: &Acquire) -> bool {
    iterates(guard.acquire.op)
        && guard.acquire.class != GuardClass::Free
        && guard.acquire.lock.place == second.lock.place
}

/// A change of a plain map that is being iterated: reached through a second guard, or through no guard at all.
fn plain_map(function: &FunctionView<'_>, change: &Change, event: &Event, place: &Place) -> Option<Finding> {
    let (_, start) = event.iterating.iter().find(|(path, _)| path == place)?;
    let guards = guards_over(function, event, place);
    let unprotected = matches!(place.root, Root::Static(id) if function.model().static_facts(id).mutable);
    let (first, second) = match guards.as_slice() {
        [first, .., second] => (Some(*first), Some(*second)),
        // With one guard the compiler has made sure of it.
        _ if unprotected => (None, None),
        _ => return None,
    };
    Some(report_plain(function, change, event, (place, *start), (first, second)))
}

/// The guards through which a place is reached, oldest first, one an acquire.
fn guards_over<'a>(function: &FunctionView<'a>, event: &Event, place: &Place) -> Vec<&'a Guard> {
    let protects = |guard: &Guard| place.is_in(&guard.acquire.lock.place.then(Step::Inside));
    let mut guards: Vec<&Guard> =
        event.held.iter().map(|it| function.flow.guard(it.guard)).filter(|it| protects(it)).collect();
    guards.dedup_by_key(|it| it.acquire.span);
    guards
}

fn report_plain(
    function: &FunctionView<'_>,
    change: &Change,
    event: &Event,
    (place, start): (&Place, Span),
    (first, second): (Option<&Guard>, Option<&Guard>),
) -> Finding {
    let name = second
        .map_or_else(|| format!("`{}`", path_name(function, place)), |it| lock_name(function, &it.acquire));
    let message = format!("{name} is {} while it is iterated", change.done);
    let mut finding = finding(function, change.lint, event.span, message);
    finding.labels.push(Label {
        role: Role::Acquire,
        place: here(function, start),
        message: "iteration starts here".to_string(),
    });
    let (verdict, certain) = match second {
        Some(guard) => (format!("{}s", consequence(guard.acquire.class)), true),
        None => ("is undefined behaviour".to_string(), false),
    };
    finding.confidence = if certain { Confidence::Certain } else { Confidence::Likely };
    if let (Some(first), Some(second)) = (first, second) {
        finding.lock = lock_path(function, &second.acquire);
        finding.labels.push(acquire_label(function, first));
        finding
            .labels
            .push(Label { message: "and taken again here".to_string(), ..acquire_label(function, second) });
        finding.labels.extend(declaration_label(function, &second.acquire));
        finding.interleaving = turns(function, &name, (first.acquire.span, second.acquire.span), change);
    }
    finding.note = format!("this {verdict}: the iteration goes on over what the {} changes", change.what);
    finding.help = (change.help)("map");
    finding.fixes.extend((change.fix)(function, start, event.span));
    finding
}
