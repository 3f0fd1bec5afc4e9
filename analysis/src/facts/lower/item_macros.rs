//! Macros called as items: those that declare statics, choose between items, include a file or wrap items.

use syn::parse::{ParseStream, Parser as _};
use syn::spanned::Spanned as _;
use syn::{Attribute, Expr, Ident, Item, Token, Type};

use super::Lower;
use super::cfg_if::{self, Branch};
use super::items::Head;
use super::legacy::modernised;
use super::macros::MAX_MACRO_DEPTH;
use crate::facts::{Cfg, ItemId, ItemKind, StaticMacro, Visibility};
use crate::name::Name;
use crate::span::Span;

/// Macros that declare statics, and how those are used.
const STATICS: &[(&str, StaticMacro)] =
    &[("lazy_static", StaticMacro::LazyStatic), ("thread_local", StaticMacro::ThreadLocal)];

/// A semicolon after a macro call, where there is one.
type Semi<'a> = Option<&'a Token![;]>;

impl Lower<'_> {
    /// Lowers `macro_rules!` and macros called as items.
    pub(super) fn item_macro(&mut self, item: &syn::ItemMacro) -> Vec<ItemId> {
        let Some(ident) = &item.ident else {
            return self.macro_items(&item.attrs, &item.mac, item.semi_token.as_ref());
        };
        let rules = self.macro_rules(item.mac.tokens.clone());
        let mut head = self.macro_head(&item.attrs, &item.mac, item.semi_token.as_ref());
        (head.name, head.name_span) = self.positions.ident(ident);
        self.remember(&head.name, item.mac.tokens.clone(), &rules);
        vec![self.put_item(head, ItemKind::MacroRules(rules))]
    }

    /// Whether a macro called as a statement declares items.
    pub(super) fn declares_items(&self, mac: &syn::Macro) -> bool {
        declared_by(mac).is_some()
    }

    /// Lowers a macro called as an item.
    pub(super) fn macro_items(
        &mut self,
        attrs: &[Attribute],
        mac: &syn::Macro,
        semi: Semi<'_>,
    ) -> Vec<ItemId> {
        if let Some(statics) = declared_by(mac).and_then(|by| self.statics(mac, by)) {
            return statics;
        }
        let head = self.macro_head(attrs, mac, semi);
        let name = mac.path.segments.last().map(|last| &last.ident);
        let kind = if name.is_some_and(|name| name == "include") {
            ItemKind::Include { path: mac.parse_body::<syn::LitStr>().ok().map(|path| path.value()) }
        } else {
            let items = if name.is_some_and(cfg_if::is_choice) {
                self.branch_items(mac)
            } else {
                match self.wrapped_items(mac) {
                    wrapped if wrapped.is_empty() => self.expanded_items(mac).unwrap_or_default(),
                    wrapped => wrapped,
                }
            };
            ItemKind::MacroCall { path: Box::new(self.path(None, &mac.path)), items }
        };
        vec![self.put_item(head, kind)]
    }

    /// The head of a macro call: its path stands for the name.
    pub(super) fn macro_head(&mut self, attrs: &[Attribute], mac: &syn::Macro, semi: Semi<'_>) -> Head {
        let path = self.path(None, &mac.path).span;
        let first = attrs.first().map(|attr| self.positions.start(attr.pound_token.span));
        let end = match semi {
            Some(semi) => self.positions.end(semi.span),
            None => self.positions.closed(mac.delimiter.span()),
        };
        let span = Span::new(first.unwrap_or(path.start), end);
        Head {
            name: Name::default(),
            name_span: path,
            vis: Visibility::Private,
            attrs: self.attrs(attrs),
            span,
        }
    }

    fn statics(&mut self, mac: &syn::Macro, by: StaticMacro) -> Option<Vec<ItemId>> {
        let old = |_| decls.parse2(modernised(mac.tokens.clone()));
        let decls = mac.parse_body_with(decls).or_else(old).ok()?;
        Some(decls.iter().map(|decl| self.declared_static(decl, by)).collect())
    }

    fn declared_static(&mut self, decl: &Decl, by: StaticMacro) -> ItemId {
        let end = match &decl.semi {
            Some(semi) => self.positions.end(semi.span),
            None => self.positions.end(decl.init.span()),
        };
        let head = self.head(&decl.attrs, &decl.vis, decl.keyword, &decl.ident, end);
        let ty = self.ty(&decl.ty);
        self.put_static(head, ty, false, Some(&decl.init), by)
    }

    fn wrapped_items(&mut self, mac: &syn::Macro) -> Vec<ItemId> {
        if self.macro_depth >= MAX_MACRO_DEPTH {
            return Vec::new();
        }
        let items = mac.parse_body_with(all_items).unwrap_or_default();
        self.deeper(|lower| lower.items(&items))
    }

    /// The items of all branches, each under the predicates of its branch.
    fn branch_items(&mut self, mac: &syn::Macro) -> Vec<ItemId> {
        if self.macro_depth >= MAX_MACRO_DEPTH {
            return Vec::new();
        }
        let branches = mac.parse_body_with(cfg_if::branches).unwrap_or_default();
        branches.into_iter().flat_map(|branch| self.items_of(branch)).collect()
    }

    fn items_of(&mut self, branch: Branch) -> Vec<ItemId> {
        let items = all_items.parse2(branch.tokens).unwrap_or_default();
        let ids = self.deeper(|lower| lower.items(&items));
        for id in &ids {
            self.add_cfg(*id, &branch.cfg);
        }
        ids
    }

    fn add_cfg(&mut self, id: ItemId, cfg: &[Cfg]) {
        self.facts.items[id.0 as usize].attrs.cfg.extend_from_slice(cfg);
    }
}

fn declared_by(mac: &syn::Macro) -> Option<StaticMacro> {
    let last = &mac.path.segments.last()?.ident;
    STATICS.iter().find(|(name, _)| last == name).map(|(_, by)| *by)
}

/// `static ref X: T = ..;`
struct Decl {
    attrs: Vec<Attribute>,
    vis: syn::Visibility,
    keyword: proc_macro2::Span,
    ident: Ident,
    ty: Type,
    init: Expr,
    semi: Option<Token![;]>,
}

fn decls(input: ParseStream<'_>) -> syn::Result<Vec<Decl>> {
    let mut decls = Vec::new();
    while !input.is_empty() {
        decls.push(decl(input)?);
    }
    Ok(decls)
}

fn decl(input: ParseStream<'_>) -> syn::Result<Decl> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    let keyword = input.parse::<Token![static]>()?.span;
    input.parse::<Option<Token![ref]>>()?;
    let ident = input.parse()?;
    input.parse::<Token![:]>()?;
    let ty = input.parse()?;
    input.parse::<Token![=]>()?;
    Ok(Decl { attrs, vis, keyword, ident, ty, init: input.parse()?, semi: input.parse()? })
}

pub(super) fn all_items(input: ParseStream<'_>) -> syn::Result<Vec<Item>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        items.push(input.parse()?);
    }
    Ok(items)
}
