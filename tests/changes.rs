//! `--since` and `--in-diff`: what has changed, in repositories of every shape.

mod support;

use std::io::Write as _;
use std::process::Stdio;

use support::git::git;
use support::{Project, STATIC_MUT, UNDERSCORE, answer, command, manifest, run_in};

/// Two functions with a hazard each, `UNDERSCORE` and one that is called `second`.
fn both() -> String {
    let second = UNDERSCORE.replace("use std::sync::Mutex;\n", "").replace("warm_up", "second");
    format!("{UNDERSCORE}{second}")
}

/// The lines of the findings since a revision.
fn lines(project: &Project, args: &[&str]) -> Vec<u64> {
    let found = support::of_reason(&project.json(args), "finding");
    found.iter().map(|it| it["line"].as_u64().expect("a line")).collect()
}

fn since_head(project: &Project) -> Vec<u64> {
    lines(project, &["--since", "HEAD"])
}

/// `UNDERSCORE` as a program that runs it.
fn program() -> String {
    format!("{UNDERSCORE}fn main() {{ warm_up(&Mutex::new(1)) }}\n")
}

#[test]
fn only_what_has_changed_is_reported() {
    let project = Project::lib(UNDERSCORE).commit();
    assert!(since_head(&project).is_empty());
    let run = project.run(&["--since", "HEAD"]);
    run.succeeds();
    assert!(run.stderr.contains("0 changed files, 1 more outside of the changed lines"), "{run:?}");
    let project = project.file("src/lib.rs", &both());
    assert_eq!(since_head(&project), [9]);
    project.run(&["--since", "HEAD"]).fails(1, "1 error");
    project.run(&["--since", "HEAD"]).fails(1, "1 changed file, 1 more outside");
}

#[test]
fn commits_staged_and_unstaged_changes_and_new_files_count_since_the_merge_base() {
    let project = Project::lib("pub mod a;\npub mod b;\npub mod c;\npub mod d;\n");
    let project = ["a", "b", "c"].iter().fold(project, |it, name| it.file(&format!("src/{name}.rs"), ""));
    let project =
        project.file("src/d.rs", UNDERSCORE).commit().git(&["switch", "--quiet", "--create", "topic"]);
    let project = project.file("src/a.rs", UNDERSCORE).commit();
    let project = project.git(&["switch", "--quiet", "main"]).file("src/d.rs", &both()).commit();
    let project = project.git(&["switch", "--quiet", "topic"]);
    let project = project.file("src/b.rs", UNDERSCORE).git(&["add", "--all"]).file("src/c.rs", UNDERSCORE);
    let project = project.file("src/main.rs", &program());
    let found = support::of_reason(&project.json(&["--since", "main"]), "finding");
    let files: Vec<&str> = found.iter().map(|it| it["file"].as_str().expect("a file")).collect();
    assert_eq!(files, ["src/a.rs", "src/b.rs", "src/c.rs", "src/main.rs"]);
    let project = project.git(&["switch", "--quiet", "--detach"]);
    assert_eq!(project.lints(&["--since", "main"]).len(), 4);
    let project = project.file(".gitignore", "main.rs\n");
    assert_eq!(project.lints(&["--since", "main"]).len(), 3);
}

/// The lock is declared in one file and taken twice in another.
fn declared_elsewhere(kind: &str) -> Project {
    let lib =
        format!("mod user;\nuse std::sync::{kind};\npub struct Store {{\n    pub users: {kind}<u32>,\n}}\n");
    let user = "use crate::Store;\n\npub fn twice(store: &Store) {\n    let a = store.users.lock();\n    let b = store.users.lock();\n    drop((a, b));\n}\n";
    Project::lib(&lib).file("src/user.rs", user)
}

#[test]
fn a_finding_is_reported_where_its_cause_has_changed() {
    let project = declared_elsewhere("Mutex").commit();
    assert!(since_head(&project).is_empty());
    let user = std::fs::read_to_string(project.join("src/user.rs")).expect("a source");
    let project =
        project.file("src/user.rs", &user.replace("let a =", "let guard =").replace("(a, b)", "(guard, b)"));
    assert_eq!(project.lints(&["--since", "HEAD"]), ["double_lock"]);
    let project = declared_elsewhere("Mutex").commit();
    let lib = std::fs::read_to_string(project.join("src/lib.rs")).expect("a source");
    let project = project.file("src/lib.rs", &lib.replace("pub users: Mutex<u32>", "pub users: Mutex<u64>"));
    assert_eq!(project.lints(&["--since", "HEAD"]), ["double_lock"]);
}

