//! A PATH inside of a package: the whole workspace says what its names mean, and only what is in the PATH is reported on.

mod support;

use serde_json::Value;
use support::{Project, STATIC_MUT, UNDERSCORE, of_reason};

const STORE: &str = "use std::sync::Mutex;\n\npub struct Store {\n    pub lock: Mutex<u32>,\n}\n";

/// Takes a lock twice whose type is in another file.
const TWICE: &str = "use crate::store::Store;\n\npub fn f(s: &Store) -> u32 {\n    let a = s.lock.lock().unwrap();\n    \
    let b = s.lock.lock().unwrap();\n    *a + *b\n}\n";

/// A package with findings in `src/deep/twice.rs`, `src/lib.rs` and a file that nothing leads to.
fn project() -> Project {
    Project::lib(&format!("pub mod deep;\npub mod store;\n{STATIC_MUT}"))
        .file("src/store.rs", STORE)
        .file("src/deep/mod.rs", "pub mod twice;\n")
        .file("src/deep/twice.rs", TWICE)
        .file("src/stray.rs", UNDERSCORE)
}

fn findings(project: &Project, dir: &str, args: &[&str]) -> Vec<Value> {
    let run = support::run_in(&project.join(dir), &[&["--message-format", "json"], args].concat());
    of_reason(&run.lines(), "finding")
}

/// What tells a finding from others, as a baseline and `explain` see it.
fn identity(finding: &Value) -> Vec<&Value> {
    ["lint", "file", "item", "lock", "fingerprint"].iter().map(|key| &finding[key]).collect()
}

fn files(found: &[Value]) -> Vec<&str> {
    found.iter().map(|it| it["file"].as_str().expect("a path")).collect()
}

#[test]
fn a_file_has_the_findings_that_it_has_in_the_whole_run() {
    let project = project();
    let whole = findings(&project, ".", &[]);
    assert_eq!(files(&whole), ["src/deep/twice.rs", "src/lib.rs"]);
    let runs = [(".", "src/deep/twice.rs"), (".", "src/deep"), ("src", "deep/twice.rs"), ("src/deep", ".")];
    for (dir, path) in runs {
        let found = findings(&project, dir, &[path]);
        assert_eq!(files(&found), ["src/deep/twice.rs"], "{dir} {path}");
        assert_eq!(identity(&found[0]), identity(&whole[0]), "{dir} {path}");
    }
    assert_eq!(files(&findings(&project, ".", &["src"])), files(&whole));
    assert!(findings(&project, ".", &["src/store.rs"]).is_empty());
    let said = project.run(&["src/store.rs"]).stderr;
    assert!(said.contains("1 file and 5 lines"), "{said}");
}

#[test]
fn alike_findings_keep_their_fingerprints() {
    let project = Project::lib("#[path = \"a.rs\"]\npub mod m;\n").file("src/a.rs", UNDERSCORE);
    let project = project.file(
        "src/main.rs",
        "#[path = \"c.rs\"]\nmod m;\nfn main() { m::warm_up(&std::sync::Mutex::new(1)) }\n",
    );
    let project = project.file("src/c.rs", UNDERSCORE);
    let whole = findings(&project, ".", &[]);
    assert_eq!(whole[0]["item"], whole[1]["item"]);
    assert_ne!(whole[0]["fingerprint"], whole[1]["fingerprint"]);
    for path in ["src/a.rs", "src/c.rs"] {
        let found = findings(&project, ".", &[path]);
        assert_eq!(files(&found), [path]);
        let same = whole.iter().find(|it| it["file"] == *path).expect("it is found in the whole run");
        assert_eq!(identity(&found[0]), identity(same));
    }
}

#[test]
fn a_suppression_that_needs_another_file_is_used() {
    let comment = "// safe-map-lint: allow(double_lock) -- shown\n";
    let allowed = TWICE.replace("pub fn", &format!("{comment}pub fn"));
    let project = project().file("src/deep/twice.rs", &allowed);
    assert_eq!(project.lints(&[]), ["static_mut_map"]);
    assert!(project.lints(&["src/deep/twice.rs"]).is_empty());
    project.run(&["--fix", "--allow-no-vcs", "src/deep/twice.rs"]).succeeds();
    let text = std::fs::read_to_string(project.join("src/deep/twice.rs")).expect("the file");
    assert_eq!(text, allowed);
    let needless = project.file("src/store.rs", &format!("{comment}{STORE}"));
    assert_eq!(needless.lints(&["src/store.rs"]), ["unused_suppression"]);
    assert!(needless.lints(&["src/deep"]).is_empty());
}

