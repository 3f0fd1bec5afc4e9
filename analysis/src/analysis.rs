//! The façade: one call from parsed files to what the lints look at.

use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::Body;
use crate::flow::{self, Acquire, Decl, Event, EventKind, FnFlow, GuardId, Lock, Place, Root, Step};
use crate::knowledge::Knowledge;
use crate::knowledge::schema::{GuardClass, LockMode, Op, TypeRole};
use crate::model::{FnId, Model};
use crate::name::Name;
use crate::phases::Phase;
use crate::prompt;
use crate::recent;
use crate::rounds::{self, Rounds};
use crate::settings::Settings;
use crate::shared::Shared;
use crate::source::{FileId, ParsedFile, Workspace};
use crate::span::{LineIndex, Span};
use crate::spawned::{self, Spawned};
use crate::summary::{Effect, Happening, Summaries};
use crate::ty::{AdtId, Ty};
use crate::unreached::Unreached;

/// A workspace with its model and the flow of every function.
#[derive(Debug)]
pub struct Analysis {
    /// The files and crates.
    pub workspace: Arc<Workspace>,
    /// What foreign types do.
    pub knowledge: Arc<Knowledge>,
    /// What the user's configuration says.
    pub settings: Settings,
    /// What the names mean.
    pub model: Model,
    /// The flow of each function, by [`FnId`]; `None` where it has no body.
    flows: Vec<Option<FnFlow>>,
    /// What calls of each function do.
    summaries: Summaries,
    /// The functions of each file, in source order.
    by_file: Vec<Vec<FnId>>,
    /// Who waits for the lock of each declaration, and how; found on first use.
    waits: OnceLock<FxHashMap<Decl, Vec<Waiter>>>,
    /// The types of the workspace that are changed under a lock, and whether by code that was handed it; found on first use.
    changed: OnceLock<FxHashMap<AdtId, bool>>,
    /// Who does what to the map of each declaration; found on first use.
    map_uses: OnceLock<FxHashMap<Decl, Vec<(FnId, Op)>>>,
    /// Who calls each function; found on first use.
    callers: OnceLock<FxHashMap<FnId, Vec<Caller>>>,
    /// The async functions that never suspend; found on first use.
    prompt: OnceLock<FxHashSet<FnId>>,
    /// The types whose values several have at once; found on first use.
    shared: OnceLock<Shared>,
    /// The functions that no program runs.
    unreached: Unreached,
    /// Which analysis of the process it is.
    number: u64,
    /// What has run, in order.
    phases: Vec<Phase>,
}

/// A function that waits for a lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waiter {
    /// Which.
    pub id: FnId,
    /// The mode it asks for.
    pub mode: LockMode,
    /// How it waits.
    pub class: GuardClass,
    /// It does so in a closure or task that is not known to run as part of it.
    pub is_apart: bool,
    /// The lock is in `self` or a parameter, without a pointer between.
    pub is_own: bool,
    /// It fills a cell that the lock is in, as the first who comes.
    pub is_once: bool,
}

/// A function that calls another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller {
    /// Which.
    pub id: FnId,
    /// It calls a method of its own `self`, or of what is in it without a pointer between.
    pub on_self: bool,
    /// The locks that it holds then, and whether alone.
    pub held: Vec<(Decl, bool)>,
    /// It calls in a closure or task that is not known to run as part of it.
    pub is_apart: bool,
    /// It holds a lock alone then.
    pub holds_alone: bool,
    /// Where.
    pub at: Span,
}

