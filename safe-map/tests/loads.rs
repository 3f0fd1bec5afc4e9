//! `get_or_load`: one load a key, cancellation, errors, and nothing held while a future waits.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    cell::Cell,
    future::{Future, pending, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use safe_map::{ShardedMap, SnapshotMap};

/// Counts how often it is woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn ready<T: std::fmt::Debug>(poll: Poll<T>) -> T {
    match poll {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it is not ready"),
    }
}

/// A future that is ready when the cell says so.
fn gate(open: &Cell<bool>) -> impl Future<Output = ()> + '_ {
    poll_fn(|_| if open.get() { Poll::Ready(()) } else { Poll::Pending })
}

#[test]
fn one_load_serves_all_that_wait() {
    let (map, open, loads) = (ShardedMap::new(), Cell::new(false), Cell::new(0));
    let load = || async {
        loads.set(loads.get() + 1);
        gate(&open).await;
        loads.get()
    };
    let mut first = pin!(map.get_or_load("k", load()));
    let mut second = pin!(map.get_or_load("k", load()));
    let mut other = pin!(map.get_or_load("other", async { 9 }));
    assert!(poll(first.as_mut()).is_pending());
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(bell.clone());
    assert!(second.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(ready(poll(other.as_mut())), 9, "another key does not wait");
    // Nothing is held meanwhile.
    map.insert("unrelated", 0);
    assert_eq!(map.len(), 2);
    open.set(true);
    assert_eq!(ready(poll(first)), 1);
    assert_eq!(bell.0.load(Ordering::Relaxed), 1);
    assert_eq!(ready(poll(second)), 1);
    assert_eq!(loads.get(), 1);
    assert_eq!(map.get("k"), Some(1));
}

#[test]
fn only_the_last_task_of_a_wait_is_woken() {
    let (map, open) = (ShardedMap::new(), Cell::new(false));
    let mut first = pin!(map.get_or_load("k", async {
        gate(&open).await;
        1
    }));
    assert!(poll(first.as_mut()).is_pending());
    let bells = [(); 3].map(|()| Arc::new(Bell::default()));
    fn ask<F: Future>(future: Pin<&mut F>, bell: &Arc<Bell>) {
        let waker = Waker::from(bell.clone());
        assert!(future.poll(&mut Context::from_waker(&waker)).is_pending());
    }
    let mut moved = pin!(map.get_or_load("k", async { 2 }));
    ask(moved.as_mut(), &bells[0]);
    ask(moved.as_mut(), &bells[1]);
    assert_eq!(Arc::strong_count(&bells[0]), 1, "its waker is not kept");
    {
        let mut given_up = pin!(map.get_or_load("k", async { 3 }));
        ask(given_up.as_mut(), &bells[2]);
    }
    assert_eq!(Arc::strong_count(&bells[2]), 1, "nor that of a wait that is over");
    open.set(true);
    assert_eq!(ready(poll(first)), 1);
    assert_eq!(bells.map(|bell| bell.0.load(Ordering::Relaxed)), [0, 1, 0]);
    assert_eq!(ready(poll(moved)), 1);
}

#[test]
fn a_waiter_takes_over_when_the_leader_is_cancelled() {
    let map = SnapshotMap::new(std::collections::HashMap::new());
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(bell.clone());
    let mut second = pin!(map.get_or_load(1, async { 2 }));
    {
        let mut first = pin!(map.get_or_load(1, pending::<i32>()));
        assert!(poll(first.as_mut()).is_pending());
        assert!(second.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert_eq!(bell.0.load(Ordering::Relaxed), 0);
    }
    assert_eq!(bell.0.load(Ordering::Relaxed), 1, "the cancelled leader wakes it");
    assert_eq!(ready(poll(second)), 2);
}

#[test]
fn a_waiter_takes_over_when_the_leader_panics() {
    let map = ShardedMap::new();
    let open = Cell::new(false);
    let mut second = pin!(map.get_or_load(1, async { 2 }));
    let mut first = Box::pin(map.get_or_load(1, async {
        gate(&open).await;
        panic!("the load's own")
    }));
    assert!(poll(first.as_mut()).is_pending());
    assert!(poll(second.as_mut()).is_pending());
    open.set(true);
    let panic = catch_unwind(AssertUnwindSafe(|| poll(first.as_mut())));
    assert!(panic.is_err());
    drop(first);
    assert_eq!(ready(poll(second)), 2);
}

#[test]
fn an_error_is_for_the_call_that_had_it() {
    let map = ShardedMap::new();
    let open = Cell::new(false);
    let failing = async {
        gate(&open).await;
        Err::<i32, _>("down")
    };
    let mut first = pin!(map.try_get_or_load(1, failing));
    let mut second = pin!(map.try_get_or_load(1, async { Ok::<_, &str>(2) }));
    assert!(poll(first.as_mut()).is_pending());
    assert!(poll(second.as_mut()).is_pending());
    open.set(true);
    assert_eq!(ready(poll(first)), Err("down"));
    assert!(!map.contains_key(&1));
    assert_eq!(ready(poll(second)), Ok(2));
}

#[test]
fn a_value_that_came_meanwhile_stays() {
    let map = ShardedMap::new();
    let open = Cell::new(false);
    let mut load = pin!(map.get_or_load(1, async {
        gate(&open).await;
        2
    }));
    assert!(poll(load.as_mut()).is_pending());
    map.insert(1, 7);
    open.set(true);
    assert_eq!(ready(poll(load)), 7);
}

#[test]
fn the_future_may_use_the_map() {
    let map = ShardedMap::with_shards(1);
    let mut load = pin!(map.get_or_load(1, async { map.insert(2, 20).unwrap_or(3) }));
    assert_eq!(ready(poll(load.as_mut())), 3);
    assert_eq!(map.get(&2), Some(20));
}

#[test]
fn the_future_can_be_sent() {
    fn sent<T: Send>(value: T) -> T {
        value
    }
    let map = ShardedMap::new();
    assert_eq!(ready(poll(pin!(sent(map.get_or_load(1, async { 1 }))))), 1);
}

#[test]
fn a_load_that_waits_for_itself_panics() {
    let map = ShardedMap::new();
    let again = async { map.get_or_load(1, async { 2 }).await };
    let mut load = Box::pin(map.get_or_load(1, again));
    let panic = catch_unwind(AssertUnwindSafe(|| poll(load.as_mut()))).unwrap_err();
    let told = panic.downcast_ref::<String>().unwrap();
    assert!(told.starts_with("re-entry: `get_or_load` at"), "{told}");
    assert_eq!(told.matches("loads.rs:").count(), 2, "both places: {told}");
    drop(load);
    // Another key is no such thing, and the key is not lost to others.
    let other = async { map.get_or_load(2, async { 2 }).await };
    assert_eq!(ready(poll(pin!(map.get_or_load(1, other)))), 2);
}

/// The message of a poll that panics.
fn refused<F: Future>(future: Pin<&mut F>) -> String {
    match catch_unwind(AssertUnwindSafe(|| poll(future).is_ready())) {
        Ok(_) => panic!("it must be refused"),
        Err(panic) => panic.downcast_ref::<String>().unwrap().clone(),
    }
}

#[test]
fn loads_that_wait_for_each_other_panic() {
    let (map, open) = (ShardedMap::new(), Cell::new(false));
    let load = |key, other| {
        let wait = async { gate(&open).await };
        let (map, wait) = (&map, Box::pin(wait));
        map.get_or_load(key, async move {
            wait.await;
            map.get_or_load(other, async { 0 }).await + 1
        })
    };
    let mut first = Box::pin(load(1, 2));
    let mut second = Box::pin(load(2, 1));
    assert!(poll(first.as_mut()).is_pending());
    assert!(poll(second.as_mut()).is_pending());
    open.set(true);
    assert!(poll(first.as_mut()).is_pending(), "nobody waits for it yet");
    assert!(poll(first.as_mut()).is_pending());
    let told = refused(second.as_mut());
    assert!(told.starts_with("load cycle: `get_or_load` at"), "{told}");
    assert_eq!(told.matches("loads.rs:").count(), 4, "both calls and both loads: {told}");
    drop(second);
    assert_eq!(ready(poll(first.as_mut())), 1, "it has loaded the key itself");
}

#[test]
fn a_circle_through_several_maps_and_nested_loads_is_one() {
    let (a, b, c) =
        (ShardedMap::new(), SnapshotMap::new(std::collections::HashMap::new()), ShardedMap::new());
    let open = Cell::new(false);
    // It leads a second load, and waits in there.
    let mut first = Box::pin(a.get_or_load(1, async {
        gate(&open).await;
        a.get_or_load(2, async { b.get_or_load("x", async { 0 }).await }).await
    }));
    let mut second = Box::pin(b.get_or_load("x", async {
        gate(&open).await;
        c.get_or_load('y', async { 0 }).await
    }));
    let mut third = Box::pin(c.get_or_load('y', async {
        gate(&open).await;
        a.get_or_load(1, async { 0 }).await
    }));
    assert!(poll(first.as_mut()).is_pending());
    assert!(poll(second.as_mut()).is_pending());
    assert!(poll(third.as_mut()).is_pending());
    open.set(true);
    assert!(poll(third.as_mut()).is_pending());
    assert!(poll(second.as_mut()).is_pending());
    let told = refused(first.as_mut());
    assert!(told.starts_with("load cycle: "), "{told}");
    assert_eq!(told.matches("loads.rs:").count(), 6, "{told}");
    drop(first);
    assert_eq!(ready(poll(third.as_mut())), 0);
    assert_eq!(ready(poll(second.as_mut())), 0);
}

#[test]
fn a_wait_that_is_over_is_no_part_of_a_circle() {
    let (map, open, given_up) = (ShardedMap::new(), Cell::new(false), Cell::new(false));
    // It waits for key 2 and gives that up.
    let mut first = Box::pin(map.get_or_load(1, async {
        {
            let mut other = pin!(map.get_or_load(2, async { 0 }));
            poll_fn(|ctx| {
                assert!(given_up.get() || other.as_mut().poll(ctx).is_pending());
                if given_up.get() { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
        gate(&open).await;
        7
    }));
    let mut second = Box::pin(map.get_or_load(2, async {
        gate(&given_up).await;
        map.get_or_load(1, async { 0 }).await + 1
    }));
    assert!(poll(second.as_mut()).is_pending());
    assert!(poll(first.as_mut()).is_pending());
    given_up.set(true);
    assert!(poll(first.as_mut()).is_pending());
    assert!(poll(second.as_mut()).is_pending());
    open.set(true);
    assert_eq!(ready(poll(first.as_mut())), 7);
    assert_eq!(ready(poll(second.as_mut())), 8);
}

#[test]
fn of_two_threads_that_load_in_opposite_orders_one_is_refused() {
    use std::{sync::Barrier, thread};

    /// Unparks its thread.
    struct Unpark(thread::Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        let (mut future, waker) = (pin!(future), Waker::from(Arc::new(Unpark(thread::current()))));
        loop {
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(value) => return value,
                Poll::Pending => thread::park(),
            }
        }
    }

    for _ in 0..50 {
        let (map, both) = (ShardedMap::new(), Barrier::new(2));
        let load = |key, other| {
            let (map, both) = (&map, &both);
            catch_unwind(AssertUnwindSafe(|| {
                block_on(map.get_or_load(key, async move {
                    both.wait();
                    map.get_or_load(other, async { 0 }).await + 1
                }))
            }))
        };
        let results = thread::scope(|scope| {
            let other = scope.spawn(|| load(2, 1));
            [load(1, 2), other.join().unwrap()]
        });
        // The other one has loaded both keys.
        assert_eq!(results.iter().filter_map(|it| it.as_ref().ok()).collect::<Vec<_>>(), [&1]);
    }
}

#[test]
fn a_key_that_calls_the_map_while_loads_are_listed_is_a_closure() {
    use std::sync::OnceLock;

    #[derive(Clone)]
    struct Nosy(u32);

    static MAP: OnceLock<ShardedMap<Nosy, u32>> = OnceLock::new();

    impl std::hash::Hash for Nosy {
        fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
            state.write_u32(1);
        }
    }

    impl PartialEq for Nosy {
        fn eq(&self, other: &Self) -> bool {
            if let Some(map) = MAP.get().filter(|_| self.0 == 1 && other.0 == 2) {
                assert!(poll(pin!(map.get_or_load(Nosy(3), pending()))).is_pending());
            }
            self.0 == other.0
        }
    }

    impl Eq for Nosy {}

    let map = MAP.get_or_init(ShardedMap::new);
    let mut first = pin!(map.get_or_load(Nosy(1), pending()));
    assert!(poll(first.as_mut()).is_pending());
    let mut second = Box::pin(map.get_or_load(Nosy(2), pending()));
    let result = catch_unwind(AssertUnwindSafe(|| poll(second.as_mut())));
    let told = result.unwrap_err();
    let told = told.downcast_ref::<String>().unwrap();
    assert!(told.starts_with("re-entry: `get_or_load` at"), "{told}");
}
