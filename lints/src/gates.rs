//! Gates: locks around locks. Two functions that need a third lock, one of them alone, never meet.
//!
//! In: a function. Out: the locks that are held whenever it runs, as far as its callers are resolved.

use safe_map_analysis::Analysis;
use safe_map_analysis::flow::Decl;
use safe_map_analysis::model::FnId;

use crate::callers::{Had, bring, excludes};

/// A lock, and whether it is held alone.
pub(crate) type Gate = Had<Decl>;

/// The locks that every caller of a function holds where it calls it, or has from its own callers.
pub(crate) fn around(analysis: &Analysis, id: FnId) -> Vec<Gate> {
    bring(analysis, id, &|_, it| it.held.clone())
}

/// Whether two functions that run under these locks never run at once.
pub(crate) fn keep_apart(one: &[Gate], other: &[Gate]) -> bool {
    one.iter().any(|a| other.iter().any(|b| excludes(a, b)))
}
