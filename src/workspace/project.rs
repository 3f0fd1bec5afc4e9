//! `rust-project.json`: the crates of a workspace that another build system builds (Bazel, Buck, the Linux kernel).
//!
//! In: the file that such systems write for rust-analyzer. Out: the same [`Loaded`] that cargo's workspaces become: a
//! package of one target for each crate. `cfg` is not read, as all branches are analysed. Crates that are no members
//! are read for their types alone; those that the knowledge files speak of are not read at all, as with cargo.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use safe_map_analysis::facts::Edition;
use safe_map_analysis::knowledge::Knowledge;
use safe_map_analysis::name::Name;
use safe_map_analysis::source::Dependency;
use serde::Deserialize;

use super::load::real;
use super::package::{DeclaredDependency, DependencyKind, Loaded, Membership, Package, Target, TargetKind};
use super::{paths, unit};

/// The names under which rust-analyzer looks for the file.
const FILE_NAMES: [&str; 2] = ["rust-project.json", ".rust-project.json"];

#[derive(Deserialize)]
struct Project {
    crates: Vec<RawCrate>,
}

#[derive(Deserialize)]
struct RawCrate {
    display_name: Option<String>,
    root_module: PathBuf,
    edition: Option<String>,
    version: Option<String>,
    #[serde(default)]
    deps: Vec<RawDependency>,
    is_workspace_member: Option<bool>,
    build: Option<Build>,
}

#[derive(Deserialize)]
struct RawDependency {
    #[serde(rename = "crate")]
    krate: usize,
    name: String,
}

#[derive(Deserialize)]
struct Build {
    target_kind: Option<String>,
}

/// The project file in `dir` or in the nearest directory above it.
pub(crate) fn nearest_project(dir: &Path) -> Option<PathBuf> {
    let places = dir.ancestors().flat_map(|dir| FILE_NAMES.map(|name| dir.join(name)));
    places.into_iter().find(|file| file.is_file())
}

/// Reads the project file at `path`.
///
/// # Errors
///
/// Where it cannot be read or is not such a file: why, as a lowercase fragment.
pub(crate) fn load(path: &Path) -> Result<Loaded, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("the file cannot be read: {error}"))?;
    let raw: Project =
        serde_json::from_str(&text).map_err(|error| format!("the project does not load: {error}"))?;
    let root = real(path.parent().unwrap_or(Path::new("")));
    let packages = packages(&root, &raw.crates);
    Ok(Loaded { root, packages, notes: Vec::new() })
}

/// A package for each root module, members first: where a crate stands there again under other `cfg`s, the first speaks.
fn packages(dir: &Path, crates: &[RawCrate]) -> Vec<Package> {
    let identities = identities(dir, crates);
    let read = crates.iter().zip(&identities).filter(|(_, identity)| identity.origin == Origin::Read);
    let mut packages: Vec<Package> =
        read.map(|(krate, identity)| package(krate, identity, crates, &identities)).collect();
    packages.sort_by_key(|it| (it.membership, it.targets[0].kind));
    let mut seen = BTreeSet::new();
    packages.retain(|it| seen.insert(it.manifest.clone()));
    packages
}

fn package(krate: &RawCrate, identity: &Identity, crates: &[RawCrate], all: &[Identity]) -> Package {
    let known = krate.deps.iter().filter_map(|it| Some((it, crates.get(it.krate)?, all.get(it.krate)?)));
    let dependencies = known.map(|(dependency, target, identity)| DeclaredDependency {
        dependency: Dependency {
            name: Name::new(&dependency.name),
            package: identity.package.clone(),
            requirement: target.version.as_ref().map_or_else(|| "*".to_owned(), |it| format!("={it}")),
            is_conditional: false,
            features: Vec::new(),
        },
        kind: DependencyKind::Normal,
        default_features: true,
        path: None,
    });
    let version = krate.version.clone().unwrap_or_else(|| "0.0.0".to_owned());
    Package {
        id: unit::path_id(&identity.root, &identity.package, &version),
        name: identity.package.clone(),
        version,
        manifest: identity.root.clone(),
        membership: identity.membership,
        dependencies: dependencies.collect(),
        targets: vec![Target {
            name: identity.name.clone(),
            kind: kind(krate),
            root: identity.root.clone(),
            edition: krate.edition.as_deref().and_then(Edition::parse).unwrap_or_default(),
        }],
        features: None,
    }
}

fn kind(krate: &RawCrate) -> TargetKind {
    match krate.build.as_ref().and_then(|build| build.target_kind.as_deref()) {
        Some("bin") => TargetKind::Bin,
        Some("test") => TargetKind::Test,
        Some(_) => TargetKind::Lib,
        None if krate.root_module.ends_with("main.rs") => TargetKind::Bin,
        None => TargetKind::Lib,
    }
}

/// What a crate is called, and whether its sources are read.
struct Identity {
    root: PathBuf,
    name: String,
    /// As the name, and unlike those of the other crates that are read.
    package: String,
    membership: Membership,
    origin: Origin,
}

