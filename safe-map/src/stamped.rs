//! A table whose values have versions. Whatever hands out a value to be changed gives it a new version first.

use std::{
    hash::{BuildHasher, Hash},
    sync::Arc,
};

use equivalent::Equivalent;

use crate::{
    buckets::Buckets,
    shards::Many,
    sync::{AtomicU64, Ordering},
    table::{Lookup, Replaced, Table},
    versioned::{Version, Versioned},
};

/// Where versions come from: one for each map.
#[derive(Clone, Default)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    /// A version that nobody has.
    pub(crate) fn tick(&self) -> Version {
        // Relaxed: only that no two are equal matters; the lock orders what is seen of them.
        Version(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Entries with versions.
pub(crate) struct Stamped<K, V, S> {
    buckets: Buckets<K, Versioned<V>, S>,
    clock: Clock,
}

impl<K, V, S> Stamped<K, V, S> {
    pub(crate) fn new(hasher: Arc<S>, clock: Clock) -> Self {
        Stamped { buckets: Buckets::with_capacity(0, hasher), clock }
    }
}

impl<K: Hash + Eq, V, S: BuildHasher> Stamped<K, V, S> {
    /// A value with its version.
    pub(crate) fn seen<Q: ?Sized + Equivalent<K>>(&self, hash: u64, key: &Q) -> Option<&Versioned<V>> {
        self.buckets.find(hash, key).map(|(_, entry)| entry)
    }

    /// A value with its version, both to be replaced.
    pub(crate) fn seen_mut<Q: ?Sized + Equivalent<K>>(
        &mut self,
        hash: u64,
        key: &Q,
    ) -> Option<&mut Versioned<V>> {
        self.buckets.get_mut(hash, key)
    }

    /// Puts a value in with a version that it has already.
    pub(crate) fn insert_at(&mut self, hash: u64, key: K, entry: Versioned<V>) -> Replaced<K, Versioned<V>> {
        self.buckets.insert(hash, key, entry)
    }
}

impl<K: Hash + Eq, V, S: BuildHasher> Table for Stamped<K, V, S> {
    type Key = K;
    type Value = V;

    fn len(&self) -> usize {
        self.buckets.len()
    }

    fn insert(&mut self, hash: u64, key: K, value: V) -> Replaced<K, V> {
        let version = self.clock.tick();
        let Replaced { key, value } = self.buckets.insert(hash, key, Versioned { value, version });
        Replaced { key, value: value.map(|entry| entry.value) }
    }

    fn each(&self, f: &mut impl FnMut(&K, &V)) {
        self.buckets.each(&mut |key, entry| f(key, &entry.value));
    }

    fn extract(&mut self, f: &mut impl FnMut(&K, &mut V) -> bool, out: &mut Vec<(K, V)>) {
        let clock = &self.clock;
        let wanted = |(key, entry): &mut (K, Versioned<V>)| {
            entry.version = clock.tick();
            f(key, &mut entry.value)
        };
        let extracted = self.buckets.extract_entries(wanted);
        out.extend(extracted.map(|(key, entry)| (key, entry.value)));
    }

    fn drain(&mut self) -> Vec<(K, V)> {
        self.buckets.drain().into_iter().map(|(key, entry)| (key, entry.value)).collect()
    }
}

impl<K: Hash + Eq, V, S: BuildHasher, Q: ?Sized + Equivalent<K>> Lookup<Q> for Stamped<K, V, S> {
    fn view<R>(&self, hash: u64, key: &Q, f: impl FnOnce(Option<(&K, &V)>) -> R) -> R {
        f(self.buckets.find(hash, key).map(|(key, entry)| (key, &entry.value)))
    }

    fn get_mut(&mut self, hash: u64, key: &Q) -> Option<&mut V> {
        let entry = self.buckets.get_mut(hash, key)?;
        entry.version = self.clock.tick();
        Some(&mut entry.value)
    }

    fn take(&mut self, hash: u64, key: &Q) -> Option<(K, V)> {
        self.buckets.take(hash, key).map(|(key, entry)| (key, entry.value))
    }

    fn with_many<const N: usize, R>(
        &mut self,
        hashes: [u64; N],
        keys: [&Q; N],
        f: impl FnOnce([Option<&mut V>; N]) -> R,
    ) -> R {
        f(self.many(hashes, |at, it| keys[at].equivalent(it)))
    }
}

impl<K: Hash + Eq, V, S: BuildHasher> Many for Stamped<K, V, S> {
    fn many<const N: usize>(
        &mut self,
        hashes: [u64; N],
        same: impl FnMut(usize, &K) -> bool,
    ) -> [Option<&mut V>; N] {
        let clock = &self.clock;
        self.buckets.many(hashes, same).map(|entry| {
            let entry = entry?;
            entry.version = clock.tick();
            Some(&mut entry.value)
        })
    }
}
