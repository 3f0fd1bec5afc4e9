//! Each strategy does what a plain map does: random lists of operations on both, compared after each step.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[macro_use]
mod common;

use std::{
    collections::HashMap,
    task::{Context, Poll, Waker},
};

use proptest::{
    collection::vec,
    prelude::{Strategy as Arbitrary, any, prop_oneof},
    test_runner::{Config, TestRunner},
};
use safe_map::SharedMap;

/// One operation. Keys are few, so that they meet often.
#[derive(Clone, Debug)]
enum Step {
    Insert(u8, u32),
    TryInsert(u8, u32),
    GetOrInsert(u8, u32),
    Update(u8),
    Upsert(u8, u32),
    Compute(u8, Option<u32>),
    Pair(u8, u8),
    Many([u8; 3]),
    TryUpdate(u8, u32),
    TryMake(u8, Result<u32, ()>),
    Load(u8, Result<u32, ()>),
    Extend(Vec<(u8, u32)>),
    Remove(u8),
    RemoveIfEven(u8),
    RetainBelow(u32),
    ExtractAbove(u32),
    Clear,
    Get(u8),
}

fn step() -> impl Arbitrary<Value = Step> {
    let key = || 0..200_u8;
    let value = || 0..1000_u32;
    prop_oneof![
        12 => (key(), value()).prop_map(|(k, v)| Step::Insert(k, v)),
        3 => (key(), value()).prop_map(|(k, v)| Step::TryInsert(k, v)),
        3 => (key(), value()).prop_map(|(k, v)| Step::GetOrInsert(k, v)),
        3 => key().prop_map(Step::Update),
        3 => (key(), value()).prop_map(|(k, v)| Step::Upsert(k, v)),
        3 => (key(), any::<Option<u32>>()).prop_map(|(k, v)| Step::Compute(k, v)),
        2 => (key(), key()).prop_map(|(a, b)| Step::Pair(a, b)),
        2 => [key(), key(), key()].prop_map(Step::Many),
        2 => (key(), value()).prop_map(|(k, v)| Step::TryUpdate(k, v)),
        2 => (key(), any::<Result<u32, ()>>()).prop_map(|(k, v)| Step::TryMake(k, v)),
        2 => (key(), any::<Result<u32, ()>>()).prop_map(|(k, v)| Step::Load(k, v)),
        1 => vec((key(), value()), 0..20).prop_map(Step::Extend),
        4 => key().prop_map(Step::Remove),
        2 => key().prop_map(Step::RemoveIfEven),
        1 => value().prop_map(Step::RetainBelow),
        1 => value().prop_map(Step::ExtractAbove),
        1 => proptest::strategy::Just(Step::Clear),
        4 => key().prop_map(Step::Get),
    ]
}

/// The value of a key, put in first if it is absent and there is one.
fn make(plain: &mut HashMap<u8, u32>, key: u8, value: Result<u32, ()>) -> Result<u32, ()> {
    match plain.get(&key) {
        Some(there) => Ok(*there),
        None => value.inspect(|value| _ = plain.insert(key, *value)),
    }
}

