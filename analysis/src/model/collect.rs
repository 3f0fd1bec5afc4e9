//! Collects declarations: one pass over the items of every file, in order.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::threads::has_one_thread;
use super::usual::is_usual;
use super::{
    AdtDef, AliasId, ConstId, Def, FnDef, FnId, ImplDef, Import, ImportRef, ItemRef, Model, Module, ModuleId,
    NamedDef, StaticDef, StaticId, is_test_attrs, test_code::is_test_module,
};
use crate::facts::{BodyId, FileFacts, Generics, ImportAlias, Item, ItemId, ItemKind, Visibility};
use crate::name::Name;
use crate::source::{CrateId, FileId, SharedModule};
use crate::ty::{AdtId, TraitId, Ty};

/// Where the items being collected stand.
#[derive(Clone)]
struct Place {
    file: FileId,
    module: ModuleId,
    impl_: Option<ItemRef>,
    trait_: Option<TraitId>,
    /// The path of the enclosing items, for names in messages; nothing at the root.
    path: Option<Rc<str>>,
    is_test: bool,
    has_one_thread: bool,
    is_usual: bool,
}

impl Place {
    /// The same place, inside the item `name`.
    fn inside(&self, name: &str) -> Place {
        Place { path: Some(extended(self.path.as_deref(), name)), ..self.clone() }
    }
}

impl Import {
    fn new(written: ImportRef) -> Import {
        Import { written, answers: Default::default() }
    }
}

impl Model {
    pub(super) fn collect(&mut self) {
        let workspace = self.workspace.clone();
        self.modules.reserve(workspace.files.len());
        for id in workspace.file_ids() {
            let parsed = workspace.file(id);
            let module = self.module_at(parsed.source.krate, &parsed.source.module);
            let place = Place {
                file: id,
                module,
                impl_: None,
                trait_: None,
                path: parsed.source.module.iter().fold(None, |path, it| Some(extended(path.as_deref(), it))),
                is_test: parsed.source.is_test
                    || is_test_attrs(&parsed.facts.attrs)
                    || parsed.source.module.iter().any(|it| is_test_module(it)),
                has_one_thread: has_one_thread(&parsed.facts.attrs),
                is_usual: is_usual(&parsed.facts.attrs),
            };
            self.items(&parsed.facts, &parsed.facts.roots, &place);
        }
        for shared in &workspace.shared {
            self.share(shared);
        }
    }

    /// Makes a module of one crate known in another that has it from the same file.
    fn share(&mut self, shared: &SharedModule) {
        let target = self.module_at(shared.owner, &shared.owner_module);
        match shared.module.split_last() {
            Some((name, parents)) => {
                let parent = self.module_at(shared.krate, parents);
                self.modules[parent.0 as usize].types.insert(name.clone(), Def::Module(target));
            }
            None => {
                self.roots.insert(shared.krate, target);
            }
        }
    }

    /// The module at a path, made with its parents where it is not there yet.
    fn module_at(&mut self, krate: CrateId, path: &[Name]) -> ModuleId {
        let mut current = match self.roots.get(&krate) {
            Some(root) => *root,
            None => {
                let root = self.new_module(Module { krate, ..Module::default() });
                self.roots.insert(krate, root);
                root
            }
        };
        for name in path {
            current = self.child_module(current, name);
        }
        current
    }

    fn child_module(&mut self, parent: ModuleId, name: &Name) -> ModuleId {
        if let Some(Def::Module(id)) = self.module(parent).types.get(name) {
            return *id;
        }
        let up = self.module(parent);
        let path = up.path.iter().cloned().chain([name.clone()]).collect();
        let id = self.new_module(Module { krate: up.krate, parent: Some(parent), path, ..Module::default() });
        self.modules[parent.0 as usize].types.insert(name.clone(), Def::Module(id));
        id
    }

    fn new_module(&mut self, module: Module) -> ModuleId {
        self.modules.push(module);
        ModuleId(self.modules.len() as u32 - 1)
    }

    fn items(&mut self, facts: &FileFacts, ids: &[ItemId], place: &Place) {
        for id in ids {
            self.item_in(facts, *id, place);
        }
    }

