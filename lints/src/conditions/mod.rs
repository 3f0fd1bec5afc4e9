//! What depends on the answer that a map gave: the code that runs only where an entry was there, or was not.
//!
//! In: a body and the expression that asked. Out: the parts of the body that the answer decides about, and the names that
//! carry it or what was found. Only forms that say clearly what they mean are understood; all others give nothing.

mod carriers;
mod regions;
mod truth;

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, ExprId, ExprKind, Lit, PatKind};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;

use truth::opposite;

/// How often names that get their value from each other are followed.
const MAX_ROUNDS: usize = 4;

/// What the expression that asks gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Gives {
    /// `true` where the entry is there.
    Bool,
    /// Something where it is there.
    Option,
    /// Anything else: a number of entries, an iterator.
    Other,
}

/// What is known where a part of the code runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Outcome {
    /// Whether the entry was there.
    pub(crate) presence: Option<bool>,
    /// What it said had a part in it.
    pub(crate) by_value: bool,
}

impl Outcome {
    const PRESENT: Outcome = Outcome { presence: Some(true), by_value: false };
    const ABSENT: Outcome = Outcome { presence: Some(false), by_value: false };
    const VALUE: Outcome = Outcome { presence: None, by_value: true };

    fn and(self, other: Outcome) -> Outcome {
        let presence = other.presence.or(self.presence);
        Outcome { presence, by_value: self.by_value || other.by_value }
    }

    fn unsure(self) -> Outcome {
        Outcome { presence: None, ..self }
    }
}

/// How an expression is related to the answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Relation {
    /// It is the answer.
    Same,
    /// It is an answer that is there only if that is: `found.filter(..)`.
    Filtered,
    /// It is what was found.
    Found,
    /// It was made with one of them.
    Derived,
    /// It is what another function made of one of them: whatever that is.
    Far,
}

/// What a condition says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Truth {
    yes: Outcome,
    no: Outcome,
}

impl Truth {
    /// The same of an answer that was filtered: that there is none says little.
    fn by_value(self) -> Truth {
        let filtered = |it: Outcome| Outcome { presence: it.presence.filter(|it| *it), by_value: true };
        Truth { yes: filtered(self.yes), no: filtered(self.no) }
    }
}

/// A part of the body that the answer decides about.
#[derive(Clone, Copy, Debug)]
struct Region {
    span: Span,
    outcome: Outcome,
}

/// A local that carries the answer or what was made of it.
#[derive(Clone, Debug)]
struct Carrier {
    name: Name,
    bound: Span,
    relation: Relation,
    /// What it says as a condition, where it was bound to one.
    says: Option<Truth>,
}

/// What depends on one answer.
#[derive(Debug)]
pub(crate) struct Conditions<'a> {
    function: &'a FunctionView<'a>,
    body: &'a Body,
    check: Span,
    gives: Gives,
    carriers: Vec<Carrier>,
    regions: Vec<Region>,
}

impl<'a> Conditions<'a> {
    /// What depends on the answer of the expression at `check`.
    pub(crate) fn of(
        function: &'a FunctionView<'a>,
        body: &'a Body,
        check: Span,
        gives: Gives,
    ) -> Conditions<'a> {
        let mut all = Conditions { function, body, check, gives, carriers: Vec::new(), regions: Vec::new() };
        for _ in 0..MAX_ROUNDS {
            let before = all.carriers.len();
            all.find_carriers();
            if all.carriers.len() == before {
                break;
            }
        }
        all.find_all_regions();
        if all.find_flags() {
            all.regions.clear();
            all.find_all_regions();
        }
        all
    }

    fn find_all_regions(&mut self) {
        let body = self.body;
        body.exprs.iter().for_each(|it| self.find_regions(it));
    }

    /// `is_empty = true;` where the answer decides whether this runs. Whether there are any.
    fn find_flags(&mut self) -> bool {
        let body = self.body;
        let before = self.carriers.len();
        for expr in &body.exprs {
            let ExprKind::Assign { op: None, lhs, rhs } = &expr.kind else { continue };
            let ExprKind::Lit(Lit::Bool(value)) = &body.expr(*rhs).kind else { continue };
            let ExprKind::Path(path) = &body.expr(*lhs).kind else { continue };
            let Some(set) = self.at(expr.span) else { continue };
            let says = Truth { yes: set, no: opposite(set) };
            let says = if *value { says } else { Truth { yes: says.no, no: says.yes } };
            self.name(path.as_ident(), body.expr(*lhs).span, Some(says));
        }
        self.carriers.len() > before
    }

    /// What is known at a place; nothing where the answer decides nothing about it.
    pub(crate) fn at(&self, place: Span) -> Option<Outcome> {
        let mut around: Vec<&Region> = self.regions.iter().filter(|it| it.span.contains(place)).collect();
        around.sort_by_key(|it| std::cmp::Reverse(it.span.end - it.span.start));
        around.into_iter().map(|it| it.outcome).reduce(Outcome::and)
    }

    /// Whether a name stands for the first part of the pair that was found: the key that a map gives back.
    pub(crate) fn is_found_key(&self, id: ExprId) -> bool {
        let expr = self.body.expr(id);
        let ExprKind::Path(path) = &expr.kind else { return false };
        let Some(carrier) = self.carrier(path, expr.span) else { return false };
        carrier.relation == Relation::Found
            && self.body.pats.iter().any(|it| match &it.kind {
                PatKind::Tuple(items) => items.len() == 2 && self.body.pat(items[0]).span == carrier.bound,
                _ => false,
            })
    }

    /// The parts of the body that run only where the entry was, or was not, there.
    pub(crate) fn parts(&self, presence: bool) -> impl Iterator<Item = Span> + '_ {
        self.regions.iter().filter(move |it| it.outcome.presence == Some(presence)).map(|it| it.span)
    }

    /// What an expression gives to who evaluates it: the answer itself, or a question to it.
    pub(crate) fn answer(&self, id: ExprId) -> Option<Gives> {
        if self.relation(id) == Some(Relation::Same) {
            return Some(self.gives);
        }
        let tail = match &self.body.expr(id).kind {
            ExprKind::Block(block) => block.tail?,
            _ => id,
        };
        let is_presence = |it: &Truth| (it.yes, it.no) == (Outcome::PRESENT, Outcome::ABSENT);
        self.truth(tail).filter(is_presence).map(|_| Gives::Bool)
    }
}