/// Does one step on both maps and compares what they give.
fn apply(map: &impl SharedMap<Key = u8, Value = u32>, plain: &mut HashMap<u8, u32>, step: &Step) {
    match *step {
        Step::Many(keys) => {
            let distinct = keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2];
            if !distinct {
                return;
            }
            let there = map.update_many(keys.each_ref(), |values| {
                values.map(|value| value.map(|n| std::mem::replace(n, n.wrapping_add(1))))
            });
            assert_eq!(there, keys.map(|key| plain.get(&key).copied()));
            for key in keys {
                plain.entry(key).and_modify(|n| *n = n.wrapping_add(1));
            }
        }
        Step::TryUpdate(k, v) => {
            // What it has made of the value stays, whatever it gives.
            let change = |n: &mut u32| {
                *n ^= v;
                if v % 2 == 0 { Ok(*n) } else { Err(*n) }
            };
            assert_eq!(map.try_update(&k, change), plain.get_mut(&k).map(change).transpose());
        }
        Step::TryMake(k, v) => {
            let made = map.get_or_try_insert_with(k, || v);
            assert_eq!(made, make(plain, k, v));
        }
        Step::Load(k, v) => {
            let mut load = std::pin::pin!(map.try_get_or_load(k, async { v }));
            let loaded = load.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert_eq!(loaded, Poll::Ready(make(plain, k, v)));
        }
        Step::Extend(ref pairs) => {
            map.extend(pairs.iter().copied());
            plain.extend(pairs.iter().copied());
        }
        Step::Insert(k, v) => assert_eq!(map.insert(k, v), plain.insert(k, v)),
        Step::TryInsert(k, v) => {
            let absent = !plain.contains_key(&k);
            plain.entry(k).or_insert(v);
            assert_eq!(map.try_insert(k, v).is_ok(), absent);
        }
        Step::GetOrInsert(k, v) => assert_eq!(map.get_or_insert_with(k, || v), *plain.entry(k).or_insert(v)),
        Step::Update(k) => {
            let bump = |n: &mut u32| {
                *n = n.wrapping_add(7);
                *n
            };
            assert_eq!(map.update(&k, bump), plain.get_mut(&k).map(bump));
        }
        Step::Upsert(k, v) => {
            let inserted = map.upsert(k, || v, |n| *n = n.wrapping_mul(3));
            assert_eq!(inserted, !plain.contains_key(&k));
            plain.entry(k).and_modify(|n| *n = n.wrapping_mul(3)).or_insert(v);
        }
        Step::Compute(k, v) => {
            let old = plain.get(&k).copied();
            let there = map.compute(k, |seen| {
                assert_eq!(seen, old);
                v
            });
            assert_eq!(there, v.is_some());
            plain.remove(&k);
            plain.extend(v.map(|v| (k, v)));
        }
        Step::Pair(a, b) if a != b => {
            let both = plain.contains_key(&a) && plain.contains_key(&b);
            let swapped = map.update_pair(&a, &b, std::mem::swap);
            assert_eq!(swapped.is_some(), both);
            if both {
                let [x, y] = [plain[&a], plain[&b]];
                plain.extend([(a, y), (b, x)]);
            }
        }
        Step::Pair(..) => (),
        Step::Remove(k) => assert_eq!(map.remove(&k), plain.remove(&k)),
        Step::RemoveIfEven(k) => {
            let even = plain.get(&k).is_some_and(|v| v % 2 == 0);
            assert_eq!(map.remove_if(&k, |v| v % 2 == 0), if even { plain.remove(&k) } else { None });
        }
        Step::RetainBelow(limit) => {
            let keep = |_: &u8, v: &mut u32| {
                *v = v.saturating_sub(1);
                *v < limit
            };
            map.retain(keep);
            plain.retain(keep);
        }
        Step::ExtractAbove(limit) => {
            let mut out = map.extract_if(|_, v| *v > limit);
            out.sort_unstable();
            let mut expected: Vec<_> =
                plain.iter().map(|(k, v)| (*k, *v)).filter(|(_, v)| *v > limit).collect();
            expected.sort_unstable();
            plain.retain(|_, v| *v <= limit);
            assert_eq!(out, expected);
        }
        Step::Clear => {
            map.clear();
            plain.clear();
        }
        Step::Get(k) => {
            assert_eq!(map.get(&k), plain.get(&k).copied());
            assert_eq!(map.contains_key(&k), plain.contains_key(&k));
        }
    }
}

fn agrees_with_a_plain_map<M>(new: impl Fn() -> M)
where
    M: SharedMap<Key = u8, Value = u32> + IntoIterator<Item = (u8, u32)>,
{
    let mut runner = TestRunner::new(Config { cases: 96, failure_persistence: None, ..Config::default() });
    let steps = vec(step(), 0..600);
    let result = runner.run(&steps, |steps| {
        let (map, mut plain) = (new(), HashMap::new());
        for step in &steps {
            apply(&map, &mut plain, step);
            assert_eq!(map.len(), plain.len());
        }
        assert_eq!(map.fold(0, |count, _, _| count + 1), plain.len());
        let mut seen = map.entries();
        let mut expected: Vec<_> = plain.into_iter().collect();
        seen.sort_unstable();
        expected.sort_unstable();
        assert_eq!(seen, expected);
        let mut taken: Vec<_> = map.into_iter().collect();
        taken.sort_unstable();
        assert_eq!(taken, expected);
        Ok(())
    });
    result.unwrap();
}

for_every_strategy! {
    agrees_with_a_plain_map: u8 => u32;
}
