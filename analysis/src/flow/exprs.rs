//! Expressions: what each form evaluates, in which order, and what becomes of the guards in its operands.

use std::sync::Arc;

use super::place::{Root, Step};
use super::state::{Owner, State};
use super::value::Value;
use super::walk::{Local, Walker};
use super::{Decl, EventKind, GuardId, Place, Use};
use crate::facts::{ExprId, ExprKind, Lit, Path, UnaryOp};
use crate::knowledge::schema::{CloneKind, TypeRole};
use crate::model::{Def, ValueDef};
use crate::name::Name;
use crate::span::Span;
use crate::ty::{Mutability, Ty};

impl<'a> Walker<'a> {
    /// Evaluates and moves: a local that is named is moved out of, a closure that nobody takes is walked for itself.
    pub(super) fn use_value(&mut self, id: ExprId) -> Value {
        if !self.extending.is_empty()
            && self.macro_args.is_empty()
            && let Some(value) = self.extended_tail(id)
        {
            return value;
        }
        let value = self.argument(id);
        self.run_unknown(&value);
        value
    }

    /// Evaluates and moves, but leaves a closure to the callee that takes it.
    pub(super) fn argument(&mut self, id: ExprId) -> Value {
        let value = self.eval(id);
        self.take(value)
    }

    /// Moves a value out of the local that holds it.
    pub(super) fn take(&mut self, value: Value) -> Value {
        let Some(local) = value.local else { return value };
        if matches!(value.ty, Ty::Ref(..)) {
            return Value { local: None, ..value };
        }
        self.locals[local.0 as usize].is_moved = true;
        let owned = self.state.owned_by(Owner::Local(local));
        let moved: Vec<_> = owned.into_iter().filter(|it| value.guards.contains(it)).collect();
        self.state.give(&moved, Owner::Flight);
        Value { local: None, ..value }
    }

    /// Evaluates an expression that is used by reference: what it holds lives on as a temporary.
    pub(super) fn use_place(&mut self, id: ExprId) -> Value {
        let value = self.eval(id);
        self.settle(&value);
        value
    }

    /// Evaluates an expression; a place stays where it is.
    pub(super) fn eval(&mut self, id: ExprId) -> Value {
        let body = self.body;
        let span = self.span(id);
        match &body.expr(id).kind {
            ExprKind::Path(path) => self.path(path, span),
            ExprKind::Lit(lit) => Value::of(lit_ty(lit)),
            ExprKind::Array(items) => {
                self.aggregate(items, |tys| Ty::Slice(Arc::new(tys.into_iter().next().unwrap_or_default())))
            }
            ExprKind::Repeat { value, len } => {
                self.use_value(*len);
                let value = self.use_value(*value);
                let ty = Ty::Slice(Arc::new(value.ty.clone()));
                value.with_ty(ty)
            }
            ExprKind::Tuple(items) => self.tuple(items),
            ExprKind::Struct { path, fields, rest } => self.struct_literal(path, fields, *rest),
            ExprKind::Unary { op, operand } => self.unary(*op, *operand),
            ExprKind::Ref { mutable, raw, operand } => self.reference(*operand, *mutable, *raw),
            ExprKind::Binary { lhs, rhs, op } => {
                self.use_place(*lhs);
                self.use_place(*rhs);
                Value::of(if is_comparison(op) { Ty::Prim(Name::new("bool")) } else { Ty::Unknown })
            }
            ExprKind::Lazy { lhs, rhs, .. } => self.lazy(*lhs, *rhs),
            ExprKind::Assign { op, lhs, rhs } => self.assign(op.is_some(), *lhs, *rhs, span),
            ExprKind::Underscore => Value::default(),
            ExprKind::Field { base, name } => self.field(*base, name),
            ExprKind::Index { base, index } => self.index(*base, *index, span),
            ExprKind::Call { callee, args } => {
                let value = self.call(*callee, args, span);
                self.unless_it_ends(value, span)
            }
            ExprKind::MethodCall { receiver, method, turbofish, args, .. } => {
                let value = self.method_call(*receiver, method, turbofish, args, span);
                self.unless_it_ends(value, span)
            }
            ExprKind::Cast { operand, ty } => {
                let value = self.use_value(*operand);
                let ty = self.lower(ty);
                Value { ty, ..value }
            }
            ExprKind::Let { pat, init } => {
                let value = self.use_place(*init);
                self.bind(*pat, value);
                Value::of(Ty::Prim(Name::new("bool")))
            }
            ExprKind::If { cond, then, otherwise } => self.if_(*cond, *then, *otherwise),
            ExprKind::While { label, cond, body } => self.while_(label.as_ref(), *cond, *body, span),
            ExprKind::Loop { label, body } => self.loop_(label.as_ref(), *body, span),
            ExprKind::For { label, pat, iter, body } => self.for_(label.as_ref(), *pat, *iter, *body, span),
            ExprKind::Match { scrutinee, arms } => self.match_(*scrutinee, arms),
            ExprKind::Block(block) => self.block(id, block),
            ExprKind::Closure(_) => self.closure_value(id),
            ExprKind::Await(operand) => self.await_(*operand, span),
            ExprKind::Try(operand) => self.try_(*operand, span),
            ExprKind::Return(value) => {
                self.return_value(*value, span);
                self.leave_call(span);
                Value::of(Ty::Never)
            }
            ExprKind::Break { label, value } => {
                let value = value.map(|it| self.use_value(it)).unwrap_or_default();
                self.break_to(label.as_ref(), value, span);
                Value::of(Ty::Never)
            }
            ExprKind::Continue { label } => {
                self.continue_to(label.as_ref(), span);
                Value::of(Ty::Never)
            }
            ExprKind::Yield(value) => {
                self.jump_value(*value, span);
                Value::default()
            }
            ExprKind::Range { start, end } => {
                let ends = [start, end].into_iter().flatten();
                let item = ends.map(|it| self.use_place(*it).ty).last().unwrap_or_default();
                let iterator = self.knowledge.well_known().iterator;
                Value::of(iterator.map_or(Ty::Unknown, |id| Ty::Known(id, Arc::from([item]))))
            }
            ExprKind::Macro(call) => self.macro_call(call, span),
            ExprKind::Unknown => Value::default(),
        }
    }

