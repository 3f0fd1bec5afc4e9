//! A map under a lock is reached without it.
//!
//! ## Why
//!
//! A lock orders those who take it. One path that goes around it, for speed or because the lock would deadlock there, reads while
//! another thread, which did lock, moves the table. All the locking elsewhere is then for nothing: it takes one.
//!
//! It comes from `data_ptr` for a quick look, and from cells with a `Mutex<()>` beside them.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashMap;
//!
//! pub struct Cache { entries: parking_lot::RwLock<HashMap<u64, u64>> }
//!
//! impl Cache {
//!     pub fn put(&self, key: u64, value: u64) {
//!         self.entries.write().insert(key, value);
//!     }
//!     pub fn peek(&self, key: u64) -> Option<u64> {
//!         unsafe { (*self.entries.data_ptr()).get(&key).copied() }
//!     }
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use std::collections::HashMap;
//!
//! pub struct Cache { entries: parking_lot::RwLock<HashMap<u64, u64>> }
//!
//! impl Cache {
//!     pub fn put(&self, key: u64, value: u64) {
//!         self.entries.write().insert(key, value);
//!     }
//!     pub fn peek(&self, key: u64) -> Option<u64> {
//!         self.entries.read().get(&key).copied()
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! Take the lock. Where readers must not wait, a `safe_map::SnapshotMap` or `safe_map::ShardedMap`.
//!
//! ## Limits
//!
//! Somebody must write under the lock in a method of the same type: a view that owns a map and never changes it is left alone. So are `&mut self`,
//! `unsafe` functions, whose callers order them, functions that hold the lock, and private ones, which may be called under it.

use safe_map_analysis::Analysis;
use safe_map_analysis::facts::{ExprId, ExprKind, Path, SelfKind, Visibility};
use safe_map_analysis::flow::{Acquire, Decl, EventKind, FnFlow, Root, Step};
use safe_map_analysis::knowledge::schema::{LockMode, TypeRole};
use safe_map_analysis::model::{AdtField, FnId, Model};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{AdtId, Ty};

use crate::exposure::outer_name;
use crate::story::at;
use crate::typing::{MAX_DEPTH, Typed};
use crate::{Check, Confidence, Finding, Group, Label, Level, Lint, Place, Role};

pub(crate) static LINT: Lint = Lint {
    name: "lock_bypass",
    group: Group::Sharing,
    level: Level::Deny,
    has_fix: false,
    merges_sites: false,
    source: include_str!("lock_bypass.rs"),
    check: Check::Workspace(check),
};

fn check(analysis: &Analysis, out: &mut Vec<Finding>) {
    let model = &analysis.model;
    for adt in model.adt_ids() {
        let fields = model.adt_fields(adt);
        let locks: Vec<&AdtField> = fields.iter().filter(|it| lock_in(model, &it.ty).is_some()).collect();
        for field in &locks {
            let Some(content) = lock_in(model, &field.ty) else { continue };
            if model.holds_map(&content) {
                out.extend(bypass(analysis, adt, &Around { map: &field.name, lock: &field.name }));
            }
        }
        // A cell is beside its lock if the lock has nothing else to protect.
        let Some(lock) = locks.iter().find(|it| lock_in(model, &it.ty) == Some(Ty::unit())) else { continue };
        for cell in fields.iter().filter(|it| is_cell_with_map(model, &it.ty)) {
            out.extend(bypass(analysis, adt, &Around { map: &cell.name, lock: &lock.name }));
        }
    }
}

/// A map's field and its lock's: one and the same where the map is in the lock.
struct Around<'a> {
    map: &'a Name,
    lock: &'a Name,
}

/// What the lock in a field protects.
fn lock_in(model: &Model, ty: &Ty) -> Option<Ty> {
    let args = match ty {
        Ty::Known(_, args) => args,
        Ty::Slice(item) => return lock_in(model, item),
        _ => return None,
    };
    match model.role(ty)? {
        TypeRole::Lock => args.last().cloned(),
        TypeRole::Layer | TypeRole::Collection => lock_in(model, args.first()?),
        _ => None,
    }
}

fn is_cell_with_map(model: &Model, ty: &Ty) -> bool {
    let Ty::Known(_, args) = ty else { return false };
    outer_name(model, ty) == Some("UnsafeCell") && args.first().is_some_and(|it| model.holds_map(it))
}

