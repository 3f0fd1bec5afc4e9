//! `safe-map-lint.toml`: own types, functions and macros, allowed orders, and what is said about mistakes in it.

mod support;

use support::{Project, Run, UNDERSCORE, manifest};

/// A lock of the workspace's own, whose source says nothing of locks, and its guard held across an await.
const OWN_LOCK: &str = "pub mod sync {\n    use std::cell::UnsafeCell;\n\n    pub struct Turnstile<T> {\n        value: UnsafeCell<T>,\n    }\n\n    \
    pub struct Turn<'a, T>(&'a T);\n\n    impl<T> Turnstile<T> {\n        pub fn pass(&self) -> Turn<'_, T> {\n            \
    unsafe { wait(&self.value) }\n        }\n    }\n}\n\npub use sync::Turnstile;\n\npub async fn tick(gate: &Turnstile<u32>) {\n    \
    let turn = gate.pass();\n    tokio::time::sleep(std::time::Duration::from_secs(1)).await;\n    drop(turn);\n}\n";

/// What it is.
const OWN_TYPES: &str = r#"
[[type]]
path = "app::sync::Turnstile"
kind = "lock"
params = ["T"]
method = [{ names = ["pass"], lock = "exclusive", hold = "result", returns = "Turn<T>" }]

[[type]]
path = "app::sync::Turn"
kind = "guard"
guard = "blocking"
params = ["T"]
derefs = "T"
"#;

fn configured(text: &str, config: &str) -> Project {
    Project::lib(text).file("safe-map-lint.toml", config)
}

