//! Types and paths.

use syn::spanned::Spanned as _;

use super::Lower;
use super::generics::Bounds;
use crate::facts::{Path, QSelf, Segment, TypeExpr, TypeKind};
use crate::name::Name;
use crate::span::Span;

/// Types nest no deeper than this; what is below becomes [`TypeKind::Unknown`], so that dropping and walking a type
/// needs no thought about the stack.
const MAX_TYPE_DEPTH: u32 = 200;

impl Lower<'_> {
    /// Lowers a type.
    pub(super) fn ty(&mut self, ty: &syn::Type) -> TypeExpr {
        if self.type_depth >= MAX_TYPE_DEPTH {
            return TypeExpr { span: self.positions.span(ty.span()), kind: TypeKind::Unknown };
        }
        self.type_depth += 1;
        let lowered = self.ty_form(ty);
        self.type_depth -= 1;
        lowered
    }

    fn ty_form(&mut self, ty: &syn::Type) -> TypeExpr {
        match ty {
            syn::Type::Path(ty) => self.path_type(ty),
            syn::Type::Reference(ty) => self.reference_type(ty),
            syn::Type::Paren(ty) => {
                let inner = self.ty(&ty.elem);
                TypeExpr { span: self.positions.delimited(&ty.paren_token.span), kind: inner.kind }
            }
            syn::Type::Group(ty) => self.ty(&ty.elem),
            syn::Type::Tuple(ty) => {
                let elems = ty.elems.iter().map(|elem| self.ty(elem)).collect();
                TypeExpr {
                    span: self.positions.delimited(&ty.paren_token.span),
                    kind: TypeKind::Tuple(elems),
                }
            }
            syn::Type::Slice(ty) => {
                let elem = Box::new(self.ty(&ty.elem));
                TypeExpr {
                    span: self.positions.delimited(&ty.bracket_token.span),
                    kind: TypeKind::Slice(elem),
                }
            }
            syn::Type::Array(ty) => {
                let elem = Box::new(self.ty(&ty.elem));
                TypeExpr {
                    span: self.positions.delimited(&ty.bracket_token.span),
                    kind: TypeKind::Array(elem),
                }
            }
            syn::Type::Ptr(ty) => self.pointer_type(ty),
            syn::Type::FnPtr(ty) => self.fn_pointer_type(ty),
            syn::Type::ImplTrait(ty) => {
                let (span, bounds) = self.bounds_type(Some(ty.impl_token.span), &ty.bounds);
                TypeExpr { span, kind: TypeKind::Impl(bounds) }
            }
            syn::Type::TraitObject(ty) => {
                let (span, bounds) = self.bounds_type(ty.dyn_token.map(|token| token.span), &ty.bounds);
                TypeExpr { span, kind: TypeKind::Dyn(bounds) }
            }
            syn::Type::Never(_) => self.leaf_type(ty, TypeKind::Never),
            syn::Type::Infer(_) => self.leaf_type(ty, TypeKind::Infer),
            _ => self.leaf_type(ty, TypeKind::Unknown),
        }
    }

    fn leaf_type(&self, ty: &syn::Type, kind: TypeKind) -> TypeExpr {
        TypeExpr { span: self.positions.span(ty.span()), kind }
    }

    fn path_type(&mut self, ty: &syn::TypePath) -> TypeExpr {
        let path = self.path(ty.qself.as_ref(), &ty.path);
        TypeExpr { span: path.span, kind: TypeKind::Path(path) }
    }

    fn reference_type(&mut self, ty: &syn::TypeReference) -> TypeExpr {
        let inner = Box::new(self.ty(&ty.elem));
        let span = Span::new(self.positions.start(ty.and_token.span), inner.span.end);
        let lifetime = ty.lifetime.as_ref().map(|lifetime| self.lifetime(lifetime));
        TypeExpr { span, kind: TypeKind::Ref { mutable: ty.mutability.is_some(), lifetime, inner } }
    }

    fn pointer_type(&mut self, ty: &syn::TypePtr) -> TypeExpr {
        let inner = Box::new(self.ty(&ty.elem));
        let span = Span::new(self.positions.start(ty.star_token.span), inner.span.end);
        let mutable = matches!(ty.mutability, syn::PointerMutability::Mut(_));
        TypeExpr { span, kind: TypeKind::Ptr { mutable, inner } }
    }

    fn fn_pointer_type(&mut self, ty: &syn::TypeFnPtr) -> TypeExpr {
        let params = ty.inputs.iter().map(|input| self.ty(&input.ty)).collect();
        let output = self.output(&ty.output).map(Box::new);
        let end =
            output.as_ref().map_or_else(|| self.positions.closed(&ty.paren_token.span), |ty| ty.span.end);
        let first = [
            ty.lifetimes.as_ref().map(|lifetimes| lifetimes.for_token.span),
            ty.unsafety.map(|token| token.span),
            ty.abi.as_ref().map(|abi| abi.extern_token.span),
        ];
        let first = first.into_iter().flatten().next().unwrap_or(ty.fn_token.span);
        let span = Span::new(self.positions.start(first), end);
        TypeExpr { span, kind: TypeKind::FnPtr { params, output } }
    }

    /// `impl A + B`, `dyn A + B`, and the `A + B` of 2015 that has no keyword.
    fn bounds_type(&mut self, keyword: Option<proc_macro2::Span>, bounds: &Bounds) -> (Span, Vec<Path>) {
        let paths = self.bounds(bounds);
        let start = keyword.or_else(|| bounds.first().map(first_of)).map(|first| self.positions.start(first));
        let end = bounds.last().map_or(0, |last| self.end_of_bound(last, &paths));
        (Span::new(start.unwrap_or(end), end), paths)
    }

    fn end_of_bound(&self, bound: &syn::TypeParamBound, paths: &[Path]) -> u32 {
        match bound {
            syn::TypeParamBound::Trait(syn::TraitBound { paren_token: Some(paren), .. }) => {
                self.positions.closed(&paren.span)
            }
            syn::TypeParamBound::Trait(bound) if bound.maybe.is_none() => {
                paths.last().map_or(0, |path| path.span.end)
            }
            _ => self.positions.end(bound.span()),
        }
    }

    /// The type after `->`.
    pub(super) fn output(&mut self, output: &syn::ReturnType) -> Option<TypeExpr> {
        match output {
            syn::ReturnType::Default => None,
            syn::ReturnType::Type(_, ty) => Some(self.ty(ty)),
        }
    }

    /// A lifetime's name without its apostrophe.
    pub(super) fn lifetime(&self, lifetime: &syn::Lifetime) -> Name {
        self.positions.ident(&lifetime.ident).0
    }

    /// Lowers a path with its optional qualified self type.
    pub(super) fn path(&mut self, qself: Option<&syn::QSelf>, path: &syn::Path) -> Path {
        let mut end = 0;
        let mut start = None;
        let mut segments = smallvec::SmallVec::with_capacity(path.segments.len());
        for segment in &path.segments {
            let (name, span) = self.positions.ident(&segment.ident);
            start.get_or_insert(span.start);
            let mut lowered = Segment::new(name);
            end = self.arguments(&segment.arguments, &mut lowered).unwrap_or(span.end);
            segments.push(lowered);
        }
        if let Some(colons) = &path.leading_colon {
            start = Some(self.positions.start(colons.spans[0]));
        }
        let qself = qself.map(|qself| {
            start = Some(self.positions.start(qself.lt_token.span));
            end = end.max(self.positions.end(qself.gt_token.span));
            Box::new(QSelf { ty: self.ty(&qself.ty), trait_segments: qself.position as u32 })
        });
        let span = Span::new(start.unwrap_or(end), end);
        Path { span, global: path.leading_colon.is_some(), qself, segments }
    }

    /// Fills in a segment's arguments and returns where they end.
    fn arguments(&mut self, arguments: &syn::PathArguments, out: &mut Segment) -> Option<u32> {
        match arguments {
            syn::PathArguments::None => None,
            syn::PathArguments::AngleBracketed(args) => {
                self.angle_arguments(args, out);
                Some(self.positions.end(args.gt_token.span))
            }
            syn::PathArguments::Parenthesized(args) => {
                out.args = args.inputs.iter().map(|input| self.ty(&input.ty)).collect();
                let Some(output) = self.output(&args.output) else {
                    return Some(self.positions.closed(&args.paren_token.span));
                };
                let end = output.span.end;
                out.bindings.push((Name::new("Output"), output));
                Some(end)
            }
        }
    }

    /// Fills in the arguments between `<` and `>`.
    pub(super) fn angle_arguments(&mut self, args: &syn::AngleBracketedGenericArguments, out: &mut Segment) {
        for argument in &args.args {
            match argument {
                syn::GenericArgument::Type(ty) => out.args.push(self.ty(ty)),
                syn::GenericArgument::Lifetime(lifetime) => out.lifetimes.push(self.lifetime(lifetime)),
                syn::GenericArgument::AssocType(assoc) => {
                    let name = self.positions.ident(&assoc.ident).0;
                    let ty = self.ty(&assoc.ty);
                    out.bindings.push((name, ty));
                }
                _ => {}
            }
        }
    }
}

/// The first token of a bound.
fn first_of(bound: &syn::TypeParamBound) -> proc_macro2::Span {
    match bound {
        syn::TypeParamBound::Trait(syn::TraitBound { paren_token: Some(paren), .. }) => paren.span.open(),
        syn::TypeParamBound::Trait(syn::TraitBound { lifetimes: Some(lifetimes), .. }) => {
            lifetimes.for_token.span
        }
        _ => bound.span(),
    }
}
