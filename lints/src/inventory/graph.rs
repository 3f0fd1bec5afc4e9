//! The lock graph: which lock is taken while which other is held, in all of the workspace.

use std::collections::BTreeMap;

use safe_map_analysis::Analysis;
use safe_map_analysis::flow::Decl;
use safe_map_analysis::knowledge::schema::TypeRole;

use super::Under;
use super::declarations::{path, place_of};
use crate::Place;
use crate::orders::{Edge, Orders, block, declared_orders};
use crate::story::here;

/// Locks, and the orders in which they are taken.
#[derive(Clone, Debug, Default)]
pub struct LockGraph {
    /// By path.
    pub locks: Vec<LockNode>,
    /// By the two locks.
    pub orders: Vec<LockOrder>,
}

/// A lock, or a map that locks inside.
#[derive(Clone, Debug)]
pub struct LockNode {
    /// `crate::module::Type.field` or `crate::module::STATIC`.
    pub path: String,
    /// Where it is declared.
    pub place: Place,
    /// It is, or protects, a map.
    pub is_map: bool,
    /// From it one comes back to it.
    pub in_cycle: bool,
}

/// One lock that is taken while another is held.
#[derive(Clone, Debug)]
pub struct LockOrder {
    /// The lock that is held: an index into [`LockGraph::locks`].
    pub first: usize,
    /// The one that is taken.
    pub then: usize,
    /// In how many places, as far as they are kept.
    pub count: usize,
    /// Where the second is taken, in the first of these places.
    pub place: Place,
    /// In which function.
    pub function: String,
    /// Part of a circle on which threads can wait for each other.
    pub in_cycle: bool,
}

impl LockGraph {
    /// The locks that are taken while one of `paths` is held.
    pub(super) fn taken_under(&self, paths: &[String]) -> Vec<Under> {
        let orders = self.orders.iter().filter(|it| paths.contains(&self.locks[it.first].path));
        self.under(orders.map(|it| (it.then, it)), paths)
    }

    /// The locks that are held while one of `paths` is taken.
    pub(super) fn held_over(&self, paths: &[String]) -> Vec<Under> {
        let orders = self.orders.iter().filter(|it| paths.contains(&self.locks[it.then].path));
        self.under(orders.map(|it| (it.first, it)), paths)
    }

    fn under<'a>(&self, found: impl Iterator<Item = (usize, &'a LockOrder)>, paths: &[String]) -> Vec<Under> {
        let mut by_lock: BTreeMap<usize, Under> = BTreeMap::new();
        for (other, order) in found.filter(|(it, _)| !paths.contains(&self.locks[*it].path)) {
            let start = || Under { lock: self.locks[other].path.clone(), count: 0, place: order.place };
            by_lock.entry(other).or_insert_with(start).count += order.count;
        }
        by_lock.into_values().collect()
    }
}

/// The lock graph of a workspace.
pub(super) fn graph(analysis: &Analysis) -> LockGraph {
    let mut orders = declared_orders(analysis);
    // What happens inside of others' code is theirs to draw.
    orders.retain(|_, edges| edges.iter().any(|it| !analysis.workspace.is_outside(it.function.file.id)));
    let mut named: BTreeMap<String, &Decl> = BTreeMap::new();
    for decl in orders.keys().flat_map(|(first, then)| [first, then]) {
        if let Some(path) = path(analysis, decl) {
            named.entry(path).or_insert(decl);
        }
    }
    let mut graph = LockGraph::default();
    let mut index: BTreeMap<&Decl, usize> = BTreeMap::new();
    for (path, decl) in named {
        let Some((place, _)) = place_of(analysis, decl) else { continue };
        index.insert(decl, graph.locks.len());
        graph.locks.push(LockNode { path, place, is_map: is_map(&orders, analysis, decl), in_cycle: false });
    }
    for ((first, then), edges) in &orders {
        let (Some(first), Some(then), Some(edge)) = (index.get(first), index.get(then), edges.first()) else {
            continue;
        };
        graph.orders.push(order(*first, *then, edges, edge));
    }
    graph.orders.sort_by_key(|it| (it.first, it.then));
    mark_cycles(&mut graph, |first, then| {
        let key = |decl: usize| index.iter().find(|(_, at)| **at == decl).map(|(it, _)| (*it).clone());
        let (Some(a), Some(b)) = (key(first), key(then)) else { return true };
        can_meet(&orders, &a, &b)
    });
    graph
}

fn order(first: usize, then: usize, edges: &[Edge<'_>], edge: &Edge<'_>) -> LockOrder {
    LockOrder {
        first,
        then,
        count: edges.len(),
        place: here(&edge.function, edge.happening.event.span),
        function: edge.function.path().to_string(),
        in_cycle: false,
    }
}

fn is_map(orders: &Orders<'_, Decl>, analysis: &Analysis, decl: &Decl) -> bool {
    let acquires = orders.iter().filter_map(|((first, then), edges)| {
        let edge = edges.first()?;
        let of_first = (first == decl).then_some(&edge.first.acquire);
        of_first.or((then == decl).then_some(&edge.second))
    });
    let mut locks = acquires.map(|it| &it.lock);
    locks.any(|it| it.role == TypeRole::SharedMap || analysis.model.holds_map(&it.content))
}

/// Whether two threads can wait for each other in these two orders; a single order is no circle by itself.
fn can_meet(orders: &Orders<'_, Decl>, first: &Decl, then: &Decl) -> bool {
    let opposite = orders.get(&(then.clone(), first.clone()));
    let (Some(edges), Some(opposite)) = (orders.get(&(first.clone(), then.clone())), opposite) else {
        return true;
    };
    edges.iter().any(|edge| opposite.iter().any(|other| block(edge, other).is_some()))
}

/// Marks the orders that are on a circle. Pairs of opposite orders that never meet are no part of one.
fn mark_cycles(graph: &mut LockGraph, can_meet: impl Fn(usize, usize) -> bool) {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); graph.locks.len()];
    for order in graph.orders.iter().filter(|it| can_meet(it.first, it.then)) {
        next[order.first].push(order.then);
    }
    let reach: Vec<Vec<bool>> = (0..next.len()).map(|from| reachable(&next, from)).collect();
    for order in &mut graph.orders {
        order.in_cycle = next[order.first].contains(&order.then) && reach[order.then][order.first];
        if order.in_cycle {
            graph.locks[order.first].in_cycle = true;
            graph.locks[order.then].in_cycle = true;
        }
    }
}

/// What can be reached from a node, itself aside unless something leads back to it.
fn reachable(next: &[Vec<usize>], from: usize) -> Vec<bool> {
    let mut seen = vec![false; next.len()];
    let mut open = next[from].clone();
    while let Some(node) = open.pop() {
        if !std::mem::replace(&mut seen[node], true) {
            open.extend(&next[node]);
        }
    }
    seen
}
