//! A `static mut` holds a map.
//!
//! ## Why
//!
//! Nothing orders the accesses to a `static mut`. One thread inserts and the table is moved to a larger one; another,
//! in the middle of a look-up, reads the freed table. It works in every test with one thread and corrupts memory in
//! production, far from here. References to it are undefined behaviour as soon as two of them live at once, even on one
//! thread.
//!
//! It comes from caches that were made global to save a parameter, or a lock.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashMap;
//!
//! static mut PRICES: Option<HashMap<String, u64>> = None;
//!
//! pub fn price(item: &str) -> Option<u64> {
//!     #[allow(static_mut_refs)]
//!     unsafe { PRICES.as_ref()?.get(item).copied() }
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::{LazyLock, RwLock};
//!
//! static PRICES: LazyLock<RwLock<HashMap<String, u64>>> = LazyLock::new(Default::default);
//!
//! pub fn price(item: &str) -> Option<u64> {
//!     PRICES.read().unwrap().get(item).copied()
//! }
//! ```
//!
//! ## Fix
//!
//! A `LazyLock` or `OnceLock` if the map is written once; around a `RwLock`, or a `safe_map::ShardedMap`, if it changes.
//! To find out whether accesses really overlap, `safe_map::FailFastMap` takes its place and panics on the first overlap
//! instead of corrupting memory.
//!
//! ## Limits
//!
//! Where a `Once` sets the static and nothing else changes it, it is silent: readers that pass the `Once` by are not looked for.
//! So is a static without a lock that only `unsafe` functions reach, whose callers have to order them, or of which a comment says that it is for one
//! thread, or an `unsafe` function that it may not be called from several. A static that no analysed function names is silent, and so is one that an attribute macro rewrites (`#[dynamic]`) or
//! that is thread local, or in a crate for a host that runs it on one thread (`pgrx`, smart contracts; `wasm-bindgen` where the crate starts none).
//! The finding is `likely` where one who changes the map is seen to run beside another who uses it, and one of the two in a thread or
//! task, in an async function that nobody calls, in a handler of a web framework, or in what Java calls (`Java_..`). That anybody may
//! call both from outside makes it `possible` only, and so does a `no_std` crate. rustc's `static_mut_refs` speaks of each reference; this lint speaks of the map, once, at its
//! declaration, and lists who reaches it.

use std::collections::BTreeSet;

use safe_map_analysis::Analysis;
use safe_map_analysis::facts::{ExprId, ExprKind, SelfKind};
use safe_map_analysis::flow::EventKind;
use safe_map_analysis::knowledge::schema::TypeRole;
use safe_map_analysis::model::{FnId, Model, StaticId};
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{AdtId, Ty};

use crate::entries::{is_of_main_only, is_run_in_threads, meets_one_of};
use crate::exposure::outer_name;
use crate::remarks::{is_for_one_thread, remarks, speaks_of_threads};
use crate::story::at;
use crate::{Check, Confidence, Finding, Group, Label, Level, Lint, Role};

pub(crate) static LINT: Lint = Lint {
    name: "static_mut_map",
    group: Group::Sharing,
    level: Level::Deny,
    has_fix: false,
    merges_sites: false,
    source: include_str!("static_mut_map.rs"),
    check: Check::Workspace(check),
};

/// How many uses are shown.
const SHOWN: usize = 5;

fn check(analysis: &Analysis, out: &mut Vec<Finding>) {
    let model = &analysis.model;
    for id in model.static_ids() {
        let krate = model.module(model.static_(id).module).krate;
        if !model.static_facts(id).mutable
            || model.crate_has_one_thread(krate)
            || is_rewritten(analysis, id)
            || is_pointer(model.static_ty(id))
            || !model.holds_map(model.static_ty(id))
        {
            continue;
        }
        let uses = uses(analysis, id);
        if uses.is_empty() || is_in_order(analysis, id, &uses) {
            continue;
        }
        let orders_itself = locks(analysis, id) || is_made_once(model, model.static_ty(id));
        let changing: Vec<&(FnId, Span)> = uses.iter().filter(|it| changes(analysis, id, it)).collect();
        let is_fixed = orders_itself && changing.is_empty();
        let mut found = report(analysis, id, &uses);
        if is_set_at_start(analysis, &changing, &uses)
            || is_for_bare_machine(analysis, id)
            || !is_raced(analysis, &changing, &uses)
        {
            found.confidence = Confidence::Possible;
        }
        match is_fixed {
            false => out.push(found),
            // What is not `Send` could not be in a plain static.
            true if is_send(model, model.static_ty(id), MAX_DEPTH) => out.push(superfluous(found)),
            true => {}
        }
    }
}

