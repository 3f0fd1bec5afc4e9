//! What the command line says of levels: `-A`, `-W`, `-D`, `--forbid`, `--only`, `--cap-lints`, `--confidence`.

use std::collections::BTreeSet;

use safe_map_lints::{Level, Lint};

use super::names::{self, WARNINGS};
use super::{Set, Setting};
use crate::failure::Failure;

/// One `-A`, `-W`, `-D` or `--forbid`, in the order of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is set.
    pub setting: Setting,
    /// A lint, a group, or `warnings`.
    pub name: String,
}

/// The flags with their names looked up.
#[derive(Clone, Debug)]
pub struct Asked {
    pub(super) choices: Vec<Looked>,
    /// The lints that `--only` names; nothing where it is not given.
    pub(super) only: Option<BTreeSet<&'static str>>,
    /// Whether `--confidence possible` is given.
    pub(super) possible: bool,
    pub(super) cap: Level,
}

/// A choice with what it is about.
#[derive(Clone, Debug)]
pub(super) struct Looked {
    pub(super) subject: Subject,
    pub(super) set: Set,
}

/// What a choice is about.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    Lint(&'static str),
    Group(Vec<&'static str>),
    Warnings,
}

impl Default for Asked {
    /// No flag at all.
    fn default() -> Asked {
        Asked { choices: Vec::new(), only: None, possible: false, cap: Level::Deny }
    }
}

impl Asked {
    /// The flags in their order; `only` leaves no other lint on, and `cap` bounds all.
    ///
    /// # Errors
    ///
    /// Where a name is neither a lint nor a group.
    pub fn new(
        lints: &[&'static Lint],
        choices: &[Choice],
        only: &[String],
        cap: Option<Level>,
    ) -> Result<Asked, Failure> {
        let mut kept = BTreeSet::new();
        for name in only {
            kept.extend(names::members(lints, name)?.iter().map(|lint| lint.name));
        }
        Ok(Asked {
            choices: choices.iter().map(|it| look_up(lints, it)).collect::<Result<_, _>>()?,
            only: (!only.is_empty()).then_some(kept),
            possible: false,
            cap: cap.unwrap_or(Level::Deny),
        })
    }

    /// The same, with findings that are only possible at the level of their lint.
    pub fn with_possible(self) -> Asked {
        Asked { possible: true, ..self }
    }
}

fn look_up(lints: &[&'static Lint], choice: &Choice) -> Result<Looked, Failure> {
    let set = Set::by_flag(choice);
    if choice.name == WARNINGS {
        return Ok(Looked { subject: Subject::Warnings, set });
    }
    let members: Vec<&'static str> =
        names::members(lints, &choice.name)?.iter().map(|lint| lint.name).collect();
    let subject = match members.as_slice() {
        [lint] if names::is_lint(lints, &choice.name) => Subject::Lint(lint),
        _ => Subject::Group(members),
    };
    Ok(Looked { subject, set })
}
