//! Loads in flight: each key is loaded by one task, and the others wait for it.
//!
//! Actors: the leader, whose future runs, and the waiters, whose futures do not. A flight begins when a task finds neither
//! value nor flight; it lands when the leader has a value, or is aborted when the leader is dropped or panics.
//!
//! 1. The leader lands: the value is put into the map, then the flight is taken off the list, then the waiters get the value.
//! 2. The leader is cancelled: its `Leader` is dropped, the flight is taken off the list, the waiters wake up without a
//!    value and start again; one of them becomes the leader, with its own future.
//!
//! The lock of the list is held for a look-up alone, never while a future runs.

use std::{
    future::{self, Future},
    sync::Arc,
    task::{Context, Poll, Waker},
};

use crate::sync::{Mutex, unpoisoned};

/// The loads of one map that are under way. They are few, so that a list will do; hashes are compared first.
pub(crate) struct Flights<K, V> {
    list: Mutex<Vec<Listed<K, V>>>,
}

/// A flight, with its key and the hash of that.
type Listed<K, V> = (u64, K, Arc<Flight<V>>);

/// One load.
pub(crate) struct Flight<V> {
    state: Mutex<State<V>>,
}

enum State<V> {
    Loading(Vec<Waker>),
    Landed(V),
    Aborted,
}

/// What a task is to a key.
pub(crate) enum Role<'a, K, V> {
    Leader(Leader<'a, K, V>),
    Waiter(Arc<Flight<V>>),
}

/// The task whose future runs. Dropped without a value, it aborts the flight.
pub(crate) struct Leader<'a, K, V> {
    flights: &'a Flights<K, V>,
    flight: Arc<Flight<V>>,
}

impl<K, V> Flights<K, V> {
    pub(crate) fn new() -> Self {
        Flights { list: Mutex::new(Vec::new()) }
    }
}

impl<K: Eq + Clone, V: Clone> Flights<K, V> {
    /// Joins the flight of a key, or begins it.
    pub(crate) fn join(&self, hash: u64, key: &K) -> Role<'_, K, V> {
        let mut list = unpoisoned(self.list.lock());
        if let Some((.., flight)) = list.iter().find(|(it, other, _)| *it == hash && other == key) {
            return Role::Waiter(flight.clone());
        }
        let flight = Arc::new(Flight { state: Mutex::new(State::Loading(Vec::new())) });
        list.push((hash, key.clone(), flight.clone()));
        Role::Leader(Leader { flights: self, flight })
    }
}

impl<K, V> Leader<'_, K, V> {
    /// Gives the value to the waiters.
    pub(crate) fn land(self, value: V) {
        self.end(State::Landed(value));
    }

    fn end(&self, state: State<V>) {
        let removed = {
            let mut list = unpoisoned(self.flights.list.lock());
            let at = list.iter().position(|(.., flight)| Arc::ptr_eq(flight, &self.flight));
            at.map(|at| list.swap_remove(at))
        };
        let old = std::mem::replace(&mut *unpoisoned(self.flight.state.lock()), state);
        drop(removed);
        if let State::Loading(waiters) = old {
            waiters.into_iter().for_each(Waker::wake);
        }
    }
}

impl<K, V> Drop for Leader<'_, K, V> {
    fn drop(&mut self) {
        let landed = matches!(*unpoisoned(self.flight.state.lock()), State::Landed(_));
        if !landed {
            self.end(State::Aborted);
        }
    }
}

impl<V: Clone> Flight<V> {
    /// Waits for the leader. `None` if it gave up.
    pub(crate) fn wait(&self) -> impl Future<Output = Option<V>> {
        future::poll_fn(|ctx| self.poll(ctx))
    }

    fn poll(&self, ctx: &Context<'_>) -> Poll<Option<V>> {
        match &mut *unpoisoned(self.state.lock()) {
            State::Landed(value) => Poll::Ready(Some(value.clone())),
            State::Aborted => Poll::Ready(None),
            State::Loading(waiters) => {
                if !waiters.iter().any(|waker| waker.will_wake(ctx.waker())) {
                    waiters.push(ctx.waker().clone());
                }
                Poll::Pending
            }
        }
    }
}
