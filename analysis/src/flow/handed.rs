//! Handles that are given on: `Worker { jobs: jobs.clone() }` and `Worker::new(jobs.clone())` make two names for one lock.
//!
//! In: a value that goes into a field or a parameter, where it leads to a lock or shared map. Out: what it was before.

use super::calls::Call;
use super::value::Value;
use super::walk::Walker;
use super::{Decl, Place};
use crate::knowledge::schema::TypeRole;
use crate::model::FnId;
use crate::name::Name;
use crate::ty::{AdtId, Ty};

/// A lock or map, or a handle to one, that gets another name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Handed {
    /// The name that it gets.
    pub to: Recipient,
    /// The field or static that it was.
    pub decl: Option<Decl>,
    /// What it was called in this function; none where it had no name.
    pub place: Option<Place>,
}

/// What a value is handed to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Recipient {
    /// A field of a struct that is made.
    Field(AdtId, Name),
    /// A parameter of a function that is called.
    Param(FnId, u32),
}

impl Walker<'_> {
    /// A struct's fields are given these values; `ty` is what is made.
    pub(super) fn hand_to_fields<'v>(
        &mut self,
        ty: &Ty,
        values: impl IntoIterator<Item = (&'v Name, &'v Value)>,
    ) {
        let Ty::Adt(id, args) = ty else { return };
        for (name, value) in values {
            let declared = self.model.field_ty(*id, args, None, name);
            if declared.is_some_and(|it| self.leads_to_lock(&it)) {
                self.hand_over(Recipient::Field(*id, name.clone()), value);
            }
        }
    }

    /// The parameters of a function are given the arguments of a call.
    pub(super) fn hand_to_params(&mut self, callee: FnId, call: &Call<'_>) {
        let model = self.model;
        let params = &model.signature(callee).params;
        for ((value, ty), index) in call.args.iter().zip(params).zip(0_u32..) {
            if self.leads_to_lock(ty) {
                self.hand_over(Recipient::Param(callee, index), value);
            }
        }
    }

    fn hand_over(&mut self, to: Recipient, value: &Value) {
        let handed = Handed { to, decl: value.decl.clone(), place: value.place.clone() };
        // A loop's body is walked more than once.
        if !self.flow.handed.contains(&handed) {
            self.flow.handed.push(handed);
        }
    }

    /// Whether a value of this type is a lock or shared map, the workspace's own locks among them, or a reference or handle to one.
    pub(super) fn leads_to_lock(&self, ty: &Ty) -> bool {
        let ty = ty.peel_refs();
        match (self.model.role(ty), ty) {
            (Some(TypeRole::Lock | TypeRole::SharedMap), _) => true,
            (_, Ty::Adt(id, _)) => self.model.is_own_lock(*id),
            (Some(TypeRole::Layer | TypeRole::Enum), Ty::Known(_, args)) => {
                args.first().is_some_and(|it| self.leads_to_lock(it))
            }
            _ => false,
        }
    }
}
