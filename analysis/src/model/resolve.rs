//! Names to definitions: modules, imports, globs, re-exports, the extern prelude and the standard prelude.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::fuel::{Fuel, Meter};
use super::usual::is_usual;
use super::{
    AliasId, ConstId, FnId, GlobTarget, Import, ImportPath, ImportRef, ItemRef, Model, ModuleId, StaticId,
    TyScope,
};
use crate::facts::{ItemKind, Path, Segment, Visibility};
use crate::name::Name;
use crate::source::CrateId;
use crate::ty::{AdtId, TraitId, Ty};

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Def {
    /// A module of the workspace.
    Module(ModuleId),
    /// A struct, enum or union; as a value, its constructor.
    Adt(AdtId),
    /// A variant of an enum.
    Variant(AdtId, Name),
    /// A type alias.
    Alias(AliasId),
    /// A trait.
    Trait(TraitId),
    /// A function that is not a method.
    Fn(FnId),
    /// A static.
    Static(StaticId),
    /// A constant.
    Const(ConstId),
    /// Something outside the workspace, by path.
    Foreign(Name),
}

/// What a path in an expression names, locals aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueDef {
    /// A definition of the workspace or outside it.
    Def(Def),
    /// A method or associated function of a type.
    Assoc(Ty, Name),
    /// Not known.
    Unknown,
}

/// Types and modules, or values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Namespace {
    Types,
    Values,
}

/// Where one stands who looks into a module: private imports are seen from inside only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum View {
    Inside,
    Outside,
}

/// A name that is looked for, and what is left to look for it with.
#[derive(Clone, Copy, Debug)]
struct Sought<'a> {
    name: &'a Name,
    ns: Namespace,
    fuel: Fuel<'a>,
}

impl Model {
    /// Resolves a path from inside `module`.
    pub fn resolve(&self, module: ModuleId, path: &[Name], ns: Namespace) -> Option<Def> {
        self.resolve_fueled(module, path.iter(), false, ns)
    }

    /// The same for the segments of a path that is written in `scope`.
    pub(super) fn resolve_segments(
        &self,
        scope: &TyScope<'_>,
        path: &[Segment],
        global: bool,
        ns: Namespace,
    ) -> Option<Def> {
        let names = path.iter().map(|it| &it.name);
        let (module, global) = match self.rooted_at(scope.module).filter(|_| global) {
            Some(root) => (root, false),
            None => (scope.module, global),
        };
        match scope.fuel {
            Some(fuel) => self.resolve_hops(module, names, global, ns, fuel),
            None => self.resolve_fueled(module, names, global, ns),
        }
    }

