//! Exit codes: part of the public interface, the same for every output format. With `--with`, cargo's own where it is larger.

use std::process::ExitCode;

/// Nothing at deny level.
pub const CLEAN: u8 = 0;
/// Findings at deny level.
pub const FINDINGS: u8 = 1;
/// A wrong invocation or configuration, or an error of our own.
pub const USAGE: u8 = 2;
/// Files were not analysed completely, and `--error-on incomplete` asks to fail then.
pub const INCOMPLETE: u8 = 3;

/// The process's exit code for one of the constants.
pub(crate) fn code(value: u8) -> ExitCode {
    ExitCode::from(value)
}
