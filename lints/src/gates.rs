//! Gates: locks around locks. Two functions that need a third lock, one of them alone, never meet.
//!
//! In: a function. Out: the locks that are held whenever it runs, as far as its callers are resolved.

use safe_map_analysis::flow::Decl;
use safe_map_analysis::model::FnId;
use safe_map_analysis::{Analysis, Caller};

/// A lock, and whether it is held alone.
pub(crate) type Gate = (Decl, bool);

/// How many calls are followed back.
const MAX_HOPS: u32 = 3;

/// A function with more callers than these is taken to run under anything.
const MAX_CALLERS: usize = 24;

/// The locks that every caller of a function holds where it calls it, or has from its own callers.
pub(crate) fn around(analysis: &Analysis, id: FnId) -> Vec<Gate> {
    above(analysis, id, MAX_HOPS)
}

fn above(analysis: &Analysis, id: FnId, hops: u32) -> Vec<Gate> {
    let callers = analysis.callers(id);
    if hops == 0 || callers.len() > MAX_CALLERS {
        return Vec::new();
    }
    let held = |it: &Caller| {
        // What runs apart runs when its maker's own guards are long gone.
        let outer = if it.is_apart || it.id == id { Vec::new() } else { above(analysis, it.id, hops - 1) };
        it.held.iter().cloned().chain(outer).collect::<Vec<Gate>>()
    };
    callers.iter().map(held).reduce(|all, next| common(&all, &next)).unwrap_or_default()
}

/// The locks of both lists: alone where both have them so.
fn common(all: &[Gate], next: &[Gate]) -> Vec<Gate> {
    let in_both = |(decl, is_alone): &Gate| {
        let others = next.iter().filter(|it| it.0 == *decl).map(|it| it.1).reduce(|a, b| a || b)?;
        Some((decl.clone(), *is_alone && others))
    };
    all.iter().filter_map(in_both).collect()
}

/// Whether two functions that run under these locks never run at once.
pub(crate) fn keep_apart(one: &[Gate], other: &[Gate]) -> bool {
    one.iter().any(|a| other.iter().any(|b| a.0 == b.0 && (a.1 || b.1)))
}
