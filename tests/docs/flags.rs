//! The page of the flags is what `--help` prints, and every flag is told of on a page that somebody wrote.

use std::process::Stdio;

use crate::book::{is_current, page, written_pages};
use crate::support::{answer, command};

/// What `--help` prints for a subcommand, in lines of 100 columns.
pub(crate) fn help(path: &[String]) -> String {
    let mut command = command(crate::book::root());
    command.args(path).arg("--help").env("COLUMNS", "100").stdin(Stdio::null());
    let run = answer(command.output().expect("the binary runs"));
    run.succeeds();
    run.stdout
}

/// The names below `Commands:`.
pub(crate) fn subcommands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let own = listed.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    own.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Every subcommand with its help, the command itself first. `check` is what the command does by itself.
fn helps(path: Vec<String>, found: &mut Vec<(String, String)>) {
    let text = help(&path);
    let below = subcommands(&text);
    let name = [&["cargo safe-map-lint".to_owned()], path.as_slice()].concat().join(" ");
    found.push((name, text));
    for name in below.into_iter().filter(|it| it != "check" && it != "help") {
        helps([path.as_slice(), &[name]].concat(), found);
    }
}

fn all() -> Vec<(String, String)> {
    let mut found = Vec::new();
    helps(Vec::new(), &mut found);
    found
}

/// The long flags that a help text describes: those at the start of an entry.
fn long_flags(help: &str) -> Vec<String> {
    let entries = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let flags = entries.filter_map(|line| line.split([' ', ',', '=']).find(|it| it.starts_with("--")));
    flags.map(|it| it.trim_end_matches("...").to_owned()).collect()
}

#[test]
fn the_page_of_the_flags_is_what_the_command_says() {
    let mut text = String::from(
        "# Flags\n\nWhat `--help` prints. [The command](command.md) says what the flags are for. \
         `cargo safe-map-lint check` has the flags of the command itself.\n",
    );
    for (name, help) in all() {
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        text += &format!("\n## `{name}`\n\n```text\n{}\n```\n", lines.join("\n").trim_end());
    }
    is_current("flags.md", &text);
}

#[test]
fn every_long_flag_is_named_in_the_book() {
    let book: String = written_pages().iter().map(|it| page(it)).collect();
    let named = |flag: &str| {
        book.match_indices(flag).any(|(at, _)| {
            !book[at + flag.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-')
        })
    };
    for (name, help) in all() {
        let flags = long_flags(&help);
        assert!(flags.iter().any(|it| it == "--help"), "{name}: its help could not be read");
        for flag in flags {
            assert!(named(&flag), "no page but the generated one names `{flag}` of `{name}`");
        }
    }
}

#[test]
fn flags_are_read_from_the_start_of_their_entries() {
    let help = "Commands:\n  list  As --json\n\nOptions:\n  -A, --allow <LINT>  Not --deny\n      --json\n          Text\n";
    assert_eq!(long_flags(help), ["--allow", "--json"]);
    assert_eq!(subcommands(help), ["list"]);
}
