//! Summaries: what a call of a function does, whoever does it in the end.
//!
//! In: the flows of all functions. Out: for each function its [`Effect`]s in its own terms, those of its callees among
//! them. Callees come before callers, and functions that call each other are repeated until nothing is new.

mod chain;
mod effects;
mod happening;

pub use chain::Hop;
pub use happening::Happening;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::flow::{Acquire, Callback, EventKind, FnFlow, MapOp, Wait};
use crate::model::FnId;
use crate::name::Name;
use crate::span::Span;

/// How often functions that call each other are repeated: each turn follows one more call around the circle.
const MAX_TURNS: u32 = 8;

/// What calls of a workspace's functions do.
#[derive(Debug, Default)]
pub struct Summaries {
    by_fn: Vec<Vec<Effect>>,
    /// The most turns that any circle of calls took.
    pub turns: u32,
}

/// Something that a call of a function does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Effect {
    /// What, in the function's own terms.
    pub kind: EffectKind,
    /// Where in the function it happens: itself, or the call through which it does.
    pub at: Span,
    /// The callee that does it, and which of its effects it is.
    pub via: Option<(FnId, u32)>,
    /// Every run of the function that ends does it.
    pub is_sure: bool,
    /// The parameters that are guards and are alive then.
    pub alive: Box<[u32]>,
}

/// What an effect is: the events that matter to a caller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EffectKind {
    /// It suspends for this.
    Await(Box<Wait>),
    /// It takes a lock.
    Acquire(Box<Acquire>),
    /// It reads or changes a plain map.
    MapOp(Box<MapOp>),
    /// It blocks the thread.
    Block(Box<Wait>),
    /// It works hard.
    Work(Name),
    /// It runs code that it does not know.
    Callback(Box<Callback>),
}

impl Summaries {
    /// Summarises every function. Time: linear in calls times effects, which are bounded a function.
    pub fn new(flows: &[Option<FnFlow>]) -> Summaries {
        let mut summaries = Summaries { by_fn: vec![Vec::new(); flows.len()], turns: 0 };
        for group in kosaraju_scc(&call_graph(flows)) {
            let mut group: Vec<usize> = group.into_iter().map(NodeIndex::index).collect();
            group.sort_unstable();
            summaries.settle(flows, &group);
        }
        summaries
    }

    /// The effects of a function.
    pub fn of(&self, id: FnId) -> &[Effect] {
        &self.by_fn[id.0 as usize]
    }

    /// Summarises functions that call each other, again and again while there is something new.
    fn settle(&mut self, flows: &[Option<FnFlow>], group: &[usize]) {
        for turn in 1..=MAX_TURNS {
            self.turns = self.turns.max(turn);
            let mut is_new = false;
            for index in group {
                let Some(flow) = &flows[*index] else { continue };
                let known = self.by_fn[*index].len();
                let effects = effects::of(self, flow);
                self.by_fn[*index] = effects;
                is_new |= self.by_fn[*index].len() > known;
            }
            if !is_new || group.len() == 1 && !calls_itself(flows, group[0]) {
                return;
            }
        }
    }
}

/// Who calls whom. Its order is that of the functions, so that every run sees the same graph.
fn call_graph(flows: &[Option<FnFlow>]) -> DiGraph<(), ()> {
    let mut graph = DiGraph::with_capacity(flows.len(), flows.len());
    for _ in flows {
        graph.add_node(());
    }
    for flow in flows.iter().flatten() {
        let from = NodeIndex::new(flow.id.0 as usize);
        let mut callees: Vec<FnId> = callees(flow).collect();
        callees.sort();
        callees.dedup();
        for callee in callees {
            graph.add_edge(from, NodeIndex::new(callee.0 as usize), ());
        }
    }
    graph
}

fn callees(flow: &FnFlow) -> impl Iterator<Item = FnId> + '_ {
    flow.events.iter().filter_map(|it| match &it.kind {
        EventKind::Call(call) if it.is_own => Some(call.callee),
        _ => None,
    })
}

fn calls_itself(flows: &[Option<FnFlow>], index: usize) -> bool {
    flows[index].as_ref().is_some_and(|it| callees(it).any(|callee| callee == it.id))
}
