//! Which workspaces, directories and files a request means.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use rayon::prelude::*;

use super::ahead::Ahead;
use super::below::{has_ancestor_in, holds_sources, topmost_manifest};
use super::load::{load, real};
use super::manifest::nearest_manifest;
use super::meant::Meant;
use super::package::Loaded;
use super::project::{self, nearest_project};
use super::{Incomplete, Request, exclusions, paths};
use crate::failure::Failure;

/// Where the analysis starts from.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    /// The directory that report paths are relative to.
    pub(crate) root: PathBuf,
    /// Workspaces with a manifest.
    pub(crate) loaded: Vec<Loaded>,
    /// Only packages below one of these are reported on; empty means all.
    pub(crate) scope: Vec<PathBuf>,
    /// Directories and single files that no readable manifest speaks for.
    pub(crate) loose: Vec<PathBuf>,
    /// Files and directories inside of packages: only they are reported on, if a target leads there.
    pub(crate) inside: Vec<PathBuf>,
    /// The files that are reported on.
    pub(crate) meant: Meant,
    /// Manifests that do not load and directories that cannot be read.
    pub(crate) incomplete: Vec<Incomplete>,
    /// What the user should know about how they were found.
    pub(crate) notes: Vec<String>,
}

/// Finds the roots of a request. What of its paths is `apart` is not looked for in the package around it.
///
/// # Errors
///
/// Where a path or manifest that the user named is not there.
pub(crate) fn find(request: &Request, apart: &[PathBuf], ahead: &mut Ahead<'_>) -> Result<Roots, Failure> {
    let manifest = match &request.manifest_path {
        Some(named) => Some(existing_manifest(named, &request.cwd)?),
        None => nearest_manifest(&real(&request.cwd)),
    };
    match (request.paths.as_slice(), manifest) {
        ([], Some(manifest)) => Ok(of_manifest(&manifest, ahead)),
        ([], None) => Ok(without_manifest(&real(&request.cwd), ahead)),
        _ => of_paths(request, apart, ahead),
    }
}

fn existing(path: &Path, cwd: &Path) -> Result<PathBuf, Failure> {
    cwd.join(path).canonicalize().map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
            _ => error.to_string(),
        };
        Failure::usage(format!("`{}`: {why}", path.display()))
    })
}

/// A directory is not taken for the manifest in it, as cargo does not.
fn existing_manifest(named: &Path, cwd: &Path) -> Result<PathBuf, Failure> {
    let manifest = existing(named, cwd)?;
    if manifest.is_dir() {
        return Err(Failure::usage(format!("`{}`: a directory, not a manifest", named.display())));
    }
    Ok(manifest)
}

/// The workspace of one manifest; where it does not load, the directory it stands in.
fn of_manifest(manifest: &Path, ahead: &mut Ahead<'_>) -> Roots {
    let guess = |ahead: &mut Ahead<'_>, is_over: &AtomicBool| ahead.guess(manifest, &[], is_over);
    let (outcome, ()) = ahead.during(|| load(manifest), guess);
    of_loaded(outcome, manifest)
}

/// The crates of the project file around `dir`; where there is none, what is below it, as if it were named.
fn without_manifest(dir: &Path, ahead: &mut Ahead<'_>) -> Roots {
    if let Some(file) = nearest_project(dir) {
        return of_loaded(project::load(&file), &file);
    }
    let mut roots = Roots { root: dir.to_owned(), ..Roots::default() };
    roots.add_dir(dir, ahead);
    if !roots.loaded.is_empty() {
        let place = dir.display();
        let below = format!("no `Cargo.toml` in or above `{place}`: everything below it is analysed");
        roots.notes.push(below);
    }
    roots
}

fn of_loaded(outcome: Result<Loaded, String>, at: &Path) -> Roots {
    let root = outcome.as_ref().map_or_else(|_| parent(at), |loaded| loaded.root.clone());
    let mut roots = Roots { root, ..Roots::default() };
    roots.add_outcome(outcome, at, &mut BTreeSet::new());
    roots
}

fn of_paths(request: &Request, apart: &[PathBuf], ahead: &mut Ahead<'_>) -> Result<Roots, Failure> {
    let (named, cwd) = (&request.paths, request.cwd.as_path());
    let known = |path: &PathBuf| match request.buffers.unsaved(&cwd.join(path)) {
        Some(path) => Ok(path),
        None => existing(path, cwd),
    };
    let named = named.iter().map(known).collect::<Result<Vec<_>, _>>()?;
    let mut roots = Roots::around(&named, apart, ahead);
    for path in named {
        match path.file_name().and_then(|name| name.to_str()) {
            _ if roots.inside.contains(&path) => {}
            Some("Cargo.toml") => roots.add_dir(&parent(&path), ahead),
            _ if path.is_dir() => roots.add_dir(&path, ahead),
            _ => roots.loose.push(path),
        }
    }
    Ok(roots)
}

/// A directory itself; of a file the one that it is in.
pub(crate) fn dir_of(path: &Path) -> PathBuf {
    if path.is_dir() { path.to_owned() } else { parent(path) }
}

