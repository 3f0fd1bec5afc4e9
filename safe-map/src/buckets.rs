//! The hash table of the maps that own their entries: the hash comes from outside.

use std::{hash::BuildHasher, hash::Hash, mem, sync::Arc};

use equivalent::Equivalent;
use hashbrown::HashTable;

use crate::{
    shards::Many,
    table::{Lookup, Replaced, Table},
};

/// Entries by hash. The hasher is there for growth alone.
pub(crate) struct Buckets<K, V, S> {
    table: HashTable<(K, V)>,
    hasher: Arc<S>,
}

impl<K, V, S> Buckets<K, V, S> {
    pub(crate) fn with_capacity(capacity: usize, hasher: Arc<S>) -> Self {
        Buckets { table: HashTable::with_capacity(capacity), hasher }
    }

    /// The hashes of all keys, in the order in which `drain` gives the entries.
    pub(crate) fn hashes(&self) -> Vec<u64>
    where
        K: Hash,
        S: BuildHasher,
    {
        self.table.iter().map(|(key, _)| self.hasher.hash_one(key)).collect()
    }

    /// Moves every entry of another table here, where none of its keys is. Where `Hash` panics, nothing is moved.
    pub(crate) fn append(&mut self, other: &mut Self)
    where
        K: Hash,
        S: BuildHasher,
    {
        let hashes = other.hashes();
        let hasher = &self.hasher;
        self.table.reserve(other.table.len(), |(key, _)| hasher.hash_one(key));
        for (hash, entry) in hashes.into_iter().zip(mem::take(&mut other.table)) {
            self.table.insert_unique(hash, entry, |(key, _)| hasher.hash_one(key));
        }
    }

    #[inline]
    pub(crate) fn find<Q: ?Sized + Equivalent<K>>(&self, hash: u64, key: &Q) -> Option<(&K, &V)> {
        self.table.find(hash, |(it, _)| key.equivalent(it)).map(|(key, value)| (key, value))
    }

    /// Moves the entries out that are wanted, lazily.
    pub(crate) fn extract_entries(
        &mut self,
        wanted: impl FnMut(&mut (K, V)) -> bool,
    ) -> impl Iterator<Item = (K, V)> {
        self.table.extract_if(wanted)
    }
}

impl<K: Hash + Eq, V, S: BuildHasher> Table for Buckets<K, V, S> {
    type Key = K;
    type Value = V;

    fn len(&self) -> usize {
        self.table.len()
    }

    #[inline]
    fn insert(&mut self, hash: u64, key: K, value: V) -> Replaced<K, V> {
        use hashbrown::hash_table::Entry;
        let hasher = &self.hasher;
        match self.table.entry(hash, |(it, _)| *it == key, |(it, _)| hasher.hash_one(it)) {
            Entry::Occupied(mut entry) => Replaced::both(key, mem::replace(&mut entry.get_mut().1, value)),
            Entry::Vacant(entry) => {
                entry.insert((key, value));
                Replaced::NOTHING
            }
        }
    }

    fn each(&self, f: &mut impl FnMut(&K, &V)) {
        for (key, value) in &self.table {
            f(key, value);
        }
    }

    fn extract(&mut self, f: &mut impl FnMut(&K, &mut V) -> bool, out: &mut Vec<(K, V)>) {
        out.extend(self.extract_entries(|(key, value)| f(key, value)));
    }

    fn drain(&mut self) -> Vec<(K, V)> {
        mem::take(&mut self.table).into_iter().collect()
    }
}

impl<K: Hash + Eq, V, S: BuildHasher, Q: ?Sized + Equivalent<K>> Lookup<Q> for Buckets<K, V, S> {
    #[inline]
    fn view<R>(&self, hash: u64, key: &Q, f: impl FnOnce(Option<(&K, &V)>) -> R) -> R {
        f(self.find(hash, key))
    }

    #[inline]
    fn get_mut(&mut self, hash: u64, key: &Q) -> Option<&mut V> {
        self.table.find_mut(hash, |(it, _)| key.equivalent(it)).map(|(_, value)| value)
    }

    #[inline]
    fn take(&mut self, hash: u64, key: &Q) -> Option<(K, V)> {
        let entry = self.table.find_entry(hash, |(it, _)| key.equivalent(it)).ok()?;
        Some(entry.remove().0)
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

impl<K: Hash + Eq, V, S: BuildHasher> Many for Buckets<K, V, S> {
    fn many<const N: usize>(
        &mut self,
        hashes: [u64; N],
        mut same: impl FnMut(usize, &K) -> bool,
    ) -> [Option<&mut V>; N] {
        let found = self.table.get_disjoint_mut(hashes, |at, (it, _)| same(at, it));
        found.map(|entry| entry.map(|(_, value)| value))
    }
}
