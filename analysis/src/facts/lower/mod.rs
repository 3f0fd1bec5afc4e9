//! Lowering: from the text of a file to its [`FileFacts`].
//!
//! In: text. Out: facts. The stages: skip what is not Rust at the top ([`prelude`]), bound the nesting ([`super::depth`]),
//! lex and parse, walk the tree once, and where the parser gives up, recover item by item ([`recover`], [`chunks`]).

mod arguments;
mod attrs;
mod blocks;
mod cfg_if;
mod chunks;
mod control;
mod data;
mod expand;
mod exprs;
mod gaps;
mod generics;
mod item_macros;
mod items;
mod legacy;
mod macros;
mod matcher;
mod members;
mod pats;
mod positions;
mod prelude;
mod recover;
mod rules;
mod select;
#[cfg(test)]
mod tests;
mod transcribe;
mod types;
mod uses;

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::TokenStream;

use super::depth::{self, Stack};
use super::{
    Body, BodyId, Edition, Expr, ExprId, FileFacts, MAX_WALKED_DEPTH, PackedBody, Pat, PatId, Problem,
};
use crate::span::Span;
use positions::Positions;

/// Files above this are not read: positions are 32 bits wide.
const MAX_BYTES: usize = 1 << 30;

/// Lowers one file. Never fails and never panics: what cannot be read is among the problems.
///
/// It parses on the calling thread, or on one with a larger stack where the nesting asks for it, and ends by
/// invalidating proc-macro2's spans of that thread. No other syn tree may be alive on it.
///
/// The edition is part of the contract and not consulted yet: syn reads all editions alike.
pub fn lower(text: &str, _edition: Edition) -> FileFacts {
    if text.len() > MAX_BYTES {
        return unread(text, "file too large");
    }
    match depth::stack_for(&text[prelude::len(text)..]) {
        Stack::Current => guarded(text),
        Stack::Bytes(bytes) => on_thread(text, bytes),
        Stack::TooDeep => unread(text, "nesting too deep"),
    }
}

fn on_thread(text: &str, bytes: usize) -> FileFacts {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(bytes).spawn_scoped(scope, || guarded(text));
        let Ok(thread) = thread else { return unread(text, "no stack for this nesting") };
        thread.join().unwrap_or_else(|_| unread(text, "the parser panicked"))
    })
}

/// A last resort: syn does not panic on any input known to us.
fn guarded(text: &str) -> FileFacts {
    let facts = catch_unwind(AssertUnwindSafe(|| Lower::file(text)));
    proc_macro2::extra::invalidate_current_thread_spans();
    facts.unwrap_or_else(|_| unread(text, "the parser panicked"))
}

fn unread(text: &str, message: &str) -> FileFacts {
    let span = Span::new(0, text.len().try_into().unwrap_or(u32::MAX));
    FileFacts { problems: vec![Problem { span, message: message.to_owned() }], ..FileFacts::default() }
}

/// The state of lowering one file.
struct Lower<'a> {
    /// The whole text of the file.
    text: &'a str,
    /// Where the tokens at hand stand.
    positions: Positions<'a>,
    /// What was lowered so far.
    facts: FileFacts,
    /// The body at hand.
    body: BodyBuilder,
    /// How many types are open.
    type_depth: u32,
    /// How many macro calls are open.
    macro_depth: u32,
    /// The macro rules that are expanded where they are called.
    expansions: expand::Expansions,
}

impl<'a> Lower<'a> {
    fn file(text: &'a str) -> FileFacts {
        let start = prelude::len(text);
        let mut lower = Lower {
            text,
            positions: Positions::new(&text[start..], start as u32),
            facts: FileFacts::default(),
            body: BodyBuilder::default(),
            type_depth: 0,
            macro_depth: 0,
            expansions: expand::Expansions::default(),
        };
        match text[start..].parse::<TokenStream>() {
            Ok(tokens) => lower.lexed(tokens),
            Err(_) => lower.chunks(start),
        }
        // They live as long as the run.
        lower.facts.items.shrink_to_fit();
        lower.facts.bodies.shrink_to_fit();
        lower.facts
    }

    /// Lowers a file, or a part of one, that lexed.
    fn lexed(&mut self, tokens: TokenStream) {
        self.directives(&tokens);
        let retry = self.positions.lexed();
        match syn::parse2::<syn::File>(tokens) {
            Ok(file) => {
                self.facts.attrs = self.attrs(&file.attrs);
                self.facts.roots = self.items(&file.items);
            }
            Err(_) => self.recover(retry.parse().unwrap_or_default()),
        }
    }

    /// Lowers a body of its own; the one at hand is set aside meanwhile.
    fn in_body(&mut self, lower: impl FnOnce(&mut Self) -> (Vec<PatId>, ExprId)) -> BodyId {
        let outer = std::mem::take(&mut self.body);
        let (params, root) = lower(self);
        let inner = std::mem::replace(&mut self.body, outer).finish(params, root);
        if inner.max_depth > MAX_WALKED_DEPTH {
            let message = "nested too deeply: this body is not analysed".to_owned();
            self.facts.problems.push(Problem { span: inner.expr(root).span, message });
        }
        self.facts.bodies.push(PackedBody::new(&inner));
        BodyId(self.facts.bodies.len() as u32 - 1)
    }

    /// Lowers an initialiser as a body.
    fn initialiser(&mut self, init: &syn::Expr) -> BodyId {
        self.in_body(|lower| (Vec::new(), lower.expr(init)))
    }

    /// Lowers what a macro's tokens parsed as.
    fn deeper<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> T {
        self.macro_depth += 1;
        let lowered = lower(self);
        self.macro_depth -= 1;
        lowered
    }
}

/// A body that grows.
#[derive(Default)]
struct BodyBuilder {
    exprs: Vec<Expr>,
    pats: Vec<Pat>,
    depth: u32,
    max_depth: u32,
}

impl BodyBuilder {
    fn enter(&mut self) {
        self.depth += 1;
        self.max_depth = self.max_depth.max(self.depth);
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    fn finish(self, params: Vec<PatId>, root: ExprId) -> Body {
        let BodyBuilder { exprs, pats, max_depth, .. } = self;
        Body { params, root, exprs, pats, max_depth }
    }
}
