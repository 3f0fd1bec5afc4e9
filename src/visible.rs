//! Text from sources, file names and baselines as people see it: what a terminal would obey, and what would change the
//! direction of the text around it, is spelled out.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use safe_map_analysis::span::LineIndex;

/// Controls, and the marks that change the direction of text or have no width. Line ends and tabs are controls too.
pub(crate) fn is_hidden(c: char) -> bool {
    let is_direction =
        matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}');
    c.is_control() || is_direction || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// A text of several lines, whose ends and tabs stay.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    spelled(text, |c| is_hidden(c) && !matches!(c, '\n' | '\t'))
}

/// A text that is to stay on its line.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    spelled(text, is_hidden)
}

/// JSON whose strings hide nothing. Only strings can have such characters in them, and only those below U+10000 are hidden.
pub(crate) fn json(text: String) -> String {
    let is_raw = |c: char| is_hidden(c) && c != '\n';
    if !text.contains(is_raw) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let _ = if is_raw(c) { write!(out, "\\u{:04x}", u32::from(c)) } else { out.write_char(c) };
    }
    out
}

fn spelled(text: &str, is_spelled: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_spelled) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    text.chars().for_each(|c| if is_spelled(c) { spell(&mut out, c) } else { out.push(c) });
    Cow::Owned(out)
}

/// As Rust writes it in a string.
pub(crate) fn spell(out: &mut String, c: char) {
    // The only errors are those of the writer, and a string takes everything.
    let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
}

/// A source text as excerpts show it, and which byte of it is which of the file.
#[derive(Clone, Debug)]
pub(crate) struct Visible {
    /// The text; its lines are those of the file and end without `\r`.
    pub(crate) text: Arc<str>,
    /// Where its lines start.
    pub(crate) index: LineIndex,
    /// The bytes of the file and of this text behind each character that differs, in ascending order.
    shifts: Vec<(u32, u32)>,
}

impl Visible {
    /// The visible form of `text`, in `O(len)`.
    pub(crate) fn new(text: &Arc<str>) -> Visible {
        if !text.contains(|c| is_hidden(c) && !matches!(c, '\n' | '\t')) {
            return Visible { text: text.clone(), index: LineIndex::new(text), shifts: Vec::new() };
        }
        let (mut out, mut shifts) = (String::with_capacity(text.len()), Vec::new());
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let is_line_end = c == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n');
            let is_mark_of_the_file = at == 0 && c == '\u{feff}';
            match c {
                '\n' | '\t' => out.push(c),
                _ if is_line_end || is_mark_of_the_file => {}
                _ if is_hidden(c) => spell(&mut out, c),
                _ => out.push(c),
            }
            let (behind, now) = ((at + c.len_utf8()) as u32, out.len() as u32);
            let (old, new) = shifts.last().copied().unwrap_or_default();
            if behind - old != now - new {
                shifts.push((behind, now));
            }
        }
        let index = LineIndex::new(&out);
        Visible { text: out.into(), index, shifts }
    }

    /// Where a byte of the file is.
    pub(crate) fn of(&self, byte: u32) -> u32 {
        let known = self.shifts.partition_point(|(file, _)| *file <= byte);
        let (file, own) = self.shifts[..known].last().copied().unwrap_or_default();
        own + (byte - file)
    }

    /// The byte of the file that is shown here.
    pub(crate) fn in_file(&self, byte: u32) -> u32 {
        let known = self.shifts.partition_point(|(_, own)| *own <= byte);
        let (file, own) = self.shifts[..known].last().copied().unwrap_or_default();
        file + (byte - own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out() {
        assert_eq!(line("a\u{1b}[31m\u{7}\r\n\u{9b}"), "a\\u{1b}[31m\\u{7}\\u{d}\\u{a}\\u{9b}");
        assert_eq!(text("a\n\tb\u{202e}c\r"), "a\n\tb\\u{202e}c\\u{d}");
        assert!(matches!(text("שלום ä\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_says_the_same() {
        let value = serde_json::json!(["a\u{202e}b\u{7f}\u{9b}", "\u{1b}"]);
        let text = json(format!("{value}\n"));
        assert!(text.is_ascii(), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"), value);
    }

    #[test]
    fn bytes_of_the_file_are_found_again() {
        let file: Arc<str> = "\u{feff}ab\r\n\u{1b}x\u{202e}y\r\nz".into();
        let visible = Visible::new(&file);
        assert_eq!(&*visible.text, "ab\n\\u{1b}x\\u{202e}y\nz");
        for letter in ['a', 'b', 'x', 'y', 'z', '\n'] {
            let at = file.find(letter).expect("a letter") as u32;
            let shown = visible.of(at);
            assert!(visible.text[shown as usize..].starts_with(letter), "{letter:?}");
            assert_eq!(visible.in_file(shown), at, "{letter:?}");
        }
    }
}
