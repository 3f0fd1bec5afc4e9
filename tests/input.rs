//! `--stdin-filename` and `--path-base`: where texts come from, and where paths start.

mod support;

use std::io::Write as _;
use std::process::Stdio;

use support::{Project, Run, STATIC_MUT, UNDERSCORE, answer, command, of_reason};

/// Runs the command in a directory of the project with `text` on standard input.
fn with_input(project: &Project, dir: &str, text: &[u8], args: &[&str]) -> Run {
    let mut command = command(&project.join(dir));
    command.args(["--message-format", "json"]).args(args);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    child.stdin.take().expect("a pipe").write_all(text).expect("it reads");
    answer(child.wait_with_output().expect("it ends"))
}

/// The findings as `file: lint`.
fn found(run: &Run) -> Vec<String> {
    let text = |it: &serde_json::Value, key: &str| it[key].as_str().expect("a text").to_owned();
    of_reason(&run.lines(), "finding")
        .iter()
        .map(|it| format!("{}: {}", text(it, "file"), text(it, "lint")))
        .collect()
}

#[test]
fn the_text_on_standard_input_is_the_files() {
    let project = Project::lib("mod a;\n").file("src/a.rs", "");
    let run = with_input(&project, ".", UNDERSCORE.as_bytes(), &["--stdin-filename", "src/a.rs"]);
    assert_eq!(found(&run), ["src/a.rs: let_underscore_guard"]);
    let run = with_input(&project, "src", UNDERSCORE.as_bytes(), &["--stdin-filename", "a.rs"]);
    assert_eq!(found(&run), ["src/a.rs: let_underscore_guard"]);
    assert!(project.lints(&[]).is_empty());
    let mended = Project::lib(UNDERSCORE);
    assert!(found(&with_input(&mended, ".", b"", &["--stdin-filename", "src/lib.rs"])).is_empty());
}

#[test]
fn the_rest_of_the_workspace_says_what_its_names_mean() {
    let project = Project::lib("mod a;\npub struct Shared {\n    pub lock: std::sync::Mutex<u32>,\n}\n")
        .file("src/a.rs", "");
    let text = "pub fn f(s: &crate::Shared) {\n    let _ = s.lock.lock();\n    println!();\n}\n";
    let run = with_input(&project, ".", text.as_bytes(), &["--stdin-filename", "src/a.rs"]);
    assert_eq!(found(&run), ["src/a.rs: let_underscore_guard"]);
}

#[test]
fn a_file_that_is_not_saved_yet_is_read_too() {
    let project = Project::lib("mod a;\n");
    let args = ["--stdin-filename", "src/a.rs"];
    let run = with_input(&project, ".", UNDERSCORE.as_bytes(), &args);
    assert_eq!(found(&run), ["src/a.rs: let_underscore_guard"]);
    assert!(support::incomplete(&run.lines()).is_empty(), "{run:?}");
    let stray = with_input(&project, ".", UNDERSCORE.as_bytes(), &["--stdin-filename", "notes/new.rs"]);
    assert_eq!(stray.code, 1, "{stray:?}");
    let stray = with_input(&Project::empty(), ".", UNDERSCORE.as_bytes(), &["--stdin-filename", "new.rs"]);
    assert_eq!(found(&stray), ["new.rs: let_underscore_guard"]);
}

#[test]
fn the_workspace_around_the_file_is_meant() {
    let project = Project::lib("mod a;\n").file("src/a.rs", "").file("other/readme", "");
    let run = with_input(&project, "other", UNDERSCORE.as_bytes(), &["--stdin-filename", "../src/a.rs"]);
    assert_eq!(found(&run), ["src/a.rs: let_underscore_guard"]);
}

#[test]
fn input_that_is_no_text_is_a_mistake() {
    let project = Project::lib("");
    let run = with_input(&project, ".", b"fn a() {}\n\xff", &["--stdin-filename", "src/lib.rs"]);
    run.fails(2, "standard input: not valid UTF-8 at byte 10");
}

#[test]
fn what_has_changed_is_not_told_of_a_text_that_is_not_saved() {
    let project = Project::lib("");
    for other in [&["--since", "HEAD"][..], &["--in-diff", "-"], &["--fix"]] {
        let args = [&["--stdin-filename", "src/lib.rs"], other].concat();
        with_input(&project, ".", b"", &args).fails(2, "cannot be used with");
    }
}

/// A workspace in a directory of a repository.
fn nested() -> Project {
    let manifest = support::manifest("app");
    Project::empty()
        .file(".git/HEAD", "ref: refs/heads/main\n")
        .file("rust/Cargo.toml", &manifest)
        .file("rust/src/lib.rs", &format!("mod broken;\n{STATIC_MUT}"))
        .file("rust/src/broken.rs", "fn f( {\n")
}

#[test]
fn paths_start_where_they_are_asked_to() {
    let project = nested();
    let seen = |dir: &str, args: &[&str]| {
        let run = support::run_in(&project.join(dir), &[&["--message-format", "json"], args].concat());
        let lines = run.lines();
        let file = of_reason(&lines, "finding")[0]["file"].as_str().expect("a path").to_owned();
        let broken = of_reason(&lines, "incomplete")[0]["file"].as_str().expect("a path").to_owned();
        assert_eq!(broken, file.replace("lib.rs", "broken.rs"));
        let root = of_reason(&lines, "start")[0]["root"].as_str().expect("a path").to_owned();
        assert!(std::path::Path::new(&root).join(&file).is_file(), "{root} {file}");
        file
    };
    assert_eq!(seen("rust/src", &[]), "src/lib.rs");
    assert_eq!(seen("rust/src", &["--path-base", "workspace"]), "src/lib.rs");
    assert_eq!(seen("rust/src", &["--path-base", "vcs"]), "rust/src/lib.rs");
    assert_eq!(seen("rust/src", &["--path-base", "cwd"]), "lib.rs");
    assert_eq!(seen(".", &["--path-base", "cwd", "rust"]), "rust/src/lib.rs");
    let absolute = project.path().canonicalize().expect("a real path").join("rust/src/lib.rs");
    assert_eq!(seen("rust", &["--path-base", "absolute"]), absolute.to_str().expect("UTF-8"));
}

#[test]
fn without_a_repository_the_workspace_is_the_base() {
    let project = Project::lib(STATIC_MUT);
    let run = project.run(&["--path-base", "vcs", "--message-format", "short"]);
    assert!(run.stdout.starts_with("src/lib.rs:"), "{run:?}");
}

#[test]
fn files_are_listed_from_the_same_base() {
    let run = support::run_in(&nested().join("rust"), &["--list-files", "--path-base", "vcs"]);
    assert_eq!(run.stdout, "rust/src/broken.rs\nrust/src/lib.rs\n");
}
