//! `dump_on_panic`, in a process of its own: a hook is for all threads.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::HashMap,
    env,
    process::Command,
    sync::{Arc, LazyLock},
};

use safe_map::{LockedMap, ShardedMap, SnapshotMap, dump_on_panic, name_map, name_static};

static NAMES: LazyLock<LockedMap<HashMap<u32, u32>>> = LazyLock::new(LockedMap::default);

/// Panics in the closure of a map, while an old version of another one is read.
fn panic_under_a_lock() {
    dump_on_panic();
    dump_on_panic();
    let orders = Arc::new(ShardedMap::with_shards(1));
    let rules = Arc::new(SnapshotMap::new(HashMap::from([(1, 1)])));
    name_map("orders", &orders);
    name_map("rules", &rules);
    name_static("names", &*NAMES);
    orders.insert(1, 1);
    NAMES.insert(1, 1);
    rules.read(&1, |_| {
        rules.insert(2, 2);
        orders.update(&1, |_| panic!("the closure's own"))
    });
}

#[test]
fn a_panic_prints_the_named_maps_first() {
    const CHILD: &str = "SAFE_MAP_TEST_PANICS";
    if env::var_os(CHILD).is_some() {
        return panic_under_a_lock();
    }
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", "a_panic_prints_the_named_maps_first", "--nocapture"]).env(CHILD, "1");
    let output = child.output().unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    let lines = [
        "map `orders`: 0 entries, 1 shards (largest 0, 1 locked)",
        "map `rules`: 2 entries, 1 shards (largest 2, 0 locked), 1 old versions",
        "map `names`: 1 entries, 1 shards (largest 1, 0 locked)",
    ];
    let own = text.find("the closure's own").unwrap();
    for line in lines {
        assert!(text.find(line).is_some_and(|at| at < own), "{line} is not first in\n{text}");
        assert_eq!(text.matches(line).count(), 1, "{text}");
    }
}
