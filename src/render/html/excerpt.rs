//! Source excerpts: the lines around marks, the marks under-coloured, what they say below their line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use safe_map_analysis::span::Span;

use super::escape::{escape, prose};
use crate::report::SourceText;

/// How many lines around a mark are shown.
const AROUND: usize = 1;

/// How much of a long line is shown.
const MAX_LINE: usize = 400;

/// A part of a file with something to say about it.
#[derive(Clone, Debug)]
pub(super) struct Mark<'a> {
    /// Which part; only what of it is on its first line is coloured.
    pub(super) span: Span,
    /// The part that it plays: a class of the style sheet.
    pub(super) class: &'static str,
    /// What is said.
    pub(super) message: &'a str,
}

/// The lines of `file` that have marks, with the lines around them. The first mark that covers a character colours it.
pub(super) fn excerpt(file: &SourceText, marks: &[Mark<'_>]) -> String {
    let mut by_line: BTreeMap<usize, Vec<&Mark<'_>>> = BTreeMap::new();
    for mark in marks {
        by_line.entry(file.index().line_of(mark.span.start)).or_default().push(mark);
    }
    let mut out = String::from("<div class=\"src\"><div class=\"lines\">");
    let mut last = None;
    for line in shown(by_line.keys().copied(), file.index().lines()) {
        if last.is_some_and(|it| it + 1 < line) {
            out.push_str("<div class=\"gap\">⋮</div>");
        }
        last = Some(line);
        let here = by_line.get(&line).map_or(&[][..], Vec::as_slice);
        one_line(&mut out, file, line, here);
    }
    out.push_str("</div></div>\n");
    out
}

fn shown(lines: impl Iterator<Item = usize>, count: usize) -> Vec<usize> {
    let mut shown: Vec<usize> =
        lines.flat_map(|it| it.saturating_sub(AROUND)..(it + AROUND + 1).min(count)).collect();
    shown.sort_unstable();
    shown.dedup();
    shown
}

fn one_line(out: &mut String, file: &SourceText, line: usize, marks: &[&Mark<'_>]) {
    let start = file.index().line_start(line) as usize;
    let text = file.text[start..].split('\n').next().unwrap_or("").trim_end_matches('\r');
    let class = if marks.is_empty() { "" } else { " hit" };
    let _ = write!(out, "<div class=\"l{class}\"><span class=\"n\">{}</span><code>", line + 1);
    colored(out, text, start, marks);
    out.push_str("</code></div>");
    for mark in marks.iter().filter(|it| !it.message.is_empty()) {
        let before = text.get(..mark.span.start as usize - start).unwrap_or("");
        let column = before.chars().map(|it| if it == '\t' { 4 } else { 1 }).sum::<usize>().min(MAX_LINE);
        let _ = write!(
            out,
            "<div class=\"say {}\" style=\"--c:{column}\">{}</div>",
            mark.class,
            prose(mark.message)
        );
    }
}

/// The text of a line, cut where marks begin and end.
fn colored(out: &mut String, text: &str, start: usize, marks: &[&Mark<'_>]) {
    let end = cut(text, MAX_LINE);
    let within = |byte: u32| (byte as usize).saturating_sub(start).min(end);
    let mut cuts = vec![0, end];
    cuts.extend(marks.iter().flat_map(|it| [within(it.span.start), within(it.span.end)]));
    cuts.retain(|it| text.is_char_boundary(*it));
    cuts.sort_unstable();
    cuts.dedup();
    for pair in cuts.windows(2) {
        let part = escape(&text[pair[0]..pair[1]]);
        let covers = |it: &&&Mark<'_>| within(it.span.start) <= pair[0] && pair[1] <= within(it.span.end);
        match marks.iter().find(covers) {
            Some(mark) => {
                let _ = write!(out, "<mark class=\"{}\">{part}</mark>", mark.class);
            }
            None => out.push_str(&part),
        }
    }
    if end < text.len() {
        out.push('…');
    }
}

/// The end of the first `most` characters.
fn cut(text: &str, most: usize) -> usize {
    text.char_indices().nth(most).map_or(text.len(), |(at, _)| at)
}
