//! The three generations of a `GenerationalMap`, as its writers see them. The story is told in `generational.rs`.

use std::{
    array,
    hash::{BuildHasher, Hash},
    ops::{Deref, DerefMut},
    sync::Arc,
};

use equivalent::Equivalent;

use crate::{
    buckets::Buckets,
    nodes::{Node, Nodes, Values},
    raw::{Published, Retired},
    shards::Many,
    sync::{AtomicUsize, Ordering},
    table::{Lent, Lookup, Place, Replaced, Table},
};

/// So many young keys at least before they grow older. A search of schedules must come to more.
const YOUTH: usize = if cfg!(safe_map_loom) { 1 } else { 64 };

/// So few dead nodes are not worth a new table.
const FEW: usize = if cfg!(safe_map_loom) { 0 } else { 32 };

/// What readers reach without the lock.
pub(crate) struct Front<K, V> {
    pub(crate) frozen: Published<Nodes<K, V>>,
    len: AtomicUsize,
}

impl<K, V> Front<K, V> {
    pub(crate) fn len(&self) -> usize {
        // SeqCst: pairs with the store at the end of a change, for readers that begin when its writer has returned.
        self.len.load(Ordering::SeqCst)
    }
}

/// What the lock protects. A key is in one generation at a time.
pub(crate) struct Generations<K, V, S> {
    front: Arc<Front<K, V>>,
    /// What is published.
    frozen: Arc<Nodes<K, V>>,
    settled: Buckets<K, V, S>,
    written: Buckets<K, V, S>,
    values: Values<K, V>,
    tables: Retired<Nodes<K, V>>,
    #[cfg(feature = "stats")]
    promotions: u64,
}

/// What a change leaves to be dropped when the lock is free.
pub(crate) struct Unused<K, V> {
    _tables: Vec<Arc<Nodes<K, V>>>,
    _values: Vec<Arc<V>>,
}

impl<K, V, S> Generations<K, V, S> {
    pub(crate) fn new(hasher: Arc<S>) -> Self {
        let frozen = Arc::new(Nodes::new());
        Generations {
            front: Arc::new(Front { frozen: Published::new(frozen.clone()), len: AtomicUsize::new(0) }),
            frozen,
            settled: Buckets::with_capacity(0, hasher.clone()),
            written: Buckets::with_capacity(0, hasher),
            values: Values::new(),
            tables: Retired::new(),
            #[cfg(feature = "stats")]
            promotions: 0,
        }
    }

    /// How many old versions are kept.
    pub(crate) fn retired(&self) -> usize {
        self.values.retired() + self.tables.count()
    }

    #[cfg(feature = "stats")]
    pub(crate) fn extra(&self) -> crate::stats::Extra {
        crate::stats::Extra { retired: self.retired(), promotions: self.promotions, ..Default::default() }
    }

    pub(crate) fn front(&self) -> Arc<Front<K, V>> {
        self.front.clone()
    }

    fn publish(&mut self, frozen: Nodes<K, V>) {
        self.frozen = Arc::new(frozen);
        self.tables.replace(&self.front.frozen, Some(self.frozen.clone()));
    }

    /// A change that ends when the result is dropped, also by a panic.
    pub(crate) fn change<'a>(&'a mut self, unused: &'a mut Option<Unused<K, V>>) -> Change<'a, K, V, S>
    where
        Self: Table,
    {
        Change { generations: self, unused }
    }

    /// Makes the frozen table anew when more than half of it stands for keys that were removed.
    fn compact(&mut self) {
        if self.values.dead > self.values.live.max(FEW) {
            self.publish(self.frozen.live_copy());
            self.values.dead = 0;
        }
    }
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher> Generations<K, V, S> {
    /// All keys that are young now have survived: written ones settle, and settled ones freeze if that is worth a new table.
    /// `Hash` runs before anything is moved, so that nothing is lost when it panics.
    fn age(&mut self) {
        if self.settled.len() >= YOUTH.max(self.frozen.len() / 4) {
            let hashes = self.settled.hashes();
            let mut frozen = self.frozen.live_copy();
            for (hash, (key, value)) in hashes.into_iter().zip(self.settled.drain()) {
                frozen.add(Node::new(hash, key, value));
                self.values.live += 1;
            }
            self.values.dead = 0;
            self.publish(frozen);
            #[cfg(feature = "stats")]
            {
                self.promotions += 1;
            }
        }
        self.settled.append(&mut self.written);
    }

    fn is_due(&self) -> bool {
        self.written.len() > YOUTH.max(self.len() / 8)
    }
}

/// A writer that is at work.
pub(crate) struct Change<'a, K, V, S>
where
    Generations<K, V, S>: Table,
{
    generations: &'a mut Generations<K, V, S>,
    unused: &'a mut Option<Unused<K, V>>,
}

impl<K, V, S> Deref for Change<'_, K, V, S>
where
    Generations<K, V, S>: Table,
{
    type Target = Generations<K, V, S>;

    fn deref(&self) -> &Self::Target {
        self.generations
    }
}

impl<K, V, S> DerefMut for Change<'_, K, V, S>
where
    Generations<K, V, S>: Table,
{
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.generations
    }
}

