//! Levels: from defaults and the command line to the level of one finding.

use std::collections::{BTreeMap, BTreeSet};

use safe_map_lints::{Confidence, Finding, Group, Level, Lint};

use crate::failure::Failure;
use crate::suggest;

/// One `-A`, `-W`, `-D` or `--forbid`, in the order of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is set.
    pub setting: Setting,
    /// A lint or a group.
    pub name: String,
}

/// What a choice sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are rustc's")]
pub enum Setting {
    Allow,
    Warn,
    Deny,
    Forbid,
}

/// The level of every lint of a run.
#[derive(Clone, Debug)]
pub struct Levels {
    settings: BTreeMap<&'static str, Setting>,
    warnings: Option<Level>,
    cap: Level,
}

/// Whether a finding stands in test code, which is judged one level lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Context {
    Product,
    Test,
}

impl Levels {
    /// Applies `choices` in order to the defaults of `lints`; `only` leaves no other lint on, and `cap` bounds all.
    /// A lint that `only` names is on whatever its default, but not whatever `choices` say.
    ///
    /// # Errors
    ///
    /// Where a name is neither a lint nor a group.
    pub fn resolve(
        lints: &[&'static Lint],
        choices: &[Choice],
        only: &[String],
        cap: Option<Level>,
    ) -> Result<Levels, Failure> {
        let settings = lints.iter().map(|lint| (lint.name, setting(lint.default_level()))).collect();
        let mut levels = Levels { settings, warnings: None, cap: cap.unwrap_or(Level::Deny) };
        let kept = kept(lints, only)?;
        levels.raise(&kept);
        for choice in choices {
            levels.apply(lints, choice)?;
        }
        if !only.is_empty() {
            levels.settings.retain(|name, _| kept.contains(name));
        }
        Ok(levels)
    }

    fn apply(&mut self, lints: &[&'static Lint], choice: &Choice) -> Result<(), Failure> {
        if choice.name == "warnings" {
            self.warnings = Some(level(choice.setting));
            return Ok(());
        }
        let is_group = !lints.iter().any(|lint| lint.name == canonical(&choice.name));
        for lint in members(lints, &choice.name)? {
            let current = self.setting(lint.name);
            // A group given to `-W` raises what is off and lowers nothing.
            let lowers = is_group && choice.setting == Setting::Warn && current > Setting::Warn;
            if current != Setting::Forbid && !lowers {
                self.settings.insert(lint.name, choice.setting);
            }
        }
        Ok(())
    }

    fn raise(&mut self, names: &BTreeSet<&'static str>) {
        for (_, setting) in self.settings.iter_mut().filter(|(name, _)| names.contains(*name)) {
            *setting = (*setting).max(Setting::Warn);
        }
    }

    fn setting(&self, lint: &str) -> Setting {
        self.settings.get(lint).copied().unwrap_or(Setting::Allow)
    }

    /// Whether the lint can report anything, so that it must run.
    pub fn is_enabled(&self, lint: &Lint) -> bool {
        self.setting(lint.name) != Setting::Allow && self.cap != Level::Allow
    }

    /// Whether nothing in the source may silence the lint.
    pub fn is_forbidden(&self, lint: &str) -> bool {
        self.setting(lint) == Setting::Forbid
    }

    /// The level of a finding: a `possible` one of a deny lint warns, test code is one level lower, then `warnings`
    /// and the cap have the last word.
    pub fn of(&self, finding: &Finding, context: Context) -> Level {
        let mut found = level(self.setting(finding.lint));
        if finding.confidence == Confidence::Possible {
            found = found.min(Level::Warn);
        }
        if context == Context::Test {
            found = one_lower(found);
        }
        if found == Level::Warn {
            found = self.warnings.unwrap_or(found);
        }
        found.min(self.cap)
    }
}

/// The lints that `--only` names.
fn kept(lints: &[&'static Lint], only: &[String]) -> Result<BTreeSet<&'static str>, Failure> {
    let mut kept = BTreeSet::new();
    for name in only {
        kept.extend(members(lints, name)?.iter().map(|lint| lint.name));
    }
    Ok(kept)
}

fn one_lower(level: Level) -> Level {
    match level {
        Level::Deny => Level::Warn,
        Level::Warn | Level::Allow => Level::Allow,
    }
}

fn setting(level: Level) -> Setting {
    match level {
        Level::Allow => Setting::Allow,
        Level::Warn => Setting::Warn,
        Level::Deny => Setting::Deny,
    }
}

fn level(setting: Setting) -> Level {
    match setting {
        Setting::Allow => Level::Allow,
        Setting::Warn => Level::Warn,
        Setting::Deny | Setting::Forbid => Level::Deny,
    }
}

/// The lints that `name` stands for.
///
/// # Errors
///
/// Where it stands for nothing, with the nearest name.
pub fn members(lints: &[&'static Lint], name: &str) -> Result<Vec<&'static Lint>, Failure> {
    find_members(lints, name).ok_or_else(|| {
        let failure = Failure::usage(format!("unknown lint or group `{name}`"));
        suggest::add_nearest(failure, name, names(lints))
    })
}

/// The lints that `name` stands for, or `None` where it stands for nothing.
pub fn find_members(lints: &[&'static Lint], name: &str) -> Option<Vec<&'static Lint>> {
    let name = canonical(name);
    let chosen =
        |keep: &dyn Fn(&Lint) -> bool| Some(lints.iter().copied().filter(|lint| keep(lint)).collect());
    match name.as_str() {
        "all" => chosen(&|_| true),
        "advice" => chosen(&|lint| lint.level == Level::Allow),
        "preview" => chosen(&Lint::is_preview),
        group if Group::ALL.iter().any(|it| it.as_str() == group) => {
            chosen(&|lint| lint.group.as_str() == group)
        }
        _ => lints.iter().find(|lint| lint.name == name).map(|lint| vec![*lint]),
    }
}

/// Every name that `members` knows.
pub fn names(lints: &[&'static Lint]) -> impl Iterator<Item = &'static str> {
    let groups = Group::ALL.iter().map(|group| group.as_str());
    let lints: Vec<&'static str> = lints.iter().map(|lint| lint.name).collect();
    lints.into_iter().chain(groups).chain(["all", "advice", "preview", "warnings"])
}

/// Names may be written with `-` and with the tool's prefix.
fn canonical(name: &str) -> String {
    name.strip_prefix("safe_map_lint::").unwrap_or(name).replace('-', "_")
}

#[cfg(test)]
mod tests {
    use safe_map_analysis::source::FileId;
    use safe_map_analysis::span::Span;
    use safe_map_lints::{Check, Place};

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
        let resolved = Levels::resolve(&LINTS, &choices(words), &[], None).expect("known names");
        ["denied", "warned", "quiet"].map(|name| resolved.of(&finding(name), Context::Product).as_str())
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
            let resolved = Levels::resolve(lints, &choices(words), &[], None).expect("known names");
            resolved.of(&callback, Context::Product)
        };
        let asked = ["", "Wpreview", "Wall", "Wadvice", "Dcallback_under_guard"].map(level);
        assert_eq!(asked, [Level::Allow, Level::Warn, Level::Warn, Level::Allow, Level::Deny]);
    }

    #[test]
    fn forbid_cannot_be_undone() {
        assert_eq!(levels("Fwarned Aall"), ["allow", "deny", "allow"]);
    }

    #[test]
    fn only_switches_the_others_off() {
        let resolved = Levels::resolve(&LINTS, &[], &["quiet".to_owned()], None).expect("known");
        assert!(resolved.is_enabled(&ADVICE));
        assert!(!resolved.is_enabled(&DENIED));
    }

    #[test]
    fn what_only_names_can_still_be_set() {
        let only = ["quiet".to_owned(), "warned".to_owned()];
        let resolved = Levels::resolve(&LINTS, &choices("Awarned Dquiet"), &only, None).expect("known");
        assert!(!resolved.is_enabled(&WARNED));
        assert_eq!(resolved.of(&finding("quiet"), Context::Product), Level::Deny);
    }

    #[test]
    fn possible_findings_and_test_code_are_lower_and_the_cap_bounds_all() {
        let resolved = Levels::resolve(&LINTS, &[], &[], None).expect("known");
        let possible = Finding { confidence: Confidence::Possible, ..finding("denied") };
        assert_eq!(resolved.of(&possible, Context::Product), Level::Warn);
        assert_eq!(resolved.of(&finding("denied"), Context::Test), Level::Warn);
        assert_eq!(resolved.of(&finding("warned"), Context::Test), Level::Allow);
        let capped = Levels::resolve(&LINTS, &choices("Fdenied"), &[], Some(Level::Warn)).expect("known");
        assert_eq!(capped.of(&finding("denied"), Context::Product), Level::Warn);
    }

    #[test]
    fn unknown_names_get_a_suggestion() {
        let failure = Levels::resolve(&LINTS, &choices("Wwarnde"), &[], None).expect_err("unknown");
        assert_eq!(failure.help.as_deref(), Some("did you mean `warned`?"));
    }
}
