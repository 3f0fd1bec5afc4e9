//! SARIF 2.1.0: one run, within what GitHub's code scanning takes, most severe first.

mod flows;
mod log;
mod message;
mod result;
mod rules;
mod uri;

use std::collections::BTreeMap;

use super::view::plural;
use super::{Suppressed, View};
use crate::workspace::Incomplete;
use log::{
    Driver, Invocation, Location, Log, Message, Notification, Region, Run, SarifResult, Tool, UriBase,
};

/// GitHub rejects a run with more results than these.
const MAX_RESULTS: usize = 25_000;

/// GitHub takes ten megabytes, compressed. Results shrink to an eighth at least: they repeat their keys and messages.
const MAX_BYTES: usize = 60 * 1024 * 1024;

/// A viewer has no use for more.
const MAX_NOTIFICATIONS: usize = 1_000;

/// The log.
pub(super) fn log(view: &View<'_>) -> String {
    let found = view.most_severe_first();
    let told = Told::of(view);
    fitting(found.len().min(MAX_RESULTS), MAX_BYTES, |kept| {
        let results = found[..kept].iter().map(|it| result::result(view, told, it)).collect();
        write(view, results, found.len() - kept)
    })
}

/// The text of as many things as fit, by halves: what does not fit at once is more than anybody reads.
fn fitting(count: usize, max_bytes: usize, text: impl Fn(usize) -> String) -> String {
    let whole = text(count);
    if whole.len() <= max_bytes || count == 0 { whole } else { fitting(count / 2, max_bytes, text) }
}

fn write(view: &View<'_>, results: Vec<SarifResult<'_>>, left_out: usize) -> String {
    let log = Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [run(view, results, left_out)],
    };
    serde_json::to_string(&log).expect("the log holds only strings, numbers and lists") + "\n"
}

fn run<'a>(view: &View<'a>, results: Vec<SarifResult<'a>>, left_out: usize) -> Run<'a> {
    let root = UriBase {
        uri: uri::directory(view.paths.base()),
        description: Message::text("the root of the sources"),
    };
    Run {
        tool: Tool { driver: driver() },
        invocations: [Invocation {
            execution_successful: true,
            tool_execution_notifications: notifications(view, left_out),
        }],
        original_uri_base_ids: BTreeMap::from([(uri::ROOT, root)]),
        column_kind: "unicodeCodePoints",
        default_encoding: "utf-8",
        default_source_language: "rust",
        results,
    }
}

fn driver() -> Driver {
    let version = env!("CARGO_PKG_VERSION");
    Driver {
        name: "cargo-safe-map-lint",
        full_name: format!("cargo-safe-map-lint {version}"),
        version,
        semantic_version: version,
        information_uri: "https://safe-map-lint.github.io",
        rules: rules::all(),
    }
}

fn notifications(view: &View<'_>, left_out: usize) -> Vec<Notification> {
    let incomplete = view.report.incomplete.iter().take(MAX_NOTIFICATIONS);
    let mut all: Vec<Notification> = incomplete.map(|it| notification(view, it)).collect();
    all.extend(view.report.notes.iter().map(|note| remark("note", note)));
    if left_out > 0 {
        let results = plural(left_out as u64, "result");
        all.push(remark("warning", &format!("{results} left out: readers take no more")));
    }
    all
}

fn remark(level: &'static str, text: &str) -> Notification {
    Notification { level, message: Message::text(text), locations: Vec::new() }
}

fn notification(view: &View<'_>, it: &Incomplete) -> Notification {
    let region = Region::line(it.line);
    let location = Location::at(uri::artifact(view, &view.paths.of(&it.file)), region);
    let message = Message::text(format!("not analysed: {}", it.message));
    Notification { level: "warning", message, locations: vec![location] }
}

/// What results say of themselves beside the finding: all of them do, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    /// What silences them.
    Suppressions,
    /// That, and whether the baseline has them.
    Baseline,
}

impl Told {
    fn of(view: &View<'_>) -> Told {
        match view.shown.suppressed {
            Suppressed::Hide => Told::Nothing,
            Suppressed::Show if view.report.findings.iter().any(result::is_of_baseline) => Told::Baseline,
            Suppressed::Show => Told::Suppressions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_by_halves() {
        let text = |count: usize| "x".repeat(count * 10 + 5);
        assert_eq!(fitting(8, 85, text).len(), 85);
        assert_eq!(fitting(8, 84, text).len(), 45);
        assert_eq!(fitting(8, 1, text).len(), 5);
    }
}
