//! The registry: every lint, in the order of the catalogue.

mod delete_during_iteration;
mod double_lock;
mod guard_across_await;
mod guard_in_scrutinee;
mod let_underscore_guard;
mod lock_order_inversion;
mod recursive_read;
mod static_mut_map;
mod suppression_without_reason;
mod unknown_lint;
mod unused_suppression;

use crate::Lint;

/// Every lint, in the order of the catalogue.
pub static LINTS: &[&Lint] = &[
    &static_mut_map::LINT,
    &delete_during_iteration::LINT,
    &guard_across_await::LINT,
    &guard_in_scrutinee::LINT,
    &let_underscore_guard::LINT,
    &double_lock::LINT,
    &recursive_read::LINT,
    &lock_order_inversion::LINT,
    &unused_suppression::LINT,
    &suppression_without_reason::LINT,
    &unknown_lint::LINT,
];
