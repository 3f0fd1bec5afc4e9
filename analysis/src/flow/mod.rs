//! Flow: one walk over a function's body, and which guards are alive at every event of it.
//!
//! In: a function of the [`Model`](crate::model::Model). Out: a [`FnFlow`]. The walk follows Rust's drop scopes
//! (temporaries by edition, scrutinees, lifetime extension, moves, branches), so that a lint need only ask what is
//! held where. It knows one body at a time: of a callee it knows the signature and the [`Shape`].

mod assume;
mod awaits;
mod calls;
mod closures;
mod control;
mod counted;
mod drops;
mod dump;
mod event;
mod exprs;
mod extension;
mod frames;
mod handed;
mod holds;
mod keys;
mod known;
mod later;
mod lookup;
mod macros;
mod made_of;
mod outside;
mod own_locks;
mod passed;
mod patterns;
mod place;
mod results;
mod returns;
mod shape;
mod sites;
mod state;
mod value;
mod walk;

pub use assume::Assumption;
pub use dump::show_place;
pub use event::{Argument, Call, Callback, Caller, Event, EventKind, Had, Held, MapOp, Wait, Work};
pub use handed::{Handed, Recipient};
pub use made_of::{Part, Twins};
pub use place::{Decl, Place, Root, Step};
pub use returns::may_have_shape;
pub use shape::{ParamCall, Shape, Shapes};
pub use walk::walk;

use crate::knowledge::schema::{GuardClass, LockMode, Locking, Op, TypeRole};
use crate::model::FnId;
use crate::name::Name;
use crate::span::Span;
use crate::ty::{AdtId, Ty};

/// A guard of one function.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GuardId(pub u32);

/// What happens in a function, in the order in which it is walked.
#[derive(Clone, Debug)]
pub struct FnFlow {
    /// The function.
    pub id: FnId,
    /// Its guards.
    pub guards: Vec<Guard>,
    /// Its locals.
    pub locals: Vec<Binding>,
    /// The types of those that are handles which can be cloned, each once.
    pub handles: Vec<Ty>,
    /// Which local a name means, from the first guard on; sorted.
    pub uses: Vec<Use>,
    /// Its events. A loop's body is walked twice where a guard of one turn is alive in the next.
    pub events: Vec<Event>,
    /// What is done to maps that nothing here could disturb or be disturbed by; empty unless the settings ask for it.
    pub quiet: Vec<(MapOp, Span)>,
    /// The locks and maps that get another name here, each once.
    pub handed: Vec<Handed>,
    /// What branches and loops look into while something is alive.
    pub scrutinees: Vec<Scrutinee>,
    /// What callers must know before they are walked themselves.
    pub shape: Shape,
    /// The structs that it makes, by type, each with the twins among its fields.
    pub literals: Vec<(AdtId, Vec<Twins>)>,
    /// The functions of the workspace whose shapes were looked at, sorted.
    pub callees: Vec<FnId>,
}

impl FnFlow {
    /// The guard behind an id.
    pub fn guard(&self, id: GuardId) -> &Guard {
        &self.guards[id.0 as usize]
    }

    /// Whether the name at `at` stands for another local than the one bound at `bound`: one that shadows it. Not so where
    /// the name is in code that is not walked.
    pub fn is_another(&self, bound: Span, at: Span) -> bool {
        let first = self.uses.partition_point(|it| it.at < at);
        let mut here = self.uses[first..].iter().take_while(|it| it.at == at).peekable();
        here.peek().is_some() && here.all(|it| it.bound != bound)
    }

    /// A guard as it is held at an event: by the local that has it there, not the one that had it last.
    pub fn guard_at(&self, held: &Held) -> Guard {
        let guard = self.guard(held.guard).clone();
        let here = held.local.and_then(|it| self.locals.get(it as usize));
        let here = here.map(|it| (it.name.clone(), it.span));
        let acquire = Acquire { mode: held.mode, ..guard.acquire };
        Guard { binding: here.or(guard.binding), acquire, ..guard }
    }
}

/// A name where it stands for a local.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Use {
    /// The name.
    pub at: Span,
    /// Where the local is bound.
    pub bound: Span,
}

/// A local variable.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Its name.
    pub name: Name,
    /// Where it is bound.
    pub span: Span,
    /// Its value borrows nothing that was alive then: no reference, guard or iterator is in it, as far as its type is known.
    pub is_owned: bool,
    /// It has its value to itself: that is neither a reference nor a handle, as far as its type is known.
    pub is_sole: bool,
}

/// What a `match`, an `if let`, a `while let` or a `for` looks into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scrutinee {
    /// The expression.
    pub span: Span,
    /// Its value borrows nothing: no reference, guard or iterator is in it, as far as its type is known.
    pub is_owned: bool,
}

/// A lock, map or cell that is taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lock {
    /// Which.
    pub place: Place,
    /// Where it is declared.
    pub decl: Option<Decl>,
    /// What it is: a lock, a shared map, a cell.
    pub role: TypeRole,
    /// The name of its type.
    pub type_name: Name,
    /// How much of a map is taken.
    pub locking: Locking,
    /// The type of what a lock or cell protects, where it is known.
    pub content: Ty,
    /// The type of a map's values, where it is known; that of a set's is unit.
    pub values: Ty,
    /// A local that is the lock or map itself, not a handle or reference to it: nobody else can wait for it, unless this
    /// function lends it out.
    pub is_private: bool,
}

/// How a lock is taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Acquire {
    /// What is taken.
    pub lock: Lock,
    /// How.
    pub mode: LockMode,
    /// Who waits, and how.
    pub class: GuardClass,
    /// What it is taken for.
    pub op: Op,
    /// The key, as written, where it is one key's place that is taken.
    pub key: Option<String>,
    /// Every shard.
    pub whole: bool,
    /// Taken inside a function of the workspace, or before this one: the call hands out the guard.
    pub is_indirect: bool,
    /// Taken before this function: a parameter is the guard, and the place is that parameter.
    pub is_given: bool,
    /// Fails rather than waits.
    pub is_try: bool,
    /// Shared, and does not wait for waiting writers; or reentrant.
    pub recursive: bool,
    /// Taken along with a value or a wait, not to protect code.
    pub is_incidental: bool,
    /// The method that takes it.
    pub method: Name,
    /// The expression that takes it.
    pub span: Span,
}

/// A guard: an acquire that lasts.
#[derive(Clone, Debug)]
pub struct Guard {
    /// How it came to be.
    pub acquire: Acquire,
    /// The type that holds it, as code names it.
    pub type_name: Name,
    /// The local that holds it last.
    pub binding: Option<(Name, Span)>,
    /// It stays on its thread, as far as its type is known: `!Send`.
    pub is_local: bool,
    /// Part of another guard: an item of a guard-holding iterator.
    pub derived: bool,
    /// A temporary that a `let` keeps alive for a reference into it: the local of `binding` is not the guard itself.
    pub is_extended: bool,
    /// Where it ends, on each path.
    pub ends: Vec<Span>,
}
