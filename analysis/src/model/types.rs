//! Written types to [`Ty`]: aliases expanded, parameters bound, bounds read, fields and statics on demand.

use std::sync::Arc;

use super::fuel::Fuel;
use super::{AdtField, AliasId, Def, ItemRef, Model, ModuleId, Namespace, StaticId};
use crate::facts::{self, Generics, ItemKind, Path, Segment, StaticMacro, TypeExpr, TypeKind};
use crate::knowledge::schema::TypeRole;
use crate::name::Name;
use crate::ty::{AdtId, KnownId, Mutability, Ty, no_args};

/// How deep aliases may expand; the compiler rejects cycles, the text under analysis may have them.
const MAX_ALIASES: u32 = 16;

/// What the names in a written type mean.
#[derive(Clone, Debug)]
pub struct TyScope<'a> {
    /// Where the type stands.
    pub module: ModuleId,
    /// The parameters in scope, innermost last.
    pub generics: Vec<&'a Generics>,
    /// `Self`.
    pub self_ty: Option<Ty>,
    /// The impl around it, for `Self::Assoc`.
    pub impl_: Option<&'a facts::Impl>,
    /// The file of that impl.
    pub impl_at: Option<ItemRef>,
    depth: u32,
    /// The allowance of the look-up that asks; without one each look-up has its own.
    pub(super) fuel: Option<Fuel<'a>>,
}

impl<'a> TyScope<'a> {
    /// A scope with nothing but a module.
    pub fn new(module: ModuleId) -> TyScope<'a> {
        TyScope {
            module,
            generics: Vec::new(),
            self_ty: None,
            impl_: None,
            impl_at: None,
            depth: 0,
            fuel: None,
        }
    }

    /// The same with one more list of parameters.
    pub fn with(mut self, generics: &'a Generics) -> TyScope<'a> {
        self.generics.push(generics);
        self
    }

    /// The same with `Self`.
    pub fn with_self(self, self_ty: Ty) -> TyScope<'a> {
        TyScope { self_ty: Some(self_ty), ..self }
    }

    /// Whether a name is a type parameter here.
    pub fn is_param(&self, name: &str) -> bool {
        self.generics.iter().any(|it| it.params.iter().any(|param| param.name == *name))
    }

    /// The bounds of a parameter, inline and in where clauses.
    pub fn bounds(&self, name: &str) -> impl Iterator<Item = &'a Path> {
        self.generics.iter().flat_map(move |it| {
            let is_it = move |ty: &TypeExpr| matches!(&ty.kind, TypeKind::Path(path) if path.as_ident().is_some_and(|it| it == name));
            let params = it.params.iter().filter(move |param| param.name == *name);
            let clauses = it.predicates.iter().filter(move |clause| is_it(&clause.ty));
            params.flat_map(|it| &it.bounds).chain(clauses.flat_map(|it| &it.bounds))
        })
    }
}

impl Model {
    /// Whether a bound names a trait of the workspace.
    pub fn is_own_trait(&self, bound: &Path, scope: &TyScope<'_>) -> bool {
        let path: Vec<Name> = bound.segments.iter().map(|it| it.name.clone()).collect();
        matches!(self.resolve(scope.module, &path, Namespace::Types), Some(Def::Trait(_)))
    }

    /// The type that `ty` writes.
    pub fn lower_ty(&self, ty: &TypeExpr, scope: &TyScope<'_>) -> Ty {
        let lower = |it: &TypeExpr| self.lower_ty(it, scope);
        match &ty.kind {
            TypeKind::Path(path) => self.path_ty(path, scope),
            TypeKind::Ref { mutable, inner, .. } => {
                Ty::Ref(Mutability::from_mut(*mutable), Arc::new(lower(inner)))
            }
            TypeKind::Ptr { mutable, inner } => {
                Ty::Ptr(Mutability::from_mut(*mutable), Arc::new(lower(inner)))
            }
            TypeKind::Tuple(items) => Ty::Tuple(items.iter().map(lower).collect()),
            TypeKind::Slice(inner) | TypeKind::Array(inner) => Ty::Slice(Arc::new(lower(inner))),
            TypeKind::FnPtr { params, output } => {
                let output = output.as_deref().map_or_else(Ty::unit, lower);
                Ty::Callable(params.iter().map(lower).collect(), Arc::new(output))
            }
            TypeKind::Impl(bounds) | TypeKind::Dyn(bounds) => self.bounds_ty(bounds.iter(), scope),
            TypeKind::Never => Ty::Never,
            TypeKind::Infer | TypeKind::Unknown => Ty::Unknown,
        }
    }

