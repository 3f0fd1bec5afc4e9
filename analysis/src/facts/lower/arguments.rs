//! The grammars that the tokens of a macro call are tried against.

use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, LitStr, Pat, Stmt, Token};

use super::{cfg_if, select};

/// What the tokens of a macro call parsed as.
pub(super) enum Parsed {
    Exprs(Vec<Expr>),
    Repeat(Box<Expr>, Box<Expr>),
    Matches(Box<Expr>, Box<Pat>, Option<Box<Expr>>),
    Stmts(Vec<Stmt>),
    Select(Vec<select::Arm>),
    Branches(Vec<cfg_if::Branch>),
    Opaque,
}

/// Macros whose arguments are tokens, not code that runs here.
const NOT_RUN: &[&str] = &[
    "quote",
    "quote_spanned",
    "parse_quote",
    "parse_quote_spanned",
    "stringify",
    "macro_rules",
    "asm",
    "global_asm",
];

/// Parses the arguments of a macro call: a known grammar by the macro's name, else expressions, else statements.
pub(super) fn parse(mac: &syn::Macro) -> Parsed {
    let name = mac.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    let parsed = match name.as_str() {
        "matches" | "assert_matches" | "debug_assert_matches" => body(mac, matches),
        "select" | "select_biased" => body(mac, select::arms).map(Parsed::Select),
        "cfg_if" => body(mac, cfg_if::branches).map(Parsed::Branches),
        name if NOT_RUN.contains(&name) => return Parsed::Opaque,
        name if name.ends_with("vec") => body(mac, repeat),
        _ => return body(mac, plain).unwrap_or(Parsed::Opaque),
    };
    parsed.or_else(|_| body(mac, plain)).unwrap_or(Parsed::Opaque)
}

fn body<F: Parser>(mac: &syn::Macro, parser: F) -> syn::Result<F::Output> {
    mac.parse_body_with(parser)
}

fn plain(input: ParseStream<'_>) -> syn::Result<Parsed> {
    let ahead = input.fork();
    if let Ok(exprs) = exprs(&ahead) {
        input.advance_to(&ahead);
        return Ok(Parsed::Exprs(exprs));
    }
    input.call(syn::Block::parse_within).map(Parsed::Stmts)
}

/// `a, name = b, %c,`.
fn exprs(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    let mut exprs = Vec::new();
    while !input.is_empty() {
        exprs.push(argument(input)?);
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(exprs)
}

/// One argument without its name (`name = a`, `target: a`, `user.id = a`) and without tracing's `%` or `?`.
fn argument(input: ParseStream<'_>) -> syn::Result<Expr> {
    skip_name(input)?;
    if input.peek(Token![%]) {
        input.parse::<Token![%]>()?;
    } else if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
    }
    input.parse()
}

fn skip_name(input: ParseStream<'_>) -> syn::Result<()> {
    let separated = input.peek2(Token![=]) || input.peek2(Token![:]) || input.peek2(Token![.]);
    if !separated || !(input.peek(Ident::peek_any) || input.peek(LitStr)) {
        return Ok(());
    }
    let ahead = input.fork();
    if ahead.parse::<Option<LitStr>>()?.is_none() {
        skip_dotted(&ahead)?;
    }
    let (equals, colon) = (ahead.peek(Token![=]), ahead.peek(Token![:]));
    let longer = ahead.peek(Token![==]) || ahead.peek(Token![=>]) || ahead.peek(Token![::]);
    if (equals || colon) && !longer {
        ahead.parse::<proc_macro2::Punct>()?;
        input.advance_to(&ahead);
    }
    Ok(())
}

fn skip_dotted(input: ParseStream<'_>) -> syn::Result<()> {
    input.call(Ident::parse_any)?;
    while input.peek(Token![.]) && input.peek2(Ident::peek_any) {
        input.parse::<Token![.]>()?;
        input.call(Ident::parse_any)?;
    }
    Ok(())
}

/// `value; len`.
fn repeat(input: ParseStream<'_>) -> syn::Result<Parsed> {
    let value = input.parse()?;
    input.parse::<Token![;]>()?;
    Ok(Parsed::Repeat(value, input.parse()?))
}

/// `a, pattern if condition`; a message after it is left out.
fn matches(input: ParseStream<'_>) -> syn::Result<Parsed> {
    let scrutinee = input.parse()?;
    input.parse::<Token![,]>()?;
    let pat = Box::new(Pat::parse_multi_with_leading_vert(input)?);
    let guard = match input.parse::<Option<Token![if]>>()? {
        Some(_) => Some(input.parse()?),
        None => None,
    };
    input.parse::<proc_macro2::TokenStream>()?;
    Ok(Parsed::Matches(scrutinee, pat, guard))
}
