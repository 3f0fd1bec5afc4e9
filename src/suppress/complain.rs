//! What is wrong with suppressions, as findings of the three lints in the group `suppressions`.

use safe_map_analysis::facts::DirectiveKind;
use safe_map_analysis::source::Workspace;
use safe_map_lints::{Confidence, Finding, Group, LINTS, Place};

use super::{Kind, Named, Suppression, Word, edits};
use crate::item_path::item_path;
use crate::levels::{self, FileLevels};
use crate::suggest;

/// Comments that address the tool and suppress nothing: they cannot be read, or are documentation.
pub(super) fn unreadable(workspace: &Workspace) -> Vec<Finding> {
    let mut out = Vec::new();
    for id in workspace.file_ids() {
        for directive in &workspace.file(id).facts.directives {
            let place = Place { file: id, span: directive.span };
            match &directive.kind {
                DirectiveKind::Malformed(why) => out.push(malformed(workspace, place, why)),
                DirectiveKind::Documentation => out.push(documentation(workspace, place)),
                DirectiveKind::Allow { .. } => {}
            }
        }
    }
    out
}

fn malformed(workspace: &Workspace, place: Place, why: &str) -> Finding {
    let message = format!("this comment cannot be read: {why}");
    let note = "a comment that cannot be read suppresses nothing";
    let help = "write `// safe-map-lint: allow(lint) -- reason`";
    finding(workspace, "unused_suppression", place, message, note, help)
}

fn documentation(workspace: &Workspace, place: Place) -> Finding {
    let message = "this suppression stands in a doc comment".to_owned();
    let note = "documentation is for readers, and suppresses nothing";
    let help = "write `// safe-map-lint: allow(lint) -- reason`, with two slashes";
    let mut found = finding(workspace, "unused_suppression", place, message, note, help);
    found.fixes.extend(edits::comment(workspace, place));
    found
}

/// Names that no lint or group has, and suppressions that do not say why.
pub(super) fn names_and_reasons<'a>(
    workspace: &Workspace,
    all: impl Iterator<Item = &'a Suppression> + Clone,
) -> Vec<Finding> {
    let unknown = all.clone().flat_map(|it| {
        let names = it.names.iter().filter(|named| !is_known(named));
        names.map(|named| unknown_lint(workspace, it, named)).collect::<Vec<_>>()
    });
    let bare = all.filter(|it| it.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()));
    unknown.chain(bare.map(|it| without_reason(workspace, it))).collect()
}

fn is_known(named: &Named) -> bool {
    named.name.starts_with("clippy::") || levels::find_members(LINTS, &named.name).is_some()
}

fn unknown_lint(workspace: &Workspace, suppression: &Suppression, named: &Named) -> Finding {
    let place = Place { file: suppression.place.file, span: named.span };
    let message = format!("unknown lint `{}`", named.name);
    let note = "a suppression of a lint that does not exist silences nothing";
    let nearest = suggest::nearest(&named.name, levels::names(LINTS));
    let help = match nearest {
        Some(name) => format!("did you mean `{name}`?"),
        None => "`cargo safe-map-lint list` shows every lint".to_owned(),
    };
    let mut found = finding(workspace, "unknown_lint", place, message, note, &help);
    found.fixes.extend(nearest.map(|name| edits::rename(workspace, place, name)));
    found
}

fn without_reason(workspace: &Workspace, suppression: &Suppression) -> Finding {
    let message = "this suppression gives no reason".to_owned();
    let note = "without a reason nobody can tell later whether it still holds";
    let help = match suppression.kind {
        Kind::Comment => "add ` -- ` and the reason to the comment",
        Kind::Attribute { .. } | Kind::Clippy => "add `reason = \"..\"` to the attribute",
    };
    let mut found = finding(workspace, "suppression_without_reason", suppression.place, message, note, help);
    found.fixes.extend(edits::add_reason(workspace, suppression));
    found
}

/// Names that silenced nothing though their lints ran, in files that were read completely.
pub(super) fn unused<'a>(
    workspace: &Workspace,
    all: impl Iterator<Item = &'a Suppression>,
    levels: &FileLevels,
) -> Vec<Finding> {
    all.filter(|it| it.is_read(workspace)).flat_map(|it| unused_names(workspace, it, levels)).collect()
}

fn unused_names(workspace: &Workspace, suppression: &Suppression, levels: &FileLevels) -> Vec<Finding> {
    let idle: Vec<&Named> =
        suppression.names.iter().filter(|named| is_idle(suppression, named, levels)).collect();
    if idle.is_empty() {
        return Vec::new();
    }
    let names = idle.iter().map(|named| format!("`{}`", named.name)).collect::<Vec<_>>().join(", ");
    let message = match suppression.word {
        Word::Allow => format!("this suppression of {names} silences nothing"),
        Word::Expect => format!("{names} is expected here and not found"),
    };
    let note = "a suppression that outlived its finding would hide the next one";
    let mut found = finding(workspace, "unused_suppression", suppression.place, message, note, "remove it");
    found.fixes.extend(edits::remove(workspace, suppression, &idle));
    vec![found]
}

/// Unknown names are told apart; of the suppressions' own lints and of lints that did not run nothing is known.
/// What `--forbid` voids is not idle by itself.
fn is_idle(suppression: &Suppression, named: &Named, levels: &FileLevels) -> bool {
    let Some(lints) = levels::find_members(LINTS, &named.name) else { return false };
    let own = levels.of(suppression.place.file);
    if lints.iter().any(|lint| own.is_forbidden(lint.name)) {
        return false;
    }
    let ran = lints
        .iter()
        .all(|lint| levels.is_enabled(lint) || lint.default_level() == safe_map_lints::Level::Allow);
    let any_ran = lints.iter().any(|lint| levels.is_enabled(lint) && lint.group != Group::Suppressions);
    !named.used && ran && any_ran
}

fn finding(
    workspace: &Workspace,
    lint: &'static str,
    primary: Place,
    message: String,
    note: &str,
    help: &str,
) -> Finding {
    let file = workspace.file(primary.file);
    Finding {
        lint,
        confidence: Confidence::Certain,
        message,
        lock: None,
        item: item_path(&file.facts, &file.source.module, primary.span),
        in_test: false,
        primary,
        labels: Vec::new(),
        note: note.to_owned(),
        help: help.to_owned(),
        interleaving: Vec::new(),
        fixes: Vec::new(),
    }
}
