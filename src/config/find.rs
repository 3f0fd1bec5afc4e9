//! Where configurations are: beside the manifest of a workspace or in it, and in those of its members.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::document::{Document, Section, has_section, shown};
use crate::failure::Failure;

/// The name of the file.
pub(crate) const FILE_NAME: &str = "safe-map-lint.toml";

/// Where to look.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// A directory of the workspace, or the one that the run is about.
    pub root: &'a Path,
    /// The workspaces and packages that are analysed.
    pub homes: &'a [Home],
    /// `--config`: this file and no other.
    pub file: Option<&'a Path>,
}

/// A directory with a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The directory.
    pub dir: PathBuf,
    /// Whose manifest it is.
    pub kind: HomeKind,
}

/// Whose manifest stands in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HomeKind {
    /// The root's: beside it a file is read.
    Workspace,
    /// A member's, which has a section at most.
    Member,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The workspace's own first, then by directory.
    pub(super) found: Vec<Found>,
    /// Files that are not read.
    pub(super) notes: Vec<String>,
}

/// A configuration and the directory that it speaks of.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) document: Document,
    pub(super) dir: PathBuf,
    pub(super) reach: Reach,
}

/// Which files a configuration speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// All of the run's.
    Everything,
    /// Those below its directory.
    Below,
}

/// All configurations of a run.
///
/// # Errors
///
/// Where one cannot be read, or one directory has two.
pub(super) fn all(search: Search<'_>) -> Result<Answer, Failure> {
    let root = workspace_root(search.root);
    if let Some(file) = search.file {
        let document =
            read(file)?.ok_or_else(|| Failure::usage(format!("`{}`: no such file", file.display())))?;
        let document = Document::new(file, document, Section::Whole);
        let found = Found { document, dir: root.to_owned(), reach: Reach::Everything };
        return Ok(Answer { found: vec![found], notes: Vec::new() });
    }
    let mut homes: BTreeMap<&Path, HomeKind> = BTreeMap::new();
    for Home { dir, kind } in search.homes.iter().filter(|it| it.dir != root) {
        homes.entry(dir).and_modify(|known| *known = (*known).min(*kind)).or_insert(*kind);
    }
    let mut answer = Answer::default();
    answer.add(root, HomeKind::Workspace, Reach::Everything)?;
    for (dir, kind) in homes {
        answer.add(dir, kind, Reach::Below)?;
    }
    Ok(answer)
}

impl Answer {
    fn add(&mut self, dir: &Path, kind: HomeKind, reach: Reach) -> Result<(), Failure> {
        let document = match kind {
            HomeKind::Workspace => of_workspace(dir)?,
            HomeKind::Member => {
                let stray = dir.join(FILE_NAME);
                let note = "is not read: it belongs beside the manifest of the workspace";
                self.notes.extend(stray.is_file().then(|| format!("`{}` {note}", shown(&stray))));
                in_manifest(dir, &[Section::Package])?
            }
        };
        self.found.extend(document.map(|document| Found { document, dir: dir.to_owned(), reach }));
        Ok(())
    }
}

/// The configuration of a workspace: its file, or a section of its manifest.
fn of_workspace(dir: &Path) -> Result<Option<Document>, Failure> {
    let path = dir.join(FILE_NAME);
    let file = read(&path)?.map(|text| Document::new(&path, text, Section::Whole));
    let section = in_manifest(dir, &[Section::Workspace, Section::Package])?;
    match (&file, &section) {
        (Some(first), Some(second)) => Err(twice(first, second)),
        _ => Ok(file.or(section)),
    }
}

/// The section of a manifest. What is wrong with the manifest itself is for cargo to say.
fn in_manifest(dir: &Path, sections: &[Section]) -> Result<Option<Document>, Failure> {
    let path = dir.join("Cargo.toml");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let present = sections.iter().filter(|it| has_section(&text, **it));
    let found: Vec<Document> = present.map(|it| Document::new(&path, text.clone(), *it)).collect();
    match found.as_slice() {
        [first, second, ..] => Err(twice(first, second)),
        _ => Ok(found.into_iter().next()),
    }
}

fn twice(first: &Document, second: &Document) -> Failure {
    let message = format!("configured twice: in {} and in {}", first.name(), second.name());
    Failure::usage(message).with_help("keep one of them")
}

/// The text of a file, where there is one.
fn read(path: &Path) -> Result<Option<String>, Failure> {
    let why = match std::fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => return Ok(Some(text)),
            Err(error) => format!("not valid UTF-8 at byte {}", error.utf8_error().valid_up_to()),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => format!("the file cannot be read: {error}"),
    };
    Err(Failure::usage(format!("`{}`: {why}", path.display())))
}

/// The nearest directory with a `[workspace]`, else the nearest with a manifest, else `dir` itself.
pub(crate) fn workspace_root(dir: &Path) -> &Path {
    let manifests = || dir.ancestors().filter(|it| it.join("Cargo.toml").is_file());
    manifests().find(|it| has_workspace(it)).or_else(|| manifests().next()).unwrap_or(dir)
}

fn has_workspace(dir: &Path) -> bool {
    let text = std::fs::read_to_string(dir.join("Cargo.toml")).unwrap_or_default();
    text.parse::<toml::Table>().is_ok_and(|it| it.contains_key("workspace"))
}
