//! `baseline`: the flags of `check` that choose what is analysed, and none of those that choose how it is reported.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, Subcommand};

use super::CheckArgs;

/// The headings of the flags that say how findings are reported.
const REPORTING: [&str; 3] = ["Output", "Scope", "Fixes"];

/// Flags under those headings, and others, that mean something here all the same, or nothing.
const KEPT: [&str; 2] = ["baseline", "quiet"];
const DROPPED: [&str; 3] = ["exit_zero", "error_on", "with"];

#[derive(Debug, Args)]
pub(crate) struct BaselineArgs {
    #[command(subcommand)]
    pub(crate) action: BaselineAction,
}

/// What happens to the baseline.
#[derive(Debug, Subcommand)]
pub(crate) enum BaselineAction {
    /// Write down everything that is found now
    Update(Box<CheckArgs>),
    /// Take out what is not found any more, and add nothing
    Prune(Box<CheckArgs>),
    /// Show what the baseline says; nothing is analysed
    Show(BaselineShowArgs),
}

#[derive(Debug, Args)]
pub(crate) struct BaselineShowArgs {
    /// The baseline; `safe-map-lint-baseline.json` at the workspace's root where not given
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// As a JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

impl BaselineArgs {
    /// Does what clap cannot: the order of levels, and flags that would have no effect.
    pub(super) fn finish(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let Some((name, own)) = matches.subcommand() else { return Ok(()) };
        let (BaselineAction::Update(args) | BaselineAction::Prune(args)) = &mut self.action else {
            return Ok(());
        };
        args.levels.set_order(own);
        let mut command = super::cli();
        let command = command.find_subcommand_mut("baseline").and_then(|it| it.find_subcommand_mut(name));
        command.map_or(Ok(()), |command| refuse_reporting(command, own))
    }
}

fn refuse_reporting(command: &mut Command, matches: &ArgMatches) -> Result<(), clap::Error> {
    let is_given = |arg: &&Arg| matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
    let given = command.get_arguments().find(|arg| is_reporting(arg) && is_given(arg));
    let Some(flag) = given.and_then(Arg::get_long) else { return Ok(()) };
    let message = format!("'--{flag}' says how findings are reported, and here none are");
    Err(command.error(ErrorKind::ArgumentConflict, message))
}

/// Leaves the flags that mean nothing here out of the help.
pub(super) fn hide_reporting(command: Command) -> Command {
    let hide = |arg: Arg| {
        let hidden = is_reporting(&arg);
        arg.hide(hidden)
    };
    ["update", "prune"].into_iter().fold(command, |it, name| it.mut_subcommand(name, |it| it.mut_args(hide)))
}

fn is_reporting(arg: &Arg) -> bool {
    let id = arg.get_id().as_str();
    let is_under = arg.get_help_heading().is_some_and(|heading| REPORTING.contains(&heading));
    DROPPED.contains(&id) || (is_under && !KEPT.contains(&id))
}
