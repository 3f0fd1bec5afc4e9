//! Blocks and their statements.

use super::Lower;
use crate::facts::{Block, BlockKind, ExprId, ExprKind, Stmt, StmtKind};
use crate::name::Name;
use crate::span::Span;

impl Lower<'_> {
    /// Lowers a block without a label or keyword.
    pub(super) fn plain_block(&mut self, block: &syn::Block) -> ExprId {
        let span = self.positions.delimited(&block.brace_token.span);
        self.block(span, BlockKind::Plain, None, &block.stmts)
    }

    /// Lowers statements to one block. The last expression without a semicolon is its tail.
    pub(super) fn block(
        &mut self,
        span: Span,
        kind: BlockKind,
        label: Option<Name>,
        stmts: &[syn::Stmt],
    ) -> ExprId {
        self.body.enter();
        let (before, tail) = split_tail(stmts);
        let mut lowered = Vec::with_capacity(before.len());
        for stmt in before {
            self.stmt(stmt, &mut lowered);
        }
        let tail = match tail {
            // One of several branches of `cfg`: where it is compiled the others are not.
            Some(Tail::Expr(tail)) if self.is_branch(tail, &lowered) => {
                lowered.extend(self.expr_stmt(tail, None));
                None
            }
            Some(Tail::Expr(tail)) => Some(self.expr(tail)),
            Some(Tail::Macro(tail)) => Some(self.macro_expr(&tail.mac)),
            None => None,
        };
        let tail_attrs = match stmts.last() {
            Some(syn::Stmt::Expr(expr, None)) if !outer_attrs(expr).is_empty() => {
                Some(Box::new(self.attrs(outer_attrs(expr))))
            }
            _ => None,
        };
        self.body.leave();
        self.put(span, ExprKind::Block(Block { kind, label, stmts: lowered, tail, tail_attrs }))
    }

    /// Whether a block's last expression has a `cfg` of its own, beside statements that have one.
    fn is_branch(&mut self, tail: &syn::Expr, before: &[Stmt]) -> bool {
        before.iter().any(|it| !it.attrs.cfg.is_empty()) && !self.attrs(outer_attrs(tail)).cfg.is_empty()
    }

    /// Lowers one statement; a macro that declares items may give several, a lone semicolon none.
    pub(super) fn stmt(&mut self, stmt: &syn::Stmt, out: &mut Vec<Stmt>) {
        match stmt {
            syn::Stmt::Local(local) => out.push(self.local(local)),
            syn::Stmt::Item(item) => self.item_stmt(item, out),
            syn::Stmt::Expr(expr, semi) => out.extend(self.expr_stmt(expr, semi.as_ref())),
            syn::Stmt::Macro(stmt) if self.declares_items(&stmt.mac) => {
                let ids = self.macro_items(&stmt.attrs, &stmt.mac, stmt.semi_token.as_ref());
                out.extend(ids.into_iter().map(|id| self.stmt_of_item(id)));
            }
            syn::Stmt::Macro(stmt) if self.expanded_stmts(&stmt.mac, out).is_some() => {}
            syn::Stmt::Macro(stmt) => out.push(self.macro_stmt(stmt)),
        }
    }

    fn item_stmt(&mut self, item: &syn::Item, out: &mut Vec<Stmt>) {
        let ids = self.item(item);
        out.extend(ids.into_iter().map(|id| self.stmt_of_item(id)));
    }

    fn stmt_of_item(&self, id: crate::facts::ItemId) -> Stmt {
        let item = self.facts.item(id);
        Stmt { span: item.span, attrs: item.attrs.clone(), kind: StmtKind::Item(id) }
    }

    fn local(&mut self, local: &syn::Local) -> Stmt {
        let (pat, ty) = self.typed_pat(&local.pat);
        let init = local.init.as_ref().map(|init| self.expr(&init.expr));
        let otherwise = local.init.as_ref().and_then(|init| init.diverge.as_ref());
        let otherwise = otherwise.map(|(_, otherwise)| self.expr(otherwise));
        let start = self.start_with_attrs(&local.attrs, local.let_token.span);
        Stmt {
            span: Span::new(start, self.positions.end(local.semi_token.span)),
            attrs: self.attrs(&local.attrs),
            kind: StmtKind::Let { pat, ty, init, otherwise },
        }
    }

    fn expr_stmt(&mut self, expr: &syn::Expr, semi: Option<&syn::Token![;]>) -> Option<Stmt> {
        if matches!(expr, syn::Expr::Verbatim(tokens) if tokens.is_empty()) {
            return None;
        }
        let id = self.expr(expr);
        let mut span = self.span(id);
        let attrs = outer_attrs(expr);
        if let Some(first) = attrs.first() {
            span.start = span.start.min(self.positions.start(first.pound_token.span));
        }
        span.end = semi.map_or(span.end, |semi| self.positions.end(semi.span));
        let attrs = self.attrs(attrs);
        Some(Stmt { span, attrs, kind: StmtKind::Expr { expr: id, semi: semi.is_some() } })
    }

    fn macro_stmt(&mut self, stmt: &syn::StmtMacro) -> Stmt {
        let expr = self.macro_expr(&stmt.mac);
        let mut span = self.span(expr);
        if let Some(first) = stmt.attrs.first() {
            span.start = self.positions.start(first.pound_token.span);
        }
        span.end = stmt.semi_token.map_or(span.end, |semi| self.positions.end(semi.span));
        let kind = StmtKind::Expr { expr, semi: stmt.semi_token.is_some() };
        Stmt { span, attrs: self.attrs(&stmt.attrs), kind }
    }

    /// The first byte of what starts with `token`, its outer attributes included.
    pub(super) fn start_with_attrs(&self, attrs: &[syn::Attribute], token: proc_macro2::Span) -> u32 {
        let outer = attrs.iter().find(|attr| matches!(attr.style, syn::AttrStyle::Outer));
        self.positions.start(outer.map_or(token, |attr| attr.pound_token.span))
    }
}