/// Where a method of the type goes around the lock, and one that writes under it.
fn bypass(analysis: &Analysis, adt: AdtId, around: &Around<'_>) -> Option<Finding> {
    let model = &analysis.model;
    let lock = Decl::Field(adt, around.lock.clone());
    let methods = model.methods_of(adt);
    let mut locked = None;
    let mut open = None;
    for id in methods.iter().copied().filter(|it| !model.func(*it).is_test) {
        let Some(flow) = analysis.flow(id) else { continue };
        let text = model
            .item(model.func(id).at)
            .span
            .text(&analysis.workspace.file(model.func(id).at.file).source.text);
        if around.map == around.lock {
            locked = locked.or_else(|| written_under(flow, &lock).map(|it| (id, it)));
        }
        if !text.contains(around.map.as_str()) || !text.contains("unsafe") {
            continue;
        }
        let Some(typed) = Typed::of(analysis, id) else { continue };
        for access in accesses(&typed, around) {
            match held_at(flow, &lock, access) {
                Some(acquired) if around.map != around.lock => locked = locked.or(Some((id, acquired))),
                None if is_open(model, id) && !takes(flow, &lock) => open = open.or(Some((id, access))),
                Some(_) | None => {}
            }
        }
    }
    Some(report(model, adt, around, open?, locked?))
}

/// Whether an acquire is of the lock, or of one of those in its field.
fn is_of(acquire: &Acquire, lock: &Decl) -> bool {
    let place = &acquire.lock.place;
    let first = match place.path.first() {
        Some(Step::Field(name) | Step::Handle(name)) if place.root == Root::SelfValue => Some(name),
        _ => None,
    };
    let is_field = matches!((lock, first), (Decl::Field(_, name), Some(first)) if name == first);
    acquire.lock.decl.as_ref() == Some(lock) || (is_field && acquire.lock.decl.is_none())
}

/// Where a function takes a lock alone.
fn written_under(flow: &FnFlow, lock: &Decl) -> Option<Span> {
    flow.events.iter().find_map(|it| match &it.kind {
        EventKind::Acquire { acquire, .. } => {
            (is_of(acquire, lock) && acquire.mode == LockMode::Exclusive).then_some(acquire.span)
        }
        _ => None,
    })
}

fn takes(flow: &FnFlow, lock: &Decl) -> bool {
    flow.events
        .iter()
        .any(|it| matches!(&it.kind, EventKind::Acquire { acquire, .. } if is_of(acquire, lock)))
}

/// Where the lock was taken that is held at a place.
fn held_at(flow: &FnFlow, lock: &Decl, at: Span) -> Option<Span> {
    let mut guards = flow.guards.iter().filter(|it| is_of(&it.acquire, lock));
    let guard = guards.find(|it| {
        let ends_later = it.ends.is_empty() || it.ends.iter().any(|end| end.start >= at.start);
        it.acquire.span.end <= at.start && ends_later
    })?;
    Some(guard.acquire.span)
}

/// Where a body goes to the map without the lock's help: `self.map.data_ptr()`, `self.cell.get()`.
fn accesses(typed: &Typed<'_>, around: &Around<'_>) -> Vec<Span> {
    let (methods, is_inside): (&[&str], bool) = match around.map == around.lock {
        true => (
            &["data_ptr", "make_read_guard_unchecked", "make_write_guard_unchecked", "make_guard_unchecked"],
            true,
        ),
        false => (&["get", "as_ref_unchecked", "as_mut_unchecked"], false),
    };
    let calls = typed.exprs().filter_map(|(_, expr)| match &expr.kind {
        ExprKind::MethodCall { receiver, method, args, .. } => {
            let is_access = methods.contains(&method.as_str()) && args.is_empty();
            (is_access && is_own_field(typed, *receiver, around.map)).then_some(expr.span)
        }
        _ => None,
    });
    let found: Vec<Span> = calls.collect();
    match is_inside
        && typed
            .body
            .exprs
            .iter()
            .any(|it| matches!(&it.kind, ExprKind::MethodCall { method, .. } if *method == "force_unlock"))
    {
        // Who unlocks by force has a guard that the walk does not see.
        true => Vec::new(),
        false => found,
    }
}

/// Whether an expression is the field of `self`, or one of the locks in it.
fn is_own_field(typed: &Typed<'_>, id: ExprId, field: &Name) -> bool {
    is_own_within(typed, id, field, MAX_DEPTH)
}

fn is_own_within(typed: &Typed<'_>, id: ExprId, field: &Name, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let is_own = |it: ExprId| is_own_within(typed, it, field, depth);
    match &typed.expr(id).kind {
        ExprKind::Field { base, name } => {
            let is_self = |it: &Path| it.as_ident().is_some_and(|it| it == "self");
            name == field && matches!(&typed.expr(*base).kind, ExprKind::Path(path) if is_self(path))
        }
        ExprKind::Index { base, .. } => is_own(*base),
        ExprKind::Ref { operand, .. } => is_own(*operand),
        ExprKind::MethodCall { receiver, method, .. } => *method == "get_unchecked" && is_own(*receiver),
        ExprKind::Block(block) => block.tail.is_some_and(&is_own),
        ExprKind::Path(_) => typed.init(id).is_some_and(is_own),
        _ => false,
    }
}

