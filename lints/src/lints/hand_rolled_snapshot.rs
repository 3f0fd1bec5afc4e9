//! A map behind an `AtomicPtr` is changed, freed or published in a way that readers do not survive.
//!
//! ## Why
//!
//! An `AtomicPtr` makes the pointer atomic, and nothing else. A reader that has loaded it holds it for as long as it likes: the map
//! must not be changed in place under it, must not be freed before it is done, and must be written completely before its address
//! is published. Two writers that both copy, change and store lose one of the changes.
//!
//! It comes from configuration and route tables that are read on every request, and from lock-free code that left out the part
//! that frees memory.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::atomic::{AtomicPtr, Ordering};
//!
//! pub struct Routes { current: AtomicPtr<HashMap<String, u32>> }
//!
//! impl Routes {
//!     pub fn add(&self, path: String, target: u32) {
//!         let routes = unsafe { &mut *self.current.load(Ordering::Acquire) };
//!         routes.insert(path, target);
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
//! pub struct Routes { current: RwLock<Arc<HashMap<String, u32>>> }
//!
//! impl Routes {
//!     pub fn add(&self, path: String, target: u32) {
//!         Arc::make_mut(&mut self.current.write().unwrap()).insert(path, target);
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! `safe_map::SnapshotMap`, `arc_swap::ArcSwap` with `rcu`, or a `RwLock<Arc<HashMap<..>>>`: all three keep a snapshot alive for
//! those who read it, and let no change get lost.
//!
//! ## Limits
//!
//! The pointer is followed through locals of one function. Functions with `&mut self`, under a guard, or with a loop, which may wait for
//! readers, are left alone, and so is memory that is given to somebody else to free (`defer_destroy`, `retire`). What the
//! pointer leads to must hold a map.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{ExprId, ExprKind, PatId, PatKind, SelfKind, StmtKind};
use safe_map_analysis::model::ValueDef;
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::Ty;

use crate::bodies::is_loop;
use crate::exposure::outer_name;
use crate::pointers::{changed_through, dereferenced};
use crate::story::{finding, here};
use crate::typing::{MAX_DEPTH, Typed};
use crate::{Check, Finding, Group, Label, Level, Lint, Role};

pub(crate) static LINT: Lint = Lint {
    name: "hand_rolled_snapshot",
    group: Group::Sharing,
    level: Level::Deny,
    has_fix: false,
    merges_sites: false,
    source: include_str!("hand_rolled_snapshot.rs"),
    check: Check::Contention(check),
};

/// What goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Mistake {
    /// The pointer is to a value that is gone with its statement.
    Dangling,
    /// A `Box` is made of a pointer that others have, and forgotten.
    Aliased,
    /// The map is changed where readers see it.
    InPlace,
    /// The old map is freed at once.
    Freed,
    /// The new map is published without its content.
    Relaxed,
    /// Load, copy, change, store.
    Lost,
}

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let model = function.model();
    let text = model.item(model.func(function.id).at).span.text(&function.file.parsed().source.text);
    let is_about = ["AtomicPtr::new", ".load(", ".swap(", ".store("].iter().any(|it| text.contains(it));
    if !is_about {
        return;
    }
    let Some(typed) = Typed::of(function.file.analysis, function.id) else { return };
    let snapshot = Snapshot { function, typed: &typed };
    let mut found: Vec<(Mistake, Finding)> = Vec::new();
    for (id, _) in typed.exprs() {
        let Some((mistake, at, other)) = snapshot.mistake(id) else { continue };
        match found.iter_mut().find(|(it, _)| *it == mistake) {
            Some((_, first)) => first.labels.push(Label {
                role: Role::Hazard,
                place: here(function, at),
                message: "so it is here".to_string(),
            }),
            None => found.push((mistake, report(function, mistake, at, other))),
        }
    }
    out.extend(found.into_iter().map(|(_, it)| it));
}

struct Snapshot<'a> {
    function: &'a FunctionView<'a>,
    typed: &'a Typed<'a>,
}

