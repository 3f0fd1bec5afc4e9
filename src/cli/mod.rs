//! The command line: what can be asked, and how it is written.

mod baseline;
mod check;
mod conditions;
mod config;
mod fix;
mod formats;
mod init;
mod input;
mod levels;
mod maps;
mod scope;
mod shell;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub(crate) use baseline::{BaselineAction, BaselineArgs, BaselineShowArgs};
pub(crate) use check::{CheckArgs, ColorWhen, ErrorOn, GroupBy};
pub(crate) use config::{ConfigCommand, ShowArgs};
pub(crate) use fix::Fixing;
pub(crate) use formats::{Companion, Destination, MessageFormat};
pub(crate) use init::{InitArgs, Part};
pub(crate) use maps::{MapsArgs, MapsFormat};
pub(crate) use shell::{ManArgs, Shell, generate_completions, generate_man};

use crate::suggest;

/// Finds deadlocks, races and undefined behaviour in the shared maps of a Rust workspace, from source alone.
#[derive(Debug, Parser)]
#[command(name = "cargo-safe-map-lint", bin_name = "cargo safe-map-lint", version, max_term_width = 110)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 nothing at deny level, 1 findings at deny level, 2 usage or internal error, \
                        3 incomplete (with --error-on incomplete)."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    check: CheckArgs,
}

/// What can be asked.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Analyse and report; what happens when no subcommand is named
    Check(Box<CheckArgs>),
    /// Show the page of a lint (why, fires, silent, fix, limits), what a method locks and for how long, or one finding
    Explain {
        /// The lint; or the method: `DashMap::len`, `dashmap::DashMap::len`, `len` for all types that have it; or the
        /// fingerprint of a finding in the workspace around the current directory, or its first eight digits and more
        #[arg(value_name = "LINT|METHOD|FINGERPRINT")]
        subject: String,
    },
    /// List every lint with its group, its level and whether it fixes
    List {
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Show what is configured, or what can be
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Show what is believed to be alive at a line: the answer to "why silent?"
    Held {
        /// Where; a column behind it, as in the place of a finding, is accepted
        #[arg(value_name = "FILE:LINE[:COLUMN]")]
        place: String,
    },
    /// The findings that a codebase has already: write them down, so that only new ones fail
    Baseline(BaselineArgs),
    /// Write the CI job, the pre-commit hook and the editor settings; files that are there already stay as they are
    Init(InitArgs),
    /// Write completions for a shell to standard output
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Write the manual page to standard output
    Man(ManArgs),
    /// List every shared map of the workspace: where it is used and how, what it is held across, and what would fit it
    Maps(Box<MapsArgs>),
    /// Show what the analysis sees: the first thing a bug report needs
    Dump {
        /// Which stage
        #[arg(value_enum)]
        stage: Stage,
        /// The file
        file: PathBuf,
    },
}

/// The stages that can be dumped.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Stage {
    /// What one file says, as JSON
    Facts,
    /// Types, fields and signatures of the workspace
    Model,
    /// Guards and events of the file's functions
    Flow,
}

/// Parses the process's arguments, with or without the `safe-map-lint` that cargo puts first.
///
/// # Errors
///
/// Clap's, which prints itself; help and version come the same way.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, clap::Error> {
    let args = without_cargo_name(args.into_iter().collect());
    let matches = cli().try_get_matches_from(&args).map_err(|error| subcommand_meant(error, &args))?;
    let parsed = Cli::from_arg_matches(&matches)?;
    let mut command = parsed.command.unwrap_or_else(|| Command::Check(Box::new(parsed.check)));
    match &mut command {
        Command::Check(args) => args.levels.set_order(within(&matches, &["check"])),
        Command::Config { command: ConfigCommand::Show(args) } => {
            args.levels.set_order(within(&matches, &["config", "show"]));
        }
        _ => {}
    }
    if let (Command::Baseline(args), Some(own)) = (&mut command, matches.subcommand_matches("baseline")) {
        args.finish(own)?;
    }
    Ok(command)
}

/// What was matched for a subcommand; for `check`, which need not be named, everything.
fn within<'a>(matches: &'a ArgMatches, names: &[&str]) -> &'a ArgMatches {
    names.iter().fold(matches, |it, name| it.subcommand_matches(name).unwrap_or(it))
}

/// The whole command line.
fn cli() -> clap::Command {
    Cli::command().mut_subcommand("baseline", baseline::hide_reporting)
}

/// Cargo runs `cargo-safe-map-lint safe-map-lint ..` and says so by `$CARGO`.
fn without_cargo_name(mut args: Vec<OsString>) -> Vec<OsString> {
    let by_cargo =
        std::env::var_os("CARGO").is_some() && args.get(1).is_some_and(|arg| arg == "safe-map-lint");
    if by_cargo {
        args.remove(1);
    }
    args
}

/// The flags of a mistyped subcommand are unknown: what is wrong then is the subcommand.
fn subcommand_meant(error: clap::Error, args: &[OsString]) -> clap::Error {
    let word = args.get(1).and_then(|arg| arg.to_str()).filter(|word| !Path::new(word).exists());
    let (ErrorKind::UnknownArgument, Some(word)) = (error.kind(), word) else { return error };
    let names = subcommands();
    match suggest::nearest(word, names.iter().map(String::as_str)) {
        Some(name) if name != word => {
            let message = format!("no subcommand `{word}`; did you mean the subcommand `{name}`?");
            cli().error(ErrorKind::InvalidSubcommand, message)
        }
        _ => error,
    }
}

/// The names of the subcommands, for "did you mean".
pub(crate) fn subcommands() -> Vec<String> {
    cli().get_subcommands().map(|it| it.get_name().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declaration_is_consistent() {
        cli().debug_assert();
    }
}
