//! Code that no program runs: functions that nothing says by name on any way from a `main`.
//!
//! In: the files of a binary, or of a package with a library and a binary. Out: the functions that no run gets to. Rapid type
//! analysis (Bacon and Sweeney, OOPSLA 1996), by names: what is reached reaches all functions and types whose names its text
//! says, comments included. Attribute macros and derives may call what they stand at; where names may come from elsewhere
//! (`include!` of what a build makes, `paste!`, files of several targets), all is reached. A library is for whoever has it; one
//! beside a program is, as far as is seen, for that program, for the examples of its package, and for the crates that depend on it.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{Attrs, FileFacts, Impl, ImportAlias, Item, ItemId, ItemKind, TypeKind};
use crate::model::{ItemRef, Relations, is_test_attrs};
use crate::source::{CrateId, FileId, Origin, ParsedFile, Workspace};
use crate::span::Span;

/// The functions that nothing reaches, of each crate or package once it is asked for.
#[derive(Debug)]
pub(crate) struct Unreached {
    programs: Vec<OnceLock<FxHashSet<ItemRef>>>,
    packages: Vec<Package>,
    /// The package of each crate, by its index.
    package_of: Vec<usize>,
    all: OnceLock<Common>,
}

/// What is looked up once for all.
#[derive(Debug)]
struct Common {
    /// The macro rules of the workspace.
    rules: Vec<ItemRef>,
    relations: Relations,
}

impl Common {
    fn of(workspace: &Workspace) -> Common {
        Common { rules: rules(workspace), relations: Relations::of(workspace) }
    }
}

/// The crates that one manifest has, and what no run of its binaries gets to.
#[derive(Debug, Default)]
struct Package {
    crates: Vec<CrateId>,
    unreached: OnceLock<FxHashSet<ItemRef>>,
}

impl Unreached {
    pub(crate) fn new(workspace: &Workspace) -> Unreached {
        let mut packages: Vec<Package> = Vec::new();
        let mut known = FxHashMap::default();
        let package_of = (0..).map(CrateId).zip(&workspace.crates).map(|(id, it)| {
            let is_own = it.origin == Origin::Workspace;
            let index = *known.entry((&it.package, is_own)).or_insert(packages.len());
            if index == packages.len() {
                packages.push(Package::default());
            }
            packages[index].crates.push(id);
            index
        });
        let package_of = package_of.collect();
        let programs = workspace.crates.iter().map(|_| OnceLock::new()).collect();
        Unreached { programs, packages, package_of, all: OnceLock::new() }
    }

    fn all(&self, workspace: &Workspace) -> &Common {
        self.all.get_or_init(|| Common::of(workspace))
    }

    /// Whether a function is code of a binary that no run gets to.
    pub(crate) fn is_of_no_run(&self, workspace: &Workspace, at: ItemRef) -> bool {
        let id = workspace.file(at.file).source.krate;
        let found = || {
            self.programs[id.0 as usize]
                .get_or_init(|| of_crates(workspace, &[id], Vec::new(), self.all(workspace)))
        };
        !workspace.krate(id).is_lib && found().contains(&at)
    }

    /// Whether no run of a binary of its package gets to a function, where there is one.
    pub(crate) fn is_for_others(&self, workspace: &Workspace, at: ItemRef) -> bool {
        let package = &self.packages[self.package_of[workspace.file(at.file).source.krate.0 as usize]];
        let found =
            || package.unreached.get_or_init(|| of_package(workspace, &package.crates, self.all(workspace)));
        package.crates.len() > 1 && found().contains(&at)
    }
}

/// A part of the text that is reached once each of `needs` is said.
struct Piece<'a> {
    needs: Vec<&'a str>,
    text: &'a str,
    function: Option<ItemRef>,
}

