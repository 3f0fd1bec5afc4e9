//! The pipeline: files, analysis, lints, suppressions, levels, report.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use safe_map_analysis::source::{CrateId, FileId, ParsedFile, Workspace};
use safe_map_analysis::span::Span;
use safe_map_analysis::{Analysis, Settings};
use safe_map_lints::inventory::{Inventory, inventory};
use safe_map_lints::{Confidence, Edit, Finding, LINTS, Level, Lint};

use crate::baseline::Coverage;
use crate::config::{self, Config};
use crate::failure::Failure;
use crate::fingerprint::Fingerprints;
use crate::grouping;
use crate::levels::{Asked, Context, FileLevels};
use crate::report::{Report, Reported, Sources, Stats, Suppressed};
use crate::scope::{self, Scope, View};
use crate::suppress;
use crate::timings::Timings;
use crate::workspace::{self, Discovered, Incomplete, Meant, Request, TestCode};

/// What is reported, and how severely.
#[derive(Clone, Debug)]
pub struct Policy {
    /// What the command line says of levels.
    pub asked: Asked,
    /// Findings less sure than this are left out.
    pub confidence: Confidence,
    /// Findings that are known, or that nobody has asked for, are left out.
    pub scope: Scope,
    /// What is said besides.
    pub extent: Extent,
}

/// What a report has besides its findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Extent {
    /// Nothing.
    #[default]
    Findings,
    /// The shared maps and the lock graph of the workspace.
    Inventory,
}

/// Runs everything on the current rayon pool.
///
/// # Errors
///
/// Where the request, the configuration or the baseline is wrong; see [`workspace::discover`] and [`config::load`].
pub fn run(request: &Request, policy: &Policy) -> Result<Report, Failure> {
    let mut timings = Timings::start();
    let (discovered, ()) = rayon::join(|| workspace::discover(request), config::prepare);
    let discovered = discovered?;
    let config = config::load(discovered.search(request))?;
    timings.mark_with("discover and parse", &discovered.phases);
    let loaded = scope::load(&policy.scope, &discovered.root, &request.cwd)?;
    let test_code = request.targets.test_code;
    Ok(check_within(discovered, &config, policy, test_code, Within { loaded: &loaded, request }, timings))
}

/// The part of [`run`] that needs no disk, and so neither a baseline nor changes. The files may come in any order.
pub fn check(
    discovered: Discovered,
    config: &Config,
    policy: &Policy,
    test_code: TestCode,
    timings: Timings,
) -> Report {
    let everything = Within { loaded: &scope::Loaded::default(), request: &Request::default() };
    check_within(discovered, config, policy, test_code, everything, timings)
}

/// What narrows a run.
#[derive(Clone, Copy)]
pub(crate) struct Within<'a> {
    /// The baseline and the changes.
    pub(crate) loaded: &'a scope::Loaded,
    /// Says what of the workspace is looked at.
    pub(crate) request: &'a Request,
}

fn check_within(
    discovered: Discovered,
    config: &Config,
    policy: &Policy,
    test_code: TestCode,
    within: Within<'_>,
    timings: Timings,
) -> Report {
    let (report, analysis) = analyse(discovered, config, policy, test_code, within, timings);
    // The process ends soon and gives the memory back faster than destructors do.
    std::mem::forget(analysis);
    report
}

