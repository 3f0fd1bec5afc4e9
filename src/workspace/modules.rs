//! The module tree: from the root files of targets to every file they reach.
//!
//! First everything is read, each file as soon as one that names it is lowered. Then rounds, in an order that no thread
//! has a part in, say which crate reaches what. A file is lowered once for each edition it is reached under, and belongs to the first crate that reaches it: reported
//! before merely read, product before test, library before binary. The others share its module.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use safe_map_analysis::facts::{Edition, Problem};
use safe_map_analysis::model::requires_test;
use safe_map_analysis::name::Name;
use safe_map_analysis::source::{CrateId, Origin as CrateOrigin, ParsedFile, SharedModule, SourceFile};
use safe_map_analysis::span::LineIndex;

use super::files::{Files, Key};
use super::package::TargetKind;
use super::plan::{Plan, Purpose, Start, TestCode};
use super::read::{Lowered, Origin};
use super::resolve::{Place, Reference, references};
use super::{Discovered, Incomplete, paths};
use crate::progress;

/// A file reached by a crate.
#[derive(Clone, Debug)]
struct Visit {
    /// The path by which it was reached: children are looked for beside it, as rustc does, symlink or not.
    path: PathBuf,
    /// The file itself.
    real: PathBuf,
    /// Where its child modules are; `None` for files found by walking, whose modules are found the same way.
    children: Option<PathBuf>,
    krate: CrateId,
    kind: TargetKind,
    edition: Edition,
    module: Vec<Name>,
    purpose: Purpose,
}

/// Follows every start of the plan, through `files` that may have been read already.
pub(crate) fn follow(mut plan: Plan, mut files: Files) -> Discovered {
    let mut seen = HashSet::new();
    let mut owners: BTreeMap<Key, Visit> = BTreeMap::new();
    let mut sharing = Vec::new();
    let mut missing = Vec::new();
    let mut round = starts(&mut plan, &files);
    crawl(round.clone(), &plan, &mut files, &AtomicBool::new(false));
    while !round.is_empty() {
        round.retain(|visit| seen.insert((visit.real.clone(), visit.krate)));
        files.read(keys(&round), plan.budget);
        let next = expand_all(&round, &files, &plan);
        sharing.extend(round.into_iter().filter_map(|it| own(&mut owners, it, &plan.reported)));
        round = next.visits;
        missing.extend(next.missing);
    }
    plan.incomplete.extend(missing.into_iter().map(|it| it.describe(&plan.root, &files)));
    let shared = sharing.iter().filter_map(|it| Some(share(it, owners.get(&key(it))?)));
    let shared: BTreeSet<SharedModule> = shared.collect();
    let mut discovered = assemble(plan, owners, files);
    discovered.workspace.shared = shared.into_iter().collect();
    discovered
}

fn share(visit: &Visit, owner: &Visit) -> SharedModule {
    SharedModule {
        krate: visit.krate,
        module: visit.module.clone(),
        owner: owner.krate,
        owner_module: owner.module.clone(),
    }
}

fn key(visit: &Visit) -> Key {
    (visit.real.clone(), visit.edition)
}

/// Reads the files that the plan leads to, until `is_over`.
pub(crate) fn read_ahead(mut plan: Plan, files: &mut Files, is_over: &AtomicBool) {
    let starts = starts(&mut plan, files);
    crawl(starts, &plan, files, is_over);
}

/// Reads and lowers everything that `starts` lead to. A file leads on as soon as it is lowered: no thread waits for the
/// last file of a round.
fn crawl(starts: Vec<Visit>, plan: &Plan, files: &mut Files, is_over: &AtomicBool) {
    let crawl = Crawl { plan, files, is_over, seen: Mutex::default(), read: Mutex::default() };
    rayon::scope(|scope| starts.into_iter().for_each(|visit| crawl.spawn(scope, visit)));
    let read = crawl.read.into_inner().unwrap_or_else(PoisonError::into_inner);
    files.put(read);
}

struct Crawl<'a> {
    plan: &'a Plan,
    /// What was read before.
    files: &'a Files,
    is_over: &'a AtomicBool,
    seen: Mutex<HashSet<Key>>,
    read: Mutex<Vec<(Key, Result<Lowered, String>)>>,
}

