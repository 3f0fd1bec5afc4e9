//! Parts: the values that a value has in itself, not behind a handle that others may have too.
//!
//! In: a type and a test. Out: whether a part passes it. Elements and what is in a `Box` are parts; what is in an `Arc` is not.

use safe_map_analysis::knowledge::schema::CloneKind;
use safe_map_analysis::model::Model;
use safe_map_analysis::ty::Ty;

/// Whether a value of this type is, or has as a part, one of a type that passes.
pub(crate) fn any_own_part(model: &Model, ty: &Ty, test: &mut dyn FnMut(&Ty) -> bool) -> bool {
    any(model, ty, &mut Vec::new(), test)
}

fn any(model: &Model, ty: &Ty, seen: &mut Vec<Ty>, test: &mut dyn FnMut(&Ty) -> bool) -> bool {
    if test(ty) {
        return true;
    }
    match ty {
        Ty::Adt(id, args) if !seen.contains(ty) => {
            seen.push(ty.clone());
            let params = &model.adt(*id).params;
            model.adt_fields(*id).iter().any(|it| any(model, &it.ty.instantiate(params, args), seen, test))
        }
        Ty::Known(id, args) => {
            let is_handle = model.knowledge().ty(*id).clone == CloneKind::Shared;
            !is_handle && args.iter().any(|it| any(model, it, seen, test))
        }
        Ty::Tuple(items) => items.iter().any(|it| any(model, it, seen, test)),
        Ty::Slice(it) => any(model, it, seen, test),
        _ => false,
    }
}
