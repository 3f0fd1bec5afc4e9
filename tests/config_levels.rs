//! Levels and exclusions in a configuration, and their place between the defaults and the command line.

mod support;

use support::{DELETE, Project, STATIC_MUT, UNDERSCORE, manifest, of_reason};

fn configured(text: &str, config: &str) -> Project {
    Project::lib(text).file("safe-map-lint.toml", config)
}

/// The levels of the findings with these flags, in the order of the report.
fn levels(project: &Project, args: &[&str]) -> Vec<String> {
    let found = of_reason(&project.json(args), "finding");
    found.iter().map(|it| it["level"].as_str().expect("a level").to_owned()).collect()
}

/// A member of a workspace at each of these paths, with one finding of `static_mut_map` each.
fn workspace(members: &[&str]) -> Project {
    let list = members.iter().map(|it| format!("\"{it}\"")).collect::<Vec<_>>().join(", ");
    let root = format!("[workspace]\nmembers = [{list}]\nresolver = \"3\"\n");
    members.iter().fold(Project::empty().file("Cargo.toml", &root), |project, path| {
        let name = path.rsplit('/').next().expect("a name");
        project
            .file(&format!("{path}/Cargo.toml"), &manifest(name))
            .file(&format!("{path}/src/lib.rs"), STATIC_MUT)
    })
}

#[test]
fn a_configured_level_stands_between_the_default_and_the_flags() {
    let project = configured(STATIC_MUT, "[lints]\nstatic_mut_map = \"warn\"\n");
    assert_eq!(levels(&project, &[]), ["warn"]);
    assert_eq!(levels(&project, &["-D", "static_mut_map"]), ["deny"]);
    assert_eq!(levels(&project, &["-D", "sharing"]), ["deny"]);
    assert_eq!(levels(&project, &["-W", "sharing"]), ["warn"]);
    assert_eq!(levels(&project, &["-D", "warnings"]), ["deny"]);
    assert!(levels(&project, &["-A", "all"]).is_empty());
    let off = configured(STATIC_MUT, "[lints]\nsharing = \"allow\"\n");
    assert!(levels(&off, &[]).is_empty());
    assert_eq!(levels(&off, &["-W", "sharing"]), ["warn"], "what the file switched off is raised");
    assert_eq!(levels(&off, &["--only", "static_mut_map"]), ["warn"]);
}

#[test]
fn a_lint_beats_a_group_and_warnings_come_last() {
    let text = format!("{UNDERSCORE}{STATIC_MUT}");
    let config = "[lints]\nlet_underscore_guard = \"deny\"\nall = \"warn\"\n";
    assert_eq!(levels(&configured(&text, config), &[]), ["deny", "warn"]);
    let warnings = format!("{config}warnings = \"deny\"\n");
    assert_eq!(levels(&configured(&text, &warnings), &[]), ["deny", "deny"]);
    assert_eq!(levels(&configured(&text, &warnings), &["-W", "warnings"]), ["deny", "warn"]);
}

#[test]
fn a_group_in_a_file_switches_nothing_on_that_is_in_preview() {
    let leak = "use std::sync::Mutex;\n\npub fn hold(m: &Mutex<u32>) {\n    std::mem::forget(m.lock());\n}\n";
    assert!(configured(leak, "[lints]\nall = \"deny\"\nscope = \"deny\"\n").lints(&[]).is_empty());
    let preview = configured(leak, "[lints]\npreview = \"warn\"\nscope = \"deny\"\n");
    assert_eq!(
        (preview.lints(&[]), levels(&preview, &[])),
        (vec!["guard_leak".to_owned()], vec!["warn".to_owned()])
    );
    assert_eq!(levels(&preview, &["-D", "scope"]), ["deny"]);
    assert!(preview.lints(&["-A", "preview"]).is_empty());
}

#[test]
fn what_is_forbidden_stays_forbidden() {
    let silenced =
        STATIC_MUT.replace("static mut", "// safe-map-lint: allow(static_mut_map) -- no\nstatic mut");
    let by_file = configured(&silenced, "[lints]\nstatic_mut_map = \"forbid\"\n");
    assert_eq!(by_file.lints(&["-A", "all"]), ["static_mut_map"]);
    let by_flag =
        configured(&silenced, "[lints]\nstatic_mut_map = \"allow\"\n[paths.src.lints]\nall = \"allow\"\n");
    assert!(by_flag.lints(&["-A", "suppressions"]).is_empty());
    assert!(by_flag.lints(&["--forbid", "static_mut_map"]).contains(&"static_mut_map".to_owned()));
    assert_eq!(
        levels(&by_file, &["--cap-lints", "warn", "-A", "all"]),
        ["warn"],
        "the cap bounds it all the same"
    );
}

