//! What the people who wrote the code say of a race: that they know it and that it does no harm.
//!
//! In: a function and its two steps. Out: whether a comment around them says both. One that only says that there is a race
//! asks for help rather than that it be left alone.

use safe_map_analysis::FunctionView;
use safe_map_analysis::span::Span;

use crate::fix::has_word;

/// What the race is called.
const RACES: [&str; 5] = ["racy", "race", "races", "racing", "raced"];

/// What is said of one that may stay.
const HARMLESS: [&str; 16] = [
    "ok",
    "okay",
    "fine",
    "harmless",
    "benign",
    "acceptable",
    "accept",
    "accepted",
    "tolerate",
    "tolerated",
    "intentional",
    "intentionally",
    "deliberate",
    "deliberately",
    "innocuous",
    "idempotent",
];

/// What takes that back.
const NOT: [&str; 4] = ["not ok", "not fine", "not acceptable", "todo"];

/// Whether a comment between two steps, right above the first, or above the function or the impl around it, says that the race
/// of the two is known and harmless.
pub(crate) fn is_known_to_be_harmless(function: &FunctionView<'_>, first: Span, second: Span) -> bool {
    let text = &function.file.parsed().source.text;
    let model = function.model();
    let def = model.func(function.id);
    let items = [Some(def.at), def.impl_].into_iter().flatten().map(|at| model.item(at));
    let mut heads = items.map(|it| {
        let to = it.name_span.start.max(it.span.start);
        Span::new(above(text, it.span.start), to)
    });
    let steps = Span::new(above(text, first.start), second.end);
    admits(&comments(steps.text(text))) || heads.any(|it| admits(&comments(it.text(text))))
}

/// Where the comment lines right above the line of a place start.
fn above(text: &str, at: u32) -> u32 {
    let mut start = text[..at as usize].rfind('\n').map_or(0, |it| it + 1);
    while start > 0 {
        let previous = text[..start - 1].rfind('\n').map_or(0, |it| it + 1);
        if !text[previous..start].trim_start().starts_with("//") {
            break;
        }
        start = previous;
    }
    start as u32
}

/// The text of the line comments in a piece of code, as one.
fn comments(code: &str) -> String {
    let lines =
        code.lines().filter_map(|it| Some(it.split_once("//")?.1.trim_start_matches(['/', '!']).trim()));
    // The reason of a suppression must not take away what it silences.
    lines.filter(|it| !it.starts_with("safe-map-lint:")).collect::<Vec<_>>().join(" ").to_lowercase()
}

fn admits(said: &str) -> bool {
    let says = |words: &[&str]| words.iter().any(|it| has_word(said, it));
    says(&RACES) && says(&HARMLESS) && !NOT.iter().any(|it| said.contains(it))
}

#[cfg(test)]
mod tests {
    use crate::testing::found;

    /// What `check_then_act` finds where a comment stands above the insert, and one above the function.
    fn count(inside: &str, above: &str) -> usize {
        let text = format!(
            "
use std::sync::{{Arc, Mutex}};
struct Locks {{ by_name: dashmap::DashMap<String, Arc<Mutex<u64>>> }}
impl Locks {{
    {above}
    fn make(&self, name: &str) {{
        if self.by_name.contains_key(name) {{
            return;
        }}
        {inside}
        self.by_name.insert(name.to_string(), Arc::default());
    }}
}}
"
        );
        let lint = crate::LINTS.iter().find(|it| it.name == "check_then_act").expect("the lint");
        found(lint, &text).len()
    }

    #[test]
    fn a_race_that_is_known_and_accepted_is_left_alone() {
        assert_eq!(count("// this is racy, but we can accept a second lock", ""), 0);
        assert_eq!(count("", "/// It's ok that this is a race: both locks are as good."), 0);
    }

    #[test]
    fn a_race_that_is_only_known_is_not() {
        assert_eq!(count("// TODO: this is racy", ""), 1);
        assert_eq!(count("// safe-map-lint: allow(check_then_act) -- the race is benign", ""), 1);
        assert_eq!(count("// fine: nothing is shared", ""), 1);
    }
}
