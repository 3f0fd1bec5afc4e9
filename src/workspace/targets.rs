//! The targets of a manifest: those it names and those cargo would discover.

use std::path::{Path, PathBuf};

use safe_map_analysis::facts::Edition;
use toml::{Table, Value};

use super::manifest::Manifest;
use super::package::{Target, TargetKind};

/// One kind of target with the places that cargo looks in.
struct Section {
    kind: TargetKind,
    key: &'static str,
    auto_key: &'static str,
    dir: &'static str,
}

const SECTIONS: [Section; 4] = [
    Section { kind: TargetKind::Bin, key: "bin", auto_key: "autobins", dir: "src/bin" },
    Section { kind: TargetKind::Example, key: "example", auto_key: "autoexamples", dir: "examples" },
    Section { kind: TargetKind::Test, key: "test", auto_key: "autotests", dir: "tests" },
    Section { kind: TargetKind::Bench, key: "bench", auto_key: "autobenches", dir: "benches" },
];

/// Every target of the package `name` whose root file exists.
pub(crate) fn targets(manifest: &Manifest, name: &str, edition: Edition) -> Vec<Target> {
    let mut found = Vec::new();
    found.extend(library(manifest, name));
    for section in &SECTIONS {
        found.extend(named(manifest, section, name));
        found.extend(discovered(manifest, section, name));
    }
    let mut out: Vec<Target> = Vec::new();
    for (name, kind, root) in found {
        if root.is_file() && !out.iter().any(|it| it.root == root) {
            out.push(Target { name, kind, root, edition });
        }
    }
    out
}

type Found = (String, TargetKind, PathBuf);

fn library(manifest: &Manifest, package: &str) -> Option<Found> {
    let section = manifest.table.get("lib").and_then(Value::as_table);
    let field = |key| section.and_then(|lib: &Table| lib.get(key)?.as_str());
    let name = field("name").map_or_else(|| package.replace('-', "_"), str::to_owned);
    Some((name, TargetKind::Lib, manifest.dir.join(field("path").unwrap_or("src/lib.rs"))))
}

fn named(manifest: &Manifest, section: &Section, package: &str) -> Vec<Found> {
    let entries = manifest.table.get(section.key).and_then(Value::as_array).into_iter().flatten();
    let entries = entries.filter_map(Value::as_table);
    entries.filter_map(|entry| named_target(manifest, section, entry, package)).collect()
}

fn named_target(manifest: &Manifest, section: &Section, entry: &Table, package: &str) -> Option<Found> {
    let name = entry.get("name")?.as_str()?;
    let root = match entry.get("path").and_then(Value::as_str) {
        Some(path) => manifest.dir.join(path),
        None => default_root(&manifest.dir, section, name, package)?,
    };
    Some((name.to_owned(), section.kind, root))
}

/// Where cargo looks for a target that has a name and no path.
fn default_root(dir: &Path, section: &Section, name: &str, package: &str) -> Option<PathBuf> {
    let below = dir.join(section.dir);
    let main = dir.join("src/main.rs");
    let own_main = (section.kind == TargetKind::Bin && name == package).then_some(main);
    let places = [Some(below.join(format!("{name}.rs"))), Some(below.join(name).join("main.rs")), own_main];
    places.into_iter().flatten().find(|path| path.is_file())
}

fn discovered(manifest: &Manifest, section: &Section, package: &str) -> Vec<Found> {
    let automatic = manifest.table.get("package").and_then(|it| it.get(section.auto_key)?.as_bool());
    if automatic == Some(false) {
        return Vec::new();
    }
    let mut found = Vec::new();
    if section.kind == TargetKind::Bin {
        found.push((package.to_owned(), TargetKind::Bin, manifest.dir.join("src/main.rs")));
    }
    let mut entries = entries(&manifest.dir.join(section.dir));
    entries.sort();
    found
        .extend(entries.into_iter().filter_map(|path| Some((stem(&path)?, section.kind, entry_root(path)?))));
    found
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(dir).map(|it| it.flatten().map(|entry| entry.path()).collect()).unwrap_or_default()
}

fn stem(path: &Path) -> Option<String> {
    path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned)
}

/// `x.rs`, or `x/main.rs` for the directory `x`.
fn entry_root(path: PathBuf) -> Option<PathBuf> {
    let is_source = path.extension().is_some_and(|extension| extension == "rs");
    if is_source && path.is_file() {
        return Some(path);
    }
    Some(path.join("main.rs")).filter(|main| main.is_file())
}
