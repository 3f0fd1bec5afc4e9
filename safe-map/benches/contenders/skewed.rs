//! What bustle does not do: keys by Zipf's law, keys that are strings, and scans of the whole map beside writers.

use std::{
    hint::black_box,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Instant,
};

use crate::{
    Effort,
    peers::{Dash, Flurry, Papaya, ParkingLot, Peer, Scc, Sharded, StdLock, with_every_peer},
    ratios::{self, Series, next},
};

/// Numbers below `count`, the n-th as often as 1/n.
pub(crate) fn zipf(count: usize, draws: usize, mut random: u64) -> Vec<u64> {
    let mut sums = Vec::with_capacity(count);
    let mut sum = 0.0;
    for n in 1..=count {
        sum += 1.0 / n as f64;
        sums.push(sum);
    }
    let draw = |_| {
        let at = (next(&mut random) >> 11) as f64 / (1_u64 << 53) as f64 * sum;
        sums.partition_point(|it| *it < at) as u64
    };
    (0..draws).map(draw).collect()
}

/// Millions of operations a second of some threads: nine reads to one update.
fn keyed<K: Clone + Sync, P: Peer<K>>(keys: &[K], threads: usize, draws: &[Vec<u64>]) -> f64 {
    let map = P::with_capacity(keys.len());
    for key in keys {
        map.insert(key.clone(), 1);
    }
    let start = Barrier::new(threads + 1);
    let worker = |draws: &[u64]| {
        start.wait();
        for (at, draw) in draws.iter().enumerate() {
            let key = &keys[*draw as usize];
            if at % 10 == 0 {
                map.update(key);
            } else {
                black_box(map.get(key));
            }
        }
    };
    let took = thread::scope(|scope| {
        let workers: Vec<_> = draws.iter().take(threads).map(|it| scope.spawn(|| worker(it))).collect();
        start.wait();
        let started = Instant::now();
        workers.into_iter().for_each(|it| it.join().expect("a worker"));
        started.elapsed()
    });
    draws.iter().take(threads).map(Vec::len).sum::<usize>() as f64 / took.as_secs_f64() / 1e6
}

/// Scans a second, beside a writer.
fn scans<P: Peer<u64>>(entries: u64, rounds: usize) -> f64 {
    let map = P::with_capacity(entries as usize);
    for key in 0..entries {
        map.insert(key, 1);
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut random = 42;
            while !done.load(Ordering::Relaxed) {
                map.update(&(next(&mut random) % entries));
            }
        });
        let started = Instant::now();
        for _ in 0..rounds {
            black_box(map.scan());
        }
        let took = started.elapsed();
        done.store(true, Ordering::Relaxed);
        rounds as f64 / took.as_secs_f64()
    })
}

/// Interleaves the contenders.
fn interleave<F: Fn() -> f64>(rounds: usize, contenders: Vec<(&'static str, bool, F)>) -> Vec<Series> {
    let mut series: Vec<_> = contenders
        .iter()
        .map(|(name, locks, _)| Series { name, locks: *locks, figures: Vec::new() })
        .collect();
    for at in 0..rounds {
        for turn in 0..contenders.len() {
            let at = (at + turn) % contenders.len();
            series[at].figures.push(contenders[at].2());
        }
    }
    series
}

pub(crate) fn run(effort: &Effort) {
    macro_rules! every {
        (($K:ty, $measure:expr) $($P:ident)*) => {
            vec![$(($P::<$K>::NAME, $P::<$K>::LOCKS, Box::new(|| $measure.on::<$P<$K>>()) as Box<dyn Fn() -> f64 + '_>)),*]
        };
    }
    let count = 1 << effort.log2_entries;
    for &threads in &effort.threads {
        let draws: Vec<_> =
            (1..=threads).map(|it| zipf(count, effort.operations, it as u64 * 7919)).collect();
        if effort.wants("zipf") {
            let keys: Vec<u64> = (0..count as u64).collect();
            let it = Keyed { keys: &keys, threads, draws: &draws };
            let series = interleave(effort.rounds, with_every_peer!(every!(u64, it)));
            ratios::print(&format!("zipf keys, {threads} threads"), "million operations a second", &series);
        }
        if effort.wants("string") {
            let keys: Vec<String> = (0..count).map(|it| format!("user:{it:08}:session")).collect();
            let it = Keyed { keys: &keys, threads, draws: &draws };
            let series = interleave(effort.rounds, with_every_peer!(every!(String, it)));
            ratios::print(&format!("string keys, {threads} threads"), "million operations a second", &series);
        }
    }
    if effort.wants("scan") {
        let it = Scans { entries: count as u64 };
        let series = interleave(effort.rounds, with_every_peer!(every!(u64, it)));
        ratios::print("whole-map scans beside a writer", "scans a second", &series);
    }
}

struct Keyed<'a, K> {
    keys: &'a [K],
    threads: usize,
    draws: &'a [Vec<u64>],
}

impl<K: Clone + Sync> Keyed<'_, K> {
    fn on<P: Peer<K>>(&self) -> f64 {
        keyed::<K, P>(self.keys, self.threads, self.draws)
    }
}

struct Scans {
    entries: u64,
}

impl Scans {
    fn on<P: Peer<u64>>(&self) -> f64 {
        scans::<P>(self.entries, 20)
    }
}
