//! A type says that threads may share it, and has a map that nothing orders.
//!
//! ## Why
//!
//! `UnsafeCell`, `RefCell`, `Rc` and raw pointers are not `Sync` because what they do is no atomic step: two threads that insert at once
//! both move the table, two that borrow at once both believe to be alone, two that clone an `Rc` at once count one owner
//! too few. `unsafe impl Sync` silences the compiler and changes none of it.
//!
//! It comes from globals that would not compile without it, in programs that were written for one thread.
//!
//! ## Fires
//!
//! ```rust
//! use std::cell::RefCell;
//! use std::collections::HashMap;
//!
//! struct Registry { names: RefCell<HashMap<u32, String>> }
//!
//! unsafe impl Sync for Registry {}
//!
//! impl Registry {
//!     fn add(&self, id: u32, name: String) {
//!         self.names.borrow_mut().insert(id, name);
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
//! struct Registry { names: Mutex<HashMap<u32, String>> }
//!
//! impl Registry {
//!     fn add(&self, id: u32, name: String) {
//!         self.names.lock().unwrap().insert(id, name);
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! A `Mutex` or `RwLock` in place of the cell, or a `safe_map::ShardedMap`, and no `unsafe impl`. What really stays on one thread is a
//! `thread_local!`. `safe_map::FailFastMap` shows whether accesses overlap.
//!
//! ## Limits
//!
//! A type with a lock or an atomic beside the map is taken to order it by them (`lock_bypass` looks at those). So is one of which
//! only `unsafe` functions or those with `&mut self` reach the map, a cell that no function changes, and code for targets with one
//! thread, which is what a type with a `Box<dyn Trait>` that is not `Send` is taken for. A `SyncUnsafeCell` needs no `unsafe impl`: it is reported
//! where it is, unless functions that change the static lock something first. What asks its callers for a token that cannot be
//! made is ordered by it; a type that its documentation says to be for tests is for them. A generic cell (`struct SyncCell<T>(UnsafeCell<T>)`) is reported where a static or a field has a map in it.

use safe_map_analysis::Analysis;
use safe_map_analysis::facts::{ExprId, Visibility};
use safe_map_analysis::knowledge::schema::TypeRole;
use safe_map_analysis::model::{Def, Marker, Model, StaticId, ValueDef};
use safe_map_analysis::name::Name;
use safe_map_analysis::ty::{AdtId, Ty};

use crate::claims::{Claim, claims};
use crate::exposure::outer_name;
use crate::remarks::{is_for_tests, remarks};
use crate::story::at;
use crate::typing::Typed;
use crate::unordered::{Bare, Content, SYNC_CELL, bare, changes, content, is_changed, orders};
use crate::{Check, Confidence, Finding, Group, Label, Level, Lint, Place, Role};

pub(crate) static LINT: Lint = Lint {
    name: "unsynchronized_shared_map",
    group: Group::Sharing,
    level: Level::Deny,
    has_fix: false,
    merges_sites: false,
    source: include_str!("unsynchronized_shared_map.rs"),
    check: Check::Workspace(check),
};

fn check(analysis: &Analysis, out: &mut Vec<Finding>) {
    let model = &analysis.model;
    let is_meant = |it: &Claim<'_>| it.impl_.is_unsafe && !it.negative && !model.impl_has_one_thread(it.def);
    let mut told: Vec<AdtId> = Vec::new();
    let (sync, send): (Vec<_>, Vec<_>) =
        claims(model).filter(is_meant).partition(|it| it.marker == Marker::Sync);
    for claim in sync.iter().chain(&send) {
        if model.has_unsendable_dyn(claim.adt) || is_for_tests(&remarks(model, model.adt(claim.adt).at)) {
            continue;
        }
        if claim.marker == Marker::Send {
            // Both claims of a type are one mistake.
            out.extend(counted(analysis, claim).filter(|_| !told.contains(&claim.adt)));
            continue;
        }
        let fields = model.adt_fields(claim.adt);
        if fields.iter().any(|it| orders(model, &it.ty)) {
            continue;
        }
        let bare = fields.iter().find_map(|it| Some((it, bare(model, &it.ty)?)));
        let Some((field, bare)) = bare else { continue };
        let with_map = match &bare.content {
            Content::Map => None,
            Content::Param(param) => match use_with_map(model, claim.adt, param) {
                Some(place) => Some(place),
                None => continue,
            },
        };
        if is_changed(analysis, claim.adt, &field.name, &bare) {
            told.push(claim.adt);
            out.push(report(model, claim, &field.name, &bare, with_map));
        }
    }
    out.extend(model.adt_ids().filter_map(|it| field_in_sync_cell(analysis, it)));
    out.extend(model.static_ids().filter_map(|it| static_in_sync_cell(analysis, it)));
}

