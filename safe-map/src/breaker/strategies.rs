//! What single strategies have beyond the common methods, behind a breaker.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash},
};

use super::{Denied, WriteBreaker};
use crate::{
    FailFastMap, GenerationalMap, LockedMap, PlainMap, ReadMostlyMap, ShardedMap, SnapshotMap, Stale,
    Version, Versioned, VersionedMap,
};

/// The methods of the maps around a plain map.
macro_rules! around_a_plain_map {
    ($Map:ident [$($clone:tt)*]) => {
        impl<M: PlainMap $($clone)*> WriteBreaker<$Map<M>> {
            /// Shows the whole map as it is at one moment.
            ///
            #[doc = concat!("As [`", stringify!($Map), "::view`].")]
            ///
            /// # Examples
            ///
            /// ```
            /// use std::collections::BTreeMap;
            #[doc = concat!("use safe_map::{", stringify!($Map), ", WriteBreaker};")]
            ///
            #[doc = concat!("let map = WriteBreaker::new(", stringify!($Map), "::new(BTreeMap::from([(\"apples\", 3)])));")]
            /// assert_eq!(map.view(|map| map.len()), 1);
            /// ```
            #[track_caller]
            pub fn view<R>(&self, f: impl FnOnce(&M) -> R) -> R {
                self.map.view(f)
            }

            /// A copy of the map.
            ///
            #[doc = concat!("As [`", stringify!($Map), "::to_map`].")]
            ///
            /// # Examples
            ///
            /// ```
            /// use std::collections::BTreeMap;
            #[doc = concat!("use safe_map::{", stringify!($Map), ", WriteBreaker};")]
            ///
            #[doc = concat!("let map = WriteBreaker::new(", stringify!($Map), "::new(BTreeMap::from([(\"apples\", 3)])));")]
            /// assert_eq!(map.to_map()["apples"], 3);
            /// ```
            #[track_caller]
            pub fn to_map(&self) -> M
            where
                M: Clone,
            {
                self.map.to_map()
            }

            /// Changes the whole map in one step, which is one write.
            ///
            #[doc = concat!("As [`", stringify!($Map), "::batch`].")]
            ///
            /// # Errors
            ///
            /// [`Denied`].
            ///
            /// # Examples
            ///
            /// ```
            /// use std::collections::BTreeMap;
            #[doc = concat!("use safe_map::{", stringify!($Map), ", WriteBreaker};")]
            ///
            #[doc = concat!("let map = WriteBreaker::new(", stringify!($Map), "::new(BTreeMap::from([(\"apples\", 3)])));")]
            /// assert_eq!(map.batch(|map| map.remove("apples"))?, Some(3));
            /// # Ok::<_, safe_map::Denied>(())
            /// ```
            #[track_caller]
            pub fn batch<R>(&self, f: impl FnOnce(&mut M) -> R) -> Result<R, Denied> {
                self.permit()?;
                Ok(self.map.batch(f))
            }
        }
    };
}

around_a_plain_map!(LockedMap []);
around_a_plain_map!(SnapshotMap [+ Clone]);

impl<M: PlainMap + Clone> WriteBreaker<SnapshotMap<M>> {
    /// Shows the whole map and its version, for [`batch_if`](Self::batch_if).
    ///
    /// As [`SnapshotMap::view_versioned`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use safe_map::{SnapshotMap, WriteBreaker};
    ///
    /// let map = WriteBreaker::new(SnapshotMap::new(BTreeMap::from([("apples", 3)])));
    /// assert_eq!(map.view_versioned(|map, _| map.len()), 1);
    /// ```
    #[track_caller]
    pub fn view_versioned<R>(&self, f: impl FnOnce(&M, Version) -> R) -> R {
        self.map.view_versioned(f)
    }

    /// Changes the whole map in one step, if it still has the version that was seen. It is one write in any case.
    ///
    /// As [`SnapshotMap::batch_if`].
    ///
    /// # Errors
    ///
    /// [`Denied`], and [`Stale`] within.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use safe_map::{SnapshotMap, WriteBreaker};
    ///
    /// let map = WriteBreaker::new(SnapshotMap::new(BTreeMap::from([("apples", 3)])));
    /// let seen = map.view_versioned(|_, version| version);
    /// assert!(map.batch_if(seen, |map| map.clear())?.is_ok());
    /// assert!(map.batch_if(seen, |map| map.clear())?.is_err());
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn batch_if<R>(
        &self,
        seen: Version,
        f: impl FnOnce(&mut M) -> R,
    ) -> Result<Result<R, Stale>, Denied> {
        self.permit()?;
        Ok(self.map.batch_if(seen, f))
    }
}

impl<K: Hash + Eq, V, S: BuildHasher> WriteBreaker<VersionedMap<K, V, S>> {
    /// The value of a key, cloned, and its version.
    ///
    /// As [`VersionedMap::get`].
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::WriteBreaker::new(safe_map::VersionedMap::from([("apples", 3)]));
    /// assert_eq!(map.get_versioned(&"apples").map(|seen| seen.value), Some(3));
    /// ```
    #[track_caller]
    pub fn get_versioned(&self, key: &K) -> Option<Versioned<V>>
    where
        V: Clone,
    {
        self.map.get(key)
    }

    /// Replaces a value if it still has the version that was seen. It is one write in any case.
    ///
    /// As [`VersionedMap::replace`].
    ///
    /// # Errors
    ///
    /// [`Denied`], and [`Stale`] within.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::WriteBreaker::new(safe_map::VersionedMap::from([("apples", 3)]));
    /// let seen = map.get_versioned(&"apples").expect("it was put in").version;
    /// assert!(map.replace(&"apples", seen, 4)?.is_ok());
    /// assert!(map.replace(&"apples", seen, 5)?.is_err());
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn replace(&self, key: &K, seen: Version, value: V) -> Result<Result<Version, Stale<V>>, Denied> {
        self.permit()?;
        Ok(self.map.replace(key, seen, value))
    }

    /// Removes a key if its value still has the version that was seen. It is one write in any case.
    ///
    /// As [`VersionedMap::remove`].
    ///
    /// # Errors
    ///
    /// [`Denied`], and [`Stale`] within.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::WriteBreaker::new(safe_map::VersionedMap::from([("apples", 3)]));
    /// let seen = map.get_versioned(&"apples").expect("it was put in").version;
    /// assert_eq!(map.remove_seen(&"apples", seen)?, Ok(3));
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn remove_seen(&self, key: &K, seen: Version) -> Result<Result<V, Stale>, Denied> {
        self.permit()?;
        Ok(self.map.remove(key, seen))
    }
}

/// `to_map` of the maps that hash by themselves.
macro_rules! copied_to_a_hash_map {
    ($($Map:ident)*) => {$(
        impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher + Clone> WriteBreaker<$Map<K, V, S>> {
            /// A copy of the map.
            ///
            #[doc = concat!("As [`", stringify!($Map), "::to_map`].")]
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use safe_map::{", stringify!($Map), ", WriteBreaker};")]
            ///
            #[doc = concat!("let map = WriteBreaker::new(", stringify!($Map), "::from([(\"apples\", 3)]));")]
            /// assert_eq!(map.to_map()["apples"], 3);
            /// ```
            #[track_caller]
            pub fn to_map(&self) -> HashMap<K, V, S> {
                self.map.to_map()
            }
        }
    )*};
}

copied_to_a_hash_map!(ShardedMap VersionedMap ReadMostlyMap GenerationalMap FailFastMap);
