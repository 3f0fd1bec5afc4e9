//! How long the stages of a run take.

use std::time::{Duration, Instant};

/// A stop watch with laps.
#[derive(Clone, Debug)]
pub struct Timings {
    started: Instant,
    last: Instant,
    stages: Vec<(&'static str, Duration)>,
}

impl Timings {
    /// Starts.
    pub fn start() -> Timings {
        let now = Instant::now();
        Timings { started: now, last: now, stages: Vec::new() }
    }

    /// Ends the stage `name`, which began with the last mark.
    pub fn mark(&mut self, name: &'static str) {
        let now = Instant::now();
        self.stages.push((name, now - self.last));
        self.last = now;
    }

    /// Since the start.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The stages in their order.
    pub fn stages(self) -> Vec<(&'static str, Duration)> {
        self.stages
    }
}
