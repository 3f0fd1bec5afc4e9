//! The subcommands: each turns parsed arguments into output and an exit code.

mod baseline;
mod beside;
mod check;
mod config;
mod dump;
mod explain;
mod finding;
mod fix;
mod held;
mod init;
mod list;
mod maps;
mod method;
mod outputs;
mod shell;
mod show;

use std::borrow::Cow;
use std::ffi::OsString;
use std::process::ExitCode;

use crate::cli::{self, Command};
use crate::exit;
use crate::failure::Failure;
use crate::output;
use crate::visible;
use crate::workspace::STACK_BYTES;

/// Runs the command with these arguments, the program's name first.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let command = match cli::parse(args) {
        Ok(command) => command,
        Err(error) => return usage(&error),
    };
    match run(&command) {
        Ok(code) => exit::code(code),
        Err(failure) => {
            output::note(&failure.to_string());
            exit::code(exit::USAGE)
        }
    }
}

/// Help and version are answers, everything else that clap says is a usage error.
fn usage(error: &clap::Error) -> ExitCode {
    let plain = error.to_string();
    match visible::text(&plain) {
        // Where nobody reads the help there is nothing to be done about it.
        Cow::Borrowed(_) => drop(error.print()),
        // It repeats an argument that a terminal must not see.
        Cow::Owned(_) => output::note(plain.trim_end()),
    }
    exit::code(if error.use_stderr() { exit::USAGE } else { exit::CLEAN })
}

fn run(command: &Command) -> Result<u8, Failure> {
    match command {
        Command::Check(args) => in_pool(args.running.jobs, || check::run(args)),
        Command::Explain { subject } => in_pool(None, || explain::run(subject)),
        Command::List { json } => list::run(if *json { list::Form::Json } else { list::Form::Table }),
        Command::Config { command } => in_pool(None, || config::run(command)),
        Command::Baseline(args) => in_pool(None, || baseline::run(args)),
        Command::Init(args) => init::run(args),
        Command::Completions { shell } => shell::completions(*shell),
        Command::Man(args) => shell::man(args),
        Command::Held { place } => in_pool(None, || held::run(place)),
        Command::Maps(args) => in_pool(args.jobs, || maps::run(args)),
        Command::Dump { stage, file } => in_pool(None, || dump::run(*stage, file)),
    }
}

/// Runs `work` on a rayon pool of our own, whose threads have the stack that parsing needs.
fn in_pool<T: Send>(
    jobs: Option<u16>,
    work: impl FnOnce() -> Result<T, Failure> + Send,
) -> Result<T, Failure> {
    let threads = jobs.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES).build();
    let pool = pool.map_err(|error| Failure::usage(format!("no threads: {error}")))?;
    pool.install(work)
}

fn current_dir() -> Result<std::path::PathBuf, Failure> {
    std::env::current_dir().map_err(|error| Failure::usage(format!("no current directory: {error}")))
}
