//! Suppressions, and what is said about them.

mod support;

use support::{DELETE, Project, of_reason};

/// A function with `let _ = m.lock();` where `before` stands on the line above and `after` behind it.
fn underscore(before: &str, after: &str) -> Project {
    let before = if before.is_empty() { String::new() } else { format!("    {before}\n") };
    let text = format!(
        "use std::sync::Mutex;\n\npub fn warm_up(m: &Mutex<u32>) {{\n{before}    let _ = m.lock(); {after}\n    println!(\"warm\");\n}}\n"
    );
    Project::lib(&text)
}

#[test]
fn a_comment_counts_on_the_line_and_on_the_line_above() {
    let comment = "// safe-map-lint: allow(let_underscore_guard) -- only waits";
    assert!(underscore(comment, "").lints(&[]).is_empty());
    assert!(underscore("", comment).lints(&[]).is_empty());
}

#[test]
fn a_comment_before_an_item_covers_the_item() {
    let comment = "// safe-map-lint: allow(let_underscore_guard) -- only waits\n/// Documented.\n#[inline]\n";
    let text = support::UNDERSCORE.replace("pub fn", &format!("{comment}pub fn"));
    assert!(Project::lib(&text).lints(&[]).is_empty());
}

#[test]
fn a_group_and_expect_work_too() {
    assert!(underscore("// safe-map-lint: allow(scope) -- only waits", "").lints(&[]).is_empty());
    assert!(
        underscore("// safe-map-lint: expect(let_underscore_guard) -- only waits", "").lints(&[]).is_empty()
    );
}

#[test]
fn a_comment_counts_at_the_acquire() {
    let text = DELETE.replace(
        "    for",
        "    // safe-map-lint: allow(delete_during_iteration) -- one thread only\n    for",
    );
    assert!(Project::lib(&text).lints(&[]).is_empty());
}

#[test]
fn a_comment_counts_at_the_declaration() {
    let text = support::STATIC_MUT.replace(
        "static mut",
        "// safe-map-lint: allow(static_mut_map) -- set before any thread starts\nstatic mut",
    );
    assert!(Project::lib(&text).lints(&[]).is_empty());
}

#[test]
fn attributes_count_on_items() {
    let attribute =
        "#[cfg_attr(safe_map_lint, allow(safe_map_lint::let_underscore_guard, reason = \"waits\"))]\n";
    let text = support::UNDERSCORE.replace("pub fn", &format!("{attribute}pub fn"));
    assert!(Project::lib(&text).lints(&[]).is_empty());
    let attribute = "#[safe_map::allow_hazard(let_underscore_guard, reason = \"waits\")]\n";
    let text = support::UNDERSCORE.replace("pub fn", &format!("{attribute}pub fn"));
    assert!(Project::lib(&text).lints(&[]).is_empty());
}

#[test]
fn what_stands_on_a_module_line_covers_the_files_of_the_module() {
    let attribute =
        "#[cfg_attr(safe_map_lint, allow(safe_map_lint::let_underscore_guard, reason = \"waits\"))]";
    let comment = "// safe-map-lint: allow(let_underscore_guard) -- waits";
    for before in [attribute, comment] {
        let lib = format!("mod outer {{\n{before}\nmod quiet;\nmod loud;\n}}\n");
        let project = Project::lib(&lib)
            .file("src/outer/quiet.rs", &format!("mod below;\n{}", support::UNDERSCORE))
            .file("src/outer/quiet/below.rs", support::UNDERSCORE)
            .file("src/outer/loud.rs", support::UNDERSCORE);
        let found = of_reason(&project.json(&[]), "finding");
        let files: Vec<_> = found.iter().map(|it| it["file"].as_str().expect("a file")).collect();
        assert_eq!(files, ["src/outer/loud.rs"], "{before}");
    }
}

#[test]
fn a_module_that_was_not_read_leaves_its_suppression_alone() {
    let attribute =
        "#[cfg_attr(safe_map_lint, allow(safe_map_lint::let_underscore_guard, reason = \"waits\"))]";
    assert!(Project::lib(&format!("{attribute}\n#[cfg(test)]\nmod tests;\n")).lints(&[]).is_empty());
    let needless = Project::lib(&format!("{attribute}\nmod calm;\n")).file("src/calm.rs", "");
    assert_eq!(needless.lints(&[]), ["unused_suppression"]);
}

#[test]
fn a_suppression_silences_its_lint_only() {
    let comment = "// safe-map-lint: allow(double_lock) -- not this one";
    assert_eq!(underscore(comment, "").lints(&[]), ["unused_suppression", "let_underscore_guard"]);
}

#[test]
fn a_missing_reason_is_a_finding_and_silences_all_the_same() {
    let comment = "// safe-map-lint: allow(let_underscore_guard)";
    assert_eq!(underscore(comment, "").lints(&[]), ["suppression_without_reason"]);
}

