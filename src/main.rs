//! The command `cargo safe-map-lint`.

fn main() {}
