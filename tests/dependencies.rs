//! `--with-dependencies`: packages outside of the workspace are read for what they declare, and nothing is reported in them.

mod support;

use std::path::Path;

use support::{Project, Run, answer, command, of_reason};

/// A library with an accessor that hands out a guard, an alias of a locked map, a static map, and a finding of its own.
const STORE: &str = "use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, RwLock, RwLockWriteGuard};

pub type Sessions = RwLock<HashMap<u64, String>>;

pub static CACHE: LazyLock<Mutex<HashMap<u64, u64>>> = LazyLock::new(Default::default);

pub struct Store {
    sessions: Sessions,
}

impl Store {
    pub fn sessions(&self) -> RwLockWriteGuard<'_, HashMap<u64, String>> {
        self.sessions.write().unwrap()
    }

    pub fn count(&self) -> usize {
        self.sessions.read().unwrap().len()
    }

    pub fn warm_up(&self) {
        let _ = self.sessions.write();
        println!(\"warm\");
    }
}
";

/// Two deadlocks: one through an accessor and a method of `store`, one through its alias.
const APP: &str = "use store::{Sessions, Store};

pub fn evict(store: &Store, id: u64) -> usize {
    let mut sessions = store.sessions();
    sessions.remove(&id);
    store.count()
}

pub fn both(sessions: &Sessions) -> usize {
    let all = sessions.write().unwrap();
    all.len() + sessions.read().unwrap().len()
}
";

fn package(name: &str, version: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\n\n[dependencies]\n{dependencies}\n"
    )
}

/// `app` beside an empty `home` of cargo, depending on `dependency`.
fn app(dependency: &str) -> Project {
    Project::empty()
        .file("app/Cargo.toml", &package("app", "0.1.0", dependency))
        .file("app/src/lib.rs", APP)
        .file("home/README", "no package is downloaded\n")
}

/// The same with a lock file that takes `store` from `source`.
fn locked(source: &str) -> Project {
    app("store = \"1\"").file(
        "app/Cargo.lock",
        &format!(
            "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"store\"]\n\n\
             [[package]]\nname = \"store\"\nversion = \"1.2.0\"\nsource = \"{source}\"\n"
        ),
    )
}

fn with_store(project: Project, dir: &str) -> Project {
    project
        .file(&format!("{dir}/Cargo.toml"), &package("store", "1.2.0", ""))
        .file(&format!("{dir}/src/lib.rs"), STORE)
}

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn run(project: &Project, args: &[&str]) -> Run {
    let home = project.join("home");
    answer(
        command(&project.join("app")).env("CARGO_HOME", home).args(args).output().expect("the binary runs"),
    )
}

/// The lints that fire, as `lint file`.
fn found(project: &Project, args: &[&str]) -> Vec<String> {
    let lines = run(project, &[&["--message-format", "json", "-A", "robustness"], args].concat()).lines();
    let text = |it: &serde_json::Value| it.as_str().expect("a string").to_owned();
    let findings = of_reason(&lines, "finding");
    findings.iter().map(|it| format!("{} {}", text(&it["lint"]), text(&it["file"]))).collect()
}

const BOTH: [&str; 2] = ["double_lock src/lib.rs", "double_lock src/lib.rs"];

#[track_caller]
fn finds_both(project: &Project) {
    assert_eq!(found(project, &[]), [""; 0]);
    assert_eq!(
        found(project, &["--with-dependencies"]),
        BOTH,
        "{:?}",
        run(project, &["--with-dependencies"])
    );
}

#[test]
fn a_path_dependency_is_read_for_its_types_and_nothing_is_reported_in_it() {
    finds_both(&with_store(app("store = { path = \"../store\" }"), "store"));
}

#[test]
fn an_unpacked_registry_is_looked_into() {
    finds_both(&with_store(
        locked(REGISTRY),
        "home/registry/src/index.crates.io-1949cf8c6b5b557f/store-1.2.0",
    ));
}

#[test]
fn another_version_is_another_package() {
    let project = with_store(locked(REGISTRY), "home/registry/src/index/store-1.1.0");
    assert_eq!(found(&project, &["--with-dependencies"]), [""; 0]);
}

#[test]
fn a_vendored_directory_stands_for_its_source() {
    let configuration = "[source.crates-io]\nreplace-with = \"vendored-sources\"\n\n\
                         [source.vendored-sources]\ndirectory = \"third-party\"\n";
    let project = with_store(locked(REGISTRY), "app/third-party/store");
    let project = project.file("app/third-party/store/.cargo-checksum.json", "{\"files\":{}}");
    assert_eq!(
        found(&project, &["--with-dependencies"]),
        [""; 0],
        "nothing says that it stands for anything"
    );
    finds_both(&project.file("app/.cargo/config.toml", configuration));
}

#[test]
fn a_checkout_of_a_repository_is_found_by_its_revision() {
    let source = "git+https://example.org/store?branch=main#0123456789abcdef0123456789abcdef01234567";
    let project = locked(source).file("app/Cargo.toml", &{
        package("app", "0.1.0", "store = { git = \"https://example.org/store\", branch = \"main\" }")
    });
    finds_both(&with_store(project, "home/git/checkouts/store-a1b2c3d4/0123456/crates/store"));
}

#[test]
fn what_a_dependency_depends_on_is_read_too() {
    let project = app("facade = { path = \"../facade\" }")
        .file("app/src/lib.rs", &APP.replace("store::{", "facade::{"))
        .file(
            "facade/Cargo.toml",
            &package("facade", "0.3.0", "kept = { path = \"../store\", package = \"store\" }"),
        )
        .file("facade/src/lib.rs", "pub use kept::{Sessions, Store};\n");
    finds_both(&with_store(project, "store"));
}

