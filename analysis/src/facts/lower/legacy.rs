//! Syntax that the parser does not know any more, or not yet: spellings of edition 2015, and of nightly compilers once.
//!
//! Only the tokens of an item that does not parse come here. What is put in has the place of its neighbour, so that every
//! span still points at what somebody wrote.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};

/// The same code as the parser wants it:
///
/// | written | read as |
/// |---|---|
/// | `Box<Fn(u8)>` | `Box<dyn Fn(u8)>` |
/// | `trait T { fn f(&self, u8); }` | `fn f(&self, _: u8);` |
/// | `mod async;`, `async(future)` | `r#async` |
/// | `box value` | `value` |
/// | `pub impl Trait for T` | `impl Trait for T` |
///
/// The first three are the edition of 2015, the fourth was a feature of nightly compilers, the last is for attributes that
/// read it. `O(tokens)`.
pub(super) fn modernised(tokens: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut out: Vec<TokenTree> = Vec::with_capacity(tokens.len());
    let mut trait_head = false;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let rest = &tokens[at + 1..];
        match token {
            TokenTree::Ident(ident) if ident == "box" && is_box(out.last(), rest) => {}
            TokenTree::Ident(ident) if ident == "async" && !opens_async(out.last(), rest) => {
                out.push(Ident::new_raw("async", ident.span()).into());
            }
            TokenTree::Ident(ident) if ident == "pub" => match past_visibility(rest) {
                Some(skipped) => at += skipped,
                None => out.push(token.clone()),
            },
            TokenTree::Ident(_) | TokenTree::Punct(_) if starts_bare_object(&out, &tokens[at..]) => {
                out.push(Ident::new("dyn", token.span()).into());
                out.push(token.clone());
            }
            TokenTree::Group(group) => {
                let brace = group.delimiter() == Delimiter::Brace;
                let inside = modernised(group.stream());
                let inside = if trait_head && brace { with_named_parameters(inside) } else { inside };
                out.push(regrouped(group, inside).into());
                trait_head &= !brace;
            }
            token => {
                trait_head |= matches!(token, TokenTree::Ident(ident) if ident == "trait");
                out.push(token.clone());
            }
        }
        at += 1;
    }
    out.into_iter().collect()
}

fn regrouped(group: &Group, inside: TokenStream) -> Group {
    let mut regrouped = Group::new(group.delimiter(), inside);
    regrouped.set_span(group.span());
    regrouped
}

/// Whether `box` stands where an expression starts, and one follows: it is a name otherwise.
fn is_box(before: Option<&TokenTree>, rest: &[TokenTree]) -> bool {
    let opens = match before {
        Some(TokenTree::Punct(punct)) => !matches!(punct.as_char(), '.' | ':' | '$'),
        Some(TokenTree::Ident(ident)) => ident == "return" || ident == "in" || ident == "else",
        Some(TokenTree::Group(_) | TokenTree::Literal(_)) => false,
        None => true,
    };
    opens
        && match rest.first() {
            Some(TokenTree::Ident(ident)) => ident != "as",
            Some(TokenTree::Literal(_)) => true,
            Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Parenthesis,
            Some(TokenTree::Punct(punct)) => punct.as_char() == '|',
            None => false,
        }
}

/// Whether `async` is the keyword here.
fn opens_async(before: Option<&TokenTree>, rest: &[TokenTree]) -> bool {
    let named = match before {
        Some(TokenTree::Ident(ident)) => ["fn", "mod", "let", "mut", "as"].iter().any(|it| ident == it),
        Some(TokenTree::Punct(punct)) => matches!(punct.as_char(), '.' | ':' | '\''),
        _ => false,
    };
    !named
        && match rest.first() {
            Some(TokenTree::Ident(ident)) => {
                ["move", "fn", "unsafe", "extern", "for", "gen", "static"].iter().any(|it| ident == it)
            }
            Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
            Some(TokenTree::Punct(punct)) => punct.as_char() == '|',
            _ => false,
        }
}

/// How many tokens after `pub` belong to the visibility of an `impl`.
fn past_visibility(rest: &[TokenTree]) -> Option<usize> {
    let is_impl =
        |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Ident(ident)) if ident == "impl");
    match rest.first() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            is_impl(rest.get(1)).then_some(1)
        }
        token => is_impl(token).then_some(0),
    }
}

