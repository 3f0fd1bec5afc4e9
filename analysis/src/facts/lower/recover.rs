//! Recovery where a file lexes and does not parse: item by item, and inside of modules, impls and traits.
//!
//! An item that does not parse may be written as older compilers wanted it ([`super::legacy`]). A broken one ends at the
//! next `;` or closing brace at its own depth, or where a line at its own column starts
//! another item.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Attribute, ImplItem, Item, Token, TraitItem, token};

use super::Lower;
use super::legacy::modernised;
use crate::facts::{ItemId, Problem};
use crate::span::Span;

/// Modules, impls and traits are looked into down to here: each level parses its content once more.
const MAX_DEPTH: u32 = 16;

/// One item of a file that does not parse as a whole.
enum Part<T> {
    Good(T),
    Broken(Vec<TokenTree>, syn::Error),
}

impl Lower<'_> {
    /// Lowers what parses of a part of a file.
    pub(super) fn recover(&mut self, tokens: TokenStream) {
        let (attrs, parts) = parts::<Item>(tokens);
        if self.facts.attrs == crate::facts::Attrs::default() {
            self.facts.attrs = self.attrs(&attrs);
        }
        let items = self.recover_items(parts);
        self.facts.roots.extend(items);
    }

    fn recover_items(&mut self, parts: Vec<Part<Item>>) -> Vec<ItemId> {
        parts.into_iter().flat_map(|part| self.recover_item(part)).collect()
    }

    fn recover_item(&mut self, part: Part<Item>) -> Vec<ItemId> {
        let (tokens, error) = match part {
            Part::Good(item) => return self.item(&item),
            Part::Broken(tokens, error) => (tokens, error),
        };
        let inside = header::<Item>(&tokens).and_then(|(header, body)| self.recover_inside(&header, body));
        match inside {
            Some(id) => vec![id],
            None => self.broken(&tokens, &error, Self::item_header).into_iter().collect(),
        }
    }

    /// Lowers a module, impl or trait with those of its items that parse.
    fn recover_inside(&mut self, header: &Item, body: TokenStream) -> Option<ItemId> {
        if self.macro_depth >= MAX_DEPTH {
            return None;
        }
        self.deeper(|lower| match header {
            Item::Mod(header) => {
                let (_, parts) = parts::<Item>(body);
                let items = lower.recover_items(parts);
                Some(lower.put_mod(header, Some(items)))
            }
            Item::Impl(header) => {
                let items = lower.recover_members(body, Self::impl_member, Self::impl_header);
                Some(lower.put_impl(header, items))
            }
            Item::Trait(header) => {
                let items = lower.recover_members(body, Self::trait_member, Self::trait_header);
                Some(lower.put_trait(header, items))
            }
            _ => None,
        })
    }

    fn recover_members<T: Parse>(
        &mut self,
        body: TokenStream,
        lower: fn(&mut Self, &T) -> ItemId,
        head: fn(&mut Self, &T) -> Option<ItemId>,
    ) -> Vec<ItemId> {
        let mut items = Vec::new();
        for part in parts::<T>(body).1 {
            match part {
                Part::Good(member) => items.push(lower(self, &member)),
                Part::Broken(tokens, error) => items.extend(self.broken(&tokens, &error, head)),
            }
        }
        items
    }

    /// A function whose body does not parse is still known by its signature.
    fn item_header(&mut self, header: &Item) -> Option<ItemId> {
        let Item::Fn(header) = header else { return None };
        Some(self.put_fn(header, None))
    }

    fn impl_header(&mut self, header: &ImplItem) -> Option<ItemId> {
        let ImplItem::Fn(header) = header else { return None };
        Some(self.put_impl_fn(header, None))
    }

    fn trait_header(&mut self, header: &TraitItem) -> Option<ItemId> {
        let TraitItem::Fn(header) = header else { return None };
        Some(self.put_trait_fn(header, None))
    }

    /// Reports a broken part, and lowers what `head` can make of its head.
    fn broken<T: Parse>(
        &mut self,
        tokens: &[TokenTree],
        error: &syn::Error,
        head: fn(&mut Self, &T) -> Option<ItemId>,
    ) -> Option<ItemId> {
        let (first, last) = (tokens.first()?, tokens.last()?);
        let span = self.positions.span(first.span()).to(self.positions.span(last.span()));
        let at = self.positions.start(error.span());
        let line = self.line(at);
        let message = message(&error.to_string());
        match line > self.line(span.start) {
            true => self.problem(span, format!("{message} (line {line})")),
            false => self.problem(span, message),
        }
        header::<T>(tokens).and_then(|(header, _)| head(self, &header))
    }

    /// The 1-based line of a byte of the file.
    pub(super) fn line(&self, at: u32) -> usize {
        1 + self.text.as_bytes()[..at as usize].iter().filter(|byte| **byte == b'\n').count()
    }

    /// Reports a part that was not analysed.
    pub(super) fn problem(&mut self, span: Span, message: String) {
        self.facts.problems.push(Problem { span, message });
    }
}

