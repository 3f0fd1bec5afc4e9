//! The registry: every lint, in the order of the catalogue.

mod async_guard_across_await;
mod callback_under_guard;
mod delete_during_iteration;
mod double_lock;
mod guard_across_await;
mod guard_across_blocking;
mod guard_in_scrutinee;
mod guard_leak;
mod guard_outlived;
mod guard_outlives_use;
mod heavy_work_under_guard;
mod let_underscore_guard;
mod lock_order_inversion;
mod recursive_read;
mod static_mut_map;
mod suppression_without_reason;
mod unbounded_send_sync;
mod unknown_lint;
mod unused_suppression;

use crate::Lint;

/// Every lint, in the order of the catalogue.
pub static LINTS: &[&Lint] = &[
    &static_mut_map::LINT,
    &unbounded_send_sync::LINT,
    &guard_outlived::LINT,
    &delete_during_iteration::LINT,
    &guard_across_await::LINT,
    &async_guard_across_await::LINT,
    &guard_across_blocking::LINT,
    &heavy_work_under_guard::LINT,
    &callback_under_guard::LINT,
    &guard_in_scrutinee::LINT,
    &guard_outlives_use::LINT,
    &let_underscore_guard::LINT,
    &guard_leak::LINT,
    &double_lock::LINT,
    &recursive_read::LINT,
    &lock_order_inversion::LINT,
    &unused_suppression::LINT,
    &suppression_without_reason::LINT,
    &unknown_lint::LINT,
];