#[test]
fn the_end_of_a_guard_that_went_is_a_cause() {
    let text = "use std::sync::Mutex;\n\npub fn f(m: &Mutex<u32>) {\n    let a = m.lock();\n    println!(\"1\");\n    println!(\"2\");\n    drop(a);\n    \
        println!(\"3\");\n    let b = m.lock();\n    drop(b);\n}\n";
    let project = Project::lib(text).commit();
    assert!(project.lints(&[]).is_empty());
    let held = text.replace("    drop(a);\n", "");
    let project = project.file("src/lib.rs", &held);
    assert_eq!(project.lints(&["--since", "HEAD"]), ["double_lock"]);
    let project = project.commit().file("src/lib.rs", &held.replace("    println!(\"2\");\n", ""));
    assert_eq!(project.lints(&[]), ["double_lock"]);
    assert!(project.lints(&["--since", "HEAD"]).is_empty());
}

#[test]
fn a_suppression_that_went_brings_its_finding_back() {
    let text = UNDERSCORE
        .replace("    let _", "    // safe-map-lint: allow(let_underscore_guard) -- waits\n    let _");
    let project = Project::lib(&text).commit();
    assert!(project.lints(&[]).is_empty());
    assert_eq!(since_head(&project.file("src/lib.rs", UNDERSCORE)), [4]);
}

#[test]
fn names_of_every_kind() {
    for name in ["with space.rs", "größe.rs", "quote\".rs", "tab\t.rs"] {
        let path = name.replace('"', "\\\"").replace('\t', "\\t");
        let project =
            Project::lib(&format!("#[path = \"{path}\"]\nmod other;\n")).file(&format!("src/{name}"), "");
        let project = project.commit().file(&format!("src/{name}"), UNDERSCORE);
        assert_eq!(since_head(&project), [4], "{name}");
    }
}

#[test]
fn a_file_that_was_renamed_has_changed_where_it_was_changed() {
    let project = Project::lib("mod a;\n").file("src/a.rs", &both()).commit();
    let project = project.git(&["mv", "src/a.rs", "src/b.rs"]).file("src/lib.rs", "mod b;\n");
    assert!(since_head(&project).is_empty());
    let project = project.file(
        "src/b.rs",
        &both().replace("second", "third").replace(
            "    let _ = m.lock();\n    println!(\"warm\");\n}\npub",
            "    let _ = m.lock();\n    println!(\"warm\");\n}\n\npub",
        ),
    );
    assert!(since_head(&project).is_empty());
    let changed = both().replacen("let _ = m.lock()", "let _ = m.lock( )", 1);
    assert_eq!(since_head(&project.file("src/b.rs", &changed)), [4]);
}

#[test]
fn lines_that_end_as_on_windows() {
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let project = Project::lib(&crlf(UNDERSCORE)).commit().file("src/lib.rs", &crlf(&both()));
    assert_eq!(since_head(&project), [9]);
    let project = Project::lib(UNDERSCORE).commit().git(&["config", "core.autocrlf", "true"]);
    assert_eq!(since_head(&project.file("src/lib.rs", &crlf(&both()))), [9]);
}

#[test]
fn the_users_own_diff_settings_change_nothing() {
    let project = Project::lib(UNDERSCORE).commit().file("src/lib.rs", &both());
    for (key, value) in [
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("color.ui", "always"),
        ("diff.external", "false"),
        ("diff.context", "9"),
        ("diff.interHunkContext", "9"),
        ("diff.relative", "true"),
        ("core.quotePath", "true"),
    ] {
        git(project.path(), &["config", key, value]);
    }
    assert_eq!(since_head(&project), [9]);
}

/// A repository whose workspace is not at its root.
fn nested() -> Project {
    Project::empty()
        .file("rust/Cargo.toml", &manifest("app"))
        .file("rust/src/lib.rs", UNDERSCORE)
        .file("other.txt", "")
        .commit()
        .file("rust/src/lib.rs", &both())
}

#[test]
fn a_workspace_below_the_root_of_its_repository() {
    let project = nested();
    let run = run_in(&project.join("rust"), &["--since", "HEAD", "--message-format", "short"]);
    assert!(run.stdout.starts_with("src/lib.rs:9:") && run.stdout.lines().count() == 1, "{run:?}");
    let run = run_in(&project.join("rust/src"), &["--since", "HEAD", "--message-format", "short"]);
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
    assert_eq!(lines(&project, &["rust", "--since", "HEAD"]), [9]);
}

#[test]
fn a_linked_working_tree() {
    let project = Project::lib(UNDERSCORE).commit();
    let elsewhere = Project::empty();
    let tree = elsewhere.join("tree");
    git(project.path(), &["worktree", "add", "--quiet", "-b", "topic", tree.to_str().expect("UTF-8")]);
    std::fs::write(tree.join("src/lib.rs"), both()).expect("a source");
    let run = run_in(&tree, &["--since", "main", "--message-format", "short"]);
    assert!(run.stdout.starts_with("src/lib.rs:9:"), "{run:?}");
    assert!(since_head(&project).is_empty());
}

