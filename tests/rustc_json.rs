//! The format of rustc's messages: rustfix applies what we write, and `--with` passes cargo's own lines through.

mod support;

use std::collections::HashSet;

use rustfix::Filter;
use serde_json::Value;
use support::{DELETE, INVERSION, Project, THROUGH_CALLS, answer, command, of_reason};

const FORMAT: [&str; 2] = ["--message-format", "rustc-json"];

fn messages(project: &Project, args: &[&str]) -> Vec<Value> {
    of_reason(&project.run(&[&FORMAT, args].concat()).lines(), "compiler-message")
}

#[test]
fn a_message_has_cargos_and_rustcs_fields() {
    let message = messages(&Project::lib(DELETE), &[]).remove(0);
    assert!(
        message["package_id"]
            .as_str()
            .is_some_and(|it| it.starts_with("path+file://") && it.ends_with("0.1.0"))
    );
    assert!(message["manifest_path"].as_str().is_some_and(|it| it.ends_with("Cargo.toml")));
    let target = &message["target"];
    assert_eq!(
        (&target["name"], &target["kind"][0], &target["edition"]),
        (&"app".into(), &"lib".into(), &"2024".into())
    );
    let message = &message["message"];
    assert_eq!(message["$message_type"], "diagnostic");
    assert_eq!(message["code"]["code"], "safe_map_lint::delete_during_iteration");
    assert_eq!(message["level"], "error");
    assert!(message["rendered"].as_str().is_some_and(|it| it.contains("src/lib.rs:5")), "{message}");
}

#[test]
fn spans_point_into_the_text() {
    let message = messages(&Project::lib(DELETE), &[]).remove(0);
    let spans = message["message"]["spans"].as_array().expect("spans");
    assert_eq!(spans.iter().filter(|it| it["is_primary"] == true).count(), 1);
    for span in spans {
        let bytes = span["byte_start"].as_u64().expect("a start") as usize
            ..span["byte_end"].as_u64().expect("an end") as usize;
        let line = &span["text"][0];
        let text: String = line["text"]
            .as_str()
            .expect("a line")
            .chars()
            .skip(line["highlight_start"].as_u64().expect("a column") as usize - 1)
            .collect();
        assert!(text.starts_with(DELETE[bytes].lines().next().expect("a line")), "{span}");
        assert!(span["label"].is_string() || span["is_primary"] == true, "{span}");
    }
}

#[test]
fn an_interleaving_is_told_by_notes_with_places() {
    let messages = messages(&Project::lib(INVERSION), &["-W", "preview"]);
    let found =
        messages.iter().find(|it| it["message"]["code"]["code"] == "safe_map_lint::lock_order_inversion");
    let children = found.expect("an inversion")["message"]["children"].as_array().expect("children");
    let steps =
        children.iter().filter(|it| it["message"].as_str().is_some_and(|it| it.starts_with("thread ")));
    assert!(steps.clone().count() >= 4);
    assert!(steps.clone().all(|it| it["spans"][0]["is_primary"] == true && it["level"] == "note"));
}

#[test]
fn the_last_line_says_how_the_run_ended() {
    for (text, success) in [(DELETE, false), ("pub fn f() {}\n", true)] {
        let lines = Project::lib(text).run(&FORMAT).lines();
        let last = lines.last().expect("a line");
        assert_eq!((&last["reason"], &last["success"]), (&"build-finished".into(), &success.into()));
    }
}

/// The text after rustfix has applied what `filter` lets through.
fn fixed(project: &Project, filter: Filter, args: &[&str]) -> String {
    let diagnostics: Vec<String> =
        messages(project, args).iter().map(|it| it["message"].to_string()).collect();
    let suggestions = rustfix::get_suggestions_from_json(&diagnostics.join("\n"), &HashSet::new(), filter)
        .expect("diagnostics");
    let text = std::fs::read_to_string(project.join("src/lib.rs")).expect("a file");
    rustfix::apply_suggestions(&text, &suggestions).expect("edits that agree")
}

#[test]
fn rustfix_applies_what_is_machine_applicable() {
    let unused = "// safe-map-lint: allow(double_lock) -- nothing here\npub fn f() {}\n\n";
    let project = Project::lib(&format!("{unused}{DELETE}"));
    let fixed = fixed(&project, Filter::MachineApplicableOnly, &[]);
    assert_eq!(project.lints(&[]), ["unused_suppression", "delete_during_iteration"]);
    assert_eq!(Project::lib(&fixed).lints(&[]), ["delete_during_iteration"], "{fixed}");
    assert!(syn::parse_file(&fixed).is_ok(), "{fixed}");
}

