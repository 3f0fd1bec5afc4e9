//! `cfg_if! { if #[cfg(a)] { .. } else if #[cfg(b)] { .. } else { .. } }`.

use proc_macro2::TokenStream;
use proc_macro2::extra::DelimSpan;
use syn::parse::ParseStream;
use syn::{Token, braced, bracketed, parenthesized};

use super::attrs::cfg_of;
use crate::facts::Cfg;

/// One branch.
pub(super) struct Branch {
    /// What must hold: its own predicate, and that of no branch before it.
    pub(super) cfg: Vec<Cfg>,
    pub(super) braces: DelimSpan,
    pub(super) tokens: TokenStream,
}

/// Parses all branches.
pub(super) fn branches(input: ParseStream<'_>) -> syn::Result<Vec<Branch>> {
    let (mut branches, mut before) = (Vec::new(), Vec::new());
    while !input.is_empty() {
        let own = match input.parse::<Option<Token![if]>>()? {
            Some(_) => Some(predicate(input)?),
            None => None,
        };
        let (braces, tokens) = block(input)?;
        let others = (!before.is_empty()).then(|| Cfg::Not(Box::new(Cfg::Any(before.clone()))));
        branches.push(Branch { cfg: own.iter().cloned().chain(others).collect(), braces, tokens });
        before.extend(own);
        if !input.is_empty() {
            input.parse::<Token![else]>()?;
        }
    }
    Ok(branches)
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
