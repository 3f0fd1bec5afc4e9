//! The fixtures, through the binary: exactly the marked lines, and nothing in the corrected twins.

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use support::{of_reason, run_in};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// The findings that the comments of a fixture mark: `//~ lint`, `//~^ lint` for the line above.
fn marked(root: &Path) -> BTreeSet<(String, u64, String)> {
    let mut marks = BTreeSet::new();
    for entry in walkdir::WalkDir::new(root).into_iter().filter_map(Result::ok) {
        if entry.path().extension().is_none_or(|it| it != "rs")
            || entry.path().starts_with(root.join("target"))
        {
            continue;
        }
        let path =
            entry.path().strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
        let text = std::fs::read_to_string(entry.path()).expect("a source file");
        for (number, line) in (1u64..).zip(text.lines()) {
            let Some((_, marker)) = line.split_once("//~") else { continue };
            let up = marker.chars().take_while(|it| *it == '^').count();
            let names = marker[up..].split_whitespace();
            marks.extend(names.map(|it| (path.clone(), number - up as u64, it.to_owned())));
        }
    }
    marks
}

#[test]
fn the_order_service_has_exactly_the_marked_findings() {
    has_the_marked("order-service");
}

#[test]
fn the_index_on_scc_has_exactly_the_marked_findings() {
    has_the_marked("scc-index");
}

#[track_caller]
fn has_the_marked(name: &str) {
    let root = fixture(name);
    let run = run_in(&root, &["--message-format", "json", "-W", "all"]);
    let found: BTreeSet<_> = of_reason(&run.lines(), "finding")
        .iter()
        .map(|it| {
            let text = |key: &str| it[key].as_str().expect("a text").to_owned();
            (text("file"), it["line"].as_u64().expect("a line"), text("lint"))
        })
        .collect();
    assert_eq!(found, marked(&root));
    assert_eq!(run.code, 1);
}

#[test]
fn the_corrected_order_service_is_silent() {
    assert_silent("order-service-fixed");
}

#[test]
fn the_order_service_on_safe_map_is_silent() {
    assert_silent("order-service-safe-map");
}

#[track_caller]
fn assert_silent(name: &str) {
    let root = fixture(name);
    let run = run_in(&root, &["--message-format", "json", "-W", "all", "--tests"]);
    assert_eq!(of_reason(&run.lines(), "finding"), Vec::<serde_json::Value>::new());
    assert_eq!(run.code, 0);
}
