//! The documentation of each public function: an example that runs, what is locked, what it costs, and what may panic.

#[path = "common/sources.rs"]
mod sources;

use sources::{PubFn, public_functions};

/// The files of the maps and sets, whose methods take locks.
const MAPS: [&str; 9] = [
    "methods.rs",
    "sets.rs",
    "sharded.rs",
    "versioned.rs",
    "snapshot.rs",
    "read_mostly.rs",
    "generational.rs",
    "locked.rs",
    "fail_fast.rs",
];

/// The private modules that have functions which are `pub` in there.
const PRIVATE: [&str; 1] = ["raw"];

fn docs(it: &PubFn) -> String {
    it.docs.join("\n")
}

/// What is missing of one function.
fn missing(it: &PubFn) -> Vec<&'static str> {
    let docs = docs(it);
    // The page of another method, which has all of this, is named.
    let as_other = docs.contains("As [`");
    let on_map = it.has_self() && MAPS.contains(&it.file.as_str());
    // What each strategy gives the macros that write its methods.
    let given = |names: &[&str]| names.iter().any(|name| docs.contains(name));
    let says_cost = docs.contains("O(") || given(&["$cost", "$len", "$batch"]);
    let says_locks = docs.contains("Locks ") || given(&["$len"]);
    let says_panics = docs.contains("# Panics") || docs.contains("not panic");
    let wanted = [
        ("an example", docs.contains("# Examples") && docs.matches("```").count() >= 2),
        ("an example that runs", !["```ignore", "```no_run", "```text"].iter().any(|it| docs.contains(it))),
        ("what is locked", !on_map || as_other || says_locks),
        ("what it costs", !on_map || as_other || says_cost),
        ("what may panic", !on_map || as_other || says_panics),
        ("what an error is", !it.signature.contains("-> Result") || docs.contains("# Errors")),
    ];
    wanted.into_iter().filter(|(_, there)| !there).map(|(what, _)| what).collect()
}

#[test]
fn every_public_function_says_what_it_does() {
    let all = public_functions(".");
    let documented = all.iter().filter(|it| !PRIVATE.iter().any(|folder| it.file.starts_with(folder)));
    let wrong: Vec<_> = documented
        .filter_map(|it| {
            let missing = missing(it);
            (!missing.is_empty()).then(|| format!("{} lacks {}", it.place(), missing.join(", ")))
        })
        .collect();
    assert!(wrong.is_empty(), "{} functions:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_scan_sees_what_is_there() {
    let all = public_functions("methods.rs");
    let named =
        |name: &str| all.iter().find(|it| it.name == name).unwrap_or_else(|| panic!("`{name}` is not seen"));
    assert_eq!(
        (named("upsert").closures(), named("insert").closures(), named("get_or_load").closures()),
        (2, 0, 1)
    );
    assert!(named("get").docs.iter().any(|line| line.contains("The value of a key, cloned.")));
    assert!(!named("read").docs.iter().any(|line| line.contains("The value of a key, cloned.")));
    assert!(all.iter().all(PubFn::has_self));
}
