//! The claims of a workspace about its types: `unsafe impl Send` and `unsafe impl Sync`.

use safe_map_analysis::facts::{self, ItemKind, Visibility};
use safe_map_analysis::model::{ImplDef, Marker, Model, Promise};
use safe_map_analysis::name::Name;
use safe_map_analysis::ty::{AdtId, Ty};

/// An impl of a marker for a type of the workspace.
#[derive(Clone, Copy)]
pub(crate) struct Claim<'a> {
    /// The impl.
    pub(crate) def: &'a ImplDef,
    /// Its facts.
    pub(crate) impl_: &'a facts::Impl,
    /// Which marker.
    pub(crate) marker: Marker,
    /// `impl !Send`.
    pub(crate) negative: bool,
    /// The type.
    pub(crate) adt: AdtId,
    /// Its arguments.
    pub(crate) args: &'a [Ty],
}

/// Whether another crate can have a value of a type, as far as its file says.
pub(crate) fn is_public(model: &Model, adt: AdtId) -> bool {
    let def = model.adt(adt);
    let file = model.workspace().file(def.at.file);
    // Modules of this very file: what they keep is not seen outside it unless an import says so.
    let is_around = |it: &facts::Item| it.span.contains(model.item(def.at).span);
    let is_private =
        |it: &facts::Item| it.vis == Visibility::Private && matches!(it.kind, ItemKind::Mod { .. });
    let mut modules = file.facts.items.iter().filter(|it| is_private(it));
    model.item(def.at).vis == Visibility::Public && !modules.any(is_around)
}

/// Every claim of the workspace, in order.
pub(crate) fn claims(model: &Model) -> impl Iterator<Item = Claim<'_>> {
    model.impls().iter().filter_map(|def| {
        let (marker, impl_) = model.marker_of(def)?;
        let Ty::Adt(adt, args) = model.impl_self_ty(def.at) else { return None };
        Some(Claim { def, impl_, marker, negative: impl_.negative, adt: *adt, args })
    })
}

impl Claim<'_> {
    /// The name that the impl gives to the type's parameter of this index; none where it says what it is.
    pub(crate) fn param(&self, index: usize) -> Option<Name> {
        match self.args.get(index)? {
            Ty::Param(name) => Some(name.clone()),
            _ => None,
        }
    }

    /// What the bounds of the impl say of a parameter: that it is `Send`, that it is `Sync`.
    pub(crate) fn promises(&self, model: &Model, param: &str) -> [Promise; 2] {
        let scope = model.impl_scope(self.def, self.impl_);
        [Marker::Send, Marker::Sync].map(|it| model.promise(&scope, param, it.as_str()))
    }
}
