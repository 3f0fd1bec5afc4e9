//! Types whose values several have at once: behind a handle that is cloned (`Arc<T>`), or in a static.
//!
//! In: the types of fields, statics, signatures and handles in locals. Out: whether values of a type are seen there, themselves
//! or as a part, or only behind a lock: who holds that has them alone.

use rustc_hash::FxHashSet;

use crate::flow::FnFlow;
use crate::knowledge::schema::{CloneKind, LockMode, TypeRole};
use crate::model::Model;
use crate::ty::{AdtId, KnownId, Ty};

/// How deep the arguments of one type are followed: a generic type can contain ever larger ones.
const MAX_DEPTH: u32 = 12;

/// Where values of the workspace's types are seen.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Those that several have at once.
    found: FxHashSet<AdtId>,
    /// Those that a lock gives to one at a time.
    locked: FxHashSet<AdtId>,
}

impl Shared {
    /// Looks at all types that are written, and at what the flows have found handles to be of.
    pub(crate) fn find(model: &Model, flows: &[Option<FnFlow>]) -> Shared {
        let mut it = Search { model, out: Shared::default(), seen: FxHashSet::default() };
        it.look_at_written();
        flows
            .iter()
            .flatten()
            .flat_map(|flow| &flow.handles)
            .for_each(|ty| it.look(ty, Way::Alone, MAX_DEPTH));
        it.out
    }

    /// Whether several are seen to have a value of this type, or one that it is a part of, at once.
    pub(crate) fn has(&self, id: AdtId) -> bool {
        self.found.contains(&id)
    }

    /// Whether values of this type are seen behind a lock that one has at a time, and nowhere else where several have them.
    pub(crate) fn has_locked_away(&self, id: AdtId) -> bool {
        self.locked.contains(&id) && !self.has(id)
    }
}

/// The search for them.
struct Search<'a> {
    model: &'a Model,
    out: Shared,
    /// With its arguments, each type is looked into once in each way.
    seen: FxHashSet<(Ty, Way)>,
}

/// How a value is had.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Way {
    /// By one owner, as far as this place says.
    Alone,
    /// By several.
    Shared,
    /// By whoever holds a lock.
    Locked,
}

impl Search<'_> {
    fn look_at_written(&mut self) {
        let model = self.model;
        for id in model.static_ids() {
            self.look(model.static_ty(id), Way::Shared, MAX_DEPTH);
        }
        for id in model.adt_ids() {
            model.adt_fields(id).iter().for_each(|field| self.look(&field.ty, Way::Alone, MAX_DEPTH));
        }
        for id in model.fn_ids().filter(|it| !model.func(*it).is_test) {
            let signature = model.signature(id);
            let all = signature.params.iter().chain([&signature.output]);
            all.for_each(|ty| self.look(ty, Way::Alone, MAX_DEPTH));
        }
    }

    fn look(&mut self, ty: &Ty, way: Way, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match ty {
            Ty::Known(id, args) => {
                let way = self.inside(*id, way);
                args.iter().for_each(|it| self.look(it, way, depth));
            }
            Ty::Adt(_, args) if way == Way::Alone => args.iter().for_each(|it| self.look(it, way, depth)),
            Ty::Adt(id, args) if self.seen.insert((ty.clone(), way)) => {
                let seen = if way == Way::Shared { &mut self.out.found } else { &mut self.out.locked };
                seen.insert(*id);
                let params = &self.model.adt(*id).params;
                for field in self.model.adt_fields(*id).iter() {
                    self.look(&field.ty.instantiate(params, args), way, depth);
                }
            }
            Ty::Trait(id) if way != Way::Alone && self.seen.insert((ty.clone(), way)) => {
                let all: Vec<Ty> = self.model.implementors(*id).cloned().collect();
                all.iter().for_each(|it| self.look(it, way, depth));
            }
            Ty::Tuple(items) | Ty::Foreign(_, items) => items.iter().for_each(|it| self.look(it, way, depth)),
            Ty::Slice(inner) | Ty::Ref(_, inner) | Ty::Future(inner) => self.look(inner, way, depth),
            _ => {}
        }
    }

    /// How what is in a known type is had.
    fn inside(&self, id: KnownId, way: Way) -> Way {
        let known = self.model.knowledge().ty(id);
        let gives_shares = || known.methods.values().any(|it| it.spec.lock == LockMode::Shared);
        match (known.clone, known.role) {
            // The owners of an `Rc` are in one thread.
            (CloneKind::Shared, _) if known.path.starts_with("std::rc::") => Way::Alone,
            (CloneKind::Shared, _) => Way::Shared,
            // Readers of a lock have what is in it at once.
            (_, TypeRole::Lock) if gives_shares() => Way::Alone,
            (_, TypeRole::Lock) => Way::Locked,
            _ => way,
        }
    }
}