pub(super) fn parent(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

impl Roots {
    /// Adds every workspace that has a manifest below `dir`, and `dir` itself where it holds sources of no package.
    fn add_dir(&mut self, dir: &Path, ahead: &mut Ahead<'_>) {
        self.scope.push(dir.to_owned());
        let first = topmost_manifest(dir);
        let first = first.as_deref();
        let (outcome, mut remaining) = ahead.during(
            || first.map(load),
            |ahead, is_over| {
                let found = self.manifests_below(dir);
                first.inspect(|it| ahead.guess(it, &self.scope, is_over));
                found
            },
        );
        if !self.add_project_around(dir)
            && (remaining.is_empty() || (!remaining.contains(&dir.join("Cargo.toml")) && holds_sources(dir)))
        {
            self.loose.push(dir.to_owned());
        }
        match first.zip(outcome) {
            Some((manifest, outcome)) => {
                remaining.remove(manifest);
                self.add_outcome(outcome, manifest, &mut remaining);
            }
            None => self.add_workspace_above(dir, &mut remaining),
        }
        self.add_rest(remaining, ahead);
    }

    /// Adds the workspaces of `remaining` manifests, outer ones first: they may speak for inner ones.
    fn add_rest(&mut self, mut remaining: BTreeSet<PathBuf>, ahead: &mut Ahead<'_>) {
        while !remaining.is_empty() {
            let (frontier, deeper): (BTreeSet<_>, BTreeSet<_>) =
                remaining.iter().cloned().partition(|it| !has_ancestor_in(it, &remaining));
            remaining = deeper;
            let load_all = || frontier.into_par_iter().map(|it| (load(&it), it)).collect::<Vec<_>>();
            let (outcomes, ()) = ahead
                .beside(load_all, |ahead, is_over| ahead.read(self.loaded.clone(), &self.scope, is_over));
            for (outcome, manifest) in outcomes {
                self.add_outcome(outcome, &manifest, &mut remaining);
            }
        }
    }

    /// Whether a project file speaks for `dir`: one beside or above it that has crates there, and no manifest has.
    fn add_project_around(&mut self, dir: &Path) -> bool {
        let Some(file) = nearest_project(dir).filter(|_| nearest_manifest(dir).is_none()) else {
            return false;
        };
        let outcome = project::load(&file);
        let speaks = match &outcome {
            Ok(loaded) => loaded.packages.iter().any(|it| it.manifest.starts_with(dir)),
            Err(_) => parent(&file) == dir,
        };
        if speaks {
            self.add_outcome(outcome, &file, &mut BTreeSet::new());
        }
        speaks
    }

    /// A directory inside a workspace: its packages are loaded once, by their own root.
    fn add_workspace_above(&mut self, dir: &Path, remaining: &mut BTreeSet<PathBuf>) {
        let Some(above) = dir.parent().and_then(nearest_manifest) else { return };
        let Ok(loaded) = load(&above) else { return };
        if loaded.packages.iter().any(|package| remaining.contains(&package.manifest)) {
            self.add_outcome(Ok(loaded), &above, remaining);
        }
    }

    fn add_outcome(&mut self, outcome: Result<Loaded, String>, at: &Path, remaining: &mut BTreeSet<PathBuf>) {
        match outcome {
            Ok(loaded) => {
                for package in &loaded.packages {
                    remaining.remove(&package.manifest);
                }
                self.loaded.push(loaded);
            }
            Err(message) => {
                self.incomplete.push(Incomplete { file: paths::relative(at, &self.root), line: 1, message });
                self.loose.push(parent(at));
            }
        }
    }

    fn manifests_below(&mut self, dir: &Path) -> BTreeSet<PathBuf> {
        let mut found = BTreeSet::new();
        for entry in exclusions::walk(dir) {
            match entry {
                Ok(entry) if entry.file_name() == "Cargo.toml" && entry.file_type().is_file() => {
                    found.insert(real(entry.path()));
                }
                Ok(_) => {}
                Err(error) => self.incomplete.extend(walk_problem(&error, &self.root)),
            }
        }
        found
    }
}

/// A loop of symlinks and a link to nowhere hide nothing; a directory that cannot be read does.
pub(crate) fn walk_problem(error: &walkdir::Error, root: &Path) -> Option<Incomplete> {
    let io = error.io_error()?;
    if error.loop_ancestor().is_some() || io.kind() == std::io::ErrorKind::NotFound {
        return None;
    }
    let file = error.path().map(|path| paths::relative(path, root)).unwrap_or_default();
    Some(Incomplete { file, line: 1, message: format!("the directory cannot be read: {io}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_no_manifest() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join("Cargo.toml"), "[package]\nname = \"a\"\n").expect("a manifest");
        let cwd = dir.path().to_owned();
        let request = Request { manifest_path: Some(".".into()), cwd, ..Request::default() };
        let failure = find(&request, &[], &mut Ahead::new(&request)).expect_err("a directory");
        assert!(failure.message.contains("a directory, not a manifest"), "{}", failure.message);
        let named = Request { manifest_path: Some("Cargo.toml".into()), ..request };
        assert!(find(&named, &[], &mut Ahead::new(&named)).is_ok());
    }
}
