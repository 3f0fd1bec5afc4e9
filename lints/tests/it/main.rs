//! The lints as a whole: scope cases, laws, and the pages.

mod docs;
mod laws;
mod scopes;
mod support;
