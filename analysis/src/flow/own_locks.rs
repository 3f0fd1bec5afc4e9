//! Locks that the workspace makes itself, where they are taken: as one of a crate that is known would be.

use super::calls::Call;
use super::place::{Root, Step};
use super::value::Value;
use super::walk::Walker;
use super::{Acquire, EventKind, GuardId, Lock};
use crate::knowledge::schema::{GuardClass, LockMode, Locking, Op, TypeRole};
use crate::model::{FnId, OwnLock};
use crate::ty::Ty;

impl Walker<'_> {
    /// The guard that a method of such a lock hands out.
    pub(super) fn take_own_lock(
        &mut self,
        own: OwnLock,
        id: FnId,
        receiver: &Value,
        call: &Call<'_>,
    ) -> Value {
        let model = self.model;
        let sig = model.signature(id);
        let output = model.seen_from(&sig.output, sig, receiver.ty.peel_refs());
        let acquire = self.own_acquire(own, &output, receiver, call);
        let (span, place) = (acquire.span, acquire.lock.place.then(Step::Inside));
        let next = GuardId(self.flow.guards.len() as u32);
        self.event(EventKind::Acquire { acquire: Box::new(acquire.clone()), guard: Some(next) }, span);
        let held = self.holds(&output);
        let guard = self.new_guard(acquire, held, false);
        self.flow.guards[guard.0 as usize].type_name = model.adt(own.guard).name.clone();
        Value { place: Some(place), guards: vec![guard], ..Value::of(output) }
    }

    fn own_acquire(&mut self, own: OwnLock, output: &Ty, receiver: &Value, call: &Call<'_>) -> Acquire {
        let guard = match output {
            Ty::Known(_, args) => args.first().cloned().unwrap_or_default(),
            ty => ty.clone(),
        };
        let place = receiver.place.clone().unwrap_or_else(|| self.unnamed());
        let is_local = place.path.is_empty() && matches!(place.root, Root::Local(..) | Root::Param(..));
        let lock = Lock {
            decl: receiver.decl.clone(),
            role: TypeRole::Lock,
            type_name: self.model.adt(own.lock).name.clone(),
            locking: Locking::Whole,
            content: self.model.deref_target(&guard).unwrap_or_default(),
            values: Ty::Unknown,
            is_private: is_local && receiver.local.is_some() && matches!(receiver.ty, Ty::Adt(..)),
            place,
        };
        Acquire {
            lock,
            mode: own.mode,
            class: GuardClass::Spinning,
            op: Op::None,
            key: None,
            whole: true,
            is_indirect: false,
            is_try: own.is_try,
            is_given: false,
            recursive: own.mode == LockMode::Shared,
            is_incidental: false,
            method: call.name.clone(),
            span: call.span,
        }
    }
}
