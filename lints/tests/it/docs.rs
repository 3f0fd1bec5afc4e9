//! The lints' pages: every section is there, the examples do what they say, and the registry equals the directory.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::findings_and;
use safe_map_analysis::facts::Edition;
use safe_map_lints::{Check, LINTS};

/// The text of a section of a page.
fn section<'a>(docs: &'a str, name: &str) -> &'a str {
    let heading = format!("## {name}\n");
    let start = docs.find(&heading).unwrap_or_else(|| panic!("section {name} is missing")) + heading.len();
    let rest = &docs[start..];
    rest[..rest.find("\n## ").unwrap_or(rest.len())].trim()
}

/// The Rust examples of a section.
fn examples(section: &str) -> Vec<&str> {
    section.split("```rust\n").skip(1).filter_map(|it| it.split("\n```").next()).collect()
}

#[test]
fn every_page_has_its_sections() {
    for lint in LINTS {
        let docs = lint.docs();
        for name in ["Why", "Fires", "Silent", "Fix", "Limits"] {
            assert!(!section(&docs, name).is_empty(), "{}: {name}", lint.name);
        }
        assert!(lint.summary().ends_with('.'), "{}: the page starts with a sentence", lint.name);
    }
}

#[test]
fn firing_examples_fire_and_silent_ones_do_not() {
    for lint in LINTS.iter().filter(|it| !matches!(it.check, Check::Engine)) {
        let docs = lint.docs();
        let (fires, silent) = (examples(section(&docs, "Fires")), examples(section(&docs, "Silent")));
        assert!(!fires.is_empty() && !silent.is_empty(), "{}: an example each", lint.name);
        for edition in [Edition::E2021, Edition::E2024] {
            for text in &fires {
                let found = findings_and(text, edition, lint.name);
                assert!(found.iter().any(|it| it.lint == lint.name), "{} is silent on\n{text}", lint.name);
            }
            for text in &silent {
                assert_eq!(findings_and(text, edition, lint.name), Vec::new(), "{}:\n{text}", lint.name);
            }
        }
    }
}

#[test]
fn the_registry_equals_the_directory() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lints");
    let names = std::fs::read_dir(directory).expect("the directory").map(|it| it.expect("an entry").path());
    let files: BTreeSet<String> = names
        .map(|it| it.file_stem().expect("a name").to_string_lossy().to_string())
        .filter(|it| it != "mod")
        .collect();
    let listed: BTreeSet<String> = LINTS.iter().map(|it| it.name.to_string()).collect();
    assert_eq!(files, listed);
}

#[test]
fn the_readme_lists_every_lint_with_its_level() {
    let readme = include_str!("../../../README.md");
    for lint in LINTS {
        let stage = if lint.is_preview() { " (preview)" } else { "" };
        let row = format!("| `{}` | {}{stage} |", lint.name, lint.default_level().as_str());
        assert!(readme.contains(&row), "README has no row `{row}`");
    }
}
