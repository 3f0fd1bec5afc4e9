//! Suppressions: which findings a comment or an attribute silences, and what is wrong with the suppressions.
//!
//! A suppression counts where the finding's primary span stands, where its guard is acquired, and where its lock or
//! map is declared. Forbidden lints are never silenced.

mod collect;
mod complain;
mod cover;
mod edits;
mod lines;
mod ranges;

use std::collections::HashMap;
use std::ops::RangeInclusive;

use safe_map_analysis::name::Name;
use safe_map_analysis::source::{FileId, Workspace};
use safe_map_analysis::span::{LineIndex, Span};
use safe_map_lints::{Finding, LINTS, Place, Role};

use crate::levels::{self, FileLevels};
use crate::report::Suppressed;
use cover::Cover;
use ranges::Ranges;

/// One comment or attribute.
#[derive(Clone, Debug)]
struct Suppression {
    place: Place,
    kind: Kind,
    word: Word,
    names: Vec<Named>,
    reason: Option<String>,
    cover: Cover,
}

/// Whether a suppression says `allow` or `expect`: both silence, and both are to silence something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Allow,
    Expect,
}

/// How a suppression is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Comment,
    Attribute {
        /// What stands between its parentheses.
        list: Span,
        /// Whether it says nothing else.
        is_alone: bool,
    },
    /// An attribute that silences a lint of clippy for the same hazard: nothing is asked of it.
    Clippy,
}

/// Lints of clippy about guards, and ours for the same hazard: who has silenced one has looked at it.
const CLIPPYS: [(&str, &str); 4] = [
    ("clippy::await_holding_lock", "guard_across_await"),
    ("clippy::await_holding_refcell_ref", "guard_across_await"),
    ("clippy::let_underscore_lock", "let_underscore_guard"),
    ("clippy::significant_drop_in_scrutinee", "guard_in_scrutinee"),
];

/// One name in a suppression.
#[derive(Clone, Debug)]
struct Named {
    name: Name,
    /// In the comment without the tool's prefix, in the attribute with it.
    span: Span,
    used: bool,
}

/// Silences `findings` and adds what is to say about the suppressions themselves.
pub(crate) fn apply(
    workspace: &Workspace,
    findings: Vec<Finding>,
    levels: &FileLevels,
) -> Vec<(Finding, Option<Suppressed>)> {
    let mut suppressions = Suppressions::new(workspace);
    let mut judged = suppressions.silence(findings, levels);
    let complaints = complain::unreadable(workspace);
    let complaints =
        complaints.into_iter().chain(complain::names_and_reasons(workspace, suppressions.ours()));
    let complaints = complaints.collect();
    judged.extend(suppressions.silence(complaints, levels));
    let unused = complain::unused(workspace, suppressions.ours(), levels);
    judged.extend(suppressions.silence(unused, levels));
    judged
}

/// Every suppression of the workspace, by file.
struct Suppressions {
    all: Vec<Suppression>,
    files: HashMap<FileId, Spoken>,
}

/// A file that suppressions speak for.
struct Spoken {
    lines: LineIndex,
    /// The suppressions by the lines of this file that they reach.
    reach: Ranges,
}

impl Suppressions {
    fn new(workspace: &Workspace) -> Suppressions {
        let all = collect::suppressions(workspace);
        let mut by_file: HashMap<FileId, Vec<usize>> = HashMap::new();
        for (index, suppression) in all.iter().enumerate() {
            for file in suppression.files() {
                by_file.entry(file).or_default().push(index);
            }
        }
        let spoken = |(file, indices): (FileId, Vec<usize>)| {
            let lines = LineIndex::new(&workspace.file(file).source.text);
            let reach = indices.into_iter().map(|index| (all[index].lines_in(file, &lines), index));
            (file, Spoken { reach: Ranges::new(reach), lines })
        };
        let files = by_file.into_iter().map(spoken).collect();
        Suppressions { all, files }
    }

    /// Those that speak to this tool.
    fn ours(&self) -> impl Iterator<Item = &Suppression> + Clone {
        self.all.iter().filter(|it| it.kind != Kind::Clippy)
    }

