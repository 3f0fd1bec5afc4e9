//! Edits applied to a text. What the edits mean, and who may apply them, is decided elsewhere.

use safe_map_analysis::span::Span;

/// A replacement in one text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TextEdit {
    /// The bytes replaced.
    pub(crate) span: Span,
    /// By what.
    pub(crate) replacement: String,
}

/// Two edits that cannot both be applied, or one that is not of this text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Conflict {
    /// The edits touch the same bytes, or insert at the same place.
    Overlap(Span, Span),
    /// The span is outside the text or cuts a character.
    Outside(Span),
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Conflict::Overlap(a, b) => write!(f, "the edits at {a:?} and {b:?} overlap"),
            Conflict::Outside(span) => write!(f, "the edit at {span:?} is not of this text"),
        }
    }
}

impl std::error::Error for Conflict {}

/// Applies all of `edits`, whatever their order.
///
/// # Errors
///
/// Where two edits overlap or one does not fit the text; nothing is applied then.
pub(crate) fn apply(text: &str, edits: &[TextEdit]) -> Result<String, Conflict> {
    let sorted = checked(text, edits)?;
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for edit in sorted {
        out.push_str(&text[done..edit.span.start as usize]);
        out.push_str(&edit.replacement);
        done = edit.span.end as usize;
    }
    out.push_str(&text[done..]);
    Ok(out)
}

/// Whether all of `edits` can be applied together.
pub(crate) fn agree(text: &str, edits: &[TextEdit]) -> bool {
    checked(text, edits).is_ok()
}

/// A replacement with the line ends of the text that it goes into, which is told by the first of them.
pub(crate) fn with_line_ends(replacement: &str, text: &str) -> String {
    let unix = replacement.replace("\r\n", "\n");
    let is_dos = text.find('\n').is_some_and(|at| text[..at].ends_with('\r'));
    if is_dos { unix.replace('\n', "\r\n") } else { unix }
}

fn checked<'a>(text: &str, edits: &'a [TextEdit]) -> Result<Vec<&'a TextEdit>, Conflict> {
    let mut sorted: Vec<&TextEdit> = edits.iter().collect();
    sorted.sort_by_key(|edit| edit.span);
    for edit in &sorted {
        if text.get(edit.span.start as usize..edit.span.end as usize).is_none() {
            return Err(Conflict::Outside(edit.span));
        }
    }
    for pair in sorted.windows(2) {
        if overlap(pair[0].span, pair[1].span) {
            return Err(Conflict::Overlap(pair[0].span, pair[1].span));
        }
    }
    Ok(sorted)
}

/// Two insertions at one place overlap as well: their order would be a guess.
fn overlap(a: Span, b: Span) -> bool {
    b.start < a.end || (a.start == b.start && a.start < b.end) || a == b
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: u32, end: u32, replacement: &str) -> TextEdit {
        TextEdit { span: Span::new(start, end), replacement: replacement.to_owned() }
    }

    #[test]
    fn edits_apply_in_any_order() {
        let edits = [edit(4, 5, "E"), edit(0, 1, ""), edit(2, 2, "-")];
        assert_eq!(apply("abcde", &edits), Ok("b-cdE".to_owned()));
    }

    #[test]
    fn overlapping_edits_are_refused() {
        assert!(matches!(apply("abcde", &[edit(0, 3, ""), edit(2, 4, "")]), Err(Conflict::Overlap(..))));
        assert!(matches!(apply("abcde", &[edit(2, 2, "x"), edit(2, 2, "y")]), Err(Conflict::Overlap(..))));
        assert!(apply("abcde", &[edit(0, 2, ""), edit(2, 4, "")]).is_ok());
    }

    #[test]
    fn edits_of_another_text_are_refused() {
        assert_eq!(apply("ä", &[edit(1, 2, "")]), Err(Conflict::Outside(Span::new(1, 2))));
        assert_eq!(apply("a", &[edit(0, 9, "")]), Err(Conflict::Outside(Span::new(0, 9))));
    }

    #[test]
    fn edits_agree_only_if_they_can_be_applied_together() {
        assert!(agree("abcde", &[edit(0, 2, "X"), edit(4, 5, "Z")]));
        assert!(!agree("abcde", &[edit(0, 2, "X"), edit(1, 3, "Y")]));
    }

    #[test]
    fn a_replacement_takes_on_the_line_ends_of_its_text() {
        assert_eq!(with_line_ends("drop(g);\n    ", "a\r\nb\r\n"), "drop(g);\r\n    ");
        assert_eq!(with_line_ends("x;\r\ny;\n", "a\r\nb"), "x;\r\ny;\r\n");
        assert_eq!(with_line_ends("x;\ny;\n", "a\nb"), "x;\ny;\n");
    }

    proptest::proptest! {
        #[test]
        fn any_edits_give_a_text_or_a_conflict(text in "[aäb]{0,9}", spans in proptest::collection::vec((0u32..12, 0u32..12), 0..5)) {
            let edits: Vec<TextEdit> = spans.into_iter().map(|(a, b)| edit(a.min(b), a.max(b), "é")).collect();
            proptest::prop_assert_eq!(apply(&text, &edits).is_ok(), agree(&text, &edits));
        }
    }
}
