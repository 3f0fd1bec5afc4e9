//! `config schema`: what a configuration may say, as a JSON schema for editors.

use std::collections::BTreeSet;

use safe_map_lints::LINTS;
use serde_json::{Map, Value, json};

use super::file::File;
use crate::levels::{self, WARNINGS};

/// The schema, read from the types that read the file, with the names of all lints and groups.
pub(crate) fn schema() -> Value {
    let mut schema = schemars::schema_for!(File).to_value();
    schema["$id"] = json!("https://safe-map-lint.github.io/safe-map-lint.schema.json");
    if let Some(table) = schema.pointer_mut("/$defs/LevelTable").and_then(Value::as_object_mut) {
        name_lints(table);
    }
    schema
}

/// A table of levels knows its keys; which lint each one is, editors show while it is typed.
fn name_lints(table: &mut Map<String, Value>) {
    let level = table.remove("additionalProperties").unwrap_or(Value::Bool(true));
    let property = |name: &str| {
        let mut property = json!({ "allOf": [level.clone()] });
        property["description"] = Value::String(description(name));
        (name.to_owned(), property)
    };
    let names: BTreeSet<&str> = levels::names(LINTS).collect();
    // `double-lock` is accepted, and not proposed.
    let hyphened: Vec<String> =
        names.iter().filter(|it| it.contains('_')).map(|it| it.replace('_', "-")).collect();
    let pattern = format!("^({})$", hyphened.join("|"));
    table.insert("patternProperties".to_owned(), json!({ pattern: level }));
    table.insert("properties".to_owned(), names.into_iter().map(property).collect::<Map<_, _>>().into());
    table.insert("additionalProperties".to_owned(), Value::Bool(false));
}

fn description(name: &str) -> String {
    match LINTS.iter().find(|it| it.name == name) {
        Some(lint) => lint.summary(),
        None if name == WARNINGS => "Whatever warns, whichever lint it is of.".to_owned(),
        None => format!("The lints of the group `{name}`."),
    }
}
