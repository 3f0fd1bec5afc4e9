//! A finding as a result.

use std::collections::BTreeMap;

use safe_map_lints::{Applicability, Confidence, Finding, Place};

use super::log::{
    ArtifactChange, Content, Fix, Location, LogicalLocation, Message, Region, Replacement, ResultProperties,
    SarifResult, Suppression,
};
use super::{Told, flows, message, rules, uri};
use crate::render::View;
use crate::report::{Reported, Suppressed};

/// The name of our fingerprints; the number changes when what they are made of does.
const FINGERPRINT: &str = "safeMapLint/v1";

/// The kind of suppression whose findings were there before.
const BASELINE: &str = "baseline";

/// The result of a finding.
pub(super) fn result<'a>(view: &View<'a>, told: Told, found: &'a Reported) -> SarifResult<'a> {
    let finding = &found.finding;
    SarifResult {
        rule_id: finding.lint,
        rule_index: rules::index(finding.lint),
        level: rules::level(found.level),
        rank: rank(finding.confidence),
        message: message::message(found),
        locations: [primary(view, found)],
        related_locations: message::related(view, found),
        code_flows: flows::flows(view, finding),
        partial_fingerprints: BTreeMap::from([(FINGERPRINT, found.fingerprint.as_str())]),
        fixes: fixes(view, finding),
        suppressions: (told != Told::Nothing).then(|| suppressions(view, found)),
        baseline_state: (told == Told::Baseline).then(|| baseline_state(found)),
        properties: ResultProperties {
            confidence: finding.confidence.as_str(),
            package: &found.package,
            lock: finding.lock.as_deref(),
        },
    }
}

/// How much a finding matters among those of its level.
fn rank(confidence: Confidence) -> f32 {
    match confidence {
        Confidence::Certain => 90.0,
        Confidence::Likely => 60.0,
        Confidence::Possible => 30.0,
    }
}

/// A place with all four fields of its region.
pub(super) fn location(view: &View<'_>, place: Place) -> Location {
    let at = view.location(place);
    Location::at(uri::artifact(view, &at.path), region(view, place))
}

fn region(view: &View<'_>, place: Place) -> Region {
    let at = view.location(place);
    Region {
        start_line: at.start.line,
        start_column: at.start.column,
        end_line: at.end.line,
        end_column: at.end.column,
    }
}

fn primary(view: &View<'_>, found: &Reported) -> Location {
    let logical_locations = logical(found).into_iter().collect();
    Location { logical_locations, ..location(view, found.finding.primary) }
}

/// The item that the finding stands in.
fn logical(found: &Reported) -> Option<LogicalLocation> {
    let item = Some(found.finding.item.as_str()).filter(|item| !item.is_empty())?;
    Some(LogicalLocation {
        name: item.rsplit("::").next().unwrap_or(item).to_owned(),
        fully_qualified_name: format!("{}::{item}", found.package.replace('-', "_")),
    })
}

/// The fixes that are whole.
fn fixes<'a>(view: &View<'a>, finding: &'a Finding) -> Vec<Fix<'a>> {
    let fix = |it: &'a safe_map_lints::Fix| Fix {
        description: Message::text(it.title.clone()),
        artifact_changes: changes(view, it),
    };
    let whole = finding.fixes.iter().filter(|it| it.applicability != Applicability::HasPlaceholders);
    whole.map(fix).collect()
}

/// One change for each file, in the order of the edits.
fn changes<'a>(view: &View<'a>, fix: &'a safe_map_lints::Fix) -> Vec<ArtifactChange<'a>> {
    let mut changes: Vec<ArtifactChange<'a>> = Vec::new();
    for edit in &fix.edits {
        let artifact_location = uri::artifact(view, &view.location(edit.place).path);
        let replacement = Replacement {
            deleted_region: region(view, edit.place),
            inserted_content: Content { text: edit.replacement.as_str().into() },
        };
        match changes.iter_mut().find(|it| it.artifact_location.uri == artifact_location.uri) {
            Some(change) => change.replacements.push(replacement),
            None => changes.push(ArtifactChange { artifact_location, replacements: vec![replacement] }),
        }
    }
    changes
}

/// What silences the result: nothing, or one comment, attribute or baseline.
fn suppressions<'a>(view: &View<'a>, found: &'a Reported) -> Vec<Suppression<'a>> {
    found.suppressed.iter().map(|it| suppression(view, it)).collect()
}

fn suppression<'a>(view: &View<'a>, it: &'a Suppressed) -> Suppression<'a> {
    Suppression {
        kind: kind(it),
        status: "accepted",
        justification: it.reason.as_deref(),
        location: (it.kind != BASELINE).then(|| location(view, it.place)),
    }
}

/// Whether a suppression stands in the sources.
fn kind(it: &Suppressed) -> &'static str {
    if it.kind == BASELINE { "external" } else { "inSource" }
}

fn baseline_state(found: &Reported) -> &'static str {
    if is_of_baseline(found) { "unchanged" } else { "new" }
}

/// Whether a finding was there before.
pub(super) fn is_of_baseline(found: &Reported) -> bool {
    found.suppressed.as_ref().is_some_and(|it| it.kind == BASELINE)
}

#[cfg(test)]
mod tests {
    use safe_map_analysis::source::FileId;
    use safe_map_analysis::span::Span;
    use safe_map_lints::{LINTS, Level};

    use super::*;

    fn silenced(kind: Option<&'static str>) -> Reported {
        let place = Place { file: FileId(0), span: Span::default() };
        let finding = Finding {
            lint: "double_lock",
            confidence: Confidence::Certain,
            message: String::new(),
            lock: None,
            item: String::new(),
            in_test: false,
            primary: place,
            labels: Vec::new(),
            note: String::new(),
            help: String::new(),
            interleaving: Vec::new(),
            fixes: Vec::new(),
        };
        Reported {
            finding,
            lint: LINTS[rules::index("double_lock")],
            level: Level::Deny,
            package: String::new(),
            suppressed: kind.map(|kind| Suppressed { kind, reason: None, place }),
            fingerprint: String::new(),
        }
    }

    #[test]
    fn the_baseline_is_outside_of_the_sources_and_its_findings_are_not_new() {
        let told = |kind| {
            let found = silenced(kind);
            (baseline_state(&found), found.suppressed.as_ref().map(super::kind))
        };
        assert_eq!(told(Some("baseline")), ("unchanged", Some("external")));
        assert_eq!(told(Some("comment")), ("new", Some("inSource")));
        assert_eq!(told(None), ("new", None));
    }
}
