//! `cfg_if! { if #[cfg(a)] { .. } else if #[cfg(b)] { .. } else { .. } }`, and std's `cfg_select! { a => { .. } _ => { .. } }`.

use proc_macro2::TokenStream;
use proc_macro2::extra::DelimSpan;
use syn::parse::ParseStream;
use syn::{Token, braced, bracketed, parenthesized};

use super::attrs::{cfg, cfg_of};
use crate::facts::Cfg;

/// One branch.
pub(super) struct Branch {
    /// What must hold: its own predicate, and that of no branch before it.
    pub(super) cfg: Vec<Cfg>,
    pub(super) braces: DelimSpan,
    pub(super) tokens: TokenStream,
}

/// Whether a macro of this name chooses between branches.
pub(super) fn is_choice(name: &syn::Ident) -> bool {
    name == "cfg_if" || name == "cfg_select"
}

/// Parses all branches of either macro.
pub(super) fn branches(input: ParseStream<'_>) -> syn::Result<Vec<Branch>> {
    let (mut branches, mut before) = (Vec::new(), Vec::new());
    let read = if input.peek(Token![if]) { condition } else { selector };
    while !input.is_empty() {
        let own = read(input)?;
        let (braces, tokens) = block(input)?;
        let others = (!before.is_empty()).then(|| Cfg::Not(Box::new(Cfg::Any(before.clone()))));
        branches.push(Branch { cfg: own.iter().cloned().chain(others).collect(), braces, tokens });
        before.extend(own);
        input.parse::<Option<Token![else]>>()?;
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(branches)
}

/// `if #[cfg(..)]`, or nothing after the last `else`.
fn condition(input: ParseStream<'_>) -> syn::Result<Option<Cfg>> {
    match input.parse::<Option<Token![if]>>()? {
        Some(_) => predicate(input).map(Some),
        None => Ok(None),
    }
}

/// `predicate =>`, or `_ =>`.
fn selector(input: ParseStream<'_>) -> syn::Result<Option<Cfg>> {
    let own = match input.parse::<Option<Token![_]>>()? {
        Some(_) => None,
        None => Some(cfg(&input.parse()?, 0)),
    };
    input.parse::<Token![=>]>()?;
    Ok(own)
}

/// `#[cfg(..)]`.
fn predicate(input: ParseStream<'_>) -> syn::Result<Cfg> {
    input.parse::<Token![#]>()?;
    let (attribute, tokens);
    bracketed!(attribute in input);
    attribute.parse::<syn::Ident>()?;
    parenthesized!(tokens in attribute);
    Ok(cfg_of(tokens.parse()?))
}

fn block(input: ParseStream<'_>) -> syn::Result<(DelimSpan, TokenStream)> {
    let content;
    let braces = braced!(content in input);
    Ok((braces.span, content.parse()?))
}
