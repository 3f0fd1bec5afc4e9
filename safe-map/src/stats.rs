//! What a map's locks and readers have been through, and whether its strategy fits that.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    call::{Call, Op},
    sync::Padded,
};

/// What one lock has been through.
#[derive(Default)]
pub(crate) struct LockStats {
    // Relaxed throughout: these are counts, and order nothing.
    reads: AtomicU64,
    writes: AtomicU64,
    contended: AtomicU64,
    longest_nanos: AtomicU64,
    longest_call: Mutex<Option<Call>>,
}

impl LockStats {
    pub(crate) fn note_read(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn note_write(&self) {
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn note_contended(&self) {
        self.contended.fetch_add(1, Ordering::Relaxed);
    }

    /// A reader has come in, and leaves when the result is dropped.
    pub(crate) fn read(&self, call: Call) -> HoldTimer<'_> {
        self.note_read();
        HoldTimer::start(self, call)
    }

    /// A writer has come in, and leaves when the result is dropped.
    pub(crate) fn write(&self, call: Call) -> HoldTimer<'_> {
        self.note_write();
        HoldTimer::start(self, call)
    }

    fn note_hold(&self, call: Call, held: Duration) {
        let nanos = u64::try_from(held.as_nanos()).unwrap_or(u64::MAX);
        if self.longest_nanos.fetch_max(nanos, Ordering::Relaxed) < nanos {
            *self.longest_call.lock().unwrap_or_else(PoisonError::into_inner) = Some(call);
        }
    }

    fn snapshot(&self, entries: Option<usize>) -> ShardStats {
        let longest = *self.longest_call.lock().unwrap_or_else(PoisonError::into_inner);
        ShardStats {
            entries,
            reads: self.reads.load(Ordering::Relaxed),
            writes: self.writes.load(Ordering::Relaxed),
            contended: self.contended.load(Ordering::Relaxed),
            longest_hold: longest.map(|call| LongestHold {
                time: Duration::from_nanos(self.longest_nanos.load(Ordering::Relaxed)),
                call: call.to_string(),
            }),
        }
    }
}

/// A lock that is held, with the time since when.
pub(crate) struct HoldTimer<'a> {
    stats: &'a LockStats,
    call: Call,
    since: Instant,
}

impl<'a> HoldTimer<'a> {
    pub(crate) fn start(stats: &'a LockStats, call: Call) -> Self {
        HoldTimer { stats, call, since: Instant::now() }
    }
}

impl Drop for HoldTimer<'_> {
    fn drop(&mut self) {
        self.stats.note_hold(self.call, self.since.elapsed());
    }
}

/// How many stripes the reads without a lock are counted in, so that readers do not meet at the count.
const STRIPES: usize = 16;

/// Reads that took no lock, and scans of the whole map.
#[derive(Default)]
pub(crate) struct Reads {
    free: [Padded<AtomicU64>; STRIPES],
    scans: Padded<AtomicU64>,
}

