//! The writes of a map behind a breaker, each of which can be refused.

use std::panic::Location;

use super::{Denied, WriteBreaker};
use crate::shared_map::{Occupied, SharedMap};

impl<M: SharedMap> WriteBreaker<M> {
    /// Puts a value in, and gives back the one it replaces.
    ///
    /// As [`SharedMap::insert`].
    ///
    /// # Errors
    ///
    /// [`Denied`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// assert_eq!(map.insert("apples", 3)?, None);
    /// assert_eq!(map.insert("apples", 5)?, Some(3));
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn insert(&self, key: M::Key, value: M::Value) -> Result<Option<M::Value>, Denied> {
        self.permit()?;
        Ok(self.map.insert(key, value))
    }

    /// Puts a value in if the key is absent; gives both back otherwise.
    ///
    /// As [`SharedMap::try_insert`].
    ///
    /// # Errors
    ///
    /// [`Denied`], and [`Occupied`] within, with the key and the value that were not needed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// assert!(map.try_insert("apples", 3)?.is_ok());
    /// assert_eq!(map.try_insert("apples", 5)?.unwrap_err().value, 5);
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[expect(clippy::type_complexity, reason = "a name for it would say less")]
    #[track_caller]
    pub fn try_insert(
        &self,
        key: M::Key,
        value: M::Value,
    ) -> Result<Result<(), Occupied<M::Key, M::Value>>, Denied> {
        self.permit()?;
        Ok(self.map.try_insert(key, value))
    }

    /// Changes the value of a key where it is. `None` if the key is absent.
    ///
    /// As [`SharedMap::update`].
    ///
    /// # Errors
    ///
    /// [`Denied`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// map.insert("apples", 3)?;
    /// assert_eq!(map.update(&"apples", |n| { *n += 1; *n })?, Some(4));
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn update<R>(&self, key: &M::Key, f: impl FnOnce(&mut M::Value) -> R) -> Result<Option<R>, Denied> {
        self.permit()?;
        Ok(self.map.update(key, f))
    }

    /// Changes the value of a key where it is, by a closure that can fail.
    ///
    /// As [`SharedMap::try_update`].
    ///
    /// # Errors
    ///
    /// [`Denied`], and that of the closure within.
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// map.insert("apples", 3)?;
    /// let taken = map.try_update(&"apples", |n| if *n < 5 { Err("too few") } else { Ok(*n -= 5) })?;
    /// assert_eq!(taken, Err("too few"));
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn try_update<R, E>(
        &self,
        key: &M::Key,
        f: impl FnOnce(&mut M::Value) -> Result<R, E>,
    ) -> Result<Result<Option<R>, E>, Denied> {
        self.permit()?;
        Ok(self.map.try_update(key, f))
    }

    /// Changes the value of a key, or puts one in. Gives whether one was put in.
    ///
    /// As [`SharedMap::upsert`].
    ///
    /// # Errors
    ///
    /// [`Denied`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// assert!(map.upsert("apples", || 1, |n| *n += 1)?);
    /// assert!(!map.upsert("apples", || 1, |n| *n += 1)?);
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn upsert(
        &self,
        key: M::Key,
        insert: impl FnOnce() -> M::Value,
        update: impl FnOnce(&mut M::Value),
    ) -> Result<bool, Denied> {
        self.permit()?;
        Ok(self.map.upsert(key, insert, update))
    }

    /// Decides about a key from its value. Gives whether the key is there afterwards.
    ///
    /// As [`SharedMap::compute`].
    ///
    /// # Errors
    ///
    /// [`Denied`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// assert!(map.compute("apples", |n| Some(n.unwrap_or(0) + 1))?);
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn compute(
        &self,
        key: M::Key,
        f: impl FnOnce(Option<M::Value>) -> Option<M::Value>,
    ) -> Result<bool, Denied> {
        self.permit()?;
        Ok(self.map.compute(key, f))
    }

    /// Changes the values of two keys at once. `None` if one of them is absent.
    ///
    /// As [`SharedMap::update_pair`].
    ///
    /// # Errors
    ///
    /// [`Denied`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// map.extend([("alice", 10), ("bob", 0)])?;
    /// map.update_pair(&"alice", &"bob", |from, to| { *from -= 3; *to += 3 })?;
    /// assert_eq!(map.get(&"bob"), Some(3));
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn update_pair<R>(
        &self,
        first: &M::Key,
        second: &M::Key,
        f: impl FnOnce(&mut M::Value, &mut M::Value) -> R,
    ) -> Result<Option<R>, Denied> {
        self.permit()?;
        Ok(self.map.update_pair(first, second, f))
    }

