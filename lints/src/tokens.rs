//! Parameters that stand for a right: who has one may do what the function does, and the type system says who has.

use safe_map_analysis::knowledge::schema::TypeRole;
use safe_map_analysis::model::Model;
use safe_map_analysis::ty::Ty;

use crate::exposure::outer_name;

/// Whether a parameter is there only to be had: a value without content, which cannot be made from nothing where its field is
/// private, or a guard of a lock that orders the callers.
pub(crate) fn is_token(model: &Model, ty: &Ty) -> bool {
    let it = ty.peel_refs();
    match it {
        Ty::Adt(id, _) => {
            let fields = model.adt_fields(*id);
            let is_empty = |it: &Ty| outer_name(model, it) == Some("PhantomData");
            let is_guard = |it: &Ty| model.role(it) == Some(TypeRole::Guard);
            !fields.is_empty()
                && (fields.iter().all(|it| is_empty(&it.ty)) || fields.iter().any(|it| is_guard(&it.ty)))
        }
        // A `Guard` without a lock's name is of memory reclamation: it orders nothing.
        _ => model.role(it) == Some(TypeRole::Guard) && outer_name(model, it) != Some("Guard"),
    }
}