/// A map in a field that is a `SyncUnsafeCell`, of a type that threads may share.
fn field_in_sync_cell(analysis: &Analysis, adt: AdtId) -> Option<Finding> {
    let model = &analysis.model;
    let def = model.adt(adt);
    let fields = model.adt_fields(adt);
    let found = fields
        .iter()
        .find_map(|it| Some((it, bare(model, &it.ty)?)).filter(|(_, it)| it.is_map_in(SYNC_CELL)));
    let (field, bare) = found?;
    let is_claimed = || claims(model).any(|it| it.adt == adt && it.marker == Marker::Sync);
    let is_alone = fields.iter().all(|it| !orders(model, &it.ty) && !is_for_one_thread(model, &it.ty));
    if !is_alone || model.crate_has_one_thread(model.module(def.module).krate) || is_claimed() {
        return None;
    }
    is_changed(analysis, adt, &field.name, &bare).then(|| {
        let lock = format!("{}::{}.{}", model.module_path(def.module), def.name, field.name);
        let is_test = model.workspace().file(def.at.file).source.is_test;
        report_cell(&field.name, def.name.to_string(), lock, at(def.at.file, field.span), is_test)
    })
}

/// A map in a static that is a `SyncUnsafeCell`, changed by a function that takes no lock.
fn static_in_sync_cell(analysis: &Analysis, id: StaticId) -> Option<Finding> {
    let model = &analysis.model;
    let def = model.static_(id);
    let bare = bare(model, model.static_ty(id)).filter(|it| it.is_map_in(SYNC_CELL))?;
    if model.crate_has_one_thread(model.module(def.module).krate) {
        return None;
    }
    let is_changed = model.fn_ids().any(|function| {
        let is_free = !model.fn_facts(function).is_unsafe && !model.has_one_thread(function);
        let text = model.item(model.func(function).at).span;
        let text = text.text(&analysis.workspace.file(model.func(function).at.file).source.text);
        if !is_free || !text.contains(def.name.as_str()) {
            return false;
        }
        let takes_none = analysis.flow(function).is_some_and(|it| it.guards.is_empty());
        let Some(typed) = Typed::of(analysis, function).filter(|_| takes_none) else { return false };
        let is_static =
            |it: ExprId| matches!(typed.callee(it), Some(ValueDef::Def(Def::Static(found))) if found == id);
        typed.exprs().any(|(id, _)| changes(&typed, id, &bare, &is_static))
    });
    is_changed.then(|| {
        let lock = format!("{}::{}", model.module_path(def.module), def.name);
        let place = at(def.at.file, model.item(def.at).name_span);
        report_cell(&def.name, def.name.to_string(), lock, place, def.is_test)
    })
}

/// Whether a type keeps what it is in on one thread.
fn is_for_one_thread(model: &Model, ty: &Ty) -> bool {
    model.any_part(ty, &mut |it| {
        let name = outer_name(model, it).unwrap_or_default();
        matches!(it, Ty::Ptr(..))
            || matches!(name, "Cell" | "NonNull" | "OnceCell" | "Rc" | "RefCell" | "UnsafeCell")
    })
}

