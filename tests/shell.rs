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

#[test]
fn bash_takes_the_completions() {
    let project = Project::empty();
    let script = project.run(&["completions", "bash"]).stdout;
    let project = project.file("complete.bash", &script);
    let test = "source complete.bash; complete=$(complete -p cargo-safe-map-lint); complete=${complete#*-F }; \
        COMP_WORDS=(cargo-safe-map-lint base); COMP_CWORD=1; ${complete%% *} cargo-safe-map-lint base cargo-safe-map-lint; echo \"${COMPREPLY[@]}\"";
    let output = std::process::Command::new("bash").args(["-c", test]).current_dir(project.path()).output();
    let run = support::answer(output.expect("bash runs"));
    assert_eq!(run.stdout.trim(), "baseline", "{run:?}");
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
