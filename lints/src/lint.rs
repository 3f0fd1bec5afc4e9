//! What a lint is: a name, a group, a default level, its documentation, and what it looks at.

use safe_map_analysis::{Analysis, FileView, FunctionView};

use crate::{Finding, Level, PREVIEW};

/// A lint: a plain value. `ls lints/src/lints` is the list of them.
#[derive(Debug)]
pub struct Lint {
    /// Its final name.
    pub name: &'static str,
    /// Its group.
    pub group: Group,
    /// Its level once it is out of preview.
    pub level: Level,
    /// Whether it ever offers a fix.
    pub has_fix: bool,
    /// Whether it is about something that a callee does under anybody's lock: all places that lead to it are one finding.
    pub merges_sites: bool,
    /// The text of the lint's own file: the `//!` lines at its top are its page.
    pub source: &'static str,
    /// What it looks at.
    pub check: Check,
}

impl Lint {
    /// Whether it is in preview: measured too little, or too often wrong, to be on by default.
    pub fn is_preview(&self) -> bool {
        PREVIEW.contains(&self.name)
    }

    /// Its level where nothing is configured: that of its kind, unless it is in preview.
    pub fn default_level(&self) -> Level {
        if self.is_preview() { Level::Allow } else { self.level }
    }

    /// The page: the `//!` text of the lint's file, Markdown.
    pub fn docs(&self) -> String {
        let lines = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
    }

    /// The text below a heading of the page.
    pub fn section(&self, heading: &str) -> Option<String> {
        let docs = self.docs();
        let (_, after) = docs.split_once(&format!("## {heading}\n"))?;
        let text = after.split("\n## ").next().unwrap_or(after);
        Some(text.trim().to_owned())
    }

    /// The first paragraph of the page on one line.
    pub fn summary(&self) -> String {
        let docs = self.docs();
        let lines = docs.lines().skip_while(|line| line.is_empty() || line.starts_with('#'));
        lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// Where its page is on the web.
    pub fn url(&self) -> String {
        format!("https://safe-map-lint.github.io/lints/{}.html", self.name)
    }
}

/// What a lint may look at, and so when it must run again.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// The items of one file.
    File(fn(&FileView<'_>, &mut Vec<Finding>)),
    /// One function's flow.
    Function(fn(&FunctionView<'_>, &mut Vec<Finding>)),
    /// One function's flow, where another thread could wait: not on targets that have one thread only.
    Contention(fn(&FunctionView<'_>, &mut Vec<Finding>)),
    /// Everything.
    Workspace(fn(&Analysis, &mut Vec<Finding>)),
    /// Raised by the engine itself: suppressions.
    Engine,
}

/// The groups of the catalogue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the names are the groups")]
pub enum Group {
    Sharing,
    Iteration,
    Scope,
    Deadlock,
    Atomicity,
    Robustness,
    Strategy,
    Suppressions,
}

impl Group {
    /// Every group, in the order of the catalogue.
    pub const ALL: [Group; 8] = [
        Group::Sharing,
        Group::Iteration,
        Group::Scope,
        Group::Deadlock,
        Group::Atomicity,
        Group::Robustness,
        Group::Strategy,
        Group::Suppressions,
    ];

    /// Its name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Group::Sharing => "sharing",
            Group::Iteration => "iteration",
            Group::Scope => "scope",
            Group::Deadlock => "deadlock",
            Group::Atomicity => "atomicity",
            Group::Robustness => "robustness",
            Group::Strategy => "strategy",
            Group::Suppressions => "suppressions",
        }
    }
}