/// A type that is `Send` and can be cloned, with a map in an `Rc` that its clones share. The clones of one that only its own module
/// can name may well go from thread to thread together, as parts of one value.
fn counted(analysis: &Analysis, claim: &Claim<'_>) -> Option<Finding> {
    let model = &analysis.model;
    if model.item(model.adt(claim.adt).at).vis == Visibility::Private {
        return None;
    }
    let fields = model.adt_fields(claim.adt);
    let is_rc = |ty: &Ty| match ty {
        Ty::Known(_, args) if outer_name(model, ty) == Some("Rc") => {
            let is_map = |it: &Ty| model.role(it) == Some(TypeRole::Map);
            args.iter().any(|it| model.holds_map(it) || model.any_part(it, &mut |it| is_map(it)))
        }
        _ => false,
    };
    let field = fields.iter().find(|it| is_rc(&it.ty))?;
    let args = model.adt(claim.adt).params.iter().cloned().map(Ty::Param).collect();
    let derives = &model.item(model.adt(claim.adt).at).attrs.derives;
    let is_cloned =
        derives.iter().any(|it| *it == "Clone") || model.method(&Ty::Adt(claim.adt, args), "clone").is_some();
    let bare = Bare { in_what: "Rc", content: Content::Map };
    is_cloned.then(|| report(model, claim, &field.name, &bare, None))
}

/// A static or field whose type is the generic cell with a map in it.
fn use_with_map(model: &Model, adt: AdtId, param: &Name) -> Option<(Place, Name)> {
    let index = model.adt(adt).params.iter().position(|it| it == param)?;
    let has_map = |ty: &Ty| {
        model.any_part(ty, &mut |it| match it {
            Ty::Adt(id, args) if *id == adt => {
                args.get(index).is_some_and(|it| matches!(content(model, it), Some(Content::Map)))
            }
            _ => false,
        })
    };
    let statics = model.static_ids().map(|it| (model.static_(it), model.static_ty(it)));
    let found = statics.filter(|(def, ty)| !def.is_test && has_map(ty)).map(|(def, _)| def).next();
    if let Some(def) = found {
        return Some((at(def.at.file, model.item(def.at).name_span), def.name.clone()));
    }
    model.adt_ids().filter(|it| *it != adt).find_map(|it| {
        let file = model.adt(it).at.file;
        let is_test = model.workspace().file(file).source.is_test;
        // A type around it can be what has the lock.
        let is_alone = !model.adt_fields(it).iter().any(|it| orders(model, &it.ty));
        let field = model.adt_fields(it).iter().find(|it| has_map(&it.ty)).cloned();
        let field = field.filter(|_| is_alone && !is_test)?;
        Some((at(file, field.span), field.name.clone()))
    })
}

fn report(
    model: &Model,
    claim: &Claim<'_>,
    field: &Name,
    bare: &Bare,
    with_map: Option<(Place, Name)>,
) -> Finding {
    let def = model.adt(claim.adt);
    let span = claim.impl_.trait_.as_ref().map_or(claim.impl_.self_ty.span, |it| it.span);
    let what = match bare.in_what {
        "raw pointer" => "a raw pointer".to_string(),
        cell => format!("{} `{cell}`", if cell == "UnsafeCell" { "an" } else { "a" }),
    };
    let message = match &with_map {
        None if claim.marker == Marker::Send => {
            format!("`{}` is `Send` and `Clone`, and its clones share an `Rc` of the map `{field}`", def.name)
        }
        None => {
            format!("`{}` is `Sync`, and its map `{field}` is behind {what} that nothing orders", def.name)
        }
        Some((_, name)) => {
            format!("`{}` is `Sync`, and the map that `{name}` has in it is behind {what}", def.name)
        }
    };
    let declared = model.adt_fields(claim.adt).iter().find(|it| it.name == *field).map(|it| it.span);
    let label = |place, message: &str| Label { role: Role::Declaration, place, message: message.to_string() };
    let declared = declared.map(|it| label(at(def.at.file, it), "the map is here"));
    let used = with_map.map(|(place, _)| label(place, "a map is put in it here"));
    Finding {
        lint: LINT.name,
        confidence: Confidence::Likely,
        message,
        lock: Some(format!("{}::{}.{field}", model.module_path(def.module), def.name)),
        item: def.name.to_string(),
        in_test: claim.def.is_test,
        primary: at(claim.def.at.file, span),
        labels: declared.into_iter().chain(used).collect(),
        note: match claim.marker {
            Marker::Sync => "`&self` reaches the map on every thread at once: an insert that grows it frees the table that another thread reads",
            Marker::Send => "the clones are on different threads then: what they count is changed by both at once, and so is the map",
        }
        .to_string(),
        help: "put the map in a `Mutex` or `RwLock`, or make it a `safe_map::ShardedMap`, and leave the `unsafe impl` out"
            .to_string(),
        interleaving: Vec::new(),
        fixes: Vec::new(),
    }
}