impl Crawl<'_> {
    fn spawn<'s>(&'s self, scope: &rayon::Scope<'s>, visit: Visit) {
        let is_new = self.seen.lock().is_ok_and(|mut seen| seen.insert(key(&visit)));
        if is_new && !self.is_over.load(Ordering::Relaxed) {
            scope.spawn(move |scope| self.visit(scope, &visit));
        }
    }

    fn visit<'s>(&'s self, scope: &rayon::Scope<'s>, visit: &Visit) {
        let key = key(visit);
        if let Some(known) = self.files.lowered(&key) {
            return self.lead_on(scope, visit, known);
        }
        let lowered = self.files.lower(&key, self.plan.budget);
        if self.plan.crates[visit.krate.0 as usize].origin == CrateOrigin::Dependency {
            progress::file_is_outside();
        }
        if let Ok(lowered) = &lowered {
            self.lead_on(scope, visit, lowered);
        }
        if let Ok(mut read) = self.read.lock() {
            read.push((key, lowered));
        }
    }

    fn lead_on<'s>(&'s self, scope: &rayon::Scope<'s>, visit: &Visit, lowered: &Lowered) {
        for found in expand(visit, lowered, self.files, self.plan) {
            if let Found::File(next) = found
                && next.is_wanted(self.plan.test_code)
            {
                self.spawn(scope, next);
            }
        }
    }
}

impl Visit {
    fn is_wanted(&self, test_code: TestCode) -> bool {
        self.purpose != Purpose::Test || test_code == TestCode::Include
    }
}

fn starts(plan: &mut Plan, files: &Files) -> Vec<Visit> {
    let roots = std::mem::take(&mut plan.starts).into_iter().map(|start| {
        let children = start.path.parent().map(Path::to_owned);
        Visit { children, ..visit(start, files) }
    });
    let walked = std::mem::take(&mut plan.walked).into_iter().map(|start| visit(start, files));
    roots.chain(walked).collect()
}

fn visit(start: Start, files: &Files) -> Visit {
    let Start { path, krate, kind, edition, module, purpose } = start;
    let real = files.real(&path).unwrap_or_else(|| path.clone());
    Visit { real, path, children: None, krate, kind, edition, module, purpose }
}

fn keys(round: &[Visit]) -> HashSet<Key> {
    round.iter().map(key).collect()
}

/// Where the references of a round led.
#[derive(Default)]
struct Next {
    visits: Vec<Visit>,
    missing: Vec<MissingFile>,
}

fn expand_all(round: &[Visit], files: &Files, plan: &Plan) -> Next {
    let expand = |visit: &Visit| {
        files.lowered(&key(visit)).map(|it| expand(visit, it, files, plan)).unwrap_or_default()
    };
    let found: Vec<Found> = round.par_iter().flat_map_iter(expand).collect();
    let mut next = Next::default();
    for found in found {
        match found {
            Found::File(visit) if visit.is_wanted(plan.test_code) => next.visits.push(visit),
            Found::File(_) => {}
            Found::Missing(at) => next.missing.push(at),
        }
    }
    next
}

/// Where a reference led.
enum Found {
    File(Visit),
    Missing(MissingFile),
}

/// A reference that led nowhere.
struct MissingFile {
    key: Key,
    at: u32,
    message: String,
}

impl MissingFile {
    fn describe(self, root: &Path, files: &Files) -> Incomplete {
        let text = files.lowered(&self.key).map_or("", |it| &*it.text);
        let line = LineIndex::new(text).line_column(text, self.at).line;
        Incomplete { file: paths::relative(&self.key.0, root), line, message: self.message }
    }
}

fn expand(visit: &Visit, lowered: &Lowered, files: &Files, plan: &Plan) -> Vec<Found> {
    let key = key(visit);
    let Some(children) = &visit.children else { return Vec::new() };
    let known = plan.known.get(visit.krate.0 as usize);
    let found = references(&lowered.facts, &visit.path, children, &visit.module, known);
    found.into_iter().flat_map(|reference| resolve(visit, reference, &key, files)).collect()
}

fn resolve(from: &Visit, reference: Reference, key: &Key, files: &Files) -> Vec<Found> {
    let places = reference.alternatives.iter().filter_map(|places| first_existing(places, files));
    let found: Vec<Found> =
        places.map(|(place, real)| Found::File(child(from, &reference, place, real))).collect();
    match (found.is_empty(), reference.missing) {
        (true, Some(message)) => {
            vec![Found::Missing(MissingFile { key: key.clone(), at: reference.at, message })]
        }
        _ => found,
    }
}

