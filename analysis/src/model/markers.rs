//! `Send` and `Sync` as the source claims them: explicit impls, and what the bounds of a parameter promise.

use super::{Def, FnId, Head, ImplDef, Model, Namespace, TyScope};
use crate::facts::{self, ItemKind, Path, TypeExpr, TypeKind};
use crate::ty::{AdtId, TraitId};

/// The two auto traits about threads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the names are the traits")]
pub enum Marker {
    Send,
    Sync,
}

impl Marker {
    /// The trait's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Marker::Send => "Send",
            Marker::Sync => "Sync",
        }
    }
}

/// What is known of a parameter and a marker.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Promise {
    /// No bound asks for it.
    No,
    /// A bound may: a trait whose own bounds are not known, or an `unsafe` one, whose contract is in words.
    Perhaps,
    /// A bound asks for it.
    Yes,
}

/// Whether an attribute of a trait may add supertraits: `#[trait_variant::make(Send)]` does.
fn is_rewritten(attrs: &facts::Attrs) -> bool {
    const PLAIN: [&str; 9] =
        ["allow", "async_trait", "cfg", "cfg_attr", "deprecated", "doc", "expect", "must_use", "warn"];
    !attrs.are_among(&PLAIN)
}

/// How many traits deep supertraits are followed.
const MAX_TRAITS: u32 = 8;