/// Whether anybody can call a function at any time.
fn is_open(model: &Model, id: FnId) -> bool {
    let facts = model.fn_facts(id);
    let of_trait =
        model.func(id).impl_.and_then(|it| model.impl_facts(it)).is_some_and(|it| it.trait_.is_some());
    let is_drop = model.func(id).name == "drop";
    let is_visible = model.item(model.func(id).at).vis != Visibility::Private || of_trait;
    let is_shared = facts.self_param.as_ref().is_some_and(|it| it.kind == SelfKind::Ref);
    is_shared && is_visible && !facts.is_unsafe && !is_drop && !model.has_one_thread(id)
}

fn report(
    model: &Model,
    adt: AdtId,
    around: &Around<'_>,
    open: (FnId, Span),
    locked: (FnId, Span),
) -> Finding {
    let def = model.adt(adt);
    let place = |it: (FnId, Span)| -> Place { at(model.func(it.0).at.file, it.1) };
    let path = |id: FnId| &model.func(id).path;
    let (map, lock) = (around.map, around.lock);
    let whose = if map == lock { "its lock".to_string() } else { format!("`{lock}`") };
    let declared = model.adt_fields(adt).iter().find(|it| it.name == *map).map(|it| it.span);
    let labels = [
        Some(Label {
            role: Role::OtherSide,
            place: place(locked),
            message: format!("`{}` changes it under {whose}", path(locked.0)),
        }),
        declared.map(|it| Label {
            role: Role::Declaration,
            place: at(def.at.file, it),
            message: "declared here".to_string(),
        }),
    ];
    Finding {
        lint: LINT.name,
        confidence: Confidence::Likely,
        message: format!("`{map}` is reached without {whose}"),
        lock: Some(format!("{}::{}.{map}", model.module_path(def.module), def.name)),
        item: path(open.0).clone(),
        in_test: model.func(open.0).is_test,
        primary: place(open),
        labels: labels.into_iter().flatten().collect(),
        note: "a thread that does lock can move the table while this one reads it: the lock orders only those who take it".to_string(),
        help: "take the lock, or use a `safe_map::SnapshotMap`, whose readers never wait".to_string(),
        interleaving: Vec::new(),
        fixes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::check;

    #[test]
    fn a_cell_beside_its_lock() {
        check(
            &LINT,
            "
use std::{cell::UnsafeCell, collections::HashMap, sync::Mutex};
struct S { gate: Mutex<()>, map: UnsafeCell<HashMap<u32, u32>> }
//                          --- declaration: declared here
impl S {
    pub fn add(&self) {
        let _guard = self.gate.lock().unwrap();
//                   ---------------- other_side: `S::add` changes it under `gate`
        unsafe { (*self.map.get()).insert(1, 1); }
    }
    pub fn len(&self) -> usize { unsafe { (*self.map.get()).len() } }
//                                          ^^^^^^^^^^^^^^ lock_bypass
}
",
        );
    }

    #[test]
    fn one_of_several_locks() {
        check(
            &LINT,
            "
use std::collections::HashMap;
use parking_lot::RwLock;
struct S { shards: Box<[RwLock<HashMap<u32, u32>>]> }
//         ------ declaration: declared here
impl S {
    pub fn add(&self, key: u32) { self.shards[key as usize].write().insert(key, key); }
//                                --------------------------------- other_side
    pub fn peek(&self, key: u32) -> usize {
        let shard = &self.shards[key as usize];
        unsafe { (*shard.data_ptr()).len() }
//                 ^^^^^^^^^^^^^^^^ lock_bypass
    }
}
",
        );
    }

    #[test]
    fn owners_holders_and_contracts_are_silent() {
        check(
            &LINT,
            "
use std::{cell::UnsafeCell, collections::HashMap, sync::Mutex};
struct S { gate: Mutex<()>, map: UnsafeCell<HashMap<u32, u32>> }
impl S {
    pub fn add(&self) { let _guard = self.gate.lock().unwrap(); unsafe { (*self.map.get()).insert(1, 1); } }
    pub fn own(&mut self) { unsafe { (*self.map.get()).clear(); } }
    pub unsafe fn peek(&self) -> usize { unsafe { (*self.map.get()).len() } }
    fn inner(&self) -> usize { unsafe { (*self.map.get()).len() } }
}
pub struct View { map: parking_lot::RwLock<HashMap<u32, u32>> }
impl View { pub fn len(&self) -> usize { unsafe { (*self.map.data_ptr()).len() } } }
pub struct Held { map: parking_lot::RwLock<HashMap<u32, u32>> }
impl Held {
    pub fn add(&self) { self.map.write().insert(1, 1); }
    pub fn len(&self) -> usize { let _guard = self.map.read(); unsafe { (*self.map.data_ptr()).len() } }
}
",
        );
    }
}
