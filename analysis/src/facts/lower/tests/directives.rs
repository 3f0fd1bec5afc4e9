//! Comments that speak to this tool.

use super::facts;
use crate::facts::{Directive, DirectiveKind};

fn directives(text: &str) -> Vec<Directive> {
    facts(text).directives
}

/// The lints and the reason of the only directive.
fn allow(text: &str) -> (Vec<String>, Option<String>, bool) {
    let directives = directives(text);
    let [Directive { kind: DirectiveKind::Allow { lints, reason, expect }, .. }] = directives.as_slice()
    else {
        panic!("{directives:?}")
    };
    for (name, span) in lints {
        assert_eq!(span.text(text), name.as_str());
    }
    (lints.iter().map(|(name, _)| name.to_string()).collect(), reason.clone(), *expect)
}

#[test]
fn a_directive_names_lints_and_a_reason() {
    let (lints, reason, expect) = allow("// safe-map-lint: allow(a, b) -- because é\nfn f() {}");
    assert_eq!(
        (lints.as_slice(), reason.as_deref(), expect),
        (&["a".to_owned(), "b".to_owned()][..], Some("because é"), false)
    );
    assert!(allow("fn f() { a(); } // safe-map-lint: expect(a)").2);
    assert_eq!(allow("/* safe-map-lint: allow(a) -- x */ fn f() {}").1.as_deref(), Some("x"));
    assert_eq!(allow("//safe-map-lint:allow(safe_map_lint::a,)\n").0, ["a"]);
}

#[test]
fn it_stands_on_a_line_of_its_own_or_not() {
    let text = "\u{feff}// safe-map-lint: allow(a)\r\nfn f() {\r\n  g(); // safe-map-lint: allow(b)\r\n  // safe-map-lint: allow(c)\r\n}";
    let found = directives(text);
    let lines: Vec<_> = found.iter().map(|it| (it.line, it.alone)).collect();
    assert_eq!(lines, [(0, true), (2, false), (3, true)]);
    assert_eq!(found[1].span.text(text), "// safe-map-lint: allow(b)");
}

#[test]
fn strings_docs_and_prose_are_no_directives() {
    assert_eq!(
        directives("fn f() { \"// safe-map-lint: allow(a)\"; r\"\n/// safe-map-lint: allow(a)\n\"; }"),
        []
    );
    assert_eq!(directives("// see safe-map-lint: allow(a)\n").len(), 0);
    assert_eq!(directives("fn f() { a!(b /* safe-map-lint: allow(a) */) }").len(), 1);
}

#[test]
fn malformed_ones_say_what_is_wrong() {
    let message = |text: &str| match directives(&format!("// safe-map-lint: {text}\n")).remove(0).kind {
        DirectiveKind::Malformed(message) => message,
        other => panic!("{text} is well-formed: {other:?}"),
    };
    assert_eq!(message("alow(a)"), "expected `allow(..)` or `expect(..)` after `safe-map-lint:`");
    assert_eq!(message("allow a"), "expected `allow(lint, ..)`");
    assert_eq!(message("allow()"), "expected the name of a lint");
    assert_eq!(message("allow(a b)"), "`a b` is not the name of a lint");
    assert_eq!(message("allow(a) because"), "expected ` -- reason` after `)`");
}

#[test]
fn documentation_that_looks_like_one_is_told_apart() {
    for text in [
        "/// safe-map-lint: allow(a) -- b\nfn f() {}",
        "//! safe-map-lint: allow(a)\n",
        "fn f() { /** safe-map-lint: expect(a) */ let a = 1; }",
        "struct S { a: u32, /// safe-map-lint: allow(a)\n b: u32 }",
        "m! { /// safe-map-lint: allow(a)\n fn f() {} }",
    ] {
        let kinds: Vec<DirectiveKind> = directives(text).into_iter().map(|it| it.kind).collect();
        assert_eq!(kinds, [DirectiveKind::Documentation], "{text}");
    }
    for prose in ["/// safe-map-lint: a tool\nfn f() {}", "/// // safe-map-lint: allow(a)\nfn f() {}"] {
        assert_eq!(directives(prose), [], "{prose}");
    }
}

#[test]
fn a_broken_file_keeps_its_directives() {
    let text = "// safe-map-lint: allow(a)\nfn f() {}\nfn g() { ( }\n// safe-map-lint: allow(b)\nfn h() {}\n";
    assert_eq!(super::lower(text, crate::facts::Edition::E2024).directives.len(), 2);
}
