//! A raw pointer to a map is taken to another thread.
//!
//! ## Why
//!
//! Raw pointers are neither `Send` nor `Sync`, so that somebody has to think before another thread gets one. Made a `usize`, or put
//! into a type with an `unsafe impl Send`, it goes there all the same: nothing keeps the map alive until the other thread is
//! done, and nothing orders what the two do to it.
//!
//! It comes from callbacks and pools that ask for `Send + 'static`, and from bindings that keep a pointer to their host.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashMap;
//!
//! fn fill(prices: &mut HashMap<u32, u32>) {
//!     let address = prices as *mut HashMap<u32, u32> as usize;
//!     std::thread::spawn(move || {
//!         let prices = unsafe { &mut *(address as *mut HashMap<u32, u32>) };
//!         prices.insert(1, 2);
//!     });
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::{Arc, Mutex};
//!
//! fn fill(prices: &Arc<Mutex<HashMap<u32, u32>>>) {
//!     let prices = prices.clone();
//!     std::thread::spawn(move || {
//!         prices.lock().unwrap().insert(1, 2);
//!     });
//! }
//! ```
//!
//! ## Fix
//!
//! An `Arc` of a lock, or of a `safe_map::ShardedMap`; `thread::scope` where the other thread is done before this one goes on.
//!
//! ## Limits
//!
//! The pointer must be seen to be made of a reference, and to be used. Pointers that own what they lead to (`Box::into_raw`) may be
//! sent as the value itself may, and are left alone, and so are those that are only kept or compared, and pointer types that
//! deref by themselves: when they may is the protocol of whoever made them. A closure that is given to a function of the workspace
//! counts as run by another thread where its parameter is asked to be `Send`; one that is given to a function that is not known
//! counts always.

use safe_map_analysis::Analysis;
use safe_map_analysis::facts::{ExprId, ExprKind};
use safe_map_analysis::model::{Def, FnId, Marker, Model, ValueDef};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{AdtId, Ty};

use crate::claims::{Claim, claims};
use crate::exposure::outer_name;
use crate::pointers::{Origin, Source, dereferenced, origin, reborrowed};
use crate::started::started_around;
use crate::story::at;
use crate::typing::Typed;
use crate::{Check, Confidence, Finding, Group, Label, Level, Lint, Place, Role};

pub(crate) static LINT: Lint = Lint {
    name: "map_pointer_across_threads",
    group: Group::Sharing,
    level: Level::Deny,
    has_fix: false,
    merges_sites: false,
    source: include_str!("map_pointer_across_threads.rs"),
    check: Check::Workspace(check),
};

fn check(analysis: &Analysis, out: &mut Vec<Finding>) {
    let model = &analysis.model;
    let claims: Vec<Claim<'_>> =
        claims(model).filter(|it| it.marker == Marker::Send && !it.negative).collect();
    out.extend(claims.iter().filter_map(|it| claimed(analysis, it)));
    for id in model.fn_ids().filter(|it| !model.has_one_thread(*it)) {
        let def = model.func(id);
        let text = model.item(def.at).span.text(&analysis.workspace.file(def.at.file).source.text);
        // What another thread does with a pointer is written with these.
        if !text.contains("unsafe") || !text.contains("move") {
            continue;
        }
        if text.contains("usize") {
            out.extend(as_number(analysis, id));
        }
        if text.contains("&*") || text.contains("&mut *") {
            out.extend(borrowed_again(analysis, id));
        }
        if claims.iter().any(|it| text.contains(model.adt(it.adt).name.as_str())) {
            out.extend(wrapped(analysis, &claims, id));
        }
    }
}

/// A claim that a type with a pointer to a map is `Send`.
fn claimed(analysis: &Analysis, claim: &Claim<'_>) -> Option<Finding> {
    let model = &analysis.model;
    let args = model.adt(claim.adt).params.iter().cloned().map(Ty::Param).collect();
    if model.impl_has_one_thread(claim.def) || model.deref_target(&Ty::Adt(claim.adt, args)).is_some() {
        return None;
    }
    let fields = model.adt_fields(claim.adt);
    let (field, pointee) = fields.iter().find_map(|it| Some((it, pointee(model, &it.ty)?)))?;
    if !model.holds_map(&pointee) {
        return None;
    }
    let file = model.adt(claim.adt).at.file;
    let here = |id: &FnId| model.func(*id).at.file == file;
    let mut made = None;
    let mut is_used = false;
    for id in model.fn_ids().filter(here) {
        let Some(typed) = Typed::of(analysis, id) else { continue };
        made = made.or_else(|| made_of_reference(&typed, claim.adt, &field.name));
        is_used |= is_used_in(&typed, claim.adt, &field.name);
    }
    let made = made.filter(|_| is_used)?;
    Some(report_claim(model, claim, &field.name, &made))
}

