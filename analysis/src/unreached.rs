//! Code that no program runs: functions of a binary that nothing says by name on any way from `main`.
//!
//! In: the files of the binaries. Out: the functions that no run gets to. Rapid type analysis (Bacon and Sweeney, OOPSLA 1996), by
//! names: what is reached reaches all functions and types of a name that its text says, comments included, so that what is
//! found here is surely dead. A library is for whoever has it, and all of it is reached.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{Attrs, FileFacts, Impl, ImportAlias, Item, ItemId, ItemKind, TypeKind};
use crate::model::is_test_attrs;
use crate::source::{CrateId, FileId, ParsedFile, Workspace};
use crate::span::Span;

/// Functions, by file and item.
pub(crate) type Unreached = FxHashSet<(FileId, ItemId)>;

/// The functions of all binaries that nothing reaches.
pub(crate) fn find(workspace: &Workspace) -> Unreached {
    let crates = (0..workspace.crates.len() as u32).map(CrateId);
    crates.filter(|it| is_program(workspace, *it)).flat_map(|it| of_program(workspace, it)).collect()
}

/// Whether a crate is a program whose files no library has too.
fn is_program(workspace: &Workspace, id: CrateId) -> bool {
    let is_lib = |it: CrateId| workspace.krate(it).is_lib;
    !is_lib(id) && !workspace.shared.iter().any(|it| it.owner == id && is_lib(it.krate))
}

/// A part of the text that is reached where names are said: each of `needs`, all if there are none.
struct Piece<'a> {
    needs: Vec<&'a str>,
    text: Vec<&'a str>,
    function: Option<(FileId, ItemId)>,
}

fn of_program(workspace: &Workspace, id: CrateId) -> Vec<(FileId, ItemId)> {
    let files = workspace.file_ids().map(|it| (it, workspace.file(it)));
    let files: Vec<_> = files.filter(|(_, it)| it.source.krate == id && !it.source.is_test).collect();
    let is_main = |it: &Item| matches!(it.kind, ItemKind::Fn(_)) && it.name == "main";
    if !files.iter().any(|(_, it)| it.source.module.is_empty() && it.facts.items.iter().any(is_main)) {
        return Vec::new();
    }
    let mut open: Vec<Piece<'_>> =
        files.iter().flat_map(|(id, file)| Pieces { id: *id, file }.all()).collect();
    let mut said = FxHashSet::default();
    loop {
        let before = open.len();
        open.retain(|it| {
            let is_reached = it.needs.iter().all(|name| said.contains(name));
            if is_reached {
                said.extend(it.text.iter().flat_map(|it| words(it)));
            }
            !is_reached
        });
        if open.len() == before {
            return open.iter().filter_map(|it| it.function).collect();
        }
    }
}

/// The pieces of a file.
struct Pieces<'a> {
    id: FileId,
    file: &'a ParsedFile,
}

impl<'a> Pieces<'a> {
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
        let needs = match &item.kind {
            ItemKind::Mod { .. } | ItemKind::Impl(_) | ItemKind::ExternCrate { .. } => return None,
            ItemKind::Use(imports) => {
                let is_renamed = imports.iter().any(|it| match &it.alias {
                    ImportAlias::Named(name) => it.path.last() != Some(name),
                    ImportAlias::Unnamed | ImportAlias::Glob => false,
                });
                return is_renamed.then(|| Piece { needs: Vec::new(), text: vec![text], function: None });
            }
            ItemKind::Fn(_) => needs_of_fn(item, owner),
            ItemKind::Struct(_)
            | ItemKind::Union(_)
            | ItemKind::Enum { .. }
            | ItemKind::TypeAlias { .. }
            | ItemKind::Const { .. }
            | ItemKind::Static(_)
                if owner.is_none() =>
            {
                vec![item.name.as_str()]
            }
            ItemKind::Trait { .. } => vec![item.name.as_str()],
            _ => Vec::new(),
        };
        let is_fn = matches!(item.kind, ItemKind::Fn(_));
        Some(Piece { needs, text: vec![text], function: is_fn.then_some((self.id, id)) })
    }
}

/// What has to be said for a function to run: its name and its type's, of a trait's impl the type's alone.
fn needs_of_fn<'a>(item: &'a Item, owner: Option<&'a Item>) -> Vec<&'a str> {
    let own = (item.name != "main" && is_plain(&item.attrs)).then_some(item.name.as_str());
    match owner.map(|it| (&it.kind, it.name.as_str())) {
        Some((ItemKind::Impl(it), _)) => {
            own.filter(|_| it.trait_.is_none()).into_iter().chain(self_name(it)).collect()
        }
        Some((_, of_trait)) => vec![of_trait],
        None => own.into_iter().collect(),
    }
}

/// The name of the type that an impl is for; none for one that is for all types.
fn self_name(of: &Impl) -> Option<&str> {
    let TypeKind::Path(path) = &of.self_ty.kind else { return None };
    let name = &path.last()?.name;
    let is_param = of.generics.params.iter().any(|it| it.name == *name);
    (!is_param).then_some(name)
}

/// Whether the attributes of a function change nothing about who calls it.
fn is_plain(attrs: &Attrs) -> bool {
    attrs.names.iter().all(|it| PLAIN.contains(&it.rsplit("::").next().unwrap_or(it)))
}

const PLAIN: [&str; 13] = [
    "allow",
    "cfg",
    "cfg_attr",
    "cold",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "inline",
    "instrument",
    "must_use",
    "track_caller",
    "warn",
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
        let name = |(file, item): (FileId, ItemId)| {
            workspace.file(file).facts.items[item.0 as usize].name.to_string()
        };
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

    #[test]
    fn a_library_is_for_whoever_has_it() {
        assert_eq!(unreached(PROGRAM, true), Vec::<String>::new());
        assert_eq!(unreached("fn a() {}", false), Vec::<String>::new(), "no `main` is seen");
    }
}
