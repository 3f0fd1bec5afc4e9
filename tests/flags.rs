//! Every flag of `check` has a test that fails where the flag is ignored. The table says which; the tests here are those that
//! have no better place.

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use support::{DELETE, Project, STATIC_MUT, THROUGH_CALLS, UNDERSCORE, manifest, run_in};

/// Each flag, how its test writes it, the file of the test and its name.
const TESTS: [(&str, &str, &str, &str); 55] = [
    ("--package", "-p", "cli", "packages_can_be_chosen_and_left_out"),
    ("--workspace", "--workspace", "flags", "the_workspace_is_more_than_one_package"),
    ("--exclude", "--exclude", "cli", "packages_can_be_chosen_and_left_out"),
    ("--manifest-path", "--manifest-path", "flags", "a_manifest_elsewhere_can_be_named"),
    ("--lib", "--lib", "targets", "each_flag_reports_on_its_targets"),
    ("--bins", "--bins", "targets", "each_flag_reports_on_its_targets"),
    ("--tests", "--tests", "targets", "each_flag_reports_on_its_targets"),
    ("--examples", "--examples", "targets", "each_flag_reports_on_its_targets"),
    ("--all-targets", "--all-targets", "targets", "each_flag_reports_on_its_targets"),
    ("--features", "-F", "conditions", "features_leave_out_what_is_not_compiled_with_them"),
    ("--all-features", "--all-features", "conditions", "features_leave_out_what_is_not_compiled_with_them"),
    (
        "--no-default-features",
        "--no-default-features",
        "conditions",
        "features_leave_out_what_is_not_compiled_with_them",
    ),
    ("--target", "--target", "conditions", "a_target_leaves_out_the_others"),
    ("--cfg", "--cfg", "conditions", "a_cfg_is_set_and_its_opposite_left_out"),
    ("--allow", "-A", "cli", "the_rightmost_level_wins"),
    ("--warn", "-W", "cli", "the_rightmost_level_wins"),
    ("--deny", "-D", "cli", "the_rightmost_level_wins"),
    ("--forbid", "--forbid", "suppression", "a_forbidden_lint_is_not_silenced"),
    ("--cap-lints", "--cap-lints", "cli", "the_rightmost_level_wins"),
    ("--only", "--only", "cli", "only_runs_the_named_lints"),
    ("--confidence", "--confidence", "flags", "what_is_less_sure_is_left_out"),
    ("--config", "--config", "config_levels", "a_named_configuration_replaces_the_own_one"),
    ("--stdin-filename", "--stdin-filename", "input", "the_text_on_standard_input_is_the_files"),
    ("--path-base", "--path-base", "input", "paths_start_where_they_are_asked_to"),
    ("--message-format", "--message-format", "formats", "short_is_one_line_a_finding"),
    ("--output", "--output", "output_files", "several_reports_come_from_one_run"),
    ("--color", "--color", "formats", "human_shows_code_excerpt_and_help_without_escapes_in_a_file"),
    ("--quiet", "-q", "cli", "quiet_says_nothing_of_a_clean_workspace"),
    ("--verbose", "-v", "flags", "everything_that_was_left_out_is_said_on_request"),
    (
        "--show-suppressed",
        "--show-suppressed",
        "suppression",
        "suppressed_findings_are_shown_on_request_with_their_reason",
    ),
    (
        "--max-diagnostics",
        "--max-diagnostics",
        "cli",
        "a_limit_keeps_the_most_severe_and_then_the_order_of_paths",
    ),
    ("--group-by", "--group-by", "groups", "findings_stand_under_headings"),
    ("--statistics", "--statistics", "groups", "statistics_say_how_many_and_what_can_be_fixed"),
    ("--timings", "--timings", "cli", "timings_and_statistics_go_to_standard_error"),
    ("--list-files", "--list-files", "cli", "files_are_listed_relative_to_the_root"),
    (
        "--with-dependencies",
        "--with-dependencies",
        "dependencies",
        "a_vendored_directory_stands_for_its_source",
    ),
    ("--with", "--with", "rustc_json", "with_check_ends_with_the_worse_of_the_two"),
    ("--since", "--since", "changes", "only_what_has_changed_is_reported"),
    ("--in-diff", "--in-diff", "changes", "a_diff_can_be_given"),
    ("--baseline", "--baseline", "baseline", "another_file_can_be_named_and_must_be_there"),
    ("--no-baseline", "--no-baseline", "baseline", "what_is_known_fails_no_run_and_what_is_new_does"),
    ("--error-on", "--error-on", "baseline", "new_findings_can_fail_at_any_level"),
    ("--exit-zero", "--exit-zero", "cli", "findings_at_deny_exit_with_1_whatever_the_format"),
    ("--jobs", "-j", "flags", "the_number_of_threads_can_be_chosen"),
    (
        "--file-timeout",
        "--file-timeout",
        "bad_input",
        "a_file_over_its_time_budget_is_left_out_and_the_run_goes_on",
    ),
    ("--no-cache", "--no-cache", "flags", "what_does_nothing_yet_is_accepted_and_says_so"),
    ("--cache-dir", "--cache-dir", "flags", "what_does_nothing_yet_is_accepted_and_says_so"),
    ("--no-prefilter", "--no-prefilter", "flags", "what_does_nothing_yet_is_accepted_and_says_so"),
    ("--fix", "--fix", "fix", "fix_applies_what_is_right_as_it_is_and_exits_by_what_remains"),
    ("--diff", "--diff", "fix", "diff_shows_what_fix_would_do_and_writes_nothing"),
    ("--unsafe-fixes", "--unsafe-fixes", "fix", "unsafe_fixes_are_applied_on_request"),
    ("--allow-dirty", "--allow-dirty", "fix", "uncommitted_changes_need_allow_dirty"),
    ("--allow-staged", "--allow-staged", "fix", "staged_changes_need_allow_staged"),
    (
        "--allow-no-vcs",
        "--allow-no-vcs",
        "fix",
        "fix_applies_what_is_right_as_it_is_and_exits_by_what_remains",
    ),
    ("--help", "--help", "cli", "help_and_version_are_answers"),
];

