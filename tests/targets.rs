//! `--lib`, `--bins`, `--examples`, `--tests` and `--all-targets`: which code is reported on, and targets that are not there.

mod support;

use support::{DELETE, Project, STATIC_MUT, THROUGH_CALLS, UNDERSCORE, incomplete, manifest};

/// A finding of its own lint in the library, the binary, an example, a test, and under `#[cfg(test)]`.
fn project() -> Project {
    let lib = format!(
        "pub mod shared;\n{UNDERSCORE}#[cfg(test)]\nmod tests {{\n    fn f(m: &std::sync::Mutex<u32>) {{\n        let _ = m.lock();\n        println!();\n    }}\n}}\n"
    );
    Project::lib(&lib)
        .file("src/shared.rs", "pub fn f() {}\n")
        .file("src/main.rs", &format!("mod shared;\n{STATIC_MUT}fn main() {{ start(); }}\n"))
        .file("examples/e.rs", &format!("{DELETE}fn main() {{}}\n"))
        .file("tests/t.rs", THROUGH_CALLS)
}

const LIB: &str = "let_underscore_guard";
const BIN: &str = "static_mut_map";
const EXAMPLE: &str = "delete_during_iteration";
const TEST: &str = "double_lock";

fn lints(args: &[&str]) -> Vec<String> {
    let mut found = project().lints(args);
    found.sort();
    found
}

#[test]
fn each_flag_reports_on_its_targets() {
    assert_eq!(lints(&[]), [LIB, BIN]);
    assert_eq!(lints(&["--lib"]), [LIB]);
    assert_eq!(lints(&["--bins"]), [BIN]);
    assert_eq!(lints(&["--lib", "--bins"]), [LIB, BIN]);
    assert_eq!(lints(&["--tests"]), [EXAMPLE, TEST, LIB, LIB, BIN]);
    assert_eq!(lints(&["--all-targets"]), [EXAMPLE, TEST, LIB, LIB, BIN]);
    assert!(lints(&["--examples"]).contains(&EXAMPLE.to_owned()));
    assert!(!lints(&["--examples"]).contains(&TEST.to_owned()));
}

#[test]
fn a_library_that_is_not_reported_on_says_what_its_types_are() {
    let lib = "pub struct Shared {\n    pub lock: std::sync::Mutex<u32>,\n}\n";
    let main = "fn main() { f(&app::shared()) }\npub fn f(s: &app::Shared) {\n    let _ = s.lock.lock();\n    println!();\n}\n";
    let project = Project::lib(lib).file("src/main.rs", main);
    assert_eq!(project.lints(&["--bins"]), [LIB]);
}

#[test]
fn targets_that_are_not_there_are_mistakes_in_cargos_words() {
    let library = Project::lib(UNDERSCORE);
    library.run(&["--bins"]).fails(2, "error: no binary targets found in package `app`");
    let binary = Project::empty().file("Cargo.toml", &manifest("app")).file("src/main.rs", "fn main() {}\n");
    binary.run(&["--lib"]).fails(2, "error: no library targets found in package `app`");
    binary.run(&["--lib", "--list-files"]).fails(2, "no library targets");
    binary.run(&["--lib", "--bins"]).fails(0, "note: no package has library targets");
    library.run(&["--examples"]).fails(1, "note: no package has example targets");
    let workspace = Project::empty()
        .file("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"3\"\n")
        .file("a/Cargo.toml", &manifest("a"))
        .file("a/src/lib.rs", "")
        .file("b/Cargo.toml", &manifest("b"))
        .file(
            "b/src/main.rs",
            &format!("{STATIC_MUT}fn main() {{ std::thread::spawn(|| get(1)); set(1, 2) }}\n"),
        );
    assert_eq!(workspace.lints(&["--bins"]), [BIN]);
    workspace.run(&["--bins", "-p", "a"]).fails(2, "no binary targets found in package `a`");
}

#[test]
fn a_file_without_a_package_is_analysed_whatever_targets_are_named() {
    let project = Project::empty().file("a.rs", UNDERSCORE);
    assert_eq!(project.lints(&["--bins", "a.rs"]), [LIB]);
    assert!(incomplete(&project.json(&["--bins", "a.rs"])).is_empty());
}
