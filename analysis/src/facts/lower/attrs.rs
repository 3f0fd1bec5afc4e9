//! Attributes, reduced to what the analysis asks of them.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser as _};
use syn::{Meta, Token};

use super::Lower;
use crate::facts::{Allow, Attrs, Cfg};
use crate::name::Name;
use crate::span::Span;

/// A list of nested attributes or predicates.
type Metas = syn::punctuated::Punctuated<Meta, Token![,]>;

/// The lints of clippy that are about guards.
const CLIPPYS: [&str; 4] = [
    "clippy::await_holding_lock",
    "clippy::await_holding_refcell_ref",
    "clippy::let_underscore_lock",
    "clippy::significant_drop_in_scrutinee",
];

/// Predicates nest no deeper than this; what is below counts as true.
const MAX_CFG_DEPTH: u32 = 100;

impl Lower<'_> {
    /// Lowers the attributes of one item, statement, arm or field.
    pub(super) fn attrs(&mut self, attrs: &[syn::Attribute]) -> Attrs {
        let mut out = Attrs::default();
        for attr in attrs.iter().filter(|attr| !attr.path().is_ident("doc")) {
            let end = self.positions.closed(&attr.bracket_token.span);
            let span = Span::new(self.positions.start(attr.pound_token.span), end);
            self.meta(&attr.meta, span, None, &mut out);
        }
        out
    }

    /// Lowers one attribute, perhaps one that `cfg_attr(under, ..)` adds.
    fn meta(&self, meta: &Meta, span: Span, under: Option<&Cfg>, out: &mut Attrs) {
        let name = self.joined(meta.path());
        match (name.rsplit("::").next().unwrap_or(""), meta) {
            ("cfg", Meta::List(list)) if under.is_none() => out.cfg.push(cfg_of(list.tokens.clone())),
            ("cfg_attr", Meta::List(list)) => self.cfg_attr(list, span, out),
            ("derive", Meta::List(list)) => out.derives.extend(derives(list.tokens.clone())),
            ("path", Meta::NameValue(pair)) => {
                out.paths.extend(string(&pair.value).map(|path| (under.cloned(), path)));
            }
            ("allow" | "expect" | "allow_hazard" | "expect_hazard", Meta::List(list)) => {
                out.allows.extend(self.allow(&name, list, span));
            }
            _ => {}
        }
        out.names.push(name);
    }

    fn cfg_attr(&self, list: &syn::MetaList, span: Span, out: &mut Attrs) {
        let Ok(metas) = Metas::parse_terminated.parse2(list.tokens.clone()) else { return };
        let mut metas = metas.iter();
        let Some(predicate) = metas.next().map(|meta| cfg(meta, 0)) else { return };
        let (is_only, known) = (metas.len() == 1, out.allows.len());
        for meta in metas.filter(|meta| !meta.path().is_ident("cfg_attr")) {
            self.meta(meta, span, Some(&predicate), out);
        }
        out.allows[known..].iter_mut().for_each(|allow| allow.is_alone &= is_only);
    }

    /// `allow(safe_map_lint::x, reason = "..")` or `safe_map::allow_hazard(x, reason = "..")`.
    fn allow(&self, name: &str, list: &syn::MetaList, span: Span) -> Option<Allow> {
        let metas = Metas::parse_terminated.parse2(list.tokens.clone()).ok()?;
        let own = name.ends_with("_hazard");
        let lint = |meta: &Meta| match (meta, own) {
            (Meta::Path(path), true) => {
                path.segments.last().map(|last| (name_of(&last.ident), self.path_span(path)))
            }
            (Meta::Path(path), false) => Some((silenced(&self.joined(path))?, self.path_span(path))),
            _ => None,
        };
        let lints: Vec<(Name, Span)> = metas.iter().filter_map(lint).collect();
        let reason = metas.iter().find_map(|meta| match meta {
            Meta::NameValue(pair) if pair.path.is_ident("reason") => string(&pair.value),
            _ => None,
        });
        let others =
            metas.iter().filter(|it| !it.path().is_ident("reason")).count().saturating_sub(lints.len());
        let expect = name.starts_with("expect") || name.contains("::expect");
        let list = self.inside(&list.delimiter);
        let allow = Allow { span, lints, reason, expect, list, is_alone: others == 0 };
        (own || !allow.lints.is_empty()).then_some(allow)
    }

    /// From the first segment of a path to its last.
    fn path_span(&self, path: &syn::Path) -> Span {
        let ends = path.segments.first().zip(path.segments.last());
        ends.map_or_else(Span::default, |(first, last)| {
            Span::new(self.positions.start(first.ident.span()), self.positions.end(last.ident.span()))
        })
    }

    /// What stands between delimiters.
    fn inside(&self, delimiter: &syn::MacroDelimiter) -> Span {
        let whole = self.positions.delimited(delimiter.span());
        Span::new(whole.start + 1, whole.end.saturating_sub(1).max(whole.start + 1))
    }

    /// A path's segments joined with `::`.
    fn joined(&self, path: &syn::Path) -> Name {
        if let Some(ident) = path.get_ident() {
            return name_of(ident);
        }
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        Name::new(&segments.join("::"))
    }
}

