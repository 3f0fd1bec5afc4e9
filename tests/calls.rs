//! Calls across files: what a finding through one says, and that neither the order of files nor a name matters.

mod support;

use serde_json::Value;
use support::{Project, of_reason};

const STORE: &str = "
use std::{collections::HashMap, sync::{Mutex, MutexGuard}};
#[derive(Default)]
pub struct Store { rows: Mutex<HashMap<u64, u64>> }
impl Store {
    pub fn locked(&self) -> MutexGuard<'_, HashMap<u64, u64>> { self.rows.lock().unwrap() }
    pub fn counted(&self) -> usize { self.locked().len() }
}
";

const USE: &str = "
use crate::store::Store;
pub fn report(store: &Store) -> usize {
    let rows = store.locked();
    rows.len() + total(store)
}
fn total(store: &Store) -> usize { store.counted() }
";

fn project(first: &str, second: &str, rename: &[(&str, &str)]) -> Project {
    let renamed = |text: &str| rename.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    Project::lib(&format!("mod {first};\nmod {second};\n"))
        .file("src/store.rs", &renamed(STORE))
        .file("src/report.rs", &renamed(USE))
}

fn findings(project: &Project) -> Vec<Value> {
    of_reason(&project.json(&[]), "finding")
}

#[test]
fn a_finding_through_calls_shows_the_chain() {
    let found = findings(&project("store", "report", &[]));
    assert_eq!(found.len(), 1, "{found:#?}");
    let finding = &found[0];
    assert_eq!((&finding["lint"], &finding["confidence"]), (&"double_lock".into(), &"certain".into()));
    assert_eq!((&finding["file"], &finding["line"]), (&"src/report.rs".into(), &5.into()));
    let labels = finding["labels"].as_array().expect("labels");
    let said = labels.iter().map(|it| {
        let text = |key: &str| it[key].as_str().expect("text").to_owned();
        format!("{} {}:{}", text("role"), text("file"), it["line"])
    });
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            "acquire src/report.rs:4",
            "via src/report.rs:7",
            "via src/store.rs:7",
            "hazard src/store.rs:6",
            "declaration src/store.rs:4"
        ]
    );
}

#[test]
fn the_order_of_modules_does_not_matter() {
    assert_eq!(findings(&project("store", "report", &[])), findings(&project("report", "store", &[])));
}

#[test]
fn a_renamed_function_changes_names_only() {
    let text = |rename: &[(&str, &str)]| {
        let found = findings(&project("store", "report", rename));
        let mut text = serde_json::to_string_pretty(&found).expect("JSON");
        for (from, to) in rename {
            text = text.replace(to, from);
        }
        // A fingerprint names the item, and so changes with it.
        text.lines().filter(|it| !it.contains("\"fingerprint\"")).collect::<Vec<_>>().join("\n")
    };
    let plain = text(&[]);
    assert!(plain.contains("double_lock"), "{plain}");
    assert_eq!(plain, text(&[("locked", "zuniqe"), ("counted", "azunity"), ("total", "zzzzy")]));
}
