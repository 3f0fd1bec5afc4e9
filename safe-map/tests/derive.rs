//! `#[derive(SafeMap)]`: what it writes works, and every mistake is told at its token.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    hash::{BuildHasherDefault, DefaultHasher},
    sync::Mutex,
};

use safe_map::{SafeMap, ShardedMap, SharedMap};

type Fixed = BuildHasherDefault<DefaultHasher>;
type Table = HashMap<u8, u16, Fixed>;

/// The shop.
#[derive(SafeMap, Clone, Debug, Default, PartialEq)]
#[safe_map(shared = "LiveShop")]
struct Shop {
    /// By number.
    #[safe_map(sharded(shards = 8))]
    orders: HashMap<u64, String>,
    #[safe_map(snapshot)]
    rules: BTreeMap<String, u32>,
    #[safe_map(versioned)]
    tokens: HashMap<String, u64, Fixed>,
    #[safe_map(locked)]
    names: BTreeSet<String>,
    #[safe_map(sharded)]
    seen: HashSet<u64>,
    #[safe_map(snapshot)]
    admins: HashSet<String>,
    #[safe_map(generational)]
    sessions: HashMap<u64, u64>,
    #[safe_map(read_mostly, key = u8, value = u16, hasher = Fixed)]
    table: Table,
    #[safe_map(fail_fast)]
    legacy: HashMap<u8, u8>,
    label: &'static str,
}

#[test]
fn there_and_back() {
    let mut plain = Shop { label: "north", ..Shop::default() };
    plain.orders.insert(1, "book".to_owned());
    plain.rules.insert("discount".to_owned(), 10);
    plain.seen.insert(7);
    plain.table.insert(1, 2);
    plain.sessions.extend((0..100).map(|n| (n, n)));
    let live = LiveShop::from(plain.clone());
    assert_eq!(live.orders().shard_count(), 8);
    assert_eq!(*live.label(), "north");
    assert_eq!(live.to_plain(), plain);
    live.orders().update(&1, |order| order.push('s'));
    assert!(live.names().insert("alice".to_owned()));
    assert!(live.admins().insert("root".to_owned()));
    let version = live.tokens().insert("t".to_owned(), 1);
    assert!(live.tokens().remove("t", version).is_ok());
    assert_eq!(live.table().get(&1), Some(2));
    plain.orders.insert(1, "books".to_owned());
    plain.names.insert("alice".to_owned());
    plain.admins.insert("root".to_owned());
    assert_eq!(live.to_plain(), plain);
}

#[test]
fn new_takes_what_is_no_map() {
    let live = LiveShop::new("south");
    assert!(live.orders().is_empty() && live.legacy().is_empty());
    assert_eq!(*live.label(), "south");
    assert_eq!(LiveShop::default().to_plain(), Shop::default());
    assert!(format!("{live:?}").starts_with("LiveShop { orders: {}, rules: {}"), "{live:?}");
}

/// Neither `Debug` nor `Default` nor `Clone`: the twin does without.
#[derive(SafeMap)]
#[safe_map(no_plain)]
struct Registry<'a, K: std::hash::Hash + Eq, const N: usize>
where
    K: Clone,
{
    #[safe_map(sharded)]
    pub(crate) entries: HashMap<K, [u8; N]>,
    pub(crate) name: &'a str,
    #[cfg(any())]
    absent: Absent,
    lock: Mutex<Opaque>,
}

struct Opaque;

#[test]
fn generics_lifetimes_and_cfg_are_carried_over() {
    let name = String::from("local");
    let registry = SharedRegistry::<'_, u32, 2>::new(&name, Mutex::new(Opaque));
    let entries: &ShardedMap<u32, [u8; 2]> = registry.entries();
    assert_eq!(SharedMap::insert(entries, 1, [1, 2]), None);
    assert_eq!(*registry.name(), "local");
    drop(registry.lock().lock().unwrap());
}

/// Names of the user that an expansion without full paths would take for others.
mod hostile_names {
    #![expect(dead_code, non_camel_case_types, reason = "they are there to be in the way")]

    struct Clone;
    struct Default;
    struct From;
    struct Send;
    struct Option;
    mod core {}
    mod std {}
    mod safe_map {}
    struct u64;

    #[derive(::safe_map::SafeMap)]
    struct Plain {
        #[safe_map(sharded)]
        plain: ::std::collections::HashMap<u8, u8>,
        all: bool,
        shared: bool,
    }

    #[test]
    fn it_compiles_and_works() {
        let shared = SharedPlain::new(true, false);
        assert!(shared.plain().insert(1, 1).is_none());
        assert_eq!(shared.to_plain().plain.len(), 1);
        assert_eq!((*shared.all(), *shared.shared()), (true, false));
    }
}

/// A word of the language, the struct's own type, and a type that a macro was given.
mod odd_fields {
    #![deny(warnings)]

    use std::collections::HashMap;

    use safe_map::SafeMap;

    #[derive(SafeMap, Clone, Debug, Default)]
    struct Tree<T: Clone + Send + Sync> {
        #[safe_map(sharded)]
        r#type: HashMap<u8, Vec<Self>>,
        #[safe_map(locked)]
        children: HashMap<u8, Self>,
        first: Option<Box<Self>>,
        label: T,
    }

    #[test]
    fn a_struct_may_hold_itself() {
        let leaf = Tree { label: 1, ..Tree::default() };
        let tree = SharedTree::new(Some(Box::new(leaf.clone())), 2);
        tree.r#type().insert(1, vec![leaf.clone()]);
        tree.children().insert(2, leaf);
        assert_eq!(tree.children().read(&2, |child| child.label), Some(1));
        assert_eq!(tree.to_plain().r#type[&1][0].label, 1);
        let text = format!("{tree:?}");
        assert!(text.starts_with("SharedTree { type: {1: [Tree {"), "{text}");
    }

    macro_rules! made {
        ($Name:ident, $field:ident: $ty:ty) => {
            #[derive(SafeMap)]
            struct $Name {
                #[safe_map(sharded(shards = 2))]
                $field: $ty,
            }
        };
    }

    made!(Made, entries: HashMap<u8, u8>);

    #[test]
    fn a_macro_may_write_the_struct() {
        let made = SharedMade::new();
        made.entries().insert(1, 2);
        assert_eq!(made.to_plain().entries[&1], 2);
    }

    /// Nobody calls its accessors: that is no warning.
    #[derive(SafeMap)]
    struct Quiet {
        #[safe_map(snapshot)]
        all: HashMap<u8, u8>,
        unused: u8,
    }

    #[test]
    fn what_is_not_used_is_no_warning() {
        let quiet = Quiet { all: HashMap::from([(1, 1)]), unused: 3 };
        assert_eq!(SharedQuiet::from(quiet).all().len(), 1);
    }
}

#[test]
#[safe_map::allow_hazard(guard_leak, reason = "the linter reads this, and nothing else does")]
fn a_hazard_that_is_allowed_is_the_function_itself() {}

#[test]
#[safe_map::expect_hazard(guard_leak, reason = "the linter reads this, and nothing else does")]
fn a_hazard_that_is_expected_is_the_function_itself() {}

#[test]
#[cfg(not(miri))]
fn mistakes() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
