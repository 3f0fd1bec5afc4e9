//! The state of a walk: which guards are alive and who owns them.

use std::collections::BTreeMap;

use super::{GuardId, Held};
use crate::knowledge::schema::LockMode;

/// A scope of the walk: a block, a statement, a loop, a closure's body.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct FrameId(pub(super) u32);

/// A local variable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct LocalId(pub(super) u32);

/// Who drops a guard.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Owner {
    /// A value that is being computed.
    Flight,
    /// A temporary, dropped at the end of a scope.
    Frame(FrameId),
    /// A local.
    Local(LocalId),
    /// Nobody: forgotten or leaked.
    Nobody,
}

/// A guard that is alive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Live {
    pub(super) owner: Owner,
    /// Alive on some paths only.
    pub(super) maybe: bool,
    /// Its place was assigned meanwhile: what is there now is another lock.
    pub(super) is_replaced: bool,
    /// How it holds its lock here: `downgrade` and `upgrade` change that.
    pub(super) mode: LockMode,
}

/// What is alive at a point of a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct State {
    pub(super) live: BTreeMap<GuardId, Live>,
    /// False behind a `return`, `break`, `panic!`: nothing there happens.
    pub(super) reachable: bool,
}

impl State {
    /// Nothing is alive.
    pub(super) fn new() -> State {
        State { live: BTreeMap::new(), reachable: true }
    }

    /// The state behind a jump.
    pub(super) fn unreachable() -> State {
        State { live: BTreeMap::new(), reachable: false }
    }

    /// What is alive where two paths meet: all that is alive on either.
    pub(super) fn join(self, other: State) -> State {
        match (self.reachable, other.reachable) {
            (false, _) => other,
            (true, false) => self,
            (true, true) => self.union(other),
        }
    }

    fn union(mut self, other: State) -> State {
        for (id, live) in &mut self.live {
            let Some(there) = other.live.get(id) else {
                live.maybe = true;
                continue;
            };
            // In one branch it is part of the value, in the other it stays where it was: it outlives that with the value.
            let is_moved = (live.owner == Owner::Flight) != (there.owner == Owner::Flight);
            live.maybe |= there.maybe || is_moved || live.is_replaced != there.is_replaced;
            live.is_replaced &= there.is_replaced;
            if is_moved {
                live.owner = Owner::Flight;
            }
        }
        for (id, live) in other.live {
            self.live.entry(id).or_insert(Live { maybe: true, ..live });
        }
        self
    }

    /// What is alive, oldest first.
    pub(super) fn held(&self) -> impl Iterator<Item = Held> + '_ {
        let local = |live: &Live| match live.owner {
            Owner::Local(local) => Some(local.0),
            Owner::Flight | Owner::Frame(_) | Owner::Nobody => None,
        };
        self.live.iter().map(move |(guard, live)| Held {
            guard: *guard,
            maybe: live.maybe,
            is_replaced: live.is_replaced,
            mode: live.mode,
            local: local(live),
        })
    }

    /// Gives guards that are alive to another owner.
    pub(super) fn give(&mut self, guards: &[GuardId], owner: Owner) {
        for id in guards {
            if let Some(live) = self.live.get_mut(id) {
                live.owner = owner;
            }
        }
    }

    /// The guards of an owner.
    pub(super) fn owned_by(&self, owner: Owner) -> Vec<GuardId> {
        self.live.iter().filter(|(_, live)| live.owner == owner).map(|(id, _)| *id).collect()
    }
}
