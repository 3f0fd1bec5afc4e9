//! Which lock a name means: one lock has several names where handles to it are given on, to fields of structs that are made
//! and to parameters.
//!
//! In: an analysis. Out: for each field, parameter and local what its value was before, as far back as the workspace says:
//! two names with the same origins are one lock. A handle from elsewhere, and a lock that is made, is its own origin.

use std::collections::{BTreeMap, BTreeSet};

use safe_map_analysis::Analysis;
use safe_map_analysis::flow::{Acquire, Decl, Place, Recipient, Root};
use safe_map_analysis::model::FnId;

/// What has more origins is a helper's name for many locks.
const MAX_ORIGINS: usize = 4;

/// A name of a lock.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Named {
    /// A field or static.
    Decl(Decl),
    /// A parameter of a function.
    Param(FnId, u32),
    /// A local of a function.
    Local(FnId, u32),
}

/// A lock by where it comes from.
pub(crate) type Identity = BTreeSet<Named>;

/// What the names of locks were before.
#[derive(Default)]
pub(crate) struct Identities {
    sources: BTreeMap<Named, Identity>,
}

impl Identities {
    /// What the functions of a workspace say, test code aside.
    pub(crate) fn new(analysis: &Analysis) -> Identities {
        let mut identities = Identities::default();
        for function in analysis.files().flat_map(|it| it.functions().collect::<Vec<_>>()) {
            if function.model().func(function.id).is_test {
                continue;
            }
            for handed in &function.flow.handed {
                let to = match &handed.to {
                    Recipient::Field(adt, name) => Named::Decl(Decl::Field(*adt, name.clone())),
                    Recipient::Param(callee, index) => Named::Param(*callee, *index),
                };
                let from = named(function.id, handed.decl.as_ref(), handed.place.as_ref());
                let from = from.unwrap_or_else(|| to.clone());
                identities.sources.entry(to).or_default().insert(from);
            }
        }
        identities
    }

    /// Where a lock comes from.
    pub(crate) fn of(&self, name: Named) -> Identity {
        let mut origins = Identity::new();
        self.collect(&name, &mut BTreeSet::new(), &mut origins);
        let is_known = !origins.is_empty() && origins.len() <= MAX_ORIGINS;
        if is_known { origins } else { Identity::from([name]) }
    }

    fn collect(&self, name: &Named, seen: &mut BTreeSet<Named>, origins: &mut Identity) {
        if origins.len() > MAX_ORIGINS || !seen.insert(name.clone()) {
            return;
        }
        let Some(sources) = self.sources.get(name) else {
            origins.insert(name.clone());
            return;
        };
        if sources.contains(name) {
            origins.insert(name.clone());
        }
        sources.iter().for_each(|it| self.collect(it, seen, origins));
    }
}

/// The name of a lock that has no declaration: the parameter or local that it is, or that leads to it.
pub(crate) fn unnamed(function: FnId, acquire: &Acquire) -> Option<Named> {
    named(function, None, Some(&acquire.lock.place))
}

fn named(function: FnId, decl: Option<&Decl>, place: Option<&Place>) -> Option<Named> {
    if let Some(decl) = decl {
        return Some(Named::Decl(decl.clone()));
    }
    let Place { root, path } = place?;
    match root {
        Root::Param(index, _) if path.is_empty() => Some(Named::Param(function, *index)),
        Root::Local(id, _) if path.is_empty() => Some(Named::Local(function, *id)),
        _ => None,
    }
}
