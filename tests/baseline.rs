//! The baseline: what it knows, what it does not hide, and what is said when it is wrong.

mod support;

use serde_json::Value;
use support::{DELETE, Project, STATIC_MUT, UNDERSCORE, manifest, of_reason};

const FILE: &str = "safe-map-lint-baseline.json";

/// A project whose findings are all in its baseline.
fn adopted(project: Project) -> Project {
    project.run(&["baseline", "update"]).succeeds();
    project
}

fn file(project: &Project) -> String {
    std::fs::read_to_string(project.join(FILE)).expect("a baseline")
}

/// `UNDERSCORE` with its hazard twice.
fn twice() -> String {
    UNDERSCORE.replace("    let _ = m.lock();\n", "    let _ = m.lock();\n    let _ = m.lock();\n")
}

#[test]
fn what_is_known_fails_no_run_and_what_is_new_does() {
    let project = Project::lib(&format!("mod other;\n{UNDERSCORE}")).file("src/other.rs", "");
    project.run(&[]).fails(1, "1 error");
    let project = adopted(project);
    let run = project.run(&[]);
    run.succeeds();
    assert_eq!(run.stdout, "");
    assert!(run.stderr.ends_with(", 1 more in the baseline\n"), "{run:?}");
    let project = project.file("src/other.rs", STATIC_MUT);
    project.run(&[]).fails(1, "1 error");
    assert_eq!(project.lints(&[]), ["static_mut_map"]);
    project.run(&["--no-baseline"]).fails(1, "2 errors");
}

#[test]
fn a_new_finding_beside_an_old_one_does_not_hide() {
    let project = adopted(Project::lib(UNDERSCORE)).file("src/lib.rs", &twice());
    assert_eq!(project.lints(&[]), ["let_underscore_guard"]);
    let project = adopted(project);
    assert!(project.lints(&[]).is_empty());
    assert!(file(&project).contains("\"count\":2"));
}

#[test]
fn moved_code_keeps_its_entry() {
    let project = adopted(Project::lib(UNDERSCORE));
    let below = format!(
        "// A comment.\n\nfn first() {{}}\n\n{}",
        UNDERSCORE.replace("m.lock()", "m\n        .lock()")
    );
    let project = project.file("src/lib.rs", &below);
    assert!(project.lints(&[]).is_empty());
    let project = project.file("src/lib.rs", "pub mod inner;\n").file("src/inner.rs", UNDERSCORE);
    assert!(project.lints(&[]).is_empty());
    project.run(&["--error-on", "stale-baseline,new"]).succeeds();
    project.run(&["baseline", "prune"]).succeeds();
    assert!(file(&project).contains("\"item\":\"inner::warm_up\""), "{}", file(&project));
}

#[test]
fn what_is_fixed_is_stale_until_it_is_pruned() {
    let project = adopted(Project::lib(&format!("{UNDERSCORE}{STATIC_MUT}"))).file("src/lib.rs", STATIC_MUT);
    let run = project.run(&[]);
    run.succeeds();
    assert!(
        run.stderr.contains("stale in the baseline: let_underscore_guard in app, warm_up: `m.lock()`"),
        "{run:?}"
    );
    assert!(run.stderr.contains("baseline prune"), "{run:?}");
    project.run(&["--error-on", "stale-baseline"]).fails(1, "stale");
    project.run(&["baseline", "prune"]).fails(0, "1 finding in 1 entry, 0 added, 1 taken out");
    project.run(&["--error-on", "stale-baseline"]).succeeds();
    assert_eq!(file(&project).matches("\"lint\"").count(), 1);
}

#[test]
fn pruning_adds_nothing() {
    let project = adopted(Project::lib(UNDERSCORE)).file("src/lib.rs", &format!("{UNDERSCORE}{STATIC_MUT}"));
    let before = file(&project);
    project.run(&["baseline", "prune"]).succeeds();
    assert_eq!(file(&project), before);
    project.run(&[]).fails(1, "1 error");
}

