//! Tables by hash, each under a lock of its own: what `ShardedMap` and `VersionedMap` share.

use std::thread;

use equivalent::Equivalent;

use crate::{
    call::Call,
    held::Stack,
    lock::Lock,
    strategy::Present,
    sync::Padded,
    table::{Lookup, Table},
};

/// A power of two of tables.
pub(crate) struct Shards<T> {
    shards: Box<[Padded<Lock<T>>]>,
    /// The hash, shifted right by this, is the shard.
    shift: u32,
}

/// A table that can show several values at once. Where `same` is never true for a key, it is not of this table.
pub(crate) trait Many: Table {
    fn many<const N: usize>(
        &mut self,
        hashes: [u64; N],
        same: impl FnMut(usize, &Self::Key) -> bool,
    ) -> [Option<&mut Self::Value>; N];
}

/// Four for each thread, so that two threads seldom meet.
pub(crate) fn default_count() -> usize {
    let threads = thread::available_parallelism().map_or(4, usize::from);
    (threads * 4).next_power_of_two()
}

impl<T> Shards<T> {
    pub(crate) fn new(count: usize, mut table: impl FnMut() -> T) -> Self {
        assert!(count.is_power_of_two(), "the number of shards must be a power of two, and {count} is not");
        Shards {
            shards: (0..count).map(|_| Padded(Lock::new(table()))).collect(),
            shift: u64::BITS - count.trailing_zeros(),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.shards.len()
    }

    /// The shard of a hash. The table takes its tag from the top seven bits, so that these are left out.
    #[inline]
    fn index(&self, hash: u64) -> usize {
        // With one shard the shift would be 64.
        (hash << 7).checked_shr(self.shift).unwrap_or(0) as usize
    }

    #[inline]
    pub(crate) fn of(&self, hash: u64) -> &Lock<T> {
        &self.shards[self.index(hash)].0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Lock<T>> {
        self.shards.iter().map(|shard| &shard.0)
    }

    pub(crate) fn into_tables(self) -> impl Iterator<Item = T> {
        self.shards.into_iter().map(|shard| shard.0.into_inner())
    }
}

impl<T: Table> Shards<T> {
    /// Shows every entry while all shards are locked, shared.
    pub(crate) fn scan_at_once(&self, map: u64, call: Call, mut f: impl FnMut(&T::Key, &T::Value)) {
        // From the first to the last, as every write of several shards does.
        let mut held = Stack::new();
        self.iter().for_each(|shard| held.push(shard.hold_read(map, call)));
        held.as_mut_slice().iter().for_each(|table| table.each(&mut f));
    }
}

impl<T: Many> Shards<T> {
    /// Runs `f` with the values of several keys, their shards locked in one order for all: two threads that want the
    /// same shards cannot wait for each other.
    pub(crate) fn edit_many<Q: ?Sized + Equivalent<T::Key>, const N: usize, R>(
        &self,
        (map, call): (u64, Call),
        present: Present,
        (hashes, keys): ([u64; N], [&Q; N]),
        f: impl FnOnce([Option<&mut T::Value>; N]) -> R,
    ) -> R
    where
        T: Lookup<Q>,
    {
        let shards = hashes.map(|hash| self.index(hash));
        let mut order = shards.to_vec();
        order.sort_unstable();
        order.dedup();
        let mut held = Stack::new();
        order.iter().for_each(|&at| held.push((at, self.shards[at].0.hold_write(map, call))));
        let mut values = [const { None }; N];
        let is_there = |at: usize| {
            let shard = held.as_slice().iter().find(|(shard, _)| *shard == shards[at]);
            shard.is_some_and(|(_, table)| table.contains(hashes[at], keys[at]))
        };
        if present == Present::All && !(0..N).all(is_there) {
            return f(values);
        }
        for (shard, table) in held.as_mut_slice() {
            let of_shard = table.many(hashes, |at, key| shards[at] == *shard && keys[at].equivalent(key));
            for (value, found) in values.iter_mut().zip(of_shard) {
                *value = found.or(value.take());
            }
        }
        f(values)
    }
}

/// The strategy of a map that has `shards`, a `hasher`, a `meta` and `flights`.
macro_rules! sharded_strategy {
    ($Map:ident, $Table:ty) => {
        impl<K: Hash + Eq, V, S: BuildHasher> Strategy for $Map<K, V, S> {
            type Table = $Table;

            fn meta(&self) -> &Meta {
                &self.meta
            }

            fn flights(&self) -> &Flights<K, V> {
                &self.flights
            }

            #[inline]
            fn edit<R>(&self, call: Call, hash: u64, f: impl FnOnce(&mut Self::Table) -> R) -> R {
                self.meta.begin(call);
                self.shards.of(hash).write(self.meta.id(), call, f)
            }

            fn edit_each(&self, call: Call, mut f: impl FnMut(&mut Self::Table)) {
                self.meta.begin(call);
                for shard in self.shards.iter() {
                    shard.write(self.meta.id(), call, &mut f);
                }
            }

            fn scan(&self, call: Call, mut f: impl FnMut(&K, &V)) {
                self.meta.begin(call);
                for shard in self.shards.iter() {
                    shard.read(self.meta.id(), call, |table| table.each(&mut f));
                }
            }

            fn len(&self, call: Call) -> usize {
                self.meta.begin(call);
                self.shards.iter().map(|shard| shard.read(self.meta.id(), call, Table::len)).sum()
            }

            fn peek(&self, call: Call, f: &mut impl FnMut(&K, &V)) -> bool {
                let map = self.meta.id();
                let see = |shard: &&crate::lock::Lock<_>| {
                    shard.try_read(map, call, |table: &$Table| table.each(f)).is_some()
                };
                self.shards.iter().filter(see).count() == self.shards.count()
            }

            fn peek_len(&self, f: &mut dyn FnMut(Option<usize>)) {
                self.shards.iter().for_each(|shard| f(shard.peek(Table::len)));
            }

            #[cfg(feature = "stats")]
            const KIND: crate::stats::Kind = crate::stats::Kind::Sharded;

            #[cfg(feature = "stats")]
            fn stats(&self) -> crate::stats::Stats {
                crate::stats::Stats::of(
                    self.shards.iter().map(|shard| (&shard.stats, shard.peek(Table::len))),
                    &self.meta.reads,
                    crate::stats::Extra::default(),
                )
            }

            fn into_entries(self) -> Vec<(K, V)> {
                self.shards.into_tables().flat_map(|mut table| table.drain()).collect()
            }
        }

        impl<K: Hash + Eq, V, S: BuildHasher, Q: ?Sized + Hash + Equivalent<K>> Keyed<Q> for $Map<K, V, S> {
            #[inline]
            fn hash_of(&self, key: &Q) -> u64 {
                self.hasher.hash_one(key)
            }

            #[inline]
            fn view<R>(&self, call: Call, hash: u64, key: &Q, f: impl FnOnce(Option<(&K, &V)>) -> R) -> R {
                self.meta.begin(call);
                self.shards.of(hash).read(self.meta.id(), call, |table| table.view(hash, key, f))
            }

            fn edit_many<const N: usize, R>(
                &self,
                call: Call,
                present: Present,
                keys: [&Q; N],
                f: impl FnOnce([Option<&mut V>; N]) -> R,
            ) -> R {
                self.meta.begin(call);
                let hashes = keys.map(|key| self.hash_of(key));
                self.shards.edit_many((self.meta.id(), call), present, (hashes, keys), f)
            }
        }
    };
}
pub(crate) use sharded_strategy;
