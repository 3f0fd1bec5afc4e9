//! The twin as tokens. Every path in it starts at a crate, and every local name with two underscores, so that no name of the
//! user can stand in its way.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{DeriveInput, ext::IdentExt, spanned::Spanned};

use crate::{
    parse::{self, Plain, PlainField, Problems},
    plan::{self, Planned},
    traits::traits,
};

/// Writes the twin, or gives every mistake.
pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let mut problems = Problems::default();
    let plain = parse::plain(input, &mut problems);
    let planned = plain.iter().flat_map(|plain| plain.fields.iter().map(|field| (field, &plain.krate)));
    let planned: Vec<_> = planned.map(|(field, krate)| plan::field(field, krate, &mut problems)).collect();
    let plain = problems.or(plain)?;
    Ok(plain.map(|plain| twin(&plain, &planned)).unwrap_or_default())
}

/// A field with its plan.
pub(crate) type Field<'a> = (&'a PlainField<'a>, &'a Planned);

fn twin(plain: &Plain<'_>, planned: &[Planned]) -> TokenStream {
    let fields: Vec<Field<'_>> = plain.fields.iter().zip(planned).collect();
    let cfgs: Vec<_> = plain.attributes.iter().filter(|it| it.path().is_ident("cfg")).collect();
    let definition = definition(plain, &fields);
    let methods = methods(plain, &fields);
    let conversion = conversion(plain, &fields);
    let traits = traits(plain, &fields);
    let items = [methods, conversion].into_iter().chain(traits);
    // The derive does not use what it copies.
    let allow = plain.deprecated.then(|| quote!(#[allow(deprecated)]));
    let items = items.map(|item| quote!(#(#cfgs)* #allow #item));
    quote! {
        #definition
        #(#items)*
    }
}

/// The type of a field in the twin.
pub(crate) fn shared_type(field: &Field<'_>) -> TokenStream {
    match field {
        (plain, Planned::Same) => {
            let ty = &plain.ty;
            quote!(#ty)
        }
        (_, Planned::Map(map)) => map.ty.clone(),
    }
}

fn definition(plain: &Plain<'_>, fields: &[Field<'_>]) -> TokenStream {
    let Plain { name, shared, visibility, generics, attributes, .. } = plain;
    let bounds = &generics.where_clause;
    let doc = format!("The concurrent twin of [`{}`].", name.unraw());
    let fields = fields.iter().map(|field| {
        let (PlainField { name, cfgs, .. }, ty) = (field.0, shared_type(field));
        quote!(#(#cfgs)* #name: #ty)
    });
    quote! {
        #[doc = #doc]
        #[doc = ""]
        #(#attributes)*
        #visibility struct #shared #generics #bounds {
            #(#fields,)*
        }
    }
}

fn methods(plain: &Plain<'_>, fields: &[Field<'_>]) -> TokenStream {
    let Plain { shared, visibility, generics, .. } = plain;
    let (impl_generics, type_generics, bounds) = generics.split_for_impl();
    let parameters =
        fields.iter().filter(|(_, planned)| matches!(planned, Planned::Same)).map(|(field, _)| {
            let PlainField { name, ty, cfgs, .. } = field;
            quote!(#(#cfgs)* #name: #ty)
        });
    let values = fields.iter().map(|(PlainField { name, cfgs, .. }, planned)| match planned {
        Planned::Same => quote!(#(#cfgs)* #name),
        Planned::Map(map) => {
            let empty = &map.empty;
            quote!(#(#cfgs)* #name: #empty)
        }
    });
    let accessors = fields.iter().map(accessor);
    let to_plain = (!plain.no_plain).then(|| to_plain(plain, fields));
    quote! {
        impl #impl_generics #shared #type_generics #bounds {
            /// With these fields, and empty maps.
            #visibility fn new(#(#parameters),*) -> Self {
                #shared { #(#values,)* }
            }

            #(#accessors)*

            #to_plain
        }
    }
}

fn accessor(field: &Field<'_>) -> TokenStream {
    let (PlainField { name, visibility, docs, cfgs, .. }, ty) = (field.0, shared_type(field));
    let doc = format!("The field `{}`.", name.unraw());
    let doc = (!docs.iter().any(|it| it.path().is_ident("doc"))).then(|| quote!(#[doc = #doc]));
    quote! {
        #doc
        #(#docs)*
        #(#cfgs)*
        #visibility fn #name(&self) -> &#ty {
            &self.#name
        }
    }
}

fn to_plain(plain: &Plain<'_>, fields: &[Field<'_>]) -> TokenStream {
    let Plain { name, visibility, generics, .. } = plain;
    let (_, type_generics, _) = generics.split_for_impl();
    let values = fields.iter().map(|(PlainField { name, ty, cfgs, .. }, planned)| match planned {
        Planned::Same => {
            quote_spanned!(ty.span()=> #(#cfgs)* #name: <#ty as ::core::clone::Clone>::clone(&self.#name))
        }
        Planned::Map(map) => {
            let to_plain = &map.to_plain;
            quote!(#(#cfgs)* #name: { let __shared = &self.#name; #to_plain })
        }
    });
    quote! {
        /// A copy as the plain struct, made of one field after another: no cut through all of them.
        #visibility fn to_plain(&self) -> #name #type_generics {
            #name { #(#values,)* }
        }
    }
}

fn conversion(plain: &Plain<'_>, fields: &[Field<'_>]) -> TokenStream {
    let Plain { name, shared, generics, .. } = plain;
    let (impl_generics, type_generics, bounds) = generics.split_for_impl();
    let values = fields.iter().map(|(PlainField { name, cfgs, .. }, planned)| match planned {
        Planned::Same => quote!(#(#cfgs)* #name: __all.#name),
        Planned::Map(map) => {
            let from_plain = &map.from_plain;
            quote!(#(#cfgs)* #name: { let __plain = __all.#name; #from_plain })
        }
    });
    let checks = fields.iter().filter(|(_, planned)| matches!(planned, Planned::Same)).map(|(field, _)| {
        let PlainField { name, ty, cfgs, .. } = field;
        quote_spanned!(ty.span()=> #(#cfgs)* send_and_sync::<#ty>(&__all.#name);)
    });
    quote! {
        impl #impl_generics ::core::convert::From<#name #type_generics> for #shared #type_generics #bounds {
            fn from(__all: #name #type_generics) -> Self {
                fn send_and_sync<T: ::core::marker::Send + ::core::marker::Sync + ?::core::marker::Sized>(_: &T) {}
                #(#checks)*
                #shared { #(#values,)* }
            }
        }
    }
}
