//! Manifests and sources in a directory and below it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::exclusions;
use super::load::real;
use super::manifest::nearest_manifest;

/// The manifest in `dir`, where no workspace above may have it for a member.
pub(super) fn topmost_manifest(dir: &Path) -> Option<PathBuf> {
    let manifest = dir.join("Cargo.toml");
    let is_topmost = manifest.is_file() && dir.parent().and_then(nearest_manifest).is_none();
    is_topmost.then(|| real(&manifest))
}

/// The manifests below `dir` that have none above them there, in the order of paths.
pub(crate) fn manifests_below(dir: &Path) -> Vec<PathBuf> {
    let is_manifest = |it: &walkdir::DirEntry| it.file_name() == "Cargo.toml" && it.file_type().is_file();
    let found = exclusions::walk(dir).flatten().filter(is_manifest).map(|it| it.into_path());
    let all: BTreeSet<PathBuf> = found.collect();
    all.iter().filter(|it| !has_ancestor_in(it, &all)).cloned().collect()
}

/// Whether a manifest is below another one of `all`.
pub(super) fn has_ancestor_in(manifest: &Path, all: &BTreeSet<PathBuf>) -> bool {
    manifest.ancestors().skip(2).any(|dir| all.contains(&dir.join("Cargo.toml")))
}

/// Whether there is Rust in `dir` itself.
pub(super) fn holds_sources(dir: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(dir) else { return false };
    entries.flatten().any(|entry| entry.path().extension().is_some_and(|extension| extension == "rs"))
}
