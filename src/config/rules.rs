//! What configurations say of paths: where nothing is reported, and which levels hold where.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use safe_map_analysis::source::{FileId, Workspace};
use safe_map_lints::LINTS;

use super::document::Document;
use super::file::File;
use super::find::{Found, Reach};
use super::lints;
use super::pattern::Pattern;
use crate::failure::Failure;
use crate::levels::{Asked, Configured, FileLevels, Levels};

/// All of it, of every configuration of a run.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    exclude: Vec<Exclusion>,
    /// What counts less first.
    levels: Vec<Section>,
}

#[derive(Clone, Debug)]
struct Exclusion {
    pattern: Pattern,
    origin: Arc<str>,
}

/// A table of levels and the files that it is about.
#[derive(Clone, Debug)]
struct Section {
    place: Place,
    configured: Vec<Configured>,
}

#[derive(Clone, Debug)]
enum Place {
    Everywhere,
    Below(PathBuf),
    Matching(Pattern),
}

impl Rules {
    /// Adds what a file says.
    ///
    /// # Errors
    ///
    /// Where it names a lint that does not exist, or a path that cannot be meant.
    pub(super) fn add(&mut self, found: &Found, file: &File) -> Result<(), Failure> {
        let Found { document, dir, reach } = found;
        for written in &file.exclude {
            let pattern = Pattern::new(document, dir, written)?;
            self.exclude.push(Exclusion { pattern, origin: document.origin(&written.span()) });
        }
        let place = match reach {
            Reach::Everything => Place::Everywhere,
            Reach::Below => Place::Below(dir.clone()),
        };
        self.levels.push(Section { place, configured: lints::configured(document, &file.lints)? });
        self.add_paths(document, dir, file)
    }

    fn add_paths(&mut self, document: &Document, dir: &Path, file: &File) -> Result<(), Failure> {
        let mut paths: Vec<_> = file.paths.iter().collect();
        paths.sort_by_key(|(path, _)| path.span().start);
        for (path, rules) in paths {
            let place = Place::Matching(Pattern::new(document, dir, path)?);
            self.levels.push(Section { place, configured: lints::configured(document, &rules.lints)? });
        }
        Ok(())
    }

    /// Brings everything into the order in which it counts: what was added first counts less where paths are as long.
    pub(super) fn sort(&mut self) {
        self.levels.retain(|it| !it.configured.is_empty());
        self.levels.sort_by_key(|it| it.place.length());
    }

    /// The levels of each file of `workspace`, whose paths start from `root`.
    pub(crate) fn levels(&self, workspace: &Workspace, root: &Path, asked: &Asked) -> FileLevels {
        if self.levels.is_empty() {
            return FileLevels::uniform(Levels::resolve(LINTS, [], asked));
        }
        let mut seen: Vec<Vec<usize>> = vec![self.sections(&|place| matches!(place, Place::Everywhere))];
        let mut by_file = Vec::with_capacity(workspace.files.len());
        for file in &workspace.files {
            let path = root.join(&*file.source.path);
            let sections = self.sections(&|place| place.holds(&path));
            let known = seen.iter().position(|it| *it == sections);
            by_file.push(known.unwrap_or(seen.len()));
            if known.is_none() {
                seen.push(sections);
            }
        }
        let variants = seen.iter().map(|sections| self.resolve(sections, asked)).collect();
        FileLevels::new(variants, by_file)
    }

    fn sections(&self, is_meant: &dyn Fn(&Place) -> bool) -> Vec<usize> {
        let all = self.levels.iter().enumerate();
        all.filter(|(_, it)| is_meant(&it.place)).map(|(index, _)| index).collect()
    }

    fn resolve(&self, sections: &[usize], asked: &Asked) -> Levels {
        let configured = sections.iter().flat_map(|index| &self.levels[*index].configured);
        Levels::resolve(LINTS, configured, asked)
    }

    /// The levels where no path is spoken of.
    pub(crate) fn base(&self, asked: &Asked) -> Levels {
        self.resolve(&self.sections(&|place| matches!(place, Place::Everywhere)), asked)
    }

    /// The paths that have levels of their own, what counts less first, each with what holds there.
    pub(crate) fn of_paths(&self, asked: &Asked) -> Vec<(String, Levels)> {
        let everywhere = self.sections(&|place| matches!(place, Place::Everywhere));
        let levels = |index: usize| self.resolve(&[everywhere.as_slice(), &[index]].concat(), asked);
        let named = self.levels.iter().enumerate().filter_map(|(index, it)| Some((index, it.place.name()?)));
        named.map(|(index, name)| (name, levels(index))).collect()
    }

    /// The paths and globs of `exclude`, each with where it stands.
    pub(crate) fn excluded(&self) -> impl Iterator<Item = (&str, &Arc<str>)> {
        self.exclude.iter().map(|it| (it.pattern.text(), &it.origin))
    }

    /// Whether nothing is reported in the file at an absolute path. What the user `named` is reported all the same.
    pub(crate) fn excludes(&self, path: &Path, named: &[PathBuf]) -> bool {
        let named = || named.iter().filter(|it| path.starts_with(it));
        self.exclude
            .iter()
            .any(|it| it.pattern.is_match(path) && !named().any(|dir| it.pattern.is_match(dir)))
    }

    /// Which files of `workspace` are excluded, by their numbers.
    pub(crate) fn exclusions(&self, workspace: &Workspace, root: &Path, named: &[PathBuf]) -> Vec<bool> {
        if self.exclude.is_empty() {
            return Vec::new();
        }
        let path = |id: FileId| root.join(&*workspace.file(id).source.path);
        workspace.file_ids().map(|id| self.excludes(&path(id), named)).collect()
    }

    /// Paths that are spoken of and not there: one line each.
    pub(super) fn missing(&self) -> Vec<String> {
        let excluded = self.exclude.iter().map(|it| (&it.pattern, &*it.origin));
        let of_levels = self.levels.iter().filter_map(|it| match &it.place {
            Place::Matching(pattern) => Some((pattern, &*it.configured.first()?.set.origin)),
            Place::Everywhere | Place::Below(_) => None,
        });
        let missing = excluded.chain(of_levels).filter(|(pattern, _)| pattern.is_missing());
        missing.map(|(pattern, origin)| format!("{origin}: `{}` is not there", pattern.text())).collect()
    }
}

impl Place {
    fn holds(&self, path: &Path) -> bool {
        match self {
            Place::Everywhere => true,
            Place::Below(dir) => path.starts_with(dir),
            Place::Matching(pattern) => pattern.is_match(path),
        }
    }

    fn name(&self) -> Option<String> {
        match self {
            Place::Everywhere => None,
            Place::Below(dir) => Some(dir.display().to_string()),
            Place::Matching(pattern) => Some(pattern.text().to_owned()),
        }
    }

    fn length(&self) -> (usize, usize) {
        match self {
            Place::Everywhere => (0, 0),
            Place::Below(dir) => (dir.components().count(), 0),
            Place::Matching(pattern) => pattern.length(),
        }
    }
}