/// Whether a call signature that is no bound starts here: the type of a trait object without its `dyn`.
fn starts_bare_object(before: &[TokenTree], tokens: &[TokenTree]) -> bool {
    let opens = match before {
        [.., TokenTree::Punct(quote), TokenTree::Ident(_)] if quote.as_char() == '\'' => true,
        [.., TokenTree::Punct(punct)] => matches!(punct.as_char(), '<' | '&' | ',' | '='),
        [.., TokenTree::Ident(ident)] => ident == "mut" || ident == "const",
        _ => false,
    };
    opens && is_call_signature(past_lifetimes(tokens))
}

/// What follows the `for<'a>` of a signature.
fn past_lifetimes(tokens: &[TokenTree]) -> &[TokenTree] {
    match tokens {
        [TokenTree::Ident(word), TokenTree::Punct(open), ..] if word == "for" && open.as_char() == '<' => {
            let close = |it: &TokenTree| matches!(it, TokenTree::Punct(punct) if punct.as_char() == '>');
            tokens.iter().position(close).map_or(&[], |at| &tokens[at + 1..])
        }
        _ => tokens,
    }
}

/// `Fn(..)` and its kin, also behind a path.
fn is_call_signature(tokens: &[TokenTree]) -> bool {
    let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
    let global = tokens.len() > 2 && tokens[..2].iter().all(is_colon);
    let mut tokens = tokens[if global { 2 } else { 0 }..].iter();
    while let Some(TokenTree::Ident(segment)) = tokens.next() {
        match tokens.next() {
            Some(TokenTree::Punct(first))
                if first.spacing() == Spacing::Joint && first.as_char() == ':' && segment != "mut" =>
            {
                tokens.next();
            }
            Some(TokenTree::Group(inputs)) => {
                let called = ["Fn", "FnMut", "FnOnce", "FnBox"].iter().any(|it| segment == it);
                return called && inputs.delimiter() == Delimiter::Parenthesis;
            }
            _ => return false,
        }
    }
    false
}

/// The members of a trait, with a `_` for each parameter that has only a type.
fn with_named_parameters(members: TokenStream) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    let mut in_head = false;
    for token in members {
        match token {
            TokenTree::Group(group) if in_head && group.delimiter() == Delimiter::Parenthesis => {
                in_head = false;
                out.push(regrouped(&group, named(group.stream())).into());
            }
            token => {
                in_head |= matches!(&token, TokenTree::Ident(ident) if ident == "fn");
                out.push(token);
            }
        }
    }
    out.into_iter().collect()
}

fn named(parameters: TokenStream) -> TokenStream {
    let mut out = Vec::new();
    for parameter in separated(parameters) {
        if let Some(first) = parameter.first().filter(|_| has_only_type(&parameter)) {
            out.extend(placeholder(first.span()));
        }
        out.extend(parameter);
    }
    out.into_iter().collect()
}

fn placeholder(span: Span) -> [TokenTree; 2] {
    let mut colon = Punct::new(':', Spacing::Alone);
    colon.set_span(span);
    [Ident::new("_", span).into(), colon.into()]
}

/// Splits at the commas outside of `<..>`; each part keeps its own.
fn separated(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let (mut parts, mut part, mut open) = (Vec::new(), Vec::new(), 0_u32);
    let mut after_dash = false;
    for token in tokens {
        let char = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        match char {
            '<' => open += 1,
            '>' if !after_dash => open = open.saturating_sub(1),
            _ => {}
        }
        after_dash = char == '-';
        part.push(token);
        if char == ',' && open == 0 {
            parts.push(std::mem::take(&mut part));
        }
    }
    parts.push(part);
    parts
}

/// Whether a parameter is neither `self` nor has a pattern: no colon of its own stands in it.
fn has_only_type(parameter: &[TokenTree]) -> bool {
    let char = |at: usize| match parameter.get(at) {
        Some(TokenTree::Punct(punct)) => punct.as_char(),
        _ => ' ',
    };
    let mut open = 0_u32;
    for (at, token) in parameter.iter().enumerate() {
        match char(at) {
            '#' => return false,
            '<' => open += 1,
            '>' => open = open.saturating_sub(1),
            ':' if open == 0 && char(at + 1) != ':' && (at == 0 || char(at - 1) != ':') => return false,
            _ if matches!(token, TokenTree::Ident(ident) if ident == "self") => return false,
            _ => {}
        }
    }
    true
}
