//! The configuration: `safe-map-lint.toml` beside the manifest of a workspace, or a section of it or of a member's manifest.
//!
//! In: where a run looks ([`Search`]). Out: a [`Config`], what the analysis knows, what the lints are told, which levels hold
//! where; or a failure that names file, line and column, and then nothing of the file counts. `find` says where files are,
//! `file` how one is written, and each of the rest reads one part of it: a new key is a field in `file` and one more line
//! in `read`. `show` and `schema` tell what is configured, and what can be.

mod document;
mod entries;
mod file;
mod find;
mod lints;
mod orders;
mod pattern;
mod rules;
mod schema;
mod show;
mod version;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use safe_map_analysis::Settings;
use safe_map_analysis::knowledge::Knowledge;

use crate::failure::Failure;
use file::File;
use find::Found;
pub(crate) use find::{FILE_NAME, workspace_root};
pub use find::{Home, HomeKind, Search};
pub use rules::Rules;
pub(crate) use schema::schema;
pub(crate) use show::{Effective, Level, Said, show};

/// What a run is configured to do.
#[derive(Clone, Debug)]
pub struct Config {
    /// The shipped knowledge with the workspace's own.
    pub knowledge: Arc<Knowledge>,
    /// What the lints are told.
    pub settings: Settings,
    /// What holds for which paths.
    pub rules: Rules,
    /// What the user should know about the files.
    pub notes: Vec<String>,
    files: Arc<[Layer]>,
}

/// A file that was read.
#[derive(Debug)]
struct Layer {
    found: Found,
    file: File,
}

impl Default for Config {
    /// What holds where no file is.
    fn default() -> Config {
        Config {
            knowledge: BUILTIN.clone(),
            settings: Settings::default(),
            rules: Rules::default(),
            notes: Vec::new(),
            files: Arc::from([]),
        }
    }
}

/// The shipped knowledge: read once a process.
static BUILTIN: LazyLock<Arc<Knowledge>> = LazyLock::new(|| Arc::new(Knowledge::builtin()));

/// Reads what every run needs, so that it is at hand when a workspace's own configuration is known.
pub fn prepare() {
    LazyLock::force(&BUILTIN);
}

/// The configuration of the workspace around a directory.
///
/// # Errors
///
/// Those of [`load`].
pub fn around(dir: &Path) -> Result<Config, Failure> {
    load(Search { root: dir, homes: &[], file: None })
}

/// The configuration of a run.
///
/// # Errors
///
/// Where a file cannot be read, is for another version of the tool, or says something that it cannot say.
pub fn load(search: Search<'_>) -> Result<Config, Failure> {
    let layer = |found: Found| {
        version::check(&found.document)?;
        Ok(Layer { file: found.document.parse()?, found })
    };
    let answer = find::all(search)?;
    let layers = answer.found.into_iter().map(layer).collect::<Result<Vec<_>, _>>()?;
    read(layers, answer.notes)
}

fn read(layers: Vec<Layer>, mut notes: Vec<String>) -> Result<Config, Failure> {
    let mut settings = Settings::default();
    let mut rules = Rules::default();
    for Layer { found, file } in &layers {
        settings.allowed_orders.extend(orders::allowed(&found.document, &file.lock_orders)?);
        rules.add(found, file)?;
    }
    rules.sort();
    let knowledge = knowledge(&layers)?;
    notes.extend(rules.missing());
    Ok(Config { knowledge, settings, notes, rules, files: layers.into() })
}

/// The shipped knowledge, with what the files describe where they describe anything.
fn knowledge(layers: &[Layer]) -> Result<Arc<Knowledge>, Failure> {
    let own = layers.iter().filter(|it| it.file.describes_anything());
    let own: Vec<_> = own.map(|it| (&it.found.document, it.file.knowledge())).collect();
    if own.is_empty() {
        return Ok(BUILTIN.clone());
    }
    entries::knowledge(&own).map(Arc::new)
}
