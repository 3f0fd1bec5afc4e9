//! Recovery where a file does not lex: the text is cut into items by its brackets, and each is read on its own.
//!
//! A cut whose brackets do not match ends where a line starts another item at the first column.

use proc_macro2::TokenStream;

use super::Lower;
use super::expand::Expansions;
use super::positions::Positions;
use crate::facts::scan::{Piece, Scanner};
use crate::span::Span;

/// Every unmatched bracket costs a scan to the end of the file: after so many, the rest is given up.
const MAX_UNMATCHED: usize = 32;

/// What the lines of items start with.
const ITEM_STARTS: &[&str] = &[
    "pub ",
    "pub(",
    "fn ",
    "async ",
    "unsafe ",
    "const ",
    "static ",
    "struct ",
    "enum ",
    "union ",
    "impl ",
    "impl<",
    "trait ",
    "mod ",
    "use ",
    "type ",
    "extern ",
    "macro_rules!",
    "#[",
];

/// A part of the text that is one item, or several where the brackets say so.
struct Chunk {
    start: usize,
    end: usize,
    /// The bracket that has no partner, if there is one.
    unmatched: Option<(u8, usize)>,
}

impl Lower<'_> {
    /// Lowers what can be read of the text from `start` on.
    pub(super) fn chunks(&mut self, start: usize) {
        for chunk in cut(self.text, start) {
            match chunk.unmatched {
                Some((bracket, at)) => self.unmatched(&chunk, bracket, at),
                None => self.chunk(&chunk),
            }
        }
    }

    fn unmatched(&mut self, chunk: &Chunk, bracket: u8, at: usize) {
        let what = if matches!(bracket, b'(' | b'[' | b'{') { "unclosed" } else { "unexpected closing" };
        let span = self.trimmed(chunk);
        let line = self.line(at as u32);
        self.problem(span, format!("{what} `{}` (line {line})", char::from(bracket)));
    }

    fn chunk(&mut self, chunk: &Chunk) {
        let text = self.text;
        let part = &text[chunk.start..chunk.end];
        match part.parse::<TokenStream>() {
            Ok(tokens) => {
                self.positions = Positions::new(part, chunk.start as u32);
                // Tokens of another chunk have no place in this one.
                self.expansions = Expansions::default();
                self.directives(&tokens);
                self.recover(tokens);
            }
            Err(_) => {
                let span = self.trimmed(chunk);
                self.problem(span, "unknown token or unterminated literal".to_owned());
            }
        }
    }

    fn trimmed(&self, chunk: &Chunk) -> Span {
        let part = &self.text[chunk.start..chunk.end];
        let start = chunk.start + (part.len() - part.trim_start().len());
        Span::new(start as u32, (chunk.start + part.trim_end().len()) as u32)
    }
}

/// Cuts the text from `start` on into chunks that cover it.
fn cut(text: &str, start: usize) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = Vec::new();
    let (mut at, mut unmatched) = (start, 0);
    while at < text.len() {
        let mut chunk = next_chunk(text, at);
        if chunk.unmatched.is_some() {
            unmatched += 1;
            chunk.end = match unmatched < MAX_UNMATCHED {
                true => next_item(text, at),
                false => text.len(),
            };
        }
        at = chunk.end;
        chunks.push(chunk);
    }
    chunks
}

/// The text up to the next `;` or closing brace at depth 0, or up to its end.
fn next_chunk(text: &str, start: usize) -> Chunk {
    let mut scanner = Scanner::new(text, start);
    let mut open: Vec<(u8, usize)> = Vec::new();
    while let Some((piece, at)) = scanner.next() {
        match piece {
            Piece::Open(bracket) => open.push((bracket, at)),
            Piece::Close(bracket) if open.pop().map(|(open, _)| open) != Some(opening(bracket)) => {
                return Chunk { start, end: scanner.at(), unmatched: Some((bracket, at)) };
            }
            Piece::Close(b'}') if open.is_empty() => {
                let end = scanner.at();
                let end = if scanner.next().is_some_and(|(piece, _)| piece == Piece::Punct(b';')) {
                    scanner.at()
                } else {
                    end
                };
                return Chunk { start, end, unmatched: None };
            }
            Piece::Punct(b';') if open.is_empty() => {
                return Chunk { start, end: scanner.at(), unmatched: None };
            }
            Piece::Close(_) | Piece::Punct(_) | Piece::Word | Piece::Literal => {}
        }
    }
    Chunk { start, end: text.len(), unmatched: open.first().copied() }
}

fn opening(close: u8) -> u8 {
    match close {
        b')' => b'(',
        b']' => b'[',
        _ => b'{',
    }
}

/// Where the next line starts an item, after the first line of the item at `start`; the comments right above it are its.
fn next_item(text: &str, start: usize) -> usize {
    let first = start + (text[start..].len() - text[start..].trim_start().len());
    let (mut at, mut comments) = (first, None);
    while let Some(newline) = text[at..].find('\n') {
        at += newline + 1;
        if ITEM_STARTS.iter().any(|item| text[at..].starts_with(item)) {
            return comments.unwrap_or(at);
        }
        comments = text[at..].starts_with("//").then_some(comments.unwrap_or(at));
    }
    text.len()
}
