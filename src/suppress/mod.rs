//! Suppressions: which findings a comment or an attribute silences, and what is wrong with the suppressions.
//!
//! A suppression counts where the finding's primary span stands, where its guard is acquired, and where its lock or
//! map is declared. Forbidden lints are never silenced.

mod collect;
mod complain;
mod cover;

use std::collections::HashMap;

use safe_map_analysis::name::Name;
use safe_map_analysis::source::{FileId, Workspace};
use safe_map_analysis::span::{LineIndex, Span};
use safe_map_lints::{Finding, LINTS, Place, Role};

use crate::levels::{self, Levels};
use crate::report::Suppressed;
use cover::Cover;

/// One comment or attribute.
#[derive(Clone, Debug)]
struct Suppression {
    place: Place,
    kind: Kind,
    names: Vec<Named>,
    reason: Option<String>,
    cover: Cover,
}

/// How a suppression is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Comment,
    Attribute,
}

/// One name in a suppression.
#[derive(Clone, Debug)]
struct Named {
    name: Name,
    span: Option<Span>,
    used: bool,
}

/// Silences `findings` and adds what is to say about the suppressions themselves.
pub(crate) fn apply(
    workspace: &Workspace,
    findings: Vec<Finding>,
    levels: &Levels,
) -> Vec<(Finding, Option<Suppressed>)> {
    let mut suppressions = Suppressions::new(workspace);
    let mut judged = suppressions.silence(findings, levels);
    let complaints = complain::unreadable(workspace);
    let complaints = complaints.into_iter().chain(complain::names_and_reasons(workspace, &suppressions.all));
    judged.extend(suppressions.silence(complaints.collect(), levels));
    let unused = complain::unused(workspace, &suppressions.all, levels);
    judged.extend(suppressions.silence(unused, levels));
    judged
}

/// Every suppression of the workspace, by file.
struct Suppressions<'a> {
    workspace: &'a Workspace,
    all: Vec<Suppression>,
    by_file: HashMap<FileId, Vec<usize>>,
    indexes: HashMap<FileId, LineIndex>,
}

impl<'a> Suppressions<'a> {
    fn new(workspace: &'a Workspace) -> Suppressions<'a> {
        let all = collect::suppressions(workspace);
        let mut by_file: HashMap<FileId, Vec<usize>> = HashMap::new();
        for (index, suppression) in all.iter().enumerate() {
            for file in suppression.files() {
                by_file.entry(file).or_default().push(index);
            }
        }
        let index = |file: &FileId| (*file, LineIndex::new(&workspace.file(*file).source.text));
        let indexes = by_file.keys().map(index).collect();
        Suppressions { workspace, all, by_file, indexes }
    }

    fn silence(&mut self, findings: Vec<Finding>, levels: &Levels) -> Vec<(Finding, Option<Suppressed>)> {
        let judge = |finding: Finding| {
            let found = if levels.is_forbidden(finding.lint) { None } else { self.matching(&finding) };
            (finding, found)
        };
        findings.into_iter().map(judge).collect()
    }

    /// The first suppression of the finding. All that match count as used: none of them is to be called needless.
    fn matching(&mut self, finding: &Finding) -> Option<Suppressed> {
        let mut first = None;
        for place in anchors(finding) {
            for index in self.by_file.get(&place.file).cloned().unwrap_or_default() {
                if self.covers(index, place) && mark(&mut self.all[index], finding) {
                    first.get_or_insert(index);
                }
            }
        }
        first.map(|index| self.all[index].describe())
    }

    fn covers(&self, index: usize, place: Place) -> bool {
        let suppression = &self.all[index];
        // What is wrong with a suppression is not for the suppression itself to silence.
        if suppression.place == place {
            return false;
        }
        if suppression.place.file != place.file {
            return suppression.files().any(|file| file == place.file);
        }
        let text = &self.workspace.file(place.file).source.text;
        let lines = |byte| self.indexes[&place.file].line_column(text, byte).line - 1;
        suppression.cover.holds(place.span, lines(place.span.start), lines(place.span.end))
    }
}

/// The places at which a finding can be silenced.
fn anchors(finding: &Finding) -> impl Iterator<Item = Place> {
    let counts = |role| matches!(role, Role::Acquire | Role::Declaration);
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
    name == lint || levels::find_members(LINTS, name).is_some_and(|it| it.iter().any(|it| it.name == lint))
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

    /// Whether all that it speaks for was read. A module without a file was left out.
    fn is_read(&self, workspace: &Workspace) -> bool {
        let left_out = matches!(&self.cover, Cover::Module { files, .. } if files.is_empty());
        !left_out && self.files().all(|file| workspace.file(file).facts.problems.is_empty())
    }

    fn describe(&self) -> Suppressed {
        let kind = match self.kind {
            Kind::Comment => "comment",
            Kind::Attribute => "attribute",
        };
        Suppressed { kind, reason: self.reason.clone(), place: self.place }
    }
}
