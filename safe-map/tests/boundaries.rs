//! Deletion at its boundaries, for every strategy: on empty, twice, while iterating, and by many threads at once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[macro_use]
mod common;

use std::{
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use safe_map::SharedMap;

fn on_an_empty_map<M: SharedMap<Key = u32, Value = u32>>(new: impl Fn() -> M) {
    let map = new();
    assert_eq!(map.remove(&1), None);
    assert_eq!(map.remove_if(&1, |_| unreachable!("there is no value")), None);
    assert_eq!(map.update(&1, |_| ()), None);
    assert!(map.extract_if(|_, _| true).is_empty());
    map.retain(|_, _| false);
    map.clear();
    assert!(map.is_empty());
}

fn repeated<M: SharedMap<Key = u32, Value = u32>>(new: impl Fn() -> M) {
    let map = new();
    for round in 0..300 {
        assert_eq!(map.insert(7, round), None);
        assert_eq!(map.remove(&7), Some(round));
        assert_eq!(map.remove(&7), None);
        assert_eq!(map.get(&7), None);
        assert_eq!(map.len(), 0);
    }
}

fn while_iterating<M: SharedMap<Key = u32, Value = u32>>(new: impl Fn() -> M) {
    let map = new();
    for key in 0..500 {
        map.insert(key, key);
    }
    let odd = map.extract_if(|_, value| *value % 2 == 1);
    assert_eq!(odd.len(), 250);
    map.retain(|key, _| key % 4 == 0);
    assert_eq!(map.len(), 125);
    // The copy is nobody's: the loop may delete.
    for (key, _) in map.entries() {
        assert_eq!(map.remove(&key), Some(key));
    }
    assert!(map.is_empty());
}

fn by_many_threads<M: SharedMap<Key = u32, Value = u32> + Sync>(new: impl Fn() -> M) {
    let map = new();
    for key in 0..400 {
        map.insert(key, key);
    }
    let removed = AtomicUsize::new(0);
    let start = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                start.wait();
                let mine = (0..400).filter(|key| map.remove(key).is_some()).count();
                removed.fetch_add(mine, Ordering::Relaxed);
            });
        }
    });
    assert_eq!(removed.into_inner(), 400, "each key is removed once");
    assert!(map.is_empty());
}

for_every_strategy! {
    on_an_empty_map: u32 => u32;
    repeated: u32 => u32;
    while_iterating: u32 => u32;
    several_keys: u32 => u32;
}

/// A `FailFastMap` refuses what these threads do; it has a test of its own.
mod concurrently {
    use std::collections::HashMap;

    use super::by_many_threads;

    #[test]
    fn sharded() {
        by_many_threads(safe_map::ShardedMap::new);
    }

    #[test]
    fn snapshot() {
        by_many_threads(safe_map::SnapshotMap::<HashMap<_, _>>::default);
    }

    #[test]
    fn versioned() {
        by_many_threads(safe_map::VersionedMap::new);
    }

    #[test]
    fn read_mostly() {
        by_many_threads(safe_map::ReadMostlyMap::new);
    }

    #[test]
    fn generational() {
        by_many_threads(safe_map::GenerationalMap::new);
    }

    #[test]
    fn locked() {
        by_many_threads(safe_map::LockedMap::<HashMap<_, _>>::default);
    }
}

/// Where reads lock nothing, a loop over the map itself may delete.
mod in_the_loop_itself {
    use std::collections::HashMap;

    #[test]
    fn of_a_snapshot() {
        let map: safe_map::SnapshotMap<HashMap<u32, u32>> = (0..50).map(|key| (key, key)).collect();
        let mut seen = 0;
        map.for_each(|key, _| {
            seen += 1;
            assert_eq!(map.remove(key), Some(*key));
        });
        assert_eq!((seen, map.len()), (50, 0));
    }

