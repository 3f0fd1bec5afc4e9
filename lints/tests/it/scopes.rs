//! The drop scopes of Rust, rule by rule and edition by edition: each case of `cases/` is a snippet whose markers say
//! what is found on which line, and nothing else may be.

use safe_map_analysis::facts::Edition;

use crate::support::{Case, every_case, expected, found};

#[test]
fn every_case_has_exactly_the_findings_that_it_marks() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in every_case() {
        for edition in &case.editions {
            count += 1;
            let problem = problem(&case, *edition);
            let at = format!("{}: {} ({})", case.file, case.name, edition.as_str());
            wrong.extend(problem.map(|it| format!("{at}: {it}")));
        }
    }
    assert!(count > 100, "only {count} cases were read");
    assert!(wrong.is_empty(), "{} of {count} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_case_says_how_it_is_executed() {
    let silent: Vec<_> = every_case().into_iter().filter(|it| it.run.is_none()).map(|it| it.name).collect();
    assert!(silent.is_empty(), "neither executed nor `run: none`: {silent:?}");
}

/// What is wrong with a case: findings that are missing or extra, or a `needs` that is met.
fn problem(case: &Case, edition: Edition) -> Option<String> {
    let (want, have) = (expected(&case.text, edition), found(case, edition));
    if case.needs.is_some() {
        // What is not seen yet must not be seen by accident: the line that says so goes when it is.
        return (want == have).then(|| "found now, take `needs` away".to_string());
    }
    let missing: Vec<_> = want.difference(&have).collect();
    let extra: Vec<_> = have.difference(&want).collect();
    (want != have).then(|| format!("missing {missing:?}, extra {extra:?}"))
}
