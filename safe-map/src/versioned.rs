//! Check-then-act on single keys: each value has a version, and a removal or a replacement takes the version that was seen.

use std::{
    collections::{HashMap, hash_map::RandomState},
    convert::Infallible,
    error::Error,
    fmt,
    future::Future,
    hash::{BuildHasher, Hash},
};

use equivalent::Equivalent;

use crate::{
    call::{Call, Op},
    flights::Flights,
    meta::Meta,
    methods::{from_hash_map, shared_methods},
    ops,
    shards::Shards,
    shared_map::{Occupied, SharedMap},
    stamped::{Clock, Stamped},
    strategy::{Keyed, Present, Strategy},
    table::{Lookup, Table},
};

/// The version of a value. No two values of a map ever have the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub(crate) u64);

/// A value, and its version when it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Versioned<V> {
    /// What was seen.
    pub value: V,
    /// When it was seen.
    pub version: Version,
}

/// The version that was given is not, or no longer, that of the map.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Stale<V = ()> {
    /// What was not put in.
    pub value: V,
    /// The version that is there instead, unless the key is absent.
    pub current: Option<Version>,
}

impl<V> fmt::Debug for Stale<V> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Stale").field("current", &self.current).finish_non_exhaustive()
    }
}

impl<V> fmt::Display for Stale<V> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.current {
            Some(_) => out.write_str("somebody has changed it since it was seen"),
            None => out.write_str("somebody has removed it since it was seen"),
        }
    }
}

impl<V> Error for Stale<V> {}

/// A map for check-then-act on single keys: what was seen has a version, and only that version can be removed or replaced.
///
/// A [`ShardedMap`](crate::ShardedMap) whose values have versions from one counter of the map. A version is never used again,
/// so that a key that was removed and put in again is not taken for the old one. Whatever can change a value gives it a new
/// version: `update`, and `retain` for each entry that it keeps.
///
/// ```
/// let tokens = safe_map::VersionedMap::new();
/// tokens.insert("alice", 1);
/// let seen = tokens.get("alice").unwrap();
/// tokens.update("alice", |n| *n += 1);
/// assert!(tokens.remove("alice", seen.version).is_err());
/// ```
pub struct VersionedMap<K, V, S = RandomState> {
    shards: Shards<Stamped<K, V, S>>,
    clock: Clock,
    hasher: std::sync::Arc<S>,
    meta: Meta,
    flights: Flights<K, V>,
}

impl<K, V> VersionedMap<K, V> {
    /// An empty map with four shards for each thread that the machine runs at once.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::VersionedMap::new();
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
    /// let map = safe_map::VersionedMap::with_shards(64);
    /// map.insert("apples", 3);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn with_shards(shards: usize) -> Self {
        Self::with_shards_and_hasher(shards, RandomState::new())
    }
}

impl<K, V, S> VersionedMap<K, V, S> {
    /// An empty map with its own hasher.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::hash::{BuildHasherDefault, DefaultHasher};
    ///
    /// let map = safe_map::VersionedMap::with_hasher(BuildHasherDefault::<DefaultHasher>::new());
    /// map.insert("apples", 3);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn with_hasher(hasher: S) -> Self {
        Self::with_shards_and_hasher(crate::shards::default_count(), hasher)
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
    /// let map = safe_map::VersionedMap::with_shards_and_hasher(64, hasher);
    /// map.insert("apples", 3);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn with_shards_and_hasher(shards: usize, hasher: S) -> Self {
        let (clock, hasher) = (Clock::default(), std::sync::Arc::new(hasher));
        VersionedMap {
            shards: Shards::new(shards, || Stamped::new(hasher.clone(), clock.clone())),
            clock,
            hasher,
            meta: Meta::new(),
            flights: Flights::new(),
        }
    }
}

impl<K, V, S: Default> Default for VersionedMap<K, V, S> {
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}

impl<K: Hash + Eq, V, S: BuildHasher> VersionedMap<K, V, S> {
    /// The value of a key, cloned, and its version.
    ///
    /// Locks the key's shard, shared, while `Clone` runs. O(1).
    ///
    /// # Panics
    ///
    /// On [re-entry](crate#re-entry).
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::VersionedMap::new();
    /// let version = map.insert("apples", 3);
    /// assert_eq!(map.get("apples"), Some(safe_map::Versioned { value: 3, version }));
    /// ```
    #[track_caller]
    pub fn get<Q>(&self, key: &Q) -> Option<Versioned<V>>
    where
        Q: ?Sized + Hash + Equivalent<K>,
        V: Clone,
    {
        let call = Call::here(Op::Get);
        let _watch = self.meta.watch(call);
        self.meta.begin(call);
        let hash = self.hash_of(key);
        self.shards.of(hash).read(self.meta.id(), call, |table| table.seen(hash, key).cloned())
    }

    shared_methods! { @read
        impl [K, V, S] VersionedMap<K, V, S>;
        key K; value V; query [Q: ?Sized + Hash + Equivalent<K>];
        example "safe_map::VersionedMap::new()"; reads "the key's shard, shared"; cost "O(1).";
    }