    fn item_in(&mut self, facts: &FileFacts, id: ItemId, place: &Place) {
        let item = facts.item(id);
        let at = ItemRef { file: place.file, item: id };
        let place = &Place {
            is_test: place.is_test || is_test_attrs(&item.attrs) || is_named_for_tests(item),
            has_one_thread: place.has_one_thread || has_one_thread(&item.attrs),
            is_usual: place.is_usual && is_usual(&item.attrs),
            ..place.clone()
        };
        match &item.kind {
            ItemKind::Mod { items } => self.inline_mod(facts, item, items.as_deref(), place),
            ItemKind::Use(imports) => self.imports(imports, at, place.module),
            ItemKind::ExternCrate { .. } => {
                let import = Import::new(ImportRef { at, index: 0 });
                self.modules[place.module.0 as usize].imports.insert(item.name.clone(), import);
            }
            ItemKind::Struct(it) | ItemKind::Union(it) => self.adt_def(item, at, &it.generics, place),
            ItemKind::Enum { generics, .. } => self.adt_def(item, at, generics, place),
            ItemKind::TypeAlias { .. } if place.impl_.is_none() && place.trait_.is_none() => {
                self.aliases.push(named(item, at, place));
                self.declare_type(place, &item.name, Def::Alias(AliasId(self.aliases.len() as u32 - 1)));
            }
            ItemKind::TypeAlias { .. } => {}
            ItemKind::Const { body, .. } => {
                self.consts.push(named(item, at, place));
                self.declare_value(place, &item.name, Def::Const(ConstId(self.consts.len() as u32 - 1)));
                self.body_items(facts, *body, place);
            }
            ItemKind::Static(it) => {
                self.statics.push(StaticDef {
                    at,
                    module: place.module,
                    name: item.name.clone(),
                    is_test: place.is_test,
                });
                self.declare_value(place, &item.name, Def::Static(StaticId(self.statics.len() as u32 - 1)));
                self.body_items(facts, it.body, place);
            }
            ItemKind::Fn(it) => self.fn_def(facts, item, at, it.body, place),
            ItemKind::Impl(it) => {
                self.impl_ids.insert(at, self.impls.len());
                let &Place { module, is_test, has_one_thread, .. } = place;
                self.impls.push(ImplDef { at, module, is_test, has_one_thread, self_ty: Ty::Unknown });
                let place = place.inside(&type_name(&it.self_ty));
                self.items(facts, &it.items, &Place { impl_: Some(at), ..place });
            }
            ItemKind::Trait { items, .. } => {
                self.traits.push(named(item, at, place));
                let id = TraitId(self.traits.len() as u32 - 1);
                self.declare_type(place, &item.name, Def::Trait(id));
                self.items(facts, items, &Place { trait_: Some(id), ..place.inside(&item.name) });
            }
            ItemKind::ForeignMod(items) | ItemKind::MacroCall { items, .. } => {
                self.items(facts, items, place)
            }
            ItemKind::MacroRules(_) => {
                self.modules[place.module.0 as usize].macros.insert(item.name.clone(), at);
            }
            ItemKind::Include { .. } | ItemKind::Other => {}
        }
    }

    fn inline_mod(&mut self, facts: &FileFacts, item: &Item, items: Option<&[ItemId]>, place: &Place) {
        let module = self.child_module(place.module, &item.name);
        self.modules[module.0 as usize].is_public |= item.vis == Visibility::Public;
        let Some(items) = items else {
            self.modules[module.0 as usize].has_one_thread[usize::from(!place.has_one_thread)] = true;
            return;
        };
        self.items(facts, items, &Place { module, ..place.inside(&item.name) });
    }

    /// The first import of a name wins, as other `cfg` branches come later, unless it is private and another is not, or only
    /// another is for a usual host.
    fn imports(&mut self, imports: &[crate::facts::Import], at: ItemRef, module: ModuleId) {
        for (import, index) in imports.iter().zip(0..) {
            let written = ImportRef { at, index };
            match &import.alias {
                ImportAlias::Named(name) => {
                    let first = self.module(module).imports.get(name).map(|it| it.written);
                    let is_better = |first| {
                        self.is_private(first) && !self.is_private(written)
                            || self.is_unusual(first) && !self.is_unusual(written)
                    };
                    if first.is_none_or(is_better) {
                        let imports = &mut self.modules[module.0 as usize].imports;
                        imports.insert(name.clone(), Import::new(written));
                    }
                }
                ImportAlias::Glob => self.modules[module.0 as usize].globs.push(written),
                ImportAlias::Unnamed => {}
            }
        }
    }

