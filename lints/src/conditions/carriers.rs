//! The names that carry an answer, and how an expression is related to it.

use safe_map_analysis::facts::{
    BlockKind, Expr, ExprId, ExprKind, MacroArgs, PatId, PatKind, Path, StmtKind, UnaryOp,
};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;

use super::truth::is_constant;
use super::{Carrier, Conditions, Relation, Truth};

impl Conditions<'_> {
    /// How an expression is related to the answer.
    pub(crate) fn relation(&self, id: ExprId) -> Option<Relation> {
        let expr = self.body.expr(id);
        if expr.span == self.check && !matches!(expr.kind, ExprKind::Block(_) | ExprKind::Await(_)) {
            return Some(Relation::Same);
        }
        if !self.may_relate(expr.span) {
            return None;
        }
        match &expr.kind {
            ExprKind::Path(path) => self.carrier(path, expr.span).map(|it| it.relation),
            ExprKind::MethodCall { receiver, method, args, .. } => match self.relation(*receiver) {
                Some(own) => through_method(own, method),
                None => self.given(args),
            },
            ExprKind::Call { args, .. } => self.given(args),
            ExprKind::Await(it) | ExprKind::Cast { operand: it, .. } => self.relation(*it),
            ExprKind::Ref { operand, .. } | ExprKind::Unary { op: UnaryOp::Deref, operand } => {
                self.relation(*operand)
            }
            ExprKind::Try(it) => self.relation(*it).map(|it| it.max(Relation::Found)),
            ExprKind::Block(block) if !matches!(block.kind, BlockKind::Async { .. }) => {
                self.relation(block.tail?)
            }
            ExprKind::If { cond, then, otherwise } => {
                self.any(&[*cond, *then]).or_else(|| self.any(otherwise.as_slice()))
            }
            ExprKind::Match { scrutinee, arms } => {
                let arms = arms.iter().map(|it| it.body);
                self.any(&std::iter::once(*scrutinee).chain(arms).collect::<Vec<_>>())
            }
            _ => self.any(&parts(expr)),
        }
    }

    /// What a function makes of what it is given. What one has made is not followed through the next.
    pub(super) fn given(&self, args: &[ExprId]) -> Option<Relation> {
        let near = |it: &ExprId| self.relation(*it).is_some_and(|it| it != Relation::Far);
        args.iter().any(near).then_some(Relation::Far)
    }

    pub(super) fn any(&self, ids: &[ExprId]) -> Option<Relation> {
        ids.iter().any(|it| self.relation(*it).is_some()).then_some(Relation::Derived)
    }

    /// Whether the answer, or the name of a carrier, is within a span.
    pub(super) fn may_relate(&self, span: Span) -> bool {
        span.contains(self.check) || self.carriers.iter().any(|it| it.bound.start < span.end)
    }

    pub(super) fn carrier(&self, path: &Path, at: Span) -> Option<&Carrier> {
        let name = path.as_ident()?;
        let is_it = |it: &&Carrier| {
            it.name == *name && it.bound.start < at.start && !self.function.flow.is_another(it.bound, at)
        };
        self.carriers.iter().rev().find(is_it)
    }

    pub(super) fn find_carriers(&mut self) {
        let body = self.body;
        for expr in &body.exprs {
            match &expr.kind {
                ExprKind::Block(block) => {
                    for stmt in &block.stmts {
                        if let StmtKind::Let { pat, init: Some(init), .. } = &stmt.kind {
                            let says = self.truth(*init);
                            self.bind_saying(*pat, self.relation(*init), says);
                        }
                    }
                }
                ExprKind::Let { pat, init } => self.bind(*pat, self.relation(*init)),
                ExprKind::Match { scrutinee, arms } => {
                    let relation = self.relation(*scrutinee);
                    arms.iter().for_each(|it| self.bind(it.pat, relation));
                }
                ExprKind::For { pat, iter, .. } => {
                    let relation = self.relation(*iter);
                    self.bind(*pat, relation.map(|it| it.max(Relation::Found)));
                }
                ExprKind::MethodCall { receiver, args, .. } => {
                    let relation = self.relation(*receiver).map(|it| it.max(Relation::Found));
                    self.bind_closures(args, relation);
                    self.fill(*receiver, args);
                }
                ExprKind::Assign { lhs, rhs, .. } => self.assign(*lhs, *rhs),
                _ => {}
            }
        }
    }

    /// The parameters of closures that are given what was found.
    pub(super) fn bind_closures(&mut self, args: &[ExprId], relation: Option<Relation>) {
        let body = self.body;
        for arg in args {
            if let ExprKind::Closure(closure) = &body.expr(*arg).kind {
                closure.params.iter().for_each(|(pat, _)| self.bind(*pat, relation));
            }
        }
    }

    /// `old.push(key)`: a collection that gets something of what was found.
    pub(super) fn fill(&mut self, receiver: ExprId, args: &[ExprId]) {
        let body = self.body;
        let ExprKind::Path(path) = &body.expr(receiver).kind else { return };
        if self.any(args).is_some() || self.given(args).is_some() {
            self.name(path.as_ident(), body.expr(receiver).span, None);
        }
    }

    /// `is_empty = found.is_empty();`.
    pub(super) fn assign(&mut self, lhs: ExprId, rhs: ExprId) {
        let body = self.body;
        let ExprKind::Path(path) = &body.expr(lhs).kind else { return };
        if self.relation(rhs).is_some() {
            let says = self.truth(rhs);
            self.name(path.as_ident(), body.expr(lhs).span, says);
        }
    }

    /// A local that is bound elsewhere gets something of the answer at `at`.
    pub(super) fn name(&mut self, name: Option<&Name>, at: Span, says: Option<Truth>) {
        let Some(name) = name else { return };
        let uses = &self.function.flow.uses;
        let Some(bound) = uses.iter().find(|it| it.at == at).map(|it| it.bound) else { return };
        if !self.carriers.iter().any(|it| it.bound == bound) {
            let relation = Relation::Derived;
            self.carriers.push(Carrier { name: name.clone(), bound, relation, says });
        }
    }

    pub(super) fn bind(&mut self, pat: PatId, relation: Option<Relation>) {
        self.bind_saying(pat, relation, None);
    }

    pub(super) fn bind_saying(&mut self, pat: PatId, relation: Option<Relation>, says: Option<Truth>) {
        let Some(relation) = relation else { return };
        let body = self.body;
        let pat = body.pat(pat);
        let relation = match (&pat.kind, relation) {
            (PatKind::Bind { .. }, it) => it,
            (_, Relation::Same | Relation::Filtered) => Relation::Found,
            (_, it) => it,
        };
        for it in body.pats.iter().filter(|it| pat.span.contains(it.span)) {
            let PatKind::Bind { name, .. } = &it.kind else { continue };
            if !is_constant(name) && !self.carriers.iter().any(|known| known.bound == it.span) {
                self.carriers.push(Carrier { name: name.clone(), bound: it.span, relation, says });
            }
        }
    }
}

