//! The grammars that the tokens of a macro call are tried against.

use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, LitStr, Pat, Stmt, Token, braced, bracketed, token};

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
///
/// `text` is the call. Without a semicolon or braces it holds no statements, and an attempt at them is saved.
pub(super) fn parse(mac: &syn::Macro, text: &str) -> Parsed {
    let name = mac.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    let statements = text.contains(';') || matches!(mac.delimiter, syn::MacroDelimiter::Brace(_));
    let plain = || match statements {
        true => body(mac, exprs_or_stmts),
        false => body(mac, exprs).map(Parsed::Exprs),
    };
    let parsed = match name.as_str() {
        "matches" | "assert_matches" | "debug_assert_matches" => body(mac, matches),
        "select" | "select_biased" => body(mac, select::arms).map(Parsed::Select),
        "cfg_if" | "cfg_select" => body(mac, cfg_if::branches).map(Parsed::Branches),
        "json" => body(mac, json).map(Parsed::Exprs),
        name if NOT_RUN.contains(&name) => return Parsed::Opaque,
        name if name.ends_with("vec") && text.contains(';') => body(mac, repeat),
        name if name.ends_with("map") && text.contains("=>") => body(mac, pairs).map(Parsed::Exprs),
        _ => return plain().unwrap_or(Parsed::Opaque),
    };
    parsed.or_else(|_| plain()).unwrap_or(Parsed::Opaque)
}

fn body<F: Parser>(mac: &syn::Macro, parser: F) -> syn::Result<F::Output> {
    mac.parse_body_with(parser)
}

fn exprs_or_stmts(input: ParseStream<'_>) -> syn::Result<Parsed> {
    let ahead = input.fork();
    if let Ok(exprs) = exprs(&ahead) {
        input.advance_to(&ahead);
        return Ok(Parsed::Exprs(exprs));
    }
    input.call(syn::Block::parse_within).map(Parsed::Stmts)
}

/// `a, name = b, %c, { name = d },`.
fn exprs(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    let mut found = Vec::new();
    while !input.is_empty() {
        match fields(input) {
            Some(fields) => found.extend(fields),
            None => found.push(argument(input)?),
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(found)
}

/// tracing's `{ a = b, %c }` before a message.
fn fields(input: ParseStream<'_>) -> Option<Vec<Expr>> {
    if !input.peek(token::Brace) || !input.peek2(Token![,]) {
        return None;
    }
    let ahead = input.fork();
    let braced = |input: ParseStream<'_>| {
        let content;
        braced!(content in input);
        exprs(&content)
    };
    let fields = braced(&ahead).ok()?;
    input.advance_to(&ahead);
    Some(fields)
}

/// `key => value, ..`.
fn pairs(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    let mut found = Vec::new();
    while !input.is_empty() {
        found.push(input.parse()?);
        input.parse::<Token![=>]>()?;
        found.push(input.parse()?);
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(found)
}

/// The expressions within a JSON value, in order; keys that are literals are left out.
fn json(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    let mut found = Vec::new();
    json_value(input, &mut found)?;
    Ok(found)
}

fn json_value(input: ParseStream<'_>, found: &mut Vec<Expr>) -> syn::Result<()> {
    if input.peek(token::Brace) {
        let content;
        braced!(content in input);
        return json_members(&content, found);
    }
    if input.peek(token::Bracket) {
        let content;
        bracketed!(content in input);
        while !content.is_empty() {
            json_value(&content, found)?;
            content.parse::<Option<Token![,]>>()?;
        }
        return Ok(());
    }
    found.push(input.parse()?);
    Ok(())
}

fn json_members(input: ParseStream<'_>, found: &mut Vec<Expr>) -> syn::Result<()> {
    while !input.is_empty() {
        match input.parse::<Option<LitStr>>()? {
            Some(_) => {}
            None => found.push(input.parse()?),
        }
        input.parse::<Token![:]>()?;
        json_value(input, found)?;
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(())
}

/// One argument without its name (`name = a`, `target: a`, `user.id = a`) and without tracing's `%` or `?`
/// or insta's `@`.
fn argument(input: ParseStream<'_>) -> syn::Result<Expr> {
    skip_name(input)?;
    if input.peek(Token![%]) {
        input.parse::<Token![%]>()?;
    } else if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
    } else if input.peek(Token![@]) {
        input.parse::<Token![@]>()?;
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
