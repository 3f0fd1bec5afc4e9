//! The one list of methods that the table is made of, and the test that none is left out of it.

use std::{
    cell::Cell,
    collections::HashMap,
    iter,
    pin::pin,
    task::{Context, Waker},
};

use safe_map::{
    FailFastMap, GenerationalMap, LockedMap, LockedSet, ReadMostlyMap, ShardedMap, ShardedSet, SharedMap,
    SnapshotMap, SnapshotSet, Version, VersionedMap,
};

#[path = "../common/sources.rs"]
#[expect(dead_code, reason = "not every test asks everything of the sources")]
mod sources;

/// What a call comes to the map for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Needs {
    Read,
    Write,
    /// The number of entries, which some maps know beside their lock.
    Len,
    /// Nothing that is locked.
    Nothing,
}

/// What the user's code runs under that a call is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Under {
    Read,
    Write,
    /// No lock: an iterator, a future.
    Nothing,
}

/// A call of a method. Where it is given the user's code, that calls `again`.
pub(crate) struct Method<M> {
    pub(crate) name: &'static str,
    pub(crate) needs: Needs,
    pub(crate) runs: Option<Under>,
    pub(crate) call: fn(&M, &dyn Fn()),
}

/// Rows of the list: `name: what it needs, what its closure runs under; the call`.
macro_rules! rows {
    ($($name:ident: $needs:ident $(, $under:ident)?; |$map:ident, $again:pat_param| $call:expr;)*) => {
        vec![$(Method::<Self> {
            name: stringify!($name),
            needs: Needs::$needs,
            runs: [$(Under::$under)?].into_iter().next(),
            call: |$map, $again| discard($call),
        }),*]
    };
}

fn discard<R>(_: R) {}

/// A key that no map has.
fn fresh() -> u32 {
    thread_local! {
        static NEXT: Cell<u32> = const { Cell::new(1000) };
    }
    NEXT.replace(NEXT.get() + 1)
}

fn poll<F: Future>(future: F) {
    let poll = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll.is_ready(), "it waits for nobody");
}

/// A version of no value.
fn some_version() -> Version {
    VersionedMap::<u32, u32>::new().insert(1, 1)
}

/// The value 0 after a call.
fn zero(again: &dyn Fn()) -> u32 {
    again();
    0
}

/// The methods that every map has. The keys from 0 to 7 are there.
macro_rules! of_every_map {
    () => {
        rows! {
            get: Read; |map, _| map.get(&1);
            get: Read; |map, _| map.get(&fresh());
            read: Read, Read; |map, again| map.read(&1, |_| again());
            contains_key: Read; |map, _| map.contains_key(&1);
            insert: Write; |map, _| map.insert(1, 0);
            insert: Write; |map, _| map.insert(fresh(), 0);
            try_insert: Write; |map, _| map.try_insert(fresh(), 0);
            get_or_insert_with: Write, Write; |map, again| map.get_or_insert_with(fresh(), || zero(again));
            get_or_insert_with: Read; |map, again| map.get_or_insert_with(1, || zero(again));
            get_or_try_insert_with: Write, Write;
                |map, again| map.get_or_try_insert_with(fresh(), || Ok::<_, ()>(zero(again)));
            get_or_try_insert_with: Write, Write;
                |map, again| map.get_or_try_insert_with(fresh(), || Err(again()));
            get_or_load: Write, Nothing; |map, again| poll(map.get_or_load(fresh(), async { zero(again) }));
            get_or_load: Read; |map, again| poll(map.get_or_load(1, async { zero(again) }));
            try_get_or_load: Write, Nothing;
                |map, again| poll(map.try_get_or_load(fresh(), async { Ok::<_, ()>(zero(again)) }));
            update: Write, Write; |map, again| map.update(&1, |_| again());
            update: Write; |map, again| map.update(&fresh(), |_| again());
            try_update: Write, Write; |map, again| map.try_update(&1, |_| Err::<(), _>(again()));
            upsert: Write, Write; |map, again| map.upsert(fresh(), || zero(again), |_| ());
            upsert: Write, Write; |map, again| map.upsert(1, || 0, |_| again());
            compute: Write, Write; |map, again| map.compute(1, |_| Some(zero(again)));
            compute: Write, Write; |map, again| map.compute(fresh(), |_| Some(zero(again)));
            update_pair: Write, Write; |map, again| map.update_pair(&1, &2, |_, _| again());
            update_many: Write, Write; |map, again| map.update_many([&1, &2, &88], |_| again());
            remove_if: Write, Write; |map, again| map.remove_if(&1, |_| zero(again) > 0);
            retain: Write, Write; |map, again| map.retain(|_, _| zero(again) == 0);
            extract_if: Write, Write; |map, again| map.extract_if(|_, _| zero(again) > 0);
            clear: Write; |map, _| map.clear();
            extend: Write, Nothing; |map, again| map.extend(iter::once_with(|| (fresh(), zero(again))));
            len: Len; |map, _| map.len();
            is_empty: Len; |map, _| map.is_empty();
            for_each: Read, Read; |map, again| map.for_each(|_, _| again());
            fold: Read, Read; |map, again| map.fold((), |(), _, _| again());
            entries: Read; |map, _| map.entries();
            to_map: Read; |map, _| map.to_map();
        }
    };
}

