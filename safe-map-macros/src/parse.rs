//! The struct that the derive is on, in own types, and every mistake in it.

use proc_macro2::Span;
use syn::{Attribute, Data, DeriveInput, Fields, Generics, Ident, Type, Visibility, spanned::Spanned};

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
    pub(crate) visibility: &'a Visibility,
    pub(crate) generics: &'a Generics,
    /// Documentation and `cfg`.
    pub(crate) attributes: Vec<&'a Attribute>,
    pub(crate) fields: Vec<PlainField<'a>>,
}

/// A field of it.
pub(crate) struct PlainField<'a> {
    pub(crate) name: &'a Ident,
    pub(crate) visibility: &'a Visibility,
    pub(crate) ty: &'a Type,
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
        Data::Struct(data) => named(&data.fields, &input.ident, problems)?,
        Data::Enum(data) => {
            problems.add(data.enum_token.span(), "`SafeMap` is for structs, not for enums".to_owned());
            return None;
        }
        Data::Union(data) => {
            problems.add(data.union_token.span(), "`SafeMap` is for structs, not for unions".to_owned());
            return None;
        }
    };
    Some(Plain {
        name: &input.ident,
        shared,
        no_plain: options.no_plain,
        visibility: &input.vis,
        generics: &input.generics,
        attributes: input.attrs.iter().filter(|it| is_doc(it) || is_cfg(it)).collect(),
        fields: fields.map(|it| field(it, problems)).collect(),
    })
}

fn named<'a>(
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

fn field<'a>(field: &'a syn::Field, problems: &mut Problems) -> PlainField<'a> {
    let name = field.ident.as_ref().expect("the field is one of named fields");
    if TAKEN.iter().any(|taken| name == taken) {
        problems.add(name.span(), format!("the accessor of this field clashes with the twin's own `{name}`"));
    }
    PlainField {
        name,
        visibility: &field.vis,
        ty: &field.ty,
        docs: field.attrs.iter().filter(|it| is_doc(it)).collect(),
        cfgs: field.attrs.iter().filter(|it| is_cfg(it)).collect(),
        options: FieldOptions::of(&field.attrs, problems),
    }
}

fn is_doc(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc")
}

fn is_cfg(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
}
