//! `--path-base`: the directory that paths in a report start from.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::load::real;
use super::paths;

/// What paths start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PathBase {
    /// The repository, where there is one; else the workspace
    Vcs,
    /// The workspace, or the directory given
    Workspace,
    /// The current directory
    Cwd,
    /// The root of the file system
    Absolute,
}

/// What a repository has in its root.
const MARKS: [&str; 4] = [".git", ".hg", ".jj", ".svn"];

impl PathBase {
    /// Its directory, for a report whose paths start from `root` and a process that stands in `cwd`; nothing where paths
    /// are absolute.
    pub(crate) fn dir(self, root: &Path, cwd: &Path) -> Option<PathBuf> {
        match self {
            PathBase::Vcs => Some(repository(root).unwrap_or(root).to_owned()),
            PathBase::Workspace => Some(root.to_owned()),
            PathBase::Cwd => Some(real(cwd)),
            PathBase::Absolute => None,
        }
    }
}

fn repository(root: &Path) -> Option<&Path> {
    root.ancestors().find(|dir| MARKS.iter().any(|mark| dir.join(mark).exists()))
}

/// The path of a report, which starts from `root`, as seen from `base`: with `/`, absolute where there is no base.
pub(crate) fn rebase(path: &str, root: &Path, base: Option<&Path>) -> String {
    let whole = paths::normalize(&root.join(path));
    match base {
        Some(base) => paths::relative(&whole, base),
        None => whole.to_string_lossy().replace('\\', "/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_their_base() {
        let root = Path::new("/r/ws");
        let seen = |path: &str, base: Option<&str>| rebase(path, root, base.map(Path::new));
        assert_eq!(seen("src/a.rs", Some("/r")), "ws/src/a.rs");
        assert_eq!(seen("src/a.rs", Some("/r/ws/src")), "a.rs");
        assert_eq!(seen("src/a.rs", Some("/r/other")), "../ws/src/a.rs");
        assert_eq!(seen("../x/a.rs", Some("/r")), "x/a.rs");
        assert_eq!(seen("../x/a.rs", None), "/r/x/a.rs");
    }
}
