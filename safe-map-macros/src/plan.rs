//! What becomes of each field: its type in the twin, and how values go there and back.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{GenericArgument, LitInt, PathArguments, Type, spanned::Spanned};

use crate::{
    options::{Chosen, Strategy},
    parse::{PlainField, Problems},
};

/// A field of the twin.
pub(crate) enum Planned {
    /// Carried over as it is.
    Same,
    Map(MapField),
}

/// A field that becomes a shared map.
pub(crate) struct MapField {
    pub(crate) ty: TokenStream,
    /// An empty one.
    pub(crate) empty: TokenStream,
    /// From the plain value, which is called `__plain`.
    pub(crate) from_plain: TokenStream,
    /// The plain value of the shared one, which is called `__shared`.
    pub(crate) to_plain: TokenStream,
    /// Whether an empty one can be made of any key, value and hasher.
    pub(crate) always_default: bool,
}

/// What a field's type is known to be.
enum Kind {
    HashMap {
        key: Type,
        value: Type,
        hasher: TokenStream,
    },
    HashSet {
        item: Type,
        hasher: TokenStream,
    },
    OrderedMap,
    OrderedSet,
    /// The user says what is in it.
    Declared {
        key: Type,
        value: Type,
        hasher: TokenStream,
    },
}

/// Decides about a field.
pub(crate) fn field(field: &PlainField<'_>, krate: &TokenStream, problems: &mut Problems) -> Planned {
    let options = &field.options;
    let Some(chosen) = &options.strategy else {
        for ty in [&options.key, &options.value, &options.hasher].into_iter().flatten() {
            problems.add(ty.span(), "this says what is in a map, but the field has no strategy".to_owned());
        }
        return Planned::Same;
    };
    let Some(kind) = kind(field, problems) else { return Planned::Same };
    match map(&field.ty, krate, chosen, &kind) {
        Some(map) => Planned::Map(map),
        None => {
            let message =
                format!("`{}` needs a `HashMap`; here there are `snapshot` and `locked`", chosen.name);
            problems.add(chosen.name.span(), message);
            Planned::Same
        }
    }
}

fn kind(field: &PlainField<'_>, problems: &mut Problems) -> Option<Kind> {
    let options = &field.options;
    let declared_hasher = options.hasher.as_ref().map(ToTokens::to_token_stream);
    match (&options.key, &options.value) {
        (Some(key), Some(value)) => {
            let hasher = declared_hasher.unwrap_or_else(random_state);
            return Some(Kind::Declared { key: key.clone(), value: value.clone(), hasher });
        }
        (Some(one), None) | (None, Some(one)) => {
            problems.add(one.span(), "`key` and `value` belong together".to_owned());
            return None;
        }
        (None, None) => (),
    }
    if let Some(hasher) = &options.hasher {
        problems.add(hasher.span(), "`hasher` belongs to `key` and `value`".to_owned());
        return None;
    }
    let known = by_name(&field.ty);
    if known.is_none() {
        let message = "this is not known to be a map; say what is in it: `key = K, value = V`, and `hasher = S` if it has one";
        problems.add(field.ty.span(), message.to_owned());
    }
    known
}

/// Knows the maps of std and indexmap by the last segment of their path.
fn by_name(ty: &Type) -> Option<Kind> {
    let path = match ty {
        Type::Path(path) => path,
        // A type that a macro was given is in a group that cannot be seen.
        Type::Group(group) => return by_name(&group.elem),
        Type::Paren(paren) => return by_name(&paren.elem),
        _ => return None,
    };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let mut types = arguments.args.iter().filter_map(|it| match it {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    });
    match last.ident.to_string().as_str() {
        "HashMap" => {
            let (key, value) = (types.next()?, types.next()?);
            Some(Kind::HashMap {
                key,
                value,
                hasher: types.next().map_or_else(random_state, ToTokens::into_token_stream),
            })
        }
        "HashSet" => {
            let item = types.next()?;
            Some(Kind::HashSet {
                item,
                hasher: types.next().map_or_else(random_state, ToTokens::into_token_stream),
            })
        }
        "BTreeMap" | "IndexMap" => types.next().and(Some(Kind::OrderedMap)),
        "BTreeSet" | "IndexSet" => types.next().and(Some(Kind::OrderedSet)),
        _ => None,
    }
}

fn random_state() -> TokenStream {
    quote!(::std::collections::hash_map::RandomState)
}

