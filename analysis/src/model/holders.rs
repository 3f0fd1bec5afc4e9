//! Which types can hold a guard: guards, entries and guard-holding iterators, and what is made of them.
//!
//! For a workspace type the answer is computed once, in rounds over all types until nothing changes: the guard in its
//! fields, and which of its parameters stand where a guard would be held. A question is then one step a type.

use rayon::prelude::*;

use super::{Head, Model};
use crate::knowledge::schema::{GuardClass, TypeRole};
use crate::ty::{AdtId, KnownId, Ty};

/// The guard type inside a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The guard's own type.
    pub id: KnownId,
    /// Who waits for it.
    pub class: GuardClass,
}

/// What a workspace type can hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AdtHolds {
    /// A guard in a field, whatever the arguments are.
    own: Option<Holder>,
    /// The parameters whose guards it would hold.
    params: Vec<usize>,
}

/// How many types deep guards may be nested in each other.
const MAX_ROUNDS: usize = 6;

/// How deep the arguments of one written type are followed.
const MAX_DEPTH: u32 = 12;

impl Model {
    /// The guard that a value of this type can hold, itself or inside. A reference to one holds nothing.
    pub fn guard_holder(&self, ty: &Ty) -> Option<Holder> {
        self.holder_within(ty, MAX_DEPTH)
    }

    fn holder_within(&self, ty: &Ty, depth: u32) -> Option<Holder> {
        let depth = depth.checked_sub(1)?;
        let any = |items: &[Ty]| items.iter().find_map(|it| self.holder_within(it, depth));
        match ty {
            Ty::Known(id, args) => {
                let known = self.knowledge.ty(*id);
                match known.guard {
                    Some(GuardClass::Free) => None,
                    Some(class) => Some(Holder { id: *id, class }),
                    // A lock, map or channel of guards is a stranger: who takes them out decides what is alive.
                    None if is_stranger(known.role) => None,
                    None => any(args),
                }
            }
            Ty::Tuple(items) => any(items),
            Ty::Slice(item) => self.holder_within(item, depth),
            Ty::Adt(id, args) => {
                let holds = self.adt_holds.get(id.0 as usize)?;
                let of_param = |index: &usize| args.get(*index).and_then(|it| self.holder_within(it, depth));
                holds.own.or_else(|| holds.params.iter().find_map(of_param))
            }
            _ => None,
        }
    }

    /// Fills the table that [`Model::guard_holder`] reads.
    pub(super) fn collect_holders(&mut self) {
        self.adt_holds = vec![AdtHolds::default(); self.adts.len()];
        for _ in 0..MAX_ROUNDS {
            let ids = (0..self.adts.len() as u32).into_par_iter().map(AdtId);
            let next: Vec<AdtHolds> = ids.map(|id| self.holds_of(id)).collect();
            if next == self.adt_holds {
                return;
            }
            self.adt_holds = next;
        }
    }

    fn holds_of(&self, id: AdtId) -> AdtHolds {
        let fields = self.fields_of(id);
        let own = self.own_guard(id).or_else(|| fields.iter().find_map(|it| self.guard_holder(&it.ty)));
        let params = self.adt(id).params.iter().enumerate();
        let exposed =
            params.filter(|(_, name)| fields.iter().any(|it| self.exposes(&it.ty, name, MAX_DEPTH)));
        AdtHolds { own, params: exposed.map(|(index, _)| index).collect() }
    }

    /// Whether a guard put in place of the parameter `name` would be held by a value of this type.
    fn exposes(&self, ty: &Ty, name: &str, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let any = |items: &[Ty]| items.iter().any(|it| self.exposes(it, name, depth));
        match ty {
            Ty::Param(param) => *param == *name,
            Ty::Known(id, args) => !is_stranger(self.knowledge.ty(*id).role) && any(args),
            Ty::Tuple(items) => any(items),
            Ty::Slice(item) => self.exposes(item, name, depth),
            Ty::Adt(id, args) => {
                let exposed = &self.adt_holds[id.0 as usize].params;
                exposed.iter().any(|index| args.get(*index).is_some_and(|it| self.exposes(it, name, depth)))
            }
            _ => false,
        }
    }

    /// Whether `test` accepts a type or a part of it: arguments, fields, elements. Each workspace type is looked into
    /// once.
    pub fn any_part(&self, ty: &Ty, test: &mut dyn FnMut(&Ty) -> bool) -> bool {
        self.any_part_to(ty, usize::MAX, test)
    }

    /// The same, through no more than `adts` workspace types into each other.
    pub(super) fn any_part_to(&self, ty: &Ty, adts: usize, test: &mut dyn FnMut(&Ty) -> bool) -> bool {
        self.any_part_of(ty, &mut Vec::new(), adts, MAX_DEPTH, test)
    }

    fn any_part_of(
        &self,
        ty: &Ty,
        seen: &mut Vec<Head>,
        adts: usize,
        depth: u32,
        test: &mut dyn FnMut(&Ty) -> bool,
    ) -> bool {
        if test(ty) {
            return true;
        }
        let Some(depth) = depth.checked_sub(1) else { return false };
        match ty {
            Ty::Known(_, args) | Ty::Foreign(_, args) | Ty::Tuple(args) => {
                args.iter().any(|it| self.any_part_of(it, seen, adts, depth, test))
            }
            Ty::Adt(id, args) => {
                let Some(adts) = adts.checked_sub(1).filter(|_| !seen.contains(&Head::Adt(*id))) else {
                    return false;
                };
                seen.push(Head::Adt(*id));
                let params = &self.adt(*id).params;
                let mut fields = self.fields_of(*id).iter();
                match params.is_empty() {
                    true => fields.any(|it| self.any_part_of(&it.ty, seen, adts, depth, test)),
                    false => fields.any(|it| {
                        self.any_part_of(&it.ty.instantiate(params, args), seen, adts, depth, test)
                    }),
                }
            }
            Ty::Ref(_, it) | Ty::Ptr(_, it) | Ty::Slice(it) => self.any_part_of(it, seen, adts, depth, test),
            Ty::Unknown
            | Ty::Never
            | Ty::Prim(_)
            | Ty::Param(_)
            | Ty::Future(_)
            | Ty::Callable(..)
            | Ty::Trait(_) => false,
        }
    }
}

/// Whether what a type is about is not alive for as long as a value of it.
fn is_stranger(role: TypeRole) -> bool {
    matches!(role, TypeRole::Lock | TypeRole::SharedMap | TypeRole::Cell | TypeRole::Resource)
}
