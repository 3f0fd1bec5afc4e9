//! Where files really are, behind every symlink. What was asked once is not asked again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::RwLock;

/// Directories and files with their real paths; `None` where there is nothing.
#[derive(Debug, Default)]
pub(crate) struct RealPaths {
    known: RwLock<HashMap<PathBuf, Option<PathBuf>>>,
}

impl RealPaths {
    /// The path behind every symlink, or nothing where it leads nowhere.
    pub(crate) fn of(&self, path: &Path) -> Option<PathBuf> {
        if let Some(known) = self.known.read().ok().and_then(|known| known.get(path).cloned()) {
            return known;
        }
        let found = match (path.parent(), path.file_name()) {
            (Some(dir), Some(name)) if dir.is_absolute() => {
                self.of(dir).and_then(|dir| beside(&dir.join(name)))
            }
            _ => path.canonicalize().ok(),
        };
        if let Ok(mut known) = self.known.write() {
            known.insert(path.to_owned(), found.clone());
        }
        found
    }
}

/// The same for a path whose directory is real.
fn beside(path: &Path) -> Option<PathBuf> {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => path.canonicalize().ok(),
        Ok(_) => Some(path.to_owned()),
        Err(_) => None,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_on_the_way_and_at_the_end_are_followed() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = dir.path().canonicalize().expect("its real path");
        fs::create_dir_all(root.join("a/b")).expect("directories");
        fs::write(root.join("a/b/c.rs"), "").expect("a file");
        symlink(root.join("a"), root.join("link")).expect("a link to a directory");
        symlink("../a/b/c.rs", root.join("a/d.rs")).expect("a link to a file");
        symlink("nowhere", root.join("a/broken.rs")).expect("a link to nothing");
        let paths = RealPaths::default();
        let names =
            ["a/b/c.rs", "link/b/c.rs", "link/b/../d.rs", "a/d.rs", "a/broken.rs", "a/e.rs", "a/b", "x/y.rs"];
        for path in names.map(|name| root.join(name)) {
            assert_eq!(paths.of(&path), path.canonicalize().ok(), "{}", path.display());
            assert_eq!(paths.of(&path), path.canonicalize().ok(), "{} again", path.display());
        }
    }
}
