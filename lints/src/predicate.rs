//! Conditions on an entry of a map, written for a closure that is given its key and value: `retain`, `remove_if`.
//!
//! In: a condition and how it names the entry. Out: a [`Predicate`], text with other references in it. A condition that is
//! not plain, or that may say something else when it is asked again later, gives none: closures run under the map's lock.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{BlockKind, Body, Expr, ExprId, ExprKind, MacroArgs, PatId, PatKind, UnaryOp};
use safe_map_analysis::flow::EventKind;
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;

use crate::fix::without_parens;
use crate::negation::negated;

/// How code names an entry, or what it is asked of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    /// The name that is, or refers to, the value, and how many derefs lead there.
    value: Option<(Name, u32)>,
    /// The same of the key.
    key: Option<(Name, u32)>,
    /// The value's name is that of a guard with the methods `key` and `value`.
    is_guard: bool,
}

impl Named {
    /// A guard of one entry, `refs` references to it.
    pub(crate) fn guard(body: &Body, pat: PatId, refs: u32) -> Option<Named> {
        let (name, refs) = bound(body, pat, refs)?;
        Some(Named { value: name.map(|it| (it, refs + 1)), key: None, is_guard: true })
    }

    /// A copy of the value.
    pub(crate) fn copy(body: &Body, pat: PatId) -> Option<Named> {
        let (name, _) = bound(body, pat, 0)?;
        Some(Named { value: name.map(|it| (it, 0)), key: None, is_guard: false })
    }

    /// A reference to the key.
    pub(crate) fn key(body: &Body, pat: PatId, refs: u32) -> Option<Named> {
        let (name, refs) = bound(body, pat, refs)?;
        Some(Named { key: name.map(|it| (it, refs + 1)), value: None, is_guard: false })
    }

    /// `(key, value)`, references both.
    pub(crate) fn pair(body: &Body, pat: PatId, refs: u32) -> Option<Named> {
        match &body.pat(pat).kind {
            PatKind::Ref(inner) => Named::pair(body, *inner, refs.checked_sub(1)?),
            PatKind::Tuple(items) => {
                let [key, value] = items.as_slice() else { return None };
                let ((key, keys), (value, values)) = (bound(body, *key, refs)?, bound(body, *value, refs)?);
                let named = |name: Option<Name>, refs: u32| name.map(|it| (it, refs + 1));
                Some(Named { key: named(key, keys), value: named(value, values), is_guard: false })
            }
            _ => None,
        }
    }

    /// The name of the value.
    pub(crate) fn value_name(&self) -> Option<&Name> {
        self.value.as_ref().map(|it| &it.0)
    }

    /// The name of the key.
    pub(crate) fn key_name(&self) -> Option<&Name> {
        self.key.as_ref().map(|it| &it.0)
    }
}

/// The name that a pattern binds, and the references that are left before it; no name where it binds none.
fn bound(body: &Body, pat: PatId, refs: u32) -> Option<(Option<Name>, u32)> {
    match &body.pat(pat).kind {
        PatKind::Wild => Some((None, refs)),
        PatKind::Bind { name, by_ref: false, sub: None, .. } => Some((Some(name.clone()), refs)),
        PatKind::Ref(inner) => bound(body, *inner, refs.checked_sub(1)?),
        _ => None,
    }
}

/// A condition as the body of a closure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Predicate {
    /// What the closure calls the key; nothing where it does not need it.
    pub(crate) key: Option<Name>,
    /// What it calls the value.
    pub(crate) value: Option<Name>,
    /// What it evaluates to.
    pub(crate) text: String,
    /// The same with the contrary meaning.
    pub(crate) negated: String,
    /// It has an operator that binds less than `&&`.
    binds_loosely: bool,
}

impl Predicate {
    /// The contrary.
    pub(crate) fn not(self) -> Predicate {
        let binds_loosely = false;
        Predicate { text: self.negated, negated: self.text, binds_loosely, ..self }
    }

