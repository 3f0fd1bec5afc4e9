//! `check`: run the pipeline, show the report, choose the exit code.

use safe_map_analysis::source::FileId;

use super::beside::Beside;
use super::{current_dir, fix, outputs, show};
use crate::cli::{CheckArgs, ErrorOn, MessageFormat, subcommands};
use crate::config;
use crate::engine::{self, Extent, Policy};
use crate::exit;
use crate::failure::Failure;
use crate::output;
use crate::progress::Progress;
use crate::render::{Outcome, PathBase, Paths};
use crate::report::Report;
use crate::scope::Scope;
use crate::suggest;
use crate::workspace::{self, Request};

/// Runs `check`.
///
/// # Errors
///
/// A wrong request: an unknown lint, a path that is not there, nothing to analyse.
pub(super) fn run(args: &CheckArgs) -> Result<u8, Failure> {
    if args.output.list_files {
        return list_files(args);
    }
    outputs::check(args)?;
    if let Some(fixing) = args.fix.fixing() {
        let (request, policy) = prepare(args, args.scope.scope())?;
        return fix::run(args, &request, &policy, fixing);
    }
    let beside = Beside::start(args)?;
    let report = analyse(args, args.scope.scope());
    let theirs = beside.map_or(Ok(Outcome::Success), Beside::finish)?;
    let report = report?;
    show::show(args, &report, &current_dir()?, theirs)?;
    if !args.output.quiet && !args.output.message_format.is_stream() {
        fix::offer(&report);
    }
    let ours = exit_code(args, &report);
    Ok(match theirs {
        Outcome::Success => ours,
        Outcome::Failure => exit::worse(ours, exit::COMPANION_FAILED),
    })
}

/// Runs the pipeline for what `args` choose.
///
/// # Errors
///
/// As for [`run`].
pub(super) fn analyse(args: &CheckArgs, scope: Scope) -> Result<Report, Failure> {
    let (request, policy) = prepare(args, scope)?;
    // Where cargo runs beside, its own bar is on the terminal.
    let _progress = Progress::start(args.output.quiet || args.formats.with.is_some());
    engine::run(&request, &policy)
}

fn prepare(args: &CheckArgs, scope: Scope) -> Result<(Request, Policy), Failure> {
    let policy = Policy {
        asked: args.levels.asked()?,
        confidence: args.levels.confidence(),
        scope,
        extent: extent(args),
    };
    check_paths(args)?;
    check_manifest(args)?;
    Ok((args.request(current_dir()?)?, policy))
}

/// The page is the only format that shows maps.
fn extent(args: &CheckArgs) -> Extent {
    let files = args.formats.files.iter().map(|it| it.format);
    let mut formats = files.chain([args.output.message_format]);
    if formats.any(|it| it == MessageFormat::Html) { Extent::Inventory } else { Extent::Findings }
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

fn list_files(args: &CheckArgs) -> Result<u8, Failure> {
    let (request, _) = prepare(args, Scope::default())?;
    let discovered = workspace::discover(&request)?;
    let rules = config::load(discovered.search(&request))?.rules;
    let is_excluded = |path: &str| rules.excludes(&discovered.root.join(path), &discovered.named);
    let workspace = &discovered.workspace;
    let (outside, own): (Vec<FileId>, Vec<FileId>) =
        workspace.file_ids().partition(|it| workspace.is_outside(*it));
    let path = |id: &FileId| &*workspace.file(*id).source.path;
    let mut paths: Vec<&str> =
        own.iter().map(path).filter(|path| discovered.meant.holds(path) && !is_excluded(path)).collect();
    paths.dedup();
    let base = args.path_base.base(PathBase::Workspace);
    let start = Paths::new(&discovered.root, base, &request.cwd);
    let own = paths.iter().map(|path| format!("{}\n", start.of(path)));
    let package = |id: &FileId| &workspace.krate(workspace.file(*id).source.krate).package;
    let outside = outside.iter().map(|it| format!("{} (of {})\n", start.of(path(it)), package(it)));
    output::print_raw(&own.chain(outside).collect::<String>())?;
    Ok(exit::CLEAN)
}

/// What the process ends with.
pub(super) fn exit_code(args: &CheckArgs, report: &Report) -> u8 {
    if args.running.exit_zero {
        return exit::CLEAN;
    }
    let asked = |what: ErrorOn| args.running.error_on.contains(&what);
    if report.stats.deny > 0 || asked_findings(report, asked) {
        return exit::FINDINGS;
    }
    let fails = asked(ErrorOn::Incomplete) && !report.incomplete.is_empty();
    if fails { exit::INCOMPLETE } else { exit::CLEAN }
}

/// What `--error-on` makes as bad as a finding at deny level.
fn asked_findings(report: &Report, asked: impl Fn(ErrorOn) -> bool) -> bool {
    let mut active = report.findings.iter().filter(|it| it.is_active());
    (asked(ErrorOn::New) && active.clone().next().is_some())
        || (asked(ErrorOn::UnusedSuppression) && active.any(|it| it.finding.lint == "unused_suppression"))
        || (asked(ErrorOn::StaleBaseline) && report.scoped.has_stale())
}
