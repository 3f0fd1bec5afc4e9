//! `Cargo.lock`: which version of a package each dependency means.

use std::path::Path;

use safe_map_analysis::source::Dependency;
use semver::{Version, VersionReq};
use serde::Deserialize;

/// A lock file.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Lock {
    #[serde(default, rename = "package")]
    packages: Vec<Locked>,
}

/// A package of a lock file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Locked {
    pub(super) name: String,
    pub(super) version: String,
    /// Where it comes from; nothing for packages that are on this machine.
    pub(super) source: Option<String>,
    /// `name`, and where that is not enough `name version` or `name version (source)`.
    #[serde(default)]
    dependencies: Vec<String>,
}

impl Lock {
    /// The lock file in `root`, where there is one that can be read.
    pub(super) fn of(root: &Path) -> Option<Lock> {
        toml::from_str(&std::fs::read_to_string(root.join("Cargo.lock")).ok()?).ok()
    }

    /// What a dependency of the package `name` of this version is; nothing where no feature or target asks for it.
    pub(super) fn meant(&self, name: &str, version: &str, dependency: &Dependency) -> Option<&Locked> {
        let mut called = self.packages.iter().filter(|it| it.name == name);
        // A version that a manifest inherits is not always known; one package of the name leaves no choice.
        let parent = called.clone().find(|it| it.version == version).or_else(|| match called.next() {
            it if called.next().is_none() => it,
            _ => None,
        })?;
        let written = parent.dependencies.iter().filter_map(|it| self.written(it));
        let mut candidates: Vec<&Locked> = written.filter(|it| it.name == dependency.package).collect();
        if candidates.len() > 1 {
            let wanted = VersionReq::parse(&dependency.requirement).ok()?;
            candidates.retain(|it| Version::parse(&it.version).is_ok_and(|version| wanted.matches(&version)));
        }
        candidates.pop()
    }

    fn written(&self, line: &str) -> Option<&Locked> {
        let mut parts = line.splitn(3, ' ');
        let (name, version, source) = (parts.next()?, parts.next(), parts.next());
        let source = source.map(|it| it.trim_start_matches('(').trim_end_matches(')'));
        self.packages.iter().find(|it| {
            it.name == name
                && version.is_none_or(|version| it.version == version)
                && source.is_none_or(|source| it.source.as_deref() == Some(source))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use safe_map_analysis::name::Name;

    fn asks(package: &str, requirement: &str) -> Dependency {
        let (package, requirement) = (package.to_owned(), requirement.to_owned());
        Dependency {
            name: Name::new(&package),
            package,
            requirement,
            is_conditional: false,
            features: Vec::new(),
        }
    }

    #[test]
    fn the_requirement_chooses_among_versions() {
        let lock: Lock = toml::from_str(
            "[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"bits 1.3.2\", \"bits 2.6.0\", \"one\"]\n\
             [[package]]\nname = \"bits\"\nversion = \"1.3.2\"\n[[package]]\nname = \"bits\"\nversion = \"2.6.0\"\n\
             [[package]]\nname = \"one\"\nversion = \"0.3.0\"\n[[package]]\nname = \"other\"\nversion = \"1.0.0\"\n",
        )
        .expect("a lock file");
        let version = |package, requirement| {
            lock.meant("app", "0.1.0", &asks(package, requirement)).map(|it| it.version.as_str())
        };
        assert_eq!(version("bits", "1"), Some("1.3.2"));
        assert_eq!(version("bits", "^2.1"), Some("2.6.0"));
        assert_eq!(version("one", "*"), Some("0.3.0"));
        assert_eq!(version("other", "1"), None, "an optional dependency that nobody asks for");
        assert_eq!(lock.meant("gone", "0.1.0", &asks("one", "*")), None);
    }
}
