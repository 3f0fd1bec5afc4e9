//! The trait that all maps have, so that code can leave the strategy open.

use std::{error::Error, fmt};

/// A shared map, whatever its strategy.
///
/// The maps have these methods themselves, and more: this trait is for code that is generic over the strategy. What a method
/// locks and when it panics is that of the map's own method.
///
/// ```
/// use safe_map::{ShardedMap, SharedMap};
///
/// fn count(words: &str, counts: &impl SharedMap<Key = String, Value = usize>) {
///     for word in words.split(' ') {
///         counts.upsert(word.to_owned(), || 1, |n| *n += 1);
///     }
/// }
///
/// let counts = ShardedMap::new();
/// count("to be or not to be", &counts);
/// assert_eq!(counts.get("to"), Some(2));
/// ```
pub trait SharedMap {
    /// What entries are found by.
    type Key;
    /// What is found.
    type Value;

    /// Shows the value of a key to a closure.
    fn read<R>(&self, key: &Self::Key, f: impl FnOnce(&Self::Value) -> R) -> Option<R>;

    /// The value of a key, cloned.
    #[inline]
    #[track_caller]
    fn get(&self, key: &Self::Key) -> Option<Self::Value>
    where
        Self::Value: Clone,
    {
        self.read(key, Clone::clone)
    }

    /// Whether a key is there.
    #[inline]
    #[track_caller]
    fn contains_key(&self, key: &Self::Key) -> bool {
        self.read(key, |_| ()).is_some()
    }

    /// Puts a value in, and gives back the one it replaces.
    fn insert(&self, key: Self::Key, value: Self::Value) -> Option<Self::Value>;

    /// Puts a value in if the key is absent.
    ///
    /// # Errors
    ///
    /// [`Occupied`], with the key and the value that were not needed.
    fn try_insert(&self, key: Self::Key, value: Self::Value) -> Result<(), Occupied<Self::Key, Self::Value>>;

    /// The value of a key, made first if the key is absent.
    fn get_or_insert_with(&self, key: Self::Key, f: impl FnOnce() -> Self::Value) -> Self::Value
    where
        Self::Value: Clone;

    /// The value of a key, made first if the key is absent and `f` succeeds.
    ///
    /// # Errors
    ///
    /// That of the closure; the key is then absent.
    fn get_or_try_insert_with<E>(
        &self,
        key: Self::Key,
        f: impl FnOnce() -> Result<Self::Value, E>,
    ) -> Result<Self::Value, E>
    where
        Self::Value: Clone;

    /// The value of a key, loaded first if the key is absent. Whether the future is `Send` is known where the map's type is.
    fn get_or_load(
        &self,
        key: Self::Key,
        load: impl Future<Output = Self::Value>,
    ) -> impl Future<Output = Self::Value>
    where
        Self::Key: Eq + Clone,
        Self::Value: Clone;

    /// The value of a key, loaded first if the key is absent and `load` succeeds.
    ///
    /// # Errors
    ///
    /// That of the future; the key is then absent.
    fn try_get_or_load<E>(
        &self,
        key: Self::Key,
        load: impl Future<Output = Result<Self::Value, E>>,
    ) -> impl Future<Output = Result<Self::Value, E>>
    where
        Self::Key: Eq + Clone,
        Self::Value: Clone;

    /// Changes the value of a key.
    fn update<R>(&self, key: &Self::Key, f: impl FnOnce(&mut Self::Value) -> R) -> Option<R>;

    /// Changes the value of a key, by a closure that can fail.
    ///
    /// # Errors
    ///
    /// That of the closure. The value is what the closure has made of it.
    #[track_caller]
    fn try_update<R, E>(
        &self,
        key: &Self::Key,
        f: impl FnOnce(&mut Self::Value) -> Result<R, E>,
    ) -> Result<Option<R>, E> {
        self.update(key, f).transpose()
    }

    /// Changes the value of a key, or puts one in. Gives whether one was put in.
    fn upsert(
        &self,
        key: Self::Key,
        insert: impl FnOnce() -> Self::Value,
        update: impl FnOnce(&mut Self::Value),
    ) -> bool;

    /// Decides about a key from its value. Gives whether the key is there afterwards.
    fn compute(&self, key: Self::Key, f: impl FnOnce(Option<Self::Value>) -> Option<Self::Value>) -> bool;

    /// Changes the values of two keys at once.
    fn update_pair<R>(
        &self,
        first: &Self::Key,
        second: &Self::Key,
        f: impl FnOnce(&mut Self::Value, &mut Self::Value) -> R,
    ) -> Option<R>;

    /// Changes the values of several keys at once. An absent key is `None` in the array.
    fn update_many<const N: usize, R>(
        &self,
        keys: [&Self::Key; N],
        f: impl FnOnce([Option<&mut Self::Value>; N]) -> R,
    ) -> R;

    /// Removes a key, whatever its value.
    fn remove(&self, key: &Self::Key) -> Option<Self::Value>;

    /// Removes a key if its value is as the closure wants it.
    fn remove_if(&self, key: &Self::Key, f: impl FnOnce(&Self::Value) -> bool) -> Option<Self::Value>;

    /// Keeps the entries that the closure wants.
    #[track_caller]
    fn retain(&self, mut f: impl FnMut(&Self::Key, &mut Self::Value) -> bool) {
        self.extract_if(|key, value| !f(key, value));
    }

    /// Moves the entries out that the closure wants.
    fn extract_if(
        &self,
        f: impl FnMut(&Self::Key, &mut Self::Value) -> bool,
    ) -> Vec<(Self::Key, Self::Value)>;

    /// Removes every entry.
    fn clear(&self);

    /// The number of entries.
    fn len(&self) -> usize;

    /// Whether there is no entry.
    #[track_caller]
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Shows each entry to the closure.
    fn for_each(&self, f: impl FnMut(&Self::Key, &Self::Value));

    /// Folds every entry into one value.
    fn fold<A>(&self, init: A, f: impl FnMut(A, &Self::Key, &Self::Value) -> A) -> A;

    /// Puts each pair in, one after another.
    fn extend(&self, pairs: impl IntoIterator<Item = (Self::Key, Self::Value)>);

    /// A copy of every entry.
    fn entries(&self) -> Vec<(Self::Key, Self::Value)>
    where
        Self::Key: Clone,
        Self::Value: Clone;
}

/// What `try_insert` did not put in, because the key was there.
#[derive(Clone, PartialEq, Eq)]
pub struct Occupied<K, V> {
    /// The key that was not needed.
    pub key: K,
    /// The value that was not put in.
    pub value: V,
}

impl<K, V> fmt::Debug for Occupied<K, V> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Occupied").finish_non_exhaustive()
    }
}

impl<K, V> fmt::Display for Occupied<K, V> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the key is in the map already")
    }
}

impl<K, V> Error for Occupied<K, V> {}
