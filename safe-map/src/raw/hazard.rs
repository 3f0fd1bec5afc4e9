//! Hazard slots, after Maged Michael's "Hazard Pointers" (2004), with one slot for each read that a thread is in.
//!
//! Actors: readers, who follow a published pointer, and writers, one at a time for each pointer, who replace it. A thread has a
//! record of slots that only it writes. A reader writes the pointer into a slot and looks whether it is still published; if so
//! it may use what it points to until it empties the slot. A writer replaces the pointer, keeps what it pointed to, and gives it
//! up when no slot of any thread has it.
//!
//! 1. The reader's slot is written before the writer looks at it: the writer sees it and keeps the value.
//! 2. The writer looks first: then it has replaced the pointer before, the reader sees another one and begins again.
//!
//! That one of the two happens is what the SeqCst operations are for: the reader writes its slot and then reads the pointer, the
//! writer writes the pointer and then reads the slots.
//!
//! Reads write to a cache line of their own thread and never wait for a writer; they begin again only when one has
//! published meanwhile. The price: what was replaced during a read lives until a later write. Records are never freed, and
//! are used again by later threads.
#![expect(unsafe_code, reason = "readers follow a pointer that no reference count of theirs keeps alive")]

use std::{cell::Cell, marker::PhantomData, mem, ptr, sync::Arc};

use crate::sync::{AtomicPtr, Mutex, Ordering, plain_static, plain_thread_local, unpoisoned};

/// So many reads can a thread be in at this price. Deeper ones count references.
const SLOTS: usize = 8;

/// The slots of a thread, on cache lines of their own.
#[repr(align(128))]
struct Record {
    slots: [AtomicPtr<()>; SLOTS],
    /// For a moment only, while a reference is counted.
    spare: AtomicPtr<()>,
}

/// All records, and those whose thread has ended.
struct Registry {
    all: Vec<&'static Record>,
    free: Vec<&'static Record>,
}

plain_static! {
    static REGISTRY: Mutex<Registry> = Mutex::new(Registry { all: Vec::new(), free: Vec::new() });
}

plain_thread_local! {
    static RECORD: Cell<Option<&'static Record>> = Cell::new(None);
}

/// The record of this thread.
#[inline]
fn record() -> &'static Record {
    RECORD.with(Cell::get).unwrap_or_else(register)
}

#[cold]
fn register() -> &'static Record {
    let record = {
        let mut registry = unpoisoned(REGISTRY.lock());
        registry.free.pop().unwrap_or_else(|| {
            let slots = std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut()));
            let record: &Record =
                Box::leak(Box::new(Record { slots, spare: AtomicPtr::new(ptr::null_mut()) }));
            registry.all.push(record);
            record
        })
    };
    RECORD.with(|it| it.set(Some(record)));
    release::when_the_thread_ends();
    record
}

#[cfg(not(any(safe_map_loom, safe_map_shuttle)))]
mod release {
    use super::{Cell, RECORD, REGISTRY, unpoisoned};

    struct Release;

    impl Drop for Release {
        fn drop(&mut self) {
            // A read in a later destructor of the thread registers again, and that record is then not used again.
            if let Some(record) = RECORD.with(Cell::take) {
                unpoisoned(REGISTRY.lock()).free.push(record);
            }
        }
    }

    thread_local! {
        static RELEASE: Release = const { Release };
    }

    pub(super) fn when_the_thread_ends() {
        // Where the thread ends already, its record is not used again.
        let _ = RELEASE.try_with(|_| ());
    }
}

/// A schedule is short: its records are not used again.
#[cfg(any(safe_map_loom, safe_map_shuttle))]
mod release {
    pub(super) fn when_the_thread_ends() {}
}

/// Whether a read that is under way uses what this points to. To be asked after the pointer was replaced.
fn is_read<T>(value: *const T) -> bool {
    full_fence();
    let wanted = value.cast::<()>().cast_mut();
    let registry = unpoisoned(REGISTRY.lock());
    let mut slots = registry.all.iter().flat_map(|record| record.slots.iter().chain([&record.spare]));
    // SeqCst: after the exchange of the pointer, see `protect`; and Acquire of the Release in `Guard::drop`, so that the
    // reader's last look is before the value is dropped.
    slots.any(|slot| slot.load(Ordering::SeqCst) == wanted)
}

