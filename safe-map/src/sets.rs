//! The sets: maps whose values are nothing, with the names of `HashSet`.

use std::{
    collections::{HashSet, hash_map::RandomState},
    fmt,
    hash::{BuildHasher, Hash},
};

use equivalent::Equivalent;

use crate::{
    call::{Call, Op},
    locked::LockedMap,
    ops,
    plain::{Find, PlainMap},
    sharded::ShardedMap,
    snapshot::SnapshotMap,
    strategy::Strategy,
};

/// A plain set that a shared set can hold: `HashSet`, `BTreeSet`, or `IndexSet` with the feature `indexmap`.
pub trait PlainSet: PlainMap<Value = ()> {}

impl<M: PlainMap<Value = ()>> PlainSet for M {}

/// A set for keyed reads and writes from many threads, as [`ShardedMap`].
///
/// ```
/// let seen = safe_map::ShardedSet::new();
/// assert!(seen.insert("alice"));
/// assert!(!seen.insert("alice"));
/// ```
pub struct ShardedSet<T, S = RandomState> {
    map: ShardedMap<T, (), S>,
}

/// A plain set under one reader-writer lock, as [`LockedMap`].
///
/// ```
/// let seen = safe_map::LockedSet::new(std::collections::HashSet::new());
/// assert!(seen.insert("alice"));
/// ```
pub struct LockedSet<M: PlainSet> {
    map: LockedMap<M>,
}

/// A set that is read mostly, where each reader sees one version of the whole set, as [`SnapshotMap`].
///
/// ```
/// let admins = safe_map::SnapshotSet::new(std::collections::BTreeSet::from(["alice"]));
/// assert!(admins.contains("alice"));
/// ```
pub struct SnapshotSet<M: PlainSet> {
    map: SnapshotMap<M>,
}

impl<T> ShardedSet<T> {
    /// An empty set with four shards for each thread that the machine runs at once.
    ///
    /// # Examples
    ///
    /// ```
    /// let set = safe_map::ShardedSet::new();
    /// assert!(set.insert("apples"));
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty set with a given number of shards.
    ///
    /// # Panics
    ///
    /// If `shards` is not a power of two.
    ///
    /// # Examples
    ///
    /// ```
    /// let set = safe_map::ShardedSet::with_shards(64);
    /// assert!(set.insert("apples"));
    /// ```
    pub fn with_shards(shards: usize) -> Self {
        Self::with_shards_and_hasher(shards, RandomState::new())
    }
}

impl<T, S> ShardedSet<T, S> {
    /// An empty set with its own hasher.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::hash::{BuildHasherDefault, DefaultHasher};
    ///
    /// let set = safe_map::ShardedSet::with_hasher(BuildHasherDefault::<DefaultHasher>::new());
    /// assert!(set.insert("apples"));
    /// ```
    pub fn with_hasher(hasher: S) -> Self {
        ShardedSet { map: ShardedMap::with_hasher(hasher) }
    }

    /// An empty set with a given number of shards and its own hasher.
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
    /// let set = safe_map::ShardedSet::with_shards_and_hasher(64, hasher);
    /// assert!(set.insert("apples"));
    /// ```
    pub fn with_shards_and_hasher(shards: usize, hasher: S) -> Self {
        ShardedSet { map: ShardedMap::with_shards_and_hasher(shards, hasher) }
    }
}

impl<T: Hash + Eq + Clone, S: BuildHasher + Clone> ShardedSet<T, S> {
    /// A copy of the set as it is at one moment.
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
    /// let set = safe_map::ShardedSet::new();
    /// set.insert("apples");
    /// assert!(set.to_set().contains("apples"));
    /// ```
    #[track_caller]
    pub fn to_set(&self) -> HashSet<T, S> {
        let map = self.map.copy(Call::here(Op::ToSet));
        let mut set = HashSet::with_hasher(map.hasher().clone());
        set.extend(map.into_keys());
        set
    }
}

/// Takes the items over, and the hasher.
impl<T: Hash + Eq, S: BuildHasher + Clone> From<HashSet<T, S>> for ShardedSet<T, S> {
    fn from(plain: HashSet<T, S>) -> Self {
        let set = Self::with_hasher(plain.hasher().clone());
        set.extend(plain);
        set
    }
}

impl<T, S: Default> Default for ShardedSet<T, S> {
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}

