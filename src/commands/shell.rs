//! `completions` and `man`: text for other programs, on standard output.

use crate::cli::{self, ManArgs, Shell};
use crate::exit;
use crate::failure::Failure;
use crate::output;
use crate::suggest;

/// Prints the completions for a shell.
///
/// # Errors
///
/// Where the output cannot be written.
pub(super) fn completions(shell: Shell) -> Result<u8, Failure> {
    print(&cli::generate_completions(shell))
}

/// Prints a manual page.
///
/// # Errors
///
/// Where there is no such subcommand, or the output cannot be written.
pub(super) fn man(args: &ManArgs) -> Result<u8, Failure> {
    let name = args.subcommand.as_deref();
    let Some(page) = cli::generate_man(name) else { return Err(unknown(name.unwrap_or_default())) };
    print(&page)
}

fn unknown(name: &str) -> Failure {
    let names = cli::subcommands();
    suggest::add_nearest(
        Failure::usage(format!("no subcommand `{name}`")),
        name,
        names.iter().map(String::as_str),
    )
}

fn print(text: &[u8]) -> Result<u8, Failure> {
    output::print(&String::from_utf8_lossy(text))?;
    Ok(exit::CLEAN)
}
