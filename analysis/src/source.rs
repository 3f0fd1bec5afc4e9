//! A source file as the analysis receives it.

use std::sync::Arc;

use crate::facts::{Edition, FileFacts};
use crate::name::Name;

/// One file with its place in a crate. Reading it from disk is the caller's business.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The path in reports: relative to the root, with `/`.
    pub path: Arc<str>,
    /// Its text as on disk.
    pub text: Arc<str>,
    /// The crate it belongs to.
    pub krate: CrateId,
    /// Its edition.
    pub edition: Edition,
    /// The module that it is, from the crate's root: empty for the root itself.
    pub module: Vec<Name>,
    /// Only compiled for tests, examples or benches.
    pub is_test: bool,
}

/// A crate (a target) of the workspace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct CrateId(pub u32);

/// What is known of a crate from its manifest.
#[derive(Clone, Debug, Default)]
pub struct Crate {
    /// The package's name as in its manifest.
    pub package: String,
    /// The crate's name in code: `-` as `_`.
    pub name: Name,
    /// Names under which code of this crate reaches other crates, and what they are: `(name in code, package, version requirement)`.
    pub dependencies: Vec<Dependency>,
    /// A library that other crates can name.
    pub is_lib: bool,
    /// Code that uses its package is there and is not read: examples, other members of the workspace.
    pub has_unread_users: bool,
    /// Whose it is.
    pub origin: Origin,
}

/// Whose a crate is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Origin {
    /// The workspace's own.
    #[default]
    Workspace,
    /// Somebody else's, read for its types: nothing is looked for in it.
    Dependency,
}

/// One line of a `[dependencies]` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The name in code.
    pub name: Name,
    /// The package, where renamed another than `name`.
    pub package: String,
    /// The version requirement as written, `*` where there is none.
    pub requirement: String,
    /// Only some targets or features ask for it, or only tests.
    pub is_conditional: bool,
    /// The features that the line asks for.
    pub features: Vec<String>,
}

impl Dependency {
    /// The package's own name as code says it, whatever it is called here.
    pub fn crate_name(&self) -> String {
        self.package.replace('-', "_")
    }
}

/// A file of the workspace under analysis, in the order of paths.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct FileId(pub u32);

/// A file together with its facts.
#[derive(Clone, Debug)]
pub struct ParsedFile {
    /// The file.
    pub source: SourceFile,
    /// What it says.
    pub facts: FileFacts,
}

/// Everything the analysis starts from. Files are sorted by path; [`FileId`] is the index.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    /// The crates, in the order of their ids.
    pub crates: Vec<Crate>,
    /// The files.
    pub files: Vec<ParsedFile>,
    /// The modules that several crates have from one file.
    pub shared: Vec<SharedModule>,
}

/// A module of a crate whose file belongs to another crate: one `mod x;` of a library and a binary, a `#[path]`, a link.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SharedModule {
    /// The crate.
    pub krate: CrateId,
    /// The module in it, from its root.
    pub module: Vec<Name>,
    /// The crate that the file belongs to.
    pub owner: CrateId,
    /// The module there.
    pub owner_module: Vec<Name>,
}

impl Workspace {
    /// The file behind an id.
    pub fn file(&self, id: FileId) -> &ParsedFile {
        &self.files[id.0 as usize]
    }

    /// The ids of all files, in order.
    pub fn file_ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..self.files.len() as u32).map(FileId)
    }

    /// Whether a file is of a crate that is read for its types alone.
    pub fn is_outside(&self, id: FileId) -> bool {
        self.krate(self.file(id).source.krate).origin == Origin::Dependency
    }

    /// The crate behind an id.
    pub fn krate(&self, id: CrateId) -> &Crate {
        &self.crates[id.0 as usize]
    }
}

impl Workspace {
    /// A workspace of one file that is a crate of its own: standard input, an editor's buffer, an example.
    pub fn of_text(path: &str, text: &str, edition: Edition) -> Workspace {
        let krate = Crate {
            package: "snippet".to_string(),
            name: Name::new("snippet"),
            dependencies: Vec::new(),
            is_lib: true,
            has_unread_users: false,
            origin: Origin::Workspace,
        };
        let source = SourceFile {
            path: path.into(),
            text: text.into(),
            krate: CrateId(0),
            edition,
            module: Vec::new(),
            is_test: false,
        };
        let facts = crate::facts::lower(text, edition);
        Workspace { crates: vec![krate], files: vec![ParsedFile { source, facts }], shared: Vec::new() }
    }
}
