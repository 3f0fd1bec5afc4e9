//! Shared maps that hand out no guard.
//!
//! The bugs that `cargo safe-map-lint` finds come from guards that escape: over an await, into a scrutinee, under a
//! second lock. The maps of this crate give values back cloned, or show them inside a closure that cannot await; every
//! compound operation is one call; and misuse panics with both places instead of deadlocking.
//!
//! This version is the place where they will live: it declares no map yet.
