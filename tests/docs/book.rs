//! The book as files: where it is, which pages it has, and the check that a generated page is current.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The root of the checkout.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The directory of the book.
pub(crate) fn docs() -> PathBuf {
    root().join("docs")
}

/// A page, by its path below `docs/`.
pub(crate) fn page(path: &str) -> String {
    let path = docs().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The pages below `docs/`, sorted, with `/`; `SUMMARY.md` is none.
pub(crate) fn pages() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (prefix, dir) in [("", docs()), ("lints/", docs().join("lints"))] {
        for entry in std::fs::read_dir(&dir).expect("the directory of the book") {
            let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
            if name.ends_with(".md") && name != "SUMMARY.md" {
                found.insert(format!("{prefix}{name}"));
            }
        }
    }
    found
}

/// The pages that people write: all but the generated ones.
pub(crate) fn written_pages() -> BTreeSet<String> {
    pages().into_iter().filter(|it| !it.starts_with("lints/") && it != "flags.md").collect()
}

/// Panics unless the page has this text; writes it instead where `UPDATE_DOCS` is set.
#[track_caller]
pub(crate) fn is_current(path: &str, text: &str) {
    let file = docs().join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, text).expect("the page can be written");
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(found == text, "docs/{path} is out of date: run `UPDATE_DOCS=1 cargo test --test docs`");
}

/// What the summary links to, in its order.
fn listed() -> Vec<String> {
    let links = |text: String| -> Vec<String> {
        text.split("](").skip(1).filter_map(|it| it.split(')').next()).map(str::to_owned).collect()
    };
    links(page("SUMMARY.md"))
}

#[test]
fn the_summary_lists_every_page_once() {
    let listed = listed();
    let set: BTreeSet<String> = listed.iter().cloned().collect();
    assert_eq!(set.len(), listed.len(), "a page is listed twice");
    assert_eq!(set, pages());
}

#[test]
fn the_summary_lists_the_lints_in_the_order_of_the_catalogue() {
    let in_order: Vec<String> =
        safe_map_lints::LINTS.iter().map(|it| format!("lints/{}.md", it.name)).collect();
    let listed: Vec<String> = listed().into_iter().filter(|it| in_order.contains(it)).collect();
    assert_eq!(listed, in_order);
}

#[test]
fn links_between_pages_lead_somewhere() {
    for name in pages() {
        let text = page(&name);
        let dir = docs().join(&name).parent().expect("below docs").to_owned();
        let targets = text.split("](").skip(1).filter_map(|it| it.split(')').next());
        for target in targets.filter(|it| !it.starts_with("http") && !it.starts_with('#')) {
            let path = target.split('#').next().expect("one part at least");
            assert!(dir.join(path).exists(), "{name} links to {target}, which is not there");
        }
    }
}
