//! The parts of the body that an answer decides about: branches, arms, closures, and what is behind those that leave.

use safe_map_analysis::facts::{Arm, Body, Expr, ExprId, ExprKind, PatKind, StmtKind};
use safe_map_analysis::span::Span;

use super::truth::opposite;
use super::{Conditions, Gives, Outcome, Region, Relation};
use crate::bodies::{is_code, is_loop};

impl Conditions<'_> {
    pub(super) fn find_regions(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::If { cond, then, otherwise } => self.if_(expr.span, *cond, *then, *otherwise),
            ExprKind::While { cond, body, .. } => {
                if let Some(truth) = self.truth(*cond) {
                    self.add(self.body.expr(*body).span, truth.yes);
                }
            }
            ExprKind::Match { scrutinee, arms } => {
                let Some(relation) = self.relation(*scrutinee) else { return };
                let mut seen = Vec::new();
                for arm in arms {
                    let mut outcome = self.pattern(relation, arm.pat, &seen);
                    outcome.by_value |= arm.guard.is_some();
                    if arm.guard.is_none() {
                        seen.push(outcome);
                    }
                    self.add(self.body.expr(arm.body).span, outcome);
                }
                self.after_match(expr.span, arms.iter().map(|it| it.body), relation, arms);
            }
            ExprKind::Block(block) => {
                for stmt in &block.stmts {
                    if let StmtKind::Let { pat, init: Some(init), otherwise: Some(other), .. } = stmt.kind
                        && let Some(relation) = self.relation(init)
                    {
                        let found = self.pattern(relation, pat, &[]);
                        self.add(self.body.expr(other).span, opposite(found));
                        self.add(self.rest(stmt.span, Leaves::Function), found);
                    }
                }
            }
            ExprKind::Try(it) if self.relation(*it) == Some(Relation::Same) => {
                self.add(self.rest(expr.span, Leaves::Function), Outcome::PRESENT);
            }
            ExprKind::MethodCall { receiver, method, args, .. } => self.adapter(*receiver, method, args),
            _ => {}
        }
    }

    pub(super) fn if_(&mut self, whole: Span, cond: ExprId, then: ExprId, otherwise: Option<ExprId>) {
        let Some(truth) = self.truth(cond) else { return };
        self.add(self.body.expr(then).span, truth.yes);
        if let Some(leaves) = leaves(self.body, then) {
            self.add(self.rest(whole, leaves), truth.no);
        }
        let Some(otherwise) = otherwise else { return };
        self.add(self.body.expr(otherwise).span, truth.no);
        if let Some(leaves) = leaves(self.body, otherwise) {
            self.add(self.rest(whole, leaves), truth.yes);
        }
    }

    /// Behind a match, what the arms that come there say, where they agree.
    pub(super) fn after_match(
        &mut self,
        whole: Span,
        bodies: impl Iterator<Item = ExprId>,
        relation: Relation,
        arms: &[Arm],
    ) {
        let ends: Vec<Option<Leaves>> = bodies.map(|it| leaves(self.body, it)).collect();
        let Some(leaves) = ends.iter().flatten().max().copied() else { return };
        let mut stays = arms.iter().zip(&ends).filter(|(_, it)| it.is_none()).map(|(arm, _)| arm);
        if let (Some(arm), None) = (stays.next(), stays.next()) {
            let mut outcome = self.pattern(relation, arm.pat, &[]);
            outcome.by_value |= arm.guard.is_some();
            if matches!(self.body.pat(arm.pat).kind, PatKind::Wild) {
                let others = arms.iter().filter(|it| it.pat != arm.pat);
                let seen: Vec<Outcome> = others.map(|it| self.pattern(relation, it.pat, &[])).collect();
                outcome = self.pattern(relation, arm.pat, &seen);
            }
            self.add(self.rest(whole, leaves), outcome);
        }
    }

    /// `found.unwrap_or_else(|| ..)`, `found.map(|it| ..)`.
    pub(super) fn adapter(&mut self, receiver: ExprId, method: &str, args: &[ExprId]) {
        if self.relation(receiver) != Some(Relation::Same) || self.gives != Gives::Option {
            return;
        }
        let outcome = match method {
            "unwrap_or_else" | "or_else" | "ok_or_else" => Outcome::ABSENT,
            "map" | "and_then" | "inspect" | "map_or" => Outcome::PRESENT,
            _ => return,
        };
        for arg in args {
            if let ExprKind::Closure(closure) = &self.body.expr(*arg).kind {
                self.add(self.body.expr(closure.body).span, outcome);
            }
        }
    }

    pub(super) fn add(&mut self, span: Span, outcome: Outcome) {
        if outcome != Outcome::default() {
            self.regions.push(Region { span, outcome });
        }
    }

    /// What runs behind a part of the body if that did not leave.
    pub(super) fn rest(&self, behind: Span, leaves: Leaves) -> Span {
        let is_around = |it: &&Expr| it.span.contains(behind) && it.span != behind;
        let holds = |it: &Expr| is_code(it) || leaves == Leaves::Turn && is_loop(it);
        let around = self.body.exprs.iter().filter(is_around).filter(|it| holds(it));
        let end = around.map(|it| it.span.end).min();
        Span::new(behind.end, end.unwrap_or(self.body.expr(self.body.root).span.end))
    }
}

/// What a part of the code leaves when it does not go on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Leaves {
    /// The turn of a loop, or the loop.
    Turn,
    /// The function, closure or task.
    Function,
}

/// Whether an expression never goes on to what stands behind it.
pub(super) fn leaves(body: &Body, id: ExprId) -> Option<Leaves> {
    match &body.expr(id).kind {
        ExprKind::Return(_) => Some(Leaves::Function),
        ExprKind::Break { .. } | ExprKind::Continue { .. } => Some(Leaves::Turn),
        ExprKind::Block(block) => {
            let mut stmts = block.stmts.iter().filter_map(|it| match it.kind {
                StmtKind::Expr { expr, .. } => Some(expr),
                _ => None,
            });
            stmts.find_map(|it| leaves(body, it)).or_else(|| block.tail.and_then(|it| leaves(body, it)))
        }
        ExprKind::If { then, otherwise: Some(otherwise), .. } => {
            Some(leaves(body, *then)?.min(leaves(body, *otherwise)?))
        }
        ExprKind::Macro(call) => {
            let ends = ["panic", "bail", "unreachable", "todo", "unimplemented"];
            call.path.last().is_some_and(|it| ends.contains(&it.name.as_str())).then_some(Leaves::Function)
        }
        _ => None,
    }
}
