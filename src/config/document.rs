//! The text of a configuration file, and complaints about places in it.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use safe_map_analysis::span::LineIndex;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::failure::Failure;
use crate::suggest;

/// A file that was read.
#[derive(Debug)]
pub(super) struct Document {
    /// Its path in messages.
    path: Arc<str>,
    text: String,
    section: Section,
}

/// The part of a file that is the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// All of it.
    Whole,
    /// `[workspace.metadata.safe-map-lint]` of a manifest.
    Workspace,
    /// `[package.metadata.safe-map-lint]`.
    Package,
}

impl Section {
    /// The keys that lead to it.
    pub(super) fn keys(self) -> &'static [&'static str] {
        match self {
            Section::Whole => &[],
            Section::Workspace => &["workspace", "metadata", "safe-map-lint"],
            Section::Package => &["package", "metadata", "safe-map-lint"],
        }
    }
}

impl Document {
    /// A file of this text; its path is shown as seen from the current directory.
    pub(super) fn new(path: &Path, text: String, section: Section) -> Document {
        Document { path: shown(path).into(), text, section }
    }

    /// What it is called: its path, and its table in a manifest.
    pub(super) fn name(&self) -> String {
        match self.section {
            Section::Whole => format!("`{}`", self.path),
            Section::Workspace | Section::Package => {
                format!("`[{}]` of `{}`", self.section.keys().join("."), self.path)
            }
        }
    }

    /// Its path in messages.
    pub(super) fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// Its content.
    ///
    /// # Errors
    ///
    /// The first key or value that does not belong there, with the nearest that does.
    pub(super) fn parse<T: DeserializeOwned + Default>(&self) -> Result<T, Failure> {
        let parsed = match self.section {
            Section::Whole => toml::from_str(&self.text),
            Section::Workspace => toml::from_str(&self.text).map(|it: Manifest<T>| it.workspace.ours()),
            Section::Package => toml::from_str(&self.text).map(|it: Manifest<T>| it.package.ours()),
        };
        parsed.map_err(|error| self.rejected(&error))
    }

    /// The file and the line of a place in it: `safe-map-lint.toml:3`.
    pub(super) fn origin(&self, place: &Range<usize>) -> Arc<str> {
        let at = LineIndex::new(&self.text).line_column(&self.text, place.start as u32);
        format!("{}:{}", self.path, at.line).into()
    }

    /// A failure at a place in it.
    pub(super) fn failure(&self, place: &Range<usize>, message: &str) -> Failure {
        let at = LineIndex::new(&self.text).line_column(&self.text, place.start as u32);
        Failure::usage(format!("{}:{}:{}: {message}", self.path, at.line, at.column))
    }

    fn rejected(&self, error: &toml::de::Error) -> Failure {
        let place = error.span().unwrap_or_default();
        let message = error.message().lines().next().unwrap_or("not TOML");
        match Unknown::read(message) {
            Some(unknown) => unknown.explain(self, &place),
            None => self.failure(&place, &in_words_of_toml(message)),
        }
    }

    /// Where the value `text` stands in the first entry of `[[section]]` that has the value `entry` too.
    pub(super) fn place_of(&self, entry: &str, text: &str) -> Range<usize> {
        let Ok(whole) = DeTable::parse(&self.text) else { return 0..0 };
        let Some(table) = inside(whole.get_ref(), self.section.keys()) else { return 0..0 };
        let entries = table.values().filter_map(|it| it.get_ref().as_array());
        let mut around = entries.flat_map(|it| it.iter()).filter(|it| find(it, entry).is_some());
        around.find_map(|it| find(it, text)).unwrap_or_default()
    }

    /// Where the entry of this number in `[[section]]` stands.
    pub(super) fn place_of_entry(&self, section: &str, index: usize) -> Range<usize> {
        let Ok(whole) = DeTable::parse(&self.text) else { return 0..0 };
        let entries = inside(whole.get_ref(), self.section.keys())
            .and_then(|table| table.iter().find(|(key, _)| key.get_ref() == section))
            .and_then(|(_, value)| value.get_ref().as_array());
        entries.and_then(|it| it.get(index)).map(Spanned::span).unwrap_or_default()
    }
}

/// A path as seen from the current directory.
pub(super) fn shown(path: &Path) -> String {
    let cwd = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&cwd).unwrap_or(path).display().to_string()
}

