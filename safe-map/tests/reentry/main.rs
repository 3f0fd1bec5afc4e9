//! Calls of a map from inside its own closures: what is expected of each method in each closure (`table.rs`), and single cases.
//!
//! With `debug_assertions` or the feature `reentry-check` every re-entry under a lock panics; in other builds those do that
//! would wait for their own thread: `cargo test --release -p safe-map --test reentry` looks at these.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use safe_map::{GenerationalMap, LockedMap, ShardedMap, SnapshotMap};

mod methods;
mod table;

#[test]
fn a_frozen_key_is_read_without_a_lock() {
    let map = GenerationalMap::new();
    for key in 0..1000 {
        map.insert(key, key);
    }
    assert_eq!(map.read(&0, |_| map.remove(&0)), Some(Some(0)));
}

#[test]
fn one_map_inside_another_is_no_reentry() {
    let (a, b) = (ShardedMap::new(), ShardedMap::new());
    a.insert(1, 1);
    assert_eq!(a.update(&1, |_| b.insert(1, 1)), Some(None));
}

#[test]
#[cfg(any(debug_assertions, feature = "reentry-check"))]
fn opposite_orders_of_two_maps_panic() {
    let (a, b) = (ShardedMap::new(), LockedMap::<HashMap<u32, u32>>::default());
    a.insert(1, 1);
    b.insert(1, 1);
    a.update(&1, |_| b.get(&1));
    let panic = catch_unwind(AssertUnwindSafe(|| b.read(&1, |_| a.get(&1)))).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.starts_with("lock order: `get` at"), "{message}");
    assert_eq!(message.matches("main.rs:").count(), 4, "both places of both orders: {message}");
}

#[test]
#[cfg(any(debug_assertions, feature = "reentry-check"))]
fn opposite_orders_through_a_third_map_panic() {
    let [a, b, c] = [(); 3].map(|()| {
        let map = ShardedMap::new();
        map.insert(1, 1);
        map
    });
    a.update(&1, |_| b.get(&1));
    b.update(&1, |_| c.get(&1));
    assert!(catch_unwind(AssertUnwindSafe(|| c.update(&1, |_| a.get(&1)))).is_err());
    // The order that was known stays good.
    assert_eq!(a.update(&1, |_| c.get(&1)), Some(Some(1)));
}

#[test]
fn a_snapshot_that_is_read_takes_no_part_in_orders() {
    let (a, b) = (ShardedMap::new(), SnapshotMap::<HashMap<u32, u32>>::default());
    a.insert(1, 1);
    b.insert(1, 1);
    a.update(&1, |_| b.get(&1));
    assert_eq!(b.read(&1, |_| a.get(&1)), Some(Some(1)));
}

#[test]
#[cfg(any(debug_assertions, feature = "reentry-check"))]
fn clone_under_a_lock_is_a_closure() {
    let map = Box::leak(Box::new(ShardedMap::new()));
    map.insert(1, Nosy(map, 2));
    assert!(catch_unwind(AssertUnwindSafe(|| map.get(&1))).is_err());
    assert!(map.contains_key(&1));
}

#[test]
fn an_iterator_of_a_new_map_runs_under_no_lock() {
    let a = ShardedMap::from([(1, 1)]);
    let b: ShardedMap<i32, i32> = [1, 2].into_iter().map(|key| (key, a.get(&1).unwrap())).collect();
    // In a checked build this would be the opposite order.
    assert_eq!(a.update(&1, |_| b.get(&1)), Some(Some(1)));
}

/// The message of a panic.
fn refused<R>(f: impl FnOnce() -> R) -> String {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => panic!("it must be refused"),
        Err(panic) => panic.downcast_ref::<String>().unwrap().clone(),
    }
}

#[test]
fn all_locks_of_many_are_known() {
    let map = ShardedMap::with_shards(64);
    map.extend((0..1000).map(|key| (key, key)));
    let keys: [u32; 40] = std::array::from_fn(|at| at as u32 * 3);
    // Each of them, for those are many whose shard was locked late.
    for key in keys {
        let told = refused(|| map.update_many(keys.each_ref(), |_| map.insert(key, 0)));
        assert!(told.starts_with("re-entry: `insert` at"), "{told}");
        assert!(told.contains("the closure of `update_many` at"), "{told}");
    }
    map.insert(5000, 1);
}

/// A value that removes a key from its map when it is cloned or printed.
struct Nosy<'a>(&'a ShardedMap<u32, Nosy<'a>>, u32);

impl Nosy<'_> {
    fn write(&self) {
        assert!(self.0.remove(&self.1).is_none());
    }
}

impl Clone for Nosy<'_> {
    fn clone(&self) -> Self {
        self.write();
        Nosy(self.0, self.1)
    }
}

impl std::fmt::Debug for Nosy<'_> {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.write();
        Ok(())
    }
}

#[test]
fn a_copy_of_all_shards_is_a_closure_under_all_locks() {
    let map = Box::leak(Box::new(ShardedMap::with_shards(64)));
    for key in 1000..1100 {
        map.insert(1, Nosy(map, key));
        let told = refused(|| map.to_map());
        assert!(told.starts_with("re-entry: `remove` at"), "{told}");
    }
}

#[test]
fn debug_under_a_lock_is_a_closure() {
    let map = Box::leak(Box::new(ShardedMap::with_shards(1)));
    map.insert(1, Nosy(map, 2));
    let told = refused(|| format!("{map:?}"));
    assert!(told.starts_with("re-entry: `remove` at"), "{told}");
    assert!(told.contains("the closure of `Debug::fmt`"), "{told}");
}

#[test]
fn locks_deeper_than_the_frames_are_known() {
    fn nest(maps: &[ShardedMap<u32, u32>], innermost: &dyn Fn()) {
        match maps {
            [] => innermost(),
            [first, rest @ ..] => drop(first.update(&1, |_| nest(rest, innermost))),
        }
    }
    let maps: Vec<ShardedMap<u32, u32>> = (0..30)
        .map(|_| {
            let map = ShardedMap::with_shards(1);
            map.insert(1, 1);
            map
        })
        .collect();
    for at in [0, 15, 16, 29] {
        let told = refused(|| nest(&maps, &|| assert_eq!(maps[at].insert(2, 2), None)));
        assert!(told.starts_with("re-entry: `insert` at"), "{told}");
    }
    nest(&maps, &|| ());
}
