//! `baseline`: write down what is found, take out what is gone, show what is written.

use std::collections::BTreeSet;
use std::path::Path;

use safe_map_lints::LINTS;

use super::{check, current_dir};
use crate::baseline::{self, Entries, Outcome, Written, total};
use crate::cli::{BaselineAction, BaselineArgs, BaselineShowArgs, CheckArgs};
use crate::exit;
use crate::failure::Failure;
use crate::output;
use crate::render::{plural, scoped};
use crate::scope::{BaselineChoice, Compared, Scope};
use crate::visible;

/// Runs `baseline update` or `baseline prune`, both of which analyse, or `baseline show`.
///
/// # Errors
///
/// As for `check`, and where the baseline cannot be read or written.
pub(super) fn run(args: &BaselineArgs) -> Result<u8, Failure> {
    match &args.action {
        BaselineAction::Update(args) => rewrite(args, args.scope.for_update(), |outcome| &outcome.found),
        BaselineAction::Prune(args) => rewrite(args, args.scope.for_prune(), |outcome| &outcome.matched),
        BaselineAction::Show(args) => show(args),
    }
}

/// Writes what `kept` chooses, and what this run cannot judge.
fn rewrite(args: &CheckArgs, scope: Scope, kept: fn(&Outcome) -> &Entries) -> Result<u8, Failure> {
    let report = check::analyse(args, scope)?;
    let Some(Compared { path, outcome }) = report.scoped.baseline else {
        return Err(missing(&format!("`{}` has no baseline", report.root.display())));
    };
    let mut entries = kept(&outcome).clone();
    for (key, known) in &outcome.unjudged {
        entries.entry(key.clone()).and_modify(|it| *it = it.and(*known)).or_insert(*known);
    }
    let written = baseline::write(&path, &entries)?;
    if !args.output.quiet {
        say(&path, written, &entries, &outcome);
    }
    Ok(exit::CLEAN)
}

fn say(path: &Path, written: Written, entries: &Entries, outcome: &Outcome) {
    let path = path.display();
    let said = counted(entries);
    let added = total(entries).saturating_sub(total(&outcome.matched) + total(&outcome.unjudged));
    let removed = outcome.stale_count();
    output::note(&match written {
        Written::Unchanged => format!("`{path}` stays as it is: {said}"),
        Written::Changed => {
            format!("`{path}`: {said}, {added} added, {removed} taken out")
        }
    });
    if !outcome.unjudged.is_empty() {
        let kept = total(&outcome.unjudged);
        let (stay, are) = if kept == 1 { ("stays", "it is") } else { ("stay", "they are") };
        output::note(&format!(
            "note: {kept} of them {stay} although this run did not analyse all that {are} about"
        ));
    }
}

fn show(args: &BaselineShowArgs) -> Result<u8, Failure> {
    let cwd = current_dir()?;
    let named = BaselineChoice::Compare(args.baseline.clone());
    let path = baseline::path_of(&named, &cwd, &cwd).unwrap_or(cwd);
    let Some(entries) = baseline::read(&path)? else {
        return Err(missing(&format!("`{}`: no such baseline", path.display())));
    };
    let text =
        if args.json { baseline::json(&entries) } else { visible::text(&table(&entries)).into_owned() };
    output::print(&text)?;
    Ok(exit::CLEAN)
}

fn missing(message: &str) -> Failure {
    Failure::usage(message).with_help("make it with `cargo safe-map-lint baseline update`")
}

fn counted(entries: &Entries) -> String {
    format!("{} in {}", plural(total(entries), "finding"), plural(entries.len() as u64, "entry"))
}

fn table(entries: &Entries) -> String {
    let mut out: String =
        entries.iter().map(|(key, known)| format!("{}\n", scoped::entry(key, known))).collect();
    out.push_str(&format!("{}\n", counted(entries)));
    let names: BTreeSet<&str> = entries.keys().map(|key| key.lint.as_str()).collect();
    for lint in names.into_iter().filter(|name| !LINTS.iter().any(|it| it.name == *name)) {
        out.push_str(&format!("there is no lint `{lint}`\n"));
    }
    out
}
