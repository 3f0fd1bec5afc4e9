//! Names of lints and groups, as people write them.

use safe_map_lints::{Group, Level, Lint};

use crate::failure::Failure;
use crate::suggest;

/// The lints that `name` stands for.
///
/// # Errors
///
/// Where it stands for nothing, with the nearest name.
pub fn members(lints: &[&'static Lint], name: &str) -> Result<Vec<&'static Lint>, Failure> {
    find_members(lints, name).ok_or_else(|| {
        let failure = Failure::usage(format!("unknown lint or group `{name}`"));
        suggest::add_nearest(failure, name, names(lints))
    })
}

/// The lints that `name` stands for, or `None` where it stands for nothing.
pub fn find_members(lints: &[&'static Lint], name: &str) -> Option<Vec<&'static Lint>> {
    let name = canonical(name);
    let chosen =
        |keep: &dyn Fn(&Lint) -> bool| Some(lints.iter().copied().filter(|lint| keep(lint)).collect());
    match name.as_str() {
        "all" => chosen(&|_| true),
        "advice" => chosen(&|lint| lint.level == Level::Allow),
        "preview" => chosen(&Lint::is_preview),
        group if Group::ALL.iter().any(|it| it.as_str() == group) => {
            chosen(&|lint| lint.group.as_str() == group)
        }
        _ => lints.iter().find(|lint| lint.name == name).map(|lint| vec![*lint]),
    }
}

/// Whether `name` is a lint's own.
pub fn is_lint(lints: &[&'static Lint], name: &str) -> bool {
    let name = canonical(name);
    lints.iter().any(|lint| lint.name == name)
}

/// Every name that `members` knows, and `warnings`.
pub fn names(lints: &[&'static Lint]) -> impl Iterator<Item = &'static str> {
    let groups = Group::ALL.iter().map(|group| group.as_str());
    let lints: Vec<&'static str> = lints.iter().map(|lint| lint.name).collect();
    lints.into_iter().chain(groups).chain(["all", "advice", "preview", WARNINGS])
}

/// What stands for every finding that warns, whichever lint it is of.
pub const WARNINGS: &str = "warnings";

/// Names may be written with `-` and with the tool's prefix.
pub fn canonical(name: &str) -> String {
    name.strip_prefix("safe_map_lint::").unwrap_or(name).replace('-', "_")
}
