//! `--fix` and `--diff`: what is written, what is not, and what the user is told.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use support::{Project, Run, UNDERSCORE, answer, command, run_in};

/// A fix that is right as it is (a comment that silences nothing), and one that may change what the program means.
fn both() -> String {
    format!("// safe-map-lint: allow(double_lock) -- long gone\npub fn f() {{}}\n\n{UNDERSCORE}")
}

/// The same with the first fixed, and with both.
fn safe() -> String {
    format!("pub fn f() {{}}\n\n{UNDERSCORE}")
}

fn all() -> String {
    safe().replace("let _ =", "let _guard =")
}

fn text(project: &Project) -> String {
    read(&project.join("src/lib.rs"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a file")
}

/// Runs git in a project, as somebody.
fn git(project: &Project, args: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]);
    let output = git.args(args).current_dir(project.path()).output().expect("git runs");
    assert!(output.status.success(), "{args:?}: {output:?}");
}

/// A project whose files are committed.
fn committed(text: &str) -> Project {
    let project = Project::lib(text);
    git(&project, &["init", "-q"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "-q", "-m", "all"]);
    project
}

#[test]
fn fix_applies_what_is_right_as_it_is_and_exits_by_what_remains() {
    let project = Project::lib(&both());
    let run = project.run(&["--fix", "--allow-no-vcs"]);
    assert_eq!((text(&project), run.code), (safe(), 1), "{run:?}");
    assert!(
        run.stdout.contains("let_underscore_guard") && !run.stdout.contains("unused_suppression"),
        "{run:?}"
    );
    assert!(run.stderr.contains("applied: 1 fix in 1 file\n"), "{run:?}");
    assert!(run.stderr.contains("1 more fix needs `--unsafe-fixes`"), "{run:?}");
}

#[test]
fn unsafe_fixes_are_applied_on_request() {
    let project = Project::lib(&both());
    let run = project.run(&["--fix", "--unsafe-fixes", "--allow-no-vcs"]);
    run.succeeds();
    assert_eq!((text(&project), run.stdout.as_str()), (all(), ""));
    assert!(run.stderr.contains("applied: 2 fixes in 1 file\n"), "{run:?}");
    let again = project.run(&["--fix", "--unsafe-fixes", "--allow-no-vcs"]);
    assert!(again.stderr.contains("applied: 0 fixes in 0 files\n"), "{again:?}");
    assert_eq!(text(&project), all());
}

#[test]
fn without_fix_nothing_is_written_and_the_fixes_are_offered() {
    let project = Project::lib(&both());
    let run = project.run(&[]);
    assert_eq!(text(&project), both());
    run.fails(1, "fixable: 1 with `--fix`, 1 more with `--fix --unsafe-fixes`");
    assert_eq!(project.run(&["-q"]).stderr, "");
    project.run(&["--unsafe-fixes"]).fails(2, "--fix");
    project.run(&["--allow-dirty"]).fails(2, "--fix");
}

#[test]
fn a_lint_that_is_off_or_silenced_is_not_fixed() {
    let silenced = UNDERSCORE
        .replace("    let _", "    // safe-map-lint: allow(let_underscore_guard) -- waits\n    let _");
    let project = Project::lib(&silenced);
    project.run(&["--fix", "--unsafe-fixes", "--allow-no-vcs"]).succeeds();
    assert_eq!(text(&project), silenced);
    let project = Project::lib(UNDERSCORE);
    project.run(&["--fix", "--unsafe-fixes", "--allow-no-vcs", "-A", "let_underscore_guard"]).succeeds();
    assert_eq!(text(&project), UNDERSCORE);
}

#[test]
fn what_nothing_keeps_is_not_overwritten() {
    let project = Project::lib(&both());
    project.run(&["--fix"]).fails(2, "`--allow-no-vcs`");
    assert_eq!(text(&project), both());
    project.run(&["--fix", "--allow-dirty", "--allow-staged"]).fails(2, "`--allow-no-vcs`");
    assert_eq!(text(&project), both());
    let ignored = Project::lib(&both()).file(".gitignore", "app\n");
    git(&ignored, &["init", "-q"]);
    fs::create_dir_all(ignored.join("app/src")).expect("a directory");
    fs::rename(ignored.join("Cargo.toml"), ignored.join("app/Cargo.toml")).expect("moved");
    fs::rename(ignored.join("src/lib.rs"), ignored.join("app/src/lib.rs")).expect("moved");
    run_in(&ignored.join("app"), &["--fix"]).fails(2, "`--allow-no-vcs`");
}

