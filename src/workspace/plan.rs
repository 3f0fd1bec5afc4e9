//! From loaded workspaces to crates and the files they start from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use safe_map_analysis::Phase;
use safe_map_analysis::facts::Edition;
use safe_map_analysis::name::Name;
use safe_map_analysis::source::{Crate, CrateId, Dependency, Origin};

use super::choice::Chosen;
use super::manifest::nearest_manifest;
use super::meant::Meant;
use super::narrow::Known;
use super::outside::{self, Outside};
use super::package::{DependencyKind, Loaded, Membership, Package, Target, TargetKind};
use super::roots::{Roots, dir_of};
use super::{Budget, Dependencies, Incomplete, Request, Unit, choice, walk};
use crate::config::{self, Home, HomeKind};
use crate::failure::Failure;

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
    /// Those of the kinds that a flag names: it is a mistake where no package has one.
    pub named: Vec<TargetKind>,
}

impl Default for Targets {
    fn default() -> Targets {
        let kinds = BTreeSet::from([TargetKind::Lib, TargetKind::Bin]);
        Targets { kinds, test_code: TestCode::Skip, named: Vec::new() }
    }
}

impl Targets {
    /// Everything there is.
    pub fn all() -> Targets {
        use TargetKind::{Bench, Bin, Example, Lib, Test};
        let kinds = BTreeSet::from([Lib, Bin, Example, Test, Bench]);
        Targets { kinds, test_code: TestCode::Include, named: Vec::new() }
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
    /// The workspaces and their members.
    pub(crate) homes: Vec<Home>,
    /// The packages that are left out because they are test code.
    pub(crate) tests: Vec<String>,
    /// For each crate: what is known of `cfg` in it. Empty where no flag says anything.
    pub(crate) known: Vec<Known>,
    /// The files that are reported on.
    pub(crate) meant: Meant,
    /// What took its time.
    pub(crate) phases: Vec<Phase>,
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
    let Roots { root, loaded, scope, loose, incomplete, mut notes, meant, .. } = roots;
    notes.extend(loaded.iter().flat_map(|it| it.notes.clone()));
    choice::check_names(&request.packages, &loaded)?;
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
        notes,
        homes: homes(&loaded, &loose),
        known: Vec::new(),
        tests: Vec::new(),
        meant,
        phases: Vec::new(),
    };
    let root = plan.root.clone();
    let (choices, tests) = choice::choices(&loaded, &scope, &root, request);
    plan.tests = tests;
    let reported: Vec<&Package> = choices.iter().filter(|it| it.reported).map(|it| it.package).collect();
    request.conditions.check(&reported)?;
    plan.notes.extend(choice::check_targets(&reported, &request.targets, loose.is_empty())?);
    let outside = (request.dependencies == Dependencies::Read).then(|| {
        let all: Vec<&Package> = choices.iter().map(|it| it.package).collect();
        let started = Instant::now();
        let outside = outside::find(&all, &loaded, request.targets.test_code);
        let (name, time) = ("find dependencies", started.elapsed());
        plan.phases.push(Phase { name, time, detail: outside.counts() });
        outside
    });
    for mut chosen in choices {
        chosen.targets.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        plan.add_package(&chosen, &request.targets);
        if request.conditions.are_given() {
            let known = request.conditions.of_package(chosen.package, chosen.workspace, chosen.reported);
            plan.known.resize(plan.crates.len(), known);
        }
    }
    if let Some(outside) = outside {
        plan.add_outside(&outside, request);
    }
    walk::add(&mut plan, &loose);
    if request.conditions.are_given() {
        plan.known.resize(plan.crates.len(), request.conditions.of_loose());
    }
    Ok(plan)
}

/// Where configurations may be: at workspaces and their members, and at the packages around loose files.
fn homes(loaded: &[Loaded], loose: &[PathBuf]) -> Vec<Home> {
    let members = loaded.iter().flat_map(|it| &it.packages).filter(|it| it.membership == Membership::Member);
    let manifests = members.map(|it| it.manifest.clone()).filter(|it| it.ends_with("Cargo.toml"));
    let around = loose.iter().filter_map(|place| nearest_manifest(place));
    let dirs = manifests.chain(around).filter_map(|it| it.parent().map(Path::to_owned));
    let members = dirs.map(|dir| Home { dir, kind: HomeKind::Member });
    let roots = loaded.iter().map(|it| it.root.clone());
    let around = loose.iter().map(|place| config::workspace_root(&dir_of(place)).to_owned());
    let roots = roots.chain(around).map(|dir| Home { dir, kind: HomeKind::Workspace });
    roots.chain(members).collect()
}

impl Plan {
    /// Adds what the workspace depends on, and says of each dependency which of it is meant.
    fn add_outside(&mut self, outside: &Outside, request: &Request) {
        let nowhere = Loaded::default();
        for package in &outside.packages {
            let targets = package.targets.iter().collect();
            let purpose = Purpose::Product;
            let chosen = Chosen {
                package,
                workspace: &nowhere,
                targets,
                purpose,
                reported: false,
                has_unread_users: false,
            };
            self.add_package(&chosen, &request.targets);
        }
        for (krate, unit) in self.crates.iter_mut().zip(&self.units) {
            krate.dependencies.iter_mut().for_each(|it| outside.resolve(&unit.manifest, it));
        }
        if request.conditions.are_given() {
            self.known.resize(self.crates.len(), request.conditions.of_loose());
        }
        self.notes.extend(outside.note());
    }

    fn add_package(&mut self, chosen: &Chosen<'_>, wanted: &Targets) {
        let package = chosen.package;
        for target in &chosen.targets {
            let krate = CrateId(self.crates.len() as u32);
            self.crates.push(Crate {
                package: package.name.clone(),
                name: Name::new(&target.name.replace('-', "_")),
                dependencies: dependencies(package, target, chosen.workspace),
                is_lib: target.kind == TargetKind::Lib,
                has_unread_users: chosen.has_unread_users,
                origin: match package.membership {
                    Membership::Member => Origin::Workspace,
                    Membership::Foreign => Origin::Dependency,
                },
            });
            self.reported.push(chosen.reported && wanted.kinds.contains(&target.kind));
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
    let declared = package.dependencies.iter().map(|it| {
        let is_conditional = it.dependency.is_conditional || it.kind == DependencyKind::Dev;
        Dependency { is_conditional, ..as_named_in_code(&it.dependency, workspace) }
    });
    let own = package.targets.iter().find(|it| it.kind == TargetKind::Lib && target.kind != TargetKind::Lib);
    let own = own.map(|lib| Dependency {
        name: Name::new(&lib.name.replace('-', "_")),
        package: package.name.clone(),
        requirement: "*".to_owned(),
        is_conditional: false,
        features: Vec::new(),
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
    let renamed = dependency.name.as_str() != dependency.crate_name();
    let mut members = workspace.packages.iter().filter(|it| it.name == dependency.package);
    let lib = members.find_map(|it| it.targets.iter().find(|target| target.kind == TargetKind::Lib));
    match lib {
        Some(lib) if !renamed => {
            Dependency { name: Name::new(&lib.name.replace('-', "_")), ..dependency.clone() }
        }
        _ => dependency.clone(),
    }
}