impl Reads {
    pub(crate) fn note_free(&self) {
        std::thread_local! {
            static STRIPE: usize = {
                static NEXT: AtomicU64 = AtomicU64::new(0);
                NEXT.fetch_add(1, Ordering::Relaxed) as usize % STRIPES
            };
        }
        let stripe = STRIPE.try_with(|it| *it).unwrap_or(0);
        self.free[stripe].0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn note_scan(&self, op: Op) {
        let scans = matches!(
            op,
            Op::ForEach | Op::Fold | Op::Entries | Op::ToMap | Op::ToSet | Op::Retain | Op::ExtractIf
        );
        if scans {
            self.scans.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What a map has been through since it was made.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// For each lock: one, or one for each shard.
    pub shards: Vec<ShardStats>,
    /// Reads that took no lock.
    pub free_reads: u64,
    /// Operations that went through the whole map.
    pub scans: u64,
    /// Reads of a `ReadMostlyMap` that found nothing in its published table.
    pub misses: u64,
    /// How often a `ReadMostlyMap` has promoted its second table, or a `GenerationalMap` has frozen keys.
    pub promotions: u64,
    /// Old versions that are kept because somebody was reading them.
    pub retired: usize,
}

/// What one lock has been through.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ShardStats {
    /// Its entries, unless it is locked now.
    pub entries: Option<usize>,
    /// How often it was locked for readers.
    pub reads: u64,
    /// How often it was locked for a writer.
    pub writes: u64,
    /// How often somebody had to wait for it; of a `FailFastMap`, how often somebody was refused.
    pub contended: u64,
    /// The longest time that it was held.
    pub longest_hold: Option<LongestHold>,
}

/// The longest time that a lock was held.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LongestHold {
    /// How long.
    pub time: Duration,
    /// By which call.
    pub call: String,
}

/// Whether a strategy fits what is done with its map.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// It does, or there is too little to say.
    Good,
    /// Something to keep an eye on.
    Watch(String),
    /// Another strategy would fit better.
    Misfit(String, &'static str),
}

impl fmt::Display for Health {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Health::Good => out.write_str("good"),
            Health::Watch(reason) => write!(out, "watch: {reason}"),
            Health::Misfit(reason, better) => write!(out, "misfit: {reason}; a `{better}` would fit better"),
        }
    }
}

/// What a strategy is, as far as its health is concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Sharded,
    Snapshot,
    ReadMostly,
    OneLock,
    FailFast,
}

/// What a strategy knows of itself beside its locks.
#[derive(Clone, Copy, Default)]
pub(crate) struct Extra {
    pub(crate) misses: u64,
    pub(crate) promotions: u64,
    pub(crate) retired: usize,
}

/// Fewer operations than this say nothing.
const ENOUGH: u64 = 1000;

impl Stats {
    pub(crate) fn of<'a>(
        locks: impl Iterator<Item = (&'a LockStats, Option<usize>)>,
        reads: &Reads,
        extra: Extra,
    ) -> Self {
        Stats {
            shards: locks.map(|(lock, entries)| lock.snapshot(entries)).collect(),
            free_reads: reads.free.iter().map(|it| it.0.load(Ordering::Relaxed)).sum(),
            scans: reads.scans.0.load(Ordering::Relaxed),
            misses: extra.misses,
            promotions: extra.promotions,
            retired: extra.retired,
        }
    }

    /// Reads, with a lock and without.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::ShardedMap::new();
    /// map.insert("apples", 3);
    /// map.get("apples");
    /// assert_eq!(map.stats().reads(), 1);
    /// ```
    pub fn reads(&self) -> u64 {
        self.free_reads + self.shards.iter().map(|it| it.reads).sum::<u64>()
    }

    /// Writes.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::ShardedMap::new();
    /// map.insert("apples", 3);
    /// map.insert("pears", 4);
    /// assert_eq!(map.stats().writes(), 2);
    /// ```
    pub fn writes(&self) -> u64 {
        self.shards.iter().map(|it| it.writes).sum()
    }

    /// How often somebody had to wait.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::ShardedMap::new();
    /// map.insert("apples", 3);
    /// assert_eq!(map.stats().contended(), 0);
    /// ```
    pub fn contended(&self) -> u64 {
        self.shards.iter().map(|it| it.contended).sum()
    }

    pub(crate) fn health(&self, kind: Kind) -> Health {
        let all = self.reads() + self.writes();
        if all < ENOUGH {
            return Health::Good;
        }
        match kind {
            Kind::Sharded => self.sharded_health(all),
            Kind::Snapshot => self.snapshot_health(all),
            Kind::ReadMostly => self.read_mostly_health(),
            Kind::OneLock => self.one_lock_health(all),
            Kind::FailFast => Health::Good,
        }
    }

