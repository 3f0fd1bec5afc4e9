//! Manifests read without cargo: where `cargo metadata` fails, an incomplete answer is better than none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safe_map_analysis::facts::Edition;
use toml::{Table, Value};

use super::package::{Loaded, Membership, Package};
use super::{dependencies, members, targets, unit};

/// A manifest with the workspace it inherits from.
pub(crate) struct Manifest {
    /// Its directory.
    pub(crate) dir: PathBuf,
    /// The directory of the workspace.
    pub(crate) root: PathBuf,
    /// What it says.
    pub(crate) table: Table,
    /// The `[workspace]` table that `workspace = true` refers to; empty where there is none.
    pub(crate) workspace: Table,
}

/// Reads the workspace around `manifest`: all its members where the root is found, else the package alone.
///
/// # Errors
///
/// Where `manifest` itself cannot be read. A member that cannot be read becomes a note.
pub(crate) fn load(manifest: &Path) -> Result<Loaded, String> {
    let own = read(manifest)?;
    let root = workspace_root(manifest, &own);
    let root_table = match &root {
        Some(root) if root != manifest => read(root)?,
        _ => own,
    };
    let root = root.unwrap_or_else(|| manifest.to_owned());
    let dir = parent(&root);
    let workspace = root_table.get("workspace").and_then(Value::as_table).cloned().unwrap_or_default();
    let root_manifest = Manifest { dir: dir.clone(), root: dir.clone(), table: root_table, workspace };
    let mut loaded = Loaded { root: dir, ..Loaded::default() };
    for member in members::expand(&root_manifest) {
        match member_package(&member, &root_manifest) {
            Ok(package) => loaded.packages.extend(package),
            Err(why) => loaded.notes.push(format!("{why}; its package is left out")),
        }
    }
    Ok(loaded)
}

fn member_package(path: &Path, root: &Manifest) -> Result<Option<Package>, String> {
    let table = read(path)?;
    let (root, workspace) = (root.root.clone(), root.workspace.clone());
    Ok(package(&Manifest { dir: parent(path), root, table, workspace }))
}

fn package(manifest: &Manifest) -> Option<Package> {
    let section = manifest.table.get("package")?.as_table()?;
    let name = section.get("name")?.as_str()?.to_owned();
    let edition = edition(manifest);
    let version = section.get("version").and_then(Value::as_str).unwrap_or("0.0.0").to_owned();
    Some(Package {
        id: unit::path_id(&manifest.dir, &name, &version),
        version,
        manifest: manifest.dir.join("Cargo.toml"),
        membership: Membership::Member,
        dependencies: dependencies::declared(manifest),
        targets: targets::targets(manifest, &name, edition),
        features: Some(dependencies::features(manifest)),
        name,
    })
}

/// The edition that a manifest's package has, inherited ones too. Cargo's own default is 2015.
pub(crate) fn edition(manifest: &Manifest) -> Edition {
    let own = manifest.table.get("package").and_then(|package| package.get("edition"));
    let written = match own {
        Some(Value::String(text)) => Some(text.as_str()),
        Some(_) => inherited_edition(&manifest.workspace),
        None => None,
    };
    written.and_then(Edition::parse).unwrap_or(Edition::E2015)
}

fn inherited_edition(workspace: &Table) -> Option<&str> {
    workspace.get("package")?.get("edition")?.as_str()
}

/// Package name, edition and dependencies of the manifest nearest above `path`.
pub(crate) fn nearest_package(path: &Path) -> Option<(Package, Edition)> {
    let manifest = nearest_manifest(path)?;
    let loaded = load(&manifest).ok()?;
    let package = loaded.packages.into_iter().find(|package| package.manifest == manifest)?;
    let edition = package.targets.first().map(|target| target.edition)?;
    Some((package, edition))
}

/// The manifest in `path` or in the nearest directory above it.
pub(crate) fn nearest_manifest(path: &Path) -> Option<PathBuf> {
    path.ancestors().map(|dir| dir.join("Cargo.toml")).find(|manifest| manifest.is_file())
}

/// The root manifest above: the one `package.workspace` names, or the nearest with a `[workspace]` table.
fn workspace_root(manifest: &Path, table: &Table) -> Option<PathBuf> {
    if table.contains_key("workspace") {
        return Some(manifest.to_owned());
    }
    let named = table.get("package").and_then(|package| package.get("workspace")).and_then(Value::as_str);
    if let Some(named) = named {
        return Some(parent(manifest).join(named).join("Cargo.toml")).filter(|root| root.is_file());
    }
    let above = manifest.ancestors().skip(2).map(|dir| dir.join("Cargo.toml"));
    above.filter(|root| root.is_file()).find(|root| lists(root, manifest))
}

fn lists(root: &Path, member: &Path) -> bool {
    let Ok(table) = read(root) else { return false };
    let Some(workspace) = table.get("workspace").and_then(Value::as_table).cloned() else { return false };
    let root = Manifest { dir: parent(root), root: parent(root), table, workspace };
    members::expand(&root).iter().any(|manifest| manifest == member)
}

/// Name and version of the package that `manifest` declares; no version where it is inherited.
pub(crate) fn declared_package(manifest: &Path) -> Option<(String, Option<String>)> {
    let table = read(manifest).ok()?;
    let package = table.get("package")?;
    let field = |key: &str| package.get(key).and_then(Value::as_str).map(str::to_owned);
    Some((field("name")?, field("version")))
}

/// Whether the library of `manifest` has macros and nothing else for others.
pub(crate) fn is_proc_macro(manifest: &Path) -> bool {
    let Ok(table) = read(manifest) else { return false };
    let field = |key: &str| table.get("lib")?.get(key)?.as_bool();
    field("proc-macro").or(field("proc_macro")) == Some(true)
}

/// The directories that the `[patch]` tables of `manifest` put in place of packages, by name.
pub(crate) fn patches(manifest: &Path) -> BTreeMap<String, PathBuf> {
    let Ok(table) = read(manifest) else { return BTreeMap::new() };
    let sources = table.get("patch").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let entries = sources.filter_map(Value::as_table).flatten();
    let patch = |(key, value): (&String, &Value)| {
        let name = value.get("package").and_then(Value::as_str).unwrap_or(key);
        Some((name.to_owned(), parent(manifest).join(value.get("path")?.as_str()?)))
    };
    entries.filter_map(patch).collect()
}

fn read(path: &Path) -> Result<Table, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?;
    text.parse::<Table>().map_err(|error| {
        let why = error.message().lines().next().unwrap_or("not a manifest").to_owned();
        format!("`{}` does not parse: {why}", path.display())
    })
}

fn parent(manifest: &Path) -> PathBuf {
    manifest.parent().map(Path::to_owned).unwrap_or_default()
}