macro_rules! around_a_plain_set {
    ($Set:ident, $Map:ident, [$($clone:tt)*], $locks:literal, $writes:literal, $batch:literal) => {
        impl<M: PlainSet> $Set<M> {
            /// Shares a plain set.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = safe_map::", stringify!($Set), "::new(std::collections::BTreeSet::from([\"apples\"]));")]
            /// assert!(set.contains("apples"));
            /// ```
            pub fn new(set: M) -> Self {
                $Set { map: $Map::new(set) }
            }

            /// Shows the whole set as it is at one moment.
            ///
            #[doc = concat!("Locks ", $locks, " while the closure runs. O(1).")]
            ///
            /// # Panics
            ///
            /// As the closure does, and on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = safe_map::", stringify!($Set), "::new(std::collections::BTreeSet::from([\"apples\"]));")]
            /// assert_eq!(set.view(|set| set.len()), 1);
            /// ```
            #[track_caller]
            pub fn view<R>(&self, f: impl FnOnce(&M) -> R) -> R {
                self.map.view(f)
            }

            /// A copy of the set.
            ///
            #[doc = concat!("Locks ", $locks, " while `Clone` runs. O(n).")]
            ///
            /// # Panics
            ///
            /// On [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = safe_map::", stringify!($Set), "::new(std::collections::BTreeSet::from([\"apples\"]));")]
            /// assert!(set.to_set().contains("apples"));
            /// ```
            #[track_caller]
            pub fn to_set(&self) -> M
            where
                M: Clone,
            {
                self.map.copy(Call::here(Op::ToSet))
            }
        }

        impl<M: PlainSet $($clone)*> $Set<M> {
            /// Changes the whole set in one step.
            ///
            #[doc = concat!("Locks ", $writes, " while the closure runs. ", $batch)]
            ///
            /// # Panics
            ///
            /// As the closure does, and on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = safe_map::", stringify!($Set), "::new(std::collections::BTreeSet::from([\"apples\"]));")]
            /// assert!(set.batch(|set| set.remove("apples")));
            /// ```
            #[track_caller]
            pub fn batch<R>(&self, f: impl FnOnce(&mut M) -> R) -> R {
                self.map.batch(f)
            }
        }

        impl<M: PlainSet + Default> Default for $Set<M> {
            fn default() -> Self {
                Self::new(M::default())
            }
        }

        impl<M: PlainSet> From<M> for $Set<M> {
            fn from(set: M) -> Self {
                Self::new(set)
            }
        }
    };
}

