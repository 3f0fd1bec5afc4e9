//! What is lost when one thread overwrites what another has just stored, and what is done twice when both find nothing.
//!
//! A map that only keeps what can be computed again loses nothing: both would have stored the same.

use safe_map_analysis::Analysis;
use safe_map_analysis::facts::{Body, Expr, ExprId, ExprKind};
use safe_map_analysis::knowledge::schema::{CloneKind, Op, TypeRole};
use safe_map_analysis::model::{FnId, Model};
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{AdtId, Ty};

use crate::conditions::Conditions;
use crate::parents::{expr_at, is_discarded};
use crate::parts::any_own_part;

/// How deep types are looked into.
const MAX_DEPTH: u32 = 6;

/// Whether a value is more than what it says: it can be changed or waited for by who has it, so that another one like it is
/// no replacement. A handle in a field beside others may well be shared by both, and what is deep inside is a detail.
pub(crate) fn has_identity(model: &Model, ty: &Ty) -> bool {
    has_identity_to(model, ty, (MAX_DEPTH, 1))
}

fn has_identity_to(model: &Model, ty: &Ty, (depth, structs): (u32, u32)) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match ty {
        Ty::Known(id, args) => match model.role(ty) {
            Some(TypeRole::Lock | TypeRole::SharedMap | TypeRole::Cell | TypeRole::Handle) => true,
            Some(TypeRole::Resource) => is_end_or_pool(model.knowledge().ty(*id).name()),
            _ if is_shared_state(model.knowledge().ty(*id).name()) => true,
            Some(TypeRole::Layer | TypeRole::Enum | TypeRole::Collection | TypeRole::Map) => {
                args.iter().any(|it| has_identity_to(model, it, (depth, structs)))
            }
            _ => false,
        },
        Ty::Foreign(path, _) => path.rsplit("::").next().is_some_and(is_shared_state),
        Ty::Tuple(items) => items.iter().any(|it| has_identity_to(model, it, (depth, structs))),
        Ty::Adt(id, args) => {
            any_field(model, *id, args, structs, |ty, structs| has_identity_to(model, ty, (depth, structs)))
        }
        _ => false,
    }
}

/// Whether a field that a struct has to itself is such, where so many structs may still be looked into; a newtype is none.
fn any_field(
    model: &Model,
    id: AdtId,
    args: &[Ty],
    structs: u32,
    is_such: impl Fn(&Ty, u32) -> bool,
) -> bool {
    let fields = model.adt_fields(id);
    let params = &model.adt(id).params;
    let is_newtype = fields.len() == 1;
    let Some(structs) = structs.checked_sub(u32::from(!is_newtype)) else { return false };
    fields.iter().any(|it| {
        let ty = it.ty.instantiate(params, args);
        let is_own = is_newtype || model.role(&ty) != Some(TypeRole::Layer);
        is_own && is_such(&ty, structs)
    })
}

/// Whether a value with a life of its own is more than a counter that is in the map alone: a handle, the end of a channel, a
/// task, a lock.
pub(crate) fn is_given_away(model: &Model, ty: &Ty) -> bool {
    is_given_away_to(model, ty, (MAX_DEPTH, 1))
}

/// Whether clones of a struct have a lock or counter in common, of which each new value has one of its own.
pub(crate) fn is_one_with_its_clones(model: &Model, ty: &Ty) -> bool {
    let Ty::Adt(id, args) = ty else { return false };
    let params = &model.adt(*id).params;
    model.adt_fields(*id).iter().any(|it| match it.ty.instantiate(params, args) {
        Ty::Known(id, args) => {
            let is_shared = model.knowledge().ty(id).clone == CloneKind::Shared;
            let is_state = |it: &Ty| match it {
                Ty::Known(id, _) => {
                    model.role(it) == Some(TypeRole::Lock)
                        || is_shared_state(model.knowledge().ty(*id).name())
                }
                _ => false,
            };
            is_shared && args.first().is_some_and(is_state)
        }
        _ => false,
    })
}

