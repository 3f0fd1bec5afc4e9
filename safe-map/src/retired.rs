//! Values that writers have replaced and that readers may still look at.
//!
//! A reader must not be the one who frees an old version, so that a writer keeps a reference to each until it is the last.
//! Nobody can get a new reference to a value that is no longer published, so that a count of one stays one.
//!
//! The price: a version that a reader was in when it was replaced lives until the next write after that reader has left.

use std::{mem, sync::Arc};

/// Old versions, behind the writers' lock.
pub(crate) struct Retired<T>(Vec<Arc<T>>);

impl<T> Retired<T> {
    pub(crate) fn new() -> Self {
        Retired(Vec::new())
    }

    pub(crate) fn push(&mut self, old: Arc<T>) {
        self.0.push(old);
    }

    /// How many old versions are kept.
    #[cfg(feature = "stats")]
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Takes those out that no reader looks at. They are the caller's to drop, when the lock is free again.
    pub(crate) fn sweep(&mut self) -> Vec<Arc<T>> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let (unused, used) = mem::take(&mut self.0).into_iter().partition(|it| Arc::strong_count(it) == 1);
        self.0 = used;
        unused
    }
}
