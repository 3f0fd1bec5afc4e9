//! The flags that say which reports are written, where to, and beside what.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::suggest;

/// Reports beside the one on standard output.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct FormatArgs {
    /// Write a report to a file as well, as in `sarif=report.sarif`; repeatable
    #[arg(long = "output", value_name = "FORMAT=FILE", value_parser = destination)]
    pub(crate) files: Vec<Destination>,
    /// Run this command of cargo too, and report after it; where it fails the exit code is 1 at least
    #[arg(long, value_enum, value_name = "COMMAND", conflicts_with = "fixing")]
    pub(crate) with: Option<Companion>,
}

/// The formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageFormat {
    /// Source excerpts with labels
    Human,
    /// One line a finding
    Short,
    /// One JSON object a line
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// A code quality report of GitLab
    Gitlab,
    /// JUnit XML, a suite for each package
    Junit,
    /// Markdown, for the summary of a job
    Markdown,
    /// What `cargo check --message-format=json` writes, for rust-analyzer and rustfix
    RustcJson,
    /// One page with findings, maps and lock graph
    Html,
}

impl MessageFormat {
    /// Whether its readers match paths against a repository.
    pub(crate) fn is_for_ci(self) -> bool {
        match self {
            Self::Sarif | Self::Github | Self::Gitlab => true,
            Self::Human
            | Self::Short
            | Self::Json
            | Self::Junit
            | Self::Markdown
            | Self::RustcJson
            | Self::Html => false,
        }
    }

    /// Whether programs read it while it is written, so that nothing else is said beside it.
    pub(crate) fn is_stream(self) -> bool {
        matches!(self, Self::Json | Self::RustcJson)
    }
}

/// One `--output`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    /// How.
    pub(crate) format: MessageFormat,
    /// Where.
    pub(crate) path: PathBuf,
}

/// The commands of cargo that can run beside the lints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Companion {
    /// `cargo check`
    Check,
    /// `cargo clippy`
    Clippy,
}

impl Companion {
    /// Its name as cargo's subcommand.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Companion::Check => "check",
            Companion::Clippy => "clippy",
        }
    }
}

fn destination(text: &str) -> Result<Destination, String> {
    let Some((format, path)) = text.split_once('=') else {
        return Err("write the format and the file, as in `sarif=report.sarif`".to_owned());
    };
    let format = MessageFormat::from_str(format, false).map_err(|_| unknown(format))?;
    if matches!(path, "" | "-") {
        return Err("no file is named; `--message-format` is for standard output".to_owned());
    }
    Ok(Destination { format, path: path.into() })
}

fn unknown(format: &str) -> String {
    let names: Vec<_> =
        MessageFormat::value_variants().iter().filter_map(ValueEnum::to_possible_value).collect();
    let names: Vec<&str> = names.iter().map(|it| it.get_name()).collect();
    match suggest::nearest(format, names.iter().copied()) {
        Some(name) => format!("no format `{format}`; did you mean `{name}`?"),
        None => format!("no format `{format}`; there are {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_a_format_and_a_file() {
        let sarif = Destination { format: MessageFormat::Sarif, path: "a=b.sarif".into() };
        assert_eq!(destination("sarif=a=b.sarif"), Ok(sarif));
        for (text, says) in [
            ("sarif", "as in `sarif=report.sarif`"),
            ("sarfi=x", "did you mean `sarif`?"),
            ("pdf=x", "there are human, short"),
            ("sarif=", "no file is named"),
            ("sarif=-", "standard output"),
        ] {
            let error = destination(text).expect_err(text);
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