    #[test]
    fn of_a_read_mostly_map() {
        let map: safe_map::ReadMostlyMap<u32, u32> = (0..50).map(|key| (key, key)).collect();
        map.for_each(|key, _| {
            map.remove(key);
        });
        assert_eq!(map.len(), 0);
    }
}

#[test]
fn a_fail_fast_map_refuses_a_writer_beside_a_reader() {
    let map = safe_map::FailFastMap::new();
    map.insert(1, 1);
    let message = map.read(&1, |_| {
        thread::scope(|scope| {
            let writer = scope.spawn(|| map.remove(&1));
            let panic = writer.join().unwrap_err();
            panic.downcast_ref::<String>().unwrap().clone()
        })
    });
    let message = message.unwrap();
    assert!(message.starts_with("concurrent map read and map write: `remove` at"), "{message}");
    assert!(message.contains("while `read` at"), "{message}");
    assert!(message.contains("boundaries.rs"), "{message}");
    assert_eq!(map.get(&1), Some(1), "the writer has touched nothing");
}

#[test]
fn a_fail_fast_map_refuses_two_writers() {
    let map = safe_map::FailFastMap::new();
    map.insert(1, 1);
    let refused = map.update(&1, |_| {
        thread::scope(|scope| {
            let panic = scope.spawn(|| map.insert(2, 2)).join().unwrap_err();
            panic.downcast_ref::<String>().unwrap().clone()
        })
    });
    assert!(refused.unwrap().starts_with("concurrent map writes: `insert`"));
    assert_eq!(map.len(), 1);
}

#[test]
fn a_stale_delete_is_refused() {
    let map = safe_map::VersionedMap::new();
    let first = map.insert("k", 1);
    map.update("k", |v| *v = 2);
    let stale = map.remove("k", first).unwrap_err();
    assert_eq!(map.get("k").map(|seen| seen.version), stale.current);
    // Removed and put in again: the same value, another version.
    let second = map.get("k").unwrap().version;
    assert_eq!(map.remove("k", second), Ok(2));
    map.insert("k", 2);
    assert!(map.remove("k", second).is_err());
    assert_eq!(map.replace("k", second, 3).unwrap_err().value, 3);
}

#[test]
fn sizes_at_their_ends() {
    let refused = |new: fn() -> safe_map::ShardedMap<u32, u32>| std::panic::catch_unwind(new).is_err();
    assert!(refused(|| safe_map::ShardedMap::with_capacity(usize::MAX)));
    assert!(refused(|| safe_map::ShardedMap::with_shards(0)));
    assert!(refused(|| safe_map::ShardedMap::with_shards(3)));
    let map = safe_map::ShardedMap::with_capacity(0);
    map.insert(1, 1);
    assert_eq!((map.get(&1), map.len()), (Some(1), 1));
}

fn several_keys<M: SharedMap<Key = u32, Value = u32>>(new: impl Fn() -> M) {
    let map = new();
    assert_eq!(map.update_pair(&1, &1, |_, _| unreachable!("there is no value")), None);
    map.insert(1, 1);
    assert_eq!(map.update_pair(&1, &2, |_, _| unreachable!("one value is missing")), None);
    assert_eq!((map.get(&1), map.len()), (Some(1), 1));
}

#[test]
fn equal_keys_are_refused_only_where_they_are() {
    let map = safe_map::ShardedMap::new();
    map.extend([(1, 1), (2, 2)]);
    let values = map.update_many([&7, &1, &7, &2], |values| values.map(|it| it.copied()));
    assert_eq!(values, [None, Some(1), None, Some(2)]);
    let equal = std::panic::AssertUnwindSafe(|| map.update_many([&1, &2, &1], |_| ()));
    assert!(std::panic::catch_unwind(equal).is_err());
    assert_eq!((map.get(&1), map.get(&2)), (Some(1), Some(2)));
    assert_eq!(map.update_many([&0; 0], |values| values.len()), 0);
}
