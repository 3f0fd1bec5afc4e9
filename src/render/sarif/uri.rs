//! Paths as URIs.

use std::fmt::Write as _;
use std::path::Path;

use super::log::ArtifactLocation;
use crate::render::View;
use crate::render::paths::slashes;

/// The name of the directory that relative URIs start from. GitHub knows this one.
pub(super) const ROOT: &str = "%SRCROOT%";

/// Where a path of the report is. What is outside of the root has no relative form that readers take.
pub(super) fn artifact(view: &View<'_>, path: &str) -> ArtifactLocation {
    if path.starts_with("../") {
        let real = view.paths.base().join(path);
        return ArtifactLocation { uri: file(&crate::workspace::paths::normalize(&real)), uri_base_id: None };
    }
    if Path::new(path).is_absolute() {
        return ArtifactLocation { uri: file(Path::new(path)), uri_base_id: None };
    }
    ArtifactLocation { uri: encode(path), uri_base_id: Some(ROOT) }
}

/// A directory, which relative URIs can be put behind.
pub(super) fn directory(path: &Path) -> String {
    let uri = file(path);
    if uri.ends_with('/') { uri } else { uri + "/" }
}

fn file(path: &Path) -> String {
    let path = slashes(path);
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{}", encode(&path))
}

/// A path with `/`, everything else that is not plainly a name in its percent form.
fn encode(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~+@=,!".contains(&byte) {
            out.push(byte as char);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_no_uris_are_encoded() {
        assert_eq!(encode("src/a b#ä%.rs"), "src/a%20b%23%C3%A4%25.rs");
        assert_eq!(encode("a:b/c.rs"), "a%3Ab/c.rs");
        assert_eq!(directory(Path::new("/w/my app")), "file:///w/my%20app/");
        assert_eq!(directory(Path::new("/")), "file:///");
    }
}
