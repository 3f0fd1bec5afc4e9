//! What the features add: each test has the feature that it needs.
#![cfg(all(
    feature = "serde",
    feature = "rayon",
    feature = "stats",
    feature = "observer",
    feature = "metrics",
    feature = "tracing",
    feature = "cache",
    feature = "indexmap"
))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::{BTreeMap, HashMap},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use rayon::iter::{FromParallelIterator, IntoParallelIterator, ParallelIterator};
use safe_map::{
    Denied, FailFastMap, GenerationalMap, LockedMap, Op, ReadMostlyMap, SafeMap, ShardedMap, SharedMap,
    SnapshotMap, VersionedMap, WriteBreaker,
    observer::{Event, Metrics, Observer, Tracing},
    stats::Health,
};

#[test]
fn maps_are_serialised_as_maps() {
    let ordered = LockedMap::new(BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]));
    let text = serde_json::to_string(&ordered).unwrap();
    assert_eq!(text, r#"{"a":1,"b":2}"#);
    let sharded: ShardedMap<String, u32> = serde_json::from_str(&text).unwrap();
    assert_eq!(sharded.get("b"), Some(2));
    let snapshot: SnapshotMap<BTreeMap<String, u32>> = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&snapshot).unwrap(), text);
    let versioned: VersionedMap<String, u32> = serde_json::from_str(&text).unwrap();
    assert_eq!(versioned.len(), 2);
    assert!(serde_json::from_str::<FailFastMap<String, u32>>("[1]").is_err());
}

/// There and back, with more keys than young generations have.
fn round_trip<M>()
where
    M: SharedMap<Key = u32, Value = String> + Default + serde::Serialize + serde::de::DeserializeOwned,
{
    let sorted = |map: &M| map.entries().into_iter().collect::<BTreeMap<_, _>>();
    let map = M::default();
    map.extend((0..300).map(|n| (n, n.to_string())));
    let text = serde_json::to_string(&map).unwrap();
    assert_eq!(sorted(&serde_json::from_str(&text).unwrap()), sorted(&map));
    let value = serde_json::to_value(&map).unwrap();
    assert_eq!(sorted(&serde_json::from_value(value).unwrap()), sorted(&map));
    let twice: M = serde_json::from_str(r#"{"1":"first","1":"last"}"#).unwrap();
    assert_eq!((twice.len(), twice.get(&1).as_deref()), (1, Some("last")));
    assert!(serde_json::from_str::<M>(r#"{"1":1}"#).is_err());
}

#[test]
fn every_map_is_what_it_was_after_a_round_trip() {
    round_trip::<ShardedMap<u32, String>>();
    round_trip::<VersionedMap<u32, String>>();
    round_trip::<ReadMostlyMap<u32, String>>();
    round_trip::<GenerationalMap<u32, String>>();
    round_trip::<FailFastMap<u32, String>>();
    round_trip::<LockedMap<BTreeMap<u32, String>>>();
    round_trip::<SnapshotMap<HashMap<u32, String>>>();
}

#[test]
fn parallel_iterators_go_in_and_out() {
    let map = ShardedMap::<u32, u32>::from_par_iter((0..1000).into_par_iter().map(|n| (n, n * 2)));
    assert_eq!(map.len(), 1000);
    assert_eq!(map.into_par_iter().map(|(_, value)| u64::from(value)).sum::<u64>(), 999_000);
    let single = FailFastMap::<u32, u32>::from_par_iter((0..100).into_par_iter().map(|n| (n, n)));
    assert_eq!(single.len(), 100);
}

/// Remembers what it was told.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Observer for Log {
    fn before(&self, event: &Event) {
        self.0.lock().unwrap().push(format!("before {}", event.op.name()));
    }

    fn after(&self, event: &Event, _: Duration) {
        assert!(event.site.file().ends_with("features.rs"));
        let panicked = if event.panicked { " panicked" } else { "" };
        self.0.lock().unwrap().push(format!("after {}{panicked}", event.op.name()));
    }
}

impl Log {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[test]
fn an_observer_is_told_of_each_operation() {
    let (map, log) = (ShardedMap::new(), Arc::new(Log::default()));
    map.observe(log.clone()).unwrap();
    assert!(map.observe(log.clone()).is_err(), "one observer a map");
    map.insert(1, 1);
    assert_eq!(log.take(), ["before insert", "after insert"]);
    let update = AssertUnwindSafe(|| map.update(&1, |_: &mut i32| -> () { panic!("the closure's own") }));
    assert!(catch_unwind(update).is_err());
    assert_eq!(log.take(), ["before update", "after update panicked"]);
}

#[test]
fn an_observer_that_panics_beside_a_closure_does_not_abort() {
    struct Panics;
    impl Observer for Panics {
        fn after(&self, event: &Event, _: Duration) {
            assert_ne!(event.op, Op::Update, "the observer's own");
        }
    }
    let map = ShardedMap::from([(1, 1)]);
    map.observe(Arc::new(Panics)).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| map.update(&1, |n| *n += 1))).is_err());
    assert_eq!(map.get(&1), Some(2), "the call has been done");
    let own = catch_unwind(AssertUnwindSafe(|| map.update(&1, |_| -> () { panic!("the closure's own") })));
    assert_eq!(own.unwrap_err().downcast_ref(), Some(&"the closure's own"));
}

