//! The contenders behind one trait, each used as its documentation shows it.

use std::hash::Hash;

use rustc_hash::FxBuildHasher;

type Std<K> = std::collections::HashMap<K, u64, FxBuildHasher>;

/// A map to be measured.
pub(crate) trait Peer<K>: Send + Sync + 'static {
    const NAME: &'static str;
    /// Whether its reads or writes take locks: the bars are against these.
    const LOCKS: bool;

    fn with_capacity(capacity: usize) -> Self;
    /// The value, seen where it is.
    fn get(&self, key: &K) -> Option<u64>;
    /// Whether the key was absent.
    fn insert(&self, key: K, value: u64) -> bool;
    fn remove(&self, key: &K) -> bool;
    /// Whether the key was there.
    fn update(&self, key: &K) -> bool;
    /// The sum of all values.
    fn scan(&self) -> u64;
}

macro_rules! peer {
    (
        $Peer:ident $name:literal $locks:literal [$($bound:tt)*] $Map:ty;
        new |$capacity:ident| $new:expr;
        get |$g:ident, $gk:ident| $get:expr;
        insert |$i:ident, $ik:ident, $iv:ident| $insert:expr;
        remove |$r:ident, $rk:ident| $remove:expr;
        update |$u:ident, $uk:ident| $update:expr;
        scan |$s:ident| $scan:expr;
    ) => {
        pub(crate) struct $Peer<K: Hash + Eq + Clone + Send + Sync + 'static>($Map);

        impl<K: Hash + Eq + Clone + Send + Sync $($bound)* + 'static> Peer<K> for $Peer<K> {
            const NAME: &'static str = $name;
            const LOCKS: bool = $locks;

            fn with_capacity($capacity: usize) -> Self {
                $Peer($new)
            }

            #[inline]
            fn get(&self, $gk: &K) -> Option<u64> {
                let $g = &self.0;
                $get
            }

            #[inline]
            fn insert(&self, $ik: K, $iv: u64) -> bool {
                let $i = &self.0;
                $insert
            }

            #[inline]
            fn remove(&self, $rk: &K) -> bool {
                let $r = &self.0;
                $remove
            }

            #[inline]
            fn update(&self, $uk: &K) -> bool {
                let $u = &self.0;
                $update
            }

            fn scan(&self) -> u64 {
                let $s = &self.0;
                $scan
            }
        }
    };
}

peer! {
    Sharded "safe-map ShardedMap" true [] safe_map::ShardedMap<K, u64, FxBuildHasher>;
    new |capacity| safe_map::ShardedMap::with_capacity_and_hasher(capacity, FxBuildHasher);
    get |map, key| map.read(key, |value| *value);
    insert |map, key, value| map.insert(key, value).is_none();
    remove |map, key| map.remove(key).is_some();
    update |map, key| map.update(key, |value| *value += 1).is_some();
    scan |map| map.fold(0, |sum, _, value| sum + value);
}

peer! {
    Dash "dashmap" true [] dashmap::DashMap<K, u64, FxBuildHasher>;
    new |capacity| dashmap::DashMap::with_capacity_and_hasher(capacity, FxBuildHasher);
    get |map, key| map.get(key).map(|value| *value);
    insert |map, key, value| map.insert(key, value).is_none();
    remove |map, key| map.remove(key).is_some();
    update |map, key| map.get_mut(key).map(|mut value| *value += 1).is_some();
    scan |map| map.iter().map(|entry| *entry.value()).sum();
}

peer! {
    Scc "scc" true [] scc::HashMap<K, u64, FxBuildHasher>;
    new |capacity| scc::HashMap::with_capacity_and_hasher(capacity, FxBuildHasher);
    get |map, key| map.read_sync(key, |_, value| *value);
    insert |map, key, value| map.upsert_sync(key, value).is_none();
    remove |map, key| map.remove_sync(key).is_some();
    update |map, key| map.update_sync(key, |_, value| *value += 1).is_some();
    scan |map| {
        let mut sum = 0;
        map.iter_sync(|_, value| {
            sum += value;
            true
        });
        sum
    };
}

peer! {
    Papaya "papaya" false [] papaya::HashMap<K, u64, FxBuildHasher>;
    new |capacity| papaya::HashMap::with_capacity_and_hasher(capacity, FxBuildHasher);
    get |map, key| map.pin().get(key).copied();
    insert |map, key, value| map.pin().insert(key, value).is_none();
    remove |map, key| map.pin().remove(key).is_some();
    update |map, key| map.pin().update(key.clone(), |value| value + 1).is_some();
    scan |map| map.pin().values().sum();
}

peer! {
    Flurry "flurry" false [+ Ord] flurry::HashMap<K, u64, FxBuildHasher>;
    new |capacity| flurry::HashMap::with_capacity_and_hasher(capacity, FxBuildHasher);
    get |map, key| map.pin().get(key).copied();
    insert |map, key, value| map.pin().insert(key, value).is_none();
    remove |map, key| map.pin().remove(key).is_some();
    update |map, key| map.pin().compute_if_present(key, |_, value| Some(value + 1)).is_some();
    scan |map| map.pin().values().sum();
}

peer! {
    ParkingLot "parking_lot::RwLock" true [] parking_lot::RwLock<Std<K>>;
    new |capacity| parking_lot::RwLock::new(Std::with_capacity_and_hasher(capacity, FxBuildHasher));
    get |map, key| map.read().get(key).copied();
    insert |map, key, value| map.write().insert(key, value).is_none();
    remove |map, key| map.write().remove(key).is_some();
    update |map, key| map.write().get_mut(key).map(|value| *value += 1).is_some();
    scan |map| map.read().values().sum();
}

peer! {
    StdLock "std::sync::RwLock" true [] std::sync::RwLock<Std<K>>;
    new |capacity| std::sync::RwLock::new(Std::with_capacity_and_hasher(capacity, FxBuildHasher));
    get |map, key| map.read().expect("no panics here").get(key).copied();
    insert |map, key, value| map.write().expect("no panics here").insert(key, value).is_none();
    remove |map, key| map.write().expect("no panics here").remove(key).is_some();
    update |map, key| map.write().expect("no panics here").get_mut(key).map(|value| *value += 1).is_some();
    scan |map| map.read().expect("no panics here").values().sum();
}

/// Calls a macro with every peer that can do all mixes.
macro_rules! with_every_peer {
    ($callback:ident!($($argument:tt)*)) => {
        $callback! { ($($argument)*) Sharded Dash Scc Papaya Flurry ParkingLot StdLock }
    };
}
pub(crate) use with_every_peer;
