//! The closures that this thread runs under a lock, and the panic when one of them calls its own map.
//!
//! Each closure under a lock leaves a frame in a thread-local for as long as it runs. A frame is written by its own thread
//! only, so that an operation pays a few stores to memory that nobody else touches. Two questions are asked of the frames:
//!
//! - `owned`: is the lock that I would wait for my own? Asked where a lock is contended, in every build.
//! - `check`: is any lock of this map my own? Asked at each operation where [`CHECKED`] is set.
//!
//! Work that a closure hands to another thread leaves no frame there and is not seen.

use std::{
    cell::{Cell, RefCell},
    marker::PhantomData,
};

use crate::call::Call;

/// Whether each operation asks whether it is called from inside a closure of its own map.
pub(crate) const CHECKED: bool = cfg!(any(debug_assertions, feature = "reentry-check"));

/// How many nested closures are remembered at this price. Deeper ones go into a vector.
const DEPTH: usize = 16;

/// A closure that runs under a lock, or a load that is polled.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    /// The address of the lock, or that of the flight and one.
    pub(crate) lock: usize,
    pub(crate) map: u64,
    pub(crate) call: Call,
}

impl Frame {
    /// Of a load under way. It holds no lock, and takes no part in orders: no map has the id 0.
    pub(crate) fn load<T>(flight: &T, call: Call) -> Self {
        Frame { lock: Self::of_flight(flight), map: 0, call }
    }

    /// Names a flight while somebody has it. No lock is at an odd address.
    pub(crate) fn of_flight<T>(flight: &T) -> usize {
        const { assert!(align_of::<T>() > 1) };
        std::ptr::from_ref(flight).addr() + 1
    }

    /// Whether it is that of a load.
    pub(crate) fn is_load(&self) -> bool {
        self.lock % 2 == 1
    }
}

struct Held {
    depth: Cell<usize>,
    frames: [Slot; DEPTH],
}

/// The place of a frame. Single cells, so that entering stores what it must and nothing else: this is a part of every
/// operation.
struct Slot {
    lock: Cell<usize>,
    call: Cell<Option<Call>>,
    #[cfg(any(debug_assertions, feature = "reentry-check"))]
    map: Cell<u64>,
}

impl Slot {
    const fn empty() -> Self {
        Slot {
            lock: Cell::new(0),
            call: Cell::new(None),
            #[cfg(any(debug_assertions, feature = "reentry-check"))]
            map: Cell::new(0),
        }
    }

    #[inline]
    fn set(&self, frame: Frame) {
        self.lock.set(frame.lock);
        self.call.set(Some(frame.call));
        #[cfg(any(debug_assertions, feature = "reentry-check"))]
        self.map.set(frame.map);
    }

    fn get(&self) -> Option<Frame> {
        #[cfg(any(debug_assertions, feature = "reentry-check"))]
        let map = self.map.get();
        #[cfg(not(any(debug_assertions, feature = "reentry-check")))]
        let map = 0;
        Some(Frame { lock: self.lock.get(), map, call: self.call.get()? })
    }
}

crate::sync::plain_thread_local! {
    static HELD: Held = Held { depth: Cell::new(0), frames: [const { Slot::empty() }; DEPTH] };
}

crate::sync::plain_thread_local! {
    /// The frames beyond those of [`HELD`]: an operation on more shards than that has so many, or a very deep nesting.
    static DEEP: RefCell<Vec<Frame>> = RefCell::new(Vec::new());
}

/// Changes the deep frames. Where the thread ends already there are none.
#[cold]
fn with_deep(f: impl FnOnce(&mut Vec<Frame>)) {
    let _ = DEEP.try_with(|frames| f(&mut frames.borrow_mut()));
}

/// Takes the frame away again when the closure has returned or panicked.
///
/// Frames go in the opposite order of their coming, which is that of closures; for several at once see [`Stack`].
pub(crate) struct Entered {
    /// How many frames there were before.
    depth: usize,
    // The frame belongs to this thread.
    not_send: PhantomData<*const ()>,
}

/// Remembers that a closure runs under a lock from now on.
#[inline]
pub(crate) fn enter(frame: Frame) -> Entered {
    let depth = HELD.with(|held| {
        let depth = held.depth.get();
        match held.frames.get(depth) {
            Some(slot) => slot.set(frame),
            None => with_deep(|frames| frames.push(frame)),
        }
        held.depth.set(depth + 1);
        depth
    });
    Entered { depth, not_send: PhantomData }
}

impl Drop for Entered {
    #[inline]
    fn drop(&mut self) {
        if self.depth >= DEPTH {
            with_deep(|frames| frames.truncate(self.depth - DEPTH));
        }
        HELD.with(|held| held.depth.set(self.depth));
    }
}

/// Several things with frames, which go in the opposite order of their coming.
pub(crate) struct Stack<T>(Vec<T>);

impl<T> Stack<T> {
    pub(crate) fn new() -> Self {
        Stack(Vec::new())
    }

    pub(crate) fn push(&mut self, it: T) {
        self.0.push(it);
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        &self.0
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T> Drop for Stack<T> {
    fn drop(&mut self) {
        while self.0.pop().is_some() {}
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
        let depth = held.depth.get();
        let frames = held.frames.iter().take(depth);
        frames.filter_map(Slot::get).find(|frame| wanted(*frame)).or_else(|| {
            // A copy: whoever panics over a frame may want to enter another one.
            let mut deep = Vec::new();
            if depth > DEPTH {
                with_deep(|frames| deep.clone_from(frames));
            }
            deep.into_iter().find(|frame| wanted(*frame))
        })
    })
}

fn reentry(call: Call, outer: Frame) -> ! {
    panic!(
        "re-entry: {call} is called from inside the closure of {}, which runs under a lock of the same map",
        outer.call
    )
}

#[cfg(all(test, not(any(safe_map_loom, safe_map_shuttle))))]
mod tests {
    use super::*;
    use crate::{ShardedMap, call::Op};

    #[test]
    fn several_locks_leave_no_frame() {
        let depth = || HELD.with(|held| held.depth.get());
        let map = ShardedMap::with_shards(8);
        map.extend((0..64).map(|key| (key, key)));
        map.update_many([&1, &2, &3, &4, &5, &6], |_| assert!(depth() > 1));
        assert_eq!(depth(), 0);
        map.to_map();
        assert_eq!(depth(), 0);
        let call = Call::here(Op::Update);
        let mut stack = Stack::new();
        (0..40).for_each(|lock| stack.push(enter(Frame { lock, map: 0, call })));
        drop(stack);
        assert_eq!(depth(), 0);
    }
}