macro_rules! shared_set_methods {
    (
        impl [$($param:ident),*] $Set:ty where [$($bounds:tt)*];
        item $T:ty; query [$($query:tt)*];
        example $new:literal;
        reads $reads:literal; writes $writes:literal; whole $whole:literal; len $len:literal; many $many:literal; cost $cost:literal;
    ) => {
        impl<$($param),*> $Set where $($bounds)* {
            /// The item that equals this one, cloned.
            ///
            #[doc = concat!("Locks ", $reads, ", while `Clone` runs. ", $cost)]
            ///
            /// # Panics
            ///
            /// On [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = ", $new, ";")]
            /// set.insert("apples");
            /// assert_eq!(set.get("apples"), Some("apples"));
            /// ```
            #[track_caller]
            pub fn get<Q>(&self, item: &Q) -> Option<$T>
            where
                $($query)*, $T: Clone,
            {
                let call = Call::here(Op::Get);
                let _watch = self.map.meta().watch(call);
                ops::view_entry(&self.map, call, item, |entry| entry.map(|(item, ())| item.clone()))
            }

            /// Whether an item is there.
            ///
            /// Its answer may be old when it is used: [`insert`](Self::insert) and [`remove`](Self::remove) say what they did.
            ///
            #[doc = concat!("Locks ", $reads, ". ", $cost)]
            ///
            /// # Panics
            ///
            /// On [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = ", $new, ";")]
            /// set.insert("apples");
            /// assert!(set.contains("apples"));
            /// ```
            #[inline]
            #[track_caller]
            pub fn contains<Q>(&self, item: &Q) -> bool
            where
                $($query)*,
            {
                let call = Call::here(Op::Contains);
                let _watch = self.map.meta().watch(call);
                ops::view(&self.map, call, item, |found| found.is_some())
            }

            /// Puts an item in, and gives whether it was not there.
            ///
            /// Replaces `contains` before `insert` (`check_then_act`).
            ///
            #[doc = concat!("Locks ", $writes, ". ", $cost)]
            ///
            /// # Panics
            ///
            /// On [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = ", $new, ";")]
            /// assert!(set.insert("apples"));
            /// assert!(!set.insert("apples"));
            /// ```
            #[inline]
            #[track_caller]
            pub fn insert(&self, item: $T) -> bool {
                self.map.insert(item, ()).is_none()
            }

            /// Removes an item, and gives whether it was there.
            ///
            /// Replaces `contains` before `remove` (`check_then_act`).
            ///
            #[doc = concat!("Locks ", $writes, ". ", $cost)]
            ///
            /// # Panics
            ///
            /// On [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = ", $new, ";")]
            /// set.insert("apples");
            /// assert!(set.remove("apples"));
            /// assert!(!set.remove("apples"));
            /// ```
            #[inline]
            #[track_caller]
            pub fn remove<Q>(&self, item: &Q) -> bool
            where
                $($query)*,
            {
                self.map.remove(item).is_some()
            }

            /// Keeps the items that the closure wants, and removes the others.
            ///
            /// Replaces a removal inside a loop over the set (`delete_during_iteration`).
            ///
            #[doc = concat!("Locks ", $whole, " while the closure runs. O(n).")]
            ///
            /// # Panics
            ///
            /// As the closure does; the items before are done, the others stay. And on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = ", $new, ";")]
            /// set.extend(["apples", "pears"]);
            /// set.retain(|item| item.len() > 5);
            /// assert_eq!(set.len(), 1);
            /// ```
            #[track_caller]
            pub fn retain(&self, mut f: impl FnMut(&$T) -> bool) {
                self.map.retain(|item, ()| f(item));
            }

            /// Moves the items out that the closure wants, all at once.
            ///
            #[doc = concat!("Locks ", $whole, " while the closure runs. O(n).")]
            ///
            /// # Panics
            ///
            /// As the closure does; the items before are done, the others stay. And on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = ", $new, ";")]
            /// set.extend(["apples", "pears"]);
            /// assert_eq!(set.extract_if(|item| item.len() > 5), ["apples"]);
            /// ```
            #[track_caller]
            pub fn extract_if(&self, mut f: impl FnMut(&$T) -> bool) -> Vec<$T> {
                let extracted = self.map.extract_if(|item, ()| f(item));
                extracted.into_iter().map(|(item, ())| item).collect()
            }

            /// Removes every item.
            ///
            #[doc = concat!("Locks ", $whole, " while the items are moved out. O(n); they are dropped after that.")]
            ///
            /// # Panics
            ///
            /// On [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = ", $new, ";")]
            /// set.insert("apples");
            /// set.clear();
            /// assert!(set.is_empty());
            /// ```
            #[track_caller]
            pub fn clear(&self) {
                self.map.clear();
            }

            /// Puts each item in, one after another.
            ///
            #[doc = concat!("Locks ", $writes, "; the iterator runs outside. ", $many, " ", $cost)]
            ///
            /// # Panics
            ///
            /// As the iterator does, and on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = ", $new, ";")]
            /// set.extend(["apples", "pears"]);
            /// assert_eq!(set.len(), 2);
            /// ```
            #[track_caller]
            pub fn extend(&self, items: impl IntoIterator<Item = $T>) {
                self.map.extend(items.into_iter().map(|item| (item, ())));
            }

            /// The number of items.
            ///
            #[doc = $len]
            ///
            /// # Panics
            ///
            /// On [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = ", $new, ";")]
            /// set.insert("apples");
            /// assert_eq!(set.len(), 1);
            /// ```
            #[track_caller]
            pub fn len(&self) -> usize {
                self.map.len()
            }

            /// Whether there is no item. As [`len`](Self::len).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = ", $new, ";")]
            /// # set.insert("apples");
            /// assert!(!set.is_empty());
            /// ```
            #[track_caller]
            pub fn is_empty(&self) -> bool {
                self.map.is_empty()
            }

            /// Shows each item to the closure.
            ///
            #[doc = concat!("Locks ", $whole, " while the closure runs. O(n).")]
            ///
            /// # Panics
            ///
            /// As the closure does, and on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = ", $new, ";")]
            /// set.extend(["apples", "pears"]);
            /// let mut letters = 0;
            /// set.for_each(|item| letters += item.len());
            /// assert_eq!(letters, 11);
            /// ```
            #[track_caller]
            pub fn for_each(&self, mut f: impl FnMut(&$T)) {
                self.map.for_each(|item, ()| f(item));
            }

            /// Folds every item into one value.
            ///
            #[doc = concat!("Locks ", $whole, " while the closure runs. O(n).")]
            ///
            /// # Panics
            ///
            /// As the closure does, and on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = ", $new, ";")]
            /// set.extend(["apples", "pears"]);
            /// assert_eq!(set.fold(0, |sum, item| sum + item.len()), 11);
            /// ```
            #[track_caller]
            pub fn fold<A>(&self, init: A, mut f: impl FnMut(A, &$T) -> A) -> A {
                self.map.fold(init, |sum, item, ()| f(sum, item))
            }

            /// A copy of every item.
            ///
            #[doc = concat!("Locks ", $whole, " while `Clone` runs. O(n).")]
            ///
            /// # Panics
            ///
            /// On [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = ", $new, ";")]
            /// set.insert("apples");
            /// assert_eq!(set.entries(), ["apples"]);
            /// ```
            #[track_caller]
            pub fn entries(&self) -> Vec<$T>
            where
                $T: Clone,
            {
                let call = Call::here(Op::Entries);
                let _watch = self.map.meta().watch(call);
                let mut out = Vec::new();
                self.map.scan(call, |item, ()| out.push(item.clone()));
                out
            }

            /// Removes an item if the closure wants it, and gives back the item that was there.
            ///
            #[doc = concat!("Locks ", $writes, ", while the closure runs. ", $cost)]
            ///
            /// # Panics
            ///
            /// As the closure does; the item then stays. And on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = ", $new, ";")]
            /// set.insert("apples");
            /// assert_eq!(set.remove_if("apples", |item| item.len() > 6), None);
            /// assert_eq!(set.remove_if("apples", |item| item.len() > 5), Some("apples"));
            /// ```
            #[track_caller]
            pub fn remove_if<Q>(&self, item: &Q, f: impl FnOnce(&$T) -> bool) -> Option<$T>
            where
                $($query)*,
            {
                let call = Call::here(Op::RemoveIf);
                let _watch = self.map.meta().watch(call);
                ops::remove_entry_if(&self.map, call, item, |item, ()| f(item)).map(|(item, ())| item)
            }
        }

        #[cfg(feature = "stats")]
        impl<$($param),*> $Set where $($bounds)* {
            /// What the set has been through since it was made.
            ///
            /// Locks nothing that is not free, and so may be called anywhere. O(1) for each shard. It does not panic.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = ", $new, ";")]
            /// set.insert("apples");
            /// assert_eq!(set.stats().writes(), 1);
            /// ```
            pub fn stats(&self) -> crate::stats::Stats {
                self.map.stats()
            }

            /// Whether the strategy fits what is done with the set. The better one that it may name is a map's: there is a set of
            /// the same name.
            ///
            /// As [`stats`](Self::stats).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let set = ", $new, ";")]
            /// set.insert("apples");
            /// assert_eq!(set.health(), safe_map::stats::Health::Good);
            /// ```
            pub fn health(&self) -> crate::stats::Health {
                self.map.health()
            }
        }

        #[cfg(feature = "observer")]
        impl<$($param),*> $Set where $($bounds)* {
            /// Tells an observer of each operation from now on, before and after it and outside the lock.
            ///
            /// Locks nothing. O(1). It does not panic.
            ///
            /// # Errors
            ///
            /// If the set has an observer already.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::{sync::Arc, time::Duration};
            /// use safe_map::observer::{Event, Observer};
            ///
            /// struct Prints;
            ///
            /// impl Observer for Prints {
            ///     fn after(&self, event: &Event, took: Duration) {
            ///         println!("`{}` at {} took {took:?}", event.op.name(), event.site);
            ///     }
            /// }
            ///
            #[doc = concat!("let set = ", $new, ";")]
            /// set.observe(Arc::new(Prints))?;
            /// set.insert("apples");
            /// # Ok::<_, safe_map::observer::Observed>(())
            /// ```
            pub fn observe(
                &self,
                observer: std::sync::Arc<dyn crate::observer::Observer>,
            ) -> Result<(), crate::observer::Observed> {
                self.map.observe(observer)
            }
        }

        impl<$($param),*> IntoIterator for $Set where $($bounds)* {
            type Item = $T;
            type IntoIter = std::vec::IntoIter<$T>;

            fn into_iter(self) -> Self::IntoIter {
                let items: Vec<_> = self.map.into_iter().map(|(item, ())| item).collect();
                items.into_iter()
            }
        }

        impl<$($param),*> FromIterator<$T> for $Set where Self: Default, $($bounds)* {
            fn from_iter<I: IntoIterator<Item = $T>>(items: I) -> Self {
                let set = Self::default();
                set.extend(items);
                set
            }
        }

        #[cfg(feature = "serde")]
        impl<$($param),*> serde::Serialize for $Set
        where
            $T: serde::Serialize + Clone, $($bounds)*
        {
            /// Copies the items first: nothing is locked while they are serialised.
            fn serialize<Out: serde::Serializer>(&self, out: Out) -> Result<Out::Ok, Out::Error> {
                out.collect_seq(self.entries())
            }
        }

        #[cfg(feature = "serde")]
        impl<'de, $($param),*> serde::Deserialize<'de> for $Set
        where
            Self: Default, $T: serde::Deserialize<'de>, $($bounds)*
        {
            fn deserialize<In: serde::Deserializer<'de>>(input: In) -> Result<Self, In::Error> {
                Vec::deserialize(input).map(Self::from_iter)
            }
        }

        #[cfg(feature = "rayon")]
        impl<$($param),*> rayon::iter::IntoParallelIterator for $Set where $T: Send, $($bounds)* {
            type Item = $T;
            type Iter = rayon::vec::IntoIter<$T>;

            fn into_par_iter(self) -> Self::Iter {
                self.into_iter().collect::<Vec<_>>().into_par_iter()
            }
        }

        #[cfg(feature = "rayon")]
        impl<$($param),*> rayon::iter::FromParallelIterator<$T> for $Set
        where
            Self: Default + Sync, $T: Send, $($bounds)*
        {
            fn from_par_iter<I: rayon::iter::IntoParallelIterator<Item = $T>>(items: I) -> Self {
                use rayon::iter::ParallelIterator;
                let items: Vec<_> = items.into_par_iter().collect();
                Self::from_iter(items)
            }
        }

        impl<$($param),*> crate::dump::Dump for $Set where $($bounds)* {
            fn header(&self) -> crate::dump::Header {
                self.map.header()
            }
        }

        /// Prints the items. Those that are locked are left out, and `..` says so.
        impl<$($param),*> fmt::Debug for $Set where $T: fmt::Debug, $($bounds)* {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut list = out.debug_set();
                let all = self.map.peek(Call::here(Op::Debug), &mut |item, ()| {
                    list.entry(item);
                });
                if all { list.finish() } else { list.finish_non_exhaustive() }
            }
        }
    };
}

