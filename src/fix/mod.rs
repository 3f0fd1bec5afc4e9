//! Fixes: from the findings of a run to the files that are better afterwards.
//!
//! In: what was discovered, and how to lint it. Out: a [`Outcome`], plain data: the texts that change, what was applied, put
//! off or refused and why, and the report of what remains. [`rounds`] decides it without the disk, [`write`] puts it there,
//! [`diff`] shows it; [`vcs`] says whether what would be overwritten is kept elsewhere.

mod candidates;
pub(crate) mod diff;
mod edits;
mod judge;
pub(crate) mod rounds;
pub(crate) mod vcs;
pub(crate) mod write;

pub(crate) use candidates::fixable;

use std::collections::BTreeMap;
use std::sync::Arc;

use safe_map_lints::Applicability;

use crate::report::Report;

/// Which fixes may be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Those that are right as they are.
    Safe,
    /// Those too that may change what the program means.
    Unsafe,
}

impl Trust {
    /// Fixes with parts to fill in are never applied.
    fn admits(self, applicability: Applicability) -> bool {
        match applicability {
            Applicability::MachineApplicable => true,
            Applicability::MaybeIncorrect => self == Trust::Unsafe,
            Applicability::HasPlaceholders => false,
        }
    }
}

/// What the fixes of a run come to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What is found in the texts as they are after the fixes.
    pub(crate) report: Report,
    /// The texts that change, by path.
    pub(crate) changes: BTreeMap<Arc<str>, Change>,
    /// How many fixes are in them.
    pub(crate) applied: usize,
    /// Fixes that came in a later round than their first, or not at all: why, by place.
    pub(crate) notes: Vec<String>,
    /// Fixes of what remains that need `--unsafe-fixes`.
    pub(crate) withheld: usize,
}

/// A text before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// As it was analysed first.
    pub(crate) old: Arc<str>,
    /// With the fixes of all rounds.
    pub(crate) new: Arc<str>,
}
