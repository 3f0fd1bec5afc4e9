//! What later code says of a local: `let map = Arc::new(DashMap::new()); .. Self { map: map.clone() }` makes it the map of
//! that field, of that field's type; and what is put into a local collection is what it holds.
//!
//! In: a local as its initialiser leaves it. Out: the field that it, or a handle to it, goes into.

use super::Decl;
use super::calls::Call;
use super::value::Value;
use super::walk::Walker;
use crate::facts::{Expr, ExprId, ExprKind};
use crate::knowledge::schema::TypeRole;
use crate::name::Name;
use crate::span::Span;
use crate::ty::Ty;

impl Walker<'_> {
    /// The value of a local that is bound at `bound`, where a struct literal behind it says more of it than its initialiser.
    pub(super) fn seen_later(&self, name: &Name, bound: Span, value: Value) -> Value {
        if !self.may_be_shared(&value.ty) || !self.lacks_arguments(&value.ty) {
            return value;
        }
        let behind = self.body.exprs.iter().filter(|it| it.span.start > bound.end);
        let mut fields = behind.filter_map(|it| self.field_given(it, name));
        let Some((decl, ty)) = fields.find(|(_, ty)| fits(&value.ty, ty)) else { return value };
        Value { decl: value.decl.clone().or(Some(decl)), ..value }.with_ty(ty)
    }

    /// What a local collection holds is learnt from what is put into it: `found.push(entry)`.
    pub(super) fn learn_items(&mut self, receiver: &Value, ty: &Ty, call: &Call<'_>) {
        let puts = matches!(call.name.as_str(), "push" | "push_back" | "push_front" | "insert");
        let (Some(local), Ty::Known(id, args), true) = (receiver.local, ty, puts) else { return };
        let known = self.knowledge.ty(*id);
        let is_collection = matches!(known.role, TypeRole::Collection | TypeRole::Map);
        let is_whole = known.params.len().min(2) == call.args.len();
        let is_open = args.is_empty() || args.iter().any(Ty::is_open);
        if is_collection && is_whole && is_open && self.locals[local.0 as usize].value.ty == *ty {
            let new = Ty::Known(*id, call.args.iter().map(|it| it.ty.clone()).collect());
            let is_new = args.iter().all(Ty::is_unknown);
            self.locals[local.0 as usize].value.ty = if is_new { new } else { ty.filled(&new) };
        }
    }

    /// Whether arguments of a type are not known.
    fn lacks_arguments(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Known(id, args) => {
                let wanted = &self.knowledge.ty(*id).params;
                args.len() < wanted.len().min(2) || args.iter().any(|it| self.lacks_arguments(it))
            }
            other => other.is_open(),
        }
    }

    /// Whether a value of this type is a lock, map or cell, or a handle to one.
    fn may_be_shared(&self, ty: &Ty) -> bool {
        let is_one = |role| matches!(role, TypeRole::SharedMap | TypeRole::Lock | TypeRole::Cell);
        match ty {
            Ty::Known(_, args) => {
                self.model.role(ty).is_some_and(is_one)
                    || self.model.role(ty) == Some(TypeRole::Layer)
                        && args.first().is_some_and(|it| self.may_be_shared(it))
            }
            _ => false,
        }
    }

    /// The field of a struct literal that is given a local of this name, or a clone of it.
    fn field_given(&self, literal: &Expr, name: &Name) -> Option<(Decl, Ty)> {
        let ExprKind::Struct { path, fields, .. } = &literal.kind else { return None };
        let (field, _) = fields.iter().find(|(_, it)| self.is_of(*it, name))?;
        let Ty::Adt(id, args) = self.model.path_ty(path, &self.scope) else { return None };
        let ty = self.model.field_ty(id, &args, None, field)?;
        (!ty.is_open()).then(|| (Decl::Field(id, field.clone()), ty))
    }

    /// Whether an expression is `name`, `name.clone()` or `Arc::clone(&name)`.
    fn is_of(&self, expr: ExprId, name: &Name) -> bool {
        match &self.body.expr(expr).kind {
            ExprKind::Path(path) => path.as_ident() == Some(name),
            ExprKind::MethodCall { receiver, method, .. } => method == "clone" && self.is_of(*receiver, name),
            ExprKind::Ref { operand, .. } => self.is_of(*operand, name),
            ExprKind::Call { callee, args } => match &self.body.expr(*callee).kind {
                ExprKind::Path(path) => {
                    path.last().is_some_and(|it| it.name == "clone")
                        && args.first().is_some_and(|it| self.is_of(*it, name))
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// Whether a type fills what another leaves open.
fn fits(open: &Ty, full: &Ty) -> bool {
    match (open, full) {
        (Ty::Unknown | Ty::Param(_), _) => true,
        (Ty::Known(a, open), Ty::Known(b, full)) => {
            a == b && open.iter().zip(full.iter()).all(|(a, b)| fits(a, b))
        }
        (Ty::Adt(a, _), Ty::Adt(b, _)) => a == b,
        (a, b) => a == b,
    }
}
