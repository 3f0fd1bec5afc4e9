//! The formats of CI services: annotations, code quality, test reports, job summaries.

mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use support::{DELETE, Project, UNDERSCORE, manifest, many};

fn stdout(project: &Project, format: &str, args: &[&str]) -> String {
    project.run(&[&["--message-format", format], args].concat()).stdout
}

/// A workspace in a directory of a repository.
fn in_repository(text: &str) -> Project {
    Project::empty()
        .file(".git/HEAD", "ref: refs/heads/main\n")
        .file("rust/Cargo.toml", &manifest("app"))
        .file("rust/src/lib.rs", text)
}

#[test]
fn github_gets_one_command_a_finding() {
    let out = stdout(&in_repository(UNDERSCORE), "github", &["rust"]);
    assert_eq!(out.lines().count(), 1, "{out}");
    assert!(out.starts_with("::error file=rust/src/lib.rs,line=4,endLine=4,col="), "{out}");
    assert!(out.contains(",title=safe_map_lint%3A%3Alet_underscore_guard::"), "{out}");
    // The note and the help stand on lines of their own, which a command has no raw form for.
    assert!(out.contains("%0Ahelp: "), "{out}");
}

#[test]
fn github_escapes_what_has_a_meaning_in_a_path() {
    let project = Project::empty()
        .file("Cargo.toml", &(manifest("app") + "\n[lib]\npath = \"src/100%,a:b.rs\"\n"))
        .file("src/100%,a:b.rs", UNDERSCORE);
    let out = stdout(&project, "github", &[]);
    assert!(out.starts_with("::error file=src/100%25%2Ca%3Ab.rs,line=4,"), "{out}");
}

#[test]
fn github_annotates_ten_of_a_kind_and_says_how_many_more() {
    let out = stdout(&Project::lib(&many(13)), "github", &[]);
    assert_eq!(out.lines().filter(|it| it.starts_with("::error ")).count(), 10, "{out}");
    assert!(out.contains("::group::3 more findings not annotated\n"), "{out}");
    assert!(out.ends_with("::endgroup::\n"), "{out}");
    assert_eq!(out.lines().filter(|it| it.starts_with("src/lib.rs:")).count(), 3, "{out}");
}

#[test]
fn github_puts_the_most_severe_first() {
    let out =
        stdout(&Project::lib(&format!("{}\n{DELETE}", many(1))), "github", &["-W", "let_underscore_guard"]);
    let kinds: Vec<&str> = out.lines().filter_map(|it| it.split(' ').next()).collect();
    assert_eq!(kinds, ["::error", "::warning"], "{out}");
}

#[test]
fn github_warns_of_what_was_not_analysed() {
    let project = in_repository(&format!("mod gone;\n{UNDERSCORE}"));
    let out = stdout(&project, "github", &["rust"]);
    let warnings: Vec<&str> = out.lines().filter(|it| it.starts_with("::warning ")).collect();
    let expected = "::warning file=rust/src/lib.rs,line=1,title=safe_map_lint%3A%3Anot_analysed::not analysed: module \
        file not found: `mod gone;`";
    assert_eq!(warnings, [expected], "{out}");
    let many: String = (0..12).map(|index| format!("mod gone{index};\n")).collect();
    let out = stdout(&in_repository(&many), "github", &["rust"]);
    assert_eq!(out.lines().filter(|it| it.starts_with("::warning ")).count(), 10, "{out}");
    assert!(out.contains("::group::2 more places not analysed not annotated\n"), "{out}");
    assert_eq!(out.lines().filter(|it| it.starts_with("rust/src/lib.rs:")).count(), 2, "{out}");
}

#[test]
fn gitlab_gets_an_issue_for_what_was_not_analysed() {
    let out = stdout(&in_repository("mod gone;\nmod lost;\n"), "gitlab", &["rust"]);
    let issues: Vec<Value> = serde_json::from_str(&out).expect("an array");
    let text = |it: &Value, key: &str| it[key].as_str().expect("a text").to_owned();
    let names: Vec<String> = issues.iter().map(|it| text(it, "check_name")).collect();
    assert_eq!(names, ["safe_map_lint::not_analysed"; 2]);
    assert!(issues.iter().all(|it| it["severity"] == "info" && it["location"]["path"] == "rust/src/lib.rs"));
    assert_ne!(text(&issues[0], "fingerprint"), text(&issues[1], "fingerprint"));
    assert!(text(&issues[0], "description").starts_with("not analysed: module file not found"));
}

#[test]
fn gitlab_gets_issues_with_unique_fingerprints() {
    let out = stdout(&in_repository(&many(3)), "gitlab", &["rust"]);
    let issues: Vec<Value> = serde_json::from_str(&out).expect("an array");
    assert_eq!(issues.len(), 3);
    let fingerprints: BTreeSet<&str> = issues.iter().filter_map(|it| it["fingerprint"].as_str()).collect();
    assert_eq!(fingerprints.len(), 3);
    let issue = &issues[0];
    assert_eq!(
        (&issue["check_name"], &issue["severity"]),
        (&"safe_map_lint::let_underscore_guard".into(), &"critical".into())
    );
    assert_eq!(
        (&issue["location"]["path"], &issue["location"]["lines"]["begin"]),
        (&"rust/src/lib.rs".into(), &3.into())
    );
    assert!(issue["description"].as_str().is_some_and(|it| !it.is_empty()));
}

