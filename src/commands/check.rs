//! `check`: run the pipeline, show the report, choose the exit code.

use safe_map_lints::LINTS;

use super::current_dir;
use crate::cli::{CheckArgs, ErrorOn, MessageFormat, subcommands};
use crate::engine::{self, Extent, Policy};
use crate::exit;
use crate::failure::Failure;
use crate::levels::Levels;
use crate::output::{self, Look};
use crate::render::summary::{self, Detail};
use crate::render::{self, Shown, Suppressed};
use crate::report::Report;
use crate::suggest;
use crate::workspace;

/// Runs `check`.
///
/// # Errors
///
/// A wrong request: an unknown lint, a path that is not there, nothing to analyse.
pub(super) fn run(args: &CheckArgs) -> Result<u8, Failure> {
    let levels = Levels::resolve(LINTS, args.levels.choices(), &args.levels.only, args.levels.cap())?;
    let policy = Policy { levels, confidence: args.levels.confidence(), extent: extent(args) };
    check_paths(args)?;
    check_manifest(args)?;
    let request = args.request(current_dir()?);
    if args.output.list_files {
        return list_files(&request);
    }
    let report = engine::run(&request, &policy)?;
    show(args, &report)?;
    Ok(exit_code(args, &report))
}

/// The page is the only format that shows maps.
fn extent(args: &CheckArgs) -> Extent {
    match args.output.message_format {
        MessageFormat::Html => Extent::Inventory,
        MessageFormat::Human | MessageFormat::Short | MessageFormat::Json => Extent::Findings,
    }
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

fn list_files(request: &workspace::Request) -> Result<u8, Failure> {
    let discovered = workspace::discover(request)?;
    let mut paths: Vec<&str> = discovered.workspace.files.iter().map(|file| &*file.source.path).collect();
    paths.dedup();
    output::print(&paths.iter().map(|path| format!("{path}\n")).collect::<String>())?;
    Ok(exit::CLEAN)
}

fn show(args: &CheckArgs, report: &Report) -> Result<(), Failure> {
    let options = &args.output;
    let suppressed = if options.show_suppressed { Suppressed::Show } else { Suppressed::Hide };
    let shown = Shown { suppressed, limit: options.max_diagnostics };
    let text = match options.message_format {
        MessageFormat::Human => render::human(report, shown, Look::detect(options.color)),
        MessageFormat::Short => render::short(report, shown),
        MessageFormat::Json => render::json(report, shown),
        MessageFormat::Html => render::html(report, shown),
    };
    output::print(&text)?;
    for line in notes(args, report) {
        output::note(&line);
    }
    Ok(())
}

/// What standard error gets. A clean run in a format for people says one line.
fn notes(args: &CheckArgs, report: &Report) -> Vec<String> {
    let options = &args.output;
    let mut lines = Vec::new();
    if !options.quiet {
        lines.extend(report.notes.iter().map(|note| format!("note: {note}")));
        let detail = if options.verbose { Detail::All } else { Detail::Some };
        lines.extend(summary::incomplete(report, detail));
    }
    if options.statistics {
        lines.extend(summary::statistics(report));
    }
    if options.timings {
        lines.extend(summary::timings(report));
    }
    if !options.quiet && options.message_format != MessageFormat::Json {
        lines.push(summary::counts(report));
    }
    lines
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
