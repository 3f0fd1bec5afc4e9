//! Which files are reported on, where the user named less than packages.

use std::path::{Path, PathBuf};

use super::paths;

/// Files and directories inside of packages that are loaded whole. By default everything is meant.
#[derive(Clone, Debug, Default)]
pub struct Meant(Option<Vec<String>>);

impl Meant {
    /// What is at or below `named`, as reports from `root` on write it.
    pub(crate) fn only(named: &[PathBuf], root: &Path) -> Meant {
        Meant(Some(named.iter().map(|path| paths::relative(path, root)).collect()))
    }

    /// Whether nothing is left out.
    pub(crate) fn is_all(&self) -> bool {
        self.0.is_none()
    }

    /// Whether a file is reported on, by its path from the root.
    pub(crate) fn holds(&self, file: &str) -> bool {
        self.0.as_ref().is_none_or(|named| named.iter().any(|it| is_at_or_below(file, it)))
    }
}

fn is_at_or_below(file: &str, place: &str) -> bool {
    let Some(rest) = file.strip_prefix(place) else { return false };
    rest.is_empty() || place.is_empty() || rest.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_name_is_not_below() {
        let meant = Meant::only(&[PathBuf::from("/w/src/a"), PathBuf::from("/w/b.rs")], Path::new("/w"));
        assert!(meant.holds("src/a/c.rs") && meant.holds("b.rs"));
        assert!(!meant.holds("src/ab.rs") && !meant.holds("src/a.rs") && !meant.holds("c/b.rs"));
        assert!(Meant::only(&[PathBuf::from("/w")], Path::new("/w")).holds("b.rs"));
        assert!(Meant::default().holds("c.rs"));
    }
}
