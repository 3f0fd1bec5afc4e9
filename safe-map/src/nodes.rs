//! Tables whose entries readers reach without a lock: the values are published one by one, behind nodes that tables share.
//!
//! A node is never taken out of a published table. Its value is: a node without a value is a key that is not there.
//! Each node keeps the hash of its key, so that a table can be built of another one without running the user's code.

use std::sync::Arc;

use equivalent::Equivalent;
use hashbrown::HashTable;

use crate::raw::{Guard, Published, Retired};

/// One entry. `None` is a key that was removed.
pub(crate) struct Node<K, V> {
    hash: u64,
    pub(crate) key: K,
    value: Published<V>,
}

impl<K, V> Node<K, V> {
    pub(crate) fn new(hash: u64, key: K, value: V) -> Arc<Self> {
        Arc::new(Node { hash, key, value: Published::new(Arc::new(value)) })
    }

    /// The value, to be looked at.
    #[inline]
    pub(crate) fn load(&self) -> Guard<'_, V> {
        self.value.load()
    }

    /// Shows the value, whatever becomes of it meanwhile.
    #[inline]
    pub(crate) fn read<R>(&self, f: impl FnOnce(Option<&V>) -> R) -> R {
        f(self.value.load().get())
    }

    pub(crate) fn is_live(&self) -> bool {
        self.value.load().get().is_some()
    }
}

/// Nodes by hash.
pub(crate) struct Nodes<K, V> {
    table: HashTable<Arc<Node<K, V>>>,
}

impl<K, V> Nodes<K, V> {
    pub(crate) fn new() -> Self {
        Nodes { table: HashTable::new() }
    }

    #[inline]
    pub(crate) fn find<Q: ?Sized + Equivalent<K>>(&self, hash: u64, key: &Q) -> Option<&Arc<Node<K, V>>> {
        self.table.find(hash, |node| node.hash == hash && key.equivalent(&node.key))
    }

    /// The node of a key that is there.
    pub(crate) fn live<Q: ?Sized + Equivalent<K>>(&self, hash: u64, key: &Q) -> Option<&Arc<Node<K, V>>> {
        self.find(hash, key).filter(|node| node.is_live())
    }

    /// Puts a node in, instead of one of the same key.
    pub(crate) fn put(&mut self, node: Arc<Node<K, V>>) -> Option<Arc<Node<K, V>>>
    where
        K: Eq,
    {
        if let Some(old) = self.table.find_mut(node.hash, |it| it.key == node.key) {
            return Some(std::mem::replace(old, node));
        }
        self.add(node);
        None
    }

    /// Puts a node in whose key is not there.
    pub(crate) fn add(&mut self, node: Arc<Node<K, V>>) {
        self.table.insert_unique(node.hash, node, |it| it.hash);
    }

    /// Another table of the nodes whose keys are there.
    pub(crate) fn live_copy(&self) -> Self {
        let mut table = HashTable::with_capacity(self.table.len());
        for node in self.iter().filter(|node| node.is_live()) {
            table.insert_unique(node.hash, node.clone(), |it| it.hash);
        }
        Nodes { table }
    }

    pub(crate) fn into_nodes(self) -> impl Iterator<Item = Arc<Node<K, V>>> {
        self.table.into_iter()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Node<K, V>>> {
        self.table.iter()
    }

    /// The nodes, dead ones too.
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    pub(crate) fn each(&self, f: &mut impl FnMut(&K, &V)) {
        for node in self.iter() {
            node.read(|value| {
                if let Some(value) = value {
                    f(&node.key, value);
                }
            });
        }
    }
}

/// A node, and the value that it is going to have.
type Staged<K, V> = (Arc<Node<K, V>>, V);

/// What the writers of such tables do to values, behind their lock.
pub(crate) struct Values<K, V> {
    retired: Retired<V>,
    /// A value that is being changed: it is published when the change is over.
    staged: Option<Staged<K, V>>,
    /// How many keys are there, and how many nodes stand for a key that is not.
    pub(crate) live: usize,
    pub(crate) dead: usize,
}

impl<K, V> Values<K, V> {
    pub(crate) fn new() -> Self {
        Values { retired: Retired::new(), staged: None, live: 0, dead: 0 }
    }