    pub(super) fn resolve_fueled<'n>(
        &self,
        module: ModuleId,
        path: impl ExactSizeIterator<Item = &'n Name>,
        global: bool,
        ns: Namespace,
    ) -> Option<Def> {
        self.resolve_hops(module, path, global, ns, Meter::new().full())
    }

    fn resolve_hops<'n>(
        &self,
        module: ModuleId,
        mut path: impl ExactSizeIterator<Item = &'n Name>,
        global: bool,
        ns: Namespace,
        fuel: Fuel<'_>,
    ) -> Option<Def> {
        let fuel = fuel.burn()?;
        let first = path.next()?;
        let def = if global {
            self.extern_crate(module, first)
        } else {
            let first_ns = if path.len() == 0 { ns } else { Namespace::Types };
            self.first_segment(module, Sought { name: first, ns: first_ns, fuel })?
        };
        self.descend(module, def, path, ns, fuel)
    }

    /// Follows the rest of a path that is written in `from`, from what its start names.
    fn descend<'n>(
        &self,
        from: ModuleId,
        mut def: Def,
        mut rest: impl ExactSizeIterator<Item = &'n Name>,
        ns: Namespace,
        fuel: Fuel<'_>,
    ) -> Option<Def> {
        while let Some(name) = rest.next() {
            let ns = if rest.len() == 0 { ns } else { Namespace::Types };
            def = self.member(from, &def, Sought { name, ns, fuel })?;
        }
        Some(def)
    }

    fn first_segment(&self, module: ModuleId, sought: Sought<'_>) -> Option<Def> {
        let Sought { name, ns, .. } = sought;
        match name.as_str() {
            "crate" | "$crate" => {
                return self.roots.get(&self.module(module).krate).map(|it| Def::Module(*it));
            }
            "self" => return Some(Def::Module(self.real_module(module))),
            "super" => {
                return self
                    .module(self.real_module(module))
                    .parent
                    .map(|it| Def::Module(self.real_module(it)));
            }
            _ => {}
        }
        let mut scope = Some(module);
        while let Some(current) = scope {
            if let Some(def) = self.declared(current, current, sought) {
                return Some(def);
            }
            let it = self.module(current);
            scope = it.is_block.then_some(it.parent).flatten();
        }
        if ns == Namespace::Types
            && let Some(def) = self.workspace_crate(module, name)
        {
            return Some(def.clone());
        }
        prelude(name, ns).or_else(|| (ns == Namespace::Types).then(|| self.extern_crate(module, name)))
    }

    /// The named module around a body's anonymous one.
    fn real_module(&self, id: ModuleId) -> ModuleId {
        match self.module(id) {
            it if it.is_block => it.parent.map_or(id, |up| self.real_module(up)),
            _ => id,
        }
    }

    /// A name declared in or imported into `module`, as `from` sees it.
    fn declared(&self, module: ModuleId, from: ModuleId, sought: Sought<'_>) -> Option<Def> {
        self.declared_itself(module, from, sought)
            .or_else(|| self.through_globs(module, self.view(from, module), sought))
    }

    /// The same, globs aside.
    fn declared_itself(&self, module: ModuleId, from: ModuleId, sought: Sought<'_>) -> Option<Def> {
        let it = self.module(module);
        let own = match sought.ns {
            Namespace::Types => &it.types,
            Namespace::Values => &it.values,
        };
        if let Some(def) = own.get(sought.name) {
            return Some(def.clone());
        }
        let import = it.imports.get(sought.name)?;
        let is_seen = !self.is_private(import.written) || self.view(from, module) == View::Inside;
        if is_seen { self.import(module, import, sought) } else { None }
    }

    /// Whether only the module of an import and those inside it see what it brings in.
    pub(super) fn is_private(&self, import: ImportRef) -> bool {
        self.item(import.at).vis == Visibility::Private
    }

    /// Whether no usual host compiles an import.
    pub(super) fn is_unusual(&self, import: ImportRef) -> bool {
        !is_usual(&self.item(import.at).attrs)
    }

    /// Where `from` stands when it looks into `module`.
    fn view(&self, from: ModuleId, module: ModuleId) -> View {
        let mut around = std::iter::successors(Some(from), |it| self.module(*it).parent);
        if around.any(|it| it == module) { View::Inside } else { View::Outside }
    }

    fn through_globs(&self, module: ModuleId, view: View, sought: Sought<'_>) -> Option<Def> {
        let Sought { name, ns, fuel } = sought;
        if self.glob_targets.get(module.0 as usize)?.is_empty() {
            return None;
        }
        let search = |fuel: Fuel<'_>| self.search_globs(module, view, Sought { name, ns, fuel });
        if !self.names_are_final {
            return search(fuel);
        }
        let answers = &self.module(module).through_globs[view as usize][ns as usize];
        let kept = answers.read().ok().and_then(|it| it.get(name).and_then(|answer| fuel.accept(answer)));
        kept.unwrap_or_else(|| {
            fuel.find(search, |answer| {
                if let Ok(mut answers) = answers.write() {
                    answers.insert(name.clone(), answer);
                }
            })
        })
    }

    fn search_globs(&self, module: ModuleId, view: View, sought: Sought<'_>) -> Option<Def> {
        let search = |target: &Def| match target {
            Def::Module(id) => self.declared_itself(*id, module, sought),
            _ => self.through_glob(target, sought),
        };
        match self.glob_reach.get(module.0 as usize) {
            Some(reach) => {
                let reach = reach[view as usize].get_or_init(|| self.reached_by_globs(module, view));
                reach.iter().find_map(search)
            }
            None => self.reached_by_globs(module, view).iter().find_map(search),
        }
    }

    /// What the globs of a module name, and those of the modules named, in the order in which they are searched.
    /// Modules that glob each other are in it once each; of another module only globs that can be seen count.
    fn reached_by_globs(&self, module: ModuleId, view: View) -> Box<[Def]> {
        let (mut reached, mut seen) = (Vec::new(), FxHashSet::from_iter([module]));
        let targets = |id: ModuleId, view: View| {
            let all = self.glob_targets.get(id.0 as usize).into_iter().flatten();
            all.filter(move |it| !it.is_private || view == View::Inside)
        };
        let mut open = vec![targets(module, view)];
        while let Some(next) = open.last_mut().map(Iterator::next) {
            match next.map(|it| &it.def) {
                None => drop(open.pop()),
                Some(Def::Module(id)) if !seen.insert(*id) => {}
                Some(target) => {
                    reached.push(target.clone());
                    if let Def::Module(id) = target {
                        open.push(targets(*id, self.view(module, *id)));
                    }
                }
            }
        }
        reached.into_boxed_slice()
    }

    /// Resolves what each glob names. Globs may be named through other globs, so it takes a few rounds.
    pub(super) fn resolve_globs(&mut self) {
        const ROUNDS: usize = 3;
        self.glob_targets = vec![Vec::new(); self.modules.len()];
        for _ in 0..ROUNDS {
            let resolve = |(index, module): (usize, &super::Module)| {
                let targets = module.globs.iter().map(|glob| self.glob_target(ModuleId(index as u32), *glob));
                targets.flatten().collect::<Vec<GlobTarget>>()
            };
            let targets: Vec<Vec<GlobTarget>> = self.modules.par_iter().enumerate().map(resolve).collect();
            if targets == self.glob_targets {
                break;
            }
            self.glob_targets = targets;
        }
        self.glob_reach = self.modules.iter().map(|_| Default::default()).collect();
    }

    fn glob_target(&self, module: ModuleId, written: ImportRef) -> Option<GlobTarget> {
        let glob = self.import_path(module, written);
        let start = self.import_root(module, glob).unwrap_or(module);
        let def = self.resolve_fueled(start, glob.path.iter(), glob.global, Namespace::Types)?;
        Some(GlobTarget { def, is_private: self.is_private(written) })
    }

    /// What an import says. In the 2015 edition `use ::a` is `use a`.
    pub(super) fn import_path(&self, module: ModuleId, written: ImportRef) -> ImportPath<'_> {
        match &self.item(written.at).kind {
            ItemKind::Use(imports) => {
                let import = &imports[written.index as usize];
                let is_rooted = self.rooted.contains(&self.module(module).krate);
                ImportPath { global: import.global && !is_rooted, path: &import.path }
            }
            ItemKind::ExternCrate { krate } => ImportPath { global: true, path: std::slice::from_ref(krate) },
            _ => unreachable!("an ImportRef names a `use` or an `extern crate`"),
        }
    }

    fn import(&self, module: ModuleId, import: &Import, sought: Sought<'_>) -> Option<Def> {
        let Sought { name, ns, fuel } = sought;
        let follow = |fuel: Fuel<'_>| {
            let path = self.import_path(module, import.written);
            self.follow_import(module, path, Sought { name, ns, fuel })
        };
        if !self.names_are_final {
            return follow(fuel);
        }
        let kept = &import.answers[ns as usize];
        kept.get().and_then(|answer| fuel.accept(answer)).unwrap_or_else(|| {
            fuel.find(follow, |answer| {
                // Another thread may have been faster; it found the same.
                let _ = kept.set(Box::new(answer));
            })
        })
    }

    /// An import may name itself (`use dashmap; dashmap::DashMap`): then it is the crate of that name.
    fn follow_import(&self, module: ModuleId, import: ImportPath<'_>, sought: Sought<'_>) -> Option<Def> {
        let Sought { name, ns, fuel } = sought;
        if let Some(root) = self.import_root(module, import) {
            return self.resolve_hops(root, import.path.iter(), false, ns, fuel);
        }
        if import.path.first() == Some(name) && !import.global {
            let krate = self.extern_crate(module, name);
            let rest = &import.path[1..];
            if rest.is_empty() {
                return (ns == Namespace::Types).then_some(krate);
            }
            if self.module(module).types.contains_key(name) {
                return self.resolve_hops(module, import.path.iter(), false, ns, fuel);
            }
            return self.descend(module, krate, rest.iter(), ns, fuel);
        }
        self.resolve_hops(module, import.path.iter(), import.global, ns, fuel)
    }

    /// Where an import starts in the 2015 edition, if that is not the module that it stands in.
    pub(super) fn import_root(&self, module: ModuleId, import: ImportPath<'_>) -> Option<ModuleId> {
        let is_relative = matches!(import.path.first()?.as_str(), "self" | "super" | "crate" | "$crate");
        let root = self.rooted_at(module).filter(|it| *it != module)?;
        (!import.global && !is_relative).then_some(root)
    }

    /// The root of a crate of the 2015 edition.
    fn rooted_at(&self, module: ModuleId) -> Option<ModuleId> {
        let krate = self.module(module).krate;
        self.rooted.contains(&krate).then(|| self.roots.get(&krate).copied()).flatten()
    }

    /// A name that a glob over anything but a module of the workspace brings in.
    fn through_glob(&self, target: &Def, sought: Sought<'_>) -> Option<Def> {
        let Def::Foreign(path) = target else { return self.variant(target, sought) };
        // Of a foreign glob only what the knowledge files name there can be seen.
        let full = format!("{path}::{}", sought.name);
        let known = self.knowledge.type_at(&full, None).is_some()
            || self.knowledge.function_at(&full).is_some()
            || self.knowledge.is_module(&full);
        known.then(|| Def::Foreign(Name::new(&full)))
    }

    /// `def::name`, written in `from`.
    fn member(&self, from: ModuleId, def: &Def, sought: Sought<'_>) -> Option<Def> {
        let Def::Module(id) = def else { return self.variant(def, sought) };
        let fuel = sought.fuel.burn()?;
        match sought.name.as_str() {
            "super" => self.module(*id).parent.map(|it| Def::Module(self.real_module(it))),
            "self" => Some(def.clone()),
            _ => self.declared(*id, from, Sought { fuel, ..sought }),
        }
    }

    /// `def::name` where `def` is no module.
    fn variant(&self, def: &Def, sought: Sought<'_>) -> Option<Def> {
        let (name, fuel) = (sought.name, sought.fuel.burn()?);
        match def {
            Def::Foreign(path) => Some(Def::Foreign(Name::new(&format!("{path}::{name}")))),
            Def::Adt(id) => self.is_variant(*id, name).then(|| Def::Variant(*id, name.clone())),
            Def::Alias(id) => match self.alias_target(*id, fuel) {
                Ty::Adt(adt, _) => self.is_variant(adt, name).then(|| Def::Variant(adt, name.clone())),
                _ => None,
            },
            Def::Module(_)
            | Def::Variant(..)
            | Def::Trait(_)
            | Def::Fn(_)
            | Def::Static(_)
            | Def::Const(_) => None,
        }
    }

    fn is_variant(&self, adt: AdtId, name: &Name) -> bool {
        match &self.item(self.adt(adt).at).kind {
            ItemKind::Enum { variants, .. } => variants.iter().any(|it| it.name == *name),
            _ => false,
        }
    }

    /// What a path in an expression names, locals aside.
    pub fn resolve_value(&self, path: &Path, scope: &TyScope<'_>) -> ValueDef {
        if path.qself.is_some() {
            return self.qualified_value(path, scope);
        }
        let Some((last, prefix)) = path.segments.split_last() else { return ValueDef::Unknown };
        if prefix.is_empty() && last.name == "Self" {
            return match &scope.self_ty {
                Some(Ty::Adt(id, _)) => ValueDef::Def(Def::Adt(*id)),
                _ => ValueDef::Unknown,
            };
        }
        let first = &path.segments[0].name;
        let starts_with_type = *first == "Self" || scope.is_param(first);
        if !starts_with_type
            && let Some(def) = self.resolve_segments(scope, &path.segments, path.global, Namespace::Values)
        {
            return self.foreign_assoc(def, path, scope);
        }
        self.assoc_value(prefix, path.global, &last.name, scope)
    }

    /// `Type::name`: a variant through `Self`, or an associated function.
    fn assoc_value(&self, prefix: &[Segment], global: bool, last: &Name, scope: &TyScope<'_>) -> ValueDef {
        match self.segments_ty(prefix, global, scope) {
            Ty::Unknown => ValueDef::Unknown,
            Ty::Adt(id, _) if self.is_variant(id, last) => ValueDef::Def(Def::Variant(id, last.clone())),
            ty => ValueDef::Assoc(ty, last.clone()),
        }
    }

    /// A foreign path whose prefix is a known type is an associated function of it.
    fn foreign_assoc(&self, def: Def, path: &Path, scope: &TyScope<'_>) -> ValueDef {
        let Def::Foreign(full) = &def else { return ValueDef::Def(def) };
        let Some((last, prefix)) = path.segments.split_last() else { return ValueDef::Def(def) };
        if prefix.is_empty() || self.knowledge.function_at(full).is_some() {
            return ValueDef::Def(def);
        }
        match self.segments_ty(prefix, path.global, scope) {
            ty @ Ty::Known(..) => ValueDef::Assoc(ty, last.name.clone()),
            _ => ValueDef::Def(def),
        }
    }

    /// `<T as Trait>::name`.
    fn qualified_value(&self, path: &Path, scope: &TyScope<'_>) -> ValueDef {
        let (Some(qself), Some(last)) = (&path.qself, path.last()) else { return ValueDef::Unknown };
        match self.lower_ty(&qself.ty, scope) {
            Ty::Unknown => ValueDef::Unknown,
            ty => ValueDef::Assoc(ty, last.name.clone()),
        }
    }

    /// The `macro_rules!` of this name that a module sees: its own, one that it imports, or an enclosing module's.
    pub fn macro_named(&self, module: ModuleId, name: &Name) -> Option<ItemRef> {
        let it = self.module(module);
        let own = it.macros.get(name).copied();
        own.or_else(|| self.imported_macro(module, name)).or_else(|| self.macro_named(it.parent?, name))
    }

    /// `use common::bail;`: a macro of a crate of the workspace, wherever it is declared there.
    fn imported_macro(&self, module: ModuleId, name: &Name) -> Option<ItemRef> {
        let import = self.module(module).imports.get(name)?;
        let import = self.import_path(module, import.written);
        let (last, before) = import.path.split_last().filter(|it| !it.1.is_empty())?;
        let start = self.import_root(module, import).unwrap_or(module);
        let found = self.resolve_fueled(start, before.iter(), import.global, Namespace::Types);
        let Some(Def::Module(id)) = found else { return None };
        self.crate_macros().get(&(self.module(id).krate, last.clone())).copied()
    }

    /// Of two of one name in a crate it is not known which one is meant.
    fn crate_macros(&self) -> &FxHashMap<(CrateId, Name), ItemRef> {
        self.macros.get_or_init(|| {
            let mut found: FxHashMap<(CrateId, Name), Option<ItemRef>> = FxHashMap::default();
            for module in &self.modules {
                for (name, at) in &module.macros {
                    let known = found.entry((module.krate, name.clone()));
                    known.and_modify(|it| *it = None).or_insert(Some(*at));
                }
            }
            found.into_iter().filter_map(|(name, at)| Some((name, at?))).collect()
        })
    }
}

