//! Discovery: from what the user named to the files of the analysis.
//!
//! In: a [`Request`]. Out: [`Discovered`], the workspace with every file read and lowered, plus what could not be.
//! Cargo's own `metadata` says which packages and targets there are (`metadata`); where it cannot, we read the
//! manifests ourselves (`manifest`); where there are none, a `rust-project.json` says it (`project`), or else we walk
//! the directory (`walk`). Then `modules` follows `mod` lines. This module and its children are the only ones that read source files.

mod ahead;
mod around;
mod below;
mod buffers;
mod choice;
mod dependencies;
mod exclusions;
mod files;
mod load;
mod manifest;
mod meant;
mod members;
mod metadata;
mod modules;
mod narrow;
mod outside;
mod package;
pub(crate) mod paths;
mod plan;
mod project;
mod read;
mod real_paths;
mod replaced;
mod resolve;
mod roots;
mod targets;
mod unit;
mod walk;

use std::path::{Path, PathBuf};

use ahead::Ahead;
use safe_map_analysis::Phase;
pub(crate) use safe_map_analysis::model::is_test_attrs;
use safe_map_analysis::source::{ParsedFile, Workspace};

use crate::config::{Home, Search};
use crate::failure::Failure;

pub(crate) use below::manifests_below;
pub use buffers::Buffers;
pub(crate) use exclusions::{holds_no_source_of_ours, is_generated};
pub(crate) use manifest::{nearest_manifest, nearest_package};
pub use meant::Meant;
pub use narrow::{Conditions, OtherFeatures, Target};
pub use package::TargetKind;
pub(crate) use paths::{normalize, relative, text as path_text};
pub use plan::{Packages, Targets, TestCode};
pub use read::Budget;
pub(crate) use read::{STACK_BYTES, lower_path};
pub use unit::Unit;

/// What the user asked to have analysed.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Directories and files; empty means the workspace around `cwd`.
    pub paths: Vec<PathBuf>,
    /// `--manifest-path`.
    pub manifest_path: Option<PathBuf>,
    /// Which packages are reported on.
    pub packages: Packages,
    /// Which of their targets.
    pub targets: Targets,
    /// How long one file may take; past it the file is incomplete.
    pub budget: Budget,
    /// Which branches of `cfg` are left out.
    pub conditions: Conditions,
    /// `--config`: the configuration, wherever the workspace has its own.
    pub config: Option<PathBuf>,
    /// Whether what the workspace depends on is read too.
    pub dependencies: Dependencies,
    /// Texts that stand for files.
    pub buffers: Buffers,
    /// Where relative paths start.
    pub cwd: PathBuf,
}

/// What becomes of packages that the workspace depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Dependencies {
    /// Only the knowledge files speak of them.
    #[default]
    Skip,
    /// Their sources are read for the types in them, where they are on this machine.
    Read,
}

/// How much of what a run has read is not the workspace's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ReadOutside {
    /// Packages.
    pub packages: u64,
    /// Files.
    pub files: u64,
    /// Their lines.
    pub lines: u64,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Discovered {
    /// The files and crates, in the order of paths.
    pub workspace: Workspace,
    /// For each crate: whether it is reported on, or only read for the types that others use.
    pub reported: Vec<bool>,
    /// For each crate: the package and target behind it.
    pub units: Vec<Unit>,
    /// The directory that paths in reports start from.
    pub root: PathBuf,
    /// Files, or parts of them, that were not analysed.
    pub incomplete: Vec<Incomplete>,
    /// What the user should know about how the files were found.
    pub notes: Vec<String>,
    /// How many lines the files have.
    pub lines: u64,
    /// What was read for its types alone.
    pub outside: ReadOutside,
    /// The workspaces and packages that were found, whose configuration counts.
    pub homes: Vec<Home>,
    /// The files and directories that the user named.
    pub named: Vec<PathBuf>,
    /// The files that are reported on.
    pub meant: Meant,
    /// What of this took a time of its own.
    pub phases: Vec<Phase>,
}

impl Discovered {
    /// Where to look for the configuration.
    pub fn search<'a>(&'a self, request: &'a Request) -> Search<'a> {
        Search { root: &self.root, homes: &self.homes, file: request.config.as_deref() }
    }
}

/// Something that was not analysed, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Incomplete {
    /// The file, relative to the root.
    pub file: String,
    /// The 1-based line, or 1 where the whole file is meant.
    pub line: u32,
    /// Why, as a lowercase fragment.
    pub message: String,
}

