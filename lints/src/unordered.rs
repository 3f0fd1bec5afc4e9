//! Fields with content that nothing orders: cells and raw pointers, and the safe functions that change it behind `&self`.
//!
//! In: the fields of a type. Out: the [`Bare`] content of one, and whether it is changed.

use safe_map_analysis::Analysis;
use safe_map_analysis::facts::{ExprId, ExprKind, SelfKind};
use safe_map_analysis::knowledge::schema::TypeRole;
use safe_map_analysis::model::{Model, ValueDef};
use safe_map_analysis::name::Name;
use safe_map_analysis::ty::{AdtId, Mutability, Ty};

use crate::exposure::outer_name;
use crate::pointers::dereferenced;
use crate::tokens::is_token;
use crate::typing::Typed;

/// The cell that is `Sync` without a claim of its own.
pub(crate) const SYNC_CELL: &str = "SyncUnsafeCell";

/// Whether a field can order the accesses to the others.
pub(crate) fn orders(model: &Model, ty: &Ty) -> bool {
    let is_atomic = |it: &Ty| {
        let name = outer_name(model, it).unwrap_or_default();
        // A lock of a crate that is not known is one by its name.
        let is_lock = ["Lock", "Mutex"].iter().any(|it| name.ends_with(it));
        is_lock || name.starts_with("Atomic") || matches!(name, "Once" | "ThreadId" | "Semaphore")
    };
    model.any_part(ty, &mut |it| model.role(it) == Some(TypeRole::Lock) || is_atomic(it))
}

/// What a field has that nothing orders.
pub(crate) struct Bare {
    /// In what: `RefCell`, a raw pointer.
    pub(crate) in_what: &'static str,
    pub(crate) content: Content,
}

impl Bare {
    pub(crate) fn is_map_in(&self, cell: &str) -> bool {
        self.in_what == cell && matches!(self.content, Content::Map)
    }
}

/// What is in it.
pub(crate) enum Content {
    Map,
    /// Whatever this parameter is.
    Param(Name),
}

/// The cell or pointer with a map in a field's type.
pub(crate) fn bare(model: &Model, ty: &Ty) -> Option<Bare> {
    match ty {
        // Through a `*const` nobody changes anything.
        Ty::Ptr(Mutability::Shared, _) => None,
        Ty::Ptr(Mutability::Mut, inner) => {
            Some(Bare { in_what: "raw pointer", content: content(model, inner)? })
        }
        Ty::Known(_, args) => {
            let inner = args.first()?;
            let in_what = match outer_name(model, ty)? {
                "UnsafeCell" => "UnsafeCell",
                SYNC_CELL => SYNC_CELL,
                "RefCell" => "RefCell",
                "Cell" => "Cell",
                "NonNull" => "raw pointer",
                "OnceCell" | "LazyCell" => return None,
                _ if matches!(model.role(ty), Some(TypeRole::Layer | TypeRole::Enum)) => {
                    return bare(model, inner);
                }
                _ => return None,
            };
            // A map in two cells is as bare as in one.
            Some(Bare { in_what, content: content(model, inner)? })
        }
        _ => None,
    }
}

pub(crate) fn content(model: &Model, ty: &Ty) -> Option<Content> {
    match ty {
        Ty::Param(name) => Some(Content::Param(name.clone())),
        it if orders(model, it) => None,
        it if model.role(it) == Some(TypeRole::SharedMap) => None,
        it => {
            let is_map = &mut |it: &Ty| model.role(it) == Some(TypeRole::Map);
            (model.holds_map(it) && model.any_part(it, is_map)).then_some(Content::Map)
        }
    }
}

/// Whether a safe function changes what is in the field, or hands it out to be changed, through `&self`.
pub(crate) fn is_changed(analysis: &Analysis, adt: AdtId, field: &Name, bare: &Bare) -> bool {
    let model = &analysis.model;
    model.methods_of(adt).into_iter().any(|id| {
        let signature = model.signature(id);
        let has_token = || signature.params.iter().any(|it| is_token(model, it));
        let is_safe =
            !model.fn_facts(id).is_unsafe && signature.self_kind == Some(SelfKind::Ref) && !has_token();
        let Some(typed) = Typed::of(analysis, id).filter(|_| is_safe) else { return false };
        let is_field = |id: ExprId| matches!(&typed.expr(id).kind, ExprKind::Field { name, base } if name == field && is_self(&typed, *base));
        typed.exprs().any(|(id, _)| changes(&typed, id, bare, &is_field))
    })
}

/// Whether an expression changes what is in the field of `self`, or in the static, or could.
pub(crate) fn changes(typed: &Typed<'_>, id: ExprId, bare: &Bare, is_field: &dyn Fn(ExprId) -> bool) -> bool {
    let is_pointer = |id: ExprId| match &typed.expr(id).kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            matches!(method.as_str(), "get" | "as_ptr" | "load" | "cast") && is_field(*receiver)
        }
        _ => is_field(id),
    };
    match &typed.expr(id).kind {
        ExprKind::MethodCall { receiver, method, .. } => match bare.in_what {
            // A shared borrow counts as well, and without an atomic step.
            "RefCell" => {
                matches!(
                    method.as_str(),
                    "borrow_mut" | "borrow" | "try_borrow_mut" | "replace" | "take" | "swap"
                ) && is_field(*receiver)
            }
            "Cell" => {
                matches!(method.as_str(), "set" | "replace" | "take" | "swap" | "as_ptr")
                    && is_field(*receiver)
            }
            _ => {
                let is_as_mut =
                    matches!(method.as_str(), "as_mut" | "as_mut_unchecked") && is_pointer(*receiver);
                let mutates =
                    typed.derefs(&typed.ty(*receiver)).iter().any(|it| is_changed_by(typed, it, method));
                is_as_mut || (mutates && dereferenced(typed, *receiver).is_some_and(is_pointer))
            }
        },
        ExprKind::Ref { mutable: true, operand, .. } => dereferenced(typed, *operand).is_some_and(is_pointer),
        ExprKind::Call { callee, args } => {
            // `Box::leak(Box::from_raw(self.0))`.
            let is_from_raw = match typed.callee(*callee) {
                Some(ValueDef::Assoc(ty, name)) => {
                    name == "from_raw" && outer_name(typed.model, &ty) == Some("Box")
                }
                _ => false,
            };
            is_from_raw && args.iter().any(|it| is_pointer(*it))
        }
        _ => false,
    }
}

fn is_changed_by(typed: &Typed<'_>, ty: &Ty, method: &Name) -> bool {
    let Ty::Known(id, _) = ty else { return false };
    typed.model.knowledge().ty(*id).methods.get(method).is_some_and(|it| it.spec.op.changes())
}

fn is_self(typed: &Typed<'_>, id: ExprId) -> bool {
    matches!(&typed.expr(id).kind, ExprKind::Path(path) if path.as_ident().is_some_and(|it| it == "self"))
}