/// A lint that an attribute of the language names, where it is one of ours or clippy's about guards.
fn silenced(path: &str) -> Option<Name> {
    let is_clippys = CLIPPYS.contains(&path);
    path.strip_prefix("safe_map_lint::").or(is_clippys.then_some(path)).map(Name::new)
}

fn name_of(ident: &syn::Ident) -> Name {
    Name::new(&ident.to_string())
}

/// The predicate of `cfg(..)`.
pub(super) fn cfg_of(tokens: TokenStream) -> Cfg {
    match Metas::parse_terminated.parse2(tokens) {
        Ok(metas) if metas.len() == 1 => cfg(&metas[0], 0),
        _ => Cfg::All(Vec::new()),
    }
}

/// Lowers a predicate that `depth` others enclose.
pub(super) fn cfg(meta: &Meta, depth: u32) -> Cfg {
    let name = meta.path().segments.last().map(|last| name_of(&last.ident)).unwrap_or_default();
    match (meta, name.as_str()) {
        _ if depth > MAX_CFG_DEPTH => Cfg::All(Vec::new()),
        (Meta::List(list), "all") => Cfg::All(nested(list, depth)),
        (Meta::List(list), "any") => Cfg::Any(nested(list, depth)),
        (Meta::List(list), "not") => Cfg::Not(Box::new(only(nested(list, depth)))),
        (Meta::NameValue(pair), _) => Cfg::Atom(name, Some(string(&pair.value).unwrap_or_default())),
        (Meta::Path(_) | Meta::List(_), _) => Cfg::Atom(name, None),
    }
}

fn nested(list: &syn::MetaList, depth: u32) -> Vec<Cfg> {
    let metas = Metas::parse_terminated.parse2(list.tokens.clone()).unwrap_or_default();
    metas.iter().map(|meta| cfg(meta, depth + 1)).collect()
}

/// The one predicate of `not(..)`.
fn only(mut predicates: Vec<Cfg>) -> Cfg {
    match predicates.pop() {
        Some(predicate) if predicates.is_empty() => predicate,
        _ => Cfg::All(Vec::new()),
    }
}

fn derives(tokens: TokenStream) -> Vec<Name> {
    let paths =
        |input: ParseStream<'_>| syn::punctuated::Punctuated::<syn::Path, Token![,]>::parse_terminated(input);
    let paths = paths.parse2(tokens).unwrap_or_default();
    paths.iter().filter_map(|path| path.segments.last()).map(|last| name_of(&last.ident)).collect()
}

/// The value of a string literal.
pub(super) fn string(expr: &syn::Expr) -> Option<String> {
    match expr {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}
