//! The caret helper: a snippet whose comment lines underline what is found in the line above them.
//!
//! `//  ^^^^ lint_name` under a line expects a finding with this primary span; `//  ---- acquire: text` expects a label
//! of the finding before it, with this role and a message that contains the text. A snippet without carets is silent.

use std::sync::{Arc, LazyLock};

use safe_map_analysis::facts::Edition;
use safe_map_analysis::knowledge::Knowledge;
use safe_map_analysis::source::Workspace;
use safe_map_analysis::span::{LineIndex, Span};
use safe_map_analysis::{Analysis, Settings};

use crate::{Finding, Lint, Role, run};

static KNOWLEDGE: LazyLock<Arc<Knowledge>> = LazyLock::new(|| Arc::new(Knowledge::builtin()));

/// What one lint finds in a snippet of edition 2021, in the order of the file.
pub(crate) fn found(lint: &'static Lint, text: &str) -> Vec<Finding> {
    let workspace = Workspace::of_text("src/lib.rs", text, Edition::E2021);
    let analysis = Analysis::new(workspace, KNOWLEDGE.clone(), Settings::default());
    let outcome = run(&analysis, &|it| it.name == lint.name);
    assert!(outcome.panics.is_empty(), "{:?}", outcome.panics);
    outcome.findings
}

/// Checks a snippet against its carets.
#[track_caller]
pub(crate) fn check(lint: &'static Lint, text: &str) {
    let found = found(lint, text);
    let lines = LineIndex::new(text);
    let mark = |span: Span| {
        let (start, end) = (lines.line_column(text, span.start), lines.line_column(text, span.end));
        // A span of several lines is underlined to the end of its first.
        let width = if start.line == end.line { end.column - start.column } else { 0 };
        (start.line, start.column, width)
    };
    let (primaries, labels) = expectations(text);
    let have: Vec<_> = found.iter().map(|it| (mark(it.primary.span), it.lint.to_string())).collect();
    assert_eq!(have, primaries, "{found:#?}");
    for (at, role, part) in labels {
        let fits = |it: &crate::Label| {
            mark(it.place.span) == at && role_name(it.role) == role && it.message.contains(&part)
        };
        assert!(
            found.iter().any(|it| it.labels.iter().any(fits)),
            "no {role} label {part:?} at {at:?}: {found:#?}"
        );
    }
}

/// The snippet with the first fix of its first finding applied.
pub(crate) fn fixed(lint: &'static Lint, text: &str) -> Option<String> {
    let found = found(lint, text);
    let mut edits = found.first()?.fixes.first()?.edits.clone();
    edits.sort();
    let mut fixed = text.to_string();
    for edit in edits.iter().rev() {
        fixed.replace_range(edit.place.span.start as usize..edit.place.span.end as usize, &edit.replacement);
    }
    Some(fixed)
}

/// Line, column and width, all 1-based; a width of 0 for spans of several lines.
type Mark = (u32, u32, u32);

/// A finding's place and lint.
type Primary = (Mark, String);

/// A label's place, role and part of its message.
type Expected = (Mark, String, String);

fn expectations(text: &str) -> (Vec<Primary>, Vec<Expected>) {
    let (mut primaries, mut labels) = (Vec::new(), Vec::new());
    let mut code = 0;
    for (number, line) in (1u32..).zip(text.lines()) {
        let Some((mark, words)) = underline(line) else {
            code = number;
            continue;
        };
        let (column, width, sign) = mark;
        let at = (code, column, width);
        match sign {
            '^' => primaries.push((at, words.to_string())),
            _ => {
                let (role, part) = words.split_once(": ").unwrap_or((words, ""));
                labels.push((at, role.to_string(), part.to_string()));
            }
        }
    }
    (primaries, labels)
}

/// Column, width and sign of an underline, and the words behind it; `^..` and `-..` have no width.
fn underline(line: &str) -> Option<((u32, u32, char), &str)> {
    let body = line.trim_start().strip_prefix("//")?;
    let marks = body.trim_start();
    let sign = marks.chars().next().filter(|it| matches!(it, '^' | '-'))?;
    let column = line.chars().count() - marks.chars().count() + 1;
    let width = marks.chars().take_while(|it| *it == sign).count();
    let rest = &marks[width..];
    let (rest, width) = rest.strip_prefix("..").map_or((rest, width), |it| (it, 0));
    Some(((column as u32, width as u32, sign), rest.trim()))
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Acquire => "acquire",
        Role::Hazard => "hazard",
        Role::Declaration => "declaration",
        Role::Release => "release",
        Role::Via => "via",
        Role::OtherSide => "other_side",
    }
}
