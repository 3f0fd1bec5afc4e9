//! Packages outside of the workspace, for `--with-dependencies`: those whose sources are on this machine already.
//!
//! In: the chosen packages of the loaded workspaces. Out: [`Outside`], the libraries that they reach, and which are not
//! there. The lock file says which versions are meant. Cargo itself is not asked: it fails as soon as one package is
//! missing, and those for other systems always are. Crates of the knowledge files are passed by with all below them: their
//! insides are not to be followed.

mod lock;
mod places;
mod worth;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use safe_map_analysis::knowledge::Knowledge;
use safe_map_analysis::name::Name;
use safe_map_analysis::source::Dependency;

use super::package::{DeclaredDependency, DependencyKind, Loaded, Membership, Package, TargetKind};
use super::plan::TestCode;
use super::{load, manifest, paths};
use lock::Lock;
use places::Places;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Outside {
    /// The packages to read, their libraries as only targets, by name and version.
    pub(super) packages: Vec<Package>,
    /// How many were found, those that are not worth reading too.
    found: usize,
    /// The packages that somebody asks for and that are not there, as `name version`.
    missing: BTreeSet<String>,
    links: BTreeMap<Link, Library>,
}

/// A dependency of a package: its manifest, and the package and requirement that it asks for.
type Link = (PathBuf, String, String);

/// What a dependency is.
#[derive(Clone, Debug)]
struct Library {
    /// Like no other package: there may be several versions.
    package: String,
    /// In code that does not rename it.
    name: String,
}

/// Finds what `chosen` packages of `workspaces` depend on.
pub(super) fn find(chosen: &[&Package], workspaces: &[Loaded], test_code: TestCode) -> Outside {
    let members = workspaces.iter().flat_map(|it| &it.packages).map(|it| it.manifest.clone()).collect();
    let knowledge = Knowledge::builtin();
    let known = knowledge.crates().map(str::to_owned).collect();
    let mut outside = Outside::default();
    let mut search = Search { members, known, test_code, seen: BTreeMap::new() };
    for workspace in workspaces {
        let here = Here {
            lock: Lock::of(&workspace.root),
            places: Places::around(&workspace.root),
            patches: manifest::patches(&workspace.root.join("Cargo.toml")),
        };
        let own = chosen.iter().filter(|it| workspace.packages.iter().any(|own| own.manifest == it.manifest));
        search.follow(own.map(|it| (*it).clone()).collect(), here, workspace, &mut outside);
    }
    outside.packages = search.seen.into_values().flatten().collect();
    outside.packages.sort_by(|a, b| (&a.name, &a.manifest).cmp(&(&b.name, &b.manifest)));
    outside.found = outside.packages.len();
    worth::retain(&mut outside, &knowledge);
    outside
}

impl Outside {
    /// What code of `manifest`'s package means by a dependency.
    pub(super) fn resolve(&self, manifest: &Path, dependency: &mut Dependency) {
        let Dependency { package, requirement, name, .. } = dependency;
        let link = (manifest.to_owned(), package.clone(), requirement.clone());
        let Some(library) = self.links.get(&link) else { return };
        if name.as_str() == package.replace('-', "_") {
            *name = Name::new(&library.name);
        }
        *package = library.package.clone();
    }

    /// How many packages there are, for `--timings`.
    pub(super) fn counts(&self) -> String {
        format!(
            "{} packages, {} worth reading, {} missing",
            self.found,
            self.packages.len(),
            self.missing.len()
        )
    }

    /// One line about what is not there.
    pub(super) fn note(&self) -> Option<String> {
        let first = self.missing.first()?;
        let all = self.missing.len() + self.found;
        let rest = match self.missing.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let count = self.missing.len();
        Some(format!(
            "the sources of {count} of {all} dependencies are not on this machine (`{first}`{rest}): their types stay unknown"
        ))
    }
}

/// What a workspace has for finding its dependencies.
struct Here {
    lock: Option<Lock>,
    places: Places,
    /// Directories that stand for packages of registries, by name.
    patches: BTreeMap<String, PathBuf>,
}