/// loom takes SeqCst accesses for AcqRel; what it must know it learns from a fence.
#[inline]
fn full_fence() {
    #[cfg(safe_map_loom)]
    loom::sync::atomic::fence(Ordering::SeqCst);
}

/// loom repeats schedules, which must not depend on whether an address is given out again: the memory is kept, not the value.
#[inline]
fn keep_address<T>(value: &Arc<T>) {
    if cfg!(safe_map_loom) {
        mem::forget(Arc::downgrade(value));
    }
}

/// A pointer to an immutable value, or to nothing, that readers follow without a lock.
pub(crate) struct Published<T> {
    /// From `Arc::into_raw`: one reference is this pointer's.
    pointer: AtomicPtr<T>,
    owns: PhantomData<Arc<T>>,
}

impl<T> Published<T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        Published { pointer: AtomicPtr::new(Arc::into_raw(value).cast_mut()), owns: PhantomData }
    }

    /// The value, for as long as the result lives.
    #[inline]
    pub(crate) fn load(&self) -> Guard<'_, T> {
        let record = record();
        // Relaxed: only this thread writes these slots.
        match record.slots.iter().find(|slot| slot.load(Ordering::Relaxed).is_null()) {
            Some(slot) => Guard { value: self.protect(slot), by: By::Slot(slot), of: PhantomData },
            None => {
                let owned = self.count(&record.spare);
                let value = owned.as_ref().map_or(ptr::null(), Arc::as_ptr);
                Guard { value, by: By::Count(owned), of: PhantomData }
            }
        }
    }

    /// The value, with a reference of its own.
    pub(crate) fn load_full(&self) -> Option<Arc<T>> {
        self.count(&record().spare)
    }

    /// Writes the pointer into a slot of this thread, so that it is not given up while it is there.
    #[inline]
    fn protect(&self, slot: &AtomicPtr<()>) -> *const T {
        // Relaxed: it is read again below.
        let mut seen = self.pointer.load(Ordering::Relaxed);
        loop {
            // SeqCst: before the load below for everybody; pairs with the exchange in `Retired::exchange` and the loads in `is_read`.
            slot.store(seen.cast(), Ordering::SeqCst);
            full_fence();
            let now = self.pointer.load(Ordering::SeqCst);
            if now == seen {
                // The same address, though perhaps of a later value: `now` is the pointer to what is there.
                return now;
            }
            seen = now;
        }
    }

    #[cold]
    fn count(&self, spare: &AtomicPtr<()>) -> Option<Arc<T>> {
        let value = self.protect(spare);
        let owned = (!value.is_null()).then(|| {
            // SAFETY: `value` is from `Arc::into_raw` (`new`, `exchange`), and at least one reference of it exists: it is in
            // `spare`, so that no writer gives up the one that was published (`Retired::sweep`, `Retired::take`).
            unsafe { Arc::increment_strong_count(value) };
            // SAFETY: the reference was counted on the line above.
            unsafe { Arc::from_raw(value) }
        });
        // Release: pairs with the load in `is_read`.
        spare.store(ptr::null_mut(), Ordering::Release);
        owned
    }
}

impl<T> Drop for Published<T> {
    fn drop(&mut self) {
        // Relaxed: whoever drops it has it alone.
        let last = self.pointer.swap(ptr::null_mut(), Ordering::Relaxed);
        if !last.is_null() {
            // SAFETY: it is from `Arc::into_raw`, its reference is the pointer's own, and no guard lives, for each borrows `self`.
            drop(unsafe { Arc::from_raw(last) });
        }
    }
}

/// What keeps a value alive for a reader.
enum By<T> {
    Slot(&'static AtomicPtr<()>),
    Count(#[expect(dead_code, reason = "its reference is what counts")] Option<Arc<T>>),
}

/// A look at a published value.
pub(crate) struct Guard<'a, T> {
    /// Null, or alive for as long as `by` is there. The raw pointer keeps the guard on the thread of its slot.
    value: *const T,
    by: By<T>,
    of: PhantomData<&'a Published<T>>,
}

impl<T> Guard<'_, T> {
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        // SAFETY: if it is not null it is from `Arc::into_raw`, and it is not freed while this guard lives: its slot has it, or its
        // own reference.
        unsafe { self.value.as_ref() }
    }
}

