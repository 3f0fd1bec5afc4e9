//! For a map that is believed to have one user at a time: an atomic flag says who is in it, and a conflict panics.

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
    flag::Flag,
    flights::Flights,
    meta::Meta,
    methods::{from_hash_map, shared_methods},
    ops,
    shared_map::{Occupied, SharedMap},
    strategy::{Keyed, Strategy},
    table::{Lookup, Table},
};

/// A map for code that is believed to have one thread in it at a time: the first step away from a `static mut`.
///
/// Nobody ever waits. An access that overlaps with a conflicting one panics *before* it touches the map, with "concurrent map read
/// and map write" or "concurrent map writes", its own place and, as far as that is known, the other's thread and place.
/// Nothing is undefined, whatever the program does; but only accesses that overlap are detected, not every misuse.
///
/// ```
/// use std::sync::LazyLock;
/// use safe_map::FailFastMap;
///
/// static PRICES: LazyLock<FailFastMap<String, u32>> = LazyLock::new(FailFastMap::new);
///
/// PRICES.insert("apples".to_owned(), 3);
/// assert_eq!(PRICES.get("apples"), Some(3));
/// ```
pub struct FailFastMap<K, V, S = RandomState> {
    flag: Flag<Buckets<K, V, S>>,
    hasher: Arc<S>,
    meta: Meta,
    flights: Flights<K, V>,
}

impl<K, V> FailFastMap<K, V> {
    /// An empty map.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::FailFastMap::new();
    /// map.insert("apples", 3);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }
}

impl<K, V, S> FailFastMap<K, V, S> {
    /// An empty map with its own hasher.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::hash::{BuildHasherDefault, DefaultHasher};
    ///
    /// let map = safe_map::FailFastMap::with_hasher(BuildHasherDefault::<DefaultHasher>::new());
    /// map.insert("apples", 3);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn with_hasher(hasher: S) -> Self {
        let hasher = Arc::new(hasher);
        FailFastMap {
            flag: Flag::new(Buckets::with_capacity(0, hasher.clone())),
            hasher,
            meta: Meta::new(),
            flights: Flights::new(),
        }
    }
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher + Clone> FailFastMap<K, V, S> {
    /// A copy of the map.
    ///
    /// Locks nothing. O(n), while `Clone` runs.
    ///
    /// # Panics
    ///
    /// If a writer is in the map, and on [re-entry](crate#re-entry).
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::FailFastMap::new();
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

impl<K, V, S: Default> Default for FailFastMap<K, V, S> {
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}

impl<K: Hash + Eq, V, S: BuildHasher> Strategy for FailFastMap<K, V, S> {
    type Table = Buckets<K, V, S>;

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn flights(&self) -> &Flights<K, V> {
        &self.flights
    }

    fn edit<R>(&self, call: Call, _: u64, f: impl FnOnce(&mut Self::Table) -> R) -> R {
        // Nobody waits here, so that no order of maps can be wrong.
        self.meta.begin_unordered(call);
        self.flag.write(self.meta.id(), call, f)
    }

    fn edit_each(&self, call: Call, f: impl FnMut(&mut Self::Table)) {
        self.edit(call, 0, f);
    }

    fn scan(&self, call: Call, mut f: impl FnMut(&K, &V)) {
        self.meta.begin_unordered(call);
        self.flag.read(self.meta.id(), call, |table| table.each(&mut f));
    }

    fn len(&self, call: Call) -> usize {
        self.meta.begin_unordered(call);
        self.flag.read(self.meta.id(), call, Table::len)
    }

    fn peek(&self, call: Call, f: &mut impl FnMut(&K, &V)) -> bool {
        self.flag.try_read(self.meta.id(), call, |table| table.each(f)).is_some()
    }

    fn peek_len(&self, f: &mut dyn FnMut(Option<usize>)) {
        f(self.flag.peek(Table::len));
    }

    #[cfg(feature = "stats")]
    const KIND: crate::stats::Kind = crate::stats::Kind::FailFast;

    #[cfg(feature = "stats")]
    fn stats(&self) -> crate::stats::Stats {
        crate::stats::Stats::of(
            std::iter::once((&self.flag.stats, self.flag.peek(Table::len))),
            &self.meta.reads,
            crate::stats::Extra::default(),
        )
    }

    fn into_entries(self) -> Vec<(K, V)> {
        self.flag.into_inner().drain()
    }
}

impl<K: Hash + Eq, V, S: BuildHasher, Q: ?Sized + Hash + Equivalent<K>> Keyed<Q> for FailFastMap<K, V, S> {
    fn hash_of(&self, key: &Q) -> u64 {
        self.hasher.hash_one(key)
    }

    fn view<R>(&self, call: Call, hash: u64, key: &Q, f: impl FnOnce(Option<(&K, &V)>) -> R) -> R {
        self.meta.begin_unordered(call);
        self.flag.read(self.meta.id(), call, |table| table.view(hash, key, f))
    }
}

shared_methods! {
    impl [K, V, S] FailFastMap<K, V, S> where [K: Hash + Eq, S: BuildHasher];
    key K; value V; query [Q: ?Sized + Hash + Equivalent<K>];
    example "safe_map::FailFastMap::new()";
    reads "nothing, but panics where a writer is in the map"; writes "nothing, but panics where anybody is in the map";
    whole "nothing, but panics on a conflict,";
    len "Locks nothing, but panics where a writer is in the map. O(1).";
    many "Each is put in by itself: where the iterator panics, those before are in.";
    cost "O(1).";
    on_panic "the value is then what the closure has made of it.";
}

from_hash_map! { FailFastMap [] }
