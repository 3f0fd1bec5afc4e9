//! How a type has a value of one of its parameters: by itself, behind which pointers, in which cells.
//!
//! In: a struct or enum and a parameter. Out: the [`Way`]s in which its fields have it. What a type of the workspace claims
//! about its own parameters (`unsafe impl Send`) is taken from it: a wrong claim is its own matter.

use safe_map_analysis::knowledge::schema::TypeRole;
use safe_map_analysis::model::{Marker, Model, Promise};
use safe_map_analysis::ty::{AdtId, Mutability, Ty};

use crate::claims::Claim;

/// How deep fields are followed.
const MAX_DEPTH: u32 = 8;

/// A way to have a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Way {
    /// As it is, in a field or a variant.
    Bare,
    /// Behind what only reads it: `&T`, `*const T`.
    Shared,
    /// In what a read guard protects.
    ReadGuard,
    /// Behind an `Arc`.
    Counted,
    /// Behind an `Rc`.
    CountedLocally,
    /// Behind what can change it: `&mut T`, a `Box`, a collection, a map.
    Exclusive,
    /// Behind a pointer to memory that the type looks after: `*mut T`, `NonNull`.
    Raw,
    /// In a cell that nothing orders: `UnsafeCell`, `RefCell`, `Cell`.
    Cell,
    /// In a lock, or in a map that locks inside.
    Locked,
    /// Behind an `AtomicPtr`.
    AtomicPtr,
    /// In `PhantomData` only.
    Phantom,
    /// In a type that is not known.
    Foreign,
}

/// The last segment of the path of a type that is not the workspace's.
pub(crate) fn outer_name<'a>(model: &'a Model, ty: &'a Ty) -> Option<&'a str> {
    match ty {
        Ty::Known(id, _) => Some(model.knowledge().ty(*id).name()),
        Ty::Foreign(path, _) => path.rsplit("::").next(),
        _ => None,
    }
}

/// One look at a type, for one marker.
pub(crate) struct Exposure<'a> {
    model: &'a Model,
    claims: &'a [Claim<'a>],
    marker: Marker,
    seen: Vec<AdtId>,
    found: Vec<Way>,
}

