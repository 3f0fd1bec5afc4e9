//! What a lock protects, seen by one thread: a table of entries, found by hash and key.
//!
//! The operations of all maps are written once over these two traits (`ops.rs`). Whatever a table gives back (a key that
//! was not needed, a value that was replaced) is dropped by the operation when the lock is free again.

/// A table that one thread has for itself.
pub(crate) trait Table {
    type Key;
    type Value;

    fn len(&self) -> usize;

    /// Puts a value in. The hash is that of the key.
    fn insert(&mut self, hash: u64, key: Self::Key, value: Self::Value) -> Replaced<Self::Key, Self::Value>;

    /// Puts an entry in that was lent, at the place that it had.
    fn restore(
        &mut self,
        hash: u64,
        _: Place,
        key: Self::Key,
        value: Self::Value,
    ) -> Replaced<Self::Key, Self::Value> {
        self.insert(hash, key, value)
    }

    fn each(&self, f: &mut impl FnMut(&Self::Key, &Self::Value));

    /// Moves the entries that `f` wants out to `out`. If it panics, those before are in `out` and the rest in the table.
    fn extract(
        &mut self,
        f: &mut impl FnMut(&Self::Key, &mut Self::Value) -> bool,
        out: &mut Vec<(Self::Key, Self::Value)>,
    );

    /// Moves every entry out.
    fn drain(&mut self) -> Vec<(Self::Key, Self::Value)>;
}

/// A table whose keys can be found by a `Q`.
pub(crate) trait Lookup<Q: ?Sized>: Table {
    /// Shows an entry.
    fn view<R>(&self, hash: u64, key: &Q, f: impl FnOnce(Option<(&Self::Key, &Self::Value)>) -> R) -> R;

    fn contains(&self, hash: u64, key: &Q) -> bool {
        self.view(hash, key, |entry| entry.is_some())
    }

    fn get_mut(&mut self, hash: u64, key: &Q) -> Option<&mut Self::Value>;

    fn take(&mut self, hash: u64, key: &Q) -> Option<(Self::Key, Self::Value)>;

    /// The value of a key, for somebody who is going to say what becomes of it. It must not seem to be gone meanwhile to
    /// those who look without the lock.
    fn lend(&mut self, hash: u64, key: &Q) -> Option<Lent<Self::Key, Self::Value>> {
        self.take(hash, key).map(|(key, value)| Lent::Moved(key, value, Place::default()))
    }

    /// Runs `f` with the values of several keys.
    ///
    /// # Panics
    ///
    /// If two of the keys are equal and present.
    fn with_many<const N: usize, R>(
        &mut self,
        hashes: [u64; N],
        keys: [&Q; N],
        f: impl FnOnce([Option<&mut Self::Value>; N]) -> R,
    ) -> R;
}

/// A value that was lent.
pub(crate) enum Lent<K, V> {
    /// The entry itself, which is no longer in the table, and where it was.
    Moved(K, V, Place),
    /// A copy. The entry is still there.
    Copied(V),
}

/// Where an entry was in a table with an order that insertions make.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place(pub(crate) Option<usize>);

/// What an insertion leaves over where the key was there before: the new key and the old value.
pub(crate) struct Replaced<K, V> {
    pub(crate) key: Option<K>,
    pub(crate) value: Option<V>,
}

impl<K, V> Replaced<K, V> {
    pub(crate) const NOTHING: Self = Replaced { key: None, value: None };

    pub(crate) fn both(key: K, value: V) -> Self {
        Replaced { key: Some(key), value: Some(value) }
    }

    /// The old value. Drops the key: for callers that hold no lock any more.
    #[inline]
    pub(crate) fn into_value(self) -> Option<V> {
        drop(self.key);
        self.value
    }
}
