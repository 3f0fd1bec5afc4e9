//! The shape of the lines: cargo's around rustc's.

use std::borrow::Cow;

use safe_map_analysis::span::LineColumn;
use serde::Serialize;

use crate::report::SourceText;

/// One line.
#[derive(Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub(super) enum Line<'a> {
    CompilerMessage {
        package_id: &'a str,
        manifest_path: Cow<'a, str>,
        target: Target<'a>,
        message: Box<Diagnostic<'a>>,
    },
    BuildFinished {
        success: bool,
    },
}

#[derive(Serialize)]
pub(super) struct Target<'a> {
    pub(super) kind: [&'static str; 1],
    pub(super) crate_types: [&'static str; 1],
    pub(super) name: &'a str,
    pub(super) src_path: Cow<'a, str>,
    pub(super) edition: &'static str,
    pub(super) doc: bool,
    pub(super) doctest: bool,
    pub(super) test: bool,
}

/// A message of the compiler, or a part of one.
#[derive(Serialize)]
pub(super) struct Diagnostic<'a> {
    #[serde(rename = "$message_type")]
    pub(super) kind: &'static str,
    pub(super) message: Cow<'a, str>,
    pub(super) code: Option<Code>,
    pub(super) level: &'static str,
    pub(super) spans: Vec<Span<'a>>,
    pub(super) children: Vec<Diagnostic<'a>>,
    pub(super) rendered: Option<String>,
}

impl Default for Diagnostic<'_> {
    fn default() -> Self {
        Diagnostic {
            kind: "diagnostic",
            message: Cow::Borrowed(""),
            code: None,
            level: "note",
            spans: Vec::new(),
            children: Vec::new(),
            rendered: None,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Code {
    pub(super) code: String,
    pub(super) explanation: Option<&'static str>,
}

#[derive(Default, Serialize)]
pub(super) struct Span<'a> {
    pub(super) file_name: Cow<'a, str>,
    pub(super) byte_start: u32,
    pub(super) byte_end: u32,
    pub(super) line_start: u32,
    pub(super) line_end: u32,
    pub(super) column_start: u32,
    pub(super) column_end: u32,
    pub(super) is_primary: bool,
    pub(super) text: Vec<TextLine<'a>>,
    pub(super) label: Option<&'a str>,
    pub(super) suggested_replacement: Option<&'a str>,
    pub(super) suggestion_applicability: Option<&'static str>,
    pub(super) expansion: Option<()>,
}

/// A line that a span touches, and which of its characters.
#[derive(Serialize)]
pub(super) struct TextLine<'a> {
    pub(super) text: &'a str,
    pub(super) highlight_start: u32,
    pub(super) highlight_end: u32,
}

/// The lines from `start` to `end`.
pub(super) fn text(file: &SourceText, start: LineColumn, end: LineColumn) -> Vec<TextLine<'_>> {
    let from = file.index().line_start(start.line as usize - 1) as usize;
    let lines = file.text.get(from..).unwrap_or("").lines();
    (start.line..=end.line)
        .zip(lines)
        .map(|(number, text)| TextLine {
            text,
            highlight_start: if number == start.line { start.column } else { 1 },
            highlight_end: if number == end.line { end.column } else { text.chars().count() as u32 + 1 },
        })
        .collect()
}
