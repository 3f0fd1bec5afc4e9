//! Every fix on every fixture, alone and all of them together: the result parses, has that finding no more and no new one, and
//! compiles. The compiler is asked where it has what the fixture depends on.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use support::{of_reason, run_in};

/// Everything that a fixture has, whatever its level.
const ALL: [&str; 5] = ["--message-format", "json", "-W", "all", "--tests"];

/// The lints whose fixes the fixtures must show.
const SHOWN: [&str; 10] = [
    "check_then_act",
    "collect_then_delete",
    "delete_during_iteration",
    "double_lock",
    "guard_across_await",
    "let_underscore_guard",
    "lost_update",
    "stale_two_phase_delete",
    "unbounded_send_sync",
    "write_lock_for_read",
];

fn fixtures() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let entries = fs::read_dir(dir).expect("the fixtures");
    let mut found: Vec<PathBuf> = entries.map(|it| it.expect("an entry").path()).collect();
    found.retain(|it| it.join("Cargo.toml").is_file());
    found.sort();
    assert!(found.len() >= 3, "{found:?}");
    found
}

/// A copy of a fixture below cargo's directory for tests: what it depends on is compiled once and stays there.
struct Copy {
    root: PathBuf,
    sources: BTreeMap<String, String>,
}

impl Copy {
    fn of(fixture: &Path, purpose: &str) -> Copy {
        let name = fixture.file_name().expect("a name").to_string_lossy();
        let root =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixture-fixes").join(format!("{name}-{purpose}"));
        let mut sources = BTreeMap::new();
        for entry in walkdir::WalkDir::new(fixture).into_iter().filter_entry(|it| it.file_name() != "target")
        {
            let entry = entry.expect("an entry");
            if entry.file_type().is_file() {
                let path = entry
                    .path()
                    .strip_prefix(fixture)
                    .expect("below it")
                    .to_string_lossy()
                    .replace('\\', "/");
                sources.insert(path, at_home(&fs::read_to_string(entry.path()).expect("a text")));
            }
        }
        let copy = Copy { root, sources };
        copy.reset();
        copy
    }

    /// Every file as in the fixture. One that is so already is not touched: cargo would compile it again.
    fn reset(&self) {
        self.sources.iter().for_each(|(path, text)| self.put(path, text));
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        if fs::read_to_string(&path).is_ok_and(|it| it == text) {
            return;
        }
        fs::create_dir_all(path.parent().expect("below the root")).expect("a directory");
        fs::write(path, text).expect("a file");
    }

    fn findings(&self) -> Vec<Value> {
        let lines = run_in(&self.root, &ALL).lines();
        assert_eq!(of_reason(&lines, "incomplete"), Vec::<Value>::new(), "it parses");
        of_reason(&lines, "finding")
    }

    fn apply(&self, fix: &Value) {
        let mut edits: BTreeMap<String, Vec<(usize, usize, String)>> = BTreeMap::new();
        for edit in fix["edits"].as_array().expect("edits") {
            let at = |key: &str| edit[key].as_u64().expect("a byte") as usize;
            let text = |key: &str| edit[key].as_str().expect("a text").to_owned();
            let new = (at("byte_start"), at("byte_end"), text("replacement"));
            edits.entry(text("file")).or_default().push(new);
        }
        for (path, mut edits) in edits {
            edits.sort();
            let mut text = self.sources[&path].clone();
            edits.iter().rev().for_each(|(start, end, new)| text.replace_range(*start..*end, new));
            self.put(&path, &text);
        }
    }

