//! The text of a result, with links to its related locations.

use std::fmt::Write as _;

use safe_map_lints::Label;

use super::log::{Location, Message};
use super::result;
use crate::render::View;
use crate::report::Reported;

/// GitHub shows related locations where the message links to them; a hundred links are no message.
const MAX_LINKS: usize = 20;

/// GitHub takes a thousand locations for a result.
const MAX_RELATED: usize = 500;

/// The labels with the ids that the message links to, from 1.
pub(super) fn related(view: &View<'_>, found: &Reported) -> Vec<Location> {
    let label = |(index, label): (usize, &Label)| Location {
        id: Some(index + 1),
        message: Some(Message::text(label.message.clone())),
        ..result::location(view, label.place)
    };
    found.finding.labels.iter().take(MAX_RELATED).enumerate().map(label).collect()
}

/// What is wrong, where else to look, why, and what to do.
pub(super) fn message(found: &Reported) -> Message {
    let finding = &found.finding;
    let mut text = escape(&finding.message);
    let links: Vec<String> = (1..)
        .zip(&finding.labels)
        .take(MAX_LINKS)
        .map(|(id, label)| format!("[{}]({id})", escape(&label.message)))
        .collect();
    if !links.is_empty() {
        let _ = write!(text, " ({})", links.join("; "));
    }
    text.push('.');
    for (title, part) in [("Why", &finding.note), ("Help", &finding.help)] {
        if !part.is_empty() {
            let _ = write!(text, "\n\n{title}: {}.", escape(part));
        }
    }
    Message::text(text)
}

/// Brackets begin a link in a message.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_no_links() {
        assert_eq!(escape("`m[0]` is `\\`"), "`m\\[0\\]` is `\\\\`");
    }
}
