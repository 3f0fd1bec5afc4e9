//! Files on their way to their place. Their names say which process they are of, so that what a killed run leaves behind is
//! known for what it is, and goes with the next run.

use std::fs::{self, Permissions};
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::NamedTempFile;

const START: &str = ".safe-map-lint-";
const END: &str = ".tmp";

/// How many characters tell the files of one process apart.
const RANDOM: usize = 6;

/// Where nobody says which processes run, a file of this age was left.
const LEFT: Duration = Duration::from_secs(3600);

/// An empty file in `dir`, which goes away unless it takes another's place. `permissions` are those that it has from the
/// beginning on, where the system knows such.
///
/// # Errors
///
/// Where it cannot be made.
pub(crate) fn new_in(dir: &Path, permissions: Option<Permissions>) -> io::Result<NamedTempFile> {
    let start = format!("{START}{}-", std::process::id());
    let mut builder = tempfile::Builder::new();
    builder.prefix(&start).suffix(END).rand_bytes(RANDOM);
    if let Some(permissions) = permissions {
        builder.permissions(permissions);
    }
    builder.tempfile_in(dir)
}

/// Removes what killed runs have left in `dir`, before this run makes files of its own, and says how many there were.
/// Another run that is at work at the same time keeps its own.
pub(crate) fn sweep(dir: &Path) -> usize {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    let is_left = |entry: &fs::DirEntry| {
        let process = entry.file_name().to_str().and_then(process);
        process.is_some_and(|process| is_over(process, entry))
            && entry.file_type().is_ok_and(|it| it.is_file())
    };
    // What cannot be removed stays: nothing depends on it.
    entries.flatten().filter(is_left).filter(|it| fs::remove_file(it.path()).is_ok()).count()
}

/// The process in a name of ours.
fn process(name: &str) -> Option<u32> {
    let (process, random) = name.strip_prefix(START)?.strip_suffix(END)?.split_once('-')?;
    let is_random = random.len() == RANDOM && random.bytes().all(|it| it.is_ascii_alphanumeric());
    process.parse().ok().filter(|_| is_random)
}

/// Whether the process that made a file has ended. One of our own number was another: we have made none yet.
fn is_over(process: u32, entry: &fs::DirEntry) -> bool {
    let processes = Path::new("/proc/self");
    if process == std::process::id() {
        return true;
    }
    if processes.exists() {
        return !processes.with_file_name(process.to_string()).exists();
    }
    let age = entry.metadata().and_then(|it| it.modified()).map(|it| it.elapsed().unwrap_or_default());
    age.is_ok_and(|age| age > LEFT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_ours_and_no_others_are_known() {
        assert_eq!(process(".safe-map-lint-42-aB3xYz.tmp"), Some(42));
        for name in [
            ".safe-map-lint-notes.tmp",
            ".safe-map-lint-42-aB3xYz",
            ".safe-map-lint-42-a.tmp",
            "42-aB3xYz.tmp",
        ] {
            assert_eq!(process(name), None, "{name}");
        }
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = new_in(dir.path(), None).expect("a file");
        let name = file.path().file_name().and_then(|it| it.to_str()).expect("a name");
        assert_eq!(process(name), Some(std::process::id()), "{name}");
    }
}
