//! The files that `--output` names: none of them takes another's place, nor that of something that the run reads.

use std::path::{Path, PathBuf};

use crate::atomic;
use crate::baseline;
use crate::cli::{CheckArgs, Destination};
use crate::config;
use crate::failure::Failure;
use crate::report::Report;
use crate::workspace::normalize;

/// Whether every file can be written, before anything is analysed.
///
/// # Errors
///
/// Where one cannot or is an input by its name, or two reports would go to one file.
pub(super) fn check(args: &CheckArgs) -> Result<(), Failure> {
    let files = &args.formats.files;
    for (index, Destination { path, .. }) in files.iter().enumerate() {
        if files[..index].iter().any(|it| is_same(&it.path, path)) {
            return Err(Failure::usage(format!("two reports would be written to `{}`", path.display())));
        }
        if is_input(path) || args.inputs().any(|it| is_same(it, path)) {
            return Err(would_overwrite(path));
        }
        atomic::check(path)?;
    }
    Ok(())
}

/// The same for files that a run has read, whatever their names are: what is included, and roots of targets.
///
/// # Errors
///
/// Where a report would overwrite one.
pub(super) fn check_read(args: &CheckArgs, report: &Report) -> Result<(), Failure> {
    let is_read = |own: &PathBuf| report.sources.paths().any(|it| normalize(&report.root.join(it)) == *own);
    let mut paths = args.formats.files.iter().map(|it| &it.path);
    let read = paths.find(|path| path.canonicalize().is_ok_and(|own| is_read(&own)));
    read.map_or(Ok(()), |path| Err(would_overwrite(path)))
}

/// Whether two paths lead to one file, or would. A device takes any number of reports.
fn is_same(a: &Path, b: &Path) -> bool {
    let is_device = a.metadata().is_ok_and(|it| !it.is_file());
    !is_device && (a == b || real(a).is_some_and(|a| Some(a) == real(b)))
}

/// The path behind every link; of a file that is not there, its name in the real directory.
fn real(path: &Path) -> Option<PathBuf> {
    let dir = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = || Some(dir.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(beside)
}

/// Whether a file is one that this command, cargo, rustup or git reads, by its name or by where it is.
fn is_input(path: &Path) -> bool {
    let names = [
        "Cargo.toml",
        "Cargo.lock",
        "rust-project.json",
        "rust-toolchain",
        "rust-toolchain.toml",
        ".cargo/config",
        ".cargo/config.toml",
        config::FILE_NAME,
        baseline::FILE_NAME,
    ];
    let Some(real) = real(path) else { return false };
    let is_source = real.extension().is_some_and(|it| it == "rs") && real.exists();
    let is_of_git = real.components().any(|part| part.as_os_str() == ".git");
    is_source || is_of_git || names.iter().any(|name| real.ends_with(name))
}

fn would_overwrite(path: &Path) -> Failure {
    Failure::usage(format!("a report would overwrite `{}`, which is there to be read", path.display()))
}
