//! Trees of local clones: nothing is fetched, and the clones stay as they are.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// What the command reads of a tree.
const READ: [&str; 3] = [":(glob)**/*.rs", ":(glob)**/Cargo.toml", ":(glob)**/Cargo.lock"];

/// The sources of a commit in a directory of its own; none where the clone or the commit is not there.
pub(crate) fn unpack(clones: &Path, repo: &str, commit: &str) -> Option<TempDir> {
    let git_dir = git_dir(clones, repo)?;
    let dir = tempfile::tempdir().expect("a temporary directory");
    // `Cargo.lock` is in many trees not there, and git asks that every pattern finds something.
    let everything = [READ.as_slice(), &READ[..2], &READ[..1]];
    everything.into_iter().any(|patterns| checkout(&git_dir, commit, dir.path(), patterns)).then_some(dir)
}

/// The git directory of a clone: `owner+name` or `owner/name`, bare or not, or one level below.
fn git_dir(clones: &Path, repo: &str) -> Option<PathBuf> {
    let bases = [clones.join(repo.replace('/', "+")), clones.join(repo)];
    let below = bases.iter().flat_map(|it| std::fs::read_dir(it).into_iter().flatten().flatten());
    let below: Vec<PathBuf> = below.map(|it| it.path()).collect();
    bases.into_iter().chain(below).find(|it| it.join("HEAD").is_file() && it.join("objects").is_dir())
}

fn checkout(git_dir: &Path, commit: &str, tree: &Path, patterns: &[&str]) -> bool {
    let mut git = Command::new("git");
    git.arg("--git-dir").arg(git_dir).arg("--work-tree").arg(tree);
    git.args(["checkout", "--quiet", commit, "--"]).args(patterns);
    // An index of its own: the clone's may be in use.
    let index = tree.join(".index");
    let output = git.env("GIT_INDEX_FILE", &index).current_dir(tree).output().expect("git runs");
    let _ = std::fs::remove_file(index);
    // A clone can lack large files: what is there is written all the same.
    output.status.success() || std::fs::read_dir(tree).is_ok_and(|mut it| it.next().is_some())
}