#[test]
fn an_observer_runs_outside_the_lock() {
    struct Looks(Arc<ShardedMap<u32, u32>>);
    impl Observer for Looks {
        fn after(&self, event: &Event, _: Duration) {
            if event.op == Op::Insert {
                // Under the lock this would be a re-entry.
                assert!(self.0.contains_key(&1));
            }
        }
    }
    let map = Arc::new(ShardedMap::with_shards(1));
    map.observe(Arc::new(Looks(map.clone()))).unwrap();
    map.insert(1, 1);
}

#[test]
fn prometheus_sees_what_was_done() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let scrape = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        let map = SnapshotMap::<HashMap<u32, u32>>::default();
        map.observe(Arc::new(Metrics::new("orders"))).unwrap();
        map.insert(1, 1);
        map.insert(2, 2);
        map.get(&1);
    });
    let text = scrape.render();
    let lines = [
        r#"safe_map_operations_total{map="orders",op="insert"} 2"#,
        r#"safe_map_operations_total{map="orders",op="get"} 1"#,
        r#"safe_map_operation_seconds_count{map="orders",op="insert"} 2"#,
    ];
    for line in lines {
        assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
    }
}

/// What was told, as level, span and operation.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl<S> tracing_subscriber::Layer<S> for Told
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    fn on_event(&self, event: &tracing::Event<'_>, ctx: tracing_subscriber::layer::Context<'_, S>) {
        struct Fields(String);
        impl tracing::field::Visit for Fields {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                if ["map", "op"].contains(&field.name()) {
                    self.0 += &format!(" {value:?}");
                }
            }
        }
        let mut fields = Fields(event.metadata().level().to_string());
        event.record(&mut fields);
        let span = ctx.event_span(event).map_or("no span", |span| span.name());
        self.0.lock().unwrap().push(format!("{span}: {}", fields.0));
    }
}

#[test]
fn events_are_told_within_the_current_span() {
    use tracing_subscriber::layer::SubscriberExt as _;
    let told = Told::default();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(told.clone()), || {
        let map = ShardedMap::new();
        map.observe(Arc::new(Tracing::new("orders"))).unwrap();
        map.insert(1, 1);
        let _span = tracing::info_span!("request").entered();
        map.get(&1);
        let panicking = AssertUnwindSafe(|| map.update(&1, |_| panic!("the closure's own")));
        assert!(catch_unwind(panicking).is_err());
    });
    let expected = [
        r#"no span: TRACE "orders" "insert""#,
        r#"request: TRACE "orders" "get""#,
        r#"request: ERROR "orders" "update""#,
    ];
    assert_eq!(*told.0.lock().unwrap(), expected);
}

#[test]
fn sets_have_the_features_too() {
    use safe_map::{LockedSet, ShardedSet, SnapshotSet};
    let ordered = LockedSet::new(std::collections::BTreeSet::from([2, 1]));
    let text = serde_json::to_string(&ordered).unwrap();
    assert_eq!(text, "[1,2]");
    let sharded: ShardedSet<u32> = serde_json::from_str(&text).unwrap();
    assert!(sharded.contains(&1) && sharded.len() == 2);
    let snapshot = SnapshotSet::<std::collections::BTreeSet<u32>>::from_par_iter(sharded);
    assert_eq!(snapshot.entries(), [1, 2]);
    assert_eq!(snapshot.into_par_iter().sum::<u32>(), 3);
}

#[test]
fn sets_have_observers_and_statistics() {
    use safe_map::{LockedSet, ShardedSet, SnapshotSet};
    macro_rules! check {
        ($set:expr) => {
            let (set, log) = ($set, Arc::new(Log::default()));
            set.observe(log.clone()).unwrap();
            assert!(set.observe(log.clone()).is_err(), "one observer a set");
            set.insert(1);
            set.contains(&1);
            set.entries();
            set.to_set();
            let told = log.take();
            let after: Vec<_> = told.iter().filter_map(|it| it.strip_prefix("after ")).collect();
            assert_eq!(after, ["insert", "contains", "entries", "to_set"]);
            let stats = set.stats();
            assert_eq!((stats.writes(), stats.scans), (1, 2));
            assert!(stats.reads() >= 3);
            assert_eq!(set.health(), Health::Good);
        };
    }
    check!(ShardedSet::<u32>::with_shards(2));
    check!(LockedSet::new(std::collections::HashSet::<u32>::new()));
    check!(SnapshotSet::new(std::collections::BTreeSet::<u32>::new()));
}

