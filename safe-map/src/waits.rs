//! Which load waits for which other, so that loads that wait for each other in a circle panic instead of waiting forever.
//!
//! No runtime says which task a future belongs to. What is known is who polls: while a load is polled its flight has a frame
//! (`held.rs`), and whoever waits for another flight meanwhile makes the load wait for that one. These edges are kept in one
//! list for all maps, for as long as the call that waits lives; a call that would close a circle panics.
//!
//! 1. Load A waits for flight B, then load B for flight A: the second finds the edge of the first.
//! 2. Both at once: the edges are looked at and added under one lock, so that one of them is the second.
//! 3. Load A waits for flight B, B lands, and A is not polled yet: B has no edges any more, nothing goes through it.
//!
//! An edge is there only where a load waits for another load, which is rare: a list will do.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use crate::{
    call::Call,
    held::{self, Frame},
};

/// A load waits for a flight.
#[derive(Clone, Copy)]
struct Edge {
    /// The call that waits.
    of: u64,
    wait: Call,
    /// The flight of the load that it is made from, and the call of that.
    from: usize,
    load: Call,
    to: usize,
}

static EDGES: Mutex<Vec<Edge>> = Mutex::new(Vec::new());

/// How many edges there are, for those who would only find none.
static COUNT: AtomicUsize = AtomicUsize::new(0);

fn with_edges<R>(f: impl FnOnce(&mut Vec<Edge>) -> R) -> R {
    let mut edges = EDGES.lock().unwrap_or_else(PoisonError::into_inner);
    let result = f(&mut edges);
    // Relaxed: whoever removes edges of a call or a flight comes after those who added them, by what orders the polls.
    COUNT.store(edges.len(), Ordering::Relaxed);
    result
}

fn remove(wanted: impl Fn(&Edge) -> bool) {
    if COUNT.load(Ordering::Relaxed) > 0 {
        with_edges(|edges| edges.retain(|edge| !wanted(edge)));
    }
}

/// A call that waits for a flight. Its edges go when it is dropped.
pub(crate) struct Wait {
    id: u64,
    call: Call,
    flight: usize,
    /// The loads that it was last polled from.
    from: Vec<usize>,
}

impl Wait {
    pub(crate) fn new(flight: usize, call: Call) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // Relaxed: only that no two are equal matters.
        Wait { id: NEXT.fetch_add(1, Ordering::Relaxed), call, flight, from: Vec::new() }
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// The flight has not ended: remembers the loads that wait for it by this call.
    ///
    /// # Panics
    ///
    /// If the flight is that of one of them, or waits for one of them.
    pub(crate) fn pending(&mut self) {
        let mut loads = Vec::new();
        held::each(|frame| loads.extend(Some(frame).filter(Frame::is_load)));
        if self.from.iter().copied().eq(loads.iter().map(|it| it.lock)) {
            return;
        }
        if let Some(own) = loads.iter().find(|it| it.lock == self.flight) {
            panic!(
                "re-entry: {} is called from inside the load of {}, and would wait for it: the key is the same",
                self.call, own.call
            )
        }
        self.from = loads.iter().map(|it| it.lock).collect();
        if let Some((load, path)) = with_edges(|edges| self.replace(edges, &loads)) {
            refuse(self.call, load, &path);
        }
    }

    /// Puts the edges of these loads in place of the last ones. Gives the first load that the flight waits for, and how; then
    /// nothing is put in.
    fn replace(&self, edges: &mut Vec<Edge>, loads: &[Frame]) -> Option<(Call, Vec<Edge>)> {
        edges.retain(|edge| edge.of != self.id);
        let circle = loads.iter().find_map(|it| Some((it.call, path(edges, self.flight, it.lock)?)));
        if circle.is_none() {
            let edge = |it: &Frame| Edge {
                of: self.id,
                wait: self.call,
                from: it.lock,
                load: it.call,
                to: self.flight,
            };
            edges.extend(loads.iter().map(edge));
        }
        circle
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if !self.from.is_empty() {
            remove(|edge| edge.of == self.id);
        }
    }
}

/// A flight has ended: its load waits for nobody any more, even where somebody has kept a call of it.
pub(crate) fn ended(flight: usize) {
    remove(|edge| edge.from == flight);
}

/// The edges from one flight to another, by the shortest way.
fn path(edges: &[Edge], from: usize, to: usize) -> Option<Vec<Edge>> {
    let mut open = vec![(from, Vec::new())];
    let mut seen = vec![from];
    while !open.is_empty() {
        let mut next = Vec::new();
        for (at, way) in open {
            if at == to {
                return Some(way);
            }
            for edge in edges.iter().filter(|edge| edge.from == at) {
                if !seen.contains(&edge.to) {
                    seen.push(edge.to);
                    next.push((edge.to, [way.as_slice(), &[*edge]].concat()));
                }
            }
        }
        open = next;
    }
    None
}

fn refuse(call: Call, load: Call, path: &[Edge]) -> ! {
    let way: Vec<_> =
        path.iter().map(|it| format!("{} from inside the load of {}", it.wait, it.load)).collect();
    panic!(
        "load cycle: {call} is called from inside the load of {load}, and would wait for a load that waits for it: {}",
        way.join(", then ")
    )
}
