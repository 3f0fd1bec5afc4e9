//! The methods that every map has, with their documentation: one list for seven strategies.
//!
//! A strategy says what its reads and writes lock; the rest of a method's page is the same for all. The text of the
//! `lints` names is that of `cargo safe-map-lint`.

/// Writes the common methods for one map type, `SharedMap` for it, and the traits of std that follow from them.
macro_rules! shared_methods {
    (
        impl [$($param:ident),*] $Map:ty where [$($bounds:tt)*];
        key $K:ty; value $V:ty; query [$($query:tt)*];
        example $new:literal;
        reads $reads:literal; writes $writes:literal; whole $whole:literal; len $len:literal; many $many:literal; cost $cost:literal; on_panic $on_panic:literal;
    ) => {
        impl<$($param),*> $Map where $($bounds)* {
            /// The value of a key, cloned.
            ///
            /// Replaces a guard that lives on in a scrutinee or over an await (`guard_in_scrutinee`, `guard_across_await`).
            ///
            #[doc = concat!("Locks ", $reads, ", while `Clone` runs. ", $cost)]
            ///
            /// # Panics
            ///
            /// On [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.insert("apples", 3);
            /// assert_eq!(map.get("apples"), Some(3));
            /// assert_eq!(map.get("pears"), None);
            /// ```
            #[inline]
            #[track_caller]
            pub fn get<Q>(&self, key: &Q) -> Option<$V>
            where
                $($query)*, $V: Clone,
            {
                let call = Call::here(Op::Get);
                let _watch = self.meta().watch(call);
                ops::view(self, call, key, |value| value.cloned())
            }

            shared_methods! { @read
                impl [$($param),*] $Map;
                key $K; value $V; query [$($query)*];
                example $new; reads $reads; cost $cost;
            }

            /// Puts a value in, and gives back the one it replaces.
            ///
            #[doc = concat!("Locks ", $writes, ". ", $cost)]
            /// The old value and the unneeded key are dropped after that.
            ///
            /// # Panics
            ///
            /// On [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// assert_eq!(map.insert("apples", 3), None);
            /// assert_eq!(map.insert("apples", 5), Some(3));
            /// ```
            #[inline]
            #[track_caller]
            pub fn insert(&self, key: $K, value: $V) -> Option<$V> {
                let call = Call::here(Op::Insert);
                let _watch = self.meta().watch(call);
                ops::insert(self, call, key, value)
            }

            /// Removes a key, and gives back its value.
            ///
            #[doc = concat!("Locks ", $writes, ". ", $cost)]
            ///
            /// # Panics
            ///
            /// On [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.insert("apples", 3);
            /// assert_eq!(map.remove("apples"), Some(3));
            /// assert_eq!(map.remove("apples"), None);
            /// ```
            #[inline]
            #[track_caller]
            pub fn remove<Q>(&self, key: &Q) -> Option<$V>
            where
                $($query)*,
            {
                let call = Call::here(Op::Remove);
                let _watch = self.meta().watch(call);
                ops::remove_entry(self, call, key).map(|(_, value)| value)
            }
        }

        shared_methods! { @more
            impl [$($param),*] $Map where [$($bounds)*];
            key $K; value $V; query [$($query)*];
            example $new;
            reads $reads; writes $writes; whole $whole; len $len; many $many; cost $cost; on_panic $on_panic;
        }
    };

    // `read` and `contains_key`.
    (@read
        impl [$($param:ident),*] $Map:ty;
        key $K:ty; value $V:ty; query [$($query:tt)*];
        example $new:literal; reads $reads:literal; cost $cost:literal;
    ) => {
        /// Shows the value of a key to a closure, without cloning it.
        ///
        /// Replaces a guard that is held longer than it is used (`guard_outlives_use`).
        ///
        #[doc = concat!("Locks ", $reads, ", while the closure runs. ", $cost)]
        ///
        /// # Panics
        ///
        /// As the closure does, and on [re-entry](crate#re-entry).
        ///
        /// # Examples
        ///
        /// ```
        #[doc = concat!("let map = ", $new, ";")]
        /// map.insert("apples", 3);
        /// assert_eq!(map.read("apples", |n| n + 1), Some(4));
        /// ```
        #[inline]
        #[track_caller]
        pub fn read<Q, R>(&self, key: &Q, f: impl FnOnce(&$V) -> R) -> Option<R>
        where
            $($query)*,
        {
            let call = Call::here(Op::Read);
            let _watch = self.meta().watch(call);
            ops::read(self, call, key, f)
        }

        /// Whether a key is there.
        ///
        /// Its answer may be old when it is used: for check-then-act there are [`try_insert`](Self::try_insert),
        /// [`get_or_insert_with`](Self::get_or_insert_with) and [`compute`](Self::compute).
        ///
        #[doc = concat!("Locks ", $reads, ". ", $cost)]
        ///
        /// # Panics
        ///
        /// On [re-entry](crate#re-entry).
        ///
        /// # Examples
        ///
        /// ```
        #[doc = concat!("let map = ", $new, ";")]
        /// map.insert("apples", 3);
        /// assert!(map.contains_key("apples"));
        /// ```
        #[inline]
        #[track_caller]
        pub fn contains_key<Q>(&self, key: &Q) -> bool
        where
            $($query)*,
        {
            let call = Call::here(Op::ContainsKey);
            let _watch = self.meta().watch(call);
            ops::view(self, call, key, |value| value.is_some())
        }
    };

    // Everything whose signature is the same for a map with versions.
    (@more
        impl [$($param:ident),*] $Map:ty where [$($bounds:tt)*];
        key $K:ty; value $V:ty; query [$($query:tt)*];
        example $new:literal;
        reads $reads:literal; writes $writes:literal; whole $whole:literal; len $len:literal; many $many:literal; cost $cost:literal; on_panic $on_panic:literal;
    ) => {
        impl<$($param),*> $Map where $($bounds)* {
            /// Puts a value in if the key is absent; gives both back otherwise.
            ///
            /// Replaces `contains_key` before `insert` (`check_then_act`).
            ///
            #[doc = concat!("Locks ", $writes, ". ", $cost)]
            ///
            /// # Errors
            ///
            /// [`Occupied`], with the key and the value that were not needed.
            ///
            /// # Panics
            ///
            /// On [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// assert!(map.try_insert("apples", 3).is_ok());
            /// assert_eq!(map.try_insert("apples", 5).unwrap_err().value, 5);
            /// ```
            #[track_caller]
            pub fn try_insert(&self, key: $K, value: $V) -> Result<(), Occupied<$K, $V>> {
                let call = Call::here(Op::TryInsert);
                let _watch = self.meta().watch(call);
                ops::try_insert(self, call, key, value).map_err(|(key, value)| Occupied { key, value })
            }

            /// The value of a key, cloned; made and put in first if the key is absent.
            ///
            /// Replaces `get` before `insert` (`check_then_act`) and a lock that is taken again in its own `None` arm
            /// (`double_lock`).
            ///
            #[doc = concat!("Locks ", $reads, " to look; if the key is absent, ", $writes, ", while the closure runs. ", $cost)]
            ///
            /// # Panics
            ///
            /// As the closure does; the key is then absent. And on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// assert_eq!(map.get_or_insert_with("apples", || 3), 3);
            /// assert_eq!(map.get_or_insert_with("apples", || 5), 3);
            /// ```
            #[track_caller]
            pub fn get_or_insert_with(&self, key: $K, f: impl FnOnce() -> $V) -> $V
            where
                $V: Clone,
            {
                let call = Call::here(Op::GetOrInsertWith);
                let _watch = self.meta().watch(call);
                match ops::get_or_try_insert_with(self, call, key, || Ok::<_, Infallible>(f())) {
                    Ok(value) => value,
                    Err(never) => match never {},
                }
            }

            /// The value of a key, cloned; made and put in first if the key is absent and `f` succeeds.
            ///
            #[doc = concat!("Locks ", $reads, " to look; if the key is absent, ", $writes, ", while the closure runs. ", $cost)]
            ///
            /// # Errors
            ///
            /// That of the closure; the key is then absent.
            ///
            /// # Panics
            ///
            /// As the closure does; the key is then absent. And on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// assert!(map.get_or_try_insert_with("apples", || "x".parse::<i32>()).is_err());
            /// assert_eq!(map.get_or_try_insert_with("apples", || "3".parse::<i32>()), Ok(3));
            /// ```
            #[track_caller]
            pub fn get_or_try_insert_with<E>(&self, key: $K, f: impl FnOnce() -> Result<$V, E>) -> Result<$V, E>
            where
                $V: Clone,
            {
                let call = Call::here(Op::GetOrTryInsertWith);
                let _watch = self.meta().watch(call);
                ops::get_or_try_insert_with(self, call, key, f)
            }

            /// The value of a key, cloned; loaded first by `load` if the key is absent.
            ///
            /// Each key is loaded by one task at a time. The others wait for its value; if it is cancelled or panics, one
            /// of them takes over with its own future. If another call has put a value in meanwhile, that one stays.
            ///
            /// Replaces an entry or a guard that is held over an await (`guard_across_await`).
            ///
            #[doc = concat!("Locks ", $reads, " to look, and ", $writes, " to put the value in; nothing while `load` runs. ", $cost)]
            ///
            /// # Panics
            ///
            /// As the future does, on [re-entry](crate#re-entry), and where it would wait forever: if the future waits for its own
            /// key, or for a load that waits for it, through other keys, tasks and maps too. The load that closes the circle
            /// panics, with the places of all; the others go on.
            ///
            /// A load is taken to wait for what it polls. So a wait for its own load that it would give up after a while panics
            /// too. And a circle is not seen where a load waits for something else that waits for a load: a task that it has spawned,
            /// a channel, a future that was polled once and is kept. No runtime tells a map which task waits for which.
            ///
            /// # Examples
            ///
            /// ```
            /// # use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
            /// # fn block_on<F: Future>(future: F) -> F::Output {
            /// #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            /// #         Poll::Ready(value) => value,
            /// #         Poll::Pending => unreachable!("it waits for nobody"),
            /// #     }
            /// # }
            #[doc = concat!("let map = ", $new, ";")]
            /// # block_on(async {
            /// assert_eq!(map.get_or_load("apples", async { 3 }).await, 3);
            /// # });
            /// ```
            #[track_caller]
            pub fn get_or_load(&self, key: $K, load: impl Future<Output = $V>) -> impl Future<Output = $V>
            where
                $K: Eq + Clone, $V: Clone,
            {
                let call = Call::here(Op::GetOrLoad);
                let load = async { Ok::<_, Infallible>(load.await) };
                async move {
                    match ops::get_or_load(self, call, key, load).await {
                        Ok(value) => value,
                        Err(never) => match never {},
                    }
                }
            }

            /// The value of a key, cloned; loaded first by `load` if the key is absent and `load` succeeds.
            ///
            /// As [`get_or_load`](Self::get_or_load), and it locks what that does. An error is that of this call's own future: the
            /// tasks that waited for it try their own.
            ///
            /// # Errors
            ///
            /// That of the future; the key is then absent.
            ///
            /// # Panics
            ///
            /// As [`get_or_load`](Self::get_or_load).
            ///
            /// # Examples
            ///
            /// ```
            /// # use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
            /// # fn block_on<F: Future>(future: F) -> F::Output {
            /// #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            /// #         Poll::Ready(value) => value,
            /// #         Poll::Pending => unreachable!("it waits for nobody"),
            /// #     }
            /// # }
            #[doc = concat!("let map = ", $new, ";")]
            /// # block_on(async {
            /// assert!(map.try_get_or_load("apples", async { "x".parse::<i32>() }).await.is_err());
            /// assert_eq!(map.try_get_or_load("apples", async { "3".parse::<i32>() }).await, Ok(3));
            /// # });
            /// ```
            #[track_caller]
            pub fn try_get_or_load<E>(
                &self,
                key: $K,
                load: impl Future<Output = Result<$V, E>>,
            ) -> impl Future<Output = Result<$V, E>>
            where
                $K: Eq + Clone, $V: Clone,
            {
                let call = Call::here(Op::TryGetOrLoad);
                ops::get_or_load(self, call, key, load)
            }

            /// Changes the value of a key where it is. `None` if the key is absent.
            ///
            /// Replaces `get`, then `insert` of something made from it (`check_then_act`).
            ///
            #[doc = concat!("Locks ", $writes, ", while the closure runs. ", $cost)]
            ///
            /// # Panics
            ///
            #[doc = concat!("As the closure does; ", $on_panic, " And on")]
            /// [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.insert("apples", 3);
            /// assert_eq!(map.update("apples", |n| { *n += 1; *n }), Some(4));
            /// assert_eq!(map.update("pears", |n| *n += 1), None);
            /// ```
            #[inline]
            #[track_caller]
            pub fn update<Q, R>(&self, key: &Q, f: impl FnOnce(&mut $V) -> R) -> Option<R>
            where
                $($query)*,
            {
                let call = Call::here(Op::Update);
                let _watch = self.meta().watch(call);
                ops::update(self, call, key, f)
            }

            /// Changes the value of a key where it is, by a closure that can fail.
            ///
            #[doc = concat!("Locks ", $writes, ", while the closure runs. ", $cost)]
            ///
            /// # Errors
            ///
            /// That of the closure. The value is what the closure has made of it.
            ///
            /// # Panics
            ///
            /// As [`update`](Self::update).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.insert("apples", 3);
            /// let taken = map.try_update("apples", |n| if *n < 5 { Err("too few") } else { Ok(*n -= 5) });
            /// assert_eq!(taken, Err("too few"));
            /// ```
            #[track_caller]
            pub fn try_update<Q, R, E>(
                &self,
                key: &Q,
                f: impl FnOnce(&mut $V) -> Result<R, E>,
            ) -> Result<Option<R>, E>
            where
                $($query)*,
            {
                let call = Call::here(Op::TryUpdate);
                let _watch = self.meta().watch(call);
                ops::update(self, call, key, f).transpose()
            }

            /// Changes the value of a key, or puts one in if the key is absent. Gives whether one was put in.
            ///
            #[doc = concat!("Locks ", $writes, ", while one of the closures runs. ", $cost)]
            ///
            /// # Panics
            ///
            /// As the closures do; the key is then absent. And on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// for word in ["to", "be", "or", "not", "to", "be"] {
            ///     map.upsert(word, || 1, |n| *n += 1);
            /// }
            /// assert_eq!(map.read("be", |n| *n), Some(2));
            /// ```
            #[track_caller]
            pub fn upsert(&self, key: $K, insert: impl FnOnce() -> $V, update: impl FnOnce(&mut $V)) -> bool {
                let call = Call::here(Op::Upsert);
                let _watch = self.meta().watch(call);
                ops::upsert(self, call, key, insert, update)
            }

            /// Decides about a key from its value: what the closure gives is the new value, `None` removes the key.
            /// Gives whether the key is there afterwards.
            ///
            #[doc = concat!("Locks ", $writes, ", while the closure runs. ", $cost)]
            ///
            /// # Panics
            ///
            /// As the closure does; the key is then absent. And on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.insert("apples", 1);
            /// let eat = |left: Option<i32>| left.map(|n| n - 1).filter(|n| *n > 0);
            /// assert!(!map.compute("apples", eat));
            /// assert!(!map.contains_key("apples"));
            /// ```
            #[track_caller]
            pub fn compute(&self, key: $K, f: impl FnOnce(Option<$V>) -> Option<$V>) -> bool {
                let call = Call::here(Op::Compute);
                let _watch = self.meta().watch(call);
                ops::compute(self, call, key, f)
            }

            /// Changes the values of two keys at once. `None` if one of them is absent.
            ///
            /// Replaces two guards of one map (`double_lock`, `lock_order_inversion`).
            ///
            #[doc = concat!("Locks ", $writes, " of both keys, in one order for all callers, while the closure runs. ", $cost)]
            ///
            /// # Panics
            ///
            /// As [`update`](Self::update), and if the keys are equal.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.insert("alice", 10);
            /// map.insert("bob", 0);
            /// map.update_pair("alice", "bob", |from, to| { *from -= 3; *to += 3 });
            /// assert_eq!(map.fold(0, |sum, _, n| sum + n), 10);
            /// ```
            #[track_caller]
            pub fn update_pair<Q, R>(
                &self,
                first: &Q,
                second: &Q,
                f: impl FnOnce(&mut $V, &mut $V) -> R,
            ) -> Option<R>
            where
                $($query)*,
            {
                let call = Call::here(Op::UpdatePair);
                let _watch = self.meta().watch(call);
                ops::update_pair(self, call, first, second, f)
            }

            /// Changes the values of several keys at once. An absent key is `None` in the array.
            ///
            #[doc = concat!("Locks ", $writes, " of each key, in one order for all callers, while the closure runs. ", $cost)]
            ///
            /// # Panics
            ///
            /// As [`update`](Self::update), and if two keys that are there are equal.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.insert("apples", 3);
            /// map.insert("pears", 4);
            /// let sum = map.update_many(["apples", "pears", "plums"], |values| {
            ///     values.into_iter().flatten().map(|n| *n).sum::<i32>()
            /// });
            /// assert_eq!(sum, 7);
            /// ```
            #[track_caller]
            pub fn update_many<Q, const N: usize, R>(
                &self,
                keys: [&Q; N],
                f: impl FnOnce([Option<&mut $V>; N]) -> R,
            ) -> R
            where
                $($query)*,
            {
                let call = Call::here(Op::UpdateMany);
                let _watch = self.meta().watch(call);
                ops::update_many(self, call, keys, f)
            }

            /// Removes a key if its value is as the closure wants it, and gives back the value.
            ///
            /// Replaces a look at the value before `remove` (`check_then_act`).
            ///
            #[doc = concat!("Locks ", $writes, ", while the closure runs. ", $cost)]
            ///
            /// # Panics
            ///
            /// As the closure does; the entry then stays. And on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.insert("apples", 3);
            /// assert_eq!(map.remove_if("apples", |n| *n == 0), None);
            /// assert_eq!(map.remove_if("apples", |n| *n == 3), Some(3));
            /// ```
            #[track_caller]
            pub fn remove_if<Q>(&self, key: &Q, f: impl FnOnce(&$V) -> bool) -> Option<$V>
            where
                $($query)*,
            {
                let call = Call::here(Op::RemoveIf);
                let _watch = self.meta().watch(call);
                ops::remove_entry_if(self, call, key, |_, value| f(value)).map(|(_, value)| value)
            }

            /// Keeps the entries that the closure wants, and removes the others.
            ///
            /// Replaces a removal inside a loop over the map (`delete_during_iteration`) and collecting keys to remove
            /// them later (`collect_then_delete`).
            ///
            #[doc = concat!("Locks ", $whole, " while the closure runs. O(n).")]
            ///
            /// # Panics
            ///
            /// As the closure does; the entries before are done, the others stay. And on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.insert("apples", 3);
            /// map.insert("pears", 0);
            /// map.retain(|_, n| *n > 0);
            /// assert_eq!(map.len(), 1);
            /// ```
            #[track_caller]
            pub fn retain(&self, mut f: impl FnMut(&$K, &mut $V) -> bool) {
                let call = Call::here(Op::Retain);
                let _watch = self.meta().watch(call);
                ops::extract(self, call, |key, value| !f(key, value));
            }

            /// Moves the entries out that the closure wants, all at once.
            ///
            /// Replaces collecting keys to remove them later (`collect_then_delete`).
            ///
            #[doc = concat!("Locks ", $whole, " while the closure runs. O(n).")]
            ///
            /// # Panics
            ///
            /// As the closure does; the entries before are done, the others stay. And on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.insert("apples", 3);
            /// map.insert("pears", 0);
            /// assert_eq!(map.extract_if(|_, n| *n == 0), [("pears", 0)]);
            /// ```
            #[track_caller]
            pub fn extract_if(&self, f: impl FnMut(&$K, &mut $V) -> bool) -> Vec<($K, $V)> {
                let call = Call::here(Op::ExtractIf);
                let _watch = self.meta().watch(call);
                ops::extract(self, call, f)
            }

            /// Removes every entry.
            ///
            #[doc = concat!("Locks ", $whole, " while the entries are moved out. O(n); they are dropped after that.")]
            ///
            /// # Panics
            ///
            /// On [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.insert("apples", 3);
            /// map.clear();
            /// assert!(map.is_empty());
            /// ```
            #[track_caller]
            pub fn clear(&self) {
                let call = Call::here(Op::Clear);
                let _watch = self.meta().watch(call);
                ops::clear(self, call);
            }

            /// Puts each pair in, one after another.
            ///
            #[doc = concat!("Locks ", $writes, "; the iterator runs outside. ", $many, " ", $cost)]
            ///
            /// # Panics
            ///
            /// As the iterator does, and on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.extend([("apples", 3), ("pears", 4)]);
            /// assert_eq!(map.len(), 2);
            /// ```
            #[track_caller]
            pub fn extend(&self, pairs: impl IntoIterator<Item = ($K, $V)>) {
                let call = Call::here(Op::Extend);
                let _watch = self.meta().watch(call);
                ops::extend(self, call, pairs.into_iter());
            }

            /// The number of entries.
            ///
            #[doc = $len]
            ///
            /// # Panics
            ///
            /// On [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.insert("apples", 3);
            /// assert_eq!(map.len(), 1);
            /// ```
            #[track_caller]
            pub fn len(&self) -> usize {
                let call = Call::here(Op::Len);
                let _watch = self.meta().watch(call);
                Strategy::len(self, call)
            }

            /// Whether there is no entry. As [`len`](Self::len).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// # map.insert("apples", 3);
            /// assert!(!map.is_empty());
            /// ```
            #[track_caller]
            pub fn is_empty(&self) -> bool {
                let call = Call::here(Op::IsEmpty);
                let _watch = self.meta().watch(call);
                Strategy::len(self, call) == 0
            }

            /// Shows each entry to the closure.
            ///
            /// Replaces an iterator that holds a lock through the body of its loop (`guard_in_scrutinee`,
            /// `delete_during_iteration`).
            ///
            #[doc = concat!("Locks ", $whole, " while the closure runs. O(n).")]
            ///
            /// # Panics
            ///
            /// As the closure does, and on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.extend([("apples", 3), ("pears", 4)]);
            /// let mut sum = 0;
            /// map.for_each(|_, n| sum += n);
            /// assert_eq!(sum, 7);
            /// ```
            #[track_caller]
            pub fn for_each(&self, f: impl FnMut(&$K, &$V)) {
                let call = Call::here(Op::ForEach);
                let _watch = self.meta().watch(call);
                self.scan(call, f);
            }

            /// Folds every entry into one value.
            ///
            #[doc = concat!("Locks ", $whole, " while the closure runs. O(n).")]
            ///
            /// # Panics
            ///
            /// As the closure does, and on [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.extend([("apples", 3), ("pears", 4)]);
            /// assert_eq!(map.fold(0, |sum, _, n| sum + n), 7);
            /// ```
            #[track_caller]
            pub fn fold<A>(&self, init: A, f: impl FnMut(A, &$K, &$V) -> A) -> A {
                let call = Call::here(Op::Fold);
                let _watch = self.meta().watch(call);
                ops::fold(self, call, init, f)
            }

            /// A copy of every entry.
            ///
            /// Replaces an iterator that is alive while something else happens (`guard_across_await`).
            ///
            #[doc = concat!("Locks ", $whole, " while `Clone` runs. O(n).")]
            ///
            /// # Panics
            ///
            /// On [re-entry](crate#re-entry).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.insert("apples", 3);
            /// assert_eq!(map.entries(), [("apples", 3)]);
            /// ```
            #[track_caller]
            pub fn entries(&self) -> Vec<($K, $V)>
            where
                $K: Clone, $V: Clone,
            {
                let call = Call::here(Op::Entries);
                let _watch = self.meta().watch(call);
                ops::entries(self, call)
            }
        }

        #[cfg(feature = "stats")]
        impl<$($param),*> $Map where $($bounds)* {
            /// What the map has been through since it was made.
            ///
            /// Locks nothing that is not free, and so may be called anywhere. O(1) for each shard. It does not panic.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.insert("apples", 3);
            /// assert!(map.stats().contended() == 0);
            /// ```
            pub fn stats(&self) -> crate::stats::Stats {
                Strategy::stats(self)
            }

            /// Whether the strategy fits what is done with the map.
            ///
            /// As [`stats`](Self::stats).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let map = ", $new, ";")]
            /// map.insert("apples", 3);
            /// assert_eq!(map.health(), safe_map::stats::Health::Good);
            /// ```
            pub fn health(&self) -> crate::stats::Health {
                Strategy::stats(self).health(<Self as Strategy>::KIND)
            }
        }

        #[cfg(feature = "observer")]
        impl<$($param),*> $Map where $($bounds)* {
            /// Tells an observer of each operation from now on, before and after it and outside the lock.
            ///
            /// Locks nothing. O(1). It does not panic.
            ///
            /// # Errors
            ///
            /// If the map has an observer already.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::{sync::Arc, time::Duration};
            /// use safe_map::observer::{Event, Observer};
            ///
            /// struct Prints;
            ///
            /// impl Observer for Prints {
            ///     fn after(&self, event: &Event, took: Duration) {
            ///         println!("`{}` at {} took {took:?}", event.op.name(), event.site);
            ///     }
            /// }
            ///
            #[doc = concat!("let map = ", $new, ";")]
            /// map.observe(Arc::new(Prints))?;
            /// map.insert("apples", 3);
            /// # Ok::<_, safe_map::observer::Observed>(())
            /// ```
            pub fn observe(
                &self,
                observer: std::sync::Arc<dyn crate::observer::Observer>,
            ) -> Result<(), crate::observer::Observed> {
                self.meta().observe(observer).map_err(|_| crate::observer::Observed)
            }
        }

        #[cfg(feature = "serde")]
        impl<$($param),*> serde::Serialize for $Map
        where
            $K: serde::Serialize + Clone, $V: serde::Serialize + Clone, $($bounds)*
        {
            /// Copies the entries first: nothing is locked while they are serialised.
            fn serialize<Out: serde::Serializer>(&self, out: Out) -> Result<Out::Ok, Out::Error> {
                out.collect_map(self.entries())
            }
        }

        #[cfg(feature = "serde")]
        impl<'de, $($param),*> serde::Deserialize<'de> for $Map
        where
            Self: Default, $K: serde::Deserialize<'de>, $V: serde::Deserialize<'de>, $($bounds)*
        {
            fn deserialize<In: serde::Deserializer<'de>>(input: In) -> Result<Self, In::Error> {
                crate::serde::pairs(input).map(Self::from_iter)
            }
        }

        #[cfg(feature = "rayon")]
        impl<$($param),*> rayon::iter::IntoParallelIterator for $Map where $K: Send, $V: Send, $($bounds)* {
            type Item = ($K, $V);
            type Iter = rayon::vec::IntoIter<($K, $V)>;

            fn into_par_iter(self) -> Self::Iter {
                self.into_entries().into_par_iter()
            }
        }

        #[cfg(feature = "rayon")]
        impl<$($param),*> rayon::iter::FromParallelIterator<($K, $V)> for $Map
        where
            Self: Default + Sync, $K: Send, $V: Send, $($bounds)*
        {
            fn from_par_iter<I: rayon::iter::IntoParallelIterator<Item = ($K, $V)>>(pairs: I) -> Self {
                use rayon::iter::ParallelIterator;
                // Not into the map at once: a `FailFastMap` would refuse that.
                let pairs: Vec<_> = pairs.into_par_iter().collect();
                Self::from_iter(pairs)
            }
        }

        impl<$($param),*> crate::dump::Dump for $Map where $($bounds)* {
            fn header(&self) -> crate::dump::Header {
                let mut header = crate::dump::Header::default();
                self.peek_len(&mut |table| header.add(table));
                header.versions = self.old_versions();
                header
            }
        }

        impl<$($param),*> IntoIterator for $Map where $($bounds)* {
            type Item = ($K, $V);
            type IntoIter = std::vec::IntoIter<($K, $V)>;

            fn into_iter(self) -> Self::IntoIter {
                self.into_entries().into_iter()
            }
        }

        impl<$($param),*> FromIterator<($K, $V)> for $Map where Self: Default, $($bounds)* {
            fn from_iter<I: IntoIterator<Item = ($K, $V)>>(pairs: I) -> Self {
                let map = Self::default();
                map.extend(pairs);
                map
            }
        }

        /// Prints the entries. Those that are locked are left out, and `..` says so.
        impl<$($param),*> fmt::Debug for $Map where $K: fmt::Debug, $V: fmt::Debug, $($bounds)* {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut list = out.debug_map();
                let all = self.peek(Call::here(Op::Debug), &mut |key, value| {
                    list.entry(key, value);
                });
                if all { list.finish() } else { list.finish_non_exhaustive() }
            }
        }

        impl<$($param),*> SharedMap for $Map where $($bounds)* {
            type Key = $K;
            type Value = $V;

            #[inline]
            #[track_caller]
            fn read<R>(&self, key: &$K, f: impl FnOnce(&$V) -> R) -> Option<R> {
                self.read(key, f)
            }

            #[inline]
            #[track_caller]
            fn insert(&self, key: $K, value: $V) -> Option<$V> {
                let call = Call::here(Op::Insert);
                let _watch = self.meta().watch(call);
                ops::insert(self, call, key, value)
            }

            #[inline]
            #[track_caller]
            fn remove(&self, key: &$K) -> Option<$V> {
                let call = Call::here(Op::Remove);
                let _watch = self.meta().watch(call);
                ops::remove_entry(self, call, key).map(|(_, value)| value)
            }

            #[track_caller]
            fn try_insert(&self, key: $K, value: $V) -> Result<(), Occupied<$K, $V>> {
                self.try_insert(key, value)
            }

            #[track_caller]
            fn get_or_insert_with(&self, key: $K, f: impl FnOnce() -> $V) -> $V
            where
                $V: Clone,
            {
                self.get_or_insert_with(key, f)
            }

            #[track_caller]
            fn get_or_try_insert_with<E>(&self, key: $K, f: impl FnOnce() -> Result<$V, E>) -> Result<$V, E>
            where
                $V: Clone,
            {
                self.get_or_try_insert_with(key, f)
            }

            #[track_caller]
            fn get_or_load(&self, key: $K, load: impl Future<Output = $V>) -> impl Future<Output = $V>
            where
                $K: Eq + Clone, $V: Clone,
            {
                self.get_or_load(key, load)
            }

            #[track_caller]
            fn try_get_or_load<E>(
                &self,
                key: $K,
                load: impl Future<Output = Result<$V, E>>,
            ) -> impl Future<Output = Result<$V, E>>
            where
                $K: Eq + Clone, $V: Clone,
            {
                self.try_get_or_load(key, load)
            }

            #[inline]
            #[track_caller]
            fn update<R>(&self, key: &$K, f: impl FnOnce(&mut $V) -> R) -> Option<R> {
                self.update(key, f)
            }

            #[track_caller]
            fn upsert(&self, key: $K, insert: impl FnOnce() -> $V, update: impl FnOnce(&mut $V)) -> bool {
                self.upsert(key, insert, update)
            }

            #[track_caller]
            fn compute(&self, key: $K, f: impl FnOnce(Option<$V>) -> Option<$V>) -> bool {
                self.compute(key, f)
            }

            #[track_caller]
            fn update_pair<R>(&self, first: &$K, second: &$K, f: impl FnOnce(&mut $V, &mut $V) -> R) -> Option<R> {
                self.update_pair(first, second, f)
            }

            #[track_caller]
            fn update_many<const N: usize, R>(&self, keys: [&$K; N], f: impl FnOnce([Option<&mut $V>; N]) -> R) -> R {
                self.update_many(keys, f)
            }

            #[track_caller]
            fn remove_if(&self, key: &$K, f: impl FnOnce(&$V) -> bool) -> Option<$V> {
                self.remove_if(key, f)
            }

            #[track_caller]
            fn retain(&self, f: impl FnMut(&$K, &mut $V) -> bool) {
                self.retain(f);
            }

            #[track_caller]
            fn extract_if(&self, f: impl FnMut(&$K, &mut $V) -> bool) -> Vec<($K, $V)> {
                self.extract_if(f)
            }

            #[track_caller]
            fn clear(&self) {
                self.clear();
            }

            #[track_caller]
            fn len(&self) -> usize {
                self.len()
            }

            #[track_caller]
            fn for_each(&self, f: impl FnMut(&$K, &$V)) {
                self.for_each(f);
            }

            #[track_caller]
            fn fold<A>(&self, init: A, f: impl FnMut(A, &$K, &$V) -> A) -> A {
                self.fold(init, f)
            }

            #[track_caller]
            fn extend(&self, pairs: impl IntoIterator<Item = ($K, $V)>) {
                self.extend(pairs);
            }

            #[track_caller]
            fn entries(&self) -> Vec<($K, $V)>
            where
                $K: Clone, $V: Clone,
            {
                self.entries()
            }
        }
    };
}
pub(crate) use shared_methods;

/// `From` the plain map, with its hasher, for the maps that hash by themselves.
macro_rules! from_hash_map {
    ($Map:ident [$($bounds:tt)*]) => {
        /// Takes the entries over, and the hasher.
        impl<K: Hash + Eq, V, S: BuildHasher + Clone> From<HashMap<K, V, S>> for $Map<K, V, S> where $($bounds)* {
            fn from(plain: HashMap<K, V, S>) -> Self {
                let map = Self::with_hasher(plain.hasher().clone());
                map.extend(plain);
                map
            }
        }

        impl<K: Hash + Eq, V, const N: usize> From<[(K, V); N]> for $Map<K, V> where $($bounds)* {
            fn from(pairs: [(K, V); N]) -> Self {
                let map = Self::new();
                map.extend(pairs);
                map
            }
        }
    };
}
pub(crate) use from_hash_map;
