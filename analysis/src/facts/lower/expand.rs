//! Macro rules that are expanded where the same file calls them: those that take locks and are no plain list of parameters.
//!
//! In: the rules of a file as they are met, then a call. Out: the tokens that the call stands for. Each token stands where it is
//! written, in the rule or in the call; what is made of both stands in the rule.

use std::rc::Rc;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::parse::Parser as _;
use syn::{Block, Expr, ImplItem, Item, Stmt};

use super::rules::{Transcriber, transcriber};
use super::{Lower, matcher, transcribe};
use crate::facts::{BlockKind, ExprId, ItemId, MacroRule, Stmt as LoweredStmt};
use crate::name::Name;
use crate::span::Span;

/// Rules are expanded into each other down to here.
const MAX_DEPTH: usize = 8;

/// How many tokens the expansions of a file may have.
const MAX_TOKENS: usize = 60_000;

/// What the rules worth expanding name: locks, maps and cells are taken by these.
const TAKES: [&str; 8] = ["lock", "read", "write", "borrow", "borrow_mut", "entry", "get_mut", "with"];

/// A rule of the file at hand.
#[derive(Clone)]
pub(super) struct Rule {
    matcher: TokenStream,
    transcriber: Group,
    /// Its calls are walked with the rule's own body.
    is_inlined: bool,
}

/// Where the tokens of an expansion come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    rule: Span,
    call: Span,
}

/// The expansions of a file so far.
#[derive(Default)]
pub(super) struct Expansions {
    rules: Vec<(Name, Rc<[Rule]>)>,
    /// How many tokens were written.
    tokens: usize,
    /// Of the expansions at hand, the innermost last.
    origins: Vec<Origin>,
}

impl Expansions {
    /// A span that is made of tokens of several places stands at its last token, or first, that is in the rule.
    pub(super) fn settle(&self, span: Span, text: &str) -> Span {
        let Some(inner) = self.origins.last() else { return span };
        let are_at = |it: &Origin| it.rule.contains(span) || it.call.contains(span);
        if self.origins.iter().any(are_at) {
            return span;
        }
        let is_inside = |at: u32| inner.rule.start < at && at < inner.rule.end;
        let len = |it: Option<char>| it.map_or(0, char::len_utf8) as u32;
        let last = || len(text.get(..span.end as usize).and_then(|it| it.chars().next_back()));
        let first = || len(text.get(span.start as usize..).and_then(|it| it.chars().next()));
        match is_inside(span.end) {
            true => Span::new(span.end - last(), span.end),
            false if is_inside(span.start) => Span::new(span.start, span.start + first()),
            false => inner.call,
        }
    }
}

