//! `explain FINGERPRINT`: one finding at length.

mod support;

use support::{DELETE, Project, of_reason};

fn fingerprint(project: &Project) -> String {
    let found = of_reason(&project.json(&[]), "finding").remove(0);
    found["fingerprint"].as_str().expect("a fingerprint").to_owned()
}

#[test]
fn a_finding_is_told_with_places_facts_and_the_page_of_its_lint() {
    let project = Project::lib(DELETE);
    let fingerprint = fingerprint(&project);
    let run = project.run(&["explain", &fingerprint]);
    run.succeeds();
    for part in [
        "sessions.remove(entry.key())",
        "  lint         delete_during_iteration (iteration)\n",
        "  package      app\n",
        &format!("  fingerprint  {fingerprint}\n"),
        "  acquire      src/lib.rs:4:18  iteration starts here",
        "\nwhy\n\n",
        "\nfix\n\n",
    ] {
        assert!(run.stdout.contains(part), "no {part:?} in {}", run.stdout);
    }
}

#[test]
fn the_first_digits_are_enough() {
    let project = Project::lib(DELETE);
    let fingerprint = fingerprint(&project);
    let (short, long) =
        (project.run(&["explain", &fingerprint[..8]]), project.run(&["explain", &fingerprint]));
    assert_eq!(short.stdout, long.stdout);
}

#[test]
fn a_lint_that_is_off_is_told_too() {
    let text = "use dashmap::DashMap;\npub fn f(m: &DashMap<u32, u32>) -> Option<u32> {\n    \
        m.iter().find(|it| *it.value() == 1).map(|it| *it.key())\n}\n";
    let project = Project::lib(text);
    let found = of_reason(&project.json(&["-W", "all"]), "finding").remove(0);
    let run = project.run(&["explain", found["fingerprint"].as_str().expect("a fingerprint")]);
    assert!(run.stdout.contains("full_scan (iteration)"), "{run:?}");
}

#[test]
fn an_unknown_fingerprint_is_an_error() {
    let project = Project::lib(DELETE);
    project
        .run(&["explain", "00000000"])
        .fails(2, "no finding of this workspace has the fingerprint `00000000`");
    project.run(&["explain", "nonsense"]).fails(2, "is no lint, no method that is known and no fingerprint");
}
