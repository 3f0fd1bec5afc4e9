//! Packages and targets, whichever way they were found.

use std::collections::BTreeMap;
use std::path::PathBuf;

use safe_map_analysis::facts::Edition;
use safe_map_analysis::source::Dependency;

/// A workspace as cargo sees it, or as its manifests read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loaded {
    /// The directory of the root manifest.
    pub(crate) root: PathBuf,
    /// Its members.
    pub(crate) packages: Vec<Package>,
    /// What the user should know about how it was loaded.
    pub(crate) notes: Vec<String>,
}

/// A package.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    /// As in its manifest.
    pub(crate) name: String,
    /// As in its manifest.
    pub(crate) version: String,
    /// Cargo's id of it, or one of the same form.
    pub(crate) id: String,
    /// Its manifest; the root file of a crate that has none.
    pub(crate) manifest: PathBuf,
    /// Whose it is.
    pub(crate) membership: Membership,
    /// What it can name.
    pub(crate) dependencies: Vec<DeclaredDependency>,
    /// What it builds, build scripts left out.
    pub(crate) targets: Vec<Target>,
    /// Its features and what each switches on; nothing where nobody says which it has.
    pub(crate) features: Option<BTreeMap<String, Vec<String>>>,
}

/// Whether a package is the workspace's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Membership {
    /// It can be reported on.
    Member,
    /// It is only read, for the types that members use.
    Foreign,
}

/// A dependency and the table it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeclaredDependency {
    /// Name, package and requirement.
    pub(crate) dependency: Dependency,
    /// Which table.
    pub(crate) kind: DependencyKind,
    /// Whether it asks for the default ones too.
    pub(crate) default_features: bool,
    /// Its directory, where it has one that the manifest names.
    pub(crate) path: Option<PathBuf>,
}

/// The tables of dependencies. Those of build scripts are not read: no build script is analysed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DependencyKind {
    Normal,
    Dev,
}

/// A target.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// As in the manifest.
    pub(crate) name: String,
    /// What it is.
    pub(crate) kind: TargetKind,
    /// The file it starts from.
    pub(crate) root: PathBuf,
    /// Whose scope rules it follows.
    pub(crate) edition: Edition,
}

/// The kinds of targets; where several reach one file, the first of this order owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are cargo's")]
pub enum TargetKind {
    Lib,
    Bin,
    Example,
    Test,
    Bench,
}

impl TargetKind {
    /// In cargo's words.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            TargetKind::Lib => "library",
            TargetKind::Bin => "binary",
            TargetKind::Example => "example",
            TargetKind::Test => "test",
            TargetKind::Bench => "bench",
        }
    }

    /// Whether its code only runs for developers.
    pub(crate) fn is_test(self) -> bool {
        match self {
            TargetKind::Lib | TargetKind::Bin => false,
            TargetKind::Example | TargetKind::Test | TargetKind::Bench => true,
        }
    }
}
