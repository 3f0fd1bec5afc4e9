//! Methods: which function a name on a type is, and what its signature says there.

use std::collections::hash_map::Entry;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{FnId, ImplDef, ItemRef, Model, TyScope};
use crate::facts::{self, ItemKind, Path, Segment, SelfKind, TypeExpr, TypeKind};
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

/// What a type dereferences to.
#[derive(Debug)]
pub(super) enum DerefTarget {
    /// Its only field, in terms of the type's parameters.
    Field(Ty),
    /// What an impl says, in terms of the impl's parameters.
    Impl { target: Ty, self_ty: Ty },
}

impl Model {
    pub(super) fn index_impls(&mut self) {
        let lower = |it: &ImplDef| self.lower_impl_ty(it);
        let types: Vec<Ty> = self.impls.par_iter().map(lower).collect();
        for (impl_, ty) in self.impls.iter_mut().zip(types) {
            impl_.self_ty = ty;
        }
        self.index_methods();
        self.index_derefs();
    }

    fn index_methods(&mut self) {
        for id in self.fn_ids() {
            let def = self.func(id);
            let head = match (def.impl_, def.trait_) {
                (Some(at), _) => Head::of(self.impl_self_ty(at)),
                (None, Some(it)) => Some(Head::Trait(it)),
                (None, None) => None,
            };
            let Some(head) = head else { continue };
            let name = def.name.clone();
            self.methods.entry(head).or_default().entry(name).or_default().push(id);
        }
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

    fn impl_def(&self, at: ItemRef) -> Option<&ImplDef> {
        self.impls.get(*self.impl_ids.get(&at)?)
    }

    /// The type of an impl, in terms of its parameters.
    pub fn impl_self_ty(&self, at: ItemRef) -> &Ty {
        self.impl_def(at).map_or(&Ty::Unknown, |it| &it.self_ty)
    }

    fn lower_impl_ty(&self, def: &ImplDef) -> Ty {
        let Some(impl_) = self.impl_facts(def.at) else { return Ty::Unknown };
        let scope = TyScope::new(def.module).with(&impl_.generics);
        self.lower_ty(&impl_.self_ty, &scope).peel_refs().clone()
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
                (Some(self.impl_self_ty(at).clone()), Some(impl_), Some(at));
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

    /// The method `name` of a type, references and layers not peeled. An inherent method wins over a trait's; several
    /// inherent ones are `cfg` branches, of which the one for a usual host is meant.
    pub fn method(&self, ty: &Ty, name: &str) -> Option<FnId> {
        // What takes no `self` is not called on a value.
        self.associated(ty, name, |id| self.fn_facts(id).self_param.is_some())
    }

    /// The associated function or method of this name that `Type::name` means: inherent ones before those of traits.
    pub fn associated_fn(&self, ty: &Ty, name: &str) -> Option<FnId> {
        self.associated(ty, name, |_| true)
    }

    fn associated(&self, ty: &Ty, name: &str, is_meant: impl Fn(FnId) -> bool) -> Option<FnId> {
        let candidates = self.methods.get(&Head::of(ty)?)?.get(name)?;
        let fitting = candidates.iter().copied().filter(|id| is_meant(*id) && self.is_for(*id, ty));
        // The first of the best: of `cfg` branches the one for a usual host.
        fitting.min_by_key(|id| (!self.is_inherent(*id), !self.func(*id).is_usual))
    }

    /// Whether the impl around a method can be one for this very type: `impl Get for Arc<Cache>` is none for `Arc<Map>`.
    fn is_for(&self, id: FnId, ty: &Ty) -> bool {
        self.func(id).impl_.is_none_or(|at| fits(self.impl_self_ty(at), ty))
    }

    /// Whether a function is a trait's, or of an impl of one: who calls it need not be seen.
    pub fn is_of_trait(&self, id: FnId) -> bool {
        let def = self.func(id);
        def.trait_.is_some()
            || def.impl_.and_then(|at| self.impl_facts(at)).is_some_and(|it| it.trait_.is_some())
    }

    fn is_inherent(&self, id: FnId) -> bool {
        self.func(id).impl_.and_then(|at| self.impl_facts(at)).is_some_and(|it| it.trait_.is_none())
    }

    /// A signature's type seen from a receiver: the impl's parameters replaced by the receiver's arguments.
    pub fn seen_from(&self, ty: &Ty, sig: &FnSig, receiver: &Ty) -> Ty {
        sig.self_ty.as_ref().map_or_else(|| ty.clone(), |pattern| seen_through(ty, pattern, receiver))
    }

    /// The types with which a function calls the closure that is its parameter of this index, as far as they are written.
    pub fn callable_params(&self, id: FnId, index: u32) -> Vec<Ty> {
        let scope = self.fn_scope(id);
        let Some(ty) = self.fn_facts(id).params.get(index as usize) else { return Vec::new() };
        let bounds: Vec<&Path> = match &peeled(ty).kind {
            TypeKind::Impl(bounds) | TypeKind::Dyn(bounds) => bounds.iter().collect(),
            TypeKind::Path(path) => path.as_ident().into_iter().flat_map(|it| scope.bounds(it)).collect(),
            _ => Vec::new(),
        };
        let is_callable = |it: &&Segment| it.name.starts_with("Fn") || it.name.starts_with("AsyncFn");
        let written = bounds.iter().filter_map(|it| it.last()).find(is_callable);
        written.map_or_else(Vec::new, |it| it.args.iter().map(|arg| self.lower_ty(arg, &scope)).collect())
    }

    /// What a `Deref` impl of the workspace reaches.
    pub fn deref_target(&self, ty: &Ty) -> Option<Ty> {
        match (self.derefs.get(&Head::of(ty)?)?, ty) {
            (DerefTarget::Field(field), Ty::Adt(id, args)) => {
                Some(field.instantiate(&self.adt(*id).params, args))
            }
            (DerefTarget::Field(_), _) => None,
            (DerefTarget::Impl { target, self_ty }, _) => Some(seen_through(target, self_ty, ty)),
        }
    }

    fn index_derefs(&mut self) {
        let derived = self.adt_ids().filter_map(|id| Some((Head::Adt(id), self.derived_deref(id)?)));
        let mut derefs: FxHashMap<Head, DerefTarget> = derived.collect();
        // Of several impls on one type the last speaks; a derive goes before it.
        let written: FxHashMap<Head, &ImplDef> =
            self.impls.iter().filter_map(|it| Some((self.deref_head(it)?, it))).collect();
        for (head, impl_) in written {
            if let (Entry::Vacant(entry), Some(target)) = (derefs.entry(head), self.written_deref(impl_)) {
                entry.insert(target);
            }
        }
        self.derefs = derefs;
    }

    /// `#[derive(Deref)]` of derive_more and its kin, on a struct of one field.
    fn derived_deref(&self, id: AdtId) -> Option<DerefTarget> {
        let derives = &self.item(self.adt(id).at).attrs.derives;
        if !derives.iter().any(|it| matches!(it.as_str(), "Deref" | "Shrinkwrap")) {
            return None;
        }
        match self.fields_of(id).as_ref() {
            [only] => Some(DerefTarget::Field(only.ty.clone())),
            _ => None,
        }
    }

    /// The type that an impl of `Deref` is for.
    fn deref_head(&self, def: &ImplDef) -> Option<Head> {
        let trait_ = self.impl_facts(def.at)?.trait_.as_ref()?;
        Head::of(&def.self_ty).filter(|_| trait_.last().is_some_and(|it| it.name == "Deref"))
    }

    fn written_deref(&self, def: &ImplDef) -> Option<DerefTarget> {
        let impl_ = self.impl_facts(def.at)?;
        let items = impl_.items.iter().map(|id| self.item(ItemRef { item: *id, ..def.at }));
        let target = items.into_iter().find(|it| it.name == "Target")?;
        let ItemKind::TypeAlias { ty: Some(target), .. } = &target.kind else { return None };
        let scope = TyScope::new(def.module).with(&impl_.generics).with_self(def.self_ty.clone());
        Some(DerefTarget::Impl { target: self.lower_ty(target, &scope), self_ty: def.self_ty.clone() })
    }
}

/// Whether an impl for `pattern` can apply to `ty`: no two known parts of them differ.
fn fits(pattern: &Ty, ty: &Ty) -> bool {
    let all_fit = |a: &[Ty], b: &[Ty]| a.iter().zip(b).all(|(pattern, ty)| fits(pattern, ty));
    match (pattern.peel_refs(), ty.peel_refs()) {
        (Ty::Adt(a, pattern), Ty::Adt(b, args)) => a == b && all_fit(pattern, args),
        (Ty::Known(a, pattern), Ty::Known(b, args)) => a == b && all_fit(pattern, args),
        (Ty::Prim(a), Ty::Prim(b)) => a == b,
        (Ty::Trait(a), Ty::Trait(b)) => a == b,
        (
            Ty::Adt(..) | Ty::Known(..) | Ty::Prim(_) | Ty::Trait(_),
            Ty::Adt(..) | Ty::Known(..) | Ty::Prim(_),
        ) => false,
        // A foreign type can have several paths.
        _ => true,
    }
}

/// A type in terms of `pattern`'s parameters, these replaced by the arguments of `receiver`.
fn seen_through(ty: &Ty, pattern: &Ty, receiver: &Ty) -> Ty {
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

/// A written type below its references.
fn peeled(ty: &TypeExpr) -> &TypeExpr {
    match &ty.kind {
        TypeKind::Ref { inner, .. } => peeled(inner),
        _ => ty,
    }
}
