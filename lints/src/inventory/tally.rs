//! The counted use of each lock and map: which places take it and how, and what they do to the map.
//!
//! In: all flows. Out: a [`Use`] for each declaration. Calls are looked into where a map is handed to a callee: the place
//! counts for the map that the caller has.

use std::collections::{BTreeMap, BTreeSet};

use safe_map_analysis::flow::{Acquire, Decl, Event, EventKind, Held, MapOp, Place as Path, Root, Step};
use safe_map_analysis::knowledge::schema::{LockMode, Locking, Op, TypeRole};
use safe_map_analysis::model::FnId;
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::{EffectKind, Happening};
use safe_map_analysis::{Analysis, FunctionView};
use serde::Serialize;

use super::together::{self, Together};
use crate::Place;
use crate::declared::{declaration_at, declared};
use crate::story::at;

/// How far a map is followed into callees.
const MAX_HOPS: usize = 4;

/// What the workspace does to what one declaration declares.
#[derive(Clone, Default, Debug)]
pub(crate) struct Use {
    /// The places that take the lock or the map.
    pub(crate) acquires: Vec<Acquired>,
    /// The places that read or change the map.
    pub(crate) sites: Vec<Site>,
    /// What is done to it under one guard of the lock around it.
    pub(crate) together: Vec<Together>,
    /// It is a field of what some lock or cell protects, and is used under that.
    pub(crate) is_guarded: bool,
    /// Those of these locks that are declared.
    pub(crate) guards: BTreeSet<Decl>,
}

/// A place that takes a lock or map.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Acquired {
    /// Where.
    pub(crate) function: FnId,
    /// Where in it.
    pub(crate) span: Span,
    /// How.
    pub(crate) mode: LockMode,
    /// It gives up rather than waits.
    pub(crate) is_try: bool,
    /// It takes all of a map, and not the place of one key.
    pub(crate) whole: bool,
    /// It is a `RwLock` around a map, or around a struct with one.
    pub(crate) is_rw_lock: bool,
    /// It is a map that locks by shards.
    pub(crate) is_sharded: bool,
    /// It is a map that is shared as it is.
    pub(crate) is_shared_map: bool,
}

impl Acquired {
    /// Whether nobody else has the lock or the place meanwhile.
    pub(crate) fn is_alone(&self) -> bool {
        self.mode.is_alone()
    }
}

/// A place that uses a map.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// For what.
    pub kind: UseKind,
    /// It is about the entry of one key, and not about all of them.
    pub is_keyed: bool,
    /// By which method; `[]` for an index.
    pub method: Name,
    /// Where.
    pub place: Place,
    /// In which function: its path inside the crate.
    pub function: String,
}

/// What a place uses a map for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UseKind {
    /// Reads an entry, asks for a key or for the length.
    Read,
    /// Changes entries that are there, or puts another map in the place of all.
    Write,
    /// Adds an entry, or replaces one.
    Insert,
    /// Removes one entry, several or all.
    Delete,
    /// Walks or copies the entries.
    Iterate,
}

impl UseKind {
    /// Every kind, in the order of the columns.
    pub const ALL: [UseKind; 5] =
        [UseKind::Read, UseKind::Write, UseKind::Insert, UseKind::Delete, UseKind::Iterate];

    /// Its name in columns and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            UseKind::Read => "read",
            UseKind::Write => "write",
            UseKind::Insert => "insert",
            UseKind::Delete => "delete",
            UseKind::Iterate => "iterate",
        }
    }

    /// What an operation is; who walks to change does both.
    fn of(op: Op) -> &'static [UseKind] {
        match op {
            Op::None => &[],
            Op::Get | Op::Contains | Op::Len => &[UseKind::Read],
            Op::GetMut | Op::Update | Op::Replace => &[UseKind::Write],
            Op::Insert | Op::Entry => &[UseKind::Insert],
            Op::Remove | Op::RemoveIf | Op::Clear | Op::Retain => &[UseKind::Delete],
            Op::Iterate | Op::Copy => &[UseKind::Iterate],
            Op::IterateMut => &[UseKind::Iterate, UseKind::Write],
        }
    }
}

/// The use of every declared lock and map, test code aside.
pub(crate) fn tally(analysis: &Analysis) -> BTreeMap<Decl, Use> {
    let mut uses: BTreeMap<Decl, Use> = BTreeMap::new();
    for function in analysis.files().flat_map(|it| it.functions().collect::<Vec<_>>()) {
        if function.model().func(function.id).is_test {
            continue;
        }
        for event in &function.flow.events {
            direct(&function, event, &mut uses);
        }
        together::note(&function, &mut uses);
        for (op, span) in &function.flow.quiet {
            let Some(decl) = op.decl.clone().or_else(|| of_path(&function, &op.place)) else { continue };
            uses.entry(decl).or_default().sites.extend(site(
                &function,
                op.op,
                &op.method,
                function.id,
                *span,
            ));
        }
        let called = function.map_happenings().filter(|(_, it)| (1..=MAX_HOPS).contains(&it.chain.len()));
        called.for_each(|(_, it)| through(&function, &it, &mut uses));
    }
    uses.values_mut().for_each(sort);
    uses
}

fn sort(it: &mut Use) {
    it.sites.sort_by_key(|it| (it.place, it.kind));
    it.sites.dedup_by_key(|it| (it.place, it.kind));
    it.together.sort_by_key(|it| it.place);
}

