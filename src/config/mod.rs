//! The configuration: `safe-map-lint.toml` at the workspace's root.
//!
//! In: the directory that a run starts from. Out: a [`Config`], what the analysis knows and what the lints are told; or a
//! failure that names file, line and column. `find` says where the file is, `file` how it is written, and each of the
//! rest reads one part of it: a new key is a field in `file` and one more line in `read`.

mod document;
mod entries;
mod file;
mod find;
mod orders;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use safe_map_analysis::Settings;
use safe_map_analysis::knowledge::Knowledge;

use crate::failure::Failure;
use document::Document;
pub(crate) use find::workspace_root;

/// What a workspace configures.
#[derive(Clone, Debug)]
pub struct Config {
    /// The shipped knowledge with the workspace's own.
    pub knowledge: Arc<Knowledge>,
    /// What the lints are told.
    pub settings: Settings,
}

impl Default for Config {
    /// What holds where no file is.
    fn default() -> Config {
        Config { knowledge: BUILTIN.clone(), settings: Settings::default() }
    }
}

/// The shipped knowledge: read once a process.
static BUILTIN: LazyLock<Arc<Knowledge>> = LazyLock::new(|| Arc::new(Knowledge::builtin()));

/// Reads what every run needs, so that it is at hand when a workspace's own configuration is known.
pub fn prepare() {
    LazyLock::force(&BUILTIN);
}

/// The configuration of the workspace around `root`.
///
/// # Errors
///
/// Where the file cannot be read or says something that it cannot say.
pub fn load(root: &Path) -> Result<Config, Failure> {
    match find::document(root)? {
        Some(document) => read(&document),
        None => Ok(Config::default()),
    }
}

fn read(document: &Document) -> Result<Config, Failure> {
    let file: file::File = document.parse()?;
    let allowed_orders = orders::allowed(document, &file.lock_orders)?;
    let knowledge = entries::knowledge(document, file.knowledge())?;
    Ok(Config {
        knowledge: Arc::new(knowledge),
        settings: Settings { allowed_orders, ..Settings::default() },
    })
}