/// syn's message as a lowercase fragment.
fn message(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if !chars.as_str().starts_with(|c: char| c.is_uppercase()) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

/// Inner attributes, then the parts. They leave the parser through a variable: syn would turn the whole result into
/// an error where an item leaves tokens of a group unread.
fn parts<T: Parse>(tokens: TokenStream) -> (Vec<Attribute>, Vec<Part<T>>) {
    let (mut attrs, mut parts) = (Vec::new(), Vec::new());
    let read = |input: ParseStream<'_>| {
        let ahead = input.fork();
        if let Ok(inner) = ahead.call(Attribute::parse_inner) {
            attrs = inner;
            input.advance_to(&ahead);
        }
        while !input.is_empty() {
            parts.push(part(input));
        }
        Ok(())
    };
    // Its only error is the one described above.
    drop(read.parse2(tokens));
    (attrs, parts)
}

fn part<T: Parse>(input: ParseStream<'_>) -> Part<T> {
    let ahead = input.fork();
    match ahead.parse() {
        Ok(item) => {
            input.advance_to(&ahead);
            Part::Good(item)
        }
        Err(error) => {
            let tokens = skip(input);
            match syn::parse2(modernised(tokens.iter().cloned().collect())) {
                Ok(item) => Part::Good(item),
                Err(_) => Part::Broken(tokens, error),
            }
        }
    }
}

fn skip(input: ParseStream<'_>) -> Vec<TokenTree> {
    let column = input.span().start().column;
    let mut skipped = Vec::new();
    while input.peek(Token![#]) && input.peek2(token::Bracket) {
        skipped.extend(input.parse::<TokenTree>());
        skipped.extend(input.parse::<TokenTree>());
    }
    while let Ok(token) = input.parse::<TokenTree>() {
        let line = token.span().end().line;
        let ends = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Ident(_) | TokenTree::Literal(_) => false,
        };
        skipped.push(token);
        let next = input.span().start();
        if ends || next.line > line && next.column == column && starts_item(input) {
            break;
        }
    }
    skipped
}

/// Whether the next token can be the first of an item and of little else.
fn starts_item(input: ParseStream<'_>) -> bool {
    input.peek(Token![pub])
        || input.peek(Token![fn])
        || input.peek(Token![struct])
        || input.peek(Token![enum])
        || input.peek(Token![impl])
        || input.peek(Token![trait])
        || input.peek(Token![mod])
        || input.peek(Token![use])
        || input.peek(Token![static])
        || input.peek(Token![const])
        || input.peek(Token![type])
        || input.peek(Token![async])
        || input.peek(Token![#])
}

/// A broken item's head, parsed with an empty body, and the tokens of its body.
fn header<T: Parse>(tokens: &[TokenTree]) -> Option<(T, TokenStream)> {
    let (TokenTree::Group(group), head) = tokens.split_last()? else { return None };
    if group.delimiter() != Delimiter::Brace {
        return None;
    }
    let mut empty = Group::new(Delimiter::Brace, TokenStream::new());
    empty.set_span(group.span());
    let header = head.iter().cloned().chain([TokenTree::Group(empty)]).collect();
    Some((syn::parse2(header).ok()?, group.stream()))
}