#[test]
fn a_member_in_a_submodule() {
    let inner = Project::lib(UNDERSCORE).commit();
    let outer = Project::empty()
        .file("Cargo.toml", "[workspace]\nmembers = [\"inner\"]\nresolver = \"3\"\n")
        .commit();
    let outer =
        outer.git(&["submodule", "--quiet", "add", inner.path().to_str().expect("UTF-8"), "inner"]).commit();
    assert!(since_head(&outer).is_empty());
    let outer = outer.file("inner/src/lib.rs", &both());
    assert_eq!(since_head(&outer), [9]);
    git(&outer.join("inner"), &["commit", "--quiet", "--all", "--message", "more"]);
    assert_eq!(since_head(&outer), [9]);
    let outer = outer.file("inner/src/main.rs", &program());
    assert_eq!(since_head(&outer), [9, 4]);
    std::fs::remove_file(outer.join("inner/src/main.rs")).expect("a source");
    let run = run_in(&outer.join("inner"), &["--since", "HEAD", "--message-format", "short"]);
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
}

#[test]
fn a_repository_that_nobody_has_added_is_new() {
    let outer = Project::empty()
        .file("Cargo.toml", "[workspace]\nmembers = [\"inner\"]\nresolver = \"3\"\n")
        .commit();
    let outer = outer.file("inner/Cargo.toml", &manifest("app")).file("inner/src/lib.rs", UNDERSCORE);
    git(&outer.join("inner"), &["init", "--quiet"]);
    assert_eq!(since_head(&outer), [4]);
}

#[test]
fn a_hook_has_variables_of_its_own() {
    let project = nested();
    let hook = command(&project.join("rust"))
        .args(["--since", "HEAD", "--message-format", "short"])
        .env("GIT_DIR", ".git")
        .env("GIT_INDEX_FILE", ".git/index")
        .env("GIT_PREFIX", "rust/")
        .output();
    let run = answer(hook.expect("the binary runs"));
    assert_eq!((run.code, run.stdout.lines().count()), (1, 1), "{run:?}");
}

#[test]
fn what_git_cannot_say_is_an_error_that_names_what_to_do() {
    let project = Project::lib(UNDERSCORE);
    project.run(&["--since", "HEAD"]).fails(2, "is not in a git repository");
    project.run(&["--since", "HEAD"]).fails(2, "--in-diff");
    let project = project.commit();
    project.run(&["--since", "origin/main"]).fails(2, "git knows no revision `origin/main`");
    project.run(&["--since=--help"]).fails(2, "git knows no revision `--help`");
    let orphan = project
        .git(&["switch", "--quiet", "--orphan", "other"])
        .file("Cargo.toml", &manifest("app"))
        .file("src/lib.rs", "")
        .commit();
    orphan.run(&["--since", "main"]).fails(2, "no common ancestor");
    let no_git = command(orphan.path()).args(["--since", "HEAD"]).env("PATH", orphan.join("src")).output();
    answer(no_git.expect("the binary runs")).fails(2, "the program `git`, which is not installed");
}

#[test]
fn a_shallow_clone_names_the_depth() {
    let project = Project::lib(UNDERSCORE).commit();
    let project = project.git(&["switch", "--quiet", "--create", "topic"]).file("src/a.rs", "").commit();
    let project = project.git(&["switch", "--quiet", "main"]).file("src/b.rs", "").commit();
    let place = Project::empty();
    let url = format!("file://{}", project.path().display());
    git(place.path(), &["clone", "--quiet", "--depth", "1", "--branch", "topic", &url, "clone"]);
    let clone = place.join("clone");
    run_in(&clone, &["--since", "origin/main"]).fails(2, "fetch-depth: 0");
    git(&clone, &["fetch", "--quiet", "--depth", "1", "origin", "main:refs/remotes/origin/main"]);
    let run = run_in(&clone, &["--since", "origin/main"]);
    run.fails(2, "have no common ancestor");
    run.fails(2, "git fetch --unshallow");
    git(&clone, &["fetch", "--quiet", "--unshallow", "origin"]);
    run_in(&clone, &["--since", "origin/main"]).succeeds();
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let project = Project::lib(UNDERSCORE).git(&["init", "--quiet"]).git(&["add", "--all"]);
    assert_eq!(since_head(&project), [4]);
    project.run(&["--since", "main"]).fails(2, "git knows no revision `main`");
}

