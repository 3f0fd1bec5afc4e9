//! A shared reference to a map is turned into a `&mut`.
//!
//! ## Why
//!
//! `&T` promises that nobody changes the value, and `&mut T` that nobody else sees it. A `&mut` that is made of a `&` breaks both at
//! once: the compiler keeps what it has read, another thread reads the table that this one grows, an iterator of this very
//! thread goes on over freed memory. It is undefined behaviour when the `&mut` is made, whether or not anything is changed.
//!
//! It comes from a method that has `&self` and must write after all, and from an `Arc` that is believed to have one owner.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashMap;
//!
//! struct Cache { entries: HashMap<u64, u64> }
//!
//! impl Cache {
//!     fn remember(&self, key: u64, value: u64) {
//!         let cache = unsafe { &mut *(self as *const Self as *mut Self) };
//!         cache.entries.insert(key, value);
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
//! struct Cache { entries: Mutex<HashMap<u64, u64>> }
//!
//! impl Cache {
//!     fn remember(&self, key: u64, value: u64) {
//!         self.entries.lock().unwrap().insert(key, value);
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! A lock around the map, or a map that takes `&self`: `safe_map::ShardedMap`. An `Arc` with one owner has `Arc::get_mut`, which asks
//! whether that is so, and `Arc::make_mut`, which copies if it is not.
//!
//! ## Limits
//!
//! Casts, `transmute`, `Arc::as_ptr` and `get_mut_unchecked` are followed through locals, not through fields. What the reference leads
//! to must hold a map. A helper for any `T` is reported where a caller of it has a map. rustc's
//! `invalid_reference_casting` sees the casts that are one expression; this lint says which map it is, and sees the others.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{ExprId, ExprKind, Path};
use safe_map_analysis::flow::EventKind;
use safe_map_analysis::knowledge::schema::TypeRole;
use safe_map_analysis::model::{Def, ValueDef};
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{Mutability, Ty};

use crate::exposure::{mentions, outer_name};
use crate::pointers::{Origin, Source, changed_through, origin};
use crate::story::{finding, here};
use crate::typing::Typed;
use crate::{Check, Finding, Group, Label, Level, Lint, Role};

pub(crate) static LINT: Lint = Lint {
    name: "shared_map_cast_to_mut",
    group: Group::Sharing,
    level: Level::Deny,
    has_fix: false,
    merges_sites: false,
    source: include_str!("shared_map_cast_to_mut.rs"),
    check: Check::Function(check),
};

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let item = function.model().item(function.model().func(function.id).at).span;
    let text = item.text(&function.file.parsed().source.text);
    if !text.contains("unsafe") {
        return;
    }
    let Some(typed) = Typed::of(function.file.analysis, function.id) else { return };
    let mut told: Vec<Span> = Vec::new();
    for (id, expr) in typed.exprs() {
        let Some(found) = made_mutable(&typed, id) else { continue };
        if told.contains(&found.at) || !concerns_maps(function, &found.pointee) {
            continue;
        }
        told.push(found.at);
        out.push(report(function, &found, expr.span));
    }
}

/// What a shared value is that an expression makes a `&mut` of.
fn made_mutable(typed: &Typed<'_>, id: ExprId) -> Option<Origin> {
    if let Some(pointer) = changed_through(typed, id) {
        let origin = origin(typed, pointer)?;
        return (origin.source != Source::Mutable && !is_cell(typed, &origin.pointee)).then_some(origin);
    }
    let ExprKind::Call { callee, args } = &typed.expr(id).kind else { return None };
    let at = typed.expr(id).span;
    match (typed.callee(*callee)?, args.as_slice()) {
        (ValueDef::Assoc(ty, name), [only]) if name == "get_mut_unchecked" => {
            let is_counted = matches!(outer_name(typed.model, &ty), Some("Arc" | "Rc"));
            let Ty::Known(_, args) = typed.ty(*only).peel_refs().clone() else { return None };
            let pointee = args.first().filter(|_| is_counted)?.clone();
            Some(Origin { source: Source::Counted, pointee, at })
        }
        (ValueDef::Def(Def::Foreign(path)), [only]) if path.ends_with("mem::transmute") => {
            transmuted(typed, *callee, *only, at)
        }
        _ => None,
    }
}

/// `transmute::<&T, &mut T>(..)`.
fn transmuted(typed: &Typed<'_>, callee: ExprId, arg: ExprId, at: Span) -> Option<Origin> {
    let ExprKind::Path(path) = &typed.expr(callee).kind else { return None };
    let [from, to] = turbofish(typed, path)?;
    if !matches!(to, Ty::Ref(Mutability::Mut, _)) {
        return None;
    }
    match (from, typed.ty(arg)) {
        (Ty::Ref(Mutability::Shared, pointee), _) | (Ty::Unknown, Ty::Ref(Mutability::Shared, pointee)) => {
            Some(Origin { source: Source::Shared, pointee: (*pointee).clone(), at })
        }
        _ => None,
    }
}

fn turbofish(typed: &Typed<'_>, path: &Path) -> Option<[Ty; 2]> {
    let [from, to] = path.last()?.args.as_slice() else { return None };
    Some([typed.written(from), typed.written(to)])
}

/// What is in a cell may be changed behind a shared reference.
fn is_cell(typed: &Typed<'_>, ty: &Ty) -> bool {
    typed.model.role(ty) == Some(TypeRole::Cell)
}

