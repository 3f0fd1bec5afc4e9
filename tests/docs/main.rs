//! The book in `docs/`: its generated pages are current, its commands run, and what it says of the command is what the command says.
//!
//! `UPDATE_DOCS=1 cargo test --test docs` writes the generated pages anew.

#[path = "../support/mod.rs"]
mod support;

mod book;
mod commands;
mod configuration;
mod fences;
mod flags;
mod pages;
