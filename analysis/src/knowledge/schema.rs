//! The knowledge format: one TOML file a crate, `analysis/knowledge/<crate>.toml`.
//!
//! This is the file's shape and nothing else; unknown keys are errors. [`super::Knowledge`] checks and indexes it.
//! The type language of `returns`, `item`, `derefs` and variants: paths with arguments, `&T`, `&mut T`, `(A, B)`,
//! the names in `params`, `Self`, `R0`, `R1`.. for the result of the closure at that argument, `I0`, `I1`.. for what
//! iterating that result gives, `A0`, `A1`.. for the type of that argument, `G0` for the type that a turbofish names,
//! `*` before a name for what it refers to, and `_` for what is not known. Paths of the same file and of `std` may be
//! written by their last segment.

use serde::{Deserialize, Serialize};

/// One file.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The crate's name in code, `std` for core and alloc too.
    #[serde(rename = "crate")]
    pub krate: String,
    /// The versions it speaks of, as a Cargo requirement; empty for all.
    #[serde(default)]
    pub versions: String,
    /// Code that depends on it runs on one thread: in a virtual machine, or in a process of a host that has one.
    #[serde(default)]
    pub one_thread: bool,
    /// With `one_thread`: other targets use the crate too, and code that starts threads is for those.
    #[serde(default)]
    pub threads_elsewhere: bool,
    /// Where the tasks of its executor run.
    #[serde(default)]
    pub tasks: Option<Tasks>,
    /// The feature of the crate with which its guards do not stay on their thread.
    #[serde(default)]
    pub send_feature: String,
    /// The types.
    #[serde(default, rename = "type")]
    pub types: Vec<Type>,
    /// Free functions, associated functions that are not methods of a type here, and constructors.
    #[serde(default, rename = "function")]
    pub functions: Vec<Function>,
    /// Macros, by name.
    #[serde(default, rename = "macro")]
    pub macros: Vec<Macro>,
}

/// How a crate has one thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OneThread {
    /// Its host runs it so.
    Always,
    /// One of its targets does; code that starts threads is for the others.
    UnlessStarted,
}

/// Where the tasks of an executor run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Tasks {
    /// On any of its threads, so that they are `Send`: no task has what stays on a thread across an await.
    Sent,
    /// On the thread that started them, many on each.
    Local,
}

/// A type.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Type {
    /// Its canonical path: `std::sync::Mutex`.
    pub path: String,
    /// Other paths under which it can be imported.
    #[serde(default)]
    pub also: Vec<String>,
    /// What it is.
    pub kind: TypeRole,
    /// Its type parameters, in order.
    #[serde(default)]
    pub params: Vec<String>,
    /// The type that a deref, or a use as a transparent layer, reaches.
    #[serde(default)]
    pub derefs: Option<String>,
    /// A tuple struct whose only field is public: `.0` is what a deref reaches.
    #[serde(default)]
    pub newtype: bool,
    /// For iterators and collections: what iteration yields by value.
    #[serde(default)]
    pub item: Option<String>,
    /// For guards, entries and guard-holding iterators: who waits, and how.
    #[serde(default)]
    pub guard: Option<GuardClass>,
    /// For guards: it stays on its thread, `!Send`.
    #[serde(default)]
    pub local: bool,
    /// For maps: how much one operation locks.
    #[serde(default)]
    pub locking: Locking,
    /// What `clone()` gives.
    #[serde(default)]
    pub clone: CloneKind,
    /// For enums: the variants with the types they carry.
    #[serde(default)]
    pub variants: std::collections::BTreeMap<String, Vec<String>>,
    /// Its methods and associated functions.
    #[serde(default, rename = "method")]
    pub methods: Vec<Method>,
}

/// What a type is to the analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TypeRole {
    /// A map or set that is shared as it is: its methods take `&self` and lock inside, or are lock free.
    SharedMap,
    /// A plain map or set: `HashMap`, `BTreeSet`.
    Map,
    /// Another plain collection: `Vec`, `VecDeque`.
    Collection,
    /// A lock around a value.
    Lock,
    /// A cell around a value, checked at run time (`RefCell`) or not at all (`UnsafeCell`, `Cell`).
    Cell,
    /// Gives access while it lives: a lock guard, a map reference, a borrow.
    Guard,
    /// A place in a map, holding its lock: `Entry` and its variants.
    Entry,
    /// An iterator; with `guard`, one that holds locks while it lives.
    Iterator,
    /// Transparent: `Arc`, `Box`, `LazyLock`, `OnceLock`; `derefs` says what is inside.
    Layer,
    /// An enum that carries values: `Option`, `Result`.
    Enum,
    /// A thread or task handle.
    Handle,
    /// A channel end, stream, file, client: known for what its methods wait for.
    Resource,
    /// Known to be none of these.
    Plain,
}

