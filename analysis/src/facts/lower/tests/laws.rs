//! What holds for any input.

use proptest::prelude::*;

use super::lower;
use crate::facts::{Edition, FileFacts, PackedBody};
use crate::span::Span;

/// Code to mutilate: most forms once.
const SOURCE: &str = include_str!("../exprs.rs");

/// Pieces that together make most of the grammar.
const PIECES: &[&str] = &[
    "fn f",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    ";",
    ",",
    ".",
    "::",
    "=>",
    "->",
    "=",
    "|",
    "&",
    "&mut ",
    "*",
    "!",
    "?",
    "'a",
    "\"é\"",
    "1",
    "x",
    "let ",
    "match ",
    "if ",
    "else ",
    "impl ",
    "struct S",
    "mod m",
    "use a",
    "static A: u8",
    "macro_rules! m",
    "select!",
    "vec!",
    "lazy_static!",
    "#[cfg(a)]",
    "async ",
    "move ",
    "return ",
    "// c\n",
    "\r\n",
    " ",
    "// safe-map-lint: allow(a) -- b\n",
    "$x:expr",
    "\u{feff}",
    "r#\"",
    "/*",
    "*/",
    "..",
    "@",
    "for ",
    " in ",
    "é",
    "---\n",
];

fn all_spans(facts: &FileFacts) -> Vec<Span> {
    let mut spans: Vec<Span> = facts.problems.iter().map(|problem| problem.span).collect();
    spans.extend(facts.directives.iter().map(|directive| directive.span));
    spans.extend(facts.items.iter().flat_map(|item| [item.span, item.name_span]));
    for body in facts.bodies.iter().map(PackedBody::unpack) {
        spans.extend(body.exprs.iter().map(|expr| expr.span));
        spans.extend(body.pats.iter().map(|pat| pat.span));
    }
    spans
}

fn check(text: &str) {
    let facts = lower(text, Edition::E2021);
    for span in all_spans(&facts) {
        assert!(
            text.get(span.start as usize..span.end as usize).is_some(),
            "{span:?} is no part of {text:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_lowered(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_pieces_are_lowered(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        check(&pieces.concat());
    }

    #[test]
    fn mutilated_code_is_lowered(start in 0..SOURCE.len(), len in 0_usize..200, piece in prop::sample::select(PIECES)) {
        let end = (start + len).min(SOURCE.len());
        check(&format!("{}{piece}{}", &SOURCE[..start], &SOURCE[end..]));
    }
}

#[test]
fn facts_are_a_function_of_the_text() {
    let bytes = |facts: &FileFacts| serde_json::to_string(facts).expect("serialises");
    assert_eq!(bytes(&lower(SOURCE, Edition::E2021)), bytes(&lower(SOURCE, Edition::E2021)));
}