/// The methods that every set has. The items from 0 to 7 are there.
macro_rules! of_every_set {
    () => {
        rows! {
            get: Read; |set, _| set.get(&1);
            contains: Read; |set, _| set.contains(&1);
            insert: Write; |set, _| set.insert(fresh());
            remove: Write; |set, _| set.remove(&1);
            remove_if: Write, Write; |set, again| set.remove_if(&1, |_| zero(again) > 0);
            retain: Write, Write; |set, again| set.retain(|_| zero(again) == 0);
            extract_if: Write, Write; |set, again| set.extract_if(|_| zero(again) > 0);
            clear: Write; |set, _| set.clear();
            extend: Write, Nothing; |set, again| set.extend(iter::once_with(|| fresh() + zero(again)));
            len: Len; |set, _| set.len();
            is_empty: Len; |set, _| set.is_empty();
            for_each: Read, Read; |set, again| set.for_each(|_| again());
            fold: Read, Read; |set, again| set.fold((), |(), _| again());
            entries: Read; |set, _| set.entries();
            to_set: Read; |set, _| set.to_set();
        }
    };
}

/// The methods that are there with a feature. They may be called anywhere.
macro_rules! of_features {
    () => {{
        #[cfg(feature = "stats")]
        let counted = rows! {
            stats: Nothing; |map, _| map.stats();
            health: Nothing; |map, _| map.health();
        };
        #[cfg(not(feature = "stats"))]
        let counted: Vec<Method<Self>> = Vec::new();
        #[cfg(feature = "observer")]
        let observed = rows! {
            observe: Nothing; |map, _| map.observe(std::sync::Arc::new(Quiet));
        };
        #[cfg(not(feature = "observer"))]
        let observed: Vec<Method<Self>> = Vec::new();
        counted.into_iter().chain(observed)
    }};
}

#[cfg(feature = "observer")]
struct Quiet;

#[cfg(feature = "observer")]
impl safe_map::observer::Observer for Quiet {}

/// The methods that are there without a feature but for these.
const OF_FEATURES: &[&str] = match (cfg!(feature = "stats"), cfg!(feature = "observer")) {
    (true, true) => &[],
    (true, false) => &["observe"],
    (false, true) => &["stats", "health"],
    (false, false) => &["stats", "health", "observe"],
};

/// A map or set of the table.
pub(crate) trait Listed: Sized {
    /// The files that its methods are in.
    const FILES: &[&str];
    /// Methods that are in these files, and not of this type.
    const OF_OTHERS: &[&str] = &[];

    fn methods() -> Vec<Method<Self>>;

    /// With the keys from 0 to 7.
    fn fill(self) -> Self;

    /// Whether a new key can be put in, and is there then.
    fn is_usable(&self) -> bool;
}

macro_rules! listed_map {
    ($Map:ty, $file:literal, { $($own:tt)* }) => {
        impl Listed for $Map {
            const FILES: &[&str] = &["methods.rs", $file];

            fn methods() -> Vec<Method<Self>> {
                let mut all = of_every_map!();
                all.extend(of_features!());
                all.extend::<Vec<_>>(rows! { $($own)* });
                all
            }

            fn fill(self) -> Self {
                for key in 0..8 {
                    SharedMap::insert(&self, key, key);
                }
                // So that a read-mostly map has published its keys.
                for key in (0..8).cycle().take(40) {
                    self.contains_key(&key);
                }
                self
            }

            fn is_usable(&self) -> bool {
                SharedMap::insert(self, 99, 1).is_none() && SharedMap::get(self, &99) == Some(1)
            }
        }
    };
}

type Plain = HashMap<u32, u32>;

