//! Reports for people: miette draws the excerpts, we add what it has no place for (why, what to do, who does what
//! when). Nothing else in the command knows miette.

mod diagnostic;
mod excerpt;

use std::fmt::Write as _;

use miette::{GraphicalReportHandler, GraphicalTheme};
use safe_map_lints::Step;

use super::{View, groups};
use crate::output::{Look, Style};
use crate::report::Reported;

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

/// Appends one finding to `out`.
pub(super) fn render(out: &mut String, view: &View<'_>, found: &Reported, look: Look) {
    let drawn = diagnostic::diagnostic(view, found);
    // The only errors are those of the writer, and a string takes everything.
    let _ = handler(look).render_report(out, &drawn);
    let finding = &found.finding;
    paragraph(out, look, "why", &finding.note);
    paragraph(out, look, "help", &finding.help);
    interleaving(out, view, look, &finding.interleaving);
    for fix in &finding.fixes {
        paragraph(out, look, "fix", &fix.title);
    }
    out.push('\n');
}

fn handler(look: Look) -> GraphicalReportHandler {
    let theme = match look.style {
        Style::Colored => GraphicalTheme::unicode(),
        Style::Unicode => GraphicalTheme::unicode_nocolor(),
        Style::Plain => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(look.width).with_context_lines(1);
    handler
        .with_links(look.style == Style::Colored)
        .with_link_display_text("(docs)")
        .without_syntax_highlighting()
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
        let _ = writeln!(out, "    {number}. thread {thread}: {message} ({}:{})", at.path, at.start.line);
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
