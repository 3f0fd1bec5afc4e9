//! The inventory: every shared map that a workspace declares, how it is used, what it is held across, and what would fit it.
//!
//! In: an [`Analysis`]. Out: an [`Inventory`], plain data in the order of names. A map is known by its declaration, a field or a
//! static: two fields that share one map through an `Arc` are two rows, and a map that only locals have is none. What is
//! counted is places in the source, not how often they run.

mod advice;
mod declarations;
mod graph;
mod held;
mod rate;
mod tally;
mod together;

use std::collections::BTreeMap;

use safe_map_analysis::Analysis;
use safe_map_analysis::flow::{Decl, EventKind};
use safe_map_analysis::source::CrateId;
use safe_map_analysis::span::Span;
use serde::Serialize;

pub use advice::{Advice, Strategy};
pub(crate) use advice::{Misfit, misfit};
pub use graph::{LockGraph, LockNode, LockOrder};
pub use held::{Across, HeldAcross};
pub(crate) use tally::{Acquired, Use, tally};
pub use tally::{Site, UseKind};
pub use together::{Keys, Together};

use crate::{Confidence, Finding, Place};
use declarations::Declared;

/// The shared maps of a workspace, and the order of its locks.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// By path.
    pub maps: Vec<SharedMap>,
    /// All locks that are taken while another is held, maps or not.
    pub locks: LockGraph,
}

/// A map that more than one thread can reach, as far as its declaration says.
#[derive(Clone, Debug)]
pub struct SharedMap {
    /// `crate::module::Type.field` or `crate::module::STATIC`.
    pub path: String,
    /// The crate that declares it.
    pub krate: CrateId,
    /// The package of that crate.
    pub package: String,
    /// Where it is declared.
    pub place: Place,
    /// Its type, aliases expanded.
    pub ty: String,
    /// The same with the map's own arguments left out: `Arc<RwLock<HashMap<..>>>`.
    pub shape: String,
    /// From the outside to the map: `Arc`, `RwLock`, `HashMap`.
    pub layers: Vec<String>,
    /// What keeps its users apart.
    pub protection: Protection,
    /// The locks around the struct that it is a field of, by path.
    pub behind: Vec<String>,
    /// Where it is used, by place.
    pub sites: Vec<Site>,
    /// What is done to it under one guard, by place.
    pub together: Vec<Together>,
    /// How it, or the lock around it, is taken.
    pub acquires: Acquires,
    /// What happens while it is held, by place.
    pub held: Vec<HeldAcross>,
    /// The locks that are taken while it is held, by path.
    pub takes: Vec<Under>,
    /// The locks under which it is taken, by path.
    pub taken_under: Vec<Under>,
    /// What would fit.
    pub advice: Advice,
}

impl SharedMap {
    /// How many places use it so.
    pub fn count(&self, kind: UseKind) -> usize {
        self.sites.iter().filter(|it| it.kind == kind).count()
    }

    /// The name of its crate in code.
    pub fn crate_name(&self) -> &str {
        self.path.split_once("::").map_or(&self.path, |(name, _)| name)
    }

    /// Its path inside its crate.
    pub fn name(&self) -> &str {
        self.path.split_once("::").map_or(&self.path, |(_, rest)| rest)
    }
}

/// What keeps the users of a map apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// The map does it itself.
    Concurrent,
    /// A lock around it.
    Lock,
    /// A cell around it.
    Cell,
    /// A cell or map that each thread has for itself.
    ThreadLocal,
    /// Nothing: it is a `static mut`.
    StaticMut,
    /// Nothing, and nobody can change it.
    Frozen,
}

impl Protection {
    /// As people read it.
    pub fn describe(self) -> &'static str {
        match self {
            Protection::Concurrent => "locks inside",
            Protection::Lock => "behind a lock",
            Protection::Cell => "in a cell",
            Protection::ThreadLocal => "one for each thread",
            Protection::StaticMut => "a `static mut`, nothing protects it",
            Protection::Frozen => "shared as it was made",
        }
    }
}

/// How many places take a map or the lock around it, and how.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Acquires {
    /// With other readers.
    pub shared: usize,
    /// Alone.
    pub exclusive: usize,
    /// Of both, those that give up where they would have to wait.
    pub tried: usize,
}

