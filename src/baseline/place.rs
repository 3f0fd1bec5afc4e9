//! Where the baseline is.

use std::path::{Path, PathBuf};

use crate::config;

/// The name of the file.
pub(crate) const FILE_NAME: &str = "safe-map-lint-baseline.json";

/// Which baseline a run has. A file that is not named is the one at the workspace's root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// None, whatever is there.
    #[default]
    None,
    /// This one. Where it is named it must be there.
    Compare(Option<PathBuf>),
    /// This one, which is about to be written.
    Update(Option<PathBuf>),
}

/// The file that `choice` means.
pub(crate) fn path_of(choice: &Choice, root: &Path, cwd: &Path) -> Option<PathBuf> {
    match choice {
        Choice::None => None,
        Choice::Compare(Some(path)) | Choice::Update(Some(path)) => Some(cwd.join(path)),
        Choice::Compare(None) | Choice::Update(None) => Some(config::workspace_root(root).join(FILE_NAME)),
    }
}
