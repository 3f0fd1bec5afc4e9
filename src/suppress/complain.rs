//! What is wrong with suppressions, as findings of the three lints in the group `suppressions`.

use safe_map_analysis::facts::DirectiveKind;
use safe_map_analysis::source::{FileId, Workspace};
use safe_map_analysis::span::Span;
use safe_map_lints::{Applicability, Confidence, Edit, Finding, Fix, Group, LINTS, Place};

use super::{Kind, Named, Suppression};
use crate::item_path::item_path;
use crate::levels::{self, Levels};
use crate::suggest;

/// Comments that address the tool and cannot be read: they suppress nothing.
pub(super) fn unreadable(workspace: &Workspace) -> Vec<Finding> {
    let mut out = Vec::new();
    for id in workspace.file_ids() {
        for directive in &workspace.file(id).facts.directives {
            let DirectiveKind::Malformed(why) = &directive.kind else { continue };
            let place = Place { file: id, span: directive.span };
            let message = format!("this comment cannot be read: {why}");
            let note = "a comment that cannot be read suppresses nothing";
            let help = "write `// safe-map-lint: allow(lint) -- reason`";
            out.push(finding(workspace, "unused_suppression", place, message, note, help));
        }
    }
    out
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
    let file = suppression.place.file;
    let place = Place { file, span: named.span.unwrap_or(suppression.place.span) };
    let message = format!("unknown lint `{}`", named.name);
    let note = "a suppression of a lint that does not exist silences nothing";
    let nearest = suggest::nearest(&named.name, levels::names(LINTS));
    let help = match nearest {
        Some(name) => format!("did you mean `{name}`?"),
        None => "`cargo safe-map-lint list` shows every lint".to_owned(),
    };
    let mut found = finding(workspace, "unknown_lint", place, message, note, &help);
    if let (Some(name), Some(span)) = (nearest, named.span) {
        let edits = vec![Edit { place: Place { file, span }, replacement: name.to_owned() }];
        let title = format!("replace it by `{name}`");
        found.fixes.push(Fix { title, applicability: Applicability::MaybeIncorrect, edits });
    }
    found
}

fn without_reason(workspace: &Workspace, suppression: &Suppression) -> Finding {
    let message = "this suppression gives no reason".to_owned();
    let note = "without a reason nobody can tell later whether it still holds";
    let (help, addition) = match suppression.kind {
        Kind::Comment => ("add ` -- ` and the reason to the comment", Some(" -- TODO: reason")),
        Kind::Attribute | Kind::Clippy => ("add `reason = \"..\"` to the attribute", None),
    };
    let mut found = finding(workspace, "suppression_without_reason", suppression.place, message, note, help);
    if let Some(addition) = addition {
        let Place { file, span } = suppression.place;
        let edits =
            vec![Edit { place: Place { file, span: span.at_end() }, replacement: addition.to_owned() }];
        let title = "add a reason".to_owned();
        found.fixes.push(Fix { title, applicability: Applicability::HasPlaceholders, edits });
    }
    found
}

/// Names that silenced nothing though their lints ran, in files that were read completely.
pub(super) fn unused<'a>(
    workspace: &Workspace,
    all: impl Iterator<Item = &'a Suppression>,
    levels: &Levels,
) -> Vec<Finding> {
    all.filter(|it| it.is_read(workspace)).flat_map(|it| unused_names(workspace, it, levels)).collect()
}

fn unused_names(workspace: &Workspace, suppression: &Suppression, levels: &Levels) -> Vec<Finding> {
    let idle: Vec<&Named> = suppression.names.iter().filter(|named| is_idle(named, levels)).collect();
    if idle.is_empty() {
        return Vec::new();
    }
    let names = idle.iter().map(|named| format!("`{}`", named.name)).collect::<Vec<_>>().join(", ");
    let message = format!("this suppression of {names} silences nothing");
    let note = "a suppression that outlived its finding would hide the next one";
    let place = suppression.place;
    let mut found = finding(workspace, "unused_suppression", place, message, note, "remove it");
    if suppression.kind == Kind::Comment {
        let text = &*workspace.file(place.file).source.text;
        let spans = if idle.len() == suppression.names.len() {
            vec![whole_comment(text, place.span)]
        } else {
            idle.iter().filter_map(|named| Some(with_comma(text, named.span?))).collect()
        };
        found.fixes.push(removal(place.file, spans));
    }
    vec![found]
}

/// Unknown names are told apart; of the suppressions' own lints and of lints that did not run nothing is known.
fn is_idle(named: &Named, levels: &Levels) -> bool {
    let Some(lints) = levels::find_members(LINTS, &named.name) else { return false };
    let ran = lints
        .iter()
        .all(|lint| levels.is_enabled(lint) || lint.default_level() == safe_map_lints::Level::Allow);
    let any_ran = lints.iter().any(|lint| levels.is_enabled(lint) && lint.group != Group::Suppressions);
    !named.used && ran && any_ran
}

fn removal(file: FileId, spans: Vec<Span>) -> Fix {
    let edits =
        spans.into_iter().map(|span| Edit { place: Place { file, span }, replacement: String::new() });
    Fix {
        title: "remove the suppression".to_owned(),
        applicability: Applicability::MachineApplicable,
        edits: edits.collect(),
    }
}

/// The comment with the white space before it; with its whole line where it stands alone.
fn whole_comment(text: &str, span: Span) -> Span {
    let before = &text[..span.start as usize];
    let code = before.trim_end_matches([' ', '\t']);
    let alone = code.is_empty() || code.ends_with('\n');
    let newline = text[span.end as usize..].find('\n').map_or(0, |at| at + 1);
    let end = if alone { span.end + newline as u32 } else { span.end };
    Span::new(code.len() as u32, end)
}

/// A name with one comma of its list.
fn with_comma(text: &str, span: Span) -> Span {
    let after = &text[span.end as usize..];
    let rest = after.trim_start();
    if let Some(next) = rest.strip_prefix(',') {
        return Span::new(span.start, (text.len() - next.trim_start_matches(' ').len()) as u32);
    }
    let before = text[..span.start as usize].trim_end();
    Span::new(before.strip_suffix(',').unwrap_or(before).len() as u32, span.end)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn without(text: &str, span: Span) -> String {
        format!("{}{}", &text[..span.start as usize], &text[span.end as usize..])
    }

    fn at(text: &str, part: &str) -> Span {
        let start = text.find(part).expect("part of the text") as u32;
        Span::new(start, start + part.len() as u32)
    }

    #[test]
    fn a_comment_alone_goes_with_its_line() {
        let text = "a;\n    // c\n    b;\n";
        assert_eq!(without(text, whole_comment(text, at(text, "// c"))), "a;\n    b;\n");
        let text = "a; // c\nb;\n";
        assert_eq!(without(text, whole_comment(text, at(text, "// c"))), "a;\nb;\n");
    }

    #[test]
    fn a_name_goes_with_one_comma() {
        let text = "allow(one, two)";
        assert_eq!(without(text, with_comma(text, at(text, "one"))), "allow(two)");
        assert_eq!(without(text, with_comma(text, at(text, "two"))), "allow(one)");
    }
}
