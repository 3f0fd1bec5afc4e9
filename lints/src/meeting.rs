//! Meeting: whether somebody else can ask for a lock while a function holds it.
//!
//! In: a function, what is alive in it, and a lock. Out: whether one of those who wait for the lock can come then. Not who
//! needs another lock that keeps the two apart, nor who needs a `&mut` of what this function is lent. A closure or task that
//! runs apart has neither: the borrows and guards of who made it are long gone.

use std::cell::LazyCell;

use safe_map_analysis::flow::{Decl, Held, Place, Root, Step};
use safe_map_analysis::{Analysis, FunctionView, Waiter};

use crate::contended::has_nobody_else;
use crate::contexts::{contexts, exclude_each_other};
use crate::gates::{self, Gate};
use crate::private::needs_same_owner;

/// A function where it holds a lock.
pub(crate) struct Holder<'a> {
    /// Which.
    pub(crate) function: &'a FunctionView<'a>,
    /// Where the lock is, as the function names it.
    pub(crate) place: &'a Place,
    /// What is alive then.
    pub(crate) held: &'a [Held],
    /// It is no closure or task of the function that runs apart.
    pub(crate) is_own: bool,
    /// What is taken to keep others away.
    pub(crate) trust: Trust,
}

/// What is taken to keep two functions apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// A borrow of what has the lock in itself, which the compiler sees to.
    Borrows,
    /// Also locks around, and a borrow of what has a handle to the lock: most have one each.
    Declarations,
}

impl Holder<'_> {
    /// Whether somebody who waits for a lock of this declaration, as `wanted`, can do so meanwhile.
    pub(crate) fn is_wanted(&self, decl: &Decl, wanted: impl Fn(&Waiter) -> bool) -> bool {
        let analysis = self.analysis();
        let gates = LazyCell::new(|| self.gates(decl));
        let lent = LazyCell::new(|| contexts(analysis, self.function.id));
        let owner = match decl {
            Decl::Field(owner, _) => Some(*owner),
            Decl::Static(_) => None,
        };
        let is_trusting = self.trust == Trust::Declarations;
        let is_gated = |it: &Waiter| {
            is_trusting && !gates.is_empty() && gates::keep_apart(&gates, &gates::around(analysis, it.id))
        };
        // A handle in the owner may be one of several.
        let is_within = matches!(self.place.path.last(), Some(Step::Field(_)));
        let is_lent = |it: &Waiter| {
            let is_of_self = self.place.root == Root::SelfValue;
            let others = || contexts(analysis, it.id);
            is_trusting && is_of_self && needs_same_owner(analysis, self.function.id, it.id)
                || (is_trusting || is_within)
                    && owner
                        .is_some_and(|owner| exclude_each_other(&analysis.model, &lent, &others(), &[owner]))
        };
        let is_excluded = |it: &Waiter| !it.is_apart && (is_gated(it) || self.is_own && is_lent(it));
        let mut others = analysis.waiters(decl).iter().filter(|it| wanted(it));
        others.any(|it| !has_nobody_else(analysis, it) && !is_excluded(it))
    }

    /// The other locks that are held then, here or by every caller, each with whether it is held alone.
    fn gates(&self, decl: &Decl) -> Vec<Gate> {
        let here = self.held.iter().map(|it| self.function.flow.guard_at(it).acquire);
        let here = here.filter_map(|it| Some((it.lock.decl?, it.mode.is_alone())));
        let callers = match self.is_own {
            true => gates::around(self.analysis(), self.function.id),
            false => Vec::new(),
        };
        here.chain(callers).filter(|it| it.0 != *decl).collect()
    }

    fn analysis(&self) -> &Analysis {
        self.function.file.analysis
    }
}
