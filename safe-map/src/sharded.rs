//! Keyed reads and writes from many threads: the map is cut into shards by hash, each with its own lock.

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
    buckets::Buckets,
    call::{Call, Op},
    flights::Flights,
    meta::Meta,
    methods::{from_hash_map, shared_methods},
    ops,
    shards::{Shards, default_count, sharded_strategy},
    shared_map::{Occupied, SharedMap},
    strategy::{Keyed, Present, Strategy},
    table::{Lookup, Table},
};

/// A map for keyed reads and writes from many threads.
///
/// A power of two of shards, each a hash table under a lock of its own, on cache lines of its own. A key is hashed once,
/// before anything is locked; the hash chooses the shard and the place in it. Operations on keys of different shards do not
/// meet. What looks at the whole map goes through one shard after another, and so sees no single moment; only
/// [`to_map`](Self::to_map) locks all of them.
///
/// ```
/// let stock = safe_map::ShardedMap::new();
/// stock.insert("apples", 3);
/// stock.update("apples", |n| *n -= 1);
/// assert_eq!(stock.get("apples"), Some(2));
/// ```
pub struct ShardedMap<K, V, S = RandomState> {
    shards: Shards<Buckets<K, V, S>>,
    hasher: Arc<S>,
    meta: Meta,
    flights: Flights<K, V>,
}

impl<K, V> ShardedMap<K, V> {
    /// An empty map with four shards for each thread that the machine runs at once.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::ShardedMap::new();
    /// map.insert("apples", 3);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty map with a given number of shards.
    ///
    /// # Panics
    ///
    /// If `shards` is not a power of two.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::ShardedMap::with_shards(64);
    /// map.insert("apples", 3);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn with_shards(shards: usize) -> Self {
        Self::with_shards_and_hasher(shards, RandomState::new())
    }

    /// An empty map with room for so many entries.
    ///
    /// # Panics
    ///
    /// If no memory can have so much room.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::ShardedMap::with_capacity(1000);
    /// map.insert("apples", 3);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn with_capacity(capacity: usize) -> Self {
        Self::build(default_count(), capacity, RandomState::new())
    }
}

impl<K, V, S> ShardedMap<K, V, S> {
    /// An empty map with its own hasher.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::hash::{BuildHasherDefault, DefaultHasher};
    ///
    /// let map = safe_map::ShardedMap::with_hasher(BuildHasherDefault::<DefaultHasher>::new());
    /// map.insert("apples", 3);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn with_hasher(hasher: S) -> Self {
        Self::build(default_count(), 0, hasher)
    }

    /// An empty map with a given number of shards and its own hasher.
    ///
    /// # Panics
    ///
    /// If `shards` is not a power of two.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::hash::{BuildHasherDefault, DefaultHasher};
    ///
    /// let hasher = BuildHasherDefault::<DefaultHasher>::new();
    /// let map = safe_map::ShardedMap::with_shards_and_hasher(64, hasher);
    /// map.insert("apples", 3);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn with_shards_and_hasher(shards: usize, hasher: S) -> Self {
        Self::build(shards, 0, hasher)
    }

    /// An empty map with room for so many entries, and its own hasher.
    ///
    /// # Panics
    ///
    /// If no memory can have so much room.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::hash::{BuildHasherDefault, DefaultHasher};
    ///
    /// let hasher = BuildHasherDefault::<DefaultHasher>::new();
    /// let map = safe_map::ShardedMap::with_capacity_and_hasher(1000, hasher);
    /// map.insert("apples", 3);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn with_capacity_and_hasher(capacity: usize, hasher: S) -> Self {
        Self::build(default_count(), capacity, hasher)
    }

    fn build(shards: usize, capacity: usize, hasher: S) -> Self {
        let hasher = Arc::new(hasher);
        let each = capacity.div_ceil(shards.max(1));
        ShardedMap {
            shards: Shards::new(shards, || Buckets::with_capacity(each, hasher.clone())),
            hasher,
            meta: Meta::new(),
            flights: Flights::new(),
        }
    }

    /// The number of shards.
    ///
    /// Locks nothing. O(1). It does not panic.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::ShardedMap::<u32, u32>::with_shards(64);
    /// assert_eq!(map.shard_count(), 64);
    /// ```
    pub fn shard_count(&self) -> usize {
        self.shards.count()
    }
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher + Clone> ShardedMap<K, V, S> {
    /// A copy of the map as it is at one moment.
    ///
    /// Locks all shards, shared, while `Clone` runs. O(n).
    ///
    /// # Panics
    ///
    /// On [re-entry](crate#re-entry).
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::ShardedMap::new();
    /// map.insert("apples", 3);
    /// assert_eq!(map.to_map()["apples"], 3);
    /// ```
    #[track_caller]
    pub fn to_map(&self) -> HashMap<K, V, S> {
        self.copy(Call::here(Op::ToMap))
    }

    pub(crate) fn copy(&self, call: Call) -> HashMap<K, V, S> {
        let _watch = self.meta.watch(call);
        self.meta.begin(call);
        let mut map = HashMap::with_hasher(S::clone(&self.hasher));
        self.shards.scan_at_once(self.meta.id(), call, |key, value| {
            map.insert(key.clone(), value.clone());
        });
        map
    }
}

impl<K, V, S: Default> Default for ShardedMap<K, V, S> {
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}

sharded_strategy! { ShardedMap, Buckets<K, V, S> }

shared_methods! {
    impl [K, V, S] ShardedMap<K, V, S> where [K: Hash + Eq, S: BuildHasher];
    key K; value V; query [Q: ?Sized + Hash + Equivalent<K>];
    example "safe_map::ShardedMap::new()";
    reads "the key's shard, shared"; writes "the key's shard, exclusively"; whole "one shard after another";
    len "Locks one shard after another, shared. O(1) for each.";
    many "Each is put in by itself: where the iterator panics, those before are in.";
    cost "O(1).";
    on_panic "the value is then what the closure has made of it.";
}

from_hash_map! { ShardedMap [] }
