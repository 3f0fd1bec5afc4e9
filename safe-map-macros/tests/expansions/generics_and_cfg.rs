///The concurrent twin of [`Registry`].
///
#[cfg(unix)]
pub(crate) struct SharedRegistry<'a, K: Hash + Eq, const N: usize>
where
    K: Clone,
{
    entries: ::safe_map::FailFastMap<
        K,
        [u8; N],
        ::std::collections::hash_map::RandomState,
    >,
    #[cfg(feature = "labels")]
    label: &'a str,
}
#[cfg(unix)]
impl<'a, K: Hash + Eq, const N: usize> SharedRegistry<'a, K, N>
where
    K: Clone,
{
    /// With these fields, and empty maps.
    pub(crate) fn new(#[cfg(feature = "labels")] label: &'a str) -> Self {
        SharedRegistry {
            entries: ::safe_map::FailFastMap::with_hasher(
                ::core::default::Default::default(),
            ),
            #[cfg(feature = "labels")]
            label,
        }
    }
    ///The field `entries`.
    fn entries(
        &self,
    ) -> &::safe_map::FailFastMap<
        K,
        [u8; N],
        ::std::collections::hash_map::RandomState,
    > {
        &self.entries
    }
    ///The field `label`.
    #[cfg(feature = "labels")]
    fn label(&self) -> &&'a str {
        &self.label
    }
}
#[cfg(unix)]
impl<'a, K: Hash + Eq, const N: usize> ::core::convert::From<Registry<'a, K, N>>
for SharedRegistry<'a, K, N>
where
    K: Clone,
{
    fn from(__all: Registry<'a, K, N>) -> Self {
        fn send_and_sync<
            T: ::core::marker::Send + ::core::marker::Sync + ?::core::marker::Sized,
        >(_: &T) {}
        #[cfg(feature = "labels")] send_and_sync::<&'a str>(&__all.label);
        SharedRegistry {
            entries: {
                let __plain = __all.entries;
                {
                    let __shared = ::safe_map::FailFastMap::with_hasher(
                        ::core::clone::Clone::clone(__plain.hasher()),
                    );
                    __shared.extend(__plain);
                    __shared
                }
            },
            #[cfg(feature = "labels")]
            label: __all.label,
        }
    }
}
#[cfg(unix)]
#[cfg(not(all(feature = "labels")))]
impl<'a, K: Hash + Eq, const N: usize> ::core::fmt::Debug for SharedRegistry<'a, K, N>
where
    K: Clone,
    for<'__safe_map> ::safe_map::FailFastMap<
        K,
        [u8; N],
        ::std::collections::hash_map::RandomState,
    >: ::core::fmt::Debug,
{
    fn fmt(&self, __out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        let mut __out = __out.debug_struct("SharedRegistry");
        __out.field("entries", &self.entries);
        #[cfg(feature = "labels")] __out.field("label", &self.label);
        __out.finish()
    }
}
#[cfg(unix)]
#[cfg(not(all(feature = "labels")))]
impl<'a, K: Hash + Eq, const N: usize> ::core::default::Default
for SharedRegistry<'a, K, N>
where
    K: Clone,
    for<'__safe_map> ::safe_map::FailFastMap<
        K,
        [u8; N],
        ::std::collections::hash_map::RandomState,
    >: ::core::default::Default,
{
    fn default() -> Self {
        SharedRegistry {
            entries: ::safe_map::FailFastMap::with_hasher(
                ::core::default::Default::default(),
            ),
            #[cfg(feature = "labels")]
            label: ::core::default::Default::default(),
        }
    }
}
#[cfg(unix)]
#[cfg(all(feature = "labels"))]
impl<'a, K: Hash + Eq, const N: usize> ::core::fmt::Debug for SharedRegistry<'a, K, N>
where
    K: Clone,
    for<'__safe_map> ::safe_map::FailFastMap<
        K,
        [u8; N],
        ::std::collections::hash_map::RandomState,
    >: ::core::fmt::Debug,
    for<'__safe_map> &'a str: ::core::fmt::Debug,
{
    fn fmt(&self, __out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        let mut __out = __out.debug_struct("SharedRegistry");
        __out.field("entries", &self.entries);
        #[cfg(feature = "labels")] __out.field("label", &self.label);
        __out.finish()
    }
}
#[cfg(unix)]
#[cfg(all(feature = "labels"))]
impl<'a, K: Hash + Eq, const N: usize> ::core::default::Default
for SharedRegistry<'a, K, N>
where
    K: Clone,
    for<'__safe_map> ::safe_map::FailFastMap<
        K,
        [u8; N],
        ::std::collections::hash_map::RandomState,
    >: ::core::default::Default,
    for<'__safe_map> &'a str: ::core::default::Default,
{
    fn default() -> Self {
        SharedRegistry {
            entries: ::safe_map::FailFastMap::with_hasher(
                ::core::default::Default::default(),
            ),
            #[cfg(feature = "labels")]
            label: ::core::default::Default::default(),
        }
    }
}
