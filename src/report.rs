//! The report: plain data between the engine and the renderers.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use safe_map_analysis::source::{CrateId, FileId, Workspace};
use safe_map_analysis::span::{LineColumn, LineIndex, Span};
use safe_map_lints::inventory::Inventory;
use safe_map_lints::{Finding, Level, Lint, Place};

use crate::scope::Scoped;
use crate::timings::Stage;
use crate::visible::Visible;
use crate::workspace::{Incomplete, ReadOutside, Unit};

/// Everything a run has to say.
#[derive(Debug)]
pub struct Report {
    /// The directory that paths start from.
    pub root: PathBuf,
    /// What was found, by file, span and lint; suppressed findings among them.
    pub findings: Vec<Reported>,
    /// The shared maps and the lock graph, where they were asked for.
    pub inventory: Option<Inventory>,
    /// What was not analysed, by file and line.
    pub incomplete: Vec<Incomplete>,
    /// What the user should know about how the files were found.
    pub notes: Vec<String>,
    /// The texts that findings point into.
    pub sources: Sources,
    /// The package and target behind each crate.
    pub units: Vec<Unit>,
    /// The packages that are reported on, with findings or without.
    pub packages: BTreeSet<String>,
    /// Counts.
    pub stats: Stats,
    /// How long each stage took, in their order.
    pub timings: Vec<Stage>,
    /// What the baseline and the changes made of the findings.
    pub scoped: Scoped,
}

/// A finding with what the run decided about it.
#[derive(Clone, Debug)]
pub struct Reported {
    /// The finding.
    pub finding: Finding,
    /// Its lint.
    pub lint: &'static Lint,
    /// Its level in this run.
    pub level: Level,
    /// The package it stands in.
    pub package: String,
    /// What silences it: a comment, an attribute or the baseline.
    pub suppressed: Option<Suppressed>,
    /// What stays the same while lines move.
    pub fingerprint: String,
}

impl Reported {
    /// Whether it counts: not silenced, and not below warn.
    pub fn is_active(&self) -> bool {
        self.suppressed.is_none() && self.level != Level::Allow
    }
}

/// What silences a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// `comment`, `attribute` or `baseline`.
    pub kind: &'static str,
    /// The reason given.
    pub reason: Option<String>,
    /// Where it stands; for the baseline, which has no place in the sources, where the finding does.
    pub place: Place,
}

impl Suppressed {
    /// The reason in words, whether or not one was given.
    pub(crate) fn why(&self) -> &str {
        self.reason.as_deref().unwrap_or("no reason given")
    }
}

/// The counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Files that were found.
    pub files: u64,
    /// Files that parsed without a problem.
    pub parsed: u64,
    /// Their lines.
    pub lines: u64,
    /// What was read besides, of packages that the workspace depends on.
    pub outside: ReadOutside,
    /// Shared maps, locks and cells that the workspace declares.
    pub maps: u64,
    /// Findings at deny level.
    pub deny: u64,
    /// Findings at warn level.
    pub warn: u64,
    /// Findings below warn, which are not shown.
    pub allow: u64,
    /// The whole run.
    pub elapsed: Duration,
}

/// The texts of all files. Cheap to make: texts are shared, line indexes are built on first use.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<SourceText>,
}

/// One text with its path.
#[derive(Debug)]
pub struct SourceText {
    /// The path in reports.
    pub path: Arc<str>,
    /// The text.
    pub text: Arc<str>,
    /// The edition as a manifest writes it.
    pub edition: &'static str,
    /// The crate it belongs to.
    pub krate: CrateId,
    index: OnceLock<LineIndex>,
    visible: OnceLock<Visible>,
}

impl Sources {
    /// The texts of `workspace`.
    pub fn new(workspace: &Workspace) -> Sources {
        let files = workspace.files.iter().map(|file| SourceText {
            path: file.source.path.clone(),
            text: file.source.text.clone(),
            edition: file.source.edition.as_str(),
            krate: file.source.krate,
            index: OnceLock::new(),
            visible: OnceLock::new(),
        });
        Sources { files: files.collect() }
    }

    /// The paths of all files, in reports.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| &*file.path)
    }

    /// The text of a file.
    pub fn file(&self, id: FileId) -> &SourceText {
        &self.files[id.0 as usize]
    }
}

impl SourceText {
    /// Where its lines start.
    pub fn index(&self) -> &LineIndex {
        self.index.get_or_init(|| LineIndex::new(&self.text))
    }

    /// The text as excerpts show it.
    pub(crate) fn visible(&self) -> &Visible {
        self.visible.get_or_init(|| Visible::new(&self.text))
    }

    /// Start and end of a span, the end exclusive.
    pub fn range(&self, span: Span) -> (LineColumn, LineColumn) {
        let at = |byte| self.index().line_column(&self.text, byte);
        (at(span.start), at(span.end))
    }
}
