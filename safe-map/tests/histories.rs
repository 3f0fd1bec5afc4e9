//! Concurrent histories are linearizable, key by key: recorded from real threads and checked by search.
//!
//! Each operation is recorded with a ticket before and one after it. A history is linearizable if its operations can be put into
//! one order that respects "ended before the other began" and in which a plain cell gives the same results.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Barrier,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use safe_map::SharedMap;

#[derive(Clone, Copy, Debug)]
enum Did {
    Get(Option<u32>),
    Insert(u32, Option<u32>),
    Remove(Option<u32>),
    TryInsert(u32, bool),
    Add(u32, Option<u32>),
    Toggle(u32, bool),
    Double(Option<u32>),
    Upsert(u32, bool),
    RemoveIfOdd(Option<u32>),
}

#[derive(Clone, Copy, Debug)]
struct Event {
    key: u32,
    did: Did,
    start: u64,
    end: u64,
}

/// What a plain cell becomes, if it gives the recorded result.
fn replay(cell: Option<u32>, did: Did) -> Option<Option<u32>> {
    match did {
        Did::Get(seen) => (seen == cell).then_some(cell),
        Did::Insert(new, old) => (old == cell).then_some(Some(new)),
        Did::Remove(old) => (old == cell).then_some(None),
        Did::TryInsert(new, done) => (done == cell.is_none()).then_some(cell.or(Some(new))),
        Did::Add(n, result) => {
            let next = cell.map(|it| it + n);
            (result == next).then_some(next)
        }
        Did::Toggle(new, there) => {
            let next = if cell.is_some() { None } else { Some(new) };
            (there == next.is_some()).then_some(next)
        }
        Did::Double(seen) => (seen == cell).then_some(cell.map(|it| it * 2 % 1000)),
        Did::Upsert(new, inserted) => {
            (inserted == cell.is_none()).then_some(Some(cell.map_or(new, |it| it + 1)))
        }
        Did::RemoveIfOdd(old) => {
            let odd = cell.filter(|it| it % 2 == 1);
            (old == odd).then_some(if odd.is_some() { None } else { cell })
        }
    }
}

/// Whether some order explains the history: depth first, each pair of done operations and cell once.
fn linearizable(history: &[Event]) -> bool {
    assert!(history.len() <= 64);
    let all = u64::MAX >> (64 - history.len());
    let (mut open, mut seen) = (vec![(0_u64, None)], HashSet::new());
    while let Some((done, cell)) = open.pop() {
        if done == all {
            return true;
        }
        if !seen.insert((done, cell)) {
            continue;
        }
        let todo = || history.iter().enumerate().filter(|(at, _)| done & 1 << at == 0);
        let first_end = todo().map(|(_, event)| event.end).min().unwrap_or(u64::MAX);
        for (at, event) in todo().filter(|(_, event)| event.start < first_end) {
            open.extend(replay(cell, event.did).map(|next| (done | 1 << at, next)));
        }
    }
    false
}

/// Does one operation, chosen by a number.
fn act(map: &impl SharedMap<Key = u32, Value = u32>, key: u32, choice: u32) -> Did {
    let value = choice / 9 % 100;
    match choice % 9 {
        0 => Did::Get(map.get(&key)),
        1 => Did::Insert(value, map.insert(key, value)),
        2 => Did::Remove(map.remove(&key)),
        3 => Did::TryInsert(value, map.try_insert(key, value).is_ok()),
        4 => Did::Add(
            value,
            map.update(&key, |it| {
                *it += value;
                *it
            }),
        ),
        5 => Did::Toggle(value, map.compute(key, |old| if old.is_some() { None } else { Some(value) })),
        6 => {
            let mut seen = None;
            map.compute(key, |old| {
                seen = old;
                // Long enough for somebody to look meanwhile: the key is there all the time.
                thread::yield_now();
                old.map(|it| it * 2 % 1000)
            });
            Did::Double(seen)
        }
        7 => Did::Upsert(value, map.upsert(key, || value, |it| *it += 1)),
        _ => Did::RemoveIfOdd(map.remove_if(&key, |it| it % 2 == 1)),
    }
}

/// Three threads do random operations on few keys. Other keys come and go, so that tables grow and are promoted.
fn record<M: SharedMap<Key = u32, Value = u32> + Sync>(map: &M, seed: u32) -> Vec<Event> {
    let (clock, start) = (AtomicU64::new(0), Barrier::new(3));
    let worker = |thread: u32| {
        let mut random = seed.wrapping_mul(0x9E37_79B9) ^ thread.wrapping_mul(0x85EB_CA6B) | 1;
        let mut events = Vec::new();
        start.wait();
        for round in 0..24 {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            let key = random >> 8 & 1;
            if round % 3 == 0 {
                map.insert(1000 + (random >> 4) % 64, 0);
            }
            let begun = clock.fetch_add(1, Ordering::SeqCst);
            let did = act(map, key, random >> 12);
            events.push(Event { key, did, start: begun, end: clock.fetch_add(1, Ordering::SeqCst) });
        }
        events
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..3).map(|thread| scope.spawn(move || worker(thread))).collect();
        workers.into_iter().flat_map(|it| it.join().unwrap()).collect()
    })
}

fn histories<M: SharedMap<Key = u32, Value = u32> + Sync>(new: impl Fn() -> M) {
    for seed in 0..150 {
        let map = new();
        let events = record(&map, seed);
        for key in 0..2 {
            let history: Vec<_> = events.iter().filter(|event| event.key == key).copied().take(64).collect();
            let mut by_start: BTreeMap<u64, Event> =
                history.iter().map(|event| (event.start, *event)).collect();
            if history.len() == 64 {
                by_start.pop_last();
            }
            assert!(linearizable(&history), "seed {seed}, key {key}: {by_start:#?}");
        }
    }
}

#[test]
fn the_checker_refuses_what_cannot_be() {
    let event = |did, start, end| Event { key: 0, did, start, end };
    let lost = [event(Did::Insert(1, None), 0, 1), event(Did::Get(None), 2, 3)];
    assert!(!linearizable(&lost));
    let overlapping = [event(Did::Insert(1, None), 0, 3), event(Did::Get(None), 1, 2)];
    assert!(linearizable(&overlapping));
    let twice = [
        event(Did::Insert(1, None), 0, 1),
        event(Did::Remove(Some(1)), 2, 5),
        event(Did::Remove(Some(1)), 3, 4),
    ];
    assert!(!linearizable(&twice));
}

#[test]
fn sharded() {
    histories(safe_map::ShardedMap::new);
}

#[test]
fn snapshot() {
    histories(safe_map::SnapshotMap::<HashMap<_, _>>::default);
}

#[test]
fn versioned() {
    histories(safe_map::VersionedMap::new);
}

#[test]
fn read_mostly() {
    histories(safe_map::ReadMostlyMap::new);
}

#[test]
fn generational() {
    histories(safe_map::GenerationalMap::new);
}

#[test]
fn locked() {
    histories(safe_map::LockedMap::<BTreeMap<_, _>>::default);
}
