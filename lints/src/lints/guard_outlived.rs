//! A reference or pointer into a locked map is used, or handed out, when the guard is gone.
//!
//! ## Why
//!
//! What a guard gives out is valid while the guard is alive, and the compiler sees to that. `unsafe` code that goes through
//! a raw pointer, or changes a lifetime, switches the check off: the reference is tied to `self` or to nothing, and stays
//! behind when the lock is released. Another thread inserts, the table grows and moves, and the reference reads freed
//! memory. Nothing fails in a test with one thread.
//!
//! It comes from interners and caches whose `get(&self) -> &T` was there before the lock, and kept its signature.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::RwLock;
//!
//! struct Names {
//!     by_id: RwLock<HashMap<u64, [u8; 16]>>,
//! }
//!
//! impl Names {
//!     fn get(&self, id: u64) -> Option<&[u8; 16]> {
//!         let by_id = self.by_id.read().unwrap();
//!         let name = by_id.get(&id)? as *const [u8; 16];
//!         Some(unsafe { &*name }) // the lock is released, the reference is not
//!     }
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::{Arc, RwLock};
//!
//! struct Names {
//!     by_id: RwLock<HashMap<u64, Arc<[u8; 16]>>>,
//! }
//!
//! impl Names {
//!     fn get(&self, id: u64) -> Option<Arc<[u8; 16]>> {
//!         self.by_id.read().unwrap().get(&id).cloned()
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! Hand out what needs no lock: a copy, or an `Arc` that the map holds as its value. Or hand out the guard: `RwLockReadGuard::map`
//! and its kin make one of a part of what is locked. Or take a closure and run it under the lock. `safe_map::ShardedMap` and
//! `safe_map::SnapshotMap` do these.
//!
//! ## Limits
//!
//! What is behind a `Box`, an `Arc` or another pointer in the map stays where it is when the map grows, and is left alone, although a
//! removal frees it; so is what a value of the map has on the heap itself. A guard that is leaked, stored or handed out as well is
//! taken to go where the reference goes. An `unsafe fn` leaves the matter to its callers, and `&mut self` says that nobody
//! else has the lock. A pointer that is returned as a pointer, or goes through a function or type that is not known, is
//! not followed. An `Option` that is filled once and never emptied in its file is a hand-made `OnceLock`: a shared reference
//! to what is in it is left alone.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{ItemKind, SelfKind, TypeExpr, TypeKind};
use safe_map_analysis::flow::Guard;
use safe_map_analysis::knowledge::schema::GuardClass;
use safe_map_analysis::model::Model;
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{AdtId, Ty};

use crate::derived::Tie;
use crate::outliving::{Hazard, What, outliving};
use crate::story::{acquire_label, at, declaration_label, finding, here, lock_name, lock_path};
use crate::{Check, Finding, Group, Label, Level, Lint, Role};

pub(crate) static LINT: Lint = Lint {
    name: "guard_outlived",
    group: Group::Sharing,
    level: Level::Deny,
    has_fix: false,
    merges_sites: false,
    source: include_str!("guard_outlived.rs"),
    check: Check::Function(check),
};

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    out.extend(outliving_accessor(function));
    if function.flow.guards.is_empty() || !is_unsafe_inside(function) {
        return;
    }
    out.extend(outliving(function).iter().map(|it| report(function, it)));
}

fn is_unsafe_inside(function: &FunctionView<'_>) -> bool {
    let model = function.model();
    let item = model.item(model.func(function.id).at).span;
    item.text(&function.file.parsed().source.text).contains("unsafe")
}