/// Another lock that is held, or taken, together with a map.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Under {
    /// Its path.
    pub lock: String,
    /// In how many places, as far as they were counted.
    pub count: usize,
    /// The first of them: where the second of the two is taken.
    pub place: Place,
}

/// The lints about what others can do to an entry between two accesses.
const RACES: [&str; 3] = ["check_then_act", "lost_update", "stale_two_phase_delete"];

/// The inventory of a workspace, test code aside. Runs in parallel on the current rayon pool where lints do.
pub fn inventory(analysis: &Analysis) -> Inventory {
    let races = races(analysis);
    let tally = tally(analysis);
    let held = held::held(analysis);
    let locks = graph::graph(analysis);
    let nothing = Use::default();
    let of = |decl: &Decl| tally.get(decl).unwrap_or(&nothing);
    let entry = |it: Declared| {
        // A map in a struct is taken by whoever takes the lock around that struct.
        let keepers: Vec<&Decl> =
            if it.behind.is_empty() { vec![&it.decl] } else { it.behind.iter().collect() };
        let acquired: Vec<&Acquired> = keepers.iter().flat_map(|it| &of(it).acquires).collect();
        let names: Vec<String> = keepers.iter().filter_map(|it| declarations::path(analysis, it)).collect();
        let races = races.get(&it.path).copied().unwrap_or(0);
        let advice = advice::advise(analysis, &it, of(&it.decl), keepers.iter().map(|it| of(it)), races);
        let mut held: Vec<HeldAcross> =
            keepers.iter().flat_map(|it| held.get(*it)).flatten().cloned().collect();
        held.sort_by(|a, b| (a.place, &a.what).cmp(&(b.place, &b.what)));
        SharedMap {
            acquires: count(&acquired),
            takes: locks.taken_under(&names),
            taken_under: locks.held_over(&names),
            sites: of(&it.decl).sites.clone(),
            together: of(&it.decl).together.clone(),
            behind: it.behind.iter().filter_map(|it| declarations::path(analysis, it)).collect(),
            protection: it.protection(),
            path: it.path,
            package: analysis.workspace.krate(it.krate).package.clone(),
            krate: it.krate,
            place: it.place,
            ty: it.ty,
            shape: it.shape,
            layers: it.layers,
            held,
            advice,
        }
    };
    let mut maps: Vec<SharedMap> =
        declarations::declarations(analysis, &tally).into_iter().map(entry).collect();
    maps.sort_by(|a, b| (&a.path, a.place).cmp(&(&b.path, b.place)));
    Inventory { maps, locks }
}

/// How many findings about races that no single call could close there are for the map of each path.
fn races(analysis: &Analysis) -> BTreeMap<String, usize> {
    let mut by_path: BTreeMap<String, usize> = BTreeMap::new();
    let outcome = crate::run(analysis, &|it| RACES.contains(&it.name));
    let sure = outcome.findings.into_iter().filter(|it| !it.in_test && it.confidence > Confidence::Possible);
    let open = sure.filter(|it| waits_between(analysis, it));
    open.filter_map(|it| it.lock).for_each(|it| *by_path.entry(it).or_default() += 1);
    by_path
}

/// Whether a race waits between its two accesses. What does not is one call of the map that is there, `entry`, `upsert` or
/// `remove_if`, or one guard for both; but no closure waits, and no guard should be held across a wait.
fn waits_between(analysis: &Analysis, race: &Finding) -> bool {
    let act = race.primary;
    let before = race.labels.iter().map(|it| it.place).filter(|it| it.file == act.file && *it < act);
    let Some(first) = before.map(|it| it.span.start).min() else { return false };
    let between = Span::new(first, act.span.end);
    analysis
        .file(act.file)
        .functions()
        .flat_map(|it| &it.flow.events)
        .any(|it| matches!(it.kind, EventKind::Await(_) | EventKind::Block(_)) && between.contains(it.span))
}

fn count(acquired: &[&Acquired]) -> Acquires {
    Acquires {
        shared: acquired.iter().filter(|it| !it.is_alone()).count(),
        exclusive: acquired.iter().filter(|it| it.is_alone()).count(),
        tried: acquired.iter().filter(|it| it.is_try).count(),
    }
}