#[test]
fn pruning_lowers_a_count() {
    let project = adopted(Project::lib(&twice())).file("src/lib.rs", UNDERSCORE);
    project.run(&["--error-on", "stale-baseline"]).fails(1, "stale in the baseline");
    project.run(&["baseline", "prune"]).succeeds();
    assert!(file(&project).contains("\"count\":1"));
}

#[test]
fn a_broken_file_is_an_error_and_stays() {
    let sound = file(&adopted(Project::lib(UNDERSCORE)));
    let conflict = sound.replace("  \"findings\"", "<<<<<<< ours\n  \"findings\"");
    let cases = [
        ("", "is no baseline"),
        ("[]", "is no baseline"),
        (&sound.replace("\"version\": 1", "\"version\": 7"), "its version is 7"),
        (&sound.replace("\"snippet\"", "\"snipet\""), "unknown field `snipet`"),
        (&conflict, "resolve the merge conflict"),
    ];
    for (text, said) in cases {
        let project = Project::lib(UNDERSCORE).file(FILE, text);
        for args in [&[][..], &["baseline", "update"], &["baseline", "prune"], &["baseline", "show"]] {
            let run = project.run(args);
            run.fails(2, said);
            assert_eq!(run.stdout, "");
            assert_eq!(file(&project), text);
        }
    }
}

#[test]
fn the_file_is_sorted_and_the_same_every_time() {
    let project =
        adopted(Project::lib(&format!("{UNDERSCORE}{STATIC_MUT}{}", DELETE.replace("prune", "a_prune"))));
    let text = file(&project);
    let entries: Vec<&str> = text.lines().filter(|line| line.contains("\"lint\"")).collect();
    assert_eq!(entries.len(), 3, "{text}");
    assert!(entries.is_sorted_by_key(|line| line.trim_end_matches(',')), "{text}");
    project.run(&["baseline", "update", "-j", "1"]).fails(0, "stays as it is");
    assert_eq!(file(&project), text);
    let left: Vec<_> =
        std::fs::read_dir(project.path()).expect("a directory").flatten().map(|it| it.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".safe")), "{left:?}");
}

#[cfg(unix)]
#[test]
fn others_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = adopted(Project::lib(UNDERSCORE));
    let mode = std::fs::metadata(project.join(FILE)).expect("a baseline").permissions().mode();
    let usual = std::fs::metadata(project.join("src/lib.rs")).expect("a source").permissions().mode();
    assert_eq!(mode, usual);
}

#[test]
fn known_findings_are_suppressed_ones() {
    let project = adopted(Project::lib(UNDERSCORE));
    assert!(of_reason(&project.json(&[]), "finding").is_empty());
    let found = of_reason(&project.json(&["--show-suppressed"]), "finding");
    assert_eq!(found.len(), 1);
    assert_eq!(
        (&found[0]["suppressed"]["kind"], &found[0]["suppressed"]["reason"]),
        (&"baseline".into(), &Value::Null)
    );
}

#[test]
fn what_is_forbidden_is_reported_although_it_is_known() {
    let project = adopted(Project::lib(UNDERSCORE));
    let forbid = ["--forbid", "let_underscore_guard"];
    assert_eq!(project.lints(&forbid), ["let_underscore_guard"]);
    assert_eq!(project.run(&forbid).code, 1);
    project.run(&["-D", "let_underscore_guard"]).succeeds();
    let stale = project.run(&[&forbid[..], &["--error-on", "stale-baseline"]].concat());
    assert!(!stale.stderr.contains("stale"), "its entry stands for it all the same: {stale:?}");
    let project = project.file("safe-map-lint.toml", "[lints]\nlet_underscore_guard = \"forbid\"\n");
    assert_eq!(project.run(&[]).code, 1);
}

