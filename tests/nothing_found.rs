//! Where there is no Rust at first sight: what is said, and what is analysed all the same.

mod support;

use support::{Project, UNDERSCORE, manifest};

#[test]
fn a_manifest_that_does_not_parse_and_nothing_beside_it_is_an_error() {
    let project = Project::empty().file("Cargo.toml", "[package\nname =");
    for args in [&[][..], &["."], &["Cargo.toml"], &["--manifest-path", "Cargo.toml"]] {
        let run = project.run(args);
        run.fails(2, "no Rust source found in");
        run.fails(2, "the manifest does not load");
        run.fails(2, "Cargo.toml` does not parse");
    }
    project
        .file("src/lib.rs", UNDERSCORE)
        .run(&[])
        .fails(1, "not analysed: Cargo.toml:1: the manifest does not load");
}

#[test]
fn a_file_that_cannot_be_read_is_incomplete_and_no_error() {
    let project = Project::empty().bytes("a.rs", b"\xff\xfe");
    project.run(&[]).fails(0, "not analysed: a.rs:1");
    project.run(&["--error-on", "incomplete"]).fails(3, "not analysed: a.rs:1");
}

#[test]
fn without_a_manifest_around_what_is_below_is_analysed() {
    let project = Project::empty()
        .file("one/Cargo.toml", &manifest("one"))
        .file("one/src/lib.rs", UNDERSCORE)
        .file("two/Cargo.toml", &manifest("two"))
        .file("two/src/lib.rs", "pub fn f() {}\n")
        .file("docs/readme", "");
    let run = project.run(&["--message-format", "short"]);
    run.fails(1, "no `Cargo.toml` in or above");
    assert_eq!(run.stdout, project.run(&["--message-format", "short", "."]).stdout);
    assert!(run.stdout.starts_with("one/src/lib.rs:4:"), "{run:?}");
    let docs = support::run_in(&project.join("docs"), &[]);
    docs.fails(2, "no Rust source found in");
}

#[test]
fn a_generated_file_that_is_named_is_analysed() {
    let generated = format!("// @{}\n{UNDERSCORE}", "generated");
    let alone = Project::empty().file("g.rs", &generated);
    assert_eq!(alone.lints(&["g.rs"]), ["let_underscore_guard"]);
    assert!(alone.lints(&["."]).is_empty(), "not where its directory is named");
    let project = Project::lib("mod g;\n").file("src/g.rs", &generated);
    assert_eq!(project.lints(&["src/g.rs"]), ["let_underscore_guard"]);
    assert!(project.lints(&["src"]).is_empty() && project.lints(&[]).is_empty());
    project.run(&["--fix", "--allow-no-vcs", "src/g.rs"]);
    assert_eq!(
        std::fs::read_to_string(project.join("src/g.rs")).expect("a file"),
        generated,
        "never written"
    );
}
