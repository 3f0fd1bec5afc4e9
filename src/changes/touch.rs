//! Which findings a change is about: those with a place in changed lines, and those whose guard lost its end there.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::Path;

use safe_map_analysis::source::{FileId, Workspace};
use safe_map_analysis::span::LineIndex;
use safe_map_lints::{Finding, Place, Role};

use super::{Change, Changes, Given};
use crate::workspace::{normalize, path_text};

/// Answers for the files of one workspace.
pub(crate) struct Touch<'a> {
    workspace: &'a Workspace,
    changed: HashMap<FileId, (Change<'a>, LineIndex)>,
    given: &'a Given,
}

impl<'a> Touch<'a> {
    /// Looks up the files of `workspace`, whose paths start from `root`.
    pub(crate) fn new(changes: &'a Changes, workspace: &'a Workspace, root: &Path) -> Touch<'a> {
        let root = path_text(root.as_os_str());
        let changed = workspace.file_ids().filter(|id| !workspace.is_outside(*id)).filter_map(|id| {
            let source = &workspace.file(id).source;
            let path = normalize(&Path::new(&root).join(&*source.path));
            let change = changes.of(&path_text(path.as_os_str()))?;
            Some((id, (change, LineIndex::new(&source.text))))
        });
        Touch { workspace, changed: changed.collect(), given: &changes.given }
    }

    /// What is wrong with a diff that is about no file of the workspace.
    pub(crate) fn unknown(&self) -> Option<String> {
        self.given.unknown().filter(|_| self.changed.is_empty())
    }

    /// How many files of the workspace have changed.
    pub(crate) fn files(&self) -> usize {
        let path = |id: &FileId| self.workspace.file(*id).source.path.clone();
        self.changed.keys().map(path).collect::<std::collections::BTreeSet<_>>().len()
    }

    /// Whether the changes are about `finding`.
    pub(crate) fn is_about(&self, finding: &Finding) -> bool {
        let labels = finding.labels.iter().map(|label| label.place);
        std::iter::once(finding.primary).chain(labels).any(|place| self.is_changed(place))
            || self.has_lost_an_end(finding)
    }

    fn is_changed(&self, place: Place) -> bool {
        let Some((change, _)) = self.changed.get(&place.file) else { return false };
        match change {
            Change::Whole => true,
            Change::Lines(lines) => self.lines(place).is_some_and(|it| lines.touch(&it)),
        }
    }

    /// Whether the end of a scope went between the acquire and the hazard: that is a cause that no place shows.
    fn has_lost_an_end(&self, finding: &Finding) -> bool {
        let Some((Change::Lines(lines), _)) = self.changed.get(&finding.primary.file) else { return false };
        let Some(hazard) = self.lines(finding.primary) else { return false };
        let acquires = finding.labels.iter().filter(|label| {
            label.role == Role::Acquire
                && label.place.file == finding.primary.file
                && label.place < finding.primary
        });
        acquires
            .filter_map(|label| self.lines(label.place))
            .any(|acquire| lines.cut_into(&(*acquire.start()..=*hazard.end())))
    }

    fn lines(&self, place: Place) -> Option<RangeInclusive<u32>> {
        let (_, index) = self.changed.get(&place.file)?;
        let line = |byte| index.line_of(byte) as u32 + 1;
        // A span that ends with its line does not reach into the next one.
        let last = place.span.end.saturating_sub(1).max(place.span.start);
        Some(line(place.span.start)..=line(last))
    }
}
