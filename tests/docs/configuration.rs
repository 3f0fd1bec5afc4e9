//! What the book says can be configured is accepted.

use crate::book::page;
use crate::support::{Project, UNDERSCORE};

/// Keys of the page that are not there yet. The list goes when they are.
const AWAITED: [&str; 4] = ["required-version", "exclude", "lints", "paths"];

/// The TOML blocks of a page.
fn blocks(page: &str) -> Vec<&str> {
    page.split("```toml\n").skip(1).filter_map(|it| it.split("\n```").next()).collect()
}

#[test]
fn every_block_of_the_page_is_a_configuration() {
    let page = page("configuration.md");
    let blocks = blocks(&page);
    assert!(blocks.len() >= 5, "{blocks:?}");
    for block in blocks {
        let run = Project::lib(UNDERSCORE).file("safe-map-lint.toml", block).run(&["--exit-zero"]);
        let awaited = AWAITED.iter().any(|key| run.stderr.contains(&format!("unknown key `{key}`")));
        assert!(run.code == 0 || awaited, "{block}\n{}", run.stderr);
    }
}
