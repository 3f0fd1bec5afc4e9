//! The command line: calling forms, exit codes, levels, "did you mean".

mod support;

use support::{DELETE, Project, STATIC_MUT, UNDERSCORE, answer, command, manifest};

const CLEAN: &str = "pub fn f() {}\n";

#[test]
fn a_clean_workspace_exits_with_0_and_says_one_line() {
    let run = Project::lib(CLEAN).run(&[]);
    run.succeeds();
    assert_eq!(run.stdout, "");
    assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
    assert!(run.stderr.starts_with("no findings: 1 file and 1 line seen in "), "{run:?}");
}

#[test]
fn one_is_no_plural() {
    let one = Project::lib(
        "use std::{collections::HashMap, sync::Mutex};\npub struct S { m: Mutex<HashMap<u32, u32>> }\n",
    );
    assert!(one.run(&[]).stderr.contains(", 1 shared map, lock or cell\n"));
    assert!(one.run(&["--timings"]).stderr.contains("1 file, 2 lines\n"));
    let empty = one.run(&["baseline", "update"]);
    assert!(empty.stderr.contains("0 findings in 0 entries"), "{empty:?}");
    let held = Project::lib("pub fn f() {}").run(&["held", "src/lib.rs:2"]);
    held.fails(2, "has 1 line, not 2");
}

#[test]
fn quiet_says_nothing_of_a_clean_workspace() {
    let run = Project::lib(CLEAN).run(&["-q"]);
    run.succeeds();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
}

#[test]
fn cargo_puts_the_name_first() {
    let project = Project::lib(CLEAN);
    let by_cargo = command(project.path()).env("CARGO", "cargo").args(["safe-map-lint", "list"]).output();
    let by_cargo = answer(by_cargo.expect("runs"));
    by_cargo.succeeds();
    assert_eq!(by_cargo.stdout, project.run(&["list"]).stdout);
}

#[test]
fn check_is_what_happens_without_a_subcommand() {
    let project = Project::lib(UNDERSCORE);
    assert_eq!(project.lints(&["."]), project.lints(&[]));
    let run = project.run(&["check", "--message-format", "short"]);
    assert_eq!(run.stdout, project.run(&["--message-format", "short", "."]).stdout);
}

#[test]
fn help_and_version_are_answers() {
    let project = Project::empty();
    for args in [["--help"], ["-h"], ["--version"]] {
        let run = project.run(&args);
        run.succeeds();
        assert!(!run.stdout.is_empty());
    }
}

#[test]
fn unknown_names_are_usage_errors_with_a_suggestion() {
    let project = Project::lib(CLEAN);
    project.run(&["-W", "unused_supression"]).fails(2, "did you mean `unused_suppression`?");
    project.run(&["explain", "unused-supression"]).fails(2, "did you mean `unused_suppression`?");
    project.run(&["-D", "bananas"]).fails(2, "unknown lint or group `bananas`");
    project.run(&["--shwo-suppressed"]).fails(2, "--show-suppressed");
    project.run(&["lst"]).fails(2, "did you mean the subcommand `list`?");
    project.run(&["-p", "ap"]).fails(2, "did you mean `app`?");
    project.run(&["lits"]).fails(2, "did you mean the subcommand `list`?");
    project.run(&["lits", "--json"]).fails(2, "did you mean the subcommand `list`?");
    project.run(&["expalin", "double_lock"]).fails(2, "did you mean the subcommand `explain`?");
    project.run(&["src", "--jsno"]).fails(2, "unexpected argument '--jsno'");
    project.run(&["held", "src/lib.rs"]).fails(2, "FILE:LINE");
    project.run(&["held", "src/lib.rs:999"]).fails(2, "has 1 line, not 999");
    project.run(&["-j", "0"]).fails(2, "0");
}

