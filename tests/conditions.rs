//! `--features`, `--target` and `--cfg`: all branches are analysed until a flag leaves some out.

mod support;

use support::{Project, STATIC_MUT, UNDERSCORE, manifest, of_reason};

/// A package with these features, and one finding behind `cfg`.
fn behind(cfg: &str) -> Project {
    let features = "\n[features]\ndefault = [\"base\"]\nbase = []\nextra = [\"deep\"]\ndeep = []\n";
    let text = format!("#[cfg({cfg})]\nmod it {{\n{UNDERSCORE}}}\n");
    Project::lib(&text).file("Cargo.toml", &format!("{}{features}", manifest("app")))
}

fn is_seen(cfg: &str, args: &[&str]) -> bool {
    !behind(cfg).lints(args).is_empty()
}

#[test]
fn without_a_flag_every_branch_is_seen() {
    for cfg in ["feature = \"base\"", "not(feature = \"base\")", "windows", "unix", "loom", "not(loom)"] {
        assert!(is_seen(cfg, &[]), "{cfg}");
    }
}

#[test]
fn features_leave_out_what_is_not_compiled_with_them() {
    let extra = "feature = \"extra\"";
    assert!(is_seen(extra, &["-F", "extra"]) && is_seen(extra, &["--features", "app/extra base"]));
    assert!(!is_seen(extra, &["-F", "base"]) && !is_seen(extra, &["--no-default-features"]));
    assert!(is_seen("feature = \"deep\"", &["-F", "extra"]), "one feature switches on another");
    assert!(is_seen("feature = \"base\"", &["-F", "extra"]), "the default ones are on");
    assert!(!is_seen("feature = \"base\"", &["-F", "extra", "--no-default-features"]));
    assert!(is_seen(extra, &["--all-features"]) && !is_seen("not(feature = \"extra\")", &["--all-features"]));
    assert!(is_seen("loom", &["-F", "extra"]), "what no flag speaks of stays");
}

#[test]
fn a_feature_that_nobody_has_is_a_mistake() {
    let run = behind("unix").run(&["-F", "extar"]);
    run.fails(2, "no package that is analysed has the feature `extar`");
    run.fails(2, "did you mean `extra`?");
    behind("unix").run(&["--all-features", "-F", "extra"]).fails(2, "--all-features");
}

#[test]
fn what_another_member_asks_for_is_on() {
    let lib = |cfg: &str| format!("#[cfg({cfg})]\nmod it {{\n{UNDERSCORE}}}\n");
    let user = format!("{}a = {{ path = \"../a\", features = [\"extra\"] }}\n", manifest("b"));
    let project = |cfg: &str| {
        Project::empty()
            .file("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"3\"\n")
            .file("a/Cargo.toml", &format!("{}\n[features]\nextra = []\nother = []\n", manifest("a")))
            .file("a/src/lib.rs", &lib(cfg))
            .file("b/Cargo.toml", &user)
            .file("b/src/lib.rs", "")
    };
    assert_eq!(project("feature = \"extra\"").lints(&["--no-default-features"]).len(), 1);
    assert_eq!(project("feature = \"other\"").lints(&["--no-default-features"]).len(), 0);
}

#[test]
fn a_target_leaves_out_the_others() {
    let linux = ["--target", "x86_64-unknown-linux-gnu"];
    let windows = ["--target", "x86_64-pc-windows-msvc"];
    assert!(is_seen("unix", &linux) && !is_seen("unix", &windows));
    assert!(is_seen("target_os = \"windows\"", &windows) && !is_seen("target_os = \"windows\"", &linux));
    assert!(is_seen("all(feature = \"extra\", not(windows))", &linux));
    let run = behind("unix").run(&["--target", "x86_64-unknown-linux-gun"]);
    run.fails(2, "did you mean `x86_64-unknown-linux-gnu`?");
}

#[test]
fn a_cfg_is_set_and_its_opposite_left_out() {
    assert!(is_seen("loom", &["--cfg", "loom"]) && !is_seen("not(loom)", &["--cfg", "loom"]));
    assert!(!is_seen("not(backend = \"a\")", &["--cfg", "backend=\"a\""]));
    assert!(is_seen("backend = \"b\"", &["--cfg", "backend=\"a\""]));
    behind("unix").run(&["--cfg", "not(x)"]).fails(2, "expected `name`");
}

#[test]
fn files_and_statements_that_are_left_out_are_not_read() {
    let text = "#[cfg(windows)]\nmod win;\n#[cfg_attr(windows, path = \"win.rs\")]\nmod sys;\n\
                pub fn f(m: &std::sync::Mutex<u32>) {\n    #[cfg(windows)]\n    let _ = m.lock();\n    println!();\n}\n";
    let project = Project::lib(text).file("src/win.rs", STATIC_MUT).file("src/sys.rs", "");
    assert_eq!(project.lints(&[]), ["let_underscore_guard", "static_mut_map"]);
    let linux = ["--target", "x86_64-unknown-linux-gnu"];
    assert!(project.lints(&linux).is_empty());
    let listed = project.run(&[&["--list-files"], linux.as_slice()].concat()).stdout;
    assert_eq!(listed, "src/lib.rs\nsrc/sys.rs\n");
}

#[test]
fn a_suppression_in_what_is_left_out_is_not_called_needless() {
    let comment = "// safe-map-lint: allow(static_mut_map) -- one thread only\n";
    let text = STATIC_MUT.replace("static mut", &format!("{comment}#[cfg(windows)]\nstatic mut"));
    let project = Project::lib(&text);
    assert!(project.lints(&[]).is_empty());
    assert!(project.lints(&["--target", "x86_64-unknown-linux-gnu"]).is_empty());
}

#[test]
fn the_other_branch_is_what_a_name_means() {
    let text = "#[cfg(feature = \"fast\")]\npub type Lock<T> = spin::Mutex<T>;\n#[cfg(not(feature = \"fast\"))]\n\
                pub type Lock<T> = std::cell::OnceCell<T>;\n\npub fn f(m: &Lock<u32>) {\n    let _ = m.lock();\n    println!();\n}\n";
    let manifest = format!("{}spin = \"0.9\"\n\n[features]\nfast = []\n", manifest("app"));
    let project = Project::lib(text).file("Cargo.toml", &manifest);
    assert_eq!(of_reason(&project.json(&["-F", "fast"]), "finding").len(), 1);
    assert_eq!(of_reason(&project.json(&["--no-default-features"]), "finding").len(), 0);
}
