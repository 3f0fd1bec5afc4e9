//! Every form of a suppression, `allow` and `expect` in each, and the fixes of what is wrong with one.

mod support;

use serde_json::Value;
use support::{Project, STATIC_MUT, UNDERSCORE, of_reason};

/// Each form of a suppression of the lint, above an item; the attributes among them as they compile.
fn forms(lint: &str) -> Vec<String> {
    let word = |word: &str| {
        [
            format!("// safe-map-lint: {word}({lint}) -- only waits\n"),
            format!("/* safe-map-lint: {word}({lint}) -- only waits */\n"),
            format!("#[safe_map::{word}_hazard({lint}, reason = \"only waits\")]\n"),
            format!("#[cfg_attr(safe_map_lint, {word}(safe_map_lint::{lint}, reason = \"only waits\"))]\n"),
            format!("#[{word}(safe_map_lint::{lint}, reason = \"only waits\")]\n"),
        ]
    };
    [word("allow"), word("expect")].concat()
}

fn above_item(form: &str) -> Project {
    Project::lib(&UNDERSCORE.replace("pub fn", &format!("{form}pub fn")))
}

fn above_statement(form: &str) -> Project {
    Project::lib(&UNDERSCORE.replace("    let _", &format!("    {form}    let _")))
}

/// The text of `src/lib.rs` after the only fix of the only finding.
fn mended(project: &Project, lint: &str) -> String {
    let found = of_reason(&project.json(&["-W", lint]), "finding");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["lint"], lint);
    let mut text = std::fs::read_to_string(project.join("src/lib.rs")).expect("the file");
    let mut edits: Vec<&Value> = found[0]["fixes"][0]["edits"].as_array().expect("a fix").iter().collect();
    let place = |edit: &Value, key: &str| edit[key].as_u64().expect("a byte") as usize;
    edits.sort_by_key(|edit| std::cmp::Reverse(place(edit, "byte_start")));
    for edit in edits {
        let range = place(edit, "byte_start")..place(edit, "byte_end");
        text.replace_range(range, edit["replacement"].as_str().expect("a text"));
    }
    text
}

#[test]
fn each_form_silences_its_item() {
    for form in forms("let_underscore_guard") {
        assert!(above_item(&form).lints(&[]).is_empty(), "{form}");
    }
}

#[test]
fn each_form_silences_its_statement() {
    for form in forms("let_underscore_guard") {
        assert!(above_statement(&form).lints(&[]).is_empty(), "{form}");
    }
}

#[test]
fn each_form_silences_at_the_declaration_too() {
    let declaration = "pub struct Store {\n    pub lock: std::sync::Mutex<u32>,\n}\n\nimpl Store {\n    pub async fn tick(&self) {\n        \
                       let turn = self.lock.lock();\n        std::future::pending::<()>().await;\n        drop(turn);\n    }\n}\n";
    assert_eq!(Project::lib(declaration).lints(&[]), ["guard_across_await"]);
    for form in forms("guard_across_await") {
        let text = declaration.replace("    pub lock", &format!("    {form}    pub lock"));
        assert!(Project::lib(&text).lints(&[]).is_empty(), "{form}");
    }
    for form in forms("static_mut_map") {
        let text = STATIC_MUT.replace("static mut", &format!("{form}static mut"));
        assert!(Project::lib(&text).lints(&[]).is_empty(), "{form}");
    }
}

#[test]
fn attributes_of_a_file_and_of_an_inner_module_count() {
    for attribute in [
        "#![allow(safe_map_lint::let_underscore_guard, reason = \"waits\")]\n",
        "#![cfg_attr(safe_map_lint, expect(safe_map_lint::let_underscore_guard, reason = \"waits\"))]\n",
    ] {
        assert!(Project::lib(&format!("{attribute}{UNDERSCORE}")).lints(&[]).is_empty(), "{attribute}");
        let inner = format!("mod inner {{\n{attribute}{UNDERSCORE}}}\n");
        assert!(Project::lib(&inner).lints(&[]).is_empty(), "{attribute}");
    }
}

