//! Code that no program runs: functions of a binary that nothing says by name on any way from `main`.
//!
//! In: the files of the binaries. Out: the functions that no run gets to. Rapid type analysis (Bacon and Sweeney, OOPSLA 1996), by
//! names: what is reached reaches all functions and types whose names its text says, comments included. Attribute macros and
//! derives may call what they stand at; where names may come from elsewhere (`include!` of what a build makes, `paste!`, files of
//! several targets), all is reached. A library is for whoever has it, and all of it is reached.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{Attrs, FileFacts, Impl, ImportAlias, Item, ItemId, ItemKind, TypeKind};
use crate::model::{ItemRef, is_test_attrs};
use crate::source::{CrateId, FileId, ParsedFile, Workspace};
use crate::span::Span;

/// Functions.
pub(crate) type Unreached = FxHashSet<ItemRef>;

/// The functions of all binaries that nothing reaches.
pub(crate) fn find(workspace: &Workspace) -> Unreached {
    let crates = (0..workspace.crates.len() as u32).map(CrateId);
    crates.filter(|it| is_program(workspace, *it)).flat_map(|it| of_program(workspace, it)).collect()
}

/// Whether a crate is a program with files of its own.
fn is_program(workspace: &Workspace, id: CrateId) -> bool {
    !workspace.krate(id).is_lib && !workspace.shared.iter().any(|it| it.owner == id || it.krate == id)
}

/// A part of the text that is reached once each of `needs` is said.
struct Piece<'a> {
    needs: Vec<&'a str>,
    text: &'a str,
    function: Option<ItemRef>,
}

/// In time linear in the text.
fn of_program(workspace: &Workspace, id: CrateId) -> Vec<ItemRef> {
    let files = workspace.file_ids().map(|it| (it, workspace.file(it)));
    let files: Vec<_> = files.filter(|(_, it)| it.source.krate == id && !it.source.is_test).collect();
    let is_main = |it: &Item| matches!(it.kind, ItemKind::Fn(_)) && it.name == "main";
    let has_main =
        files.iter().any(|(_, it)| it.source.module.is_empty() && it.facts.items.iter().any(is_main));
    if !has_main || files.iter().any(|(_, it)| has_names_from_elsewhere(it)) {
        return Vec::new();
    }
    let types = types(files.iter().map(|(_, it)| *it));
    let own = files.iter().flat_map(|(id, file)| Pieces { id: *id, file, types: &types }.all());
    reach(own.chain(rules(workspace)).collect())
}

/// The functions that are left when all is reached that can be.
fn reach(mut pieces: Vec<Piece<'_>>) -> Vec<ItemRef> {
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
    file.facts.items.iter().any(is_made) || file.source.text.contains("[<")
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
fn rules(workspace: &Workspace) -> impl Iterator<Item = Piece<'_>> {
    workspace.files.iter().flat_map(|file| {
        let rules = file.facts.items.iter().filter(|it| matches!(it.kind, ItemKind::MacroRules(_)));
        rules.map(|it| Piece { needs: Vec::new(), text: it.span.text(&file.source.text), function: None })
    })
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

    fn unreached(text: &str, is_lib: bool) -> Vec<String> {
        let mut workspace = Workspace::of_text("src/main.rs", text, Edition::E2021);
        workspace.crates[0].is_lib = is_lib;
        let name = |it: ItemRef| workspace.file(it.file).facts.items[it.item.0 as usize].name.to_string();
        let mut names: Vec<String> = find(&workspace).into_iter().map(name).collect();
        names.sort();
        names
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
        let found = unreached(PROGRAM, false);
        assert_eq!(found, ["fmt", "helper", "hidden", "run", "spread", "stop", "unused"]);
    }

    fn main_of(text: &str) -> Vec<String> {
        unreached(&format!("{text}\nfn dead() {{}}\n"), false)
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
        let elsewhere =
            ["include!(concat!(env!(\"OUT_DIR\"), \"/x.rs\"));", "fn f() { paste! { [<on_ x>]() } }"];
        for text in elsewhere {
            assert_eq!(main_of(&format!("{text} fn main() {{}}")), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_library_is_for_whoever_has_it() {
        assert_eq!(unreached(PROGRAM, true), Vec::<String>::new());
        assert_eq!(unreached("fn a() {}", false), Vec::<String>::new(), "no `main` is seen");
    }
}
