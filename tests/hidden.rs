//! What a terminal would obey never reaches one: text of sources, names of files, reasons and baselines.

// Other systems have no files of such names.
#![cfg(unix)]

mod support;

use support::{Project, UNDERSCORE};

/// An escape sequence, a bell, C1's form of the same, a mark that turns the direction of text, a carriage return.
const HOSTILE: &str = "\u{1b}[2J\u{7}\u{9b}31m\u{202e}\u{2066}\r!";

/// Whether a terminal or a reader could be fooled by `text`, which has none of our own colours.
fn hides_something(text: &str) -> bool {
    let is_hidden =
        |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') || c.is_control();
    text.contains(|c| is_hidden(c) && c != '\n')
}

/// A finding whose line, whose file and whose neighbour's reason are hostile.
fn project() -> Project {
    let reason = HOSTILE.replace('\r', "");
    let suppressed =
        format!("    // safe-map-lint: allow(let_underscore_guard) -- {reason}\n    let _ = m.lock();\n");
    let twin = UNDERSCORE.replace("warm_up", "twin").replace("    let _ = m.lock();\n", &suppressed);
    let twin = twin.replace("use std::sync::Mutex;\n", "");
    let text = UNDERSCORE.replace("let _ =", &format!("/*{}*/ let _ =", HOSTILE.replace('\r', "")));
    let lib = format!("#[path = \"a{}.rs\"]\nmod a;\n", "\u{1b}[31m\u{202e}");
    Project::lib(&lib).file("src/a\u{1b}[31m\u{202e}.rs", &format!("{text}{twin}"))
}

#[test]
fn no_format_hides_anything() {
    let project = project();
    for format in
        ["human", "short", "json", "sarif", "github", "gitlab", "junit", "markdown", "rustc-json", "html"]
    {
        let run = project.run(&["--message-format", format, "--show-suppressed", "-v", "--statistics"]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(!hides_something(&run.stdout), "{format}: {:?}", run.stdout);
        assert!(!hides_something(&run.stderr), "{format}: {:?}", run.stderr);
    }
    for by in ["file", "lock", "lint"] {
        let run = project.run(&["--group-by", by]);
        assert!(!hides_something(&run.stdout), "{by}: {:?}", run.stdout);
    }
}

#[test]
fn people_see_what_is_there() {
    let run = project().run(&["--show-suppressed"]);
    assert!(run.stdout.contains("--> src/a\\u{1b}[31m\\u{202e}.rs:4:"), "{run:?}");
    assert!(run.stdout.contains("/*\\u{1b}[2J\\u{7}\\u{9b}31m\\u{202e}\\u{2066}!*/ let _"), "{run:?}");
    assert!(run.stdout.contains("(suppressed: \\u{1b}[2J"), "{run:?}");
}

#[test]
fn carets_stand_under_their_code() {
    let run = project().run(&[]);
    let lines: Vec<&str> = run.stdout.lines().collect();
    let code = lines.iter().position(|line| line.contains("m.lock()")).expect("the code");
    assert_eq!(lines[code].find("m.lock()"), lines[code + 1].find('^'), "{run:?}");
}

#[test]
fn lines_that_end_as_on_windows_are_drawn_without_their_ends() {
    let run = Project::lib(&UNDERSCORE.replace('\n', "\r\n")).run(&[]);
    assert!(run.stdout.contains("let _ = m.lock();\n"), "{run:?}");
    assert!(!hides_something(&run.stdout), "{run:?}");
}

#[test]
fn programs_read_the_same_text() {
    let findings = support::of_reason(&project().json(&[]), "finding");
    assert_eq!(findings[0]["file"], "src/a\u{1b}[31m\u{202e}.rs");
}

#[test]
fn what_is_incomplete_stale_or_wrong_hides_nothing() {
    let broken = Project::lib("mod bad;\n").file("src/bad.rs", &format!("fn f() {{ {HOSTILE} }} fn g( {{\n"));
    let run = broken.run(&[]);
    assert!(run.stderr.contains("not analysed: src/bad.rs"), "{run:?}");
    assert!(!hides_something(&run.stderr), "{:?}", run.stderr);

    let project = project();
    project.run(&["baseline", "update"]).succeeds();
    let shown = project.run(&["baseline", "show"]);
    assert!(!hides_something(&shown.stdout), "{shown:?}");
    let baseline = project.join("safe-map-lint-baseline.json");
    let text = std::fs::read_to_string(&baseline).expect("a baseline");
    std::fs::write(&baseline, text.replace("m.lock()", "n.\\u001b[2J\\u202elock()")).expect("a file");
    let run = project.run(&[]);
    assert!(run.stderr.contains("stale in the baseline") && run.stderr.contains("n.\\u{1b}[2J"), "{run:?}");
    assert!(!hides_something(&run.stderr), "{:?}", run.stderr);

    for args in [&["no\u{202e}file"][..], &["--only", "x\u{202e}"], &["--message-format", "x\u{202e}"]] {
        let run = project.run(args);
        assert!(run.code == 2 && run.stderr.contains("\\u{202e}"), "{run:?}");
        assert!(!hides_something(&run.stderr), "{:?}", run.stderr);
    }
}

#[test]
fn what_is_asked_about_places_hides_nothing() {
    let project = project();
    let file = "src/a\u{1b}[31m\u{202e}.rs";
    let held = project.run(&["held", &format!("{file}:4")]);
    assert!(held.code == 0 && !hides_something(&held.stdout), "{held:?}");
    let found = support::of_reason(&project.json(&[]), "finding");
    let told = project.run(&["explain", found[0]["fingerprint"].as_str().expect("a fingerprint")]);
    assert!(told.code == 0 && !hides_something(&told.stdout), "{told:?}");
    let maps = "use std::{collections::HashMap, sync::Mutex};\npub struct S { m: Mutex<HashMap<u32, u32>> }\nimpl S {\n    \
        pub fn f(&self) { self.m.lock().unwrap().insert(1, 1); }\n}\n";
    let lib = "#[path = \"a\u{1b}[31m.rs\"]\nmod a;\n";
    let project = Project::lib(lib).file("src/a\u{1b}[31m.rs", maps);
    for args in [&["maps", "-v"][..], &["maps", "--message-format", "json"]] {
        let run = project.run(args);
        assert!(run.code == 0 && run.stdout.contains("1b"), "{run:?}");
        assert!(!hides_something(&run.stdout), "{args:?}: {:?}", run.stdout);
    }
}
