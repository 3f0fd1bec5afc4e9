//! The findings, file by file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use safe_map_analysis::source::FileId;
use safe_map_lints::{Finding, Label, Level, Place, Role, Step};

use super::escape::{escape, prose};
use super::excerpt::{Mark, excerpt};
use super::place;
use crate::report::{Report, Reported, Sources};

/// The labels that are drawn. A finding with a hundred sites says how many there are; the machine formats list them.
const MAX_LABELS: usize = 12;

/// The section of the findings, with an index where there are several files.
pub(super) fn section(report: &Report, findings: &[&Reported]) -> String {
    let mut out = String::from("<section id=\"findings\"><h2>Findings</h2>\n");
    if findings.is_empty() {
        out.push_str("<p class=\"empty\">Nothing was found.</p></section>\n");
        return out;
    }
    let mut by_file: BTreeMap<&str, Vec<&Reported>> = BTreeMap::new();
    for found in findings {
        let path = &*report.sources.file(found.finding.primary.file).path;
        by_file.entry(path).or_default().push(found);
    }
    index(&mut out, &by_file);
    for (number, (path, findings)) in by_file.iter().enumerate() {
        let _ = writeln!(out, "<h3 id=\"file-{number}\"><code>{}</code></h3>", escape(path));
        findings.iter().for_each(|it| article(&mut out, report, it));
    }
    out.push_str("</section>\n");
    out
}

fn index(out: &mut String, by_file: &BTreeMap<&str, Vec<&Reported>>) {
    if by_file.len() < 2 {
        return;
    }
    out.push_str("<ul class=\"index\">");
    for (number, (path, findings)) in by_file.iter().enumerate() {
        let _ = write!(
            out,
            "<li><a href=\"#file-{number}\"><code>{}</code></a> <span class=\"count\">{}</span></li>",
            escape(path),
            findings.len()
        );
    }
    out.push_str("</ul>\n");
}

fn article(out: &mut String, report: &Report, found: &Reported) {
    let finding = &found.finding;
    let (class, word) = level(found);
    let _ = writeln!(
        out,
        "<article class=\"finding {class}\" id=\"f-{}\"><h4><span class=\"badge {class}\">{word}</span> {}</h4>",
        escape(&found.fingerprint),
        prose(&finding.message)
    );
    facts(out, report, found);
    for file in files(finding) {
        if file != finding.primary.file {
            let _ = writeln!(
                out,
                "<p class=\"also\">also in <code>{}</code></p>",
                escape(&report.sources.file(file).path)
            );
        }
        out.push_str(&excerpt(report.sources.file(file), &marks(finding, file)));
    }
    if finding.labels.len() > MAX_LABELS {
        let _ = writeln!(out, "<p class=\"also\">and {} more places</p>", finding.labels.len() - MAX_LABELS);
    }
    story(out, &report.sources, &finding.interleaving);
    for (title, text) in [("why", &finding.note), ("help", &finding.help)] {
        if !text.is_empty() {
            let _ = writeln!(out, "<p class=\"why\"><b>{title}</b> {}</p>", prose(text));
        }
    }
    for fix in &finding.fixes {
        let _ = writeln!(out, "<p class=\"why\"><b>fix</b> {}</p>", prose(&fix.title));
    }
    if let Some(reason) =
        found.suppressed.as_ref().map(|it| it.reason.as_deref().unwrap_or("no reason given"))
    {
        let _ = writeln!(out, "<p class=\"why\"><b>suppressed</b> {}</p>", escape(reason));
    }
    out.push_str("</article>\n");
}

fn level(found: &Reported) -> (&'static str, &'static str) {
    match found.level {
        _ if found.suppressed.is_some() => ("allow", "suppressed"),
        Level::Deny => ("deny", "error"),
        Level::Warn => ("warn", "warning"),
        Level::Allow => ("allow", "advice"),
    }
}

fn facts(out: &mut String, report: &Report, found: &Reported) {
    let finding = &found.finding;
    let mut facts = vec![
        format!("<code>{}</code>", place(report, finding.primary)),
        format!("<a href=\"{}\"><code>{}</code></a>", escape(&found.lint.url()), finding.lint),
        finding.confidence.as_str().to_owned(),
    ];
    if !finding.item.is_empty() {
        facts.push(format!("in <code>{}</code>", escape(&finding.item)));
    }
    facts.extend(finding.lock.iter().map(|it| format!("lock <code>{}</code>", escape(it))));
    let _ = writeln!(out, "<p class=\"facts\">{}</p>", facts.join(" <span class=\"dot\">·</span> "));
}

/// The files that a finding has something to say about, that of the hazard first.
fn files(finding: &Finding) -> Vec<FileId> {
    let mut seen = BTreeSet::from([finding.primary.file]);
    let labels = finding.labels.iter().take(MAX_LABELS).map(|it| it.place.file);
    let others: Vec<FileId> = labels.filter(|it| seen.insert(*it)).collect();
    std::iter::once(finding.primary.file).chain(others).collect()
}

/// The marks in one file, the hazard first. A label that stands where the hazard is lends it its words.
fn marks(finding: &Finding, file: FileId) -> Vec<Mark<'_>> {
    let labels = || finding.labels.iter().take(MAX_LABELS).filter(|it| it.place.file == file);
    let is_primary = |it: &&Label| it.place == finding.primary;
    let words = labels().find(is_primary).map_or("here", |it| &it.message);
    let here = Place { file, span: finding.primary.span } == finding.primary;
    let primary = here.then_some(Mark { span: finding.primary.span, class: "hazard", message: words });
    let mark = |it: &'_ Label| (it.place.span, class(it.role));
    let others = labels().filter(|it| !is_primary(it)).map(|it| {
        let (span, class) = mark(it);
        Mark { span, class, message: &it.message }
    });
    primary.into_iter().chain(others).collect()
}

fn class(role: Role) -> &'static str {
    match role {
        Role::Hazard => "hazard",
        Role::Acquire => "acquire",
        Role::Declaration | Role::Via => "aside",
        Role::Release => "release",
        Role::OtherSide => "other",
    }
}

/// Who does what when: a column for each thread.
fn story(out: &mut String, sources: &Sources, steps: &[Step]) {
    if steps.is_empty() {
        return;
    }
    let threads: BTreeSet<char> = steps.iter().map(|it| it.thread).collect();
    out.push_str("<table class=\"story\"><caption>one way in which it happens</caption><thead><tr><th></th>");
    threads.iter().for_each(|it| out.push_str(&format!("<th>thread {}</th>", escape(&it.to_string()))));
    out.push_str("</tr></thead><tbody>");
    for (index, step) in steps.iter().enumerate() {
        let _ = write!(out, "<tr><td>{}</td>", index + 1);
        for thread in &threads {
            let cell = if *thread == step.thread { turn(sources, step) } else { String::new() };
            let _ = write!(out, "<td>{cell}</td>");
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table>\n");
}

fn turn(sources: &Sources, step: &Step) -> String {
    let file = sources.file(step.place.file);
    let line = file.range(step.place.span).0.line;
    format!("{}<br><code class=\"at\">{}:{line}</code>", prose(&step.message), escape(&file.path))
}
