//! A stable key set with rare new keys: a published table that reads go through, and a second one for new keys.
//!
//! The design is that of Go's `sync.Map`. Actors: readers and, one at a time, writers.
//!
//! - The published table `read` never gets a new key. Values of its keys change in place, each published on its own.
//! - A new key goes into the second table, `dirty`, which has the nodes of all keys that are there. It is made at the
//!   first new key, and `read` is marked as `amended` then.
//! - A reader that finds nothing in an amended table looks into `dirty` under the lock: a miss. After as many misses as
//!   `dirty` has nodes it is promoted: published as the new `read`, which is not amended.
//!
//! 1. A reader finds no node, or a dead one, and `amended` unset: the key was not there at some moment since the reader
//!    loaded the table, for a key that comes to be elsewhere marks the table first.
//! 2. A reader finds `amended` set and waits for the lock while a writer promotes: it looks into the new `read` first.
//! 3. A dead node comes to life again only where `dirty` has the very same node or there is no `dirty`; otherwise a promotion
//!    would lose it.

use std::{
    collections::{HashMap, hash_map::RandomState},
    convert::Infallible,
    fmt,
    future::Future,
    hash::{BuildHasher, Hash},
    sync::Arc,
};

use equivalent::Equivalent;

use crate::{
    amended::{Front, ReadTable, Writer},
    call::{Call, Op},
    flights::Flights,
    lock::Lock,
    meta::Meta,
    methods::{from_hash_map, shared_methods},
    ops,
    raw::Guard,
    shared_map::{Occupied, SharedMap},
    strategy::{Keyed, Strategy},
    table::Table,
};

/// A map whose keys are mostly there already, and whose values are mostly read.
///
/// Reads of keys that are there lock nothing, and their closures may call anything, this map too. A change of a value copies that
/// value and publishes the copy. A new key copies the table, without its entries, once for many new keys. A read that
/// finds nothing takes the lock while there are keys that are newer than the published table.
///
/// An old value is freed by a later write, never by a read. A removed key is kept until the table is made anew.
///
/// ```
/// let hosts = safe_map::ReadMostlyMap::new();
/// hosts.insert("db", "10.0.0.7".to_owned());
/// assert_eq!(hosts.read("db", |address| address.len()), Some(8));
/// ```
pub struct ReadMostlyMap<K, V, S = RandomState> {
    front: Arc<Front<K, V>>,
    writer: Lock<Writer<K, V>>,
    hasher: S,
    meta: Meta,
    flights: Flights<K, V>,
}

impl<K, V> ReadMostlyMap<K, V> {
    /// An empty map.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::ReadMostlyMap::new();
    /// map.insert("apples", 3);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }
}

impl<K, V, S> ReadMostlyMap<K, V, S> {
    /// An empty map with its own hasher.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::hash::{BuildHasherDefault, DefaultHasher};
    ///
    /// let map = safe_map::ReadMostlyMap::with_hasher(BuildHasherDefault::<DefaultHasher>::new());
    /// map.insert("apples", 3);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn with_hasher(hasher: S) -> Self {
        let writer = Writer::new();
        ReadMostlyMap {
            front: writer.front(),
            writer: Lock::new(writer),
            hasher,
            meta: Meta::new(),
            flights: Flights::new(),
        }
    }
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher> ReadMostlyMap<K, V, S> {
    /// Shows the value of a key that is not in the published table, if it is newer than that. No lock is held while `f` runs.
    #[cold]
    fn view_miss<Q, R>(&self, call: Call, hash: u64, key: &Q, f: impl FnOnce(Option<(&K, &V)>) -> R) -> R
    where
        Q: ?Sized + Hash + Equivalent<K>,
    {
        self.meta.begin(call);
        match self.writer.write(self.meta.id(), call, |writer| writer.miss(hash, key)) {
            Some(node) => node.read(|value| f(value.map(|value| (&node.key, value)))),
            None => f(None),
        }
    }

    /// The published table, once it has every key.
    fn complete(&self, call: Call) -> Guard<'_, ReadTable<K, V>> {
        let read = self.front.read.load();
        if !read.get().is_some_and(ReadTable::is_amended) {
            return read;
        }
        drop(read);
        self.meta.begin(call);
        self.writer.write(self.meta.id(), call, Writer::promote);
        self.front.read.load()
    }
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher + Clone> ReadMostlyMap<K, V, S> {
    /// A copy of the map, each value as it is when it is copied.
    ///
    /// Locks nothing, unless there are new keys: then other writers out, for a moment. O(n).
    ///
    /// # Panics
    ///
    /// On [re-entry](crate#re-entry).
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::ReadMostlyMap::new();
    /// map.insert("apples", 3);
    /// assert_eq!(map.to_map()["apples"], 3);
    /// ```
    #[track_caller]
    pub fn to_map(&self) -> HashMap<K, V, S> {
        let call = Call::here(Op::ToMap);
        let _watch = self.meta.watch(call);
        let mut map = HashMap::with_hasher(self.hasher.clone());
        self.scan(call, |key, value| {
            map.insert(key.clone(), value.clone());
        });
        map
    }
}

