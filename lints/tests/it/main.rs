//! The lints as a whole: scope cases, laws, and the pages.

mod docs;
mod laws;
mod precision;
mod scopes;
mod support;
