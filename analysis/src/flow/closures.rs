//! Closures and async blocks: run in place under what is held, or walked for themselves.

use super::GuardId;
use super::frames::FrameKind;
use super::state::{Owner, State};
use super::value::{Code, Value};
use super::walk::Walker;
use crate::facts::{Block, BlockKind, ExprId, ExprKind, Pat, PatKind};
use crate::name::Name;
use crate::span::Span;
use crate::ty::Ty;
use std::sync::Arc;

/// How many closures are followed into each other.
const MAX_INLINE: usize = 8;

/// How many times the closures of one function are run: a lazy chain runs when it is made and when it is consumed, and
/// chains within chains would otherwise double each other.
const MAX_RUNS: u32 = 2_000;

impl<'a> Walker<'a> {
    /// A closure as a value: a `move` one takes the guards of the locals that it names.
    pub(super) fn closure_value(&mut self, id: ExprId) -> Value {
        let body = self.body;
        let ExprKind::Closure(closure) = &body.expr(id).kind else { return Value::default() };
        let output = closure.output.as_ref().map(|it| self.lower(it)).unwrap_or_default();
        let guards = if closure.is_move { self.capture(id) } else { Vec::new() };
        Value { closure: Some(self.code(id)), guards, ..Value::of(Ty::callable(output)) }
    }

    /// An async block as a value: nothing in it runs yet.
    pub(super) fn async_block(&mut self, id: ExprId, is_move: bool) -> Value {
        let guards = if is_move { self.capture(id) } else { Vec::new() };
        Value { closure: Some(self.code(id)), guards, ..Value::of(Ty::Future(Arc::new(Ty::Unknown))) }
    }

    /// Moves the guards of the locals named in a `move` body into it.
    fn capture(&mut self, id: ExprId) -> Vec<GuardId> {
        let span = self.body.expr(id).span;
        if self.state.live.is_empty() || !self.macro_args.is_empty() {
            return Vec::new();
        }
        let body = self.body;
        let own: Vec<(&Name, Span)> =
            body.pats.iter().filter(|it| span.contains(it.span)).filter_map(bound).collect();
        let is_own =
            |name: &Name, at: Span| own.iter().any(|(it, bound)| *it == name && bound.start < at.start);
        let inside = body.exprs.iter().filter(|it| span.contains(it.span));
        let mut guards = Vec::new();
        for expr in inside {
            let ExprKind::Path(path) = &expr.kind else { continue };
            let Some(name) = path.as_ident().filter(|it| !is_own(it, expr.span)) else { continue };
            let Some(local) = self.lookup(name) else { continue };
            guards.extend(self.state.owned_by(Owner::Local(local)));
        }
        guards.sort();
        guards.dedup();
        for id in &guards {
            if let Some(Owner::Local(local)) = self.state.live.get(id).map(|it| it.owner) {
                self.captured.push((*id, local));
            }
        }
        self.state.give(&guards, Owner::Flight);
        guards
    }

    /// Gives captured guards back to the locals that the body knows them by.
    pub(super) fn release_captured(&mut self, guards: &[GuardId]) {
        for id in guards {
            if let Some((_, local)) = self.captured.iter().rev().find(|(it, _)| it == id).copied() {
                self.state.give(&[*id], Owner::Local(local));
            }
        }
    }

    /// `async { .. }.await` runs here and now.
    pub(super) fn awaited_block(&mut self, operand: ExprId) -> Option<Value> {
        let ExprKind::Block(block) = &self.body.expr(operand).kind else { return None };
        let BlockKind::Async { .. } = block.kind else { return None };
        Some(self.run(self.code(operand), Vec::new()))
    }

    /// Whether code is an async block rather than a closure.
    pub(super) fn is_async_block(&self, code: Code) -> bool {
        matches!(self.bodies[code.body as usize].expr(code.id).kind, ExprKind::Block(_))
    }

    /// An expression of the body being walked, for later.
    fn code(&self, id: ExprId) -> Code {
        let index = self.bodies.iter().position(|it| std::ptr::eq(*it, self.body));
        Code { body: index.unwrap_or(0) as u32, id }
    }

