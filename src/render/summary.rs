//! What goes to standard error: counts, what was not analysed, how long it took.

use std::collections::BTreeSet;
use std::time::Duration;

use super::view::plural;
use super::{Paths, scoped};
use crate::report::{Report, Stats};
use crate::workspace::ReadOutside;

/// How many incomplete files are named where nobody asked for all of them.
const INCOMPLETE_SHOWN: usize = 10;

/// How much is said of what was not analysed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// The first few.
    Some,
    /// All.
    All,
}

/// The last line of a run.
pub(crate) fn counts(report: &Report) -> String {
    let stats = &report.stats;
    let seen = format!(
        "{} and {} seen{} in {}",
        plural(stats.files, "file"),
        plural(stats.lines, "line"),
        outside(stats),
        duration(stats.elapsed)
    );
    let maps = match stats.maps {
        1 => "1 shared map, lock or cell".to_owned(),
        maps => format!("{maps} shared maps, locks and cells"),
    };
    let rest = scoped::left_out(report);
    match findings(stats) {
        None => format!("no findings: {seen}, {maps}{rest}"),
        Some(findings) => format!("{findings}: {seen}, {maps}{rest}"),
    }
}

/// What was read besides, of others' packages.
fn outside(stats: &Stats) -> String {
    let ReadOutside { packages, files, lines } = stats.outside;
    if packages == 0 {
        return String::new();
    }
    let packages = if packages == 1 { "1 dependency".to_owned() } else { format!("{packages} dependencies") };
    format!(", besides {} and {} of {packages}", plural(files, "file"), plural(lines, "line"))
}

fn findings(stats: &Stats) -> Option<String> {
    let counts = [(stats.deny, "error"), (stats.warn, "warning")];
    let parts: Vec<String> =
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| plural(count, word)).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn duration(elapsed: Duration) -> String {
    if elapsed < Duration::from_secs(1) {
        format!("{} ms", elapsed.as_millis())
    } else {
        format!("{:.1} s", elapsed.as_secs_f64())
    }
}

/// A line for each part that was not analysed.
pub(crate) fn incomplete(report: &Report, paths: &Paths, detail: Detail) -> Vec<String> {
    let all = &report.incomplete;
    let shown = if detail == Detail::All { all.len() } else { all.len().min(INCOMPLETE_SHOWN) };
    let line = |it: &crate::workspace::Incomplete| {
        format!("not analysed: {}:{}: {}", paths.of(&it.file), it.line, it.message)
    };
    let mut lines: Vec<String> = all.iter().take(shown).map(line).collect();
    if shown < all.len() {
        lines.push(format!("not analysed: {} more (-v shows all)", all.len() - shown));
    }
    lines
}

/// What `--error-on incomplete` makes of it.
pub(crate) fn incomplete_fails(report: &Report) -> String {
    let files: BTreeSet<&str> = report.incomplete.iter().map(|it| it.file.as_str()).collect();
    let files = plural(files.len() as u64, "file");
    format!("error: {files} not analysed completely (--error-on incomplete)")
}

/// A line for each stage, and below it one for each of its parts.
pub(crate) fn timings(report: &Report) -> Vec<String> {
    let mut rows = Vec::new();
    for stage in &report.timings {
        rows.push(timing(stage.name, stage.time, ""));
        rows.extend(stage.parts.iter().map(|it| timing(&format!("  {}", it.name), it.time, &it.detail)));
    }
    let stats = &report.stats;
    rows.push(timing(
        "total",
        stats.elapsed,
        &format!("{}, {}{}", plural(stats.files, "file"), plural(stats.lines, "line"), outside(stats)),
    ));
    rows
}

fn timing(name: &str, time: Duration, detail: &str) -> String {
    format!("{name:<20} {:>9.1} ms   {detail}", time.as_secs_f64() * 1e3).trim_end().to_owned()
}
