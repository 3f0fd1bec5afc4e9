//! Files on disk: which of them may be written, and how one is replaced so that nobody ever sees half of it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::{Change, Outcome};
use crate::report::Report;
use crate::temporary;
use crate::workspace::{holds_no_source_of_ours, is_generated};

/// Why the file at `path`, relative to `root`, is never written; nothing where it may be.
pub(crate) fn taboo(root: &Path, path: &str, text: &str) -> Option<String> {
    let Ok(root) = root.canonicalize() else { return Some("the workspace is gone".to_owned()) };
    let real = match root.join(path).canonicalize() {
        Ok(real) => real,
        Err(error) => return Some(format!("it cannot be found ({error})")),
    };
    if !real.starts_with(&root) {
        return Some("it is outside the workspace".to_owned());
    }
    if is_generated(text) {
        return Some("it is generated".to_owned());
    }
    let mut inside = real.ancestors().skip(1).take_while(|it| **it != root);
    if inside.any(holds_no_source_of_ours) {
        return Some("it is in a cache or vendored".to_owned());
    }
    match fs::metadata(&real) {
        Ok(metadata) if metadata.permissions().readonly() => Some("it is read-only".to_owned()),
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    }
}

/// Writes the changed files, each whole or not at all. Returns what went wrong, by path.
pub(crate) fn write_all(root: &Path, outcome: &Outcome) -> Vec<(String, String)> {
    let write = |(path, change): (&Arc<str>, &Change)| {
        let why = replace(&root.join(&**path), change).err()?;
        Some((path.to_string(), why))
    };
    outcome.changes.par_iter().filter_map(write).collect()
}

/// Removes what a run that was killed has left beside the files of `report`, and says how many there were.
pub(crate) fn sweep(report: &Report) -> usize {
    let dirs: BTreeSet<PathBuf> =
        report.sources.paths().map(|path| dir_of(&report.root.join(path))).collect();
    let Ok(root) = report.root.canonicalize() else { return 0 };
    let is_ours = |dir: &&PathBuf| dir.canonicalize().is_ok_and(|dir| dir.starts_with(&root));
    dirs.iter().filter(is_ours).map(|dir| temporary::sweep(dir)).sum()
}

fn dir_of(path: &Path) -> PathBuf {
    path.parent().map_or_else(|| PathBuf::from("."), Path::to_owned)
}

/// Puts the new text where the old one is: into a file beside it that then takes its name, so that the file is the old one
/// or the new one at every moment. A symlink stays, and leads to the new text.
fn replace(path: &Path, change: &Change) -> Result<(), String> {
    let real = path.canonicalize().map_err(|error| error.to_string())?;
    let now = fs::read(&real).map_err(|error| error.to_string())?;
    if now != change.old.as_bytes() {
        return Err("it was changed while it was analysed".to_owned());
    }
    swap(&real, change.new.as_bytes()).map_err(|error| error.to_string())
}

fn swap(real: &Path, text: &[u8]) -> io::Result<()> {
    let mut new = temporary::new_in(&dir_of(real), None)?;
    new.write_all(text)?;
    let metadata = fs::metadata(real)?;
    keep_owner(&new, &metadata);
    // After the owner: to change that takes set-user-id bits away.
    fs::set_permissions(new.path(), metadata.permissions())?;
    // What the name stands for must be on disk before the name is.
    new.as_file().sync_all()?;
    new.persist(real).map_err(|error| error.error)?;
    Ok(())
}

/// A file that root fixes stays its owner's. Whoever may not give files away owns it already, or is in its group.
#[cfg(unix)]
fn keep_owner(new: &tempfile::NamedTempFile, old: &fs::Metadata) {
    use std::os::unix::fs::MetadataExt as _;
    // Nothing is lost where this is not allowed: the new file is the user's, who could write the old one.
    let _ = std::os::unix::fs::fchown(new.as_file(), Some(old.uid()), Some(old.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &tempfile::NamedTempFile, _: &fs::Metadata) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(old: &str, new: &str) -> Change {
        Change { old: old.into(), new: new.into() }
    }

    #[test]
    fn what_somebody_has_changed_meanwhile_is_not_overwritten() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.rs");
        fs::write(&path, "theirs").expect("a file");
        assert!(replace(&path, &change("old", "new")).is_err());
        assert_eq!(fs::read_to_string(&path).expect("a file"), "theirs");
        replace(&path, &change("theirs", "new")).expect("written");
        assert_eq!(fs::read_to_string(&path).expect("a file"), "new");
        assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_is_generated_vendored_outside_or_not_there_is_taboo() {
        let dir = tempfile::tempdir().expect("a directory");
        let root = dir.path().join("root");
        fs::create_dir_all(root.join("vendor/x")).expect("directories");
        for path in ["root/a.rs", "root/vendor/x/lib.rs", "b.rs"] {
            fs::write(dir.path().join(path), "").expect("a file");
        }
        fs::write(root.join("vendor/x/.cargo-checksum.json"), "{}").expect("a file");
        assert_eq!(taboo(&root, "a.rs", ""), None);
        assert!(taboo(&root, "a.rs", concat!("// @", "generated\n")).is_some());
        assert!(taboo(&root, "vendor/x/lib.rs", "").is_some());
        assert!(taboo(&root, "../b.rs", "").is_some());
        assert!(taboo(&root, "none.rs", "").is_some());
    }
}