fn report_cell(map: &Name, item: String, lock: String, place: Place, is_test: bool) -> Finding {
    Finding {
        lint: LINT.name,
        confidence: Confidence::Likely,
        message: format!("the map `{map}` is in a `{SYNC_CELL}` that nothing orders"),
        lock: Some(lock),
        item,
        in_test: is_test,
        primary: place,
        labels: Vec::new(),
        note: "the cell is `Sync` so that others can order the accesses: nobody does here, and an insert that grows the map frees \
               the table that another thread reads"
            .to_string(),
        help: "put the map in a `Mutex` or `RwLock`, or make it a `safe_map::ShardedMap`".to_string(),
        interleaving: Vec::new(),
        fixes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::check;

    #[test]
    fn cells_and_pointers_that_safe_functions_change() {
        check(
            &LINT,
            "
use std::{cell::{RefCell, UnsafeCell}, collections::HashMap};
struct A { map: UnsafeCell<HashMap<u32, u32>> }
//         --- declaration: the map is here
unsafe impl Sync for A {}
//          ^^^^ unsynchronized_shared_map
impl A { fn add(&self) { unsafe { (*self.map.get()).insert(1, 1); } } }
struct B(*mut HashMap<u32, Box<dyn Fn() + Send>>);
unsafe impl Sync for B {}
//          ^^^^ unsynchronized_shared_map
impl B { fn with(&self, f: impl FnOnce(&mut HashMap<u32, Box<dyn Fn() + Send>>)) { f(unsafe { Box::leak(Box::from_raw(self.0)) }) } }
struct Inner { map: HashMap<u32, u32> }
struct C { inner: RefCell<Inner> }
unsafe impl Sync for C {}
//          ^^^^ unsynchronized_shared_map
impl C { fn len(&self) -> usize { self.inner.borrow().map.len() } }
",
        );
    }

    #[test]
    fn a_generic_cell_with_a_map_in_a_static() {
        check(
            &LINT,
            "
use std::{cell::UnsafeCell, collections::HashMap};
struct SyncCell<T>(UnsafeCell<T>);
unsafe impl<T> Sync for SyncCell<T> {}
//             ^^^^ unsynchronized_shared_map
impl<T> SyncCell<T> { fn get(&self) -> &mut T { unsafe { &mut *self.0.get() } } }
static NAMES: SyncCell<Option<HashMap<u32, u32>>> = SyncCell(UnsafeCell::new(None));
//     ----- declaration: a map is put in it here
struct Other<T>(UnsafeCell<T>);
unsafe impl<T> Sync for Other<T> {}
impl<T> Other<T> { fn get(&self) -> &mut T { unsafe { &mut *self.0.get() } } }
static COUNT: Other<u32> = Other(UnsafeCell::new(0));
",
        );
    }

    #[test]
    fn a_cell_that_is_sync_without_a_claim() {
        check(
            &LINT,
            "
use std::{cell::{Cell, SyncUnsafeCell}, collections::HashMap, sync::Mutex};
struct Names { map: SyncUnsafeCell<HashMap<u32, u32>> }
//             ^^^ unsynchronized_shared_map
impl Names { fn add(&self) { unsafe { (*self.map.get()).insert(1, 1); } } }
struct Locked { lock: Mutex<()>, map: SyncUnsafeCell<HashMap<u32, u32>> }
impl Locked { fn add(&self) { let _guard = self.lock.lock(); unsafe { (*self.map.get()).insert(1, 1); } } }
struct Local { hits: Cell<u32>, map: SyncUnsafeCell<HashMap<u32, u32>> }
impl Local { fn add(&self) { unsafe { (*self.map.get()).insert(1, 1); } } }
static NAMES: SyncUnsafeCell<Option<HashMap<u32, u32>>> = SyncUnsafeCell::new(None);
//     ^^^^^ unsynchronized_shared_map
fn names() -> &'static mut Option<HashMap<u32, u32>> { unsafe { &mut *NAMES.get() } }
static LATER: SyncUnsafeCell<Option<HashMap<u32, u32>>> = SyncUnsafeCell::new(None);
static GATE: Mutex<()> = Mutex::new(());
fn later() { let _gate = GATE.lock(); unsafe { (*LATER.get()).take(); } }
unsafe fn first() { unsafe { *LATER.get() = None; } }
",
        );
    }

    #[test]
    fn an_rc_that_others_have_on_their_thread() {
        check(
            &LINT,
            "
use std::{cell::RefCell, collections::HashMap, rc::Rc};
#[derive(Clone)]
pub struct Handle { map: Rc<RefCell<HashMap<u32, u32>>> }
unsafe impl Send for Handle {}
//          ^^^^ unsynchronized_shared_map
#[derive(Clone)]
struct Part { map: Rc<RefCell<HashMap<u32, u32>>> }
unsafe impl Send for Part {}
pub struct Whole { map: Rc<RefCell<HashMap<u32, u32>>> }
unsafe impl Send for Whole {}
impl Whole { fn add(&mut self) { let map = self.map.clone(); map.borrow_mut().insert(1, 1); } }
",
        );
    }

    #[test]
    fn what_is_ordered_frozen_or_for_one_thread_is_silent() {
        check(
            &LINT,
            "
use std::{cell::{RefCell, UnsafeCell}, collections::HashMap, sync::{Mutex, atomic::AtomicBool}};
struct Locked { lock: Mutex<()>, map: UnsafeCell<HashMap<u32, u32>> }
unsafe impl Sync for Locked {}
impl Locked { fn add(&self) { let _guard = self.lock.lock(); unsafe { (*self.map.get()).insert(1, 1); } } }
struct Spun { busy: AtomicBool, map: UnsafeCell<HashMap<u32, u32>> }
unsafe impl Sync for Spun {}
impl Spun { fn add(&self) { unsafe { (*self.map.get()).insert(1, 1); } } }
struct Frozen { map: UnsafeCell<HashMap<u32, u32>> }
unsafe impl Sync for Frozen {}
impl Frozen {
    fn get(&self) -> Option<&u32> { unsafe { (*self.map.get()).get(&1) } }
    fn add(&mut self) { self.map.get_mut().insert(1, 1); }
    unsafe fn set(&self) { unsafe { (*self.map.get()).insert(1, 1); } }
}
struct Inside { map: RefCell<Mutex<HashMap<u32, u32>>> }
unsafe impl Sync for Inside {}
impl Inside { fn add(&self) { self.map.borrow().lock(); } }
type Callback = Box<dyn FnMut(u32)>;
struct Listeners { by_id: RefCell<HashMap<u32, Callback>> }
unsafe impl Sync for Listeners {}
impl Listeners { fn add(&self, it: Callback) { self.by_id.borrow_mut().insert(1, it); } }
struct Named { lock: unknown::Mutex<()>, map: RefCell<HashMap<u32, u32>> }
unsafe impl Sync for Named {}
impl Named { fn add(&self) { let _guard = self.lock.lock(); self.map.borrow_mut().insert(1, 1); } }
struct Token(std::marker::PhantomData<*mut ()>);
struct Owned { map: UnsafeCell<HashMap<u32, u32>> }
unsafe impl Sync for Owned {}
impl Owned { fn add(&self, _token: &mut Token) { unsafe { (*self.map.get()).insert(1, 1); } } }
/// A store in memory, for testing.
struct Mock { map: RefCell<HashMap<u32, u32>> }
unsafe impl Sync for Mock {}
impl Mock { fn add(&self) { self.map.borrow_mut().insert(1, 1); } }
struct Web { map: RefCell<HashMap<u32, u32>> }
#[cfg(target_arch = \"wasm32\")]
unsafe impl Sync for Web {}
impl Web { fn add(&self) { self.map.borrow_mut().insert(1, 1); } }
",
        );
    }
}