impl<K, V, S: Default> Default for ReadMostlyMap<K, V, S> {
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher> Strategy for ReadMostlyMap<K, V, S> {
    type Table = Writer<K, V>;

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn flights(&self) -> &Flights<K, V> {
        &self.flights
    }

    fn edit<R>(&self, call: Call, _: u64, f: impl FnOnce(&mut Writer<K, V>) -> R) -> R {
        self.meta.begin(call);
        // It outlives the lock: old versions are dropped after it.
        let mut unused = None;
        self.writer.write(self.meta.id(), call, |writer| {
            let mut change = writer.change(&mut unused);
            f(&mut change)
        })
    }

    fn edit_each(&self, call: Call, f: impl FnMut(&mut Writer<K, V>)) {
        self.edit(call, 0, f);
    }

    fn scan(&self, call: Call, mut f: impl FnMut(&K, &V)) {
        self.meta.begin_free(call);
        if let Some(read) = self.complete(call).get() {
            read.nodes.each(&mut f);
        }
    }

    fn len(&self, call: Call) -> usize {
        self.meta.begin_free(call);
        self.front.len()
    }

    fn peek(&self, call: Call, f: &mut impl FnMut(&K, &V)) -> bool {
        let read = self.front.read.load();
        if let Some(read) = read.get().filter(|read| !read.is_amended()) {
            read.nodes.each(f);
            return true;
        }
        self.writer.try_read(self.meta.id(), call, |writer| writer.each(f)).is_some()
    }

    fn peek_len(&self, f: &mut dyn FnMut(Option<usize>)) {
        f(Some(self.front.len()));
    }

    fn old_versions(&self) -> usize {
        self.writer.peek(Writer::retired).unwrap_or(0)
    }

    #[cfg(feature = "stats")]
    const KIND: crate::stats::Kind = crate::stats::Kind::ReadMostly;

    #[cfg(feature = "stats")]
    fn stats(&self) -> crate::stats::Stats {
        crate::stats::Stats::of(
            std::iter::once((&self.writer.stats, Some(self.front.len()))),
            &self.meta.reads,
            self.writer.peek(Writer::extra).unwrap_or_default(),
        )
    }

    fn into_entries(self) -> Vec<(K, V)> {
        self.writer.into_inner().drain()
    }
}

impl<K, V, S, Q> Keyed<Q> for ReadMostlyMap<K, V, S>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher,
    Q: ?Sized + Hash + Equivalent<K>,
{
    #[inline]
    fn hash_of(&self, key: &Q) -> u64 {
        self.hasher.hash_one(key)
    }

    #[inline]
    fn view<R>(&self, call: Call, hash: u64, key: &Q, f: impl FnOnce(Option<(&K, &V)>) -> R) -> R {
        self.meta.begin_free(call);
        let read = self.front.read.load();
        let table = read.get().expect("a table is published at all times");
        if let Some(node) = table.nodes.find(hash, key) {
            let value = node.load();
            if let Some(value) = value.get() {
                return f(Some((&node.key, value)));
            }
        }
        if !table.is_amended() {
            return f(None);
        }
        drop(read);
        self.view_miss(call, hash, key, f)
    }
}

shared_methods! {
    impl [K, V, S] ReadMostlyMap<K, V, S> where [K: Hash + Eq + Clone, V: Clone, S: BuildHasher];
    key K; value V; query [Q: ?Sized + Hash + Equivalent<K>];
    example "safe_map::ReadMostlyMap::new()";
    reads "nothing, or other writers out for a moment where the key is not in the published table";
    writes "other writers out"; whole "nothing for reads, and other writers out for writes,";
    len "Locks nothing. O(1).";
    many "Each is put in by itself: where the iterator panics, those before are in.";
    cost "O(1); the first new key after a promotion copies the table, O(n).";
    on_panic "the value is then what the closure has made of it.";
}

from_hash_map! { ReadMostlyMap [K: Clone, V: Clone] }
