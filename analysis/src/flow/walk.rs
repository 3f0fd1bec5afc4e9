//! The walker: its parts, its entry, blocks and statements.

use elsa::FrozenVec;

use super::drops::EarlyDrop;
use super::frames::{Frame, FrameKind};
use super::returns::Returned;
use super::state::{FrameId, LocalId, Owner, State};
use super::value::{Code, Task, Value};
use super::{
    Acquire, Assumption, Binding, Event, EventKind, FnFlow, Guard, GuardId, ParamCall, Place, Root, Shape,
    Shapes,
};
use crate::facts::{
    Attrs, Block, BlockKind, Body, BodyId, Edition, ExprId, ExprKind, MAX_WALKED_DEPTH, PatId, PatKind, Stmt,
    StmtKind, TypeExpr,
};
use crate::knowledge::Knowledge;
use crate::model::{FnId, Holder, Model, TyScope};
use crate::name::Name;
use crate::settings::Settings;
use crate::source::FileId;
use crate::span::Span;
use crate::ty::Ty;

/// How many guards are followed at once; what is taken under more than these is not told apart any more. Real code holds a few.
const MAX_ALIVE: usize = 64;

/// Walks one function, given the shapes of those that it calls. `None` where it has no body, or one nested too deeply to
/// walk.
pub fn walk(model: &Model, settings: &Settings, shapes: &Shapes, id: FnId) -> Option<FnFlow> {
    let def = model.func(id);
    let parsed = model.workspace().file(def.at.file);
    let packed = parsed.facts.body(def.body?);
    if packed.max_depth > MAX_WALKED_DEPTH {
        return None;
    }
    let unpacked = FrozenVec::new();
    let body = unpacked.push_get(Box::new(packed.unpack()));
    let mut walker = Walker {
        model,
        knowledge: model.knowledge(),
        body,
        edition: parsed.source.edition,
        scope: model.fn_scope(id),
        flow: FnFlow {
            id,
            guards: Vec::new(),
            locals: Vec::new(),
            uses: Vec::new(),
            events: Vec::new(),
            quiet: Vec::new(),
            handed: Vec::new(),
            scrutinees: Vec::new(),
            shape: Shape::default(),
            handles: Vec::new(),
            literals: Vec::new(),
            callees: Vec::new(),
        },
        settings,
        shapes,
        returned: Vec::new(),
        handed_on: Vec::new(),
        early_drops: Vec::new(),
        branches: 0,
        assumed: Vec::new(),
        has_left: false,
        has_returned: false,
        returns_future: !model.signature(id).is_async && matches!(model.signature(id).output, Ty::Future(_)),
        apart: 0,
        debug_only: 0,
        state: State::new(),
        frames: Vec::new(),
        locals: Vec::new(),
        iterating: Vec::new(),
        next_frame: 0,
        next_unnamed: 0,
        unpacked: &unpacked,
        rules: Vec::new(),
        bodies: vec![body],
        inlining: Vec::new(),
        macro_args: Vec::new(),
        second_turns: 0,
        runs: 0,
        deferred: Vec::new(),
        extending: Vec::new(),
        extension: None,
        captured: Vec::new(),
        await_floor: 0,
        awaited: 0,
        expected: None,
    };
    walker.function(id);
    Some(walker.finish())
}

