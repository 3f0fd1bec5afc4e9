//! Calls of a map from inside its own closures: method by closure by strategy, with what is expected of each.
//!
//! With `debug_assertions` or the feature `reentry-check` every re-entry under a lock panics; in other builds those do that
//! would wait for their own thread: `cargo test --release -p safe-map --test reentry` looks at these.
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
    UpsertInsert,
    UpsertUpdate,
    Compute,
    ComputeAbsent,
    UpdatePair,
    RemoveIf,
    Retain,
    ExtractIf,
}

const OUTER: [Outer; 12] = [
    Outer::Read,
    Outer::ForEach,
    Outer::Update,
    Outer::GetOrInsertWith,
    Outer::UpsertInsert,
    Outer::UpsertUpdate,
    Outer::Compute,
    Outer::ComputeAbsent,
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
    GetAbsent,
    Contains,
    InsertOther,
    TryInsert,
    GetOrInsertWith,
    Upsert,
    Compute,
    RemoveSame,
    RemoveIf,
    Len,
    Clear,
    Retain,
    ExtractIf,
    ForEach,
    Entries,
    UpdateOther,
    UpdatePair,
}

const INNER: [Inner; 19] = [
    Inner::GetSame,
    Inner::GetOther,
    Inner::GetAbsent,
    Inner::Contains,
    Inner::InsertOther,
    Inner::TryInsert,
    Inner::GetOrInsertWith,
    Inner::Upsert,
    Inner::Compute,
    Inner::RemoveSame,
    Inner::RemoveIf,
    Inner::Len,
    Inner::Clear,
    Inner::Retain,
    Inner::ExtractIf,
    Inner::ForEach,
    Inner::Entries,
    Inner::UpdateOther,
    Inner::UpdatePair,
];

impl Inner {
    /// Whether it only reads.
    fn reads(self) -> bool {
        matches!(
            self,
            Inner::GetSame
                | Inner::GetOther
                | Inner::GetAbsent
                | Inner::Contains
                | Inner::Len
                | Inner::ForEach
                | Inner::Entries
        )
    }
}

fn inner(map: &impl SharedMap<Key = u32, Value = u32>, call: Inner) {
    match call {
        Inner::GetSame => drop(map.get(&1)),
        Inner::GetOther => drop(map.get(&2)),
        Inner::GetAbsent => drop(map.get(&88)),
        Inner::Contains => drop(map.contains_key(&1)),
        Inner::InsertOther => drop(map.insert(77, 0)),
        Inner::TryInsert => drop(map.try_insert(77, 0)),
        Inner::GetOrInsertWith => drop(map.get_or_insert_with(77, || 0)),
        Inner::Upsert => drop(map.upsert(2, || 0, |v| *v += 1)),
        Inner::Compute => drop(map.compute(2, |old| old)),
        Inner::RemoveSame => drop(map.remove(&1)),
        Inner::RemoveIf => drop(map.remove_if(&2, |_| true)),
        Inner::Len => drop(map.len()),
        Inner::Clear => map.clear(),
        Inner::Retain => map.retain(|_, _| true),
        Inner::ExtractIf => drop(map.extract_if(|_, _| false)),
        Inner::ForEach => map.for_each(|_, _| ()),
        Inner::Entries => drop(map.entries()),
        Inner::UpdateOther => drop(map.update(&2, |v| *v += 1)),
        Inner::UpdatePair => drop(map.update_pair(&2, &3, |a, b| *a += *b)),
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
        Outer::UpsertInsert => {
            let insert = || {
                again();
                0
            };
            map.upsert(50, insert, |_| ());
        }
        Outer::UpsertUpdate => {
            map.upsert(1, || 0, |_| again());
        }
        Outer::Compute | Outer::ComputeAbsent => {
            map.compute(if closure == Outer::Compute { 1 } else { 50 }, |old| {
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

/// Whether every call from inside a closure under a lock panics in this build, or only one that would wait for itself.
const CHECKED: bool = cfg!(any(debug_assertions, feature = "reentry-check"));

/// How reads come to the map.
#[derive(Clone, Copy, PartialEq)]
enum Reads {
    /// Under a shared lock.
    Locked,
    /// Under a shared lock, but for `len`.
    LockedButLen,
    /// Under none, writers under one.
    Free,
}

/// What must become of a call. All keys are under one lock in builds that are not checked.
fn must_panic(closure: Outer, call: Inner, reads: Reads) -> bool {
    let closure_reads = matches!(closure, Outer::Read | Outer::ForEach);
    match reads {
        Reads::Locked | Reads::LockedButLen if CHECKED => true,
        Reads::LockedButLen if matches!(call, Inner::Len) => false,
        // Two readers of one lock do not wait for each other.
        Reads::Locked | Reads::LockedButLen => !(closure_reads && call.reads()),
        Reads::Free if CHECKED => !closure_reads,
        Reads::Free => !closure_reads && !call.reads(),
    }
}

/// Tries every pair of closure and call.
fn table<M: SharedMap<Key = u32, Value = u32>>(new: impl Fn() -> M, reads: Reads) {
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
                Ok(()) => assert!(!must_panic(closure, call, reads), "{what} must panic"),
                Err(panic) => {
                    assert!(must_panic(closure, call, reads), "{what} must run");
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

/// With many shards only a checked build sees each call; with one every build must.
#[test]
fn sharded_in_many() {
    if CHECKED {
        table(ShardedMap::new, Reads::Locked);
    }
}

#[test]
fn sharded() {
    table(|| ShardedMap::with_shards(1), Reads::Locked);
}

#[test]
fn versioned() {
    table(|| VersionedMap::with_shards(1), Reads::Locked);
}

#[test]
fn locked() {
    table(LockedMap::<HashMap<_, _>>::default, Reads::Locked);
}

#[test]
fn fail_fast() {
    table(FailFastMap::new, Reads::Locked);
}

#[test]
fn snapshot() {
    table(SnapshotMap::<HashMap<_, _>>::default, Reads::Free);
}

#[test]
fn read_mostly() {
    table(ReadMostlyMap::new, Reads::Free);
}

#[test]
fn generational() {
    // The keys are young: reads of them are under the lock.
    table(GenerationalMap::new, Reads::LockedButLen);
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
#[cfg(any(debug_assertions, feature = "reentry-check"))]
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
