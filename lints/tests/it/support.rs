//! Case files: snippets with the findings expected on their lines.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use safe_map_analysis::facts::Edition;
use safe_map_analysis::knowledge::Knowledge;
use safe_map_analysis::source::Workspace;
use safe_map_analysis::span::{LineIndex, Span};
use safe_map_analysis::{Analysis, Settings};
use safe_map_lints::{Finding, Level, Role, run};

static KNOWLEDGE: LazyLock<Arc<Knowledge>> = LazyLock::new(|| Arc::new(Knowledge::builtin()));

/// The findings in a snippet of every lint that is not mere advice.
pub(crate) fn findings(text: &str, edition: Edition) -> Vec<Finding> {
    findings_and(text, edition, "")
}

/// The same, and those of one lint that may be advice.
pub(crate) fn findings_and(text: &str, edition: Edition, advice: &str) -> Vec<Finding> {
    let analysis = Analysis::new(
        Workspace::of_text("src/lib.rs", text, edition),
        KNOWLEDGE.clone(),
        Settings::default(),
    );
    let outcome = run(&analysis, &|lint| lint.level > Level::Allow || lint.name == advice);
    assert!(outcome.panics.is_empty(), "{:?}", outcome.panics);
    outcome.findings
}

/// A case of a case file.
pub(crate) struct Case {
    /// The name of its file.
    pub(crate) file: String,
    /// What it shows.
    pub(crate) name: String,
    /// The editions in which it is checked.
    pub(crate) editions: Vec<Edition>,
    /// What it waits for: until a later analysis has it, the findings are not the marked ones.
    pub(crate) needs: Option<String>,
    /// A lint that is mere advice, and checked here as well.
    pub(crate) advice: String,
    /// The expression that executes it, or `none`.
    pub(crate) run: Option<String>,
    /// The snippet.
    pub(crate) text: String,
}

/// Every case of every file.
pub(crate) fn every_case() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let files = std::fs::read_dir(directory).expect("the cases").map(|it| it.expect("an entry").path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    files.iter().flat_map(|it| cases(it)).collect()
}

/// The cases of a file: each starts at a line `//# case: ..`.
fn cases(path: &Path) -> Vec<Case> {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let text = std::fs::read_to_string(path).expect("a case file");
    let mut cases = Vec::new();
    for part in text.split("//# case: ").skip(1) {
        let (name, text) = part.split_once('\n').unwrap_or((part, ""));
        let header = |key: &str| text.lines().find_map(|it| it.strip_prefix("//# ")?.strip_prefix(key));
        let editions = header("edition: ").unwrap_or("2021 2024").split_whitespace();
        let editions =
            editions.map(|it| Edition::parse(it).unwrap_or_else(|| panic!("{name}: edition {it}")));
        cases.push(Case {
            file: file.to_string(),
            name: name.to_string(),
            editions: editions.collect(),
            needs: header("needs: ").map(str::to_string),
            advice: header("advice: ").unwrap_or_default().to_string(),
            run: header("run: ").map(str::to_string),
            text: text.to_string(),
        });
    }
    cases
}

/// What the markers of a snippet expect: `//~ lint ..` on the line of the primary span, `//~2021 lint` in one edition.
pub(crate) fn expected(text: &str, edition: Edition) -> BTreeSet<(u32, String)> {
    let mut expected = BTreeSet::new();
    for (index, line) in text.lines().enumerate() {
        for marker in line.split("//~").skip(1) {
            let only = marker.split_whitespace().next().filter(|_| !marker.starts_with(' '));
            if only.is_some_and(|it| it != edition.as_str()) {
                continue;
            }
            let lints = marker.split_whitespace().skip(usize::from(only.is_some()));
            expected.extend(lints.map(|it| (index as u32 + 1, it.to_string())));
        }
    }
    expected
}

/// Line and lint of each hazard of a case: the primary spans, and the labels that are hazards of their own.
pub(crate) fn found(case: &Case, edition: Edition) -> BTreeSet<(u32, String)> {
    let text = case.text.as_str();
    let lines = LineIndex::new(text);
    let line = |span: Span| lines.line_column(text, span.start).line;
    let mut found = BTreeSet::new();
    for finding in findings_and(text, edition, &case.advice) {
        let hazards = finding
            .labels
            .iter()
            .filter(|it| it.role == Role::Hazard && finding.lint == "guard_across_await");
        let spans = hazards.map(|it| it.place.span).chain([finding.primary.span]);
        found.extend(spans.map(|it| (line(it), finding.lint.to_string())));
    }
    found
}