/// One walk over one body.
pub(super) struct Walker<'a> {
    pub(super) model: &'a Model,
    pub(super) knowledge: &'a Knowledge,
    pub(super) body: &'a Body,
    pub(super) edition: Edition,
    pub(super) scope: TyScope<'a>,
    pub(super) flow: FnFlow,
    pub(super) state: State,
    pub(super) frames: Vec<Frame>,
    pub(super) locals: Vec<Local>,
    pub(super) iterating: Vec<(Place, Span)>,
    pub(super) next_frame: u32,
    pub(super) next_unnamed: u32,
    /// What is asked of it.
    pub(super) settings: &'a Settings,
    /// What is known of the functions that it calls.
    pub(super) shapes: &'a Shapes,
    /// What the function returns, on each path.
    pub(super) returned: Vec<Returned>,
    /// The closures among its parameters that its callees run.
    pub(super) handed_on: Vec<ParamCall>,
    /// The locals that went out of scope on an early way out, where something was alive.
    pub(super) early_drops: Vec<EarlyDrop>,
    /// How many branches are open: what happens in one may not happen.
    pub(super) branches: u32,
    /// What the path knows of the parameters.
    pub(super) assumed: Vec<Assumption>,
    /// A path has left early: what follows may not happen.
    pub(super) has_left: bool,
    /// The same by more than a `?` or a panic.
    pub(super) has_returned: bool,
    /// A plain function whose result is a future: an async block in it is what its caller awaits.
    pub(super) returns_future: bool,
    /// How many closures that nobody is known to run here are open.
    pub(super) apart: u32,
    /// How many macros are open whose arguments only debug builds evaluate.
    pub(super) debug_only: u32,
    /// What keeps the bodies alive while they are walked.
    pub(super) unpacked: &'a FrozenVec<Box<Body>>,
    /// The bodies of the macro rules walked so far.
    pub(super) rules: Vec<((FileId, BodyId), &'a Body)>,
    /// Every body walked so far: the function's own, then those of macro rules.
    pub(super) bodies: Vec<&'a Body>,
    /// The closures being walked in place, so that recursion ends.
    pub(super) inlining: Vec<Code>,
    /// The arguments of the macro rules being walked in place.
    pub(super) macro_args: Vec<super::macros::MacroFrame<'a>>,
    /// How many loops have been walked twice.
    pub(super) second_turns: u32,
    /// How many closures have been run, in place or for themselves.
    pub(super) runs: u32,
    /// The threads that the scope being walked has started.
    pub(super) deferred: Vec<Task>,
    /// The tails through which the `let` being walked extends temporaries, and to where.
    pub(super) extending: Vec<(ExprId, FrameId)>,
    /// Where the temporaries of the innermost extending operand live.
    pub(super) extension: Option<FrameId>,
    /// The locals that guards were captured from, for when the closure runs.
    pub(super) captured: Vec<(GuardId, LocalId)>,
    /// Guards before this one belong to a frame that waits, not to the future being walked: an await does not suspend them.
    pub(super) await_floor: u32,
    /// How many tasks that an await waits for are open: what blocks their threads does not block this one.
    pub(super) awaited: u32,
    /// The type that the surrounding `let` ascribes, for `collect` and its like.
    pub(super) expected: Option<Ty>,
}

/// A local variable.
#[derive(Clone, Debug)]
pub(super) struct Local {
    pub(super) name: Name,
    pub(super) span: Span,
    /// How often it has been changed: a key that names it is another one then.
    pub(super) changes: u32,
    /// Moved out of, on some path.
    pub(super) is_moved: bool,
    /// What is known of its value; its guards are those that it owns in the state.
    pub(super) value: Value,
}

impl<'a> Walker<'a> {
    fn function(&mut self, id: FnId) {
        let facts = self.model.fn_facts(id);
        let sig = self.model.signature(id).clone();
        let frame = self.push(FrameKind::Call(Vec::new()));
        if sig.self_kind.is_some() {
            let ty = self.self_param_ty(&sig, facts.self_param.as_ref().and_then(|it| it.ty.as_deref()));
            let value = Value { place: Some(Place::new(Root::SelfValue)), ..Value::of(ty) };
            self.declare(Name::new("self"), Span::default(), value);
        }
        for (index, pat) in self.body.params.iter().enumerate() {
            let ty = sig.params.get(index).cloned().unwrap_or_default();
            self.parameter(*pat, ty, index as u32);
        }
        let root = self.body.root;
        let value = self.use_value(root);
        if self.state.reachable {
            self.returns(&value);
        }
        self.end_values(&[value], self.body.expr(root).span.at_end());
        self.pop(frame, self.body.expr(root).span.at_end());
    }

