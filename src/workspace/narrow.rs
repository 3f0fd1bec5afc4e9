//! `--features`, `--target` and `--cfg`: which branches of `cfg` are left out. Without them all are analysed.
//!
//! What no flag speaks of stays unknown, and its branches stay. Features of a package are those that it is asked for, that
//! its own `[features]` table makes of them, and that other members ask it for.

use std::collections::{BTreeMap, BTreeSet};

use cfg_expr::targets::{ALL_BUILTINS, Endian, Family, TargetInfo, get_builtin_target_by_triple};

use super::package::{Loaded, Package};
use crate::failure::Failure;
use crate::suggest;

/// What the flags say.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// `--features`, one name each, perhaps `package/feature`.
    pub features: Vec<String>,
    /// What features have nobody to name them.
    pub others: OtherFeatures,
    /// `--target`.
    pub target: Option<Target>,
    /// `--cfg`: names, perhaps with values.
    pub cfg: Vec<(String, Option<String>)>,
}

/// What happens to features that nobody names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OtherFeatures {
    /// Those of `default` are on.
    #[default]
    Default,
    /// `--no-default-features`.
    None,
    /// `--all-features`.
    All,
}

/// A target that rustc knows.
#[derive(Clone, Copy, Debug)]
pub struct Target(&'static TargetInfo);

impl Target {
    /// The target of this triple.
    ///
    /// # Errors
    ///
    /// Where rustc has none, with the nearest that it has.
    pub fn named(triple: &str) -> Result<Target, Failure> {
        get_builtin_target_by_triple(triple).map(Target).ok_or_else(|| {
            let failure = Failure::usage(format!("unknown target `{triple}`"));
            suggest::add_nearest(failure, triple, ALL_BUILTINS.iter().map(|it| it.triple.as_str()))
        })
    }

    /// Whether the predicate holds there; `None` for those that targets do not decide.
    fn holds(self, name: &str, value: Option<&str>) -> Option<bool> {
        let it = self.0;
        let family = |name: &str| it.families.contains(&Family::new(name.to_owned()));
        let Some(value) = value else {
            return matches!(name, "unix" | "windows").then(|| family(name));
        };
        let is = |own: Option<&str>| Some(own.unwrap_or("") == value);
        match name {
            "target_arch" => is(Some(it.arch.as_str())),
            "target_os" => is(it.os.as_ref().map(|it| it.as_str()).or(Some("none"))),
            "target_env" => is(it.env.as_ref().map(|it| it.as_str())),
            "target_abi" => is(it.abi.as_ref().map(|it| it.as_str())),
            "target_vendor" => is(it.vendor.as_ref().map(|it| it.as_str())),
            "target_family" => Some(family(value)),
            "target_pointer_width" => Some(it.pointer_width.to_string() == value),
            "target_endian" => is(Some(if it.endian == Endian::little { "little" } else { "big" })),
            "target_has_atomic" => Some(it.has_atomics.iter().any(|it| it.to_string() == value)),
            _ => None,
        }
    }
}

impl Conditions {
    /// Whether they leave anything out.
    pub(crate) fn are_given(&self) -> bool {
        self.speak_of_features() || self.target.is_some() || !self.cfg.is_empty()
    }

    fn speak_of_features(&self) -> bool {
        !self.features.is_empty() || self.others != OtherFeatures::Default
    }

    /// What is known in the crates of a package; of one that is `asked` its features too.
    pub(crate) fn of_package(&self, package: &Package, workspace: &Loaded, asked: bool) -> Known {
        let is_known = asked && self.speak_of_features() && package.features.is_some();
        let features = is_known.then(|| self.features_of(package, workspace));
        Known { features, ..self.of_loose() }
    }

    /// What is known where no manifest names features.
    pub(crate) fn of_loose(&self) -> Known {
        Known { features: None, target: self.target, cfg: self.cfg.clone() }
    }

    fn features_of(&self, package: &Package, workspace: &Loaded) -> Features {
        if self.others == OtherFeatures::All {
            return Features::All;
        }
        let mut open: Vec<String> = self.features.iter().filter_map(|it| named_in(it, package)).collect();
        if self.others == OtherFeatures::Default {
            open.push("default".to_owned());
        }
        open.extend(asked_by_others(package, workspace));
        Features::These(closure(open, package.features.as_ref()))
    }

    /// Checks that some of the packages that are reported has each feature.
    ///
    /// # Errors
    ///
    /// The first feature that none has.
    pub(crate) fn check(&self, packages: &[&Package]) -> Result<(), Failure> {
        let names = || packages.iter().filter_map(|it| it.features.as_ref()).flat_map(BTreeMap::keys);
        if packages.iter().all(|it| it.features.is_none()) {
            return Ok(());
        }
        for feature in &self.features {
            let has = |it: &&Package| {
                let own = named_in(feature, it);
                own.is_some_and(|own| it.features.as_ref().is_some_and(|all| all.contains_key(&own)))
            };
            if !packages.iter().any(has) {
                let failure =
                    Failure::usage(format!("no package that is analysed has the feature `{feature}`"));
                return Err(suggest::add_nearest(failure, feature, names().map(String::as_str)));
            }
        }
        Ok(())
    }
}

/// The feature's name in a package, where it is meant: `a`, or `package/a`.
fn named_in(feature: &str, package: &Package) -> Option<String> {
    match feature.split_once('/') {
        Some((name, feature)) => (name == package.name).then(|| feature.to_owned()),
        None => Some(feature.to_owned()),
    }
}

/// What other members ask of a package: they may be built together with it.
fn asked_by_others(package: &Package, workspace: &Loaded) -> Vec<String> {
    let uses = workspace.packages.iter().flat_map(|it| &it.dependencies);
    let uses = uses.filter(|it| it.dependency.package == package.name);
    let asked = uses.flat_map(|it| {
        let default = it.default_features.then(|| "default".to_owned());
        it.dependency.features.iter().cloned().chain(default)
    });
    asked.collect()
}

/// `open` with everything that they switch on in the same package.
fn closure(mut open: Vec<String>, table: Option<&BTreeMap<String, Vec<String>>>) -> BTreeSet<String> {
    let mut on = BTreeSet::new();
    while let Some(feature) = open.pop() {
        let below = table.and_then(|it| it.get(&feature)).into_iter().flatten();
        let own = below.filter(|it| !it.starts_with("dep:") && !it.contains('/'));
        let own: Vec<String> = own.cloned().collect();
        if on.insert(feature) {
            open.extend(own);
        }
    }
    on
}

/// What is known of `cfg` where a crate is compiled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Nothing where no flag speaks of features.
    features: Option<Features>,
    target: Option<Target>,
    cfg: Vec<(String, Option<String>)>,
}

