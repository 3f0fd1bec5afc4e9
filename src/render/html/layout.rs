//! A small layered layout, after Sugiyama, Tagawa and Toda (1981): arrows that go back are turned, nodes get layers from left to
//! right, arrows over several layers get bends, and each layer is ordered by the means of its neighbours.
//!
//! In: widths of nodes, and arrows between them. Out: a place for each node and a line for each arrow. Pure geometry, the same
//! for the same input. Time: sweeps times arrows, and the square of the arrows for counting crossings.

use std::collections::BTreeMap;

/// The height of a node.
pub(super) const HEIGHT: f64 = 40.0;
/// The room between two nodes of a layer.
const GAP: f64 = 18.0;
/// The room that a bend takes in its layer, and the room around it.
const BEND: f64 = 2.0;
const BEND_GAP: f64 = 7.0;
/// The room between two layers.
const BETWEEN: f64 = 84.0;
/// How often layers are ordered, and how often nodes are moved towards their neighbours.
const SWEEPS: usize = 12;

/// Where everything is. The origin is the upper left corner.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// The upper left corner of each node.
    pub(super) nodes: Vec<(f64, f64)>,
    /// For each arrow the points that it passes, from the side of its first node to that of its second.
    pub(super) arrows: Vec<Vec<(f64, f64)>>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Lays out nodes of these widths with these arrows.
pub(super) fn layout(widths: &[f64], arrows: &[(usize, usize)]) -> Layout {
    let turned = turned(widths.len(), arrows);
    let forward: Vec<(usize, usize)> =
        arrows.iter().zip(&turned).map(|(&(a, b), turned)| if *turned { (b, a) } else { (a, b) }).collect();
    let mut grid = Grid::new(widths, &forward);
    grid.order();
    grid.place();
    let mut layout = grid.layout(widths);
    // An arrow that was turned runs from right to left.
    layout.arrows.iter_mut().zip(&turned).filter(|(_, turned)| **turned).for_each(|(it, _)| it.reverse());
    layout
}

