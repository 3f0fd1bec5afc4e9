//! Items, their attributes and signatures.

use super::{facts, kind, named, path_text, roots};
use crate::facts::{Allow, Cfg, ImportAlias, ItemKind, SelfKind, TypeKind, Visibility};

fn imports(text: &str) -> Vec<String> {
    let ItemKind::Use(imports) = kind(text) else { panic!("not a use") };
    let line = |import: crate::facts::Import| {
        let alias = match import.alias {
            ImportAlias::Named(name) => name.to_string(),
            ImportAlias::Unnamed => "_".to_owned(),
            ImportAlias::Glob => "*".to_owned(),
        };
        format!("{}{} as {alias}", if import.global { "::" } else { "" }, import.path.join_names())
    };
    imports.into_iter().map(line).collect()
}

trait JoinNames {
    fn join_names(&self) -> String;
}

impl JoinNames for Vec<crate::name::Name> {
    fn join_names(&self) -> String {
        self.iter().map(|name| name.as_str()).collect::<Vec<_>>().join("::")
    }
}

#[test]
fn uses_are_flattened() {
    assert_eq!(imports("use a;"), ["a as a"]);
    assert_eq!(
        imports("use ::a::{self, b as c, d::{*, E as _}, self as f};"),
        ["::a as a", "::a::b as c", "::a::d as *", "::a::d::E as _", "::a as f"]
    );
    assert_eq!(imports("use self::a;"), ["self::a as a"]);
}

#[test]
fn structs_enums_and_unions() {
    let text = "pub(crate) struct S<'a, T: A + ?Sized = U>(pub B, #[x] C<'a>) where T: D;
        enum E { A { x: u8 }, B(u8) , C = 3 } union U { a: u8 }";
    let facts = facts(text);
    let ItemKind::Struct(item) = &facts.items[0].kind else { panic!("not a struct") };
    assert_eq!(facts.items[0].vis, Visibility::Restricted);
    assert!(item.is_tuple);
    let fields: Vec<_> =
        item.fields.iter().map(|field| (field.name.as_str(), field.span.text(text))).collect();
    assert_eq!(fields, [("0", "pub B"), ("1", "#[x] C<'a>")]);
    assert_eq!(item.generics.lifetimes, ["a"]);
    assert_eq!(item.generics.params[0].bounds.iter().map(path_text).collect::<Vec<_>>(), ["A"]);
    assert_eq!(item.generics.predicates[0].bounds.iter().map(path_text).collect::<Vec<_>>(), ["D"]);
    let ItemKind::Enum { variants, .. } = &facts.items[1].kind else { panic!("not an enum") };
    let variants: Vec<_> = variants.iter().map(|variant| variant.span.text(text)).collect();
    assert_eq!(variants, ["A { x: u8 }", "B(u8)", "C = 3"]);
    assert!(matches!(&facts.items[2].kind, ItemKind::Union(_)));
}

#[test]
fn functions_and_methods() {
    let text = "impl<T> A for B<T> { async unsafe fn f(&mut self, (a, b): C) -> D {} fn g(self: Arc<Self>) {} fn h() {} }";
    let facts = facts(text);
    let ItemKind::Impl(item) = &facts.item(facts.roots[0]).kind else { panic!("not an impl") };
    assert_eq!(item.trait_.as_ref().map(path_text).as_deref(), Some("A"));
    assert_eq!(facts.item(facts.roots[0]).name_span.text(text), "impl");
    let function = |name: &str| match &named(&facts, name).kind {
        ItemKind::Fn(function) => function.clone(),
        _ => panic!("not a function"),
    };
    let f = function("f");
    assert!(f.is_async && f.is_unsafe && f.params.len() == 1 && f.output.is_some());
    assert_eq!(f.self_param.map(|it| it.kind), Some(SelfKind::RefMut));
    assert_eq!(facts.body(f.body.expect("a body")).unpack().params.len(), 1);
    let g = function("g").self_param.expect("self");
    assert!(g.kind == SelfKind::Value && g.ty.is_some());
    assert_eq!(function("h").self_param, None);
}

#[test]
fn traits_and_foreign_items() {
    let text =
        "pub unsafe trait T: A + B { type G<'a>: Deref; const C: u8 = 1; fn f(&self); fn g() {} m!(); }
        unsafe impl !Send for S {} extern \"C\" { static mut X: u8; fn y(a: u8); type Z; }";
    let facts = facts(text);
    let ItemKind::Trait { supertraits, items, is_unsafe, .. } = &named(&facts, "T").kind else {
        panic!("not a trait")
    };
    assert_eq!((supertraits.len(), items.len(), *is_unsafe), (2, 5, true));
    let ItemKind::TypeAlias { generics, ty } = &named(&facts, "G").kind else { panic!("not a type") };
    assert_eq!((generics.predicates.len(), ty), (1, &None));
    assert!(
        facts
            .items
            .iter()
            .any(|item| matches!(&item.kind, ItemKind::Impl(it) if it.negative && it.is_unsafe))
    );
    assert!(matches!(&named(&facts, "X").kind, ItemKind::Static(it) if it.mutable && it.body.is_none()));
    assert!(matches!(&named(&facts, "y").kind, ItemKind::Fn(it) if it.params.len() == 1));
}

