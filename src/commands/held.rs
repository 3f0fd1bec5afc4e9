//! `held`: what is believed to be alive at a line.

use std::path::Path;

use super::dump::analysis_around;
use crate::exit;
use crate::failure::Failure;
use crate::output;
use crate::render::plural;
use crate::visible;

/// Prints what is held at `FILE:LINE` or `FILE:LINE:COLUMN`.
///
/// # Errors
///
/// Where the place is not written like that, or the file cannot be read or is shorter.
pub(super) fn run(place: &str) -> Result<u8, Failure> {
    let (file, line) = parse(place)?;
    let (analysis, id) = analysis_around(Path::new(file))?;
    let lines = analysis.workspace.file(id).source.text.lines().count();
    if line as usize > lines.max(1) {
        let lines = plural(lines as u64, "line");
        return Err(Failure::usage(format!("`{file}` has {lines}, not {line}")));
    }
    let held = analysis.file(id).held_at(line);
    if held.is_empty() {
        output::print("nothing is held here\n")?;
    }
    let lines: String = held.iter().map(|it| format!("{it}\n")).collect();
    output::print(&visible::text(&lines))?;
    Ok(exit::CLEAN)
}

/// File and line. A column, as in a finding's place, is accepted: the answer is about the whole line.
fn parse(place: &str) -> Result<(&str, u32), Failure> {
    let (before, last) = split_number(place).ok_or_else(|| {
        Failure::usage(format!("`{place}` is no place"))
            .with_help("write `FILE:LINE` or `FILE:LINE:COLUMN`, the first line is 1")
    })?;
    Ok(split_number(before).unwrap_or((before, last)))
}

/// The number above zero behind the last colon.
fn split_number(text: &str) -> Option<(&str, u32)> {
    let (before, number) = text.rsplit_once(':')?;
    let number = number.parse().ok().filter(|it| *it > 0)?;
    Some((before, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_accepted() {
        assert_eq!(parse("src/lib.rs:4"), Ok(("src/lib.rs", 4)));
        assert_eq!(parse("src/lib.rs:4:17"), Ok(("src/lib.rs", 4)));
        assert_eq!(parse("C:\\lib.rs:4:17"), Ok(("C:\\lib.rs", 4)));
        for wrong in ["src/lib.rs", "src/lib.rs:0", "src/lib.rs:4:0", "src/lib.rs:x", "src/lib.rs:"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
