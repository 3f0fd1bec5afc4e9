//! The files that make a repository use the command: what they say and where they go.
//!
//! In: a workspace's root. Out: [`Piece`]s, each a text and the file that it belongs into. Nothing here writes.

use std::path::{Path, PathBuf};

use crate::config;
use crate::workspace::{manifests_below, nearest_manifest, relative};

/// What an own or a shared file says about the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The file, absolute.
    pub(crate) path: PathBuf,
    /// What the file says where it has nothing else to say.
    pub(crate) whole: String,
    /// What is to be added where it has.
    pub(crate) part: String,
    /// What it does, as the end of a sentence.
    pub(crate) purpose: &'static str,
}

/// Where things go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    /// The workspace's root; the repository's where no manifest is around.
    workspace: PathBuf,
    /// The root of the repository around it; the workspace's where there is none.
    repository: PathBuf,
}

/// The systems that can run a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ci {
    Github,
    Gitlab,
}

impl Places {
    /// Those around `dir`.
    pub(crate) fn around(dir: &Path) -> Places {
        let around = config::workspace_root(dir);
        let repository = around.ancestors().find(|it| it.join(".git").exists());
        let repository = repository.unwrap_or(around).to_owned();
        let workspace = if nearest_manifest(dir).is_some() { around.to_owned() } else { repository.clone() };
        Places { workspace, repository }
    }

    /// What a run in the workspace is about, as a sentence.
    pub(crate) fn describe(&self) -> String {
        const SHOWN: usize = 5;
        let own = self.workspace.join("Cargo.toml");
        let manifests = if own.is_file() { vec![own] } else { manifests_below(&self.workspace) };
        let place = match relative(&self.workspace, &self.repository) {
            top if top.is_empty() && self.repository.join(".git").exists() => {
                "the root of the repository".to_owned()
            }
            top if top.is_empty() => format!("`{}`", self.repository.display()),
            below => format!("`{below}`"),
        };
        let names: Vec<String> =
            manifests.iter().take(SHOWN).map(|it| format!("`{}`", self.short(it))).collect();
        let more = manifests.len().saturating_sub(SHOWN);
        match (names.join(", "), more) {
            (names, _) if names.is_empty() => {
                format!("the command runs in {place}, and there is no `Cargo.toml` below it yet")
            }
            (names, 0) if manifests.len() == 1 => {
                format!("the command runs in {place}, on the workspace of {names}")
            }
            (names, 0) => format!("the command runs in {place}, on the workspaces of {names}"),
            (names, more) => {
                format!("the command runs in {place}, on the workspaces of {names} and {more} more")
            }
        }
    }

    /// The system that the repository uses already, else GitHub's.
    pub(crate) fn ci(&self) -> Ci {
        let has = |name: &str| self.repository.join(name).exists();
        if has(".gitlab-ci.yml") && !has(".github/workflows") { Ci::Gitlab } else { Ci::Github }
    }

    /// The job that checks every change.
    pub(crate) fn job(&self, ci: Ci) -> Piece {
        let (name, template) = match ci {
            Ci::Github => (".github/workflows/safe-map-lint.yml", include_str!("templates/workflow.yml")),
            Ci::Gitlab => (".gitlab-ci.yml", include_str!("templates/gitlab-ci.yml")),
        };
        let text = self.filled(template);
        let purpose = "checks every push and every change that is proposed";
        Piece { path: self.repository.join(name), whole: text.clone(), part: text, purpose }
    }

    /// The hook that checks a commit before it is made.
    pub(crate) fn hook(&self) -> Piece {
        let part = self.filled(include_str!("templates/pre-commit.yaml"));
        Piece {
            path: self.repository.join(".pre-commit-config.yaml"),
            whole: format!("repos:\n{part}"),
            part,
            purpose: "checks what a commit changes, once `pre-commit install` has run",
        }
    }

    /// The settings that show findings in the editor.
    pub(crate) fn editor(&self) -> Piece {
        let part = include_str!("templates/settings.json").to_owned();
        Piece {
            path: self.workspace.join(".vscode/settings.json"),
            whole: format!("{{\n{part}}}\n"),
            part,
            purpose: "lets rust-analyzer show findings beside those of `cargo check`",
        }
    }

    /// How messages name a file.
    pub(crate) fn short(&self, path: &Path) -> String {
        relative(path, &self.repository)
    }

    fn filled(&self, template: &str) -> String {
        let directory = match relative(&self.workspace, &self.repository) {
            top if top.is_empty() => ".".to_owned(),
            below => below,
        };
        template.replace("{version}", env!("CARGO_PKG_VERSION")).replace("{directory}", &directory)
    }
}