/// The features of a package.
#[derive(Clone, Debug)]
enum Features {
    All,
    These(BTreeSet<String>),
}

impl Known {
    /// Whether a name, perhaps with a value, is set; `None` where no flag says so.
    pub(crate) fn holds(&self, name: &str, value: Option<&str>) -> Option<bool> {
        if self.cfg.iter().any(|(key, set)| key == name && set.as_deref() == value) {
            return Some(true);
        }
        if let (Some(features), "feature", Some(feature)) = (&self.features, name, value) {
            return Some(match features {
                Features::All => true,
                Features::These(on) => on.contains(feature),
            });
        }
        self.target?.holds(name, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_decide_what_they_decide() {
        let linux = Target::named("x86_64-unknown-linux-gnu").expect("a target");
        let holds = |name: &str, value: &str| linux.holds(name, Some(value));
        assert_eq!((linux.holds("unix", None), linux.holds("windows", None)), (Some(true), Some(false)));
        assert_eq!((holds("target_os", "linux"), holds("target_os", "macos")), (Some(true), Some(false)));
        assert_eq!(
            (holds("target_pointer_width", "64"), holds("target_endian", "big")),
            (Some(true), Some(false))
        );
        assert_eq!((holds("target_env", "gnu"), holds("target_env", "")), (Some(true), Some(false)));
        assert_eq!(
            (holds("target_has_atomic", "64"), holds("target_family", "wasm")),
            (Some(true), Some(false))
        );
        assert_eq!((holds("feature", "x"), linux.holds("test", None)), (None, None));
        let bare = Target::named("thumbv6m-none-eabi").expect("a target");
        assert_eq!(
            (bare.holds("target_os", Some("none")), bare.holds("unix", None)),
            (Some(true), Some(false))
        );
    }

    #[test]
    fn unknown_targets_have_a_neighbour() {
        let failure = Target::named("x86_64-unknown-linux-gun").expect_err("no target");
        assert_eq!(failure.help.as_deref(), Some("did you mean `x86_64-unknown-linux-gnu`?"));
    }

    #[test]
    fn features_switch_on_others_of_their_package() {
        let table = |entries: &[(&str, &[&str])]| {
            let entry = |(name, on): &(&str, &[&str])| {
                ((*name).to_owned(), on.iter().map(|it| (*it).to_owned()).collect())
            };
            entries.iter().map(entry).collect::<BTreeMap<String, Vec<String>>>()
        };
        let table =
            table(&[("default", &["a"]), ("a", &["b", "dep:c", "d/e", "f?/g"]), ("b", &["a"]), ("z", &[])]);
        let on = closure(vec!["default".to_owned()], Some(&table));
        assert_eq!(on.into_iter().collect::<Vec<_>>(), ["a", "b", "default"]);
    }
}
