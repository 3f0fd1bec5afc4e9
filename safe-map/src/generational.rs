//! Young keys that churn beside old keys that stay: keys grow older by survival, and the oldest are read without a lock.
//!
//! Three generations. A new key is *written*, into a table under the lock. When there are enough of those, all that are left
//! *settle*, into a second table under the same lock, and what had settled before *freezes*, if there is enough of it to be worth
//! a new table: it is published, and reads of it lock nothing. Values of frozen keys change in place, each published on its own.
//!
//! 1. A reader does not find a key in the frozen table and waits for the lock while a writer freezes the key: it looks
//!    into the new frozen table first.
//! 2. A reader loads the frozen table, and the key is removed from it and put in again: the same node has the value.

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
    call::{Call, Op},
    flights::Flights,
    generations::{Front, Generations},
    lock::Lock,
    meta::Meta,
    methods::{from_hash_map, shared_methods},
    ops,
    shared_map::{Occupied, SharedMap},
    strategy::{Keyed, Strategy},
    table::{Lookup, Table},
};

/// A map where most keys are removed soon, and those that are not stay for long: sessions, connections, jobs.
///
/// New keys are under one lock. Keys that survive are moved, many at once, to a table that reads reach without a lock. A change
/// of such a value copies it and publishes the copy. `Hash` runs under the lock when keys grow older.
///
/// ```
/// let sessions = safe_map::GenerationalMap::new();
/// for id in 0..1000 {
///     sessions.insert(id, "alice");
/// }
/// assert_eq!(sessions.get(&1), Some("alice"));
/// ```
pub struct GenerationalMap<K, V, S = RandomState> {
    front: Arc<Front<K, V>>,
    young: Lock<Generations<K, V, S>>,
    hasher: Arc<S>,
    meta: Meta,
    flights: Flights<K, V>,
}

impl<K, V> GenerationalMap<K, V> {
    /// An empty map.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::GenerationalMap::new();
    /// map.insert("apples", 3);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }
}

impl<K, V, S> GenerationalMap<K, V, S> {
    /// An empty map with its own hasher.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::hash::{BuildHasherDefault, DefaultHasher};
    ///
    /// let map = safe_map::GenerationalMap::with_hasher(BuildHasherDefault::<DefaultHasher>::new());
    /// map.insert("apples", 3);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn with_hasher(hasher: S) -> Self {
        let hasher = Arc::new(hasher);
        let young = Generations::new(hasher.clone());
        GenerationalMap {
            front: young.front(),
            young: Lock::new(young),
            hasher,
            meta: Meta::new(),
            flights: Flights::new(),
        }
    }
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher + Clone> GenerationalMap<K, V, S> {
    /// A copy of the map as it is at one moment.
    ///
    /// Locks the map, shared, while `Clone` runs. O(n).
    ///
    /// # Panics
    ///
    /// On [re-entry](crate#re-entry).
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::GenerationalMap::new();
    /// map.insert("apples", 3);
    /// assert_eq!(map.to_map()["apples"], 3);
    /// ```
    #[track_caller]
    pub fn to_map(&self) -> HashMap<K, V, S> {
        let call = Call::here(Op::ToMap);
        let _watch = self.meta.watch(call);
        let mut map = HashMap::with_hasher(S::clone(&self.hasher));
        self.scan(call, |key, value| {
            map.insert(key.clone(), value.clone());
        });
        map
    }
}

impl<K, V, S: Default> Default for GenerationalMap<K, V, S> {
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher> Strategy for GenerationalMap<K, V, S> {
    type Table = Generations<K, V, S>;

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn flights(&self) -> &Flights<K, V> {
        &self.flights
    }

    fn edit<R>(&self, call: Call, _: u64, f: impl FnOnce(&mut Generations<K, V, S>) -> R) -> R {
        self.meta.begin(call);
        // It outlives the lock: old versions are dropped after it.
        let mut unused = None;
        self.young.write(self.meta.id(), call, |generations| {
            let mut change = generations.change(&mut unused);
            f(&mut change)
        })
    }

    fn edit_each(&self, call: Call, f: impl FnMut(&mut Generations<K, V, S>)) {
        self.edit(call, 0, f);
    }

    fn scan(&self, call: Call, mut f: impl FnMut(&K, &V)) {
        self.meta.begin(call);
        self.young.read(self.meta.id(), call, |generations| generations.each(&mut f));
    }

    fn len(&self, call: Call) -> usize {
        self.meta.begin_free(call);
        self.front.len()
    }

    fn peek(&self, call: Call, f: &mut impl FnMut(&K, &V)) -> bool {
        self.young.try_read(self.meta.id(), call, |generations| generations.each(f)).is_some()
    }

    fn peek_len(&self, f: &mut dyn FnMut(Option<usize>)) {
        f(Some(self.front.len()));
    }

    fn old_versions(&self) -> usize {
        self.young.peek(Generations::retired).unwrap_or(0)
    }

    #[cfg(feature = "stats")]
    const KIND: crate::stats::Kind = crate::stats::Kind::OneLock;

    #[cfg(feature = "stats")]
    fn stats(&self) -> crate::stats::Stats {
        crate::stats::Stats::of(
            std::iter::once((&self.young.stats, Some(self.front.len()))),
            &self.meta.reads,
            self.young.peek(Generations::extra).unwrap_or_default(),
        )
    }

    fn into_entries(self) -> Vec<(K, V)> {
        self.young.into_inner().drain()
    }
}

impl<K, V, S, Q> Keyed<Q> for GenerationalMap<K, V, S>
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
        let frozen = self.front.frozen.load();
        if let Some(node) = frozen.get().and_then(|frozen| frozen.find(hash, key)) {
            let value = node.load();
            if let Some(value) = value.get() {
                return f(Some((&node.key, value)));
            }
        }
        drop(frozen);
        self.meta.begin(call);
        self.young.read(self.meta.id(), call, |generations| generations.view(hash, key, f))
    }
}

shared_methods! {
    impl [K, V, S] GenerationalMap<K, V, S> where [K: Hash + Eq + Clone, V: Clone, S: BuildHasher];
    key K; value V; query [Q: ?Sized + Hash + Equivalent<K>];
    example "safe_map::GenerationalMap::new()";
    reads "nothing for old keys, and the young keys, shared, for others";
    writes "the map, exclusively"; whole "the map";
    len "Locks nothing. O(1).";
    many "Each is put in by itself: where the iterator panics, those before are in.";
    cost "O(1); O(n) once for many new keys, when keys grow older.";
    on_panic "the value is then what the closure has made of it.";
}

from_hash_map! { GenerationalMap [K: Clone, V: Clone] }
