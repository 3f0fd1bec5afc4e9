//! Where references and pointers into what a guard protects live longer than the guard.
//!
//! In: a function. Out: the [`Hazard`]s in it: what leaves the function, is stored, or is used when the guard has ended,
//! where nothing ties it to the guard.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{BlockKind, Body, Expr, ExprId, ExprKind, StmtKind, UnaryOp};
use safe_map_analysis::flow::{Binding, EventKind, Guard, GuardId};
use safe_map_analysis::knowledge::schema::{GuardClass, TypeRole};
use safe_map_analysis::span::Span;

use crate::bodies::is_code;
use crate::derived::{Derivations, Derived, Tie};
use crate::fix::body_of;
use crate::moves::moves;
use crate::private::is_exclusive;

/// The methods of raw pointers that go to what they point to.
const ACCESSES: [&str; 12] = [
    "as_mut",
    "as_mut_unchecked",
    "as_ref",
    "as_ref_unchecked",
    "copy_from",
    "copy_to",
    "drop_in_place",
    "read",
    "read_volatile",
    "replace",
    "write",
    "write_volatile",
];

/// Where something derived outlives its guard.
pub(crate) struct Hazard {
    /// What.
    pub(crate) value: Derived,
    /// The expression that leaves, or the use.
    pub(crate) at: Span,
    /// How.
    pub(crate) what: What,
}

/// How something derived outlives its guard.
#[derive(Clone, Copy)]
pub(crate) enum What {
    /// The function gives it back.
    Leaves,
    /// It is put where it lives on.
    Stored,
    /// It is used in the function when the guard has ended.
    Used,
}

/// What outlives the guards of a function, once for each guard.
pub(crate) fn outliving(function: &FunctionView<'_>) -> Vec<Hazard> {
    let Some(derivations) = Derivations::of(function) else { return Vec::new() };
    let cut = Cut { function, derivations: &derivations, body: &derivations.body };
    let leaving = cut.leaving().into_iter().filter(|it| !cut.is_set_once(it));
    let mut out: Vec<Hazard> = Vec::new();
    for hazard in leaving.chain(cut.used_late()) {
        let is_told = out.iter().any(|it| it.value.guard == hazard.value.guard);
        if !is_told && cut.is_watched(hazard.value.guard) {
            out.push(hazard);
        }
    }
    out
}

/// One function, and what its code cuts off from its guards.
struct Cut<'a> {
    function: &'a FunctionView<'a>,
    derivations: &'a Derivations<'a>,
    body: &'a Body,
}