fn is_given_away_to(model: &Model, ty: &Ty, (depth, structs): (u32, u32)) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let any = |all: &[Ty]| all.iter().any(|it| is_given_away_to(model, it, (depth, structs)));
    match ty {
        Ty::Known(id, args) => match model.role(ty) {
            Some(TypeRole::Handle | TypeRole::SharedMap | TypeRole::Lock | TypeRole::Cell) => true,
            Some(TypeRole::Resource) => is_end_or_pool(model.knowledge().ty(*id).name()),
            Some(TypeRole::Layer) if model.knowledge().ty(*id).clone == CloneKind::Shared => {
                has_identity(model, ty)
            }
            _ if is_end(model.knowledge().ty(*id).name()) => true,
            Some(TypeRole::Layer | TypeRole::Enum | TypeRole::Collection | TypeRole::Map) => any(args),
            _ => false,
        },
        Ty::Foreign(path, _) => path.rsplit("::").next().is_some_and(is_end),
        Ty::Tuple(items) => any(items),
        Ty::Adt(id, args) => {
            any_field(model, *id, args, structs, |ty, structs| is_given_away_to(model, ty, (depth, structs)))
        }
        _ => false,
    }
}

/// What another task has the other end of.
fn is_end(name: &str) -> bool {
    is_shared_state(name) && !name.starts_with("Atomic") && !matches!(name, "Notify" | "Semaphore")
}

/// The end of a channel is lost with what the other end sends, a pool with its connections. Another client is as good as one.
fn is_end_or_pool(name: &str) -> bool {
    name.ends_with("Sender") || name.ends_with("Receiver") || name.contains("Pool")
}

/// Whether a value is a lock, layers aside.
pub(crate) fn is_lock(model: &Model, ty: &Ty) -> bool {
    match (model.role(ty), ty) {
        (Some(TypeRole::Lock), _) => true,
        (Some(TypeRole::Layer | TypeRole::Enum), Ty::Known(_, args)) => {
            args.first().is_some_and(|it| is_lock(model, it))
        }
        (_, Ty::Foreign(path, _)) => path.ends_with("::Semaphore") || path.ends_with("Mutex"),
        _ => false,
    }
}

/// Whether a value is of a type that nobody here knows, layers aside.
pub(crate) fn is_foreign(model: &Model, ty: &Ty) -> bool {
    match (model.role(ty), ty) {
        (Some(TypeRole::Layer | TypeRole::Enum), Ty::Known(_, args)) => {
            args.first().is_some_and(|it| is_foreign(model, it))
        }
        (_, Ty::Foreign(..) | Ty::Trait(_)) => true,
        _ => false,
    }
}

/// Types that are there to be changed through a shared reference.
fn is_shared_state(name: &str) -> bool {
    name.starts_with("Atomic")
        || matches!(name, "Notify" | "Semaphore" | "Sender" | "UnboundedSender" | "CancellationToken")
}

/// Whether a value can be changed by who has it, however deep in it.
pub(crate) fn changes_by_itself(model: &Model, ty: &Ty) -> bool {
    has_identity_to(model, ty, (MAX_DEPTH, 3))
}

/// Whether an operation can put an entry there that was not.
pub(crate) fn stores(op: Op) -> bool {
    matches!(op, Op::Insert | Op::Entry | Op::Update)
}

/// Whether an operation changes an entry where it is.
pub(crate) fn changes_in_place(op: Op, values: &Ty, model: &Model) -> bool {
    match op {
        Op::GetMut | Op::IterateMut | Op::Update => true,
        // An entry of a collection or number is there to be added to.
        Op::Entry => {
            matches!(model.role(values), Some(TypeRole::Collection | TypeRole::Map)) || is_number(values)
        }
        _ => false,
    }
}

/// Whether a value is a number.
pub(crate) fn is_number(ty: &Ty) -> bool {
    matches!(ty, Ty::Prim(name) if name.starts_with(['u', 'i', 'f']))
}

/// Something that is done twice when two threads find nothing: a task that is started, a number that is drawn.
pub(crate) fn done_twice(analysis: &Analysis, body: &Body, parts: &[Span]) -> Option<(Span, &'static str)> {
    let is_in = |it: Span| parts.iter().any(|part| part.contains(it));
    body.exprs.iter().filter(|it| is_in(it.span)).find_map(|it| {
        let name = match &it.kind {
            ExprKind::MethodCall { method, .. } => method.as_str(),
            ExprKind::Call { callee, .. } => match &body.expr(*callee).kind {
                ExprKind::Path(path) => path.last()?.name.as_str(),
                _ => return None,
            },
            _ => return None,
        };
        let what = match name {
            "spawn" | "spawn_local" | "spawn_on" if !is_awaited(body, it.span) => "a task is started",
            "fetch_add" | "fetch_sub" if !is_only_counted(analysis, body, it) => "a number is drawn",
            _ => return None,
        };
        Some((it.span, what))
    })
}

