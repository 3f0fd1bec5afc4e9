//! The flags of `check`, and what they mean for discovery.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::conditions::ConditionArgs;
use super::config::ConfigFileArgs;
use super::fix::FixArgs;
use super::formats::{FormatArgs, MessageFormat};
use super::input::{InputArgs, PathArgs};
use super::levels::LevelArgs;
use super::scope::ScopeArgs;
use crate::failure::Failure;
use crate::workspace::{Budget, Packages, Request, TargetKind, Targets, TestCode};

/// Analyse and report.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Directories with manifests below them, directories of sources, or single files; the workspace around the
    /// current directory where none is given
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    packages: PackageArgs,
    #[command(flatten)]
    targets: TargetArgs,
    #[command(flatten)]
    conditions: ConditionArgs,
    #[command(flatten)]
    pub(crate) levels: LevelArgs,
    #[command(flatten)]
    config: ConfigFileArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) path_base: PathArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) formats: FormatArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) running: RunningArgs,
    #[command(flatten)]
    pub(crate) fix: FixArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Packages")]
struct PackageArgs {
    /// Report on this package only: a name, `name@version` or a glob
    #[arg(short, long, value_name = "SPEC", value_delimiter = ',')]
    package: Vec<String>,
    /// Report on every member of the workspace (the default)
    #[arg(long, conflicts_with = "package")]
    workspace: bool,
    /// Leave this package out
    #[arg(long, value_name = "SPEC", value_delimiter = ',')]
    exclude: Vec<String>,
    /// The `Cargo.toml` whose workspace is analysed
    #[arg(long, value_name = "PATH", conflicts_with = "paths")]
    manifest_path: Option<PathBuf>,
}

/// Libraries and binaries where none is given.
#[derive(Debug, Args)]
#[command(next_help_heading = "Targets")]
struct TargetArgs {
    /// Libraries
    #[arg(long)]
    lib: bool,
    /// Binaries
    #[arg(long)]
    bins: bool,
    /// Test code as well: test, bench and example targets, `#[cfg(test)]`, packages that are only dev-dependencies or
    /// stand in `tests`, `benches`, `examples` or `fuzz`
    #[arg(long)]
    tests: bool,
    /// Examples as well
    #[arg(long)]
    examples: bool,
    /// Everything
    #[arg(long)]
    all_targets: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// How findings are written
    #[arg(long, value_enum, default_value = "human", value_name = "FORMAT")]
    pub(crate) message_format: MessageFormat,
    /// Whether to use colours
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN")]
    pub(crate) color: ColorWhen,
    /// Show findings and nothing else
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Show what was found and left out
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Show suppressed findings too
    #[arg(long)]
    pub(crate) show_suppressed: bool,
    /// Show at most this many findings, the most severe first (human and short format)
    #[arg(long, value_name = "N")]
    pub(crate) max_diagnostics: Option<usize>,
    /// Put findings together, each group under a heading (human and short format)
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) group_by: Option<GroupBy>,
    /// Count findings by lint, and say which `--fix` can fix
    #[arg(long)]
    pub(crate) statistics: bool,
    /// Show how long each stage took
    #[arg(long)]
    pub(crate) timings: bool,
    /// List the files that would be analysed, and stop
    #[arg(long)]
    pub(crate) list_files: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Running")]
pub(crate) struct RunningArgs {
    /// Threads; the number of processors where not given
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// How long a file of a mebibyte or more may take to parse before it is left out as incomplete. Smaller files, and
    /// the analysis that follows, have no limit
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    file_timeout: Duration,
    /// Does nothing: there is no cache yet. Accepted for the sake of later versions
    #[arg(long)]
    no_cache: bool,
    /// Does nothing: there is no cache yet. Accepted for the sake of later versions
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    /// Does nothing: every file is parsed. Accepted for the sake of later versions
    #[arg(long)]
    no_prefilter: bool,
    /// Exit with 0 whatever is found
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// Fail on these as well
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub(crate) error_on: Vec<ErrorOn>,
}

/// What findings are put together by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupBy {
    /// The lock or map they are about
    Lock,
    /// The file they are in
    File,
    /// The lint
    Lint,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// Where the terminal can show them
    Auto,
    Always,
    Never,
}

