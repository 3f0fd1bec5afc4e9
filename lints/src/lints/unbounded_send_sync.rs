//! A map, handle, guard or iterator is `Send` or `Sync` for types that are not.
//!
//! ## Why
//!
//! `unsafe impl<K, V> Sync for Table<K, V> {}` says that threads may share the table whatever is in it. Put an `Rc` or a
//! `Cell` in, and safe code clones and changes it on two threads at once: a double free that no caller wrote an `unsafe` for.
//! An `AtomicPtr<T>` says the same in silence: it is `Send` and `Sync` for every `T`, and so is what has one.
//!
//! It comes from impls that were written for the pointers in a type, and forgot what is behind them.
//!
//! ## Fires
//!
//! ```rust
//! pub struct Table<K, V> {
//!     buckets: *mut (K, V),
//!     len: usize,
//! }
//!
//! unsafe impl<K, V> Send for Table<K, V> {}
//!
//! impl<K: PartialEq, V> Table<K, V> {
//!     pub fn get(&self, key: &K) -> Option<&V> {
//!         let entries = unsafe { std::slice::from_raw_parts(self.buckets, self.len) };
//!         entries.iter().find(|it| it.0 == *key).map(|it| &it.1)
//!     }
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! pub struct Table<K, V> {
//!     buckets: *mut (K, V),
//!     len: usize,
//! }
//!
//! unsafe impl<K: Send, V: Send> Send for Table<K, V> {}
//! unsafe impl<K: Sync, V: Sync> Sync for Table<K, V> {}
//!
//! impl<K: PartialEq, V> Table<K, V> {
//!     pub fn get(&self, key: &K) -> Option<&V> {
//!         let entries = unsafe { std::slice::from_raw_parts(self.buckets, self.len) };
//!         entries.iter().find(|it| it.0 == *key).map(|it| &it.1)
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! Ask of each parameter what its place in the type asks: `Send` for what is owned, `Sync` for what is handed out as `&T`, both
//! for what `&self` methods take or give away, as `RwLock` does. For an `AtomicPtr`, add `PhantomData<*const T>` and write the
//! two impls with their bounds.
//! A map that is shared by a `safe_map::ShardedMap` needs no claim: its `Send` and `Sync` are the compiler's own, by what its keys and
//! values are.
//!
//! ## Limits
//!
//! A wrapper of one bare value without any bound (`struct AssertSend<T>(T)`) is left alone: to claim it is what it is there for. So are
//! parameters with a bound whose own bounds are not known, or that a trait has for a name and may ask something of; types that no other module can name, that only `unsafe` functions make, or only private ones without handing any out; types that can only be made of
//! what has the marker, and `Sync` where no safe `&self` method gives the value away. A type with a `Cell` of its own is for one thread
//! whatever the bounds are. Claims that macros write are not seen, nor those of which a comment at them or at the type says that there is
//! one thread.
//! A claim without any bound is not reported of a type that no other crate can name, whose own code decides what is in it; of a
//! parameter that is `Copy`; of values that the type has only the address of, or that safe code cannot reach; where each
//! function that gives them asks for the marker itself, or for a token; nor of a type that asks for the thread's id.

use safe_map_analysis::Analysis;
use safe_map_analysis::model::{Marker, Model, Promise};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{AdtId, Ty};

use crate::bounds::{Subject, Why};
use crate::claims::{Claim, claims, is_public};
use crate::exposure::{Exposure, Way, mentions, outer_name};
use crate::remarks::{is_single_threaded, remarks};
use crate::story::at;
use crate::unordered::{bare, is_changed, orders};
use crate::{Applicability, Check, Confidence, Edit, Finding, Fix, Group, Label, Level, Lint, Place, Role};

pub(crate) static LINT: Lint = Lint {
    name: "unbounded_send_sync",
    group: Group::Sharing,
    level: Level::Deny,
    has_fix: true,
    merges_sites: false,
    source: include_str!("unbounded_send_sync.rs"),
    check: Check::Workspace(check),
};

fn check(analysis: &Analysis, out: &mut Vec<Finding>) {
    let model = &analysis.model;
    let claims: Vec<Claim<'_>> = claims(model).collect();
    let mut told: Vec<(AdtId, Why, Finding)> = Vec::new();
    for claim in claims.iter().filter(|it| it.impl_.is_unsafe && !it.negative) {
        let is_exported = model.is_exported(claim.adt);
        if model.impl_has_one_thread(claim.def)
            || !(is_exported || is_public(model, claim.adt))
            || is_unordered(analysis, claim.adt)
            || is_said_to_be_for_one_thread(model, claim)
        {
            continue;
        }
        let mut missing = missing(model, &claims, claim);
        // Whoever asks for one marker meant to say what is needed; who asks for none has their own types in mind.
        missing.retain(|it| is_exported || it.why != Why::Nothing);
        let Some(first) = missing.first() else { continue };
        let bounds = bounds(model, &claims, claim);
        // Both markers of a type, missing the same, are one mistake.
        match told.iter_mut().find(|(adt, why, _)| (*adt, *why) == (claim.adt, first.why)) {
            Some((_, _, finding)) => {
                finding.labels.push(also(claim));
                finding.fixes = merged(finding.fixes.pop(), bounds).into_iter().collect();
            }
            None => {
                let mut finding = report(model, &claims, claim, &missing);
                finding.fixes.extend(bounds);
                told.push((claim.adt, first.why, finding));
            }
        }
    }
    out.extend(told.into_iter().map(|(_, _, it)| it));
    out.extend(model.adt_ids().filter_map(|it| automatic(model, &claims, it)));
}

/// Whether a type has state of its own that nothing orders: bounds would not make its claim true.
fn is_unordered(analysis: &Analysis, adt: AdtId) -> bool {
    let model = &analysis.model;
    let is_cell = |ty: &Ty| matches!(outer_name(model, ty), Some("Cell" | "RefCell")) && !ty.is_open();
    // Who asks at run time which thread it is has another way to keep the promise.
    let is_thread = |ty: &Ty| outer_name(model, ty) == Some("ThreadId");
    let fields = model.adt_fields(adt);
    let is_alone = fields.iter().all(|it| !orders(model, &it.ty));
    let is_changed = |name: &Name, ty: &Ty| {
        let bare = bare(model, ty).filter(|it| is_alone && it.in_what == "UnsafeCell");
        bare.is_some_and(|it| is_changed(analysis, adt, name, &it))
    };
    fields.iter().any(|it| is_cell(&it.ty) || is_thread(&it.ty) || is_changed(&it.name, &it.ty))
}

/// Whether a comment at the type or at the claim says that there is one thread: who wrote it knows that the claim alone is not true.
fn is_said_to_be_for_one_thread(model: &Model, claim: &Claim<'_>) -> bool {
    [model.adt(claim.adt).at, claim.def.at].into_iter().any(|it| is_single_threaded(&remarks(model, it)))
}

/// A parameter that a claim asks too little of.
struct Missing {
    param: Name,
    /// What it has to be asked for.
    needs: Marker,
    why: Why,
}

fn missing(model: &Model, all: &[Claim<'_>], claim: &Claim<'_>) -> Vec<Missing> {
    let params = &model.adt(claim.adt).params;
    let promised = |index| Some(claim.promises(model, &claim.param(index)?));
    let is_asked = |index| promised(index).is_some_and(|it| it.contains(&Promise::Yes));
    let asks_any = (0..params.len()).any(is_asked);
    missing_where(model, all, claim, asks_any, &[])
}

/// The same, given that the claim asks something of a parameter, and what it is to be asked besides.
fn missing_where(
    model: &Model,
    all: &[Claim<'_>],
    claim: &Claim<'_>,
    asks_any: bool,
    besides: &[(Name, Marker)],
) -> Vec<Missing> {
    let params = &model.adt(claim.adt).params;
    let missing = params.iter().enumerate().filter_map(|(index, own)| {
        let param = claim.param(index)?;
        let is_added = |marker| besides.iter().any(|it| it.0 == param && it.1 == marker);
        let [send, sync] = claim.promises(model, &param);
        let with = |promise, marker| if is_added(marker) { Promise::Yes } else { promise };
        let promises = [with(send, Marker::Send), with(sync, Marker::Sync)];
        let ways = Exposure::of(model, all, claim.marker, claim.adt, own);
        let subject = Subject { model, adt: claim.adt, index };
        let why = subject.lacks(claim.marker, promises, &ways, asks_any)?;
        let needs = match why {
            Why::Nothing => claim.marker,
            Why::Lends => Marker::Sync,
            Why::Moves => Marker::Send,
        };
        let is_harmless = || {
            let is_sent = claim.marker == Marker::Send;
            (is_sent && !subject.is_reached(&ways))
                || is_plain(model, claim, &param)
                || subject.is_made_by_contract()
                || subject.is_of_addresses()
                || subject.is_for_cells()
                || subject.makes_its_own(&ways)
                || subject.is_kept()
        };
        let is_promised = subject.is_made_of(needs) || (why == Why::Nothing && is_harmless());
        (!is_promised).then_some(Missing { param, needs, why })
    });
    missing.collect()
}

/// Whether a parameter is `Copy`: no value of it counts its owners, or has a cell in itself.
fn is_plain(model: &Model, claim: &Claim<'_>, param: &Name) -> bool {
    let Some(impl_) = model.impl_facts(claim.def.at) else { return false };
    model.promise(&model.impl_scope(claim.def, impl_), param, "Copy") == Promise::Yes
}

/// A type that is `Send` because an `AtomicPtr` is, for every parameter.
fn automatic(model: &Model, all: &[Claim<'_>], adt: AdtId) -> Option<Finding> {
    let def = model.adt(adt);
    if def.params.is_empty() || !model.is_exported(adt) || all.iter().any(|it| it.adt == adt) {
        return None;
    }
    let (index, own) = def.params.iter().enumerate().find(|(_, own)| {
        // What the pointer leads to is no part of the type: only what else has the parameter can ask it for something.
        let ways = Exposure::of(model, all, Marker::Send, adt, own);
        !ways.is_empty() && ways.iter().all(|it| *it == Way::AtomicPtr)
    })?;
    let subject = Subject { model, adt, index };
    let has_pointer =
        |ty: &Ty| model.any_part(ty, &mut |it| matches!(it, Ty::Ptr(..)) || is_phantom(model, it));
    let fields = model.adt_fields(adt);
    if fields.iter().any(|it| has_pointer(&it.ty)) || !subject.is_lent() || subject.is_made_of(Marker::Send) {
        return None;
    }
    let is_pointer = |ty: &Ty| outer_name(model, ty) == Some("AtomicPtr") && mentions(model, ty, own);
    // What another type of the workspace has is told of that one.
    let field = fields.iter().find(|it| has_directly(&it.ty, &is_pointer))?;
    Some(report_automatic(model, adt, own, field.span))
}

/// Whether a type or one of its arguments is meant, types of the workspace not looked into.
fn has_directly(ty: &Ty, is_meant: &dyn Fn(&Ty) -> bool) -> bool {
    let inside = match ty {
        Ty::Known(_, args) | Ty::Foreign(_, args) | Ty::Tuple(args) => {
            args.iter().any(|it| has_directly(it, is_meant))
        }
        Ty::Slice(item) => has_directly(item, is_meant),
        _ => false,
    };
    is_meant(ty) || inside
}

fn is_phantom(model: &Model, ty: &Ty) -> bool {
    outer_name(model, ty) == Some("PhantomData")
}

/// The label at a second claim that lacks the same.
fn also(claim: &Claim<'_>) -> Label {
    let message = format!("so is it `{}`", claim.marker.as_str());
    Label { role: Role::Hazard, place: claim_place(claim), message }
}

fn claim_place(claim: &Claim<'_>) -> Place {
    let span = claim.impl_.trait_.as_ref().map_or(claim.impl_.self_ty.span, |it| it.span);
    at(claim.def.at.file, span)
}

fn report(model: &Model, all: &[Claim<'_>], claim: &Claim<'_>, missing: &[Missing]) -> Finding {
    let def = model.adt(claim.adt);
    let Some(first) = missing.first() else { unreachable!("only claims that lack something are reported") };
    let params = list(missing.iter().filter(|it| it.why == first.why).map(|it| &it.param));
    let (name, marker) = (&def.name, claim.marker.as_str());
    let are = if missing.len() > 1 { "are" } else { "is" };
    let message = match first.why {
        Why::Nothing => format!("`{name}` is `{marker}` whatever {params} {are}"),
        Why::Lends => format!("`{name}` is `Send` without {params} being `Sync`, and hands out references"),
        Why::Moves => {
            format!("`{name}` is `Sync` without {params} being `Send`, and `&self` methods move values")
        }
    };
    let note = match first.why {
        Why::Nothing => {
            "an `Rc` or a `Cell` in it reaches a second thread in safe code, and both change it at once"
        }
        Why::Lends => {
            "two threads can have references to one value: with a `Cell` in it, both change it at once"
        }
        Why::Moves => {
            "a value that belongs to one thread leaves it by a shared reference: dropped or used on another, its owner's state is changed from two threads"
        }
    };
    let declared = Label {
        role: Role::Declaration,
        place: at(def.at.file, model.item(def.at).name_span),
        message: "declared here".to_string(),
    };
    let mut finding = finding(model, claim.adt, claim_place(claim), message, note);
    finding.in_test = claim.def.is_test;
    finding.labels.push(declared);
    finding.help = help(first.param.as_str(), needed(model, all, claim, &first.param), first.needs);
    finding
}

/// What to ask for: all that the claim needs, where that is known. `Sync` alone is too little where `&self` may lead to a `&mut`.
fn help(param: &str, needed: Option<Vec<Marker>>, least: Marker) -> String {
    if needed.is_none() && least == Marker::Sync {
        return format!(
            "ask in the impl for `{param}: Send` where `&self` leads to a `&mut`, as a mutex does, and for `{param}: Send + Sync` \
             where it leads to references that several have as well"
        );
    }
    let all: Vec<&str> = needed.unwrap_or_else(|| vec![least]).iter().map(|it| it.as_str()).collect();
    format!("ask for `{0}` in the impl: `{param}: {0}`", all.join(" + "))
}

fn report_automatic(model: &Model, adt: AdtId, param: &Name, field: Span) -> Finding {
    let def = model.adt(adt);
    let message = format!("`{}` is `Send` whatever `{param}` is, because an `AtomicPtr` is", def.name);
    let note = "an `Rc` or a `Cell` behind the pointer reaches a second thread in safe code, and both change it at once";
    let mut finding = finding(model, adt, at(def.at.file, field), message, note);
    finding.help =
        format!("add a `PhantomData<*const {param}>`, and `unsafe impl` with the bounds that hold");
    finding
}

fn finding(model: &Model, adt: AdtId, primary: Place, message: String, note: &str) -> Finding {
    let def = model.adt(adt);
    Finding {
        lint: LINT.name,
        confidence: Confidence::Likely,
        message,
        lock: Some(format!("{}::{}", model.module_path(def.module), def.name)),
        item: def.name.to_string(),
        in_test: model.workspace().file(def.at.file).source.is_test,
        primary,
        labels: Vec::new(),
        note: note.to_string(),
        help: String::new(),
        interleaving: Vec::new(),
        fixes: Vec::new(),
    }
}

/// The bounds that a claim has to ask for until it lacks nothing, in its own list of parameters.
fn bounds(model: &Model, all: &[Claim<'_>], claim: &Claim<'_>) -> Option<Fix> {
    let mut added: Vec<(Name, Marker)> = Vec::new();
    // A parameter can lack one marker, and then the other.
    for _ in 0..2 {
        let missing = missing_where(model, all, claim, true, &added);
        for Missing { param, needs, .. } in missing {
            let all = needed(model, all, claim, &param)?;
            let more = all.into_iter().filter(|it| *it != needs).chain([needs]);
            let [send, sync] = claim.promises(model, &param);
            let is_promised = |it: &Marker| match it {
                Marker::Send => send != Promise::No,
                Marker::Sync => sync != Promise::No,
            };
            for marker in more.filter(|it| !is_promised(it)) {
                let bound = (param.clone(), marker);
                if !added.contains(&bound) {
                    added.push(bound);
                }
            }
        }
    }
    added.sort();
    let file = claim.def.at.file;
    let text = &model.workspace().file(file).source.text;
    let start = model.item(claim.def.at).span.start;
    let head = Span::new(start, claim.impl_.trait_.as_ref()?.span.start).text(text);
    let mut edits = Vec::new();
    for param in params(head)? {
        let added = added.iter().filter(|it| it.0 == *param.name).map(|it| it.1.as_str());
        let markers: Vec<&str> = added.collect();
        if !markers.is_empty() {
            let before = if param.is_bounded { " + " } else { ": " };
            let end = start + param.end as u32;
            let place = at(file, Span::new(end, end));
            edits.push(Edit { place, replacement: format!("{before}{}", markers.join(" + ")) });
        }
    }
    (!edits.is_empty()).then(|| Fix {
        title: "ask for what the fields need".to_string(),
        applicability: Applicability::MaybeIncorrect,
        edits,
    })
}

/// All markers that a claim has to ask of a parameter, by the name that the claim gives it.
fn needed(model: &Model, all: &[Claim<'_>], claim: &Claim<'_>, param: &Name) -> Option<Vec<Marker>> {
    let index = (0..model.adt(claim.adt).params.len()).find(|it| claim.param(*it).as_ref() == Some(param))?;
    let own = &model.adt(claim.adt).params[index];
    let ways = Exposure::of(model, all, claim.marker, claim.adt, own);
    Subject { model, adt: claim.adt, index }.needs(claim.marker, &ways)
}

/// One fix for both claims of a type; none where one of them has none.
fn merged(first: Option<Fix>, second: Option<Fix>) -> Option<Fix> {
    let (mut first, second) = (first?, second?);
    first.edits.extend(second.edits);
    Some(first)
}

/// A parameter as an impl declares it.
struct Declared<'a> {
    name: &'a str,
    is_bounded: bool,
    /// Where it ends, bounds included.
    end: usize,
}

/// The parameters of `unsafe impl<'a, K: Eq, V> `.
fn params(head: &str) -> Option<Vec<Declared<'_>>> {
    let start = head.find('<').filter(|it| head[..*it].trim_end().ends_with("impl"))? + 1;
    let (mut depth, mut from, mut params) = (0u32, start, Vec::new());
    for (at, it) in head.char_indices().skip_while(|it| it.0 < start) {
        match it {
            ',' | '>' if depth == 0 => {
                params.push(declared(head, from, at));
                from = at + 1;
                if it == '>' {
                    return Some(params);
                }
            }
            '<' | '(' | '[' => depth += 1,
            '>' if head[..at].ends_with('-') => {}
            '>' | ')' | ']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

fn declared(head: &str, from: usize, to: usize) -> Declared<'_> {
    let own = head[from..to].trim();
    let name = own.split([':', ' ']).next().unwrap_or(own);
    Declared { name, is_bounded: own.contains(':'), end: from + head[from..to].trim_end().len() }
}

/// `` `K` and `V` ``.
fn list<'a>(names: impl Iterator<Item = &'a Name>) -> String {
    let quoted: Vec<String> = names.map(|it| format!("`{it}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::{check, fixed, found};

    #[test]
    fn a_claim_for_every_parameter() {
        check(
            &LINT,
            "
use std::cell::UnsafeCell;
use std::collections::HashMap;
pub struct Shared<K, V> { map: UnsafeCell<HashMap<K, V>> }
//         ------ declaration: declared here
unsafe impl<K, V> Send for Shared<K, V> {}
//                ^^^^ unbounded_send_sync
unsafe impl<K: Eq + std::hash::Hash, V> Sync for Shared<K, V> {}
//                                      ---- hazard: so is it `Sync`
impl<A, B> Shared<A, B> {
    pub fn get(&self) -> Option<&B> { None }
    pub fn key(&self) -> Option<&A> { None }
}
",
        );
    }

    #[test]
    fn a_parameter_that_the_impl_forgot() {
        let text = "
pub struct Entry<'a, K, V, S> { slot: *mut (K, V), hasher: &'a S }
unsafe impl<K: Send, V: Send, S> Send for Entry<'_, K, V, S> {}
impl<K, V, S> Entry<'_, K, V, S> { pub fn hasher(&self) -> &S { self.hasher } }
";
        let found = found(&LINT, text);
        assert_eq!(found[0].message, "`Entry` is `Send` whatever `S` is");
    }

    #[test]
    fn what_only_lends_asks_for_sync() {
        check(
            &LINT,
            "
use std::collections::HashMap;
use std::sync::RwLockReadGuard;
pub struct Ref<'a, K, V> { guard: RwLockReadGuard<'a, HashMap<K, V>>, value: *const V }
unsafe impl<K: Send, V: Send> Send for Ref<'_, K, V> {}
//                            ^^^^ unbounded_send_sync
impl<K, V> std::ops::Deref for Ref<'_, K, V> {
    type Target = V;
    fn deref(&self) -> &V { unsafe { &*self.value } }
}
pub struct RefMut<'a, V> { value: *mut V, key: &'a u32 }
unsafe impl<V: Send> Send for RefMut<'_, V> {}
impl<V> RefMut<'_, V> { pub fn get(&self) -> &V { unsafe { &*self.value } } }
",
        );
    }

    #[test]
    fn what_moves_values_by_a_shared_reference_asks_for_send() {
        check(
            &LINT,
            "
use std::cell::UnsafeCell;
pub struct Once<T> { value: UnsafeCell<Option<T>> }
unsafe impl<T: Sync> Sync for Once<T> {}
//                   ^^^^ unbounded_send_sync
impl<T> Once<T> { pub fn get_or_init(&self, make: impl FnOnce() -> T) -> &T { todo!() } }
pub struct Read<T> { value: UnsafeCell<Option<T>> }
unsafe impl<T: Sync> Sync for Read<T> {}
impl<T: Clone> Read<T> { pub fn get(&self) -> Option<T> { todo!() } }
pub struct Both<T> { value: UnsafeCell<Option<T>> }
unsafe impl<T: Send + Sync> Sync for Both<T> {}
impl<T> Both<T> { pub fn set(&self, value: T) {} }
",
        );
    }

    #[test]
    fn values_in_memory_that_no_field_types() {
        check(
            &LINT,
            "
use std::marker::PhantomData;
pub struct Index<K, V> { memory: *mut u8, entries: PhantomData<(K, V)> }
unsafe impl<K, V> Send for Index<K, V> {}
//                ^^^^ unbounded_send_sync
impl<K, V> Index<K, V> { pub fn get(&self, key: &K) -> Option<&V> { None } }
pub struct Id<T> { index: usize, of: PhantomData<T> }
unsafe impl<T> Send for Id<T> {}
impl<T> Id<T> { pub fn get<'a>(&self, all: &'a [T]) -> &'a T { &all[self.index] } }
pub struct Key<T: 'static> { make: fn() -> T, of: PhantomData<T> }
unsafe impl<T> Sync for Key<T> {}
impl<T> Key<T> { pub fn own(&'static self) -> &'static T { of_this_thread(self) } }
",
        );
    }

    #[test]
    fn an_atomic_pointer_is_send_for_everything() {
        check(
            &LINT,
            "
use std::marker::PhantomData;
use std::sync::{Arc, atomic::AtomicPtr};
pub struct Reader<T> { inner: Arc<AtomicPtr<T>> }
//                     ^^^^^ unbounded_send_sync
impl<T> Reader<T> { pub fn enter(&self) -> Option<&T> { None } }
pub struct Bounded<T> { inner: Arc<AtomicPtr<T>>, bound: PhantomData<*const T> }
unsafe impl<T: Send + Sync> Send for Bounded<T> {}
impl<T> Bounded<T> { pub fn enter(&self) -> Option<&T> { None } }
pub struct Owned<T> { inner: AtomicPtr<T>, own: Box<T> }
impl<T> Owned<T> { pub fn enter(&self) -> Option<&T> { None } }
",
        );
    }

    #[test]
    fn bounds_wherever_they_are_written_are_bounds() {
        check(
            &LINT,
            "
pub trait Key: Send + Sync {}
pub unsafe trait Shared {}
pub struct A<K>(*mut K);
unsafe impl<K: Key> Send for A<K> {}
pub struct B<K>(*mut K);
unsafe impl<K> Send for B<K> where K: Send {}
pub struct Counted<K>(std::sync::Arc<K>, *mut u8);
unsafe impl<K> Send for Counted<K> where std::sync::Arc<K>: Send {}
pub struct C<K>(*mut K);
unsafe impl<K: Shared> Send for C<K> {}
pub struct D<K>(*mut K);
unsafe impl<K: other::Unknown> Send for D<K> {}
#[trait_variant::make(Send)]
pub trait Store {}
impl Store for u8 {}
impl Store for u16 {}
pub struct F<S>(*mut S);
unsafe impl<S: Store> Send for F<S> {}
#[async_trait]
pub trait Plain {}
impl Plain for u8 {}
impl Plain for u16 {}
pub struct G<S>(*mut S);
unsafe impl<S: Plain> Send for G<S> {}
//                    ^^^^ unbounded_send_sync
impl<S> G<S> { pub fn get(&self) -> S { todo!() } }
pub struct E<K>(*mut K);
unsafe impl<K> Send for E<K> {}
impl<K: Send> E<K> { pub fn new(key: K) -> Self { todo!() } }
",
        );
    }

    #[test]
    fn bounds_of_those_who_make_the_type_are_bounds() {
        check(
            &LINT,
            "
pub trait Meta: Send + Sync {}
pub struct Link<M>(M);
pub struct List<M>(*mut Link<M>) where Link<M>: Meta;
unsafe impl<M> Send for List<M> where Link<M>: Meta {}
impl<M> List<M> where Link<M>: Meta { pub fn first(&self) -> Option<&M> { None } }
pub struct Handle<T>(*mut T);
unsafe impl<T> Send for Handle<T> {}
impl<T> Handle<T> { pub fn join(self) -> T { todo!() } }
pub fn spawn<T: Send>(work: fn() -> T) -> Handle<T> { todo!() }
pub struct Mesh<A>(A, std::rc::Rc<u32>);
unsafe impl<A> Send for Mesh<A> {}
impl<A> Mesh<A> { fn new(adapter: A) -> Self { todo!() } pub fn adapter(&self) -> &A { &self.0 } }
impl Mesh<u32> { pub fn full() -> Self { Self::new(1) } }
pub struct Guarded<T>(*mut T);
unsafe impl<T> Sync for Guarded<T> {}
impl<T> Guarded<T> { pub fn get(&self) -> &T where T: Sync { todo!() } }
pub struct Thread<T>(*mut T);
unsafe impl<T> Send for Thread<T> {}
//             ^^^^ unbounded_send_sync
impl<T> Thread<T> { pub fn join(self) -> T { todo!() } }
pub fn start<T>(work: fn() -> T) -> Thread<T> { todo!() }
",
        );
    }

    #[test]
    fn values_that_safe_code_does_not_come_to_are_silent() {
        check(
            &LINT,
            "
use std::{cell::UnsafeCell, ptr::NonNull, sync::atomic::AtomicPtr};
pub struct Address<T>(*mut T);
unsafe impl<T> Send for Address<T> {}
impl<T> From<usize> for Address<T> { fn from(it: usize) -> Self { Address(it as _) } }
impl<T> Address<T> { pub fn read(&self) -> T { todo!() } pub fn write(&self, value: T) {} }
pub struct Slot<T>(AtomicPtr<T>, u32);
unsafe impl<T> Sync for Slot<T> {}
impl<T> Slot<T> {
    pub fn new() -> Self { todo!() }
    pub fn set(&self, it: NonNull<T>) {}
    pub fn get(&self) -> &T { todo!() }
}
pub struct Ring<T> { memory: *const u8, pub entries: *mut T }
unsafe impl<T> Send for Ring<T> {}
impl<T> Drop for Ring<T> { fn drop(&mut self) { unmap(self.memory) } }
pub struct RawCell<T> { inner: UnsafeCell<T> }
unsafe impl<T> Sync for RawCell<T> {}
impl<T> RawCell<T> {
    pub const fn new(it: T) -> Self { RawCell { inner: UnsafeCell::new(it) } }
    pub fn as_mut_ptr(&self) -> *mut T { self.inner.get() }
    pub unsafe fn get(&self) -> &T { unsafe { &*self.inner.get() } }
}
pub struct Plain<T: Copy>(UnsafeCell<T>, u32);
unsafe impl<T: Copy> Sync for Plain<T> {}
impl<T: Copy> Plain<T> { pub fn get(&self) -> T { unsafe { *self.0.get() } } }
pub struct Pinned<T> { value: std::sync::Arc<T>, thread: std::thread::ThreadId }
unsafe impl<T> Send for Pinned<T> {}
impl<T> Pinned<T> { pub fn get(&self) -> &T { &self.value } }
pub struct Token<T>(std::marker::PhantomData<*mut T>);
pub struct Owned<T>(UnsafeCell<T>, u32);
unsafe impl<T> Sync for Owned<T> {}
impl<T> Owned<T> { pub fn get<'a>(&'a self, _: &'a Token<T>) -> &'a T { unsafe { &*self.0.get() } } }
pub struct Slots<T>(Vec<UnsafeCell<Option<T>>>, u32);
unsafe impl<T> Sync for Slots<T> {}
impl<T> Slots<T> { pub fn new() -> Self { todo!() } pub fn put(&mut self, it: T) {} pub fn get(&self) -> &T { todo!() } }
pub struct Nodes { slots: Slots<UnsafeCell<u32>> }
pub struct Support<T, S>(UnsafeCell<T>, UnsafeCell<S>);
unsafe impl<T: Send, S> Sync for Support<T, S> {}
impl<T, S> Support<T, S> { pub fn new(it: T) -> Self { todo!() } pub fn support(&self) -> &S { todo!() } }
pub struct Handle<T>(UnsafeCell<Option<T>>, u32);
unsafe impl<T> Send for Handle<T> {}
//             ^^^^ unbounded_send_sync
impl<T> Handle<T> { pub fn new() -> Self { todo!() } }
pub struct Builder;
impl Builder { pub fn create<T>(self, value: T, handle: &Handle<T>) {} }
pub struct Boxed<T>(*mut T);
unsafe impl<T> Send for Boxed<T> {}
//             ^^^^ unbounded_send_sync
impl<T> Boxed<T> { pub fn new(it: T) -> Self { todo!() } }
impl<T> Drop for Boxed<T> { fn drop(&mut self) { drop(unsafe { Box::from_raw(self.0) }) } }
/// Guests are single-threaded.
pub struct Guest<T>(std::cell::UnsafeCell<T>);
unsafe impl<T> Sync for Guest<T> {}
impl<T> Guest<T> { pub fn new(it: T) -> Self { todo!() } pub fn get(&self) -> &T { todo!() } }
pub struct Kept<T>(*mut T);
unsafe impl<T> Send for Kept<T> {}
//             ^^^^ unbounded_send_sync
impl<T> Kept<T> {
    pub fn of(it: T) -> Self { todo!() }
    pub fn from_raw(it: *mut T) -> Self { Kept(it) }
    pub fn get(&self) -> &T { todo!() }
}
",
        );
    }

    #[test]
    fn types_that_no_other_crate_can_name_are_silent() {
        check(
            &LINT,
            "
mod hidden {
    pub struct Inner<T>(pub(super) *mut T);
    unsafe impl<T> Send for Inner<T> {}
    impl<T> Inner<T> { pub fn get(&self) -> &T { todo!() } }
    pub struct Shown<T>(*mut T);
    unsafe impl<T> Send for Shown<T> {}
//                 ^^^^ unbounded_send_sync
    impl<T> Shown<T> { pub fn get(&self) -> &T { todo!() } }
}
pub use hidden::Shown;
pub(crate) use hidden::Inner;
",
        );
    }

    #[test]
    fn what_a_trait_gives_that_asks_nothing_may_be_anything() {
        check(
            &LINT,
            "
pub struct Init<S>(*mut S);
impl Init<u32> { pub fn new() -> Self { todo!() } }
impl<S> Init<S> {
    pub fn with_hasher<T>(self, it: T) -> Init<T> { todo!() }
    pub fn attach(self) -> Table<S> { todo!() }
}
pub struct Table<S>(*mut S);
unsafe impl<S> Send for Table<S> {}
//             ^^^^ unbounded_send_sync
impl<S> Table<S> { pub fn hasher(&self) -> &S { todo!() } }
pub trait Source { type Item; }
pub struct Fed<T>(*mut T);
unsafe impl<T> Send for Fed<T> {}
//             ^^^^ unbounded_send_sync
impl<T> Fed<T> { pub fn of<S: Source<Item = T>>(it: S) -> Self { todo!() } pub fn get(&self) -> &T { todo!() } }
pub struct Inner<T>(*mut T);
unsafe impl<T> Send for Inner<T> {}
//             ^^^^ unbounded_send_sync
impl<T> Inner<T> { fn new(it: T) -> Self { todo!() } pub fn get(&self) -> &T { todo!() } }
pub struct Outer<T> { pub inner: Inner<T> }
impl<T> Outer<T> { pub fn new(it: T) -> Self { Outer { inner: Inner::new(it) } } }
/// Lets one thread in at a time.
pub struct Stack<T>(*mut T);
unsafe impl<T> Send for Stack<T> {}
//             ^^^^ unbounded_send_sync
impl<T> Stack<T> {
    pub fn of<I: Iterator<Item = T>>(all: I) -> Self { todo!() }
    pub fn by(make: impl Fn() -> T) -> Self { todo!() }
    pub fn pop(&self) -> Option<T> { todo!() }
}
",
        );
    }

    #[test]
    fn wrappers_that_assert_and_types_that_stay_here_are_silent() {
        check(
            &LINT,
            "
pub struct AssertSend<T>(pub T);
unsafe impl<T> Send for AssertSend<T> {}
pub struct Exclusive<T> { inner: Option<T> }
unsafe impl<T> Sync for Exclusive<T> {}
impl<T> Exclusive<T> { pub fn get(&mut self) -> &mut Option<T> { &mut self.inner } }
pub(crate) struct Hidden<T>(*mut T);
unsafe impl<T> Send for Hidden<T> {}
mod inner {
    pub struct Inner<T>(*mut T);
    unsafe impl<T> Send for Inner<T> {}
}
#[cfg(target_arch = \"wasm32\")]
unsafe impl<T> Send for Web<T> {}
pub struct Web<T>(*mut T);
pub struct Outer<T> { inner: Claimed<T>, count: *mut u32 }
unsafe impl<T> Send for Outer<T> {}
pub struct Claimed<T>(T);
unsafe impl<T> Send for Claimed<T> {}
pub struct Pointer<T>(std::ptr::NonNull<T>);
unsafe impl<T: Sync> Sync for Pointer<T> {}
impl<T> Pointer<T> { pub fn get(&self) -> std::ptr::NonNull<T> { self.0 } }
pub trait Value: Clone {}
unsafe impl<T: Sync> Sync for Valued<T> {}
pub struct Valued<T>(*mut T);
impl<T> Valued<T> { pub fn get(&self) -> Option<T> where T: Value { None } }
pub struct Contract<T>(*mut T);
unsafe impl<T> Send for Contract<T> {}
impl<T> Contract<T> { pub unsafe fn new(it: *mut T) -> Self { Contract(it) } }
pub trait Only {}
impl Only for u32 {}
pub struct OfOne<'a, T>(&'a T);
unsafe impl<T: Only> Send for OfOne<'_, T> {}
pub struct OneThread<T> { locked: std::cell::Cell<bool>, value: std::cell::UnsafeCell<T> }
unsafe impl<T> Sync for OneThread<T> {}
impl<T> OneThread<T> { pub fn get(&self) -> &T { todo!() } }
pub struct Raw<T>(*const T);
unsafe impl<T: Send> Send for Raw<T> {}
impl<T> Raw<T> { pub fn get(&self) -> &T { todo!() } }
pub struct Kept<T>(*mut T);
unsafe impl<T> Send for Kept<T> {}
impl<T> Kept<T> { fn new(it: T) -> Self { todo!() } pub fn get(&self) -> &T { todo!() } }
pub struct Piece<K>(*const K);
unsafe impl<K> Send for Piece<K> {}
impl<K> Piece<K> { pub fn new<P: elsewhere::Policy<Key = K>>(_: P) -> Self { todo!() } pub fn key(&self) -> &K { todo!() } }
pub struct List<T>(Option<Box<T>>);
impl<T: Send> List<T> { pub fn new() -> Self { List(None) } }
impl<T> List<T> { pub fn push(&mut self, it: T) -> Entry<T> { todo!() } }
pub struct Entry<T>(*mut T);
unsafe impl<T> Send for Entry<T> {}
impl<T> Entry<T> { pub fn get(&self) -> &T { todo!() } }
pub trait Policy { type Key: Send; }
pub struct Part<K>(*const K);
unsafe impl<K> Send for Part<K> {}
impl<K> Part<K> { pub fn new<P: Policy<Key = K>>(_: P) -> Self { todo!() } pub fn key(&self) -> &K { todo!() } }
pub struct Guarded<'a, K, S> { guard: std::sync::RwLockReadGuard<'a, std::collections::HashMap<K, u32, S>>, key: *const K }
unsafe impl<K: Sync, S> Send for Guarded<'_, K, S> {}
impl<K, S> Guarded<'_, K, S> { pub fn key(&self) -> &K { todo!() } }
",
        );
    }

    #[test]
    fn the_fix_asks_for_what_is_missing_in_both_claims() {
        let text = "
pub struct Shelf<'a, K, V> { entries: *mut (K, V), of: &'a u32 }
unsafe impl<'a, K: Eq, V> Send for Shelf<'a, K, V> {}
unsafe impl<K, V> Sync for Shelf<'_, K, V> where K: Eq {}
impl<K, V> Shelf<'_, K, V> { pub fn get(&self, key: &K) -> Option<(&K, &V)> { None } }
";
        let better = text
            .replace("<'a, K: Eq, V> Send", "<'a, K: Eq + Send, V: Send> Send")
            .replace("<K, V> Sync", "<K: Sync, V: Sync> Sync");
        assert_eq!(fixed(&LINT, text), Some(better.clone()));
        assert_eq!(found(&LINT, &better), []);
    }

    /// The bounds of the claim after the fix, for a table with these `&self` methods.
    fn bounds_for(marker: &str, methods: &str) -> Option<String> {
        let text = format!(
            "use std::{{cell::UnsafeCell, collections::HashMap}};
pub struct Table<K, V> {{ map: UnsafeCell<HashMap<K, V>> }}
unsafe impl<K, V> {marker} for Table<K, V> {{}}
impl<K: Eq, V> Table<K, V> {{ pub fn get(&self, key: &K) -> Option<&V> {{ None }} {methods} }}
"
        );
        let fixed = fixed(&LINT, &text)?;
        fixed.lines().find_map(|it| Some(it.strip_prefix("unsafe impl<")?.split_once('>')?.0.to_owned()))
    }

    #[test]
    fn the_fix_asks_for_what_methods_take_and_give() {
        let methods = "pub fn keys(&self) -> Vec<&K> { vec![] }";
        assert_eq!(bounds_for("Sync", methods).as_deref(), Some("K: Sync, V: Sync"));
        for methods in [
            "pub fn put(&self, key: K, value: V) {}",
            "pub fn put_all(&self, all: Vec<(K, V)>) {}",
            "pub fn update(&self, f: impl FnOnce(&mut V) -> K) {}",
            "pub fn take(&self) -> Option<Box<(K, V)>> { None }",
        ] {
            let methods = format!("{methods} pub fn keys(&self) -> Vec<&K> {{ vec![] }}");
            let both = Some("K: Send + Sync, V: Send + Sync");
            assert_eq!(bounds_for("Sync", &methods).as_deref(), both, "{methods}");
        }
        let unknown = "pub fn keys(&self) -> Vec<&K> { vec![] } pub fn put(&self, it: other!(K, V)) {}";
        assert_eq!(bounds_for("Sync", unknown), None, "nobody knows what it takes");
        assert_eq!(bounds_for("Send", methods).as_deref(), Some("K: Send, V: Send"));
    }

    #[test]
    fn handles_to_one_memory_ask_for_both() {
        let text = "
pub struct Handle<T> { inner: *mut T }
unsafe impl<T> Send for Handle<T> {}
impl<T> Clone for Handle<T> { fn clone(&self) -> Self { Handle { inner: self.inner } } }
impl<T> Handle<T> { pub fn get(&self) -> &T { todo!() } }
";
        assert!(fixed(&LINT, text).is_some_and(|it| it.contains("unsafe impl<T: Send + Sync> Send")));
    }
}