/// Finds, reads and lowers the files of `request`, in parallel on the current rayon pool.
///
/// # Errors
///
/// Where the request itself is wrong: a path that is not there, a package that nobody has, no Rust at all.
pub fn discover(request: &Request) -> Result<Discovered, Failure> {
    discover_beside(request, &[])
}

/// The same, with the files and directories of `apart` by themselves, whatever package they are in.
fn discover_beside(request: &Request, apart: &[PathBuf]) -> Result<Discovered, Failure> {
    let mut ahead = Ahead::new(request);
    let mut roots = roots::find(request, apart, &mut ahead)?;
    let inside = std::mem::take(&mut roots.inside);
    let mut plan = plan::plan(roots, request)?;
    let tests = std::mem::take(&mut plan.tests);
    let mut discovered = modules::follow(plan, ahead.into_files());
    discovered.named = request.paths.iter().map(|path| load::real(&request.cwd.join(path))).collect();
    if let Some(stray) = discovered.stray(request) {
        let paths = request.paths.iter().cloned().chain([stray]).collect();
        return discover(&Request { paths, ..request.clone() });
    }
    let unreached: Vec<PathBuf> = inside.into_iter().filter(|it| !discovered.reaches(it)).collect();
    if !unreached.is_empty() {
        return discover_beside(request, &[apart, &unreached].concat());
    }
    if discovered.holds_no_source() {
        return Err(nothing_found(request, &tests, &discovered.incomplete));
    }
    Ok(discovered)
}

impl Discovered {
    /// Whether a target leads to a file at or below a path.
    fn reaches(&self, path: &PathBuf) -> bool {
        let below = Meant::only(std::slice::from_ref(path), &self.root);
        self.workspace.files.iter().any(|it| below.holds(&it.source.path))
            || self.incomplete.iter().any(|it| below.holds(&it.file))
    }

    /// Whether there is neither a file of Rust nor one that could not be read: at most manifests, and they are broken.
    fn holds_no_source(&self) -> bool {
        let is_manifest = |it: &Incomplete| it.file == "Cargo.toml" || it.file.ends_with("/Cargo.toml");
        self.workspace.files.is_empty() && self.incomplete.iter().all(is_manifest)
    }

    /// A buffer that nothing leads to: what it says is asked all the same.
    fn stray(&self, request: &Request) -> Option<PathBuf> {
        let is_known = |path: &PathBuf| {
            let seen = |it: &str| self.root.join(it) == *path;
            self.workspace.files.iter().any(|it| seen(&it.source.path))
                || self.incomplete.iter().any(|it| seen(&it.file))
        };
        let mut written = request.buffers.written().filter(|it| !request.paths.contains(it));
        written.find(|it| !is_known(it)).cloned()
    }
}

/// Finds the workspaces of `request` and where they are configured, and reads none of their files.
///
/// # Errors
///
/// Those of [`discover`] that are about the request.
pub(crate) fn survey(request: &Request) -> Result<Discovered, Failure> {
    let roots = roots::find(request, &[], &mut Ahead::new(request))?;
    let plan = plan::plan(roots, request)?;
    Ok(Discovered { root: plan.root, homes: plan.homes, ..Discovered::default() })
}

/// Whether a manifest or a project file speaks for `dir`.
pub(crate) fn is_in_package(dir: &Path) -> bool {
    nearest_manifest(dir).is_some() || project::nearest_project(dir).is_some()
}

/// Brings files into the order that their ids follow.
pub(crate) fn sort(files: &mut [ParsedFile]) {
    files.sort_by(|a, b| (&a.source.path, a.source.edition).cmp(&(&b.source.path, b.source.edition)));
}

/// A silent success would keep a misconfigured CI job green for ever.
fn nothing_found(request: &Request, tests: &[String], broken: &[Incomplete]) -> Failure {
    let places: Vec<String> = match request.paths.as_slice() {
        [] => vec![format!("`{}`", request.cwd.display())],
        paths => paths.iter().map(|path| format!("`{}`", path.display())).collect(),
    };
    let why: String = broken.iter().map(|it| format!("\n    {}", it.message)).collect();
    let failure = Failure::usage(format!("no Rust source found in {}{why}", places.join(", ")));
    match tests.first() {
        Some(name) => {
            failure.with_help(format!("`{name}` is test code: add `--tests`, or name it with `-p`"))
        }
        None => failure,
    }
}