/// Whether a number is only added to, for whoever likes to know: nobody looks at what it was, and nothing is decided by it.
fn is_only_counted(analysis: &Analysis, body: &Body, call: &Expr) -> bool {
    let is_unused = expr_at(body, call.span).is_some_and(|it| is_discarded(body, it));
    let counter = match &call.kind {
        ExprKind::MethodCall { receiver, .. } => name_of(body, *receiver),
        _ => None,
    };
    is_unused && !counter.is_some_and(|it| is_compared(analysis, it))
}

/// Whether code of the workspace compares what an atomic of this name is.
fn is_compared(analysis: &Analysis, name: &str) -> bool {
    let load = format!("{name}.load(");
    let files = analysis.files().filter(|it| it.parsed().source.text.contains(&load));
    let ids: Vec<FnId> = files.flat_map(|it| it.functions().map(|it| it.id).collect::<Vec<_>>()).collect();
    ids.into_iter().filter_map(|id| analysis.body(id)).any(|body| {
        let loads = |it: &Expr| match &it.kind {
            ExprKind::MethodCall { receiver, method, .. } => {
                method == "load" && name_of(&body, *receiver) == Some(name)
            }
            _ => false,
        };
        let compares = |it: &Expr| match &it.kind {
            ExprKind::Binary { op, lhs, rhs } => {
                let is_comparison =
                    op.starts_with(['=', '<', '>', '!']) && !matches!(op.as_str(), "<<" | ">>");
                is_comparison && [lhs, rhs].into_iter().any(|it| loads(body.expr(*it)))
            }
            _ => false,
        };
        body.exprs.iter().any(compares)
    })
}

/// The name of a local, a static or a field.
fn name_of(body: &Body, id: ExprId) -> Option<&str> {
    match &body.expr(id).kind {
        ExprKind::Path(path) => path.last().map(|it| it.name.as_str()),
        ExprKind::Field { name, .. } => Some(name),
        _ => None,
    }
}

fn is_awaited(body: &Body, call: Span) -> bool {
    body.exprs.iter().any(|it| match &it.kind {
        ExprKind::Await(inner) => body.expr(*inner).span == call,
        ExprKind::MethodCall { receiver, method, .. } => {
            body.expr(*receiver).span == call && method == "join"
        }
        _ => false,
    })
}

/// Whether values add up: what is changed in one is lost with it. A moment or a text is only replaced.
pub(crate) fn adds_up(model: &Model, ty: &Ty) -> bool {
    match (model.role(ty), ty) {
        (Some(TypeRole::Collection | TypeRole::Map), _) => true,
        (_, Ty::Adt(id, args)) => has_additions(model, *id, args),
        // What is behind an `Arc` is only changed by another `Arc`.
        (Some(TypeRole::Layer), Ty::Known(id, _)) if model.knowledge().ty(*id).name() != "Box" => false,
        (Some(TypeRole::Layer | TypeRole::Enum), Ty::Known(_, args)) => {
            args.first().is_some_and(|it| adds_up(model, it))
        }
        (_, Ty::Tuple(items)) => items.iter().any(|it| adds_up(model, it)),
        _ => is_number(ty),
    }
}

/// Whether a struct has a part that is collected in, or that others have too. Of others only the last state counts.
fn has_additions(model: &Model, id: AdtId, args: &[Ty]) -> bool {
    let mut adds = |it: &Ty| {
        let is_handle =
            matches!(it, Ty::Known(id, _) if model.knowledge().ty(*id).clone == CloneKind::Shared);
        // What a macro makes may be anything.
        let is_unknown = matches!(it, Ty::Unknown | Ty::Foreign(..));
        is_handle || is_unknown || matches!(model.role(it), Some(TypeRole::Collection | TypeRole::Map))
    };
    any_own_part(model, &Ty::Adt(id, args.into()), &mut adds)
}

/// Whether who finds the entry there is turned away: a rule that there be one only.
pub(crate) fn turns_away(body: &Body, conditions: &Conditions<'_>) -> bool {
    let parts: Vec<Span> = conditions.parts(true).collect();
    let is_in = |it: Span| parts.iter().any(|part| part.contains(it));
    body.exprs.iter().filter(|it| is_in(it.span)).any(|it| match &it.kind {
        ExprKind::Call { callee, .. } => match &body.expr(*callee).kind {
            ExprKind::Path(path) => path.last().is_some_and(|it| it.name == "Err"),
            _ => false,
        },
        ExprKind::Macro(call) => call.path.last().is_some_and(|it| it.name == "bail"),
        _ => false,
    })
}
