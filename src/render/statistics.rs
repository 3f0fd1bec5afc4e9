//! `--statistics`: how many findings each lint has, and how many of them can be fixed.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use safe_map_lints::{Applicability, Level};
use serde::Serialize;

use crate::report::{Report, Reported};

/// The findings of one lint.
#[derive(Clone, Debug, Serialize)]
struct Row {
    lint: &'static str,
    group: &'static str,
    level: Level,
    count: u64,
    /// How many of them have a fix that `--fix` applies.
    fixable: u64,
}

#[derive(Serialize)]
#[serde(tag = "reason", rename = "statistics")]
struct Line {
    lints: Vec<Row>,
}

/// A line for each lint that found something, most findings first.
pub(crate) fn table(report: &Report) -> Vec<String> {
    let rows = rows(report);
    let mut lines: Vec<String> = rows.iter().map(Row::line).collect();
    if rows.iter().any(|row| row.fixable > 0) {
        lines.push("[*] fixable with `--fix`, [-] some of them".to_owned());
    }
    lines
}

/// The same as one line of JSON.
pub(super) fn json(report: &Report) -> String {
    let line = Line { lints: rows(report) };
    let text = serde_json::to_string(&line).expect("the line holds only strings and numbers");
    format!("{text}\n")
}

fn rows(report: &Report) -> Vec<Row> {
    let mut by_lint: BTreeMap<&str, Row> = BTreeMap::new();
    for found in report.findings.iter().filter(|it| it.is_active()) {
        let row = by_lint.entry(found.finding.lint).or_insert(Row {
            lint: found.finding.lint,
            group: found.lint.group.as_str(),
            level: found.level,
            count: 0,
            fixable: 0,
        });
        row.count += 1;
        row.fixable += u64::from(is_fixable(found));
        row.level = row.level.max(found.level);
    }
    let mut rows: Vec<Row> = by_lint.into_values().collect();
    rows.sort_by_key(|row| (Reverse(row.count), row.lint));
    rows
}

fn is_fixable(found: &Reported) -> bool {
    found.finding.fixes.iter().any(|fix| fix.applicability == Applicability::MachineApplicable)
}

impl Row {
    fn line(&self) -> String {
        let mark = match self.fixable {
            0 => "",
            all if all == self.count => " [*]",
            _ => " [-]",
        };
        format!("{:>6}  {:<5}  {}{mark}", self.count, self.level.as_str(), self.lint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_some_and_none_can_be_fixed() {
        let row =
            |fixable| Row { lint: "double_lock", group: "deadlock", level: Level::Deny, count: 2, fixable };
        let lines = [2, 1, 0].map(|fixable| row(fixable).line());
        let expected =
            ["double_lock [*]", "double_lock [-]", "double_lock"].map(|it| format!("     2  deny   {it}"));
        assert_eq!(lines, expected);
    }
}
