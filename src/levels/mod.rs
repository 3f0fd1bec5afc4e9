//! Levels: from defaults, configuration and command line to the level of one finding.
//!
//! In this order: the default, the configuration (sorted by whoever reads it), the command line from left to right. What
//! the source says comes last, in `suppress`. A forbidden lint stays so whatever follows.

mod asked;
mod files;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use safe_map_lints::{Confidence, Finding, Level, Lint};
use schemars::JsonSchema;
use serde::Deserialize;

pub use asked::{Asked, Choice};
pub use files::FileLevels;
pub use names::{WARNINGS, canonical, find_members, is_lint, members, names};

use asked::{Looked, Subject};

/// What a level is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are rustc's")]
pub enum Setting {
    Allow,
    Warn,
    Deny,
    Forbid,
}

impl Setting {
    /// As flags and files write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Setting::Allow => "allow",
            Setting::Warn => "warn",
            Setting::Deny => "deny",
            Setting::Forbid => "forbid",
        }
    }
}

/// A setting and who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// The setting.
    pub setting: Setting,
    /// `default`, a file with its line, or a flag.
    pub origin: Arc<str>,
}

/// Where a setting comes from that nobody made.
const DEFAULT: &str = "default";

impl Set {
    fn by_flag(choice: &Choice) -> Set {
        let flag = match choice.setting {
            Setting::Allow => "-A",
            Setting::Warn => "-W",
            Setting::Deny => "-D",
            Setting::Forbid => "--forbid",
        };
        Set { setting: choice.setting, origin: format!("{flag} {}", choice.name).into() }
    }
}

/// What a configuration file says of one lint, or of `warnings`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configured {
    /// The lint.
    pub name: &'static str,
    /// What it is set to, and where.
    pub set: Set,
}

/// The level of every lint, for some of the files.
#[derive(Clone, Debug)]
pub struct Levels {
    settings: BTreeMap<&'static str, Set>,
    warnings: Option<Set>,
    /// The lints of which somebody asked for what is only possible, too.
    shows_possible: BTreeSet<&'static str>,
    cap: Level,
}

/// Whether a finding stands in test code, which is judged one level lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Context {
    Product,
    Test,
}

impl Levels {
    /// Applies what is `configured`, what counts more behind what counts less, and then the command line to the defaults
    /// of `lints`. A lint that `--only` names is on whatever came before, but not whatever other flags say.
    pub fn resolve<'a>(
        lints: &[&'static Lint],
        configured: impl IntoIterator<Item = &'a Configured>,
        asked: &Asked,
    ) -> Levels {
        let default: Arc<str> = DEFAULT.into();
        let set = |lint: &&'static Lint| {
            let setting = setting(lint.default_level());
            (lint.name, Set { setting, origin: default.clone() })
        };
        let settings = lints.iter().map(set).collect();
        let shows_possible = match asked.possible {
            true => lints.iter().map(|it| it.name).collect(),
            false => asked.only.clone().unwrap_or_default(),
        };
        let mut levels = Levels { settings, warnings: None, shows_possible, cap: asked.cap };
        for it in configured {
            levels.configure(it);
        }
        levels.raise_only(asked);
        for it in &asked.choices {
            levels.apply(it);
        }
        if let Some(kept) = &asked.only {
            levels.settings.retain(|name, _| kept.contains(name));
        }
        levels
    }

    fn configure(&mut self, configured: &Configured) {
        if configured.name == WARNINGS {
            return self.set_warnings(&configured.set);
        }
        self.set(configured.name, &configured.set);
    }

    fn apply(&mut self, choice: &Looked) {
        match &choice.subject {
            Subject::Warnings => self.set_warnings(&choice.set),
            Subject::Lint(name) => self.set(name, &choice.set),
            Subject::Group(names) => names.iter().for_each(|name| self.set_in_group(name, &choice.set)),
        }
    }

    /// A group given to `-W` raises what is off and lowers nothing.
    fn set_in_group(&mut self, name: &'static str, set: &Set) {
        let lowers = set.setting == Setting::Warn && self.setting(name) > Setting::Warn;
        self.shows_possible.insert(name);
        if !lowers {
            self.set(name, set);
        }
    }

    /// Who sets a level wants to see all of it.
    fn set(&mut self, name: &'static str, set: &Set) {
        self.shows_possible.insert(name);
        if self.setting(name) != Setting::Forbid {
            self.settings.insert(name, set.clone());
        }
    }

    fn set_warnings(&mut self, set: &Set) {
        let is_forbidden = self.warnings.as_ref().is_some_and(|it| it.setting == Setting::Forbid);
        if !is_forbidden {
            self.warnings = Some(set.clone());
        }
    }

    /// Who names a lint alone wants to see it.
    fn raise_only(&mut self, asked: &Asked) {
        let raised = Set { setting: Setting::Warn, origin: "--only".into() };
        for name in asked.only.iter().flatten() {
            if self.setting(name) == Setting::Allow {
                self.settings.insert(name, raised.clone());
            }
        }
    }

    fn setting(&self, lint: &str) -> Setting {
        self.settings.get(lint).map_or(Setting::Allow, |it| it.setting)
    }

    /// What each lint is set to and by whom, without those that `--only` left out.
    pub fn settings(&self) -> impl Iterator<Item = (&'static str, &Set)> {
        self.settings.iter().map(|(name, set)| (*name, set))
    }

    /// What is set for whatever warns.
    pub fn warnings(&self) -> Option<&Set> {
        self.warnings.as_ref()
    }

    /// The highest level that anything is reported at.
    pub fn cap(&self) -> Level {
        self.cap
    }

    /// Whether the lint can report anything, so that it must run.
    pub fn is_enabled(&self, lint: &Lint) -> bool {
        self.setting(lint.name) != Setting::Allow && self.cap != Level::Allow
    }

    /// Whether nothing in the source may silence the lint.
    pub fn is_forbidden(&self, lint: &str) -> bool {
        self.setting(lint) == Setting::Forbid
    }

    /// The level of a finding: a `possible` one is one level lower unless somebody asked to be warned, test code is one
    /// level lower, then `warnings` and the cap have the last word.
    pub fn of(&self, finding: &Finding, context: Context) -> Level {
        let mut found = level(self.setting(finding.lint));
        if finding.confidence == Confidence::Possible {
            found = self.less_sure(finding.lint, found);
        }
        if context == Context::Test {
            found = one_lower(found);
        }
        if found == Level::Warn {
            found = self.warnings.as_ref().map_or(found, |it| level(it.setting));
        }
        found.min(self.cap)
    }
}

impl Levels {
    /// The level of a finding that is only `possible`, of a lint at `level`: it is for who asks for more than the defaults.
    fn less_sure(&self, lint: &str, level: Level) -> Level {
        match self.shows_possible.contains(lint) {
            true => level.min(Level::Warn),
            false => Level::Allow,
        }
    }
}

fn one_lower(level: Level) -> Level {
    match level {
        Level::Deny => Level::Warn,
        Level::Warn | Level::Allow => Level::Allow,
    }
}

fn setting(level: Level) -> Setting {
    match level {
        Level::Allow => Setting::Allow,
        Level::Warn => Setting::Warn,
        Level::Deny => Setting::Deny,
    }
}

fn level(setting: Setting) -> Level {
    match setting {
        Setting::Allow => Level::Allow,
        Setting::Warn => Level::Warn,
        Setting::Deny | Setting::Forbid => Level::Deny,
    }
}

#[cfg(test)]
mod tests;
