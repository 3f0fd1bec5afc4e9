//! Read mostly, with consistent iteration: readers see an immutable version of the whole map, writers publish the next one.
//!
//! Actors: readers, who never wait, and writers, one at a time. A reader loads the current version and holds it while its
//! closure runs. A writer takes the writers' lock, copies the current version at its first change, changes the copy
//! and publishes it as one step; an operation that changes nothing copies and publishes nothing.
//!
//! 1. The reader loads before the writer publishes: it sees the old version to its end, and the writer retires that version.
//! 2. The reader loads after: it sees the new version.
//!
//! How loading works, and when old versions are freed, is said in `raw/hazard.rs`.

use std::{convert::Infallible, fmt, future::Future, sync::Arc};

use crate::{
    call::{Call, Op},
    draft::{Draft, Edition},
    flights::Flights,
    lock::Lock,
    meta::Meta,
    methods::shared_methods,
    ops,
    plain::{Find, PlainMap},
    raw::{Published, Retired},
    shared_map::{Occupied, SharedMap},
    strategy::{Keyed, Strategy},
    table::Table,
    versioned::{Stale, Version},
    whole::Whole,
};

/// A map that is read mostly, where each reader sees one version of the whole map: configuration, routes, rules.
///
/// `M` is the map inside: `HashMap`, `BTreeMap`, or `IndexMap` with the feature `indexmap`. Reads lock nothing, wait for nobody
/// and write to memory of their own thread only; their closures may call anything, this map too. A write copies the map, O(n),
/// and publishes the copy: for several changes there is [`batch`](Self::batch), which copies once.
///
/// Each thread can be inside eight reads at once at that price; further ones, nested deeper, count references instead.
/// A version that was replaced while somebody read it is freed by a later write, never by a read.
///
/// ```
/// use std::collections::HashMap;
///
/// let prices = safe_map::SnapshotMap::new(HashMap::from([("apples", 3), ("pears", 4)]));
/// // Deleting while iterating: the loop sees the version that it began with.
/// prices.for_each(|name, price| {
///     if *price > 3 {
///         prices.remove(name);
///     }
/// });
/// assert_eq!(prices.len(), 1);
/// ```
pub struct SnapshotMap<M: PlainMap> {
    current: Published<Edition<M>>,
    writers: Lock<Retired<Edition<M>>>,
    meta: Meta,
    flights: Flights<M::Key, M::Value>,
}

impl<M: PlainMap> SnapshotMap<M> {
    /// Shares a plain map.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// let map = safe_map::SnapshotMap::new(BTreeMap::from([("apples", 3)]));
    /// assert_eq!(map.get("apples"), Some(3));
    /// ```
    pub fn new(map: M) -> Self {
        SnapshotMap {
            current: Published::new(Arc::new(Edition { map: Whole(map), version: 0 })),
            writers: Lock::new(Retired::new()),
            meta: Meta::new(),
            flights: Flights::new(),
        }
    }

    /// Shows the whole map as it is at one moment.
    ///
    /// Locks nothing. O(1).
    ///
    /// # Panics
    ///
    /// As the closure does, and on [re-entry](crate#re-entry).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// let map = safe_map::SnapshotMap::new(BTreeMap::from([("apples", 3), ("pears", 4)]));
    /// assert_eq!(map.view(|map| map.values().sum::<i32>()), 7);
    /// ```
    #[track_caller]
    pub fn view<R>(&self, f: impl FnOnce(&M) -> R) -> R {
        self.look(Call::here(Op::View), |map, _| f(map))
    }

    /// Shows the whole map and its version, for [`batch_if`](Self::batch_if).
    ///
    /// Locks nothing. O(1).
    ///
    /// # Panics
    ///
    /// As the closure does, and on [re-entry](crate#re-entry).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// let map = safe_map::SnapshotMap::new(BTreeMap::from([("apples", 3)]));
    /// let (apples, seen) = map.view_versioned(|map, version| (map["apples"], version));
    /// assert!(map.batch_if(seen, |map| map.insert("pears", apples + 1)).is_ok());
    /// ```
    #[track_caller]
    pub fn view_versioned<R>(&self, f: impl FnOnce(&M, Version) -> R) -> R {
        self.look(Call::here(Op::ViewVersioned), f)
    }

