//! Loads in flight: each key is loaded by one task, and the others wait for it.
//!
//! Actors: the leader, whose future runs, and the waiters, whose futures do not. A flight begins when a task finds neither
//! value nor flight; it lands when the leader has a value, or is aborted when the leader is dropped or panics.
//!
//! 1. The leader lands: the value is put into the map, then the flight is taken off the list, then the waiters get the value.
//! 2. The leader is cancelled: its `Leader` is dropped, the flight is taken off the list, the waiters wake up without a
//!    value and start again; one of them becomes the leader, with its own future.
//!
//! The lock of the list is held for a look-up alone, never while a future runs. `Eq` and `Clone` of keys run under it, and
//! count as closures of the map, as `Clone` of a value does under the lock of its flight.
//!
//! A load that waits for its own key would wait for itself: the flight has a frame while its load is polled, as a lock that
//! is held has one, and whoever would wait for the flight from in there panics. Loads that wait for each other are found by
//! `waits.rs`.

use std::{
    future::{self, Future},
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use crate::{
    call::Call,
    held::{self, Frame},
    lock::Lock,
    sync::{Mutex, unpoisoned},
    waits::{self, Wait},
};

/// The loads of one map that are under way. They are few, so that a list will do; hashes are compared first.
pub(crate) struct Flights<K, V> {
    list: Lock<Vec<Listed<K, V>>>,
}

/// A flight, with its key and the hash of that.
type Listed<K, V> = (u64, K, Arc<Flight<V>>);

/// One load.
pub(crate) struct Flight<V> {
    state: Mutex<State<V>>,
}

enum State<V> {
    /// The tasks that wait, by the ids of their waits.
    Loading(Vec<(u64, Waker)>),
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
    /// The map, and the call whose future runs.
    of: (u64, Call),
}

impl<K, V> Flights<K, V> {
    pub(crate) fn new() -> Self {
        Flights { list: Lock::new(Vec::new()) }
    }
}

impl<K: Eq + Clone, V: Clone> Flights<K, V> {
    /// Joins the flight of a key, or begins it.
    pub(crate) fn join(&self, (map, call): (u64, Call), hash: u64, key: &K) -> Role<'_, K, V> {
        self.list.write(map, call, |list| {
            if let Some((.., flight)) = list.iter().find(|(it, other, _)| *it == hash && other == key) {
                return Role::Waiter(flight.clone());
            }
            let flight = Arc::new(Flight { state: Mutex::new(State::Loading(Vec::new())) });
            list.push((hash, key.clone(), flight.clone()));
            Role::Leader(Leader { flights: self, flight, of: (map, call) })
        })
    }
}

impl<K, V> Leader<'_, K, V> {
    /// Runs the load.
    pub(crate) async fn fly<F: Future>(&self, load: F) -> F::Output {
        let mut load = pin!(load);
        let frame = Frame::load(&*self.flight, self.of.1);
        future::poll_fn(|ctx| {
            let _entered = held::enter(frame);
            load.as_mut().poll(ctx)
        })
        .await
    }

    /// Gives the value to the waiters.
    pub(crate) fn land(self, value: V) {
        self.end(State::Landed(value));
    }

    fn end(&self, state: State<V>) {
        let (map, call) = self.of;
        waits::ended(Frame::of_flight(&*self.flight));
        let removed = self.flights.list.write(map, call, |list| {
            let at = list.iter().position(|(.., flight)| Arc::ptr_eq(flight, &self.flight));
            at.map(|at| list.swap_remove(at))
        });
        let old = std::mem::replace(&mut *unpoisoned(self.flight.state.lock()), state);
        drop(removed);
        if let State::Loading(waiters) = old {
            waiters.into_iter().for_each(|(_, waker)| waker.wake());
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
    ///
    /// # Panics
    ///
    /// If it is called by the load that it waits for, or by one that this load waits for.
    pub(crate) fn wait(&self, of: (u64, Call)) -> impl Future<Output = Option<V>> {
        let mut waiter = Waiter { flight: self, wait: Wait::new(Frame::of_flight(self), of.1) };
        future::poll_fn(move |ctx| {
            let poll = self.poll(ctx, of, waiter.wait.id());
            if poll.is_pending() {
                waiter.wait.pending();
            }
            poll
        })
    }

    fn poll(&self, ctx: &Context<'_>, (map, call): (u64, Call), wait: u64) -> Poll<Option<V>> {
        // Wakers are foreign code: none is cloned or dropped under the lock.
        let mut waker = ctx.waker().clone();
        match &mut *unpoisoned(self.state.lock()) {
            State::Landed(value) => {
                let lock = std::ptr::from_ref(&self.state).addr();
                let _entered = held::enter(Frame { lock, map, call });
                Poll::Ready(Some(value.clone()))
            }
            State::Aborted => Poll::Ready(None),
            State::Loading(waiters) => {
                match waiters.iter_mut().find(|(it, _)| *it == wait) {
                    // The future may have moved to another task.
                    Some((_, old)) => std::mem::swap(old, &mut waker),
                    None => waiters.push((wait, waker)),
                }
                Poll::Pending
            }
        }
    }
}

/// A wait for a flight. It is not woken any more when it is dropped.
struct Waiter<'a, V> {
    flight: &'a Flight<V>,
    wait: Wait,
}

impl<V> Drop for Waiter<'_, V> {
    fn drop(&mut self) {
        let mut left = None;
        if let State::Loading(waiters) = &mut *unpoisoned(self.flight.state.lock()) {
            let at = waiters.iter().position(|(it, _)| *it == self.wait.id());
            left = at.map(|at| waiters.swap_remove(at));
        }
        // Not under the lock, as above.
        drop(left);
    }
}
