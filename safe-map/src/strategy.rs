//! What a strategy has to say: how it comes to a table, and how it shows values. Everything else is `ops.rs`.

#[cfg(feature = "stats")]
use crate::stats::{Kind, Stats};
use crate::{
    call::Call,
    flights::Flights,
    meta::Meta,
    table::{Lookup, Table},
};

/// The key of a strategy.
pub(crate) type Key<S> = <<S as Strategy>::Table as Table>::Key;
/// The value of a strategy.
pub(crate) type Value<S> = <<S as Strategy>::Table as Table>::Value;

/// A way to share a table between threads.
pub(crate) trait Strategy {
    /// What a write works on.
    type Table: Table;

    /// Whether each write makes a new version of the whole table, so that many are better made at once.
    const VERSIONS: bool = false;

    fn meta(&self) -> &Meta;

    fn flights(&self) -> &Flights<Key<Self>, Value<Self>>;

    /// Runs `f` on the table that keys of this hash belong to, while nobody else is in it.
    fn edit<R>(&self, call: Call, hash: u64, f: impl FnOnce(&mut Self::Table) -> R) -> R;

    /// Runs `f` on each table.
    fn edit_each(&self, call: Call, f: impl FnMut(&mut Self::Table));

    /// Shows each entry.
    fn scan(&self, call: Call, f: impl FnMut(&Key<Self>, &Value<Self>));

    fn len(&self, call: Call) -> usize;

    /// Shows the entries that nobody has locked. Gives whether these were all: it neither waits nor panics.
    fn peek(&self, call: Call, f: &mut impl FnMut(&Key<Self>, &Value<Self>)) -> bool;

    /// Says of each table how many entries it has, unless it is locked. It neither waits nor panics.
    fn peek_len(&self, f: &mut dyn FnMut(Option<usize>));

    /// How many old versions are kept, unless a writer is at work.
    fn old_versions(&self) -> usize {
        0
    }

    #[cfg(feature = "stats")]
    fn stats(&self) -> Stats;

    #[cfg(feature = "stats")]
    const KIND: Kind;

    fn into_entries(self) -> Vec<(Key<Self>, Value<Self>)>;
}

/// Which of several keys have to be there, so that any of their values is handed out to be changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Present {
    Any,
    All,
}

/// A strategy whose keys can be found by a `Q`.
pub(crate) trait Keyed<Q: ?Sized>: Strategy<Table: Lookup<Q>> {
    /// The hash of a key, computed before any lock is taken. Tables that hash by themselves give 0.
    fn hash_of(&self, key: &Q) -> u64;

    /// Shows the value of a key.
    fn view<R>(
        &self,
        call: Call,
        hash: u64,
        key: &Q,
        f: impl FnOnce(Option<(&Key<Self>, &Value<Self>)>) -> R,
    ) -> R;

    /// Runs `f` with the values of several keys, all tables locked in one order; with none where not all that have to be
    /// there are.
    fn edit_many<const N: usize, R>(
        &self,
        call: Call,
        present: Present,
        keys: [&Q; N],
        f: impl FnOnce([Option<&mut Value<Self>>; N]) -> R,
    ) -> R {
        let hashes = keys.map(|key| self.hash_of(key));
        self.edit(call, hashes.first().copied().unwrap_or_default(), |table| {
            let mut wanted = keys.iter().zip(hashes);
            if present == Present::All && !wanted.all(|(key, hash)| table.contains(hash, *key)) {
                return f([const { None }; N]);
            }
            table.with_many(hashes, keys, f)
        })
    }
}
