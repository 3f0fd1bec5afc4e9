//! Code that is given to a call and may run on another thread.
//!
//! In: a typed body and a place in it. Out: the `move` closure or async block around the place that a call is given, where the
//! callee may hand it to another thread. A callee that is not known may.

use safe_map_analysis::facts::{BlockKind, ExprId, ExprKind, TypeKind};
use safe_map_analysis::knowledge::schema::ClosureClass;
use safe_map_analysis::model::{Def, FnId, Promise, ValueDef};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::Ty;

use crate::typing::Typed;

/// The closure or async block around a place that is given to a call.
pub(crate) fn started_around(typed: &Typed<'_>, at: Span) -> Option<Span> {
    typed.exprs().find_map(|(call, expr)| {
        let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &expr.kind else {
            return None;
        };
        let index = args.iter().position(|it| typed.expr(*it).span.contains(at))?;
        let code = typed.expr(args[index]);
        let is_code = match &code.kind {
            ExprKind::Closure(closure) => closure.is_move,
            ExprKind::Block(block) => matches!(block.kind, BlockKind::Async { is_move: true }),
            _ => false,
        };
        (is_code && may_leave(typed, call, index)).then_some(code.span)
    })
}

/// Whether a callee may hand an argument to another thread.
fn may_leave(typed: &Typed<'_>, call: ExprId, index: usize) -> bool {
    match &typed.expr(call).kind {
        ExprKind::Call { callee, .. } => match typed.callee(*callee) {
            Some(ValueDef::Def(Def::Fn(id))) => asks_for_send(typed, id, index),
            Some(ValueDef::Def(Def::Foreign(path))) => {
                let known = typed.model.knowledge().function_at(&path);
                known.is_none_or(|it| leaves(it.spec.closures))
            }
            Some(ValueDef::Assoc(ty, name)) => method_may_leave(typed, &ty, &name, index),
            _ => true,
        },
        ExprKind::MethodCall { receiver, method, .. } => {
            method_may_leave(typed, &typed.ty(*receiver), method, index)
        }
        _ => true,
    }
}

fn method_may_leave(typed: &Typed<'_>, ty: &Ty, name: &Name, index: usize) -> bool {
    let called = typed.derefs(ty).into_iter().find_map(|it| match &it {
        Ty::Known(id, _) => {
            let known = typed.model.knowledge().ty(*id);
            known.methods.get(name).map(|it| leaves(it.spec.closures))
        }
        _ => typed.model.associated_fn(&it, name).map(|it| asks_for_send(typed, it, index)),
    });
    called.unwrap_or(true)
}

fn leaves(class: ClosureClass) -> bool {
    !matches!(class, ClosureClass::Now | ClosureClass::Lazy)
}

/// Whether a parameter of a function of the workspace is asked to be `Send`, or may be: nothing else goes to another thread.
fn asks_for_send(typed: &Typed<'_>, id: FnId, index: usize) -> bool {
    let Some(mut ty) = typed.model.fn_facts(id).params.get(index) else { return true };
    while let TypeKind::Ref { inner, .. } = &ty.kind {
        ty = inner;
    }
    let scope = typed.model.fn_scope(id);
    let promise = match &ty.kind {
        TypeKind::Path(path) => match path.as_ident().filter(|it| scope.is_param(it)) {
            Some(param) => typed.model.promise(&scope, param, "Send"),
            None => return true,
        },
        TypeKind::Impl(bounds) | TypeKind::Dyn(bounds) => typed.model.bounds_promise(&scope, bounds, "Send"),
        _ => return true,
    };
    promise != Promise::No
}
