//! Macro calls in bodies: from what their tokens parsed as to expressions of the body.

use syn::parse::Parser as _;

use super::Lower;
use super::arguments::{self, Parsed};
use super::cfg_if;
use crate::facts::{Attrs, BlockKind, ExprId, ExprKind, MacroArgs, MacroCall, SelectArm, Stmt, StmtKind};
use crate::span::Span;

/// Macro calls within the arguments of macro calls are read down to here: each level copies its tokens.
pub(super) const MAX_MACRO_DEPTH: u32 = 32;

impl Lower<'_> {
    /// Lowers a macro call in a body.
    pub(super) fn macro_expr(&mut self, mac: &syn::Macro) -> ExprId {
        if let Some(expanded) = self.expanded_expr(mac) {
            return expanded;
        }
        self.body.enter();
        let path = self.path(None, &mac.path);
        let delimiters = mac.delimiter.span();
        let span = Span::new(path.span.start, self.positions.closed(delimiters));
        let args = self.macro_args(mac, span);
        self.body.leave();
        self.put(span, ExprKind::Macro(MacroCall { path, args }))
    }

    fn macro_args(&mut self, mac: &syn::Macro, span: Span) -> MacroArgs {
        if mac.tokens.is_empty() {
            return MacroArgs::Exprs(Vec::new());
        }
        if self.macro_depth >= MAX_MACRO_DEPTH {
            return MacroArgs::Opaque;
        }
        let parsed = arguments::parse(mac, self.positions.text(span));
        self.deeper(|lower| lower.parsed_args(parsed, mac))
    }

    fn parsed_args(&mut self, parsed: Parsed, mac: &syn::Macro) -> MacroArgs {
        match parsed {
            Parsed::Exprs(exprs) => MacroArgs::Exprs(exprs.iter().map(|expr| self.expr(expr)).collect()),
            Parsed::Repeat(value, len) => MacroArgs::Repeat(self.expr(&value), self.expr(&len)),
            Parsed::Matches(scrutinee, pat, guard) => {
                let (scrutinee, pat) = (self.expr(&scrutinee), self.pat(&pat));
                MacroArgs::Matches(scrutinee, pat, guard.map(|guard| self.expr(&guard)))
            }
            Parsed::Stmts(stmts) => {
                let span = self.positions.delimited(mac.delimiter.span());
                MacroArgs::Block(self.block(span, BlockKind::Plain, None, &stmts))
            }
            Parsed::Select(arms) => MacroArgs::Select(arms.iter().map(|arm| self.select_arm(arm)).collect()),
            Parsed::Branches(branches) => MacroArgs::Block(self.branches(branches, mac)),
            Parsed::Opaque => MacroArgs::Opaque,
        }
    }

    fn select_arm(&mut self, arm: &super::select::Arm) -> SelectArm {
        SelectArm {
            pat: arm.pat.as_ref().map(|pat| self.pat(pat)),
            future: arm.future.as_ref().map(|future| self.expr(future)),
            guard: arm.guard.as_ref().map(|guard| self.expr(guard)),
            handler: self.expr(&arm.handler),
        }
    }

    /// The branches of `cfg_if!` in a body: a block of blocks, each under its predicates.
    fn branches(&mut self, branches: Vec<cfg_if::Branch>, mac: &syn::Macro) -> ExprId {
        let span = self.positions.delimited(mac.delimiter.span());
        let stmts = branches.into_iter().filter_map(|branch| self.branch(branch)).collect();
        let block =
            crate::facts::Block { kind: BlockKind::Plain, label: None, stmts, tail: None, tail_attrs: None };
        self.put(span, ExprKind::Block(block))
    }

    fn branch(&mut self, branch: cfg_if::Branch) -> Option<Stmt> {
        let stmts = syn::Block::parse_within.parse2(branch.tokens).ok()?;
        let span = self.positions.delimited(&branch.braces);
        let expr = self.block(span, BlockKind::Plain, None, &stmts);
        let mut attrs = Attrs::default();
        attrs.cfg = branch.cfg;
        Some(Stmt { span, attrs, kind: StmtKind::Expr { expr, semi: false } })
    }
}
