//! What user code can do to a map: panic in closures, `Hash`, `Eq`, `Clone` and `Drop`, collide, be nothing, be huge.

#[macro_use]
mod common;

use std::{
    cell::Cell,
    hash::{BuildHasherDefault, Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicIsize, AtomicUsize, Ordering},
    },
    thread,
};

use safe_map::{ShardedMap, SharedMap};

/// Runs something that must panic.
fn panics<R>(f: impl FnOnce() -> R) {
    assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
}

/// Runs something that may panic.
fn survive(f: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(f));
}

fn closures_that_panic<M: SharedMap<Key = u32, Value = u32>>(new: impl Fn() -> M) {
    let map = new();
    map.extend_for_test();
    panics(|| map.get_or_insert_with(50, || panic!("make")));
    assert_eq!(map.get(&50), None, "`get_or_insert_with` leaves the key absent");
    panics(|| map.compute(1, |_| panic!("compute")));
    panics(|| map.upsert(2, || 0, |_| panic!("upsert")));
    for key in [1, 2] {
        let gone = map.get(&key).is_none();
        assert_eq!(
            gone,
            !map.publishes_whole_versions(),
            "`compute` and `upsert` remove the entry, or publish nothing"
        );
    }
    panics(|| map.remove_if(&3, |_| panic!("remove_if")));
    assert_eq!(map.get(&3), Some(3), "`remove_if` leaves the entry");
    panics(|| map.read(&3, |_| panic!("read")));
    let mut visits = 0;
    panics(|| {
        map.retain(|_, _| {
            visits += 1;
            assert!(visits < 4, "retain");
            false
        });
    });
    assert_eq!(map.entries().len(), map.len(), "the entries that were not visited are there");
    map.insert(3, 3);
    assert_eq!(map.get(&3), Some(3));
}

trait ForTests {
    fn extend_for_test(&self);

    fn publishes_whole_versions(&self) -> bool;
}

impl<M: SharedMap<Key = u32, Value = u32>> ForTests for M {
    fn extend_for_test(&self) {
        for key in 0..10 {
            self.insert(key, key);
        }
    }

    fn publishes_whole_versions(&self) -> bool {
        std::any::type_name::<M>().contains("SnapshotMap")
    }
}

#[test]
fn a_panicking_update_leaves_the_value_as_it_is_then() {
    fn half_done(value: &mut u32) {
        *value = 7;
        panic!("update");
    }
    let sharded = ShardedMap::new();
    sharded.insert(1, 1);
    panics(|| sharded.update(&1, half_done));
    assert_eq!(sharded.get(&1), Some(7));
    let read_mostly = safe_map::ReadMostlyMap::new();
    read_mostly.insert(1, 1);
    panics(|| read_mostly.update(&1, half_done));
    assert_eq!(read_mostly.get(&1), Some(7));
    let snapshot = safe_map::SnapshotMap::new(std::collections::HashMap::from([(1, 1)]));
    panics(|| snapshot.update(&1, half_done));
    assert_eq!(snapshot.get(&1), Some(1), "nothing is published");
}

#[test]
fn an_update_of_two_that_panics_leaves_both_in_every_map() {
    fn check(map: &impl SharedMap<Key = u32, Value = u32>) {
        map.extend_for_test();
        panics(|| map.update_pair(&1, &2, |_, _| panic!("pair")));
        assert_eq!((map.get(&1), map.get(&2), map.len()), (Some(1), Some(2), 10));
        panics(|| map.update_pair(&1, &1, |_, _| ()));
        assert_eq!((map.get(&1), map.len()), (Some(1), 10), "equal keys are refused");
    }
    check(&ShardedMap::new());
    check(&safe_map::VersionedMap::new());
    check(&safe_map::ReadMostlyMap::new());
    check(&safe_map::GenerationalMap::new());
    check(&safe_map::FailFastMap::new());
    check(&safe_map::LockedMap::new(std::collections::HashMap::new()));
    check(&safe_map::SnapshotMap::new(std::collections::BTreeMap::new()));
}

