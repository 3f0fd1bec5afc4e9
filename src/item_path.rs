//! The path of the item that a place stands in: `SessionStore::evict`.

use safe_map_analysis::facts::{FileFacts, Item, ItemKind, TypeExpr, TypeKind};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;

/// The path of the innermost item around `span`, within the crate; empty at the top of the root.
pub(crate) fn item_path(facts: &FileFacts, module: &[Name], span: Span) -> String {
    let mut around: Vec<&Item> = facts.items.iter().filter(|item| item.span.contains(span)).collect();
    around.sort_by_key(|item| item.span.start);
    let items = around.into_iter().filter_map(name);
    module.iter().map(|name| name.to_string()).chain(items).collect::<Vec<_>>().join("::")
}

fn name(item: &Item) -> Option<String> {
    match &item.kind {
        ItemKind::Impl(it) => type_name(&it.self_ty),
        _ => Some(item.name.to_string()).filter(|name| !name.is_empty()),
    }
}

fn type_name(ty: &TypeExpr) -> Option<String> {
    match &ty.kind {
        TypeKind::Path(path) => path.last().map(|segment| segment.name.to_string()),
        TypeKind::Ref { inner, .. } | TypeKind::Ptr { inner, .. } => type_name(inner),
        _ => None,
    }
}