    fn self_param_ty(&self, sig: &crate::model::FnSig, written: Option<&TypeExpr>) -> Ty {
        match written {
            Some(ty) => self.model.lower_ty(ty, &self.scope),
            None => sig.self_ty.clone().unwrap_or_default(),
        }
    }

    /// The name that a pattern binds first, or none.
    pub(super) fn pattern_name(&self, pat: PatId) -> Name {
        use PatKind::{Bind, Ref, Tuple, TupleStruct, Typed};
        match &self.body.pat(pat).kind {
            Bind { name, .. } => name.clone(),
            Ref(inner) | Typed(inner, _) => self.pattern_name(*inner),
            Tuple(elems) | TupleStruct { elems, .. } => {
                elems.iter().map(|it| self.pattern_name(*it)).find(|it| !it.is_empty()).unwrap_or_default()
            }
            _ => Name::default(),
        }
    }

    /// A parameter that is a guard is alive from the start; one that is a reference to a guard is the caller's.
    fn parameter(&mut self, pat: PatId, ty: Ty, index: u32) {
        let place = Place::new(Root::Param(index, self.pattern_name(pat)));
        let span = self.body.pat(pat).span;
        let mut value = Value { place: Some(place.clone()), ..Value::of(ty.clone()) };
        // Of several guards in one value it is not known which is dropped when.
        if let Some(held) = self.holds(&ty).filter(|_| !self.holds_several(&ty)) {
            let acquire = self.foreign_acquire(held, place, &ty, span, Name::new("parameter"));
            let acquire = Acquire { is_given: true, ..acquire };
            let guard = self.new_guard(acquire, Some(held), false);
            value.guards.push(guard);
        }
        self.bind(pat, value);
        // `_: Guard` holds for the whole callee.
        let rest = self.state.owned_by(Owner::Flight);
        let frame = self.frame_id();
        self.state.give(&rest, Owner::Frame(frame));
    }

    /// Records an event, with what is alive.
    pub(super) fn event(&mut self, kind: EventKind, span: Span) {
        self.event_without(&[], kind, span);
    }

    /// The same, where some of the guards are another's business.
    pub(super) fn event_without(&mut self, others: &[GuardId], kind: EventKind, span: Span) {
        let is_cost = matches!(kind, EventKind::Block(_) | EventKind::Work(_));
        if !self.state.reachable || (is_cost && self.debug_only > 0) {
            return;
        }
        let taken = match &kind {
            EventKind::Acquire { guard, .. } => *guard,
            _ => None,
        };
        let floor = if matches!(kind, EventKind::Await(_)) { self.await_floor } else { 0 };
        let is_held =
            |it: &super::Held| Some(it.guard) != taken && it.guard.0 >= floor && !others.contains(&it.guard);
        let held = self.state.held().filter(is_held).collect();
        let is_reached = self.branches == 0 && self.debug_only == 0;
        self.flow.events.push(Event {
            kind,
            span,
            held,
            iterating: self.iterating.as_slice().into(),
            assumes: self.assumptions(),
            is_sure: is_reached && !self.has_left,
            is_usual: is_reached && !self.has_returned,
            is_own: self.apart == 0,
        });
    }

    /// What the path knows of the parameters: nothing of one of which it knows both.
    fn assumptions(&self) -> Box<[Assumption]> {
        let mut known = self.assumed.clone();
        known.sort();
        known.dedup();
        let is_both = |it: &Assumption| known.contains(&Assumption { holds: !it.holds, ..*it });
        known.iter().filter(|it| !is_both(it)).copied().collect()
    }

