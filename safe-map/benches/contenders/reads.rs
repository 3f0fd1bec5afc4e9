//! Pure reads beside one background writer that changes a batch now and then, and the batch write itself.

use std::{
    hint::black_box,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use rustc_hash::FxBuildHasher;

use crate::{
    Effort, chart,
    peers::{Dash, Flurry, Papaya, ParkingLot, Peer, Scc, Sharded},
    ratios::{self, Series, next},
};

type Std = std::collections::HashMap<u64, u64, FxBuildHasher>;

/// A map that readers on several threads and one writer share.
trait ReadMap {
    const NAME: &'static str;
    const LOCKS: bool = false;

    /// What one thread reads through.
    type Reader: FnMut(u64) -> Option<u64> + Send;
    /// Changes some keys at once.
    type Writer: FnMut(&[u64]) + Send;

    fn parts(entries: u64, readers: usize) -> (Vec<Self::Reader>, Self::Writer);
}

type DynReader = Box<dyn FnMut(u64) -> Option<u64> + Send>;
type DynWriter = Box<dyn FnMut(&[u64]) + Send>;

macro_rules! read_map {
    ($Map:ident $name:literal; make |$entries:ident| $make:expr; read |$map:ident, $key:ident| $read:expr; write |$w:ident, $keys:ident| $write:expr;) => {
        struct $Map;

        impl ReadMap for $Map {
            const NAME: &'static str = $name;
            type Reader = DynReader;
            type Writer = DynWriter;

            fn parts($entries: u64, readers: usize) -> (Vec<DynReader>, DynWriter) {
                let shared = Arc::new($make);
                let reader = |_| {
                    let $map = shared.clone();
                    Box::new(move |$key: u64| $read) as DynReader
                };
                let $w = shared.clone();
                ((0..readers).map(reader).collect(), Box::new(move |$keys: &[u64]| $write))
            }
        }
    };
}

read_map! {
    Snapshot "safe-map SnapshotMap";
    make |entries| safe_map::SnapshotMap::new((0..entries).map(|key| (key, 1)).collect::<Std>());
    read |map, key| map.read(&key, |value| *value);
    write |map, keys| map.batch(|map| keys.iter().for_each(|key| *map.entry(*key).or_default() += 1));
}

read_map! {
    ReadMostly "safe-map ReadMostlyMap";
    make |entries| {
        let map = safe_map::ReadMostlyMap::with_hasher(FxBuildHasher);
        map.extend((0..entries).map(|key| (key, 1_u64)));
        map.for_each(|_, _| ());
        map
    };
    read |map, key| map.read(&key, |value| *value);
    write |map, keys| keys.iter().for_each(|key| {
        black_box(map.update(key, |value| *value += 1));
    });
}

read_map! {
    Swap "ArcSwap<HashMap> with rcu";
    make |entries| ArcSwap::from_pointee((0..entries).map(|key| (key, 1)).collect::<Std>());
    read |map, key| map.load().get(&key).copied();
    write |map, keys| {
        map.rcu(|map| {
            let mut map = Std::clone(map);
            keys.iter().for_each(|key| *map.entry(*key).or_default() += 1);
            map
        });
    };
}

struct Evmap;

impl ReadMap for Evmap {
    const NAME: &'static str = "evmap";
    type Reader = DynReader;
    type Writer = DynWriter;

    fn parts(entries: u64, readers: usize) -> (Vec<DynReader>, DynWriter) {
        let (mut writer, reader) = evmap::new::<u64, u64>();
        writer.extend((0..entries).map(|key| (key, 1)));
        writer.publish();
        let read = |_| {
            let reader = reader.clone();
            Box::new(move |key| reader.get_one(&key).map(|value| *value)) as DynReader
        };
        let write = Box::new(move |keys: &[u64]| {
            keys.iter().for_each(|key| {
                writer.update(*key, 2);
            });
            writer.publish();
        });
        ((0..readers).map(read).collect(), write)
    }
}

macro_rules! read_peers {
    ($($Map:ident $Peer:ident;)*) => {$(
        struct $Map;

        impl ReadMap for $Map {
            const NAME: &'static str = <$Peer<u64> as Peer<u64>>::NAME;
            const LOCKS: bool = <$Peer<u64> as Peer<u64>>::LOCKS;
            type Reader = DynReader;
            type Writer = DynWriter;

            fn parts(entries: u64, readers: usize) -> (Vec<DynReader>, DynWriter) {
                let shared = Arc::new($Peer::<u64>::with_capacity(entries as usize));
                (0..entries).for_each(|key| {
                    black_box(shared.insert(key, 1));
                });
                let reader = |_| {
                    let map = shared.clone();
                    Box::new(move |key| map.get(&key)) as DynReader
                };
                let map = shared.clone();
                let write = Box::new(move |keys: &[u64]| keys.iter().for_each(|key| {
                    black_box(map.update(key));
                }));
                ((0..readers).map(reader).collect(), write)
            }
        }
    )*};
}

read_peers! {
    ShardedReads Sharded;
    DashReads Dash;
    SccReads Scc;
    PapayaReads Papaya;
    FlurryReads Flurry;
    LockReads ParkingLot;
}

/// Millions of reads a second.
fn reads<M: ReadMap>(effort: &Effort, threads: usize) -> f64 {
    let entries = 1_u64 << effort.log2_entries.min(14);
    let (readers, mut write) = M::parts(entries, threads);
    let (start, done) = (Barrier::new(threads + 1), AtomicBool::new(false));
    let took = thread::scope(|scope| {
        let background = scope.spawn(|| {
            let mut random = 99;
            while !done.load(Ordering::Relaxed) {
                let keys: Vec<u64> = (0..16).map(|_| next(&mut random) % entries).collect();
                write(&keys);
                thread::sleep(Duration::from_millis(5));
            }
        });
        let start = &start;
        let workers: Vec<_> = readers
            .into_iter()
            .enumerate()
            .map(|(at, mut read)| {
                scope.spawn(move || {
                    let mut random = at as u64 + 1;
                    start.wait();
                    for _ in 0..effort.operations {
                        black_box(read(next(&mut random) % entries));
                    }
                })
            })
            .collect();
        start.wait();
        let started = Instant::now();
        workers.into_iter().for_each(|it| it.join().expect("a reader"));
        let took = started.elapsed();
        done.store(true, Ordering::Relaxed);
        background.join().expect("the writer");
        took
    });
    (effort.operations * threads) as f64 / took.as_secs_f64() / 1e6
}

/// Batches of 16 changes a second.
fn batches<M: ReadMap>(effort: &Effort, _: usize) -> f64 {
    let entries = 1_u64 << effort.log2_entries.min(14);
    let (_readers, mut write) = M::parts(entries, 1);
    let (mut random, rounds) = (99, 200);
    let started = Instant::now();
    for _ in 0..rounds {
        let keys: Vec<u64> = (0..16).map(|_| next(&mut random) % entries).collect();
        write(&keys);
    }
    f64::from(rounds) / started.elapsed().as_secs_f64()
}

type Round = fn(&Effort, usize) -> f64;

fn interleave(effort: &Effort, threads: usize, contenders: &[(&'static str, bool, Round)]) -> Vec<Series> {
    let mut series: Vec<_> = contenders
        .iter()
        .map(|(name, locks, _)| Series { name, locks: *locks, figures: Vec::new() })
        .collect();
    for at in 0..effort.rounds {
        for turn in 0..contenders.len() {
            let at = (at + turn) % contenders.len();
            series[at].figures.push(contenders[at].2(effort, threads));
        }
    }
    series
}

pub(crate) fn run(effort: &Effort) {
    macro_rules! list {
        ($round:ident: $($Map:ident)*) => { [$(($Map::NAME, $Map::LOCKS, $round::<$Map> as Round)),*] };
    }
    if effort.wants("pure reads") {
        let all = list!(reads: Snapshot Swap Evmap PapayaReads FlurryReads DashReads SccReads LockReads ReadMostly ShardedReads);
        let mut lines = Vec::new();
        for &threads in &effort.threads {
            let series = interleave(effort, threads, &all);
            let title = format!("pure reads beside a batch writer, {threads} threads");
            ratios::print(&title, "million reads a second", &series);
            lines.push((threads, series));
        }
        chart::write(effort, "pure reads", &lines);
    }
    if effort.wants("batch") {
        let series = interleave(effort, 1, &list!(batches: Snapshot Swap));
        ratios::print("batch writes of 16 keys", "batches a second", &series);
    }
}