impl Cut<'_> {
    fn guard(&self, index: usize) -> &Guard {
        &self.function.flow.guards[index]
    }

    /// Whether others can change what the guard protects once it is gone, and it does end here.
    fn is_watched(&self, index: usize) -> bool {
        let guard = self.guard(index);
        let lock = &guard.acquire.lock;
        let is_lock = matches!(lock.role, TypeRole::Lock | TypeRole::SharedMap | TypeRole::Cell);
        let is_leaked = |it: &EventKind| matches!(it, EventKind::Leak(id) if *id == GuardId(index as u32));
        is_lock
            && guard.acquire.class != GuardClass::Free
            && !lock.is_private
            && !is_exclusive(self.function, &guard.acquire)
            && !self.function.flow.events.iter().any(|it| is_leaked(&it.kind))
            && !self.is_moved(guard)
    }

    /// Whether the guard is given away: stored, returned, passed on.
    fn is_moved(&self, guard: &Guard) -> bool {
        guard.binding.as_ref().is_some_and(|it| !moves(self.function, self.body, it).is_empty())
    }

    /// What leaves the function without a tie to its guard.
    fn leaving(&self) -> Vec<Hazard> {
        let model = self.function.model();
        let facts = model.fn_facts(self.function.id);
        if facts.is_unsafe {
            return Vec::new();
        }
        let mut out = self.stored();
        let text = &self.function.file.parsed().source.text;
        let output = facts.output.as_ref().map_or("", |it| it.span.text(text));
        if !output.contains(['&', '\'']) {
            return out;
        }
        let mut leaves = vec![self.body.root];
        leaves.extend(self.returned());
        while let Some(id) = leaves.pop() {
            let inner = self.inside(id);
            if inner.is_empty()
                && let Some(value) = self.derivations.value(id).filter(is_cut)
            {
                out.push(Hazard { value, at: self.body.expr(id).span, what: What::Leaves });
            }
            leaves.extend(inner);
        }
        out.sort_by_key(|it| it.value.cut);
        out
    }

    /// The operands of the function's own `return`s.
    fn returned(&self) -> Vec<ExprId> {
        let others: Vec<Span> = self.body.exprs.iter().filter(|it| is_code(it)).map(|it| it.span).collect();
        let returns = self.body.exprs.iter().filter(|it| !others.iter().any(|other| other.contains(it.span)));
        returns.filter_map(|it| if let ExprKind::Return(value) = it.kind { value } else { None }).collect()
    }

    /// What an expression gives is what one of these gives.
    fn inside(&self, id: ExprId) -> Vec<ExprId> {
        match &self.body.expr(id).kind {
            ExprKind::Block(block) if matches!(block.kind, BlockKind::Plain | BlockKind::Unsafe) => {
                block.tail.into_iter().collect()
            }
            ExprKind::If { then, otherwise, .. } => std::iter::once(*then).chain(*otherwise).collect(),
            ExprKind::Match { arms, .. } => arms.iter().map(|it| it.body).collect(),
            ExprKind::Tuple(items) => items.clone(),
            ExprKind::Struct { fields, .. } => fields.iter().map(|it| it.1).collect(),
            ExprKind::Call { callee, args } => match &self.body.expr(*callee).kind {
                ExprKind::Path(path) if path.as_ident().is_some_and(|it| it == "Some" || it == "Ok") => {
                    args.clone()
                }
                _ => Vec::new(),
            },
            // The closure of a thread local gives what `with` gives.
            ExprKind::MethodCall { method, args, .. } if method == "with" => {
                let bodies = args.iter().filter_map(|it| match &self.body.expr(*it).kind {
                    ExprKind::Closure(closure) => Some(closure.body),
                    _ => None,
                });
                bodies.collect()
            }
            _ => Vec::new(),
        }
    }

    /// What is put where it lives on: a field of `self`, what a parameter refers to, a static.
    fn stored(&self) -> Vec<Hazard> {
        let stores = self.body.exprs.iter().filter_map(|it| match &it.kind {
            ExprKind::Assign { op: None, lhs, rhs } if self.is_outside(*lhs) => {
                let value = self.derivations.value(*rhs).filter(is_cut)?;
                Some(Hazard { value, at: it.span, what: What::Stored })
            }
            _ => None,
        });
        stores.collect()
    }

    /// Whether an assignment to this place is seen outside of the function.
    fn is_outside(&self, place: ExprId) -> bool {
        match &self.body.expr(place).kind {
            ExprKind::Field { base, .. } => self.names_outside(*base) || self.is_outside(*base),
            ExprKind::Unary { op: UnaryOp::Deref, operand } => {
                self.names_outside(*operand) || self.is_outside(*operand)
            }
            ExprKind::Path(path) => path.last().is_some_and(|it| is_upper(&it.name)),
            _ => false,
        }
    }

    fn names_outside(&self, id: ExprId) -> bool {
        let ExprKind::Path(path) = &self.body.expr(id).kind else { return false };
        let Some(name) = path.as_ident() else { return false };
        let is_param =
            |it: &&Binding| self.body.params.iter().any(|pat| self.body.pat(*pat).span.contains(it.span));
        name == "self" || self.function.flow.locals.iter().filter(is_param).any(|it| it.name == *name)
    }

    /// What is used in the function itself when its guard has ended.
    fn used_late(&self) -> Vec<Hazard> {
        let mut out = Vec::new();
        for it in &self.body.exprs {
            let used = self.used(it);
            let values = used.into_iter().filter_map(|id| self.derivations.value(id));
            for value in values.filter(|it| matches!(it.tie, Tie::Raw | Tie::Free) && !it.is_stable()) {
                let guard = self.guard(value.guard);
                let is_later = value.cut.end <= it.span.start && guard.acquire.span.end <= it.span.start;
                if is_later && self.has_ended(guard, it.span) && !self.is_held_again(value.guard, it.span) {
                    out.push(Hazard { value, at: it.span, what: What::Used });
                }
            }
        }
        out.sort_by_key(|it| it.at);
        out
    }

    /// Whether what leaves is in an `Option` that is filled when it is found empty, and never changed again in this file:
    /// nothing is written while the reference is alive.
    fn is_set_once(&self, hazard: &Hazard) -> bool {
        let guard = self.guard(hazard.value.guard);
        let decl = &guard.acquire.lock.decl;
        let takes =
            |it: &Guard| it.acquire.lock.decl == *decl && it.acquire.lock.role == guard.acquire.lock.role;
        let mut functions = self.function.file.functions();
        hazard.value.is_shared_content()
            && self.derivations.is_optional(guard)
            && !functions
                .any(|it| it.flow.guards.iter().any(takes) && body_of(&it).is_some_and(|it| replaces(&it)))
    }

    /// The operands whose pointers an expression follows.
    fn used(&self, it: &Expr) -> Vec<ExprId> {
        let is_free = |id: &ExprId| self.derivations.value(*id).is_some_and(|it| it.tie == Tie::Free);
        match &it.kind {
            ExprKind::Unary { op: UnaryOp::Deref, operand } => vec![*operand],
            ExprKind::Field { base, .. } | ExprKind::Index { base, .. } if is_free(base) => vec![*base],
            ExprKind::MethodCall { receiver, method, args, .. } => {
                let follows = is_free(receiver) || ACCESSES.contains(&method.as_str());
                let args = args.iter().filter(|it| is_free(it));
                args.copied().chain(Some(*receiver).filter(|_| follows)).collect()
            }
            ExprKind::Call { callee, args } => {
                let name = match &self.body.expr(*callee).kind {
                    ExprKind::Path(path) => path.last().map_or("", |it| it.name.as_str()),
                    _ => "",
                };
                let follows = matches!(name, "from_raw_parts" | "from_raw_parts_mut" | "read" | "write");
                let is_harmless = matches!(name, "Some" | "Ok" | "drop" | "forget" | "eq");
                args.iter().filter(|it| follows || is_free(it) && !is_harmless).copied().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether every way to `at` has passed an end of the guard.
    fn has_ended(&self, guard: &Guard, at: Span) -> bool {
        let last = guard.ends.iter().max();
        let is_over = last.is_some_and(|it| it.end <= at.start);
        is_over || guard.ends.iter().any(|it| it.end <= at.start && self.leads_to(*it, at))
    }

    /// Whether a statement that ends a guard, `drop(guard);`, stands in a block around `at`.
    fn leads_to(&self, end: Span, at: Span) -> bool {
        self.body.exprs.iter().any(|it| match &it.kind {
            ExprKind::Block(block) if it.span.contains(at) => block.stmts.iter().any(|it| match it.kind {
                StmtKind::Expr { expr, .. } => {
                    let is_call = matches!(self.body.expr(expr).kind, ExprKind::Call { .. });
                    is_call && self.body.expr(expr).span.contains(end)
                }
                _ => false,
            }),
            _ => false,
        })
    }

    /// Whether the lock is held again at `at`, by another guard.
    fn is_held_again(&self, index: usize, at: Span) -> bool {
        let lock = &self.guard(index).acquire.lock;
        self.function.flow.guards.iter().enumerate().any(|(other, it)| {
            let is_before = it.acquire.span.end <= at.start;
            other != index && it.acquire.lock.place == lock.place && is_before && !self.has_ended(it, at)
        })
    }
}

fn is_cut(value: &Derived) -> bool {
    value.tie == Tie::Free && !value.is_stable()
}

fn is_upper(name: &str) -> bool {
    name.len() > 1 && name.chars().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_')
}

/// Whether a body empties an `Option`, or assigns through a reference what it did not find empty before.
fn replaces(body: &Body) -> bool {
    let calls = |names: &[&str]| {
        body.exprs.iter().any(|it| match &it.kind {
            ExprKind::MethodCall { method, .. } => names.contains(&method.as_str()),
            _ => false,
        })
    };
    let is_none = |id: ExprId| match &body.expr(id).kind {
        ExprKind::Path(path) => path.last().is_some_and(|it| it.name == "None"),
        _ => false,
    };
    let assigned = body.exprs.iter().filter_map(|it| match &it.kind {
        ExprKind::Assign { op: None, lhs, rhs } => match &body.expr(*lhs).kind {
            ExprKind::Unary { op: UnaryOp::Deref, .. } => Some(*rhs),
            _ => None,
        },
        _ => None,
    });
    let asks = calls(&["is_none", "is_some", "as_ref", "as_mut"]);
    calls(&["take", "replace", "insert"]) || assigned.into_iter().any(|it| is_none(it) || !asks)
}
