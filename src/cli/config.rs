//! The flags of `config`, and the one of `check` that names a configuration.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::levels::LevelArgs;

/// Which configuration is read.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Configuration")]
pub(crate) struct ConfigFileArgs {
    /// Read this configuration and no other; its paths start at the workspace's root
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What can be asked of the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show what holds, and which file, line or flag says so
    Show(Box<ShowArgs>),
    /// Print the JSON schema of `safe-map-lint.toml`, for editors
    Schema,
}

/// What is shown.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The workspace, by a directory of it; the one around the current directory where none is given
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// As a JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) file: ConfigFileArgs,
    #[command(flatten)]
    pub(crate) levels: LevelArgs,
}
