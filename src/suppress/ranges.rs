//! Ranges of numbers, and the question which of them hold a number: a balanced tree in an array, each node with the end of
//! what is below it (Cormen et al., interval trees). Built in `O(n log n)`, asked in `O(log n)` for each answer.

use std::ops::RangeInclusive;

/// Ranges with a value each.
#[derive(Debug, Default)]
pub(super) struct Ranges {
    /// By their starts. The middle of a slice is the root of a tree, its halves are the trees below it.
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    range: RangeInclusive<u32>,
    value: usize,
    /// The greatest end in the tree whose root this is.
    reach: u32,
}

impl Ranges {
    /// A tree of these.
    pub(super) fn new(ranges: impl IntoIterator<Item = (RangeInclusive<u32>, usize)>) -> Ranges {
        let node = |(range, value): (RangeInclusive<u32>, usize)| Node { reach: *range.end(), range, value };
        let mut nodes: Vec<Node> = ranges.into_iter().map(node).collect();
        nodes.sort_by_key(|it| (*it.range.start(), it.value));
        set_reach(&mut nodes);
        Ranges { nodes }
    }

    /// The values of the ranges that hold `number`, by their ranges' starts.
    pub(super) fn around(&self, number: u32) -> Vec<usize> {
        let mut found = Vec::new();
        collect(&self.nodes, number, &mut found);
        found
    }
}

fn set_reach(nodes: &mut [Node]) -> u32 {
    let middle = nodes.len() / 2;
    let (before, rest) = nodes.split_at_mut(middle);
    let Some((root, after)) = rest.split_first_mut() else { return 0 };
    root.reach = root.reach.max(set_reach(before)).max(set_reach(after));
    root.reach
}

fn collect(nodes: &[Node], number: u32, found: &mut Vec<usize>) {
    let (before, rest) = nodes.split_at(nodes.len() / 2);
    let Some((root, after)) = rest.split_first() else { return };
    if root.reach < number {
        return;
    }
    collect(before, number, found);
    if *root.range.start() > number {
        return;
    }
    if root.range.contains(&number) {
        found.push(root.value);
    }
    collect(after, number, found);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn all_around_a_number_are_found(
            bounds in proptest::collection::vec((0_u32..50, 0_u32..20), 0..40),
            number in 0_u32..80,
        ) {
            let ranges: Vec<_> = bounds.iter().map(|(start, len)| *start..=start + len).collect();
            let tree = Ranges::new(ranges.iter().cloned().zip(0..));
            let mut found = tree.around(number);
            found.sort_unstable();
            let around = (0..ranges.len()).filter(|index| ranges[*index].contains(&number));
            prop_assert_eq!(found, around.collect::<Vec<_>>());
        }
    }
}