/// What a block evaluates to.
enum Tail<'a> {
    Expr(&'a syn::Expr),
    Macro(&'a syn::StmtMacro),
}

fn split_tail(stmts: &[syn::Stmt]) -> (&[syn::Stmt], Option<Tail<'_>>) {
    match stmts.split_last() {
        Some((syn::Stmt::Expr(tail, None), before)) => (before, Some(Tail::Expr(tail))),
        Some((syn::Stmt::Macro(tail), before)) if tail.semi_token.is_none() => {
            (before, Some(Tail::Macro(tail)))
        }
        _ => (stmts, None),
    }
}

/// syn gives the attributes of a statement to the leftmost operand that holds its first token.
fn outer_attrs(mut expr: &syn::Expr) -> &[syn::Attribute] {
    use syn::Expr as E;
    loop {
        expr = match expr {
            E::Assign(e) => &e.left,
            E::Binary(e) => &e.left,
            E::Cast(e) => &e.expr,
            _ => return own_attrs(expr),
        };
    }
}

fn own_attrs(expr: &syn::Expr) -> &[syn::Attribute] {
    use syn::Expr as E;
    match expr {
        E::Array(syn::ExprArray { attrs, .. })
        | E::Async(syn::ExprAsync { attrs, .. })
        | E::Await(syn::ExprAwait { attrs, .. })
        | E::Block(syn::ExprBlock { attrs, .. })
        | E::Break(syn::ExprBreak { attrs, .. })
        | E::Call(syn::ExprCall { attrs, .. })
        | E::Closure(syn::ExprClosure { attrs, .. })
        | E::Const(syn::ExprConst { attrs, .. })
        | E::Continue(syn::ExprContinue { attrs, .. })
        | E::Field(syn::ExprField { attrs, .. })
        | E::ForLoop(syn::ExprForLoop { attrs, .. })
        | E::Group(syn::ExprGroup { attrs, .. })
        | E::If(syn::ExprIf { attrs, .. })
        | E::Index(syn::ExprIndex { attrs, .. })
        | E::Infer(syn::ExprInfer { attrs, .. })
        | E::Let(syn::ExprLet { attrs, .. })
        | E::Lit(syn::ExprLit { attrs, .. })
        | E::Loop(syn::ExprLoop { attrs, .. })
        | E::Macro(syn::ExprMacro { attrs, .. })
        | E::Match(syn::ExprMatch { attrs, .. })
        | E::MethodCall(syn::ExprMethodCall { attrs, .. })
        | E::Paren(syn::ExprParen { attrs, .. })
        | E::Path(syn::ExprPath { attrs, .. })
        | E::Range(syn::ExprRange { attrs, .. })
        | E::RawAddr(syn::ExprRawAddr { attrs, .. })
        | E::Reference(syn::ExprReference { attrs, .. })
        | E::Repeat(syn::ExprRepeat { attrs, .. })
        | E::Return(syn::ExprReturn { attrs, .. })
        | E::Struct(syn::ExprStruct { attrs, .. })
        | E::Try(syn::ExprTry { attrs, .. })
        | E::TryBlock(syn::ExprTryBlock { attrs, .. })
        | E::Tuple(syn::ExprTuple { attrs, .. })
        | E::Unary(syn::ExprUnary { attrs, .. })
        | E::Unsafe(syn::ExprUnsafe { attrs, .. })
        | E::While(syn::ExprWhile { attrs, .. })
        | E::Yield(syn::ExprYield { attrs, .. }) => outer_only(attrs),
        _ => &[],
    }
}

/// Outer attributes come first; inner ones (`#![..]` in a block) follow.
fn outer_only(attrs: &[syn::Attribute]) -> &[syn::Attribute] {
    let outer = attrs.iter().take_while(|attr| matches!(attr.style, syn::AttrStyle::Outer)).count();
    &attrs[..outer]
}
