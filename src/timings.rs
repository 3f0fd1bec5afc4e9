//! How long the stages of a run take.

use std::time::{Duration, Instant};

use safe_map_analysis::Phase;

use crate::progress;

/// A stop watch with laps.
#[derive(Clone, Debug)]
pub struct Timings {
    started: Instant,
    last: Instant,
    stages: Vec<Stage>,
}

/// A stage of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// What it is called.
    pub name: &'static str,
    /// How long it took.
    pub time: Duration,
    /// What it is made of, where that was timed.
    pub parts: Vec<Phase>,
}

impl Timings {
    /// Starts.
    pub fn start() -> Timings {
        let now = Instant::now();
        Timings { started: now, last: now, stages: Vec::new() }
    }

    /// Ends the stage `name`, which began with the last mark.
    pub fn mark(&mut self, name: &'static str) {
        self.mark_with(name, &[]);
    }

    /// The same with the parts that the stage timed itself.
    pub fn mark_with(&mut self, name: &'static str, parts: &[Phase]) {
        let now = Instant::now();
        self.stages.push(Stage { name, time: now - self.last, parts: parts.to_vec() });
        self.last = now;
        progress::stage_done();
    }

    /// Since the start.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The stages in their order.
    pub fn stages(self) -> Vec<Stage> {
        self.stages
    }
}
