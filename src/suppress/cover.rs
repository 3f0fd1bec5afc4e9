//! What a suppression covers: the item or field that follows a comment, else the statement's head, else its line.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use safe_map_analysis::facts::{Directive, Field, FileFacts, ItemId, ItemKind};
use safe_map_analysis::name::Name;
use safe_map_analysis::source::{FileId, ParsedFile, Workspace};
use safe_map_analysis::span::{LineIndex, Span};

use super::lines::Lines;
use super::ranges::Ranges;

/// Of a file that a suppression speaks for as a whole.
pub(super) const ALL_LINES: RangeInclusive<u32> = 0..=u32::MAX;

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
    /// The 0-based lines of its own file that a covered span starts or ends on.
    pub(super) fn lines(&self, index: &LineIndex) -> RangeInclusive<u32> {
        let line = |byte| index.line_of(byte) as u32;
        match self {
            Cover::Lines(lines) => lines.clone(),
            Cover::Bytes(bytes) | Cover::Module { line: bytes, .. } => line(bytes.start)..=line(bytes.end),
            Cover::File => ALL_LINES,
        }
    }

    /// Whether a span from `first` to `last` line is covered.
    pub(super) fn holds(&self, span: Span, first: u32, last: u32) -> bool {
        match self {
            Cover::Lines(lines) => lines.contains(&first) || lines.contains(&last),
            Cover::Bytes(bytes) | Cover::Module { line: bytes, .. } => bytes.contains(span),
            Cover::File => true,
        }
    }
}

/// One file, prepared for the question what stands below a comment.
pub(super) struct Surroundings<'a> {
    workspace: &'a Workspace,
    file: FileId,
    lines: Lines,
    /// The spans of items and fields.
    declared: Vec<Span>,
    /// From the first attribute to the name of each of them.
    heads: Ranges,
    /// The out-of-line modules that the file declares, by their lines.
    modules: HashMap<Span, Vec<Name>>,
}

impl<'a> Surroundings<'a> {
    pub(super) fn new(workspace: &'a Workspace, file: FileId) -> Surroundings<'a> {
        let ParsedFile { source, facts } = workspace.file(file);
        let items = facts.items.iter().map(|item| (item.span, item.name_span));
        let (declared, heads): (Vec<Span>, Vec<_>) = items
            .chain(fields(facts).map(|field| (field.span, field.name_span)))
            .map(|(span, name)| (span, span.start..=name.start))
            .unzip();
        let mut modules = HashMap::new();
        add_modules(facts, &facts.roots, &source.module, &mut modules);
        let heads = Ranges::new(heads.into_iter().zip(0..));
        Surroundings { workspace, file, lines: Lines::new(&source.text), declared, heads, modules }
    }

    /// What the comment `directive` covers.
    pub(super) fn of_comment(&self, directive: &Directive) -> Cover {
        let below = directive.alone.then(|| self.lines.code_below(directive.span.end)).flatten();
        let Some(code) = below else { return Cover::Lines(directive.line..=directive.line) };
        match self.declared_at(code.offset) {
            Some(span) => self.of_item(span),
            None => Cover::Lines(code.line..=self.lines.head_end(code.line)),
        }
    }

    /// What stands on an item covers it; on an out-of-line `mod x;` the files of the module too.
    pub(super) fn of_item(&self, line: Span) -> Cover {
        let Some(module) = self.modules.get(&line) else { return Cover::Bytes(line) };
        let krate = self.workspace.file(self.file).source.krate;
        let is_below = |id: &FileId| {
            let source = &self.workspace.file(*id).source;
            *id != self.file && source.krate == krate && source.module.starts_with(module)
        };
        Cover::Module { line, files: self.workspace.file_ids().filter(is_below).collect() }
    }

    /// The item or field that starts at `offset`, or whose attributes do.
    fn declared_at(&self, offset: u32) -> Option<Span> {
        let found = self.heads.around(offset).into_iter().map(|index| self.declared[index]);
        found.min_by_key(|span| span.end - span.start)
    }
}

/// The out-of-line modules among `ids`, which stand in the module `path`.
fn add_modules(facts: &FileFacts, ids: &[ItemId], path: &[Name], out: &mut HashMap<Span, Vec<Name>>) {
    for item in ids.iter().map(|id| facts.item(*id)) {
        let inside = || [path, std::slice::from_ref(&item.name)].concat();
        match &item.kind {
            ItemKind::Mod { items: None } => drop(out.insert(item.span, inside())),
            ItemKind::Mod { items: Some(items) } => add_modules(facts, items, &inside(), out),
            ItemKind::MacroCall { items, .. } => add_modules(facts, items, path, out),
            _ => {}
        }
    }
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