#[test]
fn one_ignored_file_of_several_is_not_overwritten() {
    let text = format!("mod other;\n{}", both());
    let project = Project::lib(&text).file("src/other.rs", &both()).file(".gitignore", "other.rs\n");
    git(&project, &["init", "-q"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "-q", "-m", "all"]);
    project.run(&["--fix"]).fails(2, "git ignores");
    assert_eq!(read(&project.join("src/lib.rs")), text);
    assert_eq!(read(&project.join("src/other.rs")), both());
    assert_eq!(project.run(&["--fix", "--allow-no-vcs"]).code, 1);
    assert_eq!(read(&project.join("src/other.rs")), safe());
}

#[test]
fn statements_under_a_condition_are_left_as_they_are() {
    let text = "use std::sync::Mutex;\n\npub fn f(m: &Mutex<u32>) {\n    #[cfg(unix)]\n    let _ = m.lock();\n    println!();\n}\n";
    let project = committed(text);
    let run = project.run(&["--fix", "--unsafe-fixes"]);
    assert_eq!((read(&project.join("src/lib.rs")), run.code), (text.to_owned(), 1), "{run:?}");
}

#[test]
fn a_clean_working_copy_is_fixed_without_a_word() {
    let project = committed(&both());
    assert_eq!(project.run(&["--fix"]).code, 1);
    assert_eq!(text(&project), safe());
}

#[test]
fn uncommitted_changes_need_allow_dirty() {
    let project = committed(&both()).file("notes.txt", "not known to git");
    project.run(&["--fix"]).fails(2, "notes.txt (dirty)");
    project.run(&["--fix", "--allow-staged"]).fails(2, "`--allow-dirty`");
    project.run(&["--fix", "--allow-no-vcs"]).fails(2, "`--allow-dirty`");
    assert_eq!(text(&project), both());
    assert_eq!(project.run(&["--fix", "--allow-dirty"]).code, 1);
    assert_eq!(text(&project), safe());
}

#[test]
fn staged_changes_need_allow_staged() {
    let project = committed("").file("src/lib.rs", &both());
    git(&project, &["add", "."]);
    project.run(&["--fix"]).fails(2, "src/lib.rs (staged)");
    project.run(&["--fix"]).fails(2, "`--allow-staged`");
    assert_eq!(text(&project), both());
    assert_eq!(project.run(&["--fix", "--allow-staged"]).code, 1);
    assert_eq!(text(&project), safe());
    git(&project, &["add", "."]);
    fs::write(project.join("src/lib.rs"), both()).expect("written");
    project.run(&["--fix", "--allow-staged"]).fails(2, "src/lib.rs (dirty)");
    assert_eq!(project.run(&["--fix", "--allow-dirty"]).code, 1, "dirty covers staged, as with cargo");
}

#[test]
fn diff_shows_what_fix_would_do_and_writes_nothing() {
    let project = Project::lib(&both());
    let safe_only = project.run(&["--diff"]);
    assert_eq!(safe_only.code, 1);
    assert_eq!(
        safe_only.stdout,
        "--- a/src/lib.rs\n+++ b/src/lib.rs\n@@ -1,4 +1,3 @@\n-// safe-map-lint: allow(double_lock) -- long gone\n \
         pub fn f() {}\n \n use std::sync::Mutex;\n"
    );
    let whole = project.run(&["--diff", "--unsafe-fixes"]);
    assert!(whole.stdout.contains("\n-    let _ = m.lock();\n+    let _guard = m.lock();\n"), "{whole:?}");
    assert_eq!(
        project.run(&["--diff", "--fix", "--unsafe-fixes"]).stdout,
        whole.stdout,
        "a diff is never written"
    );
    assert_eq!(text(&project), both());
    assert_eq!(project.run(&["--diff", "--exit-zero"]).code, 0);
    fs::write(project.join("whole.patch"), &whole.stdout).expect("written");
    git(&project, &["apply", "whole.patch"]);
    assert_eq!(text(&project), all(), "the diff is a patch");
    let nothing = project.run(&["--diff", "--unsafe-fixes"]);
    nothing.succeeds();
    assert_eq!(nothing.stdout, "");
}

