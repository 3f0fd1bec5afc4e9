//! What the named maps look like when a thread panics: printed before the panic's own message.
//!
//! The panicking thread may hold a shard, so that locks are only tried. Nothing of the entries is printed.

use std::{
    fmt::Write as _,
    io::Write as _,
    panic,
    sync::{Arc, Mutex, Once, PoisonError, Weak},
};

/// A map that can say how it is without waiting.
pub trait Dump {
    /// How the map is now, as far as it is not locked.
    fn header(&self) -> Header;
}

/// How a map is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// The entries of the shards that are not locked.
    pub entries: usize,
    /// The most entries in one of these.
    pub largest: usize,
    /// The shards; one for a map that has none.
    pub shards: usize,
    /// Those that are locked exclusively.
    pub locked: usize,
    /// Old versions that are kept because somebody was reading them, unless a writer is at work.
    pub versions: usize,
}

impl Header {
    pub(crate) fn add(&mut self, entries: Option<usize>) {
        self.shards += 1;
        match entries {
            Some(entries) => {
                self.entries += entries;
                self.largest = self.largest.max(entries);
            }
            None => self.locked += 1,
        }
    }
}

/// A map by name.
enum Named {
    Shared(String, Weak<dyn Dump + Send + Sync>),
    Static(String, &'static (dyn Dump + Sync)),
}

static NAMED: Mutex<Vec<Named>> = Mutex::new(Vec::new());

/// Gives a map a name for [`dump_on_panic`]. It is forgotten when the map is dropped.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// let orders = Arc::new(safe_map::ShardedMap::<u32, String>::new());
/// safe_map::name_map("orders", &orders);
/// ```
pub fn name_map<M: Dump + Send + Sync + 'static>(name: impl Into<String>, map: &Arc<M>) {
    let map: Arc<dyn Dump + Send + Sync> = map.clone();
    let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
    named.retain(|it| !matches!(it, Named::Shared(_, map) if map.strong_count() == 0));
    named.push(Named::Shared(name.into(), Arc::downgrade(&map)));
}

/// Gives a map in a static a name for [`dump_on_panic`].
///
/// # Examples
///
/// ```
/// use std::sync::LazyLock;
/// use safe_map::ShardedMap;
///
/// static ORDERS: LazyLock<ShardedMap<u32, String>> = LazyLock::new(ShardedMap::new);
///
/// safe_map::name_static("orders", &*ORDERS);
/// ```
pub fn name_static(name: impl Into<String>, map: &'static (dyn Dump + Sync)) {
    NAMED.lock().unwrap_or_else(PoisonError::into_inner).push(Named::Static(name.into(), map));
}

/// From now on a panic prints how each named map is, before what it prints otherwise.
///
/// Calling it again does nothing.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// safe_map::dump_on_panic();
/// let orders = Arc::new(safe_map::ShardedMap::<u32, String>::new());
/// safe_map::name_map("orders", &orders);
/// ```
pub fn dump_on_panic() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // A message that cannot be written is no reason for another panic.
            let _ = std::io::stderr().write_all(dump().as_bytes());
            before(info);
        }));
    });
}

/// One line for each named map that is there.
fn dump() -> String {
    let mut out = String::new();
    // The list itself may be what the panicking thread is in.
    let Ok(named) = NAMED.try_lock() else { return out };
    for map in named.iter() {
        let (name, header) = match map {
            Named::Shared(name, map) => match map.upgrade() {
                Some(map) => (name, map.header()),
                None => continue,
            },
            Named::Static(name, map) => (name, map.header()),
        };
        let Header { entries, largest, shards, locked, versions } = header;
        let _ = write!(
            out,
            "map `{name}`: {entries} entries, {shards} shards (largest {largest}, {locked} locked)"
        );
        out.push_str(&if versions > 0 { format!(", {versions} old versions\n") } else { "\n".to_owned() });
    }
    out
}

#[cfg(all(test, not(any(safe_map_loom, safe_map_shuttle))))]
mod tests {
    use super::*;
    use crate::ShardedMap;

    #[test]
    fn a_dump_names_live_maps_and_counts_locked_shards() {
        let map = Arc::new(ShardedMap::with_shards(2));
        map.extend((0..10).map(|key| (key, key)));
        name_map("test-orders", &map);
        let gone = Arc::new(ShardedMap::<u32, u32>::new());
        name_map("test-gone", &gone);
        drop(gone);
        let text = map.update(&1, |_| dump()).expect("the key is there");
        assert!(text.contains("map `test-orders`: ") && text.contains("2 shards (largest"), "{text}");
        assert!(text.contains(", 1 locked)"), "{text}");
        assert!(!text.contains("test-gone"), "{text}");
    }
}