#[test]
fn known_findings_are_not_fixed() {
    let text = "// safe-map-lint: allow(double_lock) -- no such thing\npub fn f() {}\n";
    let project = adopted(Project::lib(text));
    project.run(&["--fix", "--allow-no-vcs"]).succeeds();
    assert_eq!(std::fs::read_to_string(project.join("src/lib.rs")).expect("a source"), text);
    assert_eq!(project.run(&["--diff"]).stdout, "");
    project.run(&["--fix", "--allow-no-vcs", "--no-baseline"]).succeeds();
    assert_eq!(std::fs::read_to_string(project.join("src/lib.rs")).expect("a source"), "pub fn f() {}\n");
}

#[test]
fn what_the_source_silences_is_not_in_the_file() {
    let silenced =
        UNDERSCORE.replace("m.lock();", "m.lock(); // safe-map-lint: allow(let_underscore_guard) -- waits");
    let project = adopted(Project::lib(&silenced));
    assert!(!file(&project).contains("lint\""), "{}", file(&project));
}

#[test]
fn new_findings_can_fail_at_any_level() {
    let project = Project::lib(UNDERSCORE);
    let warned = ["--cap-lints", "warn", "--error-on", "new"];
    project.run(&warned[..2]).succeeds();
    project.run(&warned).fails(1, "1 warning");
    adopted(project).run(&warned).succeeds();
}

#[test]
fn unused_suppressions_can_fail() {
    let project = Project::lib("// safe-map-lint: allow(double_lock) -- no such thing\npub fn f() {}\n");
    project.run(&[]).fails(0, "1 warning");
    project.run(&["--error-on", "unused-suppression"]).fails(1, "1 warning");
    project.run(&["--error-on", "unused-suppression", "--exit-zero"]).succeeds();
}

#[test]
fn what_fails_first_decides_the_code() {
    let project = adopted(Project::lib(UNDERSCORE)).file("src/lib.rs", "mod missing;\n");
    project.run(&["--error-on", "incomplete"]).fails(3, "not analysed");
    let project = project.file("src/lib.rs", &format!("mod missing;\n{STATIC_MUT}"));
    project.run(&["--error-on", "incomplete,new"]).fails(1, "1 error");
}

fn two_packages() -> Project {
    Project::empty()
        .file("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"3\"\n")
        .file("a/Cargo.toml", &manifest("a"))
        .file("a/src/lib.rs", STATIC_MUT)
        .file("b/Cargo.toml", &manifest("b"))
        .file("b/src/lib.rs", UNDERSCORE)
        .file("b/src/main.rs", "fn main() {}\n")
}

#[test]
fn a_part_of_the_workspace_says_nothing_of_the_rest() {
    let project = adopted(two_packages());
    let whole = file(&project);
    let stale = ["--error-on", "stale-baseline"];
    for part in [
        &["-p", "a"][..],
        &["--exclude", "b"],
        &["a"],
        &["a/src/lib.rs"],
        &["--only", "double_lock"],
        &["--confidence", "certain"],
        &["--bins"],
    ] {
        project.run(&[part, &stale].concat()).succeeds();
        project.run(&[&["baseline", "update"], part].concat()).succeeds();
        assert_eq!(file(&project), whole, "{part:?}");
    }
    let project = project.file("a/src/lib.rs", "").file("b/src/lib.rs", "");
    project.run(&["-p", "a", "--error-on", "stale-baseline"]).fails(1, "static_mut_map in a");
    project.run(&["baseline", "prune", "-p", "a"]).fails(0, "1 of them stays although");
    assert!(file(&project).contains("\"package\":\"b\"") && !file(&project).contains("\"package\":\"a\""));
    project.run(&[".", "--error-on", "stale-baseline"]).fails(1, "let_underscore_guard in b");
}

#[test]
fn a_package_that_is_gone_is_stale() {
    let project = adopted(two_packages())
        .file("Cargo.toml", "[workspace]\nmembers = [\"a\"]\nexclude = [\"b\"]\nresolver = \"3\"\n");
    project.run(&["--error-on", "stale-baseline"]).fails(1, "let_underscore_guard in b");
}

