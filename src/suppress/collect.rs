//! Every suppression of the workspace: comment directives, and the attributes on files, items, fields and statements.

use rayon::prelude::*;
use safe_map_analysis::facts::{Allow, Attrs, Body, Directive, DirectiveKind, ExprKind, FileFacts};
use safe_map_analysis::name::Name;
use safe_map_analysis::source::{FileId, Workspace};
use safe_map_analysis::span::Span;
use safe_map_lints::Place;

use super::cover::{self, Cover, Surroundings};
use super::{CLIPPYS, Kind, Named, Suppression, Word};

/// All suppressions, in the order of files.
pub(super) fn suppressions(workspace: &Workspace) -> Vec<Suppression> {
    let ids: Vec<FileId> = workspace.file_ids().collect();
    ids.into_par_iter().flat_map_iter(|id| of_file(workspace, id)).collect()
}

fn of_file(workspace: &Workspace, id: FileId) -> Vec<Suppression> {
    let file = workspace.file(id);
    let facts = &file.facts;
    // Attributes of ours name the tool or the runtime crate, clippy's its lints: most files have none of the words.
    let may_have = |it: &str| it.contains("safe_map") || CLIPPYS.iter().any(|(name, _)| it.contains(name));
    let attributes: Vec<_> = match may_have(&file.source.text) {
        true => attributes(facts).collect(),
        false => Vec::new(),
    };
    if facts.directives.is_empty() && attributes.is_empty() {
        return Vec::new();
    }
    let around = Surroundings::new(workspace, id);
    let comments = facts.directives.iter().filter_map(|it| of_comment(id, it, &around));
    let attributes = attributes
        .into_iter()
        .map(|(allow, item)| of_attribute(id, &allow, item.map_or(Cover::File, |span| around.of_item(span))));
    comments.chain(attributes).collect()
}

fn of_comment(file: FileId, directive: &Directive, around: &Surroundings<'_>) -> Option<Suppression> {
    let DirectiveKind::Allow { lints, reason, expect } = &directive.kind else { return None };
    Some(Suppression {
        place: Place { file, span: directive.span },
        kind: Kind::Comment,
        word: word(*expect),
        names: named(lints),
        reason: reason.clone(),
        cover: around.of_comment(directive),
    })
}

fn of_attribute(file: FileId, allow: &Allow, cover: Cover) -> Suppression {
    let is_clippys = !allow.lints.is_empty() && allow.lints.iter().all(|(it, _)| it.starts_with("clippy::"));
    let own = Kind::Attribute { list: allow.list, is_alone: allow.is_alone };
    Suppression {
        place: Place { file, span: allow.span },
        kind: if is_clippys { Kind::Clippy } else { own },
        word: word(allow.expect),
        names: named(&allow.lints),
        reason: allow.reason.clone(),
        cover,
    }
}

fn named(lints: &[(Name, Span)]) -> Vec<Named> {
    lints.iter().map(|(name, span)| Named { name: name.clone(), span: *span, used: false }).collect()
}

fn word(expect: bool) -> Word {
    if expect { Word::Expect } else { Word::Allow }
}

/// The attributes with what they stand on; nothing is the file.
fn attributes(facts: &FileFacts) -> impl Iterator<Item = (Allow, Option<Span>)> {
    let file = facts.attrs.allows.iter().map(|allow| (allow.clone(), None));
    let items = facts.items.iter().flat_map(|item| on(&item.attrs, item.span));
    let fields = cover::fields(facts).flat_map(|field| on(&field.attrs, field.span));
    let statements = facts.bodies.iter().flat_map(|it| in_body(&it.unpack()));
    file.chain(items).chain(fields).chain(statements)
}

fn on(attrs: &Attrs, span: Span) -> impl Iterator<Item = (Allow, Option<Span>)> {
    attrs.allows.iter().map(move |allow| (allow.clone(), Some(span)))
}

fn in_body(body: &Body) -> Vec<(Allow, Option<Span>)> {
    let mut out = Vec::new();
    for expr in &body.exprs {
        match &expr.kind {
            ExprKind::Block(block) => {
                out.extend(block.stmts.iter().flat_map(|stmt| on(&stmt.attrs, stmt.span)));
                let tail = block.tail.map(|it| body.expr(it).span).zip(block.tail_attrs.as_ref());
                out.extend(tail.into_iter().flat_map(|(span, attrs)| on(attrs, span)));
            }
            ExprKind::Match { arms, .. } => {
                out.extend(arms.iter().flat_map(|arm| on(&arm.attrs, body.expr(arm.body).span)));
            }
            _ => {}
        }
    }
    out
}