/// All keys of a hash: everything meets in one bucket of one shard.
#[derive(Default)]
struct Constant;

impl Hasher for Constant {
    fn finish(&self) -> u64 {
        42
    }

    fn write(&mut self, _: &[u8]) {}
}

#[test]
fn colliding_hashes() {
    fn check(map: &(impl SharedMap<Key = u32, Value = u32> + Sync)) {
        thread::scope(|scope| {
            for thread in 0..3 {
                scope.spawn(move || {
                    for key in (thread * 100)..(thread * 100 + 100) {
                        assert_eq!(map.insert(key, key), None);
                        assert_eq!(map.remove(&key), Some(key));
                        assert_eq!(map.insert(key, key + 1), None);
                    }
                });
            }
        });
        assert_eq!(map.len(), 300);
        map.for_each(|key, value| assert_eq!(*value, key + 1));
    }
    type Build = BuildHasherDefault<Constant>;
    check(&ShardedMap::with_hasher(Build::default()));
    check(&safe_map::VersionedMap::with_hasher(Build::default()));
    check(&safe_map::ReadMostlyMap::with_hasher(Build::default()));
    check(&safe_map::GenerationalMap::with_hasher(Build::default()));
}

fn values_of_no_size<M: SharedMap<Key = u32, Value = ()>>(new: impl Fn() -> M) {
    let map = new();
    for key in 0..100 {
        assert_eq!(map.insert(key, ()), None);
        assert_eq!(map.insert(key, ()), Some(()));
    }
    assert_eq!(map.update_pair(&1, &2, |(), ()| 3), Some(3));
    assert_eq!(map.extract_if(|key, ()| *key < 10).len(), 10);
    assert_eq!(map.len(), 90);
}

fn keys_of_no_size<M: SharedMap<Key = (), Value = u32>>(new: impl Fn() -> M) {
    let map = new();
    assert_eq!(map.insert((), 1), None);
    assert_eq!(map.insert((), 2), Some(1));
    assert_eq!((map.len(), map.remove(&())), (1, Some(2)));
}

fn huge_values<M: SharedMap<Key = u32, Value = Box<[u64; 8192]>>>(new: impl Fn() -> M) {
    let map = new();
    for key in 0..20 {
        map.insert(key, Box::new([u64::from(key); 8192]));
    }
    map.update(&7, |value| value[8191] = 1);
    assert_eq!(map.read(&7, |value| (value[0], value[8191])), Some((7, 1)));
    map.retain(|key, _| key % 2 == 1);
    assert_eq!(map.len(), 10);
}

/// As they are, not in a box: they are moved through every frame of an operation.
fn large_values<M: SharedMap<Key = u32, Value = [u8; 16384]>>(new: impl Fn() -> M) {
    let map = new();
    for key in 0..100 {
        map.insert(key, [key as u8; 16384]);
    }
    map.update(&1, |value| value[1] = 2);
    map.update_pair(&1, &2, std::mem::swap);
    map.compute(3, |value| value);
    map.retain(|key, _| *key < 90);
    assert_eq!(map.read(&2, |value| (value[0], value[1], value[16383])), Some((1, 2, 1)));
    assert_eq!(map.extract_if(|_, _| true).len(), 90);
}

for_every_strategy! {
    closures_that_panic: u32 => u32;
    values_of_no_size: u32 => ();
    keys_of_no_size: () => u32;
    huge_values: u32 => Box<[u64; 8192]>;
    large_values: u32 => [u8; 16384];
    drops_outside: super::Calls => super::Calls;
    a_broken_clone_is_dropped_outside: u32 => super::Unclonable;
    keys_that_panic_from_now_on: super::Armed => u32;
}