    /// Puts a value in, whatever is there, and gives its version.
    ///
    /// Locks the key's shard, exclusively. O(1). The old value and the unneeded key are dropped after that.
    ///
    /// # Panics
    ///
    /// On [re-entry](crate#re-entry).
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::VersionedMap::new();
    /// let first = map.insert("apples", 3);
    /// assert_ne!(map.insert("apples", 3), first);
    /// ```
    #[track_caller]
    pub fn insert(&self, key: K, value: V) -> Version {
        let call = Call::here(Op::Insert);
        let _watch = self.meta.watch(call);
        let hash = self.hash_of(&key);
        let version = self.clock.tick();
        let replaced =
            self.edit(call, hash, |table| table.insert_at(hash, key, Versioned { value, version }));
        drop(replaced);
        version
    }

    /// Replaces a value if it still has the version that was seen, and gives the new version.
    ///
    /// Replaces `get`, then `insert` (`check_then_act`).
    ///
    /// Locks the key's shard, exclusively. O(1). The old value is dropped after that.
    ///
    /// # Errors
    ///
    /// [`Stale`], with the value that was not put in.
    ///
    /// # Panics
    ///
    /// On [re-entry](crate#re-entry).
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::VersionedMap::new();
    /// let seen = map.insert("apples", 3);
    /// let newer = map.replace("apples", seen, 4).unwrap();
    /// assert_eq!(map.replace("apples", seen, 5).unwrap_err().current, Some(newer));
    /// ```
    #[track_caller]
    pub fn replace<Q>(&self, key: &Q, seen: Version, value: V) -> Result<Version, Stale<V>>
    where
        Q: ?Sized + Hash + Equivalent<K>,
    {
        let call = Call::here(Op::Replace);
        let _watch = self.meta.watch(call);
        let hash = self.hash_of(key);
        let version = self.clock.tick();
        let result = self.edit(call, hash, |table| match table.seen_mut(hash, key) {
            Some(entry) if entry.version == seen => {
                Ok(std::mem::replace(entry, Versioned { value, version }))
            }
            other => Err(Stale { value, current: other.map(|entry| entry.version) }),
        });
        result.map(|_| version)
    }

    /// Removes a key if its value still has the version that was seen, and gives back the value.
    ///
    /// Replaces `get`, then `remove` (`check_then_act`, `collect_then_delete`). To remove a key whatever its value there is
    /// [`remove_if`](Self::remove_if).
    ///
    /// Locks the key's shard, exclusively. O(1).
    ///
    /// # Errors
    ///
    /// [`Stale`].
    ///
    /// # Panics
    ///
    /// On [re-entry](crate#re-entry).
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::VersionedMap::new();
    /// let seen = map.insert("apples", 3);
    /// assert_eq!(map.remove("apples", seen), Ok(3));
    /// assert_eq!(map.remove("apples", seen).unwrap_err().current, None);
    /// ```
    #[track_caller]
    pub fn remove<Q>(&self, key: &Q, seen: Version) -> Result<V, Stale>
    where
        Q: ?Sized + Hash + Equivalent<K>,
    {
        let call = Call::here(Op::Remove);
        let _watch = self.meta.watch(call);
        let hash = self.hash_of(key);
        let removed = self.edit(call, hash, |table| match table.seen(hash, key) {
            Some(entry) if entry.version == seen => Ok(table.take(hash, key)),
            other => Err(Stale { value: (), current: other.map(|entry| entry.version) }),
        })?;
        removed.map(|(_, value)| value).ok_or(Stale { value: (), current: None })
    }
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher + Clone> VersionedMap<K, V, S> {
    /// A copy of the map as it is at one moment, without the versions.
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
    /// let map = safe_map::VersionedMap::new();
    /// map.insert("apples", 3);
    /// assert_eq!(map.to_map()["apples"], 3);
    /// ```
    #[track_caller]
    pub fn to_map(&self) -> HashMap<K, V, S> {
        let call = Call::here(Op::ToMap);
        let _watch = self.meta.watch(call);
        self.meta.begin(call);
        let mut map = HashMap::with_hasher(S::clone(&self.hasher));
        self.shards.scan_at_once(self.meta.id(), call, |key, value| {
            map.insert(key.clone(), value.clone());
        });
        map
    }
}

crate::shards::sharded_strategy! { VersionedMap, Stamped<K, V, S> }

shared_methods! { @more
    impl [K, V, S] VersionedMap<K, V, S> where [K: Hash + Eq, S: BuildHasher];
    key K; value V; query [Q: ?Sized + Hash + Equivalent<K>];
    example "safe_map::VersionedMap::new()";
    reads "the key's shard, shared"; writes "the key's shard, exclusively"; whole "one shard after another";
    len "Locks one shard after another, shared. O(1) for each.";
    many "Each is put in by itself: where the iterator panics, those before are in.";
    cost "O(1).";
    on_panic "the value is then what the closure has made of it, and has a new version.";
}

from_hash_map! { VersionedMap [] }
