//! Rounds: walks every body, and again those whose callees turned out to have a shape that they did not know.

use rayon::prelude::*;

use crate::flow::{self, FnFlow, Shapes};
use crate::model::{FnId, Model};

/// How many rounds are walked. An accessor of an accessor takes one more each; real code needs three.
const MAX_ROUNDS: u32 = 5;

/// The flow of every function, and how many rounds that took.
pub(crate) struct Rounds {
    pub(crate) flows: Vec<Option<FnFlow>>,
    pub(crate) count: u32,
    /// How many bodies were walked more than once.
    pub(crate) again: usize,
}

/// Walks every function, in parallel on the current rayon pool, until no shape is new.
pub(crate) fn walk(model: &Model) -> Rounds {
    let ids: Vec<FnId> = model.fn_ids().collect();
    let mut shapes = Shapes::new(ids.len());
    let flows = ids.par_iter().map(|id| flow::walk(model, &shapes, *id)).collect();
    let mut rounds = Rounds { flows, count: 1, again: 0 };
    let mut walked = ids;
    while rounds.count < MAX_ROUNDS {
        let changed = rounds.learn(&mut shapes, &walked);
        walked = rounds.callers(&changed);
        if walked.is_empty() {
            break;
        }
        let again: Vec<_> = walked.par_iter().map(|id| flow::walk(model, &shapes, *id)).collect();
        for (id, flow) in walked.iter().zip(again) {
            rounds.flows[id.0 as usize] = flow;
        }
        rounds.count += 1;
        rounds.again += walked.len();
    }
    rounds
}

impl Rounds {
    /// Takes over the shapes of the functions walked last. Gives, by function, which are others now.
    fn learn(&self, shapes: &mut Shapes, walked: &[FnId]) -> Vec<bool> {
        let mut changed = vec![false; self.flows.len()];
        for id in walked {
            if let Some(flow) = &self.flows[id.0 as usize] {
                changed[id.0 as usize] = shapes.set(*id, &flow.shape);
            }
        }
        changed
    }

    /// The functions that call a changed one.
    fn callers(&self, changed: &[bool]) -> Vec<FnId> {
        let calls = |it: &&FnFlow| it.callees.iter().any(|callee| changed[callee.0 as usize]);
        self.flows.iter().flatten().filter(calls).map(|it| it.id).collect()
    }
}