    /// A new guard, owned by the value being computed.
    pub(super) fn new_guard(&mut self, acquire: Acquire, held: Option<Holder>, derived: bool) -> GuardId {
        let id = GuardId(self.flow.guards.len() as u32);
        let mode = acquire.mode;
        let ty = held.map(|it| self.knowledge.ty(it.id));
        self.flow.guards.push(Guard {
            acquire,
            type_name: ty.map_or_else(Name::default, |it| it.name().into()),
            is_local: ty.is_some_and(|it| it.is_local),
            binding: None,
            derived,
            is_extended: false,
            ends: Vec::new(),
        });
        if self.state.reachable && self.state.live.len() < MAX_ALIVE {
            let live = super::state::Live { owner: Owner::Flight, maybe: false, is_replaced: false, mode };
            self.state.live.insert(id, live);
        }
        id
    }

    /// Ends guards here, on this path.
    pub(super) fn end(&mut self, guards: &[GuardId], at: Span) {
        for id in guards {
            if self.state.live.remove(id).is_some() {
                self.flow.guards[id.0 as usize].ends.push(at);
            }
        }
    }

    /// Drops values that nobody wants: the guards that they still carry end.
    pub(super) fn end_values(&mut self, values: &[Value], at: Span) {
        for value in values {
            let flying = self.flying(value);
            self.end(&flying, at);
        }
    }

    /// The guards of a value that no one else owns yet.
    pub(super) fn flying(&self, value: &Value) -> Vec<GuardId> {
        let is_flying = |id: &&GuardId| self.state.live.get(id).is_some_and(|it| it.owner == Owner::Flight);
        value.guards.iter().filter(is_flying).copied().collect()
    }

    /// Declares a local in the innermost block.
    pub(super) fn declare(&mut self, name: Name, span: Span, mut value: Value) -> LocalId {
        let id = LocalId(self.locals.len() as u32);
        if value.place.is_none() {
            value.place = Some(Place::new(Root::Local(id.0, name.clone())));
        }
        value.local = None;
        for guard in &value.guards {
            self.flow.guards[guard.0 as usize].binding = Some((name.clone(), span));
        }
        let frame = self.binding_frame();
        self.frames[frame].names.push((name.clone(), id));
        // Where nothing is alive, nothing is borrowed that could matter.
        let is_owned = self.state.live.is_empty() || self.is_owned(&value.ty);
        let is_sole = self.is_owned(&value.ty) && !self.has_handle(&value.ty);
        let is_handle = matches!(value.ty, Ty::Known(..)) && self.is_handle(&value.ty);
        if is_handle && !self.flow.handles.contains(&value.ty) {
            self.flow.handles.push(value.ty.clone());
        }
        self.flow.locals.push(Binding { name: name.clone(), span, is_owned, is_sole });
        self.locals.push(Local { name, span, changes: 0, is_moved: false, value });
        id
    }

    /// A place that equals no other.
    pub(super) fn unnamed(&mut self) -> Place {
        self.next_unnamed += 1;
        Place::new(Root::Unnamed(self.next_unnamed))
    }

    /// Where an expression stands: in a macro rule that is walked in place, the call.
    pub(super) fn span(&self, id: ExprId) -> Span {
        self.macro_args.first().map_or(self.body.expr(id).span, |it| it.call)
    }

    pub(super) fn lower(&self, ty: &TypeExpr) -> Ty {
        self.model.lower_ty(ty, &self.scope)
    }

    /// A block in value position.
    pub(super) fn block(&mut self, id: ExprId, block: &'a Block) -> Value {
        match block.kind {
            BlockKind::Async { is_move } => return self.async_block(id, is_move),
            BlockKind::Plain | BlockKind::Unsafe | BlockKind::Const | BlockKind::Try => {}
        }
        let span = self.span(id);
        let frame = match &block.label {
            Some(label) => self.push(FrameKind::Labelled {
                label: label.clone(),
                breaks: Vec::new(),
                values: Vec::new(),
            }),
            None => self.push(FrameKind::Block),
        };
        let known = self.assumed.len();
        self.statements(&block.stmts);
        let value = block.tail.map(|tail| self.tail(tail)).unwrap_or_else(|| Value::of(Ty::unit()));
        if block.label.is_some() {
            // Paths that leave it early come here too.
            self.assumed.truncate(known);
        }
        let mut values = self.pop_values(frame, span.at_end());
        if values.is_empty() {
            return value;
        }
        values.push(value);
        self.merge(values)
    }

