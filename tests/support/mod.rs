//! Temporary projects, and the binary run on them. The command's interface appears here and nowhere else.

#![allow(dead_code, reason = "which helpers are used differs from one test file to the next")]

pub(crate) mod git;
pub(crate) mod schema;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A directory that goes away with its test.
pub(crate) struct Project {
    dir: TempDir,
}

impl Project {
    /// An empty directory.
    pub(crate) fn empty() -> Project {
        Project { dir: tempfile::tempdir().expect("a temporary directory") }
    }

    /// A package `app` of edition 2024 that depends on dashmap, with this `src/lib.rs`.
    pub(crate) fn lib(text: &str) -> Project {
        Project::empty().file("Cargo.toml", &manifest("app")).file("src/lib.rs", text)
    }

    /// Adds a file.
    pub(crate) fn file(self, path: &str, text: &str) -> Project {
        self.bytes(path, text.as_bytes())
    }

    /// Adds a file of any bytes.
    pub(crate) fn bytes(self, path: &str, bytes: &[u8]) -> Project {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("below the project")).expect("a directory");
        std::fs::write(path, bytes).expect("a file");
        self
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A path in it.
    pub(crate) fn join(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    /// Runs the command inside it.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        run_in(self.path(), args)
    }

    /// Runs the command on it in the JSON format.
    pub(crate) fn json(&self, args: &[&str]) -> Vec<Value> {
        self.run(&[&["--message-format", "json"], args].concat()).lines()
    }

    /// The lints that fire in it, in the order of the report.
    pub(crate) fn lints(&self, args: &[&str]) -> Vec<String> {
        let findings = of_reason(&self.json(args), "finding");
        findings.iter().map(|it| it["lint"].as_str().expect("a lint").to_owned()).collect()
    }
}

/// A manifest of edition 2024 that depends on dashmap.
pub(crate) fn manifest(name: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\ndashmap = \"6\"\n"
    )
}

/// What the command answered.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Its standard output as JSON lines.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let parse =
            |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}\n{self:?}"));
        self.stdout.lines().map(parse).collect()
    }

    /// Panics unless it ended with `code` and said `part` on standard error.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, part: &str) {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.stderr.contains(part), "no {part:?} in {self:?}");
    }

    /// Panics unless it ended with 0.
    #[track_caller]
    pub(crate) fn succeeds(&self) {
        assert_eq!(self.code, 0, "{self:?}");
    }
}

/// Runs the command in a directory.
pub(crate) fn run_in(dir: &Path, args: &[&str]) -> Run {
    answer(command(dir).args(args).output().expect("the binary runs"))
}

/// The command, not yet run.
pub(crate) fn command(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-safe-map-lint"));
    command.current_dir(dir).env_remove("CLICOLOR_FORCE").env_remove("NO_COLOR");
    // To cargo, packages of one name in one directory of builds are one package, whichever test has made them.
    command.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_BUILD_TARGET_DIR");
    command
}

/// What a finished process said.
pub(crate) fn answer(output: Output) -> Run {
    Run {
        code: output.status.code().expect("no signal ended it"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The lines with this reason.
pub(crate) fn of_reason(lines: &[Value], reason: &str) -> Vec<Value> {
    lines.iter().filter(|line| line["reason"] == reason).cloned().collect()
}

/// The messages of the `incomplete` lines, with their files.
pub(crate) fn incomplete(lines: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    of_reason(lines, "incomplete")
        .iter()
        .map(|it| format!("{}: {}", text(&it["file"]), text(&it["message"])))
        .collect()
}

/// One finding: `let_underscore_guard`.
pub(crate) const UNDERSCORE: &str = "use std::sync::Mutex;\n\npub fn warm_up(m: &Mutex<u32>) {\n    let _ = m.lock();\n    println!(\"warm\");\n}\n";

/// One finding: `static_mut_map`.
pub(crate) const STATIC_MUT: &str = "use std::collections::HashMap;\n\nstatic mut CACHE: Option<HashMap<u32, u32>> = None;\n\n\
    pub(crate) fn get(key: u32) -> Option<u32> {\n    unsafe { CACHE.as_ref().and_then(|cache| cache.get(&key).copied()) }\n}\n\n\
    pub(crate) fn set(key: u32, value: u32) {\n    unsafe { CACHE.get_or_insert_with(HashMap::new).insert(key, value) };\n}\n\n\
    pub(crate) fn start() -> Option<u32> {\n    std::thread::spawn(|| set(1, 2));\n    get(1)\n}\n";

/// One finding: `delete_during_iteration`.
pub(crate) const DELETE: &str = "use dashmap::DashMap;\n\npub fn prune(sessions: &DashMap<u32, u32>) {\n    \
    for entry in sessions.iter() {\n        sessions.remove(entry.key());\n    }\n}\n";

/// One finding, with an interleaving: `lock_order_inversion`.
pub(crate) const INVERSION: &str = "use std::collections::HashMap;\nuse std::sync::Mutex;\n\npub struct Bank {\n    \
    accounts: Mutex<HashMap<u64, i64>>,\n    journal: Mutex<Vec<(u64, i64)>>,\n}\n\nimpl Bank {\n    \
    pub fn deposit(&self, id: u64, amount: i64) {\n        let mut accounts = self.accounts.lock().unwrap();\n        \
    *accounts.entry(id).or_insert(0) += amount;\n        self.journal.lock().unwrap().push((id, amount));\n    }\n\n    \
    pub fn replay(&self) {\n        let journal = self.journal.lock().unwrap();\n        \
    let mut accounts = self.accounts.lock().unwrap();\n        for (id, amount) in journal.iter() {\n            \
    *accounts.entry(*id).or_insert(0) += amount;\n        }\n    }\n}\n";

/// One finding, through a call: `double_lock`.
pub(crate) const THROUGH_CALLS: &str = "use std::collections::HashMap;\nuse std::sync::Mutex;\n\n\
    pub struct Cache {\n    entries: Mutex<HashMap<u64, u64>>,\n}\n\nimpl Cache {\n    \
    pub fn refresh(&self, id: u64) -> usize {\n        let mut entries = self.entries.lock().unwrap();\n        \
    entries.insert(id, id);\n        self.count()\n    }\n\n    fn count(&self) -> usize {\n        \
    self.entries.lock().unwrap().len()\n    }\n}\n";

/// So many functions with one `let_underscore_guard` each.
pub(crate) fn many(count: usize) -> String {
    let function = |index| {
        format!("pub fn f{index}(m: &Mutex<u32>) {{\n    let _ = m.lock();\n    println!(\"{index}\");\n}}\n")
    };
    "use std::sync::Mutex;\n".to_owned() + &(0..count).map(function).collect::<String>()
}
