//! Broken and hostile input: a clear message, the right exit code, and the other files still analysed.

mod support;

use support::{Project, UNDERSCORE, incomplete, manifest, of_reason};

/// A library of two modules: `bad` with these bytes, and `good` with one finding.
fn beside_good(bytes: &[u8]) -> Project {
    Project::lib("mod bad;\nmod good;\n").bytes("src/bad.rs", bytes).file("src/good.rs", UNDERSCORE)
}

/// Panics unless the good module is analysed and the bad one is incomplete with `why`.
#[track_caller]
fn is_reported(project: &Project, why: &str) {
    let lines = project.json(&[]);
    let messages = incomplete(&lines);
    assert!(messages.iter().any(|it| it.contains(why)), "no {why:?} in {messages:?}");
    assert_eq!(project.lints(&[]), ["let_underscore_guard"]);
    let run = project.run(&["-A", "all", "--error-on", "incomplete"]);
    run.fails(3, "not analysed: ");
    project.run(&["-A", "all"]).succeeds();
}

#[test]
fn broken_syntax_costs_its_item_only() {
    let text = format!("fn broken( {{\n}}\n\n{}", UNDERSCORE);
    let project = Project::lib("mod bad;\n").file("src/bad.rs", &text);
    assert_eq!(incomplete(&project.json(&[])).len(), 1);
    assert_eq!(project.lints(&[]), ["let_underscore_guard"]);
}

#[test]
fn a_file_that_is_not_utf_8() {
    is_reported(&beside_good(b"fn f() {}\n\xff\xfe"), "src/bad.rs: not valid UTF-8 at byte 10");
}

#[test]
fn an_empty_file_is_complete() {
    assert!(incomplete(&beside_good(b"").json(&[])).is_empty());
}

#[test]
fn a_directory_where_a_file_should_be() {
    let project = Project::lib("#[path = \"bad.rs\"]\nmod bad;\nmod good;\n").file("src/good.rs", UNDERSCORE);
    std::fs::create_dir(project.join("src/bad.rs")).expect("a directory");
    is_reported(&project, "src/bad.rs: a directory, not a file");
}

#[test]
fn ten_megabytes_are_read() {
    let line = "pub fn f() -> u32 { let x = 1; x + 1 }\n";
    let project = beside_good(line.repeat((10 << 20) / line.len()).as_bytes());
    let lines = project.json(&["--file-timeout", "600"]);
    assert!(incomplete(&lines).is_empty(), "{:?}", incomplete(&lines));
    assert_eq!(of_reason(&lines, "finding").len(), 1);
}

#[test]
fn a_file_over_its_time_budget_is_left_out_and_the_run_goes_on() {
    let line = "pub fn f() -> u32 { let x = 1; x + 1 }\n";
    let project = beside_good(line.repeat((2 << 20) / line.len()).as_bytes());
    let budget = ["--file-timeout", "0.001"];
    let lines = project.json(&budget);
    assert_eq!(incomplete(&lines), ["src/bad.rs: takes longer than 0.001 s to parse (--file-timeout)"]);
    assert_eq!(project.lints(&budget), ["let_underscore_guard"]);
    project.run(&[&budget[..], &["-A", "all", "--error-on", "incomplete"]].concat()).fails(3, "src/bad.rs");
    project.run(&["--file-timeout", "0"]).fails(2, "not a number of seconds above 0");
}

#[test]
fn thousands_of_nested_blocks_do_not_overflow_the_stack() {
    let text = format!("fn f() {}{}\n", "{".repeat(5_000), "}".repeat(5_000));
    assert_eq!(beside_good(text.as_bytes()).lints(&[]), ["let_underscore_guard"]);
}

#[test]
fn a_body_that_is_too_deep_to_be_walked_is_said() {
    let lock = "let g = m.lock().unwrap(); m.lock().unwrap().len() + g.len()";
    let text = |terms: usize| {
        let sum = vec!["1"; terms].join(" + ");
        format!("pub fn f(m: &std::sync::Mutex<Vec<u32>>) -> usize {{ let _x = {sum}; {lock} }}\n")
    };
    assert_eq!(Project::lib(&text(300)).lints(&[]), ["double_lock"]);
    let deep = Project::lib(&text(1_000));
    assert!(deep.lints(&[]).is_empty());
    deep.run(&["--error-on", "incomplete"]).fails(3, "nested too deeply: this body is not analysed");
}

#[test]
fn a_thousand_guards_at_once_do_not_hold_up_the_run() {
    let guards: String = (0..1_000).map(|it| format!("    let g{it} = m.lock();\n")).collect();
    let text = format!("pub fn f(m: &std::sync::Mutex<Vec<u32>>) {{\n{guards}}}\n");
    assert!(beside_good(text.as_bytes()).lints(&[]).contains(&"double_lock".to_owned()));
}

#[test]
fn runs_of_prefixes_without_a_bracket_do_not_overflow_the_stack() {
    for prefix in ["!", "&", "-", "*", "return ", "|x| ", "a = ", "break ", "&&", "box_ < ", "move || "] {
        let text = format!("fn f() {{ let x = {}1; }}\n", prefix.repeat(20_000));
        assert_eq!(beside_good(text.as_bytes()).lints(&[]), ["let_underscore_guard"], "{prefix:?}");
    }
}

