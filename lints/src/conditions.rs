//! What depends on the answer that a map gave: the code that runs only where an entry was there, or was not.
//!
//! In: a body and the expression that asked. Out: the parts of the body that the answer decides about, and the names that
//! carry it or what was found. Only forms that say clearly what they mean are understood; all others give nothing.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{
    BlockKind, Body, Expr, ExprId, ExprKind, LazyOp, Lit, MacroArgs, PatId, PatKind, Path, StmtKind, UnaryOp,
};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;

use crate::bodies::is_loop;

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
    fn given(&self, args: &[ExprId]) -> Option<Relation> {
        let near = |it: &ExprId| self.relation(*it).is_some_and(|it| it != Relation::Far);
        args.iter().any(near).then_some(Relation::Far)
    }

    fn any(&self, ids: &[ExprId]) -> Option<Relation> {
        ids.iter().any(|it| self.relation(*it).is_some()).then_some(Relation::Derived)
    }

    /// Whether the answer, or the name of a carrier, is within a span.
    fn may_relate(&self, span: Span) -> bool {
        span.contains(self.check) || self.carriers.iter().any(|it| it.bound.start < span.end)
    }

    fn carrier(&self, path: &Path, at: Span) -> Option<&Carrier> {
        let name = path.as_ident()?;
        let is_it = |it: &&Carrier| {
            it.name == *name && it.bound.start < at.start && !self.function.flow.is_another(it.bound, at)
        };
        self.carriers.iter().rev().find(is_it)
    }

    fn find_carriers(&mut self) {
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
    fn bind_closures(&mut self, args: &[ExprId], relation: Option<Relation>) {
        let body = self.body;
        for arg in args {
            if let ExprKind::Closure(closure) = &body.expr(*arg).kind {
                closure.params.iter().for_each(|(pat, _)| self.bind(*pat, relation));
            }
        }
    }

    /// `old.push(key)`: a collection that gets something of what was found.
    fn fill(&mut self, receiver: ExprId, args: &[ExprId]) {
        let body = self.body;
        let ExprKind::Path(path) = &body.expr(receiver).kind else { return };
        if self.any(args).is_some() || self.given(args).is_some() {
            self.name(path.as_ident(), body.expr(receiver).span, None);
        }
    }

    /// `is_empty = found.is_empty();`.
    fn assign(&mut self, lhs: ExprId, rhs: ExprId) {
        let body = self.body;
        let ExprKind::Path(path) = &body.expr(lhs).kind else { return };
        if self.relation(rhs).is_some() {
            let says = self.truth(rhs);
            self.name(path.as_ident(), body.expr(lhs).span, says);
        }
    }

    /// A local that is bound elsewhere gets something of the answer at `at`.
    fn name(&mut self, name: Option<&Name>, at: Span, says: Option<Truth>) {
        let Some(name) = name else { return };
        let uses = &self.function.flow.uses;
        let Some(bound) = uses.iter().find(|it| it.at == at).map(|it| it.bound) else { return };
        if !self.carriers.iter().any(|it| it.bound == bound) {
            let relation = Relation::Derived;
            self.carriers.push(Carrier { name: name.clone(), bound, relation, says });
        }
    }

    fn bind(&mut self, pat: PatId, relation: Option<Relation>) {
        self.bind_saying(pat, relation, None);
    }

    fn bind_saying(&mut self, pat: PatId, relation: Option<Relation>, says: Option<Truth>) {
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

    fn find_regions(&mut self, expr: &Expr) {
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

    fn if_(&mut self, whole: Span, cond: ExprId, then: ExprId, otherwise: Option<ExprId>) {
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
    fn after_match(
        &mut self,
        whole: Span,
        bodies: impl Iterator<Item = ExprId>,
        relation: Relation,
        arms: &[safe_map_analysis::facts::Arm],
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
    fn adapter(&mut self, receiver: ExprId, method: &str, args: &[ExprId]) {
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

    fn add(&mut self, span: Span, outcome: Outcome) {
        if outcome != Outcome::default() {
            self.regions.push(Region { span, outcome });
        }
    }

    /// What a boolean expression says about the entry.
    fn truth(&self, id: ExprId) -> Option<Truth> {
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
    fn plain_truth(&self, id: ExprId) -> Option<Truth> {
        Some(match (self.relation(id)?, self.gives) {
            (Relation::Same, Gives::Bool) => Truth { yes: Outcome::PRESENT, no: Outcome::ABSENT },
            _ => Truth { yes: Outcome::VALUE, no: Outcome::VALUE },
        })
    }

    fn lazy(&self, op: LazyOp, lhs: ExprId, rhs: ExprId) -> Option<Truth> {
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
    fn pattern(&self, relation: Relation, pat: PatId, before: &[Outcome]) -> Outcome {
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

    fn can_fail(&self, pat: PatId) -> bool {
        match &self.body.pat(pat).kind {
            PatKind::Wild | PatKind::Rest | PatKind::Unknown => false,
            PatKind::Bind { name, sub, .. } => is_constant(name) || sub.is_some_and(|it| self.can_fail(it)),
            PatKind::Tuple(items) | PatKind::Slice(items) => items.iter().any(|it| self.can_fail(*it)),
            PatKind::TupleStruct { .. } | PatKind::Path(_) | PatKind::Lit(_) | PatKind::Or(_) => true,
            PatKind::Struct { fields, .. } => fields.iter().any(|(_, it)| self.can_fail(*it)),
            PatKind::Ref(it) | PatKind::Typed(it, _) => self.can_fail(*it),
        }
    }

    /// What runs behind a part of the body if that did not leave.
    fn rest(&self, behind: Span, leaves: Leaves) -> Span {
        let is_around = |it: &&Expr| it.span.contains(behind) && it.span != behind;
        let holds = |it: &Expr| match (&it.kind, leaves) {
            (ExprKind::Closure(_), _) => true,
            (ExprKind::Block(block), _) => matches!(block.kind, BlockKind::Async { .. }),
            (_, Leaves::Turn) => is_loop(it),
            (_, Leaves::Function) => false,
        };
        let around = self.body.exprs.iter().filter(is_around).filter(|it| holds(it));
        let end = around.map(|it| it.span.end).min();
        Span::new(behind.end, end.unwrap_or(self.body.expr(self.body.root).span.end))
    }
}

/// What a part of the code leaves when it does not go on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Leaves {
    /// The turn of a loop, or the loop.
    Turn,
    /// The function, closure or task.
    Function,
}

/// Whether an expression never goes on to what stands behind it.
fn leaves(body: &Body, id: ExprId) -> Option<Leaves> {
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

/// What is known where a pattern or condition does not fit.
fn opposite(it: Outcome) -> Outcome {
    match it {
        Outcome { presence: Some(presence), by_value: false } => {
            Outcome { presence: Some(!presence), by_value: false }
        }
        other => Outcome { presence: None, by_value: other.by_value },
    }
}

/// What a question to an `Option` says.
fn asked(method: &str) -> Truth {
    let value = Outcome { presence: Some(true), by_value: true };
    match method {
        "is_some" | "is_ok" => Truth { yes: Outcome::PRESENT, no: Outcome::ABSENT },
        "is_none" | "is_err" => Truth { yes: Outcome::ABSENT, no: Outcome::PRESENT },
        "is_some_and" | "is_ok_and" => Truth { yes: value, no: Outcome::VALUE },
        "is_none_or" => Truth { yes: Outcome::VALUE, no: value },
        _ => Truth { yes: Outcome::VALUE, no: Outcome::VALUE },
    }
}

/// What a method makes of what it is called on.
fn through_method(relation: Relation, method: &str) -> Option<Relation> {
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

fn last(path: &Path) -> &str {
    path.last().map_or("", |it| it.name.as_str())
}

/// Whether a lone name in a pattern is a constant or a variant.
fn is_constant(name: &str) -> bool {
    name.starts_with(|it: char| it.is_ascii_uppercase())
}

/// The parts of an expression that are made into its value.
fn parts(expr: &Expr) -> Vec<ExprId> {
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
