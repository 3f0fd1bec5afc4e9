//! The registry: every lint, in the order of the catalogue.

mod async_guard_across_await;
mod callback_under_guard;
mod check_then_act;
mod collect_then_delete;
mod const_shared_map;
mod delete_during_iteration;
mod double_lock;
mod full_scan;
mod guard_across_await;
mod guard_across_blocking;
mod guard_in_scrutinee;
mod guard_leak;
mod guard_outlived;
mod guard_outlives_use;
mod hand_rolled_snapshot;
mod heavy_work_under_guard;
mod insert_during_iteration;
mod let_underscore_guard;
mod lock_bypass;
mod lock_order_inversion;
mod lost_update;
mod map_pointer_across_threads;
mod misfit_strategy;
mod poison_cascade;
mod recursive_read;
mod shared_map_cast_to_mut;
mod stale_two_phase_delete;
mod static_mut_map;
mod suppression_without_reason;
mod unbounded_send_sync;
mod unknown_lint;
mod unsynchronized_shared_map;
mod unused_suppression;
mod write_lock_for_read;

use crate::Lint;

/// The lints that are new, or say too often what nobody would change: off until they are measured to be right on code that
/// they were not made with. `-W preview` turns them on.
pub static PREVIEW: &[&str] = &[
    "unsynchronized_shared_map",
    "map_pointer_across_threads",
    "shared_map_cast_to_mut",
    "lock_bypass",
    "hand_rolled_snapshot",
    "guard_outlived",
    "const_shared_map",
    "stale_two_phase_delete",
    "async_guard_across_await",
    "guard_across_blocking",
    "heavy_work_under_guard",
    "callback_under_guard",
    "guard_in_scrutinee",
    "write_lock_for_read",
    "lock_order_inversion",
    "guard_leak",
    "check_then_act",
    "lost_update",
];

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
    &insert_during_iteration::LINT,
    &stale_two_phase_delete::LINT,
    &collect_then_delete::LINT,
    &full_scan::LINT,
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
    &check_then_act::LINT,
    &lost_update::LINT,
    &poison_cascade::LINT,
    &misfit_strategy::LINT,
    &unused_suppression::LINT,
    &suppression_without_reason::LINT,
    &unknown_lint::LINT,
];