#[test]
fn an_unknown_lint_is_a_finding_with_the_nearest_name() {
    let comment = "// safe-map-lint: allow(let_underscore_gaurd) -- only waits";
    let found = of_reason(&underscore(comment, "").json(&["--only", "suppressions"]), "finding");
    assert_eq!(found[0]["lint"], "unknown_lint");
}

#[test]
fn a_suppression_of_nothing_is_a_finding_whose_fix_removes_it() {
    let text = "// safe-map-lint: allow(unknown_lint, suppressions) -- never\n// safe-map-lint: allow(all) -- no\nfn f() {}\n";
    let project = Project::lib(text);
    let found = of_reason(&project.json(&[]), "finding");
    assert_eq!(found.len(), 1, "{found:?}");
    let edit = &found[0]["fixes"][0]["edits"][0];
    let place = |key: &str| edit[key].as_u64().expect("a byte") as usize;
    assert_eq!(&text[place("byte_start")..place("byte_end")], "// safe-map-lint: allow(all) -- no\n");
}

#[test]
fn an_unreadable_directive_is_a_finding() {
    assert_eq!(Project::lib("// safe-map-lint: alow(x)\nfn f() {}\n").lints(&[]), ["unused_suppression"]);
}

#[test]
fn a_suppression_in_a_doc_comment_silences_nothing_and_is_said() {
    let doc = "/// safe-map-lint: allow(let_underscore_guard) -- waits\n";
    let project = Project::lib(&support::UNDERSCORE.replace("pub fn", &format!("{doc}pub fn")));
    assert_eq!(project.lints(&[]), ["unused_suppression", "let_underscore_guard"]);
    let run = project.run(&["--message-format", "short"]);
    assert!(
        run.stdout.starts_with("src/lib.rs:3:1: warn: this suppression stands in a doc comment"),
        "{run:?}"
    );
    let fixed = project.run(&["--fix", "--allow-no-vcs"]);
    assert!(fixed.stderr.contains("applied: 0 fixes"), "{fixed:?}");
    project.run(&["--fix", "--unsafe-fixes", "--allow-no-vcs", "--only", "unused_suppression"]);
    let text = std::fs::read_to_string(project.join("src/lib.rs")).expect("a file");
    assert!(text.contains(&format!("\n{}", &doc[1..])), "{text}");
    assert!(project.lints(&[]).is_empty(), "{text}");
    let prose = "/// safe-map-lint: allow it\n/// // safe-map-lint: allow(double_lock) -- an example\npub fn f() {}\n";
    assert!(Project::lib(prose).lints(&[]).is_empty());
}

#[test]
fn lints_that_did_not_run_are_not_called_unused() {
    let comment = "// safe-map-lint: allow(let_underscore_guard) -- only waits";
    assert!(underscore(comment, "").lints(&["-A", "let_underscore_guard"]).is_empty());
}

#[test]
fn suppressed_findings_are_shown_on_request_with_their_reason() {
    let project = underscore("// safe-map-lint: allow(let_underscore_guard) -- only waits", "");
    let found = of_reason(&project.json(&["--show-suppressed"]), "finding");
    assert_eq!(found[0]["suppressed"]["reason"], "only waits");
    project.run(&["--show-suppressed"]).succeeds();
}

#[test]
fn a_forbidden_lint_is_not_silenced() {
    let project = underscore("// safe-map-lint: allow(let_underscore_guard) -- only waits", "");
    // What the flag voids is not called unused, or a fix would take it away for good.
    assert_eq!(project.lints(&["--forbid", "let_underscore_guard"]), ["let_underscore_guard"]);
}

#[test]
fn ten_thousands_of_comments_take_their_time_once() {
    let comment = "// safe-map-lint: allow(let_underscore_guard) -- waits\n";
    let text =
        format!("{}{}", comment.repeat(40_000), support::UNDERSCORE.replace("use std::sync::Mutex;\n\n", ""));
    let project = Project::lib(&text.replace("Mutex", "std::sync::Mutex"));
    assert!(project.lints(&[]).is_empty());
}

#[test]
fn a_comment_of_several_lines_covers_what_follows_it() {
    let comment = "/* safe-map-lint: allow(let_underscore_guard) -- it\n       only waits */";
    assert!(underscore(comment, "").lints(&[]).is_empty());
}

#[test]
fn what_clippy_was_told_about_guards_counts_here_and_nothing_is_asked_of_it() {
    let text = "use std::sync::Mutex;\n\n#[expect(clippy::await_holding_lock)]\npub async fn f(m: &Mutex<u32>) {\n    let _g = m.lock();\n    std::future::pending::<()>().await;\n}\n";
    assert!(Project::lib(text).lints(&[]).is_empty());
    let other = text.replace("await_holding_lock", "await_holding_refcell_ref, clippy::let_underscore_lock");
    assert!(Project::lib(&other).lints(&[]).is_empty());
    let unrelated = text.replace("await_holding_lock", "needless_return");
    assert_eq!(Project::lib(&unrelated).lints(&[]), ["guard_across_await"]);
    let idle = text.replace("    std::future::pending::<()>().await;\n", "");
    assert!(Project::lib(&idle).lints(&[]).is_empty());
}
