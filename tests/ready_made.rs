//! The ready-made files for CI, hooks and editors: the commands in them are those of this binary.

mod support;

use std::path::Path;

use support::{Project, Run};

const FILES: [&str; 6] = [
    "action.yml",
    ".pre-commit-hooks.yaml",
    "ci/gitlab.yml",
    "src/init/templates/workflow.yml",
    "src/init/templates/gitlab-ci.yml",
    "src/init/templates/settings.json",
];

fn text(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a ready-made file")
}

/// The arguments of every call of the command in a text. What shells put in is put in here.
fn commands(text: &str) -> Vec<Vec<String>> {
    let shell = text.lines().filter(|line| !line.trim_start().starts_with('#')).filter_map(shell_words);
    shell.chain(hooks(text)).chain(editor(text)).collect()
}

fn shell_words(line: &str) -> Option<Vec<String>> {
    let (_, args) = line
        .trim()
        .strip_prefix("- ")
        .unwrap_or(line.trim())
        .split_once("cargo safe-map-lint ")
        .filter(|(before, _)| before.is_empty())?;
    Some(args.split_whitespace().filter(|word| !word.starts_with('$')).map(filled).collect())
}

fn filled(word: &str) -> String {
    word.replace("$SARIF", "out.sarif").replace("$CI_PROJECT_DIR/", "").replace('"', "")
}

fn hooks(text: &str) -> Vec<Vec<String>> {
    let entries = text.lines().filter_map(|line| line.trim().strip_prefix("entry: cargo"));
    let args = text.lines().filter_map(|line| line.trim().strip_prefix("args: ["));
    let words = |(entry, args): (&str, &str)| {
        let entry = entry[1..]
            .strip_prefix("safe-map-lint")
            .expect("the command")
            .split_whitespace()
            .map(str::to_owned);
        let args = args.trim_end_matches(']').split(", ").map(str::to_owned);
        entry.chain(args).collect()
    };
    entries.zip(args).map(words).collect()
}

fn editor(text: &str) -> Option<Vec<String>> {
    let settings: serde_json::Value = serde_json::from_str(&format!("{{{text}}}")).ok()?;
    let words = settings["rust-analyzer.check.overrideCommand"].as_array().expect("a command").iter();
    Some(words.skip(2).map(|word| word.as_str().expect("a word").to_owned()).collect())
}

/// One finding that rustc has nothing to say about.
const DOUBLE: &str = "use std::sync::Mutex;\n\npub fn twice(m: &Mutex<u32>) {\n    let a = m.lock();\n    let b = m.lock();\n    drop((a, b));\n}\n";

/// Runs a command in a repository with one finding, which has changed.
fn run(args: &[String]) -> Run {
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    let project = Project::empty().file("Cargo.toml", manifest).file("src/lib.rs", "").commit();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    project.file("src/lib.rs", DOUBLE).run(&args)
}

#[test]
fn the_commands_in_them_run_and_find() {
    let all: Vec<Vec<String>> = FILES.iter().flat_map(|path| commands(&text(path))).collect();
    assert_eq!(all.len(), 6, "{all:?}");
    for args in all {
        let run = run(&args);
        assert_eq!(run.code, 1, "{args:?}: {run:?}");
    }
}

/// A colon or a comment inside of a plain scalar ends it: the mistake that nobody sees.
#[test]
fn values_with_colons_are_quoted() {
    for path in FILES.iter().filter(|path| !path.ends_with(".json")) {
        let text = text(path);
        let plain = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .filter_map(|line| line.split_once(": "));
        for (_, value) in plain.filter(|(_, value)| !value.starts_with(['"', '[', '|'])) {
            assert!(
                !value.contains(": ")
                    && !value.contains(" #")
                    && !value.starts_with(['`', '@', '%', '*', '&', '!']),
                "{path}: {value}"
            );
        }
    }
}

#[test]
fn the_hooks_that_are_configured_exist() {
    let hooks = text(".pre-commit-hooks.yaml");
    let ids: Vec<&str> = hooks.lines().filter_map(|line| line.strip_prefix("- id: ")).collect();
    let used = text("src/init/templates/pre-commit.yaml");
    let used: Vec<&str> = used.lines().filter_map(|line| line.trim().strip_prefix("- id: ")).collect();
    assert!(!used.is_empty() && used.iter().all(|id| ids.contains(id)), "{used:?} of {ids:?}");
}

#[test]
fn the_inputs_that_the_workflow_sets_exist() {
    let workflow = text("src/init/templates/workflow.yml");
    let (_, with) = workflow.split_once("        with:\n").expect("inputs");
    let action = text("action.yml");
    for input in with.lines().filter_map(|line| line.trim().split_once(':')).map(|(name, _)| name) {
        assert!(action.contains(&format!("\n  {input}:\n")), "no input {input}");
    }
}

#[test]
fn versions_are_that_of_the_package() {
    let version = env!("CARGO_PKG_VERSION");
    assert!(text("ci/gitlab.yml").contains(&format!("SAFE_MAP_LINT_VERSION: \"{version}\"")));
    assert!(text("ci/gitlab.yml").contains(&format!("/v{version}/ci/gitlab.yml")));
}

#[test]
fn the_archives_of_a_release_are_named_by_what_binstall_knows() {
    let manifest: toml::Table = text("Cargo.toml").parse().expect("a manifest");
    let binstall = &manifest["package"]["metadata"]["binstall"];
    for key in ["pkg-url", "bin-dir"] {
        let value = binstall[key].as_str().expect("a text");
        let names: Vec<&str> = value.split("{ ").skip(1).filter_map(|it| it.split(" }").next()).collect();
        let known = ["repo", "version", "name", "target", "archive-suffix", "bin", "binary-ext"];
        assert!(!names.is_empty() && names.iter().all(|name| known.contains(name)), "{names:?}");
    }
}