    fn adt_def(&mut self, item: &Item, at: ItemRef, generics: &Generics, place: &Place) {
        let params = generics.params.iter().map(|it| it.name.clone()).collect();
        self.adts.push(AdtDef { at, module: place.module, name: item.name.clone(), params });
        let def = Def::Adt(AdtId(self.adts.len() as u32 - 1));
        self.declare_type(place, &item.name, def.clone());
        if matches!(&item.kind, ItemKind::Struct(it) if it.is_tuple || it.fields.is_empty()) {
            self.declare_value(place, &item.name, def);
        }
    }

    fn fn_def(&mut self, facts: &FileFacts, item: &Item, at: ItemRef, body: Option<BodyId>, place: &Place) {
        let inside = place.inside(&item.name);
        let module = self.body_items(facts, body, &inside);
        self.fns.push(FnDef {
            at,
            module,
            impl_: place.impl_,
            trait_: place.trait_,
            name: item.name.clone(),
            path: inside.path.as_deref().unwrap_or_default().to_owned(),
            is_test: place.is_test,
            has_one_thread: place.has_one_thread,
            is_usual: place.is_usual,
            body,
        });
        if place.impl_.is_none() && place.trait_.is_none() {
            self.declare_value(place, &item.name, Def::Fn(FnId(self.fns.len() as u32 - 1)));
        }
    }

    /// Collects the items inside a body into an anonymous module, and returns the module whose names the body sees.
    fn body_items(&mut self, facts: &FileFacts, body: Option<BodyId>, place: &Place) -> ModuleId {
        let Some(body) = body.map(|id| facts.body(id)) else { return place.module };
        if body.items.is_empty() {
            return place.module;
        }
        let up = self.module(place.module);
        let block = Module {
            krate: up.krate,
            parent: Some(place.module),
            is_block: true,
            path: up.path.clone(),
            ..Module::default()
        };
        let module = self.new_module(block);
        self.items(facts, &body.items, &Place { module, impl_: None, trait_: None, ..place.clone() });
        module
    }

    /// Of several declarations of a name, `cfg` branches, the first that a usual host compiles wins, or else the first.
    fn declare_type(&mut self, place: &Place, name: &Name, def: Def) {
        let Module { types, unusual: [unusual, _], .. } = &mut self.modules[place.module.0 as usize];
        declare(types, unusual, place, name, def);
    }

    fn declare_value(&mut self, place: &Place, name: &Name, def: Def) {
        let Module { values, unusual: [_, unusual], .. } = &mut self.modules[place.module.0 as usize];
        declare(values, unusual, place, name, def);
    }
}

fn declare(
    names: &mut FxHashMap<Name, Def>,
    unusual: &mut FxHashSet<Name>,
    place: &Place,
    name: &Name,
    def: Def,
) {
    if !names.contains_key(name) || place.is_usual && unusual.remove(name) {
        names.insert(name.clone(), def);
        if !place.is_usual {
            unusual.insert(name.clone());
        }
    }
}

fn is_named_for_tests(item: &Item) -> bool {
    matches!(item.kind, ItemKind::Mod { .. }) && is_test_module(&item.name)
}

fn named(item: &Item, at: ItemRef, place: &Place) -> NamedDef {
    NamedDef { at, module: place.module, name: item.name.clone() }
}

fn extended(path: Option<&str>, name: &str) -> Rc<str> {
    match path {
        Some(path) => format!("{path}::{name}").into(),
        None => name.into(),
    }
}

/// The name of an impl's type in paths.
fn type_name(ty: &crate::facts::TypeExpr) -> Name {
    use crate::facts::TypeKind;
    match &ty.kind {
        TypeKind::Path(path) => path.last().map(|it| it.name.clone()).unwrap_or_default(),
        TypeKind::Ref { inner, .. } | TypeKind::Ptr { inner, .. } => type_name(inner),
        TypeKind::Slice(inner) | TypeKind::Array(inner) => type_name(inner),
        _ => Name::new("_"),
    }
}
