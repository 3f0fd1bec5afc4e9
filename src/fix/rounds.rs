//! Rounds: fixes that agree are applied together, the result is parsed and linted again, and its fixes are next, until
//! there are none.
//!
//! Nothing here touches the disk: `lint` turns files into a report, and `may_write` says which files are taboo. Each round is
//! judged as a whole, and only where it is found wanting those at fault are told from the others, so that a bad fix costs
//! itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::candidates::{Candidate, Identity, candidates, fixable};
use super::edits::{TextEdit, agree, apply};
use super::judge::{Fault, judge};
use super::{Change, Outcome, Trust};
use crate::report::Report;
use crate::workspace::Discovered;

/// Each round applies or refuses a fix; so many one after the other are a fault of the fixes.
const MAX_ROUNDS: usize = 100;

/// Texts by path.
type Texts = BTreeMap<Arc<str>, Arc<str>>;

/// What the rounds need to know of the world.
pub(crate) struct World<'a> {
    /// Lints what was discovered.
    pub(crate) lint: &'a dyn Fn(Discovered) -> Report,
    /// The same with more lints: what a fix must not bring about, whether the user asks for it or not.
    pub(crate) lint_strictly: &'a dyn Fn(Discovered) -> Report,
    /// Why the file at a path, which has this text, may not be written.
    pub(crate) taboo: &'a dyn Fn(&str, &str) -> Option<String>,
    /// Which fixes are applied.
    pub(crate) trust: Trust,
}

/// Applies the fixes of what was discovered, and of what they lead to.
pub(crate) fn converge(discovered: Discovered, world: &World<'_>) -> Outcome {
    let report = (world.lint)(discovered.clone());
    let strict = (world.lint_strictly)(discovered.clone());
    let state = State { discovered, report, strict };
    let mut rounds = Rounds {
        world,
        state,
        changes: BTreeMap::new(),
        applied: 0,
        refused: BTreeSet::new(),
        notes: Vec::new(),
    };
    let ended = (0..MAX_ROUNDS).any(|_| !rounds.next());
    if !ended {
        rounds.notes.push(format!("fixes lead to fixes after {MAX_ROUNDS} rounds: the rest is left"));
    }
    let Rounds { state, mut changes, applied, notes, .. } = rounds;
    changes.retain(|_, it| it.old != it.new);
    let withheld = match world.trust {
        Trust::Safe => fixable(&state.report, Trust::Unsafe) - fixable(&state.report, Trust::Safe),
        Trust::Unsafe => 0,
    };
    Outcome { report: state.report, changes, applied, notes, withheld }
}

/// The files, and what was found in them.
struct State {
    discovered: Discovered,
    report: Report,
    /// What more lints find.
    strict: Report,
}

/// The files with fixes in them.
struct Trial {
    discovered: Discovered,
    changed: Texts,
    strict: Report,
}

struct Rounds<'a> {
    world: &'a World<'a>,
    state: State,
    changes: BTreeMap<Arc<str>, Change>,
    applied: usize,
    refused: BTreeSet<Identity>,
    notes: Vec<String>,
}

