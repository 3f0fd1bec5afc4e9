//! A `const` holds a lock, a cell that is written once or a shared map.
//!
//! ## Why
//!
//! A `const` is no place but a value that is copied to wherever it is named. `CACHE.lock()` locks a mutex that was made for this
//! expression and is gone with it: what is inserted is lost, and nobody ever waits for anybody. A `OnceCell` is empty at each use,
//! whatever was set before.
//!
//! It comes from a `static` that was written with the wrong word.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::BTreeMap;
//! use std::sync::Mutex;
//!
//! const SESSIONS: Mutex<BTreeMap<u64, String>> = Mutex::new(BTreeMap::new());
//!
//! pub fn open(id: u64, user: String) {
//!     SESSIONS.lock().unwrap().insert(id, user);
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use std::collections::BTreeMap;
//! use std::sync::Mutex;
//!
//! const EMPTY: Mutex<BTreeMap<u64, String>> = Mutex::new(BTreeMap::new());
//! static SHARDS: [Mutex<BTreeMap<u64, String>>; 16] = [EMPTY; 16];
//!
//! pub fn open(id: u64, user: String) {
//!     SHARDS[id as usize % 16].lock().unwrap().insert(id, user);
//! }
//! ```
//!
//! ## Fix
//!
//! `static` instead of `const`. The maps of `safe-map` have no `const` constructor: `safe_map::ShardedMap::new` in a
//! `LazyLock` is one map for all who name the `static`.
//!
//! ## Limits
//!
//! A constant that is only the start of something else (`[EMPTY; 16]`, a field, a `let`) is left alone: only uses in place count, as the receiver
//! of a method or behind a `&`. clippy's `declare_interior_mutable_const` and `borrow_interior_mutable_const`, and rustc's
//! `const_item_interior_mutations`, speak of every such type; this lint of locks, cells that are written once and shared maps, once. A
//! `LazyLock` that has none of them in it is only made again and again, and is left to clippy.

use safe_map_analysis::Analysis;
use safe_map_analysis::facts::{
    Attrs, Body, Expr, ExprId, ExprKind, Item, ItemKind, MAX_WALKED_DEPTH, MacroArgs,
};
use safe_map_analysis::knowledge::schema::TypeRole;
use safe_map_analysis::model::{ConstId, Def, Model, ValueDef};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{KnownId, Ty};

use crate::fix::has_word;
use crate::story::at;
use crate::typing::Typed;
use crate::{Applicability, Check, Confidence, Edit, Finding, Fix, Group, Label, Level, Lint, Place, Role};

pub(crate) static LINT: Lint = Lint {
    name: "const_shared_map",
    group: Group::Sharing,
    level: Level::Warn,
    has_fix: true,
    merges_sites: false,
    source: include_str!("const_shared_map.rs"),
    check: Check::Workspace(check),
};

/// How many uses are shown.
const SHOWN: usize = 5;

fn check(analysis: &Analysis, out: &mut Vec<Finding>) {
    let model = &analysis.model;
    for id in model.const_ids() {
        if !is_fresh(model, &model.const_ty(id), 4) {
            continue;
        }
        let uses = uses(analysis, id);
        if !uses.is_empty() {
            out.push(report(analysis, id, uses));
        }
    }
}

/// Whether a value has a lock, a cell that is written once or a shared map in itself, not behind a reference.
fn is_fresh(model: &Model, ty: &Ty, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match ty {
        Ty::Known(id, args) => match model.role(ty) {
            Some(TypeRole::Lock | TypeRole::SharedMap) => true,
            Some(TypeRole::Layer) if is_written_once(model, *id) => true,
            // An `Option` in a constant is likely `None`.
            Some(TypeRole::Layer) => args.iter().any(|it| is_fresh(model, it, depth)),
            _ => false,
        },
        // An enum in a constant may be a variant that has none.
        Ty::Adt(id, _) => {
            let fields = model.adt_fields(*id);
            fields.iter().any(|it| it.variant.is_none() && is_fresh(model, &it.ty, depth))
        }
        Ty::Tuple(items) => items.iter().any(|it| is_fresh(model, it, depth)),
        _ => false,
    }
}