impl Snapshot<'_> {
    fn mistake(&self, id: ExprId) -> Option<(Mistake, Span, Span)> {
        let at = self.typed.expr(id).span;
        if let Some(temporary) = self.dangling(id) {
            return Some((Mistake::Dangling, temporary, at));
        }
        if let ExprKind::Call { callee, args } = &self.typed.expr(id).kind
            && let [only] = args.as_slice()
            && self.is_from_raw(*callee)
        {
            if let Some(load) = self.source(*only, "load").filter(|_| self.forgets()) {
                return Some((Mistake::Aliased, at, load));
            }
            if let Some(swap) = self.source(*only, "swap").filter(|_| self.is_open() && self.is_dropped(id)) {
                return Some((Mistake::Freed, at, swap));
            }
        }
        if !self.is_open() {
            return None;
        }
        if let Some(load) = changed_through(self.typed, id).and_then(|it| self.source(it, "load")) {
            return Some((Mistake::InPlace, at, load));
        }
        self.stored(id)
    }

    /// The value that `AtomicPtr::new(&mut value())` points to, or a `store` of it.
    fn dangling(&self, id: ExprId) -> Option<Span> {
        let pointer = match &self.typed.expr(id).kind {
            ExprKind::Call { callee, args } => {
                let ValueDef::Assoc(ty, name) = self.typed.callee(*callee)? else { return None };
                let is_new = name == "new" && outer_name(self.typed.model, &ty) == Some("AtomicPtr");
                *args.first().filter(|_| is_new)?
            }
            ExprKind::MethodCall { receiver, method, args, .. } => {
                let stores = matches!(method.as_str(), "store" | "swap") && self.pointee(*receiver).is_some();
                *args.first().filter(|_| stores)?
            }
            _ => return None,
        };
        let ExprKind::Ref { mutable: true, raw: false, operand } = self.typed.expr(pointer).kind else {
            return None;
        };
        let value = self.typed.expr(operand);
        matches!(value.kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::Struct { .. })
            .then_some(value.span)
    }

    /// What an `AtomicPtr` leads to.
    fn pointee(&self, id: ExprId) -> Option<Ty> {
        self.typed.derefs(&self.typed.ty(id)).into_iter().find_map(|it| match &it {
            Ty::Known(_, args) if outer_name(self.typed.model, &it) == Some("AtomicPtr") => {
                args.first().cloned()
            }
            _ => None,
        })
    }

    /// The call of this method of an `AtomicPtr` to a map that a pointer comes from.
    fn source(&self, id: ExprId, method: &str) -> Option<Span> {
        self.source_within(id, method, MAX_DEPTH)
    }

    fn source_within(&self, id: ExprId, method: &str, depth: u32) -> Option<Span> {
        let depth = depth.checked_sub(1)?;
        match &self.typed.expr(id).kind {
            ExprKind::MethodCall { receiver, method: it, .. } if *it == *method => {
                self.is_map(*receiver).then_some(self.typed.expr(id).span)
            }
            ExprKind::MethodCall { receiver, method: it, .. } => {
                let is_same = matches!(it.as_str(), "as_ptr" | "cast" | "unwrap");
                self.source_within(*receiver, method, depth).filter(|_| is_same)
            }
            ExprKind::Path(_) => self.source_within(self.typed.init(id)?, method, depth),
            ExprKind::Block(block) => self.source_within(block.tail?, method, depth),
            _ => None,
        }
    }

    fn is_map(&self, receiver: ExprId) -> bool {
        self.pointee(receiver).is_some_and(|it| self.typed.model.holds_map(&it))
    }

    fn is_from_raw(&self, callee: ExprId) -> bool {
        match self.typed.callee(callee) {
            Some(ValueDef::Assoc(ty, name)) => {
                name == "from_raw" && matches!(outer_name(self.typed.model, &ty), Some("Box" | "Arc"))
            }
            _ => false,
        }
    }

    /// Whether the function gives a value away undropped.
    fn forgets(&self) -> bool {
        self.typed.body.exprs.iter().any(|it| match &it.kind {
            ExprKind::Call { callee, .. } => match &self.typed.expr(*callee).kind {
                ExprKind::Path(path) => {
                    path.last().is_some_and(|it| matches!(it.name.as_str(), "forget" | "into_raw" | "leak"))
                }
                _ => false,
            },
            _ => false,
        })
    }

    /// Whether nothing in sight keeps others away, or waits for them: no `&mut self`, guard or loop.
    fn is_open(&self) -> bool {
        let facts = self.typed.model.fn_facts(self.function.id);
        let is_shared = facts.self_param.as_ref().is_none_or(|it| it.kind == SelfKind::Ref);
        is_shared
            && !facts.is_unsafe
            && self.function.flow.guards.is_empty()
            && !self.typed.body.exprs.iter().any(is_loop)
    }

    /// Whether the box that an expression makes is dropped where it stands.
    fn is_dropped(&self, id: ExprId) -> bool {
        self.typed.body.exprs.iter().any(|it| match &it.kind {
            ExprKind::Call { callee, args } => args.contains(&id) && self.is_named(*callee, "drop"),
            ExprKind::Block(block) => block.stmts.iter().any(|it| match it.kind {
                StmtKind::Expr { expr, semi: true } => expr == id,
                StmtKind::Let { pat, init: Some(init), .. } => self.is_value(init, id) && self.is_unused(pat),
                _ => false,
            }),
            _ => false,
        })
    }

    /// Whether an expression is another, blocks aside.
    fn is_value(&self, id: ExprId, value: ExprId) -> bool {
        match &self.typed.expr(id).kind {
            ExprKind::Block(block) => block.tail.is_some_and(|it| self.is_value(it, value)),
            _ => id == value,
        }
    }

    /// Whether what a pattern binds is there to be dropped.
    fn is_unused(&self, pat: PatId) -> bool {
        match &self.typed.body.pat(pat).kind {
            PatKind::Wild => true,
            PatKind::Bind { name, .. } => name.starts_with('_'),
            _ => false,
        }
    }

    fn is_named(&self, callee: ExprId, name: &str) -> bool {
        matches!(&self.typed.expr(callee).kind, ExprKind::Path(path) if path.last().is_some_and(|it| it.name == *name))
    }

    /// `store(new, Relaxed)`, and `store` of a copy of what the function has loaded.
    fn stored(&self, id: ExprId) -> Option<(Mistake, Span, Span)> {
        let ExprKind::MethodCall { receiver, method, args, .. } = &self.typed.expr(id).kind else {
            return None;
        };
        let at = self.typed.expr(id).span;
        let [value, order] = args.as_slice() else { return None };
        if !matches!(method.as_str(), "store" | "swap") || !self.is_map(*receiver) || self.is_null(*value) {
            return None;
        }
        if self.is_named(*order, "Relaxed") {
            return Some((Mistake::Relaxed, at, at));
        }
        let text = |it: ExprId| self.typed.expr(it).span.text(&self.function.file.parsed().source.text);
        let mut loads = self.typed.exprs().filter(|(_, it)| match &it.kind {
            ExprKind::MethodCall { receiver: from, method, .. } => {
                *method == "load" && it.span.end <= at.start && text(*from) == text(*receiver)
            }
            _ => false,
        });
        let load = loads.next()?.1.span;
        self.copies(load).then_some((Mistake::Lost, at, load))
    }

    fn is_null(&self, id: ExprId) -> bool {
        match &self.typed.expr(id).kind {
            ExprKind::Call { callee, .. } => ["null_mut", "null"].iter().any(|it| self.is_named(*callee, it)),
            _ => false,
        }
    }

    /// Whether the function makes a copy of what a load gave.
    fn copies(&self, load: Span) -> bool {
        self.typed.exprs().any(|(_, it)| match &it.kind {
            ExprKind::MethodCall { receiver, method, .. } if is_copy(method) => {
                let loaded = |id: ExprId| self.source(id, "load") == Some(load);
                dereferenced(self.typed, *receiver).is_some_and(loaded) || self.refers(*receiver, load)
            }
            _ => false,
        })
    }

    /// Whether a local is a reference to what a load gave.
    fn refers(&self, id: ExprId, load: Span) -> bool {
        let Some(init) = self.typed.init(id) else { return false };
        self.typed.expr(init).span.contains(load)
    }
}

