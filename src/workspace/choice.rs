//! Which packages and targets are analysed: what was asked for, less what is test code, with the libraries that it uses.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use globset::Glob;

use super::Request;
use super::package::{DeclaredDependency, DependencyKind, Loaded, Membership, Package, Target, TargetKind};
use super::plan::{Packages, Purpose, Targets, TestCode};
use crate::failure::Failure;
use crate::suggest;

/// Checks that each package that is named is there.
///
/// # Errors
///
/// The first that no loaded workspace has.
pub(super) fn check_names(packages: &Packages, loaded: &[Loaded]) -> Result<(), Failure> {
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

/// Checks that the packages have targets of each kind that a flag names, in cargo's words: what to note where some are
/// missing.
///
/// # Errors
///
/// Where none of the packages has anything to report on, and `is_all` that there is are packages.
pub(super) fn check_targets(
    packages: &[&Package],
    wanted: &Targets,
    is_all: bool,
) -> Result<Vec<String>, Failure> {
    let has = |kind: TargetKind| packages.iter().any(|it| it.targets.iter().any(|it| it.kind == kind));
    let missing: Vec<TargetKind> = wanted.named.iter().copied().filter(|kind| !has(*kind)).collect();
    let has_some = wanted.kinds.iter().any(|kind| has(*kind));
    match missing.first() {
        Some(kind) if is_all && !has_some && !packages.is_empty() => {
            let names: Vec<String> = packages.iter().map(|it| format!("`{}`", it.name)).collect();
            let word = if names.len() == 1 { "package" } else { "packages" };
            let (kind, names) = (kind.describe(), names.join(", "));
            Err(Failure::usage(format!("no {kind} targets found in {word} {names}")))
        }
        _ => Ok(missing.into_iter().map(no_match).collect()),
    }
}

fn no_match(kind: TargetKind) -> String {
    format!("no package has {} targets: the flag that names them adds nothing", kind.describe())
}

/// A package with the targets that are analysed.
pub(super) struct Chosen<'a> {
    pub(super) package: &'a Package,
    pub(super) workspace: &'a Loaded,
    pub(super) targets: Vec<&'a Target>,
    pub(super) purpose: Purpose,
    pub(super) reported: bool,
    /// Code that uses it is there and not chosen: examples, other packages of the workspace.
    pub(super) has_unread_users: bool,
}

/// The chosen packages, and the libraries they name, which are only read, ordered by package and manifest; and the names of
/// those that are left out because they are test code.
pub(super) fn choices<'a>(
    loaded: &'a [Loaded],
    scope: &[PathBuf],
    root: &Path,
    request: &Request,
) -> (Vec<Chosen<'a>>, Vec<String>) {
    let (mut chosen, mut tests) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for workspace in loaded {
        let purpose = |it: &Package| match is_named(it, scope, request) {
            true => Purpose::Product,
            false => purpose(it, workspace, root),
        };
        let is_wanted = |it: &&Package| is_wanted(it, scope, request);
        let is_product =
            |it: &&Package| request.targets.test_code == TestCode::Include || purpose(it) == Purpose::Product;
        let wanted = workspace.packages.iter().filter(is_wanted);
        let (reported, left_out): (Vec<&Package>, Vec<&Package>) = wanted.partition(is_product);
        tests.extend(left_out.into_iter().map(|it| it.name.clone()));
        let context = context_of(&reported, workspace);
        let is_reported = |it: &Package| reported.iter().any(|reported| reported.manifest == it.manifest);
        let is_read = |it: &Package| is_reported(it) || context.contains(it.name.as_str());
        for package in &workspace.packages {
            if !is_read(package) || !seen.insert(&package.manifest) {
                continue;
            }
            let reported = is_reported(package);
            let targets = targets(package, reported, request);
            let purpose = purpose(package);
            let has_unread_users = has_unread_users(package, &targets, workspace, is_read);
            chosen.push(Chosen { package, workspace, targets, purpose, reported, has_unread_users });
        }
    }
    chosen
        .sort_by(|a, b| (&a.package.name, &a.package.manifest).cmp(&(&b.package.name, &b.package.manifest)));
    (chosen, tests)
}