#[test]
fn each_form_that_silences_nothing_is_removed_by_its_fix() {
    for form in forms("double_lock") {
        let text = format!("fn a() {{}}\n{form}fn f() {{}}\n");
        let project = Project::lib(&text);
        let found = of_reason(&project.json(&[]), "finding");
        let expected = if form.contains("expect") {
            "`double_lock` is expected here and not found"
        } else {
            "silences nothing"
        };
        assert!(found[0]["message"].as_str().expect("a text").contains(expected), "{form}: {found:?}");
        assert_eq!(mended(&project, "unused_suppression"), "fn a() {}\nfn f() {}\n", "{form}");
    }
}

#[test]
fn names_that_silence_nothing_go_and_the_others_stay() {
    for form in forms("double_lock, let_underscore_guard, guard_across_await") {
        let form = match form.contains("safe_map_lint::") {
            true => {
                form.replace(", let", ", safe_map_lint::let").replace(", guard", ", safe_map_lint::guard")
            }
            false => form,
        };
        let project = above_item(&form);
        let kept = mended(&project, "unused_suppression");
        let expected = forms("let_underscore_guard");
        assert!(
            expected.iter().any(|it| kept == UNDERSCORE.replace("pub fn", &format!("{it}pub fn"))),
            "{form}{kept}"
        );
        assert!(Project::lib(&kept).lints(&[]).is_empty(), "{kept}");
    }
}

#[test]
fn what_else_an_attribute_says_is_left_alone() {
    for attribute in [
        "#[allow(safe_map_lint::double_lock, dead_code, reason = \"r\")]",
        "#[cfg_attr(safe_map_lint, allow(safe_map_lint::double_lock, reason = \"r\"), inline)]",
    ] {
        let project = Project::lib(&format!("{attribute}\nfn f() {{}}\n"));
        let found = of_reason(&project.json(&[]), "finding");
        assert_eq!(
            (found.len(), &found[0]["lint"], &found[0]["fixes"]),
            (1, &"unused_suppression".into(), &Value::Array(vec![]))
        );
    }
}

#[test]
fn each_form_without_a_reason_gets_one() {
    for form in forms("let_underscore_guard") {
        let bare = form.replace(" -- only waits", "").replace(", reason = \"only waits\"", "");
        let project = above_item(&bare);
        let reasoned = mended(&project, "suppression_without_reason");
        let expected = form.replace("only waits", "TODO: reason");
        assert_eq!(reasoned, UNDERSCORE.replace("pub fn", &format!("{expected}pub fn")));
        assert!(Project::lib(&reasoned).lints(&[]).is_empty(), "{reasoned}");
    }
}

#[test]
fn each_form_with_an_unknown_lint_is_put_right() {
    for form in forms("let_underscore_gaurd") {
        let found = of_reason(&above_item(&form).json(&["--only", "unknown_lint"]), "finding");
        assert_eq!(found.len(), 1, "{form}: {found:?}");
        assert_eq!(found[0]["help"], "did you mean `let_underscore_guard`?");
        let edit = &found[0]["fixes"][0]["edits"][0];
        assert!(edit["replacement"].as_str().expect("a text").ends_with("let_underscore_guard"), "{form}");
        let text = UNDERSCORE.replace("pub fn", &format!("{form}pub fn"));
        let place = |key: &str| edit[key].as_u64().expect("a byte") as usize;
        let mut text = text;
        text.replace_range(
            place("byte_start")..place("byte_end"),
            edit["replacement"].as_str().expect("a text"),
        );
        assert!(Project::lib(&text).lints(&[]).is_empty(), "{text}");
    }
}

#[test]
fn a_level_in_the_configuration_does_not_make_a_suppression_needless() {
    let silenced =
        UNDERSCORE.replace("pub fn", "// safe-map-lint: allow(let_underscore_guard) -- only waits\npub fn");
    let config = "[lints]\nlet_underscore_guard = \"allow\"\n";
    assert!(Project::lib(&silenced).file("safe-map-lint.toml", config).lints(&[]).is_empty());
    let there = "[paths.src.lints]\nlet_underscore_guard = \"allow\"\n";
    assert!(Project::lib(&silenced).file("safe-map-lint.toml", there).lints(&[]).is_empty());
}
