//! The file: JSON with an entry on each line, sorted, so that a difference between two states is one of entries.

use std::io::ErrorKind;
use std::num::NonZeroU32;
use std::path::Path;

use safe_map_lints::Confidence;
use serde::{Deserialize, Serialize};

use super::entry::{Entries, Key, Known};
use crate::atomic;
use crate::failure::Failure;

/// What this version writes and reads.
const VERSION: u32 = 1;

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "version")]
    _version: u32,
    findings: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    package: String,
    item: String,
    lint: String,
    snippet: String,
    confidence: Sure,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    test: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    dependencies: bool,
    count: NonZeroU32,
}

/// [`Confidence`] as the file writes it.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sure {
    Possible,
    Likely,
    Certain,
}

/// What became of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It is new or has changed.
    Changed,
    /// It says the same as before.
    Unchanged,
}

/// The entries of the file at `path`; none where no file is.
///
/// # Errors
///
/// Where it cannot be read or is no baseline.
pub(crate) fn read(path: &Path) -> Result<Option<Entries>, Failure> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::usage(format!("`{}`: {error}", path.display()))),
    };
    match parse(&text) {
        Ok(entries) => Ok(Some(entries)),
        Err(why) => Err(broken(path, &text, &why)),
    }
}

fn broken(path: &Path, text: &str, why: &str) -> Failure {
    let failure = Failure::usage(format!("`{}` is no baseline: {why}", path.display()));
    let is_conflict = text.lines().any(|line| line.starts_with("<<<<<<< "));
    failure.with_help(if is_conflict {
        "resolve the merge conflict: where in doubt keep the lines of both sides, then run `baseline prune`"
    } else {
        "repair the file, or delete it and make a new one with `baseline update`"
    })
}

fn parse(text: &str) -> Result<Entries, String> {
    let Versioned { version } = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if version != VERSION {
        return Err(format!("its version is {version}, and this program knows version {VERSION}"));
    }
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut entries = Entries::new();
    for line in file.findings {
        let (key, known) = line.entry();
        entries.entry(key).and_modify(|it| *it = it.or(known)).or_insert(known);
    }
    Ok(entries)
}

/// Writes the entries to `path`, whole or not at all, where it does not say the same already.
///
/// # Errors
///
/// Where it cannot be written; what was there is still there then.
pub(crate) fn write(path: &Path, entries: &Entries) -> Result<Written, Failure> {
    let text = text(entries);
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(Written::Unchanged);
    }
    atomic::write(&[(path, text)])?;
    Ok(Written::Changed)
}

/// The entries as a JSON array.
pub(crate) fn json(entries: &Entries) -> String {
    let lines: Vec<Line> = entries.iter().map(|(key, known)| Line::new(key, *known)).collect();
    let text = serde_json::to_string_pretty(&lines).expect("lines hold only strings and numbers");
    format!("{text}\n")
}

fn text(entries: &Entries) -> String {
    let lines: Vec<String> = entries.iter().map(|(key, known)| Line::new(key, *known).text()).collect();
    let lines = if lines.is_empty() { String::new() } else { format!("\n    {}\n  ", lines.join(",\n    ")) };
    format!("{{\n  \"version\": {VERSION},\n  \"findings\": [{lines}]\n}}\n")
}

impl Line {
    fn new(key: &Key, known: Known) -> Line {
        let Key { package, item, lint, snippet } = key.clone();
        let confidence = match known.confidence {
            Confidence::Possible => Sure::Possible,
            Confidence::Likely => Sure::Likely,
            Confidence::Certain => Sure::Certain,
        };
        let count = NonZeroU32::new(known.count).expect("an entry stands for a finding");
        let Known { in_test: test, with_dependencies: dependencies, .. } = known;
        Line { package, item, lint, snippet, confidence, test, dependencies, count }
    }

    fn text(&self) -> String {
        serde_json::to_string(self).expect("a line holds only strings and numbers")
    }

    fn entry(self) -> (Key, Known) {
        let Line { package, item, lint, snippet, confidence, test, dependencies, count } = self;
        let confidence = match confidence {
            Sure::Possible => Confidence::Possible,
            Sure::Likely => Confidence::Likely,
            Sure::Certain => Confidence::Certain,
        };
        let (in_test, with_dependencies) = (test, dependencies);
        let known = Known { count: count.get(), confidence, in_test, with_dependencies };
        (Key { package, item, lint, snippet }, known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Entries {
        let key = |item: &str| Key {
            package: "a".to_owned(),
            item: item.to_owned(),
            lint: "double_lock".to_owned(),
            snippet: "m.lock(\"\\\")".to_owned(),
        };
        let confidence = Confidence::Likely;
        let known = Known { count: 2, confidence, in_test: false, with_dependencies: false };
        Entries::from([(key("S::g"), known), (key("S::f"), Known { in_test: true, ..known })])
    }

    #[test]
    fn what_is_written_is_read_again_line_by_line_and_sorted() {
        let text = text(&entries());
        assert_eq!(parse(&text), Ok(entries()));
        assert_eq!(text.lines().count(), 7);
        assert!(text.find("S::f") < text.find("S::g"));
        assert_eq!(parse(&super::text(&Entries::new())), Ok(Entries::new()));
    }

    #[test]
    fn lines_that_a_merge_doubles_count_once() {
        let twice = text(&entries()).replace("\"count\":2}\n", "\"count\":2},\n");
        let line = Line::new(
            entries().first_key_value().expect("an entry").0,
            entries().into_values().next().expect("one"),
        );
        let twice = twice.replace("\n  ]", &format!("\n    {}\n  ]", line.text()));
        assert_eq!(parse(&twice), Ok(entries()));
    }

    #[test]
    fn other_versions_unknown_fields_and_counts_of_nothing_are_refused() {
        let said = |text: &str| parse(text).expect_err("no baseline");
        assert!(said("{\"version\": 2, \"anything\": 1}").contains("its version is 2"));
        let text = text(&entries());
        assert!(said(&text.replace("\"snippet\"", "\"snipet\"")).contains("unknown field `snipet`"));
        assert!(parse(&text.replace("\"count\":2", "\"count\":0")).is_err());
        assert!(parse("").is_err());
    }
}
