//! Paths and globs of a configuration, seen from its directory. A directory stands for everything below it.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use toml::Spanned;

use super::document::Document;
use crate::failure::Failure;

/// One path or glob.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// As written, without `./` and a slash at the end.
    text: String,
    dir: PathBuf,
    matcher: GlobMatcher,
}

impl Pattern {
    /// Reads a pattern of a file that speaks of `dir`.
    ///
    /// # Errors
    ///
    /// Where it is no glob, or leads out of `dir`.
    pub(super) fn new(
        document: &Document,
        dir: &Path,
        written: &Spanned<String>,
    ) -> Result<Pattern, Failure> {
        let fail = |why: &str| Err(document.failure(&written.span(), why));
        let text = written.get_ref();
        let short = text.trim_start_matches("./").trim_end_matches('/');
        if Path::new(short).is_absolute() || short.split('/').any(|it| it == "..") {
            return fail(&format!("`{text}` leads out of the directory: paths start beside this file"));
        }
        if short.is_empty() {
            return fail("the path is empty");
        }
        match GlobBuilder::new(short).literal_separator(true).build() {
            Ok(glob) => {
                Ok(Pattern { text: short.to_owned(), dir: dir.to_owned(), matcher: glob.compile_matcher() })
            }
            Err(error) => fail(&format!("`{text}` is no glob: {}", error.kind())),
        }
    }

    /// Whether an absolute path is meant: itself, or a directory above it.
    pub(super) fn is_match(&self, path: &Path) -> bool {
        let Ok(relative) = path.strip_prefix(&self.dir) else { return false };
        relative.ancestors().filter(|it| !it.as_os_str().is_empty()).any(|it| self.matcher.is_match(it))
    }

    /// How much it says: the directories above it, then its letters.
    pub(super) fn length(&self) -> (usize, usize) {
        (self.dir.components().count() + self.text.split('/').count(), self.text.len())
    }

    /// A path without wildcards that is not there: most likely it is misspelt, or was moved.
    pub(super) fn is_missing(&self) -> bool {
        !self.text.contains(['*', '?', '[', '{']) && !self.dir.join(&self.text).exists()
    }

    /// As written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::Section;
    use super::*;

    fn pattern(text: &str) -> Result<Pattern, Failure> {
        let document = Document::new(Path::new("/r/safe-map-lint.toml"), String::new(), Section::Whole);
        Pattern::new(&document, Path::new("/r"), &Spanned::new(0..0, text.to_owned()))
    }

    #[test]
    fn a_directory_stands_for_what_is_below_it() {
        let matches = |text: &str, path: &str| pattern(text).expect("a pattern").is_match(Path::new(path));
        assert!(matches("gen", "/r/gen/a/b.rs") && matches("./gen/", "/r/gen/a.rs"));
        assert!(!matches("gen", "/r/generated/a.rs") && !matches("gen", "/r/src/gen/a.rs"));
        assert!(!matches("gen", "/elsewhere/gen/a.rs"));
        assert!(matches("**/gen", "/r/src/gen/a.rs") && matches("**/gen", "/r/gen/a.rs"));
        assert!(matches("crates/*/gen", "/r/crates/a/gen/b.rs"));
        assert!(!matches("crates/*/gen", "/r/crates/a/b/gen/c.rs"));
        assert!(matches("src/*_pb.rs", "/r/src/a_pb.rs") && !matches("src/*_pb.rs", "/r/src/a.rs"));
    }

    #[test]
    fn paths_stay_below_their_file() {
        for wrong in ["../a", "a/../..", "/abs", "", "./", "a[", "{a"] {
            assert!(pattern(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn more_directories_are_longer_than_more_letters() {
        let length = |text: &str| pattern(text).expect("a pattern").length();
        assert!(length("a/b") > length("abcdef") && length("a/bc") > length("a/b"));
    }
}
