//! The order in which closures of one map call another map, in checked builds.
//!
//! While a closure of map A runs under a lock and calls map B, a thread that does the opposite can wait for it as it waits
//! for that thread. Both orders are rarely seen at once, so each one is remembered: the second order panics where
//! it is first taken, whether or not anybody waits.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use crate::{
    call::Call,
    held::{self, Frame},
};

/// Who called whom: the outer map, then the inner maps with the two calls that were seen first.
type Graph = HashMap<u64, HashMap<u64, (Call, Call)>>;

static GRAPH: LazyLock<Mutex<Graph>> = LazyLock::new(Mutex::default);

fn with_graph<R>(f: impl FnOnce(&mut Graph) -> R) -> R {
    f(&mut GRAPH.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Remembers that `call` takes a lock of `map` under those that this thread holds.
///
/// # Panics
///
/// If the opposite order was seen before, through other maps too.
pub(crate) fn record(map: u64, call: Call) {
    held::each(|outer| {
        // A load under way holds no lock.
        if outer.map == 0 {
            return;
        }
        if let Some((first, then)) = with_graph(|graph| add(graph, outer, map, call)) {
            panic!(
                "lock order: {call} is called from inside the closure of {}, and the opposite order was seen: {then} \
                 from inside the closure of {first}",
                outer.call,
            );
        }
    });
}

/// Adds one order. Gives the calls of the opposite order, if it is known; then nothing is added.
fn add(graph: &mut Graph, outer: Frame, map: u64, call: Call) -> Option<(Call, Call)> {
    if graph.get(&outer.map).is_some_and(|inner| inner.contains_key(&map)) {
        return None;
    }
    let opposite = path(graph, map, outer.map);
    if opposite.is_none() {
        graph.entry(outer.map).or_default().insert(map, (outer.call, call));
    }
    opposite
}

/// The first calls on a way from one map to another, through the orders that were seen.
fn path(graph: &Graph, from: u64, to: u64) -> Option<(Call, Call)> {
    let mut open = vec![from];
    let mut seen = vec![from];
    while let Some(map) = open.pop() {
        for (&next, &calls) in graph.get(&map).into_iter().flatten() {
            if next == to {
                return Some(calls);
            }
            if !seen.contains(&next) {
                seen.push(next);
                open.push(next);
            }
        }
    }
    None
}

/// Forgets a map that is dropped. Its id is not given again.
pub(crate) fn forget(map: u64) {
    with_graph(|graph| {
        if graph.is_empty() {
            return;
        }
        graph.remove(&map);
        for inner in graph.values_mut() {
            inner.remove(&map);
        }
    });
}
