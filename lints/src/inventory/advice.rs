//! Advice: which way to share a map fits the counted use of it. The one place that decides it, for the inventory and for the
//! lint `misfit_strategy`.

use safe_map_analysis::Analysis;
use safe_map_analysis::knowledge::schema::LockMode;
use serde::Serialize;

use super::declarations::{Container, Declared, MapKind};
use super::rate::changes_per_event;
use super::{Acquired, Site, Use, UseKind};

/// How many places it takes to speak of a habit.
const ENOUGH: usize = 3;

/// A way to share a map.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// As it is.
    Keep,
    /// A lock without readers.
    Mutex,
    /// A lock, where there is none.
    Lock,
    /// A lock for each shard.
    Shard,
    /// Readers have a version that nobody changes.
    Snapshot,
    /// Values with versions: what is changed is what was seen.
    Version,
    /// Reads take no lock; the keys stay.
    ReadMostly,
}

impl Strategy {
    /// As people and JSON read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Strategy::Keep => "keep",
            Strategy::Mutex => "mutex",
            Strategy::Lock => "lock",
            Strategy::Shard => "shard",
            Strategy::Snapshot => "snapshot",
            Strategy::Version => "version",
            Strategy::ReadMostly => "read_mostly",
        }
    }

    /// The map of `safe-map` that does it, or the set.
    fn wrapper(self, kind: MapKind) -> Option<&'static str> {
        let is_set = kind == MapKind::HashSet;
        match self {
            Strategy::Keep | Strategy::Mutex => None,
            Strategy::Lock if is_set => Some("safe_map::LockedSet"),
            Strategy::Lock => Some("safe_map::LockedMap"),
            Strategy::Shard if is_set => Some("safe_map::ShardedSet"),
            Strategy::Shard => Some("safe_map::ShardedMap"),
            Strategy::Snapshot if is_set => Some("safe_map::SnapshotSet"),
            Strategy::Snapshot => Some("safe_map::SnapshotMap"),
            Strategy::Version | Strategy::ReadMostly if is_set => None,
            Strategy::Version => Some("safe_map::VersionedMap"),
            Strategy::ReadMostly => Some("safe_map::ReadMostlyMap"),
        }
    }
}

/// What would fit a map, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Advice {
    /// What.
    pub strategy: Strategy,
    /// The map of `safe-map` that does it, where one does.
    pub wrapper: Option<&'static str>,
    /// Why, counted: a lowercase fragment.
    pub reason: String,
}

/// A container that does not fit its use, sure enough to be a finding.
#[derive(Debug)]
pub(crate) struct Misfit {
    /// What would fit.
    pub(crate) strategy: Strategy,
    /// What it is: the end of a sentence that begins with its name.
    pub(crate) claim: &'static str,
    /// Why that is wrong, counted.
    pub(crate) reason: String,
    /// What to do.
    pub(crate) help: &'static str,
    /// Which places show it.
    pub(crate) evidence: Evidence,
}

/// The acquires that show a misfit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Evidence {
    /// Those that take a lock alone.
    Alone,
    /// Those that look at all of a map.
    Whole,
}

impl Evidence {
    /// Whether an acquire is one of them.
    pub(crate) fn includes(self, it: &Acquired) -> bool {
        match self {
            Evidence::Alone => !it.is_shared_map && it.mode == LockMode::Exclusive,
            Evidence::Whole => it.is_shared_map && it.whole && it.mode != LockMode::Exclusive,
        }
    }
}

/// How a lock or map is taken, where its container does not fit that.
pub(crate) fn misfit(analysis: &Analysis, use_: &Use) -> Option<Misfit> {
    let count = |test: &dyn Fn(&Acquired) -> bool| use_.acquires.iter().filter(|it| test(it)).count();
    let is_rw_lock = use_.acquires.iter().any(|it| it.is_rw_lock);
    let is_sharded = use_.acquires.iter().any(|it| it.is_sharded);
    let (alone, read) = (
        count(&|it| Evidence::Alone.includes(it)),
        count(&|it| !it.is_shared_map && it.mode != LockMode::Exclusive),
    );
    if is_rw_lock && read == 0 && alone >= ENOUGH {
        return Some(Misfit {
            strategy: Strategy::Mutex,
            claim: "is a `RwLock` that nobody reads",
            reason: format!("{alone} places take it, all of them alone: a `RwLock` is a slower `Mutex` then"),
            help: "use a `Mutex`, or a `safe_map::ShardedMap` so that different keys do not wait for each other",
            evidence: Evidence::Alone,
        });
    }
    let whole = count(&|it| Evidence::Whole.includes(it));
    // Who copies the map to change it must do so rarely: `retain` counts against a snapshot like `insert`.
    let others = count(&|it| it.is_shared_map && !Evidence::Whole.includes(it));
    if is_sharded && whole >= ENOUGH && others < whole / 2 && !changes_per_event(analysis, use_) {
        return Some(Misfit {
            strategy: Strategy::Snapshot,
            claim: "is a sharded map that is mostly walked",
            reason: format!(
                "{whole} places walk it or ask for its length and {others} do anything else: each walk takes every shard's lock"
            ),
            help: "use a `RwLock` around a plain map, or a `safe_map::SnapshotMap` whose walks take no lock",
            evidence: Evidence::Whole,
        });
    }
    None
}

