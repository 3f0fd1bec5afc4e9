//! SARIF: the structure that code scanning reads. `.ci/sarif` checks reports against the official schema.

mod support;

use serde_json::Value;
use support::{DELETE, INVERSION, Project, THROUGH_CALLS, UNDERSCORE, manifest};

fn log(project: &Project, args: &[&str]) -> Value {
    let run = project.run(&[&["--message-format", "sarif"], args].concat());
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().expect("results")
}

/// Every object in `value` that has `key`, by that key.
fn all<'a>(value: &'a Value, key: &str, out: &mut Vec<&'a Value>) {
    match value {
        Value::Object(object) => {
            out.extend(object.get(key));
            object.values().for_each(|it| all(it, key, out));
        }
        Value::Array(items) => items.iter().for_each(|it| all(it, key, out)),
        _ => {}
    }
}

#[test]
fn a_clean_workspace_has_a_whole_log() {
    let log = log(&Project::lib("pub fn f() {}\n"), &[]);
    assert_eq!((&log["version"], results(&log).len()), (&"2.1.0".into(), 0));
    assert!(log["$schema"].as_str().expect("a schema").ends_with("sarif-schema-2.1.0.json"));
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let root = run["originalUriBaseIds"]["%SRCROOT%"]["uri"].as_str().expect("a root");
    assert!(root.starts_with("file:///") && root.ends_with('/'), "{root}");
}

#[test]
fn rules_are_the_lints_with_their_pages() {
    let project = Project::lib(DELETE);
    let log = log(&project, &[]);
    let driver = &log["runs"][0]["tool"]["driver"];
    assert_eq!(driver["name"], "cargo-safe-map-lint");
    let rules = driver["rules"].as_array().expect("rules");
    let listed: Value = serde_json::from_str(&project.run(&["list", "--json"]).stdout).expect("JSON");
    let names: Vec<&Value> = listed.as_array().expect("lints").iter().map(|it| &it["name"]).collect();
    assert_eq!(rules.iter().map(|it| &it["id"]).collect::<Vec<_>>(), names);
    for rule in rules {
        for text in
            ["/shortDescription/text", "/fullDescription/text", "/help/text", "/help/markdown", "/helpUri"]
        {
            assert!(
                rule.pointer(text).and_then(Value::as_str).is_some_and(|it| !it.is_empty()),
                "{text}: {rule}"
            );
        }
    }
    for result in results(&log) {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
}

#[test]
fn every_region_has_all_four_fields_and_columns_count_characters() {
    let log = log(&Project::lib(&UNDERSCORE.replace("    let", "    /*ä*/ let")), &[]);
    let mut regions = Vec::new();
    all(&log, "region", &mut regions);
    all(&log, "deletedRegion", &mut regions);
    assert!(!regions.is_empty());
    for region in &regions {
        for field in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(region[field].as_u64().is_some_and(|it| it > 0), "{region}");
        }
    }
    let region = &results(&log)[0]["locations"][0]["physicalLocation"]["region"];
    let found = &Project::lib(&UNDERSCORE.replace("    let", "    /*ä*/ let")).json(&[])[1];
    let same = [
        ("startLine", "line"),
        ("startColumn", "column"),
        ("endLine", "end_line"),
        ("endColumn", "end_column"),
    ];
    for (ours, theirs) in same {
        assert_eq!(region[ours], found[theirs]);
    }
}

#[test]
fn the_message_links_to_every_related_location() {
    let log = log(&Project::lib(DELETE), &[]);
    let result = &results(&log)[0];
    let text = result["message"]["text"].as_str().expect("a text");
    let related = result["relatedLocations"].as_array().expect("related locations");
    assert!(!related.is_empty());
    for location in related {
        let (id, label) = (&location["id"], location["message"]["text"].as_str().expect("a label"));
        assert!(text.contains(&format!("[{label}]({id})")), "{text}");
    }
}

#[test]
fn an_interleaving_is_a_flow_of_two_threads() {
    let log = log(&Project::lib(INVERSION), &["-W", "preview"]);
    let result =
        results(&log).iter().find(|it| it["ruleId"] == "lock_order_inversion").expect("an inversion");
    let threads = result["codeFlows"][0]["threadFlows"].as_array().expect("threads");
    assert_eq!(threads.len(), 2);
    let mut orders = Vec::new();
    all(&result["codeFlows"], "executionOrder", &mut orders);
    let mut orders: Vec<u64> = orders.into_iter().filter_map(Value::as_u64).collect();
    orders.sort_unstable();
    assert_eq!(orders, (1..=orders.len() as u64).collect::<Vec<_>>());
    assert!(orders.len() >= 4, "{result}");
}