impl Analysis {
    /// Builds the model and walks every body, in parallel on the current rayon pool.
    pub fn new(workspace: Workspace, knowledge: Arc<Knowledge>, settings: Settings) -> Analysis {
        let workspace = Arc::new(workspace);
        let mut phases = Vec::new();
        let build = || Model::new(workspace.clone(), knowledge.clone());
        let model =
            Phase::run(&mut phases, "model", build, |it| format!("{} functions", it.fn_ids().count()));
        let ids: Vec<FnId> = model.fn_ids().collect();
        let walked = |it: &Rounds| {
            let bodies = it.flows.iter().flatten().count();
            let word = if bodies == 1 { "body" } else { "bodies" };
            format!("{bodies} {word}, {} again, in {} rounds", it.again, it.count)
        };
        let flows = Phase::run(&mut phases, "flow", || rounds::walk(&model, &settings), walked).flows;
        let turns = |it: &Summaries| format!("at most {} turns", it.turns);
        let summaries = Phase::run(&mut phases, "calls", || Summaries::new(&flows), turns);
        let mut by_file = vec![Vec::new(); workspace.files.len()];
        for id in ids {
            by_file[model.func(id).at.file.0 as usize].push(id);
        }
        let (waits, map_uses, callers) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        let unreached = Unreached::new(&workspace);
        Analysis {
            workspace,
            knowledge,
            settings,
            model,
            flows,
            summaries,
            by_file,
            waits,
            changed: OnceLock::new(),
            map_uses,
            callers,
            prompt: OnceLock::new(),
            shared: OnceLock::new(),
            number: recent::next_number(),
            unreached,
            phases,
        }
    }

    /// The parts of the analysis in the order in which they ran, with the time that each took.
    pub fn phases(&self) -> &[Phase] {
        &self.phases
    }

