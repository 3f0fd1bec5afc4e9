//! As much of JSON Schema as `config schema` uses. A keyword that is not known here panics: nothing is accepted unseen.

use serde_json::{Map, Value};

/// What a schema has against a value: one line each.
pub(crate) fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut out = Vec::new();
    Checker { root: schema }.check(schema, value, "", &mut out);
    out
}

struct Checker<'a> {
    root: &'a Value,
}

impl Checker<'_> {
    fn check(&self, schema: &Value, value: &Value, at: &str, out: &mut Vec<String>) {
        let schema = match schema {
            Value::Bool(true) => return,
            Value::Object(schema) => schema,
            _ => return out.push(format!("{at}: nothing may stand here")),
        };
        for (keyword, argument) in schema {
            self.keyword(keyword, argument, schema, value, at, out);
        }
    }

    fn keyword(
        &self,
        keyword: &str,
        argument: &Value,
        schema: &Map<String, Value>,
        value: &Value,
        at: &str,
        out: &mut Vec<String>,
    ) {
        match keyword {
            "$schema" | "$id" | "$defs" | "title" | "description" | "default" | "format" => {}
            // Looked at with `additionalProperties`.
            "properties" | "patternProperties" if schema.contains_key("additionalProperties") => {}
            "properties" => self.properties(schema, &Value::Bool(true), value, at, out),
            "additionalProperties" => self.properties(schema, argument, value, at, out),
            "$ref" => {
                let pointer = argument.as_str().expect("a reference").trim_start_matches('#');
                self.check(self.root.pointer(pointer).expect("a definition"), value, at, out);
            }
            "type" => {
                let types = argument.as_array().cloned().unwrap_or_else(|| vec![argument.clone()]);
                if !types.iter().any(|it| is_of_type(value, it.as_str().expect("a type"))) {
                    out.push(format!("{at}: not of type {argument}"));
                }
            }
            "const" if argument != value => out.push(format!("{at}: not {argument}")),
            "const" => {}
            "enum" if !argument.as_array().expect("values").contains(value) => {
                out.push(format!("{at}: none of {argument}"));
            }
            "enum" => {}
            "required" => {
                let keys = argument.as_array().expect("keys").iter().map(|it| it.as_str().expect("a key"));
                let missing = keys.filter(|key| value.is_object() && value.get(key).is_none());
                out.extend(missing.map(|key| format!("{at}: no {key}")));
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.check(argument, item, &format!("{at}/{index}"), out);
                }
            }
            "minimum" => {
                if value.as_f64().is_some_and(|it| it < argument.as_f64().expect("a number")) {
                    out.push(format!("{at}: less than {argument}"));
                }
            }
            "allOf" => {
                argument.as_array().expect("schemas").iter().for_each(|it| self.check(it, value, at, out))
            }
            "anyOf" | "oneOf" => {
                let fits = |it: &&Value| {
                    let mut found = Vec::new();
                    self.check(it, value, at, &mut found);
                    found.is_empty()
                };
                let count = argument.as_array().expect("schemas").iter().filter(fits).count();
                if count == 0 || (keyword == "oneOf" && count > 1) {
                    out.push(format!("{at}: {count} alternatives fit"));
                }
            }
            other => panic!("the keyword {other:?} is not known here"),
        }
    }

    fn properties(
        &self,
        schema: &Map<String, Value>,
        others: &Value,
        value: &Value,
        at: &str,
        out: &mut Vec<String>,
    ) {
        for (key, item) in value.as_object().into_iter().flatten() {
            let own = schema.get("properties").and_then(|it| it.get(key));
            let patterns = schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
            let by_pattern = patterns.filter(|(pattern, _)| names(pattern, key)).map(|(_, it)| it).next();
            self.check(own.or(by_pattern).unwrap_or(others), item, &format!("{at}/{key}"), out);
        }
    }
}

/// Whether a pattern of the form `^(a|b)$` names the key.
fn names(pattern: &str, key: &str) -> bool {
    let inside = pattern.strip_prefix("^(").and_then(|it| it.strip_suffix(")$")).expect("a list of names");
    inside.split('|').any(|it| it == key)
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("the type {other:?} is not known here"),
    }
}
