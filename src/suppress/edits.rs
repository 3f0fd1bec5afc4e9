//! What mends a suppression: a name put right, a reason added, the suppression or some of its names removed.

use safe_map_analysis::source::Workspace;
use safe_map_analysis::span::Span;
use safe_map_lints::{Applicability, Edit, Fix, Place};

use super::{Kind, Named, Suppression};

/// The name at `place`, the tool's prefix left as it is, becomes `name`.
pub(super) fn rename(workspace: &Workspace, place: Place, name: &str) -> Fix {
    let written = place.span.text(&workspace.file(place.file).source.text);
    let prefix = written.rfind("::").map_or("", |at| &written[..at + 2]);
    let edit = Edit { place, replacement: format!("{prefix}{name}") };
    fix(format!("replace it by `{name}`"), Applicability::MaybeIncorrect, edit)
}

/// A doc comment of one line becomes a comment, which silences what it speaks of.
pub(super) fn comment(workspace: &Workspace, place: Place) -> Option<Fix> {
    let written = place.span.text(&workspace.file(place.file).source.text);
    let start = ["///", "//!"].into_iter().find(|start| written.starts_with(start))?;
    let span = Span::new(place.span.start, place.span.start + start.len() as u32);
    let edit = Edit { place: Place { file: place.file, span }, replacement: "//".to_owned() };
    Some(fix("make it a comment".to_owned(), Applicability::MaybeIncorrect, edit))
}

/// A reason that somebody still has to write.
pub(super) fn add_reason(workspace: &Workspace, suppression: &Suppression) -> Option<Fix> {
    let Place { file, span } = suppression.place;
    let text = &*workspace.file(file).source.text;
    let (at, replacement) = match suppression.kind {
        Kind::Comment => comment_reason(text, span),
        Kind::Attribute { list, .. } => attribute_reason(text, list),
        Kind::Clippy => return None,
    };
    let edit = Edit { place: Place { file, span: Span::new(at, at) }, replacement: replacement.to_owned() };
    Some(fix("add a reason".to_owned(), Applicability::HasPlaceholders, edit))
}

/// Where a reason goes into a comment, and how it starts: `--` may be there already.
fn comment_reason(text: &str, span: Span) -> (u32, &'static str) {
    let written = span.text(text);
    let inside = written.strip_suffix("*/").unwrap_or(written).trim_end();
    let start = if inside.ends_with("--") { " TODO: reason" } else { " -- TODO: reason" };
    (span.start + inside.len() as u32, start)
}

/// The same for the list of an attribute.
fn attribute_reason(text: &str, list: Span) -> (u32, &'static str) {
    let inside = list.text(text).trim_end();
    let start = match inside {
        "" => "reason = \"TODO: reason\"",
        _ if inside.ends_with(',') => " reason = \"TODO: reason\"",
        _ => ", reason = \"TODO: reason\"",
    };
    (list.start + inside.len() as u32, start)
}

/// The suppression without its `idle` names; nothing where other things stand in the same attribute.
pub(super) fn remove(workspace: &Workspace, suppression: &Suppression, idle: &[&Named]) -> Option<Fix> {
    let Place { file, span } = suppression.place;
    let text = &*workspace.file(file).source.text;
    if matches!(suppression.kind, Kind::Attribute { is_alone: false, .. } | Kind::Clippy) {
        return None;
    }
    let kept: Vec<Span> = suppression
        .names
        .iter()
        .filter(|named| !idle.iter().any(|it| it.span == named.span))
        .map(|named| named.span)
        .collect();
    let (span, replacement) = match kept.is_empty() {
        true => (with_blanks(text, span), String::new()),
        false => (suppression.listed(text)?, joined(text, &kept)),
    };
    let edit = Edit { place: Place { file, span }, replacement };
    Some(fix("remove the suppression".to_owned(), Applicability::MachineApplicable, edit))
}

impl Suppression {
    /// From the first of its names to the last, where no reason stands between them.
    fn listed(&self, text: &str) -> Option<Span> {
        let span = self.names.first()?.span.to(self.names.last()?.span);
        (!span.text(text).contains('=')).then_some(span)
    }
}

fn joined(text: &str, names: &[Span]) -> String {
    names.iter().map(|span| span.text(text)).collect::<Vec<_>>().join(", ")
}

/// Its whole line where nothing else stands there; else the white space before it, or after it at the start of a line.
fn with_blanks(text: &str, span: Span) -> Span {
    let (before, after) = (&text[..span.start as usize], &text[span.end as usize..]);
    let code = before.trim_end_matches([' ', '\t']);
    let rest = after.trim_start_matches([' ', '\t', '\r']);
    let starts_line = code.is_empty() || code.ends_with('\n');
    match (starts_line, rest.strip_prefix('\n')) {
        (true, Some(below)) => Span::new(code.len() as u32, (text.len() - below.len()) as u32),
        (true, None) => Span::new(span.start, (text.len() - rest.len()) as u32),
        (false, _) => Span::new(code.len() as u32, span.end),
    }
}

fn fix(title: String, applicability: Applicability, edit: Edit) -> Fix {
    Fix { title, applicability, edits: vec![edit] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, part: &str) -> Span {
        let start = text.find(part).expect("part of the text") as u32;
        Span::new(start, start + part.len() as u32)
    }

    #[test]
    fn what_stands_alone_goes_with_its_line() {
        let without = |text: &str, part: &str| {
            let span = with_blanks(text, at(text, part));
            format!("{}{}", &text[..span.start as usize], &text[span.end as usize..])
        };
        assert_eq!(without("a;\n    // c\n    b;\n", "// c"), "a;\n    b;\n");
        assert_eq!(without("a; // c\nb;\n", "// c"), "a;\nb;\n");
        assert_eq!(without("  #[c] fn f() {}\n", "#[c]"), "  fn f() {}\n");
        assert_eq!(without("// c\r\nb;\r\n", "// c"), "b;\r\n");
        assert_eq!(without("b;\n// c", "// c"), "b;\n");
    }

    #[test]
    fn a_reason_stands_where_it_is_read() {
        let with = |text: &str, (at, reason): (u32, &str)| {
            format!("{}{reason}{}", &text[..at as usize], &text[at as usize..])
        };
        let comment = |text: &str| with(text, comment_reason(text, at(text, text)));
        assert_eq!(comment("// x: allow(a)"), "// x: allow(a) -- TODO: reason");
        assert_eq!(comment("// x: allow(a) --"), "// x: allow(a) -- TODO: reason");
        assert_eq!(comment("/* x: allow(a) */"), "/* x: allow(a) -- TODO: reason */");
        let attribute = |text: &str, list: &str| with(text, attribute_reason(text, at(text, list)));
        assert_eq!(attribute("#[h(a)]", "a"), "#[h(a, reason = \"TODO: reason\")]");
        assert_eq!(attribute("#[h(a,\n)]", "a,\n"), "#[h(a, reason = \"TODO: reason\"\n)]");
    }
}
