//! What points into the data that a guard protects, and how tightly the compiler ties it to the guard.
//!
//! In: a function with its guards. Out: for an expression or a local, the [`Derived`] that it is. Only what is certain is
//! followed: a method, a field or a type that is not known ends the chain, and so does everything that copies.

use std::sync::Arc;

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{
    Block, BlockKind, Body, Expr, ExprId, ExprKind, MacroArgs, PatId, PatKind, SelfKind, StmtKind, TypeExpr,
    TypeKind, UnaryOp,
};
use safe_map_analysis::flow::{Decl, Event, EventKind, Guard, Root};
use safe_map_analysis::knowledge::KnownMethod;
use safe_map_analysis::knowledge::schema::{GuardEffect, Receiver, TypeRole};
use safe_map_analysis::model::{FnId, Model};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{Mutability, Ty};

use crate::fix::body_of;

/// Chains of locals longer than this are not followed.
const MAX_ROUNDS: usize = 8;

/// How many derefs one method or field may pass, and how deep patterns are looked into.
const MAX_DEREFS: usize = 8;

/// Memory of this many owners below the lock: a value in a map's own table moves when the table grows, what such a value
/// has on the heap does not.
const STABLE: u32 = 2;

/// What ties a value to its guard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tie {
    /// It is the guard.
    Guard,
    /// A reference with a lifetime: the compiler sees to it.
    Borrow,
    /// Nothing: a raw pointer.
    Raw,
    /// Nothing: a reference that was made of a raw pointer, or whose lifetime was changed.
    Free,
}

/// A value that is or contains a pointer to what a guard protects, or a place there.
#[derive(Clone, Debug)]
pub(crate) struct Derived {
    /// The guard, an index into [`safe_map_analysis::flow::FnFlow::guards`].
    pub(crate) guard: usize,
    /// How it is tied to the guard.
    pub(crate) tie: Tie,
    /// Where the tie was cut for the last time.
    pub(crate) cut: Span,
    /// Its type.
    ty: Ty,
    /// How many owners of heap memory are between the lock and what it points to.
    owners: u32,
}

impl Derived {
    /// Whether it is a shared reference to what the lock itself holds, no collection in between.
    pub(crate) fn is_shared_content(&self) -> bool {
        self.owners == 0 && matches!(self.ty, Ty::Ref(Mutability::Shared, _))
    }

    /// Whether what it points to stays where it is while the map around it changes.
    pub(crate) fn is_stable(&self) -> bool {
        self.owners >= STABLE
    }

    fn with(&self, tie: Tie, ty: Ty) -> Derived {
        Derived { tie, ty, ..self.clone() }
    }

    /// The same value, no longer tied to the guard.
    fn cut(&self, tie: Tie, ty: Ty, at: Span) -> Derived {
        Derived { cut: at, ..self.with(tie, ty) }
    }

    /// The place it points to.
    fn target(&self, knowledge: &Model) -> Option<Derived> {
        let tie = if self.tie == Tie::Guard { Tie::Borrow } else { self.tie };
        match &self.ty {
            Ty::Ref(_, inner) | Ty::Ptr(_, inner) => Some(self.with(tie, (**inner).clone())),
            ty if knowledge.role(ty) == Some(TypeRole::Guard) => Some(self.with(tie, derefs(knowledge, ty)?)),
            _ => None,
        }
    }
}

/// A local that holds something derived.
struct Local {
    name: Name,
    bound: Span,
    value: Derived,
}

/// What is derived from the guards of one function.
pub(crate) struct Derivations<'a> {
    pub(crate) body: Body,
    function: FunctionView<'a>,
    model: &'a Model,
    locals: Vec<Local>,
}

