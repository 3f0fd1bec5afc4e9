//! What a branch says about the parameters: `if force { .. }`, `match limit { Some(n) => .., None => .. }`.
//!
//! In: conditions and patterns. Out: for each event the parameters of which its path knows that they are `true` or `Some`,
//! or the contrary. A call that passes a literal does not reach what the literal excludes.

use super::walk::Walker;
use super::{Place, Root};
use crate::facts::{ExprId, ExprKind, LazyOp, Lit, PatId, PatKind, UnaryOp};
use crate::span::Span;
use crate::ty::{Mutability, Ty};

/// A parameter that a path knows to be `true` or `Some`, or the contrary.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Assumption {
    /// Which.
    pub param: u32,
    /// `true` or `Some`, rather than `false` or `None`.
    pub holds: bool,
}

impl Walker<'_> {
    /// Goes on where a condition holds, or does not.
    pub(super) fn assume(&mut self, condition: ExprId, holds: bool) {
        match &self.body.expr(condition).kind {
            ExprKind::Lazy { op: LazyOp::And, lhs, rhs } if holds => {
                self.assume(*lhs, true);
                self.assume(*rhs, true);
            }
            ExprKind::Lazy { op: LazyOp::Or, lhs, rhs } if !holds => {
                self.assume(*lhs, false);
                self.assume(*rhs, false);
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.assume(*operand, !holds),
            ExprKind::Let { pat, init } => self.assume_pattern(*init, *pat, holds),
            ExprKind::MethodCall { receiver, method, .. } => match method.as_str() {
                "is_some" => self.assume_of(*receiver, holds),
                "is_none" => self.assume_of(*receiver, !holds),
                _ => {}
            },
            ExprKind::Path(_) => self.assume_of(condition, holds),
            _ => {}
        }
    }

    /// Goes on where a value matches a pattern, or does not.
    pub(super) fn assume_pattern(&mut self, value: ExprId, pat: PatId, matches: bool) {
        let body = self.body;
        let is_some = match &body.pat(pat).kind {
            PatKind::Lit(Lit::Bool(literal)) => *literal,
            PatKind::TupleStruct { path, elems, .. } if path.as_ident().is_some_and(|it| *it == "Some") => {
                // A value that is `Some` may fail to match what is in it.
                let is_any = elems.iter().all(|it| self.is_irrefutable(*it));
                if !matches && !is_any {
                    return;
                }
                true
            }
            PatKind::Path(path) if path.as_ident().is_some_and(|it| *it == "None") => false,
            PatKind::Bind { name, sub: None, .. } if *name == "None" => false,
            _ => return,
        };
        self.assume_of(value, is_some == matches);
    }

    /// Goes on in the closure of a method that runs it for one variant only: `limit.or_else(|| ..)`.
    pub(super) fn assume_alternative(&mut self, receiver: ExprId, method: &str) {
        match method {
            "or_else" | "unwrap_or_else" | "ok_or_else" | "get_or_insert_with" => {
                self.assume_of(receiver, false);
            }
            "map" | "and_then" | "is_some_and" | "inspect" | "filter" => self.assume_of(receiver, true),
            _ => {}
        }
    }

    fn assume_of(&mut self, value: ExprId, holds: bool) {
        if let Some(param) = self.parameter_named(value) {
            self.assumed.push(Assumption { param, holds });
        }
    }

    /// The parameter that an expression is or looks into, unless it has been changed.
    fn parameter_named(&self, expr: ExprId) -> Option<u32> {
        match &self.body.expr(expr).kind {
            ExprKind::Ref { operand, .. } => self.parameter_named(*operand),
            ExprKind::Unary { op: UnaryOp::Deref, operand } => self.parameter_named(*operand),
            ExprKind::MethodCall { receiver, method, .. } => match method.as_str() {
                "as_ref" | "as_mut" | "as_deref" | "as_deref_mut" | "clone" | "copied" | "cloned" => {
                    self.parameter_named(*receiver)
                }
                _ => None,
            },
            ExprKind::Path(path) => {
                let local = &self.locals[self.lookup(path.as_ident()?)?.0 as usize];
                // One that may change is another in the next turn of a loop.
                let is_fixed = local.changes == 0 && !self.is_mutable(local.span);
                match &local.value.place {
                    Some(Place { root: Root::Param(index, _), path }) if path.is_empty() && is_fixed => {
                        (!self.is_lent_mutably(*index)).then_some(*index)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether the local that is bound here may be assigned again.
    fn is_mutable(&self, bound: Span) -> bool {
        let mut pats = self.body.pats.iter().filter(|it| it.span == bound);
        pats.any(|it| matches!(it.kind, PatKind::Bind { mutable: true, .. }))
    }

    fn is_lent_mutably(&self, param: u32) -> bool {
        let params = &self.model.signature(self.flow.id).params;
        matches!(params.get(param as usize), Some(Ty::Ref(Mutability::Mut, _)))
    }

    /// Whether an argument is `true` or `Some(..)`, or the contrary; none where that is not written.
    pub(super) fn literal_truth(&self, expr: ExprId) -> Option<bool> {
        match &self.body.expr(expr).kind {
            ExprKind::Lit(Lit::Bool(literal)) => Some(*literal),
            ExprKind::Ref { operand, .. } => self.literal_truth(*operand),
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.literal_truth(*operand).map(|it| !it),
            ExprKind::Path(path) if path.as_ident().is_some_and(|it| *it == "None") => Some(false),
            ExprKind::Call { callee, .. } => match &self.body.expr(*callee).kind {
                ExprKind::Path(path) => path.as_ident().filter(|it| **it == "Some").map(|_| true),
                _ => None,
            },
            _ => None,
        }
    }
}

impl super::Call {
    /// What the caller's own path must know of its parameters so that the callee does something under assumptions; none
    /// where an argument or the path itself contradicts them.
    pub fn seen_assumptions(&self, inner: &[Assumption], outer: &[Assumption]) -> Option<Box<[Assumption]>> {
        let mut seen = outer.to_vec();
        for assumption in inner {
            let Some(arg) = self.args.iter().find(|it| it.index == assumption.param) else { continue };
            if arg.truth.is_some_and(|it| it != assumption.holds) {
                return None;
            }
            let Some(Place { root: Root::Param(param, _), path }) = &arg.place else { continue };
            if path.is_empty() {
                seen.push(Assumption { param: *param, ..*assumption });
            }
        }
        seen.sort();
        seen.dedup();
        let contradict = |pair: &[Assumption]| pair[0].param == pair[1].param;
        (!seen.windows(2).any(contradict)).then(|| seen.into())
    }
}