/// A directory called `x.rs` counts as existing: reading it then says what is wrong.
fn first_existing<'a>(places: &'a [Place], files: &Files) -> Option<(&'a Place, PathBuf)> {
    places.iter().find_map(|place| Some((place, files.real(&place.path)?)))
}

fn child(from: &Visit, reference: &Reference, place: &Place, real: PathBuf) -> Visit {
    Visit {
        path: place.path.clone(),
        real,
        children: Some(place.children.clone()),
        krate: from.krate,
        kind: from.kind,
        edition: from.edition,
        module: reference.module.clone(),
        purpose: from.purpose.max(reference.purpose),
    }
}

/// Gives a file to who comes first, and gives back who does not own it then.
fn own(owners: &mut BTreeMap<Key, Visit>, visit: Visit, reported: &[bool]) -> Option<Visit> {
    let rank = |it: &Visit| (!reported[it.krate.0 as usize], it.purpose, it.kind, it.krate);
    match owners.get(&key(&visit)) {
        Some(owner) if (rank(owner), &owner.module) <= (rank(&visit), &visit.module) => Some(visit),
        _ => owners.insert(key(&visit), visit),
    }
}

fn assemble(plan: Plan, owners: BTreeMap<Key, Visit>, mut files: Files) -> Discovered {
    let Plan {
        root, crates, reported, units, incomplete, notes, test_code, homes, known, meant, phases, ..
    } = plan;
    let mut out = Discovered {
        root,
        reported,
        units,
        incomplete,
        notes,
        homes,
        meant,
        phases,
        ..Discovered::default()
    };
    out.workspace.crates = crates;
    let mut outside = HashSet::new();
    for (key, owner) in owners {
        let path = paths::relative(&key.0, &out.root);
        if out.workspace.krate(owner.krate).origin == CrateOrigin::Dependency {
            outside.insert(path.clone());
        }
        match files.take(&key) {
            Some(Ok(mut lowered)) => {
                if let Some(known) = known.get(owner.krate.0 as usize) {
                    lowered.facts.narrow(&|name, value| known.holds(name, value));
                }
                out.add(path, &owner, lowered, test_code);
            }
            Some(Err(message)) => out.incomplete.push(Incomplete { file: path, line: 1, message }),
            None => {}
        }
    }
    super::sort(&mut out.workspace.files);
    let Discovered { incomplete, meant, .. } = &mut out;
    // What does not parse in somebody else's code is no fault of this workspace.
    incomplete.retain(|it| meant.holds(&it.file) && !outside.contains(&it.file));
    out.incomplete.sort();
    out.incomplete.dedup();
    let crates = &out.workspace.crates;
    out.outside.packages = crates.iter().filter(|it| it.origin == CrateOrigin::Dependency).count() as u64;
    out
}

impl Discovered {
    fn add(&mut self, path: String, owner: &Visit, lowered: Lowered, test_code: TestCode) {
        let Lowered { text, facts, lines, origin } = lowered;
        let only_test = facts.attrs.cfg.iter().any(requires_test);
        if origin == Origin::Generated || (only_test && test_code == TestCode::Skip) {
            return;
        }
        if !facts.problems.is_empty() {
            self.add_problems(&path, &text, &facts.problems);
        }
        if self.workspace.krate(owner.krate).origin == CrateOrigin::Dependency {
            self.outside.files += 1;
            self.outside.lines += lines;
        } else if self.meant.holds(&path) {
            self.lines += lines;
        }
        let source = SourceFile {
            path: path.into(),
            text,
            krate: owner.krate,
            edition: owner.edition,
            module: owner.module.clone(),
            is_test: only_test || owner.purpose == Purpose::Test,
        };
        self.workspace.files.push(ParsedFile { source, facts });
    }

    pub(super) fn add_problems(&mut self, path: &str, text: &str, problems: &[Problem]) {
        let index = LineIndex::new(text);
        self.incomplete.extend(problems.iter().map(|problem| Incomplete {
            file: path.to_owned(),
            line: index.line_column(text, problem.span.start).line,
            message: problem.message.clone(),
        }));
    }
}