fn diff(project: &Project, args: &[&str]) -> String {
    git(project.path(), &[&["diff"], args].concat()) + "\n"
}

#[test]
fn a_diff_can_be_given() {
    let project = Project::lib(UNDERSCORE).commit().file("src/lib.rs", &both());
    for args in [&[][..], &["--no-prefix"], &["-U0"], &["--src-prefix=old/", "--dst-prefix=new/"]] {
        let text = diff(&project, args);
        std::fs::write(project.join("change.diff"), &text).expect("a diff");
        assert_eq!(lines(&project, &["--in-diff", "change.diff"]), [9], "{args:?}");
    }
    std::fs::remove_dir_all(project.join(".git")).expect("the repository goes");
    assert_eq!(lines(&project, &["--in-diff", "change.diff"]), [9]);
    let project = project.file("change.diff", "");
    assert!(lines(&project, &["--in-diff", "change.diff"]).is_empty());
    let project = project.file("change.diff", "no diff\n");
    project.run(&["--in-diff", "change.diff"]).fails(2, "is no unified diff");
    project.run(&["--in-diff", "none.diff"]).fails(2, "none.diff");
    project.run(&["--in-diff", "change.diff", "--since", "HEAD"]).fails(2, "cannot be used with");
}

#[test]
fn a_diff_can_come_in_on_standard_input() {
    let project = Project::lib(UNDERSCORE).commit().file("src/lib.rs", &both());
    let text = diff(&project, &[]);
    let mut child = command(project.path())
        .args(["--in-diff", "-", "--message-format", "short"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
    let run = answer(child.wait_with_output().expect("it ends"));
    assert!(run.stdout.starts_with("src/lib.rs:9:") && run.stdout.lines().count() == 1, "{run:?}");
}

#[test]
fn a_diff_of_a_nested_workspace_starts_at_the_repository() {
    let project = nested();
    let text = diff(&project, &[]);
    std::fs::write(project.join("change.diff"), text).expect("a diff");
    let run = run_in(&project.join("rust"), &["--in-diff", "../change.diff", "--message-format", "short"]);
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
}

#[test]
fn of_two_alike_the_baseline_knows_the_one_that_has_not_changed() {
    let project = Project::lib(UNDERSCORE);
    project.run(&["baseline", "update"]).succeeds();
    let project = project.commit();
    let with = |text: &str| UNDERSCORE.replace("    let _ = m.lock();\n", text);
    let below = with("    let _ = m.lock();\n    println!(\"b\");\n    let _ = m.lock(); // b\n");
    let project = project.file("src/lib.rs", &below);
    assert_eq!(since_head(&project), [6]);
    let above = with("    let _ = m.lock(); // a\n    println!(\"a\");\n    let _ = m.lock();\n");
    assert_eq!(since_head(&project.file("src/lib.rs", &above)), [4]);
}

#[test]
fn fixes_are_not_for_changed_lines_alone() {
    let project = Project::lib(UNDERSCORE).commit();
    project.run(&["--since", "HEAD", "--fix"]).fails(2, "cannot be used with");
    project.run(&["--in-diff", "-", "--diff"]).fails(2, "cannot be used with");
}

#[test]
fn everything_is_analysed() {
    let project = Project::lib(&format!("pub mod a;\n{STATIC_MUT}")).file("src/a.rs", "").commit();
    let summary = project.file("src/a.rs", "\n").json(&["--since", "HEAD"]);
    assert_eq!(summary.last().expect("a summary")["files"], 2);
}

#[test]
fn a_diff_about_no_file_of_the_run_is_said() {
    let project = Project::lib(UNDERSCORE).file("tests/it.rs", "").file("src/lib.rs", UNDERSCORE);
    let change = |path: &str| format!("--- a/{path}\n+++ b/{path}\n@@ -4 +4 @@\n-x\n+y\n");
    let said = |path: &str| {
        let project = &project;
        std::fs::write(project.join("change.diff"), change(path)).expect("a file");
        let run = project.run(&["--in-diff", "change.diff"]);
        run.stderr.lines().find(|line| line.starts_with("warning: ")).map(str::to_owned)
    };
    let elsewhere = said("app/src/lib.rs").expect("a warning");
    assert!(elsewhere.contains("no Rust file of the diff is there (`b/app/src/lib.rs`)"), "{elsewhere}");
    let root = project.path().canonicalize().expect("a path");
    assert!(elsewhere.contains(&format!("looked for in `{}`", root.display())), "{elsewhere}");
    let not_read = said("tests/it.rs").expect("a warning");
    assert!(not_read.contains("no Rust file of the diff is one that was analysed"), "{not_read}");
    assert_eq!(said("src/lib.rs"), None);
    assert_eq!(said("README.md"), None);
}
