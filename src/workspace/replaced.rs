//! Files whose text is another one than on disk: with fixes in it that are not written yet.

use std::sync::Arc;

use super::read::{Wanted, lower_text};
use super::{Budget, Discovered};

/// The new text parses worse than the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ParsesWorse;

impl Discovered {
    /// Gives the file at `path` another text, under each edition that it is analysed with.
    ///
    /// # Errors
    ///
    /// Where the new text has more places that do not parse than the old one.
    pub(crate) fn replace(&mut self, path: &str, text: &Arc<str>) -> Result<(), ParsesWorse> {
        let mut problems = Vec::new();
        for file in self.workspace.files.iter_mut().filter(|it| *it.source.path == *path) {
            let lowered =
                lower_text(text.clone(), file.source.edition, Budget::default(), Wanted::Everything);
            let lowered = lowered.map_err(|_| ParsesWorse)?;
            if lowered.facts.problems.len() > file.facts.problems.len() {
                return Err(ParsesWorse);
            }
            problems = lowered.facts.problems.clone();
            file.facts = lowered.facts;
            file.source.text = text.clone();
        }
        self.incomplete.retain(|it| it.file != path);
        self.add_problems(path, text, &problems);
        self.incomplete.sort();
        self.incomplete.dedup();
        Ok(())
    }
}
