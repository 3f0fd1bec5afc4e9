//! The locks, atomics and thread-locals of this crate, from std or from a scheduler that explores interleavings.
//!
//! `--cfg safe_map_loom` and `--cfg safe_map_shuttle` choose the scheduler. Nothing else in the crate names one.

#[cfg(safe_map_loom)]
pub(crate) use loom::{
    sync::{
        Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread_local,
};
#[cfg(safe_map_shuttle)]
pub(crate) use shuttle::{
    sync::{
        Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread_local,
};
#[cfg(not(any(safe_map_loom, safe_map_shuttle)))]
pub(crate) use std::{
    sync::{
        Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread_local,
};

/// A thread-local that needs no destructor. std initialises it at compile time; the schedulers do it at first use.
macro_rules! plain_thread_local {
    ($(#[$meta:meta])* static $name:ident: $ty:ty = $init:expr;) => {
        #[cfg(not(any(safe_map_loom, safe_map_shuttle)))]
        $crate::sync::thread_local! { $(#[$meta])* static $name: $ty = const { $init } }
        #[cfg(any(safe_map_loom, safe_map_shuttle))]
        $crate::sync::thread_local! { $(#[$meta])* static $name: $ty = $init }
    };
}
pub(crate) use plain_thread_local;

/// A value on cache lines of its own, so that neighbours do not slow each other down.
#[derive(Default)]
#[repr(align(128))]
pub(crate) struct Padded<T>(pub(crate) T);

/// What is behind a guard, whether or not a panic poisoned the lock: no map of this crate is poisoned.
pub(crate) fn unpoisoned<T>(result: Result<T, std::sync::PoisonError<T>>) -> T {
    result.unwrap_or_else(std::sync::PoisonError::into_inner)
}

pub(crate) use published::Published;

#[cfg(not(any(safe_map_loom, safe_map_shuttle)))]
mod published {
    use std::{ops::Deref, sync::Arc};

    use arc_swap::ArcSwapAny;

    /// A pointer to an immutable value that readers follow without a lock and without a write to shared memory.
    ///
    /// The scheme is that of `arc-swap`: a reader notes the pointer in one of the eight debt slots that its own thread
    /// owns, and looks whether it is still current; a writer pays the debts on the pointer that it has replaced.
    pub(crate) struct Published<P: arc_swap::RefCnt>(ArcSwapAny<P>);

    impl<T> Published<Arc<T>> {
        pub(crate) fn new(value: Arc<T>) -> Self {
            Published(ArcSwapAny::new(value))
        }
    }

    impl<T> Published<Option<Arc<T>>> {
        pub(crate) fn some(value: Arc<T>) -> Self {
            Published(ArcSwapAny::new(Some(value)))
        }
    }

    impl<P: arc_swap::RefCnt> Published<P> {
        #[inline]
        pub(crate) fn load(&self) -> impl Deref<Target = P> {
            self.0.load()
        }

        pub(crate) fn load_full(&self) -> P {
            self.0.load_full()
        }

        pub(crate) fn swap(&self, new: P) -> P {
            self.0.swap(new)
        }
    }
}

#[cfg(any(safe_map_loom, safe_map_shuttle))]
mod published {
    use std::{ops::Deref, sync::Arc};

    use super::{RwLock, unpoisoned};

    /// The model of the published pointer: a load and a swap are one step each, as arc-swap promises.
    pub(crate) struct Published<P>(RwLock<P>);

    impl<T> Published<Arc<T>> {
        pub(crate) fn new(value: Arc<T>) -> Self {
            Published(RwLock::new(value))
        }
    }

    impl<T> Published<Option<Arc<T>>> {
        pub(crate) fn some(value: Arc<T>) -> Self {
            Published(RwLock::new(Some(value)))
        }
    }

    struct Loaded<P>(P);

    impl<P> Deref for Loaded<P> {
        type Target = P;

        fn deref(&self) -> &P {
            &self.0
        }
    }

    impl<P: Clone> Published<P> {
        pub(crate) fn load(&self) -> impl Deref<Target = P> {
            Loaded(self.load_full())
        }

        pub(crate) fn load_full(&self) -> P {
            unpoisoned(self.0.read()).clone()
        }

        pub(crate) fn swap(&self, new: P) -> P {
            std::mem::replace(&mut *unpoisoned(self.0.write()), new)
        }
    }
}
