//! The fix that removes while walking: `retain`, or `clear` where everything goes.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::ExprKind;
use safe_map_analysis::knowledge::KnownMethod;
use safe_map_analysis::knowledge::schema::{Op, TypeRole};
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::Ty;

use crate::collected::chain;
use crate::fix::with_comments;
use crate::parents::expr_at;
use crate::predicate::Predicate;
use crate::typing::Typed;
use crate::walked::{Items, walked};
use crate::{Applicability, Fix};

/// `map.retain(..)` for a walk over the map and the removal of what it chose, where both do nothing else.
pub(crate) fn retain(function: &FunctionView<'_>, walk: Span, removal: Span) -> Option<Fix> {
    let typed = Typed::of(function.file.analysis, function.id)?;
    let body = &typed.body;
    let ExprKind::MethodCall { receiver, .. } = body.expr(expr_at(body, removal)?).kind else { return None };
    let items = items(&typed, walk)?;
    let walked = walked(function, body, walk, items, removal)?;
    let text = &function.file.parsed().source.text;
    let map = text.get(range(body.expr(receiver).span))?;
    let (title, call) = match &walked.condition {
        None => {
            method(&typed, receiver, "clear").filter(|it| it.spec.op == Op::Clear)?;
            ("clear the map", format!("{map}.clear();"))
        }
        Some(condition) => {
            method(&typed, receiver, "retain").filter(|it| is_of_pairs(it))?;
            let (params, kept) = (condition.params(), &condition.negated);
            ("remove while walking", format!("{map}.retain({params} {kept});"))
        }
    };
    let whole = with_semicolon(text, walked.whole);
    Some(Fix {
        title: title.to_string(),
        applicability: Applicability::MaybeIncorrect,
        edits: vec![with_comments(function, whole, &call)?],
    })
}

fn range(span: Span) -> std::ops::Range<usize> {
    span.start as usize..span.end as usize
}

fn with_semicolon(text: &str, span: Span) -> Span {
    let is_next = text.get(span.end as usize..).is_some_and(|it| it.starts_with(';'));
    Span::new(span.start, span.end + u32::from(is_next))
}

/// What the iterator of a walk gives, by the map's type and the method.
fn items(typed: &Typed<'_>, walk: Span) -> Option<Items> {
    let first = *chain(&typed.body, walk).first()?;
    let ExprKind::MethodCall { receiver, method, args, .. } = &typed.expr(first).kind else { return None };
    let ty = typed.derefs(&typed.ty(*receiver)).into_iter().find(|it| is_map(typed, it))?;
    let is_guarded = matches!(&ty, Ty::Known(id, _) if typed.model.knowledge().ty(*id).path.starts_with("dashmap::DashMap"));
    match (method.as_str(), args.is_empty()) {
        ("iter" | "iter_mut", true) if is_guarded => Some(Items::Guards),
        ("iter" | "iter_mut", true) if typed.model.role(&ty) == Some(TypeRole::Map) => Some(Items::Pairs),
        ("keys", true) => Some(Items::Keys),
        _ => None,
    }
}

fn is_map(typed: &Typed<'_>, ty: &Ty) -> bool {
    // A set's elements are its keys: its `retain` is given one thing only.
    let Ty::Known(id, _) = ty else { return false };
    let known = typed.model.knowledge().ty(*id);
    matches!(known.role, TypeRole::Map | TypeRole::SharedMap)
        && known.methods.get("retain").is_some_and(|it| is_of_pairs(it))
}

/// Whether the closures of a method are given a key and a value.
fn is_of_pairs(method: &KnownMethod) -> bool {
    matches!(method.spec.closure_params.as_slice(), [key, _] if key.starts_with('&'))
}

/// The method that the value of an expression has, derefs looked through.
pub(crate) fn method<'a>(
    typed: &'a Typed<'_>,
    receiver: safe_map_analysis::facts::ExprId,
    name: &str,
) -> Option<&'a KnownMethod> {
    typed.derefs(&typed.ty(receiver)).iter().find_map(|it| {
        let Ty::Known(id, _) = it else { return None };
        typed.model.knowledge().ty(*id).methods.get(name).map(|it| &**it)
    })
}

/// The parameters of a closure that a method asks a condition with: of the key and the value, or of the value alone.
pub(crate) fn closure_params(method: &KnownMethod, condition: &Predicate) -> Option<String> {
    match method.spec.closure_params.as_slice() {
        [key, value] if key == "&K" && value.ends_with('V') => Some(condition.params()),
        [value] if value.ends_with('V') => condition.value_param(),
        _ => None,
    }
}
