//! The lock around a table: readers or one writer, never poisoned, and never waited for by the thread that holds it.

#[cfg(feature = "stats")]
use crate::stats::{HoldTimer, LockStats};
use crate::{
    call::Call,
    held::{self, Entered, Frame},
    sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, unpoisoned},
};
use std::{
    marker::PhantomData,
    ops::{Deref, DerefMut},
    sync::TryLockError,
};

/// One lock of a map, and what it protects.
pub(crate) struct Lock<T> {
    inner: RwLock<T>,
    #[cfg(feature = "stats")]
    pub(crate) stats: LockStats,
}

/// A lock that is held, and the frame that says so. The frame goes first.
pub(crate) struct Hold<'a, G> {
    _entered: Entered,
    guard: G,
    #[cfg(feature = "stats")]
    _timer: HoldTimer<'a>,
    lock: PhantomData<&'a ()>,
}

impl<T> Lock<T> {
    pub(crate) fn new(value: T) -> Self {
        Lock {
            inner: RwLock::new(value),
            #[cfg(feature = "stats")]
            stats: LockStats::default(),
        }
    }

    /// Runs `f` under the shared lock.
    #[inline]
    pub(crate) fn read<R>(&self, map: u64, call: Call, f: impl FnOnce(&T) -> R) -> R {
        let hold = self.hold_read(map, call);
        f(&hold)
    }

    /// Runs `f` under the exclusive lock.
    #[inline]
    pub(crate) fn write<R>(&self, map: u64, call: Call, f: impl FnOnce(&mut T) -> R) -> R {
        let mut hold = self.hold_write(map, call);
        f(&mut hold)
    }

    #[inline]
    pub(crate) fn hold_read(&self, map: u64, call: Call) -> Hold<'_, RwLockReadGuard<'_, T>> {
        #[cfg(feature = "stats")]
        self.stats.note_read();
        let guard = match self.inner.try_read() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => self.wait_to_read(call),
        };
        self.hold(map, call, guard)
    }

    #[inline]
    pub(crate) fn hold_write(&self, map: u64, call: Call) -> Hold<'_, RwLockWriteGuard<'_, T>> {
        #[cfg(feature = "stats")]
        self.stats.note_write();
        let guard = match self.inner.try_write() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => self.wait_to_write(call),
        };
        self.hold(map, call, guard)
    }

    #[inline]
    fn hold<G>(&self, map: u64, call: Call, guard: G) -> Hold<'_, G> {
        Hold {
            _entered: held::enter(Frame { lock: self.address(), map, call }),
            guard,
            #[cfg(feature = "stats")]
            _timer: HoldTimer::start(&self.stats, call),
            lock: PhantomData,
        }
    }

    /// Runs `f`, which calls the user's code, under the shared lock if it is free: for `Debug`, which must neither wait nor
    /// panic itself.
    pub(crate) fn try_read<R>(&self, map: u64, call: Call, f: impl FnOnce(&T) -> R) -> Option<R> {
        self.peek(|value| {
            let _entered = held::enter(Frame { lock: self.address(), map, call });
            f(value)
        })
    }

    /// Runs `f`, which calls no code of the user, under the shared lock if it is free.
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

    #[cold]
    fn wait_to_read(&self, call: Call) -> RwLockReadGuard<'_, T> {
        held::refuse_own(self.address(), call);
        #[cfg(feature = "stats")]
        self.stats.note_contended();
        unpoisoned(self.inner.read())
    }

    #[cold]
    fn wait_to_write(&self, call: Call) -> RwLockWriteGuard<'_, T> {
        held::refuse_own(self.address(), call);
        #[cfg(feature = "stats")]
        self.stats.note_contended();
        unpoisoned(self.inner.write())
    }

    /// Names the lock while it is borrowed, which is as long as a frame of it lives.
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

impl<G: Deref> Deref for Hold<'_, G> {
    type Target = G::Target;

    #[inline]
    fn deref(&self) -> &G::Target {
        &self.guard
    }
}

impl<G: DerefMut> DerefMut for Hold<'_, G> {
    #[inline]
    fn deref_mut(&mut self) -> &mut G::Target {
        &mut self.guard
    }
}

#[cfg(all(test, not(any(safe_map_loom, safe_map_shuttle))))]
mod tests {
    //! The layer that is on in every build, without the maps and so without the layer of checked builds above it.

    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::call::Op;

    fn refused(f: impl FnOnce()) -> String {
        let panic = catch_unwind(AssertUnwindSafe(f)).expect_err("it would wait for itself");
        panic.downcast_ref::<String>().expect("a message").clone()
    }

    #[test]
    fn a_thread_does_not_wait_for_its_own_lock() {
        let lock = Lock::new(0);
        let (outer, inner) = (Call::here(Op::Update), Call::here(Op::Insert));
        let told = refused(|| lock.write(1, outer, |_| lock.write(1, inner, |_| ())));
        assert!(told.starts_with("re-entry: `insert` at"), "{told}");
        assert!(told.contains("the closure of `update` at"), "{told}");
        refused(|| lock.write(1, outer, |_| lock.read(1, inner, |_| ())));
        refused(|| lock.read(1, outer, |_| lock.write(1, inner, |_| ())));
    }

    #[test]
    fn a_panic_leaves_no_frame_and_no_poison() {
        let lock = Lock::new(0);
        let call = Call::here(Op::Update);
        let panic = catch_unwind(AssertUnwindSafe(|| lock.write(1, call, |_| panic!("the closure's own"))));
        assert!(panic.is_err());
        assert_eq!(lock.write(1, call, |it| *it), 0);
        held::check(1, call);
    }

    #[test]
    fn frames_beyond_the_remembered_depth_are_harmless() {
        fn nest(depth: usize, call: Call) {
            if depth > 0 {
                Lock::new(()).write(depth as u64, call, |()| nest(depth - 1, call));
            }
        }
        let call = Call::here(Op::Update);
        nest(100, call);
        held::check(1, call);
    }
}
