//! The locks, atomics and thread-locals of this crate, from std or from a scheduler that explores interleavings.
//!
//! `--cfg safe_map_loom` and `--cfg safe_map_shuttle` choose the scheduler. Nothing else in the crate names one.

#[cfg(safe_map_loom)]
pub(crate) use loom::{
    sync::{
        Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering},
    },
    thread_local,
};
#[cfg(safe_map_shuttle)]
pub(crate) use shuttle::{
    sync::{
        Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering},
    },
    thread_local,
};
#[cfg(not(any(safe_map_loom, safe_map_shuttle)))]
pub(crate) use std::{
    sync::{
        Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering},
    },
    thread_local,
};

/// A thread-local that std initialises at compile time; the schedulers do it at first use.
macro_rules! plain_thread_local {
    ($(#[$meta:meta])* static $name:ident: $ty:ty = $init:expr;) => {
        #[cfg(not(any(safe_map_loom, safe_map_shuttle)))]
        $crate::sync::thread_local! { $(#[$meta])* static $name: $ty = const { $init } }
        #[cfg(any(safe_map_loom, safe_map_shuttle))]
        $crate::sync::thread_local! { $(#[$meta])* static $name: $ty = $init }
    };
}
pub(crate) use plain_thread_local;

/// A static that every thread sees; the schedulers make a new one for each schedule.
macro_rules! plain_static {
    ($(#[$meta:meta])* static $name:ident: $ty:ty = $init:expr;) => {
        #[cfg(not(any(safe_map_loom, safe_map_shuttle)))]
        $(#[$meta])* static $name: $ty = $init;
        #[cfg(safe_map_loom)]
        loom::lazy_static! { $(#[$meta])* static ref $name: $ty = $init; }
        #[cfg(safe_map_shuttle)]
        shuttle::lazy_static! { $(#[$meta])* static ref $name: $ty = $init; }
    };
}
pub(crate) use plain_static;

/// A value on cache lines of its own, so that neighbours do not slow each other down.
#[derive(Default)]
#[repr(align(128))]
pub(crate) struct Padded<T>(pub(crate) T);

/// What is behind a guard, whether or not a panic poisoned the lock: no map of this crate is poisoned.
pub(crate) fn unpoisoned<T>(result: Result<T, std::sync::PoisonError<T>>) -> T {
    result.unwrap_or_else(std::sync::PoisonError::into_inner)
}
