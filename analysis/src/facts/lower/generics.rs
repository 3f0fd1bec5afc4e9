//! Generic parameters, bounds, and the signatures that carry them.

use super::Lower;
use crate::facts::{Fn, GenericParam, Generics, PatId, Path, Predicate, SelfKind, SelfParam};

/// The bounds of a parameter, a `where` clause or an `impl Trait`.
pub(super) type Bounds = syn::punctuated::Punctuated<syn::TypeParamBound, syn::Token![+]>;

impl Lower<'_> {
    /// Lowers the parameters of an item with its `where` clause.
    pub(super) fn generics(&mut self, generics: &syn::Generics) -> Generics {
        let mut lowered = Generics::default();
        for param in &generics.params {
            match param {
                syn::GenericParam::Type(param) => lowered.params.push(self.type_param(param)),
                syn::GenericParam::Lifetime(param) => lowered.lifetimes.push(self.lifetime(&param.lifetime)),
                syn::GenericParam::Const(_) => {}
            }
        }
        for predicate in generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
            lowered.predicates.extend(self.predicate(predicate));
        }
        lowered
    }

    fn type_param(&mut self, param: &syn::TypeParam) -> GenericParam {
        GenericParam {
            name: self.positions.ident(&param.ident).0,
            bounds: self.bounds(&param.bounds),
            default: param.default.as_ref().map(|(_, ty)| self.ty(ty)),
        }
    }

    fn predicate(&mut self, predicate: &syn::WherePredicate) -> Option<Predicate> {
        let syn::WherePredicate::Type(predicate) = predicate else { return None };
        Some(Predicate { ty: self.ty(&predicate.bounded_ty), bounds: self.bounds(&predicate.bounds) })
    }

    /// The traits of a list of bounds; lifetimes and `?Sized` are left out.
    pub(super) fn bounds(&mut self, bounds: &Bounds) -> Vec<Path> {
        bounds.iter().filter_map(|bound| self.bound(bound)).collect()
    }

    fn bound(&mut self, bound: &syn::TypeParamBound) -> Option<Path> {
        match bound {
            syn::TypeParamBound::Trait(bound) if bound.maybe.is_none() => Some(self.path(None, &bound.path)),
            _ => None,
        }
    }

    /// Lowers a signature, and with `block` the body, which holds the parameters' patterns.
    pub(super) fn function(&mut self, sig: &syn::Signature, block: Option<&syn::Block>) -> Fn {
        let generics = self.generics(&sig.generics);
        let typed = || {
            sig.inputs.iter().filter_map(|input| match input {
                syn::FnArg::Typed(typed) => Some(typed),
                syn::FnArg::Receiver(_) => None,
            })
        };
        let params = typed().map(|typed| self.ty(&typed.ty)).collect();
        let output = self.output(&sig.output);
        let body = block.map(|block| {
            self.in_body(|lower| {
                let params: Vec<PatId> = typed().map(|typed| lower.pat(&typed.pat)).collect();
                (params, lower.plain_block(block))
            })
        });
        Fn {
            generics,
            self_param: sig.receiver().map(|receiver| self.receiver(receiver)),
            params,
            output,
            is_async: sig.asyncness.is_some(),
            is_unsafe: matches!(sig.safety, syn::Safety::Unsafe(_)),
            body,
        }
    }

    fn receiver(&mut self, receiver: &syn::Receiver) -> SelfParam {
        match &receiver.kind {
            syn::ReceiverKind::Reference(_, _, Some(_)) => SelfParam { kind: SelfKind::RefMut, ty: None },
            syn::ReceiverKind::Reference(_, _, None) => SelfParam { kind: SelfKind::Ref, ty: None },
            syn::ReceiverKind::Typed(_, ty) => {
                SelfParam { kind: SelfKind::Value, ty: Some(Box::new(self.ty(ty))) }
            }
            _ => SelfParam { kind: SelfKind::Value, ty: None },
        }
    }
}
