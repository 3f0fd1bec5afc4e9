//! Where the configuration is: at the root of the workspace around a directory.

use std::io::ErrorKind;
use std::path::Path;

use super::document::Document;
use crate::failure::Failure;

/// The name of the file.
const NAME: &str = "safe-map-lint.toml";

/// The file of the workspace around `dir`, where there is one.
pub(super) fn document(dir: &Path) -> Result<Option<Document>, Failure> {
    let path = workspace_root(dir).join(NAME);
    let why = match std::fs::read(&path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => return Ok(Some(Document::new(&path, text))),
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
