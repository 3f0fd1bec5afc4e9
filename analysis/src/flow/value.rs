//! What the walk knows of a value.

use super::made_of::Part;
use super::state::LocalId;
use super::{Acquire, Call, Decl, GuardId, Place, Wait};
use crate::facts::ExprId;
use crate::span::Span;
use crate::ty::Ty;

/// A value, or the place that an expression names.
#[derive(Clone, Debug, Default)]
pub(super) struct Value {
    /// Its type.
    pub(super) ty: Ty,
    /// What it is or refers to, if that has a name.
    pub(super) place: Option<Place>,
    /// Where that is declared.
    pub(super) decl: Option<Decl>,
    /// The guards inside it, whoever owns them.
    pub(super) guards: Vec<GuardId>,
    /// It is this local, not yet moved out of.
    pub(super) local: Option<LocalId>,
    /// It is a future, and this happens when it is awaited.
    pub(super) pending: Option<Box<Pending>>,
    /// It is this closure or async block, not yet run.
    pub(super) closure: Option<Code>,
    /// It is a boolean, and these guards are alive only if it has this value: `found.is_some()`.
    pub(super) tells: Option<(Vec<GuardId>, bool)>,
    /// It is a lazy chain, and these closures run whenever it is consumed.
    pub(super) lazy: Vec<Lazy>,
    /// It is a handle to a thread or task that runs this closure or async block.
    pub(super) task: Option<Task>,
    /// It iterates a plain map.
    pub(super) iterates: Option<Place>,
    /// It is a future, and awaiting it waits for this.
    pub(super) wait: Option<Box<Wait>>,
    /// It is a variant that carries nothing: `None`, or an error.
    pub(super) is_empty: bool,
    /// It is an iterator over what it owns: `copy.into_iter()`.
    pub(super) is_owned: bool,
    /// What its fields lead to, where it is known.
    pub(super) made_of: Vec<Part>,
    /// The elements of a tuple literal.
    pub(super) parts: Vec<Value>,
}

/// A closure or async block, in the body that it is written in: the function's, or a macro rule's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Code {
    /// Index among the walker's bodies.
    pub(super) body: u32,
    pub(super) id: ExprId,
}

/// A closure or async block that runs as a thread or task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Task {
    pub(super) code: Code,
    /// Guards from this one on are younger: by the time they are taken it may be past the locks that it takes.
    pub(super) since: u32,
}

/// A closure of a lazy chain, with what it gets.
#[derive(Clone, Debug)]
pub(super) struct Lazy {
    pub(super) closure: Code,
    pub(super) params: Vec<Value>,
}

/// What awaiting a future does.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    /// It takes a lock.
    pub(super) acquire: Option<Acquire>,
    /// It runs the body of an async function of the workspace.
    pub(super) call: Option<Box<Call>>,
    /// It waits for this.
    pub(super) wait: Wait,
    /// Where that was called.
    pub(super) at: Span,
    /// It hands out guards of these locks, taken by that body.
    pub(super) taken: Vec<Acquire>,
    /// Awaiting it can suspend.
    pub(super) suspends: bool,
    /// The guard lives in the value, rather than for the call.
    pub(super) lasting: bool,
    /// It gives this value.
    pub(super) value: Value,
}

impl Value {
    /// A value of which only the type is known.
    pub(super) fn of(ty: Ty) -> Value {
        Value { ty, ..Value::default() }
    }

    /// The same value seen at another type; what it holds and is stays.
    pub(super) fn with_ty(self, ty: Ty) -> Value {
        Value { ty, parts: Vec::new(), tells: None, task: None, ..self }
    }
}