fn report(function: &FunctionView<'_>, hazard: &Hazard) -> Finding {
    let guard = &function.flow.guards[hazard.value.guard];
    let name = lock_name(function, &guard.acquire);
    let pointer = if hazard.value.tie == Tie::Raw { "pointer" } else { "reference" };
    let (primary, message) = match hazard.what {
        What::Leaves | What::Stored => {
            (hazard.value.cut, format!("this {pointer} into {name} outlives its guard"))
        }
        What::Used => (hazard.at, format!("a {pointer} into {name} is used when its guard is gone")),
    };
    let mut finding = finding(function, LINT.name, primary, message);
    finding.lock = lock_path(function, &guard.acquire);
    finding.labels.push(acquire_label(function, guard));
    let label =
        |role, span, message: &str| Label { role, place: here(function, span), message: message.into() };
    let end = guard.ends.iter().filter(|it| it.start >= guard.acquire.span.end).min_by_key(|it| it.start);
    let release = end.map(|it| label(Role::Release, *it, "the guard ends here"));
    match hazard.what {
        What::Leaves => {
            let leaves = label(Role::Hazard, hazard.at, "it leaves the function here");
            finding.labels.extend(Some(leaves).filter(|_| hazard.at != primary));
            finding.labels.extend(release);
        }
        What::Stored => {
            finding.labels.push(label(Role::Hazard, hazard.at, "it is stored here"));
            finding.labels.extend(release);
        }
        What::Used => {
            finding.labels.push(label(
                Role::Hazard,
                hazard.value.cut,
                "made here, without a tie to the guard",
            ));
            finding.labels.extend(release);
        }
    }
    finding.labels.extend(declaration_label(function, &guard.acquire));
    finding.note = note(guard, &name);
    finding.help =
        "copy or clone what is needed under the guard, put it into an `Arc`, or hand out the guard with it"
            .to_string();
    finding
}

fn note(guard: &Guard, name: &str) -> String {
    match guard.acquire.class {
        GuardClass::RefCell => {
            format!(
                "nothing borrows {name} any more: the next `borrow_mut` can change or move what it points to"
            )
        }
        _ => format!(
            "{name} is not locked any more: another thread can change, move or free what it points to"
        ),
    }
}

/// A method of a type with a guard in it that hands out a reference with the lifetime of the lock, not of `self`.
fn outliving_accessor(function: &FunctionView<'_>) -> Option<Finding> {
    let model = function.model();
    let facts = model.fn_facts(function.id);
    let output = facts.output.as_ref()?;
    if !matches!(facts.self_param.as_ref()?.kind, SelfKind::Ref | SelfKind::RefMut) || facts.is_unsafe {
        return None;
    }
    let def = model.func(function.id);
    let impl_ = model.impl_facts(def.impl_?)?;
    let Ty::Adt(adt, _) = model.impl_self_ty(def.impl_?) else { return None };
    let TypeKind::Path(written) = &impl_.self_ty.kind else { return None };
    let mut given = Vec::new();
    references(output, &mut given);
    let text = &function.file.parsed().source.text;
    let head = Span::new(model.item(def.at).name_span.end, output.span.start).text(text);
    let (lifetime, inner) = given.into_iter().find(|(it, _)| impl_.generics.lifetimes.contains(it))?;
    let is_of_self =
        head.contains(&format!("&'{lifetime} self")) || head.contains(&format!("&'{lifetime} mut self"));
    let position = written.last()?.lifetimes.iter().position(|it| it == lifetime)?;
    let inner = model.lower_ty(inner, &model.fn_scope(function.id));
    let guard = guard_field(model, *adt, position, &inner).filter(|_| !is_of_self)?;
    Some(report_accessor(function, *adt, &guard, output.span))
}

/// The references with a named lifetime in a result, however deep.
fn references<'a>(ty: &'a TypeExpr, out: &mut Vec<(&'a Name, &'a TypeExpr)>) {
    match &ty.kind {
        TypeKind::Ref { lifetime: Some(lifetime), inner, .. } => out.push((lifetime, inner)),
        TypeKind::Tuple(items) => items.iter().for_each(|it| references(it, out)),
        TypeKind::Path(path) => {
            path.last().into_iter().flat_map(|it| &it.args).for_each(|it| references(it, out))
        }
        _ => {}
    }
}

/// The field with the guard of a type, if a field beside it is a reference or pointer to `inner` with the same lifetime,
/// and that is part of what the guard protects.
fn guard_field(model: &Model, adt: AdtId, lifetime: usize, inner: &Ty) -> Option<Name> {
    let ItemKind::Struct(def) = &model.item(model.adt(adt).at).kind else { return None };
    let lifetime = def.generics.lifetimes.get(lifetime)?;
    let fields = model.adt_fields(adt);
    let points = fields.iter().zip(&def.fields).any(|(field, written)| match (&field.ty, &written.ty.kind) {
        (Ty::Ref(_, it), TypeKind::Ref { lifetime: Some(own), .. }) => own == lifetime && **it == *inner,
        (Ty::Ptr(_, it), _) => **it == *inner,
        _ => false,
    });
    let guard = fields.iter().find(|it| {
        let protects = model.any_part(&it.ty, &mut |part| part == inner);
        protects && model.guard_holder(&it.ty).is_some_and(|it| it.class != GuardClass::Free)
    });
    guard.filter(|_| points && !inner.is_unknown()).map(|it| it.name.clone())
}

