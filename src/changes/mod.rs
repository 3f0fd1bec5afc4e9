//! Changed lines: what a run reports on where it is asked for the changes only.
//!
//! In: a revision to compare with, or a unified diff. Out: the lines of each file that were written since, and the places where
//! something was taken away. Everything is analysed all the same: a change here can make a hazard there. `git` asks the program
//! of that name, `diff` reads what it says, `lines` is what is known of one file, `touch` says which findings it is about.

mod diff;
mod git;
mod lines;
mod touch;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use lines::Lines;
pub(crate) use touch::Touch;

use crate::failure::Failure;
use crate::workspace::{normalize, path_text};

/// Where the changes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `--since`: everything since the merge base of this revision and HEAD, the working tree included.
    Since(String),
    /// `--in-diff`: a file, or standard input for `-`.
    Diff(PathBuf),
}

/// What has changed, by the file's absolute path as reports write it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    files: HashMap<String, Lines>,
    /// Files that are new as a whole, and directories of such.
    new: BTreeSet<String>,
    /// What a diff that was given says of Rust.
    given: Given,
}

/// The Rust files of a diff that was given, and where they were looked for.
#[derive(Clone, Debug, Default)]
struct Given {
    /// Their paths as they are written.
    files: Vec<String>,
    /// How many of them are there.
    found: usize,
    bases: Vec<PathBuf>,
}

/// What has changed in one file.
#[derive(Clone, Copy, Debug)]
enum Change<'a> {
    /// All of it is new.
    Whole,
    /// These lines.
    Lines(&'a Lines),
}

/// Reads the changes in or around the directory `root`, for a process that stands in `cwd`.
///
/// # Errors
///
/// Where git is not there, knows no such revision or has no common ancestor, and where the diff cannot be read or is none.
pub(crate) fn load(origin: &Origin, root: &Path, cwd: &Path) -> Result<Changes, Failure> {
    match origin {
        Origin::Since(revision) => since(revision, root),
        Origin::Diff(path) => {
            let bytes = read(path, cwd)?;
            if !diff::is_diff(&bytes) {
                let failure = Failure::usage(format!("`{}` is no unified diff", path.display()));
                return Err(failure.with_help("`git diff` writes one, `diff -u` as well"));
            }
            let (files, bases) = (diff::parse(&bytes), bases(root, cwd));
            let mut changes = Changes::default().with(&files, &bases);
            changes.given = Given::of(&files, bases, changes.files.keys());
            Ok(changes)
        }
    }
}

fn since(revision: &str, root: &Path) -> Result<Changes, Failure> {
    let repository = git::Repository::around(root)?;
    let base = repository.merge_base(revision)?;
    let bytes = repository.diff(&base)?;
    let mut changes = Changes::default().with(&diff::parse(&bytes), std::slice::from_ref(repository.top()));
    changes.new = repository.untracked()?.iter().map(|path| path_text(normalize(path).as_os_str())).collect();
    Ok(changes)
}

fn read(path: &Path, cwd: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes).map(drop)
    } else {
        std::fs::read(cwd.join(path)).map(|read| bytes = read)
    };
    read.map_err(|error| Failure::usage(format!("the diff `{}` cannot be read: {error}", path.display())))?;
    Ok(bytes)
}

/// The directories that the paths of a diff may start from: the repository's top, the workspace's root, where the user stands.
fn bases(root: &Path, cwd: &Path) -> Vec<PathBuf> {
    let top = root.ancestors().find(|dir| dir.join(".git").exists());
    let mut bases: Vec<PathBuf> = Vec::new();
    for base in top.into_iter().chain([root, cwd]) {
        if !bases.iter().any(|it| it == base) {
            bases.push(base.to_owned());
        }
    }
    bases
}

impl Changes {
    /// Adds the files of a diff, each below the first base that has it.
    fn with(mut self, files: &BTreeMap<Vec<u8>, Lines>, bases: &[PathBuf]) -> Changes {
        for (path, lines) in files {
            let candidates =
                bases.iter().flat_map(|base| diff::spellings(path).map(move |it| base.join(os(it))));
            if let Some(found) = candidates.into_iter().find(|it| it.is_file()) {
                self.files.insert(path_text(normalize(&found).as_os_str()), lines.clone());
            }
        }
        self
    }

    /// The change of a file by its absolute path.
    fn of(&self, path: &str) -> Option<Change<'_>> {
        let mut around = std::iter::successors(Some(path), |it| it.rsplit_once('/').map(|(dir, _)| dir));
        if around.any(|it| self.new.contains(it)) {
            return Some(Change::Whole);
        }
        self.files.get(path).map(Change::Lines)
    }
}

impl Given {
    fn of<'a>(
        files: &BTreeMap<Vec<u8>, Lines>,
        bases: Vec<PathBuf>,
        found: impl Iterator<Item = &'a String>,
    ) -> Given {
        let is_rust = |path: &str| path.ends_with(".rs");
        let files = files.keys().map(|path| String::from_utf8_lossy(path).into_owned());
        let files = files.filter(|path| is_rust(path)).collect();
        Given { files, found: found.filter(|path| is_rust(path)).count(), bases }
    }

    /// What is to be said where a run knows none of them: such a run is green whatever has changed.
    fn unknown(&self) -> Option<String> {
        const SHOWN: usize = 3;
        let named: Vec<String> = self.files.iter().take(SHOWN).map(|path| format!("`{path}`")).collect();
        let more = if self.files.len() > SHOWN { ", .." } else { "" };
        let named = format!("{}{more}", named.join(", "));
        let bases: Vec<String> = self.bases.iter().map(|base| format!("`{}`", base.display())).collect();
        match (self.files.len(), self.found) {
            (0, _) => None,
            (_, 0) => Some(format!(
                "no Rust file of the diff is there ({named}): its paths are looked for in {}; a diff of `git diff` \
                 starts at the root of the repository unless it is `--relative`",
                bases.join(" and ")
            )),
            _ => Some(format!("no Rust file of the diff is one that was analysed ({named})")),
        }
    }
}

/// A path as git has it: bytes.
#[cfg(unix)]
fn os(bytes: &[u8]) -> &OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(bytes)
}

/// A path as git has it: UTF-8, on systems whose paths are text.
#[cfg(not(unix))]
fn os(bytes: &[u8]) -> &OsStr {
    OsStr::new(std::str::from_utf8(bytes).unwrap_or_default())
}
