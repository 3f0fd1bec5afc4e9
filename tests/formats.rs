//! The formats: their lines have exactly the documented fields, and places are right.

mod support;

use serde_json::Value;
use support::{DELETE, Project, UNDERSCORE, of_reason};

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn sorted<const N: usize>(mut names: [&str; N]) -> Vec<&str> {
    names.sort_unstable();
    names.to_vec()
}

#[test]
fn json_lines_have_exactly_the_documented_fields() {
    let lines = Project::lib(DELETE).json(&[]);
    assert_eq!(keys(&lines[0]), sorted(["reason", "schema_version", "tool_version", "root"]));
    assert_eq!(lines[0]["schema_version"], 1);
    let summary = lines.last().expect("a summary");
    let fields = ["reason", "files", "parsed", "lines", "maps", "findings", "incomplete", "elapsed_ms"];
    assert_eq!(keys(summary), sorted(fields));
    assert_eq!(keys(&summary["findings"]), sorted(["deny", "warn", "allow"]));
}

#[test]
fn json_findings_have_exactly_the_documented_fields() {
    let found = of_reason(&Project::lib(DELETE).json(&[]), "finding").remove(0);
    let location = ["file", "line", "column", "end_line", "end_column", "byte_start", "byte_end"];
    let own = [
        "reason",
        "lint",
        "group",
        "level",
        "confidence",
        "url",
        "message",
        "lock",
        "package",
        "edition",
        "item",
    ];
    let rest = ["labels", "note", "help", "interleaving", "fixes", "suppressed", "fingerprint"];
    let mut expected = [&own[..], &location[..], &rest[..]].concat();
    expected.sort_unstable();
    assert_eq!(keys(&found), expected);
    for label in found["labels"].as_array().expect("labels") {
        let mut expected = [&["role", "message"][..], &location[..]].concat();
        expected.sort_unstable();
        assert_eq!(keys(label), expected);
    }
    assert_eq!((&found["package"], &found["edition"]), (&"app".into(), &"2024".into()));
}

#[test]
fn json_fields_keep_their_documented_order() {
    let run = Project::lib(DELETE).run(&["--message-format", "json"]);
    let line = run.stdout.lines().nth(1).expect("a finding");
    let names = [
        "reason",
        "lint",
        "level",
        "message",
        "package",
        "file",
        "byte_end",
        "labels",
        "fixes",
        "fingerprint",
    ];
    let places: Vec<_> = names.iter().map(|name| line.find(&format!("\"{name}\":"))).collect();
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{line}");
}

#[test]
fn an_incomplete_line_has_a_file_a_line_and_a_message() {
    let lines = Project::lib("mod missing;\n").json(&[]);
    let incomplete = of_reason(&lines, "incomplete").remove(0);
    assert_eq!(keys(&incomplete), sorted(["reason", "file", "line", "message"]));
    assert_eq!((&incomplete["file"], &incomplete["line"]), (&"src/lib.rs".into(), &1.into()));
}

#[test]
fn bytes_lines_and_columns_are_of_the_file_on_disk() {
    let text =
        format!("\u{feff}// ä\r\n{}", UNDERSCORE.replace("\n", "\r\n").replace("    let", "/*ä*/ let"));
    let project = Project::lib(&text);
    let found = of_reason(&project.json(&[]), "finding").remove(0);
    let (start, end) = (found["byte_start"].as_u64(), found["byte_end"].as_u64());
    let span = start.expect("a start") as usize..end.expect("an end") as usize;
    let shown = text.get(span.clone()).expect("on character boundaries");
    assert!(shown.contains("m.lock()"), "{shown}");
    let before = &text[..span.start];
    assert_eq!(found["line"], before.matches('\n').count() as u64 + 1);
    let line_start = before.rfind('\n').expect("not the first line") + 1;
    assert_eq!(found["column"], before[line_start..].chars().count() as u64 + 1);
}

#[test]
fn short_is_one_line_a_finding() {
    let run = Project::lib(UNDERSCORE).run(&["--message-format", "short"]);
    let line = run.stdout.lines().next().expect("a finding");
    assert!(line.starts_with("src/lib.rs:4:"), "{line}");
    assert!(line.contains(": deny: ") && line.ends_with("[let_underscore_guard]"), "{line}");
}

#[test]
fn human_shows_code_excerpt_and_help_without_escapes_in_a_file() {
    let run = Project::lib(DELETE).run(&[]);
    for part in
        ["safe_map_lint::delete_during_iteration", "src/lib.rs:", "sessions.remove(entry.key())", "help: "]
    {
        assert!(run.stdout.contains(part), "no {part:?} in {}", run.stdout);
    }
    assert!(!run.stdout.contains('\u{1b}'));
    let colored = Project::lib(DELETE).run(&["--color", "always"]);
    assert!(colored.stdout.contains('\u{1b}'));
}

#[test]
fn carets_say_something() {
    let text = "// safe-map-lint: allow(all) -- no\nfn f() {}\n";
    let run = Project::lib(text).run(&[]);
    assert!(run.stdout.contains("`-- here"), "{}", run.stdout);
}

#[test]
fn a_fingerprint_survives_a_shift_of_lines() {
    let fingerprint =
        |text: &str| of_reason(&Project::lib(text).json(&[]), "finding")[0]["fingerprint"].clone();
    let shifted = format!("// a comment\n\n{UNDERSCORE}");
    assert_eq!(fingerprint(UNDERSCORE), fingerprint(&shifted));
}
