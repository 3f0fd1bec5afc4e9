//! The shared maps of a report: as a table for people, as JSON lines, as a plan.

mod json;
mod plan;
mod table;

use std::collections::BTreeMap;

use safe_map_lints::Place;
use safe_map_lints::inventory::{Across, HeldAcross, SharedMap};

pub(super) use json::json;
pub(super) use plan::plan;
pub(super) use table::table;

use crate::report::Report;

/// The maps of a report, by path.
pub(super) fn maps(report: &Report) -> &[SharedMap] {
    report.inventory.as_ref().map_or(&[], |it| &it.maps)
}

/// `src/store.rs:12`.
pub(super) fn line(report: &Report, place: Place) -> String {
    let file = report.sources.file(place.file);
    format!("{}:{}", file.path, file.range(place.span).0.line)
}

/// The findings about a map or the locks around it, by lint.
pub(super) fn findings(report: &Report, map: &SharedMap) -> BTreeMap<&'static str, usize> {
    let mut by_lint = BTreeMap::new();
    let is_about = |lock: &str| lock == map.path || map.behind.iter().any(|it| it == lock);
    for found in report.findings.iter().filter(|it| it.is_active()) {
        if found.finding.lock.as_deref().is_some_and(is_about) {
            *by_lint.entry(found.finding.lint).or_default() += 1;
        }
    }
    by_lint
}

/// What a map is held across, a fragment for each kind: ``2 awaits (`fetch`, `send`)``.
pub(super) fn held(map: &SharedMap) -> Vec<String> {
    let of = |kind: Across| map.held.iter().filter(move |it| it.across == kind);
    let told = |kind: Across| {
        let count = of(kind).count();
        (count > 0).then(|| format!("{}{}", plural(count, kind.describe()), names(of(kind))))
    };
    Across::ALL.into_iter().filter_map(told).collect()
}

fn names<'a>(held: impl Iterator<Item = &'a HeldAcross>) -> String {
    const SHOWN: usize = 3;
    let mut names: Vec<&str> = held.map(|it| it.what.as_str()).filter(|it| !it.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    let shown: Vec<String> = names.iter().take(SHOWN).map(|it| format!("`{it}`")).collect();
    let rest = if names.len() > SHOWN { ", .." } else { "" };
    if shown.is_empty() { String::new() } else { format!(" ({}{rest})", shown.join(", ")) }
}

/// The path of another lock without the crate where both have the same.
pub(super) fn short<'a>(map: &SharedMap, lock: &'a str) -> &'a str {
    match lock.split_once("::") {
        Some((krate, rest)) if krate == map.crate_name() => rest,
        _ => lock,
    }
}

pub(super) fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}