/// What a raw pointer in a field leads to.
fn pointee(model: &Model, ty: &Ty) -> Option<Ty> {
    match ty {
        Ty::Ptr(_, inner) => Some((**inner).clone()),
        Ty::Known(_, args) => match outer_name(model, ty)? {
            "NonNull" => args.first().cloned(),
            "Option" => pointee(model, args.first()?),
            _ => None,
        },
        _ => None,
    }
}

/// Where a body puts a pointer that is made of a reference into the field.
fn made_of_reference(typed: &Typed<'_>, adt: AdtId, field: &Name) -> Option<Origin> {
    typed.exprs().find_map(|(id, expr)| {
        let value = match &expr.kind {
            ExprKind::Struct { fields, .. } if is_adt(&typed.ty(id), adt) => {
                fields.iter().find(|(name, _)| name == field)?.1
            }
            ExprKind::Call { args, .. } if is_adt(&typed.ty(id), adt) => {
                *args.get(field.parse::<usize>().ok()?)?
            }
            _ => return None,
        };
        // An `Arc` keeps its value as long as somebody has one.
        origin(typed, value).filter(|it| it.source != Source::Counted)
    })
}

fn is_adt(ty: &Ty, adt: AdtId) -> bool {
    matches!(ty, Ty::Adt(id, _) if *id == adt)
}

/// Whether a body goes to what the field leads to.
fn is_used_in(typed: &Typed<'_>, adt: AdtId, field: &Name) -> bool {
    let is_field = |id: ExprId| match &typed.expr(id).kind {
        ExprKind::Field { base, name } => {
            name == field && typed.derefs(&typed.ty(*base)).iter().any(|it| is_adt(it, adt))
        }
        _ => false,
    };
    typed.exprs().any(|(id, expr)| match &expr.kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            matches!(method.as_str(), "as_ref" | "as_mut" | "as_ref_unchecked" | "as_mut_unchecked")
                && is_field(*receiver)
        }
        // Whoever gets it from here goes to it there.
        ExprKind::Call { callee, args } => {
            let is_own = match typed.callee(*callee) {
                Some(ValueDef::Assoc(ty, _)) => matches!(ty, Ty::Adt(..)),
                Some(ValueDef::Def(def)) => matches!(def, Def::Fn(_) | Def::Adt(_)),
                _ => false,
            };
            is_own && args.iter().any(|it| is_field(*it))
        }
        _ => dereferenced(typed, id).is_some_and(|it| is_field(it) || is_field_pointer(typed, it, &is_field)),
    })
}

/// `self.inner.as_ptr()`.
fn is_field_pointer(typed: &Typed<'_>, id: ExprId, is_field: &dyn Fn(ExprId) -> bool) -> bool {
    matches!(&typed.expr(id).kind, ExprKind::MethodCall { receiver, method, .. } if *method == "as_ptr" && is_field(*receiver))
}

/// Where a function makes a number of a pointer to a map, and what it starts makes a pointer of it again.
fn as_number(analysis: &Analysis, id: FnId) -> Option<Finding> {
    let typed = Typed::of(analysis, id)?;
    typed.exprs().find_map(|(_, expr)| {
        let ExprKind::Cast { operand, .. } = &expr.kind else { return None };
        let pointer = typed.ty_of_cast(expr)?;
        let init = typed.init(*operand)?;
        let started = started_around(&typed, expr.span)?;
        let is_number = |it: &Ty| matches!(it, Ty::Prim(name) if *name == "usize" || *name == "u64");
        if !matches!(pointer, Ty::Ptr(..))
            || !is_number(&typed.ty(init))
            || started.contains(typed.expr(init).span)
        {
            return None;
        }
        let origin = origin(&typed, init)?;
        analysis.model.holds_map(&origin.pointee).then(|| {
            let message = "the address of a map goes to code that another thread can run";
            report_started(analysis, id, &origin, expr.span, message, "a pointer again here")
        })
    })
}

