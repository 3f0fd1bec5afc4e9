//! The baseline: one lock around one plain map.

use std::{convert::Infallible, fmt, future::Future};

use crate::{
    call::{Call, Op},
    flights::Flights,
    lock::Lock,
    meta::Meta,
    methods::shared_methods,
    ops,
    plain::{Find, PlainMap},
    shared_map::{Occupied, SharedMap},
    strategy::{Keyed, Strategy},
    table::{Lookup, Table},
    whole::Whole,
};

/// A plain map under one reader-writer lock: for few threads, and for invariants of the whole map.
///
/// `M` is the map inside: `HashMap`, `BTreeMap`, or `IndexMap` with the feature `indexmap`. The plain map hashes by itself, so
/// that `Hash`, `Eq` and `Ord` of the key run under the lock here.
///
/// ```
/// use std::collections::BTreeMap;
///
/// let prices = safe_map::LockedMap::new(BTreeMap::from([("apples", 3), ("pears", 4)]));
/// prices.batch(|prices| {
///     let apples = prices.remove("apples");
///     prices.extend(apples.map(|price| ("cox", price)));
/// });
/// assert_eq!(prices.entries(), [("cox", 3), ("pears", 4)]);
/// ```
pub struct LockedMap<M: PlainMap> {
    lock: Lock<Whole<M>>,
    meta: Meta,
    flights: Flights<M::Key, M::Value>,
}

impl<M: PlainMap> LockedMap<M> {
    /// Shares a plain map.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// let map = safe_map::LockedMap::new(BTreeMap::from([("apples", 3)]));
    /// assert_eq!(map.get("apples"), Some(3));
    /// ```
    pub fn new(map: M) -> Self {
        LockedMap { lock: Lock::new(Whole(map)), meta: Meta::new(), flights: Flights::new() }
    }

    /// Shows the whole map as it is at one moment.
    ///
    /// Locks the map, shared, while the closure runs. O(1).
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
    /// let map = safe_map::LockedMap::new(BTreeMap::from([("apples", 3), ("pears", 4)]));
    /// assert_eq!(map.view(|map| map.values().sum::<i32>()), 7);
    /// ```
    #[track_caller]
    pub fn view<R>(&self, f: impl FnOnce(&M) -> R) -> R {
        let call = Call::here(Op::View);
        let _watch = self.meta.watch(call);
        self.meta.begin(call);
        self.lock.read(self.meta.id(), call, |table| f(&table.0))
    }

    /// Changes the whole map in one step.
    ///
    /// Locks the map, exclusively, while the closure runs. O(1). What the closure drops, it drops under the lock.
    ///
    /// # Panics
    ///
    /// As the closure does; the map is then what the closure has made of it. And on [re-entry](crate#re-entry).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// let map = safe_map::LockedMap::new(BTreeMap::from([("apples", 3)]));
    /// let old = map.batch(|map| std::mem::replace(map, BTreeMap::from([("pears", 4)])));
    /// assert_eq!(old.len(), 1);
    /// ```
    #[track_caller]
    pub fn batch<R>(&self, f: impl FnOnce(&mut M) -> R) -> R {
        let call = Call::here(Op::Batch);
        let _watch = self.meta.watch(call);
        self.meta.begin(call);
        self.lock.write(self.meta.id(), call, |table| f(&mut table.0))
    }

    /// A copy of the map.
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
    /// use std::collections::BTreeMap;
    ///
    /// let map = safe_map::LockedMap::new(BTreeMap::from([("apples", 3)]));
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
        self.meta.begin(call);
        self.lock.read(self.meta.id(), call, |table| table.0.clone())
    }

    /// The plain map.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// let map = safe_map::LockedMap::new(BTreeMap::from([("apples", 3)]));
    /// assert_eq!(map.into_inner()["apples"], 3);
    /// ```
    pub fn into_inner(self) -> M {
        self.lock.into_inner().0
    }
}

impl<M: PlainMap + Default> Default for LockedMap<M> {
    fn default() -> Self {
        Self::new(M::default())
    }
}

impl<M: PlainMap> From<M> for LockedMap<M> {
    fn from(map: M) -> Self {
        Self::new(map)
    }
}

impl<M: PlainMap> Strategy for LockedMap<M> {
    type Table = Whole<M>;

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn flights(&self) -> &Flights<M::Key, M::Value> {
        &self.flights
    }

    fn edit<R>(&self, call: Call, _: u64, f: impl FnOnce(&mut Whole<M>) -> R) -> R {
        self.meta.begin(call);
        self.lock.write(self.meta.id(), call, f)
    }

    fn edit_each(&self, call: Call, f: impl FnMut(&mut Whole<M>)) {
        self.edit(call, 0, f);
    }

    fn scan(&self, call: Call, mut f: impl FnMut(&M::Key, &M::Value)) {
        self.meta.begin(call);
        self.lock.read(self.meta.id(), call, |table| table.each(&mut f));
    }

    fn len(&self, call: Call) -> usize {
        self.meta.begin(call);
        self.lock.read(self.meta.id(), call, Table::len)
    }

    fn peek(&self, call: Call, f: &mut impl FnMut(&M::Key, &M::Value)) -> bool {
        self.lock.try_read(self.meta.id(), call, |table| table.each(f)).is_some()
    }

    fn peek_len(&self, f: &mut dyn FnMut(Option<usize>)) {
        f(self.lock.peek(Table::len));
    }

    #[cfg(feature = "stats")]
    const KIND: crate::stats::Kind = crate::stats::Kind::OneLock;

    #[cfg(feature = "stats")]
    fn stats(&self) -> crate::stats::Stats {
        crate::stats::Stats::of(
            std::iter::once((&self.lock.stats, self.lock.peek(Table::len))),
            &self.meta.reads,
            crate::stats::Extra::default(),
        )
    }

    fn into_entries(self) -> Vec<(M::Key, M::Value)> {
        self.into_inner().take_all()
    }
}

impl<M: PlainMap + Find<Q>, Q: ?Sized> Keyed<Q> for LockedMap<M> {
    fn hash_of(&self, _: &Q) -> u64 {
        0
    }

    fn view<R>(
        &self,
        call: Call,
        hash: u64,
        key: &Q,
        f: impl FnOnce(Option<(&M::Key, &M::Value)>) -> R,
    ) -> R {
        self.meta.begin(call);
        self.lock.read(self.meta.id(), call, |table| table.view(hash, key, f))
    }
}

shared_methods! {
    impl [M] LockedMap<M> where [M: PlainMap];
    key M::Key; value M::Value; query [M: Find<Q>, Q: ?Sized];
    example "safe_map::LockedMap::new(std::collections::BTreeMap::new())";
    reads "the map, shared"; writes "the map, exclusively"; whole "the map";
    len "Locks the map, shared. O(1).";
    many "Each is put in by itself: where the iterator panics, those before are in.";
    cost "O(1) with a hash map inside, O(log n) with a `BTreeMap`; a removal from an `IndexMap` moves what is behind it, O(n).";
    on_panic "the value is then what the closure has made of it.";
}