    /// One file.
    pub fn file(&self, id: FileId) -> FileView<'_> {
        FileView { analysis: self, id }
    }

    /// The files in order.
    pub fn files(&self) -> impl Iterator<Item = FileView<'_>> {
        self.workspace.file_ids().map(|id| self.file(id))
    }

    /// The body of a function, where it has one: unpacked in time linear in its size, unless it is among the few
    /// that this thread has unpacked last.
    pub fn body(&self, id: FnId) -> Option<Rc<Body>> {
        let def = self.model.func(id);
        let packed = self.workspace.file(def.at.file).facts.body(def.body?);
        Some(recent::body((self.number, id), || packed.unpack()))
    }

    /// The flow of a function, where it has a body.
    pub fn flow(&self, id: FnId) -> Option<&FnFlow> {
        self.flows[id.0 as usize].as_ref()
    }

    /// What a call of a function does, in the function's own terms.
    pub fn effects(&self, id: FnId) -> &[Effect] {
        self.summaries.of(id)
    }

    /// The functions of the workspace that wait for a lock of this declaration, or panic where they do not get it, and
    /// how. Nobody does for one that all only try to take.
    pub fn waiters(&self, decl: &Decl) -> &[Waiter] {
        let find = || {
            let mut found: FxHashMap<Decl, Vec<Waiter>> = FxHashMap::default();
            for flow in self.flows.iter().flatten() {
                for event in &flow.events {
                    let EventKind::Acquire { acquire, .. } = &event.kind else { continue };
                    let Some(decl) = acquire.lock.decl.as_ref().filter(|_| !acquire.is_try) else { continue };
                    let (mode, class) = (acquire.mode, acquire.class);
                    let is_own = acquire.lock.place.path.iter().all(|it| matches!(it, Step::Field(_)))
                        && matches!(acquire.lock.place.root, Root::SelfValue | Root::Param(..));
                    let is_once = acquire.lock.role == TypeRole::Layer;
                    let is_apart = !event.is_own;
                    let waiter = Waiter { id: flow.id, mode, class, is_apart, is_own, is_once };
                    let waiters = found.entry(decl.clone()).or_default();
                    if waiters.last() != Some(&waiter) {
                        waiters.push(waiter);
                    }
                }
            }
            found
        };
        self.waits.get_or_init(find).get(decl).map_or(&[], Vec::as_slice)
    }

    /// Whether code of the workspace has a lock around such a value alone: what is known of a lock whose declaration is not.
    pub fn is_changed_under_a_lock(&self, content: AdtId) -> bool {
        self.changed_under_locks().contains_key(&content)
    }

    /// Whether code of the workspace that was handed a lock around such a value, in a parameter or local, takes it alone.
    pub fn is_changed_by_handle(&self, content: AdtId) -> bool {
        self.changed_under_locks().get(&content).is_some_and(|by_handle| *by_handle)
    }

    fn changed_under_locks(&self) -> &FxHashMap<AdtId, bool> {
        let find = || {
            let mut found: FxHashMap<AdtId, bool> = FxHashMap::default();
            for event in self.flows.iter().flatten().flat_map(|it| &it.events) {
                let EventKind::Acquire { acquire, .. } = &event.kind else { continue };
                let Ty::Adt(id, _) = acquire.lock.content else { continue };
                if acquire.mode != LockMode::Exclusive {
                    continue;
                }
                *found.entry(id).or_default() |= acquire.lock.decl.is_none() && !acquire.lock.is_private;
            }
            found
        };
        self.changed.get_or_init(find)
    }

    /// What the functions of the workspace do to the map of this declaration, under whatever lock; each function and
    /// operation once or more. An entry that is bound to a name or handed out is one that is changed.
    pub fn map_uses(&self, decl: &Decl) -> &[(FnId, Op)] {
        let find = || {
            let mut found: FxHashMap<Decl, Vec<(FnId, Op)>> = FxHashMap::default();
            for flow in self.flows.iter().flatten() {
                for event in &flow.events {
                    // A `get` that takes the map exclusively notes the access, and leaves the entry as it is.
                    let seen = |op, method: &Name| if method == "get" { Op::Get } else { op };
                    let (decl, op) = match &event.kind {
                        EventKind::Acquire { acquire, guard } => {
                            let changes = acquire.op == Op::Entry && is_kept(flow, acquire, *guard);
                            (&acquire.lock.decl, if changes { Op::Update } else { acquire.op })
                        }
                        EventKind::MapOp(it) if it.decl.is_some() => (&it.decl, seen(it.op, &it.method)),
                        EventKind::MapOp(it) => {
                            (decl_around(flow, event, &it.place), seen(it.op, &it.method))
                        }
                        _ => continue,
                    };
                    let Some(decl) = decl.as_ref().filter(|_| op != Op::None) else { continue };
                    let uses = found.entry(decl.clone()).or_default();
                    if uses.last() != Some(&(flow.id, op)) {
                        uses.push((flow.id, op));
                    }
                }
            }
            found
        };
        self.map_uses.get_or_init(find).get(decl).map_or(&[], Vec::as_slice)
    }

    /// The calls of a function in the workspace, as far as they are resolved, those among them that run it in a thread by its name.
    pub fn callers(&self, id: FnId) -> &[Caller] {
        let find = || {
            let mut found: FxHashMap<FnId, Vec<Caller>> = FxHashMap::default();
            for flow in self.flows.iter().flatten() {
                for event in &flow.events {
                    let EventKind::Call(call) = &event.kind else { continue };
                    let is_part = |it: &Step| matches!(it, Step::Field(_));
                    let on_self = call
                        .receiver
                        .as_ref()
                        .is_some_and(|it| it.root == Root::SelfValue && it.path.iter().all(is_part));
                    let holds_alone = event.held.iter().any(|it| {
                        let lock = &flow.guard(it.guard).acquire.lock;
                        !it.maybe && it.mode == LockMode::Exclusive && lock.role == TypeRole::Lock
                    });
                    found.entry(call.callee).or_default().push(Caller {
                        id: flow.id,
                        on_self,
                        held: held_at(flow, event),
                        is_apart: !event.is_own,
                        holds_alone,
                        at: event.span,
                    });
                }
            }
            for Spawned { callee, by, at } in spawned::find(&self.model) {
                let caller = Caller {
                    id: by,
                    on_self: false,
                    held: Vec::new(),
                    is_apart: true,
                    holds_alone: false,
                    at,
                };
                found.entry(callee).or_default().push(caller);
            }
            found
        };
        self.callers.get_or_init(find).get(&id).map_or(&[], Vec::as_slice)
    }

    /// Whether several are seen to have a value of a type, or one that it is a part of, at once.
    pub fn is_shared(&self, id: AdtId) -> bool {
        self.shared().has(id)
    }

    /// Whether values of a type are seen behind a lock that one has at a time, and nowhere else where several have them.
    pub fn is_locked_away(&self, id: AdtId) -> bool {
        self.shared().has_locked_away(id)
    }

    fn shared(&self) -> &Shared {
        self.shared.get_or_init(|| Shared::find(&self.model, &self.flows))
    }

    /// Whether awaiting a call of a function never suspends, whatever impl of a trait's method it runs: it awaits nothing but
    /// such functions.
    pub fn is_prompt(&self, id: FnId) -> bool {
        let prompt = self.prompt.get_or_init(|| prompt::find(&self.model, &self.flows));
        prompt::runs_only(&self.model, prompt, id)
    }

    /// Whether a function is code of a program that nothing reaches from its `main`.
    pub fn is_unreached(&self, id: FnId) -> bool {
        self.unreached.is_of_no_run(&self.workspace, self.model.func(id).at)
    }

    /// Whether a function is such code, or code of a library that lies beside a program which never gets to it.
    pub fn is_unused(&self, id: FnId) -> bool {
        self.is_unreached(id) || self.unreached.is_for_others(&self.workspace, self.model.func(id).at)
    }

    /// How many shared maps, locks and cells the workspace declares in fields and statics.
    pub fn map_count(&self) -> usize {
        let shared = |role| matches!(role, TypeRole::SharedMap | TypeRole::Lock | TypeRole::Cell);
        let is_one = |ty| self.model.any_part(ty, &mut |it| self.model.role(it).is_some_and(shared));
        let is_own = |file| !self.workspace.is_outside(file);
        let types = self.model.adt_ids().filter(|id| is_own(self.model.adt(*id).at.file));
        let fields = types.flat_map(|id| self.model.adt_fields(id).to_vec());
        let statics = self.model.static_ids().filter(|id| is_own(self.model.static_(*id).at.file));
        let statics = statics.filter(|id| is_one(self.model.static_ty(*id))).count();
        statics + fields.filter(|it| self.declares_shared(&it.ty)).count()
    }

    /// Whether a field's own type, layers aside, is a shared map, lock or cell.
    fn declares_shared(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Known(id, args) => match self.knowledge.ty(*id).role {
                TypeRole::SharedMap | TypeRole::Lock | TypeRole::Cell => true,
                TypeRole::Layer | TypeRole::Enum => args.iter().any(|it| self.declares_shared(it)),
                _ => false,
            },
            Ty::Ref(_, it) | Ty::Slice(it) => self.declares_shared(it),
            _ => false,
        }
    }

    /// `dump model`: types, statics and signatures as resolved.
    pub fn dump_model(&self) -> String {
        self.model.dump()
    }
}

