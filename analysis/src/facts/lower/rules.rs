//! `macro_rules!`: the parameters of each rule, and its body where it parses once `$x` is read as an identifier, which keeps its `$`.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Block, Expr, Stmt};

use super::Lower;
use super::expand::groups;
use crate::facts::{BlockKind, BodyId, MacroRule};
use crate::name::Name;

/// A parsed transcriber.
pub(super) enum Transcriber {
    Expr(Box<Expr>),
    Stmts(Vec<Stmt>),
}

impl Lower<'_> {
    /// Lowers the rules: `(matcher) => {transcriber}`, separated by semicolons.
    pub(super) fn macro_rules(&mut self, tokens: TokenStream) -> Vec<MacroRule> {
        groups(tokens).chunks_exact(2).map(|pair| self.rule(&pair[0], &pair[1])).collect()
    }

    fn rule(&mut self, matcher: &Group, transcriber: &Group) -> MacroRule {
        let mut params = Vec::new();
        let simple = self.params(matcher.stream(), &mut params);
        let leaves = leaves(transcriber.stream());
        MacroRule { params, simple, body: self.transcriber(transcriber), leaves }
    }

    /// Collects the parameters and tells whether they are a plain list.
    fn params(&self, matcher: TokenStream, out: &mut Vec<(Name, Name)>) -> bool {
        let tokens: Vec<TokenTree> = matcher.into_iter().collect();
        let (mut rest, mut simple, mut expected) = (tokens.as_slice(), true, true);
        loop {
            rest = match rest {
                [] => return simple,
                [
                    TokenTree::Punct(dollar),
                    TokenTree::Ident(name),
                    TokenTree::Punct(colon),
                    TokenTree::Ident(fragment),
                    rest @ ..,
                ] if dollar.as_char() == '$' && colon.as_char() == ':' => {
                    out.push((self.positions.ident(name).0, self.positions.ident(fragment).0));
                    simple &= std::mem::take(&mut expected);
                    rest
                }
                [TokenTree::Punct(dollar), TokenTree::Group(group), tail @ ..] if dollar.as_char() == '$' => {
                    simple &= is_trailing_comma(group, tail);
                    tail
                }
                [TokenTree::Punct(comma), rest @ ..] if comma.as_char() == ',' => {
                    simple &= !std::mem::replace(&mut expected, true);
                    rest
                }
                [TokenTree::Punct(optional)] if optional.as_char() == '?' => &[],
                [TokenTree::Group(group), rest @ ..] => {
                    self.params(group.stream(), out);
                    simple = false;
                    rest
                }
                [_, rest @ ..] => {
                    simple = false;
                    rest
                }
            };
        }
    }

    fn transcriber(&mut self, group: &Group) -> Option<BodyId> {
        let tokens = substitute(group.stream())?;
        let parsed = transcriber.parse2(tokens).ok()?;
        let span = self.positions.delimited(&group.delim_span());
        self.deeper(|lower| {
            Some(lower.in_body(|lower| match &parsed {
                Transcriber::Expr(expr) => (Vec::new(), lower.expr(expr)),
                Transcriber::Stmts(stmts) => (Vec::new(), lower.block(span, BlockKind::Plain, None, stmts)),
            }))
        })
    }
}

/// Whether code starts with `return`, perhaps in braces of its own.
fn leaves(code: TokenStream) -> bool {
    match code.into_iter().next() {
        Some(TokenTree::Ident(first)) => first == "return",
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(first)) if first == "return")
        }
        _ => false,
    }
}

/// Whether `$(..)` with what follows is the `$(,)?` at the end of a list.
fn is_trailing_comma(group: &Group, rest: &[TokenTree]) -> bool {
    let mut inside = group.stream().into_iter();
    let comma = matches!(inside.next(), Some(TokenTree::Punct(comma)) if comma.as_char() == ',');
    let last = matches!(rest, [TokenTree::Punct(optional)] if matches!(optional.as_char(), '?' | '*'));
    comma && inside.next().is_none() && last
}

/// Replaces each `$x` by `x`; `None` where the transcriber repeats something.
fn substitute(tokens: TokenStream) -> Option<TokenStream> {
    let mut out = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(dollar) if dollar.as_char() == '$' => match tokens.next()? {
                TokenTree::Ident(ident) => out.push(TokenTree::Ident(ident)),
                TokenTree::Group(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => return None,
            },
            TokenTree::Group(group) => out.push(TokenTree::Group(substitute_group(&group)?)),
            token => out.push(token),
        }
    }
    Some(out.into_iter().collect())
}

fn substitute_group(group: &Group) -> Option<Group> {
    let mut replaced = Group::new(group.delimiter(), substitute(group.stream())?);
    replaced.set_span(group.span());
    Some(replaced)
}

pub(super) fn transcriber(input: ParseStream<'_>) -> syn::Result<Transcriber> {
    let ahead = input.fork();
    match ahead.parse::<Expr>() {
        Ok(expr) if ahead.is_empty() => {
            input.advance_to(&ahead);
            Ok(Transcriber::Expr(Box::new(expr)))
        }
        _ => input.call(Block::parse_within).map(Transcriber::Stmts),
    }
}
