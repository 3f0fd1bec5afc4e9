//! Finds deadlocks, races and undefined behaviour in the shared maps of a Rust workspace, from source alone.