fn is_copy(method: &Name) -> bool {
    matches!(method.as_str(), "clone" | "to_owned")
}

fn report(function: &FunctionView<'_>, mistake: Mistake, at: Span, other: Span) -> Finding {
    let (message, there, note) = match mistake {
        Mistake::Dangling => (
            "the pointer is to a value that is gone when this statement ends",
            "stored here",
            "a temporary is dropped at the end of its statement: whoever loads the pointer reads freed memory",
        ),
        Mistake::Aliased => (
            "a `Box` is made of a pointer that others load as well",
            "loaded here",
            "a `Box` says that nobody else has the value, and a panic before it is forgotten frees the map under every reader",
        ),
        Mistake::InPlace => (
            "the map behind an `AtomicPtr` is changed where readers see it",
            "loaded here",
            "an insert that grows the map frees the table that a reader of the same pointer is in",
        ),
        Mistake::Freed => (
            "the map that an `AtomicPtr` led to is freed while readers can have it",
            "taken out here",
            "a reader that loaded the pointer before the swap goes on reading freed memory",
        ),
        Mistake::Relaxed => (
            "a map is published by a `Relaxed` store",
            "stored here",
            "nothing orders the writes that made the map before the store: a reader can see the pointer and not what it leads to",
        ),
        Mistake::Lost => (
            "a changed copy of the map is stored without asking whether the map is still the same",
            "loaded here",
            "two writers that copy the same map store one after the other: what the first has changed is lost",
        ),
    };
    let mut finding = finding(function, LINT.name, at, message.to_string());
    if other != at {
        finding.labels.push(Label {
            role: Role::Acquire,
            place: here(function, other),
            message: there.to_string(),
        });
    }
    finding.note = note.to_string();
    finding.help =
        "use a `safe_map::SnapshotMap` or an `ArcSwap`: they keep a snapshot for those who read it"
            .to_string();
    finding
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::{check, found};

    /// What is found in the body of a method with `self.map: AtomicPtr<HashMap<u32, u32>>`.
    fn messages(head: &str, body: &str) -> Vec<String> {
        let text = format!(
            "use std::{{collections::HashMap, mem, sync::{{Mutex, atomic::{{AtomicPtr, Ordering::*}}}}}};
struct S {{ map: AtomicPtr<HashMap<u32, u32>>, lock: Mutex<()> }}
impl S {{ {head} {{ {body} }} }}"
        );
        found(&LINT, &text).into_iter().map(|it| it.message).collect()
    }

    #[test]
    fn a_pointer_to_a_temporary() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::atomic::AtomicPtr};