#[test]
fn a_longer_path_beats_a_shorter_whatever_their_order() {
    let project = workspace(&["crates/a", "crates/b", "crates/old/c"]).file(
        "safe-map-lint.toml",
        "[paths.\"crates/old/c\".lints]\nstatic_mut_map = \"warn\"\n\
         [paths.crates.lints]\nsharing = \"warn\"\n[paths.\"crates/old\".lints]\nall = \"allow\"\n\
         [paths.\"crates/b/**/*.rs\".lints]\nall = \"deny\"\n",
    );
    let found = of_reason(&project.json(&[]), "finding");
    let seen: Vec<_> = found.iter().map(|it| format!("{} {}", it["package"], it["level"])).collect();
    assert_eq!(seen, ["\"a\" \"warn\"", "\"b\" \"deny\"", "\"c\" \"warn\""]);
    assert_eq!(levels(&project, &["-D", "static_mut_map"]), ["deny", "deny", "deny"]);
}

#[test]
fn nothing_is_reported_in_what_is_excluded() {
    let project = workspace(&["a", "gen/b"])
        .file("safe-map-lint.toml", "exclude = [\"gen\", \"**/broken.rs\"]\n")
        .file("a/src/main.rs", "mod broken;\nfn main() { a::start(); }\n")
        .file("a/src/broken.rs", "fn f( {\n");
    let lines = project.json(&[]);
    let found = of_reason(&lines, "finding");
    assert_eq!(found.iter().map(|it| &it["package"]).collect::<Vec<_>>(), ["a"]);
    assert!(support::incomplete(&lines).is_empty(), "{lines:?}");
    assert_eq!(project.run(&["--list-files"]).stdout, "a/src/lib.rs\na/src/main.rs\n");
    assert_eq!(project.lints(&["gen/b"]), ["static_mut_map"], "what is named is reported");
    assert_eq!(project.lints(&["gen/b/src/lib.rs"]), ["static_mut_map"]);
    assert!(project.lints(&["."]).len() == 1);
}

#[test]
fn excluded_files_still_say_what_types_are() {
    let text = "mod types;\n\npub fn warm(s: &types::Shared) {\n    let _ = s.lock.lock();\n    println!(\"warm\");\n}\n";
    let project = configured(text, "exclude = [\"src/types.rs\"]\n")
        .file("src/types.rs", "pub struct Shared {\n    pub lock: std::sync::Mutex<u32>,\n}\n");
    assert_eq!(project.lints(&[]), ["let_underscore_guard"]);
}

#[test]
fn a_path_that_is_not_there_is_said() {
    let project = configured(UNDERSCORE, "exclude = [\"src/gone.rs\", \"**/gone\"]\n");
    let run = project.run(&[]);
    assert!(run.stderr.contains("note: safe-map-lint.toml:1: `src/gone.rs` is not there"), "{run:?}");
    assert!(!run.stderr.contains("**/gone"), "{run:?}");
}

#[test]
fn a_configuration_may_stand_in_the_manifest() {
    let manifest = |table: &str| {
        format!("{}\n[{table}.metadata.safe-map-lint.lints]\nstatic_mut_map = \"warn\"\n", manifest("app"))
    };
    let project = Project::lib(STATIC_MUT).file("Cargo.toml", &manifest("package"));
    assert_eq!(levels(&project, &[]), ["warn"]);
    let project =
        Project::lib(STATIC_MUT).file("Cargo.toml", &format!("{}[workspace]\n", manifest("workspace")));
    assert_eq!(levels(&project, &[]), ["warn"]);
    let wrong = manifest("package").replace("static_mut_map", "static_mut_mpa");
    let run = Project::lib(STATIC_MUT).file("Cargo.toml", &wrong).run(&[]);
    run.fails(2, "Cargo.toml:10:1: unknown lint or group `static_mut_mpa`");
    run.fails(2, "did you mean `static_mut_map`?");
    let no_table = support::manifest("app") + "\n[package.metadata]\nsafe-map-lint = 3\n";
    let run = Project::lib(STATIC_MUT).file("Cargo.toml", &no_table).run(&[]);
    run.fails(2, "Cargo.toml:10:17: invalid type: integer `3`, expected a table");
    let own = manifest("package").replace(
        ".lints]\nstatic_mut_map = \"warn\"",
        "]\n[[package.metadata.safe-map-lint.function]]\npaths = [\"f\"]",
    );
    Project::lib(STATIC_MUT)
        .file("Cargo.toml", &own)
        .run(&[])
        .fails(2, "Cargo.toml:11:10: `f` is no full path");
}

#[test]
fn two_configurations_of_one_directory_are_one_too_many() {
    let manifest = format!("{}\n[package.metadata.safe-map-lint]\n", manifest("app"));
    let project = configured(STATIC_MUT, "").file("Cargo.toml", &manifest);
    let run = project.run(&[]);
    run.fails(
        2,
        "configured twice: in `safe-map-lint.toml` and in `[package.metadata.safe-map-lint]` of `Cargo.toml`",
    );
    assert_eq!(run.stdout, "");
}

