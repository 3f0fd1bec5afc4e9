//! Which code only exists for tests.

use crate::facts::{Attrs, Cfg};

/// Whether an item with these attributes is test code: `#[cfg(test)]`, `#[test]`, `#[tokio::test]`, `#[bench]`.
pub fn is_test_attrs(attrs: &Attrs) -> bool {
    attrs.cfg.iter().any(requires_test) || attrs.names.iter().any(|name| is_test_attribute(name))
}

/// Whether a module is by its name there for tests, whoever compiles it: `test_utils`, `testing`, `mocks`, `client_tests`.
pub(super) fn is_test_module(name: &str) -> bool {
    let is_one = |word: &str| {
        matches!(word, "test" | "tests" | "testing" | "testutil" | "testutils" | "mock" | "mocks")
    };
    let mut words = name.split('_');
    words.next().is_some_and(is_one) || words.next_back().is_some_and(is_one)
}

fn is_test_attribute(name: &str) -> bool {
    let last = name.rsplit("::").next().unwrap_or(name).trim();
    matches!(last, "test" | "bench" | "rstest" | "test_case" | "quickcheck" | "proptest")
}

/// Whether the predicate can only hold when `test` does.
pub fn requires_test(cfg: &Cfg) -> bool {
    match cfg {
        Cfg::Atom(name, value) => value.is_none() && matches!(name.as_str(), "test" | "doctest"),
        Cfg::All(parts) => parts.iter().any(requires_test),
        Cfg::Any(parts) => !parts.is_empty() && parts.iter().all(requires_test),
        Cfg::Not(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_that_are_named_for_tests() {
        assert!(["test_client", "testing", "mocks", "store_tests", "tests"].into_iter().all(is_test_module));
        assert!(!["latest", "attest", "contest_rules", "client"].into_iter().any(is_test_module));
    }

    #[test]
    fn only_predicates_that_need_test_count() {
        let atom = |name: &str| Cfg::Atom(name.into(), None);
        assert!(requires_test(&Cfg::All(vec![atom("unix"), atom("test")])));
        assert!(!requires_test(&Cfg::Any(vec![atom("unix"), atom("test")])));
        assert!(!requires_test(&Cfg::Not(Box::new(atom("test")))));
        assert!(!requires_test(&Cfg::Atom("test".into(), Some("x".into()))));
    }
}
