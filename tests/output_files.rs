//! `--output`: several reports in one run, each written whole or not at all.

mod support;

use std::fs;

use serde_json::Value;
use support::{Project, UNDERSCORE};

/// The names in the project's directory that were not there before.
fn left(project: &Project) -> Vec<String> {
    let entries = fs::read_dir(project.path()).expect("a directory").flatten();
    let mut names: Vec<String> = entries.map(|it| it.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|it| !["Cargo.toml", "src"].contains(&it.as_str()));
    names.sort();
    names
}

#[test]
fn several_reports_come_from_one_run() {
    let project = Project::lib(UNDERSCORE);
    let run = project.run(&[
        "--message-format",
        "short",
        "--output",
        "sarif=r.sarif",
        "--output",
        "junit=r.xml",
        "--output=human=r.txt",
    ]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.starts_with("src/lib.rs:4:"), "{run:?}");
    assert_eq!(left(&project), ["r.sarif", "r.txt", "r.xml"]);
    let read = |name: &str| fs::read_to_string(project.join(name)).expect("a file");
    let log: Value = serde_json::from_str(&read("r.sarif")).expect("JSON");
    assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(1));
    assert!(read("r.xml").starts_with("<?xml"));
    assert!(read("r.txt").contains("let_underscore_guard") && !read("r.txt").contains('\u{1b}'));
}

#[test]
fn an_old_report_is_replaced() {
    let project = Project::lib(UNDERSCORE).file("r.json", "old");
    project.run(&["--output", "gitlab=r.json"]);
    assert!(fs::read_to_string(project.join("r.json")).expect("a file").starts_with("[\n"));
}

#[test]
fn a_place_that_cannot_be_written_ends_the_run_before_anything_is_said() {
    let project = Project::lib(UNDERSCORE);
    for (place, why) in [
        ("none/r.sarif", "there is no directory `none`"),
        ("src", "it is a directory"),
        ("src/lib.rs/r.sarif", "cannot be written"),
    ] {
        let run = project.run(&["--output", "junit=r.xml", "--output", &format!("sarif={place}")]);
        run.fails(2, why);
        assert_eq!(run.stdout, "");
        assert_eq!(left(&project), Vec::<String>::new());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_system_that_takes_no_files_is_told() {
    Project::lib(UNDERSCORE)
        .run(&["--output", "sarif=/proc/r.sarif"])
        .fails(2, "`/proc/r.sarif` cannot be written");
}

#[test]
fn wrong_destinations_are_usage_errors() {
    let project = Project::lib(UNDERSCORE);
    project.run(&["--output", "sarfi=r"]).fails(2, "did you mean `sarif`?");
    project.run(&["--output", "r.sarif"]).fails(2, "as in `sarif=report.sarif`");
    project
        .run(&["--output", "sarif=r", "--output", "json=r"])
        .fails(2, "two reports would be written to `r`");
}

#[test]
fn no_report_takes_the_place_of_what_the_run_reads() {
    let inputs = ["src/lib.rs", "src/part.in", "Cargo.toml", "Cargo.lock", "safe-map-lint.toml", "notes.rs"];
    let lib = format!("include!(\"part.in\");\n{UNDERSCORE}");
    let project = Project::lib(&lib)
        .file("src/part.in", "fn part() {}\n")
        .file("Cargo.lock", "version = 4\n")
        .file("safe-map-lint.toml", "")
        .file("notes.rs", "");
    let read = |path: &str| fs::read_to_string(project.join(path)).expect("a file");
    let before = inputs.map(read);
    for input in inputs {
        let run = project.run(&["--output", "junit=r.xml", "--output", &format!("json={input}")]);
        run.fails(2, &format!("a report would overwrite `{input}`, which is there to be read"));
        assert_eq!(run.stdout, "");
        assert!(!project.join("r.xml").exists());
    }
    assert_eq!(inputs.map(read), before);
    project.run(&["--output", "json=new.rs"]).fails(1, "1 error");
    let fresh = Project::lib("").file(".cargo/notes", "").file(".git/HEAD", "ref: refs/heads/main\n");
    for name in [".cargo/config.toml", "rust-toolchain.toml", "safe-map-lint.toml", ".git/config"] {
        fresh.run(&["--output", &format!("json={name}")]).fails(2, "a report would overwrite");
        assert!(!fresh.join(name).exists());
    }
    for flag in ["--baseline", "--config", "--in-diff"] {
        project
            .run(&[flag, "given", "--output", "json=./given"])
            .fails(2, "a report would overwrite `./given`");
    }
}

#[cfg(unix)]
#[test]
fn one_file_by_two_names_is_one_file() {
    let project = Project::lib(UNDERSCORE).file("old", "");
    std::os::unix::fs::symlink("old", project.join("link")).expect("a link");
    std::os::unix::fs::symlink("src/lib.rs", project.join("source")).expect("a link");
    for other in ["./r", "src/../r"] {
        let run = project.run(&["--output", "sarif=r", "--output", &format!("json={other}")]);
        run.fails(2, "two reports would be written to");
    }
    project
        .run(&["--output", "sarif=old", "--output", "json=link"])
        .fails(2, "two reports would be written to");
    project.run(&["--output", "json=source"]).fails(2, "a report would overwrite `source`");
    assert_eq!(project.run(&["--output", "json=/dev/null", "--output", "sarif=/dev/null"]).code, 1);
}

#[test]
fn what_a_killed_run_has_left_goes_with_the_next_report() {
    let left = ".safe-map-lint-4194399-aB3xYz.tmp";
    let project = Project::lib(UNDERSCORE).file(left, "half").file(".safe-map-lint-notes.tmp", "theirs");
    project.run(&[]);
    assert!(project.join(left).exists());
    project.run(&["--output", "json=r.json"]);
    assert!(!project.join(left).exists() && project.join(".safe-map-lint-notes.tmp").exists());
    let project = project.file(left, "half");
    project.run(&["baseline", "update"]).succeeds();
    assert!(!project.join(left).exists());
}
