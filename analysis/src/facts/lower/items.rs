//! Items: one method a form. What stands inside impls, traits and foreign blocks is in `members`.

use syn::spanned::Spanned as _;

use super::Lower;
use crate::facts::{Attrs, Impl, Item, ItemId, ItemKind, Static, StaticMacro, TypeExpr, Visibility};
use crate::name::Name;
use crate::span::Span;

/// What every item has besides its kind.
pub(super) struct Head {
    pub(super) name: Name,
    pub(super) name_span: Span,
    pub(super) vis: Visibility,
    pub(super) attrs: Attrs,
    pub(super) span: Span,
}

impl Lower<'_> {
    /// Lowers items in order; macros that declare items put theirs among them.
    pub(super) fn items(&mut self, items: &[syn::Item]) -> Vec<ItemId> {
        items.iter().flat_map(|item| self.item(item)).collect()
    }

    /// Lowers one item: more than one where a macro declares several, or none.
    pub(super) fn item(&mut self, item: &syn::Item) -> Vec<ItemId> {
        use syn::Item as I;
        let id = match item {
            I::Macro(item) => return self.item_macro(item),
            I::Fn(item) => self.fn_item(item),
            I::Impl(item) => self.impl_item(item),
            I::Struct(item) => self.struct_item(item),
            I::Use(item) => self.use_item(item),
            I::Mod(item) => self.mod_item(item),
            I::Enum(item) => self.enum_item(item),
            I::Trait(item) => self.trait_item(item),
            I::Static(item) => self.static_item(item),
            I::Const(item) => self.const_item(item),
            I::Type(item) => self.type_item(item),
            I::Union(item) => self.union_item(item),
            I::ExternCrate(item) => self.extern_crate(item),
            I::ForeignMod(item) => self.foreign_mod(item),
            I::TraitAlias(item) => self.trait_alias(item),
            _ => self.other_item(item.span()),
        };
        vec![id]
    }

    /// The head of an item from its first token, name and end.
    pub(super) fn head(
        &mut self,
        attrs: &[syn::Attribute],
        vis: &syn::Visibility,
        first: proc_macro2::Span,
        ident: &syn::Ident,
        end: u32,
    ) -> Head {
        let (name, name_span) = self.positions.ident(ident);
        let (vis, first) = match vis {
            syn::Visibility::Public(token) => (Visibility::Public, token.span),
            syn::Visibility::Restricted(vis) => (Visibility::Restricted, vis.pub_token.span),
            syn::Visibility::Inherited => (Visibility::Private, first),
        };
        let span = Span::new(self.start_with_attrs(attrs, first), end);
        Head { name, name_span, vis, attrs: self.attrs(attrs), span }
    }

    /// The head of an item without a name of its own: its keyword stands for the name.
    pub(super) fn nameless(
        &mut self,
        attrs: &[syn::Attribute],
        first: proc_macro2::Span,
        keyword: Span,
        end: u32,
    ) -> Head {
        let span = Span::new(self.start_with_attrs(attrs, first), end);
        let attrs = self.attrs(attrs);
        Head { name: Name::default(), name_span: keyword, vis: Visibility::Private, attrs, span }
    }

    /// Adds an item.
    pub(super) fn put_item(&mut self, head: Head, kind: ItemKind) -> ItemId {
        let Head { name, name_span, vis, attrs, span } = head;
        self.facts.items.push(Item { span, name, name_span, attrs, vis, kind });
        ItemId(self.facts.items.len() as u32 - 1)
    }

    /// An item of a form that syn does not know.
    pub(super) fn other_item(&mut self, span: proc_macro2::Span) -> ItemId {
        let span = self.positions.span(span);
        let (name, attrs, vis) = (Name::default(), Attrs::default(), Visibility::Private);
        self.put_item(Head { name, name_span: span, vis, attrs, span }, ItemKind::Other)
    }

    fn fn_item(&mut self, item: &syn::ItemFn) -> ItemId {
        self.put_fn(item, Some(&item.block))
    }

    /// Adds a function, without `block` where its body could not be read.
    pub(super) fn put_fn(&mut self, item: &syn::ItemFn, block: Option<&syn::Block>) -> ItemId {
        let kind = ItemKind::Fn(self.function(&item.sig, block));
        let end = self.positions.closed(&item.block.brace_token.span);
        let first = fn_start(&item.sig);
        let head = self.head(&item.attrs, &item.vis, first, &item.sig.ident, end);
        self.put_item(head, kind)
    }

    fn impl_item(&mut self, item: &syn::ItemImpl) -> ItemId {
        let items = item.items.iter().map(|item| self.impl_member(item)).collect();
        self.put_impl(item, items)
    }

    /// Adds an impl with these members.
    pub(super) fn put_impl(&mut self, item: &syn::ItemImpl, items: Vec<ItemId>) -> ItemId {
        let generics = self.generics(&item.generics);
        let trait_ = item.trait_.as_ref().map(|(path, _)| self.path(None, path));
        let self_ty = self.ty(&item.self_ty);
        let end = self.positions.closed(&item.brace_token.span);
        let first = item.modifiers.defaultness.map(|token| token.span);
        let first = first.or(item.unsafety.map(|token| token.span)).unwrap_or(item.impl_token.span);
        let keyword = self.positions.span(item.impl_token.span);
        let head = self.nameless(&item.attrs, first, keyword, end);
        let (negative, is_unsafe) = (item.modifiers.polarity.is_some(), item.unsafety.is_some());
        self.put_item(
            head,
            ItemKind::Impl(Box::new(Impl { generics, trait_, negative, is_unsafe, self_ty, items })),
        )
    }

    fn mod_item(&mut self, item: &syn::ItemMod) -> ItemId {
        let items = item.content.as_ref().map(|(_, items)| self.items(items));
        self.put_mod(item, items)
    }

    /// Adds a module with these items.
    pub(super) fn put_mod(&mut self, item: &syn::ItemMod, items: Option<Vec<ItemId>>) -> ItemId {
        let end = match (&item.content, &item.semi) {
            (Some((brace, _)), _) => self.positions.closed(&brace.span),
            (None, Some(semi)) => self.positions.end(semi.span),
            (None, None) => self.positions.end(item.ident.span()),
        };
        let first = item.unsafety.map_or(item.mod_token.span, |token| token.span);
        let head = self.head(&item.attrs, &item.vis, first, &item.ident, end);
        self.put_item(head, ItemKind::Mod { items })
    }

    fn trait_item(&mut self, item: &syn::ItemTrait) -> ItemId {
        let items = item.items.iter().map(|item| self.trait_member(item)).collect();
        self.put_trait(item, items)
    }

    /// Adds a trait with these members.
    pub(super) fn put_trait(&mut self, item: &syn::ItemTrait, items: Vec<ItemId>) -> ItemId {
        let generics = self.generics(&item.generics);
        let supertraits = self.bounds(&item.supertraits);
        let end = self.positions.closed(&item.brace_token.span);
        let first =
            item.unsafety.map(|token| token.span).or(item.modifiers.auto_token.map(|token| token.span));
        let first = first.unwrap_or(item.trait_token.span);
        let head = self.head(&item.attrs, &item.vis, first, &item.ident, end);
        let is_unsafe = item.unsafety.is_some();
        self.put_item(head, ItemKind::Trait { generics, supertraits, items, is_unsafe })
    }

    fn trait_alias(&mut self, item: &syn::ItemTraitAlias) -> ItemId {
        let generics = self.generics(&item.generics);
        let supertraits = self.bounds(&item.bounds);
        let end = self.positions.end(item.semi_token.span);
        let head = self.head(&item.attrs, &item.vis, item.trait_token.span, &item.ident, end);
        let (items, is_unsafe) = (Vec::new(), false);
        self.put_item(head, ItemKind::Trait { generics, supertraits, items, is_unsafe })
    }

    fn static_item(&mut self, item: &syn::ItemStatic) -> ItemId {
        let end = self.positions.end(item.semi_token.span);
        let head = self.head(&item.attrs, &item.vis, item.static_token.span, &item.ident, end);
        let ty = self.ty(&item.ty);
        let mutable = matches!(item.mutability, syn::StaticMutability::Mut(_));
        self.put_static(head, ty, mutable, Some(&item.expr), StaticMacro::Plain)
    }

    /// Adds a static with its initialiser.
    pub(super) fn put_static(
        &mut self,
        head: Head,
        ty: TypeExpr,
        mutable: bool,
        init: Option<&syn::Expr>,
        declared_by: StaticMacro,
    ) -> ItemId {
        let body = init.map(|init| self.initialiser(init));
        self.put_item(head, ItemKind::Static(Static { ty, mutable, body, declared_by }))
    }

    fn const_item(&mut self, item: &syn::ItemConst) -> ItemId {
        let end = self.positions.end(item.semi_token.span);
        let head = self.head(&item.attrs, &item.vis, item.const_token.span, &item.ident, end);
        let ty = self.ty(&item.ty);
        let body = Some(self.initialiser(&item.expr));
        self.put_item(head, ItemKind::Const { ty, body })
    }

    fn type_item(&mut self, item: &syn::ItemType) -> ItemId {
        let end = self.positions.end(item.semi_token.span);
        let head = self.head(&item.attrs, &item.vis, item.type_token.span, &item.ident, end);
        let generics = self.generics(&item.generics);
        let ty = Some(Box::new(self.ty(&item.ty)));
        self.put_item(head, ItemKind::TypeAlias { generics, ty })
    }

    fn extern_crate(&mut self, item: &syn::ItemExternCrate) -> ItemId {
        let end = self.positions.end(item.semi_token.span);
        let alias = item.rename.as_ref().map_or(&item.ident, |(_, alias)| alias);
        let head = self.head(&item.attrs, &item.vis, item.extern_token.span, alias, end);
        let krate = self.positions.ident(&item.ident).0;
        self.put_item(head, ItemKind::ExternCrate { krate })
    }

    fn foreign_mod(&mut self, item: &syn::ItemForeignMod) -> ItemId {
        let items = item.items.iter().map(|item| self.foreign_member(item)).collect();
        let end = self.positions.closed(&item.brace_token.span);
        let keyword = self.positions.span(item.abi.extern_token.span);
        let first = item.unsafety.map_or(item.abi.extern_token.span, |token| token.span);
        let head = self.nameless(&item.attrs, first, keyword, end);
        self.put_item(head, ItemKind::ForeignMod(items))
    }
}

/// The first token of a signature.
pub(super) fn fn_start(sig: &syn::Signature) -> proc_macro2::Span {
    let safety = match sig.safety {
        syn::Safety::Unsafe(token) => Some(token.span),
        syn::Safety::Safe(token) => Some(token.span),
        syn::Safety::Default => None,
    };
    let first = [
        sig.constness.map(|token| token.span),
        sig.asyncness.map(|token| token.span),
        safety,
        sig.abi.as_ref().map(|abi| abi.extern_token.span),
    ];
    first.into_iter().flatten().next().unwrap_or(sig.fn_token.span)
}