    /// The statements of a block. Of two that `cfg` makes exclusive the second starts where the first one did; what it
    /// binds the first one has bound already.
    fn statements(&mut self, stmts: &'a [Stmt]) {
        let mut start = None;
        for (index, stmt) in stmts.iter().enumerate() {
            let goes_on = stmt.attrs.cfg.is_empty() || index == 0 || stmts[index - 1].attrs.cfg.is_empty();
            if goes_on && !stmt.attrs.cfg.is_empty() {
                start = Some(self.state.clone());
            }
            if !excluded(&stmts[..index], &stmt.attrs) {
                self.statement(stmt);
            } else if let (false, StmtKind::Expr { .. }, Some(start)) = (goes_on, &stmt.kind, &start) {
                let other = std::mem::replace(&mut self.state, start.clone());
                self.branches += 1;
                self.statement(stmt);
                self.branches -= 1;
                self.state = std::mem::replace(&mut self.state, State::unreachable()).join(other);
            }
        }
    }

    /// A block's tail: from 2024 on its temporaries end before the block's locals.
    fn tail(&mut self, tail: ExprId) -> Value {
        if self.edition.drops_tails_early() { self.in_temps(tail) } else { self.use_value(tail) }
    }

    pub(super) fn statement(&mut self, stmt: &'a Stmt) {
        if is_inactive(&stmt.attrs) {
            return;
        }
        match &stmt.kind {
            StmtKind::Let { pat, ty, init, otherwise } => {
                self.let_statement(stmt, *pat, ty.as_ref(), *init, *otherwise)
            }
            StmtKind::Expr { expr, .. } => {
                let frame = self.push(FrameKind::Temps);
                let first_new = self.flow.guards.len() as u32;
                let value = self.use_value(*expr);
                if self.makes_value(*expr) {
                    self.drop_value(&value, stmt.span);
                }
                // What nothing took is gone with the statement: its value, and whatever it made on the way.
                let mut left = self.flying_since(first_new);
                left.extend(self.flying(&value));
                self.end(&left, stmt.span.at_end());
                self.pop(frame, stmt.span.at_end());
            }
            StmtKind::Item(_) => {}
        }
    }

    fn let_statement(
        &mut self,
        stmt: &'a Stmt,
        pat: PatId,
        ty: Option<&TypeExpr>,
        init: Option<ExprId>,
        otherwise: Option<ExprId>,
    ) {
        let ascribed = ty.map(|it| self.lower(it)).filter(|it| !it.is_unknown());
        let Some(init) = init else {
            self.bind(pat, Value::of(ascribed.unwrap_or_default()));
            return;
        };
        let frame = self.push(FrameKind::Temps);
        let outer = std::mem::replace(&mut self.expected, ascribed.clone());
        let wild = matches!(self.body.pat(pat).kind, PatKind::Wild);
        let first_new = self.flow.guards.len() as u32;
        let extension = self.extension.take();
        // `let ref x = temporary;` extends as `let x = &temporary;` does.
        let mut value = if self.has_ref(pat) { self.extended_place(init) } else { self.extended(init) };
        self.extension = extension;
        self.expected = outer;
        if let Some(ty) = ascribed {
            value = self.ascribe(value, ty);
        }
        if wild {
            if self.makes_value(init) {
                self.drop_value(&value, stmt.span);
            }
            self.discard(value, first_new, stmt.span);
            self.pop(frame, stmt.span.at_end());
            return;
        }
        match otherwise {
            Some(otherwise) => {
                self.settle(&value);
                let made: Vec<GuardId> =
                    self.state.live.keys().copied().filter(|it| it.0 >= first_new).collect();
                let known = self.assumed.len();
                self.assume_pattern(init, pat, false);
                self.let_else(pat, value, otherwise, &made, stmt.span);
                self.assumed.truncate(known);
                self.assume_pattern(init, pat, true);
                self.pop(frame, stmt.span.at_end());
            }
            None => {
                if let PatKind::Bind { name, .. } = &self.body.pat(pat).kind {
                    value = self.seen_later(name, self.body.pat(pat).span, value);
                }
                // The names belong to the block around the statement, the temporaries to the statement.
                self.bind(pat, value);
                self.settle_rest(first_new);
                self.name_extended(pat, first_new);
                self.pop(frame, stmt.span.at_end());
            }
        }
    }