thread_local! {
    static COUNTDOWN: Cell<u32> = const { Cell::new(u32::MAX) };
    static DROPS_PANIC: Cell<bool> = const { Cell::new(false) };
}

/// Panics when the countdown is over, once.
fn tick() {
    COUNTDOWN.with(|left| {
        let now = left.get();
        left.set(now.saturating_sub(1));
        if now == 0 {
            left.set(u32::MAX);
            panic!("user code");
        }
    });
}

/// How many of the counted values exist.
static ALIVE: AtomicIsize = AtomicIsize::new(0);

/// A key or value that panics now and then in whatever the map calls.
#[derive(Debug)]
struct Hostile(u32);

impl Hostile {
    fn new(n: u32) -> Self {
        ALIVE.fetch_add(1, Ordering::Relaxed);
        Hostile(n)
    }
}

impl Clone for Hostile {
    fn clone(&self) -> Self {
        tick();
        Hostile::new(self.0)
    }
}

impl Hash for Hostile {
    fn hash<H: Hasher>(&self, state: &mut H) {
        tick();
        self.0.hash(state);
    }
}

impl PartialEq for Hostile {
    fn eq(&self, other: &Self) -> bool {
        tick();
        self.0 == other.0
    }
}

impl Eq for Hostile {}

impl Drop for Hostile {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
        if DROPS_PANIC.get() && !thread::panicking() {
            tick();
        }
    }
}

/// Lets the user's code panic at its first, second, .. call, and looks at the map afterwards.
fn hostile<M>(map: M)
where
    M: SharedMap<Key = Hostile, Value = Hostile> + IntoIterator<Item = (Hostile, Hostile)>,
{
    for panic_at in 0..120 {
        COUNTDOWN.with(|left| left.set(panic_at));
        survive(|| {
            for n in 0..6 {
                map.insert(Hostile::new(n), Hostile::new(n));
            }
            map.update(&Hostile::new(1), |value| value.0 += 1);
            map.get(&Hostile::new(2));
            map.upsert(Hostile::new(3), || Hostile::new(0), |value| value.0 += 1);
            map.compute(Hostile::new(4), |old| old);
            map.remove(&Hostile::new(5));
            map.retain(|key, _| key.0 != 0);
            map.get_or_insert_with(Hostile::new(9), || Hostile::new(9));
        });
        COUNTDOWN.with(|left| left.set(u32::MAX));
        let mut count = 0;
        map.for_each(|key, _| {
            assert!(key.0 < 10);
            count += 1;
        });
        assert_eq!(count, map.len(), "after a panic at call {panic_at}");
        map.insert(Hostile::new(8), Hostile::new(8));
        assert!(map.remove(&Hostile::new(8)).is_some());
    }
    drop(map);
}

fn hostile_to_every_map() {
    hostile(ShardedMap::with_shards(2));
    hostile(safe_map::VersionedMap::with_shards(2));
    hostile(safe_map::FailFastMap::new());
    hostile(safe_map::ReadMostlyMap::new());
    hostile(safe_map::GenerationalMap::new());
    hostile(safe_map::LockedMap::new(std::collections::HashMap::new()));
    hostile(safe_map::SnapshotMap::new(std::collections::HashMap::new()));
}

#[test]
fn panicking_hash_eq_clone_and_drop() {
    hostile_to_every_map();
    assert_eq!(ALIVE.load(Ordering::Relaxed), 0, "everything is dropped once");
    // Where one value panics as it is dropped, its neighbours may leak; none is dropped twice.
    DROPS_PANIC.set(true);
    hostile_to_every_map();
    assert!(ALIVE.load(Ordering::Relaxed) >= 0);
}