/// The arrows that lead back to a node on the way from the start: without them there is no circle.
fn turned(nodes: usize, arrows: &[(usize, usize)]) -> Vec<bool> {
    let mut next: Vec<Vec<(usize, usize)>> = vec![Vec::new(); nodes];
    let mut has_entry = vec![false; nodes];
    for (arrow, &(from, to)) in arrows.iter().enumerate() {
        next[from].push((arrow, to));
        has_entry[to] |= from != to;
    }
    let mut turned = vec![false; arrows.len()];
    let mut state = vec![State::New; nodes];
    // Where nothing leads to, circles are entered last.
    let starts = (0..nodes).filter(|it| !has_entry[*it]).chain(0..nodes);
    for start in starts.collect::<Vec<_>>() {
        visit(start, &next, &mut state, &mut turned);
    }
    turned
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

fn visit(start: usize, next: &[Vec<(usize, usize)>], state: &mut [State], turned: &mut [bool]) {
    if state[start] != State::New {
        return;
    }
    state[start] = State::Open;
    let mut stack = vec![(start, 0)];
    while let Some((node, at)) = stack.last_mut() {
        let Some(&(arrow, to)) = next[*node].get(*at) else {
            state[*node] = State::Done;
            stack.pop();
            continue;
        };
        *at += 1;
        match state[to] {
            State::Open => turned[arrow] = true,
            State::New => {
                state[to] = State::Open;
                stack.push((to, 0));
            }
            State::Done => {}
        }
    }
}

/// A node, or a bend of an arrow.
#[derive(Debug)]
struct Cell {
    layer: usize,
    height: f64,
    width: f64,
    /// Its middle.
    y: f64,
    before: Vec<usize>,
    after: Vec<usize>,
}

#[derive(Debug)]
struct Grid {
    cells: Vec<Cell>,
    /// The cells of each layer from above.
    layers: Vec<Vec<usize>>,
    /// For each arrow the cells that it passes, its ends among them.
    chains: Vec<Vec<usize>>,
}

impl Grid {
    fn new(widths: &[f64], arrows: &[(usize, usize)]) -> Grid {
        let layer = layers(widths.len(), arrows);
        let count = layer.iter().max().map_or(0, |it| it + 1);
        let cell = |(width, layer): (&f64, &usize)| Cell {
            layer: *layer,
            height: HEIGHT,
            width: *width,
            y: 0.0,
            before: Vec::new(),
            after: Vec::new(),
        };
        let mut grid = Grid {
            cells: widths.iter().zip(&layer).map(cell).collect(),
            layers: vec![Vec::new(); count],
            chains: Vec::new(),
        };
        arrows.iter().for_each(|&(from, to)| grid.connect(from, to));
        for (index, cell) in grid.cells.iter().enumerate() {
            grid.layers[cell.layer].push(index);
        }
        grid
    }

    /// An arrow, with a bend in each layer between its ends.
    fn connect(&mut self, from: usize, to: usize) {
        let mut chain = vec![from];
        for layer in self.cells[from].layer + 1..self.cells[to].layer {
            chain.push(self.cells.len());
            let (before, after) = (Vec::new(), Vec::new());
            self.cells.push(Cell { layer, height: BEND, width: 0.0, y: 0.0, before, after });
        }
        chain.push(to);
        for pair in chain.windows(2).filter(|it| it[0] != it[1]) {
            self.cells[pair[0]].after.push(pair[1]);
            self.cells[pair[1]].before.push(pair[0]);
        }
        self.chains.push(chain);
    }

    /// Orders the layers, forwards and back; the order with the fewest crossings stays.
    fn order(&mut self) {
        let mut best = (self.crossings(), self.layers.clone());
        for sweep in 0..SWEEPS {
            let forwards = sweep % 2 == 0;
            for at in 0..self.layers.len() {
                let layer = if forwards { at } else { self.layers.len() - 1 - at };
                self.order_layer(layer, forwards);
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    fn order_layer(&mut self, layer: usize, forwards: bool) {
        let rank = self.ranks();
        let mean = |cell: usize| {
            let cell_ = &self.cells[cell];
            let beside = if forwards { &cell_.before } else { &cell_.after };
            let sum: f64 = beside.iter().map(|it| rank[*it]).sum();
            if beside.is_empty() { rank[cell] } else { sum / beside.len() as f64 }
        };
        let mut keyed: Vec<(f64, usize)> = self.layers[layer].iter().map(|it| (mean(*it), *it)).collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.layers[layer] = keyed.into_iter().map(|it| it.1).collect();
    }

    /// Where each cell stands in its layer, from 0 to 1.
    fn ranks(&self) -> Vec<f64> {
        let mut rank = vec![0.0; self.cells.len()];
        for layer in &self.layers {
            for (at, cell) in layer.iter().enumerate() {
                rank[*cell] = (at as f64 + 0.5) / layer.len() as f64;
            }
        }
        rank
    }

    fn crossings(&self) -> usize {
        let rank = self.ranks();
        let mut count = 0;
        for layer in &self.layers {
            let lines: Vec<(f64, f64)> = layer
                .iter()
                .flat_map(|it| self.cells[*it].after.iter().map(|to| (rank[*it], rank[*to])))
                .collect();
            let cross = |a: &(f64, f64), b: &(f64, f64)| (a.0 - b.0) * (a.1 - b.1) < 0.0;
            let pairs = lines.iter().enumerate();
            count +=
                pairs.map(|(at, a)| lines[at + 1..].iter().filter(|b| cross(a, b)).count()).sum::<usize>();
        }
        count
    }

    /// Gives each cell its middle: first one below the other, then near its neighbours as far as there is room.
    fn place(&mut self) {
        for layer in 0..self.layers.len() {
            let wished = vec![0.0; self.layers[layer].len()];
            self.settle(layer, &wished);
        }
        for sweep in 0..SWEEPS {
            for at in 0..self.layers.len() {
                let layer = if sweep % 2 == 0 { at } else { self.layers.len() - 1 - at };
                let wish = |cell: &usize| {
                    let cell = &self.cells[*cell];
                    let beside: Vec<f64> =
                        cell.before.iter().chain(&cell.after).map(|it| self.cells[*it].y).collect();
                    if beside.is_empty() { cell.y } else { beside.iter().sum::<f64>() / beside.len() as f64 }
                };
                let wished: Vec<f64> = self.layers[layer].iter().map(wish).collect();
                self.settle(layer, &wished);
            }
        }
    }

    /// Puts a layer where it wants to be, with no two cells over each other: pushed down from above, then moved back by
    /// what all were pushed in the mean.
    fn settle(&mut self, layer: usize, wished: &[f64]) {
        let (mut floor, mut room) = (f64::NEG_INFINITY, 0.0f64);
        let mut pushed = 0.0;
        for (cell, wish) in self.layers[layer].iter().zip(wished) {
            let half = self.cells[*cell].height / 2.0;
            let own = if half < HEIGHT / 2.0 { BEND_GAP } else { GAP };
            let y = wish.max(floor + room.min(own) + half);
            pushed += y - wish;
            self.cells[*cell].y = y;
            (floor, room) = (y + half, own);
        }
        let back = pushed / wished.len().max(1) as f64;
        self.layers[layer].iter().for_each(|it| self.cells[*it].y -= back);
    }

    fn layout(&self, widths: &[f64]) -> Layout {
        let columns = self.columns();
        let top = self.cells.iter().map(|it| it.y - it.height / 2.0).fold(f64::INFINITY, f64::min);
        let bottom = self.cells.iter().map(|it| it.y + it.height / 2.0).fold(f64::NEG_INFINITY, f64::max);
        let node = |index: usize| {
            let cell = &self.cells[index];
            (columns[cell.layer].0, cell.y - HEIGHT / 2.0 - top)
        };
        let right = columns.iter().map(|(x, width)| x + width).fold(0.0, f64::max);
        Layout {
            nodes: (0..widths.len()).map(node).collect(),
            arrows: self.chains.iter().map(|it| self.line(it, &columns, top)).collect(),
            width: right,
            height: if self.cells.is_empty() { 0.0 } else { bottom - top },
        }
    }

    /// Left side and width of each layer.
    fn columns(&self) -> Vec<(f64, f64)> {
        let mut x = 0.0;
        let width = |layer: &Vec<usize>| layer.iter().map(|it| self.cells[*it].width).fold(0.0, f64::max);
        let mut columns = Vec::new();
        for layer in &self.layers {
            columns.push((x, width(layer)));
            x += width(layer) + BETWEEN;
        }
        columns
    }

    fn line(&self, chain: &[usize], columns: &[(f64, f64)], top: f64) -> Vec<(f64, f64)> {
        let mut points = Vec::new();
        for (at, index) in chain.iter().enumerate() {
            let cell = &self.cells[*index];
            let (x, width) = columns[cell.layer];
            let y = cell.y - top;
            match at {
                // Straight on to where its layer ends: wider nodes of the layer stay uncrossed.
                0 if cell.width < width => points.extend([(x + cell.width, y), (x + width, y)]),
                0 => points.push((x + cell.width, y)),
                _ if at + 1 == chain.len() => points.push((x, y)),
                _ => points.extend([(x, y), (x + width, y)]),
            }
        }
        points
    }
}

/// The layer of each node: behind all that lead to it, and no further from what it leads to than it must be.
fn layers(nodes: usize, arrows: &[(usize, usize)]) -> Vec<usize> {
    let mut layer = vec![0; nodes];
    // Without circles no path is longer than there are nodes.
    for _ in 0..nodes {
        let mut changed = false;
        for &(from, to) in arrows.iter().filter(|it| it.0 != it.1) {
            if layer[to] < layer[from] + 1 {
                layer[to] = layer[from] + 1;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let mut nearest: BTreeMap<usize, usize> = BTreeMap::new();
    for &(from, to) in arrows.iter().filter(|it| it.0 != it.1) {
        let near = nearest.entry(from).or_insert(layer[to]);
        *near = (*near).min(layer[to]);
    }
    let has_entry = |node: usize| arrows.iter().any(|it| it.1 == node && it.0 != node);
    for (node, near) in nearest.into_iter().filter(|(node, _)| !has_entry(*node)) {
        layer[node] = near - 1;
    }
    layer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlap(layout: &Layout, widths: &[f64]) -> Option<(usize, usize)> {
        let apart = |a: usize, b: usize| {
            let ((ax, ay), (bx, by)) = (layout.nodes[a], layout.nodes[b]);
            ax + widths[a] <= bx || bx + widths[b] <= ax || ay + HEIGHT <= by || by + HEIGHT <= ay
        };
        let pairs = (0..widths.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        pairs.into_iter().find(|(a, b)| !apart(*a, *b))
    }

    #[test]
    fn a_chain_goes_from_left_to_right_on_one_line() {
        let layout = layout(&[50.0; 3], &[(0, 1), (1, 2)]);
        assert!(layout.nodes.windows(2).all(|it| it[0].0 < it[1].0 && it[0].1 == it[1].1), "{layout:?}");
    }

    #[test]
    fn a_circle_has_one_arrow_that_runs_back() {
        let layout = layout(&[50.0; 2], &[(0, 1), (1, 0)]);
        let back: Vec<bool> = layout.arrows.iter().map(|it| it[0].0 > it[it.len() - 1].0).collect();
        assert_eq!(back, [false, true]);
    }

    #[test]
    fn two_chains_do_not_cross() {
        let layout = layout(&[50.0; 4], &[(0, 3), (1, 2)]);
        let y = |node: usize| layout.nodes[node].1;
        assert_eq!(y(0) < y(1), y(3) < y(2), "{layout:?}");
    }

    #[test]
    fn nothing_is_an_empty_layout() {
        let layout = layout(&[], &[]);
        assert_eq!((layout.width, layout.height, layout.nodes.len()), (0.0, 0.0, 0));
    }

    proptest::proptest! {
        #[test]
        fn no_two_nodes_overlap(arrows in proptest::collection::vec((0usize..12, 0usize..12), 0..30)) {
            let widths: Vec<f64> = (0..12).map(|it| 40.0 + f64::from(it) * 9.0).collect();
            let layout = layout(&widths, &arrows);
            proptest::prop_assert_eq!(overlap(&layout, &widths), None);
            let inside = |&(x, y): &(f64, f64)| (0.0..=layout.width).contains(&x) && (-0.01..=layout.height + 0.01).contains(&y);
            proptest::prop_assert!(layout.arrows.iter().flatten().all(inside));
        }
    }
}
