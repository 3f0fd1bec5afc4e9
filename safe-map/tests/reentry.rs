//! Calls of a map from inside its own closures: method by closure by strategy, with what is expected of each.
//!
//! The tests are built with `debug_assertions`, where every re-entry under a lock panics. What is contended panics in every
//! build; the tests of `src/lock.rs` look at that alone.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use safe_map::{
    FailFastMap, GenerationalMap, LockedMap, ReadMostlyMap, ShardedMap, SharedMap, SnapshotMap, VersionedMap,
};

/// Which closure of the map the second call is made from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outer {
    Read,
    ForEach,
    Update,
    GetOrInsertWith,
    Upsert,
    Compute,
    UpdatePair,
    RemoveIf,
    Retain,
    ExtractIf,
}

const OUTER: [Outer; 10] = [
    Outer::Read,
    Outer::ForEach,
    Outer::Update,
    Outer::GetOrInsertWith,
    Outer::Upsert,
    Outer::Compute,
    Outer::UpdatePair,
    Outer::RemoveIf,
    Outer::Retain,
    Outer::ExtractIf,
];

/// The second call.
#[derive(Clone, Copy, Debug)]
enum Inner {
    GetSame,
    GetOther,
    InsertOther,
    RemoveSame,
    Len,
    Clear,
    ForEach,
    UpdateOther,
}

const INNER: [Inner; 8] = [
    Inner::GetSame,
    Inner::GetOther,
    Inner::InsertOther,
    Inner::RemoveSame,
    Inner::Len,
    Inner::Clear,
    Inner::ForEach,
    Inner::UpdateOther,
];

fn inner(map: &impl SharedMap<Key = u32, Value = u32>, call: Inner) {
    match call {
        Inner::GetSame => drop(map.get(&1)),
        Inner::GetOther => drop(map.get(&2)),
        Inner::InsertOther => drop(map.insert(77, 0)),
        Inner::RemoveSame => drop(map.remove(&1)),
        Inner::Len => drop(map.len()),
        Inner::Clear => map.clear(),
        Inner::ForEach => map.for_each(|_, _| ()),
        Inner::UpdateOther => drop(map.update(&2, |v| *v += 1)),
    }
}

fn outer(map: &impl SharedMap<Key = u32, Value = u32>, closure: Outer, call: Inner) {
    let again = || inner(map, call);
    match closure {
        Outer::Read => drop(map.read(&1, |_| again())),
        Outer::ForEach => map.for_each(|_, _| again()),
        Outer::Update => drop(map.update(&1, |_| again())),
        Outer::GetOrInsertWith => {
            map.get_or_insert_with(50, || {
                again();
                0
            });
        }
        Outer::Upsert => {
            map.upsert(1, || 0, |_| again());
        }
        Outer::Compute => {
            map.compute(1, |old| {
                again();
                old
            });
        }
        Outer::UpdatePair => drop(map.update_pair(&1, &2, |_, _| again())),
        Outer::RemoveIf => {
            map.remove_if(&1, |_| {
                again();
                false
            });
        }
        Outer::Retain => map.retain(|_, _| {
            again();
            true
        }),
        Outer::ExtractIf => {
            map.extract_if(|_, _| {
                again();
                false
            });
        }
    }
}

/// Tries every pair of closure and call. `free` are the closures that run under no lock.
fn table<M: SharedMap<Key = u32, Value = u32>>(new: impl Fn() -> M, free: &[Outer]) {
    for closure in OUTER {
        for call in INNER {
            let map = new();
            for key in 0..8 {
                map.insert(key, key);
            }
            // So that a read-mostly map has published its keys.
            for key in (0..8).cycle().take(40) {
                map.get(&key);
            }
            let result = catch_unwind(AssertUnwindSafe(|| outer(&map, closure, call)));
            let what = format!("{call:?} in the closure of {closure:?}");
            match result {
                Ok(()) => assert!(free.contains(&closure), "{what} must panic"),
                Err(panic) => {
                    assert!(!free.contains(&closure), "{what} must run");
                    let message = panic.downcast_ref::<String>().unwrap();
                    assert!(message.starts_with("re-entry: `"), "{message}");
                    assert_eq!(message.matches("reentry.rs:").count(), 2, "both places: {message}");
                }
            }
            // Whatever happened, the map is usable.
            assert_eq!(map.insert(99, 1), None);
            assert_eq!(map.get(&99), Some(1));
        }
    }
}

#[test]
fn sharded() {
    table(ShardedMap::new, &[]);
}

#[test]
fn versioned() {
    table(VersionedMap::new, &[]);
}

#[test]
fn locked() {
    table(LockedMap::<HashMap<_, _>>::default, &[]);
}

#[test]
fn fail_fast() {
    table(FailFastMap::new, &[]);
}

#[test]
fn snapshot() {
    table(SnapshotMap::<HashMap<_, _>>::default, &[Outer::Read, Outer::ForEach]);
}

#[test]
fn read_mostly() {
    table(ReadMostlyMap::new, &[Outer::Read, Outer::ForEach]);
}

#[test]
fn generational() {
    // The keys are young: reads of them are under the lock.
    table(GenerationalMap::new, &[]);
}

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
fn opposite_orders_of_two_maps_panic() {
    let (a, b) = (ShardedMap::new(), LockedMap::<HashMap<u32, u32>>::default());
    a.insert(1, 1);
    b.insert(1, 1);
    a.update(&1, |_| b.get(&1));
    let panic = catch_unwind(AssertUnwindSafe(|| b.read(&1, |_| a.get(&1)))).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.starts_with("lock order: `get` at"), "{message}");
    assert_eq!(message.matches("reentry.rs:").count(), 4, "both places of both orders: {message}");
}

#[test]
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
fn clone_under_a_lock_is_a_closure() {
    struct Nosy<'a>(&'a ShardedMap<u32, Nosy<'a>>);

    impl Clone for Nosy<'_> {
        fn clone(&self) -> Self {
            self.0.len();
            Nosy(self.0)
        }
    }

    let map = Box::leak(Box::new(ShardedMap::new()));
    map.insert(1, Nosy(map));
    assert!(catch_unwind(AssertUnwindSafe(|| map.get(&1))).is_err());
    assert!(map.contains_key(&1));
}
