//! A crate outside of this workspace, with nothing but `safe-map` as a dependency, builds and runs the example of the README.
#![cfg(not(miri))]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The crate's folder, where Cargo lets tests write.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(folder.join("src")).expect("a folder can be made");
    folder
}

/// The first Rust block of the README.
fn example() -> String {
    let readme = include_str!("../README.md");
    let block = readme.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next());
    block.expect("the README has an example").to_owned()
}

/// What Cargo writes for `cargo add safe-map --path ..`.
fn manifest(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"));
    // A workspace of its own: the target folder may be below this one.
    format!(
        "[package]\nname = \"fresh-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nsafe-map = {{ path = {path:?} }}\n\n\
         [workspace]\n"
    )
}

/// Runs a program with `safe-map` as its only dependency, and gives what it prints.
fn run(name: &str, program: &str) -> String {
    let folder = folder(name);
    fs::write(folder.join("Cargo.toml"), manifest(name)).expect("a file can be written");
    fs::write(folder.join("src/main.rs"), program).expect("a file can be written");
    // The versions that are here already: nothing is looked for elsewhere.
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    if lock.exists() {
        fs::copy(lock, folder.join("Cargo.lock")).expect("a file can be written");
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--offline"]).current_dir(&folder);
    // What the tests themselves were built with is not what a user has.
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
        cargo.env_remove(name);
    }
    let out = cargo
        .env("CARGO_TARGET_DIR", folder.with_file_name("fresh-target"))
        .output()
        .expect("Cargo can be started");
    let (stdout, stderr) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{program}\n{stderr}");
    // A warning in the user's own crate would be one of the macros.
    assert!(stderr.is_empty(), "{program}\n{stderr}");
    stdout.into_owned()
}

#[test]
fn the_example_of_the_readme_runs() {
    let (imports, body) =
        example().split_once("\n\n").map(|(a, b)| (a.to_owned(), b.to_owned())).expect("imports come first");
    let program = format!("{imports}\n\nfn main() {{\n{body}println!(\"sold\");\n}}\n");
    assert_eq!(run("readme", &program), "sold\n");
}

#[test]
fn the_derive_needs_no_other_dependency() {
    let program = "\
#![deny(warnings)]

use std::collections::{BTreeMap, HashMap};

#[derive(safe_map::SafeMap)]
struct Orders {
    #[safe_map(sharded(shards = 32))]
    by_id: HashMap<u32, String>,
    #[safe_map(snapshot)]
    rules: BTreeMap<String, u32>,
}

fn main() {
    let orders = SharedOrders::new();
    orders.by_id().insert(1, \"book\".to_owned());
    orders.rules().insert(\"discount\".to_owned(), 10);
    let plain = orders.to_plain();
    println!(\"{} {}\", plain.by_id[&1], plain.rules[\"discount\"]);
}
";
    assert_eq!(run("derive", program), "book 10\n");
}
