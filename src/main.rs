//! The command `cargo safe-map-lint`.

use std::process::ExitCode;

/// Facts live long and syn trees die at once, in turns: the system's allocator spends a third of a run on joining what
/// the trees leave behind. The benchmark's floor runs on the same one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cargo_safe_map_lint::main(std::env::args_os())
}
