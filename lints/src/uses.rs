//! Which code uses a guard: takes it, names it, or names what borrows from it.
//!
//! In: a function and one of its guards. Out: answers about spans of its body. In doubt something is a use: a local of
//! unknown type borrows, and a macro uses every name that stands in it.

use std::collections::BTreeSet;
use std::rc::Rc;

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, Expr, ExprId, ExprKind, PatId, StmtKind};
use safe_map_analysis::flow::{FnFlow, Guard};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;

use crate::bodies::{is_loop, whole_await};
use crate::fix::body_of;

/// Chains of borrows longer than this are not followed.
const MAX_ROUNDS: usize = 8;

/// The uses of one guard.
pub(crate) struct Uses<'a> {
    body: Rc<Body>,
    flow: &'a FnFlow,
    text: &'a str,
    /// Where the guard is taken.
    taken: Span,
    /// The local that holds it, and those that borrow from it, with where they are bound.
    names: BTreeSet<(Name, Span)>,
    /// What loops take out of it one by one, and what is given something of it.
    items: BTreeSet<String>,
}

impl<'a> Uses<'a> {
    /// The uses of a guard; none where the function has no body to look at.
    pub(crate) fn of(function: &FunctionView<'a>, guard: &Guard) -> Option<Uses<'a>> {
        let mut uses = Uses {
            body: body_of(function)?,
            flow: function.flow,
            text: &function.file.parsed().source.text,
            taken: guard.acquire.span,
            names: guard.binding.iter().cloned().collect(),
            items: BTreeSet::new(),
        };
        for _ in 0..MAX_ROUNDS {
            let borrowers = uses.borrowers(function);
            let known = uses.names.len();
            uses.names.extend(borrowers);
            if uses.names.len() == known {
                break;
            }
        }
        uses.items = uses.items(function);
        Some(uses)
    }

    /// Whether something is about what the guard protects: it uses the guard, an item that a loop takes out of it,
    /// or something that was given a part of it.
    pub(crate) fn concerns(&self, span: Span) -> bool {
        let is_item = |it: &Expr| match &it.kind {
            ExprKind::Path(path) => path.as_ident().is_some_and(|it| self.items.contains(it.as_str())),
            _ => false,
        };
        self.within(span) || self.body.exprs.iter().any(|it| span.contains(it.span) && is_item(it))
    }

    /// Whether the guard is used within a span.
    pub(crate) fn within(&self, span: Span) -> bool {
        self.body.exprs.iter().any(|it| span.contains(it.span) && self.is_use(it))
    }

    /// Whether a loop around a span, that began under the guard, uses it: each turn goes on from the last one.
    pub(crate) fn in_turns(&self, span: Span) -> bool {
        let is_around = |it: &&Expr| is_loop(it) && it.span.start >= self.taken.end && it.span.contains(span);
        self.body.exprs.iter().filter(is_around).any(|it| self.within(it.span))
    }

    /// Whether a local is what a loop around a span has found in what the guard protects.
    pub(crate) fn is_item(&self, local: &Name, span: Span) -> bool {
        let is_loop = |it: &Expr| match &it.kind {
            ExprKind::For { iter, body, .. } => {
                self.within(self.body.expr(*iter).span) && self.body.expr(*body).span.contains(span)
            }
            _ => false,
        };
        self.items.contains(local.as_str()) && self.body.exprs.iter().any(is_loop)
    }

    /// Whether it is used between its acquire and a span.
    pub(crate) fn before(&self, span: Span) -> bool {
        let is_between = |it: &Expr| it.span.start >= self.taken.end && it.span.end <= span.start;
        self.body.exprs.iter().any(|it| is_between(it) && self.is_use(it))
    }

    /// The last use before a span on the way there: not in another arm or branch than the span.
    pub(crate) fn last_before(&self, span: Span) -> Option<Span> {
        let is_before = |it: &&Expr| it.span.start >= self.taken.end && it.span.end <= span.start;
        let uses = self.body.exprs.iter().filter(is_before).filter(|it| self.is_named(it)).map(|it| it.span);
        uses.filter(|it| !self.are_apart(*it, span) && !self.leaves(*it, span)).max_by_key(|it| it.start)
    }

    /// Whether the function returns from what is used at `a`, so that `b` is not reached.
    fn leaves(&self, a: Span, b: Span) -> bool {
        let returns = self.body.exprs.iter().filter(|it| matches!(it.kind, ExprKind::Return(_)));
        let returns: Vec<Span> = returns.map(|it| it.span).collect();
        let is_left = |it: Span| it.contains(a) && !it.contains(b);
        let blocks =
            self.body.exprs.iter().filter(|it| matches!(it.kind, ExprKind::Block(_)) && is_left(it.span));
        let last = |block: &Expr| match &block.kind {
            ExprKind::Block(it) => {
                let tail = it.tail.map(|it| self.body.expr(it).span);
                tail.or(it.stmts.last().map(|it| it.span))
            }
            _ => None,
        };
        let ends_in_return =
            |it: Span| returns.iter().any(|back| it.contains(*back) && it.start == back.start);
        returns.iter().any(|it| is_left(*it)) || blocks.filter_map(last).any(ends_in_return)
    }

    /// Whether two spans are in different parts of one branch.
    fn are_apart(&self, a: Span, b: Span) -> bool {
        let part = |parts: &[Span], of: Span| parts.iter().position(|it| it.contains(of));
        self.body.exprs.iter().any(|it| {
            let parts: Vec<Span> = match &it.kind {
                ExprKind::If { then, otherwise, .. } => [Some(*then), *otherwise]
                    .into_iter()
                    .flatten()
                    .map(|it| self.body.expr(it).span)
                    .collect(),
                ExprKind::Match { arms, .. } => arms.iter().map(|it| self.body.expr(it.body).span).collect(),
                _ => return false,
            };
            matches!((part(&parts, a), part(&parts, b)), (Some(a), Some(b)) if a != b)
        })
    }

    /// Whether it is used in the statement that a span is in: a guard cannot end in the middle of one.
    pub(crate) fn in_statement_of(&self, span: Span) -> bool {
        let blocks = self.body.exprs.iter().filter_map(|it| match &it.kind {
            ExprKind::Block(block) => Some(block),
            _ => None,
        });
        let tail = |it: Option<ExprId>| it.map(|it| self.body.expr(it).span);
        let spans = blocks.flat_map(|it| it.stmts.iter().map(|it| it.span).chain(tail(it.tail)));
        let around = spans.filter(|it| it.contains(span)).min_by_key(|it| it.end - it.start);
        around.is_some_and(|it| {
            self.body.exprs.iter().any(|expr| it.contains(expr.span) && self.is_named(expr))
        })
    }

    /// Whether it is used again behind a span, in the next turn of a loop as well.
    pub(crate) fn after(&self, span: Span) -> bool {
        let comes_again = |it: &Expr| is_loop(it) && it.span.contains(span) && self.goes_round(it);
        let is_behind = |it: &Expr| it.span.start >= span.end && self.is_use(it);
        self.body.exprs.iter().any(|it| is_behind(it) || comes_again(it) || self.waits_for_operand(it, span))
    }

    /// Whether an expression that names the guard first is evaluated once a part of it, at `span`, is there:
    /// `guard.insert(k, load())`, `*guard = load()`.
    fn waits_for_operand(&self, it: &Expr, span: Span) -> bool {
        let contains = |id: &ExprId| self.body.expr(*id).span.contains(span);
        let names = |id: &ExprId| {
            let within = self.body.expr(*id).span;
            self.body.exprs.iter().any(|it| within.contains(it.span) && self.is_named(it))
        };
        match &it.kind {
            ExprKind::MethodCall { receiver, args, .. } => {
                args.iter().any(contains)
                    && (names(receiver) || args.iter().any(|it| !contains(it) && names(it)))
            }
            ExprKind::Call { args, .. } => {
                args.iter().any(contains) && args.iter().any(|it| !contains(it) && names(it))
            }
            ExprKind::Assign { lhs, rhs, .. } => contains(rhs) && names(lhs),
            ExprKind::Struct { fields, .. } => {
                fields.iter().any(|(_, it)| contains(it))
                    && fields.iter().any(|(_, it)| !contains(it) && names(it))
            }
            _ => false,
        }
    }

    /// The expression that ends where an event is: an `.await` with its operand, or the event itself.
    pub(crate) fn expression(&self, event: Span) -> Span {
        whole_await(&self.body, event)
    }

    /// Whether a loop uses, from turn to turn, a guard that is older than it, or that its head takes.
    fn goes_round(&self, it: &Expr) -> bool {
        let is_inside = |id: ExprId| self.body.expr(id).span.contains(self.taken);
        let asks_again = match &it.kind {
            ExprKind::For { iter, .. } => self.within(self.body.expr(*iter).span) || is_inside(*iter),
            _ => false,
        };
        asks_again || !it.span.contains(self.taken) && self.within(it.span)
    }

    fn is_use(&self, it: &Expr) -> bool {
        it.span == self.taken || self.is_named(it)
    }

    fn is_named(&self, it: &Expr) -> bool {
        match &it.kind {
            ExprKind::Path(path) => path.as_ident().is_some_and(|name| {
                let is_it =
                    |(local, bound): &(Name, Span)| local == name && !self.flow.is_another(*bound, it.span);
                self.names.iter().any(is_it)
            }),
            ExprKind::Macro(_) => {
                let mut words = words(it.span.text(self.text));
                words.any(|word| self.names.iter().any(|(name, _)| name == word))
            }
            _ => false,
        }
    }

    /// The locals that are bound to something that uses the guard, and may borrow from it.
    fn borrowers(&self, function: &FunctionView<'_>) -> Vec<(Name, Span)> {
        let bound = self.bindings().into_iter().filter(|(_, value)| self.uses_value(*value));
        let patterns: Vec<Span> = bound.map(|(pat, _)| self.body.pat(pat).span).collect();
        let assigned = self.body.exprs.iter().filter_map(|it| match &it.kind {
            ExprKind::Assign { op: None, lhs, rhs } if self.uses_value(*rhs) => self.local(*lhs),
            _ => None,
        });
        let assigned: Vec<&str> = assigned.collect();
        let locals = function.flow.locals.iter().filter(|it| !it.is_owned);
        let borrow = locals.filter(|it| {
            patterns.iter().any(|pat| pat.contains(it.span)) || assigned.contains(&it.name.as_str())
        });
        borrow.map(|it| (it.name.clone(), it.span)).collect()
    }

    fn items(&self, function: &FunctionView<'_>) -> BTreeSet<String> {
        let loops = self.body.exprs.iter().filter_map(|it| match &it.kind {
            ExprKind::For { pat, iter, .. } if self.uses_value(*iter) => Some(self.body.pat(*pat).span),
            _ => None,
        });
        let loops: Vec<Span> = loops.collect();
        // What a loop takes out by value is not the guard's any more.
        let locals = function.flow.locals.iter().filter(|it| !it.is_owned);
        let items = locals.filter(|it| loops.iter().any(|pat| pat.contains(it.span)));
        items
            .map(|it| it.name.to_string())
            .chain(self.body.exprs.iter().flat_map(|it| self.given(it)))
            .collect()
    }

    /// The locals that a call gives something of the guard to: `out.write(&guard)`, `write(&mut out, &guard)`.
    fn given(&self, call: &Expr) -> Vec<String> {
        let (receiver, args) = match &call.kind {
            ExprKind::MethodCall { receiver, args, .. } => (Some(*receiver), args),
            ExprKind::Call { args, .. } => (None, args),
            _ => return Vec::new(),
        };
        if !args.iter().any(|it| self.uses_value(*it)) {
            return Vec::new();
        }
        let lent = args.iter().filter_map(|it| match &self.body.expr(*it).kind {
            ExprKind::Ref { mutable: true, operand, .. } => Some(*operand),
            _ => None,
        });
        receiver.into_iter().chain(lent).filter_map(|it| self.local(it)).map(str::to_string).collect()
    }

    /// The local that an expression names.
    fn local(&self, id: ExprId) -> Option<&str> {
        match &self.body.expr(id).kind {
            ExprKind::Path(path) => path.as_ident().map(|it| it.as_str()),
            _ => None,
        }
    }

    fn uses_value(&self, value: ExprId) -> bool {
        self.within(self.body.expr(value).span)
    }

    /// Every pattern with the expression that it takes apart; the parameters of closures with what they are given to.
    fn bindings(&self) -> Vec<(PatId, ExprId)> {
        let body = &self.body;
        let mut bindings = Vec::new();
        for it in &body.exprs {
            match &it.kind {
                ExprKind::Block(block) => {
                    bindings.extend(block.stmts.iter().filter_map(|it| match it.kind {
                        StmtKind::Let { pat, init: Some(init), .. } => Some((pat, init)),
                        _ => None,
                    }))
                }
                ExprKind::Let { pat, init } => bindings.push((*pat, *init)),
                ExprKind::For { pat, iter, .. } => bindings.push((*pat, *iter)),
                ExprKind::Match { scrutinee, arms } => {
                    bindings.extend(arms.iter().map(|it| (it.pat, *scrutinee)))
                }
                ExprKind::MethodCall { receiver, args, .. } => {
                    let closures = args.iter().filter_map(|it| match &body.expr(*it).kind {
                        ExprKind::Closure(closure) => Some(closure),
                        _ => None,
                    });
                    let params = closures.flat_map(|it| it.params.iter().map(|(pat, _)| *pat));
                    bindings.extend(params.map(|pat| (pat, *receiver)));
                }
                _ => {}
            }
        }
        bindings
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| !it.is_alphanumeric() && it != '_')
}
