//! Expressions that branch, loop, jump or wait to be called.

use syn::Expr as E;

use super::Lower;
use crate::facts::{Arm, BlockKind, Closure, ExprId, ExprKind};
use crate::name::Name;
use crate::span::Span;

impl Lower<'_> {
    /// Lowers `if`, with its `else if` chain below it.
    pub(super) fn if_expr(&mut self, e: &syn::ExprIf) -> ExprId {
        let cond = self.expr(&e.cond);
        let then = self.plain_block(&e.then_branch);
        let otherwise = e.else_branch.as_ref().map(|(_, branch)| self.expr(branch));
        let end = self.span(otherwise.unwrap_or(then)).end;
        let span = Span::new(self.positions.start(e.if_token.span), end);
        self.put(span, ExprKind::If { cond, then, otherwise })
    }

    /// Lowers `let p = a` in a condition.
    pub(super) fn let_expr(&mut self, e: &syn::ExprLet) -> ExprId {
        let pat = self.pat(&e.pat);
        let init = self.expr(&e.expr);
        let span = Span::new(self.positions.start(e.let_token.span), self.span(init).end);
        self.put(span, ExprKind::Let { pat, init })
    }

    /// Lowers `match`.
    pub(super) fn match_expr(&mut self, e: &syn::ExprMatch) -> ExprId {
        let scrutinee = self.expr(&e.expr);
        let arms = e.arms.iter().map(|arm| self.arm(arm)).collect();
        let start = self.positions.start(e.match_token.span);
        let span = Span::new(start, self.positions.closed(&e.brace_token.span));
        self.put(span, ExprKind::Match { scrutinee, arms })
    }

    fn arm(&mut self, arm: &syn::Arm) -> Arm {
        let (pat, guard) = self.guarded_pat(&arm.pat);
        Arm { pat, guard, body: self.expr(&arm.body), attrs: self.attrs(&arm.attrs) }
    }

    /// Lowers `while`, `loop` and `for`.
    pub(super) fn loop_expr(&mut self, expr: &E) -> ExprId {
        let (label, token, kind, body) = match expr {
            E::While(e) => {
                let cond = self.expr(&e.cond);
                let body = self.plain_block(&e.body);
                let label = self.label(e.label.as_ref());
                (&e.label, e.while_token.span, ExprKind::While { label, cond, body }, body)
            }
            E::Loop(e) => {
                let body = self.plain_block(&e.body);
                let label = self.label(e.label.as_ref());
                (&e.label, e.loop_token.span, ExprKind::Loop { label, body }, body)
            }
            E::ForLoop(e) => {
                let (pat, iter) = (self.pat(&e.pat), self.expr(&e.expr));
                let body = self.plain_block(&e.body);
                let label = self.label(e.label.as_ref());
                (&e.label, e.for_token.span, ExprKind::For { label, pat, iter, body }, body)
            }
            _ => return self.leaf(expr, ExprKind::Unknown),
        };
        let first = label.as_ref().map_or(token, |label| label.name.apostrophe);
        let span = Span::new(self.positions.start(first), self.span(body).end);
        self.put(span, kind)
    }

    /// Lowers `return`, `break`, `continue` and `yield`.
    pub(super) fn jump(&mut self, expr: &E) -> ExprId {
        let (token, value, label) = match expr {
            E::Return(e) => (e.return_token.span, e.expr.as_deref(), None),
            E::Break(e) => (e.break_token.span, e.expr.as_deref(), e.label.as_ref()),
            E::Continue(e) => (e.continue_token.span, None, e.label.as_ref()),
            E::Yield(e) => (e.yield_token.span, e.expr.as_deref(), None),
            _ => return self.leaf(expr, ExprKind::Unknown),
        };
        let value = value.map(|value| self.expr(value));
        let label = label.map(|label| self.positions.ident(&label.ident));
        let end = match (value, &label) {
            (Some(value), _) => self.span(value).end,
            (None, Some((_, label))) => label.end,
            (None, None) => self.positions.end(token),
        };
        let label = label.map(|(name, _)| name);
        let kind = match expr {
            E::Return(_) => ExprKind::Return(value),
            E::Break(_) => ExprKind::Break { label, value },
            E::Continue(_) => ExprKind::Continue { label },
            _ => ExprKind::Yield(value),
        };
        self.put(Span::new(self.positions.start(token), end), kind)
    }

    /// Lowers a closure.
    pub(super) fn closure(&mut self, e: &syn::ExprClosure) -> ExprId {
        let params = e.inputs.iter().map(|input| self.typed_pat(input)).collect();
        let output = self.output(&e.output);
        let body = self.expr(&e.body);
        let first = [
            e.lifetimes.as_ref().map(|lifetimes| lifetimes.for_token.span),
            e.constness.map(|token| token.span),
            e.asyncness.map(|token| token.span),
            e.capture.map(|token| token.span),
        ];
        let first = first.into_iter().flatten().next().unwrap_or(e.inputs_begin.span);
        let span = Span::new(self.positions.start(first), self.span(body).end);
        let (is_move, is_async) = (e.capture.is_some(), e.asyncness.is_some());
        self.put(span, ExprKind::Closure(Closure { params, output, body, is_move, is_async }))
    }

    /// Lowers `{ .. }` with what may stand before it.
    pub(super) fn block_expr(&mut self, expr: &E) -> ExprId {
        let (token, kind, block) = match expr {
            E::Block(e) => match &e.label {
                Some(label) => (label.name.apostrophe, BlockKind::Plain, &e.block),
                None => return self.plain_block(&e.block),
            },
            E::Unsafe(e) => (e.unsafe_token.span, BlockKind::Unsafe, &e.block),
            E::Const(e) => (e.const_token.span, BlockKind::Const, &e.block),
            E::Async(e) => (e.async_token.span, BlockKind::Async { is_move: e.capture.is_some() }, &e.block),
            E::TryBlock(e) => (e.try_token.span, BlockKind::Try, &e.block),
            _ => return self.leaf(expr, ExprKind::Unknown),
        };
        let label = match expr {
            E::Block(e) => self.label(e.label.as_ref()),
            _ => None,
        };
        let span = Span::new(self.positions.start(token), self.positions.closed(&block.brace_token.span));
        self.block(span, kind, label, &block.stmts)
    }

    fn label(&self, label: Option<&syn::Label>) -> Option<Name> {
        label.map(|label| self.lifetime(&label.name))
    }
}
