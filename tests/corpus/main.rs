//! Scores the command against public code: `tests/corpus.jsonl`, see the README beside this file.
//!
//! The code is no part of this repository. Where no folder with clones is named nothing is run, and nothing has passed: this
//! program is no test harness, so that it counts nowhere.

mod rows;
mod trees;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use rows::{Expect, Row, rows};
use serde_json::Value;

const VARIABLE: &str = "SAFE_MAP_LINT_CORPUS";

fn main() -> ExitCode {
    let Some(clones) = std::env::var_os(VARIABLE).map(PathBuf::from) else {
        println!("corpus: not run: {VARIABLE} names no folder with clones");
        return ExitCode::SUCCESS;
    };
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for ((repo, commit), rows) in by_tree() {
        let tree = trees::unpack(&clones, &repo, &commit);
        let findings = tree.as_ref().map(|tree| findings(tree.path()));
        for row in rows {
            let is_there = |path: &str| tree.as_ref().is_some_and(|tree| tree.path().join(path).is_file());
            let all_there = row.places().iter().all(|(path, _)| is_there(path));
            let score = scores.entry(row.lint.clone()).or_default();
            score.count(&row, findings.as_deref().filter(|_| all_there));
        }
    }
    print(&scores);
    if scores.values().all(Score::is_good) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The rows of each tree; of the lints that are named on the command line, where one is.
fn by_tree() -> BTreeMap<(String, String), Vec<Row>> {
    let named: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    let mut trees: BTreeMap<(String, String), Vec<Row>> = BTreeMap::new();
    for row in rows().into_iter().filter(|it| named.is_empty() || named.contains(&it.lint)) {
        trees.entry((row.repo.clone(), row.commit.clone())).or_default().push(row);
    }
    trees
}

/// What the command finds in a tree, all lints on.
fn findings(tree: &Path) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-safe-map-lint"));
    command.args(["check", "--message-format", "json", "-W", "all", "--no-cache", "--exit-zero", "."]);
    let output = command.current_dir(tree).output().expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    let parsed = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    parsed.filter(|it| it["reason"] == "finding").collect()
}

/// Whether a finding of the row's lint is at one of its places, a line above or below it counted in.
fn is_found(row: &Row, findings: &[Value]) -> bool {
    let own = findings.iter().filter(|it| it["lint"] == *row.lint);
    let places = own.flat_map(|it| std::iter::once(it).chain(it["labels"].as_array().into_iter().flatten()));
    places.into_iter().any(|place| {
        let file = place["file"].as_str().unwrap_or_default();
        let line = |key: &str| place[key].as_u64().unwrap_or_default() as u32;
        let (first, last) = (line("line").saturating_sub(1), line("end_line").min(line("line") + 3) + 1);
        row.places().iter().any(|(path, at)| *path == file && (first..=last).contains(at))
    })
}

/// What came of the rows of one lint.
#[derive(Default)]
struct Score {
    found: u32,
    missed: Vec<String>,
    quiet: u32,
    wrong: Vec<String>,
    absent: u32,
}

impl Score {
    fn count(&mut self, row: &Row, findings: Option<&[Value]>) {
        let Some(findings) = findings else {
            self.absent += 1;
            return;
        };
        let place = format!("{}@{:.10}:{}:{}/{}", row.repo, row.commit, row.path, row.acquire, row.hazard);
        match (row.expect, is_found(row, findings)) {
            (Expect::Report, true) => self.found += 1,
            (Expect::Report, false) => self.missed.push(place),
            (Expect::Silent, false) => self.quiet += 1,
            (Expect::Silent, true) => self.wrong.push(place),
        }
    }

    fn reported(&self) -> u32 {
        self.found + self.missed.len() as u32
    }

    /// Four in five are found, and nothing is said where nothing is wrong.
    fn is_good(&self) -> bool {
        self.found * 5 >= self.reported() * 4 && self.wrong.is_empty()
    }
}

fn print(scores: &BTreeMap<String, Score>) {
    println!("{:<28} {:>5} {:>5} {:>6} {:>6}", "lint", "cases", "found", "silent", "absent");
    for (lint, it) in scores {
        let mark = if it.is_good() { "" } else { "  below four in five, or wrong" };
        println!(
            "{lint:<28} {:>5} {:>5} {:>6} {:>6}{mark}",
            it.reported(),
            it.found,
            format!("{}/{}", it.quiet, it.quiet + it.wrong.len() as u32),
            it.absent,
        );
        it.missed.iter().for_each(|place| println!("    not found: {place}"));
        it.wrong.iter().for_each(|place| println!("    wrong: {place}"));
    }
    let sum = |count: fn(&Score) -> u32| scores.values().map(count).sum::<u32>();
    println!("{} of {} found, {} not at hand", sum(|it| it.found), sum(Score::reported), sum(|it| it.absent));
}
