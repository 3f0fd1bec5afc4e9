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
}

impl Meta {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // Relaxed: only that no two are equal matters.
        Meta { id: NEXT.fetch_add(1, Ordering::Relaxed) }
    }

    #[inline]
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// A call of the user begins; it ends when the result is dropped.
    #[inline]
    pub(crate) fn watch(&self, _: Call) -> Watch {
        Watch
    }

    /// An operation that takes a lock begins.
    #[inline]
    pub(crate) fn begin(&self, call: Call) {
        if CHECKED {
            held::check(self.id, call);
            order::record(self.id, call);
        }
    }

    /// An operation that takes no lock begins.
    #[inline]
    pub(crate) fn begin_free(&self, call: Call) {
        if CHECKED {
            held::check(self.id, call);
        }
    }
}

/// A call that is under way.
#[must_use]
pub(crate) struct Watch;

impl Drop for Meta {
    fn drop(&mut self) {
        if CHECKED {
            order::forget(self.id);
        }
    }
}