/// A value that is made, and whose clone panics before it is in the map, is dropped outside too: it uses the map then.
fn a_broken_clone_is_dropped_outside<M>(new: impl Fn() -> M)
where
    M: SharedMap<Key = u32, Value = Unclonable> + Send + Sync + 'static,
{
    let map = Arc::new(new());
    let used = Arc::new(AtomicUsize::new(0));
    let hook: Hook = {
        let (used, map) = (used.clone(), Arc::downgrade(&map));
        Arc::new(move || {
            let map = map.upgrade().expect("the map outlives the call");
            used.fetch_add(1 + map.len(), Ordering::Relaxed);
        })
    };
    panics(|| map.get_or_insert_with(1, || Unclonable(hook.clone())));
    assert!(map.is_empty());
    assert_eq!(used.load(Ordering::Relaxed), 1);
}

/// A value whose clone panics.
struct Unclonable(Hook);

impl Clone for Unclonable {
    fn clone(&self) -> Self {
        panic!("the value's own")
    }
}

impl Drop for Unclonable {
    fn drop(&mut self) {
        (self.0)();
    }
}

thread_local! {
    static ARMED: Cell<bool> = const { Cell::new(false) };
}

/// A key that panics in whatever the map calls, for as long as it is armed.
#[derive(Debug)]
struct Armed(u32);

impl Armed {
    fn go_off(&self) {
        assert!(!ARMED.get(), "key {}", self.0);
    }
}

impl Clone for Armed {
    fn clone(&self) -> Self {
        self.go_off();
        Armed(self.0)
    }
}

impl PartialEq for Armed {
    fn eq(&self, other: &Self) -> bool {
        self.go_off();
        self.0 == other.0
    }
}

impl Eq for Armed {}

impl PartialOrd for Armed {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Armed {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.go_off();
        self.0.cmp(&other.0)
    }
}

impl Hash for Armed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.go_off();
        self.0.hash(state);
    }
}

/// Keys that panic again and again while a panic unwinds: entries may be lost, but two panics at once would abort.
fn keys_that_panic_from_now_on<M: SharedMap<Key = Armed, Value = u32>>(new: impl Fn() -> M) {
    fn arm() {
        ARMED.set(true);
    }
    fn off() -> u32 {
        arm();
        panic!("the closure's own")
    }
    let calls: [fn(&M); 15] = [
        |map| map.retain(|_, _| off() > 0),
        |map| {
            map.retain(|key, _| {
                if key.0 == 3 {
                    arm();
                }
                true
            });
        },
        |map| _ = map.extract_if(|_, _| off() > 0),
        |map| map.update_many([&Armed(1), &Armed(2), &Armed(77)], |_| arm()),
        |map| map.update_many([&Armed(1), &Armed(2), &Armed(77)], |_| _ = off()),
        |map| _ = map.update_pair(&Armed(1), &Armed(2), |_, _| off()),
        |map| _ = map.update(&Armed(1), |_| off()),
        |map| _ = map.upsert(Armed(1), || 0, |_| _ = off()),
        |map| _ = map.upsert(Armed(77), off, |_| ()),
        |map| _ = map.compute(Armed(1), |_| Some(off())),
        |map| {
            map.compute(Armed(1), |_| {
                arm();
                Some(1)
            });
        },
        |map| _ = map.remove_if(&Armed(1), |_| off() > 0),
        |map| _ = map.get_or_insert_with(Armed(77), off),
        |map| map.for_each(|_, _| _ = off()),
        |map| {
            arm();
            map.clear();
        },
    ];
    for call in calls {
        let map = new();
        for key in 0..200 {
            map.insert(Armed(key), key);
        }
        survive(|| call(&map));
        ARMED.set(false);
        assert_eq!(map.entries().len(), map.len());
        map.insert(Armed(500), 1);
        assert_eq!(map.remove(&Armed(500)), Some(1));
    }
}