    fn silence(&mut self, findings: Vec<Finding>, levels: &FileLevels) -> Vec<(Finding, Option<Suppressed>)> {
        let judge = |finding: Finding| {
            let is_forbidden = levels.of(finding.primary.file).is_forbidden(finding.lint);
            let found = if is_forbidden { None } else { self.matching(&finding) };
            (finding, found)
        };
        findings.into_iter().map(judge).collect()
    }

    /// The first suppression of the finding. All that match count as used: none of them is to be called needless.
    fn matching(&mut self, finding: &Finding) -> Option<Suppressed> {
        let mut first = None;
        for place in anchors(finding) {
            for index in self.covering(place) {
                if mark(&mut self.all[index], finding) {
                    first.get_or_insert(index);
                }
            }
        }
        first.map(|index| self.all[index].describe())
    }

    /// The suppressions that speak for a place, in their order.
    fn covering(&self, place: Place) -> Vec<usize> {
        let Some(spoken) = self.files.get(&place.file) else { return Vec::new() };
        let line = |byte| spoken.lines.line_of(byte) as u32;
        let (first, last) = (line(place.span.start), line(place.span.end));
        let mut found = spoken.reach.around(first);
        if last != first {
            found.extend(spoken.reach.around(last));
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|index| self.all[*index].covers(place, first, last));
        found
    }
}

/// The places at which a finding can be silenced.
fn anchors(finding: &Finding) -> impl Iterator<Item = Place> {
    let counts = |role| matches!(role, Role::Acquire | Role::Hazard | Role::Declaration);
    let labels = finding.labels.iter().filter(move |label| counts(label.role)).map(|label| label.place);
    std::iter::once(finding.primary).chain(labels)
}

/// Whether the suppression names the finding's lint; its name is then used.
fn mark(suppression: &mut Suppression, finding: &Finding) -> bool {
    let mut found = false;
    for named in &mut suppression.names {
        if stands_for(&named.name, finding.lint) {
            named.used = true;
            found = true;
        }
    }
    found
}

fn stands_for(name: &str, lint: &str) -> bool {
    name == lint
        || CLIPPYS.contains(&(name, lint))
        || levels::find_members(LINTS, name).is_some_and(|it| it.iter().any(|it| it.name == lint))
}

impl Suppression {
    /// The files that it speaks for, its own first.
    fn files(&self) -> impl Iterator<Item = FileId> {
        let below: &[FileId] = match &self.cover {
            Cover::Module { files, .. } => files,
            Cover::Lines(_) | Cover::Bytes(_) | Cover::File => &[],
        };
        std::iter::once(self.place.file).chain(below.iter().copied())
    }

    /// The lines of `file` that it can reach.
    fn lines_in(&self, file: FileId, index: &LineIndex) -> RangeInclusive<u32> {
        if file == self.place.file { self.cover.lines(index) } else { cover::ALL_LINES }
    }

    /// Whether it speaks for a place in one of its files, from `first` to `last` line.
    fn covers(&self, place: Place, first: u32, last: u32) -> bool {
        // What is wrong with a suppression is not for the suppression itself to silence.
        let is_itself = self.place == place;
        !is_itself && (self.place.file != place.file || self.cover.holds(place.span, first, last))
    }

    /// Whether all that it speaks for was read. A module without a file was left out, and so were branches of `cfg`.
    fn is_read(&self, workspace: &Workspace) -> bool {
        let left_out = matches!(&self.cover, Cover::Module { files, .. } if files.is_empty());
        let facts = |file: FileId| &workspace.file(file).facts;
        !left_out
            && self.files().all(|file| facts(file).problems.is_empty())
            && self.files().all(|file| !self.touches(file, workspace, &facts(file).left_out))
    }

    fn touches(&self, file: FileId, workspace: &Workspace, spans: &[Span]) -> bool {
        if spans.is_empty() {
            return false;
        }
        let index = LineIndex::new(&workspace.file(file).source.text);
        let own = self.lines_in(file, &index);
        let line = |byte| index.line_of(byte) as u32;
        spans.iter().any(|span| line(span.start) <= *own.end() && *own.start() <= line(span.end))
    }

    fn describe(&self) -> Suppressed {
        let kind = match self.kind {
            Kind::Comment => "comment",
            Kind::Attribute { .. } => "attribute",
            Kind::Clippy => "clippy attribute",
        };
        Suppressed { kind, reason: self.reason.clone(), place: self.place }
    }
}