    /// Changes the values of several keys at once. An absent key is `None` in the array.
    ///
    /// As [`SharedMap::update_many`].
    ///
    /// # Errors
    ///
    /// [`Denied`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// map.insert("apples", 3)?;
    /// let there = map.update_many([&"apples", &"pears"], |values| values.map(|it| it.is_some()))?;
    /// assert_eq!(there, [true, false]);
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn update_many<const N: usize, R>(
        &self,
        keys: [&M::Key; N],
        f: impl FnOnce([Option<&mut M::Value>; N]) -> R,
    ) -> Result<R, Denied> {
        self.permit()?;
        Ok(self.map.update_many(keys, f))
    }

    /// Removes a key, and gives back its value.
    ///
    /// As [`SharedMap::remove`].
    ///
    /// # Errors
    ///
    /// [`Denied`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// map.insert("apples", 3)?;
    /// assert_eq!(map.remove(&"apples")?, Some(3));
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn remove(&self, key: &M::Key) -> Result<Option<M::Value>, Denied> {
        self.permit()?;
        Ok(self.map.remove(key))
    }

    /// Removes a key if its value is as the closure wants it, and gives back the value.
    ///
    /// As [`SharedMap::remove_if`].
    ///
    /// # Errors
    ///
    /// [`Denied`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// map.insert("apples", 3)?;
    /// assert_eq!(map.remove_if(&"apples", |n| *n == 0)?, None);
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn remove_if(
        &self,
        key: &M::Key,
        f: impl FnOnce(&M::Value) -> bool,
    ) -> Result<Option<M::Value>, Denied> {
        self.permit()?;
        Ok(self.map.remove_if(key, f))
    }

    /// Keeps the entries that the closure wants, and removes the others.
    ///
    /// As [`SharedMap::retain`].
    ///
    /// # Errors
    ///
    /// [`Denied`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// map.extend([("apples", 3), ("pears", 0)])?;
    /// map.retain(|_, n| *n > 0)?;
    /// assert_eq!(map.len(), 1);
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn retain(&self, f: impl FnMut(&M::Key, &mut M::Value) -> bool) -> Result<(), Denied> {
        self.permit()?;
        self.map.retain(f);
        Ok(())
    }

    /// Moves the entries out that the closure wants, all at once.
    ///
    /// As [`SharedMap::extract_if`].
    ///
    /// # Errors
    ///
    /// [`Denied`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// map.extend([("apples", 3), ("pears", 0)])?;
    /// assert_eq!(map.extract_if(|_, n| *n == 0)?, [("pears", 0)]);
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[expect(clippy::type_complexity, reason = "a name for it would say less")]
    #[track_caller]
    pub fn extract_if(
        &self,
        f: impl FnMut(&M::Key, &mut M::Value) -> bool,
    ) -> Result<Vec<(M::Key, M::Value)>, Denied> {
        self.permit()?;
        Ok(self.map.extract_if(f))
    }

    /// Removes every entry.
    ///
    /// As [`SharedMap::clear`].
    ///
    /// # Errors
    ///
    /// [`Denied`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// map.insert("apples", 3)?;
    /// map.clear()?;
    /// assert!(map.is_empty());
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn clear(&self) -> Result<(), Denied> {
        self.permit()?;
        self.map.clear();
        Ok(())
    }

