//! `check`: run the pipeline, show the report, choose the exit code.

use std::path::Path;

use super::beside::{self, Beside};
use super::{current_dir, show};
use crate::cli::{CheckArgs, ErrorOn, subcommands};
use crate::config;
use crate::engine::{self, Policy};
use crate::exit;
use crate::failure::Failure;
use crate::output;
use crate::render::{PathBase, Paths};
use crate::report::Report;
use crate::suggest;
use crate::workspace::{self, Request};

/// Runs `check`.
///
/// # Errors
///
/// A wrong request: an unknown lint, a path that is not there, nothing to analyse.
pub(super) fn run(args: &CheckArgs) -> Result<u8, Failure> {
    let policy = Policy { asked: args.levels.asked()?, confidence: args.levels.confidence() };
    check_paths(args)?;
    check_manifest(args)?;
    let cwd = current_dir()?;
    let request = args.request(cwd.clone())?;
    if args.output.list_files {
        return list_files(args, &request, &cwd);
    }
    show::check_files(args)?;
    let beside = Beside::start(args)?;
    let report = engine::run(&request, &policy);
    let theirs = beside.map_or(Ok(exit::CLEAN), Beside::finish)?;
    let report = report?;
    show::show(args, &report, &cwd, beside::outcome(theirs))?;
    Ok(exit_code(args, &report).max(theirs))
}

/// A word that is no path may be a subcommand gone wrong.
fn check_paths(args: &CheckArgs) -> Result<(), Failure> {
    let missing = args.paths.iter().find(|path| !path.exists());
    let Some(missing) = missing.and_then(|path| path.to_str()) else { return Ok(()) };
    let failure = Failure::usage(format!("`{missing}`: no such file or directory"));
    let names = subcommands();
    Err(match suggest::nearest(missing, names.iter().map(String::as_str)) {
        Some(name) => failure.with_help(format!("did you mean the subcommand `{name}`?")),
        None => failure,
    })
}

/// The manifest is a file; its directory is a PATH.
fn check_manifest(args: &CheckArgs) -> Result<(), Failure> {
    let Some(path) = args.manifest_path().filter(|path| path.is_dir()) else { return Ok(()) };
    let failure = Failure::usage(format!("`{}`: a directory, not a manifest", path.display()));
    Err(failure.with_help(format!("write `--manifest-path {}`", path.join("Cargo.toml").display())))
}

fn list_files(args: &CheckArgs, request: &Request, cwd: &Path) -> Result<u8, Failure> {
    let discovered = workspace::discover(request)?;
    let rules = config::load(discovered.search(request))?.rules;
    let is_excluded = |path: &str| rules.excludes(&discovered.root.join(path), &discovered.named);
    let files = discovered.workspace.files.iter().map(|file| &*file.source.path);
    let mut paths: Vec<&str> = files.filter(|path| !is_excluded(path)).collect();
    paths.dedup();
    let base = args.path_base.base(PathBase::Workspace);
    let start = Paths::new(&discovered.root, base, cwd);
    let seen = paths.iter().map(|path| start.of(path));
    output::print(&seen.map(|path| format!("{path}\n")).collect::<String>())?;
    Ok(exit::CLEAN)
}

fn exit_code(args: &CheckArgs, report: &Report) -> u8 {
    if args.running.exit_zero {
        return exit::CLEAN;
    }
    if report.stats.deny > 0 {
        return exit::FINDINGS;
    }
    let fails = args.running.error_on.contains(&ErrorOn::Incomplete) && !report.incomplete.is_empty();
    if fails { exit::INCOMPLETE } else { exit::CLEAN }
}
