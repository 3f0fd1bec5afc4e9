//! The two tables of a `ReadMostlyMap`, as its writers see them. The story is told in `read_mostly.rs`.

use std::{
    array, mem,
    ops::{Deref, DerefMut},
    sync::Arc,
};

use equivalent::Equivalent;

use crate::{
    nodes::{Node, Nodes, Values},
    raw::{Published, Retired},
    sync::{AtomicBool, AtomicUsize, Ordering},
    table::{Lent, Lookup, Replaced, Table},
};

/// So few dead nodes are not worth a new table. A search of schedules must come to more.
const FEW: usize = if cfg!(safe_map_loom) { 0 } else { 32 };

/// The table that readers go through.
pub(crate) struct ReadTable<K, V> {
    pub(crate) nodes: Nodes<K, V>,
    /// Whether there are keys in `dirty` that are not here.
    amended: AtomicBool,
}

impl<K, V> ReadTable<K, V> {
    fn new(nodes: Nodes<K, V>) -> Arc<Self> {
        Arc::new(ReadTable { nodes, amended: AtomicBool::new(false) })
    }

    #[inline]
    pub(crate) fn is_amended(&self) -> bool {
        // SeqCst: pairs with the store in `add`; a writer that has returned is seen by every reader that begins.
        self.amended.load(Ordering::SeqCst)
    }
}

/// What readers reach without the lock.
pub(crate) struct Front<K, V> {
    pub(crate) read: Published<ReadTable<K, V>>,
    len: AtomicUsize,
}

impl<K, V> Front<K, V> {
    pub(crate) fn len(&self) -> usize {
        // SeqCst: pairs with the store at the end of a change, for readers that begin when its writer has returned.
        self.len.load(Ordering::SeqCst)
    }
}

/// What the writers' lock protects.
pub(crate) struct Writer<K, V> {
    front: Arc<Front<K, V>>,
    /// What is published.
    read: Arc<ReadTable<K, V>>,
    /// The nodes of all keys, newer ones too. None of them was dead when it was made.
    dirty: Option<Nodes<K, V>>,
    misses: usize,
    #[cfg(feature = "stats")]
    counted: crate::stats::Extra,
    values: Values<K, V>,
    tables: Retired<ReadTable<K, V>>,
    /// Nodes that have left the tables.
    buried: Vec<Arc<Node<K, V>>>,
}

/// What a change leaves to be dropped when the lock is free.
pub(crate) struct Unused<K, V> {
    _tables: Vec<Arc<ReadTable<K, V>>>,
    _values: Vec<Arc<V>>,
    _nodes: Vec<Arc<Node<K, V>>>,
}

impl<K, V> Writer<K, V> {
    pub(crate) fn new() -> Self {
        let read = ReadTable::new(Nodes::new());
        Writer {
            front: Arc::new(Front { read: Published::new(read.clone()), len: AtomicUsize::new(0) }),
            read,
            dirty: None,
            misses: 0,
            #[cfg(feature = "stats")]
            counted: crate::stats::Extra::default(),
            values: Values::new(),
            tables: Retired::new(),
            buried: Vec::new(),
        }
    }

    pub(crate) fn front(&self) -> Arc<Front<K, V>> {
        self.front.clone()
    }

    fn find<Q: ?Sized + Equivalent<K>>(&self, hash: u64, key: &Q) -> Option<&Arc<Node<K, V>>> {
        let dirty = || self.dirty.as_ref()?.live(hash, key);
        self.read.nodes.live(hash, key).or_else(dirty)
    }

    /// A reader has found nothing in the published table.
    pub(crate) fn miss<Q: ?Sized + Equivalent<K>>(&mut self, hash: u64, key: &Q) -> Option<Arc<Node<K, V>>> {
        let node = self.find(hash, key).cloned();
        self.misses += 1;
        #[cfg(feature = "stats")]
        {
            self.counted.misses += 1;
        }
        if self.dirty.as_ref().is_some_and(|dirty| self.misses >= dirty.len()) {
            self.promote();
        }
        node
    }

    /// How many old versions are kept.
    pub(crate) fn retired(&self) -> usize {
        self.values.retired() + self.tables.count()
    }

    #[cfg(feature = "stats")]
    pub(crate) fn extra(&self) -> crate::stats::Extra {
        crate::stats::Extra { retired: self.retired(), ..self.counted }
    }

    /// Publishes the table that has every key.
    pub(crate) fn promote(&mut self) {
        if let Some(nodes) = self.dirty.take() {
            #[cfg(feature = "stats")]
            {
                self.counted.promotions += 1;
            }
            self.publish(nodes);
        }
    }

    fn publish(&mut self, nodes: Nodes<K, V>) {
        self.misses = 0;
        self.read = ReadTable::new(nodes);
        self.tables.replace(&self.front.read, Some(self.read.clone()));
    }

    /// Makes the table anew when more than half of it stands for keys that were removed.
    fn compact(&mut self) {
        if self.values.dead > self.values.live.max(FEW) {
            let nodes = self.dirty.take().unwrap_or_else(|| self.read.nodes.live_copy());
            self.publish(nodes.live_copy());
            // The last keys of their kind may be among these.
            self.buried.extend(nodes.into_nodes());
            self.values.dead = 0;
        }
    }