#[test]
fn a_breaker_refuses_calls_from_other_files() {
    let map = WriteBreaker::new(ShardedMap::new()).allow_file("tests/other.rs");
    let refused = map.insert(1, 1).unwrap_err();
    assert!(matches!(refused, Denied::NotAllowed { site } if site.file().ends_with("features.rs")));
    assert!(map.is_empty());
    let map = WriteBreaker::new(ShardedMap::new()).allow_file("tests/features.rs");
    assert_eq!(map.insert(1, 1), Ok(None));
}

#[test]
fn a_breaker_stops_a_runaway_writer() {
    let map = WriteBreaker::new(ShardedMap::new()).writes_per_second(5);
    let written = (0..1000).filter(|key| map.insert(*key, 0).is_ok()).count();
    assert!((5..1000).contains(&written), "{written}");
    assert!(matches!(map.clear(), Err(Denied::TooFast { .. })));
    assert_eq!(map.len(), written);
}

#[test]
fn statistics_count_what_was_done() {
    let map = ShardedMap::with_shards(2);
    for key in 0..10 {
        map.insert(key, key);
    }
    map.get(&1);
    map.for_each(|_, _| ());
    let stats = map.stats();
    assert_eq!((stats.writes(), stats.reads(), stats.scans, stats.contended()), (10, 3, 1, 0));
    assert_eq!(stats.shards.iter().map(|it| it.entries.unwrap()).sum::<usize>(), 10);
    let longest = stats.shards.iter().filter_map(|it| it.longest_hold.as_ref()).max_by_key(|it| it.time);
    assert!(longest.unwrap().call.contains("features.rs:"));
    // Also from inside a closure, where the shard is locked.
    let inside = map.update(&1, |_| map.stats()).unwrap();
    assert_eq!(inside.shards.iter().filter(|it| it.entries.is_none()).count(), 1);
}

#[test]
fn statistics_of_reads_without_a_lock() {
    let map = SnapshotMap::<HashMap<u32, u32>>::default();
    map.insert(1, 1);
    let before = map.stats().free_reads;
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| (0..100).for_each(|_| assert!(map.contains_key(&1))));
        }
    });
    assert_eq!(map.stats().free_reads - before, 300);
    map.read(&1, |_| {
        map.insert(2, 2);
        assert_eq!(map.stats().retired, 1, "the version that is being read");
    });
}

#[test]
fn statistics_of_a_flag() {
    let map = FailFastMap::new();
    map.insert(1, 1);
    map.insert(2, 2);
    map.get(&1);
    let refused = map.read(&1, |_| thread::scope(|scope| scope.spawn(|| map.insert(3, 3)).join().is_err()));
    assert_eq!(refused, Some(true));
    let stats = map.stats();
    assert_eq!((stats.writes(), stats.reads(), stats.contended(), stats.free_reads), (2, 2, 1, 0));
}

#[test]
fn statistics_of_promotions() {
    let map = ReadMostlyMap::new();
    map.insert(1, 1);
    for _ in 0..10 {
        map.get(&1);
    }
    let stats = map.stats();
    assert_eq!((stats.misses, stats.promotions), (1, 1));
    let map = GenerationalMap::new();
    map.extend((0..1000).map(|key| (key, key)));
    assert!(map.stats().promotions > 0);
}

#[test]
fn a_snapshot_that_is_written_all_the_time_is_told() {
    let map = SnapshotMap::<HashMap<u32, u32>>::default();
    for round in 0..1500 {
        map.insert(round % 3, round);
    }
    let health = map.health();
    assert!(matches!(health, Health::Misfit(_, "ShardedMap")), "{health}");
    assert_eq!(LockedMap::<HashMap<u32, u32>>::default().health(), Health::Good);
}

#[derive(SafeMap, Debug, PartialEq, Default)]
struct Shop {
    #[safe_map(cache(capacity = 100))]
    prices: HashMap<String, u64>,
    #[safe_map(snapshot)]
    order: indexmap::IndexMap<u32, u32>,
}

#[test]
fn a_field_is_a_cache() {
    let plain = Shop {
        prices: HashMap::from([("apples".to_owned(), 3)]),
        order: indexmap::IndexMap::from([(2, 1), (1, 2)]),
    };
    let shared = SharedShop::from(plain);
    assert_eq!(shared.prices().get("apples"), Some(3));
    shared.order().update(&2, |value| *value = 7);
    shared.order().update_pair(&2, &1, std::mem::swap);
    assert_eq!(shared.order().entries(), [(2, 2), (1, 7)], "the order of an IndexMap stays");
    assert_eq!(shared.to_plain().prices.len(), 1);
    assert_eq!(SharedShop::default().to_plain(), Shop::default());
}
