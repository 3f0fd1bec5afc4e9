//! What the tests of all strategies share: one list of them.

/// Makes one test for each strategy of a check that is generic over the map.
macro_rules! for_every_strategy {
    ($($check:ident: $K:ty => $V:ty;)*) => {$(
        mod $check {
            use std::collections::{BTreeMap, HashMap};

            #[test]
            fn sharded() {
                super::$check(safe_map::ShardedMap::<$K, $V>::default);
            }

            #[test]
            fn one_shard() {
                super::$check(|| safe_map::ShardedMap::<$K, $V>::with_shards(1));
            }

            #[test]
            fn snapshot() {
                super::$check(safe_map::SnapshotMap::<HashMap<$K, $V>>::default);
            }

            #[test]
            fn snapshot_of_btree() {
                super::$check(safe_map::SnapshotMap::<BTreeMap<$K, $V>>::default);
            }

            #[test]
            fn versioned() {
                super::$check(safe_map::VersionedMap::<$K, $V>::default);
            }

            #[test]
            fn read_mostly() {
                super::$check(safe_map::ReadMostlyMap::<$K, $V>::default);
            }

            #[test]
            fn generational() {
                super::$check(safe_map::GenerationalMap::<$K, $V>::default);
            }

            #[test]
            fn locked() {
                super::$check(safe_map::LockedMap::<HashMap<$K, $V>>::default);
            }

            #[test]
            fn locked_btree() {
                super::$check(safe_map::LockedMap::<BTreeMap<$K, $V>>::default);
            }

            #[test]
            #[cfg(feature = "indexmap")]
            fn locked_index() {
                super::$check(safe_map::LockedMap::<indexmap::IndexMap<$K, $V>>::default);
            }

            #[test]
            fn fail_fast() {
                super::$check(safe_map::FailFastMap::<$K, $V>::default);
            }
        }
    )*};
}
