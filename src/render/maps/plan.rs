//! The plan: how a map would move to the wrapper that is advised. It says which declaration changes and which places call it
//! by which method of the old type; what has no counterpart is said, and nothing is guessed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use safe_map_lints::inventory::{Keys, SharedMap, Site, Together};

use super::{line, maps, plural};
use crate::output::Look;
use crate::render::human::wrap;
use crate::report::Report;
use crate::visible;

/// What a method of a plain or concurrent map is on every map of `safe-map`; one place to keep in step with that crate.
const COUNTERPARTS: [(&str, &str); 15] = [
    ("get", "`get` gives a clone, `read` shows the value to a closure"),
    ("[]", "`get` gives a clone, `read` shows the value to a closure"),
    ("contains_key", "`contains_key`"),
    ("contains", "`contains_key`"),
    ("len", "`len`"),
    ("is_empty", "`is_empty`"),
    ("insert", "`insert`"),
    ("get_mut", "`update` with a closure"),
    ("entry", "`upsert`, `get_or_insert_with` or `compute`, as what follows asks for"),
    ("remove", "`remove`, or `remove_if` where it depends on the value"),
    ("retain", "`retain`"),
    ("clear", "`clear`"),
    ("iter", "`for_each` or `fold`, `entries` for a copy"),
    ("keys", "`for_each` or `fold`, `entries` for a copy"),
    ("values", "`for_each` or `fold`, `entries` for a copy"),
];

/// The plans of the maps that should move.
pub(in crate::render) fn plan(report: &Report, look: Look) -> String {
    let moving = maps(report).iter().filter_map(|it| Some((it, it.advice.wrapper?)));
    let plans: Vec<String> = moving.map(|(map, wrapper)| of_map(report, look, map, wrapper)).collect();
    match plans.is_empty() {
        true => "no map should move\n".to_owned(),
        false => visible::text(&plans.join("\n")).into_owned(),
    }
}

fn of_map(report: &Report, look: Look, map: &SharedMap, wrapper: &str) -> String {
    let mut out = format!("{}\n", map.path);
    let mut say = |text: String| {
        for (index, line) in wrap(&text, look.width.saturating_sub(4)).iter().enumerate() {
            let indent = if index == 0 { "  " } else { "    " };
            let _ = writeln!(out, "{indent}{line}");
        }
    };
    say(format!("why: {}", map.advice.reason));
    say(format!(
        "declaration ({}): `{}` becomes `{}`",
        line(report, map.place),
        map.ty,
        around(map, wrapper)
    ));
    if map.acquires.shared + map.acquires.exclusive > 0 && map.layers.len() > 1 {
        let acquires = map.acquires.shared + map.acquires.exclusive;
        say(format!("the {} of the lock go away: no guard is handed out", plural(acquires, "acquire")));
    }
    for (method, sites) in by_method(map) {
        let places: Vec<String> = sites.iter().map(|it| line(report, it.place)).collect();
        let counterpart = COUNTERPARTS.iter().find(|it| it.0 == method).map(|it| it.1);
        let counterpart = counterpart.unwrap_or("no counterpart is known: to be decided by hand");
        say(format!("`{method}` ({}): {counterpart}", places.join(", ")));
    }
    for it in &map.together {
        say(one_step(report, it));
    }
    if !map.held.is_empty() {
        say(format!(
            "by hand: {} under the guard; its closures must not wait, so what they need is read before",
            plural(map.held.len(), "thing")
        ));
    }
    out
}

/// What must not fall apart: each call of the new map is a step of its own.
fn one_step(report: &Report, it: &Together) -> String {
    let methods: Vec<String> = it.methods.iter().map(|it| format!("`{it}`")).collect();
    let what = match it.keys {
        Keys::One => "of one key one step: `compute`, or `upsert`, keeps it one",
        Keys::Several => {
            "of several keys one step: `update_many` keeps it one where the keys are known, else this map should keep its lock"
        }
        Keys::All => "one step about the whole map: no single call is, so others would come between them",
        Keys::Repeated => "in a loop one step: others would come between the turns",
    };
    let (place, methods) = (line(report, it.place), methods.join(", "));
    format!("by hand: one guard of `{}` ({place}) makes {methods} {what}", it.function)
}

/// The wrapper in the layers that stay: an `Arc` that hands it round, what a `static` is made by.
fn around(map: &SharedMap, wrapper: &str) -> String {
    let wrapper = &with_arguments(map, wrapper);
    let is_static = !map.name().contains('.');
    let stays = |it: &&String| matches!(it.as_str(), "Arc" | "LazyLock" | "OnceLock" | "Lazy" | "OnceCell");
    match map.layers.iter().find(stays) {
        Some(layer) => format!("{layer}<{wrapper}>"),
        None if is_static => format!("LazyLock<{wrapper}>"),
        None => wrapper.to_owned(),
    }
}

/// The wrapper for the keys, values and hasher that the map has now. Some are made over a plain map as a whole.
fn with_arguments(map: &SharedMap, wrapper: &str) -> String {
    let Some((name, arguments)) = map.layers.last().and_then(|it| Some((it, arguments(&map.ty, it)?))) else {
        return wrapper.to_owned();
    };
    let is_set = wrapper.ends_with("Set");
    let plain = match (name.as_str(), is_set) {
        ("HashMap" | "HashSet" | "BTreeMap" | "BTreeSet", _) => name,
        (_, true) => "HashSet",
        (_, false) => "HashMap",
    };
    let is_over_plain = ["Snapshot", "Locked"].iter().any(|it| wrapper.contains(it));
    if is_over_plain { format!("{wrapper}<{plain}<{arguments}>>") } else { format!("{wrapper}<{arguments}>") }
}

/// What stands between the brackets behind a name in a written type.
fn arguments<'a>(ty: &'a str, name: &str) -> Option<&'a str> {
    let is_whole = |at: &usize| !ty[..*at].ends_with(|it: char| it.is_alphanumeric() || it == '_');
    let open = format!("{name}<");
    let start = ty.match_indices(&open).map(|it| it.0).find(is_whole)? + open.len();
    let mut depth = 1u32;
    for (at, it) in ty[start..].char_indices() {
        match it {
            '<' => depth += 1,
            // The arrow of a function type closes nothing.
            '>' if ty[..start + at].ends_with('-') => {}
            '>' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&ty[start..start + at]);
        }
    }
    None
}

fn by_method(map: &SharedMap) -> BTreeMap<&str, Vec<&Site>> {
    let mut found: BTreeMap<&str, Vec<&Site>> = BTreeMap::new();
    for site in &map.sites {
        found.entry(&site.method).or_default().push(site);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::arguments;

    #[test]
    fn arguments_are_those_of_the_whole_name() {
        let ty = "Arc<RwLock<HashMap<u64, Vec<fn(u8) -> u8>, FxBuildHasher>>>";
        assert_eq!(arguments(ty, "HashMap"), Some("u64, Vec<fn(u8) -> u8>, FxBuildHasher"));
        assert_eq!(arguments("LinkedHashMap<u8, HashMap<u8, u16>>", "HashMap"), Some("u8, u16"));
        assert_eq!(arguments("DashMap", "DashMap"), None);
    }
}
