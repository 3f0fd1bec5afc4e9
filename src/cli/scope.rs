//! The flags that say which findings a run reports on.

use std::path::PathBuf;

use clap::Args;

use crate::scope::{BaselineChoice, ChangesOrigin, Scope};

#[derive(Debug, Args)]
#[command(next_help_heading = "Scope")]
pub(crate) struct ScopeArgs {
    /// Report on what has changed since this revision was left (the merge base with HEAD; the working tree counts).
    /// Everything is analysed; a finding is reported where one of its places is in changed lines
    // A fix moves the lines that the next round of fixes would be looked for in.
    #[arg(long, value_name = "REF", conflicts_with = "fixing")]
    since: Option<String>,
    /// Report on what a unified diff changes; `-` reads it from standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["since", "fixing"])]
    in_diff: Option<PathBuf>,
    /// The baseline; `safe-map-lint-baseline.json` at the workspace's root where not given
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Report what the baseline knows too
    #[arg(long, conflicts_with = "baseline")]
    no_baseline: bool,
}

impl ScopeArgs {
    /// What a check reports on.
    pub(crate) fn scope(&self) -> Scope {
        let baseline = match (self.no_baseline, &self.baseline) {
            (true, _) => BaselineChoice::None,
            (false, file) => BaselineChoice::Compare(file.clone()),
        };
        let since = self.since.clone().map(ChangesOrigin::Since);
        Scope { baseline, changes: since.or(self.in_diff.clone().map(ChangesOrigin::Diff)) }
    }

    /// The files that are read for it, where they are named.
    pub(super) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.in_diff.iter().chain(&self.baseline)
    }

    /// What an old baseline is compared with: everything.
    pub(crate) fn for_prune(&self) -> Scope {
        Scope { baseline: BaselineChoice::Compare(self.baseline.clone()), changes: None }
    }

    /// What a new baseline is made of: everything.
    pub(crate) fn for_update(&self) -> Scope {
        Scope { baseline: BaselineChoice::Update(self.baseline.clone()), changes: None }
    }
}
