//! A comment or attribute that suppresses a finding which does not come, or that cannot be read.
//!
//! ## Why
//!
//! A suppression outlives its reason: the guard was moved, the lock became another one, and the comment stayed. It
//! then hides the next finding on that line, about which nobody has decided anything.
//!
//! It comes from repairs that did not look for the comment above the line.
//!
//! ## Fires
//!
//! ```rust
//! // safe-map-lint: allow(double_lock) -- the lock was removed last year
//! fn nothing_is_locked_here() {}
//! ```
//!
//! It also fires on a comment that starts with `safe-map-lint:` and says anything but `allow(..)` or `expect(..)`, and on a
//! suppression in a doc comment (`///`), which is for readers.
//!
//! ## Silent
//!
//! ```rust
//! use std::sync::Mutex;
//!
//! fn scoped(m: &Mutex<u32>) -> u32 {
//!     *m.lock().unwrap()
//! }
//! ```
//!
//! ## Fix
//!
//! The comment is removed, or the idle name from its list. A doc comment becomes a comment, with `--unsafe-fixes`.
//!
//! ## Limits
//!
//! Nothing is said of lints that did not run (switched off, or left out by `--only`), nor in a file that could not be
//! read completely. `#[allow(unused)]`-like groups of rustc are not looked at: clippy and rustc check their own
//! (`unfulfilled_lint_expectations`).

use crate::{Check, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "unused_suppression",
    group: Group::Suppressions,
    level: Level::Warn,
    has_fix: true,
    merges_sites: false,
    source: include_str!("unused_suppression.rs"),
    check: Check::Engine,
};
