//! One panic under the lock of a map makes everybody panic who asks for it.
//!
//! ## Why
//!
//! A lock of std is poisoned when a thread panics while it holds it, and `lock().unwrap()` panics then. The first panic takes down
//! one request. Every later request for the same map panics as well, until somebody restarts the service: what was one bad key is
//! an outage.
//!
//! It comes from the habit of writing `.unwrap()` after `.lock()`.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::Mutex;
//!
//! pub struct Sessions { by_id: Mutex<HashMap<u64, String>> }
//!
//! impl Sessions {
//!     pub fn open(&self, id: u64, name: &str) {
//!         self.by_id.lock().unwrap().insert(id, name.parse().unwrap());
//!     }
//!     pub fn name(&self, id: u64) -> Option<String> {
//!         self.by_id.lock().unwrap().get(&id).cloned()
//!     }
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::{Mutex, PoisonError};
//!
//! pub struct Sessions { by_id: Mutex<HashMap<u64, String>> }
//!
//! impl Sessions {
//!     pub fn open(&self, id: u64, name: String) {
//!         self.by_id.lock().unwrap_or_else(PoisonError::into_inner).insert(id, name);
//!     }
//!     pub fn name(&self, id: u64) -> Option<String> {
//!         self.by_id.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! `unwrap_or_else(PoisonError::into_inner)` where the map is whole whatever happened, a `parking_lot` lock, which is not poisoned, or a
//! `safe_map::ShardedMap`. To go down is right where half a change would be worse.
//!
//! ## Limits
//!
//! It is advice, and speaks once of each lock, at the first place that changes the map. Whether the code under the guard can panic is not
//! asked for: `Hash` and `Eq` of a key, a drop, an index or an arithmetic overflow all can. A lock that only one place
//! takes is left alone.

use safe_map_analysis::Analysis;
use safe_map_analysis::facts::{ExprId, ExprKind};
use safe_map_analysis::flow::{Acquire, Decl, EventKind};
use safe_map_analysis::knowledge::schema::{GuardClass, LockMode, TypeRole};
use safe_map_analysis::model::{FnId, Model};
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::Ty;

use crate::story::at;
use crate::typing::Typed;
use crate::{Check, Confidence, Finding, Group, Label, Level, Lint, Role};

pub(crate) static LINT: Lint = Lint {
    name: "poison_cascade",
    group: Group::Robustness,
    level: Level::Allow,
    has_fix: false,
    merges_sites: false,
    source: include_str!("poison_cascade.rs"),
    check: Check::Workspace(check),
};

/// How many of the others are shown.
const SHOWN: usize = 8;

/// A place that panics where the lock is poisoned.
struct Site {
    function: FnId,
    span: Span,
    changes: bool,
}

fn check(analysis: &Analysis, out: &mut Vec<Finding>) {
    let mut locks: std::collections::BTreeMap<Decl, Vec<Site>> = std::collections::BTreeMap::new();
    for id in analysis.model.fn_ids().filter(|it| !analysis.model.func(*it).is_test) {
        for (decl, site) in sites(analysis, id) {
            locks.entry(decl).or_default().push(site);
        }
    }
    for (decl, sites) in locks {
        let first = sites.iter().position(|it| it.changes);
        if let Some(first) = first.filter(|_| sites.len() > 1) {
            out.push(report(analysis, &decl, &sites, first));
        }
    }
}

/// Where a function unwraps a lock of std around a map.
fn sites(analysis: &Analysis, id: FnId) -> Vec<(Decl, Site)> {
    let Some(flow) = analysis.flow(id) else { return Vec::new() };
    let acquires = flow.events.iter().filter_map(|it| match &it.kind {
        EventKind::Acquire { acquire, .. } if is_meant(analysis, acquire) => Some(acquire),
        _ => None,
    });
    let acquires: Vec<&Acquire> = acquires.map(|it| &**it).collect();
    if acquires.is_empty() {
        return Vec::new();
    }
    let Some(typed) = Typed::of(analysis, id) else { return Vec::new() };
    let unwrapped = acquires.into_iter().filter(|it| is_unwrapped(&typed, it.span));
    let mut sites: Vec<(Decl, Site)> = Vec::new();
    for acquire in unwrapped {
        let changes = acquire.mode == LockMode::Exclusive;
        let site = Site { function: id, span: acquire.span, changes };
        // A loop's body is walked twice.
        if !sites.iter().any(|(_, it)| it.span == site.span) {
            sites.extend(acquire.lock.decl.clone().map(|it| (it, site)));
        }
    }
    sites
}