    /// How often the map has been published. Two reads that give the same version are reads of the same map.
    ///
    /// Locks nothing. O(1).
    ///
    /// # Panics
    ///
    /// On [re-entry](crate#re-entry).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// let map = safe_map::SnapshotMap::new(BTreeMap::from([("apples", 3)]));
    /// let seen = map.version();
    /// map.remove("pears");
    /// assert_eq!(map.version(), seen, "nothing has changed");
    /// map.remove("apples");
    /// assert_ne!(map.version(), seen);
    /// ```
    #[track_caller]
    pub fn version(&self) -> Version {
        self.look(Call::here(Op::Version), |_, version| version)
    }

    fn look<R>(&self, call: Call, f: impl FnOnce(&M, Version) -> R) -> R {
        let _watch = self.meta.watch(call);
        self.meta.begin_free(call);
        self.current(|current| f(&current.map.0, Version(current.version)))
    }

    /// Shows the current version.
    #[inline]
    fn current<R>(&self, f: impl FnOnce(&Edition<M>) -> R) -> R {
        f(self.current.load().get().expect("a version is published at all times"))
    }

    /// A copy of the map.
    ///
    /// Locks nothing. O(n).
    ///
    /// # Panics
    ///
    /// On [re-entry](crate#re-entry).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// let map = safe_map::SnapshotMap::new(BTreeMap::from([("apples", 3)]));
    /// assert_eq!(map.to_map()["apples"], 3);
    /// ```
    #[track_caller]
    pub fn to_map(&self) -> M
    where
        M: Clone,
    {
        self.copy(Call::here(Op::ToMap))
    }

    pub(crate) fn copy(&self, call: Call) -> M
    where
        M: Clone,
    {
        let _watch = self.meta.watch(call);
        self.meta.begin_free(call);
        self.current(|current| current.map.0.clone())
    }
}

impl<M: PlainMap + Clone> SnapshotMap<M> {
    /// Changes a copy of the whole map and publishes it once.
    ///
    /// Locks other writers out while the closure runs. O(n).
    ///
    /// # Panics
    ///
    /// As the closure does; nothing is then published. And on [re-entry](crate#re-entry).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// let map = safe_map::SnapshotMap::new(BTreeMap::from([("apples", 3)]));
    /// map.batch(|map| {
    ///     map.remove("apples");
    ///     map.insert("pears", 4);
    /// });
    /// assert_eq!(map.entries(), [("pears", 4)]);
    /// ```
    #[track_caller]
    pub fn batch<R>(&self, f: impl FnOnce(&mut M) -> R) -> R {
        let call = Call::here(Op::Batch);
        let _watch = self.meta.watch(call);
        self.edit(call, 0, |draft| f(&mut draft.changed().0))
    }

    /// Changes a copy of the whole map and publishes it once, if the map still has the version that was seen.
    ///
    /// Replaces a decision about the whole map that is old when it is carried out (`check_then_act`).
    ///
    /// Locks other writers out while the closure runs. O(n).
    ///
    /// # Errors
    ///
    /// [`Stale`]; the closure has not run.
    ///
    /// # Panics
    ///
    /// As [`batch`](Self::batch).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// let map = safe_map::SnapshotMap::new(BTreeMap::from([("apples", 3)]));
    /// let (sum, seen) = map.view_versioned(|map, version| (map.values().sum::<i32>(), version));
    /// assert!(map.batch_if(seen, |map| map.insert("sum", sum)).is_ok());
    /// assert!(map.batch_if(seen, |map| map.insert("sum", 0)).is_err());
    /// ```
    #[track_caller]
    pub fn batch_if<R>(&self, seen: Version, f: impl FnOnce(&mut M) -> R) -> Result<R, Stale> {
        let call = Call::here(Op::BatchIf);
        let _watch = self.meta.watch(call);
        self.edit(call, 0, |draft| {
            if draft.version() != seen {
                return Err(Stale { value: (), current: Some(draft.version()) });
            }
            Ok(f(&mut draft.changed().0))
        })
    }

