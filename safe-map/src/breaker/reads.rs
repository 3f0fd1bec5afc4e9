//! The reads of a map behind a breaker: those of the map.

use super::WriteBreaker;
use crate::shared_map::SharedMap;

impl<M: SharedMap> WriteBreaker<M> {
    /// The value of a key, cloned.
    ///
    /// As [`SharedMap::get`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// map.insert("apples", 3)?;
    /// assert_eq!(map.get(&"apples"), Some(3));
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn get(&self, key: &M::Key) -> Option<M::Value>
    where
        M::Value: Clone,
    {
        self.map.get(key)
    }

    /// Shows the value of a key to a closure.
    ///
    /// As [`SharedMap::read`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// map.insert("apples", 3)?;
    /// assert_eq!(map.read(&"apples", |n| n + 1), Some(4));
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn read<R>(&self, key: &M::Key, f: impl FnOnce(&M::Value) -> R) -> Option<R> {
        self.map.read(key, f)
    }

    /// Whether a key is there.
    ///
    /// As [`SharedMap::contains_key`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// map.insert("apples", 3)?;
    /// assert!(map.contains_key(&"apples"));
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn contains_key(&self, key: &M::Key) -> bool {
        self.map.contains_key(key)
    }

    /// The number of entries.
    ///
    /// As [`SharedMap::len`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// map.insert("apples", 3)?;
    /// assert_eq!(map.len(), 1);
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there is no entry.
    ///
    /// As [`SharedMap::is_empty`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// # map.insert("apples", 3)?;
    /// assert!(!map.is_empty());
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Shows each entry to the closure.
    ///
    /// As [`SharedMap::for_each`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// map.insert("apples", 3)?;
    /// map.for_each(|name, n| assert_eq!((*name, *n), ("apples", 3)));
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn for_each(&self, f: impl FnMut(&M::Key, &M::Value)) {
        self.map.for_each(f);
    }

    /// Folds every entry into one value.
    ///
    /// As [`SharedMap::fold`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// map.insert("apples", 3)?;
    /// assert_eq!(map.fold(0, |sum, _, n| sum + n), 3);
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn fold<A>(&self, init: A, f: impl FnMut(A, &M::Key, &M::Value) -> A) -> A {
        self.map.fold(init, f)
    }

    /// A copy of every entry.
    ///
    /// As [`SharedMap::entries`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// map.insert("apples", 3)?;
    /// assert_eq!(map.entries(), [("apples", 3)]);
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn entries(&self) -> Vec<(M::Key, M::Value)>
    where
        M::Key: Clone,
        M::Value: Clone,
    {
        self.map.entries()
    }
}