/// What else fails a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ErrorOn {
    /// Files that were not analysed completely: exit code 3
    Incomplete,
    /// Findings that the baseline does not know, at warn level too: exit code 1
    New,
    /// Entries of the baseline that nothing stands for any more: exit code 1
    StaleBaseline,
    /// Suppressions that silence nothing: exit code 1
    UnusedSuppression,
}

impl CheckArgs {
    /// `--manifest-path`.
    pub(crate) fn manifest_path(&self) -> Option<&Path> {
        self.packages.manifest_path.as_deref()
    }

    /// The files that flags name as something to read.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &PathBuf> {
        self.scope.files().chain(&self.config.config).chain(&self.packages.manifest_path)
    }

    /// The flags of `cargo check` that choose the same packages and targets.
    pub(crate) fn cargo_args(&self) -> Vec<String> {
        let PackageArgs { package, exclude, .. } = &self.packages;
        let mut args = Vec::new();
        if package.is_empty() {
            args.push("--workspace".to_owned());
            // Cargo takes exclusions from the whole workspace only.
            args.extend(exclude.iter().map(|spec| format!("--exclude={spec}")));
        }
        args.extend(package.iter().map(|spec| format!("--package={spec}")));
        args.extend(self.targets.cargo_args().iter().map(|&flag| flag.to_owned()));
        args
    }

    /// What is to be analysed, for a process that stands in `cwd`.
    ///
    /// # Errors
    ///
    /// Where a flag names something that does not exist.
    pub(crate) fn request(&self, cwd: PathBuf) -> Result<Request, Failure> {
        Ok(Request {
            paths: self.paths.clone(),
            manifest_path: self.packages.manifest_path.clone(),
            packages: Packages {
                include: self.packages.package.clone(),
                exclude: self.packages.exclude.clone(),
            },
            targets: self.targets.targets(),
            budget: Budget(self.running.file_timeout),
            config: self.config.config.clone(),
            conditions: self.conditions.conditions()?,
            dependencies: self.input.dependencies.dependencies(),
            buffers: self.input.buffers(&cwd)?,
            cwd: self.start(cwd),
        })
    }
}

impl CheckArgs {
    /// Where the workspace is looked for: around the file that standard input stands for, where nothing else is named.
    fn start(&self, cwd: PathBuf) -> PathBuf {
        let is_named = !self.paths.is_empty() || self.packages.manifest_path.is_some();
        let file = self.input.file(&cwd).filter(|_| !is_named);
        file.as_deref().and_then(Path::parent).map_or(cwd, Path::to_owned)
    }
}

/// A time above zero, fractions allowed.
fn seconds(text: &str) -> Result<Duration, String> {
    let time = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.filter(|time| !time.is_zero()).ok_or_else(|| "not a number of seconds above 0".to_owned())
}

impl TargetArgs {
    /// Cargo has no flag for "and examples as well": everything holds them too.
    fn cargo_args(&self) -> Vec<&'static str> {
        if self.all_targets || self.tests || self.examples {
            return vec!["--all-targets"];
        }
        [(self.lib, "--lib"), (self.bins, "--bins")].iter().filter(|it| it.0).map(|it| it.1).collect()
    }

    fn targets(&self) -> Targets {
        use TargetKind::{Bench, Bin, Example, Lib, Test};
        let all = self.all_targets;
        let neither = !self.lib && !self.bins;
        let mut kinds = BTreeSet::new();
        kinds.extend((all || self.lib || neither).then_some(Lib));
        kinds.extend((all || self.bins || neither).then_some(Bin));
        kinds.extend((all || self.tests || self.examples).then_some(Example));
        kinds.extend((all || self.tests).then_some([Test, Bench]).into_iter().flatten());
        let test_code = if all || self.tests || self.examples { TestCode::Include } else { TestCode::Skip };
        let named = [(self.lib, Lib), (self.bins, Bin), (self.examples, Example)];
        let named = named.into_iter().filter(|it| it.0).map(|it| it.1).collect();
        Targets { kinds, test_code, named }
    }
}
