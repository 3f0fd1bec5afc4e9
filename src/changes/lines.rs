//! What has changed in one file, in lines of the new text.

use std::ops::RangeInclusive;

/// 1-based lines, in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    /// Lines that are new, and those on both sides of lines that went.
    touched: Vec<RangeInclusive<u32>>,
    /// Where the end of a guard may have gone: a call of `drop`, or a closing brace.
    cut: Vec<RangeInclusive<u32>>,
}

impl Lines {
    /// New lines.
    pub(super) fn add(&mut self, lines: RangeInclusive<u32>) {
        self.touched.push(lines);
    }

    /// Lines that went, between these two that are still there.
    pub(super) fn remove(&mut self, between: RangeInclusive<u32>) {
        self.touched.push(between);
    }

    /// Lines that went with the end of a scope.
    pub(super) fn cut(&mut self, around: RangeInclusive<u32>) {
        self.cut.push(around);
    }

    /// Whether one of these lines has changed.
    pub(super) fn touch(&self, lines: &RangeInclusive<u32>) -> bool {
        self.touched.iter().any(|it| meet(it, lines))
    }

    /// Whether a scope that ended within these lines may have lost its end.
    pub(super) fn cut_into(&self, lines: &RangeInclusive<u32>) -> bool {
        self.cut.iter().any(|it| meet(it, lines))
    }
}

fn meet(a: &RangeInclusive<u32>, b: &RangeInclusive<u32>) -> bool {
    a.start() <= b.end() && b.start() <= a.end()
}
