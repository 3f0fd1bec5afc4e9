//! The left side of a macro rule: which tokens of a call its parameters stand for.
//!
//! In: a matcher and the tokens of a call, as trees. Out: what each `$x` is bound to, a list of bindings in a repetition.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser as _};

/// What a parameter stands for.
#[derive(Clone, Debug)]
pub(super) enum Bound {
    /// These tokens.
    Tokens(Vec<TokenTree>),
    /// The tokens of one expression.
    Expr(Vec<TokenTree>),
    /// One each turn of a repetition.
    Turns(Vec<Bound>),
}

/// The parameters of a rule, by name.
pub(super) type Bindings = BTreeMap<String, Bound>;

/// A piece of a matcher or transcriber.
pub(super) enum Piece<'t> {
    /// A token that stands for itself, or a group.
    Token(&'t TokenTree),
    /// `$name` or `$name:fragment`.
    Param(&'t Ident, Option<&'t Ident>),
    /// `$( .. ) separator op`.
    Repeat(&'t Group, &'t [TokenTree], char),
}

/// Splits the first piece off.
pub(super) fn piece(tokens: &[TokenTree]) -> Option<(Piece<'_>, &[TokenTree])> {
    match tokens {
        [] => None,
        [TokenTree::Punct(dollar), TokenTree::Group(group), rest @ ..] if dollar.as_char() == '$' => {
            let at = rest.iter().take(3).position(|it| operator(it).is_some())?;
            Some((Piece::Repeat(group, &rest[..at], operator(&rest[at])?), &rest[at + 1..]))
        }
        [TokenTree::Punct(dollar), TokenTree::Ident(name), rest @ ..] if dollar.as_char() == '$' => {
            match rest {
                [TokenTree::Punct(colon), TokenTree::Ident(fragment), rest @ ..]
                    if colon.as_char() == ':' && colon.spacing() == proc_macro2::Spacing::Alone =>
                {
                    Some((Piece::Param(name, Some(fragment)), rest))
                }
                _ => Some((Piece::Param(name, None), rest)),
            }
        }
        [token, rest @ ..] => Some((Piece::Token(token), rest)),
    }
}

fn operator(token: &TokenTree) -> Option<char> {
    match token {
        TokenTree::Punct(punct) => Some(punct.as_char()).filter(|it| matches!(it, '*' | '+' | '?')),
        _ => None,
    }
}

/// What the parameters of a matcher stand for in a call, if the call fits.
pub(super) fn matches(matcher: TokenStream, call: &[TokenTree]) -> Option<Bindings> {
    let matcher: Vec<TokenTree> = matcher.into_iter().collect();
    let mut bindings = Bindings::new();
    let rest = prefix(&matcher, call, &mut bindings)?;
    rest.is_empty().then_some(bindings)
}

/// Matches as many tokens of `input` as the matcher takes, and gives what is left.
fn prefix<'i>(
    mut matcher: &[TokenTree],
    mut input: &'i [TokenTree],
    out: &mut Bindings,
) -> Option<&'i [TokenTree]> {
    while let Some((next, rest)) = piece(matcher) {
        input = match next {
            Piece::Token(token) => same(token, input, out)?,
            Piece::Param(_, None) => return None,
            Piece::Param(name, Some(fragment)) => {
                let fragment = fragment.to_string();
                let (taken, rest) = input.split_at(fragment_len(&fragment, input)?);
                let bound = if fragment.starts_with("expr") { Bound::Expr } else { Bound::Tokens };
                out.insert(name.to_string(), bound(taken.to_vec()));
                rest
            }
            Piece::Repeat(group, separator, op) => repeated(group, separator, op, input, out)?,
        };
        matcher = rest;
    }
    Some(input)
}

fn same<'i>(token: &TokenTree, input: &'i [TokenTree], out: &mut Bindings) -> Option<&'i [TokenTree]> {
    let (first, rest) = input.split_first()?;
    let fits = match (token, first) {
        (TokenTree::Group(a), TokenTree::Group(b)) if a.delimiter() == b.delimiter() => {
            let (inner, given): (Vec<_>, Vec<_>) =
                (a.stream().into_iter().collect(), b.stream().into_iter().collect());
            prefix(&inner, &given, out)?.is_empty()
        }
        (TokenTree::Ident(a), TokenTree::Ident(b)) => a == b,
        (TokenTree::Punct(a), TokenTree::Punct(b)) => a.as_char() == b.as_char(),
        (TokenTree::Literal(a), TokenTree::Literal(b)) => a.to_string() == b.to_string(),
        _ => false,
    };
    fits.then_some(rest)
}

