//! A lock that nobody waits for: an access that conflicts with another one panics before it touches anything.

use std::{
    sync::{Mutex, MutexGuard, TryLockError},
    thread::{self, Thread},
};

#[cfg(feature = "stats")]
use crate::stats::LockStats;
use crate::{
    call::Call,
    held::{self, Frame},
    sync::{RwLock, unpoisoned},
};

/// A table that one writer or several readers are in.
pub(crate) struct Flag<T> {
    inner: RwLock<T>,
    /// Who came in last: good for a message, and not more. No scheduler needs to see it: nobody waits for it.
    last: Mutex<Option<Visitor>>,
    #[cfg(feature = "stats")]
    pub(crate) stats: LockStats,
}

#[derive(Clone)]
struct Visitor {
    thread: Thread,
    call: Call,
    access: Access,
}

#[derive(Clone, Copy, PartialEq)]
enum Access {
    Read,
    Write,
}

impl<T> Flag<T> {
    pub(crate) fn new(value: T) -> Self {
        Flag {
            inner: RwLock::new(value),
            last: Mutex::new(None),
            #[cfg(feature = "stats")]
            stats: LockStats::default(),
        }
    }

    /// Runs `f` on the table.
    ///
    /// # Panics
    ///
    /// If a writer is in the table.
    pub(crate) fn read<R>(&self, map: u64, call: Call, f: impl FnOnce(&T) -> R) -> R {
        let guard = match self.inner.try_read() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => self.conflict(call, Access::Read),
        };
        self.note(call, Access::Read);
        #[cfg(feature = "stats")]
        let _timer = self.stats.read(call);
        let _entered = held::enter(Frame { lock: self.address(), map, call });
        f(&guard)
    }

    /// Runs `f` on the table.
    ///
    /// # Panics
    ///
    /// If anybody is in the table.
    pub(crate) fn write<R>(&self, map: u64, call: Call, f: impl FnOnce(&mut T) -> R) -> R {
        let mut guard = match self.inner.try_write() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => self.conflict(call, Access::Write),
        };
        self.note(call, Access::Write);
        #[cfg(feature = "stats")]
        let _timer = self.stats.write(call);
        let _entered = held::enter(Frame { lock: self.address(), map, call });
        f(&mut guard)
    }

    /// Runs `f`, which calls the user's code, unless a writer is in the table.
    pub(crate) fn try_read<R>(&self, map: u64, call: Call, f: impl FnOnce(&T) -> R) -> Option<R> {
        self.peek(|value| {
            let _entered = held::enter(Frame { lock: self.address(), map, call });
            f(value)
        })
    }

    /// Runs `f`, which calls no code of the user, unless a writer is in the table.
    pub(crate) fn peek<R>(&self, f: impl FnOnce(&T) -> R) -> Option<R> {
        match self.inner.try_read() {
            Ok(guard) => Some(f(&guard)),
            Err(TryLockError::Poisoned(poisoned)) => Some(f(&poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    pub(crate) fn into_inner(self) -> T {
        unpoisoned(self.inner.into_inner())
    }

    fn note(&self, call: Call, access: Access) {
        if let Some(mut last) = self.last() {
            *last = Some(Visitor { thread: thread::current(), call, access });
        }
    }

    #[cold]
    fn conflict(&self, call: Call, access: Access) -> ! {
        held::refuse_own(self.address(), call);
        #[cfg(feature = "stats")]
        self.stats.note_contended();
        let other = self.last().and_then(|last| last.clone());
        let both_write =
            access == Access::Write && other.as_ref().is_some_and(|it| it.access == Access::Write);
        let what = if both_write { "concurrent map writes" } else { "concurrent map read and map write" };
        match other {
            Some(Visitor { thread, call: theirs, .. }) => {
                let name = thread.name().unwrap_or("without a name");
                panic!("{what}: {call}, while {theirs} runs on thread {name} ({:?})", thread.id())
            }
            None => panic!("{what}: {call}"),
        }
    }

    fn last(&self) -> Option<Guard<'_>> {
        match self.last.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

type Guard<'a> = MutexGuard<'a, Option<Visitor>>;
