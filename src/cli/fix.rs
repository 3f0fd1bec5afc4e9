//! The flags that apply fixes, or show what they would do.

use clap::{ArgGroup, Args};

use crate::fix::Trust;
use crate::fix::vcs::Permits;

/// Fixes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fixes")]
#[command(group(ArgGroup::new("fixing").args(["fix", "diff"]).multiple(true)))]
pub(crate) struct FixArgs {
    /// Apply the fixes that are right as they are, and report what remains
    #[arg(long)]
    fix: bool,
    /// Show what --fix would change as a unified diff, and change nothing; the exit code is 1 where it would change something
    #[arg(long)]
    diff: bool,
    /// With --fix or --diff: the fixes too that may change what the program means
    #[arg(long, requires = "fixing")]
    unsafe_fixes: bool,
    /// Fix files although the working copy has uncommitted changes
    #[arg(long, requires = "fix")]
    allow_dirty: bool,
    /// Fix files although the working copy has staged changes
    #[arg(long, requires = "fix")]
    allow_staged: bool,
    /// Fix files that are not under version control
    #[arg(long, requires = "fix")]
    allow_no_vcs: bool,
}

/// What is done with fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fixing {
    /// They are written into the files.
    Write(Trust, Permits),
    /// They are shown.
    Show(Trust),
}

impl FixArgs {
    /// What is asked for; nothing where fixes are only offered.
    pub(crate) fn fixing(&self) -> Option<Fixing> {
        let trust = if self.unsafe_fixes { Trust::Unsafe } else { Trust::Safe };
        if self.diff {
            return Some(Fixing::Show(trust));
        }
        let permits =
            Permits { dirty: self.allow_dirty, staged: self.allow_staged, no_vcs: self.allow_no_vcs };
        self.fix.then_some(Fixing::Write(trust, permits))
    }
}
