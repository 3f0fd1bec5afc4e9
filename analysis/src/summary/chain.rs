//! Chains: through which calls an effect is reached.

use super::{Effect, Summaries};
use crate::model::FnId;
use crate::span::Span;

/// Chains longer than this are cut: nobody reads them.
const MAX_HOPS: usize = 12;

/// A step of a chain: a place in a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hop {
    /// The function in which it stands.
    pub function: FnId,
    /// The call, or in the last step what happens.
    pub span: Span,
}

impl Summaries {
    /// From an effect of `function` to where it happens: the calls in between, and the place itself.
    pub(super) fn chain(&self, function: FnId, effect: &Effect) -> Vec<Hop> {
        let mut hops = vec![Hop { function, span: effect.at }];
        let mut next = effect.via;
        while let Some((callee, index)) = next
            && hops.len() < MAX_HOPS
        {
            let inner = &self.of(callee)[index as usize];
            hops.push(Hop { function: callee, span: inner.at });
            next = inner.via;
        }
        hops
    }
}
