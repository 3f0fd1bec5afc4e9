//! Every form of an expression, a pattern and a statement.

use super::shape;

/// Lines of code and what they must lower to.
fn check(cases: &[(&str, &str)]) {
    for (code, expected) in cases {
        assert_eq!(shape(code), format!("{{{expected}}}"), "for {code}");
    }
}

#[test]
fn operands() {
    check(&[
        ("a", "a"),
        ("a::B", "a::B"),
        ("::a", "::a"),
        ("<T as A>::b", "<T>::A::b"),
        ("r#fn", "fn"),
        ("0x_ffu8", "0x_ff"),
        ("1_usize", "1"),
        ("true", "true"),
        ("\"a\\n\"", "\"a\\n\""),
        ("b\"a\"", "lit"),
        ("1.5", "lit"),
        ("[a, 1]", "(array a 1)"),
        ("[a; 3]", "(repeat a 3)"),
        ("(a, b)", "(tuple a b)"),
        ("()", "(tuple)"),
        ("S { a, b: 1, ..c }", "(struct S a: a b: 1 ..c)"),
        ("S { 0: a }", "(struct S 0: a)"),
    ]);
}

#[test]
fn operators() {
    check(&[
        ("*a", "(deref a)"),
        ("!-a", "(not (neg a))"),
        ("&a", "(& a)"),
        ("&mut a", "(&mut a)"),
        ("&raw const a", "(&raw a)"),
        ("&raw mut a", "(&rawmut a)"),
        ("a + b * c", "(+ a (* b c))"),
        ("a <= b", "(<= a b)"),
        ("a && b || c", "(or (and a b) c)"),
        ("a = b", "(= a b)"),
        ("a += b", "(+= a b)"),
        ("a <<= b", "(<<= a b)"),
        ("_ = a", "(= _ a)"),
        ("a as u8", "(as a)"),
        ("a..=b", "(.. a b)"),
        ("a..", "(.. a -)"),
        ("(..b)", "(.. - b)"),
        ("(a + b) * c", "(* (+ a b) c)"),
    ]);
}

#[test]
fn chains() {
    check(&[
        ("a.b.0", "(.0 (.b a))"),
        ("a.0.1", "(.1 (.0 a))"),
        ("a[b]", "(index a b)"),
        ("f(a)(b)", "(call (call f a) b)"),
        ("a.f(b, c)", "(.f() a b c)"),
        ("a.f::<T, U>()", "(.f::<2>() a)"),
        ("a.await?", "(try (await a))"),
    ]);
}

#[test]
fn control() {
    check(&[
        ("if a {} else if b {} else { c }", "(if a {} (if b {} {c}))"),
        ("if let Some(x) = a && b {}", "(if (and (let Some(x) a) b) {})"),
        ("match a { B => 1, C if d => {} }", "(match a B => 1, C if d => {})"),
        ("match a { B if let Some(x) = c => 1 }", "(match a B if (let Some(x) c) => 1)"),
        ("while a { b }", "(while a {b})"),
        ("'x: loop { break 'x 1; }", "(loop 'x {(break 'x 1);})"),
        ("'x: for a in b { continue 'x }", "(for 'x a b {(continue 'x)})"),
        ("while let Some(a) = b {}", "(while (let Some(a) b) {})"),
        ("return", "(return)"),
        ("return a;", "(return a);"),
        ("|| yield a", "(|| (yield a))"),
        ("move |a, b: T| c", "(move |a, b| c)"),
        ("async move || a", "(async move || a)"),
        ("|a| -> T { b }", "(|a| {b})"),
    ]);
}

#[test]
fn blocks() {
    check(&[
        ("{ a; b }", "{a; b}"),
        ("unsafe { a }", "unsafe {a}"),
        ("const { a }", "const {a}"),
        ("async move { a }", "async { is_move: true } {a}"),
        ("'x: { a }", "'x: {a}"),
        ("if a {} b", "(if a {}) b"),
        ("a;;", "a;"),
    ]);
}

#[test]
fn statements() {
    check(&[
        ("let a = b;", "let a = b;"),
        ("let a: T = b;", "let a: T = b;"),
        ("let a;", "let a;"),
        ("let Some(a) = b else { return };", "let Some(a) = b else {(return)};"),
        ("fn g() {} struct S; use a::b; g()", "item item item (call g)"),
        ("m!{} a", "m!() a"),
        ("m!{}", "m!()"),
        ("m!(a);", "m!(a);"),
    ]);
}

#[test]
fn patterns() {
    check(&[
        ("let (ref mut a, _, ..) = b;", "let (ref mut a, _, ..) = b;"),
        ("let A(x @ B { c, d: 1, e: [f, g @ ..] }) = b;", "let A(x@B{c: c, d: 1, e: [f, g@..]}) = b;"),
        ("let &(a | b) = c;", "let &a | b = c;"),
        ("let a::B = c;", "let a::B = c;"),
        ("let 1..=2 = c;", "let lit = c;"),
        ("let m!() = c;", "let unknown = c;"),
        ("|(a, b): T, &c| d", "(|(a, b), &c| d)"),
    ]);
}
