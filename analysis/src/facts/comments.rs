//! Comments that carry a directive for this tool.

use serde::{Deserialize, Serialize};

use crate::name::Name;
use crate::span::{LineIndex, Span};

/// What a comment with a directive starts with.
pub(super) const MARKER: &str = "safe-map-lint:";

/// What a doc comment starts with.
const DOCUMENTATION: [&str; 4] = ["///", "//!", "/**", "/*!"];

/// `// safe-map-lint: allow(lint, ..) -- reason`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directive {
    /// The comment.
    pub span: Span,
    /// The 0-based line it stands on.
    pub line: u32,
    /// Whether only white space stands before it on its line, so that it speaks of what follows.
    pub alone: bool,
    /// What it says, or why it could not be read.
    pub kind: DirectiveKind,
}

/// What a directive says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DirectiveKind {
    /// `allow(..)` or `expect(..)`.
    Allow {
        /// The lints or groups, with the span of each name.
        lints: Vec<(Name, Span)>,
        /// After `--`.
        reason: Option<String>,
        /// `expect`: a suppression that must silence something.
        expect: bool,
    },
    /// Anything else after `safe-map-lint:`, with what is wrong.
    Malformed(String),
    /// `allow(..)` or `expect(..)` in a comment that is documentation, which speaks to readers and silences nothing.
    Documentation,
}

/// The comments in a gap between two tokens that may hold a directive.
pub(super) fn in_gap(text: &str, gap: Span) -> Vec<Span> {
    let mut found = Vec::new();
    let mut at = gap.start;
    while let Some(start) = Span::new(at, gap.end).text(text).find('/') {
        let start = at + start as u32;
        let rest = Span::new(start, gap.end).text(text);
        let len = comment_len(rest);
        let comment = Span::new(start, start + len as u32);
        if comment.text(text).contains(MARKER) {
            found.push(comment);
        }
        at = comment.end.max(start + 1);
    }
    found
}

/// The length of the comment at the start of `text`, its newline left out.
fn comment_len(text: &str) -> usize {
    if text.starts_with("/*") {
        return block_len(text);
    }
    text.find('\n').map_or(text, |end| &text[..end]).trim_end_matches('\r').len()
}

fn block_len(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(pair) = text.as_bytes().get(at..at + 2) {
        match pair {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// Reads the directive of a comment that starts with the marker; any other comment is none.
pub(super) fn parse(text: &str, lines: &LineIndex, comment: Span) -> Option<Directive> {
    let inside = comment.text(text).trim_start_matches('/').trim_start_matches('*').trim_start();
    let said = inside.strip_prefix(MARKER)?.trim_end().trim_end_matches("*/").trim();
    let line = lines.line_of(comment.start);
    let before = Span::new(lines.line_start(line), comment.start).text(text);
    let alone = before.trim_start_matches('\u{feff}').trim().is_empty();
    let offset = |part: &str| (part.as_ptr() as usize - text.as_ptr() as usize) as u32;
    let kind = match parse_kind(said, &offset) {
        Ok(kind) => kind,
        Err(message) => DirectiveKind::Malformed(message),
    };
    Some(Directive { span: comment, line: line as u32, alone, kind })
}

/// Whether a token that is written like this is a doc comment.
pub(super) fn is_documentation(text: &str) -> bool {
    DOCUMENTATION.iter().any(|start| text.starts_with(start))
}

/// The directive that somebody meant to write in a doc comment. Prose about the marker is none.
pub(super) fn in_documentation(text: &str, lines: &LineIndex, comment: Span) -> Option<Directive> {
    let written = comment.text(text);
    let start = DOCUMENTATION.iter().find(|start| written.starts_with(**start))?;
    let said = written[start.len()..].trim_start().strip_prefix(MARKER)?.trim_end_matches("*/").trim();
    let offset = |part: &str| (part.as_ptr() as usize - text.as_ptr() as usize) as u32;
    parse_kind(said, &offset).ok()?;
    let line = lines.line_of(comment.start) as u32;
    Some(Directive { span: comment, line, alone: true, kind: DirectiveKind::Documentation })
}

fn parse_kind(said: &str, offset: &dyn Fn(&str) -> u32) -> Result<DirectiveKind, String> {
    let (word, rest) = said.split_at(said.find(|c: char| !c.is_alphanumeric()).unwrap_or(said.len()));
    let expect = match word {
        "allow" => false,
        "expect" => true,
        _ => return Err(format!("expected `allow(..)` or `expect(..)` after `{MARKER}`")),
    };
    let inside = rest.trim_start().strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let Some((list, rest)) = inside else { return Err(format!("expected `{word}(lint, ..)`")) };
    let lints = lints(list, offset)?;
    Ok(DirectiveKind::Allow { lints, reason: reason(rest.trim())?, expect })
}

fn lints(list: &str, offset: &dyn Fn(&str) -> u32) -> Result<Vec<(Name, Span)>, String> {
    let names = list.trim().trim_end_matches(',').split(',').map(str::trim);
    let names = names.map(|name| name.strip_prefix("safe_map_lint::").unwrap_or(name));
    names
        .map(|name| match name {
            "" => Err("expected the name of a lint".to_owned()),
            _ if name.contains(|c: char| !c.is_alphanumeric() && c != '_' && c != '-') => {
                Err(format!("`{name}` is not the name of a lint"))
            }
            _ => Ok((Name::new(name), Span::new(offset(name), offset(name) + name.len() as u32))),
        })
        .collect()
}

/// What follows `--`; nothing at all is no reason, anything else is a mistake.
fn reason(rest: &str) -> Result<Option<String>, String> {
    if rest.is_empty() {
        return Ok(None);
    }
    let Some(reason) = rest.strip_prefix("--") else {
        return Err("expected ` -- reason` after `)`".to_owned());
    };
    let reason = reason.trim();
    Ok((!reason.is_empty()).then(|| reason.to_owned()))
}
