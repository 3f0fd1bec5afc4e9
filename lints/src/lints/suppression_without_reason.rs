//! A comment or attribute that suppresses a finding and does not say why.
//!
//! ## Why
//!
//! Whether a hazard may stay is a decision about this code at this time. Without its reason nobody can tell later
//! whether it still holds, and so it is never looked at again.
//!
//! It comes from comments that were written to get a build through, and from copies of them.
//!
//! ## Fires
//!
//! ```rust
//! use std::sync::Mutex;
//!
//! fn warm_up(m: &Mutex<u32>) {
//!     let _ = m.lock(); // safe-map-lint: allow(let_underscore_guard)
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use std::sync::Mutex;
//!
//! fn warm_up(m: &Mutex<u32>) {
//!     // safe-map-lint: allow(let_underscore_guard) -- only waits until the writer is done
//!     let _ = m.lock();
//! }
//! ```
//!
//! ## Fix
//!
//! Add ` -- ` and the reason to the comment, `reason = ".."` to the attribute. The suggested edit leaves a placeholder.
//!
//! ## Limits
//!
//! The suppression holds all the same: this lint asks for a sentence, it does not take the decision back. Any text is
//! a reason.

use crate::{Check, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "suppression_without_reason",
    group: Group::Suppressions,
    level: Level::Warn,
    has_fix: true,
    merges_sites: false,
    source: include_str!("suppression_without_reason.rs"),
    check: Check::Engine,
};
