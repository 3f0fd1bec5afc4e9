//! The bodies that a thread has just unpacked: lints that look at one function one after the other ask for the same few.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::facts::Body;
use crate::model::FnId;

/// The number of an analysis, and a function in it.
pub(crate) type Key = (u64, FnId);

/// How many bodies a thread keeps: a function's own, and those of a few that call it.
const KEPT: usize = 4;

/// A number that no other analysis of the process has.
pub(crate) fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    // Relaxed: only that it is another number matters.
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The body of a key, unpacked where it is not among the last few.
pub(crate) fn body(key: Key, unpack: impl FnOnce() -> Body) -> Rc<Body> {
    thread_local!(static RECENT: RefCell<Vec<(Key, Rc<Body>)>> = const { RefCell::new(Vec::new()) });
    let known =
        RECENT.with_borrow(|it| it.iter().find(|(it, _)| *it == key).map(|(_, body)| Rc::clone(body)));
    known.unwrap_or_else(|| {
        let body = Rc::new(unpack());
        RECENT.with_borrow_mut(|it| {
            it.truncate(KEPT - 1);
            it.insert(0, (key, Rc::clone(&body)));
        });
        body
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::ExprId;

    /// Whether the body of a key has to be unpacked.
    fn is_unpacked(key: Key) -> bool {
        let mut is_new = false;
        let empty =
            Body { params: Vec::new(), root: ExprId(0), exprs: Vec::new(), pats: Vec::new(), max_depth: 0 };
        body(key, || {
            is_new = true;
            empty
        });
        is_new
    }

    #[test]
    fn the_last_few_are_kept() {
        let number = next_number();
        let unpacked = |id: u32| is_unpacked((number, FnId(id)));
        assert!((0..4).all(unpacked));
        assert!(!(0..4).any(unpacked));
        assert!(unpacked(4) && !unpacked(3) && unpacked(0), "the oldest went");
        assert!(is_unpacked((next_number(), FnId(4))), "of another analysis");
    }
}
