//! The closures that this thread runs under a lock, and the panic when one of them calls its own map.
//!
//! Each closure under a lock leaves a frame in a thread-local for as long as it runs. A frame is written by its own thread
//! only, so that an operation pays a few stores to memory that nobody else touches. Two questions are asked of the frames:
//!
//! - `owned`: is the lock that I would wait for my own? Asked where a lock is contended, in every build.
//! - `check`: is any lock of this map my own? Asked at each operation where [`CHECKED`] is set.
//!
//! Work that a closure hands to another thread leaves no frame there and is not seen.

use std::{cell::Cell, marker::PhantomData};

use crate::call::Call;

/// Whether each operation asks whether it is called from inside a closure of its own map.
pub(crate) const CHECKED: bool = cfg!(any(debug_assertions, feature = "reentry-check"));

/// How many nested closures are remembered. Deeper ones run, and are not seen.
const DEPTH: usize = 16;

/// A closure that runs under a lock.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) lock: usize,
    pub(crate) map: u64,
    pub(crate) call: Call,
}

struct Held {
    depth: Cell<usize>,
    frames: [Cell<Option<Frame>>; DEPTH],
}

crate::sync::plain_thread_local! {
    static HELD: Held = Held { depth: Cell::new(0), frames: [const { Cell::new(None) }; DEPTH] };
}

/// Takes the frame away again when the closure has returned or panicked.
pub(crate) struct Entered {
    // The frame belongs to this thread.
    not_send: PhantomData<*const ()>,
}

/// Remembers that a closure runs under a lock from now on.
#[inline]
pub(crate) fn enter(frame: Frame) -> Entered {
    HELD.with(|held| {
        let depth = held.depth.get();
        if let Some(slot) = held.frames.get(depth) {
            slot.set(Some(frame));
        }
        held.depth.set(depth + 1);
    });
    Entered { not_send: PhantomData }
}

impl Drop for Entered {
    #[inline]
    fn drop(&mut self) {
        HELD.with(|held| held.depth.set(held.depth.get() - 1));
    }
}

/// Panics if the lock that `call` would wait for is held by a closure of this thread.
#[cold]
pub(crate) fn refuse_own(lock: usize, call: Call) {
    if let Some(outer) = find(|frame| frame.lock == lock) {
        reentry(call, outer);
    }
}

/// Panics if a closure of this thread runs under a lock of the map.
pub(crate) fn check(map: u64, call: Call) {
    if let Some(outer) = find(|frame| frame.map == map) {
        reentry(call, outer);
    }
}

/// Calls `f` with each closure that this thread runs under a lock, the outermost first.
pub(crate) fn each(mut f: impl FnMut(Frame)) {
    find(|frame| {
        f(frame);
        false
    });
}

fn find(mut wanted: impl FnMut(Frame) -> bool) -> Option<Frame> {
    HELD.with(|held| {
        let frames = held.frames.iter().take(held.depth.get());
        frames.filter_map(Cell::get).find(|frame| wanted(*frame))
    })
}

fn reentry(call: Call, outer: Frame) -> ! {
    panic!(
        "re-entry: {call} is called from inside the closure of {}, which runs under a lock of the same map",
        outer.call
    )
}