#[test]
fn list_names_every_lint_in_both_forms() {
    let project = Project::empty();
    let table = project.run(&["list"]);
    table.succeeds();
    let json = project.run(&["list", "--json"]);
    let entries: Vec<serde_json::Value> = serde_json::from_str(&json.stdout).expect("a JSON array");
    assert_eq!(entries.len(), table.stdout.lines().count());
    for entry in &entries {
        assert!(table.stdout.contains(entry["name"].as_str().expect("a name")));
        for key in ["group", "level", "fix", "summary", "url"] {
            assert!(!entry[key].is_null(), "no {key} in {entry}");
        }
    }
}

#[test]
fn explain_shows_the_page() {
    let run = Project::empty().run(&["explain", "unused_suppression"]);
    run.succeeds();
    for section in ["## Why", "## Fires", "## Silent", "## Fix", "## Limits"] {
        assert!(run.stdout.contains(section), "{run:?}");
    }
}

#[test]
fn explain_says_what_a_method_locks() {
    let explain = |subject: &str| {
        let run = Project::empty().run(&["explain", subject]);
        run.succeeds();
        run.stdout
    };
    let get_mut = explain("dashmap::DashMap::get_mut");
    for part in [
        "dashmap::DashMap::get_mut (versions >=3, <8)\n",
        "the shard of the key, exclusive\n",
        "as long as the result lives\n",
        "the thread blocks\n",
        "Option<RefMut<K, V>>\n",
    ] {
        assert!(get_mut.contains(part), "no {part:?} in {get_mut}");
    }
    let len = explain("DashMap::len");
    assert!(len.contains("every shard, shared") && len.contains("until the call returns"), "{len}");
    assert_eq!(len, explain("DashMap<K, V>::len()"));
    assert!(explain("RefCell::borrow_mut").contains("a conflict panics"));
    assert!(explain("DashMap::try_get").contains("fails where it would have to wait"));
    assert!(explain("tokio::sync::Mutex::lock").contains("the task does, once awaited"));
    assert!(explain("DashMap::retain").contains("run before the call returns, under the lock"));
    assert!(explain("std::thread::sleep").contains("for a time to pass"));
}

#[test]
fn explain_of_a_bare_method_names_every_type_that_has_it() {
    let run = Project::empty().run(&["explain", "entry"]);
    run.succeeds();
    for ty in ["dashmap::DashMap::entry (", "std::collections::HashMap::entry\n"] {
        assert!(run.stdout.contains(ty), "{run:?}");
    }
    for (slip, name) in [("DashMap::get_mtu", "DashMap::get_mut"), ("dashmap::DashMap::lenn", "DashMap::len")]
    {
        let wanted = format!("did you mean `{name}`?");
        Project::empty().run(&["explain", slip]).fails(2, &wanted);
    }
}

#[test]
fn findings_at_deny_exit_with_1_whatever_the_format() {
    let project = Project::lib(STATIC_MUT);
    for format in ["human", "short", "json"] {
        assert_eq!(project.run(&["--message-format", format]).code, 1);
    }
    project.run(&["--exit-zero"]).succeeds();
}

#[test]
fn the_rightmost_level_wins() {
    let project = Project::lib(STATIC_MUT);
    project.run(&["-A", "static_mut_map"]).succeeds();
    project.run(&["-W", "static_mut_map"]).succeeds();
    assert_eq!(project.run(&["-A", "static_mut_map", "-D", "static_mut_map"]).code, 1);
    project.run(&["-D", "static_mut_map", "-A", "sharing"]).succeeds();
    assert_eq!(project.run(&["-W", "sharing"]).code, 1, "a group raised lowers nothing");
    assert_eq!(project.run(&["-D", "warnings", "-W", "static_mut_map"]).code, 1);
    assert_eq!(project.run(&["--forbid", "static_mut_map", "-A", "all"]).code, 1);
    project.run(&["--cap-lints", "warn"]).succeeds();
}

#[test]
fn only_runs_the_named_lints() {
    let project = Project::lib(&format!("{STATIC_MUT}{}", DELETE));
    assert_eq!(project.lints(&["--only", "delete_during_iteration"]), ["delete_during_iteration"]);
}

