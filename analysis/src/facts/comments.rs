//! Comments that carry a directive for this tool.

use serde::{Deserialize, Serialize};

use crate::name::Name;
use crate::span::Span;

/// `// safe-map-lint: allow(lint, ..) -- reason`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directive {
    /// The comment.
    pub span: Span,
    /// The 0-based line it stands on.
    pub line: u32,
    /// Whether only white space stands before it on its line, so that it speaks of what follows.
    pub alone: bool,
    /// What it says, or why it could not be read.
    pub kind: DirectiveKind,
}

/// What a directive says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DirectiveKind {
    /// `allow(..)` or `expect(..)`.
    Allow {
        /// The lints or groups, with the span of each name.
        lints: Vec<(Name, Span)>,
        /// After `--`.
        reason: Option<String>,
        /// `expect`: a suppression that must silence something.
        expect: bool,
    },
    /// Anything else after `safe-map-lint:`, with what is wrong.
    Malformed(String),
}
