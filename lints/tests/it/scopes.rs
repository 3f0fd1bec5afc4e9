//! The drop scopes of Rust, rule by rule and edition by edition: each case of `cases/` is a snippet whose markers say
//! what is found on which line, and nothing else may be.

use std::path::Path;

use crate::support::{cases, expected, found};

#[test]
fn every_case_has_exactly_the_findings_that_it_marks() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> =
        std::fs::read_dir(directory).expect("the cases").map(|it| it.expect("an entry").path()).collect();
    files.sort();
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a case file");
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_string();
        for case in cases(&text) {
            for edition in &case.editions {
                count += 1;
                let (want, have) = (expected(&case.text, *edition), found(&case.text, *edition));
                if case.needs.is_some() {
                    // What is not seen yet must not be seen by accident: the line that says so goes when it is.
                    if want == have && !want.is_empty() {
                        wrong.push(format!(
                            "{name}: {} ({}): found now, take `needs` away",
                            case.name,
                            edition.as_str()
                        ));
                    }
                    continue;
                }
                let missing: Vec<_> = want.difference(&have).collect();
                let extra: Vec<_> = have.difference(&want).collect();
                if !missing.is_empty() || !extra.is_empty() {
                    wrong.push(format!(
                        "{name}: {} ({}): missing {missing:?}, extra {extra:?}",
                        case.name,
                        edition.as_str()
                    ));
                }
            }
        }
    }
    assert!(count > 100, "only {count} cases were read");
    assert!(wrong.is_empty(), "{} of {count} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
