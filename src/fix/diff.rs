//! Changes as a unified diff, as `patch -p1` in the workspace's root takes it.

use std::sync::Arc;

use similar::TextDiff;

use super::{Change, Outcome};

/// How many unchanged lines are shown around changed ones.
const CONTEXT: usize = 3;

/// The diff of all changed files, in the order of their paths.
pub(crate) fn unified(outcome: &Outcome) -> String {
    let diff = |(path, change): (&Arc<str>, &Change)| {
        let lines = TextDiff::from_lines(&*change.old, &*change.new);
        let (old, new) = (format!("a/{path}"), format!("b/{path}"));
        lines.unified_diff().context_radius(CONTEXT).header(&old, &new).to_string()
    };
    outcome.changes.iter().map(diff).collect()
}
