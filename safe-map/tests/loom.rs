//! Every protocol under every schedule of two or three threads, within a bound of preemptions.
//!
//! `RUSTFLAGS="--cfg safe_map_loom" cargo test -p safe-map --lib --test loom`
#![cfg(safe_map_loom)]

use std::{
    collections::BTreeMap,
    future::Future,
    hash::{BuildHasherDefault, DefaultHasher},
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use loom::thread;
use safe_map::{
    FailFastMap, GenerationalMap, LockedMap, ReadMostlyMap, ShardedMap, SharedMap, SnapshotMap, VersionedMap,
};

/// The same hashes in each run, so that the schedules are the same.
type Fixed = BuildHasherDefault<DefaultHasher>;

/// Runs a check under every schedule with at most so many preemptions.
fn explore(preemptions: usize, check: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.check(check);
}

/// The search finds what a map cannot prevent: two calls are not one step.
#[test]
#[should_panic = "an addition is lost"]
fn the_search_finds_a_lost_addition() {
    explore(4, || {
        let map = Arc::new(ShardedMap::with_shards_and_hasher(1, Fixed::default()));
        map.insert(1, 0);
        let other = map.clone();
        let add = |map: &ShardedMap<u32, u32, Fixed>| map.insert(1, map.get(&1).unwrap() + 1);
        let second = thread::spawn(move || add(&other));
        add(&map);
        second.join().unwrap();
        assert_eq!(map.get(&1), Some(2), "an addition is lost");
    });
}

/// Two threads add to one key, and one reads: no addition is lost, and what is read was there at some time.
fn additions_are_not_lost<M>(new: fn() -> M)
where
    M: SharedMap<Key = u32, Value = u32> + Send + Sync + 'static,
{
    explore(4, move || {
        let map = Arc::new(new());
        map.insert(1, 0);
        let adders = [1, 10].map(|n| {
            let map = map.clone();
            thread::spawn(move || map.update(&1, |value| *value += n))
        });
        let seen = map.get(&1).unwrap();
        assert!([0, 1, 10, 11].contains(&seen));
        adders.into_iter().for_each(|it| assert!(it.join().unwrap().is_some()));
        assert_eq!(map.get(&1), Some(11));
    });
}

/// Two threads put the same new key in: one of them is first, and everybody sees its value.
fn one_insertion_wins<M>(new: fn() -> M)
where
    M: SharedMap<Key = u32, Value = u32> + Send + Sync + 'static,
{
    explore(4, move || {
        let map = Arc::new(new());
        let other = map.clone();
        let second = thread::spawn(move || other.get_or_insert_with(1, || 2));
        let mine = map.get_or_insert_with(1, || 1);
        assert_eq!(second.join().unwrap(), mine);
        assert_eq!((map.get(&1), map.len()), (Some(mine), 1));
    });
}

/// A key is removed and put in again beside a reader and another remover: each value is removed once.
fn removal_races<M>(new: fn() -> M)
where
    M: SharedMap<Key = u32, Value = u32> + Send + Sync + 'static,
{
    explore(4, move || {
        let map = Arc::new(new());
        map.insert(1, 1);
        let other = map.clone();
        let remover = thread::spawn(move || {
            let first = other.remove(&1);
            other.insert(2, 2);
            first
        });
        let mine = map.remove(&1);
        let theirs = remover.join().unwrap();
        assert_eq!(mine.is_some() as u32 + theirs.is_some() as u32, 1);
        assert_eq!((map.get(&1), map.get(&2), map.len()), (None, Some(2), 1));
    });
}

/// What a thread has put in, it finds, whatever is promoted or published meanwhile.
fn own_writes_are_seen<M>(new: fn() -> M)
where
    M: SharedMap<Key = u32, Value = u32> + Send + Sync + 'static,
{
    explore(4, move || {
        let map = Arc::new(new());
        let other = map.clone();
        let writer = thread::spawn(move || {
            other.insert(1, 1);
            assert_eq!(other.get(&1), Some(1));
            other.get(&9);
        });
        map.insert(2, 2);
        assert_eq!(map.get(&2), Some(2));
        map.get(&9);
        assert_eq!(map.get(&2), Some(2));
        writer.join().unwrap();
        assert_eq!((map.get(&1), map.get(&2)), (Some(1), Some(2)));
    });
}

/// A key is computed, removed and put in again beside a reader: what is computed is there all the time.
fn a_computed_key_is_there<M>(new: fn() -> M)
where
    M: SharedMap<Key = u32, Value = u32> + Send + Sync + 'static,
{
    explore(3, move || {
        let map = Arc::new(new());
        old_keys(&*map);
        let other = map.clone();
        let writer = thread::spawn(move || {
            assert!(other.compute(1, |old| old.map(|n| n + 1)));
            other.remove(&2);
            other.insert(2, 5);
        });
        assert!([Some(1), Some(2)].contains(&map.get(&1)));
        assert!([None, Some(1), Some(5)].contains(&map.get(&2)));
        writer.join().unwrap();
        assert_eq!((map.get(&1), map.get(&2)), (Some(2), Some(5)));
    });
}

/// Puts the keys 1 and 2 in, and makes them so old that reads of them lock nothing where a map knows that.
fn old_keys(map: &impl SharedMap<Key = u32, Value = u32>) {
    map.insert(1, 1);
    map.insert(2, 1);
    for key in 90..98 {
        map.insert(key, 0);
        map.get(&99);
    }
    for key in 90..98 {
        map.remove(&key);
    }
}

/// Keys are frozen or promoted while they are read and changed.
fn ageing_loses_no_key<M>(new: fn() -> M)
where
    M: SharedMap<Key = u32, Value = u32> + Send + Sync + 'static,
{
    explore(3, move || {
        let map = Arc::new(new());
        map.insert(1, 1);
        map.insert(2, 1);
        let other = map.clone();
        let writer = thread::spawn(move || {
            for key in 3..7 {
                other.insert(key, 0);
            }
            other.update(&1, |n| *n = 2);
        });
        let seen = map.get(&1);
        assert!([Some(1), Some(2)].contains(&seen), "{seen:?}");
        assert_eq!(map.get(&2), Some(1));
        writer.join().unwrap();
        assert_eq!((map.get(&1), map.len()), (Some(2), 6));
    });
}

macro_rules! for_strategies {
    ($($name:ident: $new:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn additions() {
                additions_are_not_lost(|| $new);
            }

            #[test]
            fn insertions() {
                one_insertion_wins(|| $new);
            }

            #[test]
            fn removals() {
                removal_races(|| $new);
            }

            #[test]
            fn computing() {
                a_computed_key_is_there(|| $new);
            }

            #[test]
            fn ageing() {
                ageing_loses_no_key(|| $new);
            }

            #[test]
            fn own_writes() {
                own_writes_are_seen(|| $new);
            }
        }
    )*};
}