fn is_meant(analysis: &Analysis, acquire: &Acquire) -> bool {
    acquire.lock.role == TypeRole::Lock
        && acquire.class == GuardClass::Blocking
        && !acquire.is_try
        && !acquire.is_indirect
        && acquire.lock.decl.is_some()
        && is_map(&analysis.model, &acquire.lock.content)
}

/// Whether a value holds a map, or is used as one: it has `get` and a way to put something in.
fn is_map(model: &Model, ty: &Ty) -> bool {
    let has = |name: &str| model.method(ty, name).is_some();
    model.holds_map(ty) || (has("get") && (has("insert") || has("put")))
}

/// Whether `unwrap` or `expect` is called on the very result of a lock call: only locks of std are unwrapped.
fn is_unwrapped(typed: &Typed<'_>, at: Span) -> bool {
    let is_it = |id: ExprId| typed.expr(id).span == at;
    typed.body.exprs.iter().any(|it| match &it.kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            matches!(method.as_str(), "unwrap" | "expect") && is_it(*receiver)
        }
        _ => false,
    })
}

fn report(analysis: &Analysis, decl: &Decl, sites: &[Site], first: usize) -> Finding {
    let model = &analysis.model;
    let (name, path) = match decl {
        Decl::Field(adt, name) => {
            let def = model.adt(*adt);
            (name, format!("{}::{}.{name}", model.module_path(def.module), def.name))
        }
        Decl::Static(id) => {
            let def = model.static_(*id);
            (&def.name, format!("{}::{}", model.module_path(def.module), def.name))
        }
    };
    let place = |it: &Site| at(model.func(it.function).at.file, it.span);
    let others = sites.iter().enumerate().filter(|(index, _)| *index != first).map(|(_, it)| it);
    let label = |it: &Site| Label {
        role: Role::OtherSide,
        place: place(it),
        message: format!("`{}` panics then", model.func(it.function).path),
    };
    Finding {
        lint: LINT.name,
        confidence: Confidence::Possible,
        message: format!("a panic under the lock of `{name}` makes every other user of the map panic"),
        lock: Some(path),
        item: model.func(sites[first].function).path.clone(),
        in_test: false,
        primary: place(&sites[first]),
        labels: others.take(SHOWN).map(label).collect(),
        note: format!("{} places unwrap this lock, and none gets through once it is poisoned", sites.len()),
        help: "use `unwrap_or_else(PoisonError::into_inner)` or a `parking_lot` lock if the map stays whole, or a `safe_map::ShardedMap`".to_string(),
        interleaving: Vec::new(),
        fixes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::check;

    #[test]
    fn a_lock_of_a_map_that_several_functions_unwrap() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::{LazyLock, RwLock}};
static NAMES: LazyLock<RwLock<HashMap<u32, u32>>> = LazyLock::new(Default::default);
fn get() -> Option<u32> { NAMES.read().expect(\"no panic\").get(&1).copied() }
//                        ------------ other_side: `get` panics then
fn set() { NAMES.write().unwrap().insert(1, 1); }
//         ^^^^^^^^^^^^^ poison_cascade
struct Store<K, V> { entries: Box<dyn Entries<K, V>> }
impl<K, V> Store<K, V> { fn get(&self, key: &K) -> Option<V> { None } fn insert(&self, key: K, value: V) {} }
struct Service<K, V> { store: std::sync::Mutex<Store<K, V>> }
impl<K, V> Service<K, V> {
    fn call(&self, key: K, value: V) {
        if self.store.lock().unwrap().get(&key).is_none() {
//         ^^^^^^^^^^^^^^^^^ poison_cascade
            self.store.lock().unwrap().insert(key, value);
//          ----------------- other_side
        }
    }
}
",
        );
    }

    #[test]
    fn readers_one_user_other_locks_and_other_contents_are_silent() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::{Mutex, RwLock}};
struct S { read: RwLock<HashMap<u32, u32>>, one: Mutex<HashMap<u32, u32>>, other: parking_lot::Mutex<HashMap<u32, u32>>, count: Mutex<u32> }
impl S {
    fn a(&self) { self.read.read().unwrap().len(); self.other.lock().len(); *self.count.lock().unwrap() += 1; }
    fn b(&self) { self.read.read().unwrap().len(); self.other.lock().len(); *self.count.lock().unwrap() += 1; }
    fn c(&self) { self.one.lock().unwrap().insert(1, 1); }
}
",
        );
    }
}