impl<'a> Derivations<'a> {
    /// What is derived from the guards of a function; none where it has no body to look at.
    pub(crate) fn of(function: &FunctionView<'a>) -> Option<Derivations<'a>> {
        let body = body_of(function)?;
        let model = &function.file.analysis.model;
        let mut all = Derivations { body, function: *function, model, locals: Vec::new() };
        for _ in 0..MAX_ROUNDS {
            let known = all.locals.len();
            for (name, bound, value) in all.bound() {
                if !all
                    .locals
                    .iter()
                    .any(|it| it.name == name && it.bound == bound && it.value.guard == value.guard)
                {
                    all.locals.push(Local { name, bound, value });
                }
            }
            if all.locals.len() == known {
                break;
            }
        }
        Some(all)
    }

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

    /// Whether what a guard protects is an `Option`.
    pub(crate) fn is_optional(&self, guard: &Guard) -> bool {
        let content = self.guard_ty(guard);
        content.is_some_and(|it| self.model.role(it.peel_refs()) == Some(TypeRole::Enum))
    }

    /// What a guard is to code: a reference to what a lock protects, or what the map's method returns.
    fn guard_ty(&self, guard: &Guard) -> Option<Ty> {
        let lock = &guard.acquire.lock;
        if lock.role == TypeRole::SharedMap {
            let map = self.declared_ty(guard)?;
            return self.known_method(&map, &guard.acquire.method).map(|it| it.0);
        }
        let content = match lock.content.is_unknown() {
            false => lock.content.clone(),
            true => match self.declared_ty(guard)? {
                Ty::Known(_, args) => args.last()?.clone(),
                _ => return None,
            },
        };
        Some(content).filter(|it| !it.is_unknown()).map(Ty::shared_ref)
    }

    /// The type of the map, lock or cell that a guard is of, from its declaration.
    fn declared_ty(&self, guard: &Guard) -> Option<Ty> {
        let lock = &guard.acquire.lock;
        let declared = match (&lock.decl, &lock.place.root) {
            (Some(Decl::Field(adt, name)), _) => {
                self.model.adt_fields(*adt).iter().find(|it| it.name == *name)?.ty.clone()
            }
            (Some(Decl::Static(id)), _) => self.model.static_ty(*id).clone(),
            (None, Root::Static(id)) if lock.place.path.is_empty() => self.model.static_ty(*id).clone(),
            (None, Root::Param(index, _)) if lock.place.path.is_empty() => {
                self.model.signature(self.function.id).params.get(*index as usize)?.clone()
            }
            _ => return None,
        };
        let mut found = None;
        self.model.any_part(&declared, &mut |it| {
            found = found.take().or_else(|| (self.model.role(it) == Some(lock.role)).then(|| it.clone()));
            found.is_some()
        });
        found
    }

    fn local(&self, name: &Name, at: Span) -> Option<Derived> {
        let is_it = |it: &&Local| {
            it.name == *name && it.bound.start < at.start && !self.function.flow.is_another(it.bound, at)
        };
        self.locals.iter().filter(is_it).max_by_key(|it| it.bound).map(|it| it.value.clone())
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

    /// The result of a method of the knowledge files, and how many owners it looks through.
    fn known_method(&self, ty: &Ty, method: &Name) -> Option<(Ty, u32)> {
        let knowledge = self.model.knowledge();
        let well_known = knowledge.well_known();
        let (id, args) = match ty {
            Ty::Known(id, args) => (*id, args.clone()),
            Ty::Slice(item) => (well_known.slice?, Arc::from([(**item).clone()])),
            Ty::Prim(name) if name == "str" => (well_known.str?, Arc::from([])),
            _ => return None,
        };
        let known = knowledge.ty(id);
        let own = known.methods.get(method).filter(|it| !it.spec.associated);
        let (returns, params, args) = match (own, known.role) {
            (Some(it), _) => (&it.returns, &known.params, args),
            (None, TypeRole::Iterator) => {
                let item = known.item.as_ref()?.instantiate(&known.params, &args);
                let iterator = knowledge.ty(well_known.iterator?);
                let it = iterator.methods.get(method).filter(|it| !it.spec.associated)?;
                (&it.returns, &iterator.params, Arc::from([item]))
            }
            _ => return None,
        };
        let itself = |it: &str| (it == "Self").then(|| ty.clone());
        let result = returns.subst(&itself).subst(&|name| {
            params.iter().position(|it| *it == *name).map(|it| args.get(it).cloned().unwrap_or_default())
        });
        let owners = match known.role {
            // What is in a slice is there without an owner more.
            _ if self.is_slice(ty) => 0,
            TypeRole::Map | TypeRole::Collection => 1,
            TypeRole::Layer => STABLE,
            TypeRole::Enum if method.starts_with("as_deref") => STABLE,
            TypeRole::Plain if known.derefs.is_some() => 1,
            _ => 0,
        };
        Some((result, owners))
    }

    /// The first of a place and what derefs reach from it that has an answer.
    fn through(&self, place: Derived, answer: impl Fn(&Derived) -> Option<Derived>) -> Option<Derived> {
        let mut place = place;
        for _ in 0..MAX_DEREFS {
            if let Some(found) = answer(&place) {
                return Some(found);
            }
            place = self.step(&place)?;
        }
        None
    }

    /// What a place dereferences to.
    fn step(&self, place: &Derived) -> Option<Derived> {
        let (ty, owners) = match &place.ty {
            Ty::Ref(_, inner) | Ty::Ptr(_, inner) => ((**inner).clone(), STABLE),
            ty @ Ty::Known(..) => {
                let owners = match self.model.role(ty) {
                    Some(TypeRole::Guard) => 0,
                    Some(TypeRole::Layer) => STABLE,
                    _ => 1,
                };
                (derefs(self.model, ty)?, owners)
            }
            ty => (self.model.deref_target(ty)?, STABLE),
        };
        Some(Derived { ty, owners: place.owners + owners, ..place.clone() })
    }

    fn field(&self, place: &Derived, name: &Name) -> Option<Derived> {
        let ty = match &place.ty {
            Ty::Adt(id, args) => self.model.field_ty(*id, args, None, name)?,
            Ty::Tuple(items) => items.get(name.parse::<usize>().ok()?)?.clone(),
            _ => return None,
        };
        Some(place.with(place.tie, ty))
    }

    fn element(&self, place: &Derived, is_range: bool) -> Option<Derived> {
        let (item, owners) = match &place.ty {
            Ty::Slice(item) => ((**item).clone(), 0),
            Ty::Known(_, args) => match self.model.role(&place.ty)? {
                TypeRole::Map => (args.get(1)?.clone(), 1),
                TypeRole::Collection if self.is_slice(&place.ty) => (args.first()?.clone(), 0),
                TypeRole::Collection => (args.first()?.clone(), 1),
                _ => return None,
            },
            _ => return None,
        };
        let ty = if is_range { Ty::Slice(Arc::new(item)) } else { item };
        Some(Derived { ty, owners: place.owners + owners, ..place.clone() })
    }

    fn is_slice(&self, ty: &Ty) -> bool {
        let slice = self.model.knowledge().well_known().slice;
        matches!(ty, Ty::Slice(_)) || matches!(ty, Ty::Known(id, _) if Some(*id) == slice)
    }

    /// Whether a type points somewhere: a reference, an iterator or an entry, or something that carries one.
    fn points(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Ref(..) | Ty::Ptr(..) => true,
            Ty::Known(id, args) => {
                let known = self.model.knowledge().ty(*id);
                match known.role {
                    TypeRole::Guard | TypeRole::Entry | TypeRole::Iterator => true,
                    // An entry of a plain map gives the reference that it borrowed the map for.
                    TypeRole::Enum | TypeRole::Plain => {
                        args.iter().any(|it| self.points(it))
                            || known.methods.values().any(|it| gives_reference(it))
                    }
                    _ => false,
                }
            }
            Ty::Tuple(items) => items.iter().any(|it| self.points(it)),
            _ => false,
        }
    }

    /// Whether a type is a pointer to heap memory or elsewhere.
    fn is_pointer(&self, ty: &Ty) -> bool {
        matches!(ty, Ty::Ref(..) | Ty::Ptr(..)) || self.model.role(ty) == Some(TypeRole::Layer)
    }

    /// The type inside `Some` or `Ok`; the type itself where it is neither.
    fn payload(&self, ty: &Ty) -> Ty {
        match ty {
            Ty::Known(_, args) if self.model.role(ty) == Some(TypeRole::Enum) => {
                args.first().cloned().unwrap_or_default()
            }
            other => other.clone(),
        }
    }

    /// A value under a written type: `as *const T`, `let p: *const T = ..`.
    fn ascribed(&self, value: Derived, ty: Option<&TypeExpr>, at: Span) -> Option<Derived> {
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

    /// Every local that is bound to, or assigned, something derived.
    fn bound(&self) -> Vec<(Name, Span, Derived)> {
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

/// A map that locks by itself owns what its guards lead to.
fn owners(guard: &Guard) -> u32 {
    u32::from(guard.acquire.lock.role == TypeRole::SharedMap)
}

/// Whether a method makes a reference of what it is called on.
fn gives_reference(method: &KnownMethod) -> bool {
    let is_by_value = !method.spec.associated && method.spec.receiver == Receiver::Value;
    is_by_value && method.spec.guard_effect == GuardEffect::Keep && matches!(method.returns, Ty::Ref(..))
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

/// What a type of the knowledge files dereferences to.
fn derefs(model: &Model, ty: &Ty) -> Option<Ty> {
    let Ty::Known(id, args) = ty else { return None };
    let known = model.knowledge().ty(*id);
    Some(known.derefs.as_ref()?.instantiate(&known.params, args))
}

fn each_by_ref(ty: Ty) -> Ty {
    match ty {
        Ty::Tuple(items) => Ty::Tuple(items.iter().cloned().map(Ty::shared_ref).collect()),
        other => Ty::shared_ref(other),
    }
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