/// A thread that ends runs code of the user's thread-locals, before and after those of this crate are gone.
#[test]
fn maps_can_be_used_while_a_thread_ends() {
    struct AtEnd(Hook);
    impl Drop for AtEnd {
        fn drop(&mut self) {
            (self.0)();
        }
    }
    thread_local! {
        static FIRST: Cell<Option<AtEnd>> = const { Cell::new(None) };
        static SECOND: Cell<Option<AtEnd>> = const { Cell::new(None) };
    }
    let snapshot = Arc::new(safe_map::SnapshotMap::new(std::collections::HashMap::from([(1, vec![1])])));
    let read_mostly = safe_map::ReadMostlyMap::from([(1, vec![1])]);
    let generational = safe_map::GenerationalMap::from([(1, vec![1])]);
    let sharded = ShardedMap::from([(1, vec![1])]);
    let used = Arc::new(AtomicUsize::new(0));
    let (map, count) = (snapshot.clone(), used.clone());
    let hook: Hook = Arc::new(move || {
        let read = map.read(&1, |_| read_mostly.read(&1, |_| sharded.read(&1, |_| generational.get(&1))));
        assert!(read.flatten().flatten().flatten().is_some());
        map.insert(2, vec![2]);
        read_mostly.insert(2, vec![2]);
        generational.insert(2, vec![2]);
        sharded.insert(2, vec![2]);
        count.fetch_add(1, Ordering::Relaxed);
    });
    for read_first in [false, true] {
        let (map, hook) = (snapshot.clone(), hook.clone());
        let ended = thread::spawn(move || {
            if read_first {
                map.get(&1);
            }
            FIRST.set(Some(AtEnd(hook.clone())));
            map.get(&1);
            SECOND.set(Some(AtEnd(hook)));
        });
        ended.join().expect("it ends without a panic");
    }
    assert_eq!(used.load(Ordering::Relaxed), 4);
}

/// A panic leaves every map usable, and the types say so, whatever the features.
#[test]
fn maps_may_cross_a_boundary_of_unwinding() {
    fn check<M: std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    type Plain = std::collections::HashMap<u32, u32>;
    check::<ShardedMap<u32, u32>>();
    check::<safe_map::VersionedMap<u32, u32>>();
    check::<safe_map::FailFastMap<u32, u32>>();
    check::<safe_map::ReadMostlyMap<u32, u32>>();
    check::<safe_map::GenerationalMap<u32, u32>>();
    check::<safe_map::LockedMap<Plain>>();
    check::<safe_map::SnapshotMap<Plain>>();
    check::<safe_map::ShardedSet<u32>>();
}

type Hook = Arc<dyn Fn() + Send + Sync>;

/// A key or value whose drop uses the map that it was in: it must not be under the map's lock then.
#[derive(Clone)]
struct Calls(u32, Hook);

impl Drop for Calls {
    fn drop(&mut self) {
        (self.1)();
    }
}

