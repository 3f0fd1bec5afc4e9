//! Findings: plain data between the lints and everything that shows, counts, silences or applies them.

use safe_map_analysis::source::FileId;
use safe_map_analysis::span::Span;
use serde::Serialize;

/// How severe a finding is, least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Advice, off by default.
    Allow,
    /// A hazard that a reviewer would stop.
    Warn,
    /// Deadlocks, races or is undefined behaviour: the exit code is 1.
    Deny,
}

impl Level {
    /// `allow`, `warn`, `deny`.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Allow => "allow",
            Level::Warn => "warn",
            Level::Deny => "deny",
        }
    }
}

/// How sure a finding is, least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Depends on what the analysis does not see; a deny lint reports it at warn.
    Possible,
    /// True unless something unusual prevents it.
    Likely,
    /// Every run that reaches it.
    Certain,
}

impl Confidence {
    /// `possible`, `likely`, `certain`.
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Possible => "possible",
            Confidence::Likely => "likely",
            Confidence::Certain => "certain",
        }
    }
}

/// A span in a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The span in it.
    pub span: Span,
}

/// What a lint found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The lint's name.
    pub lint: &'static str,
    /// How sure it is.
    pub confidence: Confidence,
    /// What is wrong: a lowercase fragment, things in backticks, no full stop.
    pub message: String,
    /// The lock or map it is about, as `crate::Owner.field` or `crate::STATIC`, where it has a name.
    pub lock: Option<String>,
    /// The path of the item it stands in, inside its crate: `SessionStore::evict`.
    pub item: String,
    /// Whether that item is only compiled for tests.
    pub in_test: bool,
    /// The hazard itself.
    pub primary: Place,
    /// The other places of the story, in its order.
    pub labels: Vec<Label>,
    /// Why it is wrong.
    pub note: String,
    /// What to do.
    pub help: String,
    /// Two threads, step by step, where it takes two.
    pub interleaving: Vec<Step>,
    /// Edits that cure it.
    pub fixes: Vec<Fix>,
}

impl Finding {
    /// Whether it takes two threads: one alone comes to no harm.
    pub fn takes_two(&self) -> bool {
        self.interleaving.iter().any(|it| it.thread != 'A')
    }
}

/// A place that belongs to a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// What part it plays.
    pub role: Role,
    /// Where.
    pub place: Place,
    /// What happens there: a lowercase fragment.
    pub message: String,
}

/// The part a label plays.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Where the guard, iterator or lock is taken.
    Acquire,
    /// Where it goes wrong.
    Hazard,
    /// Where the map or lock is declared.
    Declaration,
    /// Where the guard ends.
    Release,
    /// A call on the way.
    Via,
    /// The opposite order, the other thread.
    OtherSide,
}

/// One step of an interleaving.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// `A` or `B`.
    pub thread: char,
    /// What it does.
    pub message: String,
    /// Where.
    pub place: Place,
}

/// A cure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix {
    /// What it does, as an imperative.
    pub title: String,
    /// How far it can be trusted.
    pub applicability: Applicability,
    /// The edits, which do not overlap.
    pub edits: Vec<Edit>,
}

/// How far a fix can be trusted, as rustc has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Applicability {
    /// Right as it is.
    MachineApplicable,
    /// May change what the program means.
    MaybeIncorrect,
    /// Has parts to fill in.
    HasPlaceholders,
}

/// A replacement in the analysed text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Edit {
    /// What is replaced.
    pub place: Place,
    /// By what.
    pub replacement: String,
}
