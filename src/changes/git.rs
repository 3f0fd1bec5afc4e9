//! What git knows, asked from the program of that name: as the user runs it, with their configuration of remotes and safe
//! directories.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::failure::Failure;

/// What hooks set for git itself; relative to a directory that is not ours.
const HOOK_VARIABLES: [&str; 5] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"];

/// Lines of context would count as changed, and what users configure for their eyes is not for ours.
const DIFF: [&str; 12] = [
    "-c",
    "core.quotePath=false",
    "diff",
    "--unified=0",
    "--inter-hunk-context=0",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-relative",
    "--find-renames",
    "--submodule=diff",
    "--src-prefix=a/",
];

/// A repository with a working tree.
#[derive(Debug)]
pub(super) struct Repository {
    top: PathBuf,
}

/// A commit, or the tree that it stands for.
#[derive(Debug)]
pub(super) struct Base(String);

impl Repository {
    /// The one that `dir` is in.
    pub(super) fn around(dir: &Path) -> Result<Repository, Failure> {
        let output = run(dir, &["rev-parse", "--show-toplevel"])?;
        match line(&output) {
            Some(top) => Ok(Repository { top: super::os(top).into() }),
            None => Err(no_repository(dir, &output)),
        }
    }

    /// The root of its working tree.
    pub(super) fn top(&self) -> &PathBuf {
        &self.top
    }

    /// Where the branch that is checked out left `revision`. In a repository without commits everything is new.
    pub(super) fn merge_base(&self, revision: &str) -> Result<Base, Failure> {
        if revision == "HEAD" && self.commit("HEAD")?.is_none() {
            let empty = self.ask(&["hash-object", "-t", "tree", "--stdin"])?;
            return Ok(Base(text(&empty.stdout)));
        }
        let Some(commit) = self.commit(revision)? else { return Err(self.unknown(revision)?) };
        let base = self.ask(&["merge-base", &commit, "HEAD"])?;
        match line(&base) {
            Some(_) => Ok(Base(text(&base.stdout))),
            None => Err(self.unrelated(revision)?),
        }
    }

    /// The commit that a revision names.
    fn commit(&self, revision: &str) -> Result<Option<String>, Failure> {
        // Nothing that git could take for a flag.
        if revision.starts_with('-') {
            return Ok(None);
        }
        let output = self.ask(&["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")])?;
        Ok(line(&output).map(text))
    }

    /// The working tree as seen from `base`, as a unified diff without context.
    pub(super) fn diff(&self, base: &Base) -> Result<Vec<u8>, Failure> {
        let args: Vec<&str> = DIFF.into_iter().chain(["--dst-prefix=b/", &base.0, "--"]).collect();
        self.answer(&args)
    }

    /// The files that git neither tracks nor ignores, in submodules too. A repository among them is its directory.
    pub(super) fn untracked(&self) -> Result<Vec<PathBuf>, Failure> {
        let mut found = Vec::new();
        for repository in std::iter::once(self).chain(&self.submodules()?) {
            let listed =
                repository.answer(&["ls-files", "--others", "--exclude-standard", "--full-name", "-z"])?;
            let paths = listed.split(|byte| *byte == 0).filter(|path| !path.is_empty());
            found.extend(paths.map(|path| repository.top.join(super::os(path))));
        }
        Ok(found)
    }

    /// Those that are checked out.
    fn submodules(&self) -> Result<Vec<Repository>, Failure> {
        if !self.top.join(".gitmodules").exists() {
            return Ok(Vec::new());
        }
        let tops = self.answer(&["submodule", "foreach", "--quiet", "--recursive", "pwd"])?;
        let tops = tops.split(|byte| *byte == b'\n').filter(|top| !top.is_empty());
        Ok(tops.map(|top| Repository { top: super::os(top).into() }).collect())
    }

    fn unknown(&self, revision: &str) -> Result<Failure, Failure> {
        let failure =
            Failure::usage(format!("git knows no revision `{revision}` in `{}`", self.top.display()));
        Ok(if self.is_shallow()? {
            failure.with_help(format!("this clone is shallow: {}", FETCH.replace("REF", revision)))
        } else {
            failure.with_help("a branch of a remote is named `origin/main`, and must have been fetched")
        })
    }

    fn unrelated(&self, revision: &str) -> Result<Failure, Failure> {
        let failure = Failure::usage(format!("`{revision}` and HEAD have no common ancestor"));
        Ok(if self.is_shallow()? {
            failure.with_help(format!("this clone is shallow: {}", FETCH.replace("REF", revision)))
        } else {
            failure.with_help("name a revision that HEAD descends from, or give the changes with `--in-diff`")
        })
    }

    fn is_shallow(&self) -> Result<bool, Failure> {
        Ok(line(&self.ask(&["rev-parse", "--is-shallow-repository"])?) == Some(b"true"))
    }

    fn ask(&self, args: &[&str]) -> Result<Output, Failure> {
        run(&self.top, args)
    }

    fn answer(&self, args: &[&str]) -> Result<Vec<u8>, Failure> {
        let output = self.ask(args)?;
        if !output.status.success() {
            return Err(Failure::usage(format!("git failed: {}", text(&output.stderr))));
        }
        Ok(output.stdout)
    }
}

/// What brings the history that a shallow clone lacks.
const FETCH: &str = "fetch the history up to where `REF` was left, with `git fetch --unshallow origin`, or with \
    `fetch-depth: 0` for actions/checkout and `GIT_DEPTH: 0` on GitLab";

fn no_repository(dir: &Path, output: &Output) -> Failure {
    let why = text(&output.stderr);
    if why.contains("dubious ownership") {
        let failure =
            Failure::usage(format!("git does not trust `{}`: it belongs to another user", dir.display()));
        return failure.with_help(format!("git config --global --add safe.directory '{}'", dir.display()));
    }
    let failure = Failure::usage(match why.as_str() {
        "" => format!("`{}` has no working tree", dir.display()),
        _ if why.contains("not a git repository") => {
            format!("`{}` is not in a git repository", dir.display())
        }
        _ => format!("git failed in `{}`: {why}", dir.display()),
    });
    failure.with_help("without git, give the changes as a unified diff with `--in-diff`")
}

fn run(dir: &Path, args: &[&str]) -> Result<Output, Failure> {
    let mut command = Command::new("git");
    command.args(args).current_dir(dir).stdin(std::process::Stdio::null());
    // Messages in English, and no lock on an index that an editor may be using.
    command.env("LC_ALL", "C").env("GIT_OPTIONAL_LOCKS", "0");
    HOOK_VARIABLES.iter().for_each(|name| {
        command.env_remove(name);
    });
    command.output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::usage("`--since` needs the program `git`, which is not installed")
            .with_help("install git, or give the changes as a unified diff with `--in-diff`"),
        _ => Failure::usage(format!("git does not start: {error}")),
    })
}

/// The one line that git has answered.
fn line(output: &Output) -> Option<&[u8]> {
    let line = output.stdout.strip_suffix(b"\n").unwrap_or(&output.stdout);
    (output.status.success() && !line.is_empty()).then_some(line)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}
