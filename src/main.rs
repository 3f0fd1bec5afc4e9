//! The command `cargo safe-map-lint`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_safe_map_lint::main(std::env::args_os())
}
