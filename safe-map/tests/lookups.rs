//! Keys by which entries are found: those that are equivalent, those that stay when equal ones come, and none at all.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::{Hash, Hasher},
};

use safe_map::{
    FailFastMap, GenerationalMap, LockedMap, LockedSet, ReadMostlyMap, ShardedMap, ShardedSet, SnapshotMap,
    VersionedMap,
};

/// Finds a `(String, u32)` without making one.
#[derive(Hash)]
struct Place<'a>(&'a str, u32);

impl equivalent::Equivalent<(String, u32)> for Place<'_> {
    fn equivalent(&self, key: &(String, u32)) -> bool {
        self.0 == key.0 && self.1 == key.1
    }
}

/// Many keys, so that they are in every table that a map has.
macro_rules! finds_equivalents {
    ($map:expr) => {{
        let map = $map;
        map.extend((0..300).map(|n| ((format!("k{n}"), n), n)));
        let (seven, eight, absent) = (Place("k7", 7), Place("k8", 8), Place("k7", 8));
        assert_eq!(map.read(&seven, |n| *n), Some(7));
        assert!(map.contains_key(&Place("k299", 299)) && !map.contains_key(&absent));
        assert!(map.get(&eight).is_some());
        assert_eq!(map.update(&seven, |n| std::mem::replace(n, 70)), Some(7));
        assert_eq!(map.update_pair(&seven, &eight, |a, b| *a + *b), Some(78));
        assert_eq!(map.update_many([&seven, &absent], |them| them.map(|it| it.is_some())), [true, false]);
        assert_eq!(map.remove_if(&seven, |n| *n == 70), Some(70));
        assert!(!map.contains_key(&seven));
    }};
}

#[test]
fn equivalent_keys_find_entries() {
    finds_equivalents!(ShardedMap::new());
    finds_equivalents!(VersionedMap::new());
    finds_equivalents!(ReadMostlyMap::new());
    finds_equivalents!(GenerationalMap::new());
    finds_equivalents!(FailFastMap::new());
}

#[test]
#[cfg(feature = "indexmap")]
fn equivalent_keys_find_entries_of_index_maps() {
    finds_equivalents!(LockedMap::<indexmap::IndexMap<_, _>>::default());
    finds_equivalents!(SnapshotMap::<indexmap::IndexMap<_, _>>::default());
}

/// Equal where the number is.
#[derive(Clone, Debug)]
struct Labelled(u32, &'static str);

impl PartialEq for Labelled {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Labelled {}

impl PartialOrd for Labelled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Labelled {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl Hash for Labelled {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

macro_rules! keeps_its_key {
    ($map:expr) => {{
        let map = $map;
        map.insert(Labelled(1, "first"), 1);
        map.insert(Labelled(1, "insert"), 2);
        map.upsert(Labelled(1, "upsert"), || 0, |n| *n += 1);
        map.compute(Labelled(1, "compute"), |n| n);
        assert!(map.try_insert(Labelled(1, "try_insert"), 0).is_err());
        map.get_or_insert_with(Labelled(1, "get_or_insert_with"), || 0);
        map.retain(|_, _| true);
        let entries = map.entries();
        assert_eq!((entries[0].0.1, entries[0].1, entries.len()), ("first", 3, 1));
    }};
}

/// As in std's maps.
#[test]
fn an_equal_key_does_not_replace_the_first() {
    keeps_its_key!(ShardedMap::new());
    keeps_its_key!(VersionedMap::new());
    keeps_its_key!(ReadMostlyMap::new());
    keeps_its_key!(GenerationalMap::new());
    keeps_its_key!(FailFastMap::new());
    keeps_its_key!(LockedMap::<HashMap<_, _>>::default());
    keeps_its_key!(LockedMap::<BTreeMap<_, _>>::default());
    keeps_its_key!(SnapshotMap::<HashMap<_, _>>::default());
    let set = ShardedSet::<Labelled>::from_iter([Labelled(1, "first"), Labelled(1, "second")]);
    assert_eq!(set.entries()[0].1, "first");
    let set = LockedSet::<BTreeSet<_>>::from_iter([Labelled(1, "first"), Labelled(1, "second")]);
    assert_eq!(set.entries()[0].1, "first");
}

#[test]
fn no_keys_are_no_mistake() {
    assert_eq!(ShardedMap::from([(1, 1)]).update_many::<i32, 0, _>([], |_| 5), 5);
    assert_eq!(GenerationalMap::from([(1, 1)]).update_many::<i32, 0, _>([], |_| 5), 5);
    let map = SnapshotMap::new(HashMap::from([(1, 1)]));
    let seen = map.version();
    assert_eq!(map.update_many::<i32, 0, _>([], |_| 5), 5);
    assert_eq!(map.version(), seen);
}

/// Borrowed and thread-bound keys and values are no matter as long as the map stays where it is.
#[test]
fn a_map_may_borrow() {
    let text = String::from("apples");
    let snapshot = SnapshotMap::<HashMap<&str, &String>>::default();
    let generational = GenerationalMap::new();
    let here = ReadMostlyMap::new();
    snapshot.insert(&text, &text);
    generational.insert(text.as_str(), &text);
    here.insert(std::rc::Rc::new(1), std::rc::Rc::new(text.as_str()));
    assert_eq!(snapshot.get("apples"), generational.get("apples"));
    assert!(here.contains_key(&1));
}