/// How deep types are followed.
const MAX_DEPTH: u32 = 8;

/// Whether the accesses are ordered by their callers, who are told so, or by a `Once`.
fn is_in_order(analysis: &Analysis, id: StaticId, uses: &[(FnId, Span)]) -> bool {
    let model = &analysis.model;
    let is_contract = |(function, _): &(FnId, Span)| {
        let said = remarks(model, model.func(*function).at);
        match model.fn_facts(*function).is_unsafe {
            true => speaks_of_threads(&said),
            false => is_for_one_thread(&said),
        }
    };
    // Who put a lock in it expects other threads.
    let only_unsafe = || uses.iter().all(|(function, _)| model.fn_facts(*function).is_unsafe);
    (!locks(analysis, id) && only_unsafe())
        || is_for_one_thread(&remarks(model, model.static_(id).at))
        || uses.iter().any(is_contract)
        || is_set_once(analysis, id, uses)
}

/// Whether a type is `Send` for sure, all of its parts being known.
fn is_send(model: &Model, ty: &Ty, depth: u32) -> bool {
    const FOR_ONE_THREAD: [&str; 4] = ["MutexGuard", "Rc", "RwLockReadGuard", "RwLockWriteGuard"];
    let Some(depth) = depth.checked_sub(1) else { return false };
    let all = |items: &[Ty]| items.iter().all(|it| is_send(model, it, depth));
    match ty {
        Ty::Prim(_) | Ty::Never => true,
        Ty::Known(_, args) => {
            outer_name(model, ty).is_some_and(|it| !FOR_ONE_THREAD.contains(&it)) && all(args)
        }
        Ty::Foreign(path, args) => {
            let is_of_std = matches!(path.split("::").next(), Some("alloc" | "core" | "std" | "String"));
            is_of_std && !FOR_ONE_THREAD.iter().any(|it| path.ends_with(it)) && all(args)
        }
        Ty::Tuple(items) => all(items),
        Ty::Slice(item) | Ty::Ref(_, item) => is_send(model, item, depth),
        Ty::Adt(id, _) => model.adt_fields(*id).iter().all(|it| is_send(model, &it.ty, depth)),
        Ty::Unknown | Ty::Param(_) | Ty::Ptr(..) | Ty::Future(_) | Ty::Callable(..) | Ty::Trait(_) => false,
    }
}

/// Whether a static holds where a value of the workspace is, of which a map is a part only: who set it decides who may reach
/// what is there.
fn is_pointer(ty: &Ty) -> bool {
    match ty {
        Ty::Ptr(_, inner) => matches!(**inner, Ty::Adt(..)),
        Ty::Known(_, args) => args.len() == 1 && is_pointer(&args[0]),
        _ => false,
    }
}

/// Attributes that make something else of the item.
fn is_rewritten(analysis: &Analysis, id: StaticId) -> bool {
    let item = analysis.model.item(analysis.model.static_(id).at);
    item.attrs.names.iter().any(|it| matches!(it.rsplit("::").next(), Some("dynamic" | "thread_local")))
}

/// Where functions that are run name the static, each place once, in order.
fn uses(analysis: &Analysis, id: StaticId) -> Vec<(FnId, Span)> {
    let mut uses = Vec::new();
    for function in analysis.model.fn_ids() {
        let Some(flow) = analysis.flow(function) else { continue };
        for event in &flow.events {
            if matches!(event.kind, EventKind::StaticUse(it) if it == id)
                && !uses.contains(&(function, event.span))
            {
                uses.push((function, event.span));
            }
        }
    }
    uses.retain(|(function, _)| !analysis.is_unreached(*function));
    uses
}

