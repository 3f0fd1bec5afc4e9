//! Prompt functions: the async functions of the workspace that never suspend.
//!
//! In: the flow of every function. Out: those that await nothing but each other, a greatest fixed point: all that are `async`
//! are taken for prompt until an await in them, of something else, shows that they are not.

use rustc_hash::FxHashSet;

use crate::facts::PackedBody;
use crate::flow::{EventKind, FnFlow};
use crate::model::{FnId, Model};
use crate::name::Name;

/// The async functions that never suspend. Time: awaits times the length of the longest chain of calls.
pub(crate) fn find(model: &Model, flows: &[Option<FnFlow>]) -> FxHashSet<FnId> {
    let mut open: Vec<&FnFlow> =
        flows.iter().flatten().filter(|it| candidate(model, it.id).is_some()).collect();
    let mut prompt: FxHashSet<FnId> = open.iter().map(|it| it.id).collect();
    loop {
        let (left, gone): (Vec<_>, Vec<_>) = open
            .into_iter()
            .partition(|it| awaited(it).all(|it| it.is_some_and(|it| runs_only(model, &prompt, it))));
        if gone.is_empty() {
            return prompt;
        }
        gone.iter().for_each(|it| {
            prompt.remove(&it.id);
        });
        open = left;
    }
}

/// Whether all that a call can run are among these functions: the impls of a trait's method, as far as the workspace has them.
pub(crate) fn runs_only(model: &Model, prompt: &FxHashSet<FnId>, callee: FnId) -> bool {
    let mut run = model.implementations(callee);
    run.retain(|it| model.func(*it).body.is_some());
    !run.is_empty() && run.iter().all(|it| prompt.contains(it))
}

/// The body of an async function that has no macro which may await what is not seen.
pub(crate) fn candidate(model: &Model, id: FnId) -> Option<&PackedBody> {
    let def = model.func(id);
    let body = def.body.filter(|_| model.fn_facts(id).is_async)?;
    let body = model.workspace().file(def.at.file).facts.body(body);
    let may_await = |name: &Name| model.knowledge().macro_named(name).is_none_or(|it| it.spec.awaits);
    (!body.macros.iter().any(may_await)).then_some(body)
}

/// The functions that one awaits itself; none for a future of anything else.
fn awaited(flow: &FnFlow) -> impl Iterator<Item = Option<FnId>> + '_ {
    flow.events.iter().filter(|it| it.is_own).filter_map(|it| match &it.kind {
        EventKind::Await(wait) => Some(wait.callee),
        _ => None,
    })
}
