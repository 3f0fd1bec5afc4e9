//! What a value was made of: `Worker { state: self.state.clone() }` has in `state` what `self.state` leads to.
//!
//! In: struct literals. Out: for the value, the names of what its fields lead to; for its type, which two of its fields always lead to
//! the same thing, in whatever function it is made.

use rustc_hash::FxHashMap;

use super::value::Value;
use super::walk::Walker;
use super::{Call, Place, Root, Step};
use crate::facts::{ExprId, ExprKind};
use crate::name::Name;
use crate::ty::{AdtId, Ty};

/// Fields within fields are followed down to here.
const MAX_FIELDS: usize = 3;

/// A field of a value, or a field in it, that leads to something that has a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// The fields, outermost first.
    pub fields: Vec<Name>,
    /// What is there.
    pub place: Place,
}

/// Two fields of a type that lead to the same thing; the first one has the longer way.
pub type Twins = (Vec<Name>, Vec<Name>);

/// The twins of each type, so far.
pub(super) type TwinsOf = FxHashMap<AdtId, Vec<Twins>>;

impl Walker<'_> {
    /// What a struct is made of, from its fields.
    pub(super) fn parts_of(&self, fields: &[(Name, Value)]) -> Vec<Part> {
        let mut parts = Vec::new();
        for (name, value) in fields {
            let own = value.place.iter().filter(|it| !it.is_unnamed() && self.leads_to_shared(&value.ty));
            parts.extend(own.map(|it| Part { fields: vec![name.clone()], place: it.clone() }));
            let inner = value.made_of.iter().filter(|it| it.fields.len() < MAX_FIELDS);
            parts.extend(inner.map(|it| {
                let fields = [name.clone()].into_iter().chain(it.fields.iter().cloned()).collect();
                Part { fields, place: it.place.clone() }
            }));
        }
        parts
    }

    /// Notes which fields of a new value of this type are twins.
    pub(super) fn note_twins(&mut self, ty: &Ty, parts: &[Part]) {
        let Ty::Adt(id, _) = ty else { return };
        let is_copy = || self.model.func(self.flow.id).name == "clone";
        if self.model.func(self.flow.id).is_test || is_copy() {
            return;
        }
        let pairs = parts.iter().flat_map(|long| parts.iter().map(move |short| (long, short)));
        let twins =
            pairs.filter(|(long, short)| long.fields.len() > short.fields.len() && long.place == short.place);
        let twins = twins.map(|(long, short)| (long.fields.clone(), short.fields.clone())).collect();
        self.flow.literals.push((*id, twins));
    }

    /// A local of which a field is assigned is no longer what it was made of.
    pub(super) fn forget_parts(&mut self, assigned: ExprId) {
        let mut base = assigned;
        while let ExprKind::Field { base: outer, .. } = self.body.expr(base).kind {
            base = outer;
        }
        let ExprKind::Path(path) = &self.body.expr(base).kind else { return };
        if let Some(local) = path.as_ident().and_then(|it| self.lookup(it)) {
            self.locals[local.0 as usize].value.made_of.clear();
        }
    }

    /// What the field `name` of a value at `base` is made of: as this value was, or as all of its type are.
    pub(super) fn parts_in(&self, ty: &Ty, base: Option<&Place>, value: &Value, name: &Name) -> Vec<Part> {
        let behind = |fields: &[Name]| match fields {
            [first, rest @ ..] if first == name && !rest.is_empty() => Some(rest.to_vec()),
            _ => None,
        };
        let own = value.made_of.iter();
        let own = own.filter_map(|it| Some(Part { fields: behind(&it.fields)?, place: it.place.clone() }));
        let Ty::Adt(id, _) = ty else { return own.collect() };
        let of_type = self.shapes.twins(*id).iter().filter_map(|(long, short)| {
            let place = short.iter().fold(base?.clone(), |place, name| place.field(name, true));
            Some(Part { fields: behind(long)?, place })
        });
        own.chain(of_type).collect()
    }
}

impl Value {
    /// What a field of the value leads to, where it is known what it was made of.
    pub(super) fn part(&self, name: &Name) -> Option<&Place> {
        let mut parts = self.made_of.iter();
        parts.find(|it| matches!(&it.fields[..], [only] if only == name)).map(|it| &it.place)
    }
}

impl Call {
    /// Where a path of the callee starts in what its `self` or a parameter was made of, and what is left of it.
    pub(super) fn part<'p>(&self, root: &Root, path: &'p [Step]) -> Option<(Place, &'p [Step])> {
        let of = match root {
            Root::SelfValue => None,
            Root::Param(index, _) => Some(*index),
            Root::Static(_) | Root::ForeignStatic(_) | Root::Local(..) | Root::Call(_) | Root::Unnamed(_) => {
                return None;
            }
        };
        let leads = |part: &Part| {
            let mut steps = part.fields.iter().zip(path);
            part.fields.len() <= path.len()
                && steps.all(|(name, it)| matches!(it, Step::Field(own) | Step::Handle(own) if own == name))
        };
        let (_, part) = self.made_of.iter().find(|(owner, part)| *owner == of && leads(part))?;
        Some((part.place.clone(), &path[part.fields.len()..]))
    }
}

/// The twins that all literals of a type have.
pub(super) fn agreed(known: &mut Option<Vec<Twins>>, twins: &[Twins]) {
    match known {
        Some(known) => known.retain(|it| twins.contains(it)),
        None => *known = Some(twins.to_vec()),
    }
}
