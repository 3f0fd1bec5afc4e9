//! From loaded workspaces to crates and the files they start from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use globset::Glob;
use safe_map_analysis::facts::Edition;
use safe_map_analysis::name::Name;
use safe_map_analysis::source::{Crate, CrateId, Dependency};

use super::package::{DependencyKind, Loaded, Membership, Package, Target, TargetKind};
use super::roots::Roots;
use super::{Budget, Incomplete, Request, Unit, walk};
use crate::failure::Failure;
use crate::suggest;

/// Which packages are reported on: names, `name@version`, or globs over names.
#[derive(Clone, Debug, Default)]
pub struct Packages {
    /// `--package`; empty means every member.
    pub include: Vec<String>,
    /// `--exclude`.
    pub exclude: Vec<String>,
}

/// Which targets of a package are analysed.
#[derive(Clone, Debug)]
pub struct Targets {
    /// Their kinds.
    pub kinds: BTreeSet<TargetKind>,
    /// Code under `#[cfg(test)]`, packages that are only dev-dependencies, and those in side directories.
    pub test_code: TestCode,
}

impl Default for Targets {
    fn default() -> Targets {
        Targets { kinds: BTreeSet::from([TargetKind::Lib, TargetKind::Bin]), test_code: TestCode::Skip }
    }
}

impl Targets {
    /// Everything there is.
    pub fn all() -> Targets {
        use TargetKind::{Bench, Bin, Example, Lib, Test};
        Targets { kinds: BTreeSet::from([Lib, Bin, Example, Test, Bench]), test_code: TestCode::Include }
    }
}

/// What happens to test code inside the chosen targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TestCode {
    Skip,
    Include,
}

/// What code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    Product,
    Test,
}

/// What the module tree is followed from.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) root: PathBuf,
    pub(crate) crates: Vec<Crate>,
    /// For each crate: whether findings in it are reported.
    pub(crate) reported: Vec<bool>,
    /// For each crate: the package and target behind it.
    pub(crate) units: Vec<Unit>,
    /// Root files of targets, whose `mod` lines are followed.
    pub(crate) starts: Vec<Start>,
    /// Files found by walking, whose `mod` lines are not.
    pub(crate) walked: Vec<Start>,
    pub(crate) test_code: TestCode,
    pub(crate) budget: Budget,
    pub(crate) incomplete: Vec<Incomplete>,
    pub(crate) notes: Vec<String>,
}

/// A file to begin with.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    pub(crate) path: PathBuf,
    pub(crate) krate: CrateId,
    pub(crate) kind: TargetKind,
    pub(crate) edition: Edition,
    pub(crate) module: Vec<Name>,
    pub(crate) purpose: Purpose,
}

/// Chooses packages and targets.
///
/// # Errors
///
/// Where a package was named that no loaded workspace has.
pub(crate) fn plan(roots: Roots, request: &Request) -> Result<Plan, Failure> {
    let Roots { root, loaded, scope, loose, incomplete } = roots;
    check_names(&request.packages, &loaded)?;
    let mut plan = Plan {
        root,
        crates: Vec::new(),
        reported: Vec::new(),
        units: Vec::new(),
        starts: Vec::new(),
        walked: Vec::new(),
        test_code: request.targets.test_code,
        budget: request.budget,
        incomplete,
        notes: loaded.iter().flat_map(|it| it.notes.clone()).collect(),
    };
    let root = plan.root.clone();
    for mut chosen in choices(&loaded, &scope, &root, request) {
        chosen.targets.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        plan.add_package(&chosen);
    }
    walk::add(&mut plan, &loose);
    Ok(plan)
}

fn check_names(packages: &Packages, loaded: &[Loaded]) -> Result<(), Failure> {
    let all: Vec<&Package> = loaded.iter().flat_map(|it| &it.packages).collect();
    for spec in packages.include.iter().chain(&packages.exclude) {
        if all.iter().any(|package| matches_spec(package, spec)) {
            continue;
        }
        let failure = Failure::usage(format!("no package `{spec}` in the workspace"));
        let names = all.iter().map(|package| package.name.as_str());
        return Err(suggest::add_nearest(failure, spec, names));
    }
    Ok(())
}

fn matches_spec(package: &Package, spec: &str) -> bool {
    let (name, version) = spec.split_once('@').map_or((spec, None), |(name, version)| (name, Some(version)));
    if version.is_some_and(|version| version != package.version) {
        return false;
    }
    name == package.name || Glob::new(name).is_ok_and(|glob| glob.compile_matcher().is_match(&package.name))
}

/// A package with the targets that are analysed.
struct Chosen<'a> {
    package: &'a Package,
    workspace: &'a Loaded,
    targets: Vec<&'a Target>,
    purpose: Purpose,
    reported: bool,
}

/// The chosen packages, and the libraries they name, which are only read. Ordered by package and manifest.
fn choices<'a>(loaded: &'a [Loaded], scope: &[PathBuf], root: &Path, request: &Request) -> Vec<Chosen<'a>> {
    let mut chosen = Vec::new();
    let mut seen = BTreeSet::new();
    for workspace in loaded {
        let purpose = |it: &Package| purpose(it, workspace, root);
        let is_reported = |it: &&Package| is_reported(it, purpose(it), scope, request);
        let reported: Vec<&Package> = workspace.packages.iter().filter(is_reported).collect();
        let context = context_of(&reported, workspace);
        for package in &workspace.packages {
            let is_reported = reported.iter().any(|it| it.manifest == package.manifest);
            if !(is_reported || context.contains(package.name.as_str())) || !seen.insert(&package.manifest) {
                continue;
            }
            let targets = targets(package, is_reported, request);
            let purpose = purpose(package);
            chosen.push(Chosen { package, workspace, targets, purpose, reported: is_reported });
        }
    }
    chosen
        .sort_by(|a, b| (&a.package.name, &a.package.manifest).cmp(&(&b.package.name, &b.package.manifest)));
    chosen
}

