//! `init`: what it writes, what it leaves alone, and that a second run changes nothing.

mod support;

use support::{Project, UNDERSCORE, manifest, run_in};

const WORKFLOW: &str = ".github/workflows/safe-map-lint.yml";
const HOOK: &str = ".pre-commit-config.yaml";
const EDITOR: &str = ".vscode/settings.json";

fn text(project: &Project, path: &str) -> String {
    std::fs::read_to_string(project.join(path)).expect("a file")
}

#[test]
fn the_files_are_written_and_said() {
    let project = Project::lib(UNDERSCORE);
    let run = project.run(&["init"]);
    run.succeeds();
    for path in [WORKFLOW, HOOK, EDITOR] {
        assert!(run.stdout.contains(&format!("wrote `{path}`: ")), "{run:?}");
    }
    let version = env!("CARGO_PKG_VERSION");
    assert!(text(&project, WORKFLOW).contains(&format!("uses: safe-map-lint/safe-map-lint@v{version}\n")));
    assert!(text(&project, HOOK).starts_with("repos:\n  - repo: https://"));
    let settings: serde_json::Value = serde_json::from_str(&text(&project, EDITOR)).expect("JSON");
    assert_eq!(settings["rust-analyzer.check.overrideCommand"][1], "safe-map-lint");
}

#[test]
fn a_second_run_changes_nothing() {
    let project = Project::lib(UNDERSCORE);
    project.run(&["init"]).succeeds();
    let before = [WORKFLOW, HOOK, EDITOR].map(|path| text(&project, path));
    let run = project.run(&["init"]);
    run.succeeds();
    assert_eq!(run.stdout.matches("stays as it is\n").count(), 3, "{run:?}");
    assert!(!run.stdout.contains("wrote"), "{run:?}");
    assert_eq!([WORKFLOW, HOOK, EDITOR].map(|path| text(&project, path)), before);
}

#[test]
fn files_that_are_there_stay_and_what_to_add_is_shown() {
    let settings = "{\n  // mine\n  \"editor.rulers\": [110]\n}\n";
    let project = Project::lib(UNDERSCORE).file(EDITOR, settings).file(HOOK, "repos: []\n");
    let run = project.run(&["init"]);
    run.succeeds();
    assert_eq!((text(&project, EDITOR).as_str(), text(&project, HOOK).as_str()), (settings, "repos: []\n"));
    assert!(run.stdout.contains("\"rust-analyzer.check.overrideCommand\": ["), "{run:?}");
    assert!(run.stdout.contains("      - id: safe-map-lint\n"), "{run:?}");
    assert!(run.stdout.contains(&format!("wrote `{WORKFLOW}`")), "{run:?}");
}

#[test]
fn parts_can_be_chosen() {
    let project = Project::lib(UNDERSCORE);
    project.run(&["init", "vscode"]).succeeds();
    assert!(
        project.join(EDITOR).exists() && !project.join(HOOK).exists() && !project.join(WORKFLOW).exists()
    );
    project.run(&["init", "gitlab", "github"]).succeeds();
    assert!(project.join(".gitlab-ci.yml").exists() && project.join(WORKFLOW).exists());
    project.run(&["init", "emacs"]).fails(2, "vscode");
}

#[test]
fn a_repository_on_gitlab_gets_no_workflow() {
    let project = Project::lib(UNDERSCORE).file(".gitlab-ci.yml", "stages: [test]\n");
    let run = project.run(&["init"]);
    run.succeeds();
    assert!(run.stdout.contains("`.gitlab-ci.yml` is there already"), "{run:?}");
    assert!(run.stdout.contains("ci/gitlab.yml"), "{run:?}");
    assert!(!project.join(WORKFLOW).exists());
}

#[test]
fn a_nested_workspace_has_its_job_at_the_repository_and_its_settings_beside_it() {
    let project = Project::empty()
        .file("rust/Cargo.toml", &manifest("app"))
        .file("rust/src/lib.rs", UNDERSCORE)
        .git(&["init", "--quiet"]);
    run_in(&project.join("rust/src"), &["init"]).succeeds();
    assert!(text(&project, WORKFLOW).contains("working-directory: \"rust\"\n"));
    assert!(project.join(HOOK).exists() && project.join("rust").join(EDITOR).exists());
}

#[test]
fn a_repository_without_a_root_manifest_is_set_up_from_its_root() {
    let project = Project::empty()
        .file("one/Cargo.toml", &manifest("one"))
        .file("one/src/lib.rs", UNDERSCORE)
        .file("two/Cargo.toml", &manifest("two"))
        .file("two/src/lib.rs", "pub fn f() {}\n")
        .file("docs/readme", "")
        .git(&["init", "--quiet"]);
    let run = run_in(&project.join("docs"), &["init"]);
    run.succeeds();
    let says = "the command runs in the root of the repository, on the workspaces of `one/Cargo.toml`, `two/Cargo.toml`\n";
    assert!(run.stdout.contains(says), "{run:?}");
    assert!(text(&project, WORKFLOW).contains("working-directory: \".\"\n"));
    assert!(project.join(EDITOR).exists() && !project.join("docs").join(EDITOR).exists());
    // What the job runs there.
    let job = project.run(&["check", "--message-format", "github"]);
    assert!(job.code == 1 && job.stdout.starts_with("::error file=one/src/lib.rs,line=4,"), "{job:?}");
    let nested = run_in(&project.join("one"), &["init"]);
    assert!(nested.stdout.contains("runs in `one`, on the workspace of `one/Cargo.toml`\n"), "{nested:?}");
}

#[test]
fn a_repository_without_rust_is_told_so() {
    let project = Project::empty().file("readme", "").git(&["init", "--quiet"]);
    let run = project.run(&["init"]);
    run.succeeds();
    assert!(run.stdout.contains("there is no `Cargo.toml` below it yet\n"), "{run:?}");
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let project = Project::lib(UNDERSCORE).file(".github", "a file\n");
    project.run(&["init"]).fails(2, "safe-map-lint.yml` cannot be written");
}