#[test]
fn a_member_has_the_baseline_of_its_workspace() {
    let project = adopted(two_packages());
    assert!(!project.join("a").join(FILE).exists());
    support::run_in(&project.join("a"), &[]).succeeds();
}

#[test]
fn what_cannot_be_parsed_is_not_gone() {
    let broken = "fn broken( {\n";
    let project = adopted(Project::lib(&format!("mod a;\n{UNDERSCORE}")).file("src/a.rs", ""))
        .file("src/lib.rs", "mod a;\n");
    let project = project.file("src/a.rs", broken);
    project.run(&["--error-on", "stale-baseline"]).succeeds();
    project.run(&["baseline", "prune"]).fails(0, "1 of them stay");
    project.file("src/a.rs", "").run(&["--error-on", "stale-baseline"]).fails(1, "stale");
}

#[test]
fn test_code_is_only_gone_where_it_was_looked_for() {
    let test = format!("#[cfg(test)]\nmod tests {{\n{UNDERSCORE}}}\n");
    let project = Project::lib(&test);
    project.run(&["baseline", "update", "--all-targets"]).succeeds();
    assert!(file(&project).contains("\"test\":true"), "{}", file(&project));
    project.run(&["--error-on", "stale-baseline"]).succeeds();
    project.run(&["--all-targets", "--error-on", "new,stale-baseline"]).succeeds();
    project.file("src/lib.rs", "").run(&["--all-targets", "--error-on", "stale-baseline"]).fails(1, "stale");
}

#[test]
fn another_file_can_be_named_and_must_be_there() {
    let project = Project::lib(UNDERSCORE);
    project.run(&["--baseline", "known.json"]).fails(2, "baseline update --baseline known.json");
    project.run(&["baseline", "update", "--baseline", "known.json"]).succeeds();
    assert!(project.join("known.json").exists() && !project.join(FILE).exists());
    project.run(&["--baseline", "known.json"]).succeeds();
    project.run(&["baseline", "prune", "--baseline", "known.json"]).succeeds();
    project.run(&[]).fails(1, "1 error");
    project.run(&["baseline", "prune"]).fails(2, "has no baseline");
    project.run(&["baseline", "show"]).fails(2, "no such baseline");
}

#[test]
fn a_baseline_is_shown_for_people_and_programs() {
    let project = adopted(Project::lib(&twice()));
    let run = project.run(&["baseline", "show"]);
    run.succeeds();
    assert_eq!(
        run.stdout,
        "let_underscore_guard in app, warm_up: `m.lock()`, 2 times\n2 findings in 1 entry\n"
    );
    let entries: Vec<Value> =
        serde_json::from_str(&project.run(&["baseline", "show", "--json"]).stdout).expect("an array");
    assert_eq!((&entries[0]["lint"], &entries[0]["count"]), (&"let_underscore_guard".into(), &2.into()));
}

#[test]
fn flags_about_reports_mean_nothing_here() {
    let project = Project::lib(UNDERSCORE);
    for flag in [
        &["--message-format", "json"][..],
        &["--since", "HEAD"],
        &["--statistics"],
        &["--error-on", "new"],
        &["--no-baseline"],
    ] {
        project.run(&[&["baseline", "update"], flag].concat()).fails(2, flag[0]);
    }
    assert!(!project.join(FILE).exists());
    let help = project.run(&["baseline", "update", "--help"]).stdout;
    assert!(
        help.contains("--baseline") && help.contains("--package") && !help.contains("--message-format"),
        "{help}"
    );
}

#[test]
fn levels_decide_what_is_written() {
    let project = Project::lib(UNDERSCORE);
    project.run(&["baseline", "update", "-A", "all", "-W", "double_lock"]).succeeds();
    assert!(!file(&project).contains("let_underscore_guard"));
    let run = project.run(&[
        "baseline",
        "update",
        "-A",
        "let_underscore_guard",
        "-D",
        "let_underscore_guard",
        "-q",
    ]);
    run.succeeds();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    assert!(file(&project).contains("let_underscore_guard"));
}