/// The names of the standard prelude that matter here.
fn prelude(name: &str, ns: Namespace) -> Option<Def> {
    let path = match (ns, name) {
        (Namespace::Types, "Option") => "std::option::Option",
        (Namespace::Types, "Result") => "std::result::Result",
        (Namespace::Types, "Vec") => "std::vec::Vec",
        (Namespace::Types, "String") => "std::string::String",
        (Namespace::Types, "Box") => "std::boxed::Box",
        (Namespace::Types, "Iterator") => "std::iter::Iterator",
        (Namespace::Types, "IntoIterator") => "std::iter::IntoIterator",
        (Namespace::Types, "DoubleEndedIterator") => "std::iter::DoubleEndedIterator",
        (Namespace::Types, "ExactSizeIterator") => "std::iter::ExactSizeIterator",
        (Namespace::Types, "Fn") => "std::ops::Fn",
        (Namespace::Types, "FnMut") => "std::ops::FnMut",
        (Namespace::Types, "FnOnce") => "std::ops::FnOnce",
        (Namespace::Types, "Future") => "std::future::Future",
        (Namespace::Types, "Send") => "std::marker::Send",
        (Namespace::Types, "Sync") => "std::marker::Sync",
        (Namespace::Types, "Clone") => "std::clone::Clone",
        (Namespace::Types, "Default") => "std::default::Default",
        (Namespace::Types, "Drop") => "std::ops::Drop",
        (Namespace::Values, "Some") => "std::option::Option::Some",
        (Namespace::Values, "None") => "std::option::Option::None",
        (Namespace::Values, "Ok") => "std::result::Result::Ok",
        (Namespace::Values, "Err") => "std::result::Result::Err",
        (Namespace::Values, "drop") => "std::mem::drop",
        _ => return None,
    };
    Some(Def::Foreign(Name::new(path)))
}
