//! `--group-by`: findings under headings.

use std::collections::HashMap;

use super::View;
use super::view::plural;
use crate::cli::GroupBy;
use crate::output::{Look, Style};
use crate::report::Reported;
use crate::visible;

/// What stands under one heading.
pub(super) struct Group<'a> {
    title: Option<String>,
    /// In the order of the report.
    pub(super) findings: Vec<&'a Reported>,
}

/// The findings by what they share, the group with the first finding first. Where nothing is asked for, one group of all.
pub(super) fn of<'a>(view: &View<'a>, findings: Vec<&'a Reported>) -> Vec<Group<'a>> {
    let Some(by) = view.shown.group_by else { return vec![Group { title: None, findings }] };
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for found in findings {
        let title = title(view, found, by);
        let index = *known.entry(title.clone()).or_insert(groups.len());
        if index == groups.len() {
            groups.push(Group { title: Some(title), findings: Vec::new() });
        }
        groups[index].findings.push(found);
    }
    groups
}

fn title(view: &View<'_>, found: &Reported, by: GroupBy) -> String {
    match by {
        GroupBy::Lock => found.finding.lock.clone().unwrap_or_else(|| "no named lock".to_owned()),
        GroupBy::File => view.location(found.finding.primary).path.into_owned(),
        GroupBy::Lint => found.finding.lint.to_owned(),
    }
}

impl Group<'_> {
    /// The heading's line, where there is a heading.
    pub(super) fn plain_heading(&self) -> String {
        let count = plural(self.findings.len() as u64, "finding");
        let title = self.title.as_deref().map(visible::line);
        title.map_or_else(String::new, |title| format!("== {title} ({count})\n"))
    }

    /// The same, bold where it can be.
    pub(super) fn heading(&self, look: Look) -> String {
        let plain = self.plain_heading();
        match (look.style, plain.strip_suffix('\n')) {
            (Style::Colored, Some(line)) => format!("\u{1b}[1m{line}\u{1b}[0m\n"),
            _ => plain,
        }
    }
}