/// The text of a test, up to the brace that ends it.
fn test_of(file: &str, name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file).with_extension("rs");
    let text = std::fs::read_to_string(path).ok()?;
    let (_, body) = text.split_once(&format!("#[test]\nfn {name}() {{\n"))?;
    Some(body.split_once("\n}\n")?.0.to_owned())
}

#[test]
fn every_flag_has_a_test() {
    let help = Project::empty().run(&["check", "--help"]).stdout;
    let entries =
        help.lines().map(str::trim_start).filter(|line| line.starts_with('-') && !line.starts_with("- "));
    let flags = entries.filter_map(|line| line.split([' ', ',']).find(|it| it.starts_with("--")));
    let known: BTreeSet<&str> = TESTS.iter().map(|it| it.0).collect();
    assert_eq!(flags.collect::<BTreeSet<_>>(), known);
    for (flag, written, file, name) in TESTS {
        let Some(body) = test_of(file, name) else { panic!("{flag}: there is no test {file}::{name}") };
        let is_used = body.contains(&format!("\"{written}\"")) || body.contains(&format!("\"{written}="));
        assert!(is_used, "{flag}: {file}::{name} does not use it");
    }
}

#[test]
fn a_short_flag_is_its_long_one() {
    let project = Project::lib(&format!("{STATIC_MUT}{DELETE}")).file("src/main.rs", "fn main() {}\n");
    for (short, long, value) in [
        ("-p", "--package", "app"),
        ("-A", "--allow", "sharing"),
        ("-W", "--warn", "static_mut_map"),
        ("-D", "--deny", "warnings"),
        ("-j", "--jobs", "1"),
    ] {
        let runs = [short, long].map(|it| project.run(&["--message-format", "short", it, value]));
        assert_eq!((&runs[0].stdout, runs[0].code), (&runs[1].stdout, runs[1].code), "{short}");
    }
    for (short, long) in [("-q", "--quiet"), ("-v", "--verbose")] {
        let lines =
            [short, long].map(|it| project.run(&[it, "--message-format", "short"]).stderr.lines().count());
        assert_eq!(lines[0], lines[1], "{short}");
    }
}

/// A workspace of two members, and a directory beside it.
fn two_members() -> Project {
    Project::empty()
        .file("w/Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"3\"\n")
        .file("w/a/Cargo.toml", &manifest("a"))
        .file("w/a/src/lib.rs", STATIC_MUT)
        .file("w/b/Cargo.toml", &manifest("b"))
        .file("w/b/src/lib.rs", UNDERSCORE)
        .file("other/lib.rs", DELETE)
}

