//! Whether an entry that a map gives to be changed is only read.
//!
//! In: the call that takes it, `get_mut` or `iter_mut`. Out: the `mut`s that go with it, if every use is surely a read; anything
//! that is not understood is no read.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Expr, ExprId, ExprKind, MacroArgs, PatId, PatKind, StmtKind, UnaryOp};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;

use crate::bodies::blocks;
use crate::typing::Typed;

/// Methods that only look, whatever has them.
const LOOKS: [&str; 17] = [
    "as_ref",
    "as_str",
    "clone",
    "contains_key",
    "copied",
    "elapsed",
    "eq",
    "is_empty",
    "is_none",
    "is_some",
    "key",
    "len",
    "pair",
    "to_owned",
    "to_string",
    "value",
    "capacity",
];

/// Macros that format what they are given.
const FORMATS: [&str; 14] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "debug",
    "eprintln",
    "error",
    "format",
    "info",
    "print",
    "println",
    "trace",
    "warn",
    "write",
    "writeln",
];

/// The `mut`s that are not needed any more where the entry that `call` takes is only read.
pub(crate) fn only_read(function: &FunctionView<'_>, typed: &Typed<'_>, call: ExprId) -> Option<Vec<Span>> {
    let reads = Reads { function, typed };
    let (parent, expr) = reads.parent(call)?;
    match &expr.kind {
        ExprKind::For { pat, iter, body, .. } if *iter == call => reads.names(*pat, typed.expr(*body).span),
        ExprKind::Let { pat, .. } => reads.some(*pat, reads.branch(parent)?),
        ExprKind::MethodCall { receiver, method, args, .. } if *receiver == call => match method.as_str() {
            "is_some" | "is_none" => Some(Vec::new()),
            "map" | "map_or" | "is_some_and" | "is_none_or" => reads.closure(*args.last()?),
            "unwrap" | "expect" => reads.unwrapped(parent),
            _ => None,
        },
        ExprKind::Block(_) => reads.let_else(call),
        _ => None,
    }
}

struct Reads<'a> {
    function: &'a FunctionView<'a>,
    typed: &'a Typed<'a>,
}