    /// Both, where they agree on the names.
    pub(crate) fn and(self, other: Predicate) -> Option<Predicate> {
        let same = |a: &Option<Name>, b: &Option<Name>| a.is_none() || b.is_none() || a == b;
        if !same(&self.key, &other.key) || !same(&self.value, &other.value) {
            return None;
        }
        let text = format!("{} && {}", self.operand(), other.operand());
        let negated = format!("!({text})");
        let (key, value) = (self.key.or(other.key), self.value.or(other.value));
        Some(Predicate { key, value, text, negated, binds_loosely: false })
    }

    fn operand(&self) -> String {
        if self.binds_loosely { format!("({})", self.text) } else { self.text.clone() }
    }

    /// `|key, value|`, with `_` for what is not needed.
    pub(crate) fn params(&self) -> String {
        format!("|{}, {}|", or_wild(self.key.as_ref()), or_wild(self.value.as_ref()))
    }

    /// `|value|`, for closures that are not given the key.
    pub(crate) fn value_param(&self) -> Option<String> {
        self.key.is_none().then(|| format!("|{}|", or_wild(self.value.as_ref())))
    }
}

fn or_wild(name: Option<&Name>) -> &str {
    name.map_or("_", |it| it.as_str())
}

/// What a condition is read in.
pub(crate) struct Reader<'a> {
    pub(crate) function: &'a FunctionView<'a>,
    pub(crate) body: &'a Body,
    /// Where the condition will be asked: the names in it must still mean the same there.
    pub(crate) again: Span,
}

/// What is written instead of parts of a condition.
#[derive(Default)]
struct Rewrite {
    edits: Vec<(Span, String)>,
    key: Option<Name>,
    value: Option<Name>,
}