for_strategies! {
    sharded: ShardedMap::with_shards_and_hasher(1, Fixed::default());
    snapshot: SnapshotMap::<BTreeMap<_, _>>::default();
    versioned: VersionedMap::with_shards_and_hasher(1, Fixed::default());
    read_mostly: ReadMostlyMap::with_hasher(Fixed::default());
    generational: GenerationalMap::with_hasher(Fixed::default());
    locked: LockedMap::<BTreeMap<_, _>>::default();
}

fn transfer(map: &ShardedMap<u32, u32, Fixed>, from: u32, to: u32) {
    let moved = map.update_pair(&from, &to, |from, to| {
        *from -= 1;
        *to += 1;
    });
    assert!(moved.is_some());
}

/// Transfers in opposite directions over two shards end, and no reader of both sees money that is not there.
#[test]
fn pairs_do_not_deadlock() {
    explore(4, || {
        let map = Arc::new(ShardedMap::with_shards_and_hasher(2, Fixed::default()));
        map.insert(0, 10);
        map.insert(1, 10);
        let other = map.clone();
        let back = thread::spawn(move || transfer(&other, 1, 0));
        transfer(&map, 0, 1);
        back.join().unwrap();
        assert_eq!(map.update_many([&0, &1], |both| both.map(|it| *it.unwrap())), [10, 10]);
    });
}

/// Of two who have seen the same version, one removes.
#[test]
fn one_of_two_versions_wins() {
    explore(5, || {
        let map = Arc::new(VersionedMap::with_shards_and_hasher(1, Fixed::default()));
        let seen = map.insert(1, 1);
        let other = map.clone();
        let second = thread::spawn(move || other.remove(&1, seen).is_ok());
        let replaced = map.replace(&1, seen, 2).is_ok();
        assert_ne!(second.join().unwrap(), replaced);
        assert_eq!(map.read(&1, |value| *value), replaced.then_some(2));
    });
}

/// A batch is seen as a whole or not at all.
#[test]
fn a_batch_is_one_step() {
    explore(5, || {
        let map = Arc::new(SnapshotMap::<BTreeMap<u32, u32>>::default());
        let other = map.clone();
        let writer = thread::spawn(move || {
            other.batch(|map| {
                map.insert(1, 1);
                map.insert(2, 2);
            });
        });
        let seen = map.fold(0, |sum, _, value| sum + value);
        assert!(seen == 0 || seen == 3);
        writer.join().unwrap();
        assert_eq!(map.len(), 2);
    });
}

/// Misses promote the second table while another thread writes to it.
#[test]
fn promotion_loses_no_key() {
    explore(4, || {
        let map = Arc::new(ReadMostlyMap::with_hasher(Fixed::default()));
        map.insert(1, 1);
        let other = map.clone();
        let writer = thread::spawn(move || {
            other.remove(&1);
            other.insert(2, 2);
            other.insert(1, 3);
        });
        map.get(&9);
        assert!([None, Some(1), Some(3)].contains(&map.get(&1)));
        writer.join().unwrap();
        map.get(&9);
        map.get(&9);
        assert_eq!((map.get(&1), map.get(&2), map.len()), (Some(3), Some(2), 2));
    });
}

/// A conflict on a `FailFastMap` panics on one side, and the map is whole.
#[test]
fn a_conflict_panics_before_it_touches_anything() {
    explore(4, || {
        let map = Arc::new(FailFastMap::with_hasher(Fixed::default()));
        let other = map.clone();
        let writer = thread::spawn(move || {
            let write = std::panic::AssertUnwindSafe(|| other.insert(1, 1));
            std::panic::catch_unwind(write).is_ok()
        });
        let write = std::panic::AssertUnwindSafe(|| map.insert(2, 2));
        let mine = std::panic::catch_unwind(write).is_ok();
        let theirs = writer.join().unwrap();
        assert!(mine || theirs);
        assert_eq!(map.len(), mine as usize + theirs as usize);
    });
}

/// Polls until it is ready; other threads run in between.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::yield_now(),
        }
    }
}

/// Two tasks load one key: both get the value of the one load that counts.
#[test]
fn loads_agree() {
    explore(4, || {
        let map = Arc::new(ShardedMap::with_shards_and_hasher(1, Fixed::default()));
        let other = map.clone();
        let second = thread::spawn(move || block_on(other.get_or_load(1, async { 2 })));
        let mine = block_on(map.get_or_load(1, async { 1 }));
        assert_eq!(second.join().unwrap(), mine);
    });
}