/// The same for a process that goes on: the analysis is the caller's to drop.
pub(crate) fn analyse(
    discovered: Discovered,
    config: &Config,
    policy: &Policy,
    test_code: TestCode,
    within: Within<'_>,
    mut timings: Timings,
) -> (Report, Analysis) {
    let Discovered {
        mut workspace,
        reported,
        units,
        root,
        mut incomplete,
        mut notes,
        lines,
        outside,
        named,
        meant,
        ..
    } = discovered;
    workspace::sort(&mut workspace.files);
    let levels = config.rules.levels(&workspace, &root, &policy.asked);
    let excluded = config.rules.exclusions(&workspace, &root, &named);
    incomplete.retain(|it| !config.rules.excludes(&root.join(&it.file), &named));
    notes.extend_from_slice(&config.notes);
    let settings = Settings {
        skips_tests: test_code == TestCode::Skip,
        counts_uses: policy.extent == Extent::Inventory,
        ..config.settings.clone()
    };
    let analysis = Analysis::new(workspace, config.knowledge.clone(), settings);
    timings.mark_with("analysis", analysis.phases());
    let outcome = safe_map_lints::run(&analysis, &|lint| levels.is_enabled(lint));
    timings.mark("lints");
    let confidence = policy.confidence;
    let (levels, reported) = (&levels, &reported);
    let judge = Judge {
        workspace: &analysis.workspace,
        levels,
        confidence,
        reported,
        excluded: &excluded,
        test_code,
    };
    let mut found = judge.findings(outcome.findings);
    // Only now: the ordinals of fingerprints count what is found elsewhere too.
    let is_meant = |file: FileId| meant.holds(&analysis.workspace.file(file).source.path);
    found.retain(|it| is_meant(it.finding.primary.file));
    let coverage = coverage(&judge, &within, &root, &incomplete);
    let view = View { workspace: &analysis.workspace, root: &root, coverage, levels };
    let (findings, scoped) = within.loaded.apply(found, &view);
    let inventory = (policy.extent == Extent::Inventory).then(|| maps_of(&analysis, reported, &is_meant));
    let mut report = Report {
        inventory,
        stats: Stats { lines, outside, maps: analysis.map_count() as u64, ..Stats::default() },
        findings: grouping::group(findings),
        scoped,
        incomplete: with_panics(incomplete, outcome.panics),
        notes,
        sources: Sources::new(&analysis.workspace),
        units,
        packages: packages(&analysis.workspace, reported, &meant),
        timings: Vec::new(),
        root,
    };
    count(&mut report, &analysis.workspace, &meant);
    timings.mark("report");
    report.stats.elapsed = timings.elapsed();
    report.timings = timings.stages();
    (report, analysis)
}

/// What a run sees all of, so that what it does not find is gone.
fn coverage(judge: &Judge<'_>, within: &Within<'_>, root: &Path, incomplete: &[Incomplete]) -> Coverage {
    use workspace::TargetKind::{Bench, Example, Test};
    let Judge { workspace, levels, confidence, reported, .. } = judge;
    let request = within.request;
    let package = |file: &ParsedFile| workspace.krate(file.source.krate).package.clone();
    let is_reported =
        |file: &&ParsedFile| reported.get(file.source.krate.0 as usize).copied().unwrap_or(true);
    let whole = workspace.files.iter().filter(is_reported).map(package).collect();
    let broken: BTreeSet<&str> = incomplete.iter().map(|it| it.file.as_str()).collect();
    let read: BTreeSet<&str> = workspace.files.iter().map(|file| &*file.source.path).collect();
    let is_broken = |file: &&ParsedFile| broken.contains(&*file.source.path);
    let skipped = LINTS.iter().filter(|lint| !levels.is_enabled(lint));
    let all_tests = [Example, Test, Bench].iter().all(|kind| request.targets.kinds.contains(kind));
    Coverage {
        packages: if broken.is_subset(&read) {
            scope::whole_packages(request, root, whole)
        } else {
            // Of a file that could not be read nobody knows whose it is.
            Some(BTreeSet::new())
        },
        incomplete: workspace.files.iter().filter(is_broken).map(package).collect(),
        skipped_lints: skipped.map(|lint| lint.name).collect(),
        confidence: Some(*confidence),
        with_tests: all_tests,
        with_dependencies: request.dependencies == workspace::Dependencies::Read,
    }
}

/// The names of the packages that are reported on.
fn packages(workspace: &Workspace, reported: &[bool], meant: &Meant) -> BTreeSet<String> {
    let files = workspace.files.iter().map(|it| &it.source).filter(|it| meant.holds(&it.path));
    let narrowed: BTreeSet<CrateId> = files.map(|it| it.krate).collect();
    let is_meant = |index: usize| meant.is_all() || narrowed.contains(&CrateId(index as u32));
    let crates = workspace.crates.iter().zip(reported).enumerate();
    let wanted = crates.filter(|(index, (_, reported))| **reported && is_meant(*index));
    wanted.map(|(_, (krate, _))| krate.package.clone()).collect()
}

/// The inventory, as far as its crates are reported on.
fn maps_of(analysis: &Analysis, reported: &[bool], is_meant: &dyn Fn(FileId) -> bool) -> Inventory {
    let mut inventory = inventory(analysis);
    let is_reported = |krate: CrateId| reported.get(krate.0 as usize).copied().unwrap_or(true);
    inventory.maps.retain(|it| is_reported(it.krate) && is_meant(it.place.file));
    inventory
}