/// What no run gets to of all crates of a package that is a program first, with a `src/main.rs`, and of what is seen to use them, directly or
/// not. A package with tools in `src/bin` is a library first.
fn of_package(workspace: &Workspace, crates: &[CrateId], all: &Common) -> FxHashSet<ItemRef> {
    let is_main =
        |it: &ParsedFile| crates.contains(&it.source.krate) && it.source.path.ends_with("src/main.rs");
    if !workspace.files.iter().any(is_main) {
        return FxHashSet::default();
    }
    let users: FxHashSet<CrateId> = crates.iter().flat_map(|it| all.relations.users(*it)).collect();
    if users.iter().any(|it| workspace.krate(*it).has_unread_users) {
        return FxHashSet::default();
    }
    let is_user = |it: &&ParsedFile| {
        let id = it.source.krate;
        match crates.contains(&id) {
            true => it.source.path.split('/').any(|it| it == "examples"),
            false => users.contains(&id),
        }
    };
    let texts = workspace.files.iter().filter(is_user).map(|it| &*it.source.text);
    let users = texts.map(|text| Piece { needs: Vec::new(), text, function: None }).collect();
    of_crates(workspace, crates, users, all)
}

/// The functions of some crates that no run gets to, where they have their files to themselves; in time linear in the text.
fn of_crates<'a>(
    workspace: &'a Workspace,
    crates: &[CrateId],
    users: Vec<Piece<'a>>,
    all: &Common,
) -> FxHashSet<ItemRef> {
    let is_apart = workspace.shared.iter().all(|it| crates.contains(&it.owner) == crates.contains(&it.krate));
    let files = workspace.file_ids().map(|it| (it, workspace.file(it)));
    let is_own = |it: &ParsedFile| crates.contains(&it.source.krate) && !it.source.is_test;
    let files: Vec<_> = files.filter(|(_, it)| is_own(it)).collect();
    let has_start = files.iter().any(|(_, it)| is_start(workspace, it));
    if !is_apart || !has_start || files.iter().any(|(_, it)| has_names_from_elsewhere(it)) {
        return FxHashSet::default();
    }
    let types = types(files.iter().map(|(_, it)| *it));
    let own = files.iter().flat_map(|(id, file)| Pieces { id: *id, file, types: &types }.all());
    let rules = all.rules.iter().map(|it| {
        let file = workspace.file(it.file);
        let text = file.facts.items[it.item.0 as usize].span.text(&file.source.text);
        Piece { needs: Vec::new(), text, function: None }
    });
    reach(own.chain(users).chain(rules).collect())
}

/// Whether a file is the root of a binary.
fn is_start(workspace: &Workspace, file: &ParsedFile) -> bool {
    let is_main = |it: &Item| matches!(it.kind, ItemKind::Fn(_)) && it.name == "main";
    let is_root = file.source.module.is_empty() && !workspace.krate(file.source.krate).is_lib;
    is_root && file.facts.items.iter().any(is_main)
}

/// The functions that are left when all is reached that can be.
fn reach(mut pieces: Vec<Piece<'_>>) -> FxHashSet<ItemRef> {
    let mut waiting: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (index, piece) in pieces.iter().enumerate() {
        piece.needs.iter().for_each(|it| waiting.entry(it).or_default().push(index));
    }
    let mut open: Vec<usize> = (0..pieces.len()).filter(|it| pieces[*it].needs.is_empty()).collect();
    let mut said = FxHashSet::default();
    while let Some(index) = open.pop() {
        pieces[index].function = None;
        for word in words(pieces[index].text).filter(|it| said.insert(*it)) {
            for waiter in waiting.remove(word).unwrap_or_default() {
                let needs = &mut pieces[waiter].needs;
                needs.retain(|it| *it != word);
                if needs.is_empty() {
                    open.push(waiter);
                }
            }
        }
    }
    pieces.iter().filter_map(|it| it.function).collect()
}

/// Whether code that is not in a file may say names of it, or one makes names of parts.
fn has_names_from_elsewhere(file: &ParsedFile) -> bool {
    let is_made = |it: &Item| matches!(it.kind, ItemKind::Include { path: None });
    let text = &file.source.text;
    file.facts.items.iter().any(is_made)
        || text.contains("include_proto!")
        || (text.contains("[<") && text.contains("paste"))
}