/// Whether a package has examples that are not read, or a package that is not read depends on it.
fn has_unread_users(
    package: &Package,
    targets: &[&Target],
    workspace: &Loaded,
    is_read: impl Fn(&Package) -> bool,
) -> bool {
    let is_example = |it: &Target| it.kind == TargetKind::Example;
    let names = |it: &DeclaredDependency| it.dependency.package == package.name;
    package.targets.iter().any(is_example) && !targets.iter().any(|it| is_example(it))
        || workspace.packages.iter().any(|it| it.dependencies.iter().any(names) && !is_read(it))
}

/// Whether a package is among those that the user means, test code or not.
fn is_wanted(package: &Package, scope: &[PathBuf], request: &Request) -> bool {
    let Packages { include, exclude } = &request.packages;
    let named = include.is_empty() || include.iter().any(|spec| matches_spec(package, spec));
    let excluded = exclude.iter().any(|spec| matches_spec(package, spec));
    let in_scope = scope.is_empty() || scope.iter().any(|dir| package.manifest.starts_with(dir));
    package.membership == Membership::Member && named && !excluded && in_scope
}

/// Whether the user named this very package, by `-p` or as a PATH: it is reported whatever others use it for.
fn is_named(package: &Package, scope: &[PathBuf], request: &Request) -> bool {
    let name = |spec: &String| spec.split_once('@').map_or(spec.as_str(), |(name, _)| name) == package.name;
    let dir = package.manifest.parent();
    request.packages.include.iter().any(name) || scope.iter().any(|it| Some(it.as_path()) == dir)
}

/// The names of all packages that `packages` reach through their dependencies.
fn context_of<'a>(packages: &[&'a Package], workspace: &'a Loaded) -> BTreeSet<&'a str> {
    reach(packages, workspace, |_| true)
}

/// The same through the dependencies that `follows` wants.
fn reach<'a>(
    packages: &[&'a Package],
    workspace: &'a Loaded,
    follows: impl Fn(&DeclaredDependency) -> bool,
) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&Package> = packages.to_vec();
    while let Some(package) = open.pop() {
        for dependency in package.dependencies.iter().filter(|it| follows(it)) {
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
/// one in a side directory.
fn purpose(package: &Package, workspace: &Loaded, root: &Path) -> Purpose {
    if is_aside(&package.manifest, root) {
        return Purpose::Test;
    }
    let is_root = package.manifest.parent() == Some(workspace.root.as_path());
    let has_binary = package.targets.iter().any(|target| target.kind == TargetKind::Bin);
    let is_test = !is_root && !has_binary && is_for_tests(package, workspace, root);
    if is_test { Purpose::Test } else { Purpose::Product }
}

/// Whether members use a package in their tests alone. One that is built on such a member is what that member is part of:
/// a library whose derive crate tests itself with it. What has neither library nor program, or is in a side directory, shows
/// how the product is used.
fn is_for_tests(package: &Package, workspace: &Loaded, root: &Path) -> bool {
    let is_it = |it: &DeclaredDependency| it.dependency.package == package.name;
    let is_product = |it: &&Package| {
        let kinds = [TargetKind::Lib, TargetKind::Bin];
        !is_aside(&it.manifest, root) && it.targets.iter().any(|target| kinds.contains(&target.kind))
    };
    let others = workspace.packages.iter().filter(|it| it.name != package.name);
    let users: Vec<&Package> = others.filter(|it| it.dependencies.iter().any(is_it)).collect();
    let mut uses = users.iter().flat_map(|it| &it.dependencies).filter(|it| is_it(it));
    if !users.iter().any(is_product) || uses.any(|it| it.kind == DependencyKind::Normal) {
        return false;
    }
    let below = reach(&[package], workspace, |it| it.kind == DependencyKind::Normal);
    !users.iter().any(|it| below.contains(it.name.as_str()))
}

/// Whether a manifest is in a side directory below `root`.
fn is_aside(manifest: &Path, root: &Path) -> bool {
    let Some(dir) = manifest.strip_prefix(root).ok().and_then(Path::parent) else { return false };
    dir.components().any(|it| SIDE_DIRS.iter().any(|side| it.as_os_str() == *side))
}
