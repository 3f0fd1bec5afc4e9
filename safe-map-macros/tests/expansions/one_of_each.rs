///The concurrent twin of [`Orders`].
///
/// Orders.
pub struct Live {
    by_id: ::safe_map::ShardedMap<
        String,
        Order,
        ::std::collections::hash_map::RandomState,
    >,
    config: ::safe_map::SnapshotMap<std::collections::BTreeMap<String, Rule>>,
    tokens: ::safe_map::VersionedMap<Token, Session, Fx>,
    names: ::safe_map::LockedSet<HashSet<String>>,
    seen: ::safe_map::ShardedSet<u64, ::std::collections::hash_map::RandomState>,
    prices: ::safe_map::cache::Cache<String, u64>,
    alias: ::safe_map::ReadMostlyMap<u8, u16, Fx>,
    started: Instant,
}
impl Live {
    /// With these fields, and empty maps.
    pub fn new(started: Instant) -> Self {
        Live {
            by_id: ::safe_map::ShardedMap::with_shards_and_hasher(
                32,
                ::core::default::Default::default(),
            ),
            config: ::core::default::Default::default(),
            tokens: ::safe_map::VersionedMap::with_hasher(
                ::core::default::Default::default(),
            ),
            names: ::core::default::Default::default(),
            seen: ::safe_map::ShardedSet::with_hasher(
                ::core::default::Default::default(),
            ),
            prices: ::safe_map::cache::Cache::new(500),
            alias: ::safe_map::ReadMostlyMap::with_hasher(
                ::core::default::Default::default(),
            ),
            started,
        }
    }
    /// By number.
    pub fn by_id(
        &self,
    ) -> &::safe_map::ShardedMap<
        String,
        Order,
        ::std::collections::hash_map::RandomState,
    > {
        &self.by_id
    }
    ///The field `config`.
    pub(crate) fn config(
        &self,
    ) -> &::safe_map::SnapshotMap<std::collections::BTreeMap<String, Rule>> {
        &self.config
    }
    ///The field `tokens`.
    fn tokens(&self) -> &::safe_map::VersionedMap<Token, Session, Fx> {
        &self.tokens
    }
    ///The field `names`.
    fn names(&self) -> &::safe_map::LockedSet<HashSet<String>> {
        &self.names
    }
    ///The field `seen`.
    fn seen(
        &self,
    ) -> &::safe_map::ShardedSet<u64, ::std::collections::hash_map::RandomState> {
        &self.seen
    }
    ///The field `prices`.
    fn prices(&self) -> &::safe_map::cache::Cache<String, u64> {
        &self.prices
    }
    ///The field `alias`.
    fn alias(&self) -> &::safe_map::ReadMostlyMap<u8, u16, Fx> {
        &self.alias
    }
    ///The field `started`.
    fn started(&self) -> &Instant {
        &self.started
    }
    /// A copy as the plain struct, made of one field after another: no cut through all of them.
    pub fn to_plain(&self) -> Orders {
        Orders {
            by_id: {
                let shared = &self.by_id;
                shared.to_map()
            },
            config: {
                let shared = &self.config;
                shared.to_map()
            },
            tokens: {
                let shared = &self.tokens;
                shared.to_map()
            },
            names: {
                let shared = &self.names;
                shared.to_set()
            },
            seen: {
                let shared = &self.seen;
                shared.to_set()
            },
            prices: {
                let shared = &self.prices;
                ::core::iter::Iterator::collect(
                    ::safe_map::cache::entries(shared).into_iter(),
                )
            },
            alias: {
                let shared = &self.alias;
                ::core::iter::Iterator::collect(shared.entries().into_iter())
            },
            started: <Instant as ::core::clone::Clone>::clone(&self.started),
        }
    }
}
impl ::core::convert::From<Orders> for Live {
    fn from(all: Orders) -> Self {
        fn send_and_sync<
            T: ::core::marker::Send + ::core::marker::Sync + ?::core::marker::Sized,
        >(_: &T) {}
        send_and_sync::<Instant>(&all.started);
        Live {
            by_id: {
                let plain = all.by_id;
                {
                    let shared = ::safe_map::ShardedMap::with_shards_and_hasher(
                        32,
                        ::core::clone::Clone::clone(plain.hasher()),
                    );
                    shared.extend(plain);
                    shared
                }
            },
            config: {
                let plain = all.config;
                ::safe_map::SnapshotMap::new(plain)
            },
            tokens: {
                let plain = all.tokens;
                {
                    let shared = ::safe_map::VersionedMap::with_hasher(
                        ::core::clone::Clone::clone(plain.hasher()),
                    );
                    shared.extend(plain);
                    shared
                }
            },
            names: {
                let plain = all.names;
                ::safe_map::LockedSet::new(plain)
            },
            seen: {
                let plain = all.seen;
                {
                    let shared = ::safe_map::ShardedSet::with_hasher(
                        ::core::clone::Clone::clone(plain.hasher()),
                    );
                    shared.extend(plain);
                    shared
                }
            },
            prices: {
                let plain = all.prices;
                ::safe_map::cache::from_entries(500, plain)
            },
            alias: {
                let plain = all.alias;
                {
                    let shared = ::safe_map::ReadMostlyMap::with_hasher(
                        ::core::default::Default::default(),
                    );
                    shared.extend(plain);
                    shared
                }
            },
            started: all.started,
        }
    }
}
impl ::core::fmt::Debug for Live
where
    for<'__safe_map> ::safe_map::ShardedMap<
        String,
        Order,
        ::std::collections::hash_map::RandomState,
    >: ::core::fmt::Debug,
    for<'__safe_map> ::safe_map::SnapshotMap<
        std::collections::BTreeMap<String, Rule>,
    >: ::core::fmt::Debug,
    for<'__safe_map> ::safe_map::VersionedMap<Token, Session, Fx>: ::core::fmt::Debug,
    for<'__safe_map> ::safe_map::LockedSet<HashSet<String>>: ::core::fmt::Debug,
    for<'__safe_map> ::safe_map::ShardedSet<
        u64,
        ::std::collections::hash_map::RandomState,
    >: ::core::fmt::Debug,
    for<'__safe_map> ::safe_map::cache::Cache<String, u64>: ::core::fmt::Debug,
    for<'__safe_map> ::safe_map::ReadMostlyMap<u8, u16, Fx>: ::core::fmt::Debug,
    for<'__safe_map> Instant: ::core::fmt::Debug,
{
    fn fmt(&self, out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        let mut out = out.debug_struct("Live");
        out.field("by_id", &self.by_id);
        out.field("config", &self.config);
        out.field("tokens", &self.tokens);
        out.field("names", &self.names);
        out.field("seen", &self.seen);
        out.field("prices", &self.prices);
        out.field("alias", &self.alias);
        out.field("started", &self.started);
        out.finish()
    }
}
impl ::core::default::Default for Live
where
    for<'__safe_map> ::safe_map::ShardedMap<
        String,
        Order,
        ::std::collections::hash_map::RandomState,
    >: ::core::default::Default,
    for<'__safe_map> ::safe_map::SnapshotMap<
        std::collections::BTreeMap<String, Rule>,
    >: ::core::default::Default,
    for<'__safe_map> ::safe_map::VersionedMap<
        Token,
        Session,
        Fx,
    >: ::core::default::Default,
    for<'__safe_map> ::safe_map::LockedSet<HashSet<String>>: ::core::default::Default,
    for<'__safe_map> ::safe_map::ShardedSet<
        u64,
        ::std::collections::hash_map::RandomState,
    >: ::core::default::Default,
    for<'__safe_map> ::safe_map::ReadMostlyMap<u8, u16, Fx>: ::core::default::Default,
    for<'__safe_map> Instant: ::core::default::Default,
{
    fn default() -> Self {
        Live {
            by_id: ::safe_map::ShardedMap::with_shards_and_hasher(
                32,
                ::core::default::Default::default(),
            ),
            config: ::core::default::Default::default(),
            tokens: ::safe_map::VersionedMap::with_hasher(
                ::core::default::Default::default(),
            ),
            names: ::core::default::Default::default(),
            seen: ::safe_map::ShardedSet::with_hasher(
                ::core::default::Default::default(),
            ),
            prices: ::safe_map::cache::Cache::new(500),
            alias: ::safe_map::ReadMostlyMap::with_hasher(
                ::core::default::Default::default(),
            ),
            started: ::core::default::Default::default(),
        }
    }
}