fn is_reported(package: &Package, purpose: Purpose, scope: &[PathBuf], request: &Request) -> bool {
    let Packages { include, exclude } = &request.packages;
    let named = include.is_empty() || include.iter().any(|spec| matches_spec(package, spec));
    let excluded = exclude.iter().any(|spec| matches_spec(package, spec));
    let in_scope = scope.is_empty() || scope.iter().any(|dir| package.manifest.starts_with(dir));
    let wanted = request.targets.test_code == TestCode::Include || purpose == Purpose::Product;
    package.membership == Membership::Member && named && !excluded && in_scope && wanted
}

/// The names of all packages that `packages` reach through their dependencies.
fn context_of<'a>(packages: &[&'a Package], workspace: &'a Loaded) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&Package> = packages.to_vec();
    while let Some(package) = open.pop() {
        for dependency in &package.dependencies {
            let member = workspace.packages.iter().find(|it| it.name == dependency.dependency.package);
            let Some(member) = member else { continue };
            if reached.insert(member.name.as_str()) {
                open.push(member);
            }
        }
    }
    reached
}

fn targets<'a>(package: &'a Package, reported: bool, request: &Request) -> Vec<&'a Target> {
    let kinds = &request.targets.kinds;
    // A library is read even where only others are reported on: the binaries beside it use its types.
    let wanted =
        |target: &&Target| target.kind == TargetKind::Lib || (reported && kinds.contains(&target.kind));
    package.targets.iter().filter(wanted).collect()
}

/// The directories that cargo and its tools have for what is not the product.
const SIDE_DIRS: [&str; 4] = ["benches", "examples", "fuzz", "tests"];

/// A package that members name only under `[dev-dependencies]` is test code, unless it is the root or has a binary; so is
/// one in a side directory, unless that is what was asked for.
fn purpose(package: &Package, workspace: &Loaded, root: &Path) -> Purpose {
    if is_aside(&package.manifest, root) {
        return Purpose::Test;
    }
    let uses = workspace.packages.iter().flat_map(|it| &it.dependencies);
    let mut kinds = uses.filter(|it| it.dependency.package == package.name).map(|it| it.kind).peekable();
    let is_root = package.manifest.parent() == Some(workspace.root.as_path());
    let has_binary = package.targets.iter().any(|target| target.kind == TargetKind::Bin);
    let only_dev = kinds.peek().is_some() && kinds.all(|kind| kind == DependencyKind::Dev);
    if only_dev && !is_root && !has_binary { Purpose::Test } else { Purpose::Product }
}

/// Whether a manifest is in a side directory below `root`.
fn is_aside(manifest: &Path, root: &Path) -> bool {
    let Some(dir) = manifest.strip_prefix(root).ok().and_then(Path::parent) else { return false };
    dir.components().any(|it| SIDE_DIRS.iter().any(|side| it.as_os_str() == *side))
}

impl Plan {
    fn add_package(&mut self, chosen: &Chosen<'_>) {
        let package = chosen.package;
        for target in &chosen.targets {
            let krate = CrateId(self.crates.len() as u32);
            self.crates.push(Crate {
                package: package.name.clone(),
                name: Name::new(&target.name.replace('-', "_")),
                dependencies: dependencies(package, target, chosen.workspace),
                is_lib: target.kind == TargetKind::Lib,
            });
            self.reported.push(chosen.reported);
            self.units.push(Unit::of(package, target));
            let purpose = if target.kind.is_test() { Purpose::Test } else { chosen.purpose };
            self.starts.push(Start {
                path: target.root.clone(),
                krate,
                kind: target.kind,
                edition: target.edition,
                module: Vec::new(),
                purpose,
            });
        }
    }
}

/// What code of `target` can name: the manifest's dependencies under their names in code, and its package's library.
fn dependencies(package: &Package, target: &Target, workspace: &Loaded) -> Vec<Dependency> {
    let declared = package.dependencies.iter().map(|it| as_named_in_code(&it.dependency, workspace));
    let own = package.targets.iter().find(|it| it.kind == TargetKind::Lib && target.kind != TargetKind::Lib);
    let own = own.map(|lib| Dependency {
        name: Name::new(&lib.name.replace('-', "_")),
        package: package.name.clone(),
        requirement: "*".to_owned(),
    });
    let mut all: Vec<Dependency> = Vec::new();
    for dependency in declared.chain(own) {
        if !all.iter().any(|it| it.name == dependency.name) {
            all.push(dependency);
        }
    }
    all
}

/// A library may be called otherwise than its package; code that did not rename it says the library's name.
fn as_named_in_code(dependency: &Dependency, workspace: &Loaded) -> Dependency {
    let renamed = dependency.name.as_str() != dependency.package.replace('-', "_");
    let mut members = workspace.packages.iter().filter(|it| it.name == dependency.package);
    let lib = members.find_map(|it| it.targets.iter().find(|target| target.kind == TargetKind::Lib));
    match lib {
        Some(lib) if !renamed => {
            Dependency { name: Name::new(&lib.name.replace('-', "_")), ..dependency.clone() }
        }
        _ => dependency.clone(),
    }
}