/// The finding about a static that nobody assigns, around what locks inside.
fn superfluous(found: Finding) -> Finding {
    Finding {
        confidence: Confidence::Possible,
        message: format!("`{}` is a `static mut` that nobody assigns: it needs no `mut`", found.item),
        note: "what it holds orders its own use, so that a plain `static` does as well; with `mut`, a later assignment or `&mut` \
               would be a data race and no error"
            .to_string(),
        help: "declare it as a `static`, in a `LazyLock` where it is made at run time".to_string(),
        ..found
    }
}

/// Whether a static holds what is made on first use, whoever comes first: `LazyLock`, `OnceLock`.
fn is_made_once(model: &Model, ty: &Ty) -> bool {
    const MADE_ONCE: [&str; 4] =
        ["std::sync::LazyLock", "std::sync::OnceLock", "once_cell::sync::Lazy", "once_cell::sync::OnceCell"];
    matches!(ty, Ty::Known(id, _) if MADE_ONCE.contains(&model.knowledge().ty(*id).path.as_str()))
}

/// Whether what a static holds locks inside.
fn locks(analysis: &Analysis, id: StaticId) -> bool {
    let model = &analysis.model;
    let is_lock = |role| matches!(role, TypeRole::Lock | TypeRole::SharedMap);
    model.any_part(model.static_ty(id), &mut |it| model.role(it).is_some_and(is_lock))
}

/// Whether a use assigns the static, or takes a pointer or `&mut` of it; what a macro makes of it is not known. One that is
/// only read needs no `mut`, and its lock orders the rest.
fn changes(analysis: &Analysis, id: StaticId, (function, span): &(FnId, Span)) -> bool {
    let content = content(analysis.model.static_ty(id));
    let Some(body) = analysis.body(*function) else { return true };
    let is_it = |it: ExprId| body.expr(it).span.contains(*span);
    body.exprs.iter().any(|it| match &it.kind {
        ExprKind::Assign { lhs, .. } => is_it(*lhs),
        ExprKind::Ref { mutable, raw, operand } => (*mutable || *raw) && is_it(*operand),
        ExprKind::MethodCall { receiver, method, .. } => {
            let is_named = matches!(method.as_str(), "get_mut" | "as_mut" | "replace" | "take");
            let is_changing = || content.is_some_and(|it| takes_mut_self(&analysis.model, it, method));
            body.expr(*receiver).span == *span && (is_named || is_changing())
        }
        ExprKind::Macro(_) => it.span.contains(*span),
        _ => false,
    })
}

/// The type of the workspace that a static holds, in whatever makes it on first use.
fn content(ty: &Ty) -> Option<AdtId> {
    match ty {
        Ty::Adt(id, _) => Some(*id),
        Ty::Known(_, args) if !args.is_empty() => content(&args[0]),
        _ => None,
    }
}

fn takes_mut_self(model: &Model, id: AdtId, method: &str) -> bool {
    let mut named = model.methods_of(id).into_iter().filter(|it| model.func(*it).name == *method);
    named.any(|it| model.signature(it).self_kind == Some(SelfKind::RefMut))
}

fn report(analysis: &Analysis, id: StaticId, uses: &[(FnId, Span)]) -> Finding {
    let model = &analysis.model;
    let def = model.static_(id);
    let name = &def.name;
    let locks = locks(analysis, id);
    let only_tests = uses.iter().all(|(function, _)| model.func(*function).is_test);
    let label = |(function, span): &(FnId, Span)| Label {
        role: Role::Hazard,
        place: at(model.func(*function).at.file, *span),
        message: format!("reached by `{}`", model.func(*function).path),
    };
    Finding {
        lint: LINT.name,
        confidence: Confidence::Likely,
        message: message(name, locks),
        lock: Some(format!("{}::{name}", model.module_path(def.module))),
        item: name.to_string(),
        in_test: def.is_test || only_tests,
        primary: at(def.at.file, model.item(def.at).name_span),
        labels: uses.iter().take(SHOWN).map(label).collect(),
        note: note(uses.len(), locks),
        help: "put it in a `LazyLock<RwLock<..>>` or make it a `safe_map::ShardedMap`; `safe_map::FailFastMap` panics on the first overlap instead".to_string(),
        interleaving: Vec::new(),
        fixes: Vec::new(),
    }
}

