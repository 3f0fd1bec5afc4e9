//! From proc-macro2's spans to bytes of the file.
//!
//! proc-macro2 counts characters and answers `byte_range` from an ordered map that grows with every question (280 ns).
//! Its line and column cost 19 ns, and the rest is two tables made once a file.

use proc_macro2::extra::DelimSpan;
use proc_macro2::{Ident, LineColumn};

use crate::name::Name;
use crate::span::Span;

/// Where the tokens of one lexed text stand in the file.
pub(super) struct Positions<'a> {
    /// The text that was lexed.
    text: &'a str,
    /// Its first byte in the file.
    base: u32,
    /// The first character of each line.
    lines: Vec<u32>,
    /// For each character of more than one byte: the character after it, and how many bytes more than characters came
    /// before that one.
    wide: Vec<(u32, u32)>,
    /// Names may stand where something else is written: in an expansion they take the place of a parameter.
    pub(super) are_mixed: bool,
}

impl<'a> Positions<'a> {
    /// Indexes `text`, which starts at byte `base` of the file. `O(len)`.
    pub(super) fn new(text: &'a str, base: u32) -> Positions<'a> {
        let mut positions = Positions { text, base, lines: vec![0], wide: Vec::new(), are_mixed: false };
        match text.is_ascii() {
            true => positions.index_ascii(),
            false => positions.index_chars(),
        }
        positions
    }

    fn index_ascii(&mut self) {
        self.lines.extend(memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| at as u32 + 1));
    }

    fn index_chars(&mut self) {
        let mut extra = 0;
        for (at, char) in self.text.chars().enumerate() {
            let after = at as u32 + 1;
            extra += char.len_utf8() as u32 - 1;
            match char {
                '\n' => self.lines.push(after),
                _ if char.len_utf8() > 1 => self.wide.push((after, extra)),
                _ => {}
            }
        }
    }

    /// The first byte of a token.
    pub(super) fn start(&self, span: proc_macro2::Span) -> u32 {
        self.byte(span.start())
    }

    /// One past the last byte of a token.
    pub(super) fn end(&self, span: proc_macro2::Span) -> u32 {
        self.byte(span.end())
    }

    /// The bytes of a token.
    pub(super) fn span(&self, span: proc_macro2::Span) -> Span {
        Span::new(self.start(span), self.end(span))
    }

    /// From an opening delimiter to its closing one, both included.
    pub(super) fn delimited(&self, delimiters: &DelimSpan) -> Span {
        self.span(delimiters.join())
    }

    /// One past a closing delimiter.
    pub(super) fn closed(&self, delimiters: &DelimSpan) -> u32 {
        self.end(delimiters.close())
    }

    /// An identifier with its place. One look-up: its length is read from the text. The parameter of a macro rule has its
    /// `$`, so that it is no local of the same name.
    pub(super) fn ident(&self, ident: &Ident) -> (Name, Span) {
        if self.are_mixed {
            return (Name::new(&ident.to_string()), self.span(ident.span()));
        }
        let start = self.start(ident.span());
        let (before, rest) = self.text.split_at_checked((start - self.base) as usize).unwrap_or_default();
        let text = &rest[..ident_len(rest)];
        // A word that was no keyword once is raw for the parser.
        debug_assert!(
            *ident == text || *ident == format!("r#{text}"),
            "`{ident}` does not stand at byte {start}"
        );
        let name = match before.ends_with('$') && text != "crate" {
            true => Name::new(&format!("${text}")),
            false => Name::new(text),
        };
        (name, Span::new(start, start + text.len() as u32))
    }

    /// The text that was lexed.
    pub(super) fn lexed(&self) -> &'a str {
        self.text
    }

    /// Where it stands.
    pub(super) fn whole(&self) -> Span {
        Span::new(self.base, self.base + self.text.len() as u32)
    }

    /// The text under a span of the file, empty outside of what was lexed.
    pub(super) fn text(&self, span: Span) -> &'a str {
        let start = span.start.saturating_sub(self.base) as usize;
        let end = span.end.saturating_sub(self.base) as usize;
        self.text.get(start..end).unwrap_or("")
    }

    fn byte(&self, at: LineColumn) -> u32 {
        let line = self.lines.get(at.line.saturating_sub(1)).copied().unwrap_or(0);
        let char = line + at.column as u32;
        let wide = self.wide.partition_point(|(after, _)| *after <= char);
        let extra = wide.checked_sub(1).map_or(0, |last| self.wide[last].1);
        self.base + (char + extra).min(self.text.len() as u32)
    }
}

/// The length of the identifier that `text` starts with, `r#` included.
fn ident_len(text: &str) -> usize {
    let raw = if text.starts_with("r#") { 2 } else { 0 };
    let ascii = text[raw..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    match text.as_bytes().get(raw + ascii) {
        Some(byte) if !byte.is_ascii() => raw + wide_ident_len(&text[raw..]),
        _ => raw + ascii,
    }
}

/// In text that lexed, what follows an identifier is ASCII or white space.
fn wide_ident_len(text: &str) -> usize {
    let ends = |c: char| match c.is_ascii() {
        true => !c.is_ascii_alphanumeric() && c != '_',
        false => c.is_whitespace() || matches!(c, '\u{200e}' | '\u{200f}'),
    };
    text.find(ends).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_wide_text_index_bytes() {
        let text = "fn é() {}\nlet ß = \"日本\"; x";
        let tokens: proc_macro2::TokenStream = text.parse().expect("lexes");
        let positions = Positions::new(text, 0);
        let texts: Vec<_> = tokens.into_iter().map(|t| positions.span(t.span()).text(text)).collect();
        assert_eq!(texts, ["fn", "é", "()", "{}", "let", "ß", "=", "\"日本\"", ";", "x"]);
    }

    #[test]
    fn identifiers_end_where_the_lexer_ends_them() {
        assert_eq!(ident_len("r#fn("), 4);
        assert_eq!(ident_len("größe.x"), "größe".len());
        assert_eq!(ident_len("a\u{200e}b"), 1);
        assert_eq!(ident_len("x"), 1);
    }
}
