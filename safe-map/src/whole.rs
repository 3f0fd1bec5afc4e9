//! A plain map as a table: it hashes or compares by itself, so that the hash from outside is not looked at.

use std::{thread, vec};

use crate::{
    plain::{Find, PlainMap, put_back},
    table::{Lent, Lookup, Place, Replaced, Table},
};

/// A plain map that a lock protects.
#[derive(Clone)]
pub(crate) struct Whole<M>(pub(crate) M);

impl<M: PlainMap> Table for Whole<M> {
    type Key = M::Key;
    type Value = M::Value;

    fn len(&self) -> usize {
        self.0.count()
    }

    fn insert(&mut self, _: u64, key: M::Key, value: M::Value) -> Replaced<M::Key, M::Value> {
        let (key, value) = self.0.put(key, value);
        Replaced { key, value }
    }

    fn restore(
        &mut self,
        _: u64,
        Place(place): Place,
        key: M::Key,
        value: M::Value,
    ) -> Replaced<M::Key, M::Value> {
        let (key, value) = match place {
            Some(place) => self.0.put_at(place, key, value),
            None => self.0.put(key, value),
        };
        Replaced { key, value }
    }

    fn each(&self, f: &mut impl FnMut(&M::Key, &M::Value)) {
        self.0.visit(f);
    }

    /// Takes the map apart and puts back what stays: std's maps cannot yet give single entries away while they are walked.
    fn extract(
        &mut self,
        f: &mut impl FnMut(&M::Key, &mut M::Value) -> bool,
        out: &mut Vec<(M::Key, M::Value)>,
    ) {
        let rest = self.0.take_all().into_iter();
        let mut walk = Walk { map: &mut self.0, rest };
        for (key, value) in walk.rest.by_ref() {
            let mut visited = Visited { map: &mut *walk.map, entry: Some((key, value)) };
            let Some((key, value)) = visited.entry.as_mut() else { continue };
            if f(key, value) {
                out.extend(visited.entry.take());
            }
        }
    }

    fn drain(&mut self) -> Vec<(M::Key, M::Value)> {
        self.0.take_all()
    }
}

/// The entries that are not visited yet go back, whatever happens.
struct Walk<'a, M: PlainMap> {
    map: &'a mut M,
    rest: vec::IntoIter<(M::Key, M::Value)>,
}

impl<M: PlainMap> Drop for Walk<'_, M> {
    fn drop(&mut self) {
        put_back(self.map, self.rest.by_ref());
    }
}

/// The entry that is being looked at goes back, unless it is taken.
struct Visited<'a, M: PlainMap> {
    map: &'a mut M,
    entry: Option<(M::Key, M::Value)>,
}

impl<M: PlainMap> Drop for Visited<'_, M> {
    fn drop(&mut self) {
        match self.entry.take() {
            Some((key, value)) if !thread::panicking() => drop(self.map.put(key, value)),
            entry => put_back(self.map, entry.into_iter()),
        }
    }
}

impl<M: PlainMap + Find<Q>, Q: ?Sized> Lookup<Q> for Whole<M> {
    fn view<R>(&self, _: u64, key: &Q, f: impl FnOnce(Option<(&M::Key, &M::Value)>) -> R) -> R {
        f(self.0.find(key))
    }

    fn get_mut(&mut self, _: u64, key: &Q) -> Option<&mut M::Value> {
        self.0.find_mut(key)
    }

    fn take(&mut self, _: u64, key: &Q) -> Option<(M::Key, M::Value)> {
        self.0.take(key)
    }

    fn lend(&mut self, _: u64, key: &Q) -> Option<Lent<M::Key, M::Value>> {
        let place = Place(self.0.place(key));
        self.0.take(key).map(|(key, value)| Lent::Moved(key, value, place))
    }

    fn with_many<const N: usize, R>(
        &mut self,
        _: [u64; N],
        keys: [&Q; N],
        f: impl FnOnce([Option<&mut M::Value>; N]) -> R,
    ) -> R {
        self.0.with_many(keys, f)
    }
}