#[cfg(unix)]
#[test]
fn symlink_loops_end() {
    let project = beside_good(b"");
    std::os::unix::fs::symlink(project.path(), project.join("src/again")).expect("a link");
    std::os::unix::fs::symlink("self.rs", project.join("src/self.rs")).expect("a link");
    assert_eq!(project.lints(&["."]), ["let_underscore_guard"]);
    std::fs::remove_file(project.join("Cargo.toml")).expect("removed");
    assert_eq!(project.lints(&["."]), ["let_underscore_guard"]);
}

#[test]
fn a_module_that_contains_itself_ends() {
    let project =
        Project::lib("#[path = \"lib.rs\"]\nmod again;\nmod good;\n").file("src/good.rs", UNDERSCORE);
    assert_eq!(project.lints(&[]), ["let_underscore_guard"]);
}

#[test]
fn a_missing_module_is_reported_unless_a_cfg_may_explain_it() {
    let project =
        Project::lib("mod good;\nmod gone;\n#[cfg(windows)]\nmod other;\n").file("src/good.rs", UNDERSCORE);
    let messages = incomplete(&project.json(&[]));
    assert_eq!(messages, ["src/lib.rs: module file not found: `mod gone;`"]);
    is_reported(&project, "mod gone;");
}

#[test]
fn a_manifest_that_cargo_refuses_is_read_without_it() {
    let refused = format!("{}unheard-of = {{ workspace = true }}\n", manifest("app"));
    let project = Project::lib(UNDERSCORE).file("Cargo.toml", &refused);
    let run = project.run(&["--message-format", "short"]);
    run.fails(1, "`cargo metadata` failed");
    assert_eq!(run.stdout.lines().count(), 1);
}

#[test]
fn a_manifest_that_is_no_toml_leaves_the_sources() {
    let project = beside_good(b"").file("Cargo.toml", "[package\nname = ");
    is_reported(&project, "Cargo.toml: the manifest does not load");
}

#[test]
fn nested_workspaces_are_roots_of_their_own_under_a_path() {
    let nested = format!("{}\n[workspace]\n", manifest("nested"));
    let project = Project::lib("").file("tools/nested/Cargo.toml", &nested);
    let project = project.file("tools/nested/src/lib.rs", UNDERSCORE);
    assert!(project.lints(&[]).is_empty());
    assert_eq!(project.lints(&["."]), ["let_underscore_guard"]);
}

#[test]
fn a_repository_without_a_root_manifest() {
    let project = Project::empty().file("a/Cargo.toml", &manifest("a")).file("a/src/lib.rs", UNDERSCORE);
    assert_eq!(project.lints(&["."]), ["let_underscore_guard"]);
}

#[test]
fn a_directory_without_a_manifest_and_a_single_file() {
    let project = Project::empty().file("x/good.rs", UNDERSCORE).file("target/bad.rs", UNDERSCORE);
    assert_eq!(project.lints(&[]), ["let_underscore_guard"]);
    assert_eq!(project.lints(&["x/good.rs"]), ["let_underscore_guard"]);
}

#[test]
fn caches_and_generated_files_are_passed_by() {
    let project = Project::empty()
        .file("good.rs", UNDERSCORE)
        .file("cache/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n")
        .file("cache/bad.rs", UNDERSCORE)
        .file("generated.rs", &format!("// @{}\n{UNDERSCORE}", "generated"));
    assert_eq!(project.lints(&["."]), ["let_underscore_guard"]);
}

#[test]
fn a_byte_order_mark_and_a_shebang_are_no_errors() {
    for start in ["\u{feff}", "#!/usr/bin/env run\n", "\u{feff}#!/usr/bin/env run\n"] {
        let project = Project::lib(&format!("{start}{UNDERSCORE}"));
        assert!(incomplete(&project.json(&[])).is_empty(), "{start:?}");
        assert_eq!(project.lints(&[]), ["let_underscore_guard"], "{start:?}");
    }
}

#[test]
fn a_directory_without_rust_is_a_usage_error() {
    Project::empty().file("README.md", "").run(&["."]).fails(2, "no Rust source found in `.`");
    Project::empty().run(&["nowhere"]).fails(2, "`nowhere`: no such file or directory");
}

#[cfg(unix)]
#[test]
fn an_unreadable_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = beside_good(b"fn f() {}\n");
    let bad = project.join("src/bad.rs");
    std::fs::set_permissions(&bad, std::fs::Permissions::from_mode(0o000)).expect("permissions");
    if std::fs::read(&bad).is_err() {
        is_reported(&project, "src/bad.rs: the file cannot be read");
    } else {
        // A superuser reads it all the same.
        assert!(incomplete(&project.json(&[])).is_empty());
    }
}

#[cfg(unix)]
#[test]
fn files_that_nobody_can_read() {
    let project = beside_good(b"");
    let bad = project.join("src/bad.rs");
    std::fs::remove_file(&bad).expect("removed");
    std::os::unix::fs::symlink("nowhere.rs", &bad).expect("a link");
    is_reported(&project, "src/lib.rs: module file not found: `mod bad;`");
    std::fs::remove_file(&bad).expect("removed");
    let _socket = std::os::unix::net::UnixListener::bind(&bad).expect("a socket");
    is_reported(&project, "src/bad.rs: not a regular file");
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let text: String = (0..3000).map(|index| UNDERSCORE.replace("warm_up", &format!("f{index}"))).collect();
    let project =
        Project::lib(&text.replace("use std::sync::Mutex;\n", "")).file("src/main.rs", "fn main() {}\n");
    let mut child = support::command(project.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("runs");
    drop(child.stdout.take());
    let run = support::answer(child.wait_with_output().expect("ends"));
    assert!(!run.stderr.contains("panicked"), "{run:?}");
}
