//! Directories without a manifest: every Rust file, its module guessed from where it stands.

use std::path::{Path, PathBuf};

use safe_map_analysis::facts::Edition;
use safe_map_analysis::name::Name;
use safe_map_analysis::source::{Crate, CrateId, Dependency};

use super::load::real;
use super::manifest::nearest_package;
use super::package::TargetKind;
use super::plan::{Plan, Purpose, Start};
use super::roots::walk_problem;
use super::{Unit, exclusions, paths};

/// Adds one crate for each of `loose`: a directory, or a single file.
pub(crate) fn add(plan: &mut Plan, loose: &[PathBuf]) {
    for place in loose {
        let krate = CrateId(plan.crates.len() as u32);
        let (crate_, edition) = describe(place);
        plan.units.push(Unit::loose(&crate_.package, place, edition));
        plan.crates.push(crate_);
        plan.reported.push(true);
        for path in sources(plan, place) {
            let module = guess_module(&path, place);
            let (kind, purpose) = (TargetKind::Lib, Purpose::Product);
            plan.walked.push(Start { path, krate, kind, edition, module, purpose });
        }
    }
}

/// Name, dependencies and edition of the package around `place`, or of a crate called like the directory.
fn describe(place: &Path) -> (Crate, Edition) {
    if let Some((package, edition)) = nearest_package(place) {
        let name = Name::new(&package.name.replace('-', "_"));
        let dependencies: Vec<Dependency> =
            package.dependencies.into_iter().map(|it| it.dependency).collect();
        return (
            Crate { package: package.name, name, dependencies, is_lib: true, ..Crate::default() },
            edition,
        );
    }
    let stem = place.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let name = Name::new(&stem.replace('-', "_"));
    (Crate { package: stem, name, is_lib: true, ..Crate::default() }, Edition::E2021)
}

fn sources(plan: &mut Plan, place: &Path) -> Vec<PathBuf> {
    if !place.is_dir() {
        return vec![place.to_owned()];
    }
    let mut found = Vec::new();
    for entry in
        exclusions::walk(place).filter(|entry| !entry.as_ref().is_ok_and(|it| in_package(it.path(), place)))
    {
        match entry {
            Ok(entry) if is_source(&entry) => found.push(real(entry.path())),
            Ok(_) => {}
            Err(error) => plan.incomplete.extend(walk_problem(&error, &plan.root)),
        }
    }
    found.sort();
    found.dedup();
    found
}

fn is_source(entry: &walkdir::DirEntry) -> bool {
    !entry.file_type().is_dir() && entry.path().extension().is_some_and(|extension| extension == "rs")
}

/// Whether a directory between `path` and `place` has a manifest of its own, which then speaks for it.
fn in_package(path: &Path, place: &Path) -> bool {
    let between = path.ancestors().skip(1).take_while(|dir| *dir != place);
    between.into_iter().any(|dir| dir.join("Cargo.toml").is_file())
}

/// `a/b.rs` is `a::b`; `mod.rs`, `lib.rs` and `main.rs` are their directory; a leading `src` is no module.
fn guess_module(path: &Path, place: &Path) -> Vec<Name> {
    let relative = path.strip_prefix(place).unwrap_or(path).with_extension("");
    let mut parts: Vec<String> = relative.components().map(|part| paths::text(part.as_os_str())).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    if parts.first().is_some_and(|part| part == "src") {
        parts.remove(0);
    }
    parts.iter().map(|part| Name::new(&part.replace('-', "_"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_follow_directories() {
        let guess = |path: &str| {
            let module = guess_module(Path::new(path), Path::new("/r"));
            module.iter().map(Name::as_str).collect::<Vec<_>>().join("::")
        };
        assert_eq!(guess("/r/src/lib.rs"), "");
        assert_eq!(guess("/r/src/a/mod.rs"), "a");
        assert_eq!(guess("/r/a/b-c.rs"), "a::b_c");
    }
}
