//! Methods: which function a name on a type is, and what its signature says there.

use super::{FnId, ImplDef, ItemRef, Model, TyScope};
use crate::facts::{self, Generics, ItemKind, SelfKind};
use crate::name::Name;
use crate::ty::{AdtId, KnownId, TraitId, Ty};

/// What a type starts with: methods are indexed by it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Head {
    /// A type of the workspace.
    Adt(AdtId),
    /// A type of the knowledge files.
    Known(KnownId),
    /// A trait of the workspace.
    Trait(TraitId),
    /// A type of neither.
    Foreign(Name),
}

impl Head {
    /// The head of a type, references aside.
    pub fn of(ty: &Ty) -> Option<Head> {
        match ty {
            Ty::Adt(id, _) => Some(Head::Adt(*id)),
            Ty::Known(id, _) => Some(Head::Known(*id)),
            Ty::Trait(id) => Some(Head::Trait(*id)),
            Ty::Foreign(path, _) => Some(Head::Foreign(path.clone())),
            _ => None,
        }
    }
}

/// A signature with its types resolved, in terms of the parameters of impl and function.
#[derive(Clone, Debug, Default)]
pub struct FnSig {
    /// How it takes `self`.
    pub self_kind: Option<SelfKind>,
    /// The impl's type, in terms of its parameters.
    pub self_ty: Option<Ty>,
    /// The parameters' types, `self` left out.
    pub params: Vec<Ty>,
    /// What a call gives: a future for an `async fn`.
    pub output: Ty,
    /// `async fn`.
    pub is_async: bool,
}

impl Model {
    pub(super) fn index_impls(&mut self) {
        for id in self.fn_ids() {
            let def = self.func(id);
            let head = match (def.impl_, def.trait_) {
                (Some(at), _) => Head::of(&self.impl_self_ty(at)),
                (None, Some(it)) => Some(Head::Trait(it)),
                (None, None) => None,
            };
            let Some(head) = head else { continue };
            let name = def.name.clone();
            self.methods.entry((head, name)).or_default().push(id);
        }
        let derefs: Vec<(Head, ItemRef)> = self.impls.iter().filter_map(|it| self.deref_impl(it)).collect();
        self.derefs.extend(derefs);
    }

    fn deref_impl(&self, def: &ImplDef) -> Option<(Head, ItemRef)> {
        let impl_ = self.impl_facts(def.at)?;
        let is_deref = impl_.trait_.as_ref()?.last().is_some_and(|it| it.name == "Deref");
        is_deref.then(|| Head::of(&self.impl_self_ty(def.at)).map(|head| (head, def.at)))?
    }

    /// Every impl block.
    pub fn impls(&self) -> &[ImplDef] {
        &self.impls
    }

    /// An impl's facts.
    pub fn impl_facts(&self, at: ItemRef) -> Option<&facts::Impl> {
        match &self.item(at).kind {
            ItemKind::Impl(it) => Some(it),
            _ => None,
        }
    }

    /// The type of an impl, in terms of its parameters.
    pub fn impl_self_ty(&self, at: ItemRef) -> Ty {
        let (Some(impl_), Some(module)) = (self.impl_facts(at), self.impl_module.get(&at)) else {
            return Ty::Unknown;
        };
        self.lower_ty(&impl_.self_ty, &TyScope::new(*module).with(&impl_.generics)).peel_refs().clone()
    }

