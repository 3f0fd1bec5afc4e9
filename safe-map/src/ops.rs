//! The operations of all maps, once, over the two traits of `strategy.rs` and the two of `table.rs`.
//!
//! What they have in common: the key is hashed before anything is locked, a closure runs exactly once, and what is left over
//! (an unneeded key, a replaced value, a closure that was not called) leaves the lock before it is dropped, when a closure
//! panics too.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::{
    call::Call,
    flights::Role,
    strategy::{Key, Keyed, Present, Strategy, Value},
    table::{Lent, Lookup, Place, Replaced, Table},
};

#[inline]
pub(crate) fn view<M: Keyed<Q>, Q: ?Sized, R>(
    map: &M,
    call: Call,
    key: &Q,
    f: impl FnOnce(Option<&Value<M>>) -> R,
) -> R {
    view_entry(map, call, key, |entry| f(entry.map(|(_, value)| value)))
}

/// Shows the value of a key to `f`, which is dropped outside where there is none.
#[inline]
pub(crate) fn read<M: Keyed<Q>, Q: ?Sized, R>(
    map: &M,
    call: Call,
    key: &Q,
    f: impl FnOnce(&Value<M>) -> R,
) -> Option<R> {
    view(map, call, key, |value| match value {
        Some(value) => Ok(f(value)),
        None => Err(f),
    })
    .ok()
}

#[inline]
pub(crate) fn view_entry<M: Keyed<Q>, Q: ?Sized, R>(
    map: &M,
    call: Call,
    key: &Q,
    f: impl FnOnce(Option<(&Key<M>, &Value<M>)>) -> R,
) -> R {
    map.view(call, map.hash_of(key), key, f)
}

#[inline]
pub(crate) fn insert<M: Keyed<Key<M>>>(
    map: &M,
    call: Call,
    key: Key<M>,
    value: Value<M>,
) -> Option<Value<M>> {
    let hash = map.hash_of(&key);
    map.edit(call, hash, |table| table.insert(hash, key, value)).into_value()
}

/// The iterator runs under no lock.
pub(crate) fn extend<M: Keyed<Key<M>>>(map: &M, call: Call, pairs: impl Iterator<Item = (Key<M>, Value<M>)>) {
    if M::VERSIONS {
        return insert_at_once(map, call, pairs.collect());
    }
    for (key, value) in pairs {
        insert(map, call, key, value);
    }
}

/// Puts pairs in that belong to one table.
fn insert_at_once<M: Keyed<Key<M>>>(map: &M, call: Call, pairs: Vec<(Key<M>, Value<M>)>) {
    let hashes: Vec<_> = pairs.iter().map(|(key, _)| map.hash_of(key)).collect();
    let Some(&first) = hashes.first() else { return };
    // Both outlive the lock.
    let mut pairs = hashes.into_iter().zip(pairs);
    let mut unneeded = Vec::new();
    map.edit(call, first, |table| {
        unneeded.extend(pairs.by_ref().map(|(hash, (key, value))| table.insert(hash, key, value)));
    });
}

/// Gives the pair back if the key is there.
pub(crate) fn try_insert<M: Keyed<Key<M>>>(
    map: &M,
    call: Call,
    key: Key<M>,
    value: Value<M>,
) -> Result<(), (Key<M>, Value<M>)> {
    let hash = map.hash_of(&key);
    map.edit(call, hash, |table| {
        if table.contains(hash, &key) {
            return Err((key, value));
        }
        Ok(table.insert(hash, key, value))
    })
    .map(drop)
}

pub(crate) fn get_or_try_insert_with<M: Keyed<Key<M>>, E>(
    map: &M,
    call: Call,
    key: Key<M>,
    make: impl FnOnce() -> Result<Value<M>, E>,
) -> Result<Value<M>, E>
where
    Value<M>: Clone,
{
    let hash = map.hash_of(&key);
    if let Some(value) = map.view(call, hash, &key, |entry| entry.map(|(_, value)| value.clone())) {
        return Ok(value);
    }
    // Both stay outside until they are needed, so that they are dropped there otherwise.
    let mut key = Some(key);
    let mut make = Some(make);
    let mut made = None;
    let mut unneeded = Replaced::NOTHING;
    map.edit(call, hash, |table| {
        let wanted = key.as_ref().expect("nobody has taken the key yet");
        if let Some(value) = table.view(hash, wanted, |entry| entry.map(|(_, value)| value.clone())) {
            return Ok(value);
        }
        // Where the clone panics the value is dropped outside.
        let given = made.insert(make.take().expect("the closure runs once")()?).clone();
        let value = made.take().expect("it was made on the line above");
        unneeded = table.insert(hash, key.take().expect("nobody has taken the key yet"), value);
        Ok(given)
    })
}

