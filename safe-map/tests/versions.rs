//! Versions are given where something may have changed, and never twice; orders that insertions make stay.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use safe_map::{SnapshotMap, VersionedMap};

#[test]
fn a_pair_that_is_not_there_changes_no_version() {
    let map = VersionedMap::with_shards(4);
    let seen = [map.insert(1, 1), map.insert(2, 2)];
    let versions = || [1, 2].map(|key| map.get(&key).unwrap().version);
    for (first, second) in [(1, 99), (99, 2), (98, 99)] {
        assert_eq!(map.update_pair(&first, &second, |_, _| ()), None);
    }
    assert_eq!(versions(), seen);
    assert_eq!(map.update_pair(&1, &2, |_, _| ()), Some(()));
    assert!(versions().iter().all(|version| !seen.contains(version)));
    let map = SnapshotMap::new(HashMap::from([(1, 1)]));
    let seen = map.version();
    assert_eq!(map.update_pair(&1, &99, |_, _| ()), None);
    assert_eq!(map.version(), seen, "nothing is published");
}

#[test]
fn what_only_looks_gives_no_version() {
    let map = VersionedMap::new();
    let seen = map.insert(1, 1);
    map.read(&1, |_| ());
    map.for_each(|_, _| ());
    map.get_or_insert_with(1, || 2);
    let _ = (map.entries(), map.to_map(), map.try_insert(1, 2), map.remove_if(&1, |_| false));
    assert_eq!(map.get(&1).unwrap().version, seen);
}

#[test]
fn no_version_is_used_twice() {
    let map = VersionedMap::with_shards(2);
    let mut seen = std::collections::HashSet::new();
    let mut look = |what: &str| {
        let version = map.get(&1).unwrap().version;
        assert!(seen.insert(version), "`{what}` has left an old version");
    };
    map.insert(1, 1);
    look("insert");
    map.update(&1, |_| ());
    look("update");
    let panicked =
        catch_unwind(AssertUnwindSafe(|| map.update(&1, |_| -> () { panic!("the closure's own") })));
    assert!(panicked.is_err());
    look("update that panics");
    map.upsert(1, || 0, |_| ());
    look("upsert");
    map.compute(1, |old| old);
    look("compute");
    map.update_many([&1, &99], |_| ());
    look("update_many");
    map.retain(|_, _| true);
    look("retain");
    map.clear();
    map.get_or_insert_with(1, || 1);
    look("clear and get_or_insert_with");
    map.remove_if(&1, |_| true);
    map.upsert(1, || 1, |_| ());
    look("remove_if and upsert");
    let version = map.get(&1).unwrap().version;
    map.replace(&1, version, 1).unwrap();
    look("replace");
    map.extract_if(|_, _| true);
    map.extend([(1, 1)]);
    look("extract_if and extend");
}

#[test]
#[cfg(feature = "indexmap")]
fn the_order_of_an_index_map_stays() {
    use indexmap::IndexMap;
    use safe_map::{LockedMap, SharedMap};

    fn check(map: &impl SharedMap<Key = u32, Value = u32>) {
        let keys = || map.entries().into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        map.extend((0..10).map(|n| (n, n)));
        assert_eq!(map.extract_if(|key, _| key % 3 == 0), [(0, 0), (3, 3), (6, 6), (9, 9)]);
        let left = [1, 2, 4, 5, 7, 8];
        assert_eq!(keys(), left);
        map.update_pair(&8, &1, std::mem::swap);
        map.upsert(5, || 0, |n| *n += 1);
        map.insert(2, 22);
        map.compute(4, |n| n.map(|n| n + 1));
        map.compute(8, |n| n.map(|n| n + 1));
        assert_eq!(keys(), left, "changed values stay where they are");
        let stopped = catch_unwind(AssertUnwindSafe(|| {
            map.retain(|key, _| {
                assert_ne!(*key, 5);
                *key != 2
            });
        }));
        assert!(stopped.is_err());
        // A snapshot that panics publishes nothing.
        map.remove(&2);
        assert_eq!(keys(), [1, 4, 5, 7, 8], "what stays is where it was");
        map.compute(3, |_| Some(3));
        assert_eq!(keys(), [1, 4, 5, 7, 8, 3]);
    }
    check(&LockedMap::<IndexMap<_, _>>::default());
    check(&SnapshotMap::<IndexMap<_, _>>::default());
}

#[test]
fn many_pairs_are_one_version_of_a_snapshot() {
    use std::cell::Cell;

    thread_local! {
        static CLONES: Cell<usize> = const { Cell::new(0) };
    }
    #[derive(Debug, PartialEq)]
    struct Counted(u32);
    impl Clone for Counted {
        fn clone(&self) -> Self {
            CLONES.set(CLONES.get() + 1);
            Counted(self.0)
        }
    }
    let map = SnapshotMap::<HashMap<u32, Counted>>::from_iter((0..1000).map(|n| (n, Counted(n))));
    assert_eq!((map.len(), CLONES.get()), (1000, 0), "a new map has nothing to copy");
    let seen = map.version();
    map.extend((500..1500).map(|n| (n, Counted(n + 1))));
    assert_eq!((map.len(), CLONES.get()), (1500, 1000), "it is copied once");
    assert_eq!(map.read(&500, |value| value.0), Some(501), "the last one counts");
    assert!(map.batch_if(seen, |_| ()).is_err());
    let seen = map.version();
    map.extend([]);
    assert_eq!(map.version(), seen, "nothing is published");
    // The iterator may use the map, and publishes nothing when it panics.
    map.extend([(1, Counted(7))].into_iter().filter(|(key, _)| map.contains_key(key)));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        map.extend((0..10).map(|n| {
            assert!(n < 5, "the iterator's own");
            (n, Counted(100))
        }));
    }));
    assert!(panicked.is_err());
    assert_eq!(map.read(&1, |value| value.0), Some(7));
}
