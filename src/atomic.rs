//! Files that are written whole or not at all.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::failure::Failure;
use crate::temporary;

/// Whether a file can be written there. Nothing is left behind.
///
/// # Errors
///
/// Where it cannot: a directory that is not there, a read-only place.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    match place(path)? {
        Place::File { path, .. } => draft(&path).map(drop),
        Place::Device => Ok(()),
    }
}

/// Writes all of `files`. Readers see a file as it was or as it is meant to be, and no file is touched before all
/// texts are on disk.
///
/// # Errors
///
/// Where one cannot be written.
pub(crate) fn write(files: &[(&Path, String)]) -> Result<(), Failure> {
    let dirs: BTreeSet<&Path> = files.iter().map(|(path, _)| dir_of(path)).collect();
    for dir in dirs {
        temporary::sweep(dir);
    }
    let drafts = files.iter().map(|(path, text)| prepare(path, text)).collect::<Result<Vec<_>, _>>()?;
    drafts.into_iter().try_for_each(Draft::publish)
}

/// What stands where a file is to be written.
enum Place {
    /// A file, by its path behind every link, or nothing yet.
    File { path: PathBuf, permissions: Option<Permissions> },
    /// Something that keeps no text, `/dev/null` or a pipe: to put a file in its place would break it.
    Device,
}

fn place(path: &Path) -> Result<Place, Failure> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(refusal(path, "it is a directory")),
        Ok(found) if !found.is_file() => Ok(Place::Device),
        Ok(found) if found.permissions().readonly() => Err(refusal(path, "it is read-only")),
        Ok(found) => {
            let real = path.canonicalize().map_err(|error| failed(path, &error))?;
            Ok(Place::File { path: real, permissions: Some(found.permissions()) })
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Ok(Place::File { path: path.to_owned(), permissions: None })
        }
        Err(error) => Err(failed(path, &error)),
    }
}

/// A text on its way to its place.
enum Draft<'a> {
    File { draft: NamedTempFile, path: PathBuf },
    Device { path: &'a Path, text: &'a str },
}

fn prepare<'a>(path: &'a Path, text: &'a str) -> Result<Draft<'a>, Failure> {
    let (real, permissions) = match place(path)? {
        Place::File { path, permissions } => (path, permissions),
        Place::Device => return Ok(Draft::Device { path, text }),
    };
    let mut draft = draft(&real)?;
    let written = draft.write_all(text.as_bytes());
    let kept = permissions.map_or(Ok(()), |it| draft.as_file().set_permissions(it));
    written.and(kept).map_err(|error| failed(path, &error))?;
    Ok(Draft::File { draft, path: real })
}

impl Draft<'_> {
    fn publish(self) -> Result<(), Failure> {
        match self {
            Draft::File { draft, path } => {
                draft.persist(&path).map(drop).map_err(|error| failed(&path, &error.error))
            }
            Draft::Device { path, text } => fs::write(path, text).map_err(|error| failed(path, &error)),
        }
    }
}

/// An empty file beside `path`, which goes away unless it takes that place.
fn draft(path: &Path) -> Result<NamedTempFile, Failure> {
    let dir = dir_of(path);
    if !dir.is_dir() {
        return Err(refusal(path, &format!("there is no directory `{}`", dir.display())));
    }
    temporary::new_in(dir, open_to_others()).map_err(|error| failed(path, &error))
}

fn dir_of(path: &Path) -> &Path {
    path.parent().filter(|dir| *dir != OsStr::new("")).unwrap_or(Path::new("."))
}

/// Other users, such as the one that uploads reports, may read what they could read of any new file.
fn open_to_others() -> Option<Permissions> {
    #[cfg(unix)]
    let permissions = Some(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    #[cfg(not(unix))]
    let permissions = None;
    permissions
}

/// The name of the draft, which the error may have, tells nobody anything.
fn failed(path: &Path, error: &io::Error) -> Failure {
    refusal(path, &error.kind().to_string())
}

fn refusal(path: &Path, why: &str) -> Failure {
    Failure::usage(format!("`{}` cannot be written: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).expect("a directory").flatten();
        let mut names: Vec<String> =
            entries.map(|it| it.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn all_are_written_or_none() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (good, bad) = (dir.path().join("good"), dir.path().join("none/bad"));
        let failure =
            write(&[(&good, "text".to_owned()), (&bad, "text".to_owned())]).expect_err("no directory");
        assert!(failure.message.contains("there is no directory"), "{failure}");
        assert_eq!(names(dir.path()), Vec::<String>::new());
        write(&[(&good, "text".to_owned())]).expect("a place");
        assert_eq!(fs::read_to_string(&good).expect("a file"), "text");
        assert_eq!(names(dir.path()), ["good"]);
    }

    #[test]
    fn a_check_leaves_nothing_behind() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        check(&dir.path().join("new")).expect("a place");
        assert_eq!(names(dir.path()), Vec::<String>::new());
        assert!(check(dir.path()).expect_err("a directory").message.contains("it is a directory"));
    }

    #[test]
    fn a_read_only_file_is_kept() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("kept");
        fs::write(&path, "old").expect("a file");
        let mut permissions = fs::metadata(&path).expect("a file").permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).expect("permissions");
        assert!(write(&[(&path, "new".to_owned())]).expect_err("read-only").message.contains("read-only"));
        assert_eq!(fs::read_to_string(&path).expect("a file"), "old");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_devices_stay() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, "old").expect("a file");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        let null = Path::new("/dev/null");
        write(&[(&link, "new".to_owned()), (null, "gone".to_owned())]).expect("places");
        assert_eq!(fs::read_to_string(&file).expect("a file"), "new");
        assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
        assert!(!fs::metadata(null).expect("a device").is_file());
    }
}
