//! Events: what happens in a function, and what is alive then.

use std::sync::Arc;

use super::{Acquire, Assumption, Decl, GuardId, Part, Place};
use crate::knowledge::schema::{LockMode, Op, Waits};
use crate::model::{FnId, StaticId};
use crate::name::Name;
use crate::span::Span;
use crate::ty::Ty;

/// Something that happens while guards may be alive.
#[derive(Clone, Debug)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// Where.
    pub span: Span,
    /// What is alive, oldest first; a guard that this very event takes is not among them.
    pub held: Box<[Held]>,
    /// The plain maps that are being iterated, with the place where the iteration starts.
    pub iterating: Box<[(Place, Span)]>,
    /// What the path here knows of the parameters, sorted.
    pub assumes: Box<[Assumption]>,
    /// Every run of the function that ends comes here.
    pub is_sure: bool,
    /// Every run that nothing fails in comes here: before it there are only `?`s and panics.
    pub is_usual: bool,
    /// Part of what a call of the function does: not in a closure or task that is walked for itself.
    pub is_own: bool,
}

/// The kinds of events.
#[derive(Clone, Debug)]
pub enum EventKind {
    /// An `.await` that can suspend.
    Await(Box<Wait>),
    /// A lock, map or cell is taken, for the moment of a call or for as long as `guard` lives.
    Acquire {
        /// How.
        acquire: Box<Acquire>,
        /// The guard, where it lasts.
        guard: Option<GuardId>,
    },
    /// A plain map is read or changed.
    MapOp(Box<MapOp>),
    /// A `static mut` is named.
    StaticUse(StaticId),
    /// A guard is made and dropped at once: `let _ = m.lock();`.
    Discard(GuardId),
    /// A guard is given away so that nobody drops it: `mem::forget(m.lock())`.
    Leak(GuardId),
    /// The thread waits for something that is not a lock.
    Block(Box<Wait>),
    /// Much work on the CPU.
    Work(Box<Work>),
    /// Code that the function does not know runs.
    Callback(Box<Callback>),
    /// A function of the workspace runs.
    Call(Box<Call>),
}

/// What is waited for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Wait {
    /// The kind; none if nothing is known.
    pub waits: Waits,
    /// The function or method that waits.
    pub what: Name,
    /// The file, channel, connection or task that is waited on, where it has a name.
    pub on: Option<Place>,
    /// The function of the workspace whose future is awaited.
    pub callee: Option<FnId>,
}

/// Work on the CPU whose amount grows with what it is done to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Work {
    /// The function or method that does it.
    pub what: Name,
    /// What it is done to, where that has a name.
    pub subject: Option<Place>,
    /// That holds a map, or is a collection itself.
    pub is_large: bool,
    /// It only puts a collection in order.
    pub orders: bool,
}

/// Something that is done to a plain map.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MapOp {
    /// Which map.
    pub place: Place,
    /// What.
    pub op: Op,
    /// Where the map is declared.
    pub decl: Option<Decl>,
    /// The method; `[]` for an index.
    pub method: Name,
    /// The key, as written, where it is one key's entry.
    pub key: Option<String>,
    /// The type of the map's values, where it is known.
    pub values: Ty,
}

/// A call of code that the caller chose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Callback {
    /// Who chose it.
    pub caller: Caller,
    /// How the code names it.
    pub name: Name,
    /// What is called, where it has a name.
    pub place: Option<Place>,
    /// How the code that calls it has it.
    pub had: Had,
    /// It gives nothing back: it is told, not asked.
    pub is_notice: bool,
    /// The types of what it is given, those of its parameters and of the arguments where it is called: those of them that have
    /// a type of the workspace among their parts.
    pub given: Arc<[Ty]>,
}

/// Who chose the code of a callback.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Caller {
    /// The caller of this function: the parameter of this index.
    Param(u32),
    /// Whoever stored a closure or function.
    Stored,
    /// Whoever made a `dyn Trait`, of which the workspace has more than one kind, or none.
    Dyn,
    /// Whoever made a value of a type outside of the workspace that stands for code: an executor its wakers.
    Foreign,
}

/// How the code that calls a callback has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Had {
    /// By a handle that can be cloned: `Arc<dyn Fn()>`.
    Shared,
    /// As a value that was taken out of its place: nobody else has it any more.
    Taken,
    /// Where it is stored.
    InPlace,
}

/// A call of a function of the workspace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// Which.
    pub callee: FnId,
    /// One of several that can be meant: the method of a trait's impl.
    pub is_possible: bool,
    /// Nobody calls it: a value goes away.
    pub is_drop: bool,
    /// What the callee knows as `self`.
    pub receiver: Option<Place>,
    /// Where that is declared.
    pub receiver_decl: Option<Decl>,
    /// What it knows as its parameters; those of which nothing can matter are left out.
    pub args: Vec<Argument>,
    /// What its `self`, or the parameter of an index, was made of.
    pub made_of: Vec<(Option<u32>, Part)>,
    /// The guards in a `self` that is moved into the callee.
    pub moved: Vec<GuardId>,
}

impl Call {
    /// Whether a guard is moved into the callee.
    pub fn moves(&self, guard: GuardId) -> bool {
        self.moved.contains(&guard) || self.args.iter().any(|it| it.moved.contains(&guard))
    }

    /// The guards that are moved into the callee.
    pub(super) fn moved_guards(&self) -> Vec<GuardId> {
        self.args.iter().flat_map(|it| &it.moved).chain(&self.moved).copied().collect()
    }
}

/// An argument of a call.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Argument {
    /// Which parameter.
    pub index: u32,
    /// The parameter's name in the callee; empty where a pattern takes it apart.
    pub name: Name,
    /// What it names.
    pub place: Option<Place>,
    /// Where that is declared.
    pub decl: Option<Decl>,
    /// Its text, as a key.
    pub key: Option<String>,
    /// It is written as `true` or `Some(..)`, or as the contrary.
    pub truth: Option<bool>,
    /// The guards that are moved into the callee with it.
    pub moved: Vec<GuardId>,
}

/// A guard that is alive at an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held {
    /// Which.
    pub guard: GuardId,
    /// Alive on some of the paths that lead here, not on all.
    pub maybe: bool,
    /// The place of its lock was assigned meanwhile: what is there now is another one.
    pub is_replaced: bool,
    /// How it holds its lock here.
    pub mode: LockMode,
    /// The local that holds it here, an index into [`super::FnFlow::locals`]; none for a temporary.
    pub local: Option<u32>,
}
