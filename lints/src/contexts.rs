//! Contexts: the values that a function is lent, itself or by all who call it. Two functions that need one value, one of them
//! by `&mut`, never meet.
//!
//! In: two functions and the types that locks are in. Out: whether the borrow checker keeps them apart there, as far as their
//! callers are resolved. Values of one type that cannot be cloned are taken to share nothing.

use std::sync::Arc;

use safe_map_analysis::facts::SelfKind;
use safe_map_analysis::model::{FnId, Model};
use safe_map_analysis::ty::{AdtId, Mutability, Ty};
use safe_map_analysis::{Analysis, Caller};

use crate::callers::{Had, bring, excludes};
use crate::parts::any_own_part;
use crate::private::is_cloned;

/// A type of the workspace of which a function is lent a value, and whether by `&mut`.
pub(crate) type Context = Had<AdtId>;

/// The values that a function is lent, itself or by all who call it.
pub(crate) fn contexts(analysis: &Analysis, id: FnId) -> Vec<Context> {
    let of_caller = |callee: FnId, it: &Caller| match it.is_apart || it.id == callee {
        true => Vec::new(),
        false => lent(&analysis.model, it.id),
    };
    let mut found = lent(&analysis.model, id);
    found.extend(bring(analysis, id, &of_caller));
    found
}

/// Whether two functions in these contexts need one value that has the locks of these owners, one of them by `&mut`.
pub(crate) fn exclude_each_other(
    model: &Model,
    one: &[Context],
    other: &[Context],
    owners: &[AdtId],
) -> bool {
    one.iter()
        .any(|a| other.iter().any(|b| excludes(a, b)) && owners.iter().all(|owner| has(model, a.0, *owner)))
}

/// What the function itself is lent.
fn lent(model: &Model, id: FnId) -> Vec<Context> {
    let sig = model.signature(id);
    let own = match (&sig.self_ty, sig.self_kind) {
        (Some(ty), Some(SelfKind::RefMut)) => Some((ty, true)),
        (Some(ty), Some(SelfKind::Ref)) => Some((ty, false)),
        _ => None,
    };
    let params = sig.params.iter().filter_map(|it| match it {
        Ty::Ref(mutability, inner) => Some((&**inner, *mutability == Mutability::Mut)),
        _ => None,
    });
    let is_one = |(ty, is_alone): (&Ty, bool)| match ty {
        Ty::Adt(id, _) if !is_cloned(model, *id, ty) => Some((*id, is_alone)),
        _ => None,
    };
    own.into_iter().chain(params).filter_map(is_one).collect()
}

/// Whether values of one type have those of another in them, not behind a pointer that others may have too.
fn has(model: &Model, outer: AdtId, inner: AdtId) -> bool {
    let whole = Ty::Adt(outer, Arc::from([]));
    any_own_part(model, &whole, &mut |it| matches!(it, Ty::Adt(id, _) if *id == inner))
}