/// What is said about a file that is wrong.
fn rejected(config: &str) -> Run {
    let run = configured("pub fn f() {}\n", config).run(&[]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    run
}

#[test]
fn an_own_lock_is_known_with_the_file_and_unknown_without() {
    assert!(Project::lib(OWN_LOCK).lints(&[]).is_empty());
    let project = configured(OWN_LOCK, OWN_TYPES);
    assert_eq!(project.lints(&[]), ["guard_across_await"]);
    let held = project.run(&["held", "src/lib.rs:21"]).stdout;
    assert!(held.starts_with("Turn of `gate`, taken on line 20"), "{held}");
}

#[test]
fn a_re_export_describes_the_same_type() {
    let config = OWN_TYPES.replace("app::sync::Turnstile", "app::Turnstile");
    assert_eq!(configured(OWN_LOCK, &config).lints(&[]), ["guard_across_await"]);
}

#[test]
fn a_type_of_a_crate_outside_the_workspace() {
    let text = "use gates::sync::Turnstile;\n\npub async fn tick(gate: &Turnstile<u32>) {\n    let turn = gate.pass();\n    \
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;\n    drop(turn);\n}\n";
    assert!(Project::lib(text).lints(&[]).is_empty());
    assert_eq!(configured(text, &OWN_TYPES.replace("app::", "gates::")).lints(&[]), ["guard_across_await"]);
}

#[test]
fn an_own_type_replaces_the_shipped_one() {
    let config = "[[type]]\npath = \"std::sync::Mutex\"\nkind = \"plain\"\n";
    assert_eq!(Project::lib(UNDERSCORE).lints(&[]), ["let_underscore_guard"]);
    assert!(configured(UNDERSCORE, config).lints(&[]).is_empty());
}

#[test]
fn an_own_function_is_known_to_the_analysis_and_to_explain() {
    let text = "use std::sync::Mutex;\n\n\
                pub async fn tick(m: &Mutex<u32>) {\n    let mut guard = m.lock().unwrap();\n    *guard += 1;\n    \
                let kept = pool::give(guard);\n    tokio::time::sleep(std::time::Duration::from_secs(1)).await;\n}\n\
                mod pool {\n    pub fn give<T>(guard: T) -> Kept<T> {\n        Kept(guard)\n    }\n    pub struct Kept<T>(T);\n}\n";
    assert_eq!(Project::lib(text).lints(&[]), ["guard_across_await"]);
    let config = "[[function]]\npaths = [\"app::pool::give\"]\nguard_effect = \"end\"\nwaits = \"network\"\n";
    let project = configured(text, config);
    assert!(project.lints(&[]).is_empty());
    let explained = project.run(&["explain", "app::pool::give"]).stdout;
    assert!(explained.contains("for a peer on the network"), "{explained}");
    Project::lib(text).run(&["explain", "app::pool::give"]).fails(2, "no method that is known");
}

#[test]
fn an_own_macro_is_known_though_its_source_is_there() {
    let text = "use std::sync::Mutex;\n\nmacro_rules! log_it {\n    ($($t:tt)*) => { record(&[$(stringify!($t)),*]) };\n}\n\n\
                pub async fn tick(m: &Mutex<u32>) {\n    let _both = (log_it!(m.lock().unwrap()), pause().await);\n}\n\n\
                async fn pause() {\n    tokio::time::sleep(std::time::Duration::from_secs(1)).await;\n}\n";
    assert!(Project::lib(text).lints(&[]).is_empty());
    let config = "[[macro]]\nnames = [\"log_it\"]\nends_temporaries = false\n";
    assert_eq!(configured(text, config).lints(&[]), ["guard_across_await"]);
}

#[test]
fn the_file_counts_at_the_root_of_the_workspace() {
    let root = "[workspace]\nmembers = [\"app\"]\nresolver = \"3\"\n";
    let project = Project::empty()
        .file("Cargo.toml", root)
        .file("app/Cargo.toml", &manifest("app"))
        .file("app/src/lib.rs", OWN_LOCK);
    let ignored = project.file("app/safe-map-lint.toml", "nonsense");
    assert!(ignored.lints(&[]).is_empty());
    let note = "note: `app/safe-map-lint.toml` is not read: it belongs beside the manifest of the workspace";
    assert!(ignored.run(&[]).stderr.contains(note));
    let project = ignored.file("safe-map-lint.toml", OWN_TYPES);
    for path in [".", "app", "app/src/lib.rs"] {
        assert_eq!(project.lints(&[path]), ["guard_across_await"], "{path}");
    }
}

#[test]
fn a_directory_without_a_manifest_has_its_own() {
    let project = Project::empty().file("lib.rs", UNDERSCORE).file("safe-map-lint.toml", "x = 1\n");
    project.run(&["."]).fails(2, "safe-map-lint.toml:1:1: unknown key `x`");
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_nearest() {
    let run = rejected("[[type]]\npath = \"app::A\"\nkind = \"lock\"\nmetod = []\n");
    run.fails(2, "error: safe-map-lint.toml:4:1: unknown key `metod`");
    run.fails(2, "did you mean `method`?");
    let run = rejected("\n[[function]]\npaths = [\"app::f\"]\n\n[[tyep]]\npath = \"app::A\"\n");
    run.fails(2, "safe-map-lint.toml:5:3: unknown key `tyep`");
    run.fails(2, "did you mean `type`?");
    let run = rejected(
        "[[type]]\npath = \"app::A\"\nkind = \"lock\"\nmethod = [{ names = [\"f\"], retruns = \"u8\" }]\n",
    );
    run.fails(2, "safe-map-lint.toml:4:28: unknown key `retruns`");
    run.fails(2, "did you mean `returns`?");
    rejected("colour = 1\n")
        .fails(2, "known here: `required-version`, `exclude`, `lints`, `paths`, `type`, `function`");
}

#[test]
fn values_of_the_wrong_kind_are_named_with_their_place() {
    let run = rejected("[[type]]\npath = \"app::A\"\nkind = \"lokc\"\n");
    run.fails(2, "safe-map-lint.toml:3:8: unknown value `lokc`");
    run.fails(2, "did you mean `lock`?");
    rejected("[[function]]\npaths = \"app::f\"\n")
        .fails(2, "safe-map-lint.toml:2:9: invalid type: string \"app::f\"");
    rejected("[[type]]\nkind = \"lock\"\n").fails(2, "safe-map-lint.toml:1:1: missing key `path`");
    rejected("[[type]\n").fails(2, "safe-map-lint.toml:1:");
}

#[test]
fn types_that_nobody_knows_are_named_with_their_place() {
    let function = |returns: &str| format!("[[function]]\npaths = [\"app::f\"]\nreturns = \"{returns}\"\n");
    let run = rejected(&function("Option<MutexGaurd<_>>"));
    run.fails(2, "safe-map-lint.toml:3:11: the type `MutexGaurd` is not known");
    run.fails(2, "did you mean `MutexGuard`?");
    rejected(&function("Option<")).fails(2, "safe-map-lint.toml:3:11: a type expected");
    rejected(&function("dashmap::DashMpa<_, _>")).fails(2, "did you mean `dashmap::DashMap`?");
}

#[test]
fn entries_that_name_nothing_are_mistakes() {
    rejected("[[function]]\nwaits = \"disk\"\n").fails(2, "safe-map-lint.toml:1:1: `paths` names nothing");
    rejected("[[macro]]\nnames = []\n").fails(2, "safe-map-lint.toml:1:1: `names` names nothing");
    rejected("[[function]]\npaths = [\"f\"]\n").fails(2, "safe-map-lint.toml:2:10: `f` is no full path");
    rejected("[[type]]\npath = \"crate::A\"\nkind = \"lock\"\n").fails(2, "does not say which crate");
}

#[test]
fn an_allowed_order_has_two_locks_and_a_reason() {
    let order = |then: &str, reason: &str| {
        format!("[[lock-order]]\nfirst = \"app::store::Store.a\"\nthen = \"{then}\"\n{reason}\n")
    };
    let reason = "reason = \"b is a leaf\"";
    configured("pub fn f() {}\n", &order("app::B", reason)).run(&[]).succeeds();
    rejected(&order("app::B", "")).fails(2, "safe-map-lint.toml:1:1: missing key `reason`");
    rejected(&order("app::B", "reason = \" \"")).fails(2, "safe-map-lint.toml:4:10: the reason is empty");
    rejected(&order("Store.b", reason)).fails(2, "safe-map-lint.toml:3:8: `Store` is no full path");
    rejected(&order("app::store::Store.a", reason))
        .fails(2, "safe-map-lint.toml:3:8: an order has two locks");
}

#[test]
fn a_file_that_cannot_be_read_is_no_silence() {
    let project = Project::lib("pub fn f() {}\n").bytes("safe-map-lint.toml", b"# \xff\n");
    project.run(&[]).fails(2, "not valid UTF-8 at byte 2");
    let project = Project::lib("pub fn f() {}\n");
    std::fs::create_dir(project.join("safe-map-lint.toml")).expect("a directory");
    project.run(&[]).fails(2, "safe-map-lint.toml`: the file cannot be read");
}
