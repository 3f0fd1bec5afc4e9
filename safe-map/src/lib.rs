//! Shared maps that hand out no guard.
//!
//! The bugs that `cargo safe-map-lint` finds come from guards that escape: over an await, into a scrutinee, under a second
//! lock. The maps of this crate give values back cloned, or show them inside a closure that cannot await; every compound
//! operation is one call; and misuse panics with both places instead of deadlocking.
//!
//! # Which map
//!
//! | map | for | how |
//! |---|---|---|
//! | [`ShardedMap`] | keyed reads and writes from many threads | cut into shards by hash, a lock for each |
//! | [`SnapshotMap`] | read mostly; consistent iteration; configuration | reads lock nothing; a write publishes a new version |
//! | [`VersionedMap`] | check-then-act on single keys | values have versions; `remove` and `replace` take the one that was seen |
//! | [`ReadMostlyMap`] | a stable key set, rare new keys | reads lock nothing; new keys wait in a second table |
//! | [`GenerationalMap`] | young keys churn, old keys stay | keys grow older by survival; reads of old ones lock nothing |
//! | [`LockedMap`] | few threads; invariants of the whole map | one lock around a plain map |
//! | [`FailFastMap`] | code that is believed to be single threaded | nobody waits; a conflict panics |
//!
//! [`ShardedSet`], [`LockedSet`] and [`SnapshotSet`] are the sets. All of them are shared by reference or in an `Arc`, and none
//! is `Clone`: `to_map` copies.
//!
//! # What is atomic
//!
//! *Yes*: at one moment between call and return, linearizable. *Each shard*: so for each shard, one after another. *Each key*: so
//! for each key; together they may be of no single moment.
//!
//! | method | `Sharded`, `Versioned` | `Snapshot` | `ReadMostly` | `Generational` | `Locked`, `FailFast` |
//! |---|---|---|---|---|---|
//! | `get` `read` `contains_key` | yes | yes | yes | yes | yes |
//! | `insert` `try_insert` `remove` `remove_if` `replace` | yes | yes | yes | yes | yes |
//! | `update` `upsert` `compute` | yes | yes | yes | yes | yes |
//! | `get_or_insert_with` | yes | yes | yes | yes | yes |
//! | `update_pair` `update_many` | yes, among writes and reads | yes | among writes; reads see each key | among writes; reads of old keys see each key | yes |
//! | `retain` `extract_if` `clear` | each shard | yes | among writes; reads see each key | among writes; reads of old keys see each key | yes |
//! | `len` `is_empty` | a sum over the shards, each at its moment | yes | as of the last write that has ended | as of the last write that has ended | yes |
//! | `for_each` `fold` `entries` | each shard | yes | each key | yes | yes |
//! | `to_map` | yes, with all shards locked | yes | each key | yes | yes |
//! | `extend` | each pair | yes | each pair | each pair | each pair |
//! | `view` `batch` | | yes | | | yes (`LockedMap`) |
//!
//! # Re-entry
//!
//! A closure that runs under a lock of a map must not call that map again. It panics, with the place of this call and of the call
//! whose closure it is in:
//!
//! - in every build, where it would otherwise wait for its own thread;
//! - with `debug_assertions` or the feature `reentry-check`, always, whether or not the keys share a shard. These builds also
//!   remember in which order maps are called from inside each other's closures, and panic on the opposite order.
//!
//! In other builds two threads can still wait for each other forever, each in a closure of one shard or map and calling the
//! other's: tests, which have `debug_assertions`, find such calls in whatever order they come.
//!
//! `Hash`, `Eq`, `Ord`, `Clone` and `Debug` of keys and values that run under a lock are such closures. A load of
//! `get_or_load` that waits for its own key panics too, and so do loads that wait for each other. Closures over a snapshot run under no lock,
//! and may call anything: [`SnapshotMap::for_each`] may remove from its map. Work that a closure hands to another thread and
//! waits for is not seen; the linter reports it.
//!
//! ```should_panic
//! let map = safe_map::ShardedMap::with_shards(1);
//! map.insert("apples", 3);
//! map.update("apples", |_| map.remove("pears"));
//! ```
//!
//! # Panics in closures
//!
//! No map is poisoned. After a panic `update` leaves the value as the closure has left it, `compute` and `upsert` leave the
//! key absent, `get_or_insert_with` too, `retain` and `extract_if` have done the entries before, and a [`SnapshotMap`] publishes nothing.
//! Every closure runs at most once a call. What is replaced or removed is dropped when the lock is free again, as is a closure
//! that was not called. A `Hash` or
//! `Eq` that panics while a table grows can lose entries, and nothing worse.
//!
//! # Memory
//!
//! Reads without a lock note what they look at in a hazard slot of their own thread, which is one atomic store to a cache line that nobody
//! else writes. A thread has eight slots; reads that are nested deeper count references. Old versions are freed by writers, never
//! in a read; the price is that what was replaced while somebody read it is kept until a later write. The code for this, in `raw/`, is
//! the only unsafe code of this crate.

/// The examples of the README run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod amended;
#[cfg(feature = "observer")]
mod breaker;
mod buckets;
#[cfg(feature = "cache")]
pub mod cache;
mod call;
#[cfg(doctest)]
mod compile_fail;
mod draft;
mod dump;
#[cfg(safe_map_shuttle)]
mod explore;
mod fail_fast;
mod flag;
mod flights;
mod generational;
mod generations;
mod held;
mod lock;
mod locked;
mod meta;
mod methods;
mod nodes;
#[cfg(feature = "observer")]
pub mod observer;
mod ops;
mod order;
mod plain;
mod raw;
mod read_mostly;
#[cfg(feature = "serde")]
mod serde;
mod sets;
mod sharded;
mod shards;
mod shared_map;
mod snapshot;
mod stamped;
#[cfg(feature = "stats")]
pub mod stats;
mod strategy;
mod sync;
mod table;
mod versioned;
mod waits;
mod whole;

pub use safe_map_macros::{SafeMap, allow_hazard, expect_hazard};

#[cfg(feature = "observer")]
pub use breaker::{Denied, WriteBreaker};
pub use call::Op;
pub use dump::{Dump, Header, dump_on_panic, name_map, name_static};
#[cfg(safe_map_shuttle)]
pub use explore::{explore, thread};
pub use fail_fast::FailFastMap;
pub use generational::GenerationalMap;
pub use locked::LockedMap;
pub use plain::{Find, Plain, PlainMap};
pub use read_mostly::ReadMostlyMap;
pub use sets::{LockedSet, PlainSet, ShardedSet, SnapshotSet};
pub use sharded::ShardedMap;
pub use shared_map::{Occupied, SharedMap};
pub use snapshot::SnapshotMap;
pub use versioned::{Stale, Version, Versioned, VersionedMap};
