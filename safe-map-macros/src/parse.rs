//! The struct that the derive is on, in own types, and every mistake in it.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Data, DeriveInput, Fields, Generics, Ident, Type, Visibility, ext::IdentExt, parse::Parse,
    spanned::Spanned,
};

use crate::options::{FieldOptions, StructOptions};

/// Mistakes, in the order of the text.
#[derive(Default)]
pub(crate) struct Problems(Option<syn::Error>);

impl Problems {
    pub(crate) fn add(&mut self, span: Span, message: String) {
        self.push(syn::Error::new(span, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            none => *none = Some(error),
        }
    }

    /// The value, if there was no mistake.
    pub(crate) fn or<T>(self, value: T) -> syn::Result<T> {
        self.0.map_or(Ok(value), Err)
    }
}

/// A plain struct.
pub(crate) struct Plain<'a> {
    pub(crate) name: &'a Ident,
    /// The name of the twin.
    pub(crate) shared: Ident,
    pub(crate) no_plain: bool,
    /// Where `safe-map` is.
    pub(crate) krate: TokenStream,
    pub(crate) visibility: &'a Visibility,
    /// With the struct's own name instead of `Self` here, too.
    pub(crate) generics: Generics,
    /// Documentation and `cfg`.
    pub(crate) attributes: Vec<&'a Attribute>,
    /// Whether the struct or one of its fields is not to be used any more.
    pub(crate) deprecated: bool,
    pub(crate) fields: Vec<PlainField<'a>>,
}

/// A field of it.
pub(crate) struct PlainField<'a> {
    pub(crate) name: &'a Ident,
    pub(crate) visibility: &'a Visibility,
    /// With the struct's own name instead of `Self`, which is the twin in the twin.
    pub(crate) ty: Type,
    /// Documentation, and that the field is not to be used any more.
    pub(crate) docs: Vec<&'a Attribute>,
    pub(crate) cfgs: Vec<&'a Attribute>,
    pub(crate) options: FieldOptions,
}

/// Names that the twin has already.
const TAKEN: [&str; 2] = ["new", "to_plain"];

/// Reads the struct. `None` if it is none that can have a twin.
pub(crate) fn plain<'a>(input: &'a DeriveInput, problems: &mut Problems) -> Option<Plain<'a>> {
    let options = StructOptions::of(&input.attrs, problems);
    let shared = options.shared.unwrap_or_else(|| quote::format_ident!("Shared{}", input.ident));
    if shared == input.ident {
        problems.add(shared.span(), format!("the twin needs another name than `{shared}` itself"));
    }
    let fields = match &input.data {
        Data::Struct(data) => named_fields(&data.fields, &input.ident, problems)?,
        Data::Enum(data) => {
            problems.add(data.enum_token.span(), "`SafeMap` is for structs, not for enums".to_owned());
            return None;
        }
        Data::Union(data) => {
            problems.add(data.union_token.span(), "`SafeMap` is for structs, not for unions".to_owned());
            return None;
        }
    };
    let fields: Vec<_> = fields.map(|it| field(it, input, problems)).collect();
    let of_fields = fields.iter().flat_map(|it| it.docs.iter().copied());
    Some(Plain {
        name: &input.ident,
        shared,
        no_plain: options.no_plain,
        krate: options.krate.map_or_else(|| quote!(::safe_map), ToTokens::into_token_stream),
        visibility: &input.vis,
        generics: named_generics(input),
        attributes: input.attrs.iter().filter(|it| is_doc(it) || is_cfg(it)).collect(),
        deprecated: input.attrs.iter().chain(of_fields).any(is_deprecated),
        fields,
    })
}

fn named_fields<'a>(
    fields: &'a Fields,
    name: &Ident,
    problems: &mut Problems,
) -> Option<impl Iterator<Item = &'a syn::Field> + use<'a>> {
    let Fields::Named(named) = fields else {
        problems
            .add(name.span(), "`SafeMap` needs named fields: its accessors are called like them".to_owned());
        return None;
    };
    Some(named.named.iter())
}

fn field<'a>(field: &'a syn::Field, input: &DeriveInput, problems: &mut Problems) -> PlainField<'a> {
    let name = field.ident.as_ref().expect("the field is one of named fields");
    if TAKEN.iter().any(|taken| name.unraw() == taken) {
        problems.add(name.span(), format!("the accessor of this field clashes with the twin's own `{name}`"));
    }
    PlainField {
        name,
        visibility: &field.vis,
        ty: named(&field.ty, input),
        docs: field.attrs.iter().filter(|it| is_doc(it) || is_deprecated(it)).collect(),
        cfgs: field.attrs.iter().filter(|it| is_cfg(it)).collect(),
        options: named_options(FieldOptions::of(&field.attrs, problems), input),
    }
}

fn named_options(mut options: FieldOptions, input: &DeriveInput) -> FieldOptions {
    for ty in [&mut options.key, &mut options.value, &mut options.hasher].into_iter().flatten() {
        *ty = named(ty, input);
    }
    options
}

fn named_generics(input: &DeriveInput) -> Generics {
    let mut generics = input.generics.clone();
    generics.params.iter_mut().for_each(|it| *it = named(it, input));
    if let Some(bounds) = &mut generics.where_clause {
        bounds.predicates.iter_mut().for_each(|it| *it = named(it, input));
    }
    generics
}

/// A type, a parameter or a bound with the struct's name instead of `Self`.
fn named<T: ToTokens + Parse + Clone>(it: &T, input: &DeriveInput) -> T {
    let (name, (_, generics, _)) = (&input.ident, input.generics.split_for_impl());
    let (named, found) = without_self(it.to_token_stream(), &quote!(#name #generics));
    if !found {
        return it.clone();
    }
    syn::parse2(named).unwrap_or_else(|_| it.clone())
}

/// Replaces each `Self`, and says whether there was one.
fn without_self(tokens: TokenStream, name: &TokenStream) -> (TokenStream, bool) {
    let mut found = false;
    let replaced = tokens.into_iter().flat_map(|token| match token {
        TokenTree::Ident(ident) if ident == "Self" => {
            found = true;
            name.clone()
        }
        TokenTree::Group(group) => {
            let (inner, found_inside) = without_self(group.stream(), name);
            found |= found_inside;
            let mut with = Group::new(group.delimiter(), inner);
            with.set_span(group.span());
            TokenTree::Group(with).into()
        }
        other => other.into(),
    });
    let replaced = replaced.collect();
    (replaced, found)
}

fn is_doc(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc")
}

fn is_deprecated(attribute: &Attribute) -> bool {
    attribute.path().is_ident("deprecated")
}

fn is_cfg(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
}
