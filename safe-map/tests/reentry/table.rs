//! Every method from inside of every closure, by strategy.

use std::{
    collections::{HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use safe_map::{
    FailFastMap, GenerationalMap, LockedMap, LockedSet, ReadMostlyMap, ShardedMap, ShardedSet, SnapshotMap,
    SnapshotSet, VersionedMap,
};

use crate::methods::{Listed, Needs, Under};

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
fn must_panic(runs: Under, needs: Needs, reads: Reads) -> bool {
    if runs == Under::Nothing || needs == Needs::Nothing {
        return false;
    }
    match reads {
        Reads::Locked | Reads::LockedButLen if CHECKED => true,
        Reads::LockedButLen if needs == Needs::Len => false,
        // Two readers of one lock do not wait for each other.
        Reads::Locked | Reads::LockedButLen => runs == Under::Write || needs == Needs::Write,
        Reads::Free if CHECKED => runs == Under::Write,
        Reads::Free => runs == Under::Write && needs == Needs::Write,
    }
}

/// Tries every pair of a method with a closure and a method.
fn table<M: Listed>(new: impl Fn() -> M, reads: Reads) {
    let methods = M::methods();
    for outer in &methods {
        let Some(runs) = outer.runs else { continue };
        for inner in &methods {
            let map = new().fill();
            let again = || (inner.call)(&map, &|| ());
            let result = catch_unwind(AssertUnwindSafe(|| (outer.call)(&map, &again)));
            let what = format!("`{}` in the closure of `{}`", inner.name, outer.name);
            let wanted = must_panic(runs, inner.needs, reads);
            match result {
                Ok(()) => assert!(!wanted, "{what} must panic"),
                Err(panic) => {
                    let message = panic.downcast_ref::<String>().unwrap();
                    assert!(wanted, "{what} must run: {message}");
                    let (name, closure) = (inner.name, outer.name);
                    assert!(message.starts_with(&format!("re-entry: `{name}` at ")), "{what}: {message}");
                    assert!(
                        message.contains(&format!("the closure of `{closure}` at ")),
                        "{what}: {message}"
                    );
                    assert_eq!(message.matches("methods.rs:").count(), 2, "both places of {what}: {message}");
                }
            }
            assert!(map.is_usable(), "after {what}");
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
fn sharded_set() {
    table(|| ShardedSet::with_shards(1), Reads::Locked);
}

#[test]
fn locked_set() {
    table(LockedSet::<HashSet<_>>::default, Reads::Locked);
}

#[test]
fn snapshot_set() {
    table(SnapshotSet::<HashSet<_>>::default, Reads::Free);
}