impl Rounds<'_> {
    /// One round. Whether there can be another.
    fn next(&mut self) -> bool {
        let texts = self.texts();
        let chosen = self.agreeing(&texts);
        if chosen.is_empty() {
            return false;
        }
        let mut accepted = Accepted::default();
        self.admit(&chosen, &texts, &mut accepted);
        // Where all of them were refused, those that they were in the way of are next.
        let Some(Trial { discovered, changed, strict }) = accepted.trial else { return true };
        for (path, new) in changed {
            let change = Change { old: texts[&path].clone(), new: new.clone() };
            self.changes.entry(path).or_insert(change).new = new;
        }
        self.applied += accepted.fixes.len();
        let report = (self.world.lint)(discovered.clone());
        self.state = State { discovered, report, strict };
        true
    }

    fn texts(&self) -> Texts {
        let files = &self.state.discovered.workspace.files;
        files.iter().map(|it| (it.source.path.clone(), it.source.text.clone())).collect()
    }

    /// The candidates that can be applied together, the first of two in conflict; those put off or taboo are told.
    fn agreeing(&mut self, texts: &Texts) -> Vec<Candidate> {
        let mut all = candidates(&self.state.report, self.world.trust);
        all.retain(|it| !self.refused.contains(&it.identity));
        let mut chosen: Vec<Candidate> = Vec::new();
        for it in all {
            if let Some((path, why)) = self.taboo(&it, texts) {
                self.refuse(&it, &format!("`{path}` is not written: {why}"));
            } else if chosen.iter().any(|old| old.edits == it.edits) {
                // One cure for two findings: it is applied once.
            } else if is_compatible(&chosen, &it, texts) {
                chosen.push(it);
            } else {
                let note = format!("{}: {}: put off, it overlaps a fix before it", it.at, it.title);
                self.notes.push(note);
            }
        }
        chosen
    }

    fn taboo(&self, fix: &Candidate, texts: &Texts) -> Option<(Arc<str>, String)> {
        let taboo = |path: &Arc<str>| {
            let text = texts.get(path).map_or("", |it| it);
            Some((path.clone(), (self.world.taboo)(path, text)?))
        };
        fix.edits.keys().find_map(taboo)
    }

    fn refuse(&mut self, fix: &Candidate, why: &str) {
        self.refused.insert(fix.identity.clone());
        self.notes.push(format!("{}: {}: not applied, {why}", fix.at, fix.title));
    }

    /// Adds to `accepted` what can be added: all of `fixes`, or what is good of each half.
    fn admit(&mut self, fixes: &[Candidate], texts: &Texts, accepted: &mut Accepted) {
        let together: Vec<&Candidate> = accepted.fixes.iter().chain(fixes).collect();
        match self.trial(&together, texts) {
            Ok(trial) => {
                accepted.fixes.extend_from_slice(fixes);
                accepted.trial = Some(trial);
            }
            Err(fault) => match fixes {
                [only] => self.refuse(only, &fault.to_string()),
                _ => {
                    let (first, second) = split(fixes, &fault);
                    self.admit(&first, texts, accepted);
                    self.admit(&second, texts, accepted);
                }
            },
        }
    }

    /// The texts with `fixes` in them, and what is found there then.
    fn trial(&self, fixes: &[&Candidate], texts: &Texts) -> Result<Trial, Fault> {
        let mut edits: BTreeMap<Arc<str>, Vec<TextEdit>> = BTreeMap::new();
        for (path, own) in fixes.iter().flat_map(|it| &it.edits) {
            edits.entry(path.clone()).or_default().extend_from_slice(own);
        }
        let mut changed = Texts::new();
        let mut discovered = self.state.discovered.clone();
        for (path, edits) in edits {
            let broken = || Fault::Broken(path.clone());
            let old = texts.get(&path).ok_or_else(broken)?;
            let new: Arc<str> = apply(old, &edits).map_err(|_| broken())?.into();
            discovered.replace(&path, &new).map_err(|_| broken())?;
            changed.insert(path, new);
        }
        let strict = (self.world.lint_strictly)(discovered.clone());
        judge(&self.state.strict, &strict, fixes)?;
        Ok(Trial { discovered, changed, strict })
    }
}

/// What of a round is good.
#[derive(Default)]
struct Accepted {
    fixes: Vec<Candidate>,
    trial: Option<Trial>,
}

/// The fixes that are most likely not at fault, and the others; two halves where that tells nothing apart.
fn split(fixes: &[Candidate], fault: &Fault) -> (Vec<Candidate>, Vec<Candidate>) {
    let (blamed, others): (Vec<_>, Vec<_>) = fixes.iter().cloned().partition(|it| fault.blames(it));
    if !blamed.is_empty() && !others.is_empty() {
        return (others, blamed);
    }
    let (first, second) = fixes.split_at(fixes.len() / 2);
    (first.to_vec(), second.to_vec())
}

/// Whether a fix can be applied together with all that were chosen before it.
fn is_compatible(chosen: &[Candidate], fix: &Candidate, texts: &Texts) -> bool {
    fix.edits.iter().all(|(path, own)| {
        let others = chosen.iter().filter_map(|it| it.edits.get(path)).flatten();
        let together: Vec<TextEdit> = others.chain(own).cloned().collect();
        texts.get(path).is_some_and(|text| agree(text, &together))
    })
}

#[cfg(test)]
mod tests {
    use safe_map_analysis::facts::Edition;
    use safe_map_analysis::source::{FileId, Workspace};
    use safe_map_analysis::span::Span;
    use safe_map_lints::{Applicability, Confidence, Edit, Finding, Fix, LINTS, Level, Lint, Place};

    use super::*;
    use crate::report::{Reported, Sources, Stats};
    use crate::scope::Scoped;

    /// What a word of the text is found to be, and what its fix makes of it.
    const RULES: [(&str, &str, &str); 6] = [
        ("good", "double_lock", "fine"),
        ("goods", "double_lock", "fines"),
        ("broken", "double_lock", "fn {"),
        ("useless", "double_lock", "useless"),
        ("harmful", "double_lock", "worse"),
        ("worse", "recursive_read", "worse"),
    ];

