//! Which lock a name means: one lock has several names where handles to it are given on, to fields of structs that are made
//! and to parameters.
//!
//! In: an analysis. Out: for each field, parameter and local what its value was before, as far back as the workspace says:
//! two names with the same origins are one lock. A handle from elsewhere, and a lock that is made, is its own origin.

use std::collections::{BTreeMap, BTreeSet};

use safe_map_analysis::Analysis;
use safe_map_analysis::flow::{Acquire, Decl, Place, Recipient, Root, Step};
use safe_map_analysis::knowledge::schema::TypeRole;
use safe_map_analysis::model::{FnId, Model};
use safe_map_analysis::name::Name;
use safe_map_analysis::ty::{AdtId, Ty};

use crate::declared::{is_of_choice, protected};

/// What has more origins is a helper's name for many locks.
const MAX_ORIGINS: usize = 4;

/// How many impls of a trait are looked at.
const MAX_IMPLS: usize = 8;

/// A name of a lock.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Named {
    /// A field or static.
    Decl(Decl),
    /// A cell that is filled once, around what may be a lock of its own.
    Once(Decl),
    /// A field of a generic struct, in the field that has that.
    Part(Decl, Vec<Name>),
    /// A field of a generic struct, of which it is not known where that is.
    Own(AdtId, Name),
    /// What a lock is around, where nothing tells it from others around the same.
    Content(AdtId),
    /// A parameter of a function.
    Param(FnId, u32),
    /// A local of a function.
    Local(FnId, u32),
}

/// A lock by where it comes from.
pub(crate) type Identity = BTreeSet<Named>;

/// Whether two locks can be told from all others: those of a generic struct only together, in its own code.
pub(crate) fn are_known(one: &Identity, other: &Identity) -> bool {
    let owners = |it: &Identity| -> Option<AdtId> {
        it.iter().find_map(|it| match it {
            Named::Own(adt, _) => Some(*adt),
            Named::Decl(_)
            | Named::Once(_)
            | Named::Part(..)
            | Named::Content(_)
            | Named::Param(..)
            | Named::Local(..) => None,
        })
    };
    owners(one) == owners(other)
}

/// Whether a lock is known by nothing but what it is around.
pub(crate) fn is_of_content(it: &Identity) -> bool {
    it.iter().any(|it| matches!(it, Named::Content(_)))
}

/// Whether two locks are surely not one: the fields of one struct, the values of one function.
pub(crate) fn are_siblings(one: &Identity, other: &Identity) -> bool {
    let same = |a: &Named, b: &Named| match (a, b) {
        (Named::Decl(Decl::Field(a, _)), Named::Decl(Decl::Field(b, _))) => a == b,
        (Named::Local(a, _), Named::Local(b, _)) | (Named::Param(a, _), Named::Param(b, _)) => a == b,
        (Named::Decl(Decl::Static(_)), Named::Decl(_)) | (Named::Decl(_), Named::Decl(Decl::Static(_))) => {
            true
        }
        _ => false,
    };
    one != other && one.iter().any(|a| other.iter().any(|b| same(a, b)))
}

/// The types of the workspace that a lock may be around: it is reached by a handle, which others can have by other names. What
/// is behind a `dyn Trait` may be any that has an impl.
pub(crate) fn contents(model: &Model, acquire: &Acquire) -> Vec<Named> {
    let lock = &acquire.lock;
    let is_elsewhere = lock.decl.as_ref().is_none_or(|it| is_of_choice(model, it));
    let is_handle = is_elsewhere || matches!(lock.place.path.last(), Some(Step::Handle(_)));
    if lock.role != TypeRole::Lock || !is_handle {
        return Vec::new();
    }
    let adt = |it: &Ty| match it {
        Ty::Adt(id, _) => Some(Named::Content(*id)),
        _ => None,
    };
    // A helper that is generic over what is locked does not say what that is.
    let content = match (&lock.content, &lock.decl) {
        (Ty::Param(_) | Ty::Unknown, Some(Decl::Field(owner, name))) => {
            let fields = model.adt_fields(*owner);
            let field = fields.iter().find(|it| it.name == *name);
            field.and_then(|it| protected(model, &it.ty)).unwrap_or_default()
        }
        (content, _) => content.clone(),
    };
    match &content {
        Ty::Trait(id) => model.implementors(*id).take(MAX_IMPLS).filter_map(adt).collect(),
        ty => adt(ty).into_iter().collect(),
    }
}

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
