//! The dependency tables of a manifest, inherited entries resolved.

use std::collections::{BTreeMap, BTreeSet};

use safe_map_analysis::name::Name;
use safe_map_analysis::source::Dependency;
use toml::{Table, Value};

use super::manifest::Manifest;
use super::package::{DeclaredDependency, DependencyKind};

/// What the package can name, `[target.'cfg(..)'.dependencies]` included.
pub(crate) fn declared(manifest: &Manifest) -> Vec<DeclaredDependency> {
    let per_target = manifest.table.get("target").and_then(Value::as_table);
    let per_target = per_target.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    let mut out = Vec::new();
    let all = std::iter::once((&manifest.table, false)).chain(per_target.map(|it| (it, true)));
    for (table, is_conditional) in all {
        let normal = section(manifest, table, "dependencies", DependencyKind::Normal);
        let dev = section(manifest, table, "dev-dependencies", DependencyKind::Dev);
        out.extend(normal.into_iter().chain(dev).map(|mut it| {
            it.dependency.is_conditional |= is_conditional;
            it
        }));
    }
    out
}

fn section(manifest: &Manifest, table: &Table, key: &str, kind: DependencyKind) -> Vec<DeclaredDependency> {
    let Some(entries) = table.get(key).and_then(Value::as_table) else { return Vec::new() };
    entries.iter().map(|(name, value)| declaration(manifest, name, value, kind)).collect()
}

/// An inherited dependency adds its features to the workspace's.
fn declaration(manifest: &Manifest, key: &str, own: &Value, kind: DependencyKind) -> DeclaredDependency {
    let value = match own.get("workspace") {
        Some(Value::Boolean(true)) => inherited(manifest, key).unwrap_or(own),
        _ => own,
    };
    let asked = [own, value].into_iter().filter_map(|it| it.get("features")?.as_array()).flatten();
    // An inherited path starts where the workspace is.
    let base = if std::ptr::eq(value, own) { &manifest.dir } else { &manifest.root };
    let path = value.get("path").and_then(Value::as_str).map(|path| base.join(path));
    let declines = |it: &Value| it.get("default-features").and_then(Value::as_bool) == Some(false);
    DeclaredDependency {
        dependency: Dependency {
            is_conditional: is_optional(own),
            features: asked.filter_map(Value::as_str).map(str::to_owned).collect(),
            ..dependency(key, value)
        },
        kind,
        default_features: !declines(value),
        path,
    }
}

/// The features of a manifest as cargo counts them: an optional dependency is one, unless `dep:` names it.
pub(crate) fn features(manifest: &Manifest) -> BTreeMap<String, Vec<String>> {
    let strings = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let table = manifest.table.get("features").and_then(Value::as_table);
    let mut all: BTreeMap<String, Vec<String>> =
        table.into_iter().flatten().map(|(name, value)| (name.clone(), strings(value))).collect();
    let named: BTreeSet<String> =
        all.values().flatten().filter_map(|it| it.strip_prefix("dep:")).map(str::to_owned).collect();
    let dependencies = manifest.table.get("dependencies").and_then(Value::as_table).into_iter().flatten();
    for (name, _) in dependencies.filter(|(name, value)| is_optional(value) && !named.contains(*name)) {
        all.entry(name.clone()).or_default();
    }
    all
}

fn is_optional(value: &Value) -> bool {
    value.get("optional").and_then(Value::as_bool) == Some(true)
}

fn dependency(key: &str, value: &Value) -> Dependency {
    let field = |name: &str| value.get(name).and_then(Value::as_str);
    Dependency {
        name: Name::new(&key.replace('-', "_")),
        package: field("package").unwrap_or(key).to_owned(),
        requirement: value.as_str().or(field("version")).unwrap_or("*").to_owned(),
        is_conditional: false,
        features: Vec::new(),
    }
}

fn inherited<'a>(manifest: &'a Manifest, key: &str) -> Option<&'a Value> {
    manifest.workspace.get("dependencies")?.get(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_those_of_the_table_and_of_optional_dependencies() {
        let table: Table = "[dependencies]\na = { version = \"1\", optional = true }\nb = { version = \"1\", optional = true }\n\
            c = \"1\"\n[features]\ndefault = [\"x\"]\nx = [\"dep:b\"]"
            .parse()
            .expect("valid");
        let found = features(&Manifest { dir: "x".into(), root: "x".into(), table, workspace: Table::new() });
        assert_eq!(found.keys().collect::<Vec<_>>(), ["a", "default", "x"]);
        assert_eq!(found["default"], ["x"]);
    }

    #[test]
    fn renamed_and_inherited_dependencies_keep_package_and_requirement() {
        let table: Table = "[dependencies]\na-b = \"1\"\nmaps.workspace = true\nlocal = { path = \"x\" }\n\
            [target.'cfg(unix)'.dev-dependencies]\nt = { version = \"2\", package = \"tt\" }"
            .parse()
            .expect("valid");
        let workspace: Table =
            "[dependencies]\nmaps = { package = \"dashmap\", version = \"6\" }".parse().expect("valid");
        let found = declared(&Manifest { dir: "x".into(), root: "w".into(), table, workspace });
        let seen: Vec<_> = found
            .iter()
            .map(|it| {
                let Dependency { name, package, requirement, is_conditional, .. } = &it.dependency;
                let when = if *is_conditional { " sometimes" } else { "" };
                format!("{name} {package} {requirement} {:?}{when}", it.kind)
            })
            .collect();
        assert_eq!(
            seen,
            ["a_b a-b 1 Normal", "local local * Normal", "maps dashmap 6 Normal", "t tt 2 Dev sometimes"]
        );
    }
}