    fn sharded_health(&self, all: u64) -> Health {
        let shards = self.shards.len() as u64;
        if self.scans * shards * 2 > all {
            let reason = format!("{} scans of the whole map among {all} locks of a shard", self.scans);
            return Health::Misfit(reason, "SnapshotMap");
        }
        let hot = self.shards.iter().max_by_key(|it| it.reads + it.writes);
        match hot {
            Some(hot) if shards >= 4 && (hot.reads + hot.writes) * 2 > all && hot.contended * 100 > all => {
                Health::Watch(
                    "one shard takes more than half of the operations, and they wait for it".to_owned(),
                )
            }
            _ => Health::Good,
        }
    }

    fn snapshot_health(&self, all: u64) -> Health {
        let writes = self.writes();
        let reason = || format!("{writes} writes among {all} operations, and each copies the map");
        if writes * 10 > all {
            return Health::Misfit(reason(), "ShardedMap");
        }
        if writes * 100 > all { Health::Watch(reason()) } else { Health::Good }
    }

    fn read_mostly_health(&self) -> Health {
        if self.promotions > 100 && self.promotions * 10 > self.writes() {
            let reason = format!(
                "{} promotions of {} writes: new keys come all the time",
                self.promotions,
                self.writes()
            );
            return Health::Misfit(reason, "ShardedMap");
        }
        if self.misses * 10 > self.reads() {
            return Health::Watch(format!(
                "{} of {} reads miss the published table",
                self.misses,
                self.reads()
            ));
        }
        Health::Good
    }

    fn one_lock_health(&self, all: u64) -> Health {
        if self.contended() * 20 > all {
            let reason = format!("{} of {all} operations wait for the one lock", self.contended());
            return Health::Misfit(reason, "ShardedMap");
        }
        Health::Good
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(reads: u64, writes: u64, contended: u64) -> ShardStats {
        ShardStats { entries: None, reads, writes, contended, longest_hold: None }
    }

    fn stats(shards: Vec<ShardStats>) -> Stats {
        Stats { shards, ..Stats::default() }
    }

    #[test]
    fn few_operations_say_nothing() {
        assert_eq!(stats(vec![shard(1, 900, 900)]).health(Kind::Snapshot), Health::Good);
    }

    #[test]
    fn a_snapshot_that_is_written_to_is_a_misfit() {
        let of =
            |writes| Stats { free_reads: 10_000, ..stats(vec![shard(0, writes, 0)]) }.health(Kind::Snapshot);
        assert_eq!(of(50), Health::Good);
        assert!(matches!(of(500), Health::Watch(_)));
        assert!(matches!(of(5000), Health::Misfit(_, "ShardedMap")));
    }

    #[test]
    fn a_hot_shard_is_watched_only_when_somebody_waits() {
        let of = |contended| {
            let shards =
                vec![shard(0, 9000, contended), shard(10, 10, 0), shard(10, 10, 0), shard(10, 10, 0)];
            stats(shards).health(Kind::Sharded)
        };
        assert_eq!(of(0), Health::Good);
        assert!(matches!(of(500), Health::Watch(_)));
    }

    #[test]
    fn scans_of_a_sharded_map_are_a_misfit() {
        let scanned = Stats { scans: 300, ..stats(vec![shard(300, 100, 0); 4]) };
        assert!(matches!(scanned.health(Kind::Sharded), Health::Misfit(_, "SnapshotMap")));
    }

    #[test]
    fn a_promotion_storm_is_a_misfit() {
        let storm = Stats { promotions: 500, ..stats(vec![shard(0, 1000, 0)]) };
        assert!(matches!(storm.health(Kind::ReadMostly), Health::Misfit(_, "ShardedMap")));
    }

    #[test]
    fn one_lock_that_many_wait_for_is_a_misfit() {
        let of = |contended| stats(vec![shard(5000, 5000, contended)]).health(Kind::OneLock);
        assert_eq!(of(100), Health::Good);
        assert!(matches!(of(1000), Health::Misfit(_, "ShardedMap")));
    }
}
