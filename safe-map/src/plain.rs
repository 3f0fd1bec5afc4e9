//! The plain maps that `LockedMap` and `SnapshotMap` can hold: std's, and indexmap's with the feature of that name.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    hash::{BuildHasher, Hash},
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    thread,
};

/// The key and value of a plain map. A set is a map to `()`.
pub trait Plain {
    /// What entries are found by.
    type Key;
    /// What is found.
    type Value;
}

/// A map for one thread that a shared map can hold.
///
/// Implemented for `HashMap`, `BTreeMap`, `HashSet`, `BTreeSet` and, with the feature `indexmap`, `IndexMap` and `IndexSet`.
pub trait PlainMap: Plain + Find<<Self as Plain>::Key> {
    /// The number of entries.
    fn count(&self) -> usize;

    /// Puts an entry in. Gives back what it does not need: the new key, where dropping it does something, and the old value.
    fn put(&mut self, key: Self::Key, value: Self::Value) -> (Option<Self::Key>, Option<Self::Value>);

    /// Puts an entry back that was taken from this [`place`](Find::place), and gives back what [`put`](Self::put) does.
    fn put_at(
        &mut self,
        place: usize,
        key: Self::Key,
        value: Self::Value,
    ) -> (Option<Self::Key>, Option<Self::Value>) {
        let _ = place;
        self.put(key, value)
    }

    /// Shows each entry, in the map's own order.
    fn visit(&self, f: &mut impl FnMut(&Self::Key, &Self::Value));

    /// Moves every entry out, in the map's own order.
    fn take_all(&mut self) -> Vec<(Self::Key, Self::Value)>;
}

/// A plain map whose keys can be found by a `Q`, as `String` keys are by `str`.
pub trait Find<Q: ?Sized>: Plain {
    /// The entry of a key.
    fn find(&self, key: &Q) -> Option<(&Self::Key, &Self::Value)>;

    /// The value of a key, to be changed.
    fn find_mut(&mut self, key: &Q) -> Option<&mut Self::Value>;

    /// Where the entry of a key is, if insertions make the order of the map.
    fn place(&self, key: &Q) -> Option<usize> {
        let _ = key;
        None
    }

    /// Moves an entry out. The order of the others stays.
    fn take(&mut self, key: &Q) -> Option<(Self::Key, Self::Value)>;

    /// Runs `f` with the values of several keys.
    ///
    /// # Panics
    ///
    /// If two of the keys are equal and present.
    fn with_many<const N: usize, R>(
        &mut self,
        keys: [&Q; N],
        f: impl FnOnce([Option<&mut Self::Value>; N]) -> R,
    ) -> R;
}

/// Puts entries back that were taken out of a map, where something may be unwinding already: a second panic would abort. One
/// whose `Hash`, `Eq` or `Ord` panics is lost, the others are not.
pub(crate) fn put_back<M: PlainMap>(map: &mut M, entries: impl Iterator<Item = (M::Key, M::Value)>) {
    let mut panicked = None;
    for (key, value) in entries {
        let put = catch_unwind(AssertUnwindSafe(|| map.put(key, value)));
        panicked = panicked.or(put.err());
    }
    match panicked {
        Some(panic) if !thread::panicking() => resume_unwind(panic),
        _ => (),
    }
}

/// Several entries that are out of a map for as long as somebody changes them. They go back, whatever happens.
struct Apart<'a, M: PlainMap, const N: usize> {
    map: &'a mut M,
    entries: [Option<(M::Key, M::Value)>; N],
}

impl<'a, M: PlainMap, const N: usize> Apart<'a, M, N> {
    fn new<Q: ?Sized>(map: &'a mut M, keys: [&Q; N]) -> Self
    where
        M: Find<Q>,
    {
        let present = keys.map(|key| map.find(key).is_some());
        let mut apart = Apart { map, entries: [const { None }; N] };
        for (at, key) in keys.into_iter().enumerate() {
            apart.entries[at] = apart.map.take(key);
            assert!(apart.entries[at].is_some() == present[at], "two of the keys are equal");
        }
        apart
    }

    fn values(&mut self) -> [Option<&mut M::Value>; N] {
        self.entries.each_mut().map(|entry| entry.as_mut().map(|(_, value)| value))
    }
}

impl<M: PlainMap, const N: usize> Drop for Apart<'_, M, N> {
    fn drop(&mut self) {
        put_back(self.map, self.entries.iter_mut().filter_map(Option::take));
    }
}

/// The one value of a set's entry, in a place that can be borrowed for as long as anybody likes.
fn unit() -> &'static mut () {
    // A box of nothing allocates nothing.
    Box::leak(Box::new(()))
}