    /// Puts each pair in, one after another. Each is one write.
    ///
    /// As [`SharedMap::extend`].
    ///
    /// # Errors
    ///
    /// [`Denied`], for the first pair that is refused; those before are in, and the iterator is not asked any more.
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new()).writes_per_second(2);
    /// assert!(map.extend([("apples", 3), ("pears", 4), ("plums", 5)]).is_err());
    /// assert_eq!(map.len(), 2);
    /// ```
    #[track_caller]
    pub fn extend(&self, pairs: impl IntoIterator<Item = (M::Key, M::Value)>) -> Result<(), Denied> {
        let site = Location::caller();
        let mut permitted = Ok(());
        self.map.extend(pairs.into_iter().map_while(|pair| {
            permitted = self.permit_to(site);
            permitted.is_ok().then_some(pair)
        }));
        permitted
    }

    /// The value of a key, cloned; made and put in first if the key is absent, which is a write.
    ///
    /// As [`SharedMap::get_or_insert_with`].
    ///
    /// # Errors
    ///
    /// [`Denied`]; never where the key is there.
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new()).writes_per_second(1);
    /// assert_eq!(map.get_or_insert_with("apples", || 3)?, 3);
    /// assert_eq!(map.get_or_insert_with("apples", || 5)?, 3);
    /// assert!(map.get_or_insert_with("pears", || 4).is_err());
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn get_or_insert_with(&self, key: M::Key, f: impl FnOnce() -> M::Value) -> Result<M::Value, Denied>
    where
        M::Value: Clone,
    {
        let site = Location::caller();
        self.map.get_or_try_insert_with(key, || {
            self.permit_to(site)?;
            Ok(f())
        })
    }

    /// The value of a key, cloned; made and put in first if the key is absent and `f` succeeds, which is a write.
    ///
    /// As [`SharedMap::get_or_try_insert_with`].
    ///
    /// # Errors
    ///
    /// [`Denied`], never where the key is there, and that of the closure within.
    ///
    /// # Examples
    ///
    /// ```
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// assert!(map.get_or_try_insert_with("apples", || "x".parse::<i32>())?.is_err());
    /// assert_eq!(map.get_or_try_insert_with("apples", || "3".parse::<i32>())?, Ok(3));
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    #[track_caller]
    pub fn get_or_try_insert_with<E>(
        &self,
        key: M::Key,
        f: impl FnOnce() -> Result<M::Value, E>,
    ) -> Result<Result<M::Value, E>, Denied>
    where
        M::Value: Clone,
    {
        let site = Location::caller();
        let made = self.map.get_or_try_insert_with(key, || {
            self.permit_to(site).map_err(Failed::Denied)?;
            f().map_err(Failed::Own)
        });
        Failed::part(made)
    }

    /// The value of a key, cloned; loaded first by `load` if the key is absent, which is a write.
    ///
    /// As [`SharedMap::get_or_load`]. A call that finds the value, or waits for the load of another call, is none.
    ///
    /// # Errors
    ///
    /// [`Denied`], instead of the load.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// # fn block_on<F: Future>(future: F) -> F::Output {
    /// #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
    /// #         Poll::Ready(value) => value,
    /// #         Poll::Pending => unreachable!("it waits for nobody"),
    /// #     }
    /// # }
    /// let map = WriteBreaker::new(ShardedMap::new()).writes_per_second(1);
    /// # block_on(async {
    /// assert_eq!(map.get_or_load("apples", async { 3 }).await, Ok(3));
    /// assert!(map.get_or_load("pears", async { 4 }).await.is_err());
    /// # });
    /// ```
    #[track_caller]
    pub fn get_or_load(
        &self,
        key: M::Key,
        load: impl Future<Output = M::Value>,
    ) -> impl Future<Output = Result<M::Value, Denied>>
    where
        M::Key: Eq + Clone,
        M::Value: Clone,
    {
        let site = Location::caller();
        self.map.try_get_or_load(key, async move {
            self.permit_to(site)?;
            Ok(load.await)
        })
    }

    /// The value of a key, cloned; loaded first by `load` if the key is absent and `load` succeeds, which is a write.
    ///
    /// As [`SharedMap::try_get_or_load`]. A call that finds the value, or waits for the load of another call, is none.
    ///
    /// # Errors
    ///
    /// [`Denied`], instead of the load, and that of the future within.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
    /// # use safe_map::{ShardedMap, WriteBreaker};
    /// # fn block_on<F: Future>(future: F) -> F::Output {
    /// #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
    /// #         Poll::Ready(value) => value,
    /// #         Poll::Pending => unreachable!("it waits for nobody"),
    /// #     }
    /// # }
    /// let map = WriteBreaker::new(ShardedMap::new());
    /// # block_on(async {
    /// assert_eq!(map.try_get_or_load("apples", async { "3".parse::<i32>() }).await, Ok(Ok(3)));
    /// # });
    /// ```
    #[track_caller]
    pub fn try_get_or_load<E>(
        &self,
        key: M::Key,
        load: impl Future<Output = Result<M::Value, E>>,
    ) -> impl Future<Output = Result<Result<M::Value, E>, Denied>>
    where
        M::Key: Eq + Clone,
        M::Value: Clone,
    {
        let site = Location::caller();
        let loaded = self.map.try_get_or_load(key, async move {
            self.permit_to(site).map_err(Failed::Denied)?;
            load.await.map_err(Failed::Own)
        });
        async move { Failed::part(loaded.await) }
    }
}

/// Why nothing was put in.
enum Failed<E> {
    Denied(Denied),
    Own(E),
}

impl<E> Failed<E> {
    /// The two kinds of failure apart.
    fn part<V>(result: Result<V, Self>) -> Result<Result<V, E>, Denied> {
        match result {
            Ok(value) => Ok(Ok(value)),
            Err(Failed::Own(error)) => Ok(Err(error)),
            Err(Failed::Denied(denied)) => Err(denied),
        }
    }
}
