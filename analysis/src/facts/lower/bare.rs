//! Trait objects without a keyword, as in `Box<Fn(u32) + Send>`: the editions before 2021 have them, the parser knows them no more
//! where the trait has its arguments in parentheses.
//!
//! In: the tokens of a file that does not parse. Out: the same with a `dyn` before each of them, which stands where the trait does.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};

/// The traits that are written with parentheses.
const CALLABLE: [&str; 4] = ["Fn", "FnBox", "FnMut", "FnOnce"];

/// The tokens with the keyword where it was left out; none where it never was.
pub(super) fn with_keyword(tokens: TokenStream) -> Option<TokenStream> {
    let mut is_changed = false;
    let changed = inserted(tokens, &mut is_changed);
    is_changed.then_some(changed)
}

fn inserted(tokens: TokenStream, is_changed: &mut bool) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut out = Vec::with_capacity(tokens.len());
    for (at, token) in tokens.iter().enumerate() {
        if let Some(span) = bare(&tokens, at) {
            *is_changed = true;
            out.push(TokenTree::Ident(Ident::new("dyn", span)));
        }
        out.push(match token {
            TokenTree::Group(group) => TokenTree::Group(rebuilt(group, is_changed)),
            other => other.clone(),
        });
    }
    out.into_iter().collect()
}

fn rebuilt(group: &Group, is_changed: &mut bool) -> Group {
    let mut new = Group::new(group.delimiter(), inserted(group.stream(), is_changed));
    new.set_span(group.span());
    new
}

/// Where a trait object starts at a token, if one without its keyword does.
fn bare(tokens: &[TokenTree], at: usize) -> Option<Span> {
    let starts = starts_trait(tokens, at) || binds_lifetimes(tokens, at);
    (starts && stands_for_type(&tokens[..at])).then(|| tokens[at].span())
}

/// `Fn(`
fn starts_trait(tokens: &[TokenTree], at: usize) -> bool {
    let is_callable = matches!(&tokens[at], TokenTree::Ident(it) if CALLABLE.iter().any(|name| it == name));
    is_callable && matches!(tokens.get(at + 1), Some(TokenTree::Group(_)))
}

/// `for<'a> Fn(`
fn binds_lifetimes(tokens: &[TokenTree], at: usize) -> bool {
    let is_for =
        matches!(&tokens[at], TokenTree::Ident(it) if it == "for") && is_punct(tokens.get(at + 1), '<');
    let end = tokens[at..].iter().position(|it| is_punct(Some(it), '>'));
    is_for && end.is_some_and(|end| tokens.len() > at + end + 1 && starts_trait(tokens, at + end + 1))
}

/// Whether a type, and no bound or path, can follow these tokens.
fn stands_for_type(before: &[TokenTree]) -> bool {
    match before {
        [.., TokenTree::Punct(quote), TokenTree::Ident(_)] if quote.as_char() == '\'' => true,
        [.., TokenTree::Ident(last)] => last == "mut" || last == "const",
        [.., TokenTree::Punct(last)] => matches!(last.as_char(), '<' | '&' | ',' | '='),
        [] | [.., TokenTree::Group(_) | TokenTree::Literal(_)] => false,
    }
}

fn is_punct(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(it)) if it.as_char() == char)
}
