//! What conditions and patterns say about the entry that was asked for.

use safe_map_analysis::facts::{ExprId, ExprKind, LazyOp, Lit, MacroArgs, PatId, PatKind, Path, UnaryOp};

use super::{Conditions, Gives, Outcome, Relation, Truth};

impl Conditions<'_> {
    /// What a boolean expression says about the entry.
    pub(super) fn truth(&self, id: ExprId) -> Option<Truth> {
        let expr = self.body.expr(id);
        match &expr.kind {
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                self.truth(*operand).map(|it| Truth { yes: it.no, no: it.yes })
            }
            ExprKind::Lazy { op, lhs, rhs } => self.lazy(*op, *lhs, *rhs),
            ExprKind::Block(block) => self.truth(block.tail?),
            ExprKind::Path(path) => {
                let says = self.carrier(path, expr.span).and_then(|it| it.says);
                says.or_else(|| self.plain_truth(id))
            }
            ExprKind::Let { pat, init } => {
                let yes = self.pattern(self.relation(*init)?, *pat, &[]);
                Some(Truth { yes, no: opposite(yes) })
            }
            ExprKind::MethodCall { receiver, method, .. } => match (self.relation(*receiver), self.gives) {
                (Some(Relation::Same), Gives::Option) => Some(asked(method)),
                (Some(Relation::Filtered), Gives::Option) => Some(asked(method).by_value()),
                _ => self.plain_truth(id),
            },
            ExprKind::Macro(call) => match &call.args {
                MacroArgs::Matches(value, pat, guard) => {
                    let mut yes = self.pattern(self.relation(*value)?, *pat, &[]);
                    let mut no = opposite(yes);
                    if guard.is_some() {
                        yes.by_value = true;
                        no = no.unsure();
                    }
                    Some(Truth { yes, no })
                }
                _ => None,
            },
            _ => self.plain_truth(id),
        }
    }

    /// What the answer itself, or anything made of it, says as a condition.
    pub(super) fn plain_truth(&self, id: ExprId) -> Option<Truth> {
        Some(match (self.relation(id)?, self.gives) {
            (Relation::Same, Gives::Bool) => Truth { yes: Outcome::PRESENT, no: Outcome::ABSENT },
            _ => Truth { yes: Outcome::VALUE, no: Outcome::VALUE },
        })
    }

    pub(super) fn lazy(&self, op: LazyOp, lhs: ExprId, rhs: ExprId) -> Option<Truth> {
        let (a, b) = (self.truth(lhs), self.truth(rhs));
        let both = |it: fn(&Truth) -> Outcome| match (&a, &b) {
            (Some(a), Some(b)) => Some(it(a).and(it(b))),
            (Some(one), None) | (None, Some(one)) => Some(it(one)),
            (None, None) => None,
        };
        let (yes, no) = (both(|it| it.yes)?, both(|it| it.no)?);
        Some(match op {
            LazyOp::And => Truth { yes, no: no.unsure() },
            LazyOp::Or => Truth { yes: yes.unsure(), no },
        })
    }

    /// What a pattern says that a value of this relation fits, where those before it did not.
    pub(super) fn pattern(&self, relation: Relation, pat: PatId, before: &[Outcome]) -> Outcome {
        if relation == Relation::Filtered {
            let plain = self.pattern(Relation::Same, pat, before);
            return Outcome { presence: plain.presence.filter(|it| *it), by_value: true };
        }
        if relation != Relation::Same {
            return match self.can_fail(pat) {
                true => Outcome::VALUE,
                false => Outcome::default(),
            };
        }
        match &self.body.pat(pat).kind {
            PatKind::TupleStruct { path, elems } => match last(path) {
                "Some" => {
                    Outcome { presence: Some(true), by_value: elems.iter().any(|it| self.can_fail(*it)) }
                }
                _ => Outcome::default(),
            },
            PatKind::Path(path) if last(path) == "None" => Outcome::ABSENT,
            PatKind::Bind { name, .. } if *name == *"None" => Outcome::ABSENT,
            PatKind::Lit(Lit::Bool(value)) if self.gives == Gives::Bool => {
                Outcome { presence: Some(*value), by_value: false }
            }
            PatKind::Wild => match before {
                [one] if !one.by_value => opposite(*one),
                _ => Outcome::default(),
            },
            _ => Outcome::default(),
        }
    }

    pub(super) fn can_fail(&self, pat: PatId) -> bool {
        match &self.body.pat(pat).kind {
            PatKind::Wild | PatKind::Rest | PatKind::Unknown => false,
            PatKind::Bind { name, sub, .. } => is_constant(name) || sub.is_some_and(|it| self.can_fail(it)),
            PatKind::Tuple(items) | PatKind::Slice(items) => items.iter().any(|it| self.can_fail(*it)),
            PatKind::TupleStruct { .. } | PatKind::Path(_) | PatKind::Lit(_) | PatKind::Or(_) => true,
            PatKind::Struct { fields, .. } => fields.iter().any(|(_, it)| self.can_fail(*it)),
            PatKind::Ref(it) | PatKind::Typed(it, _) => self.can_fail(*it),
        }
    }
}

/// What is known where a pattern or condition does not fit.
pub(super) fn opposite(it: Outcome) -> Outcome {
    match it {
        Outcome { presence: Some(presence), by_value: false } => {
            Outcome { presence: Some(!presence), by_value: false }
        }
        other => Outcome { presence: None, by_value: other.by_value },
    }
}

/// What a question to an `Option` says.
pub(super) fn asked(method: &str) -> Truth {
    let value = Outcome { presence: Some(true), by_value: true };
    match method {
        "is_some" | "is_ok" => Truth { yes: Outcome::PRESENT, no: Outcome::ABSENT },
        "is_none" | "is_err" => Truth { yes: Outcome::ABSENT, no: Outcome::PRESENT },
        "is_some_and" | "is_ok_and" => Truth { yes: value, no: Outcome::VALUE },
        "is_none_or" => Truth { yes: Outcome::VALUE, no: value },
        _ => Truth { yes: Outcome::VALUE, no: Outcome::VALUE },
    }
}

pub(super) fn last(path: &Path) -> &str {
    path.last().map_or("", |it| it.name.as_str())
}

/// Whether a lone name in a pattern is a constant or a variant.
pub(super) fn is_constant(name: &str) -> bool {
    name.starts_with(|it: char| it.is_ascii_uppercase())
}
