//! The files of a run: each is read and lowered once for each edition it is reached under.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use safe_map_analysis::facts::Edition;

use super::Request;
use super::buffers::Buffers;
use super::load::real;
use super::read::{Budget, Lowered, Wanted, lower_text, read};
use super::real_paths::RealPaths;

/// A file by its real path, under an edition.
pub(crate) type Key = (PathBuf, Edition);

/// What was read, or why it was not.
#[derive(Debug, Default)]
pub(crate) struct Files {
    lowered: HashMap<Key, Result<Lowered, String>>,
    real_paths: RealPaths,
    buffers: Buffers,
    /// The files that the user named, by their real paths.
    named: HashSet<PathBuf>,
}

impl Files {
    /// None yet; buffers stand for some of them.
    pub(crate) fn new(request: &Request) -> Files {
        let named = request.paths.iter().map(|path| real(&request.cwd.join(path)));
        let named = named.filter(|path| path.is_file()).collect();
        Files { buffers: request.buffers.clone(), named, ..Files::default() }
    }

    /// The path behind every symlink, or nothing where it leads nowhere.
    pub(crate) fn real(&self, path: &Path) -> Option<PathBuf> {
        self.real_paths.of(path).or_else(|| self.buffers.unsaved(path))
    }

    /// Reads and lowers one file.
    ///
    /// # Errors
    ///
    /// Why there are no facts of it, as a lowercase fragment.
    pub(crate) fn lower(&self, key: &Key, budget: Budget) -> Result<Lowered, String> {
        // Whoever names a generated file wants to know.
        let wanted = if self.named.contains(&key.0) { Wanted::Everything } else { Wanted::Written };
        match self.buffers.get(&key.0) {
            Some(text) => lower_text(text.clone(), key.1, budget, wanted),
            None => lower_text(read(&key.0)?, key.1, budget, wanted),
        }
    }

    /// A file that was read.
    pub(crate) fn lowered(&self, key: &Key) -> Option<&Lowered> {
        self.lowered.get(key)?.as_ref().ok()
    }

    /// What became of a file that was read.
    pub(crate) fn take(&mut self, key: &Key) -> Option<Result<Lowered, String>> {
        self.lowered.remove(key)
    }

    /// Takes over what was read elsewhere.
    pub(crate) fn put(&mut self, read: Vec<(Key, Result<Lowered, String>)>) {
        self.lowered.extend(read);
    }

    /// Reads and lowers those of `keys` that are new, in parallel.
    pub(crate) fn read(&mut self, keys: HashSet<Key>, budget: Budget) {
        let new: Vec<Key> = keys.into_iter().filter(|key| !self.lowered.contains_key(key)).collect();
        let read = |key: Key| (self.lower(&key, budget), key);
        let lowered: Vec<_> = new.into_par_iter().map(read).collect();
        self.lowered.extend(lowered.into_iter().map(|(lowered, key)| (key, lowered)));
    }
}
