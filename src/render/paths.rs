//! Which directory the paths of a report start from.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::workspace::paths::{normalize, relative};

/// Where paths start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PathBase {
    /// The root of the repository, or of the workspace where there is none
    Vcs,
    /// The root of the workspace, or the directory given
    Workspace,
    /// The current directory
    Cwd,
    /// The root of the file system
    Absolute,
}

/// Rewrites the paths of a report, which start from its root.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    root: PathBuf,
    /// Nothing where paths are absolute.
    base: Option<PathBuf>,
}

impl Paths {
    /// Paths of a report on `root`, written by a process in `cwd`; both are absolute and without links.
    pub(crate) fn new(root: &Path, base: PathBase, cwd: &Path) -> Paths {
        let base = match base {
            PathBase::Vcs => Some(repository(root).unwrap_or_else(|| root.to_owned())),
            PathBase::Workspace => Some(root.to_owned()),
            PathBase::Cwd => Some(cwd.to_owned()),
            PathBase::Absolute => None,
        };
        Paths { root: root.to_owned(), base }
    }

    /// The path as it is written, with `/`.
    pub(crate) fn of<'a>(&self, path: &'a str) -> Cow<'a, str> {
        match &self.base {
            Some(base) if *base == self.root => Cow::Borrowed(path),
            Some(base) => Cow::Owned(relative(&self.real(path), base)),
            None => Cow::Owned(slashes(&self.real(path))),
        }
    }

    /// The file that a path of the report means.
    pub(crate) fn real(&self, path: &str) -> PathBuf {
        normalize(&self.root.join(path))
    }

    /// The directory that paths start from, or the root of the report where they are absolute.
    pub(crate) fn base(&self) -> &Path {
        self.base.as_deref().unwrap_or(&self.root)
    }
}

/// A path with `/`, whatever the system writes.
pub(crate) fn slashes(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace('\\', "/") }
}

/// The nearest working tree around `dir`. In a linked one, and in a submodule, `.git` is a file.
pub(crate) fn repository(dir: &Path) -> Option<PathBuf> {
    let is_root = |dir: &&Path| [".git", ".jj", ".hg"].iter().any(|name| dir.join(name).exists());
    dir.ancestors().find(is_root).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_from_the_base() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let repo = dir.path().canonicalize().expect("a path");
        let root = repo.join("crates/app");
        std::fs::create_dir_all(root.join("src")).expect("a directory");
        let of = |base, cwd: &Path| Paths::new(&root, base, cwd).of("src/lib.rs").into_owned();
        assert_eq!(of(PathBase::Workspace, &repo), "src/lib.rs");
        assert_eq!(of(PathBase::Cwd, &repo), "crates/app/src/lib.rs");
        assert_eq!(of(PathBase::Cwd, &root.join("src")), "lib.rs");
        assert_eq!(of(PathBase::Cwd, &root.join("tests")), "../src/lib.rs");
        assert_eq!(of(PathBase::Absolute, &repo), slashes(&root.join("src/lib.rs")));
        std::fs::write(repo.join(".git"), "gitdir: elsewhere\n").expect("a file");
        assert_eq!(of(PathBase::Vcs, &root), "crates/app/src/lib.rs");
    }

    #[test]
    fn a_path_out_of_the_root_stays_in_the_repository() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let repo = dir.path().canonicalize().expect("a path");
        std::fs::create_dir(repo.join(".git")).expect("a directory");
        let paths = Paths::new(&repo.join("app"), PathBase::Vcs, &repo);
        assert_eq!(paths.of("../shared/lib.rs"), "shared/lib.rs");
    }
}
