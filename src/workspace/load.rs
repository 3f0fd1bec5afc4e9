//! One workspace, the best way it can be had: cargo's word, else the manifests'.

use std::path::{Path, PathBuf};

use super::package::Loaded;
use super::{manifest, metadata};

/// Loads the workspace of `manifest`. Paths come back canonical where they exist.
///
/// # Errors
///
/// Where neither cargo nor we can read it: why, as a lowercase fragment.
pub(crate) fn load(manifest: &Path) -> Result<Loaded, String> {
    let loaded = match metadata::load(manifest) {
        Ok(loaded) => loaded,
        Err(why) => without_cargo(manifest, &why)?,
    };
    Ok(canonical(loaded))
}

fn without_cargo(manifest: &Path, why: &str) -> Result<Loaded, String> {
    let mut loaded = manifest::load(manifest).map_err(|own| format!("the manifest does not load: {own}"))?;
    let place = manifest.display();
    loaded
        .notes
        .push(format!("`cargo metadata` failed for `{place}` ({why}): manifests are read without it"));
    Ok(loaded)
}

/// The same workspace by its real paths.
pub(crate) fn canonical(mut loaded: Loaded) -> Loaded {
    loaded.root = real(&loaded.root);
    for package in &mut loaded.packages {
        package.manifest = real(&package.manifest);
    }
    loaded
}

/// The path behind every symlink, or the path as it is where it leads nowhere.
pub(crate) fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
