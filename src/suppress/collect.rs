//! Every suppression of the workspace: comment directives, and the attributes on files, items, fields and statements.

use rayon::prelude::*;
use safe_map_analysis::facts::{Allow, Attrs, Body, Directive, DirectiveKind, ExprKind, FileFacts};
use safe_map_analysis::source::{FileId, Workspace};
use safe_map_analysis::span::Span;
use safe_map_lints::Place;

use super::cover::{self, Cover};
use super::{Kind, Named, Suppression};

/// All suppressions, in the order of files.
pub(super) fn suppressions(workspace: &Workspace) -> Vec<Suppression> {
    let ids: Vec<FileId> = workspace.file_ids().collect();
    ids.into_par_iter().flat_map_iter(|id| of_file(workspace, id)).collect()
}

fn of_file(workspace: &Workspace, id: FileId) -> Vec<Suppression> {
    let file = workspace.file(id);
    let (text, facts) = (&*file.source.text, &file.facts);
    let comments = facts.directives.iter().filter_map(|it| of_comment(id, it, facts, text));
    let mut out: Vec<Suppression> = comments.collect();
    // Attributes of ours name the tool or the runtime crate: most files have neither word.
    if text.contains("safe_map") {
        out.extend(attributes(facts).map(|(allow, cover)| of_attribute(id, &allow, cover)));
    }
    for suppression in &mut out {
        let cover = std::mem::replace(&mut suppression.cover, Cover::File);
        suppression.cover = cover::with_module_files(cover, workspace, id);
    }
    out
}

fn of_comment(file: FileId, directive: &Directive, facts: &FileFacts, text: &str) -> Option<Suppression> {
    let DirectiveKind::Allow { lints, reason, .. } = &directive.kind else { return None };
    let names = lints.iter().map(|(name, span)| Named { name: name.clone(), span: Some(*span), used: false });
    Some(Suppression {
        place: Place { file, span: directive.span },
        kind: Kind::Comment,
        names: names.collect(),
        reason: reason.clone(),
        cover: cover::of_comment(directive, facts, text),
    })
}

fn of_attribute(file: FileId, allow: &Allow, cover: Cover) -> Suppression {
    let names = allow.lints.iter().map(|name| Named { name: name.clone(), span: None, used: false });
    Suppression {
        place: Place { file, span: allow.span },
        kind: Kind::Attribute,
        names: names.collect(),
        reason: allow.reason.clone(),
        cover,
    }
}

fn attributes(facts: &FileFacts) -> impl Iterator<Item = (Allow, Cover)> {
    let file = facts.attrs.allows.iter().map(|allow| (allow.clone(), Cover::File));
    let items = facts.items.iter().flat_map(|item| on(&item.attrs, item.span));
    let fields = cover::fields(facts).flat_map(|field| on(&field.attrs, field.span));
    let statements = facts.bodies.iter().flat_map(|it| in_body(&it.unpack()));
    file.chain(items).chain(fields).chain(statements)
}

fn on(attrs: &Attrs, span: Span) -> impl Iterator<Item = (Allow, Cover)> {
    attrs.allows.iter().map(move |allow| (allow.clone(), Cover::Bytes(span)))
}

fn in_body(body: &Body) -> Vec<(Allow, Cover)> {
    let mut out = Vec::new();
    for expr in &body.exprs {
        match &expr.kind {
            ExprKind::Block(block) => {
                out.extend(block.stmts.iter().flat_map(|stmt| on(&stmt.attrs, stmt.span)))
            }
            ExprKind::Match { arms, .. } => {
                out.extend(arms.iter().flat_map(|arm| on(&arm.attrs, body.expr(arm.body).span)));
            }
            _ => {}
        }
    }
    out
}