#[test]
fn calls_are_a_flow_from_the_acquire_to_the_hazard() {
    let log = log(&Project::lib(THROUGH_CALLS), &[]);
    let result = results(&log).iter().find(|it| it["ruleId"] == "double_lock").expect("a double lock");
    let mut lines = Vec::new();
    all(&result["codeFlows"], "startLine", &mut lines);
    assert_eq!(lines, [10, 12, 16], "{result}");
}

#[test]
fn fingerprints_survive_a_shift_of_lines() {
    let fingerprints = |text: &str| {
        let log = log(&Project::lib(text), &[]);
        results(&log)[0]["partialFingerprints"].clone()
    };
    let before = fingerprints(DELETE);
    assert!(before["safeMapLint/v1"].as_str().is_some_and(|it| it.len() == 32), "{before}");
    assert_eq!(fingerprints(&format!("// a comment\n\n{DELETE}")), before);
    assert_ne!(fingerprints(UNDERSCORE), before);
}

#[test]
fn suppressed_results_stand_in_the_log_only_where_they_are_asked_for() {
    let comment = "    // safe-map-lint: allow(let_underscore_guard) -- only waits\n    let _";
    let project = Project::lib(&format!("{}\n{}", UNDERSCORE.replace("    let _", comment), TWICE));
    let hidden = log(&project, &[]);
    assert_eq!(results(&hidden).len(), 1);
    assert!(results(&hidden)[0].get("suppressions").is_none());
    let shown = log(&project, &["--show-suppressed"]);
    assert_eq!(results(&shown).len(), 2);
    let suppression = &results(&shown)[1]["suppressions"][0];
    assert_eq!((&suppression["kind"], &suppression["status"]), (&"inSource".into(), &"accepted".into()));
    assert_eq!(suppression["justification"], "only waits");
    assert_eq!(suppression["location"]["physicalLocation"]["region"]["startLine"], 4);
    // The standard wants the property on all results or on none.
    assert_eq!(results(&shown)[0]["suppressions"], Value::Array(Vec::new()));
}

/// One finding: `double_lock`.
const TWICE: &str = "pub fn twice(m: &std::sync::Mutex<u32>) -> u32 {\n    let first = m.lock().unwrap();\n    \
    let second = m.lock().unwrap();\n    *first + *second\n}\n";

#[test]
fn paths_start_from_the_repository_and_are_uris() {
    let project = Project::empty()
        .file(".git/HEAD", "ref: refs/heads/main\n")
        .file("my app/Cargo.toml", &manifest("app"))
        .file("my app/src/lib.rs", UNDERSCORE);
    let log = log(&project, &["my app"]);
    let artifact = &results(&log)[0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(
        (&artifact["uri"], &artifact["uriBaseId"]),
        (&"my%20app/src/lib.rs".into(), &"%SRCROOT%".into())
    );
}

#[test]
fn the_most_severe_stand_first() {
    let log = log(&Project::lib(&format!("{}\n{TWICE}", support::many(2))), &["-W", "all"]);
    let rank = |it: &Value| ["note", "warning", "error"].iter().position(|level| it["level"] == *level);
    let ranks: Vec<_> = results(&log).iter().map(rank).collect();
    assert!(ranks.len() >= 3 && ranks.windows(2).all(|pair| pair[0] >= pair[1]), "{ranks:?}");
}

#[test]
fn what_was_not_analysed_is_a_notification() {
    let log = log(&Project::lib("mod missing;\n"), &[]);
    let notification = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(notification["level"], "warning");
    assert_eq!(notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "src/lib.rs");
}

#[test]
fn fixes_replace_regions() {
    let text = "// safe-map-lint: allow(double_lock) -- nothing here\npub fn f() {}\n";
    let log = log(&Project::lib(text), &[]);
    let change = &results(&log)[0]["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "src/lib.rs");
    assert_eq!(change["replacements"][0]["deletedRegion"]["startLine"], 1);
    assert_eq!(change["replacements"][0]["insertedContent"]["text"], "");
}
