//! Patterns.

use syn::spanned::Spanned as _;

use super::Lower;
use crate::facts::{ExprId, Lit, Pat, PatId, PatKind, TypeExpr};
use crate::name::Name;
use crate::span::Span;

impl Lower<'_> {
    /// Lowers a pattern. A guard inside it is lost; the one of a match arm is split off by [`Lower::guarded_pat`].
    pub(super) fn pat(&mut self, pat: &syn::Pat) -> PatId {
        self.body.enter();
        let id = self.pat_form(pat);
        self.body.leave();
        id
    }

    /// A pattern and the type ascribed to it as a whole.
    pub(super) fn typed_pat(&mut self, pat: &syn::Pat) -> (PatId, Option<TypeExpr>) {
        match pat {
            syn::Pat::Type(typed) => (self.pat(&typed.pat), Some(self.ty(&typed.ty))),
            _ => (self.pat(pat), None),
        }
    }

    /// A pattern and the condition after its `if`.
    pub(super) fn guarded_pat(&mut self, pat: &syn::Pat) -> (PatId, Option<ExprId>) {
        match pat {
            syn::Pat::Guard(guarded) => (self.pat(&guarded.pat), Some(self.expr(&guarded.guard))),
            _ => (self.pat(pat), None),
        }
    }

    fn pat_form(&mut self, pat: &syn::Pat) -> PatId {
        match pat {
            syn::Pat::Ident(pat) => self.bind_pat(pat),
            syn::Pat::TupleStruct(pat) => self.tuple_struct_pat(pat),
            syn::Pat::Struct(pat) => self.struct_pat(pat),
            syn::Pat::Path(pat) => {
                let path = self.path(pat.qself.as_ref(), &pat.path);
                self.put_pat(path.span, PatKind::Path(path))
            }
            syn::Pat::Tuple(pat) => {
                let elems = self.pats(&pat.elems);
                self.put_pat(self.positions.delimited(&pat.paren_token.span), PatKind::Tuple(elems))
            }
            syn::Pat::Slice(pat) => {
                let elems = self.pats(&pat.elems);
                self.put_pat(self.positions.delimited(&pat.bracket_token.span), PatKind::Slice(elems))
            }
            syn::Pat::Paren(pat) => {
                let id = self.pat(&pat.pat);
                self.body.pats[id.0 as usize].span = self.positions.delimited(&pat.paren_token.span);
                id
            }
            syn::Pat::Or(pat) => self.or_pat(pat),
            syn::Pat::Reference(pat) => self.reference_pat(pat),
            syn::Pat::Type(pat) => self.ascribed_pat(pat),
            syn::Pat::Guard(pat) => self.pat(&pat.pat),
            syn::Pat::Wild(_) => self.leaf_pat(pat, PatKind::Wild),
            syn::Pat::Rest(_) => self.leaf_pat(pat, PatKind::Rest),
            syn::Pat::Lit(lit) => {
                let value = self.lit_value(&lit.lit);
                self.leaf_pat(pat, PatKind::Lit(value))
            }
            syn::Pat::Range(_) | syn::Pat::Const(_) => self.leaf_pat(pat, PatKind::Lit(Lit::Other)),
            _ => self.leaf_pat(pat, PatKind::Unknown),
        }
    }

    fn leaf_pat(&mut self, pat: &syn::Pat, kind: PatKind) -> PatId {
        self.put_pat(self.positions.span(pat.span()), kind)
    }

    fn bind_pat(&mut self, pat: &syn::PatIdent) -> PatId {
        let (name, ident) = self.positions.ident(&pat.ident);
        let sub = pat.subpat.as_ref().map(|(_, sub)| self.pat(sub));
        let first = pat.by_ref.map(|token| token.span).or(pat.mutability.map(|token| token.span));
        let start = first.map_or(ident.start, |first| self.positions.start(first));
        let end = sub.map_or(ident.end, |sub| self.pat_span(sub).end);
        let kind =
            PatKind::Bind { name, by_ref: pat.by_ref.is_some(), mutable: pat.mutability.is_some(), sub };
        self.put_pat(Span::new(start, end), kind)
    }

    fn tuple_struct_pat(&mut self, pat: &syn::PatTupleStruct) -> PatId {
        let path = self.path(pat.qself.as_ref(), &pat.path);
        let elems = self.pats(&pat.elems);
        let span = Span::new(path.span.start, self.positions.closed(&pat.paren_token.span));
        self.put_pat(span, PatKind::TupleStruct { path, elems })
    }

    fn struct_pat(&mut self, pat: &syn::PatStruct) -> PatId {
        let path = self.path(pat.qself.as_ref(), &pat.path);
        let fields =
            pat.fields.iter().map(|field| (self.member(&field.member).0, self.pat(&field.pat))).collect();
        let span = Span::new(path.span.start, self.positions.closed(&pat.brace_token.span));
        self.put_pat(span, PatKind::Struct { path, fields })
    }

    fn or_pat(&mut self, pat: &syn::PatOr) -> PatId {
        let cases: Vec<PatId> = pat.cases.iter().map(|case| self.pat(case)).collect();
        let spans = cases.iter().map(|case| self.pat_span(*case)).reduce(Span::to);
        self.put_pat(spans.unwrap_or_default(), PatKind::Or(cases))
    }

    fn reference_pat(&mut self, pat: &syn::PatReference) -> PatId {
        let inner = self.pat(&pat.pat);
        let span = Span::new(self.positions.start(pat.and_token.span), self.pat_span(inner).end);
        self.put_pat(span, PatKind::Ref(inner))
    }

    fn ascribed_pat(&mut self, pat: &syn::PatType) -> PatId {
        let inner = self.pat(&pat.pat);
        let ty = self.ty(&pat.ty);
        self.put_pat(self.pat_span(inner).to(ty.span), PatKind::Typed(inner, ty))
    }

    fn pats(&mut self, pats: &syn::punctuated::Punctuated<syn::Pat, syn::Token![,]>) -> Vec<PatId> {
        pats.iter().map(|pat| self.pat(pat)).collect()
    }

    /// The name of a field and its place.
    pub(super) fn member(&self, member: &syn::Member) -> (Name, Span) {
        match member {
            syn::Member::Named(ident) => self.positions.ident(ident),
            syn::Member::Unnamed(index) => {
                (Name::new(&index.index.to_string()), self.positions.span(index.span))
            }
        }
    }

    fn pat_span(&self, id: PatId) -> Span {
        self.body.pats[id.0 as usize].span
    }

    fn put_pat(&mut self, span: Span, kind: PatKind) -> PatId {
        self.body.pats.push(Pat { span, kind });
        PatId(self.body.pats.len() as u32 - 1)
    }
}
