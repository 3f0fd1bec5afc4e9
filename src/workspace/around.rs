//! Paths inside of packages: the workspace around them is loaded whole, as if the command ran there.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use super::ahead::Ahead;
use super::load::{load, real};
use super::manifest::nearest_manifest;
use super::meant::Meant;
use super::package::{Loaded, Membership};
use super::roots::{Roots, dir_of, parent};
use super::{exclusions, paths};

impl Roots {
    /// The workspaces around those of `named` that are inside of packages, and the root of all of `named`. What is
    /// `apart` is inside of nothing.
    pub(super) fn around(named: &[PathBuf], apart: &[PathBuf], ahead: &mut Ahead<'_>) -> Roots {
        let mut roots = Roots::default();
        let mut tops = Vec::new();
        for path in named {
            let around = if apart.contains(path) { None } else { roots.add_around(path, ahead) };
            tops.push(around.unwrap_or_else(|| dir_of(path)));
        }
        roots.root = paths::common_ancestor(&tops);
        if !roots.inside.is_empty() {
            let places: Vec<PathBuf> = named.iter().map(|path| place_of(path)).collect();
            roots.meant = Meant::only(&places, &roots.root);
        }
        roots
    }

    /// Adds the workspace of the package that `path` is inside of, and says its root.
    fn add_around(&mut self, path: &Path, ahead: &mut Ahead<'_>) -> Option<PathBuf> {
        if speaks_for_itself(path) {
            return None;
        }
        let manifest = real(&nearest_manifest(path)?);
        let root = match self.loaded.iter().find(|it| has_member(it, &manifest)) {
            Some(known) => known.root.clone(),
            None => self.add_workspace_of(&manifest, ahead)?,
        };
        // The package itself is named, test code or not. Of the rest nothing is reported; what it does counts all the same.
        self.scope.extend([root.clone(), parent(&manifest)]);
        self.inside.push(path.to_owned());
        Some(root)
    }

    /// A manifest that does not load says nothing of the paths below it.
    fn add_workspace_of(&mut self, manifest: &Path, ahead: &mut Ahead<'_>) -> Option<PathBuf> {
        let guess = |ahead: &mut Ahead<'_>, is_over: &AtomicBool| ahead.guess(manifest, &[], is_over);
        let (outcome, ()) = ahead.during(|| load(manifest), guess);
        let loaded = outcome.ok().filter(|it| has_member(it, manifest))?;
        let root = loaded.root.clone();
        self.loaded.push(loaded);
        Some(root)
    }
}

fn has_member(loaded: &Loaded, manifest: &Path) -> bool {
    let mut members = loaded.packages.iter().filter(|it| it.membership == Membership::Member);
    members.any(|it| it.manifest == manifest)
}

/// Whether a path is a manifest or has some at or below it.
fn speaks_for_itself(path: &Path) -> bool {
    let is_manifest = |it: walkdir::DirEntry| it.file_name() == "Cargo.toml" && it.file_type().is_file();
    path.ends_with("Cargo.toml") || (path.is_dir() && exclusions::walk(path).flatten().any(is_manifest))
}

/// A manifest stands for its directory.
fn place_of(path: &Path) -> PathBuf {
    if path.ends_with("Cargo.toml") { parent(path) } else { path.to_owned() }
}
