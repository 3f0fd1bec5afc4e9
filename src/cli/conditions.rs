//! The flags that say which branches of `cfg` are analysed.

use clap::Args;

use crate::failure::Failure;
use crate::workspace::{Conditions, OtherFeatures, Target};

/// All branches where none is given.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Features and targets")]
pub(crate) struct ConditionArgs {
    /// Leave out what is not compiled with these features and the default ones: `feature` or `package/feature`
    #[arg(short = 'F', long, value_name = "FEATURES", value_delimiter = ',')]
    features: Vec<String>,
    /// Leave out what is not compiled with all features
    #[arg(long, conflicts_with_all = ["features", "no_default_features"])]
    all_features: bool,
    /// Leave out what is compiled with default features alone
    #[arg(long)]
    no_default_features: bool,
    /// Leave out what is not compiled for this target
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// Leave out what is not compiled with this: `name` or `name="value"`
    #[arg(long, value_name = "SPEC", value_parser = spec)]
    cfg: Vec<(String, Option<String>)>,
}

impl ConditionArgs {
    /// What they say.
    ///
    /// # Errors
    ///
    /// Where the target is none that rustc knows.
    pub(crate) fn conditions(&self) -> Result<Conditions, Failure> {
        let features = self.features.iter().flat_map(|it| it.split_whitespace()).map(str::to_owned);
        Ok(Conditions {
            features: features.collect(),
            others: match (self.all_features, self.no_default_features) {
                (true, _) => OtherFeatures::All,
                (false, true) => OtherFeatures::None,
                (false, false) => OtherFeatures::Default,
            },
            target: self.target.as_deref().map(Target::named).transpose()?,
            cfg: self.cfg.clone(),
        })
    }
}

/// `name` or `name="value"`, as rustc takes it; the quotes may be missing, for shells eat them.
fn spec(text: &str) -> Result<(String, Option<String>), String> {
    let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    let name = name.trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !is_name {
        return Err("expected `name` or `name=\"value\"`".to_owned());
    }
    Ok((name.to_owned(), value.map(|it| it.trim().trim_matches('"').to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cfg_is_a_name_or_a_pair() {
        let pair = |name: &str, value: Option<&str>| Ok((name.to_owned(), value.map(str::to_owned)));
        assert_eq!(spec("tokio_unstable"), pair("tokio_unstable", None));
        assert_eq!(spec("feature=\"a\""), pair("feature", Some("a")));
        assert_eq!(spec("feature=a"), pair("feature", Some("a")));
        assert!(spec("=a").is_err() && spec("a b").is_err() && spec("not(a)").is_err());
    }
}