/// Where a function puts a pointer to a map into a type that claims to be `Send`, and what it starts has it.
fn wrapped(analysis: &Analysis, claims: &[Claim<'_>], id: FnId) -> Option<Finding> {
    let typed = Typed::of(analysis, id)?;
    typed.exprs().find_map(|(id_of, expr)| {
        let init = typed.init(id_of)?;
        let started = started_around(&typed, expr.span)?;
        let is_outside = !started.contains(typed.expr(init).span);
        let claims_send = match typed.ty(init) {
            Ty::Adt(adt, _) => claims.iter().any(|it| it.adt == adt && has_pointer(&analysis.model, adt)),
            _ => false,
        };
        let origin = origin(&typed, init).filter(|_| is_outside && claims_send)?;
        analysis.model.holds_map(&origin.pointee).then(|| {
            let message = "a raw pointer to a map goes to code that another thread can run";
            report_started(analysis, id, &origin, expr.span, message, "used here")
        })
    })
}

/// Whether a type has a raw pointer in a field.
fn has_pointer(model: &Model, adt: AdtId) -> bool {
    model.adt_fields(adt).iter().any(|it| pointee(model, &it.ty).is_some())
}

/// Where a function makes a reference of a pointer to a map, and what it starts has it.
fn borrowed_again(analysis: &Analysis, id: FnId) -> Option<Finding> {
    let typed = Typed::of(analysis, id)?;
    typed.exprs().find_map(|(id_of, expr)| {
        let init = typed.init(id_of)?;
        let started = started_around(&typed, expr.span)?;
        let is_outside = !started.contains(typed.expr(init).span);
        let origin = reborrowed(&typed, init).filter(|it| is_outside && it.source != Source::Counted)?;
        analysis.model.holds_map(&origin.pointee).then(|| {
            let message =
                "a reference made of a raw pointer to a map goes to code that another thread can run";
            report_started(analysis, id, &origin, expr.span, message, "used here")
        })
    })
}

fn report_claim(model: &Model, claim: &Claim<'_>, field: &Name, made: &Origin) -> Finding {
    let def = model.adt(claim.adt);
    let span = claim.impl_.trait_.as_ref().map_or(claim.impl_.self_ty.span, |it| it.span);
    let message = format!("`{}` is `Send`, and `{field}` points to a map that it does not own", def.name);
    let label = Label {
        role: Role::Hazard,
        place: at(def.at.file, made.at),
        message: "the pointer is made of a reference here".to_string(),
    };
    let mut finding = finding(def.name.to_string(), at(claim.def.at.file, span), message);
    finding.in_test = claim.def.is_test;
    finding.lock = Some(format!("{}::{}.{field}", model.module_path(def.module), def.name));
    finding.labels.push(label);
    finding
}

fn report_started(
    analysis: &Analysis,
    id: FnId,
    origin: &Origin,
    used: Span,
    message: &str,
    label: &str,
) -> Finding {
    let def = analysis.model.func(id);
    let mut finding = finding(def.path.clone(), at(def.at.file, origin.at), message.to_string());
    finding.in_test = def.is_test;
    finding.labels.push(Label {
        role: Role::Hazard,
        place: at(def.at.file, used),
        message: label.to_string(),
    });
    finding
}

fn finding(item: String, primary: Place, message: String) -> Finding {
    Finding {
        lint: LINT.name,
        confidence: Confidence::Likely,
        message,
        lock: None,
        item,
        in_test: false,
        primary,
        labels: Vec::new(),
        note: "nothing keeps the map alive until the other thread is done, and nothing orders what the two do to it"
            .to_string(),
        help: "share an `Arc` of a lock or of a `safe_map::ShardedMap`, or use `thread::scope`".to_string(),
        interleaving: Vec::new(),
        fixes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::check;

    #[test]
    fn a_number_that_a_closure_makes_a_pointer_of() {
        check(
            &LINT,
            "
use std::collections::HashMap;
fn f(map: &mut HashMap<u32, u32>, pool: &Pool) {
    let pointer = map as *mut HashMap<u32, u32>;
    let address = pointer as usize;
//                ^^^^^^^^^^^^^^^^ map_pointer_across_threads
    pool.execute(move || unsafe { (*(address as *mut HashMap<u32, u32>)).insert(1, 1); });
//                                  ----------------------------------- hazard: a pointer again
    let list = &mut vec![1] as *mut Vec<u32> as usize;
    pool.execute(move || unsafe { (*(list as *mut Vec<u32>)).push(1); });
    let local = map as *mut HashMap<u32, u32> as usize;
    unsafe { (*(local as *mut HashMap<u32, u32>)).insert(1, 1); }
}
",
        );
    }

    #[test]
    fn a_reference_that_is_made_of_a_pointer_again() {
        check(
            &LINT,
            "
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
struct Host { names: Mutex<HashMap<u32, u32>> }
impl Host {
    fn watch(&self) {
        let pointer = &self.names as *const Mutex<HashMap<u32, u32>>;
//                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ map_pointer_across_threads
        let names = Arc::new(unsafe { &*pointer });
        watcher(move |_| { names.lock().unwrap().clear(); });
//                         ----- hazard: used here
        let kept = Arc::as_ptr(&Arc::new(0));
        let kept = unsafe { &*kept };
        watcher(move |_| { kept.count_ones(); });
    }
}
",
        );
    }

    #[test]
    fn code_that_is_run_before_the_call_returns_is_silent() {
        check(
            &LINT,
            "
use std::collections::HashMap;
fn each(mut f: impl FnMut(u32)) { f(1) }
fn every(f: &mut dyn FnMut(u32)) { f(1) }
fn all<F: FnMut(u32)>(f: F) { f(1) }
fn later<F>(f: F) where F: FnMut(u32) + Send + 'static { pool::run(f) }
fn f(map: &mut HashMap<u32, u32>, one: Option<u32>) {
    let address = map as *mut HashMap<u32, u32> as usize;
    each(move |it| unsafe { (*(address as *mut HashMap<u32, u32>)).insert(it, 1); });
    every(&mut move |it| unsafe { (*(address as *mut HashMap<u32, u32>)).insert(it, 1); });
    all(move |it| unsafe { (*(address as *mut HashMap<u32, u32>)).insert(it, 1); });
    one.map(move |it| unsafe { (*(address as *mut HashMap<u32, u32>)).insert(it, 1) });
}
fn g(map: &mut HashMap<u32, u32>) {
    let address = map as *mut HashMap<u32, u32> as usize;
//                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ map_pointer_across_threads
    later(move |it| unsafe { (*(address as *mut HashMap<u32, u32>)).insert(it, 1); });
//                             ----------------------------------- hazard: a pointer again
}
",
        );
    }

    #[test]
    fn a_pointer_in_a_wrapper_that_claims_to_be_send() {
        check(
            &LINT,
            "
use std::collections::HashMap;
struct SendPtr<T>(*mut T);
unsafe impl<T> Send for SendPtr<T> {}
fn f(map: &mut HashMap<u32, u32>, one: Option<u32>) {
    let pointer = SendPtr(map as *mut HashMap<u32, u32>);
//                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ map_pointer_across_threads
    std::thread::spawn(move || unsafe { (*pointer.0).insert(1, 1); });
//                                        ------- hazard: used here
    let owned = SendPtr(Box::into_raw(Box::new(HashMap::<u32, u32>::new())));
    std::thread::spawn(move || unsafe { (*owned.0).insert(1, 1); });
    let list = SendPtr(&mut vec![1] as *mut Vec<u32>);
    std::thread::spawn(move || unsafe { (*list.0).push(1); });
}
",
        );
    }

    #[test]
    fn a_send_type_that_points_to_what_it_does_not_own() {
        check(
            &LINT,
            "
use std::collections::HashMap;
use std::ptr::NonNull;
struct Host { names: HashMap<u32, u32> }
struct Handle { host: NonNull<Host> }
unsafe impl Send for Handle {}
//          ^^^^ map_pointer_across_threads
impl Handle {
    fn new(host: &Host) -> Handle { Handle { host: NonNull::new(host as *const Host as *mut Host).unwrap() } }
//                                                              -------------------------------- hazard: made of a reference
    fn names(&self) -> usize { unsafe { self.host.as_ref().names.len() } }
}
",
        );
    }

    #[test]
    fn pointers_that_own_or_are_only_kept_are_silent() {
        check(
            &LINT,
            "
use std::collections::HashMap;
struct Host { names: HashMap<u32, u32> }
struct Owner { host: *mut Host }
unsafe impl Send for Owner {}
impl Owner {
    fn new(host: Host) -> Owner { Owner { host: Box::into_raw(Box::new(host)) } }
    fn names(&self) -> usize { unsafe { (*self.host).names.len() } }
}
struct Pointer(*const Host);
unsafe impl Send for Pointer {}
impl std::ops::Deref for Pointer {
    type Target = Host;
    fn deref(&self) -> &Host { unsafe { &*self.0 } }
}
impl Pointer { fn new(host: &Host) -> Pointer { Pointer(host as *const Host) } }
struct Kept { host: *const Host }
unsafe impl Send for Kept {}
impl Kept {
    fn new(host: &Host) -> Kept { Kept { host: host as *const Host } }
    fn is(&self, host: &Host) -> bool { std::ptr::eq(self.host, host) }
}
",
        );
    }
}
