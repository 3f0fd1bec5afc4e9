//! A dashmap of one shard, in which any two keys meet: elsewhere it depends on the hasher's seed whether a case hangs.
//!
//! dashmap itself takes no fewer than two shards, so its source is copied with the three places changed that say so.

use std::path::{Path, PathBuf};

use crate::crates::{cargo, put};

const VERSION: &str = "6.2.1";

/// The text of `lib.rs` that counts shards or chooses one, and what stands there instead.
const CHANGES: [(&str, &str); 3] = [
    ("(std::thread::available_parallelism().map_or(1, usize::from) * 4).next_power_of_two()", "1"),
    ("assert!(shard_amount > 1);", "let shard_amount = shard_amount.min(1);"),
    ("(hash << 7) >> self.shift", "{ let _ = hash; 0 }"),
];

/// Writes it as the crate `dashmap` of a workspace.
pub(crate) fn write(workspace: &Path) {
    let (source, copy) = (source(workspace), workspace.join("dashmap"));
    copy_file(&source.join("Cargo.toml"), &copy.join("Cargo.toml"));
    copy_directory(&source.join("src"), &copy.join("src"));
    let text = std::fs::read_to_string(source.join("src/lib.rs")).expect("the root of dashmap");
    put(&copy.join("src/lib.rs"), &changed(text));
}

fn changed(mut text: String) -> String {
    for (old, new) in CHANGES {
        assert!(text.contains(old), "dashmap {VERSION} has no `{old}`");
        text = text.replace(old, new);
    }
    text
}

/// Where cargo keeps the source: a crate that depends on it asks, which also fetches it.
fn source(workspace: &Path) -> PathBuf {
    let asking = workspace.join("source");
    let package = "[package]\nname = \"source\"\nedition = \"2024\"\n\n[workspace]\n";
    put(&asking.join("Cargo.toml"), &format!("{package}\n[dependencies]\ndashmap = \"={VERSION}\"\n"));
    put(&asking.join("src/lib.rs"), "");
    let metadata = cargo(&asking, &["metadata", "--quiet", "--format-version", "1"]);
    let manifest = manifest(&metadata).expect("cargo metadata lists dashmap");
    manifest.parent().expect("a manifest is in a directory").to_path_buf()
}

/// The manifest of dashmap in the output of `cargo metadata`: in an object, the name comes first.
fn manifest(metadata: &str) -> Option<PathBuf> {
    let package = format!("{{\"name\":\"dashmap\",\"version\":\"{VERSION}\",");
    let (_, rest) = metadata.split_once(&package)?;
    let (_, rest) = rest.split_once("\"manifest_path\":\"")?;
    let (path, _) = rest.split_once('"')?;
    Some(path.replace("\\\\", "\\").into())
}

fn copy_directory(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a directory of dashmap") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_directory(&entry.path(), &target);
        } else if !target.ends_with("src/lib.rs") {
            copy_file(&entry.path(), &target);
        }
    }
}

fn copy_file(from: &Path, to: &Path) {
    put(to, &std::fs::read_to_string(from).expect("a file of dashmap"));
}