/// The types that some files declare, with whether a derive may call their functions.
fn types<'a>(files: impl Iterator<Item = &'a ParsedFile>) -> FxHashMap<&'a str, bool> {
    let items = files.flat_map(|it| &it.facts.items);
    let declared = items
        .filter(|it| matches!(it.kind, ItemKind::Struct(_) | ItemKind::Union(_) | ItemKind::Enum { .. }));
    let is_called = |it: &Item| !it.attrs.derives.iter().all(|it| DERIVES.contains(&it.as_str()));
    let mut types = FxHashMap::default();
    for it in declared {
        *types.entry(it.name.as_str()).or_default() |= is_called(it) || !is_plain(&it.attrs);
    }
    types
}

/// The macro rules of the workspace: whoever calls one says what it says.
fn rules(workspace: &Workspace) -> Vec<ItemRef> {
    let files = workspace.file_ids().map(|it| (it, workspace.file(it)));
    let items = files.flat_map(|(file, it)| {
        let items = it.facts.items.iter().zip(0..);
        items.map(move |(it, item)| (it, ItemRef { file, item: ItemId(item) }))
    });
    items.filter(|(it, _)| matches!(it.kind, ItemKind::MacroRules(_))).map(|it| it.1).collect()
}

/// The pieces of a file.
struct Pieces<'a, 't> {
    id: FileId,
    file: &'a ParsedFile,
    /// The types that the program declares, with whether a derive may call their functions.
    types: &'t FxHashMap<&'a str, bool>,
}

impl<'a> Pieces<'a, '_> {
    fn all(&self) -> Vec<Piece<'a>> {
        let facts = &self.file.facts;
        let is_test = |it: &&Item| is_test_attrs(&it.attrs);
        let tests: Vec<Span> = facts.items.iter().filter(is_test).map(|it| it.span).collect();
        let members = members(facts);
        let items = facts.items.iter().zip(0..).map(|(it, id)| (ItemId(id), it));
        let is_kept = |it: &Item| !tests.iter().any(|test| test.contains(it.span));
        items
            .filter(|(_, it)| is_kept(it))
            .filter_map(|(id, it)| self.piece(id, it, members.get(&id).copied()))
            .collect()
    }

    fn piece(&self, id: ItemId, item: &'a Item, owner: Option<&'a Item>) -> Option<Piece<'a>> {
        let text = item.span.text(&self.file.source.text);
        let plain = |needs: Vec<&'a str>| Some(Piece { needs, text, function: None });
        match &item.kind {
            ItemKind::Mod { .. } | ItemKind::ExternCrate { .. } => None,
            ItemKind::Use(imports) => {
                let is_renamed = imports.iter().any(|it| match &it.alias {
                    ImportAlias::Named(name) => it.path.last() != Some(name),
                    ImportAlias::Unnamed | ImportAlias::Glob => false,
                });
                if is_renamed { plain(Vec::new()) } else { None }
            }
            ItemKind::Impl(it) => {
                let head = text.split('{').next().unwrap_or(text);
                Some(Piece { needs: self.self_name(it).into_iter().collect(), text: head, function: None })
            }
            ItemKind::Fn(_) => {
                let needs = self.needs_of_fn(item, owner);
                Some(Piece { needs, text, function: Some(ItemRef { file: self.id, item: id }) })
            }
            ItemKind::Trait { .. } => plain(vec![item.name.as_str()]),
            ItemKind::Struct(_)
            | ItemKind::Union(_)
            | ItemKind::Enum { .. }
            | ItemKind::TypeAlias { .. }
            | ItemKind::Const { .. }
            | ItemKind::Static(_)
                if owner.is_none() && is_plain(&item.attrs) =>
            {
                plain(vec![item.name.as_str()])
            }
            _ => plain(Vec::new()),
        }
    }

    /// What has to be said for a function to run: its name and its type's, of a trait's impl the type's alone. Attributes that are
    /// not plain, its own or its impl's, may call it.
    fn needs_of_fn(&self, item: &'a Item, owner: Option<&'a Item>) -> Vec<&'a str> {
        let own = (item.name != "main" && is_plain(&item.attrs)).then_some(item.name.as_str());
        let Some(owner) = owner else { return own.into_iter().collect() };
        let ItemKind::Impl(it) = &owner.kind else { return own.into_iter().collect() };
        if !is_plain(&owner.attrs) {
            return Vec::new();
        }
        let ty = self.self_name(it);
        let is_called = ty.is_some_and(|it| self.types[it]);
        own.filter(|_| it.trait_.is_none() && !is_called).into_iter().chain(ty).collect()
    }

    /// The name of the type that an impl is for, where the program declares it.
    fn self_name(&self, of: &'a Impl) -> Option<&'a str> {
        let TypeKind::Path(path) = &of.self_ty.kind else { return None };
        let name = path.last()?.name.as_str();
        let is_param = of.generics.params.iter().any(|it| it.name == *name);
        (!is_param && self.types.contains_key(name)).then_some(name)
    }
}

