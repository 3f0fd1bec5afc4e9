//! Larger programs than loom can search, under many random schedules, each named by its seed.
//!
//! `RUSTFLAGS="--cfg safe_map_shuttle" cargo test -p safe-map --test shuttle`
#![cfg(safe_map_shuttle)]

use std::{
    collections::{BTreeMap, HashMap},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use safe_map::{
    GenerationalMap, LockedMap, ReadMostlyMap, ShardedMap, SharedMap, SnapshotMap, VersionedMap, explore,
    thread,
};

const SEEDS: u64 = 1000;

/// Four threads count words, remove some and count what they removed; nothing is lost and nothing counted twice.
fn nothing_is_lost<M>(new: fn() -> M)
where
    M: SharedMap<Key = u32, Value = u32> + Send + Sync + 'static,
{
    for seed in 0..SEEDS {
        explore(seed, move || {
            let map = Arc::new(new());
            let workers: Vec<_> = (0..4)
                .map(|worker| {
                    let map = map.clone();
                    thread::spawn(move || {
                        let mut removed = 0;
                        for round in 0..8 {
                            map.upsert(round % 3, || 1, |n| *n += 1);
                            if (round + worker) % 4 == 0 {
                                removed += map.remove(&(round % 3)).unwrap_or(0);
                            }
                        }
                        removed
                    })
                })
                .collect();
            let removed: u32 = workers.into_iter().map(|it| it.join().expect("a worker")).sum();
            let mut left = 0;
            map.for_each(|_, n| left += n);
            assert_eq!(removed + left, 32);
            assert_eq!(map.entries().len(), map.len());
        });
    }
}

/// New keys while old ones are read and removed, so that tables are promoted, frozen and made anew.
fn keys_stay<M>(new: fn() -> M)
where
    M: SharedMap<Key = u32, Value = u32> + Send + Sync + 'static,
{
    for seed in 0..SEEDS / 10 {
        explore(seed, move || {
            let map = Arc::new(new());
            let writers: Vec<_> = (0..2)
                .map(|writer| {
                    let map = map.clone();
                    thread::spawn(move || {
                        for key in (0..120).map(|n| n * 2 + writer) {
                            assert_eq!(map.insert(key, key), None);
                            assert_eq!(map.get(&key), Some(key));
                            if key % 3 == 0 {
                                assert_eq!(map.remove(&key), Some(key));
                            }
                        }
                    })
                })
                .collect();
            let reader = map.clone();
            let reader = thread::spawn(move || {
                for key in 0..240 {
                    assert!(reader.get(&key).is_none_or(|value| value == key));
                }
            });
            writers.into_iter().chain([reader]).for_each(|it| it.join().expect("a thread"));
            assert_eq!(map.len(), 160);
            assert!((0..240).all(|key| map.contains_key(&key) == (key % 3 != 0)));
        });
    }
}

macro_rules! for_strategies {
    ($($name:ident: $new:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn sums() {
                nothing_is_lost(|| $new);
            }

            #[test]
            fn keys() {
                keys_stay(|| $new);
            }
        }
    )*};
}

for_strategies! {
    sharded: ShardedMap::with_shards(2);
    snapshot: SnapshotMap::<HashMap<_, _>>::default();
    versioned: VersionedMap::with_shards(2);
    read_mostly: ReadMostlyMap::new();
    generational: GenerationalMap::new();
    locked: LockedMap::<BTreeMap<_, _>>::default();
}

#[test]
fn money_is_neither_made_nor_lost() {
    for seed in 0..SEEDS {
        explore(seed, || {
            let accounts: Arc<ShardedMap<u32, i64>> = Arc::new(ShardedMap::with_shards(4));
            accounts.extend((0..6).map(|account| (account, 100)));
            let movers: Vec<_> = (0..3)
                .map(|mover| {
                    let accounts = accounts.clone();
                    thread::spawn(move || {
                        for step in 0..6 {
                            let (from, to) = ((mover + step) % 6, (mover * 2 + step + 1) % 6);
                            if from != to {
                                accounts.update_pair(&from, &to, |from, to| {
                                    *from -= 1;
                                    *to += 1;
                                });
                            }
                        }
                    })
                })
                .collect();
            // A cut through all shards while money moves.
            assert_eq!(accounts.to_map().values().sum::<i64>(), 600);
            movers.into_iter().for_each(|it| it.join().expect("a mover"));
            assert_eq!(accounts.fold(0, |sum, _, money| sum + money), 600);
        });
    }
}

#[test]
fn a_seed_says_the_schedule() {
    fn outcome(seed: u64) -> usize {
        let order = Arc::new(AtomicUsize::new(0));
        let seen = order.clone();
        explore(seed, move || {
            let map = Arc::new(ShardedMap::with_shards(1));
            let threads: Vec<_> = (0..3)
                .map(|n| {
                    let map = map.clone();
                    thread::spawn(move || map.upsert(0, || n, |seen| *seen = *seen * 3 + n))
                })
                .collect();
            threads.into_iter().for_each(|it| drop(it.join()));
            seen.store(map.get(&0).expect("somebody was first"), Ordering::Relaxed);
        });
        order.load(Ordering::Relaxed)
    }
    let outcomes: Vec<_> = (0..40).map(outcome).collect();
    assert_eq!(outcomes, (0..40).map(outcome).collect::<Vec<_>>(), "the same seed, the same schedule");
    assert!(outcomes.iter().any(|it| *it != outcomes[0]), "other seeds, other schedules");
}

/// Whether two threads lose an addition under this seed.
fn loses_an_addition(seed: u64) -> bool {
    let run = || {
        explore(seed, || {
            let map = Arc::new(ShardedMap::with_shards(1));
            map.insert(1, 0);
            let other = map.clone();
            let add = |map: &ShardedMap<u32, u32>| map.insert(1, map.get(&1).expect("it is there") + 1);
            let second = thread::spawn(move || add(&other));
            add(&map);
            second.join().expect("the second");
            assert_eq!(map.get(&1), Some(2));
        });
    };
    catch_unwind(AssertUnwindSafe(run)).is_err()
}

#[test]
fn a_race_is_found_and_found_again_with_its_seed() {
    let losing = (0..200).find(|seed| loses_an_addition(*seed)).expect("some seed loses an addition");
    let keeping = (0..200).find(|seed| !loses_an_addition(*seed)).expect("some seed loses none");
    for run in 0..100 {
        assert!(loses_an_addition(losing), "seed {losing}, run {run}");
        assert!(!loses_an_addition(keeping), "seed {keeping}, run {run}");
    }
}
