//! The arms of `select!`: tokio's, the futures crate's and crossbeam's.

use syn::parse::ParseStream;
use syn::{Expr, Ident, Pat, Token, token};

/// One arm as parsed.
pub(super) struct Arm {
    /// `None` for `else`, `default` and `complete`.
    pub(super) pat: Option<Pat>,
    pub(super) future: Option<Expr>,
    pub(super) guard: Option<Expr>,
    pub(super) handler: Expr,
}

/// Parses all arms, after an optional `biased;`.
pub(super) fn arms(input: ParseStream<'_>) -> syn::Result<Vec<Arm>> {
    if input.peek(Ident) && input.peek2(Token![;]) {
        input.parse::<Ident>()?;
        input.parse::<Token![;]>()?;
    }
    let mut arms = Vec::new();
    while !input.is_empty() {
        arms.push(arm(input)?);
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(arms)
}

fn arm(input: ParseStream<'_>) -> syn::Result<Arm> {
    if input.peek(Token![else]) || input.peek(Ident) && input.peek2(Token![=>]) {
        input.parse::<proc_macro2::TokenTree>()?;
        return handled(input, None, None, None);
    }
    if input.peek(Ident) && input.peek2(token::Paren) && input.peek3(Token![=>]) {
        input.parse::<Ident>()?;
        let timeout: Expr = input.parse()?;
        return handled(input, None, Some(timeout), None);
    }
    if input.peek(Ident) && input.peek2(token::Paren) && input.peek3(Token![->]) {
        return channel_arm(input);
    }
    future_arm(input)
}

/// crossbeam's `recv(r) -> msg => ..`.
fn channel_arm(input: ParseStream<'_>) -> syn::Result<Arm> {
    let operation = input.parse()?;
    input.parse::<Token![->]>()?;
    let pat = Pat::parse_single(input)?;
    handled(input, Some(pat), Some(operation), None)
}

/// `pattern = future, if condition => ..`.
fn future_arm(input: ParseStream<'_>) -> syn::Result<Arm> {
    let pat = Pat::parse_multi_with_leading_vert(input)?;
    input.parse::<Token![=]>()?;
    let future = input.parse()?;
    let guard = match input.parse::<Option<Token![,]>>()? {
        Some(_) => {
            input.parse::<Token![if]>()?;
            Some(input.parse()?)
        }
        None => None,
    };
    handled(input, Some(pat), Some(future), guard)
}

fn handled(
    input: ParseStream<'_>,
    pat: Option<Pat>,
    future: Option<Expr>,
    guard: Option<Expr>,
) -> syn::Result<Arm> {
    input.parse::<Token![=>]>()?;
    let handler = Expr::parse_with_earlier_boundary_rule(input)?;
    Ok(Arm { pat, future, guard, handler })
}
