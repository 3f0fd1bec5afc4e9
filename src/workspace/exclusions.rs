//! What discovery passes by: caches, hidden and vendored directories, generated files.

use std::path::Path;

use walkdir::{DirEntry, WalkDir};

/// Walks below `root`, following symlinks (walkdir ends their loops), without the directories that hold no code of
/// the user's. `root` itself is walked whatever it is: the user named it.
pub(crate) fn walk(root: &Path) -> impl Iterator<Item = walkdir::Result<DirEntry>> {
    let walk = WalkDir::new(root).follow_links(true).sort_by_file_name();
    walk.into_iter().filter_entry(|entry| entry.depth() == 0 || !is_passed_by(entry))
}

fn is_passed_by(entry: &DirEntry) -> bool {
    if !entry.file_type().is_dir() {
        return false;
    }
    let name = entry.file_name().to_string_lossy();
    name.starts_with('.') || name == "target" || holds_no_source_of_ours(entry.path())
}

/// A cache says so by its tag; a vendored package has the checksum that cargo verifies.
pub(crate) fn holds_no_source_of_ours(dir: &Path) -> bool {
    dir.join("CACHEDIR.TAG").is_file() || dir.join(".cargo-checksum.json").is_file()
}

/// Whether one of the first five lines is marked `@generated`.
pub(crate) fn is_generated(text: &str) -> bool {
    // The marker itself is split, so that this file is not taken for a generated one.
    let marker = concat!("@", "generated");
    text.lines().take(5).any(|line| line.contains(marker))
}
