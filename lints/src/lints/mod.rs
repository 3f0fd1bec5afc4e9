//! The registry: every lint, in the order of the catalogue.

use crate::Lint;

/// Every lint, in the order of the catalogue.
pub static LINTS: &[&Lint] = &[];