/// Whether a layer is empty at first and filled by whoever comes first: `OnceLock`, `OnceCell`.
fn is_written_once(model: &Model, id: KnownId) -> bool {
    model.knowledge().ty(id).methods.keys().any(|it| it == "get_or_init")
}

/// Where functions use the constant in place.
fn uses(analysis: &Analysis, id: ConstId) -> Vec<(String, Place)> {
    let model = &analysis.model;
    let name = &model.const_(id).name;
    let mut uses = Vec::new();
    for function in model.fn_ids() {
        let def = model.func(function);
        let file = analysis.workspace.file(def.at.file);
        if !model.item(def.at).span.text(&file.source.text).contains(name.as_str()) {
            continue;
        }
        let Some(typed) = Typed::of(analysis, function) else { continue };
        let is_it = |it: ExprId| match &typed.expr(it).kind {
            ExprKind::Path(_) => typed.callee(it) == Some(ValueDef::Def(Def::Const(id))),
            _ => false,
        };
        let used = typed.exprs().filter(|(_, expr)| match &expr.kind {
            ExprKind::MethodCall { receiver, .. } => is_it(root(&typed.body, *receiver)),
            ExprKind::Ref { operand, .. } => is_it(root(&typed.body, *operand)),
            _ => false,
        });
        uses.extend(used.map(|(_, it)| (def.path.clone(), at(def.at.file, it.span))));
    }
    uses
}

/// What a place starts with.
fn root(body: &Body, id: ExprId) -> ExprId {
    match &body.expr(id).kind {
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => root(body, *base),
        _ => id,
    }
}

fn report(analysis: &Analysis, id: ConstId, uses: Vec<(String, Place)>) -> Finding {
    let model = &analysis.model;
    let def = model.const_(id);
    let item = model.item(def.at);
    let label = |(function, place): (String, Place)| Label {
        role: Role::Hazard,
        place,
        message: format!("`{function}` makes another one here"),
    };
    let count = uses.len();
    Finding {
        lint: LINT.name,
        confidence: Confidence::Likely,
        message: format!("`{}` is a `const`: every use is another one", def.name),
        lock: Some(format!("{}::{}", model.module_path(def.module), def.name)),
        item: def.name.to_string(),
        in_test: analysis.workspace.file(def.at.file).source.is_test || is_for_tests(&item.attrs),
        primary: at(def.at.file, item.name_span),
        labels: uses.into_iter().take(SHOWN).map(label).collect(),
        note: format!(
            "{count} {} a value that nobody else has and that is gone with the statement: what is put in is lost",
            if count == 1 { "use makes" } else { "uses make" }
        ),
        help: "make it a `static`".to_string(),
        interleaving: Vec::new(),
        fixes: fix(analysis, id).into_iter().collect(),
    }
}

fn is_for_tests(attrs: &Attrs) -> bool {
    safe_map_analysis::model::is_test_attrs(attrs)
}

/// `static` for `const`, where that compiles: the type is for several threads, it is no associated item, and nobody has it by
/// value.
fn fix(analysis: &Analysis, id: ConstId) -> Option<Fix> {
    let (model, at_item) = (&analysis.model, analysis.model.const_(id).at);
    let file = analysis.workspace.file(at_item.file);
    let item = model.item(at_item);
    let ItemKind::Const { .. } = item.kind else { return None };
    let is_inside = |it: &Item| match &it.kind {
        ItemKind::Impl(it) => it.items.contains(&at_item.item),
        ItemKind::Trait { items, .. } => items.contains(&at_item.item),
        _ => false,
    };
    let is_associated = file.facts.items.iter().any(is_inside);
    if is_associated || !is_sync(model, &model.const_ty(id), 6) || is_had_by_value(analysis, &item.name) {
        return None;
    }
    let head = Span::new(item.span.start, item.name_span.start).text(&file.source.text);
    let start = item.span.start + u32::try_from(head.rfind("const")?).ok()?;
    Some(Fix {
        title: "make it a `static`".to_string(),
        applicability: Applicability::MaybeIncorrect,
        edits: vec![Edit {
            place: at(at_item.file, Span::new(start, start + 5)),
            replacement: "static".to_string(),
        }],
    })
}

