//! `[lints]`: from lints and groups to lints alone.
//!
//! A table has no order, so what counts more follows from what is named: a lint beats `preview`, which beats `advice`,
//! the group of a subject, and `all`. A group sets its members, as in Cargo's own `[lints]`, but switches on none that is
//! in preview: a release that brings a new lint must not break whoever wrote `all = "deny"`.

use safe_map_lints::{LINTS, Lint};
use toml::Spanned;

use super::document::Document;
use super::file::Lints;
use crate::failure::Failure;
use crate::levels::{self, Configured, Set, Setting, WARNINGS};
use crate::suggest;

/// What the table sets, what counts less first.
///
/// # Errors
///
/// Where a name is neither a lint nor a group.
pub(super) fn configured(document: &Document, lints: &Lints) -> Result<Vec<Configured>, Failure> {
    let mut entries: Vec<_> = lints.iter().collect();
    entries.sort_by_key(|(name, _)| (rank(name.get_ref()), name.span().start));
    let mut out = Vec::new();
    for (name, setting) in entries {
        let set = Set { setting: *setting.get_ref(), origin: document.origin(&name.span()) };
        let members = members(document, name, set.setting)?;
        out.extend(members.into_iter().map(|name| Configured { name, set: set.clone() }));
    }
    Ok(out)
}

/// How much a name counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    All,
    Subject,
    Advice,
    Preview,
    Lint,
}

fn rank(name: &str) -> Rank {
    match levels::canonical(name).as_str() {
        "all" => Rank::All,
        "advice" => Rank::Advice,
        "preview" => Rank::Preview,
        WARNINGS => Rank::Lint,
        name if levels::is_lint(LINTS, name) => Rank::Lint,
        _ => Rank::Subject,
    }
}

/// What `name` sets, where it is set to `setting`.
fn members(
    document: &Document,
    name: &Spanned<String>,
    setting: Setting,
) -> Result<Vec<&'static str>, Failure> {
    let text = name.get_ref();
    if levels::canonical(text) == WARNINGS {
        return Ok(vec![WARNINGS]);
    }
    let Some(found) = levels::find_members(LINTS, text) else {
        let failure = document.failure(&name.span(), &format!("unknown lint or group `{text}`"));
        return Err(suggest::add_nearest(failure, text, levels::names(LINTS)));
    };
    let reaches_preview = rank(text) >= Rank::Preview || setting == Setting::Allow;
    let is_meant = |lint: &&&Lint| reaches_preview || !lint.is_preview();
    Ok(found.iter().filter(is_meant).map(|lint| lint.name).collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::document::Section;
    use super::super::file::File;
    use super::*;
    use crate::levels::{Asked, Levels};

    /// The settings of three lints: at deny, as advice, and in preview, all in the group `scope`.
    fn settings(table: &str) -> [&'static str; 3] {
        let document = Document::new(Path::new("x.toml"), format!("[lints]\n{table}"), Section::Whole);
        let file: File = document.parse().expect("a file");
        let configured = configured(&document, &file.lints).expect("known names");
        let levels = Levels::resolve(LINTS, &configured, &Asked::default());
        ["let_underscore_guard", "guard_outlives_use", "guard_leak"].map(|name| {
            let found = levels.settings().find(|(lint, _)| *lint == name);
            found.map_or("none", |(_, set)| set.setting.as_str())
        })
    }

    #[test]
    fn a_lint_beats_a_group_wherever_it_stands() {
        assert_eq!(settings("let_underscore_guard = 'deny'\nscope = 'allow'"), ["deny", "allow", "allow"]);
        assert_eq!(settings("scope = 'allow'\nlet-underscore-guard = 'warn'"), ["warn", "allow", "allow"]);
    }

    #[test]
    fn a_group_sets_and_a_smaller_one_beats_a_larger() {
        assert_eq!(settings("all = 'warn'"), ["warn", "warn", "allow"]);
        assert_eq!(settings("scope = 'deny'\nall = 'allow'"), ["deny", "deny", "allow"]);
        assert_eq!(settings("advice = 'warn'\nscope = 'deny'"), ["deny", "warn", "allow"]);
    }

    #[test]
    fn preview_alone_reaches_what_is_in_preview() {
        assert_eq!(settings("all = 'deny'\nscope = 'deny'"), ["deny", "deny", "allow"]);
        assert_eq!(settings("preview = 'warn'\nscope = 'deny'"), ["deny", "deny", "warn"]);
        assert_eq!(settings("preview = 'warn'\nguard_leak = 'deny'"), ["deny", "allow", "deny"]);
    }
}
