//! `Debug` and `Default` of the twin, where every field has it.
//!
//! A field without the trait is no error: the twin does not have it either then. That is said by a bound, and a bound cannot have
//! a `cfg`. So there is one implementation for each set of fields that can be there at once.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Type, WhereClause, ext::IdentExt, parse_quote};

use crate::{
    expand::{Field, shared_type},
    parse::{Plain, PlainField},
    plan::Planned,
};

/// Of so many conditions each set is written out. Fields under more of them have no bounds.
const WRITTEN_OUT: usize = 4;

pub(crate) fn traits(plain: &Plain<'_>, fields: &[Field<'_>]) -> Vec<TokenStream> {
    let gates = gates(fields);
    if gates.len() > WRITTEN_OUT {
        let there: Vec<_> = fields.iter().filter(|(field, _)| field.cfgs.is_empty()).collect();
        return vec![debug(plain, fields, &there), default(plain, fields, &there)];
    }
    let sets = 0..1_usize << gates.len();
    sets.flat_map(|open| {
        let is_open = |gate: usize| open >> gate & 1 == 1;
        let conditions = gates.iter().enumerate().map(|(at, gate)| gate.condition(is_open(at)));
        let conditions: TokenStream = conditions.collect();
        let is_there = |(field, _): &&Field<'_>| {
            let gate = gates.iter().position(|gate| gate.is_of(field));
            gate.is_none_or(is_open)
        };
        let there: Vec<_> = fields.iter().filter(is_there).collect();
        [debug(plain, fields, &there), default(plain, fields, &there)].map(|it| quote!(#conditions #it))
    })
    .collect()
}

/// The `cfg` attributes of a field.
struct Gate<'a>(&'a [&'a Attribute]);

/// Those of all fields, each once.
fn gates<'a>(fields: &[Field<'a>]) -> Vec<Gate<'a>> {
    let mut gates: Vec<Gate<'a>> = Vec::new();
    for (field, _) in fields.iter().filter(|(field, _)| !field.cfgs.is_empty()) {
        if !gates.iter().any(|gate| gate.is_of(field)) {
            gates.push(Gate(&field.cfgs));
        }
    }
    gates
}

impl Gate<'_> {
    fn is_of(&self, field: &PlainField<'_>) -> bool {
        let text =
            |cfgs: &[&Attribute]| cfgs.iter().map(|it| it.to_token_stream().to_string()).collect::<Vec<_>>();
        text(self.0) == text(&field.cfgs)
    }

    /// The `cfg` of an item that is there where the fields are, or where they are not.
    fn condition(&self, open: bool) -> TokenStream {
        let cfgs = self.0.iter().map(|it| match &it.meta {
            syn::Meta::List(list) => list.tokens.clone(),
            other => other.to_token_stream(),
        });
        if open { quote!(#[cfg(all(#(#cfgs),*))]) } else { quote!(#[cfg(not(all(#(#cfgs),*)))]) }
    }
}

fn debug(plain: &Plain<'_>, fields: &[Field<'_>], there: &[&Field<'_>]) -> TokenStream {
    let Plain { shared, generics, .. } = plain;
    let (impl_generics, type_generics, _) = generics.split_for_impl();
    let bounds = bounds(plain, there, &parse_quote!(::core::fmt::Debug));
    let title = shared.unraw().to_string();
    let shown = fields.iter().map(|(PlainField { name, cfgs, .. }, _)| {
        let text = name.unraw().to_string();
        quote!(#(#cfgs)* __out.field(#text, &self.#name);)
    });
    quote! {
        impl #impl_generics ::core::fmt::Debug for #shared #type_generics #bounds {
            fn fmt(&self, __out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                let mut __out = __out.debug_struct(#title);
                #(#shown)*
                __out.finish()
            }
        }
    }
}

fn default(plain: &Plain<'_>, fields: &[Field<'_>], there: &[&Field<'_>]) -> TokenStream {
    let Plain { shared, generics, .. } = plain;
    let (impl_generics, type_generics, _) = generics.split_for_impl();
    let needs_bound = |field: &&&Field<'_>| !matches!(field.1, Planned::Map(map) if map.always_default);
    let bounded: Vec<_> = there.iter().filter(needs_bound).copied().collect();
    let bounds = bounds(plain, &bounded, &parse_quote!(::core::default::Default));
    let values = fields.iter().map(|(PlainField { name, cfgs, .. }, planned)| {
        let empty = match planned {
            Planned::Same => quote!(::core::default::Default::default()),
            Planned::Map(map) => map.empty.clone(),
        };
        quote!(#(#cfgs)* #name: #empty)
    });
    quote! {
        impl #impl_generics ::core::default::Default for #shared #type_generics #bounds {
            fn default() -> Self {
                #shared { #(#values,)* }
            }
        }
    }
}

/// The bounds of the struct, and the trait for each field. The lifetime is there so that a bound that does not hold is no error.
fn bounds(plain: &Plain<'_>, fields: &[&Field<'_>], wanted: &Type) -> WhereClause {
    let mut bounds = plain.generics.where_clause.clone().unwrap_or_else(|| parse_quote!(where));
    for field in fields {
        let ty = shared_type(field);
        bounds.predicates.push(parse_quote!(for<'__safe_map> #ty: #wanted));
    }
    bounds
}