/// Who waits for a guard, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum GuardClass {
    /// The thread blocks: `std`, `parking_lot`, `dashmap`, scc's synchronous calls.
    Blocking,
    /// The thread spins.
    Spinning,
    /// The task waits and the thread goes on: `tokio`, `async-lock`.
    Async,
    /// Nobody waits: a conflicting borrow panics.
    RefCell,
    /// Nobody waits and nothing conflicts: epoch pins, lock-free references.
    Free,
}

/// How much of a map one keyed operation locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Locking {
    /// Nothing, or nothing that can conflict.
    #[default]
    None,
    /// A shard or bucket: other keys may or may not conflict.
    Sharded,
    /// All of it.
    Whole,
}

/// What `clone()` of a value gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CloneKind {
    /// Another value.
    #[default]
    Deep,
    /// Another handle to the same value.
    Shared,
}

/// A method or associated function.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Method {
    /// Its name, or several that behave alike.
    pub names: Vec<String>,
    /// Takes no `self`: `Mutex::new`, `MutexGuard::map`. A `self`-like first argument is then argument 0.
    pub associated: bool,
    /// How it takes `self`.
    pub receiver: Receiver,
    /// What it locks of `self` (of argument 0 where associated).
    pub lock: LockMode,
    /// How long.
    pub hold: Hold,
    /// Fails rather than waits.
    #[serde(rename = "try")]
    pub is_try: bool,
    /// Returns a future: it locks, waits and returns when awaited.
    #[serde(rename = "async")]
    pub is_async: bool,
    /// Shared acquire that does not wait for waiting writers: `read_recursive`.
    pub recursive: bool,
    /// Its guard comes with what it is called for, a value or a wait, and is there to protect no code: who drops it at once
    /// means to.
    pub incidental: bool,
    /// Locks every shard, one after the other or all at once, rather than that of one key.
    pub whole: bool,
    /// What it does to the map, or to the plain map inside.
    pub op: Op,
    /// Which argument is the key.
    pub key: Option<u32>,
    /// The type of the result; unit if empty.
    pub returns: String,
    /// When closures among the arguments run.
    pub closures: ClosureClass,
    /// The types of the parameters of its closures, one list for all of them.
    pub closure_params: Vec<String>,
    /// What it waits for besides the lock.
    pub waits: Waits,
    /// It does much work on the CPU: serialisation, compression, sorting.
    pub heavy: bool,
    /// What happens to a guard given as an argument or as `self`.
    pub guard_effect: GuardEffect,
    /// `self` may be absent afterwards: `Option::take`.
    pub takes: bool,
    /// It runs code that somebody else chose, of which nothing is known where it is called: the wake of a task.
    pub foreign: bool,
}

/// How a method takes its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Receiver {
    /// `&self` or `&mut self`: a temporary receiver lives on.
    #[default]
    Ref,
    /// `self`: the receiver is consumed, and what it holds is in the result if the result's type can hold it.
    Value,
}

/// What a call locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LockMode {
    /// Nothing.
    #[default]
    None,
    /// With other readers.
    Shared,
    /// Alone.
    Exclusive,
    /// With readers, but alone among upgradable ones.
    Upgradable,
}

impl GuardClass {
    /// Whether somebody waits who asks for what is held: a thread or a task.
    pub fn is_waited_for(self) -> bool {
        match self {
            GuardClass::Blocking | GuardClass::Spinning | GuardClass::Async => true,
            GuardClass::RefCell | GuardClass::Free => false,
        }
    }
}

impl LockMode {
    /// Whether no two threads hold a lock like this at a time.
    pub fn is_alone(self) -> bool {
        match self {
            LockMode::Exclusive | LockMode::Upgradable => true,
            LockMode::Shared | LockMode::None => false,
        }
    }
}

/// How long a call holds what it locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// Until it returns; closures run under it.
    #[default]
    Call,
    /// As long as the result lives.
    Result,
}