    fn return_value(&mut self, value: Option<ExprId>, span: Span) {
        let value = value.map(|it| self.use_value(it)).unwrap_or_else(|| Value::of(Ty::unit()));
        if self.state.reachable {
            self.returns(&value);
        }
        self.end_values(&[value], span);
    }

    /// What a call gives, unless it does not come back.
    fn unless_it_ends(&mut self, value: Value, span: Span) -> Value {
        if value.ty == Ty::Never {
            self.leave_call(span);
        }
        value
    }

    fn jump_value(&mut self, value: Option<ExprId>, span: Span) {
        if let Some(value) = value {
            let value = self.use_value(value);
            self.end_values(&[value], span);
        }
    }

    /// A path: a local, a static, a constructor, a function.
    fn path(&mut self, path: &Path, span: Span) -> Value {
        if let Some(name) = path.as_ident() {
            if let Some(value) = self.macro_argument(name) {
                return value;
            }
            if let Some(local) = self.lookup(name) {
                let Local { span: bound, value: known, .. } = &self.locals[local.0 as usize];
                if !self.flow.guards.is_empty() && self.macro_args.is_empty() {
                    self.flow.uses.push(Use { at: span, bound: *bound });
                }
                let guards = self.state.owned_by(Owner::Local(local));
                return Value { guards, local: Some(local), ..known.clone() };
            }
        }
        match self.model.resolve_value(path, &self.scope) {
            ValueDef::Def(Def::Static(id)) => {
                if self.model.static_facts(id).mutable {
                    self.event(EventKind::StaticUse(id), span);
                }
                Value {
                    place: Some(Place::new(Root::Static(id))),
                    decl: Some(Decl::Static(id)),
                    ..Value::of(self.model.static_ty(id).clone())
                }
            }
            ValueDef::Def(Def::Const(id)) => Value::of(self.model.const_ty(id)),
            ValueDef::Def(Def::Variant(id, _) | Def::Adt(id)) => Value::of(Ty::Adt(id, crate::ty::no_args())),
            ValueDef::Def(Def::Fn(id)) => Value::of(Ty::callable(self.model.signature(id).output.clone())),
            ValueDef::Def(Def::Foreign(full)) => self.foreign_path(&full),
            _ => Value::default(),
        }
    }