    /// A change that ends when the result is dropped, also by a panic.
    pub(crate) fn change<'a>(&'a mut self, unused: &'a mut Option<Unused<K, V>>) -> Change<'a, K, V> {
        Change { writer: self, unused }
    }
}

/// A writer that is at work.
pub(crate) struct Change<'a, K, V> {
    writer: &'a mut Writer<K, V>,
    unused: &'a mut Option<Unused<K, V>>,
}

impl<K, V> Deref for Change<'_, K, V> {
    type Target = Writer<K, V>;

    fn deref(&self) -> &Writer<K, V> {
        self.writer
    }
}

impl<K, V> DerefMut for Change<'_, K, V> {
    fn deref_mut(&mut self) -> &mut Writer<K, V> {
        self.writer
    }
}

impl<K, V> Drop for Change<'_, K, V> {
    fn drop(&mut self) {
        self.writer.values.publish_staged();
        self.writer.compact();
        // SeqCst: pairs with the load in `len`.
        self.writer.front.len.store(self.writer.values.live, Ordering::SeqCst);
        *self.unused = Some(Unused {
            _tables: self.writer.tables.sweep(),
            _values: self.writer.values.sweep(),
            _nodes: mem::take(&mut self.writer.buried),
        });
    }
}

impl<K: Eq + Clone, V: Clone> Writer<K, V> {
    /// Puts a key in that is in neither table, or dead there.
    fn add(&mut self, hash: u64, key: K, value: V) {
        let node = Node::new(hash, key, value);
        let read = &self.read;
        let dirty = self.dirty.get_or_insert_with(|| {
            // SeqCst: pairs with the load in `is_amended`. Before the key is there, so that no reader overlooks it.
            read.amended.store(true, Ordering::SeqCst);
            read.nodes.live_copy()
        });
        self.buried.extend(dirty.put(node));
        self.values.live += 1;
    }

    /// The dead node that may come to life again: it is what readers of both tables find.
    fn revivable(&self, hash: u64, key: &K) -> Option<Arc<Node<K, V>>> {
        let node = self.read.nodes.find(hash, key)?;
        let Some(dirty) = &self.dirty else { return Some(node.clone()) };
        dirty.find(hash, key).filter(|it| Arc::ptr_eq(it, node)).cloned()
    }
}

impl<K: Eq + Clone, V: Clone> Table for Writer<K, V> {
    type Key = K;
    type Value = V;

    fn len(&self) -> usize {
        self.values.live
    }

    fn insert(&mut self, hash: u64, key: K, value: V) -> Replaced<K, V> {
        if let Some(node) = self.find(hash, &key).cloned() {
            return Replaced { key: Some(key), value: self.values.replace(&node, value) };
        }
        if let Some(node) = self.revivable(hash, &key) {
            self.values.revive(&node, value);
            return Replaced { key: Some(key), value: None };
        }
        self.add(hash, key, value);
        Replaced::NOTHING
    }

    fn each(&self, f: &mut impl FnMut(&K, &V)) {
        self.dirty.as_ref().unwrap_or(&self.read.nodes).each(f);
    }

    fn extract(&mut self, f: &mut impl FnMut(&K, &mut V) -> bool, out: &mut Vec<(K, V)>) {
        self.promote();
        let read = self.read.clone();
        self.values.extract(read.nodes.iter(), f, out);
    }

    fn drain(&mut self) -> Vec<(K, V)> {
        let mut out = Vec::with_capacity(self.values.live);
        self.promote();
        let read = self.read.clone();
        out.extend(read.nodes.iter().filter_map(|node| self.values.kill(node)));
        drop(read);
        self.publish(Nodes::new());
        self.values.dead = 0;
        out
    }
}

impl<K: Eq + Clone, V: Clone, Q: ?Sized + Equivalent<K>> Lookup<Q> for Writer<K, V> {
    fn view<R>(&self, hash: u64, key: &Q, f: impl FnOnce(Option<(&K, &V)>) -> R) -> R {
        match self.find(hash, key) {
            Some(node) => node.read(|value| f(value.map(|value| (&node.key, value)))),
            None => f(None),
        }
    }

    fn get_mut(&mut self, hash: u64, key: &Q) -> Option<&mut V> {
        let node = self.find(hash, key)?.clone();
        self.values.stage(node)
    }

    fn take(&mut self, hash: u64, key: &Q) -> Option<(K, V)> {
        let node = self.find(hash, key)?.clone();
        self.values.kill(&node)
    }

    fn lend(&mut self, hash: u64, key: &Q) -> Option<Lent<K, V>> {
        self.find(hash, key)?.read(|value| value.cloned()).map(Lent::Copied)
    }

    fn with_many<const N: usize, R>(
        &mut self,
        hashes: [u64; N],
        keys: [&Q; N],
        f: impl FnOnce([Option<&mut V>; N]) -> R,
    ) -> R {
        let nodes: [_; N] = array::from_fn(|at| self.find(hashes[at], keys[at]).cloned());
        self.values.with_many(nodes, f)
    }
}
