//! What points into the data that a guard protects, and how tightly the compiler ties it to the guard.
//!
//! In: a function with its guards. Out: for an expression or a local, the [`Derived`] that it is. Only what is certain is
//! followed: a method, a field or a type that is not known ends the chain, and so does everything that copies.

mod locals;
mod types;
mod values;

use std::rc::Rc;

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::Body;
use safe_map_analysis::knowledge::schema::TypeRole;
use safe_map_analysis::model::Model;
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{Mutability, Ty};

use self::types::derefs;
use crate::fix::body_of;

/// Chains of locals longer than this are not followed.
const MAX_ROUNDS: usize = 8;

/// Memory of this many owners below the lock: a value in a map's own table moves when the table grows, what such a value
/// has on the heap does not.
const STABLE: u32 = 2;

/// What ties a value to its guard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tie {
    /// It is the guard.
    Guard,
    /// A reference with a lifetime: the compiler sees to it.
    Borrow,
    /// Nothing: a raw pointer.
    Raw,
    /// Nothing: a reference that was made of a raw pointer, or whose lifetime was changed.
    Free,
}

/// A value that is or contains a pointer to what a guard protects, or a place there.
#[derive(Clone, Debug)]
pub(crate) struct Derived {
    /// The guard, an index into [`safe_map_analysis::flow::FnFlow::guards`].
    pub(crate) guard: usize,
    /// How it is tied to the guard.
    pub(crate) tie: Tie,
    /// Where the tie was cut for the last time.
    pub(crate) cut: Span,
    /// Its type.
    ty: Ty,
    /// How many owners of heap memory are between the lock and what it points to.
    owners: u32,
}

impl Derived {
    /// Whether it is a shared reference to what the lock itself holds, no collection in between.
    pub(crate) fn is_shared_content(&self) -> bool {
        self.owners == 0 && matches!(self.ty, Ty::Ref(Mutability::Shared, _))
    }

    /// Whether what it points to stays where it is while the map around it changes.
    pub(crate) fn is_stable(&self) -> bool {
        self.owners >= STABLE
    }

    fn with(&self, tie: Tie, ty: Ty) -> Derived {
        Derived { tie, ty, ..self.clone() }
    }

    /// The same value, no longer tied to the guard.
    fn cut(&self, tie: Tie, ty: Ty, at: Span) -> Derived {
        Derived { cut: at, ..self.with(tie, ty) }
    }

    /// The place it points to.
    fn target(&self, knowledge: &Model) -> Option<Derived> {
        let tie = if self.tie == Tie::Guard { Tie::Borrow } else { self.tie };
        match &self.ty {
            Ty::Ref(_, inner) | Ty::Ptr(_, inner) => Some(self.with(tie, (**inner).clone())),
            ty if knowledge.role(ty) == Some(TypeRole::Guard) => Some(self.with(tie, derefs(knowledge, ty)?)),
            _ => None,
        }
    }
}

/// A local that holds something derived.
struct Local {
    name: Name,
    bound: Span,
    value: Derived,
}

/// What is derived from the guards of one function.
pub(crate) struct Derivations<'a> {
    pub(crate) body: Rc<Body>,
    function: FunctionView<'a>,
    model: &'a Model,
    locals: Vec<Local>,
}
impl<'a> Derivations<'a> {
    /// What is derived from the guards of a function; none where it has no body to look at.
    pub(crate) fn of(function: &FunctionView<'a>) -> Option<Derivations<'a>> {
        let body = body_of(function)?;
        let model = &function.file.analysis.model;
        let mut all = Derivations { body, function: *function, model, locals: Vec::new() };
        for _ in 0..MAX_ROUNDS {
            let known = all.locals.len();
            for (name, bound, value) in all.bound() {
                if !all
                    .locals
                    .iter()
                    .any(|it| it.name == name && it.bound == bound && it.value.guard == value.guard)
                {
                    all.locals.push(Local { name, bound, value });
                }
            }
            if all.locals.len() == known {
                break;
            }
        }
        Some(all)
    }
}