/// What a method makes of what it is called on.
pub(super) fn through_method(relation: Relation, method: &str) -> Option<Relation> {
    let keeps = matches!(
        method,
        "clone"
            | "cloned"
            | "copied"
            | "as_ref"
            | "as_deref"
            | "as_mut"
            | "as_deref_mut"
            | "to_owned"
            | "map"
            | "inspect"
            | "ok"
            | "value"
            | "borrow"
            | "deref"
            | "into_inner"
    );
    let unwraps = matches!(
        method,
        "unwrap" | "expect" | "unwrap_or_default" | "unwrap_or" | "unwrap_or_else" | "ok_or" | "ok_or_else"
    );
    Some(match relation {
        Relation::Same | Relation::Filtered if method.starts_with("ok_or") => relation,
        Relation::Same | Relation::Filtered if matches!(method, "filter" | "and_then" | "filter_map") => {
            Relation::Filtered
        }
        Relation::Same | Relation::Filtered if unwraps => Relation::Found,
        Relation::Far if !unwraps && !keeps && !method.starts_with("is_") => return None,
        Relation::Far => Relation::Far,
        it if keeps => it,
        _ => Relation::Derived,
    })
}

/// The parts of an expression that are made into its value.
pub(super) fn parts(expr: &Expr) -> Vec<ExprId> {
    match &expr.kind {
        ExprKind::Array(items) | ExprKind::Tuple(items) => items.clone(),
        ExprKind::Struct { fields, rest, .. } => fields.iter().map(|it| it.1).chain(*rest).collect(),
        ExprKind::Unary { operand, .. } => vec![*operand],
        ExprKind::Binary { lhs, rhs, .. } | ExprKind::Lazy { lhs, rhs, .. } => vec![*lhs, *rhs],
        ExprKind::Field { base, .. } => vec![*base],
        ExprKind::Index { base, index } => vec![*base, *index],
        ExprKind::Let { init, .. } => vec![*init],
        ExprKind::Closure(closure) => vec![closure.body],
        ExprKind::Macro(call) => match &call.args {
            MacroArgs::Exprs(items) => items.clone(),
            MacroArgs::Matches(value, ..) => vec![*value],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}
