//! The members of a workspace manifest: globs, exclusions and path dependencies, as cargo expands them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use globset::Glob;
use toml::{Table, Value};

use super::manifest::Manifest;
use super::paths;

/// The manifests of all members, the root's own first where it is a package, without repetition.
pub(crate) fn expand(root: &Manifest) -> Vec<PathBuf> {
    let excluded: Vec<PathBuf> = strings(&root.workspace, "exclude").map(|dir| root.dir.join(dir)).collect();
    let mut found = BTreeSet::new();
    for pattern in strings(&root.workspace, "members") {
        found.extend(matching(&root.dir, pattern));
    }
    found.extend(path_dependencies(root));
    found.remove(&root.dir);
    found.retain(|dir| dir.join("Cargo.toml").is_file() && !excluded.iter().any(|it| dir.starts_with(it)));
    let own = root.table.contains_key("package").then(|| root.dir.join("Cargo.toml"));
    own.into_iter().chain(found.into_iter().map(|dir| dir.join("Cargo.toml"))).collect()
}

fn strings<'a>(table: &'a Table, key: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    table.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The root package's path dependencies inside the workspace are members without being listed.
fn path_dependencies(root: &Manifest) -> Vec<PathBuf> {
    let entries = root.table.get("dependencies").and_then(Value::as_table);
    let paths = entries.into_iter().flat_map(Table::values).filter_map(|value| value.get("path")?.as_str());
    paths
        .map(|path| paths::normalize(&root.dir.join(path)))
        .filter(|dir| dir.starts_with(&root.dir))
        .collect()
}

/// The directories below `dir` that `pattern` names, component by component.
fn matching(dir: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut dirs = vec![dir.to_owned()];
    for component in pattern.split('/').filter(|component| !component.is_empty() && *component != ".") {
        dirs = dirs.iter().flat_map(|dir| step(dir, component)).collect();
    }
    dirs.iter().map(|dir| paths::normalize(dir)).collect()
}

fn step(dir: &Path, component: &str) -> Vec<PathBuf> {
    if !component.contains(['*', '?', '[']) {
        return vec![dir.join(component)];
    }
    let Ok(glob) = Glob::new(component) else { return Vec::new() };
    let matcher = glob.compile_matcher();
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let dirs = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
    dirs.filter(|path| path.file_name().is_some_and(|name| matcher.is_match(name))).collect()
}
