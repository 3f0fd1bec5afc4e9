//! What the book says can be configured is accepted.

use crate::book::page;
use crate::support::{Project, UNDERSCORE};

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
        assert_eq!(run.code, 0, "{block}\n{}", run.stderr);
    }
}
