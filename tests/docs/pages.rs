//! The pages of the lints: what `explain` prints, and a table of all of them.

use std::fmt::Write as _;

use safe_map_lints::{Group, LINTS, Lint};

use crate::book::{is_current, pages};
use crate::support::{Project, Run};

/// The page of a lint: its name, its group, level and fix, and its own text.
fn rendered(lint: &Lint) -> String {
    format!("# {}\n\n*{}*\n\n{}\n", lint.name, standing(lint), lint.docs().trim())
}

/// What `explain` says in brackets.
fn standing(lint: &Lint) -> String {
    let (group, level) = (lint.group.as_str(), lint.default_level().as_str());
    let stage = if lint.is_preview() { ", in preview: `-W preview` turns it on" } else { "" };
    let fix = if lint.has_fix { ", offers a fix" } else { "" };
    format!("{group}, {level} by default{stage}{fix}")
}

/// The table of all lints, a part for each group.
fn table() -> String {
    let mut text = String::from(
        "# The lints\n\nLevels are the defaults. A lint in preview is off until it was measured to be right nine times in ten on \
         code that it was not made with: `-W preview` turns these lints on, `-W advice` those that are advice, `-W all` every one. \
         `cargo safe-map-lint explain LINT` prints the same pages.\n",
    );
    for group in Group::ALL {
        let name = group.as_str();
        writeln!(text, "\n## {name}\n\n| lint | level | fix | |\n|---|---|---|---|").expect("a string");
        for lint in LINTS.iter().filter(|it| it.group == group) {
            text += &row(lint);
        }
    }
    text
}

fn row(lint: &Lint) -> String {
    let stage = if lint.is_preview() { " (preview)" } else { "" };
    let fix = if lint.has_fix { "yes" } else { "" };
    let (name, level, summary) = (lint.name, lint.default_level().as_str(), lint.summary());
    format!("| [`{name}`]({name}.md) | {level}{stage} | {fix} | {summary} |\n")
}

fn explained(name: &str) -> Run {
    let run = Project::empty().run(&["explain", name]);
    run.succeeds();
    run
}

#[test]
fn every_lint_has_its_current_page() {
    for lint in LINTS {
        is_current(&format!("lints/{}.md", lint.name), &rendered(lint));
    }
    is_current("lints/README.md", &table());
}

#[test]
fn no_page_is_left_of_a_lint_that_is_gone() {
    let known: Vec<String> = LINTS.iter().map(|it| format!("lints/{}.md", it.name)).collect();
    let found: Vec<String> = pages().into_iter().filter(|it| it.starts_with("lints/")).collect();
    let unknown: Vec<&String> =
        found.iter().filter(|it| !known.contains(it) && *it != "lints/README.md").collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn explain_prints_the_text_of_the_page() {
    for lint in LINTS {
        let text = explained(lint.name).stdout;
        assert!(text.starts_with(&format!("{} ({})\n", lint.name, standing(lint))), "{text}");
        let page = rendered(lint);
        let body = page.split_once("*\n\n").expect("the line of the standing").1;
        assert!(text.contains(body), "explain {} prints another text than its page", lint.name);
    }
}

#[test]
fn every_page_names_where_its_hazard_comes_from_and_what_rules_it_out() {
    for lint in LINTS {
        let docs = lint.docs();
        let (why, rest) = docs.split_once("## Fires").expect("the section Fires");
        assert!(why.contains("comes from"), "{}: Why does not say where it comes from", lint.name);
        let fix = rest.split_once("## Fix").and_then(|(_, it)| it.split_once("## Limits"));
        let (fix, _) = fix.expect("the sections Fix and Limits");
        // What silences findings is not about maps.
        let names_the_map = lint.group == Group::Suppressions || fix.contains("safe_map::");
        assert!(names_the_map, "{}: Fix names no call of `safe-map`", lint.name);
    }
}
