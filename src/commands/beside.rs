//! `--with`: a command of cargo that runs while the analysis does, so that one invocation answers for both.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

use crate::cli::{CheckArgs, Companion, MessageFormat};
use crate::failure::Failure;
use crate::output;
use crate::render::Outcome;

/// A command that runs.
pub(super) struct Beside {
    child: Child,
    /// Passes its messages through, where they are ours too.
    reader: Option<JoinHandle<Result<(), Failure>>>,
}

impl Beside {
    /// Starts the command that `--with` names, on the packages and targets that are analysed.
    ///
    /// # Errors
    ///
    /// Where the request has no one workspace, or cargo cannot be run.
    pub(super) fn start(args: &CheckArgs) -> Result<Option<Beside>, Failure> {
        let Some(companion) = args.formats.with else { return Ok(None) };
        let is_shared = args.output.message_format == MessageFormat::RustcJson;
        let mut command = command(companion, args)?;
        if is_shared {
            command.arg("--message-format=json").stdout(Stdio::piped());
        }
        let child = command.spawn();
        let mut child = child.map_err(|error| Failure::usage(format!("cargo cannot be run: {error}")))?;
        let reader = child.stdout.take().map(|stdout| std::thread::spawn(move || pass_through(stdout)));
        Ok(Some(Beside { child, reader }))
    }

    /// Waits for its end: whether all is well. A command that was killed has failed.
    ///
    /// # Errors
    ///
    /// Where its messages cannot be passed on.
    pub(super) fn finish(mut self) -> Result<Outcome, Failure> {
        let passed = self.reader.take().map(JoinHandle::join);
        let status = self.child.wait();
        if let Some(Ok(passed)) = passed {
            passed?;
        }
        let is_success = status.is_ok_and(|status| status.success());
        Ok(if is_success { Outcome::Success } else { Outcome::Failure })
    }
}

fn command(companion: Companion, args: &CheckArgs) -> Result<Command, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.arg(companion.as_str()).args(args.cargo_args()).stdin(Stdio::null());
    if let Some(manifest) = manifest(args)? {
        command.arg("--manifest-path").arg(manifest);
    }
    Ok(command)
}

/// The manifest where it is not that of the current directory.
fn manifest(args: &CheckArgs) -> Result<Option<PathBuf>, Failure> {
    let named = args.manifest_path().map(Path::to_owned);
    match args.paths.as_slice() {
        [] => Ok(named),
        [path] if path.ends_with("Cargo.toml") => Ok(Some(path.clone())),
        [path] if path.join("Cargo.toml").is_file() => Ok(Some(path.join("Cargo.toml"))),
        _ => {
            let failure = Failure::usage("`--with` needs one workspace");
            Err(failure.with_help("name one directory that has a `Cargo.toml`, or none"))
        }
    }
}

/// Every line but the one that says how the build ended: ours says it for both, at the end.
fn pass_through(stdout: ChildStdout) -> Result<(), Failure> {
    for line in BufReader::new(stdout).split(b'\n') {
        let line =
            line.map_err(|error| Failure::usage(format!("cargo's messages cannot be read: {error}")))?;
        let line = String::from_utf8_lossy(&line);
        if !line.contains(r#""reason":"build-finished""#) {
            output::print(&format!("{line}\n"))?;
        }
    }
    Ok(())
}