#[inline]
pub(crate) fn update<M: Keyed<Q>, Q: ?Sized, R>(
    map: &M,
    call: Call,
    key: &Q,
    f: impl FnOnce(&mut Value<M>) -> R,
) -> Option<R> {
    let hash = map.hash_of(key);
    map.edit(call, hash, |table| match table.get_mut(hash, key) {
        Some(value) => Ok(f(value)),
        // What the closure has taken with it is dropped outside.
        None => Err(f),
    })
    .ok()
}

/// Gives whether the value was inserted.
pub(crate) fn upsert<M: Keyed<Key<M>>>(
    map: &M,
    call: Call,
    key: Key<M>,
    insert: impl FnOnce() -> Value<M>,
    update: impl FnOnce(&mut Value<M>),
) -> bool {
    let hash = map.hash_of(&key);
    let mut key = Some(key);
    let mut broken = None;
    let mut unneeded = Replaced::NOTHING;
    // One of the closures is not called. It may have the only value of its kind with it, to be dropped outside.
    let (mut insert, mut update) = (Some(insert), Some(update));
    map.edit(call, hash, |table| {
        let wanted = key.as_ref().expect("nobody has taken the key yet");
        if let Some(value) = table.get_mut(hash, wanted) {
            let update = update.take().expect("the closure runs once");
            // Half of the update may be done: the entry goes when it panics.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| update(value))) {
                broken = table.take(hash, wanted);
                resume_unwind(panic);
            }
            return false;
        }
        let value = insert.take().expect("the closure runs once")();
        unneeded = table.insert(hash, key.take().expect("nobody has taken the key yet"), value);
        true
    })
}

/// Gives whether the key is there afterwards.
pub(crate) fn compute<M: Keyed<Key<M>>>(
    map: &M,
    call: Call,
    key: Key<M>,
    f: impl FnOnce(Option<Value<M>>) -> Option<Value<M>>,
) -> bool {
    let hash = map.hash_of(&key);
    // These outlive the lock, when `f` panics too.
    let mut key = Some(key);
    let mut unneeded = None;
    let mut replaced = Replaced::NOTHING;
    let mut removed = None;
    let mut place = Place::default();
    map.edit(call, hash, |table| {
        let wanted = key.as_ref().expect("nobody has taken the key yet");
        let value = match table.lend(hash, wanted) {
            Some(Lent::Moved(old_key, value, was)) => {
                place = was;
                unneeded = key.replace(old_key);
                Some(value)
            }
            Some(Lent::Copied(value)) => Some(value),
            None => None,
        };
        match catch_unwind(AssertUnwindSafe(|| f(value))) {
            Ok(Some(value)) => {
                let key = key.take().expect("nobody has taken the key yet");
                replaced = table.restore(hash, place, key, value);
                true
            }
            Ok(None) => {
                removed = key.as_ref().and_then(|key| table.take(hash, key));
                false
            }
            Err(panic) => {
                removed = key.as_ref().and_then(|key| table.take(hash, key));
                resume_unwind(panic)
            }
        }
    })
}

#[inline]
pub(crate) fn remove_entry<M: Keyed<Q>, Q: ?Sized>(
    map: &M,
    call: Call,
    key: &Q,
) -> Option<(Key<M>, Value<M>)> {
    let hash = map.hash_of(key);
    map.edit(call, hash, |table| table.take(hash, key))
}