#[test]
fn what_only_names_can_be_switched_off() {
    let project = Project::lib(STATIC_MUT);
    assert!(project.lints(&["--only", "static_mut_map", "-A", "static_mut_map"]).is_empty());
    project.run(&["--only", "static_mut_map", "-W", "static_mut_map"]).succeeds();
}

#[test]
fn a_directory_is_no_manifest() {
    let run = Project::lib(STATIC_MUT).run(&["--manifest-path", "."]);
    run.fails(2, "`.`: a directory, not a manifest");
    run.fails(2, "./Cargo.toml");
}

#[test]
fn help_says_what_the_file_timeout_bounds() {
    let help = Project::empty().run(&["check", "--help"]).stdout;
    let text = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("the analysis that follows, have no limit"), "{text}");
}

#[test]
fn packages_can_be_chosen_and_left_out() {
    let root = "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"3\"\n";
    let project = Project::empty()
        .file("Cargo.toml", root)
        .file("a/Cargo.toml", &manifest("a"))
        .file("a/src/lib.rs", STATIC_MUT)
        .file("b/Cargo.toml", &manifest("b"))
        .file("b/src/lib.rs", UNDERSCORE);
    assert_eq!(project.lints(&[]), ["static_mut_map", "let_underscore_guard"]);
    assert_eq!(project.lints(&["-p", "b"]), ["let_underscore_guard"]);
    assert_eq!(project.lints(&["--workspace", "--exclude", "b"]), ["static_mut_map"]);
    assert_eq!(project.lints(&["b"]), ["let_underscore_guard"]);
    let manifest = project.join("a/Cargo.toml");
    assert_eq!(
        project.lints(&["--manifest-path", manifest.to_str().expect("UTF-8"), "-p", "a"]),
        ["static_mut_map"]
    );
}

#[test]
fn test_code_is_analysed_on_request_and_one_level_lower() {
    let tests = format!("#[cfg(test)]\nmod tests {{\n{UNDERSCORE}}}\n");
    let project = Project::lib(&tests).file("tests/it.rs", UNDERSCORE);
    assert!(project.lints(&[]).is_empty());
    let found = support::of_reason(&project.json(&["--tests"]), "finding");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|it| it["level"] == "warn"), "{found:?}");
}

#[test]
fn packages_in_side_directories_are_no_product_unless_they_are_named() {
    let member = |name: &str| format!("[package]\nname = \"{name}\"\nedition = \"2021\"\n");
    let project = Project::empty()
        .file("Cargo.toml", "[workspace]\nmembers = [\"a\", \"examples/b\", \"fuzz\"]\nresolver = \"2\"\n")
        .file("a/Cargo.toml", &member("a"))
        .file("a/src/lib.rs", STATIC_MUT)
        .file("examples/b/Cargo.toml", &member("b"))
        .file("examples/b/src/lib.rs", UNDERSCORE)
        .file("fuzz/Cargo.toml", &member("f"))
        .file("fuzz/src/lib.rs", UNDERSCORE);
    assert_eq!(project.lints(&["--workspace"]), ["static_mut_map"]);
    assert_eq!(project.lints(&["--tests"]).len(), 3);
    assert_eq!(project.lints(&["examples/b"]), ["let_underscore_guard"]);
}

#[test]
fn files_are_listed_relative_to_the_root() {
    let project = Project::lib("mod a { mod b; }\nmod c;\ninclude!(\"d.in.rs\");\n")
        .file("src/a/b.rs", "")
        .file("src/c/mod.rs", "#[path = \"../e.rs\"]\nmod e;\n")
        .file("src/e.rs", "")
        .file("src/d.in.rs", "")
        .file("src/main.rs", "mod c;\nfn main() {}\n")
        .file("src/stray.rs", "");
    let run = project.run(&["--list-files"]);
    let expected = ["src/a/b.rs", "src/c/mod.rs", "src/d.in.rs", "src/e.rs", "src/lib.rs", "src/main.rs"]
        .map(|it| format!("{it}\n"));
    assert_eq!(run.stdout, expected.concat());
}

