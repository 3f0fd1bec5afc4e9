//! The types of expressions, as far as declarations say them: for what the walk has no value for, raw pointers above all.
//!
//! In: a body and the function or item that has it. Out: a type, unknown wherever anything is not certain. Names are looked up
//! lexically: the last pattern before a use that binds the name is the one.

use std::rc::Rc;

use safe_map_analysis::Analysis;
use safe_map_analysis::facts::{
    Body, Expr, ExprId, ExprKind, PatId, PatKind, Path, SelfKind, StmtKind, TypeExpr, UnaryOp,
};
use safe_map_analysis::knowledge::schema::TypeRole;
use safe_map_analysis::model::{Def, FnId, Model, TyScope, ValueDef};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{Mutability, Ty};

/// How many expressions into each other are looked at.
pub(crate) const MAX_DEPTH: u32 = 24;

/// How many derefs a field or method is looked for through.
const MAX_DEREFS: usize = 8;

/// A name that a pattern binds.
pub(crate) struct Bound {
    name: Name,
    span: Span,
    from: From,
}

/// What a name stands for.
#[derive(Clone, Copy)]
enum From {
    /// The whole of an expression, in a `let` that may say its type.
    Let(Option<ExprId>),
    /// What the only field of a variant has.
    Payload(ExprId),
    /// A parameter of this index.
    Param(usize),
    /// Something that is not followed.
    Elsewhere,
}

/// A function's body with the types of its expressions.
pub(crate) struct Typed<'a> {
    pub(crate) model: &'a Model,
    pub(crate) id: FnId,
    pub(crate) body: Rc<Body>,
    scope: TyScope<'a>,
    bound: Vec<Bound>,
    ascribed: Vec<(Span, Ty)>,
}

