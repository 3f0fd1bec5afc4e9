//! The locals that hold something derived: how patterns, loops and closures take values apart.

use safe_map_analysis::facts::{ExprKind, PatId, PatKind, StmtKind};
use safe_map_analysis::knowledge::schema::TypeRole;
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{Mutability, Ty};

use super::types::{each_by_ref, owners};
use super::{Derivations, Derived, Local, Tie};

impl Derivations<'_> {
    /// What a local holds that a name stands for.
    pub(super) fn local(&self, name: &Name, at: Span) -> Option<Derived> {
        let is_it = |it: &&Local| {
            it.name == *name && it.bound.start < at.start && !self.function.flow.is_another(it.bound, at)
        };
        self.locals.iter().filter(is_it).max_by_key(|it| it.bound).map(|it| it.value.clone())
    }

    /// Every local that is bound to, or assigned, something derived.
    pub(super) fn bound(&self) -> Vec<(Name, Span, Derived)> {
        let mut out = self.guards();
        for expr in &self.body.exprs {
            for (pat, value) in self.taken_apart(&expr.kind) {
                self.bind(pat, &value, &value.ty, &mut out);
            }
            if let ExprKind::Assign { op: None, lhs, rhs } = &expr.kind
                && let ExprKind::Path(path) = &self.body.expr(*lhs).kind
                && let Some(name) = path.as_ident()
                && let Some(value) = self.value(*rhs)
                && let Some(bound) = self.declared(name, self.body.expr(*lhs).span)
            {
                out.push((name.clone(), bound, value));
            }
        }
        out
    }

    /// The locals that are guards.
    fn guards(&self) -> Vec<(Name, Span, Derived)> {
        let guards = self.function.flow.guards.iter().zip(0..);
        let named = guards.filter(|(it, _)| !it.is_extended && !it.derived).filter_map(|(guard, index)| {
            let (name, bound) = guard.binding.as_ref()?;
            // `Option<Ref<..>>` is taken apart by patterns and `?` on its way to the local that has it last.
            let ty = self.payload(&self.guard_ty(guard)?);
            let owners = owners(guard);
            let value = Derived { guard: index, tie: Tie::Guard, cut: *bound, ty, owners };
            Some((name.clone(), *bound, value))
        });
        named.collect()
    }

    /// The patterns of an expression, each with the derived value that it takes apart.
    fn taken_apart(&self, kind: &ExprKind) -> Vec<(PatId, Derived)> {
        match kind {
            ExprKind::Block(block) => {
                let lets = block.stmts.iter().filter_map(|it| match &it.kind {
                    StmtKind::Let { pat, ty, init: Some(init), .. } => {
                        let value = self.value(*init)?;
                        Some((*pat, self.ascribed(value, ty.as_ref(), self.body.expr(*init).span)?))
                    }
                    _ => None,
                });
                lets.collect()
            }
            ExprKind::Let { pat, init } => self.value(*init).map(|it| (*pat, it)).into_iter().collect(),
            ExprKind::Match { scrutinee, arms } => {
                let value = self.value(*scrutinee);
                value.iter().flat_map(|it| arms.iter().map(|arm| (arm.pat, it.clone()))).collect()
            }
            ExprKind::For { pat, iter, .. } => {
                let item = self.value(*iter).and_then(|it| self.item(&it));
                item.map(|it| (*pat, it)).into_iter().collect()
            }
            ExprKind::MethodCall { receiver, method, args, .. }
                if matches!(method.as_str(), "map" | "and_then") =>
            {
                let params = args.iter().filter_map(|it| match &self.body.expr(*it).kind {
                    ExprKind::Closure(closure) => closure.params.first().map(|it| it.0),
                    _ => None,
                });
                let item = self.value(*receiver).and_then(|it| self.mapped(&it));
                params.filter_map(|it| Some((it, item.clone()?))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What `map` gives its closure.
    fn mapped(&self, value: &Derived) -> Option<Derived> {
        match self.model.role(&value.ty) {
            Some(TypeRole::Iterator) => self.item(value),
            _ => Some(value.with(value.tie, self.payload(&value.ty))),
        }
    }

    /// What a loop takes out of a collection or an iterator.
    fn item(&self, value: &Derived) -> Option<Derived> {
        let knowledge = self.model.knowledge();
        let (ty, owners) = match &value.ty {
            Ty::Known(id, args) => {
                (knowledge.ty(*id).item.as_ref()?.instantiate(&knowledge.ty(*id).params, args), 0)
            }
            Ty::Ref(_, inner) => match &**inner {
                Ty::Known(id, args) => {
                    let known = knowledge.ty(*id);
                    let by_value = known.item.as_ref()?.instantiate(&known.params, args);
                    (each_by_ref(by_value), 1)
                }
                Ty::Slice(item) => (Ty::Ref(Mutability::Shared, item.clone()), 0),
                _ => return None,
            },
            _ => return None,
        };
        self.points(&ty).then(|| Derived { ty, owners: value.owners + owners, ..value.clone() })
    }

    /// Where the local of this name is bound.
    fn declared(&self, name: &Name, at: Span) -> Option<Span> {
        let locals = self.function.flow.locals.iter();
        let fits = locals.filter(|it| it.name == *name && it.span.start < at.start);
        fits.map(|it| it.span).filter(|it| !self.function.flow.is_another(*it, at)).max()
    }

    fn bind(&self, pat: PatId, value: &Derived, ty: &Ty, out: &mut Vec<(Name, Span, Derived)>) {
        let pat = self.body.pat(pat);
        match (&pat.kind, ty) {
            (PatKind::Bind { name, by_ref: false, sub: None, .. }, _) if self.points(ty) => {
                let is_guard = value.tie == Tie::Guard;
                let ends_here = self.function.flow.guards[value.guard].binding.as_ref();
                // The guard's own local is known to the flow.
                if !is_guard || ends_here.is_some_and(|it| it.1 == pat.span) {
                    out.push((name.clone(), pat.span, value.with(value.tie, ty.clone())));
                }
            }
            (PatKind::TupleStruct { elems, .. }, _) => {
                if let [one] = elems.as_slice() {
                    self.bind(*one, value, &self.payload(ty), out);
                }
            }
            (PatKind::Tuple(elems), Ty::Tuple(items)) if elems.len() == items.len() => {
                elems.iter().zip(items.iter()).for_each(|(it, ty)| self.bind(*it, value, ty, out));
            }
            (PatKind::Or(cases), _) => cases.iter().for_each(|it| self.bind(*it, value, ty, out)),
            (PatKind::Typed(inner, _), _) => self.bind(*inner, value, ty, out),
            _ => {}
        }
    }
}