fn with_panics(
    mut incomplete: Vec<Incomplete>,
    panics: Vec<(&'static str, String, String)>,
) -> Vec<Incomplete> {
    let describe = |(lint, file, message): (&str, String, String)| {
        let message = format!("internal error in the lint `{lint}`: {message}; please report it");
        Incomplete { file, line: 1, message }
    };
    incomplete.extend(panics.into_iter().map(describe));
    incomplete.sort();
    incomplete
}

fn count(report: &mut Report, workspace: &Workspace, meant: &Meant) {
    let broken: BTreeSet<&str> = report.incomplete.iter().map(|it| it.file.as_str()).collect();
    let own = workspace.file_ids().filter(|it| !workspace.is_outside(*it));
    let paths = own.map(|it| &*workspace.file(it).source.path);
    let paths: BTreeSet<&str> = paths.filter(|path| meant.holds(path)).collect();
    let stats = &mut report.stats;
    stats.files = paths.union(&broken).filter(|path| path.ends_with(".rs")).count() as u64;
    stats.parsed = paths.difference(&broken).count() as u64;
    for found in report.findings.iter().filter(|it| it.suppressed.is_none()) {
        match found.level {
            Level::Deny => stats.deny += 1,
            Level::Warn => stats.warn += 1,
            Level::Allow => stats.allow += 1,
        }
    }
}

/// Turns what the lints found into what is reported.
struct Judge<'a> {
    workspace: &'a Workspace,
    levels: &'a FileLevels,
    confidence: Confidence,
    reported: &'a [bool],
    /// Files in which nothing is reported.
    excluded: &'a [bool],
    test_code: TestCode,
}

impl Judge<'_> {
    fn findings(&self, found: Vec<Finding>) -> Vec<Reported> {
        let judged = suppress::apply(self.workspace, found, self.levels);
        let mut fingerprints = Fingerprints::default();
        let mut tests = TestSpans::default();
        let mut seen = BTreeSet::new();
        let mut out = Vec::new();
        for (finding, suppressed) in sorted(judged) {
            let context = tests.context(self.workspace, &finding);
            let Some(lint) = self.reportable(&finding, context) else { continue };
            let path = &self.workspace.file(finding.primary.file).source.path;
            // A file analysed under two editions says most things twice.
            if seen.insert((path.clone(), finding.primary.span, finding.lint, finding.message.clone())) {
                out.push(self.report(finding, lint, context, suppressed, &mut fingerprints));
            }
        }
        out
    }

    fn reportable(&self, finding: &Finding, context: Context) -> Option<&'static Lint> {
        let lint = LINTS.iter().copied().find(|lint| lint.name == finding.lint)?;
        let file = finding.primary.file;
        let krate = self.workspace.file(file).source.krate;
        let wanted = self.reported.get(krate.0 as usize).copied().unwrap_or(true)
            && !self.excluded.get(file.0 as usize).copied().unwrap_or(false)
            && finding.confidence >= self.confidence
            && self.levels.of(file).is_enabled(lint)
            && (context == Context::Product || self.test_code == TestCode::Include);
        wanted.then_some(lint)
    }

    fn report(
        &self,
        mut finding: Finding,
        lint: &'static Lint,
        context: Context,
        suppressed: Option<Suppressed>,
        fingerprints: &mut Fingerprints,
    ) -> Reported {
        let source = &self.workspace.file(finding.primary.file).source;
        let package = self.workspace.krate(source.krate).package.clone();
        let fingerprint = fingerprints.next(&finding, &package, finding.primary.span.text(&source.text));
        let level = self.levels.of(finding.primary.file).of(&finding, context);
        finding.in_test = context == Context::Test;
        let is_outside = |it: &Edit| self.workspace.is_outside(it.place.file);
        finding.fixes.retain(|fix| !fix.edits.iter().any(is_outside));
        Reported { finding, lint, level, package, suppressed, fingerprint }
    }
}

fn sorted(mut judged: Vec<(Finding, Option<Suppressed>)>) -> Vec<(Finding, Option<Suppressed>)> {
    judged.sort_by(|(a, _), (b, _)| (a.primary, a.lint, &a.message).cmp(&(b.primary, b.lint, &b.message)));
    judged
}

/// The items of each file that are test code, found on first use.
#[derive(Default)]
struct TestSpans {
    by_file: HashMap<FileId, Vec<Span>>,
}

impl TestSpans {
    fn context(&mut self, workspace: &Workspace, finding: &Finding) -> Context {
        let file = workspace.file(finding.primary.file);
        let spans = self.by_file.entry(finding.primary.file).or_insert_with(|| {
            let tests = file.facts.items.iter().filter(|item| workspace::is_test_attrs(&item.attrs));
            tests.map(|item| item.span).collect()
        });
        let is_test = finding.in_test
            || file.source.is_test
            || spans.iter().any(|span| span.contains(finding.primary.span));
        if is_test { Context::Test } else { Context::Product }
    }
}
