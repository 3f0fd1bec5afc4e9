//! Where cargo keeps sources on this machine: vendored directories, unpacked registries, checkouts of repositories.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::lock::Locked;
use crate::workspace::{exclusions, manifest, paths};

/// The directories to look in, best first.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Directories that stand for a source by cargo's configuration.
    vendored: Vec<PathBuf>,
    /// `$CARGO_HOME/registry/src/*`.
    registries: Vec<PathBuf>,
    /// `$CARGO_HOME/git/checkouts/*/*`.
    checkouts: Vec<PathBuf>,
    /// The packages of the checkouts that were looked into, by name.
    packages: BTreeMap<PathBuf, BTreeMap<String, PathBuf>>,
}

impl Places {
    /// Those of a workspace in `root`.
    pub(super) fn around(root: &Path) -> Places {
        let home = cargo_home();
        let own = root.ancestors().map(|dir| dir.join(".cargo"));
        let vendored = vendored(&own.chain(home.clone()).collect::<Vec<_>>());
        let below = |dir: &str| home.as_ref().map(|home| entries(&home.join(dir))).unwrap_or_default();
        let checkouts = below("git/checkouts").iter().flat_map(|it| entries(it)).collect();
        Places { vendored, registries: below("registry/src"), checkouts, packages: BTreeMap::new() }
    }

    /// The manifest of a package that does not stand in the workspace, where its source is there.
    pub(super) fn manifest(&mut self, package: &Locked) -> Option<PathBuf> {
        let Locked { name, version, source, .. } = package;
        let versioned = format!("{name}-{version}");
        let vendored = self.vendored.iter().flat_map(|it| [it.join(&versioned), it.join(name)]);
        let vendored = vendored.map(|it| it.join("Cargo.toml")).find(|it| is_package(it, name, version));
        let source = source.as_deref()?;
        vendored.or_else(|| match source.strip_prefix("git+") {
            Some(repository) => self.checked_out(repository.rsplit_once('#')?.1, name),
            None => {
                let unpacked = self.registries.iter().map(|it| it.join(&versioned).join("Cargo.toml"));
                unpacked.into_iter().find(|it| it.is_file())
            }
        })
    }

    /// Checkouts are called by the first digits of their revision.
    fn checked_out(&mut self, revision: &str, name: &str) -> Option<PathBuf> {
        let is_it = |dir: &&PathBuf| {
            let short = dir.file_name().and_then(|it| it.to_str());
            short.is_some_and(|it| it.len() >= 7 && revision.starts_with(it))
        };
        let dir = self.checkouts.iter().find(is_it)?;
        let packages = self.packages.entry(dir.clone()).or_insert_with(|| packages_below(dir));
        packages.get(name).cloned()
    }
}

fn cargo_home() -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").filter(|it| !it.is_empty()).map(PathBuf::from);
    named.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|it| it.path()).filter(|it| it.is_dir()).collect();
    found.sort();
    found
}

/// The directories that sources are replaced by, in the configurations of these `.cargo` directories.
fn vendored(configurations: &[PathBuf]) -> Vec<PathBuf> {
    let (mut replacements, mut directories) = (BTreeSet::new(), Vec::new());
    for dir in configurations {
        let texts = ["config.toml", "config"].iter().map(|name| std::fs::read_to_string(dir.join(name)));
        let tables = texts.flatten().next().and_then(|text| text.parse::<Table>().ok());
        let sources = tables.as_ref().and_then(|it| it.get("source")?.as_table());
        for (name, source) in sources.into_iter().flatten() {
            let field = |key: &str| source.get(key).and_then(Value::as_str).map(str::to_owned);
            replacements.extend(field("replace-with"));
            let base = dir.parent().unwrap_or(dir);
            directories.extend(field("directory").map(|it| (name.clone(), paths::normalize(&base.join(it)))));
        }
    }
    let used = directories.into_iter().filter(|(name, _)| replacements.contains(name));
    used.map(|(_, dir)| dir).collect()
}

fn is_package(manifest: &Path, name: &str, version: &str) -> bool {
    let declared = manifest::declared_package(manifest);
    declared.is_some_and(|it| it.0 == name && it.1.is_none_or(|it| it == version))
}

fn packages_below(dir: &Path) -> BTreeMap<String, PathBuf> {
    let manifests = exclusions::walk(dir).flatten().filter(|it| it.file_name() == "Cargo.toml");
    let paths = manifests.map(|it| it.into_path());
    paths.filter_map(|path| Some((manifest::declared_package(&path)?.0, path))).collect()
}