impl Reads<'_> {
    /// The expression that an expression is a direct part of; a block for its statements.
    fn parent(&self, id: ExprId) -> Option<(ExprId, &Expr)> {
        let own = self.typed.expr(id).span;
        let around = self.typed.exprs().filter(|(at, it)| *at != id && it.span.contains(own));
        // Of two with one span, the later one is inside: lowering goes from the inside out.
        around.min_by_key(|(at, it)| (it.span.end - it.span.start, at.0))
    }

    /// The `then` of the `if` that a `let` is the condition of.
    fn branch(&self, condition: ExprId) -> Option<Span> {
        self.typed.exprs().find_map(|(_, it)| match &it.kind {
            ExprKind::If { cond, then, .. } if *cond == condition => Some(self.typed.expr(*then).span),
            _ => None,
        })
    }

    /// `Some(name)`.
    fn some(&self, pat: PatId, within: Span) -> Option<Vec<Span>> {
        match &self.typed.body.pat(pat).kind {
            PatKind::TupleStruct { path, elems } if path.last().is_some_and(|it| it.name == "Some") => {
                match elems.as_slice() {
                    [only] => self.names(*only, within),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// A name for the entry, all uses of which are reads.
    fn names(&self, pat: PatId, within: Span) -> Option<Vec<Span>> {
        let pat = self.typed.body.pat(pat);
        let PatKind::Bind { name, by_ref: false, mutable, sub: None } = &pat.kind else { return None };
        if !self.uses_are_reads(name, pat.span, within) {
            return None;
        }
        // `mut name`: what is before the name goes.
        Some(
            mutable
                .then(|| Span::new(pat.span.start, pat.span.end - name.len() as u32))
                .into_iter()
                .collect(),
        )
    }

    fn closure(&self, id: ExprId) -> Option<Vec<Span>> {
        let ExprKind::Closure(closure) = &self.typed.expr(id).kind else { return None };
        let [(pat, None)] = closure.params.as_slice() else { return None };
        self.names(*pat, self.typed.expr(closure.body).span)
    }

    /// `let Some(name) = map.get_mut(key) else { .. };`.
    fn let_else(&self, call: ExprId) -> Option<Vec<Span>> {
        let (pat, rest) = blocks(&self.typed.body).find_map(|block| {
            let stmt = block.stmts.iter().find(|it| {
                matches!(it.kind, StmtKind::Let { init: Some(init), otherwise: Some(_), .. } if init == call)
            })?;
            let StmtKind::Let { pat, .. } = stmt.kind else { return None };
            Some((pat, self.rest(stmt.span)))
        })?;
        self.some(pat, rest)
    }

    /// `map.get_mut(key).unwrap()`, used at once or by its name.
    fn unwrapped(&self, id: ExprId) -> Option<Vec<Span>> {
        let bound = blocks(&self.typed.body).flat_map(|it| &it.stmts).find_map(|it| match it.kind {
            StmtKind::Let { pat, init: Some(init), otherwise: None, .. } if init == id => {
                Some((pat, self.rest(it.span)))
            }
            _ => None,
        });
        match bound {
            Some((pat, rest)) => self.names(pat, rest),
            None => self.is_read(id).then(Vec::new),
        }
    }

    fn rest(&self, stmt: Span) -> Span {
        Span::new(stmt.end, self.typed.expr(self.typed.body.root).span.end)
    }

    fn uses_are_reads(&self, name: &Name, bound: Span, within: Span) -> bool {
        let inside = |it: &Expr| within.contains(it.span);
        let is_opaque =
            |it: &Expr| matches!(&it.kind, ExprKind::Macro(call) if matches!(call.args, MacroArgs::Opaque));
        if self.typed.exprs().any(|(_, it)| inside(it) && is_opaque(it)) {
            return false;
        }
        let is_it = |it: &Expr| matches!(&it.kind, ExprKind::Path(path) if path.as_ident() == Some(name));
        let uses = self.typed.exprs().filter(|(_, it)| inside(it) && is_it(it));
        let own = uses.filter(|(_, it)| !self.function.flow.is_another(bound, it.span));
        // To be dropped is no use: a guard that is nothing else is there to keep others out.
        let mut read = own.filter(|(id, _)| !self.is_dropped(*id)).peekable();
        read.peek().is_some() && read.all(|(id, _)| self.is_read(id))
    }

    /// `drop(it)`.
    fn is_dropped(&self, id: ExprId) -> bool {
        let Some((_, Expr { kind: ExprKind::Call { callee, .. }, .. })) = self.parent(id) else {
            return false;
        };
        let callee = &self.typed.expr(*callee).kind;
        matches!(callee, ExprKind::Path(path) if path.last().is_some_and(|it| it.name == "drop"))
    }

    /// Whether a guard of an entry is only looked through here.
    fn is_read(&self, id: ExprId) -> bool {
        let Some((parent, expr)) = self.parent(id) else { return false };
        match &expr.kind {
            ExprKind::Unary { op: UnaryOp::Deref, .. } | ExprKind::Field { .. } => self.is_value(parent),
            ExprKind::MethodCall { receiver, method, .. } => {
                *receiver == id && LOOKS.contains(&method.as_str())
            }
            ExprKind::Macro(call) => call.path.last().is_some_and(|it| FORMATS.contains(&it.name.as_str())),
            _ => false,
        }
    }

    /// Whether a place is only read from here.
    fn is_value(&self, id: ExprId) -> bool {
        let Some((parent, expr)) = self.parent(id) else { return false };
        match &expr.kind {
            ExprKind::Field { .. } | ExprKind::Unary { op: UnaryOp::Deref, .. } => self.is_value(parent),
            ExprKind::Index { base, .. } => *base != id || self.is_value(parent),
            ExprKind::MethodCall { receiver, method, .. } => {
                *receiver != id || LOOKS.contains(&method.as_str())
            }
            ExprKind::Assign { lhs, .. } => *lhs != id,
            ExprKind::Ref { mutable, raw, .. } => !mutable && !raw,
            ExprKind::Macro(call) => match &call.args {
                MacroArgs::Matches(..) => true,
                MacroArgs::Exprs(_) => call.path.last().is_some_and(|it| FORMATS.contains(&it.name.as_str())),
                _ => false,
            },
            ExprKind::Unary { .. }
            | ExprKind::Binary { .. }
            | ExprKind::Lazy { .. }
            | ExprKind::Cast { .. }
            | ExprKind::If { .. }
            | ExprKind::Call { .. }
            | ExprKind::Struct { .. }
            | ExprKind::Tuple(_)
            | ExprKind::Return(_)
            | ExprKind::Closure(_) => true,
            ExprKind::Block(block) => block.tail == Some(id) || self.is_bound_by_value(id),
            _ => false,
        }
    }

    /// `let copy = *it;`.
    fn is_bound_by_value(&self, id: ExprId) -> bool {
        blocks(&self.typed.body).flat_map(|it| &it.stmts).any(|it| match it.kind {
            StmtKind::Let { pat, init: Some(init), .. } => {
                init == id && matches!(self.typed.body.pat(pat).kind, PatKind::Bind { by_ref: false, .. })
            }
            _ => false,
        })
    }
}
