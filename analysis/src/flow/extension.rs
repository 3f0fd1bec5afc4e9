//! Lifetime extension: which temporaries of a `let`'s initialiser live to the end of the block.

use std::sync::Arc;

use super::state::{FrameId, Owner};
use super::value::Value;
use super::walk::{Walker, tail_of};
use crate::facts::{ExprId, ExprKind, UnaryOp};
use crate::model::{Def, ValueDef};
use crate::ty::{Mutability, Ty};

impl<'a> Walker<'a> {
    /// A `let`'s initialiser: a reference to a temporary, directly or in an aggregate, extends it to the block.
    pub(super) fn extended(&mut self, id: ExprId) -> Value {
        let body = self.body;
        match &body.expr(id).kind {
            ExprKind::Ref { mutable, raw, operand } => {
                let value = self.extended_place(*operand);
                let mutability = Mutability::from_mut(*mutable);
                let ty = Arc::new(value.ty);
                let ty = if *raw { Ty::Ptr(mutability, ty) } else { Ty::Ref(mutability, ty) };
                Value { place: value.place, decl: value.decl, guards: value.guards, ..Value::of(ty) }
            }
            ExprKind::Tuple(items) => {
                let parts: Vec<Value> = items.iter().map(|it| self.extended_item(*it)).collect();
                let guards = parts.iter().flat_map(|it| it.guards.iter().copied()).collect();
                let ty = Ty::Tuple(parts.iter().map(|it| it.ty.clone()).collect());
                Value { guards, parts, ..Value::of(ty) }
            }
            ExprKind::Array(items) => self.extended_list(items),
            ExprKind::Struct { path, fields, rest: None } => {
                let ty = self.model.path_ty(path, &self.scope);
                let items: Vec<ExprId> = fields.iter().map(|(_, it)| *it).collect();
                let value = self.extended_list(&items);
                self.hand_to_fields(&ty, fields.iter().map(|(name, _)| name).zip(&value.parts));
                value.with_ty(ty)
            }
            ExprKind::Call { callee, args }
                if self.is_constructor(*callee) && args.iter().any(|it| self.extends(*it)) =>
            {
                let value = self.extended_list(args);
                let option = self.knowledge.well_known().option;
                let inner = value.parts.first().map(|it| it.ty.clone()).unwrap_or_default();
                value.with_ty(option.map(|id| Ty::Known(id, Arc::from([inner]))).unwrap_or_default())
            }
            ExprKind::Cast { operand, .. } if self.extends(*operand) => self.extended(*operand),
            ExprKind::If { .. } | ExprKind::Match { .. } | ExprKind::Block(_) if self.extends(id) => {
                let frame = self.extension_frame();
                self.extending.extend(self.extended_tails(id).into_iter().map(|it| (it, frame)));
                let value = self.eval(id);
                self.extending.clear();
                value
            }
            // A place that is matched by reference stays where it is: `let x = place;` moves it.
            _ => self.use_value_of_let(id),
        }
    }

    fn use_value_of_let(&mut self, id: ExprId) -> Value {
        // `let _ = place;` moves nothing: the pattern decides, so a local stays one here.
        let value = self.eval(id);
        self.run_unknown(&value);
        value
    }

    fn extended_item(&mut self, id: ExprId) -> Value {
        let value = self.extended(id);
        self.take(value)
    }

    fn extended_list(&mut self, items: &[ExprId]) -> Value {
        let parts: Vec<Value> = items.iter().map(|it| self.extended_item(*it)).collect();
        let guards = parts.iter().flat_map(|it| it.guards.iter().copied()).collect();
        Value { guards, parts, ..Value::default() }
    }

    /// Whether an operand is a reference to a temporary that a `let` extends.
    fn extends(&self, id: ExprId) -> bool {
        match &self.body.expr(id).kind {
            ExprKind::Ref { .. } => true,
            ExprKind::Tuple(items) | ExprKind::Array(items) => items.iter().any(|it| self.extends(*it)),
            ExprKind::Cast { operand, .. } => self.extends(*operand),
            ExprKind::If { .. } | ExprKind::Match { .. } | ExprKind::Block(_) => {
                !self.extended_tails(id).is_empty()
            }
            _ => false,
        }
    }

    /// The tails of branches and blocks through which a `let` extends.
    fn extended_tails(&self, id: ExprId) -> Vec<ExprId> {
        match &self.body.expr(id).kind {
            ExprKind::If { then, otherwise, .. } => {
                std::iter::once(*then).chain(*otherwise).flat_map(|it| self.extended_tails(it)).collect()
            }
            ExprKind::Match { arms, .. } => arms.iter().flat_map(|it| self.extended_tails(it.body)).collect(),
            kind => match tail_of(kind) {
                Some(block) => block.tail.into_iter().flat_map(|it| self.extended_tails(it)).collect(),
                None if matches!(kind, ExprKind::Block(_)) => Vec::new(),
                None => Some(id).filter(|it| self.extends(*it)).into_iter().collect(),
            },
        }
    }

    /// Where the temporaries of the `let` being walked live on.
    fn extension_frame(&self) -> FrameId {
        self.extension.unwrap_or_else(|| self.block_frame())
    }

    /// A tail through which the `let` around it extends.
    pub(super) fn extended_tail(&mut self, id: ExprId) -> Option<Value> {
        let index = self.extending.iter().position(|(it, _)| *it == id)?;
        let (_, frame) = self.extending.remove(index);
        let outer = self.extension.replace(frame);
        let value = self.extended(id);
        self.extension = outer;
        Some(self.take(value))
    }

    /// The operand of an extending `&`: its own temporary lives to the end of the block.
    pub(super) fn extended_place(&mut self, id: ExprId) -> Value {
        let body = self.body;
        match &body.expr(id).kind {
            ExprKind::Field { base, name } => {
                let value = self.extended_place(*base);
                self.project(&value, name)
            }
            ExprKind::Index { base, index } => {
                let value = self.extended_place(*base);
                self.use_place(*index);
                let ty = self
                    .deref_chain(&value.ty)
                    .into_iter()
                    .find_map(|ty| self.element_ty(&ty))
                    .unwrap_or_default();
                Value { place: Some(self.unnamed()), ..Value::of(ty) }
            }
            ExprKind::Unary { op: UnaryOp::Deref, operand } => {
                let value = self.extended_place(*operand);
                let ty = self.deref_once(&value.ty).unwrap_or_default();
                Value { place: value.place, decl: value.decl, ..Value::of(ty) }
            }
            _ => {
                let value = self.extended(id);
                let flying = self.flying(&value);
                let frame = self.extension_frame();
                self.state.give(&flying, Owner::Frame(frame));
                value
            }
        }
    }

    /// Whether a callee is a tuple constructor: by its name, where it is no function of the workspace that has such a one.
    pub(super) fn is_constructor(&self, callee: ExprId) -> bool {
        let ExprKind::Path(path) = &self.body.expr(callee).kind else { return false };
        let last = path.last().is_some_and(|it| it.name.starts_with(|c: char| c.is_ascii_uppercase()));
        let is_function = || match self.model.resolve_value(path, &self.scope) {
            ValueDef::Def(Def::Fn(_)) => true,
            ValueDef::Assoc(ty, name) => self.model.associated_fn(&ty, &name).is_some(),
            _ => false,
        };
        last && path.as_ident().is_none_or(|it| self.lookup(it).is_none()) && !is_function()
    }
}
