//! The package and target behind a crate, as cargo names them in its messages.

use std::path::{Path, PathBuf};

use safe_map_analysis::facts::Edition;

use super::package::{Package, Target, TargetKind};

/// What cargo says of a crate that it compiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The package's name.
    pub package: String,
    /// Its id: cargo's own, or one of the same form.
    pub package_id: String,
    /// Its manifest; the place itself where there is none.
    pub manifest: PathBuf,
    /// The target's name.
    pub target: String,
    /// What the target is.
    pub kind: TargetKind,
    /// The file it starts from.
    pub root: PathBuf,
    /// Its edition.
    pub edition: Edition,
}

impl Unit {
    /// A target of a package.
    pub(crate) fn of(package: &Package, target: &Target) -> Unit {
        Unit {
            package: package.name.clone(),
            package_id: package.id.clone(),
            manifest: package.manifest.clone(),
            target: target.name.clone(),
            kind: target.kind,
            root: target.root.clone(),
            edition: target.edition,
        }
    }

    /// Files that were found by walking, taken for a library.
    pub(crate) fn loose(package: &str, place: &Path, edition: Edition) -> Unit {
        Unit {
            package: package.to_owned(),
            package_id: path_id(place, package, "0.0.0"),
            manifest: place.to_owned(),
            target: package.replace('-', "_"),
            kind: TargetKind::Lib,
            root: place.to_owned(),
            edition,
        }
    }
}

/// The id that cargo gives a package in a directory: the name is left out where the directory has it.
pub(crate) fn path_id(dir: &Path, name: &str, version: &str) -> String {
    let place = dir.display();
    if dir.file_name().is_some_and(|it| it == name) {
        format!("path+file://{place}#{version}")
    } else {
        format!("path+file://{place}#{name}@{version}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_cargos_form() {
        assert_eq!(path_id(Path::new("/w/app"), "app", "0.1.0"), "path+file:///w/app#0.1.0");
        assert_eq!(path_id(Path::new("/w/core"), "app-core", "0.1.0"), "path+file:///w/core#app-core@0.1.0");
    }
}