fn report_accessor(function: &FunctionView<'_>, adt: AdtId, guard: &Name, output: Span) -> Finding {
    let model = function.model();
    let def = model.adt(adt);
    let name = &model.func(function.id).name;
    let message = format!("the reference that `{name}` gives outlives the guard in `{}`", def.name);
    let mut finding = finding(function, LINT.name, output, message);
    let declared = model.adt_fields(adt).iter().find(|it| it.name == *guard).map(|it| it.span);
    finding.labels.extend(declared.map(|it| Label {
        role: Role::Acquire,
        place: at(def.at.file, it),
        message: "this guard ends with `self`".to_string(),
    }));
    finding.note =
        "its lifetime is that of the lock: it can be kept when `self`, and the guard with it, is dropped"
            .to_string();
    finding.help = "leave the lifetime out of the result, so that it is that of `&self`".to_string();
    finding
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::check;

    #[test]
    fn a_reference_through_a_raw_pointer() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::Mutex};
struct Names { by_id: Mutex<HashMap<u64, [u8; 16]>> }
//             ----- declaration: declared here
impl Names {
    fn get(&self, id: u64) -> Option<&[u8; 16]> {
        let guard = self.by_id.lock().unwrap();
//                  ----------------- acquire: guard taken here, held by `guard`
        let name: *const [u8; 16] = guard.get(&id)?;
        Some(unsafe { &*name })
//                    ^^^^^^ guard_outlived
    }
}
",
        );
    }

    #[test]
    fn every_way_to_cut_a_reference_off() {
        check(
            &LINT,
            "
use std::{cell::RefCell, collections::HashMap, ptr::NonNull, sync::{Mutex, RwLock}};
struct S { map: RwLock<HashMap<u64, u64>>, list: Mutex<Vec<u64>>, one: Mutex<u64>, cell: RefCell<Vec<u8>>, dash: dashmap::DashMap<u64, u64> }
impl S {
    fn cast(&self) -> Option<&u64> {
        unsafe { Some(&*(self.map.read().unwrap().get(&1)? as *const u64)) }
//                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ guard_outlived
    }
    fn transmuted(&self) -> &'static u64 {
        let map = self.map.read().unwrap();
        unsafe { std::mem::transmute::<&u64, &'static u64>(&map[&1]) }
//               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ guard_outlived
    }
    fn non_null(&self) -> &u64 {
        let pointer = NonNull::from(&mut *self.one.lock().unwrap());
        unsafe { pointer.as_ref() }
//               ^^^^^^^^^^^^^^^^ guard_outlived
    }
    fn exclusive(&self) -> &mut u64 {
        let mut one = self.one.lock().unwrap();
        let one = &mut *one as *mut u64;
        return unsafe { &mut *one };
//                      ^^^^^^^^^ guard_outlived
    }
    fn slice(&self) -> &[u64] {
        let list = self.list.lock().unwrap();
        unsafe { std::slice::from_raw_parts(list.as_ptr(), list.len()) }
//               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ guard_outlived
    }
    fn borrowed(&self) -> Option<&u8> {
        let cell = self.cell.borrow();
        cell.iter().find(|it| **it > 1).map(|it| unsafe { &*(it as *const u8) })
//                                                        ^^^^^^^^^^^^^^^^^^^ guard_outlived
    }
    fn sharded(&self) -> Option<&u64> {
        let found = self.dash.get(&1)?;
        Some(unsafe { &*(found.value() as *const u64) })
//                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ guard_outlived
    }
    fn through_a_helper(&self) -> Option<&u64> {
        let map = self.map.read().unwrap();
        match map.get(&1) {
            Some(found) => Some(unsafe { longer(found) }),
//                                       ^^^^^^^^^^^^^ guard_outlived
            None => None,
        }
    }
}
unsafe fn longer<'a, 'b, T>(it: &'a T) -> &'b T { unsafe { &*(it as *const T) } }
",
        );
    }

    #[test]
    fn through_statics_loops_and_entries() {
        check(
            &LINT,
            "
use std::{cell::RefCell, collections::HashMap, sync::{LazyLock, Mutex}};
static COUNTS: LazyLock<Mutex<HashMap<u64, u64>>> = LazyLock::new(Default::default);
thread_local! { static NAMES: RefCell<HashMap<u32, [u8; 4]>> = RefCell::new(HashMap::new()); }
fn counter(id: u64) -> &'static u64 {
    let mut counts = COUNTS.lock().unwrap();
    let count = counts.entry(id).or_insert(1);
    unsafe { &*(count as *mut u64) }
//           ^^^^^^^^^^^^^^^^^^^^^ guard_outlived
}
fn name(id: u32) -> &'static [u8; 4] {
    NAMES.with(|names| {
        let names = names.borrow();
        unsafe { std::mem::transmute(names.get(&id).unwrap()) }
//               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ guard_outlived
    })
}
fn find(all: &Mutex<Vec<[u8; 4]>>) -> Option<&[u8; 4]> {
    let guard = all.lock().unwrap();
    for one in guard.iter() {
        if one[0] == 0 { return Some(unsafe { &*(one as *const _) }) }
//                                            ^^^^^^^^^^^^^^^^^^^ guard_outlived
    }
    None
}
fn every(all: &Mutex<Vec<[u8; 4]>>) -> Vec<&[u8; 4]> {
    let guard = all.lock().unwrap();
    guard.iter().map(|it| unsafe { &*(it as *const _) }).collect()
//                                 ^^^^^^^^^^^^^^^^^^ guard_outlived
}
",
        );
    }

    #[test]
    fn what_is_stored() {
        check(
            &LINT,
            "
use std::{collections::BTreeMap, sync::{Arc, Mutex}};
struct Reader { map: Arc<Mutex<BTreeMap<u64, u64>>>, last: Option<&'static u64> }
impl Reader {
    fn next(&mut self) {
        let map = self.map.lock().unwrap();
        self.last = map.get(&1).map(|it| unsafe { std::mem::transmute(it) });
//                                                ^^^^^^^^^^^^^^^^^^^^^^^ guard_outlived
    }
}
",
        );
    }

    #[test]
    fn used_behind_the_end_of_the_guard() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::Mutex};
