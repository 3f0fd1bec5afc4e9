//! Names and types across files and crates.

use std::sync::{Arc, LazyLock};

use safe_map_analysis::facts::{Edition, lower};
use safe_map_analysis::knowledge::Knowledge;
use safe_map_analysis::model::Model;
use safe_map_analysis::name::Name;
use safe_map_analysis::source::{Crate, CrateId, Dependency, ParsedFile, SourceFile, Workspace};

static KNOWLEDGE: LazyLock<Arc<Knowledge>> = LazyLock::new(|| Arc::new(Knowledge::builtin()));

/// A crate: its name, the names it depends on, and its files as `(module path, text)`.
type CrateText<'a> = (&'a str, &'a [&'a str], &'a [(&'a str, &'a str)]);

/// The model of a workspace of crates.
fn model(crates: &[CrateText<'_>]) -> Model {
    let mut workspace = Workspace::default();
    for (index, (name, dependencies, files)) in crates.iter().enumerate() {
        let dependency = |line: &&str| {
            let (name, requirement) = line.split_once(' ').unwrap_or((line, "*"));
            let (name, package) = name.split_once('=').unwrap_or((name, name));
            Dependency {
                name: Name::new(&name.replace('-', "_")),
                package: package.to_string(),
                is_conditional: false,
                features: Vec::new(),
                requirement: requirement.to_string(),
            }
        };
        workspace.crates.push(Crate {
            package: name.to_string(),
            name: Name::new(&name.replace('-', "_")),
            dependencies: dependencies.iter().map(dependency).collect(),
            is_lib: true,
            ..Crate::default()
        });
        for (module, text) in *files {
            let source = SourceFile {
                path: format!("{name}/{module}.rs").into(),
                text: (*text).into(),
                krate: CrateId(index as u32),
                edition: Edition::E2021,
                module: module.split("::").filter(|it| !it.is_empty()).map(Name::new).collect(),
                is_test: false,
            };
            workspace.files.push(ParsedFile { source, facts: lower(text, Edition::E2021) });
        }
    }
    Model::new(Arc::new(workspace), KNOWLEDGE.clone())
}

/// The type of the field `name`, as the model shows it.
fn field(model: &Model, name: &str) -> String {
    let fields = model.adt_ids().flat_map(|id| model.adt_fields(id).to_vec());
    let field = fields.into_iter().find(|it| it.name == *name).expect("a field of that name");
    model.show(&field.ty)
}

/// The type of the field `f` of a struct in a crate of one file.
fn one(text: &str) -> String {
    field(&model(&[("a", &[], &[("", text)])]), "f")
}

#[test]
fn imports_are_followed_by_their_names() {
    assert_eq!(one("use dashmap::DashMap; struct S { f: DashMap<u8, u16> }"), "DashMap<u8, u16>");
    assert_eq!(one("use dashmap::DashMap as M; struct S { f: M<u8, u16> }"), "DashMap<u8, u16>");
    assert_eq!(one("use dashmap; struct S { f: dashmap::DashMap<u8, u16> }"), "DashMap<u8, u16>");
    assert_eq!(
        one(
            "use std::{sync::{self, Arc}, collections}; struct S { f: Arc<sync::Mutex<collections::HashMap<u8, u8>>> }"
        ),
        "Arc<Mutex<HashMap<u8, u8>>>"
    );
    assert_eq!(one("use dashmap::*; struct S { f: DashMap<u8, u16> }"), "DashMap<u8, u16>");
    assert_eq!(one("use tokio::*; struct S { f: sync::RwLock<u8> }"), "RwLock<u8>");
    assert_eq!(one("struct S { f: ::std::sync::RwLock<u8> }"), "RwLock<u8>");
    assert_eq!(one("struct S { f: core::cell::RefCell<u8> }"), "RefCell<u8>");
}

#[test]
fn aliases_of_aliases_are_expanded_with_their_parameters() {
    let text = "use dashmap::DashMap; type Fast<K, V = u8> = DashMap<K, V, ()>; type Ids<V> = std::sync::Arc<Fast<u64, V>>; struct S { f: Ids<String> }";
    assert_eq!(one(text), "Arc<DashMap<u64, String, ()>>");
    assert_eq!(one("type A<K, V = u8> = dashmap::DashMap<K, V>; struct S { f: A<u64> }"), "DashMap<u64, u8>");
    assert_eq!(one("type A = B; type B = A; struct S { f: A }"), "?");
}

#[test]
fn modules_reexports_and_globs_lead_across_files() {
    let model = model(&[(
        "a",
        &[],
        &[
            (
                "",
                "pub mod inner; pub use inner::deep::Table as Renamed; mod user { use super::*; struct S { f: Renamed } }",
            ),
            ("inner", "pub mod deep;"),
            ("inner::deep", "pub struct Table { pub rows: super::super::Rows } "),
        ],
    )]);
    assert_eq!(field(&model, "f"), "Table");
}

#[test]
fn private_imports_are_seen_from_inside_only() {
    let told = |uses: &str, path: &str| {
        let lib = format!(
            "mod inner {{ {uses} mod deep {{ struct S {{ g: super::Cells }} }} }} mod cells {{ pub use std::sync::Mutex as Cells; }} struct S {{ f: {path} }}"
        );
        let model = model(&[("a", &[], &[("", &lib)])]);
        [field(&model, "f"), field(&model, "g")]
    };
    assert_eq!(told("use crate::cells::Cells;", "inner::Cells<u8>"), ["?", "Mutex"]);
    assert_eq!(told("use crate::cells::*;", "inner::Cells<u8>"), ["?", "Mutex"]);
    assert_eq!(told("pub(crate) use crate::cells::Cells;", "inner::Cells<u8>"), ["Mutex<u8>", "Mutex"]);
    assert_eq!(told("pub use crate::cells::*;", "inner::Cells<u8>"), ["Mutex<u8>", "Mutex"]);
    let branches = "#[cfg(a)] use x::Cells; #[cfg(not(a))] pub use crate::cells::Cells;";
    assert_eq!(told(branches, "inner::Cells<u8>"), ["Mutex<u8>", "Mutex"]);
}

#[test]
fn modules_that_glob_each_other_end() {
    let mut files =
        vec![("".to_string(), (0..12).map(|it| format!("mod m{it}; pub use m{it}::*;")).collect::<String>())];
    for index in 0..12 {
        files.push((
            format!("m{index}"),
            format!("use super::*; struct S{index} {{ f: tokio::sync::Mutex<u8>, g: Missing{index} }}"),
        ));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let model = model(&[("a", &[], &files)]);
    assert_eq!(field(&model, "f"), "Mutex<u8>");
    assert_eq!(field(&model, "g"), "?");
}

#[test]
fn crates_of_the_workspace_see_each_other_under_their_names() {
    let model = model(&[
        (
            "store-core",
            &["dashmap 6"],
            &[(
                "",
                "pub struct Store { pub rows: dashmap::DashMap<u8, u8> } pub mod x { pub use crate::Store; }",
            )],
        ),
        (
            "app",
            &["store-core", "core2=store-core"],
            &[("", "use store_core::x::Store; struct S { f: Store, g: core2::Store }")],
        ),
    ]);
    assert_eq!(field(&model, "rows"), "DashMap<u8, u8>");
    assert_eq!(field(&model, "f"), "Store");
}

#[test]
fn a_macro_of_another_crate_comes_by_its_import() {
    let common = "mod fail { #[macro_export] macro_rules! bail { ($e:expr) => { return Err($e) }; } }";
    let app = "use common::{bail, bail as stop}; fn f() {} mod inner { fn g() {} } use log::info;";
    let model = model(&[("common", &[], &[("", common)]), ("app", &["common"], &[("", app)])]);
    let seen = |function: &str, name: &str| {
        let mut all = model.fn_ids().map(|id| model.func(id));
        let module = all.find(|it| it.path == function).expect("a function of that path").module;
        model.macro_named(module, &Name::new(name)).map(|it| model.item(it).name.to_string())
    };
    assert_eq!(seen("f", "bail").as_deref(), Some("bail"));
    assert_eq!(seen("f", "stop").as_deref(), Some("bail"));
    assert_eq!(seen("inner::g", "bail").as_deref(), Some("bail"));
    assert_eq!(seen("f", "info"), None);
}

#[test]
fn the_manifest_renames_a_foreign_crate() {
    let model = model(&[("a", &["maps=dashmap 5"], &[("", "struct S { f: maps::DashMap<u8, u8> }")])]);
    assert_eq!(field(&model, "f"), "DashMap<u8, u8>");
}

#[test]
fn what_is_declared_here_hides_what_is_outside() {
    assert_eq!(one("struct Option<T>(T); struct S { f: Option<u8> }"), "Option<u8>");
    assert_eq!(one("mod dashmap { pub struct DashMap; } struct S { f: dashmap::DashMap }"), "DashMap");
    assert_eq!(one("struct Mutex; mod m { use super::Mutex; struct S { f: Mutex } }"), "Mutex");
}

#[test]
fn bounds_and_trait_objects_say_what_a_value_can_do() {
    assert_eq!(one("struct S { f: Box<dyn Fn(u8) -> u16 + Send> }"), "Box<Fn -> u16>");
    assert_eq!(one("trait Store {} struct S { f: std::sync::Arc<dyn Store> }"), "Arc<dyn Store>");
    assert_eq!(one("struct S { f: fn() -> dashmap::DashMap<u8, u8> }"), "Fn -> DashMap<u8, u8>");
}

#[test]
fn signatures_see_self_parameters_and_futures() {
    let text = "struct Map<V>(dashmap::DashMap<u8, V>); impl<V> Map<V> { async fn all(&self) -> Vec<V> { todo!() } fn same(self) -> Self { self } }";
    let model = model(&[("a", &[], &[("", text)])]);
    let show = |name: &str| {
        let id = model.fn_ids().find(|id| model.func(*id).name == *name).expect("a function");
        model.show(&model.signature(id).output)
    };
    assert_eq!(show("all"), "Future<Vec<V>>");
    assert_eq!(show("same"), "Map<V>");
}

#[test]
fn items_inside_bodies_are_their_own_scope() {
    let text = "mod a { pub struct T; } fn f() { use a::T; struct S { f: T } static X: u8 = 0; }";
    assert_eq!(one(text), "T");
}

#[test]
fn imports_of_2015_start_at_the_root() {
    let krate = Crate { package: "a".into(), name: Name::new("a"), is_lib: true, ..Crate::default() };
    let files = [
        ("", "extern crate parking_lot; mod locks; mod deep;"),
        ("deep", "mod inner;"),
        (
            "deep::inner",
            "use locks; use locks::Held; use ::locks::Held as Other; struct S { f: Held, g: Other, h: ::locks::Held }",
        ),
        ("locks", "use parking_lot::Mutex; pub type Held = Mutex<u32>;"),
    ];
    let parsed = files.map(|(module, text)| {
        let source = SourceFile {
            path: format!("a/{module}.rs").into(),
            text: text.into(),
            krate: CrateId(0),
            edition: Edition::E2015,
            module: module.split("::").filter(|it| !it.is_empty()).map(Name::new).collect(),
            is_test: false,
        };
        ParsedFile { source, facts: lower(text, Edition::E2015) }
    });
    let workspace = Workspace { crates: vec![krate], files: parsed.into(), shared: Vec::new() };
    let model = Model::new(Arc::new(workspace), KNOWLEDGE.clone());
    for name in ["f", "g", "h"] {
        assert_eq!(field(&model, name), "Mutex<u32>", "{name}");
    }
}
