//! The three standard mixes of concurrent maps, through the `bustle` crate.

use std::sync::Arc;

use bustle::{Collection, CollectionHandle, Mix, Workload};

use crate::{
    Effort, chart,
    peers::{Dash, Flurry, Papaya, ParkingLot, Peer, Scc, Sharded, StdLock, with_every_peer},
    ratios::{self, Series},
};

/// A peer as bustle wants it.
struct Bustled<P>(Arc<P>);

impl<P: Peer<u64>> Collection for Bustled<P> {
    type Handle = Self;

    fn with_capacity(capacity: usize) -> Self {
        Bustled(Arc::new(P::with_capacity(capacity)))
    }

    fn pin(&self) -> Self {
        Bustled(self.0.clone())
    }
}

impl<P: Peer<u64>> CollectionHandle for Bustled<P> {
    type Key = u64;

    fn get(&mut self, key: &u64) -> bool {
        self.0.get(key).is_some()
    }

    fn insert(&mut self, key: &u64) -> bool {
        self.0.insert(*key, 0)
    }

    fn remove(&mut self, key: &u64) -> bool {
        self.0.remove(key)
    }

    fn update(&mut self, key: &u64) -> bool {
        self.0.update(key)
    }
}

/// A mix with its name, and how full the map is before.
struct Named {
    name: &'static str,
    mix: Mix,
    prefill: f64,
}

fn mixes() -> [Named; 3] {
    let mix = |read, insert, remove, update| Mix { read, insert, remove, update, upsert: 0 };
    [
        Named { name: "read heavy", mix: mix(98, 1, 1, 0), prefill: 0.75 },
        Named { name: "exchange", mix: mix(10, 40, 40, 10), prefill: 0.75 },
        Named { name: "rapid grow", mix: mix(5, 80, 5, 10), prefill: 0.0 },
    ]
}

pub(crate) fn run(effort: &Effort) {
    for named in mixes().iter().filter(|it| effort.wants(it.name)) {
        let mut lines = Vec::new();
        for &threads in &effort.threads {
            let series = measure(effort, named, threads);
            ratios::print(
                &format!("{}, {threads} threads", named.name),
                "million operations a second",
                &series,
            );
            lines.push((threads, series));
        }
        chart::write(effort, named.name, &lines);
    }
}

fn measure(effort: &Effort, named: &Named, threads: usize) -> Vec<Series> {
    macro_rules! every {
        (() $($P:ident)*) => {
            vec![$((Series { name: $P::<u64>::NAME, locks: $P::<u64>::LOCKS, figures: Vec::new() },
                round::<$P<u64>> as fn(&Effort, &Named, usize) -> f64)),*]
        };
    }
    let mut contenders = with_every_peer!(every!());
    for at in 0..effort.rounds {
        // Another one begins in each round.
        let count = contenders.len();
        for turn in 0..count {
            let (series, round) = &mut contenders[(at + turn) % count];
            series.figures.push(round(effort, named, threads));
        }
    }
    contenders.into_iter().map(|(series, _)| series).collect()
}

fn round<P: Peer<u64>>(effort: &Effort, named: &Named, threads: usize) -> f64 {
    let capacity = f64::from(1_u32 << effort.log2_entries);
    let operations = (effort.operations * threads) as f64 / capacity;
    let mut workload = Workload::new(threads, named.mix);
    workload
        .initial_capacity_log2(effort.log2_entries)
        .prefill_fraction(named.prefill)
        .operations(operations.min(if named.prefill == 0.0 { 1.2 } else { operations }))
        .seed([7; 32]);
    workload.run_silently::<Bustled<P>>().throughput / 1e6
}
