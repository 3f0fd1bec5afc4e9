//! `--group-by`, `--statistics` and `--max-diagnostics`.

mod support;

use serde_json::Value;
use support::{Project, STATIC_MUT, UNDERSCORE};

/// Two files, three lints, a lock with two findings.
fn project() -> Project {
    let lib = format!("mod other;\n{UNDERSCORE}{STATIC_MUT}");
    let twice = |name: &str| {
        format!(
            "pub fn {name}() {{\n    let a = USERS.lock();\n    let b = USERS.lock();\n    drop((a, b));\n}}\n"
        )
    };
    let other =
        format!("{UNDERSCORE}static USERS: Mutex<u32> = Mutex::new(0);\n{}{}", twice("f"), twice("g"));
    Project::lib(&lib).file("src/other.rs", &other)
}

fn headings(project: &Project, args: &[&str]) -> Vec<String> {
    let run = project.run(args);
    run.stdout.lines().filter(|line| line.starts_with("== ")).map(str::to_owned).collect()
}

#[test]
fn findings_stand_under_headings() {
    let project = project();
    for format in ["human", "short"] {
        let grouped = |by: &str| headings(&project, &["--message-format", format, "--group-by", by]);
        assert_eq!(grouped("file"), ["== src/lib.rs (2 findings)", "== src/other.rs (3 findings)"]);
        assert_eq!(
            grouped("lint"),
            [
                "== let_underscore_guard (2 findings)",
                "== static_mut_map (1 finding)",
                "== double_lock (2 findings)"
            ]
        );
        assert!(
            grouped("lock").contains(&"== app::other::USERS (2 findings)".to_owned()),
            "{:?}",
            grouped("lock")
        );
        assert!(headings(&project, &["--message-format", format]).is_empty());
    }
}

#[test]
fn a_group_has_its_findings_together() {
    let run = project().run(&["--message-format", "short", "--group-by", "lint"]);
    let lints: Vec<&str> =
        run.stdout.lines().filter_map(|line| line.rsplit_once('[')).map(|(_, lint)| lint).collect();
    assert_eq!(
        lints,
        ["let_underscore_guard]", "let_underscore_guard]", "static_mut_map]", "double_lock]", "double_lock]"]
    );
    let limited =
        project().run(&["--message-format", "short", "--group-by", "lint", "--max-diagnostics", "1"]);
    assert_eq!(limited.stdout.lines().count(), 3, "{limited:?}");
}

#[test]
fn statistics_say_how_many_and_what_can_be_fixed() {
    let run = project().run(&["--statistics", "--message-format", "short"]);
    let lines: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("     ")).collect();
    assert_eq!(lines.len(), 3, "{run:?}");
    assert!(lines[0].starts_with("     2  deny   double_lock"), "{run:?}");
    assert!(lines[2].starts_with("     1  deny   static_mut_map"), "{run:?}");
}

#[test]
fn statistics_are_json_where_the_report_is() {
    let run = project().run(&["--statistics", "--message-format", "json"]);
    let lines = run.lines();
    let found = lines.iter().position(|line| line["reason"] == "statistics").expect("statistics");
    assert_eq!(found + 2, lines.len());
    let lints: Vec<(&Value, &Value)> = lines[found]["lints"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| (&row["lint"], &row["count"]))
        .collect();
    assert_eq!(lints[0], (&"double_lock".into(), &2.into()));
    assert_eq!(lints.len(), 3);
    assert!(lines[found]["lints"][0]["fixable"].is_u64());
    assert!(!run.stderr.contains("let_underscore_guard"), "{run:?}");
    assert!(!project().run(&["--message-format", "json"]).stdout.contains("\"statistics\""));
}

#[test]
fn what_is_fixable_is_marked() {
    // A suppression of nothing can be taken out; nothing is offered for a `static mut`.
    let unused = "// safe-map-lint: allow(double_lock) -- no such thing\npub fn f() {}\n";
    let project = Project::lib(&format!("{unused}{STATIC_MUT}"));
    let run = project.run(&["--statistics"]);
    assert!(run.stderr.contains("     1  warn   unused_suppression [*]\n"), "{run:?}");
    assert!(run.stderr.contains("     1  deny   static_mut_map\n"), "{run:?}");
    assert!(run.stderr.contains("\n[*] fixable with `--fix`"), "{run:?}");
    let run = Project::lib(STATIC_MUT).run(&["--statistics"]);
    assert!(!run.stderr.contains("--fix"), "{run:?}");
}