/// Whether who changes the static, or what is in it, is seen to run beside another who uses it, one of the two in a thread. That
/// anybody may call both says little: most of what is in a `static mut` belongs to one thread.
fn is_raced(analysis: &Analysis, changing: &[&(FnId, Span)], uses: &[(FnId, Span)]) -> bool {
    let content = uses.iter().filter(|it| changes_content(analysis, it));
    let changing: BTreeSet<FnId> = changing.iter().copied().chain(content).map(|it| it.0).collect();
    let users: BTreeSet<FnId> = uses.iter().map(|it| it.0).collect();
    let in_threads: BTreeSet<FnId> =
        users.iter().copied().filter(|it| is_run_in_threads(analysis, *it)).collect();
    changing.into_iter().any(|function| {
        let beside = if in_threads.contains(&function) { &users } else { &in_threads };
        meets_one_of(analysis, function, beside.iter().copied())
    })
}

/// Whether a crate is for machines without an operating system, where most have one core and no threads.
fn is_for_bare_machine(analysis: &Analysis, id: StaticId) -> bool {
    let krate = analysis.model.module(analysis.model.static_(id).module).krate;
    let mut files = analysis.workspace.files.iter().filter(|it| it.source.krate == krate);
    files.any(|it| it.source.module.is_empty() && it.source.text.contains("#![no_std]"))
}

/// Whether `main` sets the static before it does anything else, as far as that is seen, and what is in it orders itself.
fn is_set_at_start(analysis: &Analysis, changing: &[&(FnId, Span)], uses: &[(FnId, Span)]) -> bool {
    !changing.is_empty()
        && changing.iter().all(|it| is_of_main_only(analysis, it.0))
        && !uses.iter().any(|it| changes_content(analysis, it))
}

/// Whether a `Once` sets the static, and nothing outside of it changes it or what is in it.
fn is_set_once(analysis: &Analysis, id: StaticId, uses: &[(FnId, Span)]) -> bool {
    let is_inside = |(function, span): &(FnId, Span)| {
        let Some(body) = analysis.body(*function) else { return false };
        body.exprs.iter().any(|it| match &it.kind {
            ExprKind::MethodCall { method, .. } => {
                matches!(method.as_str(), "call_once" | "call_once_force") && it.span.contains(*span)
            }
            _ => false,
        })
    };
    let (inside, outside): (Vec<_>, Vec<_>) = uses.iter().partition(|it| is_inside(it));
    !inside.is_empty() && !outside.iter().any(|it| changes(analysis, id, it) || changes_content(analysis, it))
}

/// Whether a use goes on to change what is in the static, by the names of what it calls.
fn changes_content(analysis: &Analysis, (function, span): &(FnId, Span)) -> bool {
    const CHANGES: [&str; 14] = [
        "append",
        "as_mut",
        "clear",
        "drain",
        "entry",
        "extend",
        "get_mut",
        "get_or_insert_with",
        "insert",
        "iter_mut",
        "remove",
        "retain",
        "take",
        "values_mut",
    ];
    let Some(body) = analysis.body(*function) else { return true };
    body.exprs.iter().any(|it| match &it.kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            CHANGES.contains(&method.as_str()) && body.expr(*receiver).span.contains(*span)
        }
        _ => false,
    })
}

/// A map that locks inside is safe to use, and only its own coming and going is not.
fn message(name: &str, locks: bool) -> String {
    match locks {
        true => format!("`{name}` is a `static mut` around a shared map: nothing orders its initialisation"),
        false => format!("`{name}` is a `static mut` map: nothing orders its readers and writers"),
    }
}