/// Whether a value holds a map, or is any value in a helper that code with maps calls.
fn concerns_maps(function: &FunctionView<'_>, pointee: &Ty) -> bool {
    let model = function.model();
    if model.holds_map(pointee) {
        return true;
    }
    let Ty::Param(name) = pointee else { return false };
    let output = &model.signature(function.id).output;
    let gives = matches!(output, Ty::Ref(Mutability::Mut, inner) if mentions(model, inner, name));
    let analysis = function.file.analysis;
    let has_map = |ty: &Ty| {
        model.any_part(ty, &mut |it| matches!(model.role(it), Some(TypeRole::Map | TypeRole::SharedMap)))
    };
    gives
        && analysis.callers(function.id).iter().any(|it| {
            let of_self = model.signature(it.id).self_ty.as_ref().is_some_and(has_map);
            let events = analysis.flow(it.id).into_iter().flat_map(|it| &it.events);
            of_self || events.into_iter().any(|it| matches!(it.kind, EventKind::MapOp(_)))
        })
}

fn report(function: &FunctionView<'_>, origin: &Origin, changed: Span) -> Finding {
    let model = function.model();
    let name = match &origin.pointee {
        Ty::Adt(id, _) => format!("a `{}`, which holds a map,", model.adt(*id).name),
        Ty::Param(name) => format!("any `{name}`, maps too,"),
        other => format!("a `{}`", outer_name(model, other).unwrap_or("map")),
    };
    let message = match origin.source {
        Source::Counted => format!("{name} is made mutable through an `Arc` that others can have"),
        Source::Shared | Source::Mutable => format!("a shared reference to {name} is made a `&mut`"),
    };
    let mut finding = finding(function, LINT.name, origin.at, message);
    if !origin.at.contains(changed) && !changed.contains(origin.at) {
        let message = "made mutable here".to_string();
        finding.labels.push(Label { role: Role::Hazard, place: here(function, changed), message });
    }
    finding.note = "whoever else has a reference reads while this writes: an insert that grows the map frees the table that \
                    they read, and the compiler may assume that none of it happens"
        .to_string();
    finding.help =
        "put the map in a `RwLock` or make it a `safe_map::ShardedMap`; `Arc::get_mut` and `Arc::make_mut` ask for the only owner"
            .to_string();
    finding
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::check;

    #[test]
    fn casts_through_pointers_locals_and_arcs() {
        check(
            &LINT,
            "
use std::collections::HashMap;
use std::sync::Arc;
struct S { map: HashMap<u32, u32>, shared: Arc<HashMap<u32, u32>> }
impl S {
    fn whole(&self) {
        let this = self as *const S as *mut S;
//                 ^^^^^^^^^^^^^^^^^^^^^^^^^^ shared_map_cast_to_mut
        unsafe { (*this).map.insert(1, 1); }
//               ------------------------ hazard: made mutable here
    }
    fn field(&self) -> &mut HashMap<u32, u32> {
        unsafe { &mut *(&self.map as *const HashMap<u32, u32>).cast_mut() }
//                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ shared_map_cast_to_mut
    }
    fn reborrowed(&self, outer: &Outer) {
        unsafe { (*(outer.inner as *const S as *mut S)).map.clear() }
//                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ shared_map_cast_to_mut
    }
    fn counted(&self) {
        unsafe { (*(Arc::as_ptr(&self.shared) as *mut HashMap<u32, u32>)).clear() }
//                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ shared_map_cast_to_mut
    }
    fn pointer(&self) {
        let pointer = std::ptr::NonNull::from(&self.map);
//                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ shared_map_cast_to_mut
        unsafe { pointer.as_mut().clear() }
//               ---------------- hazard
    }
    fn transmuted(&self) -> &mut S {
        unsafe { std::mem::transmute::<&S, &mut S>(self) }
//               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ shared_map_cast_to_mut
    }
    fn unchecked(&mut self) {
        unsafe { Arc::get_mut_unchecked(&mut self.shared).clear() }
//               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ shared_map_cast_to_mut
    }
}
struct Outer { inner: &'static mut S }
",
        );
    }

    #[test]
    fn a_helper_for_any_value_that_code_with_maps_calls() {
        check(
            &LINT,
            "
use std::collections::HashMap;
unsafe fn to_mut<'a, T>(it: &'a T) -> &'a mut T { unsafe { &mut *(it as *const T as *mut T) } }
//                                                               ^^^^^^^^^^^^^^^^^^^^^^^^^^ shared_map_cast_to_mut
struct S { map: HashMap<u32, u32> }
impl S { fn f(&self) { unsafe { to_mut(&self.map).clear() } } }
unsafe fn unused<'a, T>(it: &'a T) -> &'a mut T { unsafe { &mut *(it as *const T as *mut T) } }
",
        );
    }

    #[test]
    fn what_was_mutable_is_a_cell_only_read_or_no_map_is_silent() {
        check(
            &LINT,
            "
use std::cell::UnsafeCell;
use std::collections::HashMap;
struct S { map: HashMap<u32, u32>, cell: UnsafeCell<HashMap<u32, u32>>, count: u32 }
impl S {
    fn exclusive(&mut self) { unsafe { (*(self as *mut S)).map.clear() } }
    fn cell(&self) { unsafe { (*self.cell.get()).clear(); (*(&self.cell as *const _ as *mut HashMap<u32, u32>)).clear() } }
    fn read(&self) -> usize { let it = &self.map as *const _ as *mut HashMap<u32, u32>; unsafe { (*it).len() } }
    fn count(&self) { unsafe { *(&self.count as *const u32 as *mut u32) += 1 } }
    fn handle(pointer: *const S) { unsafe { (*(pointer as *mut S)).map.clear() } }
}
",
        );
    }
}
