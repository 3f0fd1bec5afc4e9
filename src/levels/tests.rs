//! The order of everything that sets a level.

use safe_map_analysis::source::FileId;
use safe_map_analysis::span::Span;
use safe_map_lints::{Check, Group, Place};

use super::*;

static DENIED: Lint = lint("denied", Group::Deadlock, Level::Deny);
static WARNED: Lint = lint("warned", Group::Scope, Level::Warn);
static ADVICE: Lint = lint("quiet", Group::Scope, Level::Allow);
static LINTS: [&Lint; 3] = [&DENIED, &WARNED, &ADVICE];

const fn lint(name: &'static str, group: Group, level: Level) -> Lint {
    Lint { name, group, level, has_fix: false, merges_sites: false, source: "", check: Check::Engine }
}

/// The levels of the three lints after `-Wall -Dx ..` written as words.
fn levels(words: &str) -> [&'static str; 3] {
    after("", words)
}

/// The levels after a configuration and flags, both written as such words; a configuration names lints alone.
fn after(file: &str, flags: &str) -> [&'static str; 3] {
    let resolved = Levels::resolve(&LINTS, &configured(file), &asked(flags, &[], None));
    ["denied", "warned", "quiet"].map(|name| resolved.of(&finding(name), Context::Product).as_str())
}

fn asked(words: &str, only: &[&str], cap: Option<Level>) -> Asked {
    let only: Vec<String> = only.iter().map(|it| (*it).to_owned()).collect();
    Asked::new(&LINTS, &choices(words), &only, cap).expect("known names")
}

fn configured(words: &str) -> Vec<Configured> {
    let one = |choice: Choice| {
        let known = ["denied", "warned", "quiet", WARNINGS];
        let name = known.into_iter().find(|it| *it == choice.name).expect("a name");
        Configured { name, set: Set { setting: choice.setting, origin: "a file".into() } }
    };
    choices(words).into_iter().map(one).collect()
}

fn choices(words: &str) -> Vec<Choice> {
    let choice = |word: &str| {
        let (flag, name) = word.split_at(1);
        let setting = match flag {
            "A" => Setting::Allow,
            "W" => Setting::Warn,
            "D" => Setting::Deny,
            _ => Setting::Forbid,
        };
        Choice { setting, name: name.to_owned() }
    };
    words.split_whitespace().map(choice).collect()
}

fn finding(lint: &'static str) -> Finding {
    Finding {
        lint,
        confidence: Confidence::Likely,
        message: String::new(),
        lock: None,
        item: String::new(),
        primary: Place { file: FileId(0), span: Span::default() },
        labels: Vec::new(),
        note: String::new(),
        help: String::new(),
        interleaving: Vec::new(),
        fixes: Vec::new(),
        in_test: false,
    }
}

#[test]
fn the_rightmost_choice_wins() {
    assert_eq!(levels("Awarned Dwarned"), ["deny", "deny", "allow"]);
    assert_eq!(levels("Dwarned Awarned"), ["deny", "allow", "allow"]);
    assert_eq!(levels("Wdenied"), ["warn", "warn", "allow"]);
}

#[test]
fn a_group_raised_lowers_nothing() {
    assert_eq!(levels("Wall"), ["deny", "warn", "warn"]);
    assert_eq!(levels("Wadvice"), ["deny", "warn", "warn"]);
    assert_eq!(levels("Ascope"), ["deny", "allow", "allow"]);
    assert_eq!(levels("Dscope"), ["deny", "deny", "deny"]);
}

#[test]
fn warnings_are_judged_last_wherever_they_stand() {
    assert_eq!(levels("Dwarnings Wquiet"), ["deny", "deny", "deny"]);
    assert_eq!(levels("Awarnings Wdenied"), ["allow", "allow", "allow"]);
}

#[test]
fn a_lint_in_preview_is_off_until_it_is_asked_for() {
    let lints = safe_map_lints::LINTS;
    let callback = Finding { lint: "callback_under_guard", ..finding("denied") };
    let level = |words: &str| {
        let asked = Asked::new(lints, &choices(words), &[], None).expect("known names");
        Levels::resolve(lints, [], &asked).of(&callback, Context::Product)
    };
    let asked = ["", "Wpreview", "Wall", "Wadvice", "Dcallback_under_guard"].map(level);
    assert_eq!(asked, [Level::Allow, Level::Warn, Level::Warn, Level::Allow, Level::Deny]);
}