impl Model {
    /// The marker that an impl claims or, with `!`, gives up.
    pub fn marker_of<'a>(&'a self, def: &ImplDef) -> Option<(Marker, &'a facts::Impl)> {
        let impl_ = self.impl_facts(def.at)?;
        let name = &impl_.trait_.as_ref()?.last()?.name;
        let marker = [Marker::Send, Marker::Sync].into_iter().find(|it| *name == *it.as_str())?;
        Some((marker, impl_))
    }

    /// What the bounds of a parameter say about a marker, or another trait of std, by its name.
    pub fn promise(&self, scope: &TyScope<'_>, param: &str, name: &str) -> Promise {
        let promises = scope.bounds(param).map(|it| self.bound_promise(scope, it, name, MAX_TRAITS));
        // `Arc<T>: Send` asks something of `T` as well, and so does `Node<T>: Shared` of a trait that is `Send`.
        let mut clauses = scope.generics.iter().flat_map(|it| &it.predicates);
        let asks = |it: &facts::Predicate| {
            let mut promises = it.bounds.iter().map(|it| self.bound_promise(scope, it, name, MAX_TRAITS));
            promises.any(|it| it != Promise::No)
        };
        let is_asked = clauses.any(|it| is_inside(&it.ty, param) && !is_itself(&it.ty, param) && asks(it));
        let least = match is_asked || self.is_part_of_another(scope, param) {
            true => Promise::Perhaps,
            false => Promise::No,
        };
        promises.max().unwrap_or(least).max(least)
    }

    /// Whether a parameter is what a trait has for a name, and may ask something of: `P: Policy<Key = K>`.
    fn is_part_of_another(&self, scope: &TyScope<'_>, param: &str) -> bool {
        let bounds = scope.generics.iter().flat_map(|it| {
            let inline = it.params.iter().flat_map(|it| &it.bounds);
            inline.chain(it.predicates.iter().flat_map(|it| &it.bounds))
        });
        bounds.into_iter().any(|bound| {
            let Some(last) = bound.last() else { return false };
            let mut names = last.bindings.iter().filter(|(_, ty)| is_itself(ty, param)).map(|(name, _)| name);
            names.any(|it| self.may_ask_of_part(scope, bound, it))
        })
    }

    /// Whether a trait may ask something of the type that it has by a name. Those of std do not, and one of the workspace says it.
    fn may_ask_of_part(&self, scope: &TyScope<'_>, bound: &Path, part: &str) -> bool {
        let Some(last) = bound.last() else { return true };
        let is_known = WITH_PARTS.contains(&last.name.as_str());
        match self.resolve_segments(scope, &bound.segments, bound.global, Namespace::Types) {
            Some(Def::Trait(id)) => self.asks_of_part(id, part),
            Some(Def::Foreign(path)) => !is_known && !is_std(&path),
            _ => !is_known,
        }
    }

    /// A trait with supertraits or clauses may ask it there.
    fn asks_of_part(&self, id: TraitId, part: &str) -> bool {
        let at = self.traits[id.0 as usize].at;
        let item = self.item(at);
        let ItemKind::Trait { items, supertraits, .. } = &item.kind else { return true };
        let file = self.workspace.file(at.file);
        let text = |from: u32, to: u32| &file.source.text[from as usize..to as usize];
        let head = text(item.name_span.end, item.span.end).split('{').next().unwrap_or_default();
        let parts = items.iter().map(|it| &file.facts.items[it.0 as usize]).filter(|it| it.name == *part);
        let mut asked = parts.map(|it| text(it.name_span.end, it.span.end));
        !supertraits.is_empty()
            || head.contains("where")
            || asked.any(|it| it.contains([':', '{']) || it.contains("where"))
    }

    /// What the bounds of an `impl` or `dyn` type say about a marker, or another trait of std, by its name.
    pub fn bounds_promise(&self, scope: &TyScope<'_>, bounds: &[Path], name: &str) -> Promise {
        let promises = bounds.iter().map(|it| self.bound_promise(scope, it, name, MAX_TRAITS));
        promises.max().unwrap_or(Promise::No)
    }

    fn bound_promise(&self, scope: &TyScope<'_>, bound: &Path, name: &str, depth: u32) -> Promise {
        let Some(last) = bound.last() else { return Promise::Perhaps };
        if last.name == *name {
            return Promise::Yes;
        }
        match self.resolve_segments(scope, &bound.segments, bound.global, Namespace::Types) {
            Some(Def::Trait(id)) => self.trait_promise(id, name, depth),
            // No trait of std asks for a marker, `Sync` and `Send` aside, and `Copy` alone for `Clone`.
            Some(Def::Foreign(path)) if is_std(&path) => match last.name.as_str() {
                "Copy" if name == "Clone" => Promise::Yes,
                _ => Promise::No,
            },
            _ => Promise::Perhaps,
        }
    }

    fn trait_promise(&self, id: TraitId, name: &str, depth: u32) -> Promise {
        let def = &self.traits[id.0 as usize];
        let ItemKind::Trait { supertraits, is_unsafe, .. } = &self.item(def.at).kind else {
            return Promise::Perhaps;
        };
        let Some(depth) = depth.checked_sub(1).filter(|_| !is_unsafe) else { return Promise::Perhaps };
        let scope = TyScope::new(def.module);
        let promises = supertraits.iter().map(|it| self.bound_promise(&scope, it, name, depth));
        // A trait with one impl is that type's, whatever it asks for; an attribute macro may ask for more than is written.
        let is_open = self.implementation_count(id) == 1 || is_rewritten(&self.item(def.at).attrs);
        let least = if is_open { Promise::Perhaps } else { Promise::No };
        promises.max().unwrap_or(least).max(least)
    }

    /// The scope of the types written at the head of an impl.
    pub fn impl_scope<'a>(&'a self, def: &ImplDef, impl_: &'a facts::Impl) -> TyScope<'a> {
        TyScope::new(def.module).with(&impl_.generics).with_self(def.self_ty.clone())
    }

    /// Whether a type has a `dyn Trait` that is not asked to be `Send`, itself or in the types of its fields: whoever claims
    /// more for it means one thread.
    pub fn has_unsendable_dyn(&self, id: AdtId) -> bool {
        self.adt_is_unsendable(id, MAX_TRAITS)
    }

    fn adt_is_unsendable(&self, id: AdtId, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let def = self.adt(id);
        let scope = TyScope::new(def.module);
        let any = |fields: &[facts::Field]| fields.iter().any(|it| self.is_unsendable(&it.ty, &scope, depth));
        match &self.item(def.at).kind {
            ItemKind::Struct(it) | ItemKind::Union(it) => any(&it.fields),
            ItemKind::Enum { variants, .. } => variants.iter().any(|it| any(&it.fields)),
            _ => false,
        }
    }

    fn is_unsendable(&self, ty: &TypeExpr, scope: &TyScope<'_>, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match &ty.kind {
            TypeKind::Dyn(bounds) => {
                let promises = bounds.iter().map(|it| self.bound_promise(scope, it, "Send", MAX_TRAITS));
                promises.max() == Some(Promise::No)
            }
            TypeKind::Ref { inner, .. } | TypeKind::Slice(inner) | TypeKind::Array(inner) => {
                self.is_unsendable(inner, scope, depth)
            }
            TypeKind::Tuple(items) => items.iter().any(|it| self.is_unsendable(it, scope, depth)),
            TypeKind::Path(path) => {
                let args = path.last().into_iter().flat_map(|it| &it.args);
                args.into_iter().any(|it| self.is_unsendable(it, scope, depth))
                    || self.is_named_unsendable(path, scope, depth)
            }
            _ => false,
        }
    }

    fn is_named_unsendable(&self, path: &Path, scope: &TyScope<'_>, depth: u32) -> bool {
        match self.resolve_segments(scope, &path.segments, path.global, Namespace::Types) {
            Some(Def::Adt(id)) => self.adt_is_unsendable(id, depth),
            Some(Def::Alias(id)) => {
                let alias = &self.aliases[id.0 as usize];
                let ItemKind::TypeAlias { ty: Some(ty), .. } = &self.item(alias.at).kind else {
                    return false;
                };
                self.is_unsendable(ty, &TyScope::new(alias.module), depth)
            }
            _ => false,
        }
    }

    /// The functions in the impls of a type, in order.
    pub fn methods_of(&self, id: AdtId) -> Vec<FnId> {
        let named = self.methods.get(&Head::Adt(id)).into_iter().flat_map(|it| it.values());
        let mut methods: Vec<FnId> = named.flatten().copied().collect();
        methods.sort();
        methods
    }
}