/// The declared locks that are held at an event on every path to it, and whether no two threads can hold them so.
fn held_at(flow: &FnFlow, event: &Event) -> Vec<(Decl, bool)> {
    // An attempt may have failed.
    let is_sure = |it: &&flow::Held| !it.maybe && !flow.guard(it.guard).acquire.is_try;
    let held = event.held.iter().filter(is_sure);
    held.filter_map(|it| Some((flow.guard(it.guard).acquire.lock.decl.clone()?, it.mode.is_alone())))
        .collect()
}

/// The declaration of the lock that a map is the content of.
fn decl_around<'a>(flow: &'a FnFlow, event: &Event, map: &Place) -> &'a Option<Decl> {
    let mut locks = event.held.iter().map(|it| &flow.guard(it.guard).acquire.lock);
    let is_content =
        |it: &&Lock| map.path.last() == Some(&Step::Inside) && *map == it.place.then(Step::Inside);
    locks.find(is_content).map_or(&None, |it| &it.decl)
}

/// Whether an entry outlives its statement: a local has it, or the caller gets it.
fn is_kept(flow: &FnFlow, acquire: &Acquire, guard: Option<GuardId>) -> bool {
    let is_bound = guard.is_some_and(|it| flow.guard(it).binding.is_some());
    is_bound || flow.shape.guards.iter().any(|it| it.span == acquire.span)
}

