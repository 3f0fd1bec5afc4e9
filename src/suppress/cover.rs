//! What a suppression covers: the item or field that follows a comment, else the statement's head, else its line.

use std::ops::RangeInclusive;

use safe_map_analysis::facts::{Directive, Field, FileFacts, ItemId, ItemKind};
use safe_map_analysis::name::Name;
use safe_map_analysis::source::{FileId, Workspace};
use safe_map_analysis::span::Span;

/// The part of a file that a suppression speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cover {
    /// 0-based lines: spans that start or end on one of them.
    Lines(RangeInclusive<u32>),
    /// Spans inside these bytes.
    Bytes(Span),
    /// All of it.
    File,
    /// The line `mod x;`, and all of the files that are the module or below it.
    Module { line: Span, files: Vec<FileId> },
}

impl Cover {
    /// Whether a span from `first` to `last` line is covered.
    pub(super) fn holds(&self, span: Span, first: u32, last: u32) -> bool {
        match self {
            Cover::Lines(lines) => lines.contains(&first) || lines.contains(&last),
            Cover::Bytes(bytes) | Cover::Module { line: bytes, .. } => bytes.contains(span),
            Cover::File => true,
        }
    }
}

/// What stands on an out-of-line `mod x;` speaks for the files of the module too.
pub(super) fn with_module_files(cover: Cover, workspace: &Workspace, id: FileId) -> Cover {
    let Cover::Bytes(line) = cover else { return cover };
    let file = workspace.file(id);
    let Some(module) = module_at(&file.facts, &file.facts.roots, line, &file.source.module) else {
        return Cover::Bytes(line);
    };
    let is_below = |id: &FileId| {
        let source = &workspace.file(*id).source;
        source.krate == file.source.krate && source.module.starts_with(&module)
    };
    Cover::Module {
        line,
        files: workspace.file_ids().filter(|other| *other != id).filter(is_below).collect(),
    }
}

/// The path of the out-of-line module whose line is `line`, from `path`, the module that holds `ids`.
fn module_at(facts: &FileFacts, ids: &[ItemId], line: Span, path: &[Name]) -> Option<Vec<Name>> {
    let mut around = ids.iter().map(|id| facts.item(*id)).filter(|item| item.span.contains(line));
    around.find_map(|item| {
        let inside = || [path, std::slice::from_ref(&item.name)].concat();
        match &item.kind {
            ItemKind::Mod { items: None } => (item.span == line).then(inside),
            ItemKind::Mod { items: Some(items) } => module_at(facts, items, line, &inside()),
            ItemKind::MacroCall { items, .. } => module_at(facts, items, line, path),
            _ => None,
        }
    })
}

/// What the comment `directive` covers.
pub(super) fn of_comment(directive: &Directive, facts: &FileFacts, text: &str) -> Cover {
    let own_line = Cover::Lines(directive.line..=directive.line);
    if !directive.alone {
        return own_line;
    }
    let Some((line, offset)) = next_code(directive, text) else { return own_line };
    match declared_at(facts, offset) {
        Some(span) => Cover::Bytes(span),
        None => Cover::Lines(line..=line + head_lines(&text[offset as usize..])),
    }
}

/// Line and first byte of the code after the comment; other comments between them are passed over.
fn next_code(directive: &Directive, text: &str) -> Option<(u32, u32)> {
    let after = directive.span.end as usize;
    let mut offset = after + text.get(after..)?.find('\n')? + 1;
    let lines = text[offset..].split_inclusive('\n');
    for (number, line) in (directive.line + 1..).zip(lines) {
        let code = line.trim_start();
        let is_comment = code.starts_with("//") && !code.starts_with("///");
        if !is_comment && !code.trim_end().is_empty() {
            return Some((number, (offset + line.len() - code.len()) as u32));
        }
        offset += line.len();
    }
    None
}

/// The item or field that starts at `offset`, or whose attributes do.
fn declared_at(facts: &FileFacts, offset: u32) -> Option<Span> {
    let starts = |span: Span, name: Span| span.start <= offset && offset <= name.start;
    let items = facts.items.iter().filter(|item| starts(item.span, item.name_span)).map(|item| item.span);
    let fields = fields(facts).filter(|field| starts(field.span, field.name_span)).map(|field| field.span);
    items.chain(fields).min_by_key(|span| span.end - span.start)
}

/// The named and unnamed fields of every struct, union and enum of the file.
pub(super) fn fields(facts: &FileFacts) -> impl Iterator<Item = &Field> {
    facts.items.iter().flat_map(|item| -> Vec<&Field> {
        match &item.kind {
            ItemKind::Struct(it) | ItemKind::Union(it) => it.fields.iter().collect(),
            ItemKind::Enum { variants, .. } => variants.iter().flat_map(|it| &it.fields).collect(),
            _ => Vec::new(),
        }
    })
}

/// How many lines a statement's head goes on after its first: up to the first line that ends one or opens a block.
fn head_lines(code: &str) -> u32 {
    let ends = |line: &str| line.trim_end().ends_with([';', '{', '}', ',']);
    code.lines().take_while(|line| !ends(line)).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_with_its_statement_or_before_its_block() {
        assert_eq!(head_lines("let x = a;\nb;"), 0);
        assert_eq!(head_lines("let x = self\n    .m\n    .lock();\nb;"), 2);
        assert_eq!(head_lines("for x in m\n    .iter() {\n  b;\n}"), 1);
    }
}
