//! Expiry and capacity are a cache's business: a field of a derived twin can be one of `moka`.

use std::hash::Hash;

/// The cache of `moka`, as it is.
pub use moka::sync::Cache;

/// A cache with these entries, as far as it has room for them.
///
/// # Examples
///
/// ```
/// let cache = safe_map::cache::from_entries(10, [("apples", 3)]);
/// assert_eq!(cache.get("apples"), Some(3));
/// ```
pub fn from_entries<K, V>(capacity: u64, entries: impl IntoIterator<Item = (K, V)>) -> Cache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    let cache = Cache::new(capacity);
    for (key, value) in entries {
        cache.insert(key, value);
    }
    cache
}

/// A copy of the entries that are there and not expired.
///
/// # Examples
///
/// ```
/// let cache = safe_map::cache::from_entries(10, [("apples", 3)]);
/// assert_eq!(safe_map::cache::entries(&cache), [("apples", 3)]);
/// ```
pub fn entries<K, V>(cache: &Cache<K, V>) -> Vec<(K, V)>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    cache.iter().map(|(key, value)| (K::clone(&key), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_go_in_and_come_out() {
        let cache = from_entries(10, [("apples", 3), ("pears", 4)]);
        let mut out = entries(&cache);
        out.sort_unstable();
        assert_eq!(out, [("apples", 3), ("pears", 4)]);
    }
}
