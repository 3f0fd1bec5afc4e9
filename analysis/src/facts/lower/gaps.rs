//! The comments of a file: exactly the gaps between its tokens, so that no second lexer can disagree with the first. Doc comments
//! are tokens.

use proc_macro2::{TokenStream, TokenTree};

use super::Lower;
use crate::facts::comments;
use crate::span::{LineIndex, Span};

impl Lower<'_> {
    /// Reads the directives among the comments of the tokens at hand. Files without one pay for a search only.
    pub(super) fn directives(&mut self, tokens: &TokenStream) {
        let lexed = self.positions.lexed();
        if memchr::memmem::find(lexed.as_bytes(), comments::MARKER.as_bytes()).is_none() {
            return;
        }
        let mut gaps =
            Gaps { lower: self, at: self.positions.whole().start, found: Vec::new(), docs: Vec::new() };
        gaps.walk(tokens.clone());
        gaps.up_to(self.positions.whole().end);
        let (found, docs) = (gaps.found, gaps.docs);
        let lines = LineIndex::new(self.text);
        for comment in found {
            self.facts.directives.extend(comments::parse(self.text, &lines, comment));
        }
        for comment in docs {
            self.facts.directives.extend(comments::in_documentation(self.text, &lines, comment));
        }
    }
}

/// A walk over all tokens in order.
struct Gaps<'l, 'a> {
    lower: &'l Lower<'a>,
    /// Where the last token ended.
    at: u32,
    /// The comments that may hold a directive.
    found: Vec<Span>,
    /// The same among doc comments.
    docs: Vec<Span>,
}

impl Gaps<'_, '_> {
    fn walk(&mut self, tokens: TokenStream) {
        for token in tokens {
            let span = self.lower.positions.span(token.span());
            self.up_to(span.start);
            if matches!(&token, TokenTree::Punct(it) if it.as_char() == '#') {
                self.document(span);
            }
            if let TokenTree::Group(group) = &token {
                self.at = self.at.max(span.start + 1);
                self.walk(group.stream());
                self.up_to(span.end.saturating_sub(1));
            }
            self.at = self.at.max(span.end);
        }
    }

    /// The `#` of an attribute, which is the whole comment where one was written.
    fn document(&mut self, span: Span) {
        let written = span.text(self.lower.text);
        if comments::is_documentation(written) && written.contains(comments::MARKER) {
            self.docs.push(span);
        }
    }

    fn up_to(&mut self, end: u32) {
        let gap = Span::new(self.at.min(end), end);
        if gap.text(self.lower.text).contains(comments::MARKER) {
            self.found.extend(comments::in_gap(self.lower.text, gap));
        }
    }
}