impl<T> Drop for Guard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // What points to nothing has left its slot empty, which a later look may use by now.
        if let (By::Slot(slot), false) = (&self.by, self.value.is_null()) {
            // Release: pairs with the load in `is_read`, so that what was read was read before the value is dropped.
            slot.store(ptr::null_mut(), Ordering::Release);
        }
    }
}

/// Values that were published, and that readers may still look at. Behind the writers' lock.
pub(crate) struct Retired<T>(Vec<Arc<T>>);

impl<T> Retired<T> {
    pub(crate) fn new() -> Self {
        Retired(Vec::new())
    }

    /// Publishes a value, or nothing, and keeps the old one.
    pub(crate) fn replace(&mut self, published: &Published<T>, new: Option<Arc<T>>) -> bool {
        let old = self.exchange(published, new);
        old.is_some()
    }

    /// Publishes a value, or nothing, and gives the old one: itself if no reader looks at it, a copy otherwise.
    pub(crate) fn take(&mut self, published: &Published<T>, new: Option<Arc<T>>) -> Option<T>
    where
        T: Clone,
    {
        let at = self.exchange(published, new)?;
        if is_read(Arc::as_ptr(&self.0[at])) {
            return Some(T::clone(&self.0[at]));
        }
        match Arc::try_unwrap(self.0.swap_remove(at)) {
            Ok(value) => Some(value),
            Err(counted) => {
                // A reader that was nested too deeply for a slot has it.
                self.0.push(counted);
                self.0.last().map(|value| T::clone(value))
            }
        }
    }

    /// Gives where the old value is kept.
    fn exchange(&mut self, published: &Published<T>, new: Option<Arc<T>>) -> Option<usize> {
        let new = new.map_or(ptr::null_mut(), |new| Arc::into_raw(new).cast_mut());
        // SeqCst: before the loads in `is_read`; pairs with `protect`. Release of the new value is a part of it.
        let old = published.pointer.swap(new, Ordering::SeqCst);
        full_fence();
        if old.is_null() {
            return None;
        }
        // SAFETY: it is from `Arc::into_raw`, and its reference was the pointer's, which has just been replaced. It is not dropped
        // while a slot has it: `sweep`, `take` and `drop` ask before.
        let old = unsafe { Arc::from_raw(old) };
        keep_address(&old);
        self.0.push(old);
        Some(self.0.len() - 1)
    }

    /// Takes those out that no reader looks at. They are the caller's to drop, when the lock is free again.
    pub(crate) fn sweep(&mut self) -> Vec<Arc<T>> {
        if self.0.is_empty() {
            return Vec::new();
        }
        // The slots first: whoever counts a reference has the value in a slot until it is counted. A value that is no longer
        // published and that nobody looks at stays unused.
        let is_used = |it: &Arc<T>| is_read(Arc::as_ptr(it)) || Arc::strong_count(it) > 1;
        let (used, unused) = mem::take(&mut self.0).into_iter().partition(is_used);
        self.0 = used;
        unused
    }

