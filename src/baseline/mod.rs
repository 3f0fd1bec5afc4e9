//! The baseline: findings that a codebase has already, and that fail no run.
//!
//! In: `safe-map-lint-baseline.json` at the workspace's root, and what a run found. Out: findings that are marked as known, and
//! what the file says too much. `entry` says what is remembered of a finding, `file` how it is written, `matching` which finding
//! is which entry. Nothing here looks at lines: code may move.

mod entry;
mod file;
mod matching;
mod place;

use std::path::{Path, PathBuf};

pub(crate) use entry::{Entries, Key, Known, key};
pub(crate) use file::{Written, json, read, write};
pub(crate) use matching::{Coverage, Outcome, Seen, judge, total};
pub use place::Choice;
pub(crate) use place::{FILE_NAME, path_of};

use crate::failure::Failure;

/// The kind under which suppressed findings name the baseline.
pub(crate) const KIND: &str = "baseline";

/// A baseline that was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Baseline {
    /// Where it is, or would be.
    pub(crate) path: PathBuf,
    /// What it says.
    pub(crate) entries: Entries,
}

/// The baseline of the workspace around `root`, for a process that stands in `cwd`. A file that the user names must be there.
///
/// # Errors
///
/// Where it cannot be read or is none.
pub(crate) fn load(choice: &Choice, root: &Path, cwd: &Path) -> Result<Option<Baseline>, Failure> {
    let Some(path) = path_of(choice, root, cwd) else { return Ok(None) };
    match (read(&path)?, choice) {
        (Some(entries), _) => Ok(Some(Baseline { path, entries })),
        (None, Choice::Update(_)) => Ok(Some(Baseline { path, entries: Entries::new() })),
        (None, Choice::Compare(Some(named))) => {
            let named = named.display();
            let failure = Failure::usage(format!("`{named}`: no such baseline"));
            Err(failure
                .with_help(format!("make it with `cargo safe-map-lint baseline update --baseline {named}`")))
        }
        (None, Choice::Compare(None) | Choice::None) => Ok(None),
    }
}
