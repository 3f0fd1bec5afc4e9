//! Texts that stand for files: standard input, what an editor has not saved.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::exclusions::is_generated;
use super::load::real;

/// Texts by the real paths of the files that they stand for.
#[derive(Clone, Debug, Default)]
pub struct Buffers(BTreeMap<PathBuf, Arc<str>>);

impl Buffers {
    /// Puts `text` in place of the file at `path`, which need not be there yet.
    pub fn insert(&mut self, path: &Path, text: Arc<str>) {
        self.0.insert(real_place(path), text);
    }

    /// The text that stands for the file at a real path.
    pub(crate) fn get(&self, path: &Path) -> Option<&Arc<str>> {
        self.0.get(path)
    }

    /// The real paths of those that no program wrote.
    pub(crate) fn written(&self) -> impl Iterator<Item = &PathBuf> {
        self.0.iter().filter(|(_, text)| !is_generated(text)).map(|(path, _)| path)
    }

    /// The real path of a file that is in a buffer and not on disk.
    pub(crate) fn unsaved(&self, path: &Path) -> Option<PathBuf> {
        if self.0.is_empty() {
            return None;
        }
        Some(real_place(path)).filter(|it| self.0.contains_key(it))
    }
}

/// A file that is not there is in the real directory that it would be in.
fn real_place(path: &Path) -> PathBuf {
    match (path.exists(), path.parent(), path.file_name()) {
        (false, Some(dir), Some(name)) => real(dir).join(name),
        _ => real(path),
    }
}
