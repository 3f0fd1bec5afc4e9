//! Shared maps that hand out no guard.