    /// What a list of bounds says of a value: a callable, a future, an iterator, a workspace trait.
    pub(super) fn bounds_ty<'a>(&self, bounds: impl Iterator<Item = &'a Path>, scope: &TyScope<'_>) -> Ty {
        for bound in bounds {
            let Some(last) = bound.last() else { continue };
            let binding = |name: &str| last.bindings.iter().find(|(it, _)| *it == *name);
            let bound_ty = |name: &str| binding(name).map_or(Ty::Unknown, |(_, ty)| self.lower_ty(ty, scope));
            let params = || last.args.iter().map(|it| self.lower_ty(it, scope)).collect();
            match last.name.as_str() {
                "Fn" | "FnMut" | "FnOnce" => {
                    let output = binding("Output").map_or_else(Ty::unit, |(_, ty)| self.lower_ty(ty, scope));
                    return Ty::Callable(params(), Arc::new(output));
                }
                "AsyncFn" | "AsyncFnMut" | "AsyncFnOnce" => {
                    return Ty::Callable(params(), Arc::new(Ty::Future(Arc::new(bound_ty("Output")))));
                }
                "Future" => return Ty::Future(Arc::new(bound_ty("Output"))),
                "Iterator" | "IntoIterator" | "DoubleEndedIterator" | "ExactSizeIterator" => {
                    let Some(id) = self.knowledge.well_known().iterator else { return Ty::Unknown };
                    return Ty::Known(id, Arc::from([bound_ty("Item")]));
                }
                "Deref" | "DerefMut" => return Ty::shared_ref(bound_ty("Target")),
                _ => {}
            }
            let def = self.resolve_segments(scope, &bound.segments, false, Namespace::Types);
            match def {
                Some(Def::Trait(id)) => return Ty::Trait(id),
                Some(Def::Foreign(path)) => {
                    if let Some(id) = self.known_trait(&path, scope) {
                        return Ty::Known(id, no_args());
                    }
                }
                _ => {}
            }
        }
        Ty::Unknown
    }

    /// A foreign trait whose methods the knowledge tells.
    fn known_trait(&self, path: &str, scope: &TyScope<'_>) -> Option<KnownId> {
        let id = self.knowledge.type_at(path, self.requirement(scope.module, path))?;
        (self.knowledge.ty(id).role == TypeRole::Plain).then_some(id)
    }

    /// The type that a path names.
    pub fn path_ty(&self, path: &Path, scope: &TyScope<'_>) -> Ty {
        if path.qself.is_some() {
            return Ty::Unknown;
        }
        self.segments_ty(&path.segments, path.global, scope)
    }

    /// The same for a path without a `<T>` in front.
    pub(super) fn segments_ty(&self, path: &[Segment], global: bool, scope: &TyScope<'_>) -> Ty {
        let Some(first) = path.first() else { return Ty::Unknown };
        if first.name == "Self" {
            return self.self_path(path, scope);
        }
        if let ([Segment { name, .. }], false) = (path, global) {
            if scope.is_param(name) {
                return self.param_ty(name, scope);
            }
            if crate::knowledge::is_primitive(name) {
                return Ty::Prim(name.clone());
            }
        }
        if let ([param, assoc], false) = (path, global)
            && scope.is_param(&param.name)
        {
            return self.assoc_of_param(&param.name, &assoc.name, scope);
        }
        let def = self.resolve_segments(scope, path, global, Namespace::Types);
        def.map_or(Ty::Unknown, |def| self.def_ty(&def, path.last(), scope))
    }

    fn self_path(&self, path: &[Segment], scope: &TyScope<'_>) -> Ty {
        match path {
            [_] => scope.self_ty.clone().unwrap_or_default(),
            [_, assoc] => self.assoc_ty(&assoc.name, scope),
            _ => Ty::Unknown,
        }
    }

    fn param_ty(&self, name: &Name, scope: &TyScope<'_>) -> Ty {
        let Some(inner) = deeper(scope) else { return Ty::Unknown };
        match self.bounds_ty(scope.bounds(name), &inner) {
            it @ (Ty::Callable(..) | Ty::Future(_) | Ty::Known(..)) => it,
            // `P: Deref<Target = T>` is used as `&T` is.
            it @ Ty::Ref(..) if !it.peel_refs().is_unknown() => it,
            _ => Ty::Param(name.clone()),
        }
    }

    fn def_ty(&self, def: &Def, last: Option<&Segment>, scope: &TyScope<'_>) -> Ty {
        let written: Vec<Ty> =
            last.map(|it| it.args.iter().map(|arg| self.lower_ty(arg, scope)).collect()).unwrap_or_default();
        match def {
            Def::Adt(id) => Ty::Adt(*id, list(written)),
            Def::Alias(id) => self.alias_ty(*id, &written, scope),
            Def::Foreign(path) => self.foreign_ty(path, written, last, scope),
            Def::Trait(id) => Ty::Trait(*id),
            Def::Variant(id, _) => Ty::Adt(*id, written.into()),
            Def::Module(_) | Def::Fn(_) | Def::Static(_) | Def::Const(_) => Ty::Unknown,
        }
    }

    fn foreign_ty(&self, path: &Name, written: Vec<Ty>, last: Option<&Segment>, scope: &TyScope<'_>) -> Ty {
        let full = path.as_str();
        // A lone name that nothing declares is no type of a crate of that name.
        if !full.contains("::") {
            return Ty::Unknown;
        }
        if full == "std::io::Result" || full == "anyhow::Result" || full.ends_with("::Result") {
            return self.result_alias(full, written, scope);
        }
        let requirement = self.requirement(scope.module, full);
        match self.knowledge.type_at(full, requirement) {
            Some(id) => Ty::Known(id, list(written)),
            None if matches!(last.map(|it| it.name.as_str()), Some("Future")) => Ty::Unknown,
            None => Ty::Foreign(path.clone(), list(written)),
        }
    }

    /// A foreign `Result` alias is taken for `Result<T, its own error>`.
    fn result_alias(&self, full: &str, written: Vec<Ty>, scope: &TyScope<'_>) -> Ty {
        let Some(id) = self.knowledge.well_known().result else { return Ty::Unknown };
        if let Some(known) = self.knowledge.type_at(full, self.requirement(scope.module, full)) {
            return Ty::Known(known, written.into());
        }
        Ty::Known(id, written.into())
    }

    fn alias_ty(&self, id: AliasId, args: &[Ty], scope: &TyScope<'_>) -> Ty {
        let alias = &self.aliases[id.0 as usize];
        let ItemKind::TypeAlias { generics, ty: Some(ty) } = &self.item(alias.at).kind else {
            return Ty::Unknown;
        };
        let Some(outer) = deeper(scope) else { return Ty::Unknown };
        let inner =
            TyScope { depth: outer.depth, fuel: outer.fuel, ..TyScope::new(alias.module) }.with(generics);
        let names: Vec<Name> = generics.params.iter().map(|it| it.name.clone()).collect();
        let defaults = generics.params.iter().map(|it| it.default.as_ref());
        let args: Vec<Ty> = defaults
            .enumerate()
            .map(|(index, default)| match (args.get(index), default) {
                (Some(arg), _) => arg.clone(),
                (None, Some(default)) => self.lower_ty(default, &inner),
                (None, None) => Ty::Unknown,
            })
            .collect();
        self.lower_ty(ty, &inner).instantiate(&names, &args)
    }

    /// The type that an alias stands for, its parameters open. An alias may name itself in its own path: the look-up
    /// that asks pays.
    pub(super) fn alias_target(&self, id: AliasId, fuel: Fuel<'_>) -> Ty {
        let alias = &self.aliases[id.0 as usize];
        let ItemKind::TypeAlias { generics, ty: Some(ty) } = &self.item(alias.at).kind else {
            return Ty::Unknown;
        };
        let scope = TyScope { depth: MAX_ALIASES / 2, fuel: Some(fuel), ..TyScope::new(alias.module) };
        self.lower_ty(ty, &scope.with(generics))
    }

    /// The fields of a struct, union or enum, in order, in terms of its parameters.
    pub fn adt_fields(&self, id: AdtId) -> Arc<[AdtField]> {
        self.fields_of(id).clone()
    }

    pub(super) fn fields_of(&self, id: AdtId) -> &Arc<[AdtField]> {
        self.fields[id.0 as usize].get_or_init(|| self.lower_fields(id))
    }

    fn lower_fields(&self, id: AdtId) -> Arc<[AdtField]> {
        let def = self.adt(id);
        let lower = |variant: Option<&Name>, fields: &[facts::Field], generics| {
            let scope = TyScope::new(def.module).with(generics);
            let params = def.params.iter().cloned().map(Ty::Param).collect();
            let scope = scope.with_self(Ty::Adt(id, params));
            let field = |it: &facts::Field| AdtField {
                variant: variant.cloned(),
                name: it.name.clone(),
                ty: self.lower_ty(&it.ty, &scope),
                span: it.name_span,
            };
            fields.iter().map(field).collect::<Vec<_>>()
        };
        match &self.item(def.at).kind {
            ItemKind::Struct(it) | ItemKind::Union(it) => lower(None, &it.fields, &it.generics).into(),
            ItemKind::Enum { generics, variants } => {
                variants.iter().flat_map(|it| lower(Some(&it.name), &it.fields, generics)).collect()
            }
            _ => Arc::from([]),
        }
    }

    /// The type of a field of `Ty::Adt(id, args)`; `variant` for enums.
    pub fn field_ty(&self, id: AdtId, args: &[Ty], variant: Option<&str>, name: &str) -> Option<Ty> {
        let fields = self.fields_of(id);
        let field = fields.iter().find(|it| it.name == *name && it.variant.as_deref() == variant)?;
        Some(field.ty.instantiate(&self.adt(id).params, args))
    }

    /// The type of a static as code sees it.
    pub fn static_ty(&self, id: StaticId) -> &Ty {
        self.statics_ty[id.0 as usize].get_or_init(|| {
            let facts = self.static_facts(id);
            let ty = self.lower_ty(&facts.ty, &TyScope::new(self.static_(id).module));
            match (facts.declared_by, self.knowledge.well_known().local_key) {
                (StaticMacro::ThreadLocal, Some(key)) => Ty::Known(key, Arc::from([ty])),
                _ => ty,
            }
        })
    }

    /// The type of a constant.
    pub fn const_ty(&self, id: super::ConstId) -> Ty {
        let def = &self.consts[id.0 as usize];
        match &self.item(def.at).kind {
            ItemKind::Const { ty, .. } => self.lower_ty(ty, &TyScope::new(def.module)),
            _ => Ty::Unknown,
        }
    }

    /// The role of a type of the knowledge files.
    pub fn role(&self, ty: &Ty) -> Option<TypeRole> {
        match ty {
            Ty::Known(id, _) => Some(self.knowledge.ty(*id).role),
            _ => None,
        }
    }

    /// Whether a value of this type holds a map: itself, in a layer, or in a field of its own. A map deeper inside is
    /// what the types between make of it.
    pub fn holds_map(&self, ty: &Ty) -> bool {
        let is_map = &mut |it: &Ty| matches!(self.role(it), Some(TypeRole::Map | TypeRole::SharedMap));
        self.any_part_to(ty, 1, is_map)
    }
}

/// The scope one alias deeper, or nothing where the chain is too long to be real.
pub(super) fn deeper<'a>(scope: &TyScope<'a>) -> Option<TyScope<'a>> {
    (scope.depth < MAX_ALIASES).then(|| TyScope { depth: scope.depth + 1, ..scope.clone() })
}

/// Type arguments, without an allocation where there are none.
fn list(args: Vec<Ty>) -> Arc<[Ty]> {
    if args.is_empty() { no_args() } else { args.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Edition;
    use crate::knowledge::Knowledge;
    use crate::source::Workspace;

    #[test]
    fn an_alias_in_its_own_path_is_unknown() {
        let text = "type A = A::B; type F = G::X; type G = F::Y; struct S { a: A::B, f: F::Z }";
        let workspace = Workspace::of_text("a.rs", text, Edition::E2024);
        let model = Model::new(Arc::new(workspace), Arc::new(Knowledge::builtin()));
        let fields = model.adt_fields(AdtId(0));
        assert_eq!(fields.iter().map(|it| &it.ty).collect::<Vec<_>>(), [&Ty::Unknown; 2]);
    }
}