#[test]
fn line_ends_a_mark_at_the_start_and_a_missing_end_stay() {
    let lines = "\u{feff}use std::sync::{Mutex, RwLock};\r\npub async fn f(m: &Mutex<u32>) {\r\n    let g = m.lock().unwrap();\r\n    \
                 tokio::task::yield_now().await;\r\n}\r\npub fn f2(m: &RwLock<u32>) { let _ = m.read(); println!(); }";
    let project = Project::lib(lines);
    project.run(&["--fix", "--unsafe-fixes", "--allow-no-vcs"]).succeeds();
    let expected = lines.replace("    tokio", "    drop(g);\r\n    tokio").replace("let _ =", "let _guard =");
    assert_eq!(text(&project), expected);
}

#[test]
fn fixes_that_overlap_come_one_after_the_other() {
    let both_held = "use std::sync::Mutex;\npub async fn f(a: &Mutex<u32>, b: &Mutex<u32>) {\n    let g = a.lock().unwrap();\n    \
                let h = b.lock().unwrap();\n    tokio::task::yield_now().await;\n}\n";
    let project = Project::lib(both_held);
    let run = project.run(&["--fix", "--unsafe-fixes", "--allow-no-vcs"]);
    run.succeeds();
    for gone in ["drop(g);", "drop(h);"] {
        assert_eq!(text(&project).matches(gone).count(), 1, "{}", text(&project));
    }
    assert!(run.stderr.contains("put off, it overlaps a fix before it"), "{run:?}");
    assert!(run.stderr.contains("applied: 2 fixes in 1 file\n"), "{run:?}");
}

#[test]
fn files_outside_generated_and_read_only_ones_are_never_written() {
    let project = Project::empty()
        .file("app/Cargo.toml", &support::manifest("app"))
        .file(
            "app/src/lib.rs",
            "#[path = \"../../beside.rs\"]\nmod beside;\nmod kept;\nmod linked;\npub mod open;\n",
        )
        .file("app/src/kept.rs", UNDERSCORE)
        .file("app/src/open.rs", UNDERSCORE)
        .file("elsewhere.rs", UNDERSCORE)
        .file("beside.rs", UNDERSCORE);
    link(&project.join("elsewhere.rs"), &project.join("app/src/linked.rs"));
    let kept = project.join("app/src/kept.rs");
    let mut permissions = fs::metadata(&kept).expect("a file").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&kept, permissions).expect("may be set");
    let run = run_in(&project.join("app"), &["--fix", "--unsafe-fixes", "--allow-no-vcs"]);
    for path in ["beside.rs", "elsewhere.rs", "app/src/kept.rs"] {
        assert_eq!(read(&project.join(path)), UNDERSCORE, "{path}");
    }
    assert_eq!(read(&project.join("app/src/open.rs")), UNDERSCORE.replace("let _ =", "let _guard ="));
    assert!(run.stderr.contains("`../beside.rs` is not written: it is outside the workspace"), "{run:?}");
    assert!(run.stderr.contains("`../elsewhere.rs` is not written: it is outside the workspace"), "{run:?}");
    assert!(run.stderr.contains("`src/kept.rs` is not written: it is read-only"), "{run:?}");
    assert_eq!(run.code, 1, "what remains is at deny level: {run:?}");
}

fn link(to: &Path, at: &Path) {
    #[cfg(unix)]
    std::os::unix::fs::symlink(to, at).expect("a link");
    #[cfg(not(unix))]
    fs::copy(to, at).expect("a copy");
}

#[cfg(unix)]
#[test]
fn permissions_stay_and_a_link_leads_to_the_fixed_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::lib("mod linked;\n").file("src/real/text.rs", UNDERSCORE);
    link(Path::new("real/text.rs"), &project.join("src/linked.rs"));
    let real = project.join("src/real/text.rs");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o750)).expect("may be set");
    project.run(&["--fix", "--unsafe-fixes", "--allow-no-vcs"]).succeeds();
    assert!(read(&real).contains("let _guard"));
    assert_eq!(fs::metadata(&real).expect("a file").permissions().mode() & 0o7777, 0o750);
    let linked = fs::symlink_metadata(project.join("src/linked.rs")).expect("a link");
    assert!(linked.file_type().is_symlink(), "the link is still one");
}