fn is_itself(ty: &TypeExpr, param: &str) -> bool {
    matches!(&ty.kind, TypeKind::Path(path) if path.as_ident().is_some_and(|it| it == param))
}

/// Whether a parameter is an argument in a written type.
fn is_inside(ty: &TypeExpr, param: &str) -> bool {
    match &ty.kind {
        TypeKind::Path(path) => {
            path.as_ident().is_some_and(|it| it == param)
                || path.segments.iter().flat_map(|it| &it.args).any(|it| is_inside(it, param))
        }
        TypeKind::Ref { inner, .. } | TypeKind::Ptr { inner, .. } => is_inside(inner, param),
        TypeKind::Slice(inner) | TypeKind::Array(inner) => is_inside(inner, param),
        TypeKind::Tuple(items) => items.iter().any(|it| is_inside(it, param)),
        _ => false,
    }
}

fn is_std(path: &str) -> bool {
    let krate = path.split("::").next().unwrap_or_default();
    // Crates that std itself is made of know its parts by these names.
    let krate = krate.strip_prefix("rustc_std_workspace_").unwrap_or(krate);
    matches!(krate, "std" | "core" | "alloc" | "sgx_tstd") || PRELUDE.contains(&path)
}

/// Traits of std, and others like them, that have types of their own and ask nothing of them.
const WITH_PARTS: [&str; 14] = [
    "AsyncFn",
    "AsyncFnMut",
    "AsyncFnOnce",
    "DoubleEndedIterator",
    "ExactSizeIterator",
    "Fn",
    "FnMut",
    "FnOnce",
    "Future",
    "IntoFuture",
    "IntoIterator",
    "Iterator",
    "Itertools",
    "Stream",
];

/// The traits of the prelude that nothing else asks the names of: they resolve to themselves.
const PRELUDE: [&str; 14] = [
    "AsMut",
    "AsRef",
    "Copy",
    "Eq",
    "Extend",
    "From",
    "Into",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Sized",
    "ToOwned",
    "ToString",
    "TryFrom",
];
