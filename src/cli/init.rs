//! `init`: which files are written.

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Only these; by default a job for the CI that the repository has, else for GitHub, the hook and the editor settings
    #[arg(value_name = "PART", value_enum)]
    pub(crate) parts: Vec<Part>,
}

/// What `init` can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// `.github/workflows/safe-map-lint.yml`
    Github,
    /// A job in `.gitlab-ci.yml`
    Gitlab,
    /// A hook in `.pre-commit-config.yaml`
    PreCommit,
    /// rust-analyzer's check in `.vscode/settings.json`
    Vscode,
}