impl PartialEq for Calls {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Calls {}

impl PartialOrd for Calls {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Calls {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl Hash for Calls {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

#[test]
fn a_hash_that_panics_while_keys_grow_older_loses_none() {
    let map = safe_map::GenerationalMap::new();
    let mut panicked = 0;
    for n in 0..2000 {
        // In this call or in one of the next hundred, one of which makes many keys older.
        COUNTDOWN.with(|left| left.set(n % 100));
        let result = catch_unwind(AssertUnwindSafe(|| map.insert(Hostile::new(n), Hostile::new(n))));
        COUNTDOWN.with(|left| left.set(u32::MAX));
        if result.is_err() {
            panicked += 1;
            map.insert(Hostile::new(n), Hostile::new(n));
        }
        assert_eq!(map.len(), n as usize + 1, "after {panicked} panics");
    }
    assert!(panicked > 10);
    assert_eq!(map.entries().len(), 2000);
}

/// Calls the map from every drop of a key or value that one of its operations leaves over.
fn drops_outside<M>(new: impl Fn() -> M)
where
    M: SharedMap<Key = Calls, Value = Calls> + Send + Sync + 'static,
{
    let drops = Arc::new(AtomicUsize::new(0));
    let map = Arc::new(new());
    let hook: Hook = {
        let (drops, map) = (drops.clone(), Arc::downgrade(&map));
        Arc::new(move || {
            drops.fetch_add(1, Ordering::Relaxed);
            // What the hook itself drops is not looked at.
            let Some(map) = map.upgrade().filter(|_| !IN_HOOK.replace(true)) else { return };
            map.len();
            map.remove(&Calls(5000, Arc::new(|| ())));
            IN_HOOK.set(false);
        })
    };
    let it = |n| Calls(n, hook.clone());
    // Enough of them that tables are made anew, frozen and promoted.
    for round in 0..3 {
        for n in 0..200 {
            map.insert(it(n), it(n));
            map.insert(it(n), it(n));
            let _ = map.try_insert(it(n), it(n));
            map.get_or_insert_with(it(n), || it(n));
        }
        for n in 0..200 {
            let (insert, update) = (it(n), it(n));
            map.upsert(it(n), move || insert, move |_| drop_later(update));
            let unused = it(n);
            map.update(&it(1000), move |value| *value = unused.clone());
            let unused = it(n);
            map.remove_if(&it(1000), move |value| *value == unused);
            let unused = it(n);
            map.read(&it(1000), move |value| *value == unused);
            let unused = it(n);
            map.update_pair(&it(n), &it(1000), move |value, _| *value = unused.clone());
            let unused = it(n);
            panics(|| map.update_pair(&it(n), &it(n), move |value, _| *value = unused.clone()));
            let unused = it(n);
            panics(|| map.update_many([&it(n), &it(n)], move |_| unused.0));
            let unused = it(n);
            let failed = map.get_or_try_insert_with(it(1000), move || Err(unused));
            assert!(failed.is_err());
            map.compute(it(n), |old| old);
            if n % 3 == round {
                map.remove(&it(n));
                map.compute(it(n + 1), |old| {
                    drop_later(old);
                    None
                });
            }
        }
        map.retain(|key, _| key.0 % 5 != 0);
        drop(map.extract_if(|key, _| key.0 % 7 == 0));
        for n in 0..200 {
            map.upsert(it(n), || it(n), |_| ());
            panics(|| map.upsert(it(n), || it(n), |_| panic!("the broken entry is dropped outside too")));
        }
        map.clear();
    }
    drop(LATER.take());
    assert!(drops.load(Ordering::Relaxed) > 1000);
}

thread_local! {
    static IN_HOOK: Cell<bool> = const { Cell::new(false) };
    static LATER: Cell<Vec<Box<dyn std::any::Any>>> = const { Cell::new(Vec::new()) };
}

/// What a closure drops itself, it drops under the lock: not here.
fn drop_later(it: impl std::any::Any) {
    let mut later = LATER.take();
    later.push(Box::new(it));
    LATER.set(later);
}

#[test]
fn old_versions_are_freed_by_writers() {
    struct Counted(Arc<AtomicIsize>);
    impl Counted {
        fn new(alive: &Arc<AtomicIsize>) -> Self {
            alive.fetch_add(1, Ordering::Relaxed);
            Counted(alive.clone())
        }
    }
    impl Clone for Counted {
        fn clone(&self) -> Self {
            Counted::new(&self.0)
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
    let alive = Arc::new(AtomicIsize::new(0));
    let map = safe_map::SnapshotMap::new(std::collections::HashMap::from([(1, Counted::new(&alive))]));
    let count = || alive.load(Ordering::Relaxed);
    map.read(&1, |_| {
        map.insert(2, Counted::new(&alive));
        assert_eq!(count(), 3, "one in the old version, two in the new");
    });
    assert_eq!(count(), 3, "the read has freed nothing");
    map.remove(&2);
    assert_eq!(count(), 1, "the next write frees both old versions");
    drop(map);
    assert_eq!(count(), 0);
}