fn dropped(map: &Mutex<HashMap<u64, u64>>) -> Option<u64> {
    let guard = map.lock().unwrap();
    let found = guard.get(&1)? as *const u64;
//              ---------------------------- hazard: made here
    drop(guard);
//             -.. release: the guard ends here
    unsafe { Some(*found) }
//                ^^^^^^ guard_outlived
}
fn block(map: &Mutex<HashMap<u64, u64>>) -> u64 {
    let found = {
        let guard = map.lock().unwrap();
        &guard[&1] as *const u64
    };
    unsafe { found.read() }
//           ^^^^^^^^^^^^ guard_outlived
}
fn assigned(list: &Mutex<Vec<u64>>) -> u64 {
    let mut first = std::ptr::null();
    {
        let guard = list.lock().unwrap();
        first = guard.as_ptr();
    }
    unsafe { *first }
//           ^^^^^^ guard_outlived
}
",
        );
    }

    #[test]
    fn an_accessor_with_the_lifetime_of_the_lock() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::RwLockReadGuard};
struct Ref<'a, K, V> { guard: RwLockReadGuard<'a, HashMap<K, V>>, key: &'a K, value: *const V, name: &'a str }
//                     ----- acquire: this guard ends with `self`
impl<'a, K, V> Ref<'a, K, V> {
    fn key(&self) -> &'a K { self.key }
//                   ^^^^^ guard_outlived
    fn value(&self) -> &V { unsafe { &*self.value } }
    fn name(&self) -> &'a str { self.name }
    fn tied(&'a self) -> &'a K { self.key }
}
",
        );
    }

    #[test]
    fn what_stays_with_its_guard_is_silent() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::{Mutex, MutexGuard, RwLock}};
struct Ref<'a> { guard: MutexGuard<'a, HashMap<u64, u64>>, value: &'a u64 }
fn together(map: &Mutex<HashMap<u64, u64>>) -> Ref<'_> {
    let guard = map.lock().unwrap();
    let value = unsafe { &*(&guard[&1] as *const u64) };
    Ref { guard, value }
}
fn leaked(map: &'static Mutex<HashMap<u64, u64>>) -> &'static u64 {
    let guard = map.lock().unwrap();
    let value = unsafe { &*(&guard[&1] as *const u64) };
    std::mem::forget(guard);
    value
}
fn alive(map: &Mutex<HashMap<u64, u64>>) -> u64 {
    let guard = map.lock().unwrap();
    let value = &guard[&1] as *const u64;
    unsafe { *value }
}
fn compared(map: &Mutex<HashMap<u64, u64>>, other: *const u64) -> bool {
    let guard = map.lock().unwrap();
    let value = &guard[&1] as *const u64;
    drop(guard);
    unsafe { other.as_ref() };
    value == other
}
fn again(map: &Mutex<HashMap<u64, u64>>) -> u64 {
    let value = { let guard = map.lock().unwrap(); &guard[&1] as *const u64 };
    let guard = map.lock().unwrap();
    unsafe { *value }
}
fn copied(map: &RwLock<HashMap<u64, u64>>) -> Option<&u64> {
    let value = unsafe { *(map.read().unwrap().get(&1)? as *const u64) };
    Some(Box::leak(Box::new(value)))
}
",
        );
    }

    #[test]
    fn what_has_an_address_of_its_own_is_silent() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::{Arc, Mutex}};