/// How many files there are to fix when the process is killed.
const MANY: usize = 60;

#[test]
fn a_killed_run_leaves_every_file_old_or_new() {
    let modules: String = (0..MANY).map(|it| format!("mod m{it};\n")).collect();
    // Long enough to be written in more than one piece by who writes in pieces.
    let old = format!("{UNDERSCORE}\n{}", "// and so on\n".repeat(10_000));
    let mut project = Project::lib(&modules);
    for it in 0..MANY {
        project = project.file(&format!("src/m{it}.rs"), &old);
    }
    let new = old.replace("let _ =", "let _guard =");
    let paths: Vec<_> = (0..MANY).map(|it| project.join(&format!("src/m{it}.rs"))).collect();
    let mut fixing = command(project.path());
    fixing.args(["--fix", "--unsafe-fixes", "--allow-no-vcs"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut fixing = fixing.spawn().expect("the binary runs");
    let written = || {
        let texts = paths.iter().map(|path| (path, read(path)));
        let judged = texts.map(|(path, text)| {
            assert!(text == old || text == new, "{}: {} bytes", path.display(), text.len());
            text == new
        });
        judged.filter(|it| *it).count()
    };
    // Killed in the middle, if it is not done by then; whoever looks at a file meanwhile sees one of the two.
    while written() < MANY / 3 && fixing.try_wait().expect("asked").is_none() {}
    // A process that is done cannot be killed any more, which is as well.
    let _ = fixing.kill();
    fixing.wait().expect("it ended");
    written();
    project.run(&["--fix", "--unsafe-fixes", "--allow-no-vcs"]).succeeds();
    assert_eq!(written(), MANY, "what is left can be fixed later");
    let names = fs::read_dir(project.join("src")).expect("a directory").flatten().map(|it| it.file_name());
    let left: Vec<_> = names.filter(|it| it.to_string_lossy().starts_with('.')).collect();
    assert!(left.is_empty() || !cfg!(target_os = "linux"), "{left:?}");
}

#[test]
fn the_answer_is_the_same_in_every_format() {
    let run = |format: &str| -> Run {
        let project = Project::lib(&both());
        let mut fixing = command(project.path());
        answer(fixing.args(["--fix", "--allow-no-vcs", "--message-format", format]).output().expect("runs"))
    };
    assert_eq!([run("human").code, run("short").code, run("json").code], [1, 1, 1]);
    let lines = run("json").lines();
    assert_eq!(support::of_reason(&lines, "finding").len(), 1, "only what remains: {lines:?}");
}

#[test]
fn what_a_killed_run_has_left_goes_with_the_next() {
    let own = std::process::id();
    // No process has this number; the other one runs; the others are nobody's of ours.
    let left = ["src/.safe-map-lint-4194399-aB3xYz.tmp", "src/.safe-map-lint-4194398-aaaaaa.tmp"];
    let kept = [
        format!("src/.safe-map-lint-{own}-aB3xYz.tmp"),
        "src/.safe-map-lint-notes.tmp".to_owned(),
        "other/.safe-map-lint-4194399-aB3xYz.tmp".to_owned(),
    ];
    let project = committed(&both());
    let project = left.iter().fold(project, |it, path| it.file(path, "half"));
    let project = kept.iter().skip(1).fold(project, |it, path| it.file(path, "theirs"));
    let project = project.commit();
    let project = project.file(&kept[0], "theirs");
    project.run(&["--diff"]);
    assert!(left.iter().all(|path| project.join(path).exists()), "only a run that writes removes them");
    let run = project.run(&["--fix", "--allow-dirty"]);
    assert!(run.stderr.contains("note: 2 temporary files of a run that was killed removed\n"), "{run:?}");
    assert!(left.iter().all(|path| !project.join(path).exists()), "{run:?}");
    if cfg!(target_os = "linux") {
        assert!(kept.iter().all(|path| project.join(path).exists()), "{run:?}");
    }
}
