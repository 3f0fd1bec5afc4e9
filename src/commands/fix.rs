//! `check --fix` and `check --diff`: the same fixes, written or shown.

use std::path::{Path, PathBuf};

use safe_map_lints::Confidence;

use super::{check, current_dir, show};
use crate::cli::{CheckArgs, Fixing};
use crate::config;
use crate::engine::{self, Extent, Policy, Within};
use crate::exit;
use crate::failure::Failure;
use crate::fix::rounds::{World, converge};
use crate::fix::{Outcome, Trust, diff, fixable, vcs, write};
use crate::output;
use crate::render;
use crate::report::Report;
use crate::scope::{self, Scope};
use crate::timings::Timings;
use crate::workspace::{self, Discovered, Meant, Request};

/// Runs `check` with fixes.
///
/// # Errors
///
/// Those of a check; where version control does not keep what would be overwritten; where a file cannot be written.
pub(super) fn run(
    args: &CheckArgs,
    request: &Request,
    policy: &Policy,
    fixing: Fixing,
) -> Result<u8, Failure> {
    let (Fixing::Write(trust, _) | Fixing::Show(trust)) = fixing;
    let outcome = outcome(args, request, policy, trust)?;
    match fixing {
        Fixing::Show(_) => show(args, &outcome),
        Fixing::Write(_, permits) => apply(args, &outcome, permits),
    }
}

fn outcome(args: &CheckArgs, request: &Request, policy: &Policy, trust: Trust) -> Result<Outcome, Failure> {
    let discovered = workspace::discover(request)?;
    let config = config::load(discovered.search(request))?;
    let root = discovered.root.clone();
    // What the baseline knows is suppressed, and what is suppressed is not fixed.
    let loaded = scope::load(&policy.scope, &root, &request.cwd)?;
    let within = Within { loaded: &loaded, request };
    let strict = strict(args)?;
    let lint_by = |policy: &Policy, discovered: Discovered| {
        let test_code = request.targets.test_code;
        engine::analyse(discovered, &config, policy, test_code, within, Timings::start()).0
    };
    let lint = |discovered: Discovered| lint_by(policy, discovered);
    // What a fix breaks may be in files that are not reported on.
    let lint_strictly =
        |discovered: Discovered| lint_by(&strict, Discovered { meant: Meant::default(), ..discovered });
    let taboo = |path: &str, text: &str| write::taboo(&root, path, text);
    Ok(converge(discovered, &World { lint: &lint, lint_strictly: &lint_strictly, taboo: &taboo, trust }))
}

/// The eyes that look at what fixes make.
fn strict(args: &CheckArgs) -> Result<Policy, Failure> {
    let asked = args.levels.strict()?;
    Ok(Policy { asked, confidence: Confidence::Possible, scope: Scope::default(), extent: Extent::Findings })
}

/// As ruff has it: the diff is the output, and there being one is a failure.
fn show(args: &CheckArgs, outcome: &Outcome) -> Result<u8, Failure> {
    output::print_raw(&diff::unified(outcome))?;
    tell(args, outcome, "would be applied");
    let is_changed = !outcome.changes.is_empty() && !args.running.exit_zero;
    Ok(if is_changed { exit::FINDINGS } else { exit::CLEAN })
}

fn apply(args: &CheckArgs, outcome: &Outcome, permits: vcs::Permits) -> Result<u8, Failure> {
    let root = &outcome.report.root;
    let left = write::sweep(&outcome.report);
    if left > 0 && !args.output.quiet {
        let files = counted(left, "temporary file", "temporary files");
        output::note(&format!("note: {files} of a run that was killed removed"));
    }
    vcs::check(&real_paths(root, outcome), permits)?;
    let failed = write::write_all(root, outcome);
    if !failed.is_empty() {
        return Err(not_written(outcome, &failed));
    }
    show::show(args, &outcome.report, &current_dir()?, render::Outcome::Success)?;
    tell(args, outcome, "applied");
    Ok(check::exit_code(args, &outcome.report))
}

fn real_paths(root: &Path, outcome: &Outcome) -> Vec<PathBuf> {
    let paths = outcome.changes.keys().map(|path| root.join(&**path));
    paths.map(|path| path.canonicalize().unwrap_or(path)).collect()
}

fn not_written(outcome: &Outcome, failed: &[(String, String)]) -> Failure {
    let all = counted(outcome.changes.len(), "file was", "files were");
    let mut message = format!("{} of {all} not written", failed.len());
    for (path, why) in failed {
        message.push_str(&format!("\n    {path}: {why}"));
    }
    Failure::usage(message).with_help(advice(outcome.changes.len() - failed.len()))
}

/// What to do where so many files, and not all, were written.
fn advice(written: usize) -> &'static str {
    match written {
        0 => "no file was changed: run it again",
        1 => "the other file has its fixes: run it again",
        _ => "the others have their fixes: run it again",
    }
}

/// Says how many of the findings the tool can fix.
pub(super) fn offer(report: &Report) {
    let (safe, all) = (fixable(report, Trust::Safe), fixable(report, Trust::Unsafe));
    match (safe, all - safe) {
        (0, 0) => {}
        (safe, 0) => output::note(&format!("fixable: {safe} with `--fix`")),
        (0, more) => output::note(&format!("fixable: {more} with `--fix --unsafe-fixes`")),
        (safe, more) => {
            output::note(&format!("fixable: {safe} with `--fix`, {more} more with `--fix --unsafe-fixes`"));
        }
    }
}

fn tell(args: &CheckArgs, outcome: &Outcome, verb: &str) {
    if args.output.quiet {
        return;
    }
    outcome.notes.iter().for_each(|it| output::note(it));
    let (fixes, files) = (outcome.applied, outcome.changes.len());
    output::note(&format!(
        "{verb}: {} in {}",
        counted(fixes, "fix", "fixes"),
        counted(files, "file", "files")
    ));
    if outcome.withheld > 0 {
        let more = counted(outcome.withheld, "more fix needs", "more fixes need");
        output::note(&format!("{more} `--unsafe-fixes`: what the program means may change"));
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_not_there_have_no_fixes() {
        assert!(advice(0).starts_with("no file"));
        assert!(advice(1).starts_with("the other file has"));
        assert!(advice(2).starts_with("the others have"));
    }
}