#[derive(Clone, Copy, PartialEq)]
enum Origin {
    /// Its sources say what it is.
    Read,
    /// The knowledge files do.
    Known,
}

fn identities(dir: &Path, crates: &[RawCrate]) -> Vec<Identity> {
    let known = known_crates();
    let mut packages: BTreeMap<String, PathBuf> = BTreeMap::new();
    let identity = |(index, krate): (usize, &RawCrate)| {
        let root = real(&paths::normalize(&dir.join(&krate.root_module)));
        let membership = membership(krate, &root, dir);
        let names = names(index, krate, crates);
        let known = names.iter().find(|it| known.contains(&it.replace('-', "_")));
        if let (Membership::Foreign, Some(name)) = (membership, known) {
            let (name, origin) = (name.clone(), Origin::Known);
            return Identity { root, package: name.clone(), name, membership, origin };
        }
        let name = names.into_iter().next().unwrap_or_else(|| stem(&root));
        let mut package = name.clone();
        if packages.entry(package.clone()).or_insert_with(|| root.clone()) != &root {
            package = format!("{name}#{index}");
            packages.insert(package.clone(), root.clone());
        }
        Identity { root, name, package, membership, origin: Origin::Read }
    };
    crates.iter().enumerate().map(identity).collect()
}

/// The file's word, else whether the crate is below the file, as rust-analyzer takes it.
fn membership(krate: &RawCrate, root: &Path, dir: &Path) -> Membership {
    let is_member = krate.is_workspace_member.unwrap_or_else(|| root.starts_with(dir));
    if is_member { Membership::Member } else { Membership::Foreign }
}

/// What a crate calls itself, then what others call it.
fn names(index: usize, krate: &RawCrate, crates: &[RawCrate]) -> Vec<String> {
    let by_others = crates.iter().flat_map(|it| &it.deps).filter(|it| it.krate == index);
    krate.display_name.iter().chain(by_others.map(|it| &it.name)).cloned().collect()
}

/// `a/src/lib.rs` is `a`, `a/b.rs` is `b`.
fn stem(root: &Path) -> String {
    let parts = root.with_extension("");
    let mut parts = parts.components().rev().map(|it| it.as_os_str().to_string_lossy().into_owned());
    let is_name = |part: &String| !matches!(part.as_str(), "lib" | "main" | "mod" | "src");
    parts.find(is_name).unwrap_or_else(|| "main".to_owned())
}

fn known_crates() -> BTreeSet<String> {
    let knowledge = Knowledge::builtin();
    knowledge.crates().chain(["core", "alloc", "proc_macro"]).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages_of(json: &str) -> Vec<Package> {
        let project: Project = serde_json::from_str(json).expect("a project");
        packages(Path::new("/r"), &project.crates)
    }

    #[test]
    fn names_and_versions_of_dependencies_follow_the_indices() {
        let found = packages_of(
            r#"{"crates": [
                {"display_name": "app", "root_module": "app/main.rs", "edition": "2018",
                 "deps": [{"crate": 1, "name": "maps"}, {"crate": 2, "name": "util"}, {"crate": 9, "name": "gone"}]},
                {"display_name": "dashmap", "root_module": "/v/dashmap/src/lib.rs", "version": "5.5.3"},
                {"root_module": "util/src/lib.rs", "edition": "2024", "deps": []}
            ]}"#,
        );
        let seen: Vec<_> =
            found.iter().map(|it| (it.name.as_str(), it.targets[0].kind, it.targets[0].edition)).collect();
        let expected = [("util", TargetKind::Lib, Edition::E2024), ("app", TargetKind::Bin, Edition::E2018)];
        assert_eq!(seen, expected);
        let dependencies: Vec<_> = found[1].dependencies.iter().map(|it| &it.dependency).collect();
        let written = dependencies.iter().map(|it| format!("{} {} {}", it.name, it.package, it.requirement));
        assert_eq!(written.collect::<Vec<_>>(), ["maps dashmap =5.5.3", "util util *"]);
    }

    #[test]
    fn one_root_is_one_package_and_one_name_is_not_two() {
        let found = packages_of(
            r#"{"crates": [
                {"display_name": "a", "root_module": "a.rs", "edition": "2021", "deps": [], "build": {"target_kind": "test"}},
                {"display_name": "a", "root_module": "a.rs", "edition": "2021", "deps": []},
                {"display_name": "a", "root_module": "/v/a.rs", "edition": "2021", "deps": []}
            ]}"#,
        );
        let seen: Vec<_> =
            found.iter().map(|it| (it.name.as_str(), it.membership, it.targets[0].kind)).collect();
        let (member, foreign) = (Membership::Member, Membership::Foreign);
        assert_eq!(seen, [("a", member, TargetKind::Lib), ("a#2", foreign, TargetKind::Lib)]);
    }
}