    /// Runs a closure or async block here, under what is held.
    pub(super) fn run(&mut self, code: Code, params: Vec<Value>) -> Value {
        if self.inlining.len() >= MAX_INLINE || self.inlining.contains(&code) || self.runs >= MAX_RUNS {
            return Value::default();
        }
        self.runs += 1;
        let body = self.bodies[code.body as usize];
        if std::ptr::eq(body, self.body) {
            return self.run_here(code, params);
        }
        // Written in another body: its names are not the parameters of the macro rule being walked, or no longer.
        let outer = std::mem::replace(&mut self.body, body);
        let macros = std::mem::take(&mut self.macro_args);
        let value = self.run_here(code, params);
        self.macro_args = macros;
        self.body = outer;
        value
    }

    fn run_here(&mut self, code: Code, params: Vec<Value>) -> Value {
        let id = code.id;
        self.inlining.push(code);
        let deferred = std::mem::take(&mut self.deferred);
        let frame = self.push(FrameKind::Call(Vec::new()));
        self.branches += 1;
        let known = self.assumed.len();
        let value = self.run_body(id, params);
        self.assumed.truncate(known);
        self.branches -= 1;
        self.pop(frame, self.span(id).at_end());
        // The threads of a scope are waited for when its closure has returned.
        for thread in std::mem::replace(&mut self.deferred, deferred) {
            self.run_task(thread);
        }
        self.inlining.pop();
        value
    }

    fn run_body(&mut self, id: ExprId, params: Vec<Value>) -> Value {
        let body = self.body;
        match &body.expr(id).kind {
            ExprKind::Closure(closure) => {
                let mut params = params.into_iter();
                for (pat, ty) in &closure.params {
                    let given = params.next().unwrap_or_default();
                    let written = ty.as_ref().map(|it| self.lower(it)).filter(|it| !it.is_open());
                    let value = match written {
                        Some(ty) => Value { ty, ..given },
                        None => given,
                    };
                    let first_new = value.guards.iter().map(|it| it.0).min().unwrap_or(u32::MAX);
                    self.bind(*pat, value);
                    self.settle_rest(first_new);
                }
                self.use_value(closure.body)
            }
            ExprKind::Block(block) => self.async_body(id, block),
            _ => Value::default(),
        }
    }

    fn async_body(&mut self, id: ExprId, block: &'a Block) -> Value {
        let frame = self.push(FrameKind::Block);
        for stmt in &block.stmts {
            self.statement(stmt);
        }
        let value = block.tail.map(|it| self.use_value(it)).unwrap_or_else(|| Value::of(Ty::unit()));
        self.pop(frame, self.span(id).at_end());
        value
    }

    /// Runs code while this frame waits for it, on this thread or another: what the frame holds is not part of a future
    /// that is awaited there.
    pub(super) fn run_waiting(&mut self, code: Code, params: Vec<Value>) -> Value {
        let floor = std::mem::replace(&mut self.await_floor, self.flow.guards.len() as u32);
        let value = self.run(code, params);
        self.await_floor = floor;
        value
    }

    /// A closure or future that nobody is known to run here: walked for itself, with only the guards it captured.
    pub(super) fn run_unknown(&mut self, value: &Value) {
        let Some(id) = value.closure else { return };
        if !self.state.reachable {
            return;
        }
        let captured = self.flying(value);
        let is_result = self.returns_future && matches!(self.body.expr(id.id).kind, ExprKind::Block(_));
        let apart = u32::from(!is_result);
        self.apart += apart;
        self.run_fresh(id, Vec::new(), &captured);
        self.apart -= apart;
    }

    /// Runs a closure with nothing alive but what it captured, and leaves this path as it was.
    pub(super) fn run_fresh(&mut self, code: Code, params: Vec<Value>, captured: &[GuardId]) -> Value {
        let mut own = State::new();
        for guard in captured {
            if let Some(live) = self.state.live.get(guard) {
                own.live.insert(*guard, *live);
            }
        }
        let outer = std::mem::replace(&mut self.state, own);
        self.release_captured(captured);
        let iterating = std::mem::take(&mut self.iterating);
        let expected = self.expected.take();
        let given = self.run(code, params);
        self.state = outer;
        self.iterating = iterating;
        self.expected = expected;
        given
    }
}

/// The name that a pattern binds.
fn bound(pat: &Pat) -> Option<(&Name, Span)> {
    match &pat.kind {
        PatKind::Bind { name, .. } => Some((name, pat.span)),
        _ => None,
    }
}
