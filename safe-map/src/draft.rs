//! The next version of a snapshot map while it is written: the current one until the first change, then a copy of it.

use std::sync::Arc;

use crate::{
    plain::{Find, PlainMap},
    table::{Lent, Lookup, Place, Replaced, Table},
    versioned::Version,
    whole::Whole,
};

/// One version of a map.
#[derive(Clone)]
pub(crate) struct Edition<M> {
    pub(crate) map: Whole<M>,
    pub(crate) version: u64,
}

/// What a writer works on.
pub(crate) struct Draft<M> {
    /// The current version; `None` when the draft is finished.
    base: Option<Arc<Edition<M>>>,
    copy: Option<Whole<M>>,
}

impl<M: Clone> Draft<M> {
    pub(crate) fn of(base: Arc<Edition<M>>) -> Self {
        Draft { base: Some(base), copy: None }
    }

    fn base(&self) -> &Edition<M> {
        self.base.as_ref().expect("a finished draft is not used")
    }

    /// The version that the draft was made of.
    pub(crate) fn version(&self) -> Version {
        Version(self.base().version)
    }

    fn map(&self) -> &Whole<M> {
        self.copy.as_ref().unwrap_or_else(|| &self.base().map)
    }

    /// The copy, made now if this is the first change.
    pub(crate) fn changed(&mut self) -> &mut Whole<M> {
        let base = self.base.as_ref().expect("a finished draft is not used");
        self.copy.get_or_insert_with(|| base.map.clone())
    }

    /// The next version, if there was a change. Lets go of the current one, so that it can be seen to be unused.
    pub(crate) fn finish(&mut self) -> Option<Edition<M>> {
        let version = self.base.take()?.version + 1;
        self.copy.take().map(|map| Edition { map, version })
    }
}

impl<M: PlainMap + Clone> Table for Draft<M> {
    type Key = M::Key;
    type Value = M::Value;

    fn len(&self) -> usize {
        self.map().len()
    }

    fn insert(&mut self, hash: u64, key: M::Key, value: M::Value) -> Replaced<M::Key, M::Value> {
        self.changed().insert(hash, key, value)
    }

    fn restore(
        &mut self,
        hash: u64,
        place: Place,
        key: M::Key,
        value: M::Value,
    ) -> Replaced<M::Key, M::Value> {
        self.changed().restore(hash, place, key, value)
    }

    fn each(&self, f: &mut impl FnMut(&M::Key, &M::Value)) {
        self.map().each(f);
    }

    fn extract(
        &mut self,
        f: &mut impl FnMut(&M::Key, &mut M::Value) -> bool,
        out: &mut Vec<(M::Key, M::Value)>,
    ) {
        if self.len() > 0 {
            self.changed().extract(f, out);
        }
    }

    fn drain(&mut self) -> Vec<(M::Key, M::Value)> {
        if self.len() > 0 { self.changed().drain() } else { Vec::new() }
    }
}

impl<M: PlainMap + Clone + Find<Q>, Q: ?Sized> Lookup<Q> for Draft<M> {
    fn view<R>(&self, hash: u64, key: &Q, f: impl FnOnce(Option<(&M::Key, &M::Value)>) -> R) -> R {
        self.map().view(hash, key, f)
    }

    fn get_mut(&mut self, hash: u64, key: &Q) -> Option<&mut M::Value> {
        if !self.contains(hash, key) {
            return None;
        }
        self.changed().get_mut(hash, key)
    }

    fn take(&mut self, hash: u64, key: &Q) -> Option<(M::Key, M::Value)> {
        if !self.contains(hash, key) {
            return None;
        }
        self.changed().take(hash, key)
    }

    fn lend(&mut self, hash: u64, key: &Q) -> Option<Lent<M::Key, M::Value>> {
        if !self.contains(hash, key) {
            return None;
        }
        self.changed().lend(hash, key)
    }

    fn with_many<const N: usize, R>(
        &mut self,
        hashes: [u64; N],
        keys: [&Q; N],
        f: impl FnOnce([Option<&mut M::Value>; N]) -> R,
    ) -> R {
        if !keys.iter().any(|&key| self.contains(0, key)) {
            return f([const { None }; N]);
        }
        self.changed().with_many(hashes, keys, f)
    }
}