    fn foreign_path(&self, full: &Name) -> Value {
        let last = full.rsplit("::").next().unwrap_or(full);
        if last == "None" {
            let ty = self.knowledge.well_known().option.map(|id| Ty::Known(id, Arc::from([Ty::Unknown])));
            return Value { is_empty: true, ..Value::of(ty.unwrap_or_default()) };
        }
        let is_static = last.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        let place = is_static.then(|| Place::new(Root::ForeignStatic(full.clone())));
        Value { place, ..Value::default() }
    }

    /// Values that go into one: their guards move with them.
    pub(super) fn aggregate(&mut self, items: &[ExprId], ty: impl FnOnce(Vec<Ty>) -> Ty) -> Value {
        let values: Vec<Value> = items.iter().map(|it| self.use_value(*it)).collect();
        let guards = values.iter().flat_map(|it| it.guards.iter().copied()).collect();
        let ty = ty(values.into_iter().map(|it| it.ty).collect());
        Value { guards, ..Value::of(ty) }
    }

    fn tuple(&mut self, items: &[ExprId]) -> Value {
        let parts: Vec<Value> = items.iter().map(|it| self.use_value(*it)).collect();
        let guards = parts.iter().flat_map(|it| it.guards.iter().copied()).collect();
        let ty = Ty::Tuple(parts.iter().map(|it| it.ty.clone()).collect());
        Value { guards, parts, ..Value::of(ty) }
    }

    fn struct_literal(&mut self, path: &Path, fields: &[(Name, ExprId)], rest: Option<ExprId>) -> Value {
        let mut values = Vec::new();
        for (name, field) in fields {
            values.push((name.clone(), self.use_value(*field)));
        }
        let guards = values.iter().flat_map(|it| it.1.guards.iter().copied()).collect();
        if let Some(rest) = rest {
            self.use_place(rest);
        }
        let ty = self.model.path_ty(path, &self.scope);
        self.hand_to_fields(&ty, values.iter().map(|(name, it)| (name, it)));
        let made_of = self.parts_of(&values);
        self.note_twins(&ty, &made_of);
        Value { guards, made_of, ..Value::of(ty) }
    }

    fn unary(&mut self, op: UnaryOp, operand: ExprId) -> Value {
        let value = self.use_place(operand);
        if op == UnaryOp::Not {
            let tells = value.tells.map(|(guards, alive_if)| (guards, !alive_if));
            return Value { tells, ..Value::of(value.ty.peel_refs().clone()) };
        }
        if op != UnaryOp::Deref {
            return Value::of(value.ty.peel_refs().clone());
        }
        let ty = self.deref_once(&value.ty).unwrap_or_default();
        Value { place: value.place, decl: value.decl, ..Value::of(ty) }
    }

    /// One explicit `*`.
    pub(super) fn deref_once(&self, ty: &Ty) -> Option<Ty> {
        match ty {
            Ty::Ref(_, inner) | Ty::Ptr(_, inner) => Some((**inner).clone()),
            Ty::Known(id, args) => {
                let known = self.knowledge.ty(*id);
                known.derefs.as_ref().map(|it| it.instantiate(&known.params, args))
            }
            Ty::Adt(..) => self.model.deref_target(ty),
            _ => None,
        }
    }

    fn reference(&mut self, operand: ExprId, mutable: bool, raw: bool) -> Value {
        let value = self.use_place(operand);
        if mutable {
            self.changed(operand);
        }
        let mutability = Mutability::from_mut(mutable);
        let ty = Arc::new(value.ty);
        let ty = if raw { Ty::Ptr(mutability, ty) } else { Ty::Ref(mutability, ty) };
        // The guards are seen through the reference, and stay with their owner.
        let (guards, closure) = (value.guards, value.closure);
        Value {
            place: value.place,
            decl: value.decl,
            iterates: value.iterates,
            guards,
            closure,
            ..Value::of(ty)
        }
    }

    /// `&&`, `||`: each operand is a scope of its own, and the right one may not run.
    fn lazy(&mut self, lhs: ExprId, rhs: ExprId) -> Value {
        self.in_temps(lhs);
        let skipped = self.state.clone();
        self.in_branch(rhs);
        self.state = std::mem::replace(&mut self.state, State::new()).join(skipped);
        Value::of(Ty::Prim(Name::new("bool")))
    }