impl Reader<'_> {
    /// A condition as a predicate.
    pub(crate) fn predicate(&self, cond: ExprId, named: &Named) -> Option<Predicate> {
        let cond = self.tail(cond)?;
        let span = self.body.expr(cond).span;
        if self.function.flow.events.iter().any(|it| span.contains(it.span) && !is_harmless(&it.kind)) {
            return None;
        }
        let mut out = Rewrite::default();
        self.plain(cond, named, &mut out)?;
        let text = self.text(span, &out.edits)?;
        let negated = negated(self.function, self.body, cond, |it| self.text(it, &out.edits))?;
        // They would be the whole body of a closure.
        let (text, negated) = (without_parens(&text).to_string(), without_parens(&negated).to_string());
        let binds_loosely = matches!(
            self.body.expr(cond).kind,
            ExprKind::Lazy { op: safe_map_analysis::facts::LazyOp::Or, .. }
        );
        Some(Predicate { key: out.key, value: out.value, text, negated, binds_loosely })
    }

    /// What a block without statements evaluates to.
    fn tail(&self, id: ExprId) -> Option<ExprId> {
        match &self.body.expr(id).kind {
            ExprKind::Block(block) if block.kind == BlockKind::Plain && block.stmts.is_empty() => {
                self.tail(block.tail?)
            }
            ExprKind::Block(_) => None,
            _ => Some(id),
        }
    }

    fn text(&self, span: Span, edits: &[(Span, String)]) -> Option<String> {
        let source = &self.function.file.parsed().source.text;
        let mut text = source.get(span.start as usize..span.end as usize)?.to_string();
        let mut inside: Vec<_> = edits.iter().filter(|it| span.contains(it.0)).collect();
        inside.sort_by_key(|it| std::cmp::Reverse(it.0));
        for (at, new) in inside {
            text.replace_range((at.start - span.start) as usize..(at.end - span.start) as usize, new);
        }
        Some(text)
    }

    /// Rewrites an expression that only looks; nothing where it may do more.
    fn plain(&self, id: ExprId, named: &Named, out: &mut Rewrite) -> Option<()> {
        let expr = self.body.expr(id);
        let mut all = |ids: &[ExprId]| ids.iter().try_for_each(|it| self.plain(*it, named, out));
        match &expr.kind {
            ExprKind::Lit(_) => Some(()),
            ExprKind::Path(path) => match path.as_ident() {
                Some(name) => self.name(id, name, named, out),
                None => Some(()),
            },
            ExprKind::Unary { op: UnaryOp::Deref, .. } => self.deref(id, named, out),
            ExprKind::Unary { operand, .. } | ExprKind::Cast { operand, .. } => all(&[*operand]),
            ExprKind::Ref { mutable: false, raw: false, operand } => all(&[*operand]),
            ExprKind::Binary { lhs, rhs, .. } | ExprKind::Lazy { lhs, rhs, .. } => all(&[*lhs, *rhs]),
            ExprKind::Tuple(items) => all(items),
            ExprKind::Field { base, .. } => self.base(*base, named, out),
            ExprKind::MethodCall { receiver, method, args, .. } => {
                args.iter().try_for_each(|it| self.plain(*it, named, out))?;
                self.method(expr, *receiver, (method, args.len()), named, out)
            }
            ExprKind::Call { callee, args } => match &self.body.expr(*callee).kind {
                ExprKind::Path(path) if path.segments.len() > 1 => all(args),
                _ => None,
            },
            ExprKind::Macro(call) => match &call.args {
                MacroArgs::Matches(value, _, None) => all(&[*value]),
                _ => None,
            },
            _ => None,
        }
    }

    /// A lone name: of the entry only where it is the value itself, compared to something.
    fn name(&self, id: ExprId, name: &Name, named: &Named, out: &mut Rewrite) -> Option<()> {
        let at = self.body.expr(id).span;
        if let Some((own, refs)) = &named.value
            && own == name
        {
            out.value = Some(name.clone());
            let is_compared = self.body.exprs.iter().any(|it| match &it.kind {
                ExprKind::Binary { lhs, rhs, .. } => *lhs == id || *rhs == id,
                _ => false,
            });
            out.edits.push((Span::new(at.start, at.start), "*".to_string()));
            return (*refs == 0 && is_compared).then_some(());
        }
        let is_key = named.key_name() == Some(name);
        (!is_key && self.means_the_same(name, at)).then_some(())
    }

    /// Derefs of an entry's name: as many as the closure's reference needs.
    fn deref(&self, id: ExprId, named: &Named, out: &mut Rewrite) -> Option<()> {
        let (mut base, mut count) = (id, 0);
        while let ExprKind::Unary { op: UnaryOp::Deref, operand } = &self.body.expr(base).kind {
            (base, count) = (*operand, count + 1);
        }
        let ExprKind::Path(path) = &self.body.expr(base).kind else { return self.plain(base, named, out) };
        let name = path.as_ident()?;
        let of = |it: &Option<(Name, u32)>| it.as_ref().filter(|it| it.0 == *name).map(|it| it.1);
        let (value, key) = (of(&named.value), of(&named.key));
        let Some(refs) = value.or(key) else { return self.plain(base, named, out) };
        let stars = (count + 1u32).checked_sub(refs)?;
        if stars == 0 {
            return None;
        }
        if value.is_some() {
            out.value = Some(name.clone())
        } else {
            out.key = Some(name.clone())
        }
        let text = format!("{}{name}", "*".repeat(stars as usize));
        out.edits.push((self.body.expr(id).span, text));
        Some(())
    }

    /// What a field or method is looked for in: derefs are looked through there.
    fn base(&self, id: ExprId, named: &Named, out: &mut Rewrite) -> Option<()> {
        match self.ident(id) {
            Some(name) if named.value_name() == Some(name) => out.value = Some(name.clone()),
            Some(name) if named.key_name() == Some(name) => out.key = Some(name.clone()),
            _ => return self.plain(id, named, out),
        }
        Some(())
    }

    fn method(
        &self,
        call: &Expr,
        receiver: ExprId,
        (method, args): (&Name, usize),
        named: &Named,
        out: &mut Rewrite,
    ) -> Option<()> {
        let name = self.ident(receiver);
        if name.is_some_and(|it| *it == "self") {
            return None;
        }
        let is_guard = named.is_guard && name.is_some() && name == named.value_name();
        match method.as_str() {
            "value" if is_guard && args == 0 => {
                out.value = name.cloned();
                out.edits.push((call.span, name?.to_string()));
            }
            "key" if is_guard && args == 0 => {
                out.key = Some(Name::new("key"));
                out.edits.push((call.span, "key".to_string()));
            }
            "pair" | "pair_mut" | "value_mut" if is_guard => return None,
            _ => return self.base(receiver, named, out),
        }
        Some(())
    }

    fn ident(&self, id: ExprId) -> Option<&Name> {
        match &self.body.expr(id).kind {
            ExprKind::Path(path) => path.as_ident(),
            _ => None,
        }
    }

    /// Whether a name stands for the same value where the condition is asked again: it is no local, or one that is neither
    /// shadowed, nor changed, nor gone by then.
    fn means_the_same(&self, name: &Name, at: Span) -> bool {
        if *name == "key" {
            return false;
        }
        let Some(bound) = self.function.flow.uses.iter().find(|it| it.at == at).map(|it| it.bound) else {
            // Not a local that was followed: a constant or static, or a parameter where nothing is held.
            return !self.is_bound_between(name, Span::new(0, 0)) && !self.is_changed(name, at);
        };
        self.is_in_scope(bound) && !self.is_bound_between(name, bound) && !self.is_changed(name, at)
    }

    /// Whether a local that is bound at a place can still be named where the condition is asked again.
    fn is_in_scope(&self, bound: Span) -> bool {
        let around = self.body.exprs.iter().filter(|it| {
            let is_scope = matches!(
                it.kind,
                ExprKind::Block(_) | ExprKind::Closure(_) | ExprKind::For { .. } | ExprKind::Match { .. }
            ) || matches!(it.kind, ExprKind::If { .. } | ExprKind::While { .. });
            is_scope && it.span.contains(bound)
        });
        around.min_by_key(|it| it.span.end - it.span.start).is_none_or(|it| it.span.contains(self.again))
    }

    /// Whether a pattern behind the one at `bound` binds the name again, before the condition is asked again.
    fn is_bound_between(&self, name: &Name, bound: Span) -> bool {
        self.body.pats.iter().any(|it| match &it.kind {
            PatKind::Bind { name: it_binds, .. } => {
                it_binds == name
                    && bound.end < it.span.start
                    && it.span.end <= self.again.start
                    && bound.end > 0
            }
            _ => false,
        })
    }

    /// Whether a local is assigned, lent for writing or moved between the two.
    fn is_changed(&self, name: &Name, at: Span) -> bool {
        let is_it = |id: ExprId| root(self.body, id) == Some(name);
        let is_between = |it: &Expr| it.span.start >= at.start && it.span.end <= self.again.end;
        self.body.exprs.iter().filter(|it| is_between(it)).any(|it| match &it.kind {
            ExprKind::Assign { lhs, .. } => is_it(*lhs),
            ExprKind::Ref { mutable: true, operand, .. } => is_it(*operand),
            _ => false,
        })
    }
}

/// The local that an expression is a part of.
fn root(body: &Body, id: ExprId) -> Option<&Name> {
    match &body.expr(id).kind {
        ExprKind::Path(path) => path.as_ident(),
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => root(body, *base),
        ExprKind::Unary { operand, .. } => root(body, *operand),
        _ => None,
    }
}

/// Whether something that happens may happen under a map's lock; calls are not looked into.
pub(crate) fn is_harmless(event: &EventKind) -> bool {
    match event {
        EventKind::MapOp(op) => !op.op.changes(),
        EventKind::StaticUse(_) => true,
        EventKind::Await(_)
        | EventKind::Acquire { .. }
        | EventKind::Discard(_)
        | EventKind::Leak(_)
        | EventKind::Block(_)
        | EventKind::Work(_)
        | EventKind::Callback(_)
        | EventKind::Call(_) => false,
    }
}