#[test]
fn forbid_cannot_be_undone() {
    assert_eq!(levels("Fwarned Aall"), ["allow", "deny", "allow"]);
    assert_eq!(after("Fwarned Awarned", "Awarned"), ["deny", "deny", "allow"]);
    assert_eq!(after("Awarned", "Fwarned Awarned"), ["deny", "deny", "allow"]);
    assert_eq!(levels("Fwarnings Awarnings"), ["deny", "deny", "allow"]);
}

#[test]
fn the_command_line_comes_behind_the_configuration() {
    assert_eq!(after("Wdenied Dquiet", ""), ["warn", "warn", "deny"]);
    assert_eq!(after("Wdenied Dquiet", "Ddenied Aquiet"), ["deny", "warn", "allow"]);
    assert_eq!(after("Awarned", "Wscope"), ["deny", "warn", "warn"]);
    assert_eq!(after("Dwarnings", "Wwarnings"), ["deny", "warn", "allow"]);
    assert_eq!(after("Dwarnings", "Wdenied"), ["deny", "deny", "allow"]);
}

#[test]
fn each_setting_knows_where_it_came_from() {
    let resolved = Levels::resolve(&LINTS, &configured("Wdenied"), &asked("Dscope", &[], None));
    let origins: Vec<_> = resolved.settings().map(|(name, set)| (name, &*set.origin)).collect();
    assert_eq!(origins, [("denied", "a file"), ("quiet", "-D scope"), ("warned", "-D scope")]);
}

#[test]
fn only_switches_the_others_off() {
    let resolved = Levels::resolve(&LINTS, &configured("Aquiet Ddenied"), &asked("", &["quiet"], None));
    assert!(resolved.is_enabled(&ADVICE));
    assert!(!resolved.is_enabled(&DENIED));
}

#[test]
fn what_only_names_can_still_be_set() {
    let asked = asked("Awarned Dquiet", &["quiet", "warned"], None);
    let resolved = Levels::resolve(&LINTS, [], &asked);
    assert!(!resolved.is_enabled(&WARNED));
    assert_eq!(resolved.of(&finding("quiet"), Context::Product), Level::Deny);
}

#[test]
fn possible_findings_and_test_code_are_lower_and_the_cap_bounds_all() {
    let resolved = Levels::resolve(&LINTS, [], &Asked::default());
    let possible = Finding { confidence: Confidence::Possible, ..finding("denied") };
    assert_eq!(resolved.of(&possible, Context::Product), Level::Allow);
    let all = Levels::resolve(&LINTS, [], &asked("Wall", &[], None));
    assert_eq!(all.of(&possible, Context::Product), Level::Warn);
    let more = Levels::resolve(&LINTS, [], &Asked::default().with_possible());
    assert_eq!(more.of(&possible, Context::Product), Level::Warn);
    assert_eq!(resolved.of(&finding("denied"), Context::Test), Level::Warn);
    assert_eq!(resolved.of(&finding("warned"), Context::Test), Level::Allow);
    let capped = Levels::resolve(&LINTS, [], &asked("Fdenied", &[], Some(Level::Warn)));
    assert_eq!(capped.of(&finding("denied"), Context::Product), Level::Warn);
}

#[test]
fn possible_findings_are_for_who_asks() {
    let possible = Finding { confidence: Confidence::Possible, ..finding("warned") };
    let level = |asked: &Asked, set: &str| {
        Levels::resolve(&LINTS, &configured(set), asked).of(&possible, Context::Product)
    };
    assert_eq!(level(&Asked::default(), ""), Level::Allow);
    assert_eq!(level(&Asked::default().with_possible(), ""), Level::Warn);
    assert_eq!(level(&asked("Wwarned", &[], None), ""), Level::Warn);
    assert_eq!(level(&asked("Wall", &[], None), ""), Level::Warn);
    assert_eq!(level(&Asked::default(), "Wwarned"), Level::Warn);
    assert_eq!(level(&asked("Dwarned", &[], None), ""), Level::Warn);
}

#[test]
fn unknown_names_get_a_suggestion() {
    let failure = Asked::new(&LINTS, &choices("Wwarnde"), &[], None).expect_err("unknown");
    assert_eq!(failure.help.as_deref(), Some("did you mean `warned`?"));
}
