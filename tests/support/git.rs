//! Temporary repositories.

use std::path::Path;
use std::process::Command;

use super::Project;

/// Runs git in `dir`, apart from the configuration of whoever runs the tests.
#[track_caller]
pub(crate) fn git(dir: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    for name in ["AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL"] {
        command.env(format!("GIT_{name}"), "test@localhost");
    }
    let output = command
        .args(["-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"])
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .current_dir(dir)
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

impl Project {
    /// Runs git in it.
    #[track_caller]
    pub(crate) fn git(self, args: &[&str]) -> Project {
        git(self.path(), args);
        self
    }

    /// Commits everything, in a repository that is made where there is none.
    #[track_caller]
    pub(crate) fn commit(self) -> Project {
        if !self.join(".git").exists() {
            git(self.path(), &["init", "--quiet"]);
        }
        self.git(&["add", "--all"]).git(&["commit", "--quiet", "--message", "state"])
    }
}
