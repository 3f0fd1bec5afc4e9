//! Which `cfg` branch a name means where several declare it: the one that a usual host compiles.

use crate::facts::AttrList;

/// Whether an item with these attributes may be compiled for a Unix host with threads, outside of tests and of the
/// schedulers that tests run on.
pub(super) fn is_usual(attrs: &AttrList) -> bool {
    !attrs.is_left_out(&usually)
}

/// What a condition is on such a host; nothing of features, which are the user's choice.
fn usually(name: &str, value: Option<&str>) -> Option<bool> {
    match (name, value) {
        ("unix" | "debug_assertions", None) => Some(true),
        (
            "windows" | "test" | "doctest" | "loom" | "shuttle" | "miri" | "madsim" | "doc" | "docsrs",
            None,
        ) => Some(false),
        ("target_family", Some(family)) => Some(family == "unix"),
        ("target_os", Some(os)) => Some(os == "linux"),
        ("target_arch", Some("wasm32" | "wasm64")) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Cfg;

    #[test]
    fn what_other_hosts_and_tests_compile_is_not_usual() {
        let atom = |name: &str, value: Option<&str>| Cfg::Atom(name.into(), value.map(str::to_string));
        let holds = |it: &Cfg| it.holds(&usually);
        let wasm = atom("target_arch", Some("wasm32"));
        assert_eq!(holds(&wasm), Some(false));
        assert_eq!(holds(&Cfg::Not(Box::new(wasm))), Some(true));
        assert_eq!(holds(&Cfg::Any(vec![atom("loom", None), atom("windows", None)])), Some(false));
        assert_eq!(holds(&Cfg::All(vec![atom("unix", None), atom("feature", Some("tls"))])), None);
    }
}