/// Whether the attributes of an item change nothing about who calls it.
fn is_plain(attrs: &Attrs) -> bool {
    attrs.are_among(&PLAIN)
}

const PLAIN: [&str; 18] = [
    "allow",
    "async_trait",
    "cfg",
    "cold",
    "default",
    "deny",
    "deprecated",
    "derive",
    "doc",
    "expect",
    "inline",
    "instrument",
    "must_use",
    "non_exhaustive",
    "repr",
    "serde",
    "track_caller",
    "warn",
];

/// The derives whose code calls nothing but what attributes name.
const DERIVES: [&str; 14] = [
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Deserialize",
    "Eq",
    "Error",
    "Hash",
    "Ord",
    "Parser",
    "PartialEq",
    "PartialOrd",
    "Serialize",
    "Subcommand",
];

/// The impl or trait that each of their functions is in.
fn members(facts: &FileFacts) -> FxHashMap<ItemId, &Item> {
    let mut owners = FxHashMap::default();
    for item in &facts.items {
        let items = match &item.kind {
            ItemKind::Impl(it) => &it.items,
            ItemKind::Trait { items, .. } => items,
            _ => continue,
        };
        owners.extend(items.iter().map(|it| (*it, item)));
    }
    owners
}

/// The words of a text that can be names.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| !it.is_alphanumeric() && it != '_').filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Edition;
    use crate::name::Name;
    use crate::source::Dependency;

    fn names(workspace: &Workspace, found: FxHashSet<ItemRef>) -> Vec<String> {
        let name = |it: ItemRef| workspace.file(it.file).facts.items[it.item.0 as usize].name.to_string();
        let mut names: Vec<String> = found.into_iter().map(name).collect();
        names.sort();
        names
    }

    fn unreached(text: &str) -> Vec<String> {
        let mut workspace = Workspace::of_text("src/main.rs", text, Edition::E2021);
        workspace.crates[0].is_lib = false;
        names(&workspace, of_crates(&workspace, &[CrateId(0)], Vec::new(), &Common::of(&workspace)))
    }

    /// What no run gets to in a package of a library with this text, and other files by their paths.
    fn unused(library: &str, others: &[(&str, &str)]) -> Vec<String> {
        let mut workspace = Workspace::of_text("src/lib.rs", library, Edition::E2021);
        for (path, text) in others {
            let mut other = Workspace::of_text(path, text, Edition::E2021);
            let (mut krate, mut file) = (other.crates.remove(0), other.files.remove(0));
            file.source.krate = CrateId(workspace.crates.len() as u32);
            file.source.is_test = path.starts_with("examples");
            krate.is_lib = path.ends_with("lib.rs");
            if let Some((own, _)) = path.split_once('/').filter(|(it, _)| it.starts_with("other")) {
                let used = if own == "other" { "snippet" } else { "other" };
                let (name, package) = (Name::new(used), used.to_string());
                let (requirement, features) = ("*".to_string(), Vec::new());
                krate.dependencies.push(Dependency {
                    name,
                    package,
                    requirement,
                    is_conditional: false,
                    features,
                });
                krate.package = own.to_string();
            }
            workspace.crates.push(krate);
            workspace.files.push(file);
        }
        let package = &Unreached::new(&workspace).packages[0];
        names(&workspace, of_package(&workspace, &package.crates, &Common::of(&workspace)))
    }

    const PROGRAM: &str = "