impl<K, V, S> Drop for Change<'_, K, V, S>
where
    Generations<K, V, S>: Table,
{
    fn drop(&mut self) {
        let it = &mut *self.generations;
        it.values.publish_staged();
        it.compact();
        // SeqCst: pairs with the load in `Front::len`.
        it.front.len.store(it.len(), Ordering::SeqCst);
        *self.unused = Some(Unused { _tables: it.tables.sweep(), _values: it.values.sweep() });
    }
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher> Table for Generations<K, V, S> {
    type Key = K;
    type Value = V;

    fn len(&self) -> usize {
        self.values.live + self.settled.len() + self.written.len()
    }

    fn insert(&mut self, hash: u64, key: K, value: V) -> Replaced<K, V> {
        if let Some(node) = self.frozen.find(hash, &key).cloned() {
            if node.is_live() {
                return Replaced { key: Some(key), value: self.values.replace(&node, value) };
            }
            self.values.revive(&node, value);
            return Replaced { key: Some(key), value: None };
        }
        if self.settled.find(hash, &key).is_some() {
            return self.settled.insert(hash, key, value);
        }
        if self.is_due() {
            self.age();
            // Ageing may have frozen or settled the key itself.
            return self.insert(hash, key, value);
        }
        self.written.insert(hash, key, value)
    }

    fn each(&self, f: &mut impl FnMut(&K, &V)) {
        self.frozen.each(f);
        self.settled.each(f);
        self.written.each(f);
    }

    fn extract(&mut self, f: &mut impl FnMut(&K, &mut V) -> bool, out: &mut Vec<(K, V)>) {
        let frozen = self.frozen.clone();
        self.values.extract(frozen.iter(), f, out);
        self.settled.extract(f, out);
        self.written.extract(f, out);
    }

    fn drain(&mut self) -> Vec<(K, V)> {
        let mut out = self.written.drain();
        out.append(&mut self.settled.drain());
        let frozen = self.frozen.clone();
        out.extend(frozen.iter().filter_map(|node| self.values.kill(node)));
        drop(frozen);
        self.publish(Nodes::new());
        self.values.dead = 0;
        out
    }
}

impl<K, V, S, Q> Lookup<Q> for Generations<K, V, S>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher,
    Q: ?Sized + Equivalent<K>,
{
    fn view<R>(&self, hash: u64, key: &Q, f: impl FnOnce(Option<(&K, &V)>) -> R) -> R {
        if let Some(node) = self.frozen.live(hash, key) {
            return node.read(|value| f(value.map(|value| (&node.key, value))));
        }
        f(self.settled.find(hash, key).or_else(|| self.written.find(hash, key)))
    }

    fn get_mut(&mut self, hash: u64, key: &Q) -> Option<&mut V> {
        if let Some(node) = self.frozen.live(hash, key).cloned() {
            return self.values.stage(node);
        }
        if self.settled.find(hash, key).is_some() {
            return self.settled.get_mut(hash, key);
        }
        self.written.get_mut(hash, key)
    }

    fn take(&mut self, hash: u64, key: &Q) -> Option<(K, V)> {
        if let Some(node) = self.frozen.live(hash, key).cloned() {
            return self.values.kill(&node);
        }
        self.settled.take(hash, key).or_else(|| self.written.take(hash, key))
    }

    fn lend(&mut self, hash: u64, key: &Q) -> Option<Lent<K, V>> {
        if let Some(node) = self.frozen.live(hash, key) {
            return node.read(|value| value.cloned()).map(Lent::Copied);
        }
        self.take(hash, key).map(|(key, value)| Lent::Moved(key, value, Place::default()))
    }

    fn with_many<const N: usize, R>(
        &mut self,
        hashes: [u64; N],
        keys: [&Q; N],
        f: impl FnOnce([Option<&mut V>; N]) -> R,
    ) -> R {
        let nodes: [_; N] = array::from_fn(|at| self.frozen.live(hashes[at], keys[at]).cloned());
        let same = |at: usize, it: &K| keys[at].equivalent(it);
        let mut settled = self.settled.many(hashes, same);
        let mut written = self.written.many(hashes, same);
        self.values.with_many(nodes, |mut frozen| {
            f(array::from_fn(|at| frozen[at].take().or(settled[at].take()).or(written[at].take())))
        })
    }
}
