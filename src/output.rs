//! Standard output and standard error: colours, widths, and readers that go away.

use std::io::{self, IsTerminal as _, Write};

use crate::cli::ColorWhen;
use crate::failure::Failure;
use crate::visible;

/// How a report may look on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// Escape sequences, and links.
    pub(crate) style: Style,
    /// Columns.
    pub(crate) width: usize,
}

/// How rich the output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Colours, links, lines of Unicode.
    Colored,
    /// Lines of Unicode.
    Unicode,
    /// ASCII, for files and logs.
    Plain,
}

impl Look {
    /// Looks at standard output and the environment (`NO_COLOR`, `CLICOLOR_FORCE`, `TERM`, `COLUMNS`).
    pub(crate) fn detect(when: ColorWhen) -> Look {
        let choice = match when {
            ColorWhen::Auto => anstream::AutoStream::choice(&io::stdout()),
            ColorWhen::Always => anstream::ColorChoice::Always,
            ColorWhen::Never => anstream::ColorChoice::Never,
        };
        let style = match choice {
            anstream::ColorChoice::Never if io::stdout().is_terminal() => Style::Unicode,
            anstream::ColorChoice::Never => Style::Plain,
            _ => Style::Colored,
        };
        Look { style, width: width() }
    }
}

fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    columns.or_else(terminal).unwrap_or(110).clamp(40, 200)
}

/// Writes `text` to standard output. A reader that has gone away wants no more: that is no error.
///
/// # Errors
///
/// Where the output cannot be written for any other reason.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::usage(format!("the output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes text from sources to standard output: on a terminal nothing in it is hidden, programs get it as it is.
///
/// # Errors
///
/// As for [`print`].
pub(crate) fn print_raw(text: &str) -> Result<(), Failure> {
    if io::stdout().is_terminal() { print(&visible::text(text)) } else { print(text) }
}

/// Writes a line to standard error, with nothing hidden in it; where that fails there is nobody to tell.
pub(crate) fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", visible::text(line));
}
