//! The command `cargo safe-map-lint`: finds the files, runs the analysis and the lints, shows what they found.
//!
//! `cli` says what was asked, `commands` answers it. A check is [`workspace::discover`], [`config::load`], then
//! [`engine::check`] (analysis, lints, suppressions, levels), and the [`report::Report`] goes to one of the renderers.

mod atomic;
mod baseline;
mod changes;
mod cli;
mod commands;
pub mod config;
pub mod engine;
pub mod exit;
pub mod failure;
mod fingerprint;
mod fix;
mod grouping;
mod init;
mod item_path;
pub mod levels;
mod output;
mod progress;
mod render;
pub mod report;
pub mod scope;
pub mod suggest;
mod suppress;
mod temporary;
pub mod timings;
mod visible;
pub mod workspace;

pub use commands::main;