/// Where a dependency's source is.
enum Source {
    At(PathBuf),
    Missing(String),
    /// Nobody asks for it, or it is somebody else's to read.
    Elsewhere,
}

struct Search {
    members: BTreeSet<PathBuf>,
    known: BTreeSet<String>,
    test_code: TestCode,
    /// By manifest; nothing where it is no library.
    seen: BTreeMap<PathBuf, Option<Package>>,
}

impl Search {
    fn follow(&mut self, mut open: Vec<Package>, mut here: Here, workspace: &Loaded, out: &mut Outside) {
        while let Some(package) = open.pop() {
            for declared in &package.dependencies {
                let source = match self.is_followed(&package, declared, workspace) {
                    true => here.source(&package, declared),
                    false => Source::Elsewhere,
                };
                match source {
                    Source::At(manifest) if self.members.contains(&manifest) => {}
                    Source::At(manifest) => {
                        let is_new = !self.seen.contains_key(&manifest);
                        let found = self.seen.entry(manifest).or_insert_with_key(|it| library(it));
                        let Some(found) = found else { continue };
                        out.links.insert(link(&package, &declared.dependency), library_of(found));
                        open.extend(is_new.then(|| found.clone()));
                    }
                    Source::Missing(what) => {
                        out.missing.insert(what);
                    }
                    Source::Elsewhere => {}
                }
            }
        }
    }

    fn is_followed(&self, package: &Package, declared: &DeclaredDependency, workspace: &Loaded) -> bool {
        let is_member = self.members.contains(&package.manifest);
        let wanted = &declared.dependency.package;
        let is_asked_for = match declared.kind {
            DependencyKind::Normal => true,
            DependencyKind::Dev => is_member && self.test_code == TestCode::Include,
        };
        let is_known = self.known.contains(&wanted.replace('-', "_"));
        let is_own = is_member && workspace.packages.iter().any(|it| it.name == *wanted);
        is_asked_for && !is_known && !is_own
    }
}

impl Here {
    fn source(&mut self, package: &Package, declared: &DeclaredDependency) -> Source {
        let dependency = &declared.dependency;
        if let Some(dir) = &declared.path {
            return present(Some(paths::normalize(dir).join("Cargo.toml")), &dependency.package);
        }
        let Some(lock) = &self.lock else {
            return Source::Missing(format!("{} {}", dependency.package, dependency.requirement));
        };
        let own_name = package.name.split_once('@').map_or(package.name.as_str(), |(name, _)| name);
        let Some(locked) = lock.meant(own_name, &package.version, dependency) else {
            return Source::Elsewhere;
        };
        let patched = self.patches.get(&locked.name).filter(|_| locked.source.is_none());
        let manifest = patched.map(|it| it.join("Cargo.toml")).or_else(|| self.places.manifest(locked));
        present(manifest, &format!("{} {}", locked.name, locked.version))
    }
}

fn present(manifest: Option<PathBuf>, what: &str) -> Source {
    match manifest.filter(|it| it.is_file()) {
        Some(manifest) => Source::At(load::real(&manifest)),
        None => Source::Missing(what.to_owned()),
    }
}

/// The package of a manifest with its library; nothing where it has none that could be named: a derive crate has no types.
fn library(manifest: &Path) -> Option<Package> {
    let (mut package, _) = manifest::nearest_package(manifest.parent()?)?;
    if package.manifest != manifest || manifest::is_proc_macro(manifest) {
        return None;
    }
    package.membership = Membership::Foreign;
    package.targets.retain(|it| it.kind == TargetKind::Lib);
    package.name = format!("{}@{}", package.name, package.version);
    (!package.targets.is_empty()).then_some(package)
}

fn link(package: &Package, dependency: &Dependency) -> Link {
    (package.manifest.clone(), dependency.package.clone(), dependency.requirement.clone())
}

fn library_of(package: &Package) -> Library {
    let name = package.targets.first().map_or_else(String::new, |it| it.name.replace('-', "_"));
    Library { package: package.name.clone(), name }
}