struct Arena { boxed: Mutex<HashMap<u64, Box<u64>>>, shared: Mutex<Vec<Arc<u64>>>, texts: Mutex<Vec<String>>, chunks: Mutex<Vec<Vec<u64>>> }
impl Arena {
    fn boxed(&self) -> &u64 {
        let boxed = self.boxed.lock().unwrap();
        unsafe { &*(&**boxed.get(&1).unwrap() as *const u64) }
    }
    fn shared(&self) -> &u64 {
        let first = self.shared.lock().unwrap()[0].clone();
        unsafe { &*Arc::as_ptr(&first) }
    }
    fn derefs(&self) -> &u64 {
        let shared = self.shared.lock().unwrap();
        unsafe { std::mem::transmute(shared[0].as_ref()) }
    }
    fn text(&self) -> &str {
        let texts = self.texts.lock().unwrap();
        unsafe { &*(texts[0].as_str() as *const str) }
    }
    fn chunk(&self) -> &u64 {
        let chunks = self.chunks.lock().unwrap();
        unsafe { &*(chunks[0].as_ptr()) }
    }
}
",
        );
    }

    #[test]
    fn what_is_set_once_is_silent() {
        check(
            &LINT,
            "
use std::sync::Mutex;
struct Once<T>(Mutex<Option<T>>);
impl<T> Once<T> {
    fn get(&self, init: impl FnOnce() -> T) -> &T {
        let mut guard = self.0.lock().unwrap();
        if guard.is_none() { *guard = Some(init()); }
        unsafe { &*(guard.as_ref().unwrap() as *const T) }
    }
}
static CACHE: Mutex<Option<u64>> = Mutex::new(None);
fn rebuilt(is_stale: bool) -> &'static u64 {
    let mut guard = CACHE.lock().unwrap();
    if is_stale || guard.is_none() {
        *guard = None;
        *guard = Some(1);
    }
    unsafe { &*(guard.as_ref().unwrap() as *const _) }
//           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ guard_outlived
}
",
        );
    }

    #[test]
    fn a_guard_of_a_helper() {
        check(
            &LINT,
            "
use std::sync::{Arc, RwLock, RwLockReadGuard};
struct Store { name: RwLock<String>, shared: Arc<RwLock<Vec<u64>>> }
fn lock_read<T>(lock: &RwLock<T>) -> Result<RwLockReadGuard<'_, T>, ()> { lock.read().map_err(|_| ()) }
impl Store {
    fn name(&self) -> &str {
        let guard = match lock_read(&self.name) {
            Ok(guard) => guard,
            Err(_) => return \"\",
        };
        unsafe { &*(&*guard as *const String) }
//               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ guard_outlived
    }
    fn all(&self) -> RwLockReadGuard<'_, Vec<u64>> { self.shared.read().unwrap() }
    fn first(&self) -> &u64 {
        unsafe { &*(&self.all()[0] as *const u64) }
//               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ guard_outlived
    }
}
",
        );
    }

    #[test]
    fn locks_that_nobody_else_has_are_silent() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::Mutex};
struct S { map: Mutex<HashMap<u64, u64>> }
impl S {
    fn mine(&mut self) -> &u64 {
        let map = self.map.lock().unwrap();
        unsafe { &*(&map[&1] as *const u64) }
    }
    unsafe fn unchecked(&self) -> &u64 {
        let map = self.map.lock().unwrap();
        unsafe { &*(&map[&1] as *const u64) }
    }
}
fn local() -> u64 {
    let map = Mutex::new(vec![1]);
    let first = map.lock().unwrap().as_ptr();
    unsafe { *first }
}
",
        );
    }
}
