//! Functions that are given by name to what runs them in a thread or task: `thread::spawn(worker)`.
//!
//! In: the model. Out: each such function, with who gives it and where. A local of that name is no function.

use crate::facts::{Body, Expr, ExprId, ExprKind, PatKind, Path};
use crate::model::{Def, FnId, Model, ValueDef};
use crate::span::Span;
use crate::ty::Ty;

/// A function that is given away to be run apart.
pub(crate) struct Spawned {
    pub(crate) callee: FnId,
    /// Who gives it.
    pub(crate) by: FnId,
    /// The call that is given it.
    pub(crate) at: Span,
}

/// What takes a function to run it in a thread or task.
const STARTS: [&str; 4] = ["spawn", "spawn_blocking", "spawn_local", "spawn_scoped"];

/// All of them, in time linear in the text and in the bodies of the files that have one.
pub(crate) fn find(model: &Model) -> Vec<Spawned> {
    let workspace = model.workspace();
    let has_some: Vec<bool> =
        workspace.files.iter().map(|it| !it.source.is_test && names_one(&it.source.text)).collect();
    let ids =
        model.fn_ids().filter(|it| has_some[model.func(*it).at.file.0 as usize] && !model.func(*it).is_test);
    ids.flat_map(|it| given_in(model, it)).collect()
}

/// Whether a path stands alone in a call of something that spawns.
fn names_one(text: &str) -> bool {
    const KINDS: [&str; 4] = ["_blocking", "_local", "_scoped", ""];
    text.match_indices("spawn").any(|(at, word)| {
        let rest = &text[at + word.len()..];
        let given = KINDS.iter().find_map(|it| rest.strip_prefix(it)?.strip_prefix('('));
        let given = given.unwrap_or_default().trim_start();
        let after = given.trim_start_matches(|it: char| it.is_alphanumeric() || it == '_' || it == ':');
        after.len() < given.len() && after.trim_start().starts_with([')', ','])
    })
}

fn given_in(model: &Model, by: FnId) -> Vec<Spawned> {
    let def = model.func(by);
    let Some(body) = def.body else { return Vec::new() };
    let body = model.workspace().file(def.at.file).facts.body(body).unpack();
    let calls = body.exprs.iter().filter_map(|it| Some((it.span, args(&body, it)?)));
    let given = calls.flat_map(|(at, args)| args.iter().map(move |it| (at, *it)));
    given.filter_map(|(at, arg)| Some(Spawned { callee: function(model, by, &body, arg)?, by, at })).collect()
}

/// What a call is given that spawns something.
fn args<'a>(body: &Body, call: &'a Expr) -> Option<&'a [ExprId]> {
    match &call.kind {
        ExprKind::MethodCall { method, args, .. } => STARTS.contains(&method.as_str()).then_some(args),
        ExprKind::Call { callee, args } => {
            let name = &path(body, *callee)?.last()?.name;
            STARTS.contains(&name.as_str()).then_some(args)
        }
        _ => None,
    }
}

fn path(body: &Body, id: ExprId) -> Option<&Path> {
    match &body.expr(id).kind {
        ExprKind::Path(path) => Some(path),
        _ => None,
    }
}

/// The function of the workspace that an argument names.
fn function(model: &Model, by: FnId, body: &Body, arg: ExprId) -> Option<FnId> {
    let path = path(body, arg)?;
    let is_local = |name: &str| {
        body.pats.iter().any(|it| matches!(&it.kind, PatKind::Bind { name: it, .. } if *it == *name))
    };
    if path.as_ident().is_some_and(|it| is_local(it)) {
        return None;
    }
    match model.resolve_value(path, &model.fn_scope(by)) {
        ValueDef::Def(Def::Fn(id)) => Some(id),
        ValueDef::Assoc(Ty::Adt(adt, _), name) => {
            model.methods_of(adt).into_iter().find(|it| model.func(*it).name == name)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::names_one;

    #[test]
    fn paths_that_stand_alone() {
        for text in [
            "spawn(work)",
            "pool.spawn( crate::jobs::sweep ) ;",
            "s.spawn_blocking(Self::load, 1)",
            "spawn_local(tick,)",
        ] {
            assert!(names_one(text), "{text}");
        }
        for text in [
            "spawn(move || run())",
            "spawn(serve(rx))",
            "let spawn = 1;",
            "spawn(é",
            "spawn",
            "spawn()",
            "spawn_all(x)",
        ] {
            assert!(!names_one(text), "{text}");
        }
    }
}
