//! Where a lock is declared, for readers: a lock inside a generic wrapper (`struct RwLock<T>(std::sync::RwLock<T>)`) is that of
//! the field which has the wrapper.

use safe_map_analysis::flow::{Acquire, Decl, Place, Root, Step};
use safe_map_analysis::knowledge::schema::TypeRole;
use safe_map_analysis::model::{FnId, Model};
use safe_map_analysis::name::Name;
use safe_map_analysis::ty::{AdtId, Ty};

/// How many layers are looked through for a struct: `Arc<Box<T>>` is two.
const MAX_LAYERS: usize = 6;

/// The field or static that a reader takes for the lock's, in the terms of `function`; the wrapper's own where the place does
/// not say which field has it.
pub(crate) fn declared(model: &Model, function: FnId, acquire: &Acquire) -> Option<Decl> {
    let own = acquire.lock.decl.clone()?;
    let Decl::Field(wrapper, name) = &own else { return Some(own) };
    let place = &acquire.lock.place;
    let end = place.path.len().checked_sub(1);
    // A struct without parameters is a thing of its own, whoever has it.
    let is_generic = !model.adt(*wrapper).params.is_empty();
    let is_wrapped =
        is_generic && is_numbered(name) && end.is_some_and(|it| field_name(&place.path[it]) == Some(name));
    match end.filter(|_| is_wrapped) {
        Some(end) => holder(model, function, place, end, *wrapper).or(Some(own)),
        None => Some(own),
    }
}

/// The field that an access path of `function` ends at, where the types on the way are known.
pub(crate) fn declaration_at(model: &Model, function: FnId, place: &Place) -> Option<Decl> {
    let end = place.path.len().checked_sub(1)?;
    let name = field_name(&place.path[end])?;
    let adt = walk(model, function, place, end)?;
    let has_it = model.adt_fields(adt).iter().any(|it| it.name == *name);
    has_it.then(|| Decl::Field(adt, name.clone()))
}

/// The field that has a generic wrapper, and the fields in it that lead to a lock: `Cache<K, V> { map: Mutex<HashMap<K, V>> }`
/// has as many maps as there are fields of that type.
pub(crate) fn part_of(model: &Model, function: FnId, place: &Place) -> Option<(Decl, Vec<Name>)> {
    let mut inner = Vec::new();
    for end in (0..place.path.len()).rev() {
        let prefix = Place { root: place.root.clone(), path: place.path[..=end].to_vec() };
        let decl = declaration_at(model, function, &prefix)?;
        if !is_of_choice(model, &decl) {
            return Some((decl, inner));
        }
        inner.insert(0, field_name(&place.path[end])?.clone());
    }
    None
}

/// Whether what a field holds is the choice of who names its struct: `struct Lock<T>(Mutex<T>)` declares as many locks as
/// there are fields of that type.
pub(crate) fn is_of_choice(model: &Model, decl: &Decl) -> bool {
    let Decl::Field(adt, name) = decl else { return false };
    let fields = model.adt_fields(*adt);
    fields.iter().any(|it| it.name == *name && model.any_part(&it.ty, &mut |ty| matches!(ty, Ty::Param(_))))
}

/// The struct that a lock is in. A generic wrapper is in many: it is none.
pub(crate) fn owner(model: &Model, function: FnId, acquire: &Acquire) -> Option<AdtId> {
    match declared(model, function, acquire)? {
        Decl::Field(adt, name) if model.adt(adt).params.is_empty() || !is_numbered(&name) => Some(adt),
        Decl::Field(..) | Decl::Static(_) => None,
    }
}

/// Whether two acquires, each in the terms of its function, are of locks with one declaration.
pub(crate) fn are_declared_together(model: &Model, a: (FnId, &Acquire), b: (FnId, &Acquire)) -> bool {
    let known = |it: (FnId, &Acquire)| declared(model, it.0, it.1);
    matches!((known(a), known(b)), (Some(a), Some(b)) if a == b)
}