/// What a method does to a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Nothing that matters.
    #[default]
    None,
    /// Reads one entry.
    Get,
    /// Reads one entry for writing.
    GetMut,
    /// Asks whether a key is there.
    Contains,
    /// Asks for the number of entries, or whether there are any.
    Len,
    /// Inserts, or replaces.
    Insert,
    /// The place of a key: reads, inserts or removes.
    Entry,
    /// Removes one entry.
    Remove,
    /// Removes one entry if a condition holds, in one step.
    RemoveIf,
    /// Removes all.
    Clear,
    /// Removes those that fail a condition, or drains.
    Retain,
    /// Walks the entries for reading.
    Iterate,
    /// Walks the entries for writing.
    IterateMut,
    /// Changes one entry in one step.
    Update,
    /// Copies the whole map.
    Copy,
    /// Replaces the whole map.
    Replace,
}

impl Op {
    /// Whether it may change the map.
    pub fn changes(self) -> bool {
        !matches!(self, Op::None | Op::Get | Op::Contains | Op::Len | Op::Iterate | Op::Copy)
    }
}

/// When closures among the arguments run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClosureClass {
    /// Nothing is known.
    #[default]
    Unknown,
    /// Before the call returns, under what is held and what the call locks.
    Now,
    /// When the result is consumed: `Iterator::map`.
    Lazy,
    /// On another thread while this frame waits: `thread::scope`, rayon, `block_in_place`.
    Elsewhere,
    /// On another thread or task, later: `spawn`.
    Detached,
}

/// What a call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Waits {
    /// Nothing.
    #[default]
    None,
    /// A peer.
    Network,
    /// A file.
    Disk,
    /// A database, or a connection to one: on a server or in a file, which its type may leave open.
    Database,
    /// Time.
    Timer,
    /// The other end of a channel: a message, or that it is closed.
    Channel,
    /// Room in the queue of a channel that is bounded: nothing as long as there is some.
    Room,
    /// Another thread or task.
    Join,
    /// A child process.
    Process,
    /// Something that others do: a condition variable, a barrier, a semaphore, a line that somebody types.
    Signal,
    /// A future, run to its end on this thread: `block_on`.
    BlockOn,
    /// Whatever code waits for that is not known: that of another package, or of a trait's method that several types of the
    /// workspace have, or none.
    #[serde(skip)]
    Unknown,
}

/// What a call does with a guard that it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum GuardEffect {
    /// Keeps it alive if the result can hold it, ends it otherwise.
    #[default]
    Keep,
    /// Ends it: `drop`, `OccupiedEntry::remove`.
    End,
    /// Never ends it: `mem::forget`, `Box::leak`.
    Leak,
    /// Lets go of it during the call and takes it again: `Condvar::wait`, `unlocked`, `bump`.
    Pause,
    /// Turns it into a shared one: `downgrade`.
    Downgrade,
    /// Turns it into an exclusive one: `upgrade`.
    Upgrade,
}

/// A function that is not a method.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Function {
    /// Its path, or several that behave alike.
    pub paths: Vec<String>,
    /// Returns a future.
    #[serde(rename = "async")]
    pub is_async: bool,
    /// The type of the result; unit if empty.
    pub returns: String,
    /// When closures and futures among the arguments run.
    pub closures: ClosureClass,
    /// The types of the parameters of its closures.
    pub closure_params: Vec<String>,
    /// What it waits for.
    pub waits: Waits,
    /// It does much work on the CPU.
    pub heavy: bool,
    /// What happens to a guard given as an argument.
    pub guard_effect: GuardEffect,
    /// It gives what its first argument refers to and puts its second one there, if it has one: `mem::take`, `mem::replace`.
    pub takes: bool,
    /// What its first two arguments refer to changes places: `mem::swap`.
    pub swaps: bool,
}

/// A macro.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Macro {
    /// The last segment of its path, or several.
    pub names: Vec<String>,
    /// Whether the temporaries of its arguments end inside it (`format!`, `assert!`) rather than with the statement (`vec!`, `dbg!`).
    pub ends_temporaries: bool,
    /// What one argument makes is gone before the next: `json!`, the condition of `assert!`.
    pub separates: bool,
    /// Its first argument is a condition that holds behind it: `assert!`.
    pub asserts: bool,
    /// It awaits: `select!`, `join!`.
    pub awaits: bool,
    /// It ends the path: `panic!`, `bail!`, `return_err!`.
    pub diverges: bool,
    /// Its arguments are only evaluated in debug builds: what they cost is no cost of the program.
    pub debug_only: bool,
    /// Its arguments are taken by reference, whatever they are: `println!`.
    pub by_ref: bool,
    /// The type of its value: `String` of `format!`, `Vec<A0>` of `vec!`.
    pub returns: String,
}
