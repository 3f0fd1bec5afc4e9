//! Broken files: what parses is lowered, the rest is a problem.

use super::{lower, roots};
use crate::facts::{Edition, FileFacts, ItemKind};

fn broken(text: &str) -> FileFacts {
    lower(text, Edition::E2021)
}

/// The text and message of each problem.
fn problems<'t>(facts: &'t FileFacts, text: &'t str) -> Vec<(&'t str, &'t str)> {
    facts.problems.iter().map(|problem| (problem.span.text(text), problem.message.as_str())).collect()
}

#[test]
fn items_beside_a_broken_one_are_lowered() {
    let text = "fn a() {}\nstruct B { c d }\nfn e() {}\nlet x = 1;\nfn f() {}\n";
    let facts = broken(text);
    assert_eq!(roots(&facts), ["a", "e", "f"]);
    let found = problems(&facts, text);
    assert_eq!(found[0], ("struct B { c d }", "expected `:`"));
    assert_eq!(found[1].0, "let x = 1;");
    assert_eq!(found.len(), 2);
}

#[test]
fn a_function_keeps_its_signature() {
    let text = "impl S {\n    fn a(&self) -> Guard { self.b. }\n    fn c() {}\n}\nfn d(x: u8) { ) }";
    let text = text.replace(") }", "+ }");
    let facts = broken(&text);
    assert_eq!(facts.items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), ["a", "c", "", "d"]);
    assert!(matches!(&facts.items[0].kind, ItemKind::Fn(it) if it.body.is_none() && it.output.is_some()));
    assert_eq!(facts.problems.len(), 2);
}

#[test]
fn modules_and_traits_are_looked_into() {
    let text = "mod a { fn b() {} fn c( {} fn d() {} }".replace("c( {}", "c() -> {}");
    let facts = broken(&text);
    assert_eq!(roots(&facts), ["a"]);
    assert_eq!(facts.items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), ["b", "d", "a"]);
    let facts = broken("trait T { fn a(); fn b() { + } fn c(); }");
    assert_eq!(facts.items.len(), 4);
}

#[test]
fn a_missing_semicolon_costs_its_own_line() {
    let text = "use a::b\nfn f() {}\nconst C: u8 = 1\npub struct S;\n";
    let facts = broken(text);
    assert_eq!(roots(&facts), ["f", "S"]);
    assert_eq!(facts.problems.len(), 2);
}

#[test]
fn the_line_of_a_later_fault_is_named() {
    let text = "struct S {\n    a: u8,\n    b c,\n}\n";
    assert_eq!(broken(text).problems[0].message, "expected `:` (line 3)");
}

#[test]
fn an_unclosed_brace_costs_the_item_it_is_in() {
    let text = "fn a() {}\n\nfn b() {\n    if x {\n}\n\npub fn c() { d.e() }\n";
    let facts = broken(text);
    assert_eq!(roots(&facts), ["a", "c"]);
    assert_eq!(problems(&facts, text), [("fn b() {\n    if x {\n}", "unclosed `{` (line 3)")]);
    assert_eq!(facts.bodies[1].unpack().exprs[1].span.text(text), "d.e()");
}

#[test]
fn a_stray_closing_brace_costs_nothing_else() {
    let text = "fn a() {}\n}\nfn b() {}\n";
    let facts = broken(text);
    assert_eq!(roots(&facts), ["a", "b"]);
    assert_eq!(problems(&facts, text), [("}", "unexpected closing `}` (line 2)")]);
}

#[test]
fn unterminated_literals_and_unknown_tokens() {
    let text = "fn a() {}\nfn b() { \"x }\nfn c() {}\n";
    assert_eq!(roots(&broken(text)), ["a", "c"]);
    let text = "fn a() { \\ }\nfn b() {}\n";
    let facts = broken(text);
    assert_eq!(roots(&facts), ["b"]);
    assert_eq!(facts.problems.len(), 1);
}

#[test]
fn attributes_of_a_broken_file_are_kept() {
    let facts = broken("#![cfg(test)]\nfn a() {}\nfn\n");
    assert_eq!(facts.attrs.cfg.len(), 1);
}

#[test]
fn docs_without_an_item_are_one_problem() {
    let facts = broken(&"/// x\n".repeat(2000));
    assert_eq!(facts.problems.len(), 1);
}

#[test]
fn no_text_is_a_file() {
    for text in ["", "\u{feff}", "#!/bin/sh", "\n", "// x", "/* x"] {
        assert_eq!(broken(text).items, []);
    }
}

