//! The commands of the README and of the book: each is one that the command knows, and those of `console` blocks really run.

use std::path::Path;
use std::process::Command as Process;

use crate::book::{page, root, written_pages};
use crate::fences::{Command, Kind, commands};
use crate::flags::{help, subcommands};
use crate::support::{Project, Run, answer, command};

const NAME: &str = "cargo safe-map-lint";

/// Every page that people write, with its name for messages.
fn texts() -> Vec<(String, String)> {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let book = written_pages().into_iter().map(|it| (format!("docs/{it}"), page(&it)));
    std::iter::once(("README.md".to_owned(), readme)).chain(book).collect()
}

/// The words of each call of the command in a line of shell, as far as it goes before the next pipe or redirection.
fn calls(line: &str) -> Vec<Vec<String>> {
    let starts = line.match_indices(NAME).map(|(at, _)| &line[at + NAME.len()..]);
    starts.filter(|rest| rest.is_empty() || rest.starts_with([' ', '"', '\''])).map(words).collect()
}

fn words(rest: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in rest.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => word.push(c),
            (None, '"' | '\'') => quote = Some(c),
            (None, '|' | '>' | '<' | ';' | '&' | '#' | ')' | '`') => break,
            (None, ' ') => words.push(std::mem::take(&mut word)),
            (None, _) => word.push(c),
        }
    }
    words.push(word);
    words.into_iter().filter(|it| !it.is_empty()).collect()
}

/// Whether clap knows everything in a call: `--help` at its end is reached only then. A first word that is no subcommand would
/// be a path; in a page it is a slip, unless it looks like a path or says that it stands for one.
fn parses(words: &[String]) -> Run {
    let first = words.first().filter(|it| it.chars().all(|c| c.is_ascii_lowercase()));
    if let Some(first) = first.filter(|it| !subcommands(&help(&[])).contains(it)) {
        let stderr = format!("no subcommand `{first}`");
        return Run { code: 2, stdout: String::new(), stderr };
    }
    let mut command = command(root());
    command.env("CARGO", env!("CARGO")).arg("safe-map-lint").args(words).arg("--help");
    answer(command.output().expect("the binary runs"))
}

#[test]
fn every_command_is_one_that_the_command_knows() {
    let mut wrong = Vec::new();
    for (name, text) in texts() {
        for Command { line, text, .. } in commands(&text) {
            for call in calls(&text) {
                let run = parses(&call);
                if run.code != 0 {
                    wrong.push(format!("{name}:{line}: {text}\n{}", run.stderr));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_flag_that_is_not_there_is_seen() {
    for wrong in ["--no-such-flag", "explian double_lock", "--message-format pdf"] {
        assert_ne!(parses(&words(wrong)).code, 0, "{wrong}");
    }
    assert_eq!(parses(&words(" -D warnings explain")).code, 0);
}

#[test]
fn calls_end_at_a_pipe_and_keep_what_is_quoted() {
    let line = "git diff | cargo safe-map-lint --in-diff - -p 'a b' > out && cargo safe-map-lint -q";
    assert_eq!(calls(line), [vec!["--in-diff", "-", "-p", "a b"], vec!["-q"]]);
}

/// Runs the lines of `console` blocks, page by page, each page in its own copy of the fixture under git.
#[cfg(unix)]
#[test]
fn the_commands_of_console_blocks_run() {
    for (name, text) in texts() {
        let shown: Vec<Command> = commands(&text).into_iter().filter(|it| it.kind == Kind::Console).collect();
        if shown.is_empty() {
            continue;
        }
        let shop = sandbox::Sandbox::new();
        for Command { line, text, .. } in shown.iter().filter(|it| sandbox::is_run(&it.text)) {
            let run = shop.shell(text);
            assert!(matches!(run.code, 0 | 1), "{name}:{line}: {text}\n{run:?}");
        }
    }
}

/// Where the commands of a page run.
#[cfg(unix)]
mod sandbox {
    use super::{NAME, Path, Process, Project, Run, answer, root};

    /// A copy of the fixture with its hazards, with one commit on the branch `main`.
    pub(super) struct Sandbox {
        project: Project,
    }

    /// Whether a line is run: what it needs beside the command is git, a shell and the checkout.
    pub(super) fn is_run(line: &str) -> bool {
        line.contains(NAME) || line.starts_with("git ") || line.starts_with("cargo run ")
    }

    impl Sandbox {
        pub(super) fn new() -> Sandbox {
            let project = Project::empty().file("bin/cargo", &cargo());
            copy(&root().join("fixtures/order-service"), &project.join("shop"));
            let sandbox = Sandbox { project };
            sandbox.shell("chmod +x ../bin/cargo");
            let commit = "git init -q -b main && git add . && git commit -q -m Start";
            assert_eq!(sandbox.shell(commit).code, 0, "git is needed");
            sandbox
        }

        pub(super) fn shell(&self, line: &str) -> Run {
            let path = std::env::var("PATH").unwrap_or_default();
            let mut process = Process::new("sh");
            process.args(["-c", line]).current_dir(self.project.join("shop"));
            process.env("PATH", format!("{}:{path}", self.project.join("bin").display()));
            process.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
            for who in ["AUTHOR", "COMMITTER"] {
                process
                    .env(format!("GIT_{who}_NAME"), "docs")
                    .env(format!("GIT_{who}_EMAIL"), "docs@localhost");
            }
            answer(process.stdin(std::process::Stdio::null()).output().expect("a shell"))
        }
    }

    /// Stands in for cargo: runs the command under test, in the checkout where it is `cargo run`.
    fn cargo() -> String {
        let (cargo, binary) = (env!("CARGO"), env!("CARGO_BIN_EXE_cargo-safe-map-lint"));
        let root = root().display();
        format!(
            "#!/bin/sh\nif [ \"$1\" = run ]; then\n  while [ \"$1\" != -- ]; do shift; done\n  shift\n  cd '{root}'\n  exec '{binary}' \"$@\"\nfi\n\
             CARGO='{cargo}' exec '{binary}' \"$@\"\n"
        )
    }

    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).expect("a directory");
        for entry in std::fs::read_dir(from).expect("the fixture") {
            let entry = entry.expect("an entry");
            let target = to.join(entry.file_name());
            match entry.file_type().expect("its type").is_dir() {
                true if entry.file_name() == "target" => {}
                true => copy(&entry.path(), &target),
                false => std::fs::copy(entry.path(), target).map(|_| ()).expect("a file"),
            }
        }
    }
}
