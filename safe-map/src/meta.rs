//! What each map has beside its entries: its identity, and what the features hang on it.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{
    call::Call,
    held::{self, CHECKED},
    order,
};

/// The identity of a map. It is never given again.
pub(crate) struct Meta {
    id: u64,
    #[cfg(feature = "observer")]
    observer: std::sync::OnceLock<std::sync::Arc<dyn crate::observer::Observer>>,
    #[cfg(feature = "stats")]
    pub(crate) reads: crate::stats::Reads,
}

// A feature must not take away what the maps are without it: an observer that panics leaves the map as it is.
#[cfg(feature = "observer")]
impl std::panic::UnwindSafe for Meta {}
#[cfg(feature = "observer")]
impl std::panic::RefUnwindSafe for Meta {}

impl Meta {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // Relaxed: only that no two are equal matters.
        Meta {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            #[cfg(feature = "observer")]
            observer: std::sync::OnceLock::new(),
            #[cfg(feature = "stats")]
            reads: crate::stats::Reads::default(),
        }
    }

    #[inline]
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// A call of the user begins; it ends when the result is dropped.
    #[inline]
    pub(crate) fn watch(&self, call: Call) -> Watch<'_> {
        #[cfg(feature = "stats")]
        self.reads.note_scan(call.op);
        Watch::of(self, call)
    }

    /// Sets the observer, once.
    #[cfg(feature = "observer")]
    pub(crate) fn observe(
        &self,
        observer: std::sync::Arc<dyn crate::observer::Observer>,
    ) -> Result<(), std::sync::Arc<dyn crate::observer::Observer>> {
        self.observer.set(observer)
    }

    /// An operation that takes a lock begins.
    #[inline]
    pub(crate) fn begin(&self, call: Call) {
        if CHECKED {
            held::check(self.id, call);
            order::record(self.id, call);
        }
    }

    /// An operation that nobody waits for begins.
    #[inline]
    pub(crate) fn begin_unordered(&self, call: Call) {
        if CHECKED {
            held::check(self.id, call);
        }
    }

    /// An operation that takes no lock begins.
    #[inline]
    pub(crate) fn begin_free(&self, call: Call) {
        #[cfg(feature = "stats")]
        self.reads.note_free();
        self.begin_unordered(call);
    }
}

/// A call that is under way.
#[must_use]
pub(crate) struct Watch<'a> {
    #[cfg(feature = "observer")]
    watching: Option<crate::observer::Watching<'a>>,
    meta: std::marker::PhantomData<&'a Meta>,
}

impl<'a> Watch<'a> {
    #[cfg(feature = "observer")]
    #[inline]
    fn of(meta: &'a Meta, call: Call) -> Self {
        let watching = meta.observer.get().map(|it| crate::observer::Watching::begin(&**it, call));
        Watch { watching, meta: std::marker::PhantomData }
    }

    #[cfg(not(feature = "observer"))]
    #[inline]
    fn of(_: &'a Meta, _: Call) -> Self {
        Watch { meta: std::marker::PhantomData }
    }
}

#[cfg(feature = "observer")]
impl Drop for Watch<'_> {
    fn drop(&mut self) {
        match self.watching.take() {
            // The closure has panicked: a second panic would abort.
            Some(watching) if std::thread::panicking() => {
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| watching.end()));
            }
            watching => drop(watching.map(crate::observer::Watching::end)),
        }
    }
}

impl Drop for Meta {
    fn drop(&mut self) {
        if CHECKED {
            order::forget(self.id);
        }
    }
}