    /// An ascribed type says more than an inferred one, unless it leaves more open.
    fn ascribe(&self, value: Value, ty: Ty) -> Value {
        if !value.ty.is_unknown() && ty.is_open() && self.holds(&value.ty).is_some() {
            return value;
        }
        let ty = ty.filled(&value.ty);
        Value { ty, ..value }
    }

    /// `let _ = value;`: a call's result is dropped at once, a place stays where it is.
    pub(super) fn discard(&mut self, value: Value, first_new: u32, at: Span) {
        let flying = self.flying(&value);
        for id in &flying {
            if id.0 >= first_new {
                self.event(EventKind::Discard(*id), at);
            }
        }
        self.end(&flying, at);
    }

    /// What a pattern left in the value it was matched against lives to the end of the statement.
    pub(super) fn settle_rest(&mut self, first_new: u32) {
        let rest = self.flying_since(first_new);
        let Some(frame) = self.temps_frame() else { return };
        self.state.give(&rest, Owner::Frame(frame));
    }

    /// The guards made since `first_new` that no one owns yet.
    pub(super) fn flying_since(&self, first_new: u32) -> Vec<GuardId> {
        self.state.owned_by(Owner::Flight).into_iter().filter(|it| it.0 >= first_new).collect()
    }

    /// A temporary that a `let` extends is held by the name that refers into it.
    fn name_extended(&mut self, pat: PatId, first_new: u32) {
        let name = self.pattern_name(pat);
        let span = self.body.pat(pat).span;
        let extended = self.state.owned_by(Owner::Frame(self.block_frame()));
        for id in extended.into_iter().filter(|it| it.0 >= first_new && !name.is_empty()) {
            let guard = &mut self.flow.guards[id.0 as usize];
            guard.binding.get_or_insert_with(|| (name.clone(), span));
            guard.is_extended = true;
        }
    }
}

/// Whether a statement is only compiled for tests.
fn is_inactive(attrs: &Attrs) -> bool {
    use crate::facts::Cfg;
    attrs.cfg.iter().any(|it| matches!(it, Cfg::Atom(name, None) if name == "test"))
}

/// Whether a statement is the other branch of one before it: `#[cfg(a)] x; #[cfg(not(a))] y;` is `x` or `y`, and `x`
/// stands for both.
fn excluded(before: &[Stmt], attrs: &Attrs) -> bool {
    use crate::facts::Cfg;
    fn opposite(a: &Cfg, b: &Cfg) -> bool {
        match (a, b) {
            (Cfg::Not(a), b) | (b, Cfg::Not(a)) if **a == *b => true,
            (Cfg::All(all), it) | (it, Cfg::All(all)) => all.iter().any(|part| opposite(part, it)),
            _ => false,
        }
    }
    let excludes = |a: &Cfg| before.iter().any(|it| it.attrs.cfg.iter().any(|b| opposite(a, b)));
    attrs.cfg.iter().any(excludes)
}

/// Whether an expression is a block that must be looked into for extension.
pub(super) fn tail_of(kind: &ExprKind) -> Option<&Block> {
    match kind {
        ExprKind::Block(block) if matches!(block.kind, BlockKind::Plain | BlockKind::Unsafe) => Some(block),
        _ => None,
    }
}