/// What an event of the function itself does.
fn direct(function: &FunctionView<'_>, event: &Event, uses: &mut BTreeMap<Decl, Use>) {
    match &event.kind {
        EventKind::Acquire { acquire, .. } => {
            let Some(decl) = declared(function.model(), function.id, acquire) else { return };
            let it = uses.entry(decl).or_default();
            let acquired = acquired(function, acquire);
            if !it.acquires.contains(&acquired) {
                it.acquires.push(acquired);
            }
            it.sites.extend(site(function, acquire.op, &acquire.method, function.id, event.span));
        }
        EventKind::MapOp(op) => {
            let Some(decl) = declaration_of(function, event, op) else { return };
            let it = uses.entry(decl).or_default();
            it.sites.extend(site(function, op.op, &op.method, function.id, event.span));
            note_guards(function, &event.held, &op.place, it);
        }
        _ => {}
    }
}

fn acquired(function: &FunctionView<'_>, acquire: &Acquire) -> Acquired {
    let lock = &acquire.lock;
    let is_map = || function.model().holds_map(&lock.content);
    Acquired {
        function: function.id,
        span: acquire.span,
        mode: acquire.mode,
        is_try: acquire.is_try,
        whole: acquire.whole,
        is_rw_lock: lock.role == TypeRole::Lock && lock.type_name == "RwLock" && is_map(),
        is_sharded: lock.role == TypeRole::SharedMap && lock.locking == Locking::Sharded,
        is_shared_map: lock.role == TypeRole::SharedMap,
    }
}

fn site(function: &FunctionView<'_>, op: Op, method: &Name, in_function: FnId, span: Span) -> Vec<Site> {
    // A `get` that takes the map exclusively notes the access, and leaves the entry as it is.
    let op = if method == "get" { Op::Get } else { op };
    let def = function.model().func(in_function);
    let of_kind = |kind: &UseKind| Site {
        kind: *kind,
        is_keyed: is_keyed(op),
        method: method.clone(),
        place: at(def.at.file, span),
        function: def.path.clone(),
    };
    UseKind::of(op).iter().map(of_kind).collect()
}

pub(super) fn is_keyed(op: Op) -> bool {
    match op {
        Op::Get
        | Op::GetMut
        | Op::Contains
        | Op::Insert
        | Op::Entry
        | Op::Remove
        | Op::RemoveIf
        | Op::Update => true,
        Op::None
        | Op::Len
        | Op::Clear
        | Op::Retain
        | Op::Iterate
        | Op::IterateMut
        | Op::Copy
        | Op::Replace => false,
    }
}

/// The declaration of the map, or of the lock that has it as its content.
fn declaration_of(function: &FunctionView<'_>, event: &Event, op: &MapOp) -> Option<Decl> {
    let of_lock = || {
        let guards = event.held.iter().map(|it| function.flow.guard(it.guard));
        let mut around = guards.filter(|it| op.place == it.acquire.lock.place.then(Step::Inside));
        around.find_map(|it| declared(function.model(), function.id, &it.acquire))
    };
    op.decl.clone().or_else(of_lock).or_else(|| of_path(function, &op.place))
}

/// The declaration that an access path ends at, layers and locks aside.
fn of_path(function: &FunctionView<'_>, path: &Path) -> Option<Decl> {
    let mut path = path.clone();
    while matches!(path.path.last(), Some(Step::Inside | Step::Copy(_))) {
        path.path.pop();
    }
    match (&path.root, path.path.as_slice()) {
        (Root::Static(id), []) => Some(Decl::Static(*id)),
        _ => declaration_at(function.model(), function.id, &path),
    }
}

/// What a callee does to a map that it is handed: where that has no declaration there, it has one here.
fn through(function: &FunctionView<'_>, happening: &Happening<'_>, uses: &mut BTreeMap<Decl, Use>) {
    let (path, own, op, method) = match &happening.kind {
        EffectKind::Acquire(it) => (&it.lock.place, &it.lock.decl, it.op, &it.method),
        EffectKind::MapOp(it) => (&it.place, &it.decl, it.op, &it.method),
        _ => return,
    };
    let Some(end) = happening.chain.last() else { return };
    let Some(decl) = own.clone().or_else(|| of_path(function, path)) else { return };
    let it = uses.entry(decl).or_default();
    if own.is_none() {
        it.sites.extend(site(function, op, method, end.function, end.span));
    }
    note_guards(function, &happening.held, path, it);
}

/// The locks and cells that are held around the struct which a map is a field of.
fn note_guards(function: &FunctionView<'_>, held: &[Held], map: &Path, it: &mut Use) {
    for guard in held.iter().map(|it| function.flow.guard(it.guard)) {
        let lock = &guard.acquire.lock;
        let is_keeper = matches!(lock.role, TypeRole::Lock | TypeRole::Cell) && !lock.is_private;
        if is_keeper && map.is_below(&lock.place.then(Step::Inside)) && is_part(&lock.place, map) {
            it.is_guarded = true;
            it.guards.extend(declared(function.model(), function.id, &guard.acquire));
        }
    }
}

/// Whether a map is in what a lock protects by nothing but fields: an entry of another map is that map's business.
fn is_part(lock: &Path, map: &Path) -> bool {
    let rest = &map.path[lock.path.len() + 1..];
    rest.iter().all(|it| matches!(it, Step::Field(_) | Step::Handle(_)))
}