fn note(uses: usize, locks: bool) -> String {
    let places = if uses == 1 { "1 place reaches".to_string() } else { format!("{uses} places reach") };
    let what = match locks {
        true => "a thread can see the static half assigned, or another replace what it is using",
        false => "an insert that grows the map frees the table that another thread reads",
    };
    format!("{places} it without a lock: {what}")
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::Confidence;
    use crate::testing::{check, found};

    #[test]
    fn who_changes_it_runs_beside_another() {
        let rated = |head: &str, main: &str| {
            let text = format!(
                "{head}
use std::collections::BTreeMap;
static mut SEEN: BTreeMap<u32, u32> = BTreeMap::new();
fn put(k: u32) {{ unsafe {{ SEEN.insert(k, k); }} }}
fn get(k: u32) -> bool {{ unsafe {{ SEEN.contains_key(&k) }} }}
fn main() {{ {main} }}
"
            );
            found(&LINT, &text)[0].confidence
        };
        let thread = "std::thread::spawn(|| { get(1); });";
        let many = "for i in 0..4 { std::thread::spawn(move || put(i)); }";
        assert_eq!(rated("", "put(1); get(1);"), Confidence::Possible);
        assert_eq!(
            rated("", &format!("put(1); {thread}")),
            Confidence::Possible,
            "set before there is another"
        );
        assert_eq!(rated("", &format!("{thread} put(1);")), Confidence::Likely);
        assert_eq!(rated("", many), Confidence::Likely);
        assert_eq!(
            rated("", "std::thread::spawn(work); std::thread::spawn(work);"),
            Confidence::Possible,
            "another one's"
        );
        let work = "fn work() { put(1); get(1); }";
        assert_eq!(rated(work, "std::thread::spawn(work);"), Confidence::Possible);
        assert_eq!(rated(work, "std::thread::spawn(work); std::thread::spawn(work);"), Confidence::Likely);
        assert_eq!(rated(work, "for _ in 0..9 { pool.spawn_blocking(work); }"), Confidence::Likely);
        assert_eq!(rated(work, "std::thread::spawn(work); work();"), Confidence::Likely);
        let local = "let work = make(); for _ in 0..9 { std::thread::spawn(work); }";
        assert_eq!(rated(work, local), Confidence::Possible, "a local");
        assert_eq!(rated("#![no_std]", many), Confidence::Possible);
        let outside = |more: &str| rated(&format!("pub fn both() {{ put(1); get(1); }} {more}"), "");
        assert_eq!(outside(""), Confidence::Possible, "from one thread, perhaps");
        assert_eq!(outside("pub async fn handle() { get(1); }"), Confidence::Likely);
        assert_eq!(outside("#[rocket::get(\"/\")] pub fn handle() { get(1); }"), Confidence::Likely);
        assert_eq!(
            outside("#[no_mangle] pub extern \"C\" fn Java_app_Map_put() { put(1); }"),
            Confidence::Likely
        );
    }

    #[test]
    fn a_map_behind_layers_that_a_function_reads() {
        check(
            &LINT,
            "
static mut PRICES: Option<Box<std::collections::HashMap<u32, u32>>> = None;
//         ^^^^^^ static_mut_map
pub fn price(item: u32) -> Option<u32> {
    unsafe { PRICES.as_ref()?.get(&item).copied() }
//           ------ hazard: reached by `price`
}
",
        );
    }

    #[test]
    fn a_map_in_a_field_of_the_static() {
        check(
            &LINT,
            "
struct State { names: std::collections::BTreeMap<u32, u32> }
static mut STATE: Option<State> = None;
//         ^^^^^ static_mut_map
pub fn state() -> Option<&'static State> { unsafe { STATE.as_ref() } }
",
        );
    }

    #[test]
    fn statics_of_a_function_and_raw_references() {
        check(
            &LINT,
            "
use std::collections::HashMap;
type Names = HashMap<u32, u32>;
fn local(key: u32) -> bool {
    static mut SEEN: Option<Names> = None;
//             ^^^^ static_mut_map
    unsafe { (*&raw mut SEEN).get_or_insert_default().insert(key, key).is_some() }
//                      ---- hazard: reached by `local`
}
static mut NAMES: std::mem::MaybeUninit<Names> = std::mem::MaybeUninit::uninit();
//         ^^^^^ static_mut_map
fn names() -> *mut Names { unsafe { (*std::ptr::addr_of_mut!(NAMES)).as_mut_ptr() } }
//                                                           ----- hazard: reached by `names`
",
        );
    }

    #[test]
    fn what_is_no_map_not_mutable_rewritten_or_unused_is_silent() {
        check(
            &LINT,
            "
use std::collections::HashMap;
static mut COUNT: u32 = 0;
static MAP: std::sync::Mutex<Option<HashMap<u32, u32>>> = std::sync::Mutex::new(None);
static mut UNUSED: Option<HashMap<u32, u32>> = None;
#[dynamic]
static mut REWRITTEN: HashMap<u32, u32> = HashMap::new();
#[thread_local]
static mut OWN: Option<HashMap<u32, u32>> = None;
pub fn f() { unsafe { COUNT += 1; REWRITTEN.len(); OWN.take(); MAP.lock(); } }
",
        );
    }

    #[test]
    fn a_lock_that_nobody_assigns_needs_no_mut() {
        let text = "
use std::{collections::HashMap, sync::{LazyLock, Mutex}};
static mut NAMES: LazyLock<Mutex<HashMap<u32, u32>>> = LazyLock::new(Default::default);
static mut OTHERS: LazyLock<Mutex<HashMap<u32, u32>>> = LazyLock::new(Default::default);
pub fn add() { unsafe { NAMES.lock().unwrap().insert(1, 1); OTHERS.lock().unwrap().clear(); } }
pub async fn reset() { unsafe { OTHERS = LazyLock::new(Default::default) } }
";
        let found = found(&LINT, text);
        assert_eq!(found[0].message, "`NAMES` is a `static mut` that nobody assigns: it needs no `mut`");
        assert_eq!(found[0].confidence, Confidence::Possible);
        assert_eq!((found[1].item.as_str(), found[1].confidence), ("OTHERS", Confidence::Likely));
    }

    #[test]
    fn what_a_once_sets_and_nothing_else_changes() {
        check(
            &LINT,
            "
type Map = std::collections::HashMap<u32, u32>;
static mut STATE: *mut Map = std::ptr::null_mut();
static INIT: std::sync::Once = std::sync::Once::new();
pub fn get() -> usize {
    INIT.call_once(|| unsafe { STATE = Box::into_raw(Box::default()) });
    unsafe { (*STATE).len() }
}
static mut NAMES: Option<Map> = None;
//         ^^^^^ static_mut_map
pub fn put() {
    INIT.call_once(|| unsafe { NAMES = Some(Map::default()) });
    unsafe { NAMES.as_mut().unwrap().insert(1, 1); }
}
",
        );
    }

    #[test]
    fn what_callers_are_told_to_order_is_silent() {
        check(
            &LINT,
            "
type Map = std::collections::HashMap<u32, u32>;
static mut MAP: Option<Map> = None;
pub unsafe fn set(key: u32) { unsafe { MAP.get_or_insert_default().insert(key, key); } }
static mut CALLS: Option<Map> = None;
/// # Safety
/// May not be called concurrently.
pub unsafe fn count(key: u32) { unsafe { CALLS.get_or_insert_default().insert(key, key); } }
pub fn clear() { unsafe { CALLS = None } }
static mut SHARED: Option<std::sync::Mutex<Map>> = None;
//         ^^^^^^ static_mut_map
pub unsafe fn share() { unsafe { if SHARED.is_none() { SHARED = Some(Default::default()) } } }
// Not thread safe: the interpreter has one thread.
static mut NAMES: Option<Map> = None;
pub fn names() -> Option<&'static Map> { unsafe { NAMES.as_ref() } }
static mut OTHERS: Option<Map> = None;
//         ^^^^^^ static_mut_map
/// # Safety
/// The key is not zero.
pub unsafe fn add(key: u32) { unsafe { OTHERS.get_or_insert_default().insert(key, key); } }
pub fn others() -> Option<&'static Map> { unsafe { OTHERS.as_ref() } }
",
        );
    }

    #[test]
    fn a_lock_around_what_is_not_send_or_is_changed_needs_its_mut() {
        check(
            &LINT,
            "
use std::{collections::HashMap, rc::Rc, sync::Mutex};
static mut NAMES: Mutex<HashMap<u32, Rc<u32>>> = Mutex::new(HashMap::new());
static mut CALLS: Mutex<HashMap<u32, Box<dyn Fn()>>> = Mutex::new(HashMap::new());
struct Store { version: u32, names: Mutex<HashMap<u32, u32>> }
impl Store { fn next(&mut self) { self.version += 1 } }
static mut STORE: std::sync::LazyLock<Store> = std::sync::LazyLock::new(|| todo!());
//         ^^^^^ static_mut_map
pub fn next() { unsafe { STORE.next() } }
static mut COUNTS: Mutex<HashMap<u32, String>> = Mutex::new(HashMap::new());
//         ^^^^^^ static_mut_map
pub fn add() { unsafe { NAMES.lock().unwrap().clear(); CALLS.lock().unwrap().clear(); COUNTS.lock().unwrap().clear(); } }
",
        );
    }
}
