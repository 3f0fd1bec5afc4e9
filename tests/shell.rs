//! Completions and manual pages.

mod support;

use support::Project;

#[test]
fn completions_for_every_shell_know_flags_and_subcommands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = Project::empty().run(&["completions", shell]);
        run.succeeds();
        for word in ["cargo-safe-map-lint", "baseline", "since", "statistics"] {
            assert!(run.stdout.contains(word), "no {word} for {shell}");
        }
    }
    Project::empty().run(&["completions", "dos"]).fails(2, "bash");
}

/// What bash offers for the last of these words, with the completions read behind `before`.
fn offered(before: &str, words: &str) -> Vec<String> {
    let project = Project::empty();
    let script = project.run(&["completions", "bash"]).stdout;
    let project = project.file("complete.bash", &script);
    let test = format!(
        "{before}; source complete.bash; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
         complete=$(complete -p \"${{COMP_WORDS[0]}}\"); complete=${{complete#*-F }}; \
         \"${{complete%% *}}\" \"${{COMP_WORDS[0]}}\" \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"; \
         echo \"${{COMPREPLY[@]}}\""
    );
    let output = std::process::Command::new("bash").args(["-c", &test]).current_dir(project.path()).output();
    let run = support::answer(output.expect("bash runs"));
    assert_eq!(run.stderr, "");
    run.stdout.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn bash_completes_the_command_by_both_of_its_names() {
    for name in ["cargo-safe-map-lint", "cargo safe-map-lint", "cargo +nightly safe-map-lint"] {
        assert_eq!(offered(":", &format!("{name} base")), ["baseline"], "{name}");
        assert_eq!(offered(":", &format!("{name} baseline pr")), ["prune"], "{name}");
        assert_eq!(offered(":", &format!("{name} --color al")), ["always"], "{name}");
        assert!(offered(":", &format!("{name} --show")).contains(&"--show-suppressed".to_owned()), "{name}");
    }
}

#[test]
fn the_other_commands_of_cargo_are_completed_as_before() {
    let cargos = "_theirs() { COMPREPLY=(theirs \"$2\"); }; complete -F _theirs cargo";
    assert_eq!(offered(cargos, "cargo bu"), ["theirs", "bu"]);
    assert_eq!(offered(cargos, "cargo safe-map-lint base"), ["baseline"]);
    let twice = format!("{cargos}; source complete.bash");
    assert_eq!(offered(&twice, "cargo bu"), ["theirs", "bu"]);
}

#[test]
fn manual_pages_are_roff_and_speak_of_their_subcommand() {
    let page = |args: &[&str]| {
        let run = Project::empty().run(&[&["man"], args].concat());
        run.succeeds();
        assert!(run.stdout.contains(".TH "), "{run:?}");
        run.stdout
    };
    let whole = page(&[]);
    assert!(whole.contains("\\-\\-message\\-format") && whole.contains("baseline"), "{whole}");
    assert!(page(&["explain"]).contains("LINT|METHOD"));
    Project::empty().run(&["man", "exlpain"]).fails(2, "did you mean `explain`?");
}

#[test]
fn a_report_that_is_no_terminals_has_no_bar() {
    let run = Project::lib("pub fn f() {}\n").run(&[]);
    assert!(!run.stderr.contains('\r') && !run.stderr.contains('\u{1b}'), "{run:?}");
}
