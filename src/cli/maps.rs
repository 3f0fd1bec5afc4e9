//! The flags of `maps`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ColorWhen;
use super::input::DependencyArgs;
use crate::workspace::{Packages, Request};

/// List shared maps.
#[derive(Debug, Args)]
pub(crate) struct MapsArgs {
    /// Directories with manifests below them, directories of sources, or single files; the workspace around the
    /// current directory where none is given
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Only the maps of this package: a name, `name@version` or a glob
    #[arg(short, long, value_name = "SPEC", value_delimiter = ',')]
    package: Vec<String>,
    /// Leave this package out
    #[arg(long, value_name = "SPEC", value_delimiter = ',')]
    exclude: Vec<String>,
    /// How maps are written
    #[arg(long, value_enum, default_value = "human", value_name = "FORMAT")]
    pub(crate) message_format: MapsFormat,
    /// How each map would move to the wrapper that is advised, instead of the table
    #[arg(long, conflicts_with = "message_format")]
    pub(crate) plan: bool,
    /// Whether to use colours
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN")]
    pub(crate) color: ColorWhen,
    /// List every place
    #[arg(short, long)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    dependencies: DependencyArgs,
    /// Threads; the number of processors where not given
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
}

/// The formats of an inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MapsFormat {
    /// A table
    Human,
    /// One JSON object a line
    Json,
    /// One page, the findings and the lock graph with it
    Html,
}

impl MapsArgs {
    /// What is to be analysed, for a process that stands in `cwd`.
    pub(crate) fn request(&self, cwd: PathBuf) -> Request {
        let packages = Packages { include: self.package.clone(), exclude: self.exclude.clone() };
        let dependencies = self.dependencies.dependencies();
        Request { paths: self.paths.clone(), packages, dependencies, cwd, ..Request::default() }
    }
}
