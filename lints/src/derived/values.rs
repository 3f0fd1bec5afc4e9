//! What an expression is: the guard that it takes, a pointer to what the guard protects, or a place there.

use std::sync::Arc;

use safe_map_analysis::facts::{
    Block, BlockKind, Expr, ExprId, ExprKind, MacroArgs, SelfKind, TypeExpr, TypeKind, UnaryOp,
};
use safe_map_analysis::flow::{Event, EventKind};
use safe_map_analysis::model::{FnId, Model};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{Mutability, Ty};

use super::types::owners;
use super::{Derivations, Derived, STABLE, Tie};

impl Derivations<'_> {
    /// The value of an expression, where it points to what a guard protects.
    pub(crate) fn value(&self, id: ExprId) -> Option<Derived> {
        let expr = self.body.expr(id);
        if let Some(guard) = self.taken(expr) {
            return Some(guard);
        }
        match &expr.kind {
            ExprKind::Path(path) => self.local(path.as_ident()?, expr.span),
            ExprKind::Ref { mutable, raw, operand } => {
                let place = self.place(*operand)?;
                let mutability = Mutability::from_mut(*mutable);
                let inner = Arc::new(place.ty.clone());
                match (raw, place.tie) {
                    (true, _) => Some(place.cut(Tie::Raw, Ty::Ptr(mutability, inner), expr.span)),
                    (false, Tie::Raw) => Some(place.cut(Tie::Free, Ty::Ref(mutability, inner), expr.span)),
                    (false, tie) => Some(place.with(tie, Ty::Ref(mutability, inner))),
                }
            }
            ExprKind::Cast { operand, ty } => {
                let value = self.value(*operand).filter(|it| it.tie != Tie::Guard)?;
                self.ascribed(value, Some(ty), expr.span)
            }
            ExprKind::Call { callee, args } => self.call(expr, *callee, args),
            ExprKind::MethodCall { receiver, method, args, .. } => self.method(expr, *receiver, method, args),
            ExprKind::Try(operand) => {
                let value = self.value(*operand)?;
                let ty = self.payload(&value.ty);
                Some(value.with(value.tie, ty))
            }
            ExprKind::Await(operand) => self.value(*operand),
            ExprKind::Block(block) if is_plain(block) => self.value(block.tail?),
            ExprKind::If { then, otherwise, .. } => {
                self.value(*then).or_else(|| otherwise.and_then(|it| self.value(it)))
            }
            ExprKind::Match { arms, .. } => arms.iter().find_map(|it| self.value(it.body)),
            ExprKind::Macro(call) => match (&call.args, call.path.last()?.name.as_str()) {
                (MacroArgs::Exprs(args), "addr_of" | "addr_of_mut") => {
                    let place = self.place(*args.first()?)?;
                    let ty = Ty::Ptr(Mutability::Shared, Arc::new(place.ty.clone()));
                    Some(place.cut(Tie::Raw, ty, expr.span))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The place that an expression names, where a guard protects it.
    fn place(&self, id: ExprId) -> Option<Derived> {
        match &self.body.expr(id).kind {
            ExprKind::Unary { op: UnaryOp::Deref, operand } => match self.place(*operand) {
                Some(place) => self.step(&place),
                None => self.value(*operand)?.target(self.model),
            },
            ExprKind::Field { base, name } => self.through(self.base(*base)?, |it| self.field(it, name)),
            ExprKind::Index { base, index } => {
                let is_range = matches!(self.body.expr(*index).kind, ExprKind::Range { .. });
                self.through(self.base(*base)?, |it| self.element(it, is_range))
            }
            _ => None,
        }
    }

    /// What a field access, an index or a method starts at.
    fn base(&self, id: ExprId) -> Option<Derived> {
        self.place(id).or_else(|| self.value(id)?.target(self.model))
    }

    /// The guard that an expression takes.
    fn taken(&self, expr: &Expr) -> Option<Derived> {
        let mut guards = self.function.flow.guards.iter().zip(0..);
        let (guard, index) = guards.find(|(it, _)| it.acquire.span == expr.span)?;
        let ty = self.guard_ty(guard)?;
        Some(Derived { guard: index, tie: Tie::Guard, cut: expr.span, ty, owners: owners(guard) })
    }

    fn call(&self, expr: &Expr, callee: ExprId, args: &[ExprId]) -> Option<Derived> {
        let ExprKind::Path(path) = &self.body.expr(callee).kind else { return None };
        let value = args.iter().find_map(|it| self.value(*it))?;
        let owner = path.segments.iter().rev().nth(1).map_or("", |it| it.name.as_str());
        let pointee = || match &value.ty {
            Ty::Ref(_, inner) | Ty::Ptr(_, inner) => Some((**inner).clone()),
            _ => None,
        };
        let pointer = || Some(Ty::Ptr(Mutability::Mut, Arc::new(pointee()?)));
        match path.last()?.name.as_str() {
            "Some" | "Ok" if args.len() == 1 => Some(value),
            _ if value.tie == Tie::Guard => None,
            "transmute" if matches!(value.ty, Ty::Ref(..)) => {
                Some(value.cut(Tie::Free, value.ty.clone(), expr.span))
            }
            "from_ref" | "from_mut" if owner == "ptr" => Some(value.cut(Tie::Raw, pointer()?, expr.span)),
            "from" | "from_ref" | "from_mut" | "new" | "new_unchecked" if owner == "NonNull" => {
                Some(value.cut(Tie::Raw, pointer()?, expr.span))
            }
            "from_raw_parts" | "from_raw_parts_mut" if value.tie == Tie::Raw => {
                let ty = Ty::shared_ref(Ty::Slice(Arc::new(pointee()?)));
                Some(value.cut(Tie::Free, ty, expr.span))
            }
            "from_utf8_unchecked" => Some(value.with(value.tie, Ty::shared_ref(Ty::Prim(Name::new("str"))))),
            _ => {
                let callee = self.callee(expr)?;
                let gives = matches!(self.model.signature(callee).output, Ty::Ref(..));
                let is_cut = gives && cuts_lifetime(self.model, callee) && matches!(value.ty, Ty::Ref(..));
                is_cut.then(|| value.cut(Tie::Free, value.ty.clone(), expr.span))
            }
        }
    }

    /// The function of the workspace that a call calls.
    fn callee(&self, expr: &Expr) -> Option<FnId> {
        self.function.flow.events.iter().find_map(|it: &Event| match &it.kind {
            EventKind::Call(call) if it.span == expr.span && !call.is_possible => Some(call.callee),
            _ => None,
        })
    }

    fn method(&self, expr: &Expr, receiver: ExprId, method: &Name, args: &[ExprId]) -> Option<Derived> {
        let place = self.place(receiver);
        let value = if place.is_none() { Some(self.value(receiver)?) } else { None };
        if let Some(value) = &value {
            match (value.tie, method.as_str()) {
                (Tie::Guard, _) if is_handed_on(method) && matches!(value.ty, Ty::Ref(..)) => {
                    return Some(value.clone());
                }
                (Tie::Raw, _) if matches!(value.ty, Ty::Ptr(..)) => return self.raw(value, expr, method),
                // What the closure of a `map` made of each item.
                (Tie::Free, "collect") => return Some(value.clone()),
                _ => {}
            }
        }
        if matches!(method.as_str(), "map" | "and_then") {
            let mut closures = args.iter().filter_map(|it| match &self.body.expr(*it).kind {
                ExprKind::Closure(closure) => Some(closure.body),
                _ => None,
            });
            return closures.next_back().and_then(|it| self.value(it));
        }
        let of_value = value.as_ref().and_then(|it| self.result(it, method, expr.span));
        of_value.or_else(|| {
            let place = place.or_else(|| value?.target(self.model))?;
            self.through(place, |it| self.result(it, method, expr.span))
        })
    }

    /// A method on a raw pointer.
    fn raw(&self, value: &Derived, expr: &Expr, method: &Name) -> Option<Derived> {
        let Ty::Ptr(mutability, inner) = &value.ty else { return None };
        match method.as_str() {
            "as_ref" | "as_mut" | "as_ref_unchecked" | "as_mut_unchecked" => {
                Some(value.cut(Tie::Free, Ty::Ref(*mutability, inner.clone()), expr.span))
            }
            "as_ptr" | "cast" | "cast_mut" | "cast_const" | "add" | "sub" | "offset" => Some(value.clone()),
            _ if is_handed_on(method) => Some(value.clone()),
            _ => None,
        }
    }

    /// What a method of a value's or place's very type gives, if that points to something.
    fn result(&self, base: &Derived, method: &Name, at: Span) -> Option<Derived> {
        let place = match self.known_method(&base.ty, method) {
            Some((ty, owners)) => Derived { ty, owners: base.owners + owners, ..base.clone() },
            None => {
                let callee = self.model.method(&base.ty, method)?;
                let signature = self.model.signature(callee);
                if !matches!(signature.self_kind?, SelfKind::Ref | SelfKind::RefMut) {
                    return None;
                }
                // What the method hands out may be behind a pointer of the type's own.
                let is_box = &mut |it: &Ty| self.is_pointer(it);
                let hides = self.model.any_part(&base.ty, is_box);
                let owners = base.owners + if hides { STABLE } else { 0 };
                let ty = self.model.seen_from(&signature.output, signature, &base.ty);
                Derived { ty, owners, ..base.clone() }
            }
        };
        let tie = if place.tie == Tie::Guard { Tie::Borrow } else { place.tie };
        match &place.ty {
            Ty::Ptr(..) => Some(place.cut(Tie::Raw, place.ty.clone(), at)),
            ty if self.points(ty) => Some(place.with(tie, place.ty.clone())),
            _ => None,
        }
    }

    /// A value under a written type: `as *const T`, `let p: *const T = ..`.
    pub(super) fn ascribed(&self, value: Derived, ty: Option<&TypeExpr>, at: Span) -> Option<Derived> {
        let Some(ty) = ty else { return Some(value) };
        let inner = match &value.ty {
            Ty::Ref(_, inner) | Ty::Ptr(_, inner) => inner.clone(),
            _ => return if matches!(ty.kind, TypeKind::Ptr { .. }) { None } else { Some(value) },
        };
        match &ty.kind {
            TypeKind::Ptr { mutable, .. } => {
                let ty = Ty::Ptr(Mutability::from_mut(*mutable), inner);
                Some(if value.tie == Tie::Raw {
                    value.with(Tie::Raw, ty)
                } else {
                    value.cut(Tie::Raw, ty, at)
                })
            }
            TypeKind::Path(path) if path.as_ident().is_some_and(|it| it == "usize") => None,
            _ => Some(value),
        }
    }
}

/// Methods that hand on what they are called on, or what is in it.
fn is_handed_on(method: &str) -> bool {
    matches!(
        method,
        "unwrap" | "expect" | "unwrap_or_else" | "unwrap_unchecked" | "ok" | "ok_or" | "ok_or_else"
    )
}

fn is_plain(block: &Block) -> bool {
    matches!(block.kind, BlockKind::Plain | BlockKind::Unsafe)
}

/// Whether a function gives a reference whose lifetime its parameters do not have: `fn longer<'a, T>(it: &T) -> &'a T`.
fn cuts_lifetime(model: &Model, id: FnId) -> bool {
    let facts = model.fn_facts(id);
    let Some(TypeKind::Ref { lifetime: Some(given), .. }) = facts.output.as_ref().map(|it| &it.kind) else {
        return false;
    };
    let is_own = facts.generics.lifetimes.contains(given) || *given == "static";
    let [only] = facts.params.as_slice() else { return false };
    let TypeKind::Ref { lifetime, .. } = &only.kind else { return false };
    facts.self_param.is_none() && is_own && lifetime.as_ref() != Some(given)
}
