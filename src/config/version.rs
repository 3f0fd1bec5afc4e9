//! `required-version`: for which versions of the tool a file is.

use semver::{Version, VersionReq};

use super::document::Document;
use super::file::VersionOnly;
use crate::failure::Failure;

/// The version of this tool.
const OWN: &str = env!("CARGO_PKG_VERSION");

/// Checks the version before anything else is read: a file for a younger tool has keys that this one does not know.
///
/// # Errors
///
/// Where the file is for another version, or names none.
pub(super) fn check(document: &Document) -> Result<(), Failure> {
    let file: VersionOnly = document.parse()?;
    let Some(required) = file.required_version else { return Ok(()) };
    let text = required.get_ref();
    let Ok(requirement) = VersionReq::parse(text) else {
        let failure = document.failure(&required.span(), &format!("`{text}` is no requirement of a version"));
        return Err(failure.with_help("write it as for a dependency: `>=0.2, <0.4`"));
    };
    if matches(&requirement, OWN) {
        return Ok(());
    }
    let message = format!("`{text}` is required, and this is version {OWN}");
    let help = format!("install it: `cargo install cargo-safe-map-lint --version '{text}'`");
    Err(document.failure(&required.span(), &message).with_help(help))
}

fn matches(requirement: &VersionReq, own: &str) -> bool {
    Version::parse(own).is_ok_and(|own| requirement.matches(&own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_those_of_dependencies() {
        let fits = |text: &str| matches(&VersionReq::parse(text).expect("a requirement"), "0.3.1");
        assert!(fits(">=0.2") && fits("0.3") && fits("*") && fits("=0.3.1"));
        assert!(!fits("0.2") && !fits(">=1") && !fits("<0.3"));
    }
}