/// Plans a map. `None` if the strategy cannot hold that kind of map.
fn map(ty: &Type, krate: &TokenStream, chosen: &Chosen, kind: &Kind) -> Option<MapField> {
    let number = chosen.number.as_ref();
    match (chosen.strategy, kind) {
        (Strategy::Snapshot, Kind::HashSet { .. } | Kind::OrderedSet) => {
            Some(whole(ty, &quote!(#krate::SnapshotSet), quote!(to_set)))
        }
        (Strategy::Locked, Kind::HashSet { .. } | Kind::OrderedSet) => {
            Some(whole(ty, &quote!(#krate::LockedSet), quote!(to_set)))
        }
        (Strategy::Snapshot, _) => Some(whole(ty, &quote!(#krate::SnapshotMap), quote!(to_map))),
        (Strategy::Locked, _) => Some(whole(ty, &quote!(#krate::LockedMap), quote!(to_map))),
        (Strategy::Sharded, Kind::HashSet { item, hasher }) => {
            let arguments = quote!(#item, #hasher);
            Some(hashed(
                ty,
                &quote!(#krate::ShardedSet),
                &arguments,
                number,
                &quote_spanned!(at(ty)=> __shared.to_set()),
            ))
        }
        (_, Kind::HashSet { .. } | Kind::OrderedMap | Kind::OrderedSet) => None,
        (Strategy::Cache, Kind::HashMap { key, value, .. } | Kind::Declared { key, value, .. }) => {
            Some(cache(krate, key, value, number))
        }
        (strategy, Kind::HashMap { key, value, hasher }) => {
            let arguments = quote!(#key, #value, #hasher);
            Some(hashed(
                ty,
                &map_name(krate, strategy),
                &arguments,
                number,
                &quote_spanned!(at(ty)=> __shared.to_map()),
            ))
        }
        (strategy, Kind::Declared { key, value, hasher }) => {
            let shared = map_name(krate, strategy);
            let arguments = quote!(#key, #value, #hasher);
            let collect = quote!({
                let __entries = ::core::iter::IntoIterator::into_iter(__shared.entries());
                ::core::iter::Iterator::collect(__entries)
            });
            Some(MapField {
                from_plain: declared(ty, &shared, number),
                ..hashed(ty, &shared, &arguments, number, &collect)
            })
        }
    }
}

fn map_name(krate: &TokenStream, strategy: Strategy) -> TokenStream {
    match strategy {
        Strategy::Sharded => quote!(#krate::ShardedMap),
        Strategy::Snapshot => quote!(#krate::SnapshotMap),
        Strategy::Versioned => quote!(#krate::VersionedMap),
        Strategy::ReadMostly => quote!(#krate::ReadMostlyMap),
        Strategy::Generational => quote!(#krate::GenerationalMap),
        Strategy::Locked => quote!(#krate::LockedMap),
        Strategy::FailFast => quote!(#krate::FailFastMap),
        Strategy::Cache => quote!(#krate::cache::Cache),
    }
}

/// `LockedMap`, `SnapshotMap` and their sets: the plain map goes in and comes out as it is.
fn whole(ty: &Type, shared: &TokenStream, copy: TokenStream) -> MapField {
    MapField {
        ty: quote!(#shared<#ty>),
        empty: quote!(::core::default::Default::default()),
        from_plain: quote!(#shared::new(__plain)),
        to_plain: quote_spanned!(at(ty)=> __shared.#copy()),
        always_default: false,
    }
}

/// A map with a hasher, which goes in with the entries.
fn hashed(
    ty: &Type,
    shared: &TokenStream,
    arguments: &TokenStream,
    shards: Option<&LitInt>,
    to_plain: &TokenStream,
) -> MapField {
    let with = |hasher: TokenStream| match shards {
        Some(shards) => quote!(#shared::with_shards_and_hasher(#shards, #hasher)),
        None => quote!(#shared::with_hasher(#hasher)),
    };
    let hasher = with(quote!(::core::clone::Clone::clone(__plain.hasher())));
    MapField {
        ty: quote!(#shared<#arguments>),
        empty: with(quote!(::core::default::Default::default())),
        from_plain: quote_spanned!(at(ty)=> {
            let __shared = #hasher;
            __shared.extend(__plain);
            __shared
        }),
        to_plain: quote_spanned!(at(ty)=> #to_plain),
        always_default: false,
    }
}

/// From a type of which only the entries are known.
fn declared(ty: &Type, shared: &TokenStream, shards: Option<&LitInt>) -> TokenStream {
    let hasher = quote!(::core::default::Default::default());
    let new = match shards {
        Some(shards) => quote!(#shared::with_shards_and_hasher(#shards, #hasher)),
        None => quote!(#shared::with_hasher(#hasher)),
    };
    quote_spanned!(at(ty)=> {
        let __shared = #new;
        __shared.extend(__plain);
        __shared
    })
}

/// Where a mistake in a field's type is told, with the names of the expansion.
fn at(ty: &Type) -> Span {
    ty.span().resolved_at(Span::call_site())
}

/// A cache of moka, which is not one of the maps.
fn cache(krate: &TokenStream, key: &Type, value: &Type, capacity: Option<&LitInt>) -> MapField {
    let capacity = capacity.map_or_else(|| quote!(10_000), ToTokens::to_token_stream);
    MapField {
        always_default: true,
        ty: quote!(#krate::cache::Cache<#key, #value>),
        empty: quote!(#krate::cache::Cache::new(#capacity)),
        from_plain: quote!(#krate::cache::from_entries(#capacity, __plain)),
        to_plain: quote!({
            let __entries = ::core::iter::IntoIterator::into_iter(#krate::cache::entries(__shared));
            ::core::iter::Iterator::collect(__entries)
        }),
    }
}