/// The field in front of `end` that has the wrapper.
fn holder(model: &Model, function: FnId, place: &Place, end: usize, wrapper: AdtId) -> Option<Decl> {
    let before = end.checked_sub(1)?;
    let name = field_name(&place.path[before])?;
    let is_holder = |adt: AdtId| {
        let fields = model.adt_fields(adt);
        let mut named = fields.iter().filter(|it| it.name == *name);
        adt != wrapper && named.any(|it| is_wrapper(model, &it.ty, wrapper))
    };
    let walked = walk(model, function, place, before).filter(|it| is_holder(*it));
    // The root's type may not be known; the only field of this name that has the wrapper is the one.
    let adt = walked.or_else(|| {
        let mut all = model.adt_ids().filter(|it| is_holder(*it));
        all.next().filter(|_| all.next().is_none())
    })?;
    Some(Decl::Field(adt, name.clone()))
}

/// Whether a field's type is the wrapper, layers aside.
fn is_wrapper(model: &Model, ty: &Ty, wrapper: AdtId) -> bool {
    let mut layers = layers(model, ty);
    layers.any(|it| matches!(it, Ty::Adt(id, _) if id == wrapper))
}

/// The struct that the first `steps` steps of a place lead to.
fn walk(model: &Model, function: FnId, place: &Place, steps: usize) -> Option<AdtId> {
    let signature = model.signature(function);
    let mut ty = match &place.root {
        Root::SelfValue => signature.self_ty.clone()?,
        Root::Param(index, _) => signature.params.get(*index as usize)?.clone(),
        Root::Static(id) => model.static_ty(*id).clone(),
        Root::Local(..) | Root::ForeignStatic(_) | Root::Call(_) | Root::Unnamed(_) => return None,
    };
    for step in &place.path[..steps] {
        ty = match step {
            Step::Field(name) | Step::Handle(name) => {
                let (id, args) = adt(model, &ty)?;
                let fields = model.adt_fields(id);
                let field = fields.iter().find(|it| it.name == *name)?;
                field.ty.instantiate(&model.adt(id).params, &args)
            }
            Step::Inside => protected(model, &ty)?,
            Step::Copy(_) => ty,
            Step::Entry(_) | Step::Call(..) => return None,
        };
    }
    adt(model, &ty).map(|(id, _)| id)
}

fn adt(model: &Model, ty: &Ty) -> Option<(AdtId, Vec<Ty>)> {
    layers(model, ty).find_map(|it| match it {
        Ty::Adt(id, args) => Some((id, args.to_vec())),
        _ => None,
    })
}

/// What a lock or cell protects.
pub(crate) fn protected(model: &Model, ty: &Ty) -> Option<Ty> {
    layers(model, ty).find_map(|it| match &it {
        Ty::Known(_, args) if matches!(model.role(&it), Some(TypeRole::Lock | TypeRole::Cell)) => {
            args.last().cloned()
        }
        _ => None,
    })
}

/// A type, and what is below its references and layers.
fn layers(model: &Model, ty: &Ty) -> impl Iterator<Item = Ty> {
    std::iter::successors(Some(ty.clone()), |it| match it {
        Ty::Ref(_, inner) => Some((**inner).clone()),
        Ty::Known(_, args) if matches!(model.role(it), Some(TypeRole::Layer | TypeRole::Enum)) => {
            args.first().cloned()
        }
        _ => None,
    })
    .take(MAX_LAYERS)
}

fn field_name(step: &Step) -> Option<&Name> {
    match step {
        Step::Field(name) | Step::Handle(name) => Some(name),
        Step::Inside | Step::Entry(_) | Step::Call(..) | Step::Copy(_) => None,
    }
}

fn is_numbered(name: &str) -> bool {
    name.starts_with(|it: char| it.is_ascii_digit())
}
