//! What happens while a map, or the lock around it, is held: awaits, blocking calls, callbacks, much work.

use std::collections::BTreeMap;

use safe_map_analysis::flow::{Decl, EventKind, Guard, Wait};
use safe_map_analysis::knowledge::schema::{GuardClass, Waits};
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::{EffectKind, Happening};
use safe_map_analysis::{Analysis, FunctionView};
use serde::Serialize;

use crate::Place;
use crate::declared::declared;
use crate::private::is_own;
use crate::story::here;
use crate::waiting;

/// What happens through more calls than these is a detail of something else.
const MAX_HOPS: usize = 3;

/// Something that happens while a map is held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldAcross {
    /// What kind of thing.
    pub across: Across,
    /// The function, method or callback; empty where it has no name.
    pub what: String,
    /// What is waited for, in words; empty where nothing is known.
    pub waits_for: &'static str,
    /// Where, in the function that holds.
    pub place: Place,
    /// That function: its path inside the crate.
    pub function: String,
}

/// What a map can be held across.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Across {
    /// An `.await` that can suspend.
    Await,
    /// A call that blocks the thread.
    Blocking,
    /// Code that the function does not know.
    Callback,
    /// Work whose amount grows with what it is done to.
    Work,
}

impl Across {
    /// Every kind, in the order in which they are told.
    pub const ALL: [Across; 4] = [Across::Await, Across::Blocking, Across::Callback, Across::Work];

    /// One of it, as people read it.
    pub fn describe(self) -> &'static str {
        match self {
            Across::Await => "await",
            Across::Blocking => "blocking call",
            Across::Callback => "callback",
            Across::Work => "heavy call",
        }
    }
}

/// What happens under each declared lock and map, test code aside.
pub(super) fn held(analysis: &Analysis) -> BTreeMap<Decl, Vec<HeldAcross>> {
    let mut found: BTreeMap<Decl, Vec<HeldAcross>> = BTreeMap::new();
    for function in analysis.files().flat_map(|it| it.functions().collect::<Vec<_>>()) {
        if function.model().func(function.id).is_test {
            continue;
        }
        let mut all: Vec<Happening<'_>> =
            function.happenings().filter(|it| it.chain.len() <= MAX_HOPS).collect();
        // An await that a callee is known for says more than the bare one at the same place.
        all.sort_by_key(|it| {
            it.chain.is_empty() && waited(&it.kind).is_some_and(|it| it.waits == Waits::None)
        });
        for happening in &all {
            for guard in happening.held.iter().map(|it| function.flow.guard_at(it)) {
                let Some(decl) = held_by(&function, &guard) else { continue };
                let Some(one) = across(&function, happening) else { continue };
                let list = found.entry(decl).or_default();
                if !list.iter().any(|it| (it.across, it.place) == (one.across, one.place)) {
                    list.push(one);
                }
            }
        }
    }
    found
}

/// The declaration of what a guard holds, where others can want it.
fn held_by(function: &FunctionView<'_>, guard: &Guard) -> Option<Decl> {
    let acquire = &guard.acquire;
    let is_wanted = acquire.class != GuardClass::Free && !acquire.lock.is_private;
    (is_wanted && !is_own(function, acquire)).then(|| declared(function.model(), function.id, acquire))?
}

fn waited(kind: &EffectKind) -> Option<&Wait> {
    match kind {
        EffectKind::Await(wait) | EffectKind::Block(wait) => Some(wait),
        _ => None,
    }
}

fn across(function: &FunctionView<'_>, happening: &Happening<'_>) -> Option<HeldAcross> {
    let span = happening.event.span;
    let is_direct = happening.chain.is_empty();
    let (across, what, span) = match &happening.kind {
        // The await of the call is told.
        EffectKind::Await(wait) if wait.waits == Waits::Unknown && !is_direct => return None,
        EffectKind::Await(wait) => {
            let what =
                if wait.what.is_empty() { awaited_call(function, span) } else { wait.what.to_string() };
            (Across::Await, what, await_behind(function, span))
        }
        EffectKind::Block(wait) => (Across::Blocking, wait.what.to_string(), span),
        EffectKind::Callback(it) => (Across::Callback, it.name.to_string(), span),
        EffectKind::Work(it) if it.is_large => (Across::Work, it.what.to_string(), span),
        EffectKind::Work(_) | EffectKind::Acquire(_) | EffectKind::MapOp(_) => return None,
    };
    // What a callee does is told by the callee's name: that is what stands there.
    let called = happening.chain.first().map(|it| function.model().func(it.function).name.to_string());
    let what = called.unwrap_or(what);
    let waits_for = waited(&happening.kind).map_or("", |it| object(it.waits));
    Some(HeldAcross {
        across,
        what,
        waits_for,
        place: here(function, span),
        function: function.path().into(),
    })
}

/// The function of the workspace whose future an `.await` completes.
fn awaited_call(function: &FunctionView<'_>, at: Span) -> String {
    let mut calls = function.flow.events.iter().rev().filter_map(|it| match &it.kind {
        EventKind::Call(call) if is_awaited(function, it.span, at) => Some(call.callee),
        _ => None,
    });
    calls.next().map(|it| function.model().func(it).name.to_string()).unwrap_or_default()
}

/// The `await` behind a call, or the place itself.
fn await_behind(function: &FunctionView<'_>, span: Span) -> Span {
    let awaits = function.flow.events.iter().filter(|it| matches!(it.kind, EventKind::Await(_)));
    awaits.map(|it| it.span).find(|it| is_awaited(function, span, *it)).unwrap_or(span)
}

/// Whether nothing but a dot stands between a call and an `await`.
fn is_awaited(function: &FunctionView<'_>, call: Span, at: Span) -> bool {
    let text = &function.file.parsed().source.text;
    call.end < at.start && Span::new(call.end, at.start).text(text).trim() == "."
}

fn object(waits: Waits) -> &'static str {
    if waits == Waits::None { "" } else { waiting::object(waits) }
}