macro_rules! plain_map {
    (
        [$($param:ident),*] $Map:ty,
        [$($bounds:tt)*], [$($query:tt)*],
        $take:ident, |$map:ident| $take_all:expr, |$self:ident, $keys:ident, $f:ident| $with_many:expr
        $(, $insert_at:ident, $index_of:ident)?
    ) => {
        impl<$($param),*> Plain for $Map {
            type Key = K;
            type Value = V;
        }

        impl<$($param),*> PlainMap for $Map where $($bounds)* {
            fn count(&self) -> usize {
                self.len()
            }

            fn put(&mut self, key: K, value: V) -> (Option<K>, Option<V>) {
                // `insert` drops the new key at once, which matters only where dropping it does something.
                if mem::needs_drop::<K>() {
                    if let Some(old) = self.get_mut(&key) {
                        let old = mem::replace(old, value);
                        return (Some(key), Some(old));
                    }
                }
                (None, self.insert(key, value))
            }

            $(
                fn put_at(&mut self, place: usize, key: K, value: V) -> (Option<K>, Option<V>) {
                    (None, self.$insert_at(place, key, value))
                }
            )?

            fn visit(&self, f: &mut impl FnMut(&K, &V)) {
                self.iter().for_each(|(key, value)| f(key, value));
            }

            fn take_all(&mut self) -> Vec<(K, V)> {
                let $map = self;
                $take_all
            }
        }

        impl<$($param,)* Q: ?Sized> Find<Q> for $Map where $($bounds)*, $($query)* {
            fn find(&self, key: &Q) -> Option<(&K, &V)> {
                self.get_key_value(key)
            }

            fn find_mut(&mut self, key: &Q) -> Option<&mut V> {
                self.get_mut(key)
            }

            $(
                fn place(&self, key: &Q) -> Option<usize> {
                    self.$index_of(key)
                }
            )?

            fn take(&mut self, key: &Q) -> Option<(K, V)> {
                self.$take(key)
            }

            fn with_many<const N: usize, R>(
                &mut self,
                $keys: [&Q; N],
                $f: impl FnOnce([Option<&mut V>; N]) -> R,
            ) -> R {
                let $self = self;
                $with_many
            }
        }
    };
}

macro_rules! plain_set {
    (
        [$($param:ident),*] $Set:ty,
        [$($bounds:tt)*], [$($query:tt)*],
        $take:ident, |$set:ident| $take_all:expr
    ) => {
        impl<$($param),*> Plain for $Set {
            type Key = K;
            type Value = ();
        }

        impl<$($param),*> PlainMap for $Set where $($bounds)* {
            fn count(&self) -> usize {
                self.len()
            }

            fn put(&mut self, key: K, (): ()) -> (Option<K>, Option<()>) {
                if self.contains(&key) {
                    return (Some(key), Some(()));
                }
                self.insert(key);
                (None, None)
            }

            fn visit(&self, f: &mut impl FnMut(&K, &())) {
                self.iter().for_each(|key| f(key, &()));
            }

            fn take_all(&mut self) -> Vec<(K, ())> {
                let $set = self;
                let keys = $take_all;
                keys.map(|key| (key, ())).collect()
            }
        }

        impl<$($param,)* Q: ?Sized> Find<Q> for $Set where $($bounds)*, $($query)* {
            fn find(&self, key: &Q) -> Option<(&K, &())> {
                self.get(key).map(|key| (key, &()))
            }

            fn find_mut(&mut self, key: &Q) -> Option<&mut ()> {
                self.contains(key).then(unit)
            }

            fn take(&mut self, key: &Q) -> Option<(K, ())> {
                self.$take(key).map(|key| (key, ()))
            }

            fn with_many<const N: usize, R>(
                &mut self,
                keys: [&Q; N],
                f: impl FnOnce([Option<&mut ()>; N]) -> R,
            ) -> R {
                f(keys.map(|key| self.contains(key).then(unit)))
            }
        }
    };
}

plain_map!([K, V, S] HashMap<K, V, S>, [K: Hash + Eq, S: BuildHasher], [K: Borrow<Q>, Q: Hash + Eq],
    remove_entry, |map| map.drain().collect(), |map, keys, f| f(Apart::new(map, keys).values()));
plain_map!([K, V] BTreeMap<K, V>, [K: Ord], [K: Borrow<Q>, Q: Ord],
    remove_entry, |map| mem::take(map).into_iter().collect(), |map, keys, f| f(Apart::new(map, keys).values()));
plain_set!([K, S] HashSet<K, S>, [K: Hash + Eq, S: BuildHasher], [K: Borrow<Q>, Q: Hash + Eq],
    take, |set| set.drain());
plain_set!([K] BTreeSet<K>, [K: Ord], [K: Borrow<Q>, Q: Ord], take, |set| mem::take(set).into_iter());

#[cfg(feature = "indexmap")]
mod with_indexmap {
    use super::{BuildHasher, Find, Hash, Plain, PlainMap, mem, unit};
    use equivalent::Equivalent;
    use indexmap::{IndexMap, IndexSet};

    plain_map!([K, V, S] IndexMap<K, V, S>, [K: Hash + Eq, S: BuildHasher], [Q: Hash + Equivalent<K>],
        shift_remove_entry, |map| map.drain(..).collect(), |map, keys, f| f(map.get_disjoint_mut(keys)),
        shift_insert, get_index_of);
    plain_set!([K, S] IndexSet<K, S>, [K: Hash + Eq, S: BuildHasher], [Q: Hash + Equivalent<K>],
        shift_take, |set| set.drain(..));
}