struct S { map: AtomicPtr<HashMap<u32, u32>> }
fn new() -> S { S { map: AtomicPtr::new(&mut HashMap::new()) } }
//                                           ^^^^^^^^^^^^^^ hand_rolled_snapshot
fn two() -> [S; 2] { [S { map: AtomicPtr::new(&mut HashMap::new()) }, S { map: AtomicPtr::new(&mut HashMap::new()) }] }
//                                                 ^^^^^^^^^^^^^^ hand_rolled_snapshot
//                                                                                                 -------------- hazard: so it is here
fn owned() -> S { S { map: AtomicPtr::new(Box::into_raw(Box::new(HashMap::new()))) } }
fn lent(map: &mut HashMap<u32, u32>) -> S { S { map: AtomicPtr::new(&mut *map) } }
",
        );
    }

    #[test]
    fn a_local_that_shadows_what_it_is_made_of() {
        let text = "
use std::{collections::HashMap, sync::atomic::{AtomicPtr, Ordering}};
struct S { map: AtomicPtr<HashMap<u32, u32>> }
impl S {
    fn f(&self, map: *mut HashMap<u32, u32>) {
        let map = map;
        let map = { map };
        self.map.load(Ordering::Acquire);
        drop(unsafe { Box::from_raw(map) });
    }
}
";
        assert_eq!(found(&LINT, text), []);
    }

    #[test]
    fn a_box_of_what_others_load() {
        let body =
            "let it = unsafe { Box::from_raw(self.map.load(Acquire)) }; let n = f(&it); mem::forget(it); n";
        let found = messages("fn with(&self, f: impl FnOnce(&HashMap<u32, u32>) -> u32) -> u32", body);
        assert_eq!(found, ["a `Box` is made of a pointer that others load as well"]);
    }

    #[test]
    fn a_change_in_place_a_free_a_relaxed_store_and_a_lost_update() {
        let add = "fn add(&self)";
        let cases = [
            ("unsafe { (*self.map.load(Acquire)).insert(1, 1); }", "changed where readers see it"),
            (
                "let map = self.map.load(Acquire); unsafe { (&mut *map).insert(1, 1); }",
                "changed where readers see it",
            ),
            (
                "let new = Box::into_raw(Box::default()); let old = self.map.swap(new, AcqRel); unsafe { drop(Box::from_raw(old)); }",
                "is freed while",
            ),
            (
                "let _old = unsafe { Box::from_raw(self.map.swap(Box::into_raw(Box::default()), AcqRel)) };",
                "is freed while",
            ),
            ("self.map.store(Box::into_raw(Box::default()), Relaxed);", "`Relaxed` store"),
            (
                "let mut new = unsafe { (*self.map.load(Acquire)).clone() }; new.insert(1, 1); self.map.store(Box::into_raw(Box::new(new)), Release);",
                "without asking",
            ),
        ];
        for (body, part) in cases {
            let found = messages(add, body);
            assert!(found.len() == 1 && found[0].contains(part), "{body}: {found:?}");
        }
    }

    #[test]
    fn owners_guards_loops_readers_and_reclaimers_are_silent() {
        let cases = [
            ("fn add(&mut self)", "unsafe { (*self.map.load(Acquire)).insert(1, 1); }"),
            (
                "fn add(&self)",
                "let _guard = self.lock.lock().unwrap(); unsafe { (*self.map.load(Acquire)).insert(1, 1); }",
            ),
            ("fn get(&self) -> usize", "unsafe { (*self.map.load(Acquire)).len() }"),
            ("fn set(&self)", "let old = self.map.swap(Box::into_raw(Box::default()), AcqRel); retire(old);"),
            (
                "fn set(&self)",
                "let old = self.map.swap(Box::into_raw(Box::default()), AcqRel); while self.busy() {} unsafe { drop(Box::from_raw(old)); }",
            ),
            ("fn clear(&self)", "self.map.store(std::ptr::null_mut(), Relaxed);"),
        ];
        for (head, body) in cases {
            assert_eq!(messages(head, body), Vec::<String>::new(), "{body}");
        }
    }
}
