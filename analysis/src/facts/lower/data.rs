//! Structs, unions and enums with their fields.

use syn::spanned::Spanned as _;

use super::Lower;
use crate::facts::{Field, ItemId, ItemKind, Struct, Variant, Visibility};
use crate::name::Name;
use crate::span::Span;

impl Lower<'_> {
    /// Lowers a struct.
    pub(super) fn struct_item(&mut self, item: &syn::ItemStruct) -> ItemId {
        let generics = self.generics(&item.generics);
        let (fields, is_tuple) = self.fields(&item.fields);
        let end = match (&item.semi_token, &item.fields) {
            (Some(semi), _) => self.positions.end(semi.span),
            (None, syn::Fields::Named(fields)) => self.positions.closed(&fields.brace_token.span),
            (None, _) => self.positions.end(item.span()),
        };
        let head = self.head(&item.attrs, &item.vis, item.struct_token.span, &item.ident, end);
        self.put_item(head, ItemKind::Struct(Struct { generics, fields, is_tuple }))
    }

    /// Lowers a union.
    pub(super) fn union_item(&mut self, item: &syn::ItemUnion) -> ItemId {
        let generics = self.generics(&item.generics);
        let fields = item.fields.named.iter().map(|field| self.field_def(field, 0)).collect();
        let end = self.positions.closed(&item.fields.brace_token.span);
        let head = self.head(&item.attrs, &item.vis, item.union_token.span, &item.ident, end);
        self.put_item(head, ItemKind::Union(Struct { generics, fields, is_tuple: false }))
    }

    /// Lowers an enum.
    pub(super) fn enum_item(&mut self, item: &syn::ItemEnum) -> ItemId {
        let generics = self.generics(&item.generics);
        let variants = item.variants.iter().map(|variant| self.variant(variant)).collect();
        let end = self.positions.closed(&item.brace_token.span);
        let head = self.head(&item.attrs, &item.vis, item.enum_token.span, &item.ident, end);
        self.put_item(head, ItemKind::Enum { generics, variants })
    }

    fn variant(&mut self, variant: &syn::Variant) -> Variant {
        let (name, name_span) = self.positions.ident(&variant.ident);
        let (fields, is_tuple) = self.fields(&variant.fields);
        let start = self.start_with_attrs(&variant.attrs, variant.ident.span());
        let end = match (&variant.discriminant, &variant.fields) {
            (Some((_, value)), _) => self.positions.end(value.span()),
            (None, syn::Fields::Named(fields)) => self.positions.closed(&fields.brace_token.span),
            (None, syn::Fields::Unnamed(fields)) => self.positions.closed(&fields.paren_token.span),
            (None, syn::Fields::Unit) => name_span.end,
        };
        Variant { name, span: Span::new(start, end), fields, is_tuple }
    }

    fn fields(&mut self, fields: &syn::Fields) -> (Vec<Field>, bool) {
        let lowered = fields.iter().enumerate().map(|(index, field)| self.field_def(field, index)).collect();
        (lowered, matches!(fields, syn::Fields::Unnamed(_)))
    }

    fn field_def(&mut self, field: &syn::Field, index: usize) -> Field {
        let ty = self.ty(&field.ty);
        let (name, name_span) = match &field.ident {
            Some(ident) => self.positions.ident(ident),
            None => (Name::new(&index.to_string()), ty.span),
        };
        let (vis, start) = match &field.vis {
            syn::Visibility::Public(token) => (Visibility::Public, self.positions.start(token.span)),
            syn::Visibility::Restricted(vis) => {
                (Visibility::Restricted, self.positions.start(vis.pub_token.span))
            }
            syn::Visibility::Inherited => (Visibility::Private, name_span.start),
        };
        let start = field.attrs.first().map_or(start, |attr| self.positions.start(attr.pound_token.span));
        let attrs = self.attrs(&field.attrs);
        Field { span: Span::new(start, ty.span.end), name, name_span, ty, vis, attrs }
    }
}