    /// Publishes what was staged. Also when the change panicked: the value is what the closure has left.
    pub(crate) fn publish_staged(&mut self) {
        if let Some((node, value)) = self.staged.take() {
            self.publish(&node, value);
        }
    }

    fn publish(&mut self, node: &Node<K, V>, value: V) {
        self.retired.replace(&node.value, Some(Arc::new(value)));
    }

    pub(crate) fn retired(&self) -> usize {
        self.retired.count()
    }

    /// Old values that no reader looks at.
    pub(crate) fn sweep(&mut self) -> Vec<Arc<V>> {
        self.retired.sweep()
    }
}

impl<K: Clone, V: Clone> Values<K, V> {
    /// The value of a live node, to be changed.
    pub(crate) fn stage(&mut self, node: Arc<Node<K, V>>) -> Option<&mut V> {
        let value = node.read(|value| value.cloned())?;
        self.publish_staged();
        self.staged = Some((node, value));
        self.staged.as_mut().map(|(_, value)| value)
    }

    /// Replaces the value of a live node.
    pub(crate) fn replace(&mut self, node: &Node<K, V>, value: V) -> Option<V> {
        self.retired.take(&node.value, Some(Arc::new(value)))
    }

    /// Gives a dead node a value.
    pub(crate) fn revive(&mut self, node: &Node<K, V>, value: V) {
        self.retired.replace(&node.value, Some(Arc::new(value)));
        self.live += 1;
        self.dead -= 1;
    }

    /// Takes the value of a live node away.
    pub(crate) fn kill(&mut self, node: &Arc<Node<K, V>>) -> Option<(K, V)> {
        if !node.is_live() {
            return None;
        }
        let key = node.key.clone();
        let is_staged = |(staged, _): &mut Staged<K, V>| Arc::ptr_eq(staged, node);
        if let Some((_, value)) = self.staged.take_if(is_staged) {
            self.bury(node);
            return Some((key, value));
        }
        self.count_out();
        let old = self.retired.take(&node.value, None)?;
        Some((key, old))
    }

    /// Takes the value of a live node away, to be dropped when the lock is free.
    fn bury(&mut self, node: &Node<K, V>) {
        self.count_out();
        self.retired.replace(&node.value, None);
    }

    fn count_out(&mut self) {
        self.live -= 1;
        self.dead += 1;
    }

    /// Moves the wanted entries out, and publishes what has become of the others.
    pub(crate) fn extract<'a>(
        &mut self,
        nodes: impl Iterator<Item = &'a Arc<Node<K, V>>>,
        f: &mut impl FnMut(&K, &mut V) -> bool,
        out: &mut Vec<(K, V)>,
    ) where
        K: 'a,
        V: 'a,
    {
        for node in nodes {
            let Some(value) = self.stage(node.clone()) else { continue };
            let wanted = f(&node.key, value);
            if !wanted {
                self.publish_staged();
                continue;
            }
            out.extend(self.kill(node));
        }
    }

    /// Runs `f` with copies of the values of several nodes, and publishes them, whatever happens.
    pub(crate) fn with_many<const N: usize, R>(
        &mut self,
        nodes: [Option<Arc<Node<K, V>>>; N],
        f: impl FnOnce([Option<&mut V>; N]) -> R,
    ) -> R {
        for (at, node) in nodes.iter().enumerate() {
            let same = |other: &Option<Arc<_>>| {
                node.as_ref().zip(other.as_ref()).is_some_and(|(a, b)| Arc::ptr_eq(a, b))
            };
            assert!(!nodes[..at].iter().any(same), "two of the keys are equal");
        }
        let copies = nodes.map(|node| {
            let value = node.as_ref()?.read(|value| value.cloned())?;
            Some((node?, value))
        });
        let mut copies = Copies { values: self, copies };
        f(copies.copies.each_mut().map(|copy| copy.as_mut().map(|(_, value)| value)))
    }
}

/// Copies of several values that are published when they are dropped.
struct Copies<'a, K, V, const N: usize> {
    values: &'a mut Values<K, V>,
    copies: [Option<Staged<K, V>>; N],
}

impl<K, V, const N: usize> Drop for Copies<'_, K, V, N> {
    fn drop(&mut self) {
        for (node, value) in self.copies.iter_mut().filter_map(Option::take) {
            self.values.publish(&node, value);
        }
    }
}
