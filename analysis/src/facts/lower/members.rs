//! What stands inside impls, traits and `extern` blocks.

use syn::spanned::Spanned as _;

use super::Lower;
use super::items::fn_start;
use crate::facts::{Generics, ItemId, ItemKind, Path, Predicate, Segment, StaticMacro, TypeExpr, TypeKind};
use crate::name::Name;
use crate::span::Span;

/// Trait members have no visibility of their own.
const INHERITED: syn::Visibility = syn::Visibility::Inherited;

impl Lower<'_> {
    /// Lowers a member of an impl.
    pub(super) fn impl_member(&mut self, member: &syn::ImplItem) -> ItemId {
        match member {
            syn::ImplItem::Fn(member) => self.impl_fn(member),
            syn::ImplItem::Const(member) => self.impl_const(member),
            syn::ImplItem::Type(member) => self.impl_type(member),
            syn::ImplItem::Macro(member) => {
                self.member_macro(&member.attrs, &member.mac, member.semi_token.as_ref())
            }
            _ => self.other_item(member.span()),
        }
    }

    fn impl_fn(&mut self, member: &syn::ImplItemFn) -> ItemId {
        self.put_impl_fn(member, Some(&member.block))
    }

    /// Adds a method, without `block` where its body could not be read.
    pub(super) fn put_impl_fn(&mut self, member: &syn::ImplItemFn, block: Option<&syn::Block>) -> ItemId {
        let kind = ItemKind::Fn(self.function(&member.sig, block));
        let end = self.positions.closed(&member.block.brace_token.span);
        let first = member.modifiers.defaultness.map_or_else(|| fn_start(&member.sig), |token| token.span);
        let head = self.head(&member.attrs, &member.vis, first, &member.sig.ident, end);
        self.put_item(head, kind)
    }

    fn impl_const(&mut self, member: &syn::ImplItemConst) -> ItemId {
        let end = self.positions.end(member.semi_token.span);
        let first = member.modifiers.defaultness.map_or(member.const_token.span, |token| token.span);
        let head = self.head(&member.attrs, &member.vis, first, &member.ident, end);
        let ty = self.ty(&member.ty);
        let body = Some(self.initialiser(&member.expr));
        self.put_item(head, ItemKind::Const { ty, body })
    }

    fn impl_type(&mut self, member: &syn::ImplItemType) -> ItemId {
        let end = self.positions.end(member.semi_token.span);
        let first = member.modifiers.defaultness.map_or(member.type_token.span, |token| token.span);
        let head = self.head(&member.attrs, &member.vis, first, &member.ident, end);
        let generics = self.generics(&member.generics);
        let ty = Some(Box::new(self.ty(&member.ty)));
        self.put_item(head, ItemKind::TypeAlias { generics, ty })
    }

    /// Lowers a member of a trait.
    pub(super) fn trait_member(&mut self, member: &syn::TraitItem) -> ItemId {
        match member {
            syn::TraitItem::Fn(member) => self.trait_fn(member),
            syn::TraitItem::Const(member) => self.trait_const(member),
            syn::TraitItem::Type(member) => self.trait_type(member),
            syn::TraitItem::Macro(member) => {
                self.member_macro(&member.attrs, &member.mac, member.semi_token.as_ref())
            }
            _ => self.other_item(member.span()),
        }
    }

    fn trait_fn(&mut self, member: &syn::TraitItemFn) -> ItemId {
        self.put_trait_fn(member, member.default.as_ref())
    }

    /// Adds a trait's method, without `block` where it has none or its body could not be read.
    pub(super) fn put_trait_fn(&mut self, member: &syn::TraitItemFn, block: Option<&syn::Block>) -> ItemId {
        let kind = ItemKind::Fn(self.function(&member.sig, block));
        let end = match (&member.default, &member.semi_token) {
            (Some(block), _) => self.positions.closed(&block.brace_token.span),
            (None, Some(semi)) => self.positions.end(semi.span),
            (None, None) => self.positions.closed(&member.sig.paren_token.span),
        };
        let first = member.modifiers.defaultness.map_or_else(|| fn_start(&member.sig), |token| token.span);
        let head = self.head(&member.attrs, &INHERITED, first, &member.sig.ident, end);
        self.put_item(head, kind)
    }

    fn trait_const(&mut self, member: &syn::TraitItemConst) -> ItemId {
        let end = self.positions.end(member.semi_token.span);
        let head = self.head(&member.attrs, &INHERITED, member.const_token.span, &member.ident, end);
        let ty = self.ty(&member.ty);
        let body = member.default.as_ref().map(|(_, value)| self.initialiser(value));
        self.put_item(head, ItemKind::Const { ty, body })
    }

    fn trait_type(&mut self, member: &syn::TraitItemType) -> ItemId {
        let end = self.positions.end(member.semi_token.span);
        let head = self.head(&member.attrs, &INHERITED, member.type_token.span, &member.ident, end);
        let mut generics = self.generics(&member.generics);
        let bounds = self.bounds(&member.bounds);
        if !bounds.is_empty() {
            generics.predicates.push(Predicate { ty: self_type(&head.name, head.name_span), bounds });
        }
        let ty = member.default.as_ref().map(|(_, ty)| Box::new(self.ty(ty)));
        self.put_item(head, ItemKind::TypeAlias { generics, ty })
    }

    /// Lowers a member of an `extern` block.
    pub(super) fn foreign_member(&mut self, member: &syn::ForeignItem) -> ItemId {
        match member {
            syn::ForeignItem::Fn(member) => {
                let kind = ItemKind::Fn(self.function(&member.sig, None));
                let end = self.positions.end(member.semi_token.span);
                let head =
                    self.head(&member.attrs, &member.vis, fn_start(&member.sig), &member.sig.ident, end);
                self.put_item(head, kind)
            }
            syn::ForeignItem::Static(member) => self.foreign_static(member),
            syn::ForeignItem::Type(member) => {
                let end = self.positions.end(member.semi_token.span);
                let head = self.head(&member.attrs, &member.vis, member.type_token.span, &member.ident, end);
                self.put_item(head, ItemKind::TypeAlias { generics: Generics::default(), ty: None })
            }
            syn::ForeignItem::Macro(member) => {
                self.member_macro(&member.attrs, &member.mac, member.semi_token.as_ref())
            }
            _ => self.other_item(member.span()),
        }
    }

    fn foreign_static(&mut self, member: &syn::ForeignItemStatic) -> ItemId {
        let end = self.positions.end(member.semi_token.span);
        let head = self.head(&member.attrs, &member.vis, member.static_token.span, &member.ident, end);
        let ty = self.ty(&member.ty);
        let mutable = matches!(member.mutability, syn::StaticMutability::Mut(_));
        self.put_static(head, ty, mutable, None, StaticMacro::Plain)
    }

    /// A macro among members: what it declares is read where its rules are in the same file.
    fn member_macro(
        &mut self,
        attrs: &[syn::Attribute],
        mac: &syn::Macro,
        semi: Option<&syn::Token![;]>,
    ) -> ItemId {
        let head = self.macro_head(attrs, mac, semi);
        let path = self.path(None, &mac.path);
        let items = self.expanded_members(mac).unwrap_or_default();
        self.put_item(head, ItemKind::MacroCall { path: Box::new(path), items })
    }
}

/// `Self::name`, the left side of an associated type's bounds.
fn self_type(name: &Name, span: Span) -> TypeExpr {
    let segments = smallvec::smallvec![Segment::new(Name::new("Self")), Segment::new(name.clone())];
    TypeExpr { span, kind: TypeKind::Path(Path { span, global: false, qself: None, segments }) }
}
