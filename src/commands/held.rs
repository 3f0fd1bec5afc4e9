//! `held`: what is believed to be alive at a line.

use std::path::Path;

use super::dump::analysis_around;
use crate::exit;
use crate::failure::Failure;
use crate::output;

/// Prints what is held at `FILE:LINE`.
///
/// # Errors
///
/// Where the place is not written like that or the file cannot be read.
pub(super) fn run(place: &str) -> Result<u8, Failure> {
    let (file, line) = parse(place)?;
    let (analysis, id) = analysis_around(Path::new(file))?;
    let held = analysis.file(id).held_at(line);
    if held.is_empty() {
        output::print("nothing is held here\n")?;
    }
    output::print(&held.iter().map(|it| format!("{it}\n")).collect::<String>())?;
    Ok(exit::CLEAN)
}

fn parse(place: &str) -> Result<(&str, u32), Failure> {
    let parts = place.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse().ok()?)));
    parts.filter(|(_, line)| *line > 0).ok_or_else(|| {
        Failure::usage(format!("`{place}` is no place")).with_help("write `FILE:LINE`, the first line is 1")
    })
}