    /// What the compiler says: how many warnings it has, or why it does not compile.
    fn check(&self) -> Result<usize, String> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .args(["check", "--offline", "--locked", "--quiet"])
            .current_dir(&self.root)
            .stdin(Stdio::null());
        command.env("CARGO_TARGET_DIR", self.root.join("target")).env_remove("CARGO_BUILD_TARGET");
        let output = command.output().expect("cargo runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            Ok(said.lines().filter(|it| it.starts_with("warning: ")).count())
        } else {
            Err(said)
        }
    }

    /// The warnings that it has as it is, where what it depends on is at hand.
    fn compiles(&self) -> Option<usize> {
        let answer = self.check();
        if let Err(why) = &answer {
            let is_missing = why.contains("offline") || why.contains("failed to load source");
            assert!(is_missing, "{} does not compile: {why}", self.root.display());
            eprintln!("{}: not compiled, its dependencies are not at hand", self.root.display());
        }
        answer.ok()
    }

    /// Panics where a change does not compile, or has warnings that were not there.
    #[track_caller]
    fn assert_compiles(&self, warnings: Option<usize>, change: &str) {
        let Some(before) = warnings else { return };
        match self.check() {
            Ok(after) => assert!(after <= before, "{change} makes {after} warnings of {before}"),
            Err(why) => panic!("{change} does not compile: {why}"),
        }
    }
}

/// A manifest names what is beside the fixtures by its way from there.
fn at_home(text: &str) -> String {
    text.replace("../../", &format!("{}/", env!("CARGO_MANIFEST_DIR").replace('\\', "/")))
}

/// How often each finding is there, by what does not move with an edit.
fn counts(findings: &[Value]) -> BTreeMap<[String; 4], usize> {
    let mut counts = BTreeMap::new();
    for it in findings {
        let key = ["lint", "file", "item", "message"].map(|key| it[key].as_str().expect("a text").to_owned());
        *counts.entry(key).or_default() += 1;
    }
    counts
}

#[test]
fn each_fix_alone() {
    let mut shown = Vec::new();
    for fixture in fixtures() {
        let copy = Copy::of(&fixture, "alone");
        let findings = copy.findings();
        if findings.iter().all(|it| it["fixes"].as_array().expect("fixes").is_empty()) {
            continue;
        }
        let warnings = copy.compiles();
        let before = counts(&findings);
        for finding in &findings {
            for fix in finding["fixes"].as_array().expect("fixes") {
                copy.apply(fix);
                assert_better(&copy, finding, &before, fix);
                let change = format!("{} of {}:{}", fix["title"], finding["file"], finding["line"]);
                copy.assert_compiles(warnings, &change);
                shown.push(finding["lint"].as_str().expect("a lint").to_owned());
                copy.reset();
            }
        }
    }
    shown.sort();
    shown.dedup();
    let missing: Vec<&str> = SHOWN.into_iter().filter(|it| !shown.iter().any(|lint| lint == it)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "no fixture shows a fix of these");
}

/// The finding is gone, and no other one is new.
fn assert_better(copy: &Copy, finding: &Value, before: &BTreeMap<[String; 4], usize>, fix: &Value) {
    let after = counts(&copy.findings());
    let own = counts(std::slice::from_ref(finding));
    let key = own.keys().next().expect("one");
    let left = after.get(key).copied().unwrap_or(0);
    assert!(left < before[key], "{key:?} is still there after {fix}");
    for (key, count) in &after {
        let known = before.get(key).copied().unwrap_or(0);
        assert!(*count <= known, "{key:?} is new after {fix}");
    }
}

#[test]
fn all_fixes_together() {
    for fixture in fixtures() {
        let copy = Copy::of(&fixture, "together");
        let warnings = copy.compiles();
        let before = copy.findings();
        let fixing = ["-W", "all", "--tests", "--fix", "--unsafe-fixes", "--allow-no-vcs", "--exit-zero"];
        let run = run_in(&copy.root, &fixing);
        run.succeeds();
        assert!(!run.stderr.contains("not applied"), "each fix alone is fine, and so are all: {run:?}");
        let after = copy.findings();
        let fixable = |it: &&Value| !it["fixes"].as_array().expect("fixes").is_empty();
        assert_eq!(after.iter().find(fixable), None, "all is fixed that can be");
        assert!(after.len() <= before.len());
        copy.assert_compiles(warnings, &fixture.display().to_string());
        let again = run_in(&copy.root, &fixing);
        assert!(again.stderr.contains("applied: 0 fixes in 0 files"), "{again:?}");
    }
}
