//! The flags that set levels. Their order matters across flags, so it is read from clap's indices.

use clap::{ArgMatches, Args, ValueEnum};
use safe_map_lints::{Confidence, LINTS, Level};

use crate::failure::Failure;
use crate::levels::{Asked, Choice, Setting};

/// Levels.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Levels")]
pub(crate) struct LevelArgs {
    /// Switch a lint or group off
    #[arg(short = 'A', long, value_name = "LINT|GROUP", value_delimiter = ',')]
    allow: Vec<String>,
    /// Report at warn; a group raises what is off and lowers nothing
    #[arg(short = 'W', long, value_name = "LINT|GROUP", value_delimiter = ',')]
    warn: Vec<String>,
    /// Report at deny; `-D warnings` turns every warning into an error
    #[arg(short = 'D', long, value_name = "LINT|GROUP", value_delimiter = ',')]
    deny: Vec<String>,
    /// Report at deny whatever follows and whatever the source or a baseline says
    #[arg(long, value_name = "LINT|GROUP", value_delimiter = ',')]
    forbid: Vec<String>,
    /// Report nothing above this level
    #[arg(long, value_name = "LEVEL", value_enum)]
    cap_lints: Option<CapLevel>,
    /// Run these lints and no others
    #[arg(long, value_name = "LINT|GROUP", value_delimiter = ',')]
    only: Vec<String>,
    /// Leave out findings less sure than this; `possible` ones are left out unless a level is set for their lint, `--only`
    /// names it, or this flag asks for them
    #[arg(long, value_name = "CONFIDENCE", value_enum)]
    confidence: Option<ConfidenceArg>,
    #[arg(skip)]
    order: Vec<Choice>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CapLevel {
    Allow,
    Warn,
    Deny,
    Forbid,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ConfidenceArg {
    Certain,
    Likely,
    Possible,
}

const FLAGS: [(&str, Setting); 4] = [
    ("allow", Setting::Allow),
    ("warn", Setting::Warn),
    ("deny", Setting::Deny),
    ("forbid", Setting::Forbid),
];

impl LevelArgs {
    /// Remembers in which order the flags stood.
    pub(super) fn set_order(&mut self, matches: &ArgMatches) {
        let mut found: Vec<(usize, Choice)> = Vec::new();
        for (flag, setting) in FLAGS {
            let indices = matches.indices_of(flag).into_iter().flatten();
            let names = matches.get_many::<String>(flag).into_iter().flatten();
            found.extend(indices.zip(names).map(|(at, name)| (at, Choice { setting, name: name.clone() })));
        }
        found.sort_by_key(|(at, _)| *at);
        self.order = found.into_iter().map(|(_, choice)| choice).collect();
    }

    /// What all of them say of levels.
    ///
    /// # Errors
    ///
    /// Where a name is neither a lint nor a group.
    pub(crate) fn asked(&self) -> Result<Asked, Failure> {
        let asked = Asked::new(LINTS, &self.order, &self.only, self.cap())?;
        Ok(match self.confidence {
            Some(ConfidenceArg::Possible) => asked.with_possible(),
            _ => asked,
        })
    }

    /// Everything that is asked for, and what is a hazard besides: no fix may bring it about because nobody looks.
    ///
    /// # Errors
    ///
    /// As for [`Self::asked`].
    pub(crate) fn strict(&self) -> Result<Asked, Failure> {
        let warn = |name: &str| Choice { setting: Setting::Warn, name: name.to_owned() };
        let raised = self.only.iter().map(|it| warn(it)).chain([warn("preview")]);
        let choices: Vec<Choice> = self.order.iter().cloned().chain(raised).collect();
        Asked::new(LINTS, &choices, &[], None)
    }

    /// `--cap-lints`; `forbid` caps nothing.
    fn cap(&self) -> Option<Level> {
        self.cap_lints.map(|cap| match cap {
            CapLevel::Allow => Level::Allow,
            CapLevel::Warn => Level::Warn,
            CapLevel::Deny | CapLevel::Forbid => Level::Deny,
        })
    }

    /// `--confidence`.
    pub(crate) fn confidence(&self) -> Confidence {
        match self.confidence {
            Some(ConfidenceArg::Certain) => Confidence::Certain,
            Some(ConfidenceArg::Likely) => Confidence::Likely,
            Some(ConfidenceArg::Possible) | None => Confidence::Possible,
        }
    }
}