#[test]
fn what_older_compilers_wanted_is_read() {
    for text in [
        "lazy_static! { static ref HOOKS: Mutex<Vec<Box<Fn(u8) + Send>>> = Mutex::new(vec![]); }",
        "struct S { called: Box<FnMut(::Event)>, map: HashMap<u8, Fn() -> u8> }",
        "type Renderer = Fn(&u8) -> u8;",
        "struct Hooks { one: &'static mut FnMut(), some: Option<Box<for<'a> Fn(&'a u32)>>, own: &'static Fn() }",
        "fn bounded<F: Fn(u32), G>(f: F, h: &Fn()) where G: for<'a> Fn(&'a u32) { f(1) }",
        "fn f(a: &Fn(u8), b: &mut ::std::ops::FnMut(u8)) { let c = d as Box<Fn(_)>; }",
        "trait T { fn f(&self, u8, HashMap<u8, Vec<u8>>, ::std::fmt::Arguments) -> bool; fn g(self: Box<Self>, a:&u8); }",
        "mod async { pub fn f() {} }",
        "fn f() { let async = 1; async(async) }",
        "impl S { fn f() { let a = box S { }; g(box 1, box (2), box |b| b); return box c; } }",
        "#[extension_trait]\npub(crate) impl Ext for S { fn f(&self) {} }\npub impl Ext for T {}",
    ] {
        let facts = broken(text);
        assert_eq!(problems(&facts, text), [], "{text}");
        assert!(
            !facts.items.is_empty() && !matches!(facts.items[0].kind, ItemKind::MacroCall { .. }),
            "{text}"
        );
    }
}

#[test]
fn spans_of_older_code_are_those_of_the_text() {
    let text = "fn f(g: &Fn(u8)) { let h = box self.map.lock(); }";
    let facts = broken(text);
    assert_eq!(roots(&facts), ["f"]);
    let ItemKind::Fn(item) = &facts.items[0].kind else { panic!("a function") };
    let body = facts.bodies[item.body.expect("a body").0 as usize].unpack();
    assert!(body.exprs.iter().any(|it| it.span.text(text) == "self.map.lock()"));
}

#[test]
fn what_looks_old_and_is_not_stays() {
    let text = "fn box_it(box_: u8) { Fn(box_); async move { } ; }\nstruct B { c d }\nfn f<G: Fn(u8)>(a: impl Fn()) {}";
    let facts = broken(text);
    assert_eq!(roots(&facts), ["box_it", "f"]);
    assert_eq!(facts.problems.len(), 1);
}

/// The types of the fields of a struct, as written.
fn fields<'t>(facts: &FileFacts, text: &'t str) -> Vec<&'t str> {
    let fields = facts.items.iter().filter_map(|it| match &it.kind {
        ItemKind::Struct(it) => Some(&it.fields),
        _ => None,
    });
    fields.flatten().map(|it| it.ty.span.text(text)).collect()
}

#[test]
fn trait_objects_without_a_keyword() {
    let text = "
struct Hooks { all: Vec<Box<Fn(u32) -> bool + Send>>, one: &'static mut FnMut(), some: Option<Box<for<'a> Fn(&'a u32)>> }
impl Hooks { fn run(&self, f: &Fn(&Hooks)) where Self: Sized { f(self) } }
type Task = FnOnce() + Send;
fn bounded<F: Fn(u32), G>(f: F) where G: for<'a> Fn(&'a u32) { f(1) }
";
    let facts = broken(text);
    assert_eq!(problems(&facts, text), []);
    let types =
        ["Vec<Box<Fn(u32) -> bool + Send>>", "&'static mut FnMut()", "Option<Box<for<'a> Fn(&'a u32)>>"];
    assert_eq!(fields(&facts, text), types);
    let bodies = facts.items.iter().filter(|it| matches!(&it.kind, ItemKind::Fn(it) if it.body.is_some()));
    assert_eq!(bodies.map(|it| it.name.as_str()).collect::<Vec<_>>(), ["run", "bounded"]);
}

#[test]
fn a_trait_object_without_a_keyword_beside_what_is_broken() {
    let text = "struct Hook(Box<Fn(u32)>);\nstruct B { c d }\n";
    let facts = broken(text);
    assert_eq!(roots(&facts), ["Hook"]);
    assert_eq!(problems(&facts, text).len(), 1);
}
