//! Fixes as suggestions: rustfix applies every suggestion of a message that is machine-applicable.

use safe_map_lints::{Applicability, Edit, Finding, Fix};

use super::message::{Diagnostic, Span};
use super::{child, span};
use crate::render::View;

/// A child for each fix. One that cannot be applied beside those before it is for people to choose.
pub(super) fn children<'a>(view: &View<'a>, finding: &'a Finding) -> Vec<Diagnostic<'a>> {
    let mut taken: Vec<&Edit> = Vec::new();
    let mut out = Vec::new();
    for fix in &finding.fixes {
        let is_free = !fix.edits.iter().any(|edit| taken.iter().any(|other| meet(edit, other)));
        let applicability = match fix.applicability {
            Applicability::MachineApplicable if !is_free => Applicability::MaybeIncorrect,
            as_it_is => as_it_is,
        };
        if applicability == Applicability::MachineApplicable {
            taken.extend(&fix.edits);
        }
        out.push(suggestion(view, fix, applicability));
    }
    out
}

/// Whether two edits touch the same bytes or insert at the same place.
fn meet(a: &Edit, b: &Edit) -> bool {
    let (one, other) = (a.place.span, b.place.span);
    a.place.file == b.place.file && one.start <= other.end && other.start <= one.end
}

fn suggestion<'a>(view: &View<'a>, fix: &'a Fix, applicability: Applicability) -> Diagnostic<'a> {
    let edit = |edit: &'a Edit| Span {
        is_primary: true,
        suggested_replacement: Some(&edit.replacement),
        suggestion_applicability: Some(word(applicability)),
        ..span(view, edit.place)
    };
    Diagnostic { spans: fix.edits.iter().map(edit).collect(), ..child("help", fix.title.as_str()) }
}

fn word(applicability: Applicability) -> &'static str {
    match applicability {
        Applicability::MachineApplicable => "MachineApplicable",
        Applicability::MaybeIncorrect => "MaybeIncorrect",
        Applicability::HasPlaceholders => "HasPlaceholders",
    }
}
