//! What every renderer reads: a report, which of its findings are shown, and how places are written.

use std::borrow::Cow;
use std::cmp::Reverse;

use safe_map_analysis::span::LineColumn;
use safe_map_lints::{Level, Place};

use super::paths::{PathBase, Paths};
use crate::cli::GroupBy;
use crate::output::Look;
use crate::report::{Report, Reported};

/// A report and how it is to be shown.
#[derive(Clone, Debug)]
pub(crate) struct View<'a> {
    /// What the run has to say.
    pub(crate) report: &'a Report,
    /// Which findings.
    pub(crate) shown: Shown,
    /// Where paths start.
    pub(crate) paths: Paths,
    /// Colours and width, for people.
    pub(crate) look: Look,
    /// How a command that ran beside the lints ended.
    pub(crate) beside: Outcome,
}

/// Which findings of a report are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    /// Suppressed ones too.
    pub(crate) suppressed: Suppressed,
    /// At most so many, in the formats for people.
    pub(crate) limit: Option<usize>,
    /// Under headings, in the formats for people.
    pub(crate) group_by: Option<GroupBy>,
    /// Counted by lint too, in the formats for programs: people read the table on standard error.
    pub(crate) statistics: Statistics,
    /// What fails the run beside findings at deny level.
    pub(crate) failing: Failing,
}

/// What `--error-on` makes a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Failing {
    /// Every finding that counts.
    pub(crate) findings: bool,
    /// Suppressions of nothing.
    pub(crate) unused_suppressions: bool,
    /// What was not analysed.
    pub(crate) incomplete: bool,
}

impl Failing {
    /// Whether a finding that is not silenced fails the run.
    pub(crate) fn holds(self, found: &Reported) -> bool {
        let is_unused = || found.finding.lint == "unused_suppression";
        found.level == Level::Deny || self.findings || (self.unused_suppressions && is_unused())
    }
}

/// What happens to the counts by lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Statistics {
    Hide,
    Show,
}

/// What happens to suppressed findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suppressed {
    Hide,
    Show,
}

/// Whether a command did what it should; none that ran did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    Failure,
}

/// How severe a finding is in the words that most readers have, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// Suppressed, or below warn.
    Note,
    Warning,
    Error,
}

/// A place as reports write it; the end is exclusive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location<'a> {
    /// The file.
    pub(crate) path: Cow<'a, str>,
    /// Where it starts.
    pub(crate) start: LineColumn,
    /// Where it ends.
    pub(crate) end: LineColumn,
}

impl<'a> View<'a> {
    /// What is not suppressed, with the paths of the report.
    pub(crate) fn of(report: &'a Report, look: Look) -> View<'a> {
        let shown = Shown {
            suppressed: Suppressed::Hide,
            limit: None,
            group_by: None,
            statistics: Statistics::Hide,
            failing: Failing::default(),
        };
        let paths = Paths::new(&report.root, PathBase::Workspace, &report.root);
        View { report, shown, paths, look, beside: Outcome::Success }
    }

    /// The findings to show, in the order of the report.
    pub(crate) fn findings(&self) -> impl Iterator<Item = &'a Reported> + use<'a> {
        let show = self.shown.suppressed == Suppressed::Show;
        self.report.findings.iter().filter(move |it| it.is_active() || (show && it.suppressed.is_some()))
    }

    /// The same, most severe and surest first: what a reader with limits may drop stands last.
    pub(crate) fn most_severe_first(&self) -> Vec<&'a Reported> {
        let mut found: Vec<&Reported> = self.findings().collect();
        found.sort_by_key(|it| (Reverse(Severity::of(it)), Reverse(it.finding.confidence)));
        found
    }

    /// As many as people asked for, and how many are left out. All of them are in the order of the report; of a part the
    /// most severe come first.
    pub(crate) fn limited(&self) -> (Vec<&'a Reported>, usize) {
        let Some(limit) = self.shown.limit else { return (self.findings().collect(), 0) };
        let mut found = self.most_severe_first();
        let left_out = found.len().saturating_sub(limit);
        found.truncate(limit);
        (found, left_out)
    }

    /// Where a place is.
    pub(crate) fn location(&self, place: Place) -> Location<'a> {
        let file = self.report.sources.file(place.file);
        let (start, end) = file.range(place.span);
        Location { path: self.paths.of(&file.path), start, end }
    }
}

impl Severity {
    /// How severe a finding is in this run.
    pub(crate) fn of(found: &Reported) -> Severity {
        match found.level {
            _ if found.suppressed.is_some() => Severity::Note,
            Level::Deny => Severity::Error,
            Level::Warn => Severity::Warning,
            Level::Allow => Severity::Note,
        }
    }

    /// `error`, `warning`, `note`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// A number of things, whose word is in the singular and ends in a consonant, or in `y` behind one.
pub(crate) fn plural(count: u64, word: &str) -> String {
    match word.strip_suffix('y') {
        _ if count == 1 => format!("1 {word}"),
        Some(stem) => format!("{count} {stem}ies"),
        None => format!("{count} {word}s"),
    }
}
