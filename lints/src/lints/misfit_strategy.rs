//! The container of a map does not fit how the map is used.
//!
//! ## Why
//!
//! Each way to share a map pays for something. A `RwLock` pays at every acquire for readers that can be in at once; where nobody
//! ever reads, a `Mutex` does the same for less. A sharded map pays for keyed access: a walk over it, or its length, takes every
//! shard's lock, one after the other, and sees no state that the map ever had.
//!
//! It comes from a container that was chosen before its use was known.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::RwLock;
//!
//! pub struct Counters { by_name: RwLock<HashMap<String, u64>> }
//!
//! impl Counters {
//!     pub fn add(&self, name: &str) {
//!         *self.by_name.write().unwrap().entry(name.to_string()).or_default() += 1;
//!     }
//!     pub fn reset(&self, name: &str) {
//!         self.by_name.write().unwrap().insert(name.to_string(), 0);
//!     }
//!     pub fn forget(&self, name: &str) {
//!         self.by_name.write().unwrap().remove(name);
//!     }
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::Mutex;
//!
//! pub struct Counters { by_name: Mutex<HashMap<String, u64>> }
//!
//! impl Counters {
//!     pub fn add(&self, name: &str) {
//!         *self.by_name.lock().unwrap().entry(name.to_string()).or_default() += 1;
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! A `Mutex`, or a `safe_map::ShardedMap` where different keys need not wait for each other; for a map that is mostly walked, a
//! `RwLock` or a `safe_map::SnapshotMap`.
//!
//! ## Limits
//!
//! It counts places in the source and not how often they run, and needs three of them; it is advice. A sharded map that is walked
//! is left alone where half as many places do anything else with it, `retain` among them. `cargo safe-map-lint maps` shows the
//! counts of every map, and advice for more of them.

use safe_map_analysis::Analysis;
use safe_map_analysis::flow::Decl;

use crate::inventory::{Acquired, Misfit, Use, misfit, tally};
use crate::story::at;
use crate::{Check, Confidence, Finding, Group, Label, Level, Lint, Place, Role};

pub(crate) static LINT: Lint = Lint {
    name: "misfit_strategy",
    group: Group::Strategy,
    level: Level::Allow,
    has_fix: false,
    merges_sites: false,
    source: include_str!("misfit_strategy.rs"),
    check: Check::Workspace(check),
};

/// How many of the places are shown.
const SHOWN: usize = 3;

fn check(analysis: &Analysis, out: &mut Vec<Finding>) {
    let uses = tally(analysis);
    let misfits = uses.iter().filter_map(|(decl, it)| report(analysis, decl, it, &misfit(analysis, it)?));
    out.extend(misfits);
}

/// Name, full name and place of a declaration.
fn declared(analysis: &Analysis, decl: &Decl) -> Option<(String, String, Place)> {
    let model = &analysis.model;
    match decl {
        Decl::Field(adt, name) => {
            let def = model.adt(*adt);
            let field = model.adt_fields(*adt).iter().find(|it| it.name == *name)?.span;
            let path = format!("{}::{}.{name}", model.module_path(def.module), def.name);
            Some((name.to_string(), path, at(def.at.file, field)))
        }
        Decl::Static(id) => {
            let def = model.static_(*id);
            let path = format!("{}::{}", model.module_path(def.module), def.name);
            Some((def.name.to_string(), path, at(def.at.file, model.item(def.at).name_span)))
        }
    }
}

fn report(analysis: &Analysis, decl: &Decl, use_: &Use, misfit: &Misfit) -> Option<Finding> {
    let model = &analysis.model;
    let (name, path, primary) = declared(analysis, decl)?;
    let label = |it: &Acquired| Label {
        role: Role::Acquire,
        place: at(model.func(it.function).at.file, it.span),
        message: format!("taken by `{}`", model.func(it.function).path),
    };
    let shown = use_.acquires.iter().filter(|it| misfit.evidence.includes(it)).take(SHOWN);
    Some(Finding {
        lint: LINT.name,
        confidence: Confidence::Possible,
        message: format!("`{name}` {}", misfit.claim),
        lock: Some(path),
        item: name,
        in_test: false,
        primary,
        labels: shown.map(label).collect(),
        note: misfit.reason.clone(),
        help: misfit.help.to_string(),
        interleaving: Vec::new(),
        fixes: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::{check, found};

    #[test]
    fn a_lock_that_nobody_reads_and_a_sharded_map_that_is_walked() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::RwLock};
struct S { locked: RwLock<HashMap<u32, u32>>, sharded: dashmap::DashMap<u32, u32> }
//         ^^^^^^ misfit_strategy
//                                            ^^^^^^^ misfit_strategy
impl S {
    fn a(&self) { self.locked.write().unwrap().clear(); self.sharded.len(); }
    fn b(&self) { self.locked.write().unwrap().clear(); self.sharded.iter().count(); }
    fn c(&self) { self.locked.write().unwrap().clear(); self.sharded.len(); }
}
",
        );
    }

    #[test]
    fn a_map_that_each_event_changes_is_no_snapshot() {
        let text = |change: &str| {
            format!(
                "
struct S {{ sharded: dashmap::DashMap<u32, u32> }}
impl S {{
    fn a(&self) {{ self.sharded.len(); }}
    fn b(&self) {{ self.sharded.iter().count(); }}
    fn c(&self) {{ self.sharded.len(); }}
    fn d(&self) {{ self.sharded.len(); }}
    {change}
}}
"
            )
        };
        let count = |change: &str| found(&LINT, &text(change)).len();
        assert_eq!(count("fn e(&self) { self.sharded.insert(1, 1); }"), 1);
        assert_eq!(count("async fn e(&self) { self.sharded.insert(1, 1); }"), 0);
        assert_eq!(count("fn e(&self) { loop { self.sharded.insert(1, 1); } }"), 0);
    }

    #[test]
    fn what_fits_is_silent() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::RwLock};
struct S { locked: RwLock<HashMap<u32, u32>>, sharded: dashmap::DashMap<u32, u32>, count: RwLock<u32> }
impl S {
    fn a(&self) { self.locked.write().unwrap().clear(); self.sharded.len(); *self.count.write().unwrap() += 1; }
    fn b(&self) { self.locked.write().unwrap().clear(); self.sharded.iter().count(); *self.count.write().unwrap() += 1; }
    fn c(&self) { self.locked.write().unwrap().clear(); self.sharded.insert(1, 1); *self.count.write().unwrap() += 1; }
    fn d(&self) { self.locked.read().unwrap().len(); self.sharded.remove(&1); }
}
",
        );
    }
}
