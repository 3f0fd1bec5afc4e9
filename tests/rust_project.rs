//! `rust-project.json`: workspaces that another build system builds.

mod support;

use support::{DELETE, Project, UNDERSCORE, incomplete, manifest, of_reason};

const PROJECT: &str = r#"{
    "sysroot_src": "/nowhere",
    "crates": [
        {"display_name": "app", "root_module": "app/main.rs", "edition": "2018", "is_workspace_member": true,
         "deps": [{"crate": 1, "name": "kept"}], "cfg": ["unix", "feature=\"x\""]},
        {"display_name": "store", "root_module": "store/lib.rs", "edition": "2021", "is_workspace_member": false,
         "deps": [{"crate": 2, "name": "maps"}], "cfg": []},
        {"display_name": "dashmap", "root_module": "/nowhere/dashmap/lib.rs", "edition": "2021", "version": "6.1.0",
         "is_workspace_member": false, "deps": []}
    ]
}"#;

/// `app` removes while it iterates over a map that `store` declares; `store` has a finding of its own.
fn project() -> Project {
    let main = "mod prune;\nfn main() { prune::prune(&kept::store()) }\n";
    let prune = "use kept::Store;\n\npub fn prune(store: &Store) {\n    for entry in store.sessions.iter() {\n        \
        store.sessions.remove(entry.key());\n    }\n}\n";
    let store =
        format!("pub struct Store {{\n    pub sessions: maps::DashMap<u32, u32>,\n}}\n\n{UNDERSCORE}");
    Project::empty()
        .file("rust-project.json", PROJECT)
        .file("app/main.rs", main)
        .file("app/prune.rs", prune)
        .file("app/stray.rs", UNDERSCORE)
        .file("store/lib.rs", &store)
}

#[test]
fn members_are_reported_and_other_crates_lend_their_types() {
    let lines = project().json(&[]);
    assert_eq!(incomplete(&lines), [""; 0]);
    let found = of_reason(&lines, "finding");
    assert_eq!(found.len(), 1, "{found:?}");
    let field = |key: &str| found[0][key].as_str().expect("a text").to_owned();
    assert_eq!(field("lint"), "delete_during_iteration");
    assert_eq!(field("file"), "app/prune.rs");
    assert_eq!((field("package"), field("edition")), ("app".to_owned(), "2018".to_owned()));
}

#[test]
fn a_path_inside_or_around_a_crate_finds_the_project() {
    let project = project();
    assert_eq!(project.lints(&["."]), ["delete_during_iteration"]);
    assert_eq!(project.lints(&["app"]), ["delete_during_iteration"]);
    assert_eq!(project.lints(&["-p", "app"]), ["delete_during_iteration"]);
    assert!(project.lints(&["--exclude", "app"]).is_empty());
    project.run(&["-p", "ap"]).fails(2, "did you mean `app`?");
    let held = project.run(&["held", "app/prune.rs:5"]);
    assert!(held.stdout.contains("sessions"), "{held:?}");
}

#[test]
fn a_manifest_speaks_first() {
    let project = project().file("Cargo.toml", &manifest("own")).file("src/lib.rs", UNDERSCORE);
    assert_eq!(project.lints(&[]), ["let_underscore_guard"]);
    assert_eq!(project.lints(&["."]), ["let_underscore_guard"]);
}

#[test]
fn a_project_that_does_not_load_leaves_the_sources() {
    let project = Project::empty().file("rust-project.json", "{\"crates\": 1}").file("a.rs", DELETE);
    for args in [&[][..], &["."]] {
        assert_eq!(project.lints(args), ["delete_during_iteration"]);
        let messages = incomplete(&project.json(args));
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(messages[0].starts_with("rust-project.json: the project does not load: "), "{messages:?}");
    }
}