#[test]
fn listing_files_stops_before_the_analysis() {
    let run = Project::lib(STATIC_MUT).run(&["--list-files", "--timings", "--statistics"]);
    run.succeeds();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("src/lib.rs\n", ""));
}

#[test]
fn timings_and_statistics_go_to_standard_error() {
    let run = Project::lib(UNDERSCORE).run(&["--timings", "--statistics", "--message-format", "short"]);
    for stage in ["discover and parse", "analysis", "  model", "  flow", "lints", "report", "total"] {
        assert!(run.stderr.contains(stage), "{run:?}");
    }
    assert!(run.stderr.contains(" ms   1 body"), "{run:?}");
    assert!(run.stderr.contains("1  deny   let_underscore_guard"), "{run:?}");
    assert_eq!(run.stdout.lines().count(), 1);
}

#[test]
fn a_limit_is_said() {
    let run = Project::lib(&format!("{UNDERSCORE}{STATIC_MUT}")).run(&[
        "--max-diagnostics",
        "1",
        "--message-format",
        "short",
    ]);
    assert_eq!(run.stdout.lines().count(), 2);
    assert!(run.stdout.ends_with("1 more not shown (--max-diagnostics)\n"));
}

#[test]
fn a_limit_keeps_the_most_severe_and_then_the_order_of_paths() {
    let project = Project::lib(&format!("mod b;\n{UNDERSCORE}")).file("src/b.rs", STATIC_MUT);
    let limited = |args: &[&str]| {
        let run = project.run(&[&["--max-diagnostics", "1", "--message-format", "short"], args].concat());
        run.stdout.lines().next().expect("a line").to_owned()
    };
    assert!(limited(&[]).starts_with("src/b.rs:"));
    assert!(limited(&["-W", "static_mut_map"]).starts_with("src/lib.rs:"));
    assert!(
        limited(&["-W", "static_mut_map", "--group-by", "file"]).starts_with("== src/lib.rs (1 finding)")
    );
    let all = project.run(&["-W", "static_mut_map", "--message-format", "short"]);
    assert!(all.stdout.starts_with("src/b.rs:"), "all of them are in the order of paths: {all:?}");
}

#[test]
fn a_quiet_run_says_why_it_fails() {
    let project = Project::lib("mod gone;\n");
    project.run(&["-q"]).succeeds();
    let run = project.run(&["-q", "--error-on", "incomplete"]);
    run.fails(3, "not analysed: src/lib.rs:1: module file not found: `mod gone;`");
    run.fails(3, "error: 1 file not analysed completely (--error-on incomplete)");
    let json = project.run(&["-q", "--error-on", "incomplete", "--message-format", "json"]);
    json.fails(3, "(--error-on incomplete)");
}

#[test]
fn what_is_typed_is_not_written_into_files() {
    let run = Project::lib(CLEAN).run(&["--stdin-filename", "src/lib.rs", "--fix"]);
    run.fails(2, "cannot be used with");
}

#[test]
fn facts_can_be_dumped_and_held_answers() {
    let project = Project::lib(UNDERSCORE);
    let facts = project.run(&["dump", "facts", "src/lib.rs"]);
    facts.succeeds();
    assert!(serde_json::from_str::<serde_json::Value>(&facts.stdout).is_ok());
    project.run(&["dump", "flow", "src/lib.rs"]).succeeds();
    project.run(&["dump", "model", "src/lib.rs"]).succeeds();
    let held = project.run(&["held", "src/lib.rs:4"]);
    held.succeeds();
    assert_eq!(held.stdout, project.run(&["held", "src/lib.rs:4:13"]).stdout);
    project.run(&["dump", "facts", "src/none.rs"]).fails(2, "src/none.rs");
}
