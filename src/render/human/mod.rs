//! Reports for people: miette draws the excerpts, we add what it has no place for (why, what to do, who does what
//! when). Nothing else in the command knows miette.

mod diagnostic;
mod excerpt;

use std::fmt::Write as _;

use miette::{GraphicalReportHandler, GraphicalTheme};
use safe_map_lints::Step;

use super::view::Severity;
use super::{View, groups};
use crate::output::{Look, Style};
use crate::report::Reported;
use crate::visible;

/// Source excerpts with labels.
pub(super) fn report(view: &View<'_>) -> String {
    let (findings, left_out) = view.limited();
    let mut out = String::new();
    for group in groups::of(view, findings) {
        out.push_str(&group.heading(view.look));
        group.findings.iter().for_each(|found| render(&mut out, view, found, view.look));
    }
    super::add_left_out(&mut out, left_out);
    out
}

/// Appends one finding to `out`: what it is in rustc's form, the code, why, and what to do.
pub(super) fn render(out: &mut String, view: &View<'_>, found: &Reported, look: Look) {
    let found = &visible(found);
    let finding = &found.finding;
    out.push_str(&headline(found, look));
    let handler = handler(look);
    for drawn in diagnostic::diagnostics(view, finding) {
        // The only errors are those of the writer, and a string takes everything.
        let _ = handler.render_report(out, &drawn);
    }
    paragraph(out, look, "why", &finding.note);
    paragraph(out, look, "help", &finding.help);
    interleaving(out, view, look, &finding.interleaving);
    for fix in &finding.fixes {
        paragraph(out, look, "fix", &fix.title);
    }
    paragraph(out, look, "docs", &found.lint.url());
    out.push('\n');
}

/// The finding with nothing hidden in its texts.
fn visible(found: &Reported) -> Reported {
    let mut found = found.clone();
    let it = &mut found.finding;
    let messages = it.labels.iter_mut().map(|it| &mut it.message);
    let messages = messages.chain(it.interleaving.iter_mut().map(|it| &mut it.message));
    let texts = messages.chain(it.fixes.iter_mut().map(|it| &mut it.title));
    let texts = texts.chain([&mut it.message, &mut it.note, &mut it.help]);
    let reason = found.suppressed.as_mut().and_then(|it| it.reason.as_mut());
    texts.chain(reason).for_each(|text| *text = visible::line(text).into_owned());
    found
}

/// `error[code]: message` on one line however narrow the terminal is, since tools look for it as rustc writes it.
fn headline(found: &Reported, look: Look) -> String {
    let severity = Severity::of(found);
    let code = format!("{}[safe_map_lint::{}]", severity.as_str(), found.finding.lint);
    let message = &found.finding.message;
    let silenced = match found.suppressed.as_ref().map(|it| it.reason.as_deref()) {
        Some(Some(reason)) => format!(" (suppressed: {reason})"),
        Some(None) => " (suppressed)".to_owned(),
        None => String::new(),
    };
    let color = match severity {
        Severity::Error => 31,
        Severity::Warning => 33,
        Severity::Note => 36,
    };
    match look.style {
        Style::Colored => {
            format!("\u{1b}[1;{color}m{code}\u{1b}[0m\u{1b}[1m: {message}\u{1b}[0m{silenced}\n")
        }
        Style::Unicode | Style::Plain => format!("{code}: {message}{silenced}\n"),
    }
}

fn handler(look: Look) -> GraphicalReportHandler {
    let mut theme = match look.style {
        Style::Colored => GraphicalTheme::unicode(),
        Style::Unicode => GraphicalTheme::unicode_nocolor(),
        Style::Plain => GraphicalTheme::none(),
    };
    // Before the places, as rustc has it.
    theme.characters.error = "-->".to_owned();
    theme.characters.advice = ":::".to_owned();
    theme.styles.error = theme.styles.linum;
    theme.styles.advice = theme.styles.linum;
    let handler = GraphicalReportHandler::new_themed(theme).with_width(look.width).with_context_lines(1);
    // A place that is broken into two lines is none.
    handler.with_wrap_lines(false).without_syntax_highlighting()
}

fn paragraph(out: &mut String, look: Look, title: &str, text: &str) {
    if text.is_empty() {
        return;
    }
    let indent = " ".repeat(title.len() + 4);
    let title = match look.style {
        Style::Colored => format!("\u{1b}[36m{title}\u{1b}[0m"),
        Style::Unicode | Style::Plain => title.to_owned(),
    };
    let lines = wrap(text, look.width.saturating_sub(indent.len()));
    let _ = writeln!(out, "  {title}: {}", lines.join(&format!("\n{indent}")));
}

/// Words in lines of at most `width` characters; a longer word has its own line.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

fn interleaving(out: &mut String, view: &View<'_>, look: Look, steps: &[Step]) {
    if steps.is_empty() {
        return;
    }
    paragraph(out, look, "interleaving", "one way in which it happens");
    for (index, step) in steps.iter().enumerate() {
        let at = view.location(step.place);
        let (number, thread, message) = (index + 1, step.thread, &step.message);
        let path = visible::line(&at.path);
        let _ = writeln!(out, "    {number}. thread {thread}: {message} ({path}:{})", at.start.line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_wrap_at_the_width() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("extraordinary", 3), ["extraordinary"]);
    }
}
