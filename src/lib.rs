//! The command `cargo safe-map-lint`: finds the files, runs the analysis and the lints, shows what they found.

pub mod failure;
pub mod suggest;
pub mod workspace;