impl Lower<'_> {
    /// Remembers rules for the calls behind them; of two macros of one name the last one counts.
    pub(super) fn remember(&mut self, name: &Name, tokens: TokenStream, lowered: &[MacroRule]) {
        let pairs = groups(tokens);
        let rules = pairs.chunks_exact(2).zip(lowered).map(|(pair, lowered)| Rule {
            matcher: pair[0].stream(),
            transcriber: pair[1].clone(),
            is_inlined: lowered.simple && lowered.body.is_some() && !starts_with_let(&pair[1]),
        });
        let rules: Rc<[Rule]> = rules.collect();
        self.expansions.rules.retain(|(it, _)| it != name);
        if rules.iter().any(|it| takes_something(it.transcriber.stream())) {
            self.expansions.rules.push((name.clone(), rules));
        }
    }

    /// The expression that a call stands for.
    pub(super) fn expanded_expr(&mut self, mac: &syn::Macro) -> Option<ExprId> {
        let (tokens, origin) = self.expansion(mac)?;
        let parsed = transcriber.parse2(tokens).ok()?;
        Some(self.within(origin, |lower| match &parsed {
            Transcriber::Expr(expr) => lower.expr(expr),
            Transcriber::Stmts(stmts) => lower.block(origin.rule, BlockKind::Plain, None, stmts),
        }))
    }

    /// The statements that a call in statement position stands for: what they bind lives on behind it.
    pub(super) fn expanded_stmts(&mut self, mac: &syn::Macro, out: &mut Vec<LoweredStmt>) -> Option<()> {
        let (tokens, origin) = self.expansion(mac)?;
        let stmts: Vec<Stmt> = Block::parse_within.parse2(tokens).ok()?;
        // A tail has its semicolon behind the call.
        if matches!(stmts.last(), Some(Stmt::Expr(Expr::Block(_), None))) || !has_tail(&stmts) {
            self.within(origin, |lower| stmts.iter().for_each(|it| lower.stmt(it, out)));
            return Some(());
        }
        None
    }

    /// The items that a call among items stands for.
    pub(super) fn expanded_items(&mut self, mac: &syn::Macro) -> Option<Vec<ItemId>> {
        let (tokens, origin) = self.expansion(mac)?;
        let items: Vec<Item> = super::item_macros::all_items.parse2(tokens).ok()?;
        Some(self.within(origin, |lower| lower.items(&items)))
    }

    /// The members that a call in an impl stands for.
    pub(super) fn expanded_members(&mut self, mac: &syn::Macro) -> Option<Vec<ItemId>> {
        let (tokens, origin) = self.expansion(mac)?;
        let members = |input: syn::parse::ParseStream<'_>| {
            let mut members: Vec<ImplItem> = Vec::new();
            while !input.is_empty() {
                members.push(input.parse()?);
            }
            Ok(members)
        };
        let members = members.parse2(tokens).ok()?;
        Some(self.within(origin, |lower| members.iter().map(|it| lower.impl_member(it)).collect()))
    }

    /// The tokens that a call stands for, where its rule is not inlined anyway.
    fn expansion(&mut self, mac: &syn::Macro) -> Option<(TokenStream, Origin)> {
        if self.expansions.rules.is_empty() || self.expansions.origins.len() >= MAX_DEPTH {
            return None;
        }
        let last = &mac.path.segments.last()?.ident;
        let (_, rules) = self.expansions.rules.iter().find(|(name, _)| last == name.as_str())?;
        let rules = rules.clone();
        let call: Vec<TokenTree> = mac.tokens.clone().into_iter().collect();
        let mut fitting = rules.iter().map(|it| (it, matcher::matches(it.matcher.clone(), &call)));
        let (rule, bindings) = fitting.find_map(|(rule, it)| Some((rule, it?)))?;
        if rule.is_inlined {
            return None;
        }
        let mut fuel = MAX_TOKENS - self.expansions.tokens;
        let tokens = transcribe::transcribe(rule.transcriber.stream(), &bindings, &mut fuel)?;
        self.expansions.tokens = MAX_TOKENS - fuel;
        let rule = self.positions.delimited(&rule.transcriber.delim_span());
        let call = self.positions.delimited(mac.delimiter.span());
        Some((tokens, Origin { rule, call }))
    }

    /// Lowers what an expansion parsed as.
    fn within<T>(&mut self, origin: Origin, lower: impl FnOnce(&mut Self) -> T) -> T {
        self.expansions.origins.push(origin);
        let were_mixed = std::mem::replace(&mut self.positions.are_mixed, true);
        let lowered = self.deeper(lower);
        self.positions.are_mixed = were_mixed;
        self.expansions.origins.pop();
        lowered
    }
}

/// The matchers and transcribers of a macro, in turn.
pub(super) fn groups(tokens: TokenStream) -> Vec<Group> {
    let group = |token| match token {
        TokenTree::Group(group) => Some(group),
        TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    };
    tokens.into_iter().filter_map(group).collect()
}

/// Whether code calls something that may take a lock, a map or a cell.
fn takes_something(code: TokenStream) -> bool {
    code.into_iter().any(|token| match token {
        TokenTree::Ident(name) => TAKES.iter().any(|it| name == it),
        TokenTree::Group(group) => takes_something(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Whether a transcriber binds names for the code behind the call.
fn starts_with_let(transcriber: &Group) -> bool {
    let mut tokens = transcriber.stream().into_iter();
    matches!(tokens.next(), Some(TokenTree::Ident(first)) if first == "let")
        && transcriber.delimiter() != Delimiter::None
}

fn has_tail(stmts: &[Stmt]) -> bool {
    matches!(stmts.last(), Some(Stmt::Expr(_, None)))
}