/// What would fit a declared map. `own` is its use, `keepers` that of the locks around it, `races` how many findings about
/// races on its entries there are.
pub(super) fn advise<'a>(
    analysis: &Analysis,
    declared: &Declared,
    own: &'a Use,
    keepers: impl Iterator<Item = &'a Use>,
    races: usize,
) -> Advice {
    let counts = Counts::of(own);
    let (strategy, reason) = match keepers.into_iter().find_map(|it| misfit(analysis, it)) {
        _ if races > 0 => (Strategy::Version, race_reason(races)),
        Some(it) => (it.strategy, it.reason),
        None => counts.judge(declared, &|| changes_per_event(analysis, own)),
    };
    Advice { strategy, wrapper: strategy.wrapper(declared.kind), reason }
}

fn race_reason(races: usize) -> String {
    let verb = if races == 1 { "place decides on or writes" } else { "places decide on or write" };
    format!("{races} {verb} back what was read before the map was let go")
}

/// How many places use a map for what.
#[derive(Debug)]
struct Counts {
    read: usize,
    write: usize,
    insert: usize,
    delete: usize,
    iterate: usize,
    keyed: usize,
    /// Of the writes, those that put another map in the place of all.
    replaced: usize,
}

/// Whether a site writes what is neither one entry nor walked.
fn is_replacement(own: &Use, site: &Site) -> bool {
    let walks = |it: &Site| it.kind == UseKind::Iterate && it.place == site.place;
    site.kind == UseKind::Write && !site.is_keyed && !own.sites.iter().any(walks)
}

impl Counts {
    fn of(own: &Use) -> Counts {
        let count = |kind| own.sites.iter().filter(|it| it.kind == kind).count();
        Counts {
            read: count(UseKind::Read),
            write: count(UseKind::Write),
            insert: count(UseKind::Insert),
            delete: count(UseKind::Delete),
            iterate: count(UseKind::Iterate),
            keyed: own.sites.iter().filter(|it| it.is_keyed).count(),
            replaced: own.sites.iter().filter(|it| is_replacement(own, it)).count(),
        }
    }

    fn all(&self) -> usize {
        self.read + self.changes() + self.iterate
    }

    fn changes(&self) -> usize {
        self.write + self.insert + self.delete
    }

    fn looks(&self) -> usize {
        self.read + self.iterate
    }

    fn judge(&self, declared: &Declared, per_event: &dyn Fn() -> bool) -> (Strategy, String) {
        let fixed = |strategy, why: &str| (strategy, why.to_string());
        if self.all() == 0 {
            return fixed(Strategy::Keep, "no place is known that uses it");
        }
        match declared.container {
            Container::StaticMut => {
                fixed(Strategy::Lock, "it is a `static mut`: nothing keeps two threads apart")
            }
            Container::Handle => fixed(Strategy::Keep, "nobody can change it while it is shared"),
            Container::Cell | Container::ThreadLocal => fixed(Strategy::Keep, "one thread at a time has it"),
            Container::Struct => (Strategy::Keep, beside(declared.siblings)),
            Container::Swap => fixed(Strategy::Keep, "its readers wait for nobody"),
            Container::Concurrent => fixed(Strategy::Keep, "it keeps its users apart itself"),
            Container::Sharded => (Strategy::Keep, self.by_key()),
            Container::RwLock | Container::Mutex if declared.kind == MapKind::Ordered => {
                fixed(Strategy::Keep, "the order of its keys may matter")
            }
            Container::RwLock | Container::Mutex => self.judge_lock(per_event),
        }
    }

    /// A lock around a map and nothing else. Who copies the map for each change must not change it with each event.
    fn judge_lock(&self, per_event: &dyn Fn() -> bool) -> (Strategy, String) {
        let (looks, changes) = (self.looks(), self.changes());
        let told = self.told();
        if changes == 0 && looks >= ENOUGH {
            return (Strategy::Snapshot, format!("{told}: reads need no lock"));
        }
        let walks = self.iterate >= ENOUGH && self.iterate > self.keyed && changes * 2 <= self.iterate;
        if walks && !per_event() {
            return (Strategy::Snapshot, format!("{told}: each walk makes the others wait"));
        }
        let keys_stay = self.delete == 0 && self.replaced == 0;
        if looks >= ENOUGH && keys_stay && self.iterate <= self.read && looks >= ENOUGH * changes {
            return (Strategy::ReadMostly, format!("{told}, no deletion: the keys stay"));
        }
        if looks >= 2 * ENOUGH && looks >= ENOUGH * changes && !per_event() {
            return (Strategy::Snapshot, format!("{told}: many readers wait for few writers"));
        }
        if changes >= ENOUGH && self.keyed >= 2 * ENOUGH && self.iterate * 4 <= self.keyed {
            let why = format!(
                "{}, {}: different keys wait for each other",
                self.by_key(),
                count(changes, "change")
            );
            return (Strategy::Shard, why);
        }
        (Strategy::Keep, told)
    }

    /// `3 reads, 1 walk, 2 changes`.
    fn told(&self) -> String {
        let counts = [(self.read, "read"), (self.iterate, "walk"), (self.changes(), "change")];
        let seen = counts.iter().filter(|it| it.0 > 0).map(|(number, word)| count(*number, word));
        seen.collect::<Vec<_>>().join(", ")
    }

    fn by_key(&self) -> String {
        format!("keyed uses: {} of {}", self.keyed, self.all())
    }
}

fn beside(siblings: usize) -> String {
    match siblings {
        0 => "it is all that its struct has under the lock".into(),
        1 => "it shares its lock with 1 other field".into(),
        more => format!("it shares its lock with {more} other fields"),
    }
}

/// `1 read`, `3 reads`.
fn count(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}
