//! What is wrong: the lints of `cargo safe-map-lint`.
//!
//! In: an [`Analysis`](safe_map_analysis::Analysis). Out: [`Finding`]s, plain data. Each lint is one file in
//! `lints/`, with its documentation, its check, its wording, its fix and its tests; [`LINTS`] lists them.

mod access;
mod admitted;
mod bodies;
mod bounds;
mod branches;
mod brief;
mod callbacks;
mod callers;
mod claims;
mod collect_first;
mod collected;
mod conditions;
mod contended;
mod contexts;
mod correlated;
mod decided;
mod declared;
mod derived;
mod dispatched;
mod engine;
mod entries;
mod entry_reads;
mod exposure;
mod finding;
mod fix;
mod fresh;
mod gates;
mod givers;
mod handed;
mod identity;
mod idle;
pub mod inventory;
mod iterating;
mod lint;
mod lints;
mod makers;
mod meeting;
mod moves;
mod negation;
mod one_step;
mod ordered;
mod orders;
mod outliving;
mod parents;
mod parts;
mod pointers;
mod predicate;
mod private;
mod races;
mod recheck;
mod refilled;
mod remarks;
mod remove_if;
mod retain;
mod scrutinee;
mod serial;
mod slots;
mod started;
mod story;
mod taken;
#[cfg(test)]
mod testing;
mod tokens;
mod typing;
mod unordered;
mod uses;
mod values;
mod waiting;
mod walked;

pub use engine::{Outcome, run};
pub use finding::*;
pub use lint::*;
pub use lints::{LINTS, PREVIEW};
