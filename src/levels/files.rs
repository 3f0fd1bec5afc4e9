//! The levels of each file: a configuration may speak of some paths otherwise than of the rest.

use safe_map_analysis::source::FileId;
use safe_map_lints::Lint;

use super::Levels;

/// The levels of every file of a run. Files that the same parts of the configuration speak of share theirs.
#[derive(Clone, Debug)]
pub struct FileLevels {
    /// What holds where nothing else is said comes first.
    variants: Vec<Levels>,
    /// By number of the file; a file beyond the end has the first.
    by_file: Vec<usize>,
}

impl FileLevels {
    /// The same levels for every file.
    pub fn uniform(levels: Levels) -> FileLevels {
        FileLevels { variants: vec![levels], by_file: Vec::new() }
    }

    /// `variants`, of which `by_file` names one for each file.
    pub(crate) fn new(variants: Vec<Levels>, by_file: Vec<usize>) -> FileLevels {
        FileLevels { variants, by_file }
    }

    /// The levels in one file.
    pub fn of(&self, file: FileId) -> &Levels {
        &self.variants[self.by_file.get(file.0 as usize).copied().unwrap_or(0)]
    }

    /// Whether the lint can report anything in any file, so that it must run.
    pub fn is_enabled(&self, lint: &Lint) -> bool {
        self.variants.iter().any(|it| it.is_enabled(lint))
    }
}