around_a_plain_set!(LockedSet, LockedMap, [], "the set, shared,", "the set, exclusively,", "O(1).");
around_a_plain_set!(SnapshotSet, SnapshotMap, [+ Clone], "nothing", "other writers out", "O(n), for it copies the set.");

shared_set_methods! {
    impl [T, S] ShardedSet<T, S> where [T: Hash + Eq, S: BuildHasher];
    item T; query [Q: ?Sized + Hash + Equivalent<T>];
    example "safe_map::ShardedSet::new()";
    reads "the item's shard, shared"; writes "the item's shard, exclusively"; whole "one shard after another";
    len "Locks one shard after another, shared. O(1) for each.";
    many "Each is put in by itself: where the iterator panics, those before are in.";
    cost "O(1).";
}

shared_set_methods! {
    impl [M] LockedSet<M> where [M: PlainSet];
    item M::Key; query [M: Find<Q>, Q: ?Sized];
    example "safe_map::LockedSet::new(std::collections::BTreeSet::new())";
    reads "the set, shared"; writes "the set, exclusively"; whole "the set";
    len "Locks the set, shared. O(1).";
    many "Each is put in by itself: where the iterator panics, those before are in.";
    cost "O(1) with a hash set inside, O(log n) with a `BTreeSet`.";
}

shared_set_methods! {
    impl [M] SnapshotSet<M> where [M: PlainSet + Clone];
    item M::Key; query [M: Find<Q>, Q: ?Sized];
    example "safe_map::SnapshotSet::new(std::collections::BTreeSet::new())";
    reads "nothing"; writes "other writers out"; whole "nothing for reads, and other writers out for writes,";
    len "Locks nothing. O(1).";
    many "They are collected first and published at once: where the iterator panics, none is in.";
    cost "Reads as the set inside; a write that changes something copies the set, O(n).";
}
