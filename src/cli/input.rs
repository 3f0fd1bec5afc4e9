//! The flags that say where texts come from, and where paths start.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::failure::Failure;
use crate::render::PathBase;
use crate::workspace::{Buffers, Dependencies};

/// Files as they are on disk, paths from the workspace on, where none is given.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputArgs {
    /// Take the text on standard input for this file's
    // A fix would be written into a file that has another text, and what has changed is told of the file on disk.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["fix", "since", "in_diff"])]
    stdin_filename: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) dependencies: DependencyArgs,
}

/// What is read besides the workspace.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct DependencyArgs {
    /// Read the sources of dependencies too, as far as they are downloaded or vendored, for the types in them. Nothing is
    /// reported there, and nothing is downloaded
    #[arg(long)]
    with_dependencies: bool,
}

impl DependencyArgs {
    /// What the flag comes to.
    pub(crate) fn dependencies(&self) -> Dependencies {
        if self.with_dependencies { Dependencies::Read } else { Dependencies::Skip }
    }
}

/// Where paths in reports start.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct PathArgs {
    /// What the paths of a report start from
    #[arg(long, value_enum, value_name = "BASE")]
    path_base: Option<PathBase>,
}

impl InputArgs {
    /// The file that standard input stands for, as an absolute path.
    pub(crate) fn file(&self, cwd: &Path) -> Option<PathBuf> {
        self.stdin_filename.as_ref().map(|path| cwd.join(path))
    }

    /// Reads standard input, where it stands for a file.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    pub(crate) fn buffers(&self, cwd: &Path) -> Result<Buffers, Failure> {
        let mut buffers = Buffers::default();
        if let Some(path) = self.file(cwd) {
            buffers.insert(&path, standard_input()?.into());
        }
        Ok(buffers)
    }
}

fn standard_input() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|error| Failure::usage(format!("standard input cannot be read: {error}")))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::usage(format!("standard input: not valid UTF-8 at byte {at}"))
    })
}

impl PathArgs {
    /// The base that was asked for, or the one that the format has by itself.
    pub(crate) fn base(&self, default: PathBase) -> PathBase {
        self.path_base.unwrap_or(default)
    }
}
