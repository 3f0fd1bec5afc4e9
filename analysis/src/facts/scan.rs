//! A scan of Rust text that knows strings, comments and brackets and nothing else: it never fails, and costs a
//! fraction of lexing.

/// One piece of text that is neither white space nor a comment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Piece {
    /// An identifier, keyword or lifetime.
    Word,
    /// A string, character or number.
    Literal,
    /// `(`, `[` or `{`.
    Open(u8),
    /// `)`, `]` or `}`.
    Close(u8),
    /// One character of an operator.
    Punct(u8),
}

/// The pieces of a text from a position on. Yields each with its first byte.
pub(super) struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    /// Scans `text` from byte `start` on.
    pub(super) fn new(text: &'a str, start: usize) -> Scanner<'a> {
        Scanner { text, bytes: text.as_bytes(), at: start }
    }

    /// One past the piece yielded last.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The byte `ahead` bytes after the current position, 0 past the end.
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn skip_to(&mut self, end: &[u8]) {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let found = rest.windows(end.len()).position(|window| window == end);
        self.at = found.map_or(self.bytes.len(), |found| self.at + found + end.len());
    }

    fn skip_line(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or("");
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => (depth, self.at) = (depth + 1, self.at + 2),
                (b'*', b'/') => (depth, self.at) = (depth - 1, self.at + 2),
                _ => self.at += 1,
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_quoted(&mut self, quote: u8) {
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'\\' => self.at += 2,
                byte => {
                    self.at += 1;
                    if byte == quote {
                        return;
                    }
                }
            }
        }
        self.at = self.bytes.len();
    }

    /// A character literal where a quote closes it after one character or an escape, else a lifetime.
    fn quote(&mut self) -> Piece {
        let first = self.peek(1);
        let width = match first {
            0..0x80 => 1,
            0x80..0xE0 => 2,
            0xE0..0xF0 => 3,
            _ => 4,
        };
        if first == b'\\' || self.peek(1 + width) == b'\'' && first != b'\'' {
            self.skip_quoted(b'\'');
            return Piece::Literal;
        }
        self.at += 1;
        self.skip_word();
        Piece::Word
    }

    fn skip_word(&mut self) {
        while self.bytes.get(self.at).is_some_and(|byte| IS_WORD[*byte as usize]) {
            self.at += 1;
        }
    }

    /// A word, or the string it is the prefix of.
    fn word(&mut self) -> Piece {
        let start = self.at;
        self.skip_word();
        let next = self.peek(0);
        if !matches!(next, b'"' | b'#' | b'\'') || self.at - start > 2 {
            return Piece::Word;
        }
        match (&self.bytes[start..self.at], next) {
            (b"r" | b"br" | b"cr", b'"' | b'#') => self.raw_string(),
            (b"b" | b"c", b'"') => self.quoted(b'"'),
            (b"b", b'\'') => self.quoted(b'\''),
            _ => Piece::Word,
        }
    }

    fn quoted(&mut self, quote: u8) -> Piece {
        self.skip_quoted(quote);
        Piece::Literal
    }

    /// `r#"..."#`, or the raw identifier `r#x`.
    fn raw_string(&mut self) -> Piece {
        let hashes = self.bytes[self.at..].iter().take_while(|byte| **byte == b'#').count();
        self.at += hashes;
        if self.peek(0) != b'"' {
            self.skip_word();
            return Piece::Word;
        }
        self.at += 1;
        let mut end = vec![b'"'];
        end.resize(1 + hashes, b'#');
        self.skip_to(&end);
        Piece::Literal
    }
}

impl Iterator for Scanner<'_> {
    type Item = (Piece, usize);

    fn next(&mut self) -> Option<(Piece, usize)> {
        loop {
            let start = self.at;
            let byte = *self.bytes.get(start)?;
            let piece = match byte {
                b' ' | b'\t'..=b'\r' => {
                    self.at += 1;
                    continue;
                }
                b'/' if self.peek(1) == b'/' => {
                    self.skip_line();
                    continue;
                }
                b'/' if self.peek(1) == b'*' => {
                    self.skip_block_comment();
                    continue;
                }
                b'"' => self.quoted(b'"'),
                b'\'' => self.quote(),
                b'0'..=b'9' => {
                    self.skip_word();
                    Piece::Literal
                }
                _ if IS_WORD[byte as usize] => self.word(),
                _ => {
                    self.at += 1;
                    match byte {
                        b'(' | b'[' | b'{' => Piece::Open(byte),
                        b')' | b']' | b'}' => Piece::Close(byte),
                        _ => Piece::Punct(byte),
                    }
                }
            };
            return Some((piece, start));
        }
    }
}

/// The bytes of identifiers and numbers; what is not ASCII counts as part of one.
const IS_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = byte >= 0x80 || (byte as u8).is_ascii_alphanumeric() || byte == b'_' as usize;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<&str> {
        let mut scanner = Scanner::new(text, 0);
        let mut pieces = Vec::new();
        while let Some((_, start)) = scanner.next() {
            pieces.push(&text[start..scanner.at()]);
        }
        pieces
    }

    #[test]
    fn strings_and_comments_hide_brackets() {
        assert_eq!(pieces(r##"a("{", r#"}"}"#, b'{', '"', '\'') // }"##).len(), 12);
        assert_eq!(pieces("a /* { /* } */ { */ b"), ["a", "b"]);
        assert_eq!(pieces("'a: r#fn 'é' \"é\\\"\""), ["'a", ":", "r#fn", "'é'", "\"é\\\"\""]);
    }

    #[test]
    fn what_does_not_end_ends_with_the_text() {
        assert_eq!(pieces("a \"b"), ["a", "\"b"]);
        assert_eq!(pieces("a /* b"), ["a"]);
        assert_eq!(pieces("r##\"b\"#"), ["r##\"b\"#"]);
        assert_eq!(pieces("\"\\"), ["\"\\"]);
    }
}
