//! The dependency tables of a manifest, inherited entries resolved.

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
    for table in std::iter::once(&manifest.table).chain(per_target) {
        out.extend(section(manifest, table, "dependencies", DependencyKind::Normal));
        out.extend(section(manifest, table, "dev-dependencies", DependencyKind::Dev));
    }
    out
}

fn section(manifest: &Manifest, table: &Table, key: &str, kind: DependencyKind) -> Vec<DeclaredDependency> {
    let Some(entries) = table.get(key).and_then(Value::as_table) else { return Vec::new() };
    let dependencies = entries.iter().map(|(name, value)| dependency(manifest, name, value));
    dependencies.map(|dependency| DeclaredDependency { dependency, kind }).collect()
}

fn dependency(manifest: &Manifest, key: &str, value: &Value) -> Dependency {
    let value = match value.get("workspace") {
        Some(Value::Boolean(true)) => inherited(manifest, key).unwrap_or(value),
        _ => value,
    };
    let field = |name: &str| value.get(name).and_then(Value::as_str);
    Dependency {
        name: Name::new(&key.replace('-', "_")),
        package: field("package").unwrap_or(key).to_owned(),
        requirement: value.as_str().or(field("version")).unwrap_or("*").to_owned(),
    }
}

fn inherited<'a>(manifest: &'a Manifest, key: &str) -> Option<&'a Value> {
    manifest.workspace.get("dependencies")?.get(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renamed_and_inherited_dependencies_keep_package_and_requirement() {
        let table: Table = "[dependencies]\na-b = \"1\"\nmaps.workspace = true\nlocal = { path = \"x\" }\n\
            [target.'cfg(unix)'.dev-dependencies]\nt = { version = \"2\", package = \"tt\" }"
            .parse()
            .expect("valid");
        let workspace: Table =
            "[dependencies]\nmaps = { package = \"dashmap\", version = \"6\" }".parse().expect("valid");
        let found = declared(&Manifest { dir: "x".into(), table, workspace });
        let seen: Vec<_> = found
            .iter()
            .map(|it| {
                let Dependency { name, package, requirement } = &it.dependency;
                format!("{name} {package} {requirement} {:?}", it.kind)
            })
            .collect();
        assert_eq!(seen, ["a_b a-b 1 Normal", "local local * Normal", "maps dashmap 6 Normal", "t tt 2 Dev"]);
    }
}