    /// Publishes what the draft has become, if it was changed. Gives what nobody needs any more.
    fn publish(&self, draft: &mut Draft<M>, retired: &mut Retired<Edition<M>>) -> Vec<Arc<Edition<M>>> {
        if let Some(next) = draft.finish() {
            retired.replace(&self.current, Some(Arc::new(next)));
        }
        retired.sweep()
    }
}

impl<M: PlainMap + Default> Default for SnapshotMap<M> {
    fn default() -> Self {
        Self::new(M::default())
    }
}

impl<M: PlainMap> From<M> for SnapshotMap<M> {
    fn from(map: M) -> Self {
        Self::new(map)
    }
}

impl<M: PlainMap + Clone> Strategy for SnapshotMap<M> {
    type Table = Draft<M>;

    const VERSIONS: bool = true;

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn flights(&self) -> &Flights<M::Key, M::Value> {
        &self.flights
    }

    fn edit<R>(&self, call: Call, _: u64, f: impl FnOnce(&mut Draft<M>) -> R) -> R {
        self.meta.begin(call);
        // Both outlive the lock, so that their entries are dropped after it, when `f` panics too.
        let mut draft = None;
        let mut unused = Vec::new();
        self.writers.write(self.meta.id(), call, |retired| {
            let draft = draft
                .insert(Draft::of(self.current.load_full().expect("a version is published at all times")));
            let result = f(draft);
            unused = self.publish(draft, retired);
            result
        })
    }

    fn edit_each(&self, call: Call, f: impl FnMut(&mut Draft<M>)) {
        self.edit(call, 0, f);
    }

    fn scan(&self, call: Call, mut f: impl FnMut(&M::Key, &M::Value)) {
        self.meta.begin_free(call);
        self.current(|current| current.map.each(&mut f));
    }

    fn len(&self, call: Call) -> usize {
        self.meta.begin_free(call);
        self.current(|current| current.map.len())
    }

    fn peek(&self, _: Call, f: &mut impl FnMut(&M::Key, &M::Value)) -> bool {
        self.current(|current| current.map.each(f));
        true
    }

    fn peek_len(&self, f: &mut dyn FnMut(Option<usize>)) {
        f(Some(self.current(|current| current.map.len())));
    }

    fn old_versions(&self) -> usize {
        self.writers.peek(Retired::count).unwrap_or(0)
    }

    #[cfg(feature = "stats")]
    const KIND: crate::stats::Kind = crate::stats::Kind::Snapshot;

    #[cfg(feature = "stats")]
    fn stats(&self) -> crate::stats::Stats {
        crate::stats::Stats::of(
            std::iter::once((&self.writers.stats, Some(self.current(|current| current.map.len())))),
            &self.meta.reads,
            crate::stats::Extra { retired: self.old_versions(), ..crate::stats::Extra::default() },
        )
    }

    fn into_entries(self) -> Vec<(M::Key, M::Value)> {
        let last = self.current.load_full();
        drop(self);
        last.map_or_else(Vec::new, |last| Arc::unwrap_or_clone(last).map.drain())
    }
}

impl<M: PlainMap + Clone + Find<Q>, Q: ?Sized> Keyed<Q> for SnapshotMap<M> {
    #[inline]
    fn hash_of(&self, _: &Q) -> u64 {
        0
    }

    #[inline]
    fn view<R>(&self, call: Call, _: u64, key: &Q, f: impl FnOnce(Option<(&M::Key, &M::Value)>) -> R) -> R {
        self.meta.begin_free(call);
        self.current(|current| f(current.map.0.find(key)))
    }
}

shared_methods! {
    impl [M] SnapshotMap<M> where [M: PlainMap + Clone];
    key M::Key; value M::Value; query [M: Find<Q>, Q: ?Sized];
    example "safe_map::SnapshotMap::new(std::collections::BTreeMap::new())";
    reads "nothing"; writes "other writers out"; whole "nothing for reads, and other writers out for writes,";
    len "Locks nothing. O(1).";
    many "They are collected first and published at once: where the iterator panics, none is in.";
    cost "Reads as the map inside; a write that changes something copies the map, O(n).";
    on_panic "nothing is then published.";
}
