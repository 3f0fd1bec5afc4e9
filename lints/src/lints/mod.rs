//! The registry: every lint, in the order of the catalogue.

mod async_guard_across_await;
mod callback_under_guard;
mod const_shared_map;
mod delete_during_iteration;
mod double_lock;
mod guard_across_await;
mod guard_across_blocking;
mod guard_in_scrutinee;
mod guard_leak;
mod guard_outlived;
mod guard_outlives_use;
mod hand_rolled_snapshot;
mod heavy_work_under_guard;
mod let_underscore_guard;
mod lock_bypass;
mod lock_order_inversion;
mod map_pointer_across_threads;
mod misfit_strategy;
mod poison_cascade;
mod recursive_read;
mod shared_map_cast_to_mut;
mod static_mut_map;
mod suppression_without_reason;
mod unbounded_send_sync;
mod unknown_lint;
mod unsynchronized_shared_map;
mod unused_suppression;
mod write_lock_for_read;

use crate::Lint;

/// Every lint, in the order of the catalogue.
pub static LINTS: &[&Lint] = &[
    &static_mut_map::LINT,
    &unsynchronized_shared_map::LINT,
    &unbounded_send_sync::LINT,
    &map_pointer_across_threads::LINT,
    &shared_map_cast_to_mut::LINT,
    &lock_bypass::LINT,
    &hand_rolled_snapshot::LINT,
    &guard_outlived::LINT,
    &const_shared_map::LINT,
    &delete_during_iteration::LINT,
    &guard_across_await::LINT,
    &async_guard_across_await::LINT,
    &guard_across_blocking::LINT,
    &heavy_work_under_guard::LINT,
    &callback_under_guard::LINT,
    &guard_in_scrutinee::LINT,
    &guard_outlives_use::LINT,
    &write_lock_for_read::LINT,
    &let_underscore_guard::LINT,
    &guard_leak::LINT,
    &double_lock::LINT,
    &recursive_read::LINT,
    &lock_order_inversion::LINT,
    &poison_cascade::LINT,
    &misfit_strategy::LINT,
    &unused_suppression::LINT,
    &suppression_without_reason::LINT,
    &unknown_lint::LINT,
];
