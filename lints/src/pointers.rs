//! Where raw pointers come from, and what they are used for.
//!
//! In: a typed body. Out: for a pointer the reference, `Arc` or place that it was made of ([`Origin`]); for an expression the
//! pointer through which it changes something.

use safe_map_analysis::facts::{ExprId, ExprKind, UnaryOp};
use safe_map_analysis::model::{Def, ValueDef};
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{Mutability, Ty};

use crate::exposure::outer_name;
use crate::typing::Typed;

/// How many casts, calls and locals into each other are followed.
const MAX_STEPS: u32 = 16;

/// What a pointer is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// `&T`.
    Shared,
    /// `&mut T`.
    Mutable,
    /// `Arc::as_ptr`.
    Counted,
}

/// Where a pointer comes from.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// What it is made of.
    pub(crate) source: Source,
    /// What it leads to.
    pub(crate) pointee: Ty,
    /// The expression that makes it.
    pub(crate) at: Span,
}

/// The methods that give the same pointer.
const SAME: [&str; 12] = [
    "addr",
    "as_ptr",
    "cast",
    "cast_const",
    "cast_mut",
    "clone",
    "copied",
    "expect",
    "expose_provenance",
    "into",
    "to_owned",
    "unwrap",
];

/// The functions that make a pointer of their only argument, or wrap one.
const WRAPS: [&str; 7] =
    ["from", "from_mut", "from_ref", "new", "new_unchecked", "Some", "without_provenance_mut"];

/// Where a pointer, or a number made of one, comes from.
pub(crate) fn origin(typed: &Typed<'_>, id: ExprId) -> Option<Origin> {
    origin_within(typed, id, MAX_STEPS)
}

fn origin_within(typed: &Typed<'_>, id: ExprId, depth: u32) -> Option<Origin> {
    let depth = depth.checked_sub(1)?;
    let at = typed.expr(id).span;
    match &typed.expr(id).kind {
        ExprKind::Cast { operand, .. } => {
            let inner =
                of_reference(typed, *operand, at).or_else(|| origin_within(typed, *operand, depth))?;
            Some(Origin { at, ..inner })
        }
        ExprKind::Ref { raw: true, mutable, operand } => {
            let source = if *mutable { Source::Mutable } else { Source::Shared };
            Some(Origin { source, pointee: typed.ty(*operand), at })
        }
        ExprKind::Path(_) => {
            let init = typed.init(id)?;
            let is_pointer = matches!(typed.ty(id), Ty::Ptr(..));
            let coerced = || of_reference(typed, init, at).filter(|_| is_pointer);
            origin_within(typed, init, depth).or_else(coerced)
        }
        ExprKind::MethodCall { receiver, method, .. } if SAME.contains(&method.as_str()) => {
            origin_within(typed, *receiver, depth)
        }
        ExprKind::Call { callee, args } => {
            let [only] = args.as_slice() else { return None };
            match typed.callee(*callee)? {
                ValueDef::Assoc(ty, name) if name == "as_ptr" => counted(typed, &ty, *only, at),
                ValueDef::Assoc(_, name) if WRAPS.contains(&name.as_str()) => {
                    wrapped(typed, *only, at, depth)
                }
                ValueDef::Def(Def::Foreign(path)) if WRAPS.contains(&path.rsplit("::").next()?) => {
                    wrapped(typed, *only, at, depth)
                }
                ValueDef::Def(Def::Adt(_)) => origin_within(typed, *only, depth),
                _ => None,
            }
        }
        ExprKind::Block(block) => origin_within(typed, block.tail?, depth),
        _ => None,
    }
}

fn wrapped(typed: &Typed<'_>, id: ExprId, at: Span, depth: u32) -> Option<Origin> {
    origin_within(typed, id, depth).or_else(|| of_reference(typed, id, at))
}

