//! Runs the lints over an analysis. A panic in one lint costs that lint in that file and is reported.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::prelude::*;
use safe_map_analysis::facts::{Item, ItemKind};
use safe_map_analysis::span::Span;
use safe_map_analysis::{Analysis, FileView, FunctionView};

use crate::{Check, Confidence, Finding, LINTS, Lint};

/// What a run of the lints gave.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The findings, sorted by file, span and lint; no two alike.
    pub findings: Vec<Finding>,
    /// Lints that panicked, as `(lint, file path, message)`.
    pub panics: Vec<(&'static str, String, String)>,
}

/// Runs the lints that `enabled` accepts over every file and function, in parallel on the current rayon pool.
pub fn run(analysis: &Analysis, enabled: &(dyn Fn(&Lint) -> bool + Sync)) -> Outcome {
    let lints: Vec<&Lint> = LINTS.iter().copied().filter(|it| enabled(it)).collect();
    let ids: Vec<_> =
        analysis.workspace.file_ids().filter(|it| !analysis.workspace.is_outside(*it)).collect();
    let by_file = ids.into_par_iter().map(|id| run_file(analysis.file(id), &lints));
    let whole = lints.par_iter().map(|lint| run_whole(analysis, lint));
    let mut outcome = Outcome::default();
    for part in by_file.chain(whole).collect::<Vec<_>>() {
        outcome.findings.extend(part.findings);
        outcome.panics.extend(part.panics);
    }
    outcome.findings.retain(|it| !analysis.workspace.is_outside(it.primary.file));
    let is_unfixable = |it: &&mut Finding| has_conditions(analysis, it) || is_in_rule(analysis, it);
    outcome.findings.iter_mut().filter(is_unfixable).for_each(|it| it.fixes.clear());
    outcome.findings.sort_by(|a, b| order(a).cmp(&order(b)));
    outcome.findings.dedup();
    // A macro rule is told of once, however many functions call it.
    outcome.findings.dedup_by(|b, a| order(a) == order(b) && is_in_rule(analysis, a));
    outcome
}

/// Whether a finding stands in a macro rule, which is written for all of its calls.
fn is_in_rule(analysis: &Analysis, finding: &Finding) -> bool {
    let items = &analysis.workspace.file(finding.primary.file).facts.items;
    let is_around = |it: &Item| it.span.contains(finding.primary.span);
    items.iter().any(|it| matches!(it.kind, ItemKind::MacroRules(_)) && is_around(it))
}

/// Whether statements of the function that a finding is in have attributes: a fix that splits or moves one leaves its `cfg`
/// with half of it.
fn has_conditions(analysis: &Analysis, finding: &Finding) -> bool {
    if finding.fixes.is_empty() {
        return false;
    }
    let file = analysis.workspace.file(finding.primary.file);
    let is_around = |it: &&Item| matches!(it.kind, ItemKind::Fn(_)) && it.span.contains(finding.primary.span);
    let around = file.facts.items.iter().filter(is_around).min_by_key(|it| it.span.end - it.span.start);
    around.is_some_and(|it| Span::new(it.name_span.end, it.span.end).text(&file.source.text).contains("#["))
}

fn order(finding: &Finding) -> (crate::Place, &'static str, &str) {
    (finding.primary, finding.lint, &finding.message)
}

/// The lints that look at one file or at its functions: all of them at one function, then at the next, whose body is then
/// unpacked once.
fn run_file(file: FileView<'_>, lints: &[&Lint]) -> Outcome {
    let mut outcome = Outcome::default();
    let path = &file.parsed().source.path;
    for lint in lints {
        if let Check::File(check) = lint.check {
            guarded(lint, path, &mut outcome, |out| check(&file, out));
        }
    }
    for function in file.functions() {
        // Where one thread runs it, nobody contends.
        let has_one_thread = function.model().has_one_thread(function.id);
        for lint in lints {
            let check = match lint.check {
                Check::Function(check) => check,
                Check::Contention(check) if !has_one_thread => check,
                Check::Contention(_) | Check::File(_) | Check::Workspace(_) | Check::Engine => continue,
            };
            if !outcome.panics.iter().any(|it| it.0 == lint.name) {
                guarded(lint, path, &mut outcome, |out| run_function(&function, check, out));
            }
        }
    }
    // What a lint found before it panicked may be half a story.
    let has_panicked = |it: &Finding| outcome.panics.iter().any(|panic| panic.0 == it.lint);
    outcome.findings.retain(|it| !has_panicked(it));
    outcome
}

/// What is found in code that no program runs is only possible: it takes a call that is yet to be written. So is what takes
/// two threads in a library beside a program that does not call it.
fn run_function(
    function: &FunctionView<'_>,
    check: fn(&FunctionView<'_>, &mut Vec<Finding>),
    out: &mut Vec<Finding>,
) {
    let analysis = function.file.analysis;
    let before = out.len();
    check(function, out);
    for it in &mut out[before..] {
        let is_run_by_none = match it.takes_two() {
            true => analysis.is_unused(function.id),
            false => analysis.is_unreached(function.id),
        };
        if is_run_by_none {
            it.confidence = Confidence::Possible;
        }
    }
}

/// A lint that looks at everything.
fn run_whole(analysis: &Analysis, lint: &Lint) -> Outcome {
    let mut outcome = Outcome::default();
    if let Check::Workspace(check) = lint.check {
        guarded(lint, "the whole workspace", &mut outcome, |out| check(analysis, out));
    }
    outcome
}

fn guarded(lint: &Lint, path: &str, outcome: &mut Outcome, check: impl FnOnce(&mut Vec<Finding>)) {
    let mut found = Vec::new();
    match catch_unwind(AssertUnwindSafe(|| check(&mut found))) {
        Ok(()) => outcome.findings.append(&mut found),
        Err(panic) => {
            let message = panic.downcast_ref::<&str>().map(|it| it.to_string());
            let message = message.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            outcome.panics.push((lint.name, path.to_string(), message));
        }
    }
}
