//! What the baseline remembers of a finding: nothing that changes when lines move.

use std::collections::BTreeMap;

use safe_map_lints::{Confidence, Finding};

use crate::fingerprint::normalized;
use crate::report::Reported;

/// Longer snippets are cut; a hash of the whole keeps them apart.
const SNIPPET_CHARS: usize = 120;

/// What two findings share that are the same to the baseline, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The package.
    pub(crate) package: String,
    /// The path of the item inside its crate.
    pub(crate) item: String,
    /// The lint's name.
    pub(crate) lint: String,
    /// The text of the primary span in its normal form.
    pub(crate) snippet: String,
}

/// What is known of all findings of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// How many there are.
    pub(crate) count: u32,
    /// How sure the surest is: a run that asks for more does not look for them.
    pub(crate) confidence: Confidence,
    /// Whether they stand in test code, which most runs leave out.
    pub(crate) in_test: bool,
    /// Whether only runs that read the sources of dependencies have found them.
    pub(crate) with_dependencies: bool,
}

/// Entries by key, sorted.
pub(crate) type Entries = BTreeMap<Key, Known>;

/// The key of a finding whose primary span has this text.
pub(crate) fn key(found: &Reported, snippet: &str) -> Key {
    Key {
        package: found.package.clone(),
        item: found.finding.item.clone(),
        lint: found.finding.lint.to_owned(),
        snippet: cut(normalized(snippet)),
    }
}

fn cut(snippet: String) -> String {
    let Some((end, _)) = snippet.char_indices().nth(SNIPPET_CHARS) else { return snippet };
    format!("{}..{}", &snippet[..end], &blake3::hash(snippet.as_bytes()).to_hex()[..16])
}

impl Known {
    /// One finding.
    pub(crate) fn one(found: &Reported) -> Known {
        let Finding { confidence, in_test, .. } = found.finding;
        Known { count: 1, confidence, in_test, with_dependencies: false }
    }

    /// Both.
    pub(crate) fn and(self, other: Known) -> Known {
        Known { count: self.count + other.count, ..self.or(other) }
    }

    /// The larger of two that say the same, as a merge of two branches leaves them.
    pub(crate) fn or(self, other: Known) -> Known {
        Known {
            count: self.count.max(other.count),
            confidence: self.confidence.max(other.confidence),
            in_test: self.in_test && other.in_test,
            with_dependencies: self.with_dependencies && other.with_dependencies,
        }
    }
}

impl Key {
    /// The key without the module: what stays when an item moves to another file. A type goes along with its methods.
    pub(crate) fn movable(&self) -> Key {
        let segments: Vec<&str> = self.item.split("::").collect();
        let is_type = |it: &&str| it.starts_with(char::is_uppercase);
        let first = segments.iter().position(is_type).unwrap_or(segments.len() - 1);
        Key { item: segments[first..].join("::"), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(path: &str) -> Key {
        let [package, lint, snippet] = ["a", "double_lock", "m.lock()"].map(str::to_owned);
        Key { package, item: path.to_owned(), lint, snippet }
    }

    #[test]
    fn a_move_takes_the_type_along_and_leaves_the_module() {
        assert_eq!(item("store::Orders::place").movable().item, "Orders::place");
        assert_eq!(item("store::orders::place").movable().item, "place");
        assert_eq!(item("").movable().item, "");
    }

    #[test]
    fn long_snippets_are_cut_and_stay_apart() {
        let long = |end: &str| cut("ä".repeat(200) + end);
        assert_ne!(long("a"), long("b"));
        assert!(long("a").chars().count() < 150);
        assert_eq!(cut("m.lock()".to_owned()), "m.lock()");
    }
}
