//! Discovery: from what the user named to the files of the analysis.
//!
//! In: a [`Request`]. Out: [`Discovered`], the workspace with every file read and lowered, plus what could not be.
//! Cargo's own `metadata` says which packages and targets there are (`metadata`); where it cannot, we read the
//! manifests ourselves (`manifest`); where there are none, a `rust-project.json` says it (`project`), or else we walk
//! the directory (`walk`). Then `modules` follows `mod` lines. This module and its children are the only ones that read source files.

mod ahead;
mod dependencies;
mod exclusions;
mod files;
mod load;
mod manifest;
mod members;
mod metadata;
mod modules;
mod package;
pub(crate) mod paths;
mod plan;
mod project;
mod read;
mod real_paths;
mod resolve;
mod roots;
mod targets;
mod unit;
mod walk;

use std::path::PathBuf;

use ahead::Ahead;
pub(crate) use safe_map_analysis::model::is_test_attrs;
use safe_map_analysis::source::{ParsedFile, Workspace};

use crate::failure::Failure;

pub(crate) use manifest::nearest_package;
pub use package::TargetKind;
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
    /// Where relative paths start.
    pub cwd: PathBuf,
}

/// What was found.
#[derive(Debug, Default)]
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
    let mut ahead = Ahead::new(request);
    let roots = roots::find(request, &mut ahead)?;
    let plan = plan::plan(roots, request)?;
    let discovered = modules::follow(plan, ahead.into_files());
    if discovered.workspace.files.is_empty() && discovered.incomplete.is_empty() {
        return Err(nothing_found(request));
    }
    Ok(discovered)
}

/// Brings files into the order that their ids follow.
pub(crate) fn sort(files: &mut [ParsedFile]) {
    files.sort_by(|a, b| (&a.source.path, a.source.edition).cmp(&(&b.source.path, b.source.edition)));
}

/// A silent success would keep a misconfigured CI job green for ever.
fn nothing_found(request: &Request) -> Failure {
    let places: Vec<String> = match request.paths.as_slice() {
        [] => vec![format!("`{}`", request.cwd.display())],
        paths => paths.iter().map(|path| format!("`{}`", path.display())).collect(),
    };
    Failure::usage(format!("no Rust source found in {}", places.join(", ")))
}