#[test]
fn a_baseline_of_a_run_with_them_outlives_one_without() {
    let project = with_store(app("store = { path = \"../store\" }"), "store").file("app/src/lib.rs", APP);
    let with = |args: &[&str]| run(&project, args);
    with(&["baseline", "update", "--with-dependencies"]).succeeds();
    assert_eq!(with(&["--with-dependencies"]).code, 0);
    assert_eq!(with(&["--error-on", "stale-baseline"]).code, 0);
    with(&["baseline", "prune"]).succeeds();
    assert_eq!(with(&["--with-dependencies"]).code, 0);
}

#[test]
fn a_missing_source_is_told_and_costs_nothing_else() {
    let project = locked(REGISTRY).file("app/src/other.rs", "").file(
        "app/src/lib.rs",
        "pub fn f(m: &std::sync::Mutex<u32>, _: &store::Store) {\n    let _ = m.lock();\n    println!(\"f\");\n}\n",
    );
    assert_eq!(found(&project, &["--with-dependencies"]), ["let_underscore_guard src/lib.rs"]);
    let told = run(&project, &["--with-dependencies", "--error-on", "incomplete", "--exit-zero"]).stderr;
    let line = "note: the sources of 1 of 1 dependencies are not on this machine (`store 1.2.0`): their types stay unknown";
    assert_eq!(told.lines().filter(|it| it.contains("dependencies")).collect::<Vec<_>>(), [line], "{told}");
    assert!(!run(&project, &[]).stderr.contains("store"), "nobody asked for them");
}

#[test]
fn the_inside_of_a_known_crate_is_not_followed() {
    let source = "pub struct DashMap<K, V>(std::sync::Mutex<Vec<(K, V)>>);\nimpl<K, V> DashMap<K, V> {\n    \
                  pub fn get(&self, _: &K) -> Option<&V> {\n        let _ = self.0.lock();\n        None\n    }\n}\n";
    let user = "pub fn f(m: &dashmap::DashMap<u32, u32>) {\n    for it in m.iter() {\n        m.remove(it.key());\n    }\n}\n";
    let project = app("dashmap = { path = \"../dashmap\" }")
        .file("app/src/lib.rs", user)
        .file("dashmap/Cargo.toml", &package("dashmap", "6.1.0", ""))
        .file("dashmap/src/lib.rs", source);
    for args in [&[][..], &["--with-dependencies"]] {
        assert_eq!(found(&project, args), ["delete_during_iteration src/lib.rs"]);
    }
}

#[test]
fn a_dependency_that_does_not_parse_is_not_ours_to_report() {
    let project = with_store(app("store = { path = \"../store\" }"), "store");
    let project = project.file("store/src/lib.rs", &format!("{STORE}\nfn broken( {{\n"));
    let run = run(&project, &["--with-dependencies", "--error-on", "incomplete", "--exit-zero"]);
    assert!(!run.stderr.contains("not analysed"), "{run:?}");
}

#[test]
fn counts_and_lists_tell_dependencies_apart() {
    let project = with_store(app("store = { path = \"../store\" }"), "store");
    let listed = run(&project, &["--with-dependencies", "--list-files"]).stdout;
    assert_eq!(listed, "src/lib.rs\n../store/src/lib.rs (of store@1.2.0)\n");
    let told = run(&project, &["--with-dependencies", "--timings"]).stderr;
    let lines = STORE.lines().count();
    let besides = format!("besides 1 file and {lines} lines of 1 dependency");
    assert!(told.contains(&format!("1 file and 12 lines seen, {besides} in ")), "{told}");
    assert!(told.lines().any(|it| it.starts_with("total") && it.ends_with(&besides)), "{told}");
    assert!(told.contains("find dependencies"), "{told}");
    let lines = run(&project, &["--with-dependencies", "--message-format", "json"]).lines();
    let summary = &of_reason(&lines, "summary")[0];
    assert_eq!((summary["files"].as_u64(), summary["maps"].as_u64()), (Some(1), Some(0)), "{summary}");
}

#[test]
fn the_inventory_has_only_maps_of_the_workspace() {
    let user = "use std::sync::Mutex;\n\npub static OWN: Mutex<Option<store::Sessions>> = Mutex::new(None);\n\n\
                pub fn f() -> usize {\n    store::CACHE.lock().unwrap().len()\n}\n";
    let project = with_store(app("store = { path = \"../store\" }"), "store").file("app/src/lib.rs", user);
    let listed = run(&project, &["maps", "--with-dependencies"]).stdout;
    assert!(listed.contains("OWN") && !listed.contains("CACHE"), "{listed}");
}

#[test]
fn a_baseline_and_a_fix_leave_dependencies_alone() {
    let project = with_store(app("store = { path = \"../store\" }"), "store");
    run(&project, &["baseline", "update", "--with-dependencies"]).succeeds();
    assert_eq!(found(&project, &["--with-dependencies", "-D", "warnings"]), [""; 0], "both are known now");
    let baseline = std::fs::read_to_string(project.join("app/safe-map-lint-baseline.json")).expect("written");
    assert!(!baseline.contains("store@") && !baseline.contains("warm_up"), "{baseline}");
    run(&project, &["--fix", "--unsafe-fixes", "--allow-no-vcs", "--no-baseline", "--with-dependencies"]);
    assert_eq!(read(&project.join("store/src/lib.rs")), STORE);
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a file")
}