pub(crate) fn remove_entry_if<M: Keyed<Q>, Q: ?Sized>(
    map: &M,
    call: Call,
    key: &Q,
    wanted: impl FnOnce(&Key<M>, &Value<M>) -> bool,
) -> Option<(Key<M>, Value<M>)> {
    let hash = map.hash_of(key);
    let mut wanted = Some(wanted);
    map.edit(call, hash, |table| {
        let is_wanted = |entry: Option<(&Key<M>, &Value<M>)>| {
            entry
                .zip(wanted.take_if(|_| entry.is_some()))
                .is_some_and(|((key, value), wanted)| wanted(key, value))
        };
        if !table.view(hash, key, is_wanted) {
            return None;
        }
        table.take(hash, key)
    })
}

pub(crate) fn update_pair<M: Keyed<Q>, Q: ?Sized, R>(
    map: &M,
    call: Call,
    first: &Q,
    second: &Q,
    f: impl FnOnce(&mut Value<M>, &mut Value<M>) -> R,
) -> Option<R> {
    // Where the keys are equal it is dropped outside.
    let mut f = Some(f);
    map.edit_many(call, Present::All, [first, second], |values| match values {
        [Some(first), Some(second)] => Some(f.take().expect("the closure runs once")(first, second)),
        _ => None,
    })
}

pub(crate) fn update_many<M: Keyed<Q>, Q: ?Sized, const N: usize, R>(
    map: &M,
    call: Call,
    keys: [&Q; N],
    f: impl FnOnce([Option<&mut Value<M>>; N]) -> R,
) -> R {
    let mut f = Some(f);
    map.edit_many(call, Present::Any, keys, |values| f.take().expect("the closure runs once")(values))
}

/// Moves the wanted entries out of each table. They are in the result when `wanted` panics too, and so outlive the lock.
pub(crate) fn extract<M: Strategy>(
    map: &M,
    call: Call,
    mut wanted: impl FnMut(&Key<M>, &mut Value<M>) -> bool,
) -> Vec<(Key<M>, Value<M>)> {
    let mut out = Vec::new();
    map.edit_each(call, |table| table.extract(&mut wanted, &mut out));
    out
}

pub(crate) fn clear<M: Strategy>(map: &M, call: Call) {
    // The entries of all tables, to be dropped when the last lock is free.
    let mut out = Vec::new();
    map.edit_each(call, |table| out.push(table.drain()));
}

pub(crate) fn fold<M: Strategy, A>(
    map: &M,
    call: Call,
    init: A,
    mut f: impl FnMut(A, &Key<M>, &Value<M>) -> A,
) -> A {
    let mut sum = Some(init);
    map.scan(call, |key, value| sum = sum.take().map(|it| f(it, key, value)));
    sum.expect("a fold keeps its sum between two entries")
}

pub(crate) fn entries<M: Strategy>(map: &M, call: Call) -> Vec<(Key<M>, Value<M>)>
where
    Key<M>: Clone,
    Value<M>: Clone,
{
    let mut out = Vec::new();
    map.scan(call, |key, value| out.push((key.clone(), value.clone())));
    out
}

/// Loads a value unless it is there. One load a key at a time; nothing is locked while a future runs.
pub(crate) async fn get_or_load<M: Keyed<Key<M>>, E>(
    map: &M,
    call: Call,
    key: Key<M>,
    load: impl Future<Output = Result<Value<M>, E>>,
) -> Result<Value<M>, E>
where
    Key<M>: Eq + Clone,
    Value<M>: Clone,
{
    let hash = map.hash_of(&key);
    let there = || map.view(call, hash, &key, |entry| entry.map(|(_, value)| value.clone()));
    loop {
        if let Some(value) = there() {
            return Ok(value);
        }
        let leader = match map.flights().join((map.meta().id(), call), hash, &key) {
            Role::Leader(leader) => leader,
            Role::Waiter(flight) => match flight.wait((map.meta().id(), call)).await {
                Some(value) => return Ok(value),
                None => continue,
            },
        };
        // The last leader may have landed between the look-up and the start of this flight.
        let value = match there() {
            Some(value) => value,
            None => {
                let loaded = leader.fly(load).await?;
                get_or_try_insert_with::<M, E>(map, call, key, || Ok(loaded))?
            }
        };
        leader.land(value.clone());
        return Ok(value);
    }
}
