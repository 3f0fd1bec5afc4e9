//! Input made to overflow a stack. A test thread has 2 MB.

use super::lower;
use crate::facts::Edition;

fn survives(text: &str) -> u32 {
    let facts = lower(text, Edition::E2021);
    facts.bodies.iter().map(|body| body.max_depth).max().unwrap_or(0)
}

fn in_fn(expr: &str) -> String {
    format!("fn f() {{ let x = {expr}; }}")
}

fn nested(open: &str, inner: &str, close: &str, times: usize) -> String {
    format!("{}{inner}{}", open.repeat(times), close.repeat(times))
}

#[test]
fn brackets() {
    for (open, close) in
        [("(", ")"), ("[", "]"), ("{", "}"), ("f(", ")"), ("S { a: ", "}"), ("unsafe {", "}")]
    {
        survives(&in_fn(&nested(open, "1", close, 5_000)));
    }
    survives(&nested("fn f() {", "", "}", 5_000));
    survives(&nested("mod m {", "", "}", 5_000));
    survives(&nested("impl A { fn f() {", "", "}}", 2_000));
}

#[test]
fn prefixes_without_one_bracket() {
    for prefix in
        ["!", "&", "*", "- ", "return ", "break ", "|x| ", "|x, y| ", "move || ", "a = ", "..", "&raw const "]
    {
        survives(&in_fn(&format!("{}1", prefix.repeat(20_000))));
    }
}

#[test]
fn chains_that_nest_to_the_left() {
    assert!(survives(&in_fn(&format!("{}1", "1 + ".repeat(20_000)))) > 20_000);
    for suffix in [".a()", ".a", "?", ".await", "()", "[0]", " as u8"] {
        assert!(survives(&in_fn(&format!("x{}", suffix.repeat(10_000)))) > 10_000);
    }
    survives(&in_fn(&format!("{}1", "1 + ".repeat(100_000))));
}

#[test]
fn branches() {
    survives(&format!("fn f() {{ {} {{}} }}", "if a {} else ".repeat(5_000)));
    survives(&in_fn(&nested("match a { b => ", "1", "}", 5_000)));
    survives(&in_fn(&nested("match a { b => 1, c if d => ", "1", "}", 5_000)));
}

#[test]
fn types_and_patterns() {
    for (open, close) in [
        ("Vec<", ">"),
        ("HashMap<u8, ", ">"),
        ("&", ""),
        ("(", ",)"),
        ("[", "]"),
        ("fn() -> ", ""),
        ("Box<dyn A<", ">>"),
    ] {
        survives(&format!("type A = {};", nested(open, "u8", close, 5_000)));
    }
    for (open, close) in [("Some(", ")"), ("&", ""), ("(", ",)"), ("x @ ", ""), ("S { a: ", "}")] {
        survives(&format!("fn f() {{ let {} = 1; }}", nested(open, "x", close, 5_000)));
    }
    survives(&format!("#[cfg({})] fn f() {{}}", nested("not(", "a", ")", 5_000)));
}

#[test]
fn macros_within_macros() {
    for (open, close) in [("m!(", ")"), ("vec![", "]"), ("matches!(", ", a)"), ("json!([", "])")] {
        survives(&in_fn(&nested(open, "1", close, 3_000)));
    }
    survives(&nested("m! {", "", "}", 3_000));
    survives(&nested("cfg_if! { if #[cfg(a)] {", "", "} }", 1_000));
}

#[test]
fn beyond_the_maximum_a_file_is_refused() {
    let facts = lower(&in_fn(&"(".repeat(1_000_000)), Edition::E2021);
    assert_eq!(facts.problems[0].message, "nesting too deep");
}

#[test]
fn broken_ones() {
    for piece in
        ["(", "{", "}", "fn f() {\n", "|", "<", "=", "'", "#", "pub ", "mod a { fn ", "\"", "r#\"", "/*", "$"]
    {
        survives(&piece.repeat(5_000));
    }
}