impl<'a> Typed<'a> {
    /// The body of a function.
    pub(crate) fn of(analysis: &'a Analysis, id: FnId) -> Option<Typed<'a>> {
        let model = &analysis.model;
        let def = model.func(id);
        let packed = analysis.workspace.file(def.at.file).facts.body(def.body?);
        if packed.max_depth > safe_map_analysis::facts::MAX_WALKED_DEPTH {
            return None;
        }
        let body = analysis.body(id)?;
        let scope = model.fn_scope(id);
        let mut typed = Typed { model, id, body, scope, bound: Vec::new(), ascribed: Vec::new() };
        typed.bind();
        Some(typed)
    }

    fn bind(&mut self) {
        let body = &self.body;
        let mut sources: Vec<(PatId, From)> = Vec::new();
        let mut ascribed = Vec::new();
        sources.extend(body.params.iter().enumerate().map(|(index, pat)| (*pat, From::Param(index))));
        for expr in &body.exprs {
            match &expr.kind {
                ExprKind::Let { pat, init } => sources.push((*pat, From::Let(Some(*init)))),
                ExprKind::Block(block) => {
                    for stmt in &block.stmts {
                        let StmtKind::Let { pat, ty, init, .. } = &stmt.kind else { continue };
                        sources.push((*pat, From::Let(*init)));
                        ascribed.extend(ty.as_ref().map(|it| (body.pat(*pat).span, it.clone())));
                    }
                }
                _ => {}
            }
        }
        let from = |span: Span| sources.iter().find_map(|(pat, from)| origin_of(body, *pat, span, *from));
        let names = body.pats.iter().filter_map(|it| match &it.kind {
            PatKind::Bind { name, .. } => {
                let from = from(it.span).unwrap_or(From::Elsewhere);
                Some(Bound { name: name.clone(), span: it.span, from })
            }
            _ => None,
        });
        let bound: Vec<Bound> = names.collect();
        self.ascribed = ascribed.into_iter().map(|(span, it)| (span, self.written(&it))).collect();
        self.bound = bound;
    }

    /// A written type in this function.
    pub(crate) fn written(&self, ty: &TypeExpr) -> Ty {
        self.model.lower_ty(ty, &self.scope)
    }

    /// The type that a cast writes.
    pub(crate) fn ty_of_cast(&self, expr: &Expr) -> Option<Ty> {
        match &expr.kind {
            ExprKind::Cast { ty, .. } => Some(self.written(ty)),
            _ => None,
        }
    }

    /// An expression of the body.
    pub(crate) fn expr(&self, id: ExprId) -> &Expr {
        self.body.expr(id)
    }

    /// The expressions of the body with their ids.
    pub(crate) fn exprs(&self) -> impl Iterator<Item = (ExprId, &Expr)> {
        (0..).map(ExprId).zip(&self.body.exprs)
    }

    /// The local that a lone name stands for.
    pub(crate) fn local(&self, id: ExprId) -> Option<&Bound> {
        let expr = self.expr(id);
        let ExprKind::Path(path) = &expr.kind else { return None };
        let name = path.as_ident()?;
        // A local is not there before its initialiser has been evaluated: `let map = map.load(..)`.
        let is_there = |it: &&Bound| match it.from {
            From::Let(Some(init)) | From::Payload(init) => self.expr(init).span.end <= expr.span.start,
            From::Let(None) | From::Param(_) | From::Elsewhere => it.span.end <= expr.span.start,
        };
        let before = self.bound.iter().filter(|it| it.name == *name).filter(is_there);
        before.max_by_key(|it| it.span.start)
    }

    /// The expression that a local is declared with, in a plain `let`.
    pub(crate) fn init(&self, id: ExprId) -> Option<ExprId> {
        match self.local(id)?.from {
            From::Let(init) => init,
            From::Payload(_) | From::Param(_) | From::Elsewhere => None,
        }
    }

    /// The type of an expression.
    pub(crate) fn ty(&self, id: ExprId) -> Ty {
        self.ty_within(id, MAX_DEPTH).unwrap_or_default()
    }

    fn ty_within(&self, id: ExprId, depth: u32) -> Option<Ty> {
        let depth = depth.checked_sub(1)?;
        let of = |it: ExprId| self.ty_within(it, depth);
        match &self.expr(id).kind {
            ExprKind::Path(path) => self.path(id, path, depth),
            ExprKind::Field { base, name } => self.field(&of(*base)?, name),
            ExprKind::Index { base, .. } => self.element(&of(*base)?),
            ExprKind::Unary { op: UnaryOp::Deref, operand } => self.deref(&of(*operand)?),
            ExprKind::Ref { mutable, raw, operand } => {
                let (m, inner) = (Mutability::from_mut(*mutable), of(*operand).unwrap_or_default().into());
                Some(if *raw { Ty::Ptr(m, inner) } else { Ty::Ref(m, inner) })
            }
            ExprKind::Cast { operand, ty } => Some(cast(self.written(ty), of(*operand))),
            ExprKind::MethodCall { receiver, method, .. } => self.method(&of(*receiver)?, method),
            ExprKind::Call { callee, .. } => self.call(*callee),
            ExprKind::Block(block) => of(block.tail?),
            ExprKind::If { then, .. } => of(*then),
            ExprKind::Try(inner) => match of(*inner)? {
                Ty::Known(_, args) => args.first().cloned(),
                _ => None,
            },
            ExprKind::Await(inner) => match of(*inner)? {
                Ty::Future(output) => Some((*output).clone()),
                _ => None,
            },
            ExprKind::Struct { path, .. } => Some(self.model.path_ty(path, &self.scope)),
            _ => None,
        }
    }

    fn path(&self, id: ExprId, path: &Path, depth: u32) -> Option<Ty> {
        if path.as_ident().is_some_and(|it| it == "self") {
            return self.self_ty();
        }
        if let Some(bound) = self.local(id) {
            if let Some((_, ty)) =
                self.ascribed.iter().find(|(span, ty)| *span == bound.span && !ty.is_open())
            {
                return Some(ty.clone());
            }
            return match bound.from {
                From::Let(init) => self.ty_within(init?, depth),
                From::Payload(init) => match self.ty_within(init, depth)? {
                    it @ Ty::Known(..) if self.model.role(&it) == Some(TypeRole::Enum) => {
                        let Ty::Known(_, args) = it else { return None };
                        args.first().cloned()
                    }
                    _ => None,
                },
                From::Param(index) => self.model.signature(self.id).params.get(index).cloned(),
                From::Elsewhere => None,
            };
        }
        match self.resolve(path) {
            ValueDef::Def(Def::Static(id)) => Some(self.model.static_ty(id).clone()),
            ValueDef::Def(Def::Const(id)) => Some(self.model.const_ty(id)),
            _ => None,
        }
    }

    fn self_ty(&self) -> Option<Ty> {
        let signature = self.model.signature(self.id);
        let ty = signature.self_ty.clone()?;
        Some(match signature.self_kind? {
            SelfKind::Value => ty,
            SelfKind::Ref => Ty::shared_ref(ty),
            SelfKind::RefMut => Ty::Ref(Mutability::Mut, ty.into()),
        })
    }

    /// What a path names.
    pub(crate) fn resolve(&self, path: &Path) -> ValueDef {
        self.model.resolve_value(path, &self.scope)
    }

    /// What a callee's path names.
    pub(crate) fn callee(&self, id: ExprId) -> Option<ValueDef> {
        match &self.expr(id).kind {
            ExprKind::Path(path) if self.local(id).is_none() => Some(self.resolve(path)),
            _ => None,
        }
    }

    fn call(&self, callee: ExprId) -> Option<Ty> {
        match self.callee(callee)? {
            ValueDef::Def(Def::Fn(id)) => Some(self.model.signature(id).output.clone()),
            ValueDef::Def(Def::Adt(id)) => Some(Ty::Adt(id, [].into())),
            ValueDef::Assoc(ty, name) => {
                if let Ty::Known(id, args) = &ty {
                    let known = self.model.knowledge().ty(*id);
                    let returns = &known.methods.get(&name).filter(|it| it.spec.associated)?.returns;
                    let itself = |it: &str| (it == "Self").then(|| ty.clone());
                    return Some(returns.subst(&itself).subst(&|name| {
                        known.params.iter().position(|it| *it == *name).and_then(|it| args.get(it).cloned())
                    }));
                }
                let id = self.model.associated_fn(&ty, &name)?;
                let signature = self.model.signature(id);
                Some(self.model.seen_from(&signature.output, signature, &ty))
            }
            _ => None,
        }
    }

    /// A type and what it dereferences to, in order.
    pub(crate) fn derefs(&self, ty: &Ty) -> Vec<Ty> {
        let next = |it: &Ty| match it {
            // Raw pointers are not looked through by themselves.
            Ty::Ptr(..) => None,
            it => self.deref(it),
        };
        std::iter::successors(Some(ty.clone()), next).take(MAX_DEREFS).collect()
    }

    fn deref(&self, ty: &Ty) -> Option<Ty> {
        match ty {
            Ty::Ref(_, inner) | Ty::Ptr(_, inner) => Some((**inner).clone()),
            Ty::Known(id, args) => {
                let known = self.model.knowledge().ty(*id);
                Some(known.derefs.as_ref()?.instantiate(&known.params, args))
            }
            other => self.model.deref_target(other),
        }
    }

    /// A field of a value, derefs looked through.
    pub(crate) fn field(&self, ty: &Ty, name: &Name) -> Option<Ty> {
        self.derefs(ty).iter().find_map(|it| match it {
            Ty::Adt(id, args) => self.model.field_ty(*id, args, None, name),
            Ty::Tuple(items) => items.get(name.parse::<usize>().ok()?).cloned(),
            _ => None,
        })
    }

    fn element(&self, ty: &Ty) -> Option<Ty> {
        self.derefs(ty).iter().find_map(|it| match it {
            Ty::Slice(item) => Some((**item).clone()),
            Ty::Known(_, args) => match self.model.role(it)? {
                TypeRole::Collection | TypeRole::Map => args.last().cloned(),
                _ => None,
            },
            _ => None,
        })
    }

    fn method(&self, ty: &Ty, method: &Name) -> Option<Ty> {
        if let (Ty::Ptr(m, inner), "cast_mut" | "cast_const" | "add" | "offset" | "sub") =
            (ty, method.as_str())
        {
            let m = if method == "cast_mut" { Mutability::Mut } else { *m };
            return Some(Ty::Ptr(m, inner.clone()));
        }
        self.derefs(ty).iter().find_map(|it| {
            if let Some(id) = self.model.method(it, method) {
                let signature = self.model.signature(id);
                return Some(self.model.seen_from(&signature.output, signature, it));
            }
            let Ty::Known(id, args) = it else { return None };
            let known = self.model.knowledge().ty(*id);
            let found = known.methods.get(method).filter(|it| !it.spec.associated)?;
            let returns = found.returns.instantiate(&known.params, args);
            Some(if found.spec.is_async { Ty::Future(returns.into()) } else { returns })
        })
    }
}

/// What a cast gives: `_` in its type is what the operand says.
fn cast(written: Ty, operand: Option<Ty>) -> Ty {
    match (&written, operand) {
        (Ty::Ptr(m, inner), Some(Ty::Ref(_, from) | Ty::Ptr(_, from))) if inner.is_unknown() => {
            Ty::Ptr(*m, from)
        }
        _ => written,
    }
}

/// What the name at `span` stands for, if `pat` binds it.
fn origin_of(body: &Body, pat: PatId, span: Span, from: From) -> Option<From> {
    let it = body.pat(pat);
    match (&it.kind, from) {
        (PatKind::Bind { .. }, _) if it.span == span => Some(from),
        (PatKind::Typed(inner, _), _) => origin_of(body, *inner, span, from),
        (PatKind::TupleStruct { elems, .. }, From::Let(Some(init))) => match elems.as_slice() {
            [only] if body.pat(*only).span == span => Some(From::Payload(init)),
            _ => None,
        },
        _ => None,
    }
}
