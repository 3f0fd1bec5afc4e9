//! Writes one crate per edition with the cases as modules, and builds them: a workspace of its own below cargo's
//! directory for tests, which stays there, so that only the first time takes long.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use safe_map_analysis::facts::Edition;

use crate::one_shard;
use crate::support::Case;

/// The exit code of a program that its watchdog ended.
pub(crate) const HANGS: i32 = 42;

/// What the cases use. A version is exact, so that what is observed changes only with a change here.
const DEPENDENCIES: &str = r#"
dashmap = { path = "../dashmap" }
parking_lot = { version = "=0.12.5", features = ["arc_lock"] }
rayon = "=1.12.0"
spin = "=0.9.9"
tokio = { version = "=1.54.1", features = ["macros", "rt-multi-thread", "sync", "time"] }
"#;

/// What every crate has besides its cases: the executor of `run` lines, and a watchdog, which needs no help from the
/// process that waits, and leaves none behind where that one is killed.
const SUPPORT: &str = r#"
#![allow(warnings)]
#![allow(let_underscore_lock, static_mut_refs)]

pub fn block_on<F: std::future::Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, future)
}

fn watch(seconds: u64) {
    std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_secs(seconds));
        std::process::exit(HANGS);
    });
}
"#;

/// A case, compiled.
pub(crate) struct Program<'a> {
    /// The case.
    pub(crate) case: &'a Case,
    /// The edition it is compiled in.
    pub(crate) edition: Edition,
    /// The binary that has it.
    pub(crate) binary: PathBuf,
    /// Its name there: the binary's first argument. The second is its patience in seconds.
    pub(crate) module: String,
}

/// Every case that can be run, in each of its editions.
pub(crate) fn build(cases: &[Case]) -> Vec<Program<'_>> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("executed");
    one_shard::write(&directory);
    let members = r#"members = ["dashmap", "edition_2021", "edition_2024"]"#;
    let profile = "[profile.dev]\ndebug = false\n";
    put(&directory.join("Cargo.toml"), &format!("[workspace]\n{members}\nresolver = \"3\"\n\n{profile}"));
    let mut programs = Vec::new();
    for edition in [Edition::E2021, Edition::E2024] {
        programs.extend(crate_of(&directory, edition, cases));
    }
    cargo(&directory, &["build", "--quiet"]);
    programs
}

/// Writes the crate of an edition.
fn crate_of<'a>(directory: &Path, edition: Edition, cases: &'a [Case]) -> Vec<Program<'a>> {
    let name = format!("edition_{}", edition.as_str());
    let binary = directory.join("target/debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let root = directory.join(&name);
    let package = format!("[package]\nname = \"{name}\"\nedition = \"{}\"\n", edition.as_str());
    put(&root.join("Cargo.toml"), &format!("{package}\n[dependencies]{DEPENDENCIES}"));
    let mut programs = Vec::new();
    for (module, case, run) in modules(cases, edition) {
        let entry = format!("pub fn execute() {{ use crate::block_on; {{ {run}; }} }}");
        put(&root.join(format!("src/{module}.rs")), &format!("{}\n{entry}\n", case.text));
        programs.push(Program { case, edition, binary: binary.clone(), module });
    }
    put(&root.join("src/main.rs"), &main(&programs));
    programs
}

/// The cases of an edition that can be run, each with the name of its module and how it is run.
fn modules(cases: &[Case], edition: Edition) -> Vec<(String, &Case, &str)> {
    let mut count = BTreeMap::new();
    let mut modules = Vec::new();
    for case in cases {
        let number = count.entry(&case.file).and_modify(|it| *it += 1).or_insert(1);
        let Some(run) = case.run.as_deref().filter(|it| *it != "none") else { continue };
        if case.editions.contains(&edition) {
            let stem = case.file.trim_end_matches(".rs.txt");
            modules.push((format!("{stem}_{number}"), case, run));
        }
    }
    modules
}

/// The root of a crate: it runs the module that its first argument names.
fn main(programs: &[Program<'_>]) -> String {
    let mut out = SUPPORT.trim_start().replace("HANGS", &HANGS.to_string());
    for program in programs {
        writeln!(out, "mod {};", program.module).expect("a string takes everything");
    }
    let arms = programs.iter().map(|it| format!("        {:?} => {}::execute(),\n", it.module, it.module));
    out + &format!(
        "
fn main() {{
    let arguments: Vec<String> = std::env::args().collect();
    watch(arguments[2].parse().unwrap());
    match arguments[1].as_str() {{
{}        other => panic!(\"no case {{other}}\"),
    }}
    std::process::exit(0);
}}
",
        arms.collect::<String>()
    )
}

/// Writes a file, unless it is the same: cargo compiles again what is new.
pub(crate) fn put(path: &Path, text: &str) {
    if std::fs::read_to_string(path).is_ok_and(|it| it == text) {
        return;
    }
    std::fs::create_dir_all(path.parent().expect("below the directory")).expect("a directory");
    std::fs::write(path, text).expect("a file");
}

/// What cargo says on stdout. Its target directory stands beside what it builds, whatever the one of this test is.
pub(crate) fn cargo(directory: &Path, arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    command.env("CARGO_TARGET_DIR", directory.join("target")).env_remove("CARGO_BUILD_TARGET");
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "cargo {arguments:?}:\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}