listed_map!(ShardedMap<u32, u32>, "sharded.rs", {
    remove: Write; |map, _| map.remove(&1);
    shard_count: Nothing; |map, _| map.shard_count();
});
listed_map!(VersionedMap<u32, u32>, "versioned.rs", {
    remove: Write; |map, _| map.remove(&1, some_version());
    replace: Write; |map, _| map.replace(&1, some_version(), 0);
});
listed_map!(ReadMostlyMap<u32, u32>, "read_mostly.rs", { remove: Write; |map, _| map.remove(&1); });
listed_map!(GenerationalMap<u32, u32>, "generational.rs", { remove: Write; |map, _| map.remove(&1); });
listed_map!(FailFastMap<u32, u32>, "fail_fast.rs", { remove: Write; |map, _| map.remove(&1); });
listed_map!(LockedMap<Plain>, "locked.rs", {
    remove: Write; |map, _| map.remove(&1);
    view: Read, Read; |map, again| map.view(|_| again());
    batch: Write, Write; |map, again| map.batch(|_| again());
});
listed_map!(SnapshotMap<Plain>, "snapshot.rs", {
    remove: Write; |map, _| map.remove(&1);
    view: Read, Read; |map, again| map.view(|_| again());
    view_versioned: Read, Read; |map, again| map.view_versioned(|_, _| again());
    version: Read; |map, _| map.version();
    batch: Write, Write; |map, again| map.batch(|_| again());
    // Its version is that of a map with the same history.
    batch_if: Write, Write; |map, again| {
        let seen = SnapshotMap::<Plain>::default().fill().version();
        map.batch_if(seen, |_| again()).unwrap_or_default();
    };
});

macro_rules! listed_set {
    ($Set:ty, { $($own:tt)* }, [$($of_others:literal),*]) => {
        impl Listed for $Set {
            const FILES: &[&str] = &["sets.rs"];
            const OF_OTHERS: &[&str] = &[$($of_others),*];

            fn methods() -> Vec<Method<Self>> {
                let mut all = of_every_set!();
                all.extend(of_features!());
                all.extend::<Vec<_>>(rows! { $($own)* });
                all
            }

            fn fill(self) -> Self {
                self.extend(0..8);
                self
            }

            fn is_usable(&self) -> bool {
                self.insert(99) && self.contains(&99)
            }
        }
    };
}

listed_set!(ShardedSet<u32>, {}, ["view", "batch"]);
listed_set!(LockedSet<std::collections::HashSet<u32>>, {
    view: Read, Read; |set, again| set.view(|_| again());
    batch: Write, Write; |set, again| set.batch(|_| again());
}, []);
listed_set!(SnapshotSet<std::collections::HashSet<u32>>, {
    view: Read, Read; |set, again| set.view(|_| again());
    batch: Write, Write; |set, again| set.batch(|_| again());
}, []);

/// Every method is in the list, once at least for each closure that it takes.
fn is_complete<M: Listed>() {
    let methods = M::methods();
    for file in M::FILES {
        let written = sources::public_functions(file);
        for wanted in written.iter().filter(|it| it.has_self()) {
            let name = wanted.name.as_str();
            if OF_FEATURES.contains(&name) || M::OF_OTHERS.contains(&name) {
                continue;
            }
            let rows: Vec<_> = methods.iter().filter(|it| it.name == name).collect();
            let with_closure = rows.iter().filter(|it| it.runs.is_some()).count();
            let (all, closures) = (rows.len(), wanted.closures());
            assert!(
                all > 0 && with_closure >= closures,
                "{} is not in the table: {all} {closures}",
                wanted.place()
            );
        }
    }
}

#[test]
fn no_method_is_left_out() {
    is_complete::<ShardedMap<u32, u32>>();
    is_complete::<VersionedMap<u32, u32>>();
    is_complete::<ReadMostlyMap<u32, u32>>();
    is_complete::<GenerationalMap<u32, u32>>();
    is_complete::<FailFastMap<u32, u32>>();
    is_complete::<LockedMap<Plain>>();
    is_complete::<SnapshotMap<Plain>>();
    is_complete::<ShardedSet<u32>>();
    is_complete::<LockedSet<std::collections::HashSet<u32>>>();
    is_complete::<SnapshotSet<std::collections::HashSet<u32>>>();
}

#[test]
fn every_strategy_is_listed() {
    let strategies = sources::public_functions(".");
    let with_copies = strategies.iter().filter(|it| it.name == "to_map" && !it.file.starts_with("breaker"));
    let mut files: Vec<_> = with_copies.map(|it| it.file.as_str()).collect();
    files.sort_unstable();
    let listed = [
        FailFastMap::<u32, u32>::FILES,
        GenerationalMap::<u32, u32>::FILES,
        LockedMap::<Plain>::FILES,
        ReadMostlyMap::<u32, u32>::FILES,
        ShardedMap::<u32, u32>::FILES,
        SnapshotMap::<Plain>::FILES,
        VersionedMap::<u32, u32>::FILES,
    ];
    assert_eq!(files, listed.map(|files| files[1]));
}