/// One file as a lint sees it.
#[derive(Clone, Copy, Debug)]
pub struct FileView<'a> {
    /// Everything.
    pub analysis: &'a Analysis,
    /// Which file.
    pub id: FileId,
}

impl<'a> FileView<'a> {
    /// The file and its facts.
    pub fn parsed(&self) -> &'a ParsedFile {
        self.analysis.workspace.file(self.id)
    }

    /// Its functions that have a body, in source order.
    pub fn functions(&self) -> impl Iterator<Item = FunctionView<'a>> {
        let file = *self;
        let ids = &self.analysis.by_file[self.id.0 as usize];
        ids.iter().filter_map(move |id| Some(FunctionView { file, id: *id, flow: file.analysis.flow(*id)? }))
    }

    /// `dump flow`: guards and events of every function.
    pub fn dump_flow(&self) -> String {
        let text = &self.parsed().source.text;
        let lines = LineIndex::new(text);
        self.functions().map(|it| it.flow.dump(&self.analysis.model, text, &lines)).collect()
    }

    /// What is believed alive on a 1-based line: one sentence a guard.
    pub fn held_at(&self, line: u32) -> Vec<String> {
        let text = &self.parsed().source.text;
        let lines = LineIndex::new(text);
        let at = |byte: u32| lines.line_column(text, byte).line;
        let mut said = Vec::new();
        for function in self.functions() {
            for guard in function.flow.guards.iter().filter(|it| !it.derived) {
                let from = at(guard.acquire.span.start);
                let until = guard.ends.iter().map(|it| at(it.start)).max().unwrap_or(from);
                if (from..=until).contains(&line) {
                    let lock = flow::show_place(&self.analysis.model, &guard.acquire.lock.place);
                    let holder = match &guard.binding {
                        Some((name, _)) => format!("held by `{name}`"),
                        None => "held by a temporary".to_string(),
                    };
                    let kind = &guard.type_name;
                    said.push(format!(
                        "{kind} of `{lock}`, taken on line {from}, {holder}, until line {until}"
                    ));
                }
            }
        }
        said.dedup();
        said
    }
}

/// One function as a lint sees it.
#[derive(Clone, Copy, Debug)]
pub struct FunctionView<'a> {
    /// Its file.
    pub file: FileView<'a>,
    /// Which function.
    pub id: FnId,
    /// Its guards and events.
    pub flow: &'a FnFlow,
}

impl<'a> FunctionView<'a> {
    /// The model behind it.
    pub fn model(&self) -> &'a Model {
        &self.file.analysis.model
    }

    /// What happens while something is held or iterated, calls looked into, in the order of events.
    pub fn happenings(&self) -> impl Iterator<Item = Happening<'a>> + 'a {
        self.file.analysis.summaries.happenings(self.flow)
    }

    /// What is done to entries of maps, calls looked into, each with the index of its event.
    pub fn map_happenings(&self) -> impl Iterator<Item = (usize, Happening<'a>)> + 'a {
        self.file.analysis.summaries.map_happenings(self.flow)
    }

    /// The locks that the callee of an event takes, in the terms of this function.
    pub fn taken_inside(&self, event: &Event) -> Vec<Acquire> {
        self.file.analysis.summaries.taken_inside(event)
    }

    /// Its path inside the crate.
    pub fn path(&self) -> &'a str {
        &self.model().func(self.id).path
    }
}