/// Turns of a repetition while they fit; a separator after which none fits is not part of it.
fn repeated<'i>(
    group: &Group,
    separator: &[TokenTree],
    op: char,
    mut input: &'i [TokenTree],
    out: &mut Bindings,
) -> Option<&'i [TokenTree]> {
    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
    let mut turns: Vec<Bindings> = Vec::new();
    loop {
        let start = match turns.is_empty() {
            true => Some(input),
            false => separator.iter().try_fold(input, |rest, it| same(it, rest, &mut Bindings::new())),
        };
        let mut turn = Bindings::new();
        let rest = start.filter(|it| !it.is_empty()).and_then(|it| prefix(&inner, it, &mut turn));
        let Some(rest) = rest.filter(|it| it.len() < input.len()) else { break };
        turns.push(turn);
        input = rest;
        if op == '?' {
            break;
        }
    }
    for name in names(&inner) {
        let all = turns.iter().map(|it| it.get(&name).cloned()).collect::<Option<_>>()?;
        out.insert(name, Bound::Turns(all));
    }
    (op != '+' || !turns.is_empty()).then_some(input)
}

/// The parameters that tokens name, in their groups too.
pub(super) fn names(tokens: &[TokenTree]) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = tokens;
    while let Some((next, tail)) = piece(rest) {
        match next {
            Piece::Param(name, _) => found.push(name.to_string()),
            Piece::Repeat(group, ..) | Piece::Token(TokenTree::Group(group)) => {
                found.extend(names(&group.stream().into_iter().collect::<Vec<_>>()));
            }
            Piece::Token(_) => {}
        }
        rest = tail;
    }
    found
}

/// How many tokens a fragment takes from the start of `input`.
fn fragment_len(fragment: &str, input: &[TokenTree]) -> Option<usize> {
    match (fragment, input.first()) {
        ("vis", Some(first)) if !matches!(first, TokenTree::Ident(it) if it == "pub") => Some(0),
        ("vis", None) => Some(0),
        (_, None) => None,
        ("tt", Some(TokenTree::Punct(it))) if it.as_char() == '\'' => Some(2.min(input.len())),
        ("tt", Some(_)) => Some(1),
        ("ident", Some(first)) => matches!(first, TokenTree::Ident(_)).then_some(1),
        ("lifetime", Some(TokenTree::Punct(it))) => (it.as_char() == '\'').then_some(2.min(input.len())),
        ("literal", Some(TokenTree::Literal(_))) => Some(1),
        ("literal", Some(TokenTree::Ident(it))) => (it == "true" || it == "false").then_some(1),
        ("block", Some(TokenTree::Group(it))) => (it.delimiter() == Delimiter::Brace).then_some(1),
        ("expr" | "expr_2021", Some(_)) => parsed_len::<syn::Expr>(input),
        ("ty", Some(_)) => parsed_len::<syn::Type>(input),
        ("path", Some(_)) => parsed_len::<syn::TypePath>(input),
        ("vis", Some(_)) => parsed_len::<syn::Visibility>(input),
        ("item", Some(_)) => parsed_len::<syn::Item>(input),
        ("meta", Some(_)) => parsed_len::<syn::Meta>(input),
        ("pat", Some(_)) => parsed_len_by(input, syn::Pat::parse_multi_with_leading_vert),
        ("pat_param", Some(_)) => parsed_len_by(input, syn::Pat::parse_single),
        _ => None,
    }
}

fn parsed_len<T: Parse>(input: &[TokenTree]) -> Option<usize> {
    parsed_len_by(input, T::parse)
}

/// Tries ever more of the input, each time up to a token that no such fragment goes beyond where it parses without: a call may
/// have thousands of fragments.
fn parsed_len_by<T>(input: &[TokenTree], parse: fn(ParseStream<'_>) -> syn::Result<T>) -> Option<usize> {
    let mut ends = (0..input.len()).filter(|at| ends_fragment(&input[*at..]));
    let mut skipped = 0;
    loop {
        let end = ends.nth(skipped).unwrap_or(input.len());
        let len = len_within(&input[..end], parse);
        if len.is_some() || end == input.len() {
            return len;
        }
        skipped = 2 * skipped + 1;
    }
}

/// Whether `,`, `;` or `=>` is next, which may stand behind each fragment that has to be parsed.
fn ends_fragment(rest: &[TokenTree]) -> bool {
    let is = |token: Option<&TokenTree>, chars: &[char]| match token {
        Some(TokenTree::Punct(it)) => chars.contains(&it.as_char()),
        _ => false,
    };
    is(rest.first(), &[',', ';']) || is(rest.first(), &['=']) && is(rest.get(1), &['>'])
}

fn len_within<T>(input: &[TokenTree], parse: fn(ParseStream<'_>) -> syn::Result<T>) -> Option<usize> {
    let tokens: TokenStream = input.iter().cloned().collect();
    let rest = |stream: ParseStream<'_>| {
        parse(stream)?;
        stream.parse::<TokenStream>()
    };
    let rest = rest.parse2(tokens).ok()?;
    input.len().checked_sub(rest.into_iter().count()).filter(|it| *it > 0)
}
