//! A suppression names a lint or group that does not exist.
//!
//! ## Why
//!
//! A slip in the name silences nothing: the finding stays, and the comment says that it was dealt with.
//!
//! It comes from slips of the pen, and from lints of clippy or rustc that are named in the wrong comment.
//!
//! ## Fires
//!
//! ```rust
//! // safe-map-lint: allow(doubel_lock) -- both maps are the same one by design
//! fn f() {}
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
//! The nearest known name is suggested.
//!
//! ## Limits
//!
//! Names on the command line are checked there: an unknown one ends the run with exit code 2.

use crate::{Check, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "unknown_lint",
    group: Group::Suppressions,
    level: Level::Warn,
    has_fix: true,
    merges_sites: false,
    source: include_str!("unknown_lint.rs"),
    check: Check::Engine,
};