/// Whether a manifest has the section, whatever stands there.
pub(super) fn has_section(manifest: &str, section: Section) -> bool {
    let Some((last, around)) = section.keys().split_last() else { return true };
    let has = |table: &DeTable<'_>| table.keys().any(|key| key.get_ref() == last);
    // Most manifests say nothing of us, and are not worth a parse.
    manifest.contains("safe-map-lint")
        && DeTable::parse(manifest).is_ok_and(|it| inside(it.get_ref(), around).is_some_and(has))
}

/// The table that `keys` lead to.
fn inside<'a, 't>(table: &'a DeTable<'t>, keys: &[&str]) -> Option<&'a DeTable<'t>> {
    let Some((first, rest)) = keys.split_first() else { return Some(table) };
    let value = table.iter().find_map(|(key, value)| (key.get_ref() == first).then_some(value))?;
    inside(value.get_ref().as_table()?, rest)
}

/// The parts of a manifest that a configuration may stand in.
#[derive(Deserialize)]
struct Manifest<T> {
    #[serde(default)]
    workspace: Owner<T>,
    #[serde(default)]
    package: Owner<T>,
}

#[derive(Deserialize)]
struct Owner<T> {
    metadata: Option<Metadata<T>>,
}

#[derive(Deserialize)]
struct Metadata<T> {
    #[serde(rename = "safe-map-lint")]
    ours: Option<T>,
}

impl<T> Default for Owner<T> {
    fn default() -> Owner<T> {
        Owner { metadata: None }
    }
}

impl<T: Default> Owner<T> {
    fn ours(self) -> T {
        self.metadata.and_then(|it| it.ours).unwrap_or_default()
    }
}

/// The first string `text` in a value.
fn find(value: &Spanned<DeValue<'_>>, text: &str) -> Option<Range<usize>> {
    match value.get_ref() {
        DeValue::String(it) => (it == text).then(|| value.span()),
        DeValue::Array(items) => items.iter().find_map(|it| find(it, text)),
        DeValue::Table(table) => table.values().find_map(|it| find(it, text)),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => None,
    }
}

/// Serde speaks of its own model: of fields, sequences, maps and structs.
fn in_words_of_toml(message: &str) -> String {
    if message == "wanted string or table" {
        return "expected a string".to_owned();
    }
    let message = match message.split_once("expected struct ") {
        Some((before, _)) => format!("{before}expected a table"),
        None => message.replace("expected a map", "expected a table"),
    };
    message.replace("missing field", "missing key").replace("expected a sequence", "expected a list")
}

/// A word that serde does not know: ``unknown field `x`, expected one of `a`, `b` ``.
struct Unknown<'a> {
    what: &'static str,
    word: &'a str,
    known: Vec<&'a str>,
}

impl<'a> Unknown<'a> {
    fn read(message: &'a str) -> Option<Unknown<'a>> {
        let kinds = [("unknown field `", "key"), ("unknown variant `", "value")];
        let (what, rest) =
            kinds.iter().find_map(|(start, what)| Some((*what, message.strip_prefix(start)?)))?;
        let (word, rest) = rest.split_once('`')?;
        Some(Unknown { what, word, known: rest.split('`').skip(1).step_by(2).collect() })
    }

    fn explain(&self, document: &Document, place: &Range<usize>) -> Failure {
        let failure = document.failure(place, &format!("unknown {} `{}`", self.what, self.word));
        match suggest::nearest(self.word, self.known.iter().copied()) {
            Some(name) => failure.with_help(format!("did you mean `{name}`?")),
            None if self.known.is_empty() => failure,
            None => failure.with_help(format!("known here: `{}`", self.known.join("`, `"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serde_names_the_word_and_what_it_knows() {
        let unknown = Unknown::read("unknown field `patth`, expected one of `path`, `also`").expect("one");
        assert_eq!((unknown.what, unknown.word, unknown.known), ("key", "patth", vec!["path", "also"]));
        let unknown = Unknown::read("unknown variant `x`, expected `ref` or `value`").expect("one");
        assert_eq!((unknown.what, unknown.word, unknown.known), ("value", "x", vec!["ref", "value"]));
        assert!(Unknown::read("missing field `kind`").is_none());
    }

    #[test]
    fn mistakes_are_told_in_the_words_of_toml() {
        let told = |message: &str| in_words_of_toml(message);
        assert_eq!(told("missing field `kind`"), "missing key `kind`");
        assert_eq!(
            told("invalid type: integer `3`, expected a map"),
            "invalid type: integer `3`, expected a table"
        );
        assert_eq!(
            told("invalid type: string \"a\", expected struct File"),
            "invalid type: string \"a\", expected a table"
        );
        assert_eq!(
            told("invalid type: string \"a\", expected a sequence"),
            "invalid type: string \"a\", expected a list"
        );
    }
}