    /// `a = b`: the right side first, then the place, then the old value is dropped.
    fn assign(&mut self, compound: bool, lhs: ExprId, rhs: ExprId, span: Span) -> Value {
        if matches!(self.body.expr(lhs).kind, ExprKind::Underscore) {
            let first_new = self.flow.guards.len() as u32;
            let value = self.eval(rhs);
            self.discard(value, first_new, span);
            return Value::of(Ty::unit());
        }
        let value = self.use_value(rhs);
        if compound {
            self.settle(&value);
            self.use_place(lhs);
            self.changed(lhs);
            return Value::of(Ty::unit());
        }
        self.changed(lhs);
        let target = self.use_place(lhs);
        if !matches!(self.model.role(target.ty.peel_refs()), Some(TypeRole::Guard)) {
            self.count_replaced(&target, "=", span);
        }
        self.forget_parts(lhs);
        let is_local = matches!(self.body.expr(lhs).kind, ExprKind::Path(_));
        if let Some(place) = target.place.as_ref().filter(|_| !is_local) {
            self.replace(place);
        }
        if let Some(local) = target.local.filter(|_| is_local) {
            let old = self.state.owned_by(Owner::Local(local));
            self.end(&old, span);
            self.reassign(local, value);
        } else {
            self.store(&value, target, span);
        }
        Value::of(Ty::unit())
    }

    /// A guard stored through a place lives on out of sight; with a local at the root it is that local's.
    fn store(&mut self, value: &Value, target: Value, span: Span) {
        let flying = self.flying(value);
        let root = target.place.as_ref().map(|it| &it.root);
        match root {
            Some(Root::Local(id, _)) if (*id as usize) < self.locals.len() => {
                self.state.give(&flying, Owner::Local(super::state::LocalId(*id)));
            }
            _ => self.end(&flying, span),
        }
    }

    /// What is assigned is another value than the one of which guards are alive: `self.lock = Arc::default()`, while a clone is held.
    fn replace(&mut self, place: &Place) {
        let guards = &self.flow.guards;
        let is_of = |id: &GuardId| guards[id.0 as usize].acquire.lock.place.is_in(place);
        self.state.live.iter_mut().filter(|(id, _)| is_of(id)).for_each(|(_, live)| live.is_replaced = true);
    }

    fn reassign(&mut self, local: super::state::LocalId, value: Value) {
        let flying = self.flying(&value);
        self.state.give(&flying, Owner::Local(local));
        let name = self.locals[local.0 as usize].name.clone();
        let span = self.locals[local.0 as usize].span;
        for id in &flying {
            self.flow.guards[id.0 as usize].binding = Some((name.clone(), span));
        }
        let fresh = self.unnamed();
        let known = &mut self.locals[local.0 as usize].value;
        if known.ty.is_unknown() || known.ty.is_open() && !value.ty.is_open() {
            known.ty = value.ty;
        }
        known.place = Some(value.place.unwrap_or(fresh));
        (known.decl, known.pending, known.closure) = (value.decl, value.pending, value.closure);
        (known.iterates, known.parts) = (value.iterates, Vec::new());
    }

    fn field(&mut self, base: ExprId, name: &Name) -> Value {
        let value = self.use_place(base);
        self.project(&value, name)
    }

    /// A tuple with one lock in it is declared where that is: `pair: (Mutex<bool>, Condvar)`.
    pub(super) fn decl_of_item(&self, whole: &Value, items: &[Ty]) -> Option<Decl> {
        let locks = items.iter().filter(|it| self.leads_to_lock(it)).count();
        whole.decl.clone().filter(|_| locks == 1)
    }

