//! JUnit XML: a suite for each package, a failed case for each finding at deny level.
//!
//! The verdict is that of the exit code: a warning is a case that passes and says something, a suppressed finding and a
//! file that was not analysed are skipped, unless `--error-on` says otherwise.

use std::fmt::Write as _;
use std::time::Duration;

use super::View;
use crate::report::Reported;
use crate::visible::{is_hidden, spell};

/// The document.
pub(super) fn suites(view: &View<'_>) -> String {
    let findings: Vec<&Reported> = view.findings().collect();
    let mut suites: Vec<Suite> =
        view.report.packages.iter().map(|package| of_package(view, package, &findings)).collect();
    suites.extend(not_analysed(view));
    let sum = |count: fn(&Suite) -> usize| suites.iter().map(count).sum::<usize>();
    let (tests, failures, skipped) = (sum(|it| it.cases.len()), sum(Suite::failures), sum(Suite::skipped));
    let time = seconds(view.report.stats.elapsed);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"safe-map-lint\" tests=\"{tests}\" \
         failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"{time}\">\n"
    );
    suites.iter().for_each(|suite| suite.write(&mut out));
    out.push_str("</testsuites>\n");
    out
}

struct Suite {
    name: String,
    cases: Vec<Case>,
}

struct Case {
    class: String,
    name: String,
    verdict: Verdict,
}

enum Verdict {
    Passed,
    Said(String),
    Failed { message: String, kind: &'static str, text: String },
    Skipped(String),
}

fn of_package(view: &View<'_>, package: &str, findings: &[&Reported]) -> Suite {
    let own = findings.iter().filter(|it| it.package == package);
    let mut cases: Vec<Case> = own.map(|it| case(view, it)).collect();
    // A suite without a case is taken for one that did not run.
    if cases.is_empty() {
        let (class, name) = (package.to_owned(), "no findings".to_owned());
        cases.push(Case { class, name, verdict: Verdict::Passed });
    }
    Suite { name: package.to_owned(), cases }
}

fn case(view: &View<'_>, found: &Reported) -> Case {
    let finding = &found.finding;
    let at = view.location(finding.primary);
    Case {
        class: format!("{}.{}", found.package, finding.lint),
        name: format!("{}:{}:{}: {}", at.path, at.start.line, at.start.column, finding.message),
        verdict: verdict(view, found),
    }
}

fn verdict(view: &View<'_>, found: &Reported) -> Verdict {
    let finding = &found.finding;
    if let Some(suppressed) = &found.suppressed {
        return Verdict::Skipped(format!("suppressed: {}", suppressed.why()));
    }
    let text = text(view, found);
    match view.shown.failing.holds(found) {
        true => Verdict::Failed { message: finding.message.clone(), kind: finding.lint, text },
        false => Verdict::Said(format!("{}\n{text}", finding.message)),
    }
}

fn text(view: &View<'_>, found: &Reported) -> String {
    let finding = &found.finding;
    let at = view.location(finding.primary);
    let mut text = format!("{}:{}:{}\n", at.path, at.start.line, at.start.column);
    for label in &finding.labels {
        let at = view.location(label.place);
        let _ = writeln!(text, "{}:{}: {}", at.path, at.start.line, label.message);
    }
    for (title, part) in [("why", &finding.note), ("help", &finding.help)] {
        if !part.is_empty() {
            let _ = writeln!(text, "{title}: {part}");
        }
    }
    text + &found.lint.url()
}

fn not_analysed(view: &View<'_>) -> Option<Suite> {
    let cases = view.report.incomplete.iter().map(|it| Case {
        class: "not analysed".to_owned(),
        name: format!("{}:{}", view.paths.of(&it.file), it.line),
        verdict: match view.shown.failing.incomplete {
            true => Verdict::Failed {
                message: it.message.clone(),
                kind: "not_analysed",
                text: format!("{}:{}", view.paths.of(&it.file), it.line),
            },
            false => Verdict::Skipped(it.message.clone()),
        },
    });
    let cases: Vec<Case> = cases.collect();
    (!cases.is_empty()).then(|| Suite { name: "not analysed".to_owned(), cases })
}

impl Suite {
    fn failures(&self) -> usize {
        self.cases.iter().filter(|it| matches!(it.verdict, Verdict::Failed { .. })).count()
    }

    fn skipped(&self) -> usize {
        self.cases.iter().filter(|it| matches!(it.verdict, Verdict::Skipped(_))).count()
    }

    fn write(&self, out: &mut String) {
        let (name, tests) = (escape(&self.name), self.cases.len());
        let (failures, skipped) = (self.failures(), self.skipped());
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">"
        );
        self.cases.iter().for_each(|case| case.write(out));
        out.push_str("  </testsuite>\n");
    }
}

impl Case {
    fn write(&self, out: &mut String) {
        let head =
            format!("    <testcase classname=\"{}\" name=\"{}\"", escape(&self.class), escape(&self.name));
        let inner = match &self.verdict {
            Verdict::Passed => {
                let _ = writeln!(out, "{head}/>");
                return;
            }
            Verdict::Said(text) => format!("<system-out>{}</system-out>", escape(text)),
            Verdict::Failed { message, kind, text } => {
                let (message, text) = (escape(message), escape(text));
                format!("<failure type=\"{kind}\" message=\"{message}\">{text}</failure>")
            }
            Verdict::Skipped(why) => format!("<skipped message=\"{}\"/>", escape(why)),
        };
        let _ = writeln!(out, "{head}>{inner}</testcase>");
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// Text for an attribute or an element. XML has no form at all for most control characters: they are spelled out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // In an attribute these would be read as spaces.
            '\n' | '\r' | '\t' => {
                let _ = write!(out, "&#{};", it as u32);
            }
            _ if is_hidden(it) => spell(&mut out, it),
            _ => out.push(it),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_the_markup() {
        assert_eq!(escape("a<b> & \"c\" 'd'"), "a&lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;");
        assert_eq!(escape("one\ntwo\u{1b}[0m\u{0}"), "one&#10;two\\u{1b}[0m\\u{0}");
    }
}
