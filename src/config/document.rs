//! The text of a configuration file, and complaints about places in it.

use std::ops::Range;
use std::path::Path;

use safe_map_analysis::span::LineIndex;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::failure::Failure;
use crate::suggest;

/// A file that was read.
#[derive(Debug)]
pub(super) struct Document {
    /// Its path in messages.
    path: String,
    text: String,
}

impl Document {
    /// A file of this text; its path is shown as seen from the current directory.
    pub(super) fn new(path: &Path, text: String) -> Document {
        let cwd = std::env::current_dir().unwrap_or_default();
        let path = path.strip_prefix(&cwd).unwrap_or(path).display().to_string();
        Document { path, text }
    }

    /// Its content.
    ///
    /// # Errors
    ///
    /// The first key or value that does not belong there, with the nearest that does.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        toml::from_str(&self.text).map_err(|error| self.rejected(&error))
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
            None => self.failure(&place, &message.replace("missing field", "missing key")),
        }
    }

    /// Where the value `text` stands in the first entry of `[[section]]` that has the value `entry` too.
    pub(super) fn place_of(&self, entry: &str, text: &str) -> Range<usize> {
        let Ok(table) = DeTable::parse(&self.text) else { return 0..0 };
        let entries = table.get_ref().values().filter_map(|it| it.get_ref().as_array());
        let mut around = entries.flat_map(|it| it.iter()).filter(|it| find(it, entry).is_some());
        around.find_map(|it| find(it, text)).unwrap_or_default()
    }

    /// Where the entry of this number in `[[section]]` stands.
    pub(super) fn place_of_entry(&self, section: &str, index: usize) -> Range<usize> {
        let Ok(table) = DeTable::parse(&self.text) else { return 0..0 };
        let mut sections = table.get_ref().iter().filter(|(key, _)| key.get_ref() == section);
        let entries = sections.find_map(|(_, value)| value.get_ref().as_array());
        entries.and_then(|it| it.get(index)).map(Spanned::span).unwrap_or_default()
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
}