#[test]
fn the_workspace_is_more_than_one_package() {
    let project = two_members();
    let member = project.join("w/a");
    let short = ["--message-format", "short"];
    let run = |args: &[&str]| run_in(&member, &[&short, args].concat());
    assert_eq!(run(&["--workspace"]).stdout.lines().count(), 2);
    assert_eq!(run(&["--workspace"]).stdout, run(&[]).stdout, "it is what happens by itself");
    assert_eq!(run(&["-p", "a"]).stdout.lines().count(), 1);
    run(&["--workspace", "-p", "a"]).fails(2, "'--workspace' cannot be used with '--package");
}

#[test]
fn a_manifest_elsewhere_can_be_named() {
    let project = two_members();
    let other = project.join("other");
    let run = run_in(&other, &["--message-format", "short", "--manifest-path", "../w/Cargo.toml"]);
    assert!(
        run.stdout.contains("[static_mut_map]") && run.stdout.contains("[let_underscore_guard]"),
        "{run:?}"
    );
    assert!(!run.stdout.contains("[delete_during_iteration]"), "{run:?}");
    assert!(run_in(&other, &["--message-format", "short"]).stdout.contains("[delete_during_iteration]"));
}

#[test]
fn what_is_less_sure_is_left_out() {
    let project = Project::lib(&format!("{THROUGH_CALLS}{DELETE}"));
    let both = ["double_lock", "delete_during_iteration"];
    assert_eq!(project.lints(&[]), both);
    assert_eq!(project.lints(&["--confidence", "possible"]), both);
    assert_eq!(project.lints(&["--confidence", "likely"]), both);
    assert_eq!(project.lints(&["--confidence", "certain"]), ["double_lock"]);
}

#[test]
fn everything_that_was_left_out_is_said_on_request() {
    let lib: String = (0..12).map(|index| format!("mod gone{index};\n")).collect();
    let project = Project::lib(&lib);
    let said = |args: &[&str]| project.run(args).stderr.matches("not analysed: src/lib.rs:").count();
    assert_eq!((said(&[]), said(&["-v"])), (10, 12));
    project.run(&[]).fails(0, "not analysed: 2 more (-v shows all)");
}

/// How many threads a run has while it waits for its diff; `None` where that cannot be seen.
fn threads(jobs: &str, expected: usize) -> Option<usize> {
    use std::process::Stdio;
    if !Path::new("/proc/self/task").is_dir() {
        return None;
    }
    let project = Project::lib("pub fn f() {}\n");
    let mut command = support::command(project.path());
    command
        .args(["-j", jobs, "--in-diff", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("the binary runs");
    let tasks = format!("/proc/{}/task", child.id());
    let count = || std::fs::read_dir(&tasks).map(Iterator::count).unwrap_or_default();
    let mut seen = 0;
    for _ in 0..600 {
        seen = count();
        if seen == expected {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    drop(child.stdin.take());
    child.wait().expect("it ends");
    Some(seen)
}

#[test]
fn the_number_of_threads_can_be_chosen() {
    for jobs in ["1", "7"] {
        // That of the process itself waits for the others.
        let expected = jobs.parse::<usize>().expect("a number") + 1;
        assert!(threads(jobs, expected).is_none_or(|seen| seen == expected), "-j {jobs}");
    }
    Project::lib("").run(&["-j", "0"]).fails(2, "0 is not in 1..");
}

#[test]
fn what_does_nothing_yet_is_accepted_and_says_so() {
    let project = Project::lib(DELETE);
    let plain = project.run(&["--message-format", "short"]);
    for args in [&["--no-cache"][..], &["--cache-dir", "cache"], &["--no-prefilter"]] {
        let run = project.run(&[args, &["--message-format", "short"]].concat());
        assert_eq!((run.code, run.stdout), (plain.code, plain.stdout.clone()), "{args:?}");
    }
    assert!(!project.join("cache").exists());
    let help = project.run(&["check", "--help"]).stdout;
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for says in
        ["--no-cache Does nothing: ", "--cache-dir <DIR> Does nothing: ", "--no-prefilter Does nothing: "]
    {
        assert!(words.contains(says), "no {says:?} in {help}");
    }
}
