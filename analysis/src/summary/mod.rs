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
use rayon::prelude::*;

use crate::flow::{Acquire, Assumption, Callback, EventKind, FnFlow, MapOp, Wait, Work};
use crate::model::FnId;
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
    /// Every run that nothing fails in does it.
    pub is_usual: bool,
    /// What must be known of the parameters then, sorted.
    pub assumes: Box<[Assumption]>,
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
    Work(Box<Work>),
    /// It runs code that it does not know.
    Callback(Box<Callback>),
}

impl Summaries {
    /// Summarises every function, callees first; those that do not call each other in parallel on the current rayon pool.
    /// Time: linear in calls times effects, which are bounded a function.
    pub fn new(flows: &[Option<FnFlow>]) -> Summaries {
        let mut summaries = Summaries { by_fn: vec![Vec::new(); flows.len()], turns: 0 };
        for level in levels(&call_graph(flows)) {
            let settled: Vec<Settled> =
                level.par_iter().map(|group| summaries.settle(flows, group)).collect();
            for Settled { effects, turns } in settled {
                summaries.turns = summaries.turns.max(turns);
                for (index, effects) in effects {
                    summaries.by_fn[index] = effects;
                }
            }
        }
        summaries
    }

    /// The effects of a function.
    pub fn of(&self, id: FnId) -> &[Effect] {
        &self.by_fn[id.0 as usize]
    }

    /// Summarises functions that call each other, again and again while there is something new: each anew once one that it
    /// calls has more effects than it saw.
    fn settle(&self, flows: &[Option<FnFlow>], group: &[usize]) -> Settled {
        let mut settled = Settled { effects: group.iter().map(|it| (*it, Vec::new())).collect(), turns: 0 };
        let callers = callers_within(flows, group);
        let mut is_due = vec![true; group.len()];
        while settled.turns < MAX_TURNS && is_due.contains(&true) {
            settled.turns += 1;
            for at in 0..group.len() {
                if !std::mem::take(&mut is_due[at]) {
                    continue;
                }
                let Some(flow) = &flows[group[at]] else { continue };
                let effects = effects::of(&|id| settled.of(self, id), flow);
                let has_more = effects.len() > settled.effects[at].1.len();
                settled.effects[at].1 = effects;
                if has_more {
                    callers[at].iter().for_each(|caller| is_due[*caller] = true);
                }
            }
        }
        settled
    }
}

/// The effects of functions that call each other, so far.
struct Settled {
    effects: Vec<(usize, Vec<Effect>)>,
    turns: u32,
}

impl Settled {
    fn of<'a>(&'a self, others: &'a Summaries, id: FnId) -> &'a [Effect] {
        match self.effects.binary_search_by_key(&(id.0 as usize), |it| it.0) {
            Ok(at) => &self.effects[at].1,
            Err(_) => others.of(id),
        }
    }
}

/// The functions that call each other, in groups, the groups in levels: each level calls those before it only.
fn levels(graph: &DiGraph<(), ()>) -> Vec<Vec<Vec<usize>>> {
    let mut level_of = vec![0; graph.node_count()];
    let mut levels: Vec<Vec<Vec<usize>>> = Vec::new();
    for group in kosaraju_scc(graph) {
        let mut group: Vec<usize> = group.into_iter().map(NodeIndex::index).collect();
        group.sort_unstable();
        let callees = group.iter().flat_map(|it| graph.neighbors(NodeIndex::new(*it)));
        let outside = callees.filter(|it| group.binary_search(&it.index()).is_err());
        let level = outside.map(|it| level_of[it.index()] + 1).max().unwrap_or(0);
        group.iter().for_each(|it| level_of[*it] = level);
        if levels.len() <= level {
            levels.resize_with(level + 1, Vec::new);
        }
        levels[level].push(group);
    }
    levels
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

/// For each function of a group, who in the group calls it, as places in the group.
fn callers_within(flows: &[Option<FnFlow>], group: &[usize]) -> Vec<Vec<usize>> {
    let mut callers = vec![Vec::new(); group.len()];
    for (caller, flow) in group.iter().enumerate().filter_map(|(at, it)| Some((at, flows[*it].as_ref()?))) {
        for callee in callees(flow) {
            if let Ok(at) = group.binary_search(&(callee.0 as usize)) {
                callers[at].push(caller);
            }
        }
    }
    callers
}
