//! The guard of `cargo fix`: what is overwritten must be kept by version control, unless the user says otherwise.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;

/// What the user accepts, as cargo names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Permits {
    /// Changes that are not committed, staged ones too.
    pub(crate) dirty: bool,
    /// Changes that are staged.
    pub(crate) staged: bool,
    /// No version control.
    pub(crate) no_vcs: bool,
}

/// What marks the root of a working copy that is not git's.
const OTHERS: [&str; 5] = [".hg", ".jj", ".pijul", ".fossil", "_FOSSIL_"];

/// How many files a message names.
const SHOWN: usize = 10;

/// Whether these files, given by their real paths, may be overwritten.
///
/// # Errors
///
/// Where they are not under version control, or there are changes beside them that are not committed, and `permits` do not
/// cover it.
pub(crate) fn check(files: &[PathBuf], permits: Permits) -> Result<(), Failure> {
    let mut changed = Vec::new();
    for (working_copy, files) in by_working_copy(files) {
        let ignored = match working_copy.as_ref().filter(|_| !permits.no_vcs) {
            Some(it) => it.ignored(&files)?,
            None => Vec::new(),
        };
        if let Some(first) = ignored.first() {
            return Err(not_kept(first));
        }
        let is_kept = working_copy.is_some();
        if !is_kept && !permits.no_vcs {
            return Err(no_vcs());
        }
        if let Some(WorkingCopy { root, vcs: Vcs::Git }) = working_copy.filter(|_| is_kept && !permits.dirty)
        {
            changed.extend(self::changed(&root)?);
        }
    }
    changed.retain(|it| !(it.staged && permits.staged));
    if changed.is_empty() { Ok(()) } else { Err(uncommitted(&changed)) }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct WorkingCopy {
    root: PathBuf,
    vcs: Vcs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Vcs {
    Git,
    Other,
}

/// The files of each working copy: there are several where a directory of repositories is analysed.
fn by_working_copy(files: &[PathBuf]) -> BTreeMap<Option<WorkingCopy>, Vec<&Path>> {
    let mut groups: BTreeMap<_, Vec<&Path>> = BTreeMap::new();
    for file in files {
        groups.entry(WorkingCopy::around(file)).or_default().push(file);
    }
    groups
}

impl WorkingCopy {
    /// The nearest one around a file.
    fn around(file: &Path) -> Option<WorkingCopy> {
        file.ancestors().skip(1).find_map(|dir| {
            let has = |name: &str| dir.join(name).exists();
            let is_other = || OTHERS.into_iter().any(has);
            let vcs = if has(".git") { Some(Vcs::Git) } else { is_other().then_some(Vcs::Other) };
            Some(WorkingCopy { root: dir.to_owned(), vcs: vcs? })
        })
    }

    /// The files that git was told to ignore.
    fn ignored(&self, files: &[&Path]) -> Result<Vec<String>, Failure> {
        if self.vcs == Vcs::Other {
            return Ok(Vec::new());
        }
        let answer =
            git(&self.root).args(["-c", "core.quotePath=false", "check-ignore", "--"]).args(files).output();
        let answer = answer.map_err(|error| unknown(&error.to_string()))?;
        // 1 is that none is.
        if !matches!(answer.status.code(), Some(0 | 1)) {
            return Err(unknown(String::from_utf8_lossy(&answer.stderr).trim()));
        }
        let names = String::from_utf8_lossy(&answer.stdout).into_owned();
        Ok(names.lines().map(str::to_owned).collect())
    }
}

fn git(dir: &Path) -> Command {
    let mut git = Command::new("git");
    // A status does not need the lock of the index: whatever else the user does with it goes on.
    git.arg("-C").arg(dir).env("GIT_OPTIONAL_LOCKS", "0");
    git
}

/// A file that is not as it was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Changed {
    path: String,
    staged: bool,
}

/// What git says of the whole working copy, untracked files among it.
fn changed(root: &Path) -> Result<Vec<Changed>, Failure> {
    let status = git(root).args(["status", "--porcelain=v1", "-z", "--untracked-files=all"]).output();
    let status = status.map_err(|error| unknown(&error.to_string()))?;
    if !status.status.success() {
        return Err(unknown(String::from_utf8_lossy(&status.stderr).trim()));
    }
    Ok(parse(&String::from_utf8_lossy(&status.stdout)))
}

/// Entries `XY path`, ended by a NUL each; a renamed or copied file is followed by the path that it had.
fn parse(status: &str) -> Vec<Changed> {
    let mut entries = status.split('\0').filter(|it| !it.is_empty());
    let mut changed = Vec::new();
    while let Some(entry) = entries.next() {
        let (Some(state), Some(path)) = (entry.get(..2), entry.get(3..)) else { continue };
        if state.contains(['R', 'C']) {
            entries.next();
        }
        // What is changed again since it was staged is dirty, as is what git does not know.
        changed.push(Changed { path: path.to_owned(), staged: state.ends_with(' ') });
    }
    changed
}

fn no_vcs() -> Failure {
    let message = "no version control found, and fixes overwrite files";
    Failure::usage(message).with_help("put the workspace under version control, or pass `--allow-no-vcs`")
}

fn not_kept(file: &str) -> Failure {
    let failure =
        Failure::usage(format!("git ignores `{file}` and so does not keep it, and fixes overwrite files"));
    failure.with_help("pass `--allow-no-vcs` to fix it all the same")
}

fn unknown(why: &str) -> Failure {
    let failure = Failure::usage(format!("git does not say whether there are uncommitted changes: {why}"));
    failure.with_help("pass `--allow-dirty` to fix whatever there is")
}

fn uncommitted(changed: &[Changed]) -> Failure {
    let word = |it: &Changed| if it.staged { "staged" } else { "dirty" };
    let mut message = "there are uncommitted changes, and fixes overwrite files".to_owned();
    for it in changed.iter().take(SHOWN) {
        message.push_str(&format!("\n    {} ({})", it.path, word(it)));
    }
    if changed.len() > SHOWN {
        message.push_str(&format!("\n    and {} more", changed.len() - SHOWN));
    }
    let flag = if changed.iter().all(|it| it.staged) { "--allow-staged" } else { "--allow-dirty" };
    Failure::usage(message).with_help(format!("commit or stash them, or pass `{flag}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_read() {
        let status = " M src/a.rs\0M  src/b.rs\0MM src/c.rs\0?? new file.rs\0R  to.rs\0from.rs\0A  d.rs\0";
        let words: Vec<(String, bool)> = parse(status).into_iter().map(|it| (it.path, it.staged)).collect();
        let expected = [
            ("src/a.rs", false),
            ("src/b.rs", true),
            ("src/c.rs", false),
            ("new file.rs", false),
            ("to.rs", true),
            ("d.rs", true),
        ];
        assert_eq!(words, expected.map(|(path, staged)| (path.to_owned(), staged)));
    }
}
