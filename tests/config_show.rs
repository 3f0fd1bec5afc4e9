//! `config show` and `config schema`.

mod support;

use serde_json::Value;
use support::schema::violations;
use support::{Project, STATIC_MUT};

/// Every key that there is.
const EVERYTHING: &str = r#"
required-version = ">=0.1, <1"
exclude = ["vendor/**", "src/generated.rs"]

[lints]
all = "warn"
double_lock = "forbid"
warnings = "deny"

[paths."crates/legacy".lints]
static_mut_map = "allow"
sharing = "warn"

[[type]]
path = "app::sync::Turnstile"
kind = "lock"
params = ["T"]
method = [{ names = ["pass"], lock = "exclusive", hold = "result", returns = "Turn<T>" }]

[[type]]
path = "app::sync::Turn"
kind = "guard"
guard = "blocking"
params = ["T"]
derefs = "T"

[[function]]
paths = ["app::fetch"]
waits = "network"

[[macro]]
names = ["bail_out"]
diverges = true

[[lock-order]]
first = "app::Store.a"
then = "app::Store.b"
reason = "b is a leaf"
"#;

fn configured(config: &str) -> Project {
    Project::lib(STATIC_MUT).file("safe-map-lint.toml", config)
}

fn shown(project: &Project, args: &[&str]) -> Value {
    let run = project.run(&[&["config", "show", "--json"], args].concat());
    run.succeeds();
    serde_json::from_str(&run.stdout).expect("a JSON object")
}

/// The level of a lint and where it came from.
fn level<'a>(shown: &'a Value, lint: &str) -> (&'a str, &'a str) {
    let lints = shown["lints"].as_array().expect("lints");
    let it = lints.iter().find(|it| it["name"] == lint).expect("the lint");
    (it["level"].as_str().expect("a level"), it["from"].as_str().expect("a place"))
}

#[test]
fn each_value_is_shown_with_where_it_came_from() {
    let project = configured(EVERYTHING);
    let it = shown(&project, &["-W", "double_lock", "-A", "guard_leak"]);
    assert_eq!(it["files"], serde_json::json!(["safe-map-lint.toml"]));
    assert_eq!(level(&it, "double_lock"), ("forbid", "safe-map-lint.toml:7"));
    assert_eq!(level(&it, "static_mut_map"), ("warn", "safe-map-lint.toml:6"));
    assert_eq!(level(&it, "guard_leak"), ("allow", "-A guard_leak"));
    assert_eq!(level(&it, "lost_update"), ("allow", "default"));
    assert_eq!(it["warnings"]["from"], "safe-map-lint.toml:8");
    assert_eq!(
        it["exclude"][1],
        serde_json::json!({"value": "src/generated.rs", "from": "safe-map-lint.toml:3"})
    );
    let path = &it["paths"][0];
    assert_eq!(
        (&path["path"], &path["lints"][0]["name"]),
        (&"crates/legacy".into(), &"static_mut_map".into())
    );
    assert_eq!(path["lints"][0]["from"], "safe-map-lint.toml:11");
    let names: Vec<_> = it["knowledge"].as_array().expect("entries").iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["app::sync::Turnstile", "app::sync::Turn", "app::fetch", "bail_out"]);
    assert_eq!(it["knowledge"][2]["from"], "safe-map-lint.toml:28");
    assert_eq!(it["lock_orders"][0]["reason"], "b is a leaf");
    assert_eq!(it["required_version"][0]["value"], ">=0.1, <1");
}

#[test]
fn people_see_the_same() {
    let text = configured(EVERYTHING).run(&["config", "show", "--cap-lints", "warn"]).stdout;
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = text.lines().map(words).collect();
    for line in [
        "double_lock forbid safe-map-lint.toml:7",
        "warnings deny safe-map-lint.toml:8",
        "lints in `crates/legacy`",
        "static_mut_map allow safe-map-lint.toml:11",
        "function app::fetch safe-map-lint.toml:28",
        "app::Store.a then app::Store.b b is a leaf safe-map-lint.toml:36",
        "vendor/** safe-map-lint.toml:3",
        "warn --cap-lints",
    ] {
        assert!(lines.iter().any(|it| it == line), "no {line:?} in {text}");
    }
}

#[test]
fn without_a_file_the_defaults_are_shown() {
    let project = Project::lib(STATIC_MUT);
    let it = shown(&project, &[]);
    assert_eq!(it["files"], serde_json::json!([]));
    assert_eq!(level(&it, "static_mut_map"), ("deny", "default"));
    let named = project.file("x.toml", "[lints]\nsharing = \"warn\"\n");
    assert_eq!(level(&shown(&named, &["--config", "x.toml"]), "static_mut_map"), ("warn", "x.toml:2"));
}

#[test]
fn a_wrong_file_is_a_mistake_here_too() {
    configured("[lints]\nx = \"deny\"\n").run(&["config", "show"]).fails(2, "unknown lint or group `x`");
    configured("").run(&["config", "show", "-W", "x"]).fails(2, "unknown lint or group `x`");
    configured("").run(&["config", "shwo"]).fails(2, "show");
}

fn schema() -> Value {
    let run = Project::empty().run(&["config", "schema"]);
    run.succeeds();
    serde_json::from_str(&run.stdout).expect("a JSON object")
}

fn said_of(config: &str) -> Vec<String> {
    let table: toml::Table = config.parse().expect("TOML");
    violations(&schema(), &serde_json::to_value(table).expect("JSON"))
}

#[test]
fn the_schema_accepts_what_the_reader_accepts() {
    configured(EVERYTHING).run(&["--exit-zero"]).succeeds();
    assert_eq!(said_of(EVERYTHING), [""; 0]);
    let hyphened = "[lints]\ndouble-lock = \"deny\"\n";
    configured(hyphened).run(&["--exit-zero"]).succeeds();
    assert_eq!(said_of(hyphened), [""; 0]);
}

#[test]
fn the_schema_rejects_what_the_reader_rejects() {
    for wrong in [
        "exlude = []\n",
        "exclude = \"gen\"\n",
        "[lints]\nduble_lock = \"deny\"\n",
        "[lints]\ndouble_lock = \"dney\"\n",
        "[paths.a]\nlint = 1\n",
        "[paths.a.lints]\nx = \"deny\"\n",
        "[[type]]\npatth = \"app::A\"\nkind = \"lock\"\n",
        "[[type]]\npath = \"app::A\"\n",
        "[[type]]\npath = \"app::A\"\nkind = \"lokc\"\n",
        "[[function]]\npaths = [\"app::f\"]\nwaits = \"tea\"\n",
        "[[lock-order]]\nfirst = \"app::A.a\"\nthen = \"app::A.b\"\n",
    ] {
        configured(wrong).run(&[]).fails(2, "safe-map-lint.toml:");
        assert!(!said_of(wrong).is_empty(), "the schema accepts {wrong:?}");
    }
}

#[test]
fn the_schema_says_what_each_key_is() {
    let schema = schema();
    let properties = schema["properties"].as_object().expect("properties");
    for (key, property) in properties {
        assert!(property["description"].as_str().is_some_and(|it| it.len() > 10), "no words for {key}");
    }
    let lints = &schema["$defs"]["LevelTable"]["properties"];
    assert!(lints["double_lock"]["description"].as_str().is_some_and(|it| !it.is_empty()), "{lints}");
}
