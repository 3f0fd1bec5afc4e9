//! How long single operations take, up to the slowest of ten thousand: the exchange mix on two threads.

use std::{hint::black_box, sync::Barrier, thread, time::Instant};

use hdrhistogram::Histogram;

use crate::{
    Effort,
    peers::{Dash, Flurry, Papaya, ParkingLot, Peer, Scc, Sharded, StdLock, with_every_peer},
    ratios::next,
};

const THREADS: usize = 2;

fn measure<P: Peer<u64>>(effort: &Effort) -> Histogram<u64> {
    let entries = 1_u64 << effort.log2_entries;
    let map = P::with_capacity(entries as usize);
    (0..entries / 2).for_each(|key| {
        black_box(map.insert(key * 2, 0));
    });
    let start = Barrier::new(THREADS);
    let worker = |seed: u64| {
        let mut histogram = Histogram::<u64>::new(3).expect("three digits are possible");
        let mut random = seed;
        start.wait();
        for _ in 0..effort.operations {
            let (choice, key) = (next(&mut random) % 100, next(&mut random) % entries);
            let started = Instant::now();
            let done = match choice {
                0..10 => map.get(&key).is_some(),
                10..50 => map.insert(key, 0),
                50..90 => map.remove(&key),
                _ => map.update(&key),
            };
            black_box(done);
            histogram.saturating_record(started.elapsed().as_nanos() as u64);
        }
        histogram
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (1..=THREADS as u64).map(|it| scope.spawn(move || worker(it * 7919))).collect();
        let mut all = Histogram::new(3).expect("three digits are possible");
        for it in workers {
            all.add(it.join().expect("a worker")).expect("the ranges are the same");
        }
        all
    })
}

pub(crate) fn run(effort: &Effort) {
    if !effort.wants("latency") {
        return;
    }
    macro_rules! every {
        (() $($P:ident)*) => { [$(($P::<u64>::NAME, measure::<$P<u64>> as fn(&Effort) -> Histogram<u64>)),*] };
    }
    let contenders = with_every_peer!(every!());
    let mut all: Vec<_> = contenders
        .iter()
        .map(|(name, _)| (*name, Histogram::<u64>::new(3).expect("three digits are possible")))
        .collect();
    for at in 0..effort.rounds {
        for turn in 0..contenders.len() {
            let at = (at + turn) % contenders.len();
            all[at].1.add(contenders[at].1(effort)).expect("the ranges are the same");
        }
    }
    println!("\n## latency of the exchange mix, {THREADS} threads, nanoseconds\n");
    println!("| contender | P50 | P99 | P99.9 | P99.99 |");
    println!("|---|---|---|---|---|");
    for (name, histogram) in &all {
        let at = |quantile| histogram.value_at_quantile(quantile);
        println!("| {name} | {} | {} | {} | {} |", at(0.5), at(0.99), at(0.999), at(0.9999));
    }
}
