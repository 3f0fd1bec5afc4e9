//! Which of the findings a run reports on: those that the baseline does not know, in what has changed.
//!
//! In: what was asked ([`Scope`]), and every finding of the run before those of one cause are put together. Out: the findings
//! that remain, those of the baseline marked as suppressed, and what became of the rest ([`Scoped`]).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use safe_map_analysis::source::Workspace;

pub use crate::baseline::Choice as BaselineChoice;
pub use crate::changes::Origin as ChangesOrigin;

use crate::baseline::{self, Baseline, Coverage, Outcome, Seen};
use crate::changes::{self, Changes, Touch};
use crate::config;
use crate::failure::Failure;
use crate::levels::FileLevels;
use crate::report::{Reported, Suppressed};
use crate::workspace::{Request, TargetKind};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Findings that are known already.
    pub baseline: BaselineChoice,
    /// Report on changed lines only.
    pub changes: Option<ChangesOrigin>,
}

/// What became of the findings that are not reported.
#[derive(Debug, Default)]
pub struct Scoped {
    /// What the baseline says, where there is one.
    pub(crate) baseline: Option<Compared>,
    /// What the changes say, where only they were asked for.
    pub(crate) changes: Option<Elsewhere>,
}

/// A baseline and what it made of a run.
#[derive(Debug)]
pub(crate) struct Compared {
    pub(crate) path: PathBuf,
    pub(crate) outcome: Outcome,
}

/// What was left out because it has not changed.
#[derive(Clone, Debug)]
pub(crate) struct Elsewhere {
    /// Findings outside of the changed lines.
    pub(crate) findings: u64,
    /// Analysed files that have changed.
    pub(crate) files: usize,
    /// Why that may be none.
    pub(crate) warning: Option<String>,
}

impl Scoped {
    /// Whether the baseline has entries that nothing stands for any more.
    pub(crate) fn has_stale(&self) -> bool {
        self.baseline.as_ref().is_some_and(|it| !it.outcome.stale.is_empty())
    }
}

/// What was asked for, read.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    baseline: Option<Baseline>,
    changes: Option<Changes>,
}

/// Reads the baseline and the changes of the workspace around `root`, for a process that stands in `cwd`.
///
/// # Errors
///
/// See [`baseline::load`] and [`changes::load`].
pub(crate) fn load(scope: &Scope, root: &Path, cwd: &Path) -> Result<Loaded, Failure> {
    let changes = scope.changes.as_ref().map(|origin| changes::load(origin, root, cwd)).transpose()?;
    Ok(Loaded { baseline: baseline::load(&scope.baseline, root, cwd)?, changes })
}

/// What the findings are compared with.
pub(crate) struct View<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) root: &'a Path,
    pub(crate) coverage: Coverage,
    /// Say what is forbidden.
    pub(crate) levels: &'a FileLevels,
}

impl Loaded {
    /// Decides about all of `found`.
    pub(crate) fn apply(&self, found: Vec<Reported>, view: &View<'_>) -> (Vec<Reported>, Scoped) {
        let touch = self.changes.as_ref().map(|changes| Touch::new(changes, view.workspace, view.root));
        let about = |it: &Reported| touch.as_ref().is_none_or(|touch| touch.is_about(&it.finding));
        let mut found: Vec<(Reported, bool)> =
            found.into_iter().map(|it| (about(&it), it)).map(|(is_changed, it)| (it, is_changed)).collect();
        let baseline = self.baseline.as_ref().map(|baseline| Compared {
            path: baseline.path.clone(),
            outcome: compare(baseline, &mut found, view),
        });
        let left_out = found.iter().filter(|(it, is_changed)| it.is_active() && !is_changed).count();
        let changes = touch.map(|touch| Elsewhere {
            findings: left_out as u64,
            files: touch.files(),
            warning: touch.unknown(),
        });
        let kept = found.into_iter().filter(|(_, is_changed)| *is_changed).map(|(it, _)| it);
        (kept.collect(), Scoped { baseline, changes })
    }
}

/// Marks what the baseline knows.
fn compare(baseline: &Baseline, found: &mut [(Reported, bool)], view: &View<'_>) -> Outcome {
    let seen = |(it, is_changed): &(Reported, bool)| {
        let primary = it.finding.primary;
        let snippet = primary.span.text(&view.workspace.file(primary.file).source.text);
        Seen { key: baseline::key(it, snippet), known: baseline::Known::one(it), is_changed: *is_changed }
    };
    let active: Vec<Seen> = found.iter().filter(|(it, _)| it.is_active()).map(seen).collect();
    let outcome = baseline::judge(&baseline.entries, &active, &view.coverage);
    let active = found.iter_mut().map(|(it, _)| it).filter(|it| it.is_active());
    // What is forbidden is reported whatever a file says, as in rustc.
    let is_forbidden = |it: &Reported| view.levels.of(it.finding.primary.file).is_forbidden(it.finding.lint);
    let known = active.zip(&outcome.is_known).filter(|(it, is_known)| **is_known && !is_forbidden(it));
    for (it, _) in known {
        let place = it.finding.primary;
        it.suppressed = Some(Suppressed { kind: baseline::KIND, reason: None, place });
    }
    outcome
}

/// The packages of which a run for `request` sees every finding; `None` where that is all there are.
pub(crate) fn whole_packages(
    request: &Request,
    root: &Path,
    reported: BTreeSet<String>,
) -> Option<BTreeSet<String>> {
    let targets = &request.targets.kinds;
    let has_all_targets = targets.contains(&TargetKind::Lib) && targets.contains(&TargetKind::Bin);
    let named: Vec<PathBuf> = request.paths.iter().map(|path| request.cwd.join(path)).collect();
    let top = config::workspace_root(root);
    let holds_top = |path: &PathBuf| path.canonicalize().is_ok_and(|path| top.starts_with(path));
    let is_top = named.is_empty() || named.iter().any(holds_top);
    let holds_packages = is_top || named.iter().all(|path| path.join("Cargo.toml").is_file());
    if !has_all_targets || !holds_packages {
        return Some(BTreeSet::new());
    }
    let chosen = &request.packages;
    let is_all = is_top && chosen.include.is_empty() && chosen.exclude.is_empty();
    (!is_all).then_some(reported)
}
