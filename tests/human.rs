//! The report for people: where a finding is and how severe it is stand in its first two lines, as rustc writes them.

mod support;

use support::{DELETE, Project, STATIC_MUT, command};

/// The first two lines of each finding.
fn heads(text: &str) -> Vec<[&str; 2]> {
    let lines: Vec<&str> = text.lines().collect();
    let is_head = |line: &str| ["error[", "warning[", "note["].iter().any(|word| line.starts_with(word));
    lines.windows(2).filter(|two| is_head(two[0])).map(|two| [two[0], two[1]]).collect()
}

const MESSAGE: &str =
    "error[safe_map_lint::delete_during_iteration]: `sessions` is deleted from while it is iterated";

#[test]
fn the_severity_the_code_and_the_primary_place_come_first() {
    let expected = [[MESSAGE, "  --> src/lib.rs:5:9"]];
    for args in [&[][..], &["--group-by", "lint"], &["--group-by", "file"], &["--group-by", "lock"]] {
        let run = Project::lib(DELETE).run(args);
        assert_eq!(heads(&run.stdout), expected, "{args:?}: {run:?}");
    }
    let warned = Project::lib(DELETE).run(&["-W", "delete_during_iteration"]);
    assert!(warned.stdout.starts_with("warning[safe_map_lint::delete_during_iteration]: "), "{warned:?}");
}

#[test]
fn a_suppressed_finding_is_a_note_with_its_reason() {
    let comment =
        "        // safe-map-lint: allow(delete_during_iteration) -- one thread\n        sessions.remove";
    let project = Project::lib(&DELETE.replace("        sessions.remove", comment));
    let shown = project.run(&["--show-suppressed"]).stdout;
    let [[first, second]] = heads(&shown)[..] else { panic!("{shown}") };
    assert!(
        first.starts_with("note[safe_map_lint::") && first.ends_with("(suppressed: one thread)"),
        "{first}"
    );
    assert_eq!(second, "  --> src/lib.rs:6:9");
}

#[test]
fn excerpts_name_the_column_of_their_place() {
    let run = Project::lib(DELETE).run(&[]);
    assert!(run.stdout.contains("[src/lib.rs:5:9]\n"), "{run:?}");
}

#[test]
fn other_files_have_their_place_too() {
    let lib = "mod table;\npub fn prune(t: &table::Table) {\n    for it in t.rows.iter() {\n        t.rows.remove(it.key());\n    }\n}\n";
    let table = "use dashmap::DashMap;\n\npub struct Table {\n    pub rows: DashMap<u32, u32>,\n}\n";
    let run = Project::lib(lib).file("src/table.rs", table).run(&[]);
    assert!(run.stdout.contains("\n  --> src/lib.rs:4:9\n"), "{run:?}");
    assert!(run.stdout.contains("\n  ::: src/table.rs:4:9\n"), "{run:?}");
}

#[test]
fn a_line_that_is_too_long_to_be_drawn_has_its_place() {
    let long = STATIC_MUT.replace("= None;", &format!("= None; // {}", "x".repeat(600)));
    let run = Project::lib(&long).run(&[]);
    assert!(run.stdout.contains("\n  --> src/lib.rs:3:"), "{run:?}");
    assert!(!run.stdout.contains("xxx"), "{run:?}");
}

#[test]
fn the_first_two_lines_are_whole_on_a_narrow_terminal() {
    let project = Project::lib(DELETE);
    let output = command(project.path()).env("COLUMNS", "40").output().expect("the binary runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(heads(&text), [[MESSAGE, "  --> src/lib.rs:5:9"]]);
    let help: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("  help: ")).collect();
    assert!(help.iter().take(2).all(|line| line.len() <= 40), "{text}");
}

#[test]
fn colours_are_asked_for_and_change_no_word() {
    let project = Project::lib(DELETE);
    let run = |color: &str, no_color: &str| {
        let mut command = command(project.path());
        let output = command.env("NO_COLOR", no_color).args(["--color", color]).output();
        support::answer(output.expect("the binary runs")).stdout
    };
    let colored = run("always", "");
    assert!(
        colored.starts_with("\u{1b}[1;31merror[safe_map_lint::delete_during_iteration]\u{1b}[0m"),
        "{colored}"
    );
    assert!(!run("auto", "1").contains('\u{1b}'));
    assert!(!run("never", "").contains('\u{1b}'));
}