#[test]
fn a_member_speaks_of_itself() {
    let members = workspace(&["a", "b"]);
    let own =
        format!("{}\n[package.metadata.safe-map-lint.lints]\nstatic_mut_map = \"warn\"\n", manifest("b"));
    let project =
        members.file("b/Cargo.toml", &own).file("safe-map-lint.toml", "[lints]\nsharing = \"deny\"\n");
    assert_eq!(levels(&project, &[]), ["deny", "warn"]);
    let aside = format!("{}\n[package.metadata.safe-map-lint]\nexclude = [\"src\"]\n", manifest("a"));
    let project = project.file("a/Cargo.toml", &aside);
    let found = of_reason(&project.json(&[]), "finding");
    assert_eq!(found.iter().map(|it| &it["package"]).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn each_of_several_workspaces_has_its_own() {
    let project = Project::empty()
        .file("one/Cargo.toml", &manifest("one"))
        .file("one/src/lib.rs", STATIC_MUT)
        .file("one/safe-map-lint.toml", "[lints]\nall = \"allow\"\n")
        .file("two/Cargo.toml", &manifest("two"))
        .file("two/src/lib.rs", STATIC_MUT);
    for args in [["."].as_slice(), &["one/src/lib.rs", "two/src/lib.rs"]] {
        let found = of_reason(&project.json(args), "finding");
        assert_eq!(found.iter().map(|it| &it["package"]).collect::<Vec<_>>(), ["two"]);
    }
}

#[test]
fn a_named_configuration_replaces_the_own_one() {
    let project = configured(STATIC_MUT, "[lints]\nstatic_mut_map = \"warn\"\n")
        .file("ci/strict.toml", "exclude = [\"src/gone.rs\"]\n[lints]\nall = \"deny\"\n");
    assert_eq!(levels(&project, &["--config", "ci/strict.toml"]), ["deny"]);
    let run = project.run(&["--config", "ci/strict.toml"]);
    assert!(run.stderr.contains("ci/strict.toml:1: `src/gone.rs` is not there"), "{run:?}");
    project.run(&["--config", "ci/none.toml"]).fails(2, "`ci/none.toml`: no such file");
}

#[test]
fn a_version_that_is_required_is_asked_before_anything_else() {
    let run = |config: &str| configured(UNDERSCORE, config).run(&["--exit-zero"]);
    run("required-version = \">=0.1\"\n").succeeds();
    let young = run("key-of-tomorrow = 1\nrequired-version = \">=99\"\n");
    young.fails(2, "safe-map-lint.toml:2:20: `>=99` is required, and this is version 0.1.0");
    assert_eq!(young.stdout, "");
    run("required-version = \"new\"\n")
        .fails(2, "safe-map-lint.toml:1:20: `new` is no requirement of a version");
    run("required-version = 1\n").fails(2, "safe-map-lint.toml:1:20: ");
}

#[test]
fn mistakes_in_levels_and_paths_name_their_place_and_nothing_counts() {
    let rejected = |config: &str, place: &str| {
        let run = configured(STATIC_MUT, config).run(&[]);
        assert_eq!(run.stdout, "");
        run.fails(2, place);
        run
    };
    rejected(
        "[lints]\nsharing = \"warn\"\nduble_lock = \"deny\"\n",
        "safe-map-lint.toml:3:1: unknown lint or group `duble_lock`",
    )
    .fails(2, "did you mean `double_lock`?");
    rejected("[lints]\ndouble_lock = \"dney\"\n", "safe-map-lint.toml:2:15: unknown value `dney`")
        .fails(2, "did you mean `deny`?");
    rejected("[lints]\ndouble_lock = 3\n", "safe-map-lint.toml:2:15: expected a string");
    rejected("[lints]\ndouble_lock = { level = \"deny\" }\n", "safe-map-lint.toml:2:");
    rejected("exclude = \"gen\"\n", "safe-map-lint.toml:1:11: invalid type: string \"gen\", expected a list");
    rejected("exclude = [\"../a\"]\n", "safe-map-lint.toml:1:12: `../a` leads out of the directory");
    rejected("exclude = [\"a[\"]\n", "safe-map-lint.toml:1:12: `a[` is no glob");
    rejected("[paths.a]\nlint = 1\n", "safe-map-lint.toml:2:1: unknown key `lint`")
        .fails(2, "did you mean `lints`?");
    rejected("[paths.a.lints]\nx = \"deny\"\n", "safe-map-lint.toml:2:1: unknown lint or group `x`");
    rejected("exlude = []\n", "safe-map-lint.toml:1:1: unknown key `exlude`")
        .fails(2, "did you mean `exclude`?");
}

#[test]
fn findings_in_other_files_keep_their_own_levels() {
    let project = configured(
        &format!("mod calm;\n{DELETE}"),
        "[paths.\"src/calm.rs\".lints]\ndelete_during_iteration = \"allow\"\n",
    )
    .file("src/calm.rs", DELETE);
    let found = of_reason(&project.json(&[]), "finding");
    assert_eq!(found.iter().map(|it| &it["file"]).collect::<Vec<_>>(), ["src/lib.rs"]);
}
