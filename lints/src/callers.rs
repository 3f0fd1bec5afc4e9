//! What all who call a function have in common: locks that they hold, values that they are lent.
//!
//! In: a function, and what one call brings. Out: what every call brings, through the callers' own callers too. Each thing
//! says whether it is had alone.

use safe_map_analysis::model::FnId;
use safe_map_analysis::{Analysis, Caller};

/// How many calls are followed back.
const MAX_HOPS: u32 = 3;

/// A function with more callers than these is taken to run under anything.
const MAX_CALLERS: usize = 24;

/// A thing, and whether who has it has it alone.
pub(crate) type Had<T> = (T, bool);

/// What every caller of a function brings, itself or from its own callers. `brought` says it of one call of a callee.
pub(crate) fn bring<T: Clone + PartialEq>(
    analysis: &Analysis,
    callee: FnId,
    brought: &dyn Fn(FnId, &Caller) -> Vec<Had<T>>,
) -> Vec<Had<T>> {
    above(analysis, callee, brought, MAX_HOPS)
}

fn above<T: Clone + PartialEq>(
    analysis: &Analysis,
    callee: FnId,
    brought: &dyn Fn(FnId, &Caller) -> Vec<Had<T>>,
    hops: u32,
) -> Vec<Had<T>> {
    let callers = analysis.callers(callee);
    if hops == 0 || callers.len() > MAX_CALLERS {
        return Vec::new();
    }
    let all = |it: &Caller| {
        let mut all = brought(callee, it);
        // What runs apart runs when what its maker had is long gone.
        if !it.is_apart && it.id != callee {
            all.extend(above(analysis, it.id, brought, hops - 1));
        }
        all
    };
    callers.iter().map(all).reduce(|all, next| common(&all, &next)).unwrap_or_default()
}

/// The things of both lists: alone where both have them so.
fn common<T: Clone + PartialEq>(all: &[Had<T>], next: &[Had<T>]) -> Vec<Had<T>> {
    let in_both = |(it, is_alone): &Had<T>| {
        let others = next.iter().filter(|other| other.0 == *it).map(|it| it.1).reduce(|a, b| a || b)?;
        Some((it.clone(), *is_alone && others))
    };
    all.iter().filter_map(in_both).collect()
}

/// Whether two functions that need these never run at once: it is one thing, and one of them has it alone.
pub(crate) fn excludes<T: PartialEq>(one: &Had<T>, other: &Had<T>) -> bool {
    one.0 == other.0 && (one.1 || other.1)
}
