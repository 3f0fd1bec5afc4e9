//! Functions that are given by name to what runs them in a thread or task: `thread::spawn(worker)`.
//!
//! In: a function. Out: the calls that are given it, with whether more than one run may begin there. By names: of two functions of one
//! name, both are meant.

use safe_map_analysis::facts::{Body, Expr, ExprId, ExprKind, Path};
use safe_map_analysis::model::FnId;
use safe_map_analysis::span::Span;
use safe_map_analysis::{Analysis, FileView};

use crate::bodies::{is_code, is_loop};

/// A call that is given a function to run apart.
pub(crate) struct Given {
    /// Who makes the call.
    pub(crate) by: FnId,
    /// The call.
    pub(crate) at: Span,
    /// In a loop, or in a closure that may run more than once.
    pub(crate) is_repeated: bool,
}

/// What takes a function to run it in a thread or task.
const STARTS: [&str; 4] = ["spawn", "spawn_blocking", "spawn_local", "spawn_scoped"];

/// The calls that are given a function by its name.
pub(crate) fn given(analysis: &Analysis, id: FnId) -> Vec<Given> {
    let name = &analysis.model.func(id).name;
    if !analysis.is_spawned(name) {
        return Vec::new();
    }
    let says = |it: &FileView<'_>| {
        let text = &it.parsed().source.text;
        text.contains("spawn") && text.contains(name.as_str())
    };
    let files = analysis.files().filter(says);
    let functions = files.flat_map(|it| it.functions().map(|it| it.id).collect::<Vec<_>>());
    functions.flat_map(|by| given_in(analysis, by, name)).collect()
}

fn given_in(analysis: &Analysis, by: FnId, name: &str) -> Vec<Given> {
    let Some(body) = analysis.body(by) else { return Vec::new() };
    let is_it = |it: &ExprId| path(&body, *it).is_some_and(|it| it.last().is_some_and(|it| it.name == *name));
    let starts = |it: ExprId| {
        path(&body, it).and_then(Path::last).is_some_and(|it| STARTS.contains(&it.name.as_str()))
    };
    let calls = body.exprs.iter().filter(|it| match &it.kind {
        ExprKind::MethodCall { method, args, .. } => {
            STARTS.contains(&method.as_str()) && args.iter().any(is_it)
        }
        ExprKind::Call { callee, args } => starts(*callee) && args.iter().any(is_it),
        _ => false,
    });
    calls.map(|it| Given { by, at: it.span, is_repeated: is_repeated(&body, it) }).collect()
}

fn path(body: &Body, id: ExprId) -> Option<&Path> {
    match &body.expr(id).kind {
        ExprKind::Path(path) => Some(path),
        _ => None,
    }
}

fn is_repeated(body: &Body, call: &Expr) -> bool {
    body.exprs.iter().any(|it| it.span.contains(call.span) && (is_loop(it) || is_code(it)))
}