    fn lint(name: &str) -> &'static Lint {
        LINTS.iter().copied().find(|it| it.name == name).expect("a lint")
    }

    /// Finds the words of [`RULES`].
    fn report(discovered: Discovered) -> Report {
        let text = discovered.workspace.files[0].source.text.clone();
        let found = RULES.iter().flat_map(|rule| {
            text.match_indices(rule.0).map(|(at, _)| found(rule, at as u32)).collect::<Vec<_>>()
        });
        let mut findings: Vec<Reported> = found.collect();
        findings.sort_by_key(|it| it.finding.primary);
        Report {
            inventory: None,
            root: discovered.root.clone(),
            findings,
            incomplete: discovered.incomplete.clone(),
            notes: Vec::new(),
            sources: Sources::new(&discovered.workspace),
            stats: Stats::default(),
            timings: Vec::new(),
            units: Vec::new(),
            packages: BTreeSet::new(),
            scoped: Scoped::default(),
        }
    }

    fn found((word, name, better): &(&str, &str, &str), at: u32) -> Reported {
        let place = Place { file: FileId(0), span: Span::new(at, at + word.len() as u32) };
        let (message, better) = (word.to_string(), better.to_string());
        let fix = Fix {
            title: format!("no {message}"),
            applicability: Applicability::MachineApplicable,
            edits: vec![Edit { place, replacement: better }],
        };
        let lint = lint(name);
        let finding = Finding {
            lint: lint.name,
            confidence: Confidence::Certain,
            message: message.clone(),
            lock: None,
            item: String::new(),
            in_test: false,
            primary: place,
            labels: Vec::new(),
            note: String::new(),
            help: String::new(),
            interleaving: Vec::new(),
            fixes: vec![fix],
        };
        let fingerprint = format!("{message} {at}");
        Reported { finding, lint, level: Level::Deny, package: String::new(), suppressed: None, fingerprint }
    }

    /// Without the lint that nobody asked for.
    fn active(mut report: Report) -> Report {
        report.findings.retain(|it| it.lint.name == "double_lock");
        report
    }

    fn outcome(text: &str, taboo: &dyn Fn(&str, &str) -> Option<String>) -> Outcome {
        let workspace = Workspace::of_text("src/lib.rs", text, Edition::E2024);
        let discovered = Discovered { workspace, ..Discovered::default() };
        let lint = |discovered| active(report(discovered));
        converge(discovered, &World { lint: &lint, lint_strictly: &report, taboo, trust: Trust::Safe })
    }

    fn fixed(text: &str) -> (String, Vec<String>) {
        let outcome = outcome(text, &|_, _| None);
        let change = outcome.changes.get("src/lib.rs");
        (change.map_or(text, |it| &*it.new).to_owned(), outcome.notes)
    }

    #[test]
    fn fixes_that_agree_come_at_once() {
        let (text, notes) = fixed("fn good() {}\nfn good_too() {}\n");
        assert_eq!(text, "fn fine() {}\nfn fine_too() {}\n");
        assert_eq!(notes, Vec::<String>::new());
    }

    #[test]
    fn the_first_of_two_that_overlap_wins_and_the_other_is_told() {
        let (text, notes) = fixed("fn goods() {}\n");
        assert_eq!(text, "fn fines() {}\n");
        assert_eq!(notes, ["src/lib.rs:1: no goods: put off, it overlaps a fix before it"]);
    }

    #[test]
    fn a_bad_fix_costs_itself_only() {
        for (bad, why) in [
            ("broken", "the result does not parse"),
            ("useless", "the finding would stay"),
            ("harmful", "the result would be a `recursive_read`"),
        ] {
            let (text, notes) = fixed(&format!("fn good() {{}}\nfn {bad}() {{}}\nfn good_too() {{}}\n"));
            assert_eq!(text, format!("fn fine() {{}}\nfn {bad}() {{}}\nfn fine_too() {{}}\n"));
            assert_eq!(notes, [format!("src/lib.rs:2: no {bad}: not applied, {why}")]);
        }
    }

    #[test]
    fn what_must_not_be_written_is_not_fixed() {
        let outcome = outcome("fn good() {}\n", &|path, _| (path == "src/lib.rs").then(|| "no".to_owned()));
        assert!(outcome.changes.is_empty());
        assert_eq!(outcome.notes, ["src/lib.rs:1: no good: not applied, `src/lib.rs` is not written: no"]);
        assert_eq!(outcome.report.findings.len(), 1);
    }
}