#[test]
fn rustfix_applies_the_fixes_of_lints() {
    let writes = "use std::collections::HashMap;\nuse std::sync::RwLock;\n\npub struct Prices {\n    by_item: RwLock<HashMap<u64, u64>>,\n}\n\n\
        impl Prices {\n    pub fn of(&self, item: u64) -> Option<u64> {\n        self.by_item.write().unwrap().get(&item).copied()\n    }\n\n    \
        pub fn set(&self, item: u64, price: u64) {\n        self.by_item.write().unwrap().insert(item, price);\n    }\n}\n";
    let constant = "use std::collections::BTreeMap;\nuse std::sync::Mutex;\n\nconst SESSIONS: Mutex<BTreeMap<u64, String>> = Mutex::new(BTreeMap::new());\n\n\
        pub fn open(id: u64, user: String) {\n    SESSIONS.lock().unwrap().insert(id, user);\n}\n";
    for (text, lint) in [(writes, "write_lock_for_read"), (constant, "const_shared_map")] {
        let project = Project::lib(text);
        let only = ["--only", lint];
        assert_eq!(project.lints(&only), [lint]);
        let fixed = fixed(&project, Filter::Everything, &only);
        assert!(syn::parse_file(&fixed).is_ok(), "{fixed}");
        assert!(Project::lib(&fixed).lints(&only).is_empty(), "{fixed}");
    }
}

#[test]
fn suppressed_findings_are_notes_where_they_are_asked_for() {
    let comment =
        "        // safe-map-lint: allow(delete_during_iteration) -- one thread\n        sessions.remove";
    let project = Project::lib(&DELETE.replace("        sessions.remove", comment));
    assert!(messages(&project, &[]).is_empty());
    let shown = messages(&project, &["--show-suppressed"]);
    assert_eq!(shown[0]["message"]["level"], "note");
}

/// A package without dependencies, so that cargo needs no network.
fn offline(text: &str) -> Project {
    Project::empty()
        .file(
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n",
        )
        .file("src/lib.rs", text)
}

#[test]
fn with_check_passes_cargos_lines_through_and_ours_after_them() {
    let project = offline(&format!("fn unused() {{}}\n{THROUGH_CALLS}"));
    let run = project.run(&[&FORMAT[..], &["--with", "check"]].concat());
    let lines = run.lines();
    let code = |it: &Value| it["message"]["code"]["code"].as_str().map(str::to_owned);
    let codes: Vec<String> = of_reason(&lines, "compiler-message").iter().filter_map(code).collect();
    assert_eq!(codes, ["dead_code", "safe_map_lint::double_lock"], "{run:?}");
    assert_eq!(of_reason(&lines, "build-finished").len(), 1);
    assert_eq!(lines.last().expect("a line")["success"], false);
    assert_eq!(run.code, 1);
    let ids: HashSet<String> =
        of_reason(&lines, "compiler-message").iter().map(|it| it["package_id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "one package has one id: {ids:?}");
}

#[test]
fn with_check_ends_with_the_worse_of_the_two() {
    let broken = offline("pub fn f() -> u32 { \"text\" }\n");
    let run = broken.run(&[&FORMAT[..], &["--with", "check"]].concat());
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(run.lines().last().expect("a line")["success"], false);
    let run = broken.run(&["--with", "check"]);
    run.fails(1, "mismatched types");
    run.fails(1, "no findings: 1 file");
    broken.run(&["--with", "check", "--exit-zero"]).fails(1, "mismatched types");
    broken.run(&["--with", "check", "src/none.rs"]).fails(2, "needs one workspace");
    let incomplete = broken.file("src/main.rs", "fn main() { }}\n");
    incomplete.run(&["--error-on", "incomplete"]).fails(3, "src/main.rs");
    incomplete.run(&["--with", "check", "--error-on", "incomplete"]).fails(1, "src/main.rs");
    offline("pub fn f() {}\n").run(&["--with", "check"]).succeeds();
    assert_eq!(offline(THROUGH_CALLS).run(&["--with", "check"]).code, 1);
}

#[test]
fn with_needs_one_workspace_and_cargo() {
    let project = offline("pub fn f() {}\n").file("other/lib.rs", "pub fn f() {}\n");
    project.run(&["--with", "check", ".", "other"]).fails(2, "`--with` needs one workspace");
    let run = command(project.path()).env("CARGO", "/nowhere/cargo").args(["--with", "check"]).output();
    answer(run.expect("runs")).fails(2, "cargo cannot be run");
}
