//! The claims of a workspace about its types: `unsafe impl Send` and `unsafe impl Sync`.

use safe_map_analysis::facts;
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
        [Marker::Send, Marker::Sync].map(|it| model.promise(&scope, param, it))
    }
}