impl<'a> Exposure<'a> {
    /// The ways in which the fields of `adt` have its parameter of this name, sorted, each once.
    pub(crate) fn of(
        model: &'a Model,
        claims: &'a [Claim<'a>],
        marker: Marker,
        adt: AdtId,
        param: &str,
    ) -> Vec<Way> {
        let mut it = Exposure { model, claims, marker, seen: vec![adt], found: Vec::new() };
        for field in model.adt_fields(adt).iter() {
            it.walk(&field.ty, Way::Bare, param, MAX_DEPTH);
        }
        it.found.sort();
        it.found.dedup();
        it.found
    }

    fn walk(&mut self, ty: &Ty, way: Way, param: &str, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match ty {
            Ty::Param(name) if *name == *param => self.found.push(way),
            Ty::Ref(m, inner) | Ty::Ptr(m, inner) => {
                let pointer = match (ty, m) {
                    (_, Mutability::Shared) => Way::Shared,
                    (Ty::Ptr(..), Mutability::Mut) => Way::Raw,
                    (_, Mutability::Mut) => Way::Exclusive,
                };
                self.walk(inner, deeper(way, pointer), param, depth);
            }
            Ty::Tuple(items) => items.iter().for_each(|it| self.walk(it, way, param, depth)),
            Ty::Slice(item) => self.walk(item, way, param, depth),
            Ty::Known(_, args) | Ty::Foreign(_, args) => {
                let Some(through) = self.through(ty, way) else { return };
                args.iter().for_each(|it| self.walk(it, through, param, depth));
            }
            Ty::Adt(id, args) => self.walk_adt(*id, args, way, param, depth),
            Ty::Unknown
            | Ty::Never
            | Ty::Prim(_)
            | Ty::Param(_)
            | Ty::Future(_)
            | Ty::Callable(..)
            | Ty::Trait(_) => {}
        }
    }

    /// What a type of another crate makes of a way.
    fn through(&self, ty: &Ty, way: Way) -> Option<Way> {
        let name = outer_name(self.model, ty)?;
        let next = match name {
            "PhantomData" => Way::Phantom,
            "Option" | "ManuallyDrop" | "MaybeUninit" | "CachePadded" | "Pin" | "Result" => return Some(way),
            "AtomicPtr" => Way::AtomicPtr,
            "Arc" | "Weak" => Way::Counted,
            "Rc" => Way::CountedLocally,
            "NonNull" => Way::Raw,
            "Box" => Way::Exclusive,
            _ => match self.model.role(ty) {
                Some(TypeRole::Cell) => Way::Cell,
                Some(TypeRole::Lock | TypeRole::SharedMap) => Way::Locked,
                Some(TypeRole::Guard) if name.contains("Read") || name == "Ref" => Way::ReadGuard,
                Some(TypeRole::Map | TypeRole::Collection | TypeRole::Guard | TypeRole::Entry) => {
                    Way::Exclusive
                }
                _ => Way::Foreign,
            },
        };
        Some(deeper(way, next))
    }

    fn walk_adt(&mut self, id: AdtId, args: &[Ty], way: Way, param: &str, depth: u32) {
        if self.seen.contains(&id) || !args.iter().any(|it| mentions(self.model, it, param)) {
            return;
        }
        let params = &self.model.adt(id).params;
        let is_claimed = |name: &str| self.claims_all(id, name);
        let open: Vec<Ty> = params
            .iter()
            .enumerate()
            .map(|(index, name)| match args.get(index) {
                Some(arg) if !is_claimed(name) => arg.clone(),
                _ => Ty::Unknown,
            })
            .collect();
        self.seen.push(id);
        for field in self.model.adt_fields(id).iter() {
            self.walk(&field.ty.instantiate(params, &open), way, param, depth);
        }
        self.seen.pop();
    }

    /// Whether a type wraps a value only to say by an impl of its own that it has the marker, whatever this parameter is.
    fn claims_all(&self, id: AdtId, param: &str) -> bool {
        let is_pointer =
            |it: &Ty| matches!(it, Ty::Ref(..) | Ty::Ptr(..) | Ty::Known(..) | Ty::Foreign(..) | Ty::Adt(..));
        if self
            .model
            .adt_fields(id)
            .iter()
            .any(|it| is_pointer(&it.ty) && mentions(self.model, &it.ty, param))
        {
            return false;
        }
        let index = self.model.adt(id).params.iter().position(|it| *it == *param);
        let mut claims =
            self.claims.iter().filter(|it| it.adt == id && it.marker == self.marker && !it.negative);
        claims.any(|it| {
            let name = index.and_then(|index| it.param(index));
            name.is_some_and(|name| it.promises(self.model, &name) == [Promise::No; 2])
        })
    }
}

/// What is behind a pointer in a phantom is as little there as the rest of it.
fn deeper(outer: Way, inner: Way) -> Way {
    match (outer, inner) {
        (Way::Phantom, _) => Way::Phantom,
        // What a pointer leads to has it in memory, whatever its type says.
        (Way::Raw, Way::Phantom) => Way::Raw,
        // What is read only, or in a lock, stays so whatever is between.
        (Way::Shared | Way::ReadGuard, Way::Exclusive | Way::Raw) => outer,
        (Way::Locked, Way::Exclusive | Way::Shared | Way::Cell | Way::Raw) => outer,
        (_, inner) => inner,
    }
}

/// Whether a parameter occurs in a type as a value: not in a phantom, nor in the types of a function.
pub(crate) fn mentions(model: &Model, ty: &Ty, param: &str) -> bool {
    let any = |items: &[Ty]| items.iter().any(|it| mentions(model, it, param));
    match ty {
        Ty::Param(name) => *name == *param,
        Ty::Known(_, args) | Ty::Foreign(_, args) => {
            outer_name(model, ty) != Some("PhantomData") && any(args)
        }
        Ty::Adt(_, items) | Ty::Tuple(items) => any(items),
        Ty::Ref(_, it) | Ty::Ptr(_, it) | Ty::Slice(it) | Ty::Future(it) => mentions(model, it, param),
        Ty::Unknown | Ty::Never | Ty::Prim(_) | Ty::Trait(_) | Ty::Callable(..) => false,
    }
}
