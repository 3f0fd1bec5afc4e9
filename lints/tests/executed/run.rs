//! Runs each case in a process of its own, several at a time, and says how it ended.

use std::fmt::{Display, Formatter, Result};
use std::process::Command;

use rayon::prelude::*;
use safe_map_analysis::facts::Edition;

use crate::crates::{HANGS, Program};
use crate::support::Case;

/// Nearly all that run at one time are asleep in a deadlock, so this has nothing to do with the number of processors.
const AT_A_TIME: usize = 64;

/// What a marked case may take. Each of them uses it up.
const PATIENCE_WITH_MARKED: u64 = 2;
/// What another may take: only one that is wrong uses it up, so a slow machine makes no case wrong.
const PATIENCE: u64 = 30;

/// What a lock says that panics rather than wait for its own thread: `RefCell`, or the RwLock of some systems.
const REFUSALS: [&str; 3] = ["already borrowed", "already mutably borrowed", "would result in deadlock"];

/// How a process ended.
#[derive(PartialEq, Eq)]
pub(crate) enum Outcome {
    /// By itself.
    Finishes,
    /// By the watchdog.
    Hangs,
    /// By the panic of a lock that would otherwise wait for its own thread.
    Refuses,
    /// By another panic or a signal: what it wrote to stderr.
    Dies(String),
}

impl Display for Outcome {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self {
            Outcome::Finishes => out.write_str("it finishes"),
            Outcome::Hangs => out.write_str("it hangs"),
            Outcome::Refuses => out.write_str("a lock refuses to wait"),
            Outcome::Dies(why) => write!(out, "it dies: {why}"),
        }
    }
}

/// A case that was run.
pub(crate) struct Execution<'a> {
    /// The case.
    pub(crate) case: &'a Case,
    /// The edition it was compiled in.
    pub(crate) edition: Edition,
    /// How it ended.
    pub(crate) outcome: Outcome,
}

impl Display for Execution<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        write!(out, "{}: {} ({})", self.case.file, self.case.name, self.edition.as_str())
    }
}

/// Runs them all.
pub(crate) fn all<'a>(programs: &[Program<'a>]) -> Vec<Execution<'a>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(AT_A_TIME).build().expect("threads");
    pool.install(|| programs.par_iter().with_max_len(1).map(execution).collect())
}

fn execution<'a>(program: &Program<'a>) -> Execution<'a> {
    let Program { case, edition, .. } = *program;
    let patience = if crate::is_marked(case, edition) { PATIENCE_WITH_MARKED } else { PATIENCE };
    Execution { case, edition, outcome: outcome(program, patience) }
}

fn outcome(program: &Program<'_>, patience: u64) -> Outcome {
    let mut command = Command::new(&program.binary);
    command.arg(&program.module).arg(patience.to_string()).env("RUST_BACKTRACE", "0");
    let output = command.output().expect("a process");
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => Outcome::Finishes,
        Some(HANGS) => Outcome::Hangs,
        _ if REFUSALS.iter().any(|it| said.contains(it)) => Outcome::Refuses,
        _ => Outcome::Dies(said.trim().to_string()),
    }
}
