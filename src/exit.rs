//! Exit codes: part of the public interface, the same for every output format and with `--with` too.

use std::process::ExitCode;

/// Nothing at deny level.
pub const CLEAN: u8 = 0;
/// Findings at deny level.
pub const FINDINGS: u8 = 1;
/// A wrong invocation or configuration, or an error of our own.
pub const USAGE: u8 = 2;
/// Files were not analysed completely, and `--error-on incomplete` asks to fail then.
pub const INCOMPLETE: u8 = 3;

/// What a failed command of cargo counts as, whatever it ends with (mostly 101): what it says is as bad as findings at deny
/// level, and readers of ours know four codes.
pub(crate) const COMPANION_FAILED: u8 = FINDINGS;

/// The worse of two: a run that did not take place, then findings, then parts that were not analysed.
pub(crate) fn worse(a: u8, b: u8) -> u8 {
    let order = [USAGE, FINDINGS, INCOMPLETE];
    order.into_iter().find(|it| [a, b].contains(it)).unwrap_or(CLEAN)
}

/// The process's exit code for one of the constants.
pub(crate) fn code(value: u8) -> ExitCode {
    ExitCode::from(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_worse_than_what_was_not_analysed() {
        assert_eq!(worse(FINDINGS, INCOMPLETE), FINDINGS);
        assert_eq!(worse(INCOMPLETE, CLEAN), INCOMPLETE);
        assert_eq!(worse(FINDINGS, USAGE), USAGE);
        assert_eq!(worse(CLEAN, CLEAN), CLEAN);
    }
}