/// Where a reference comes from that is made of a pointer again, whose lifetime nothing checks: `&*pointer`, in an `Arc` too.
pub(crate) fn reborrowed(typed: &Typed<'_>, id: ExprId) -> Option<Origin> {
    match &typed.expr(id).kind {
        ExprKind::Ref { raw: false, operand, .. } => origin(typed, dereferenced(typed, *operand)?),
        ExprKind::Call { callee, args } => match (typed.callee(*callee)?, args.as_slice()) {
            (ValueDef::Assoc(ty, name), [only]) if name == "new" && is_counted(typed, &ty) => {
                reborrowed(typed, *only)
            }
            _ => None,
        },
        ExprKind::Block(block) => reborrowed(typed, block.tail?),
        _ => None,
    }
}

/// The origin that a reference is, where it is turned into a pointer.
fn of_reference(typed: &Typed<'_>, id: ExprId, at: Span) -> Option<Origin> {
    match typed.ty(id) {
        Ty::Ref(m, pointee) => {
            let is_mutable = m == Mutability::Mut && !is_behind_shared(typed, id);
            let source = if is_mutable { Source::Mutable } else { Source::Shared };
            Some(Origin { source, pointee: (*pointee).clone(), at })
        }
        _ => None,
    }
}

/// Whether a place is reached through a shared reference: a `&mut` in it is one no more.
fn is_behind_shared(typed: &Typed<'_>, id: ExprId) -> bool {
    match &typed.expr(id).kind {
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => {
            matches!(typed.ty(*base), Ty::Ref(Mutability::Shared, _)) || is_behind_shared(typed, *base)
        }
        _ => false,
    }
}

/// `Arc::as_ptr(&value)`.
fn counted(typed: &Typed<'_>, ty: &Ty, arg: ExprId, at: Span) -> Option<Origin> {
    if !is_counted(typed, ty) {
        return None;
    }
    let Ty::Known(_, args) = typed.ty(arg).peel_refs().clone() else { return None };
    Some(Origin { source: Source::Counted, pointee: args.first()?.clone(), at })
}

fn is_counted(typed: &Typed<'_>, ty: &Ty) -> bool {
    matches!(outer_name(typed.model, ty), Some("Arc" | "Rc"))
}

/// The pointer through which an expression changes something, or could: `&mut *p`, `p.as_mut()`, `(*p).x = y`,
/// `(*p).map.insert(..)`.
pub(crate) fn changed_through(typed: &Typed<'_>, id: ExprId) -> Option<ExprId> {
    match &typed.expr(id).kind {
        ExprKind::Ref { mutable: true, raw: false, operand } => dereferenced(typed, *operand),
        ExprKind::Assign { lhs, .. } => dereferenced(typed, *lhs),
        ExprKind::MethodCall { receiver, method, .. } => {
            if matches!(method.as_str(), "as_mut" | "as_mut_unchecked") {
                return is_pointer(typed, *receiver).then_some(*receiver);
            }
            let changes = typed.derefs(&typed.ty(*receiver)).iter().any(|it| {
                let Ty::Known(id, _) = it else { return false };
                let known = typed.model.knowledge().ty(*id);
                known.methods.get(method).is_some_and(|it| it.spec.op.changes())
            });
            dereferenced(typed, *receiver).filter(|_| changes)
        }
        _ => None,
    }
}

/// The pointer that a place starts with.
pub(crate) fn dereferenced(typed: &Typed<'_>, id: ExprId) -> Option<ExprId> {
    match &typed.expr(id).kind {
        ExprKind::Unary { op: UnaryOp::Deref, operand } => Some(*operand),
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => dereferenced(typed, *base),
        ExprKind::Block(block) => dereferenced(typed, block.tail?),
        _ => None,
    }
}

fn is_pointer(typed: &Typed<'_>, id: ExprId) -> bool {
    let ty = typed.ty(id);
    matches!(ty, Ty::Ptr(..)) || outer_name(typed.model, &ty) == Some("NonNull")
}