/// Whether threads can share a value: surely, by what its type is made of.
fn is_sync(model: &Model, ty: &Ty, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let all = |items: &[Ty]| items.iter().all(|it| is_sync(model, it, depth));
    match ty {
        Ty::Prim(_) | Ty::Never => true,
        Ty::Ref(_, it) | Ty::Slice(it) => is_sync(model, it, depth),
        Ty::Tuple(items) => all(items),
        Ty::Known(id, args) => {
            let path = &model.knowledge().ty(*id).path;
            let is_local = ["std::rc::", "std::cell::", "::unsync::"].iter().any(|it| path.contains(it));
            let is_guard = matches!(model.role(ty), Some(TypeRole::Guard | TypeRole::Entry));
            !is_local && !is_guard && all(args)
        }
        Ty::Adt(id, args) => {
            let params = &model.adt(*id).params;
            let fields = model.adt_fields(*id);
            fields.iter().all(|it| is_sync(model, &it.ty.instantiate(params, args), depth))
        }
        Ty::Unknown
        | Ty::Param(_)
        | Ty::Ptr(..)
        | Ty::Future(_)
        | Ty::Callable(..)
        | Ty::Trait(_)
        | Ty::Foreign(..) => false,
    }
}

/// Whether some body moves or copies what is called so: a static stays where it is.
fn is_had_by_value(analysis: &Analysis, name: &Name) -> bool {
    let files = analysis.workspace.files.iter().filter(|it| has_word(&it.source.text, name));
    let mut bodies = files.flat_map(|it| it.facts.bodies.iter().map(|body| (body, &it.source.text)));
    bodies.any(|(packed, text)| {
        if packed.max_depth > MAX_WALKED_DEPTH {
            return true;
        }
        let body = packed.unpack();
        let in_place: Vec<ExprId> = body.exprs.iter().filter_map(|it| used_in_place(&body, it)).collect();
        body.exprs.iter().zip(0..).any(|(it, id)| match &it.kind {
            ExprKind::Path(path) => {
                path.last().is_some_and(|it| it.name == *name) && !in_place.contains(&ExprId(id))
            }
            ExprKind::Macro(call) => {
                matches!(call.args, MacroArgs::Opaque) && has_word(it.span.text(text), name)
            }
            _ => false,
        })
    })
}

