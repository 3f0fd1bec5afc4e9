//! `WriteBreaker`: a refused write does nothing and says where it is, whichever write it is; reads go through.
#![cfg(feature = "observer")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::HashMap,
    pin::pin,
    task::{Context, Poll, Waker},
};

use safe_map::{
    Denied, FailFastMap, GenerationalMap, LockedMap, ReadMostlyMap, ShardedMap, SharedMap, SnapshotMap,
    VersionedMap, WriteBreaker,
};

#[path = "common/sources.rs"]
#[expect(dead_code, reason = "not every test asks everything of the sources")]
mod sources;

fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits for nobody"),
    }
}

type Write<M> = (&'static str, fn(&WriteBreaker<M>) -> Option<Denied>);

/// Every write, of a key that is there or is to be, with why it was refused.
fn writes<M: SharedMap<Key = u32, Value = u32>>() -> Vec<Write<M>> {
    vec![
        ("insert", |map| map.insert(1, 0).err()),
        ("try_insert", |map| map.try_insert(5, 0).err()),
        ("update", |map| map.update(&1, |n| *n = 0).err()),
        ("try_update", |map| map.try_update(&1, |n| Ok::<_, ()>(std::mem::take(n))).err()),
        ("upsert", |map| map.upsert(1, || 0, |n| *n = 0).err()),
        ("compute", |map| map.compute(1, |_| None).err()),
        ("update_pair", |map| map.update_pair(&1, &2, std::mem::swap).err()),
        ("update_many", |map| {
            map.update_many([&1, &2], |them| them.into_iter().flatten().for_each(|n| *n = 0)).err()
        }),
        ("remove", |map| map.remove(&1).err()),
        ("remove_if", |map| map.remove_if(&1, |_| true).err()),
        ("retain", |map| map.retain(|_, _| false).err()),
        ("extract_if", |map| map.extract_if(|_, _| true).err()),
        ("clear", |map| map.clear().err()),
        ("extend", |map| map.extend([(1, 0), (5, 0)]).err()),
        ("get_or_insert_with", |map| map.get_or_insert_with(5, || 0).err()),
        ("get_or_try_insert_with", |map| map.get_or_try_insert_with(5, || Ok::<_, ()>(0)).err()),
        ("get_or_load", |map| ready(map.get_or_load(5, async { 0 })).err()),
        ("try_get_or_load", |map| ready(map.try_get_or_load(5, async { Ok::<_, ()>(0) })).err()),
    ]
}

fn filled<M: SharedMap<Key = u32, Value = u32>>(map: M) -> M {
    map.extend([(1, 10), (2, 20)]);
    map
}

fn check<M: SharedMap<Key = u32, Value = u32>>(new: impl Fn() -> M) {
    for (name, write) in writes::<M>() {
        let map = WriteBreaker::new(filled(new())).allow_file("elsewhere.rs");
        let denied = write(&map).unwrap_or_else(|| panic!("`{name}` must be refused"));
        let Denied::NotAllowed { site } = denied else { panic!("`{name}`: {denied}") };
        assert!(site.file().ends_with("breaker.rs"), "`{name}` is told to be at {site}");
        let mut left = map.entries();
        left.sort_unstable();
        assert_eq!(left, [(1, 10), (2, 20)], "`{name}` has done something");
        // What is there needs no write.
        assert_eq!(map.get_or_insert_with(1, || 0), Ok(10));
        assert_eq!(map.get_or_try_insert_with(1, || Err("not asked")), Ok(Ok(10)));
        assert_eq!(ready(map.get_or_load(1, async { 0 })), Ok(10));
        assert_eq!(ready(map.try_get_or_load(1, async { Err("not asked") })), Ok(Ok(10)));
        assert_eq!(map.fold(0, |sum, _, n| sum + n), 30);

        let map =
            WriteBreaker::new(filled(new())).allow_file("tests/breaker.rs").writes_per_second(1_000_000);
        assert_eq!(write(&map), None, "`{name}` is allowed");
        let mut left = map.entries();
        left.sort_unstable();
        assert_ne!(left, [(1, 10), (2, 20)], "`{name}` has done nothing");
    }
}

#[test]
fn every_write_of_every_map_can_be_refused() {
    check(ShardedMap::new);
    check(VersionedMap::new);
    check(ReadMostlyMap::new);
    check(GenerationalMap::new);
    check(FailFastMap::new);
    check(LockedMap::<HashMap<_, _>>::default);
    check(SnapshotMap::<HashMap<_, _>>::default);
}

#[test]
fn no_write_is_left_out_here() {
    let written: Vec<_> =
        sources::public_functions("breaker/writes.rs").into_iter().map(|it| it.name).collect();
    let mut tried: Vec<_> = writes::<ShardedMap<u32, u32>>().into_iter().map(|(name, _)| name).collect();
    tried.sort_unstable();
    let mut wanted = written.clone();
    wanted.sort_unstable();
    assert_eq!(tried, wanted);
}

/// What a map has that a breaker for it has not, or not by this name.
const WITHOUT: [&str; 6] = [
    // Those of a `VersionedMap` with versions are `get_versioned` and `remove_seen`.
    "replace",
    // Not behind a fuse: they are looked at before the map is put there.
    "stats",
    "health",
    "observe",
    "shard_count",
    "version",
];

#[test]
fn a_breaker_has_the_methods_of_the_maps() {
    let of_breakers = sources::public_functions("breaker");
    for file in ["methods.rs", "sharded.rs", "snapshot.rs", "locked.rs", "versioned.rs", "fail_fast.rs"] {
        for method in sources::public_functions(file).iter().filter(|it| it.has_self()) {
            let there = of_breakers.iter().any(|it| it.name == method.name);
            assert!(
                there || WITHOUT.contains(&method.name.as_str()),
                "{} has no counterpart",
                method.place()
            );
        }
    }
}

#[test]
fn a_refused_load_lets_those_go_on_that_wait() {
    let map = WriteBreaker::new(ShardedMap::new()).writes_per_second(1);
    map.insert(0, 0).unwrap();
    assert!(ready(map.get_or_load(1, async { 1 })).is_err());
    assert!(ready(map.get_or_load(1, async { 1 })).is_err(), "the key is not lost to others");
    assert_eq!(map.into_inner().len(), 1);
}

#[test]
fn a_load_behind_a_breaker_can_be_sent() {
    fn sent<T: Send>(it: T) -> T {
        it
    }
    let map = WriteBreaker::new(ShardedMap::new());
    assert_eq!(ready(sent(map.get_or_load(1, async { 1 }))), Ok(1));
    assert_eq!(ready(sent(map.try_get_or_load(2, async { Err::<i32, _>("down") }))), Ok(Err("down")));
}

#[test]
fn pairs_before_a_refused_one_are_in() {
    let map = WriteBreaker::new(ShardedMap::new()).writes_per_second(3);
    let mut asked = 0;
    let refused = map.extend((0..).map(|n| {
        asked += 1;
        (n, n)
    }));
    assert!(matches!(refused, Err(Denied::TooFast { .. })));
    assert_eq!(map.len() + 1, asked, "the iterator is not asked after that");
}

#[test]
fn errors_of_the_closure_are_not_those_of_the_breaker() {
    let map = WriteBreaker::new(filled(ShardedMap::new()));
    assert_eq!(map.try_update(&1, |_| Err::<(), _>("own")), Ok(Err("own")));
    assert_eq!(map.get_or_try_insert_with(5, || Err("own")), Ok(Err("own")));
    assert_eq!(ready(map.try_get_or_load(5, async { Err("own") })), Ok(Err("own")));
    assert_eq!(map.try_insert(1, 0).unwrap().unwrap_err().value, 0);
    assert!(!map.contains_key(&5));
}

#[test]
fn what_single_strategies_have_can_be_refused_too() {
    let map = WriteBreaker::new(SnapshotMap::new(HashMap::from([(1, 10)]))).allow_file("elsewhere.rs");
    let seen = map.view_versioned(|_, version| version);
    assert!(map.batch(HashMap::clear).is_err());
    assert!(map.batch_if(seen, HashMap::clear).is_err());
    assert_eq!(map.view(HashMap::len), 1);
    let map = WriteBreaker::new(LockedMap::new(HashMap::from([(1, 10)]))).allow_file("elsewhere.rs");
    assert!(map.batch(HashMap::clear).is_err());
    assert_eq!(map.to_map().len(), 1);
    let map = WriteBreaker::new(VersionedMap::from([(1, 10)])).allow_file("elsewhere.rs");
    let seen = map.get_versioned(&1).unwrap().version;
    assert!(map.replace(&1, seen, 11).is_err());
    assert!(map.remove_seen(&1, seen).is_err());
    assert_eq!(map.get(&1), Some(10));
}
