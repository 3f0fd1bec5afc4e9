//! How long the parts of an analysis take, for `--timings`.

use std::time::{Duration, Instant};

/// A part of the analysis that has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// What it is called in `--timings`.
    pub name: &'static str,
    /// How long it took.
    pub time: Duration,
    /// How much there was to do: `12 functions`.
    pub detail: String,
}

impl Phase {
    /// Runs `work` and notes it, with what `detail` says of the result.
    pub(crate) fn run<T>(
        phases: &mut Vec<Phase>,
        name: &'static str,
        work: impl FnOnce() -> T,
        detail: impl FnOnce(&T) -> String,
    ) -> T {
        let started = Instant::now();
        let done = work();
        phases.push(Phase { name, time: started.elapsed(), detail: detail(&done) });
        done
    }
}