#[test]
fn modules_and_the_rest() {
    let facts = facts(
        "mod a; mod b { fn c() {} } extern crate d as e; type F<T> = G<T>; const H: u8 = 1; static I: u8 = 1;",
    );
    assert_eq!(roots(&facts), ["a", "b", "e", "F", "H", "I"]);
    assert_eq!(named(&facts, "a").kind, ItemKind::Mod { items: None });
    assert!(matches!(&named(&facts, "b").kind, ItemKind::Mod { items: Some(items) } if items.len() == 1));
    assert_eq!(named(&facts, "e").kind, ItemKind::ExternCrate { krate: "d".into() });
}

#[test]
fn items_inside_bodies_are_items_of_the_file() {
    let facts = facts("fn f() { fn g() { static S: u8 = 1; } }");
    assert_eq!(roots(&facts), ["f"]);
    assert_eq!(facts.items.len(), 3);
    assert_eq!(facts.bodies.len(), 3);
}

#[test]
fn attributes() {
    let text =
        "#![no_std] #[tokio::test] #[cfg(all(test, not(feature = \"x\")))] #[cfg_attr(unix, path = \"u.rs\")]
        #[path = \"p.rs\"] #[derive(Clone, serde::Serialize)] mod m;";
    let facts = facts(text);
    assert_eq!(facts.attrs.names, ["no_std"]);
    let attrs = &facts.items[0].attrs;
    assert!(attrs.names.iter().any(|name| name == "tokio::test"));
    assert_eq!(attrs.derives, ["Clone", "Serialize"]);
    let atom = |name: &str, value: Option<&str>| Cfg::Atom(name.into(), value.map(str::to_owned));
    let not = Cfg::Not(Box::new(atom("feature", Some("x"))));
    assert_eq!(attrs.cfg, [Cfg::All(vec![atom("test", None), not])]);
    assert_eq!(attrs.paths, [(Some(atom("unix", None)), "u.rs".to_owned()), (None, "p.rs".to_owned())]);
}

fn allow(text: &str) -> Option<Allow> {
    facts(&format!("{text} struct S;")).items[0].attrs.allows.first().cloned()
}

#[test]
fn allows_of_every_spelling() {
    let spellings = [
        "#[allow(safe_map_lint::a, unused, safe_map_lint::b, reason = \"r\")]",
        "#[safe_map::allow_hazard(a, b, reason = \"r\")]",
        "#[cfg_attr(safe_map_lint, allow(safe_map_lint::a, safe_map_lint::b, reason = \"r\"))]",
    ];
    for spelling in spellings {
        let allow = allow(spelling).expect("an allow");
        let names: Vec<&str> = allow.lints.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        for (name, span) in &allow.lints {
            assert_eq!(span.text(spelling).rsplit("::").next(), Some(name.as_str()));
        }
        assert!(allow.list.text(spelling).ends_with("reason = \"r\""), "{}", allow.list.text(spelling));
        assert_eq!(allow.is_alone, !spelling.contains("unused"));
        assert_eq!((allow.reason.as_deref(), allow.expect), (Some("r"), false));
        assert_eq!(allow.span.end as usize, spelling.len());
    }
    assert!(allow("#[expect(safe_map_lint::a)]").is_some_and(|allow| allow.expect && allow.reason.is_none()));
    assert_eq!(allow("#[allow(unused)]"), None);
    let two = "#[cfg_attr(safe_map_lint, allow(safe_map_lint::a), inline)]";
    assert!(allow(two).is_some_and(|allow| !allow.is_alone && allow.list.text(two) == "safe_map_lint::a"));
}

#[test]
fn types() {
    let ty = |text: &str| match kind(&format!("type A = {text};")) {
        ItemKind::TypeAlias { ty, .. } => ty.expect("a type").kind,
        _ => panic!("not an alias"),
    };
    assert!(matches!(ty("&'a mut T"), TypeKind::Ref { mutable: true, lifetime: Some(it), .. } if it == "a"));
    assert!(matches!(ty("*mut T"), TypeKind::Ptr { mutable: true, .. }));
    assert!(matches!(ty("()"), TypeKind::Tuple(elems) if elems.is_empty()));
    assert!(matches!(ty("(T)"), TypeKind::Path(_)));
    assert!(matches!(ty("Box<dyn A + Send + 'static>"), TypeKind::Path(path)
        if matches!(&path.segments[0].args[0].kind, TypeKind::Dyn(bounds) if bounds.len() == 2)));
    assert!(matches!(ty("I<'a, T, 3, Item = U>"), TypeKind::Path(path)
        if path.segments[0].args.len() == 1 && path.segments[0].bindings.len() == 1 && path.segments[0].lifetimes.len() == 1));
    assert!(
        matches!(ty("fn(A, b: B) -> C"), TypeKind::FnPtr { params, output: Some(_) } if params.len() == 2)
    );
    assert!(
        matches!(ty("<T as A>::B"), TypeKind::Path(path) if path.qself.as_ref().is_some_and(|it| it.trait_segments == 1))
    );
    assert!(matches!(ty("m!(a)"), TypeKind::Unknown));
    assert!(matches!(ty("[T; 3]"), TypeKind::Array(_)) && matches!(ty("[T]"), TypeKind::Slice(_)));
}
