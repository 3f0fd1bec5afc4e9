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
                let __shared = &self.by_id;
                __shared.to_map()
            },
            config: {
                let __shared = &self.config;
                __shared.to_map()
            },
            tokens: {
                let __shared = &self.tokens;
                __shared.to_map()
            },
            names: {
                let __shared = &self.names;
                __shared.to_set()
            },
            seen: {
                let __shared = &self.seen;
                __shared.to_set()
            },
            prices: {
                let __shared = &self.prices;
                {
                    let __entries = ::core::iter::IntoIterator::into_iter(
                        ::safe_map::cache::entries(__shared),
                    );
                    ::core::iter::Iterator::collect(__entries)
                }
            },
            alias: {
                let __shared = &self.alias;
                {
                    let __entries = ::core::iter::IntoIterator::into_iter(
                        __shared.entries(),
                    );
                    ::core::iter::Iterator::collect(__entries)
                }
            },
            started: <Instant as ::core::clone::Clone>::clone(&self.started),
        }
    }
}
impl ::core::convert::From<Orders> for Live {
    fn from(__all: Orders) -> Self {
        fn send_and_sync<
            T: ::core::marker::Send + ::core::marker::Sync + ?::core::marker::Sized,
        >(_: &T) {}
        send_and_sync::<Instant>(&__all.started);
        Live {
            by_id: {
                let __plain = __all.by_id;
                {
                    let __shared = ::safe_map::ShardedMap::with_shards_and_hasher(
                        32,
                        ::core::clone::Clone::clone(__plain.hasher()),
                    );
                    __shared.extend(__plain);
                    __shared
                }
            },
            config: {
                let __plain = __all.config;
                ::safe_map::SnapshotMap::new(__plain)
            },
            tokens: {
                let __plain = __all.tokens;
                {
                    let __shared = ::safe_map::VersionedMap::with_hasher(
                        ::core::clone::Clone::clone(__plain.hasher()),
                    );
                    __shared.extend(__plain);
                    __shared
                }
            },
            names: {
                let __plain = __all.names;
                ::safe_map::LockedSet::new(__plain)
            },
            seen: {
                let __plain = __all.seen;
                {
                    let __shared = ::safe_map::ShardedSet::with_hasher(
                        ::core::clone::Clone::clone(__plain.hasher()),
                    );
                    __shared.extend(__plain);
                    __shared
                }
            },
            prices: {
                let __plain = __all.prices;
                ::safe_map::cache::from_entries(500, __plain)
            },
            alias: {
                let __plain = __all.alias;
                {
                    let __shared = ::safe_map::ReadMostlyMap::with_hasher(
                        ::core::default::Default::default(),
                    );
                    __shared.extend(__plain);
                    __shared
                }
            },
            started: __all.started,
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
    fn fmt(&self, __out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        let mut __out = __out.debug_struct("Live");
        __out.field("by_id", &self.by_id);
        __out.field("config", &self.config);
        __out.field("tokens", &self.tokens);
        __out.field("names", &self.names);
        __out.field("seen", &self.seen);
        __out.field("prices", &self.prices);
        __out.field("alias", &self.alias);
        __out.field("started", &self.started);
        __out.finish()
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
