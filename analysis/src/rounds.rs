//! Rounds: walks the bodies that can have a shape, again where their callees turned out to have one that they did not
//! know, and then all others.

use rayon::prelude::*;

use crate::flow::{self, FnFlow, Shapes};
use crate::model::{FnId, Model};
use crate::settings::Settings;

/// How many rounds are walked. An accessor of an accessor takes one more each; real code needs three.
const MAX_ROUNDS: u32 = 5;

/// The flow of every function, and how many rounds that took.
pub(crate) struct Rounds {
    pub(crate) flows: Vec<Option<FnFlow>>,
    pub(crate) count: u32,
    /// How many bodies were walked more than once.
    pub(crate) again: usize,
}

/// Walks every function that the settings leave, in parallel on the current rayon pool.
pub(crate) fn walk(model: &Model, settings: &Settings) -> Rounds {
    let all = model.fn_ids().count();
    let is_asked_for = |it: &FnId| !(settings.skips_tests && model.func(*it).is_test);
    let ids: Vec<FnId> = model.fn_ids().filter(is_asked_for).collect();
    let (shaped, plain): (Vec<FnId>, Vec<FnId>) =
        ids.par_iter().partition(|it| flow::may_have_shape(model, **it));
    let mut shapes = Shapes::new(all);
    let mut rounds = Rounds { flows: vec![None; all], count: 0, again: 0 };
    let mut changed = rounds.walk(model, settings, &mut shapes, &shaped);
    // Most callers wait until those are known.
    while rounds.count < MAX_ROUNDS - 1 && changed.contains(&true) {
        let callers = rounds.callers(&changed);
        rounds.again += callers.len();
        changed = rounds.walk(model, settings, &mut shapes, &callers);
    }
    rounds.walk(model, settings, &mut shapes, &plain);
    rounds
}

impl Rounds {
    /// Walks functions, and gives whose shape is another now.
    fn walk(&mut self, model: &Model, settings: &Settings, shapes: &mut Shapes, ids: &[FnId]) -> Vec<bool> {
        let flows: Vec<_> = ids.par_iter().map(|id| flow::walk(model, settings, shapes, *id)).collect();
        for (id, flow) in ids.iter().zip(flows) {
            self.flows[id.0 as usize] = flow;
        }
        self.count += 1;
        self.learn(shapes, ids)
    }

    /// Takes over the shapes of the functions walked last. Gives, by function, which are others now.
    fn learn(&self, shapes: &mut Shapes, walked: &[FnId]) -> Vec<bool> {
        let mut changed = vec![false; self.flows.len()];
        for id in walked {
            if let Some(flow) = &self.flows[id.0 as usize] {
                changed[id.0 as usize] = shapes.set(*id, &flow.shape);
            }
        }
        shapes.learn_twins(self.flows.iter().flatten());
        changed
    }

    /// The functions that call a changed one.
    fn callers(&self, changed: &[bool]) -> Vec<FnId> {
        let calls = |it: &&FnFlow| it.callees.iter().any(|callee| changed[callee.0 as usize]);
        self.flows.iter().flatten().filter(calls).map(|it| it.id).collect()
    }
}