mod net;
use std::fmt;
struct Server { routes: Routes }
struct Routes;
struct Gossip;
impl Server { fn run(&self) { self.routes.serve() } fn stop(&self) { } }
impl Routes { fn serve(&self) {} fn unused(&self) { helper() } }
impl Gossip { fn run(&self) { self.spread() } fn spread(&self) {} }
impl fmt::Display for Routes { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { shown() } }
impl fmt::Display for Gossip { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { hidden() } }
fn helper() {}
fn shown() -> fmt::Result { Ok(()) }
fn hidden() -> fmt::Result { Ok(()) }
#[get(\"/\")]
fn index() { asked() }
fn asked() {}
#[cfg(test)]
mod tests { fn f() { super::helper() } }
fn main() { Server { routes: Routes }.run() }
";

    #[test]
    fn what_nothing_says_from_main_on() {
        let found = unreached(PROGRAM);
        assert_eq!(found, ["fmt", "helper", "hidden", "run", "spread", "stop", "unused"]);
    }

    fn main_of(text: &str) -> Vec<String> {
        unreached(&format!("{text}\nfn dead() {{}}\n"))
    }

    #[test]
    fn what_others_may_call_is_reached() {
        for text in [
            "struct W; trait Run { fn lock(&self); fn run(&self) { } } impl Run for W { fn lock(&self) {} } fn main() { W.run() }",
            "#[async_graphql::Object] impl Query { fn total(&self) {} } struct Query; fn main() { Query; }",
            "#[derive(Template)] struct Page; impl Page { fn total(&self) {} } fn main() { Page; }",
            "impl Flush for Server { fn flush(&self) {} } fn main() { start().flush() }",
            "type Counter = State<u32>; struct State<T>(T); impl Counter { fn bump(self) {} } fn main() { State(1).bump() }",
            "impl All for Vec<u32> { fn all(&self) {} } fn main() { vec![1].all() }",
            "#[distributed_slice(JOBS)] static JOB: fn() = job; fn job() {} fn main() {}",
            "macro_rules! hook { () => { hooked() } } fn hooked() {} fn main() {}",
        ] {
            assert_eq!(main_of(text), ["dead"], "{text}");
        }
        let says = "fn usage() -> &'static str { \"set <name> [<option> ..]\" } fn main() { usage(); }";
        assert_eq!(main_of(says), ["dead"]);
        let elsewhere =
            ["include!(concat!(env!(\"OUT_DIR\"), \"/x.rs\"));", "fn f() { paste! { [<on_ x>]() } }"];
        for text in elsewhere {
            assert_eq!(main_of(&format!("{text} fn main() {{}}")), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_library_is_for_the_program_beside_it_and_for_who_else_is_seen() {
        let library = "pub fn a() {} pub fn b() { c() } fn c() {} #[no_mangle] pub fn d() {}";
        let main = ("src/main.rs", "fn main() { snippet::a() }");
        let one = |path, text| [main, (path, text)];
        assert_eq!(unused(library, &[main]), ["b", "c"]);
        assert_eq!(unused(library, &one("examples/all.rs", "fn main() { snippet::b() }")), [""; 0]);
        assert_eq!(unused(library, &one("other/src/lib.rs", "pub fn all() { snippet::b() }")), [""; 0]);
        let facade =
            [main, ("other/src/lib.rs", "pub use snippet::*;"), ("others/src/main.rs", "fn main() { b() }")];
        assert_eq!(unused(library, &facade), [""; 0]);
        assert_eq!(unused(library, &one("src/bin/tool.rs", "fn main() { snippet::c() }")), ["b"]);
        assert_eq!(unused(library, &[("src/bin/tool.rs", main.1)]), [""; 0], "a library first");
        assert_eq!(unused(library, &[]), [""; 0]);
        assert_eq!(unreached("fn a() {}"), [""; 0], "no `main` is seen");
    }
}