    /// How many old versions are kept.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

impl<T> Drop for Retired<T> {
    fn drop(&mut self) {
        drop(self.sweep());
        // Whoever reads one of these still, outlives this: rather leak than free it.
        self.0.drain(..).filter(|it| is_read(Arc::as_ptr(it))).for_each(mem::forget);
    }
}

#[cfg(all(test, not(any(safe_map_loom, safe_map_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_given_up_when_its_reader_has_left() {
        let (published, mut retired) = (Published::new(Arc::new(1)), Retired::new());
        let guard = published.load();
        retired.replace(&published, Some(Arc::new(2)));
        assert!(retired.sweep().is_empty());
        assert_eq!((guard.get(), published.load().get()), (Some(&1), Some(&2)));
        drop(guard);
        assert_eq!(retired.sweep(), [Arc::new(1)]);
    }

    #[test]
    fn deep_reads_count_references() {
        let (published, mut retired) = (Published::new(Arc::new(1)), Retired::new());
        let guards: Vec<_> = (0..20).map(|_| published.load()).collect();
        retired.replace(&published, None);
        assert!(published.load().get().is_none());
        for guard in guards {
            assert!(retired.sweep().is_empty());
            assert_eq!(guard.get(), Some(&1));
        }
        assert_eq!(retired.sweep().len(), 1);
    }

    #[test]
    fn what_is_taken_is_itself_or_a_copy() {
        let (published, mut retired) = (Published::new(Arc::new(String::from("a"))), Retired::new());
        let guard = published.load();
        assert_eq!(retired.take(&published, Some(Arc::new("b".into()))).as_deref(), Some("a"));
        assert_eq!(retired.0.len(), 1, "the reader's own is kept");
        drop(guard);
        drop(retired.sweep());
        assert_eq!(retired.take(&published, None).as_deref(), Some("b"));
        assert!(retired.0.is_empty() && published.load_full().is_none());
    }

    #[test]
    fn records_are_used_again() {
        let published = Published::new(Arc::new(1));
        let count = || unpoisoned(REGISTRY.lock()).all.len();
        published.load();
        let before = count();
        for _ in 0..100 {
            std::thread::scope(|scope| {
                scope.spawn(|| assert_eq!(published.load().get(), Some(&1)));
            });
        }
        // Other tests run beside this one.
        assert!(count() < before + 90, "{} records", count());
    }
}

#[cfg(all(test, safe_map_loom))]
mod tests {
    use loom::thread;

    use super::*;

    /// A value that knows whether it was dropped, and that loom sees being used.
    struct Tracked(loom::cell::UnsafeCell<u32>);

    // SAFETY: the test reads it from many threads and changes it when it is dropped, which loom checks.
    unsafe impl Sync for Tracked {}
    // SAFETY: as above.
    unsafe impl Send for Tracked {}

    impl Tracked {
        fn new(value: u32) -> Arc<Self> {
            Arc::new(Tracked(loom::cell::UnsafeCell::new(value)))
        }

        fn read(&self) -> u32 {
            // SAFETY: nobody writes before the drop; loom reports it otherwise.
            self.0.with(|it| unsafe { *it })
        }
    }

    impl Drop for Tracked {
        fn drop(&mut self) {
            // SAFETY: no reader may be left; loom reports it otherwise.
            self.0.with_mut(|it| unsafe { *it = 0 });
        }
    }

    #[test]
    fn no_reader_sees_what_is_dropped() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| {
            let published = Arc::new(Published::new(Tracked::new(1)));
            let shared = published.clone();
            let reader = thread::spawn(move || {
                let guard = shared.load();
                let seen = guard.get().expect("something is published").read();
                assert!((1..=3).contains(&seen), "{seen}");
            });
            let mut retired = Retired::new();
            for value in [2, 3] {
                retired.replace(&published, Some(Tracked::new(value)));
                drop(retired.sweep());
            }
            reader.join().expect("the reader");
            drop(retired.sweep());
            assert!(retired.0.is_empty());
        });
    }

    #[test]
    fn what_is_taken_is_nobody_elses() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| {
            let published = Arc::new(Published::new(Arc::new(Shared(Tracked::new(1)))));
            let shared = published.clone();
            let reader = thread::spawn(move || {
                // Two looks: the second must not lose its slot with the first, also where the first has found nothing.
                let (first, second) = (shared.load(), shared.load());
                drop(first);
                second.get().map(|it| it.0.read())
            });
            let mut retired = Retired::new();
            assert_eq!(retired.take(&published, None).map(|it| it.0.read()), Some(1));
            retired.replace(&published, Some(Arc::new(Shared(Tracked::new(2)))));
            assert_eq!(retired.take(&published, None).map(|it| it.0.read()), Some(2));
            drop(retired.sweep());
            assert!([None, Some(1), Some(2)].contains(&reader.join().expect("the reader")));
            drop(retired.sweep());
            assert!(retired.0.is_empty());
        });
    }

    /// A value whose copies are other values.
    struct Shared(Arc<Tracked>);

    impl Clone for Shared {
        fn clone(&self) -> Self {
            Shared(Tracked::new(self.0.read()))
        }
    }
}
