//! What the tokens of macro calls parse as.

use super::{facts, kind, named, roots, shape, shape_of};
use crate::facts::{Cfg, ItemKind, MacroRule, StaticMacro};

fn check(cases: &[(&str, &str)]) {
    for (code, expected) in cases {
        assert_eq!(shape(code), format!("{{{expected}}}"), "for {code}");
    }
}

#[test]
fn expressions_lose_names_and_sigils() {
    check(&[
        ("println!(\"{}\", a.b())", "println!(\"{}\" (.b() a))"),
        ("format!(\"{x}\", x = y,)", "format!(\"{x}\" y)"),
        ("assert!(a == b)", "assert!((== a b))"),
        ("info!(target: \"t\", %a, ?b.c, d.e = %f, \"g\" = h, \"msg\")", "info!(\"t\" a (.c b) f h \"msg\")"),
        ("info!(parent: &p, { a = 1, b }, \"msg\")", "info!((& p) 1 b \"msg\")"),
        ("tokio::join!(a(), b())", "tokio::join!((call a) (call b))"),
        ("m!()", "m!()"),
        ("m!(a::b, c.d)", "m!(a::b (.d c))"),
    ]);
}

#[test]
fn known_grammars() {
    check(&[
        ("vec![a; 2]", "vec![a; 2]"),
        ("vec![a, 2]", "vec!(a 2)"),
        ("matches!(a, Some(x) if x > 1)", "matches!(a, Some(x) if (> x 1))"),
        ("assert_matches!(a, B | C, \"msg\")", "assert_matches!(a, B | C)"),
        ("json!({ \"a\": b.c(), d: [null, { \"e\": 1 }] })", "json!((.c() b) d null 1)"),
        ("hashmap! { a => b, c => d }", "hashmap!(a b c d)"),
        ("stringify!(a.lock())", "stringify!?"),
        ("quote! { a }", "quote!?"),
    ]);
}

#[test]
fn statements_and_what_does_not_parse() {
    check(&[
        ("m! { let a = b; c(a) }", "m!{let a = b; (call c a)}"),
        ("m!(if a {} b; c)", "m!{(if a {}) b; c}"),
        ("m!(a b c)", "m!?"),
        ("m!(a; b c)", "m!?"),
        ("m!(@a $)", "m!?"),
        ("vec![n!(a)]", "vec!(n!(a))"),
    ]);
}

#[test]
fn select_arms() {
    check(&[
        (
            "tokio::select! { biased; Some(x) = rx.recv(), if on => a(x), _ = b => { c } else => d }",
            "tokio::select!{Some(x) = (.recv() rx) if on => (call a x), _ = b => {c}, - => d}",
        ),
        (
            "futures::select! { x = a => b, complete => break, default => {} }",
            "futures::select!{x = a => b, - => (break), - => {}}",
        ),
        (
            "select! { recv(r) -> msg => a(msg), send(s, v) -> _ => {}, default(t) => b }",
            "select!{msg = (call recv r) => (call a msg), _ = (call send s v) => {}, - = t => b}",
        ),
        ("select!(a, b)", "select!(a b)"),
    ]);
}

#[test]
fn cfg_if_in_a_body_gives_a_block_a_branch() {
    let code = "cfg_if! { if #[cfg(a)] { b(); } else { c() } }";
    assert_eq!(shape(code), "{cfg_if!{{(call b);}{(call c)}}}".replace("}{(", "} {("));
}

#[test]
fn statics_declared_by_macros_stand_beside_the_other_items() {
    let text = "fn f() {} lazy_static! { /// doc\n pub static ref A: Map = a(); #[x] static ref B: u8 = 1; }
        thread_local! { static C: u8 = const { 1 }; pub static D: Cell<u8> = b() }";
    let facts = facts(text);
    assert_eq!(roots(&facts), ["f", "A", "B", "C", "D"]);
    let declared = |name: &str| match &named(&facts, name).kind {
        ItemKind::Static(item) => {
            (item.declared_by, shape_of(&facts.body(item.body.expect("an initialiser")).unpack()))
        }
        _ => panic!("not a static"),
    };
    assert_eq!(declared("A"), (StaticMacro::LazyStatic, "(call a)".to_owned()));
    assert_eq!(declared("C"), (StaticMacro::ThreadLocal, "const {1}".to_owned()));
    assert_eq!(declared("D"), (StaticMacro::ThreadLocal, "(call b)".to_owned()));
    assert_eq!(named(&facts, "B").span.text(text), "#[x] static ref B: u8 = 1;");
}

#[test]
fn statics_declared_in_a_body_are_item_statements() {
    assert_eq!(
        shape("lazy_static! { static ref A: u8 = 1; static ref B: u8 = 2; } *A"),
        "{item item (deref A)}"
    );
    assert_eq!(shape("thread_local!(static A: u8 = 1); A"), "{item A}");
}

#[test]
fn cfg_if_items_carry_the_predicates_of_their_branch() {
    let text =
        "cfg_if::cfg_if! { if #[cfg(a)] { mod x; } else if #[cfg(b)] { fn y() {} } else { fn z() {} } }";
    let facts = facts(text);
    let atom = |name: &str| Cfg::Atom(name.into(), None);
    let not = |cfgs: Vec<Cfg>| Cfg::Not(Box::new(Cfg::Any(cfgs)));
    assert_eq!(named(&facts, "x").attrs.cfg, [atom("a")]);
    assert_eq!(named(&facts, "y").attrs.cfg, [atom("b"), not(vec![atom("a")])]);
    assert_eq!(named(&facts, "z").attrs.cfg, [not(vec![atom("a"), atom("b")])]);
    assert_eq!(facts.roots.len(), 1);
}

