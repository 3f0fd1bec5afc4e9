//! `use`, flattened to one import a name.

use super::Lower;
use crate::facts::{Import, ImportAlias, ItemId, ItemKind, Visibility};
use crate::name::Name;

impl Lower<'_> {
    /// Lowers a `use`.
    pub(super) fn use_item(&mut self, item: &syn::ItemUse) -> ItemId {
        let mut imports = Vec::new();
        self.use_tree(&item.tree, item.leading_colon.is_some(), &mut Vec::new(), &mut imports);
        let end = self.positions.end(item.semi_token.span);
        let keyword = self.positions.span(item.use_token.span);
        let mut head = self.nameless(&item.attrs, item.use_token.span, keyword, end);
        (head.vis, head.span.start) = match &item.vis {
            syn::Visibility::Public(token) => {
                (Visibility::Public, self.start_with_attrs(&item.attrs, token.span))
            }
            syn::Visibility::Restricted(vis) => {
                (Visibility::Restricted, self.start_with_attrs(&item.attrs, vis.pub_token.span))
            }
            syn::Visibility::Inherited => (Visibility::Private, head.span.start),
        };
        imports.shrink_to_fit();
        self.put_item(head, ItemKind::Use(imports))
    }

    fn use_tree(&self, tree: &syn::UseTree, global: bool, prefix: &mut Vec<Name>, out: &mut Vec<Import>) {
        match tree {
            syn::UseTree::Path(tree) => {
                prefix.push(self.positions.ident(&tree.ident).0);
                self.use_tree(&tree.tree, global, prefix, out);
                prefix.pop();
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.use_tree(tree, global, prefix, out);
                }
            }
            syn::UseTree::Name(tree) => out.push(self.import(&tree.ident, None, global, prefix)),
            syn::UseTree::Rename(tree) => {
                out.push(self.import(&tree.ident, Some(&tree.rename), global, prefix))
            }
            syn::UseTree::Glob(tree) => {
                let span = self.positions.span(tree.star_token.span);
                out.push(Import { span, path: prefix.clone(), global, alias: ImportAlias::Glob });
            }
        }
    }

    /// `self` at the end of a path names the path before it.
    fn import(
        &self,
        ident: &syn::Ident,
        rename: Option<&syn::Ident>,
        global: bool,
        prefix: &[Name],
    ) -> Import {
        let (name, mut span) = self.positions.ident(ident);
        let mut path = prefix.to_vec();
        if name != "self" || prefix.is_empty() {
            path.push(name);
        }
        let rename = rename.map(|rename| self.positions.ident(rename));
        span.end = rename.as_ref().map_or(span.end, |(_, rename)| rename.end);
        let alias = match rename {
            Some((name, _)) if name == "_" => ImportAlias::Unnamed,
            Some((name, _)) => ImportAlias::Named(name),
            None => ImportAlias::Named(path.last().cloned().unwrap_or_default()),
        };
        Import { span, path, global, alias }
    }
}
