//! The right side of a macro rule, with what its parameters stand for.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

use super::matcher::{Bindings, Bound, Piece, names, piece};

/// Writes a transcriber out; `None` where it repeats what does not repeat, or takes more tokens than `fuel` has.
pub(super) fn transcribe(
    transcriber: TokenStream,
    bindings: &Bindings,
    fuel: &mut usize,
) -> Option<TokenStream> {
    let tokens: Vec<TokenTree> = transcriber.into_iter().collect();
    let mut out = Vec::new();
    let mut rest = tokens.as_slice();
    while let Some((next, tail)) = piece(rest) {
        *fuel = fuel.checked_sub(1)?;
        match next {
            Piece::Token(TokenTree::Group(group)) => {
                let mut written = Group::new(group.delimiter(), transcribe(group.stream(), bindings, fuel)?);
                written.set_span(group.span());
                out.push(TokenTree::Group(written));
            }
            Piece::Token(token) => out.push(token.clone()),
            Piece::Param(name, kind) => {
                out.extend(argument(name, bindings, fuel)?);
                // `$x: T` in a transcriber is no fragment.
                if kind.is_some() {
                    let from = rest.len() - tail.len() - 2;
                    out.extend(rest[from..from + 2].iter().cloned());
                }
            }
            Piece::Repeat(group, separator, _) => repeat(group, separator, bindings, fuel, &mut out)?,
        }
        rest = tail;
    }
    Some(out.into_iter().collect())
}

/// The tokens of `$name`. `$crate` is the crate that the rule is in. A name takes the place of the parameter, so that what it is in
/// stands where the rule stands.
fn argument(name: &Ident, bindings: &Bindings, fuel: &mut usize) -> Option<Vec<TokenTree>> {
    if name == "crate" {
        return Some(vec![TokenTree::Ident(name.clone())]);
    }
    let bound = bindings.get(&name.to_string())?;
    let (Bound::Tokens(tokens) | Bound::Expr(tokens)) = bound else { return None };
    *fuel = fuel.checked_sub(tokens.len())?;
    Some(match tokens.as_slice() {
        [TokenTree::Ident(ident)] => {
            let mut ident = ident.clone();
            ident.set_span(name.span());
            vec![TokenTree::Ident(ident)]
        }
        tokens if matches!(bound, Bound::Expr(_)) && tokens.iter().any(is_operator) => {
            vec![TokenTree::Group(Group::new(Delimiter::None, tokens.iter().cloned().collect()))]
        }
        tokens => tokens.to_vec(),
    })
}

/// Whether a token can bind less tightly than what an argument is put between.
fn is_operator(token: &TokenTree) -> bool {
    match token {
        TokenTree::Punct(it) => {
            matches!(it.as_char(), '+' | '-' | '*' | '/' | '%' | '=' | '|' | '&' | '!' | '^' | '<' | '>')
        }
        TokenTree::Ident(it) => it == "as" || it == "if" || it == "match",
        TokenTree::Group(_) | TokenTree::Literal(_) => false,
    }
}

fn repeat(
    group: &Group,
    separator: &[TokenTree],
    bindings: &Bindings,
    fuel: &mut usize,
    out: &mut Vec<TokenTree>,
) -> Option<()> {
    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
    let named: Vec<(String, &Bound)> =
        names(&inner).into_iter().filter_map(|name| Some((name.clone(), bindings.get(&name)?))).collect();
    let turns = named.iter().filter_map(|(_, bound)| match bound {
        Bound::Turns(turns) => Some(turns.len()),
        Bound::Tokens(_) | Bound::Expr(_) => None,
    });
    for turn in 0..turns.min()? {
        if turn > 0 {
            out.extend(separator.iter().cloned());
        }
        let here = named.iter().map(|(name, bound)| match bound {
            Bound::Turns(turns) => (name.clone(), turns[turn].clone()),
            other => (name.clone(), (*other).clone()),
        });
        out.extend(transcribe(group.stream(), &here.collect(), fuel)?);
    }
    Some(())
}
