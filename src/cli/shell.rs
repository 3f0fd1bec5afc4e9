//! Completions and manual pages, made from the declaration of the command line.

use clap::Args;
pub(crate) use clap_complete::Shell;

/// The name under which cargo finds the command, and shells complete it.
const NAME: &str = "cargo-safe-map-lint";

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The page of this subcommand
    #[arg(value_name = "SUBCOMMAND")]
    pub(crate) subcommand: Option<String>,
}

/// Completes `cargo safe-map-lint` in bash, where cargo's own completion asks nobody. In zsh it asks the function of the
/// subcommand.
const BY_CARGO: &str = include_str!("cargo.bash");

/// The completions for a shell.
pub(crate) fn generate_completions(shell: Shell) -> Vec<u8> {
    if shell == Shell::Bash { generate_bash().into_bytes() } else { generate(shell, NAME) }
}

/// The script for bash tells subcommands apart by names that hyphens break: it is made for a name without, and registered for
/// ours.
fn generate_bash() -> String {
    let name = NAME.replace('-', "_");
    let script = generate(Shell::Bash, &name);
    let registered = |name: &str| format!(" -o default {name}\n");
    let script = String::from_utf8_lossy(&script).replace(&registered(&name), &registered(NAME));
    script + BY_CARGO
}

fn generate(shell: Shell, name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut super::cli().bin_name(name), name, &mut out);
    out
}

/// The manual page of the command or of one of its subcommands; `None` where there is no such subcommand.
pub(crate) fn generate_man(subcommand: Option<&str>) -> Option<Vec<u8>> {
    let mut command = super::cli();
    command.build();
    let command = match subcommand {
        Some(name) => command.find_subcommand(name)?.clone(),
        None => command.name(NAME),
    };
    let mut out = Vec::new();
    // The only errors are those of the writer, and a vector takes everything.
    let _ = clap_mangen::Man::new(command).render(&mut out);
    Some(out)
}
