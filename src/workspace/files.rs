//! The files of a run: each is read and lowered once for each edition it is reached under.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use safe_map_analysis::facts::Edition;

use super::read::{Budget, Lowered, lower_text, read};
use super::real_paths::RealPaths;

/// A file by its real path, under an edition.
pub(crate) type Key = (PathBuf, Edition);

/// What was read, or why it was not.
#[derive(Debug, Default)]
pub(crate) struct Files {
    lowered: HashMap<Key, Result<Lowered, String>>,
    real_paths: RealPaths,
}

impl Files {
    /// The path behind every symlink, or nothing where it leads nowhere.
    pub(crate) fn real(&self, path: &Path) -> Option<PathBuf> {
        self.real_paths.of(path)
    }

    /// A file that was read.
    pub(crate) fn lowered(&self, key: &Key) -> Option<&Lowered> {
        self.lowered.get(key)?.as_ref().ok()
    }

    /// What became of a file that was read.
    pub(crate) fn take(&mut self, key: &Key) -> Option<Result<Lowered, String>> {
        self.lowered.remove(key)
    }

    /// Reads and lowers those of `keys` that are new, in parallel, until `is_over`. All are read before any is lowered:
    /// the parser leaves nothing in the caches of what the kernel needs to find a file.
    pub(crate) fn read(&mut self, keys: HashSet<Key>, budget: Budget, is_over: &AtomicBool) {
        let goes_on = || !is_over.load(Ordering::Relaxed);
        let new: Vec<Key> = keys.into_iter().filter(|key| !self.lowered.contains_key(key)).collect();
        let texts: Vec<_> =
            new.into_par_iter().filter(|_| goes_on()).map(|key| (read(&key.0), key)).collect();
        let lowered: Vec<_> = texts
            .into_par_iter()
            .filter(|_| goes_on())
            .map(|(text, key)| (text.and_then(|text| lower_text(text, key.1, budget)), key))
            .collect();
        self.lowered.extend(lowered.into_iter().map(|(lowered, key)| (key, lowered)));
    }
}