#[test]
fn a_file_that_nothing_leads_to_is_analysed_by_itself() {
    let project = project();
    assert_eq!(project.lints(&["src/stray.rs"]), ["let_underscore_guard"]);
    let found = findings(&project, ".", &["src/deep", "src/stray.rs"]);
    assert_eq!(files(&found), ["src/deep/twice.rs", "src/stray.rs"]);
    let aside = project.file("notes/a.rs", UNDERSCORE);
    assert_eq!(aside.lints(&["notes"]), ["let_underscore_guard"]);
}

#[test]
fn a_path_in_a_member_has_the_root_of_the_workspace() {
    let package = |name: &str| support::manifest(name);
    let project = Project::empty()
        .file("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"3\"\n")
        .file("a/Cargo.toml", &package("a"))
        .file("a/src/lib.rs", UNDERSCORE)
        .file("b/Cargo.toml", &package("b"))
        .file("b/src/lib.rs", &format!("pub mod deep;\npub mod store;\n{STATIC_MUT}"))
        .file("b/src/store.rs", STORE)
        .file("b/src/deep.rs", &TWICE.replace("f(", "g("));
    let whole = findings(&project, ".", &[]);
    assert_eq!(files(&whole), ["a/src/lib.rs", "b/src/deep.rs", "b/src/lib.rs"]);
    let below = findings(&project, ".", &["b/src"]);
    assert_eq!(files(&below), ["b/src/deep.rs", "b/src/lib.rs"]);
    assert_eq!(identity(&below[0]), identity(&whole[1]));
    assert_eq!(files(&findings(&project, ".", &["a", "b/src/deep.rs"])), ["a/src/lib.rs", "b/src/deep.rs"]);
    assert_eq!(project.run(&["--list-files", "b/src/deep.rs"]).stdout, "b/src/deep.rs\n");
}

#[test]
fn a_baseline_knows_what_is_in_a_path_and_nothing_else_is_stale() {
    let project = project();
    project.run(&["baseline", "update"]).succeeds();
    for path in ["src/deep/twice.rs", "src/deep", "src/store.rs"] {
        let run = project.run(&["--error-on", "stale-baseline,new", path]);
        run.succeeds();
        assert!(!run.stderr.contains("stale"), "{run:?}");
    }
}

#[test]
fn what_is_broken_elsewhere_is_not_reported() {
    let project = project().file("src/store.rs", &format!("{STORE}fn f( {{\n"));
    assert!(support::incomplete(&project.json(&["src/deep"])).is_empty());
    assert_eq!(support::incomplete(&project.json(&["src/store.rs"])).len(), 1);
}

#[test]
fn test_code_in_a_directory_stays_test_code() {
    let project = Project::lib("pub mod deep;\n")
        .file("src/deep/mod.rs", "#[cfg(test)]\nmod tests;\n")
        .file("src/deep/tests.rs", UNDERSCORE);
    assert!(project.lints(&["src/deep"]).is_empty());
    assert_eq!(project.lints(&["--tests", "src/deep"]), ["let_underscore_guard"]);
}

#[test]
fn a_manifest_that_does_not_load_hides_no_file() {
    let project = Project::lib(UNDERSCORE).file("Cargo.toml", "[package\n");
    assert_eq!(project.lints(&["src/lib.rs"]), ["let_underscore_guard"]);
    let outside = Project::empty().file("a.rs", UNDERSCORE);
    assert_eq!(outside.lints(&["a.rs"]), ["let_underscore_guard"]);
}

#[test]
fn what_is_left_out_of_the_whole_run_is_reported_where_it_is_named() {
    let project = Project::empty()
        .file("Cargo.toml", "[workspace]\nmembers = [\"app\", \"helpers\"]\nresolver = \"3\"\n")
        .file(
            "app/Cargo.toml",
            "[package]\nname = \"app\"\n\n[dev-dependencies]\nhelpers = { path = \"../helpers\" }\n",
        )
        .file("app/src/lib.rs", "")
        .file("helpers/Cargo.toml", "[package]\nname = \"helpers\"\n")
        .file("helpers/src/lib.rs", STATIC_MUT);
    assert!(project.lints(&[]).is_empty());
    assert_eq!(files(&findings(&project, ".", &["helpers/src/lib.rs"])), ["helpers/src/lib.rs"]);
    assert!(project.lints(&["app/src/lib.rs"]).is_empty());
}
