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
//! It counts places in the source and not how often they run, and needs three of them; it is advice.

use safe_map_analysis::Analysis;
use safe_map_analysis::flow::{Decl, EventKind};
use safe_map_analysis::knowledge::schema::{LockMode, Locking, TypeRole};
use safe_map_analysis::model::FnId;
use safe_map_analysis::span::Span;

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

/// How many places it takes to speak of a habit.
const ENOUGH: usize = 3;

/// How the places that take a lock or map do so.
#[derive(Default)]
struct Use {
    is_rw_lock: bool,
    is_sharded: bool,
    read: Vec<(FnId, Span)>,
    written: Vec<(FnId, Span)>,
    whole: Vec<(FnId, Span)>,
    keyed: Vec<(FnId, Span)>,
}

fn check(analysis: &Analysis, out: &mut Vec<Finding>) {
    let mut uses: std::collections::BTreeMap<Decl, Use> = std::collections::BTreeMap::new();
    for id in analysis.model.fn_ids().filter(|it| !analysis.model.func(*it).is_test) {
        let Some(flow) = analysis.flow(id) else { continue };
        for event in &flow.events {
            let EventKind::Acquire { acquire, .. } = &event.kind else { continue };
            let Some(decl) = acquire.lock.decl.clone() else { continue };
            let lock = &acquire.lock;
            let it = uses.entry(decl).or_default();
            let is_map = analysis.model.holds_map(&lock.content);
            it.is_rw_lock |= lock.role == TypeRole::Lock && lock.type_name == "RwLock" && is_map;
            it.is_sharded |= lock.role == TypeRole::SharedMap && lock.locking == Locking::Sharded;
            let list = match (lock.role, acquire.mode) {
                (TypeRole::SharedMap, _) if acquire.whole => &mut it.whole,
                (TypeRole::SharedMap, _) => &mut it.keyed,
                (_, LockMode::Exclusive) => &mut it.written,
                _ => &mut it.read,
            };
            let site = (id, acquire.span);
            if !list.contains(&site) {
                list.push(site);
            }
        }
    }
    out.extend(uses.iter().filter_map(|(decl, it)| misfit(analysis, decl, it)));
}

fn misfit(analysis: &Analysis, decl: &Decl, it: &Use) -> Option<Finding> {
    let (name, ..) = declared(analysis, decl)?;
    if it.is_rw_lock && it.read.is_empty() && it.written.len() >= ENOUGH {
        let message = format!("`{name}` is a `RwLock` that nobody reads");
        let note = format!(
            "{} places take it, all of them alone: a `RwLock` is a slower `Mutex` then",
            it.written.len()
        );
        let help =
            "use a `Mutex`, or a `safe_map::ShardedMap` so that different keys do not wait for each other";
        return report(analysis, decl, message, note, help, &it.written);
    }
    if it.is_sharded && it.whole.len() >= ENOUGH && it.keyed.len() < it.whole.len() / 2 {
        let message = format!("`{name}` is a sharded map that is mostly walked");
        let note = format!(
            "{} places walk it or ask for its length and {} ask for a key: each walk takes every shard's lock",
            it.whole.len(),
            it.keyed.len()
        );
        let help = "use a `RwLock` around a plain map, or a `safe_map::SnapshotMap` whose walks take no lock";
        return report(analysis, decl, message, note, help, &it.whole);
    }
    None
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

fn report(
    analysis: &Analysis,
    decl: &Decl,
    message: String,
    note: String,
    help: &str,
    sites: &[(FnId, Span)],
) -> Option<Finding> {
    let model = &analysis.model;
    let (name, path, primary) = declared(analysis, decl)?;
    let label = |(function, span): &(FnId, Span)| Label {
        role: Role::Acquire,
        place: at(model.func(*function).at.file, *span),
        message: format!("taken by `{}`", model.func(*function).path),
    };
    Some(Finding {
        lint: LINT.name,
        confidence: Confidence::Possible,
        message,
        lock: Some(path),
        item: name,
        in_test: false,
        primary,
        labels: sites.iter().take(ENOUGH).map(label).collect(),
        note,
        help: help.to_string(),
        interleaving: Vec::new(),
        fixes: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::check;

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
