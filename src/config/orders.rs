//! `[[lock-order]]`: orders of two locks that are meant.

use safe_map_analysis::AllowedOrder;
use toml::Spanned;

use super::document::Document;
use super::entries::check_path;
use super::file::LockOrder;
use crate::failure::Failure;

/// The orders as the lints see them.
///
/// # Errors
///
/// Where one names no lock, or does not say why it is allowed.
pub(super) fn allowed(document: &Document, orders: &[LockOrder]) -> Result<Vec<AllowedOrder>, Failure> {
    orders.iter().map(|it| order(document, it)).collect()
}

fn order(document: &Document, order: &LockOrder) -> Result<AllowedOrder, Failure> {
    if order.reason.get_ref().trim().is_empty() {
        return Err(document.failure(&order.reason.span(), "the reason is empty"));
    }
    let (first, then) = (lock(document, &order.first)?, lock(document, &order.then)?);
    if first == then {
        return Err(document.failure(&order.then.span(), "an order has two locks, this is one"));
    }
    Ok(AllowedOrder { first, then })
}

/// A lock as findings name it: `orders::SessionStore.sessions`, `orders::CACHE`.
fn lock(document: &Document, name: &Spanned<String>) -> Result<String, Failure> {
    let path = name.get_ref();
    let owner = path.split_once('.').map_or(path.as_str(), |(owner, _)| owner);
    match check_path(owner) {
        Ok(()) => Ok(path.clone()),
        Err(why) => Err(document.failure(&name.span(), &why)),
    }
}
