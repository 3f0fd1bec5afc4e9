//! One cause, one finding: where several places lead to the same work, wait or callback in a callee, under the same lock,
//! they are sites of one finding. A second acquire is another matter: each of its sites has a cure of its own.

use std::collections::HashMap;

use safe_map_lints::{Finding, Label, Place, Role};

use crate::report::Reported;

/// What findings of one cause share.
type Cause = (&'static str, Option<String>, Place);

/// Puts the findings of each cause together: the most severe and surest of them, the first of several, speaks for all
/// and shows where the others are. Silenced findings stay alone. The order is that of what is left.
pub(crate) fn group(found: Vec<Reported>) -> Vec<Reported> {
    let mut groups: Vec<Vec<Reported>> = Vec::new();
    let mut known: HashMap<Cause, usize> = HashMap::new();
    for it in found {
        match cause(&it).map(|cause| *known.entry(cause).or_insert(groups.len())) {
            Some(group) if group < groups.len() => groups[group].push(it),
            _ => groups.push(vec![it]),
        }
    }
    let mut out: Vec<Reported> = groups.into_iter().filter_map(merged).collect();
    out.sort_by_key(|it| it.finding.primary);
    out
}

/// The hazard that a finding leads to through a call.
fn cause(found: &Reported) -> Option<Cause> {
    let finding = &found.finding;
    if !found.lint.merges_sites || found.suppressed.is_some() {
        return None;
    }
    let hazard = finding.labels.iter().find(|it| it.role == Role::Hazard)?.place;
    (hazard != finding.primary).then(|| (finding.lint, finding.lock.clone(), hazard))
}

fn merged(group: Vec<Reported>) -> Option<Reported> {
    let rank = |it: &Reported| (it.level, it.finding.confidence);
    let best = group.iter().map(rank).max()?;
    let (mut sites, mut leader) = (Vec::new(), None);
    for it in group {
        if leader.is_none() && rank(&it) == best { leader = Some(it) } else { sites.push(it.finding) }
    }
    let mut leader = leader?;
    if !sites.is_empty() {
        leader.finding.note += &also(sites.len());
        sites.into_iter().for_each(|it| add_site(&mut leader.finding, it));
    }
    Some(leader)
}

fn also(sites: usize) -> String {
    match sites {
        1 => "; one more place does the same".to_owned(),
        _ => format!("; {sites} more places do the same"),
    }
}

fn add_site(leader: &mut Finding, site: Finding) {
    let acquire = site.labels.into_iter().find(|it| it.role == Role::Acquire);
    let hazard =
        Label { role: Role::Via, place: site.primary, message: "and leads to the same from here".to_owned() };
    let new = acquire
        .into_iter()
        .chain([hazard])
        .filter(|it| !leader.labels.iter().any(|old| old.place == it.place));
    let new: Vec<Label> = new.collect();
    leader.labels.extend(new);
    leader.fixes.extend(site.fixes);
}

#[cfg(test)]
mod tests {
    use safe_map_analysis::source::FileId;
    use safe_map_analysis::span::Span;
    use safe_map_lints::{Confidence, LINTS, Level};

    use super::*;
    use crate::report::Suppressed;

    fn at(start: u32) -> Place {
        Place { file: FileId(0), span: Span::new(start, start + 1) }
    }

    fn found(start: u32, confidence: Confidence, hazard: Option<u32>) -> Reported {
        let label = |role, at_: u32| Label { role, place: at(at_), message: String::new() };
        let hazard = hazard.map(|it| label(Role::Hazard, it));
        let finding = Finding {
            lint: "callback_under_guard",
            confidence,
            message: format!("at {start}"),
            lock: Some("a::S.m".to_owned()),
            item: String::new(),
            in_test: false,
            primary: at(start),
            labels: [label(Role::Acquire, start - 1)].into_iter().chain(hazard).collect(),
            note: "why".to_owned(),
            help: String::new(),
            interleaving: Vec::new(),
            fixes: Vec::new(),
        };
        let level = Level::Deny;
        let lint = LINTS.iter().find(|it| it.name == finding.lint).expect("a lint");
        Reported {
            finding,
            lint,
            level,
            package: String::new(),
            suppressed: None,
            fingerprint: String::new(),
        }
    }

    fn starts(found: &[Reported]) -> Vec<u32> {
        found.iter().map(|it| it.finding.primary.span.start).collect()
    }

    #[test]
    fn sites_of_one_hazard_are_one_finding_of_the_surest() {
        let sites = [(10, Confidence::Possible), (20, Confidence::Likely), (30, Confidence::Likely)];
        let grouped = group(sites.map(|(start, confidence)| found(start, confidence, Some(99))).into());
        assert_eq!(starts(&grouped), [20]);
        let finding = &grouped[0].finding;
        assert_eq!(finding.note, "why; 2 more places do the same");
        let places: Vec<u32> = finding.labels.iter().map(|it| it.place.span.start).collect();
        assert_eq!(places, [19, 99, 9, 10, 29, 30]);
    }

    #[test]
    fn other_hazards_other_functions_and_silenced_findings_stay_apart() {
        let mut silenced = found(40, Confidence::Likely, Some(99));
        silenced.suppressed = Some(Suppressed { kind: "comment", reason: None, place: at(1) });
        let all = [
            found(10, Confidence::Likely, Some(98)),
            found(20, Confidence::Likely, Some(99)),
            found(30, Confidence::Likely, None),
            found(35, Confidence::Likely, None),
            silenced,
        ];
        assert_eq!(starts(&group(all.into())), [10, 20, 30, 35, 40]);
    }
}