    /// The field `name` of a value, through references, smart pointers, guards and `Deref` impls.
    pub(super) fn project(&self, value: &Value, name: &Name) -> Value {
        let chain = if value.ty.is_unknown() { Vec::new() } else { self.deref_chain(&value.ty) };
        for (depth, ty) in chain.into_iter().enumerate() {
            let (field, decl) = match &ty {
                Ty::Adt(id, args) => match self.model.field_ty(*id, args, None, name) {
                    Some(field) => (field, Some(Decl::Field(*id, name.clone()))),
                    None => continue,
                },
                Ty::Tuple(items) => match name.parse::<usize>().ok().and_then(|it| items.get(it)) {
                    Some(item) => (item.clone(), self.decl_of_item(value, items)),
                    None => continue,
                },
                Ty::Known(id, _) if name == "0" && self.knowledge.ty(*id).newtype => {
                    let inner = self.deref_once(&ty).unwrap_or_default();
                    return Value {
                        place: value.place.clone(),
                        decl: value.decl.clone(),
                        ..Value::of(inner)
                    };
                }
                _ => continue,
            };
            let place = match depth {
                0 => value.place.clone(),
                _ => {
                    let whole = Value { place: value.place.clone(), ..Value::of(value.ty.clone()) };
                    self.dereferenced(whole, &ty).place
                }
            };
            let made_of = self.parts_in(&ty, place.as_ref(), value, name);
            let given = value.part(name).filter(|_| depth == 0 || matches!(ty, Ty::Adt(..)));
            let place = match given {
                Some(given) => Some(given.clone()),
                None => place.map(|it| it.field(name, self.leads_to_shared(&field))),
            };
            let part = name.parse::<usize>().ok().and_then(|it| value.parts.get(it));
            let (guards, local) = match (self.holds(&field), part) {
                (None, _) => (Vec::new(), None),
                (Some(_), Some(part)) => (part.guards.clone(), value.local),
                (Some(_), None) => (value.guards.clone(), value.local),
            };
            return Value { place, decl, guards, local, made_of, ..Value::of(field) };
        }
        let place = value.place.as_ref().map(|it| it.field(name, false));
        Value { place, ..Value::default() }
    }

    /// Whether a copy of a field of this type leads to what the field leads to: a handle, or an `Option` of one.
    pub(super) fn leads_to_shared(&self, ty: &Ty) -> bool {
        let is_enum = self.model.role(ty) == Some(TypeRole::Enum);
        let inner = match ty {
            Ty::Known(_, args) if is_enum => args.first(),
            _ => None,
        };
        self.is_handle(inner.unwrap_or(ty))
    }

    /// Whether a clone of this type is the same thing.
    pub(super) fn is_handle(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Ref(..) => true,
            Ty::Known(id, _) => self.knowledge.ty(*id).clone == CloneKind::Shared,
            _ => false,
        }
    }

    /// Whether a value of this type is a handle or carries one: `Option<Arc<T>>`.
    pub(super) fn has_handle(&self, ty: &Ty) -> bool {
        let is_inside = match ty {
            Ty::Known(_, args) | Ty::Foreign(_, args) | Ty::Tuple(args) => {
                args.iter().any(|it| self.has_handle(it))
            }
            Ty::Slice(item) => self.has_handle(item),
            _ => false,
        };
        is_inside || self.is_handle(ty)
    }

    fn index(&mut self, base: ExprId, index: ExprId, span: Span) -> Value {
        let value = self.use_place(base);
        self.use_place(index);
        let key = self.key_text(index);
        let mut chain = self.deref_chain(&value.ty).into_iter();
        let indexed = chain.find_map(|ty| Some((self.element_ty(&ty)?, ty)));
        let (ty, base) = indexed.unwrap_or_default();
        self.record_index(&base, &value, key.clone(), span);
        let place = match (value.place, key) {
            (Some(place), Some(key)) => Some(place.then(Step::Entry(key))),
            _ => Some(self.unnamed()),
        };
        Value { place, ..Value::of(ty) }
    }

    /// What indexing gives: the element of a sequence, the value of a map.
    pub(super) fn element_ty(&self, ty: &Ty) -> Option<Ty> {
        match ty {
            Ty::Slice(item) => Some((**item).clone()),
            Ty::Known(id, args) => {
                let known = self.knowledge.ty(*id);
                let is_map = known.role == TypeRole::Map;
                let is_sequence = known.role == TypeRole::Collection;
                (is_map || is_sequence)
                    .then(|| args.get(usize::from(is_map && args.len() > 1)).cloned().unwrap_or_default())
            }
            _ => None,
        }
    }
}

fn lit_ty(lit: &Lit) -> Ty {
    match lit {
        Lit::Bool(_) => Ty::Prim(Name::new("bool")),
        Lit::Str(_) => Ty::shared_ref(Ty::Prim(Name::new("str"))),
        Lit::Int(_) | Lit::Other => Ty::Prim(Name::new("i32")),
    }
}

fn is_comparison(op: &str) -> bool {
    matches!(op, "==" | "!=" | "<" | ">" | "<=" | ">=")
}