#[test]
fn cfg_select_is_read_alike() {
    let facts = facts("cfg_select! { unix => { fn a() {} } all(b, c) => { fn d() {} } _ => { fn e() {} } }");
    assert_eq!(named(&facts, "a").attrs.cfg, [Cfg::Atom("unix".into(), None)]);
    assert_eq!((named(&facts, "d").attrs.cfg.len(), named(&facts, "e").attrs.cfg.len()), (2, 1));
}

#[test]
fn other_item_macros() {
    assert_eq!(kind("include!(\"x.rs\");"), ItemKind::Include { path: Some("x.rs".to_owned()) });
    assert_eq!(kind("include!(concat!(env!(\"OUT_DIR\"), \"/x.rs\"));"), ItemKind::Include { path: None });
    let wrapped = facts("cfg_rt! { pub struct A; impl A { fn f(&self) {} } }");
    assert_eq!(wrapped.items.len(), 4);
    assert!(matches!(kind("m! { a b c }"), ItemKind::MacroCall { items, .. } if items.is_empty()));
}

/// The only rule of a macro, and its body's shape.
fn rule(rule: &str) -> (MacroRule, Option<String>) {
    let facts = facts(&format!("macro_rules! m {{ {rule} }}"));
    let ItemKind::MacroRules(rules) = &facts.items.last().expect("a macro").kind else { panic!("no rules") };
    let [rule] = rules.as_slice() else { panic!("{} rules", rules.len()) };
    (rule.clone(), rule.body.map(|body| shape_of(&facts.body(body).unpack())))
}

#[test]
fn rules_are_simple_where_they_can_be_inlined() {
    let (lock, body) = rule("($m:expr, $k:ident $(,)?) => { $m.lock().$k };");
    assert!(lock.simple);
    assert_eq!(lock.params, [("$m".into(), "expr".into()), ("$k".into(), "ident".into())]);
    assert_eq!(body.as_deref(), Some("(.$k (.lock() $m))"));
    assert!(rule("() => { $crate::a() }").0.simple);
    assert!(!rule("($a:expr => $b:expr) => { $a }").0.simple);
    assert!(!rule("($a:expr, [$b:expr]) => { $a }").0.simple);
    assert!(!rule("($($a:expr),*) => { 1 }").0.simple);
}

#[test]
fn bodies_of_rules_are_read_where_they_parse() {
    assert_eq!(rule("($a:expr) => { let x = $a; x.b() }").1.as_deref(), Some("{let x = $a; (.b() x)}"));
    assert_eq!(rule("($x:expr) => { let x = $x; x.b() }").1.as_deref(), Some("{let x = $x; (.b() x)}"));
    assert_eq!(rule("() => { $crate::a() }").1.as_deref(), Some("(call crate::a)"));
    assert_eq!(rule("($($a:expr),*) => { $($a;)* }").1, None);
    assert_eq!(rule("($a:tt) => { a b c }").1, None);
}

#[test]
fn rules_that_take_locks_are_expanded_in_their_file() {
    let text = "macro_rules! getters { ($ty:ident, $($name:ident => $ret:ty),*) => {
            impl $ty { $(fn $name(&self) -> $ret { self.0.lock().$name })* }
        } }
        getters!(Handle, id => u32, name => &'static str);";
    let facts = facts(text);
    let body = |name: &str| match &named(&facts, name).kind {
        ItemKind::Fn(item) => shape_of(&facts.body(item.body.expect("a body")).unpack()),
        _ => panic!("not a function"),
    };
    assert_eq!(body("id"), "{(.id (.lock() (.0 self)))}");
    assert_eq!(body("name"), "{(.name (.lock() (.0 self)))}");
}

#[test]
fn calls_of_rules_with_a_form_of_their_own_are_what_they_stand_for() {
    let with = |body: &str, call: &str| shape(&format!("macro_rules! m {{ {body} }} {call}"));
    assert_eq!(
        with("($m:ident, |$it:ident| $e:expr) => {{ let $it = $m.read(); $e * 2 }};", "m!(a, |b| b + 1)"),
        "{item {let b = (.read() a); (* (+ b 1) 2)}}"
    );
    assert_eq!(
        with("($($m:expr);*) => { $($m.lock();)* };", "m!(a; b.c); d"),
        "{item (.lock() a); (.lock() (.c b)); d}"
    );
    // What ends a fragment may stand in it, in angle brackets or between bars.
    assert_eq!(
        with(
            "($($m:expr => $t:ty);*) => { $($m.lock() as $t;)* };",
            "m!(|a, b| c => Map<u8, u8>; d::<u8, u8>(e) => u8); f"
        ),
        with("", "(|a, b| c).lock() as Map<u8, u8>; d::<u8, u8>(e).lock() as u8; f")
    );
    // A plain list of parameters is walked with the rule's own body.
    assert_eq!(with("($m:expr) => { $m.lock() };", "m!(a)"), "{item m!(a)}");
    // Nothing fits.
    assert_eq!(with("([$m:expr]) => { $m.lock() };", "m!(a)"), "{item m!(a)}");
}
