//! Spans are bytes of the file as it is on disk.

use super::{facts, named};
use crate::facts::{ExprKind, FileFacts};

/// The texts of all expressions of the last body, in order.
fn texts<'t>(facts: &FileFacts, text: &'t str) -> Vec<&'t str> {
    facts.bodies.last().expect("a body").unpack().exprs.iter().map(|expr| expr.span.text(text)).collect()
}

#[track_caller]
fn check(code: &str, expected: &[&str]) {
    let text = format!("fn f() {{ {code} }}");
    let facts = facts(&text);
    let texts = texts(&facts, &text);
    assert_eq!(&texts[..texts.len() - 1], expected, "for {code}");
}

#[test]
fn an_expression_is_covered_from_its_first_token_to_its_last() {
    check("a.b(c)?.d", &["a", "c", "a.b(c)", "a.b(c)?", "a.b(c)?.d"]);
    check("x.0.1", &["x", "x.0", "x.0.1"]);
    check("&mut *a", &["a", "*a", "&mut *a"]);
    check("S { a: 1 }", &["1", "S { a: 1 }"]);
    check("<A as B>::c::<D>()", &["<A as B>::c::<D>", "<A as B>::c::<D>()"]);
    check("'a: loop { break 'a }", &["break 'a", "{ break 'a }", "'a: loop { break 'a }"]);
    check("async move { }", &["async move { }"]);
    check("move |x| x", &["x", "move |x| x"]);
    check("a as Box<dyn B + C>", &["a", "a as Box<dyn B + C>"]);
    check("..=b", &["b", "..=b"]);
    check("m![ a ]", &["a", "m![ a ]"]);
}

#[test]
fn parentheses_belong_to_what_they_enclose() {
    check("(a + b).c()", &["a", "b", "(a + b)", "(a + b).c()"]);
    check("((a))", &["((a))"]);
}

#[test]
fn a_method_name_has_its_own_span() {
    let text = "fn f() { a . r#get::<T>(b) }";
    let facts = facts(text);
    let method = facts.bodies[0].unpack().exprs.iter().find_map(|expr| match &expr.kind {
        ExprKind::MethodCall { method_span, .. } => Some(method_span.text(text)),
        _ => None,
    });
    assert_eq!(method, Some("r#get"));
}

#[test]
fn what_stands_before_the_rust_counts() {
    for before in
        ["\u{feff}", "#!/bin/ä -x\n", "\u{feff}#!/bin/sh\r\n", "---\na = \"é\n---\n", "#!/x\n---\n---\n"]
    {
        let text =
            format!("{before}fn größe() {{ é.b(\"日本\", c) }}\r\n// ü\r\nfn g() {{\r\n    a.b()\r\n}}\r\n");
        let facts = facts(&text);
        assert_eq!(named(&facts, "größe").span.text(&text), "fn größe() { é.b(\"日本\", c) }");
        assert_eq!(named(&facts, "g").name_span.text(&text), "g");
        assert_eq!(texts(&facts, &text), ["a", "a.b()", "{\r\n    a.b()\r\n}"]);
        let first = &facts.bodies[0].unpack();
        let spans: Vec<_> = first.exprs.iter().map(|expr| expr.span.text(&text)).collect();
        assert_eq!(spans[..4], ["é", "\"日本\"", "c", "é.b(\"日本\", c)"]);
    }
}

#[test]
fn items_and_statements_include_their_attributes() {
    let text = "/// doc\n#[a] pub fn f() { #[cfg(x)] let y = 1; #[b] g(); }";
    let facts = facts(text);
    assert_eq!(facts.items[0].span.text(text), text);
    let body = &facts.bodies[0].unpack();
    let ExprKind::Block(block) = &body.expr(body.root).kind else { panic!("a block") };
    let stmts: Vec<_> = block.stmts.iter().map(|stmt| stmt.span.text(text)).collect();
    assert_eq!(stmts, ["#[cfg(x)] let y = 1;", "#[b] g();"]);
    assert_eq!(block.stmts[0].attrs.cfg.len(), 1);
    assert_eq!(block.stmts[1].attrs.names, ["b"]);
}

#[test]
fn types_and_patterns_have_spans() {
    let text = "fn f((a, ref b): &'x mut [Vec<dyn A + B>; 2], c: fn(u8) -> u8, d: impl Fn(A) -> B) {}";
    let facts = facts(text);
    let crate::facts::ItemKind::Fn(function) = &facts.items[0].kind else { panic!("a function") };
    let types: Vec<_> = function.params.iter().map(|ty| ty.span.text(text)).collect();
    assert_eq!(types, ["&'x mut [Vec<dyn A + B>; 2]", "fn(u8) -> u8", "impl Fn(A) -> B"]);
    let pats: Vec<_> = facts.bodies[0].unpack().pats.iter().map(|pat| pat.span.text(text)).collect();
    assert_eq!(pats, ["a", "ref b", "(a, ref b)", "c", "d"]);
}