/// What a place starts with that is lent, or that a method is called on which leaves it there.
fn used_in_place(body: &Body, it: &Expr) -> Option<ExprId> {
    match &it.kind {
        ExprKind::MethodCall { receiver, method, .. } if !method.starts_with("into") => {
            Some(root(body, *receiver))
        }
        ExprKind::Ref { operand, .. } => Some(root(body, *operand)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::{check, fixed, found};

    #[test]
    fn a_lock_or_shared_map_that_is_used_in_place() {
        check(
            &LINT,
            "
use std::{collections::BTreeMap, sync::{Mutex, LazyLock}};
struct Cache { entries: Mutex<BTreeMap<u32, u32>> }
const CACHE: Cache = Cache { entries: Mutex::new(BTreeMap::new()) };
//    ^^^^^ const_shared_map
const SHARED: LazyLock<dashmap::DashMap<u32, u32>> = LazyLock::new(Default::default);
//    ^^^^^^ const_shared_map
fn f() {
    CACHE.entries.lock().unwrap().insert(1, 1);
//  -------------------- hazard: `f` makes another one here
    g(&SHARED);
}
fn g(map: &dashmap::DashMap<u32, u32>) {}
",
        );
    }

    #[test]
    fn a_cell_that_is_empty_at_each_use() {
        check(
            &LINT,
            "
use once_cell::sync::{Lazy, OnceCell};
const SENDER: OnceCell<u32> = OnceCell::new();
//    ^^^^^^ const_shared_map
const NAME: Lazy<String> = Lazy::new(String::new);
fn start() { SENDER.set(1).unwrap(); }
//           ------------- hazard: `start` makes another one here
fn stop() -> Option<u32> { NAME.len(); SENDER.get().copied() }
//                                     ------------ hazard: `stop` makes another one here
",
        );
    }

    #[test]
    fn starts_of_something_else_and_references_are_silent() {
        check(
            &LINT,
            "
use std::{collections::BTreeMap, sync::Mutex};
const EMPTY: Mutex<BTreeMap<u32, u32>> = Mutex::new(BTreeMap::new());
static ALL: [Mutex<BTreeMap<u32, u32>>; 4] = [EMPTY; 4];
struct S { map: Mutex<BTreeMap<u32, u32>> }
fn f() -> S { let own = EMPTY; own.lock(); S { map: EMPTY } }
const NAMES: &[&str] = &[\"a\"];
const NONE: Option<Mutex<u32>> = None;
fn g() -> usize { NONE.as_ref(); NAMES.len() }
",
        );
    }

    #[test]
    fn a_static_is_what_is_meant() {
        let text = "
const MAP: std::sync::Mutex<u32> = std::sync::Mutex::new(1);
fn f() { MAP.lock(); }
";
        assert_eq!(fixed(&LINT, text).as_deref(), Some(text.replace("const", "static").as_str()));
    }

    #[test]
    fn no_static_of_what_threads_cannot_share_or_somebody_takes() {
        let uses = "fn f() { MAP.lock(); }";
        for text in [
            "use std::{cell::Cell, sync::Mutex};\nstruct S { map: Mutex<u32>, n: Cell<u32> }\nconst MAP: S = S { map: Mutex::new(1), n: Cell::new(0) };\nfn f() { MAP.map.lock(); }",
            "use std::{rc::Rc, sync::Mutex};\nconst MAP: Mutex<Option<Rc<u32>>> = Mutex::new(None);\nfn f() { MAP.lock(); }",
            "const MAP: std::sync::Mutex<other::Thing> = std::sync::Mutex::new(other::NONE);\nfn f() { MAP.lock(); }",
            &format!(
                "const MAP: std::sync::Mutex<u32> = std::sync::Mutex::new(1);\n{uses}\nfn g() {{ let own = MAP; }}"
            ),
            &format!(
                "const MAP: std::sync::Mutex<u32> = std::sync::Mutex::new(1);\n{uses}\nstatic ALL: [std::sync::Mutex<u32>; 2] = [MAP; 2];"
            ),
            &format!(
                "const MAP: std::sync::Mutex<u32> = std::sync::Mutex::new(1);\n{uses}\nfn g() -> u32 {{ MAP.into_inner().unwrap() }}"
            ),
            &format!(
                "const MAP: std::sync::Mutex<u32> = std::sync::Mutex::new(1);\n{uses}\nfn g() {{ other!(use MAP as it); }}"
            ),
        ] {
            assert_eq!(found(&LINT, text).len(), 1, "{text}");
            assert_eq!(fixed(&LINT, text), None, "{text}");
        }
    }

    #[test]
    fn a_variant_without_a_lock() {
        check(
            &LINT,
            "
use std::sync::{Arc, Mutex};
enum Device { Cpu, Cuda(Mutex<u32>) }
const DEVICE: Device = Device::Cpu;
impl Device { fn name(&self) -> u32 { 0 } }
fn f() -> u32 { DEVICE.name() }
",
        );
    }
}
