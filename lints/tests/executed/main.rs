//! The scope cases as programs: whether a case deadlocks is seen by running it, so that no marker is an opinion.
//!
//! Every case with a `run` line becomes a module of one crate per edition (`crates`), against the real std, parking_lot,
//! tokio, spin and rayon, and a dashmap of one shard (`one_shard`). Each is run in a process of its own (`run`).
//! The tests hold the markers and the findings against what happened.

mod crates;
mod one_shard;
mod run;
#[path = "../it/support.rs"]
#[expect(dead_code, reason = "what an analysis waits for is no concern of an execution")]
mod support;

use std::sync::LazyLock;

use safe_map_analysis::facts::Edition;
use safe_map_lints::Confidence;

use run::{Execution, Outcome};
use support::{Case, every_case, expected, findings};

/// The lints whose findings stop the thread that reaches them.
const DEADLOCKS: [&str; 3] = ["double_lock", "delete_during_iteration", "insert_during_iteration"];

static CASES: LazyLock<Vec<Case>> = LazyLock::new(every_case);
static EXECUTIONS: LazyLock<Vec<Execution<'static>>> = LazyLock::new(|| run::all(&crates::build(&CASES)));

#[test]
fn a_case_deadlocks_exactly_if_it_is_marked() {
    assert_none(EXECUTIONS.iter().filter_map(|it| match (is_marked(it.case, it.edition), &it.outcome) {
        (true, Outcome::Hangs | Outcome::Refuses) | (false, Outcome::Finishes) => None,
        (true, other) => Some(format!("{it}: marked, but {other}")),
        (false, other) => Some(format!("{it}: not marked, but {other}")),
    }));
}

#[test]
fn what_is_found_with_certainty_happens() {
    let finishing = EXECUTIONS.iter().filter(|it| it.outcome == Outcome::Finishes);
    assert_none(finishing.filter_map(|it| {
        let found = findings(&it.case.text, it.edition);
        let certain = found.iter().find(|it| it.confidence == Confidence::Certain)?;
        Some(format!("{it}: it finishes, but is certain: {}: {}", certain.lint, certain.message))
    }));
}

/// Whether a deadlock is expected of a case.
fn is_marked(case: &Case, edition: Edition) -> bool {
    expected(&case.text, edition).iter().any(|(_, lint)| DEADLOCKS.contains(&lint.as_str()))
}

/// Nothing is wrong, and not because nothing was run.
fn assert_none(wrong: impl Iterator<Item = String>) {
    let (wrong, count): (Vec<_>, _) = (wrong.collect(), EXECUTIONS.len());
    assert!(count > 800, "only {count} executions");
    assert!(wrong.is_empty(), "{} of {count} executions disagree:\n{}", wrong.len(), wrong.join("\n"));
}
