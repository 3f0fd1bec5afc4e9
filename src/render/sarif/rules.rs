//! The lints as rules. All of them stand in every log, so that an index means the same rule in all logs of a version.

use safe_map_lints::{LINTS, Level, Lint};

use super::log::{Configuration, Message, Rule, RuleProperties};

/// GitHub takes descriptions of at most 1024 characters.
const MAX_DESCRIPTION: usize = 1000;

/// A rule for each lint, in the order of the catalogue.
pub(super) fn all() -> Vec<Rule> {
    LINTS.iter().map(|lint| rule(lint)).collect()
}

/// Where the rule of a lint stands in [`all`].
pub(super) fn index(lint: &str) -> usize {
    LINTS.iter().position(|it| it.name == lint).expect("findings are of lints of the catalogue")
}

/// A level in SARIF's words.
pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Deny => "error",
        Level::Warn => "warning",
        Level::Allow => "note",
    }
}

fn rule(lint: &Lint) -> Rule {
    let docs = lint.docs();
    let summary = lint.summary();
    Rule {
        id: lint.name,
        name: pascal_case(lint.name),
        short_description: Message::text(bounded(first_sentence(&summary))),
        full_description: Message::text(bounded(&full(&summary, lint))),
        help: Message { text: docs.trim().to_owned(), markdown: Some(docs.trim().to_owned()) },
        help_uri: lint.url(),
        default_configuration: Configuration {
            enabled: lint.default_level() != Level::Allow,
            level: level(lint.level),
        },
        properties: RuleProperties {
            tags: ["concurrency", lint.group.as_str()],
            precision: if lint.is_preview() { "medium" } else { "high" },
            severity: severity(lint.level),
        },
    }
}

/// A level in the words of GitHub's `problem.severity`.
fn severity(level: Level) -> &'static str {
    match level {
        Level::Deny => "error",
        Level::Warn => "warning",
        Level::Allow => "recommendation",
    }
}

fn pascal_case(name: &str) -> String {
    let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    name.split('_').filter(|word| !word.is_empty()).map(capital).collect()
}

fn first_sentence(text: &str) -> &str {
    text.find(". ").map_or(text, |end| &text[..=end])
}

/// The summary and the section *Why* on one line.
fn full(summary: &str, lint: &Lint) -> String {
    let why = lint.section("Why").unwrap_or_default();
    let why: Vec<&str> = why.lines().filter(|line| !line.is_empty()).collect();
    format!("{summary} {}", why.join(" ")).trim().to_owned()
}

/// The text up to the last word that fits.
fn bounded(text: &str) -> String {
    let Some((cut, _)) = text.char_indices().nth(MAX_DESCRIPTION) else { return text.to_owned() };
    let kept = text[..cut].rsplit_once(' ').map_or(&text[..cut], |(kept, _)| kept);
    format!("{kept} ..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_within_githubs_limits() {
        for rule in all() {
            for text in [&rule.short_description.text, &rule.full_description.text] {
                assert!((1..=1024).contains(&text.chars().count()), "{}: {text}", rule.id);
                assert!(text.ends_with('.'), "{}: {text}", rule.id);
            }
            assert!(rule.help.text.contains("## Fix"), "{}", rule.id);
        }
    }

    #[test]
    fn names_are_pascal_case() {
        assert_eq!(pascal_case("double_lock"), "DoubleLock");
    }

    #[test]
    fn long_texts_end_at_a_word() {
        let long = "word ".repeat(300);
        assert!(bounded(&long).ends_with("word .."));
        assert_eq!(bounded("short"), "short");
    }
}