    /// The scope of the types written in a function.
    pub fn fn_scope(&self, id: FnId) -> TyScope<'_> {
        let def = self.func(id);
        let mut scope = TyScope::new(def.module);
        if let Some(at) = def.impl_
            && let Some(impl_) = self.impl_facts(at)
        {
            scope = scope.with(&impl_.generics);
            (scope.self_ty, scope.impl_, scope.impl_at) =
                (Some(self.impl_self_ty(at)), Some(impl_), Some(at));
        }
        if let Some(trait_) = def.trait_ {
            scope.self_ty = Some(Ty::Trait(trait_));
        }
        scope.with(&self.fn_facts(id).generics)
    }

    /// The signature of a function.
    pub fn signature(&self, id: FnId) -> &FnSig {
        self.signatures[id.0 as usize].get_or_init(|| {
            let facts = self.fn_facts(id);
            let scope = self.fn_scope(id);
            let output = facts.output.as_ref().map_or_else(Ty::unit, |it| self.lower_ty(it, &scope));
            FnSig {
                self_kind: facts.self_param.as_ref().map(|it| it.kind),
                self_ty: scope.self_ty.clone(),
                params: facts.params.iter().map(|it| self.lower_ty(it, &scope)).collect(),
                output: if facts.is_async { Ty::Future(output.into()) } else { output },
                is_async: facts.is_async,
            }
        })
    }

    /// The method or associated function `name` of a type, references and layers not peeled. Where several impls
    /// declare it, it is resolved only if they agree on being one function.
    pub fn method(&self, ty: &Ty, name: &str) -> Option<FnId> {
        let candidates = self.methods.get(&(Head::of(ty)?, Name::new(name)))?;
        match candidates.as_slice() {
            [] => None,
            [one] => Some(*one),
            // An inherent method wins over a trait's; several inherent ones are `cfg` branches or other arguments.
            many => many.iter().copied().find(|id| self.is_inherent(*id)).or(many.first().copied()),
        }
    }

    fn is_inherent(&self, id: FnId) -> bool {
        self.func(id).impl_.and_then(|at| self.impl_facts(at)).is_some_and(|it| it.trait_.is_none())
    }

    /// A signature's type seen from a receiver: the impl's parameters replaced by the receiver's arguments.
    pub fn seen_from(&self, ty: &Ty, sig: &FnSig, receiver: &Ty) -> Ty {
        let Some(pattern) = &sig.self_ty else { return ty.clone() };
        let (pattern, actual) = match (pattern, receiver) {
            (Ty::Adt(a, pattern), Ty::Adt(b, actual)) if a == b => (pattern, actual),
            (Ty::Known(a, pattern), Ty::Known(b, actual)) if a == b => (pattern, actual),
            _ => return ty.clone(),
        };
        ty.subst(&|name| {
            let index = pattern.iter().position(|it| matches!(it, Ty::Param(param) if *param == *name))?;
            actual.get(index).cloned()
        })
    }

    /// What a `Deref` impl of the workspace reaches.
    pub fn deref_target(&self, ty: &Ty) -> Option<Ty> {
        self.derived_deref(ty).or_else(|| self.written_deref(ty))
    }

    /// `#[derive(Deref)]` of derive_more and its kin, on a struct of one field.
    fn derived_deref(&self, ty: &Ty) -> Option<Ty> {
        let Ty::Adt(id, args) = ty else { return None };
        let attrs = &self.item(self.adt(*id).at).attrs;
        if !attrs.derives.iter().any(|it| matches!(it.as_str(), "Deref" | "Shrinkwrap")) {
            return None;
        }
        match self.adt_fields(*id).as_ref() {
            [only] => Some(only.ty.instantiate(&self.adt(*id).params, args)),
            _ => None,
        }
    }

    fn written_deref(&self, ty: &Ty) -> Option<Ty> {
        let at = *self.derefs.get(&Head::of(ty)?)?;
        let impl_ = self.impl_facts(at)?;
        let target = impl_
            .items
            .iter()
            .map(|id| self.item(ItemRef { item: *id, ..at }))
            .find(|it| it.name == "Target")?;
        let ItemKind::TypeAlias { ty: Some(target), .. } = &target.kind else { return None };
        let self_ty = self.impl_self_ty(at);
        let generics: &Generics = &impl_.generics;
        let scope = TyScope::new(*self.impl_module.get(&at)?).with(generics);
        let scope = scope.with_self(self_ty.clone());
        let target = self.lower_ty(target, &scope);
        Some(self.seen_from(&target, &FnSig { self_ty: Some(self_ty), ..FnSig::default() }, ty))
    }
}