#[test]
fn gitlab_gets_an_empty_array_of_a_clean_workspace() {
    assert_eq!(stdout(&Project::lib("pub fn f() {}\n"), "gitlab", &[]), "[]\n");
}

#[test]
fn junit_has_a_suite_for_each_package_and_fails_what_fails_the_run() {
    let project = Project::empty()
        .file("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"3\"\n")
        .file("a/Cargo.toml", &manifest("a"))
        .file("a/src/lib.rs", UNDERSCORE)
        .file("b/Cargo.toml", &manifest("b"))
        .file("b/src/lib.rs", "pub fn f() {}\n");
    let out = stdout(&project, "junit", &[]);
    assert!(out.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "), "{out}");
    assert!(out.contains("<testsuite name=\"a\" tests=\"1\" failures=\"1\""), "{out}");
    assert!(out.contains("<testsuite name=\"b\" tests=\"1\" failures=\"0\""), "{out}");
    assert!(out.contains("<failure type=\"let_underscore_guard\""), "{out}");
    let warned = stdout(&project, "junit", &["-W", "let_underscore_guard"]);
    assert!(warned.contains("failures=\"0\"") && !warned.contains("<failure"), "{warned}");
    assert!(warned.contains("<system-out>"), "{warned}");
}

#[test]
fn junit_escapes_reasons_and_skips_what_is_suppressed() {
    let comment = "    // safe-map-lint: allow(let_underscore_guard) -- a < b & \"c\"\n    let _";
    let project = Project::lib(&UNDERSCORE.replace("    let _", comment));
    let out = stdout(&project, "junit", &["--show-suppressed"]);
    assert!(out.contains("<skipped message=\"suppressed: a &lt; b &amp; &quot;c&quot;\"/>"), "{out}");
    assert!(out.contains("skipped=\"1\""), "{out}");
}

#[test]
fn junit_tells_what_was_not_analysed() {
    let out = stdout(&Project::lib("mod missing;\n"), "junit", &[]);
    assert!(out.contains("<testsuite name=\"not analysed\" tests=\"1\""), "{out}");
}

#[test]
fn junit_fails_what_error_on_names() {
    let project = Project::lib(&format!(
        "mod gone;\n// safe-map-lint: allow(double_lock) -- none\npub fn f() {{}}\n{UNDERSCORE}"
    ));
    let failed = |args: &[&str]| {
        let out = stdout(&project, "junit", &[&["-W", "let_underscore_guard"], args].concat());
        let failed = out.lines().filter(|line| line.contains("<failure "));
        let kinds: Vec<String> = failed
            .filter_map(|line| Some(line.split_once("<failure type=\"")?.1.split_once('"')?.0.to_owned()))
            .collect();
        assert!(out.contains(&format!(" failures=\"{}\"", kinds.len())), "{out}");
        kinds
    };
    assert!(failed(&[]).is_empty());
    assert_eq!(failed(&["--error-on", "incomplete"]), ["not_analysed"]);
    assert_eq!(failed(&["--error-on", "unused-suppression"]), ["unused_suppression"]);
    assert_eq!(failed(&["--error-on", "new"]), ["unused_suppression", "let_underscore_guard"]);
}

#[test]
fn markdown_groups_by_lock() {
    let text = format!(
        "{}\n{}",
        support::THROUGH_CALLS,
        support::STATIC_MUT.replace("use std::collections::HashMap;\n", "")
    );
    let out = stdout(&Project::lib(&text), "markdown", &[]);
    assert!(out.starts_with("## cargo safe-map-lint\n\n2 errors: "), "{out}");
    assert!(out.contains("\n### `app::Cache.entries`\n\n- **error** `src/lib.rs:"), "{out}");
    assert!(out.contains("\n### `app::CACHE`\n"), "{out}");
    assert!(out.contains("([`double_lock`](https://"), "{out}");
}

#[test]
fn markdown_stays_below_the_limit_of_a_summary() {
    let out = stdout(&Project::lib(&many(3000)), "markdown", &[]);
    assert!((900_000..1_048_576).contains(&out.len()), "{}", out.len());
    assert!(out.trim_end().ends_with("more findings left out: the summary is full"));
}

#[test]
fn the_exit_code_is_the_same_in_every_format() {
    let project = Project::lib(UNDERSCORE);
    for format in ["human", "short", "json", "sarif", "github", "gitlab", "junit", "markdown", "rustc-json"] {
        assert_eq!(project.run(&["--message-format", format]).code, 1, "{format}");
        project.run(&["--message-format", format, "--exit-zero"]).succeeds();
    }
}
