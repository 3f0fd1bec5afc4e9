//! Names to definitions: modules, imports, globs, re-exports, the extern prelude and the standard prelude.

use std::cell::Cell;

use super::{AliasId, ConstId, FnId, ImportPath, ItemRef, Model, ModuleId, StaticId, TyScope};
use crate::facts::{ItemKind, Path};
use crate::name::Name;
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

/// How many imports, globs and aliases one look-up may follow in a row; real chains have fewer than ten.
const MAX_HOPS: u32 = 24;

/// How many it may follow in all: modules that glob each other would otherwise be searched again and again.
const MAX_STEPS: u32 = 400;

/// What is left of one look-up's allowance.
#[derive(Clone, Copy)]
struct Fuel<'a> {
    hops: u32,
    steps: &'a Cell<u32>,
}

impl Fuel<'_> {
    /// One hop less, or nothing where the allowance is spent.
    fn burn(self) -> Option<Self> {
        self.steps.set(self.steps.get().checked_sub(1)?);
        Some(Fuel { hops: self.hops.checked_sub(1)?, ..self })
    }
}

impl Model {
    /// Resolves a path from inside `module`.
    pub fn resolve(&self, module: ModuleId, path: &[Name], ns: Namespace) -> Option<Def> {
        self.resolve_fueled(module, path, false, ns)
    }

    /// Resolves `::krate::path`.
    pub(super) fn resolve_global(&self, module: ModuleId, path: &[Name]) -> Option<Def> {
        self.resolve_fueled(module, path, true, Namespace::Types)
    }

    fn resolve_fueled(&self, module: ModuleId, path: &[Name], global: bool, ns: Namespace) -> Option<Def> {
        let steps = Cell::new(MAX_STEPS);
        self.resolve_hops(module, path, global, ns, Fuel { hops: MAX_HOPS, steps: &steps })
    }

    fn resolve_hops(
        &self,
        module: ModuleId,
        path: &[Name],
        global: bool,
        ns: Namespace,
        fuel: Fuel<'_>,
    ) -> Option<Def> {
        let fuel = fuel.burn()?;
        let (first, rest) = path.split_first()?;
        let last_ns = |rest: &[Name]| if rest.is_empty() { ns } else { Namespace::Types };
        let mut def = if global {
            self.extern_crate(module, first)
        } else {
            self.first_segment(module, first, last_ns(rest), fuel)?
        };
        for (index, name) in rest.iter().enumerate() {
            def = self.member(&def, name, last_ns(&rest[index + 1..]), fuel)?;
        }
        Some(def)
    }

    fn first_segment(&self, module: ModuleId, name: &Name, ns: Namespace, fuel: Fuel<'_>) -> Option<Def> {
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
            if let Some(def) = self.declared(current, name, ns, fuel) {
                return Some(def);
            }
            let it = self.module(current);
            scope = it.is_block.then_some(it.parent).flatten();
        }
        if ns == Namespace::Types
            && let Some(def) = self.workspace_crate(module, name)
        {
            return Some(def);
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

    /// A name declared in or imported into a module.
    fn declared(&self, module: ModuleId, name: &Name, ns: Namespace, fuel: Fuel<'_>) -> Option<Def> {
        self.declared_beside(module, name, ns, fuel, &mut Vec::new())
    }

    /// The same; modules that glob each other are searched once each.
    fn declared_beside(
        &self,
        module: ModuleId,
        name: &Name,
        ns: Namespace,
        fuel: Fuel<'_>,
        seen: &mut Vec<ModuleId>,
    ) -> Option<Def> {
        if seen.contains(&module) {
            return None;
        }
        seen.push(module);
        let it = self.module(module);
        let own = match ns {
            Namespace::Types => &it.types,
            Namespace::Values => &it.values,
        };
        if let Some(def) = own.get(name) {
            return Some(def.clone());
        }
        if let Some(import) = it.imports.get(name)
            && let Some(def) = self.import(module, import, name, ns, fuel)
        {
            return Some(def);
        }
        let globs = self.glob_targets.get(module.0 as usize)?;
        globs.iter().find_map(|target| match target {
            Def::Module(id) => self.declared_beside(*id, name, ns, fuel, seen),
            _ => self.through_glob(target, name, ns, fuel),
        })
    }

    /// Resolves what each glob names. Globs may be named through other globs, so it takes a few rounds.
    pub(super) fn resolve_globs(&mut self) {
        const ROUNDS: usize = 3;
        self.glob_targets = vec![Vec::new(); self.modules.len()];
        for _ in 0..ROUNDS {
            let resolve = |(index, module): (usize, &super::Module)| {
                let targets = module.globs.iter().filter_map(|glob| {
                    self.resolve_fueled(ModuleId(index as u32), &glob.path, glob.global, Namespace::Types)
                });
                targets.collect::<Vec<Def>>()
            };
            let targets: Vec<Vec<Def>> = self.modules.iter().enumerate().map(resolve).collect();
            if targets == self.glob_targets {
                return;
            }
            self.glob_targets = targets;
        }
    }

    /// An import may name itself (`use dashmap; dashmap::DashMap`): then it is the crate of that name.
    fn import(
        &self,
        module: ModuleId,
        import: &ImportPath,
        name: &Name,
        ns: Namespace,
        fuel: Fuel<'_>,
    ) -> Option<Def> {
        if import.path.first() == Some(name) && !import.global {
            let krate = self.workspace_crate(module, name).unwrap_or_else(|| self.extern_crate(module, name));
            let rest = &import.path[1..];
            if rest.is_empty() {
                return (ns == Namespace::Types).then_some(krate);
            }
            if self.module(module).types.contains_key(name) {
                return self.resolve_hops(module, &import.path, false, ns, fuel);
            }
            return self.walk(krate, rest, ns, fuel);
        }
        self.resolve_hops(module, &import.path, import.global, ns, fuel)
    }

    fn walk(&self, from: Def, rest: &[Name], ns: Namespace, fuel: Fuel<'_>) -> Option<Def> {
        rest.iter().enumerate().try_fold(from, |def, (index, name)| {
            let ns = if index + 1 == rest.len() { ns } else { Namespace::Types };
            self.member(&def, name, ns, fuel)
        })
    }

    /// A name that a glob over anything but a module of the workspace brings in.
    fn through_glob(&self, target: &Def, name: &Name, ns: Namespace, fuel: Fuel<'_>) -> Option<Def> {
        let Def::Foreign(path) = target else { return self.member(target, name, ns, fuel) };
        // Of a foreign glob only what the knowledge files name there can be seen.
        let full = format!("{path}::{name}");
        let known =
            self.knowledge.type_at(&full, None).is_some() || self.knowledge.function_at(&full).is_some();
        known.then(|| Def::Foreign(Name::new(&full)))
    }

    /// `def::name`.
    fn member(&self, def: &Def, name: &Name, ns: Namespace, fuel: Fuel<'_>) -> Option<Def> {
        let fuel = fuel.burn()?;
        match def {
            Def::Module(id) => match name.as_str() {
                "super" => self.module(*id).parent.map(|it| Def::Module(self.real_module(it))),
                "self" => Some(def.clone()),
                _ => self.declared(*id, name, ns, fuel),
            },
            Def::Foreign(path) => Some(Def::Foreign(Name::new(&format!("{path}::{name}")))),
            Def::Adt(id) => self.is_variant(*id, name).then(|| Def::Variant(*id, name.clone())),
            Def::Alias(id) => match self.alias_target(*id) {
                Ty::Adt(adt, _) => self.is_variant(adt, name).then(|| Def::Variant(adt, name.clone())),
                _ => None,
            },
            Def::Variant(..) | Def::Trait(_) | Def::Fn(_) | Def::Static(_) | Def::Const(_) => None,
        }
    }

    fn is_variant(&self, adt: AdtId, name: &Name) -> bool {
        match &self.item(self.adt(adt).at).kind {
            ItemKind::Enum { variants, .. } => variants.iter().any(|it| it.name == *name),
            _ => false,
        }
    }

    /// A library of the workspace that this crate names so.
    fn workspace_crate(&self, module: ModuleId, name: &Name) -> Option<Def> {
        let own = self.module(module).krate;
        let krate = self.workspace.krate(own);
        let package = match krate.dependencies.iter().find(|it| it.name == *name) {
            Some(dependency) => dependency.package.as_str(),
            // A binary names its own package's library without a dependency.
            None => krate.package.as_str(),
        };
        let library = *self.libraries.get(package)?;
        let is_named = self.workspace.krate(library).name == *name
            || krate.dependencies.iter().any(|it| it.name == *name);
        self.roots.get(&library).filter(|_| is_named).map(|it| Def::Module(*it))
    }

    /// A crate outside the workspace, by its package's name where the manifest renames it.
    fn extern_crate(&self, module: ModuleId, name: &Name) -> Def {
        if let Some(def) = self.workspace_crate(module, name) {
            return def;
        }
        let krate = self.workspace.krate(self.module(module).krate);
        let renamed = krate
            .dependencies
            .iter()
            .find(|it| it.name == *name && it.package.replace('-', "_") != name.as_str());
        Def::Foreign(renamed.map_or_else(|| name.clone(), |it| Name::new(&it.package.replace('-', "_"))))
    }

    /// What a crate's manifest asks of the package behind a foreign path.
    pub(super) fn requirement(&self, module: ModuleId, path: &str) -> Option<&str> {
        let first = path.split("::").next()?;
        let krate = self.module(module).krate.0 as usize;
        self.requirements.get(krate)?.get(first).map(String::as_str)
    }

    /// What a path in an expression names, locals aside.
    pub fn resolve_value(&self, path: &Path, scope: &TyScope<'_>) -> ValueDef {
        if path.qself.is_some() {
            return self.qualified_value(path, scope);
        }
        let names: Vec<Name> = path.segments.iter().map(|it| it.name.clone()).collect();
        let Some((last, prefix)) = names.split_last() else { return ValueDef::Unknown };
        if prefix.is_empty() && last == "Self" {
            return match &scope.self_ty {
                Some(Ty::Adt(id, _)) => ValueDef::Def(Def::Adt(*id)),
                _ => ValueDef::Unknown,
            };
        }
        let starts_with_type = names[0] == "Self" || scope.is_param(&names[0]);
        if !starts_with_type
            && let Some(def) = self.resolve_fueled(scope.module, &names, path.global, Namespace::Values)
        {
            return self.foreign_assoc(def, path, scope);
        }
        self.assoc_value(path, prefix, last, scope)
    }

    /// `Type::name`: a variant through `Self`, or an associated function.
    fn assoc_value(&self, path: &Path, prefix: &[Name], last: &Name, scope: &TyScope<'_>) -> ValueDef {
        if prefix.is_empty() {
            return ValueDef::Unknown;
        }
        let segments = path.segments[..prefix.len()].to_vec();
        let ty = self.path_ty(&Path { segments, ..path.clone() }, scope);
        match &ty {
            Ty::Unknown => ValueDef::Unknown,
            Ty::Adt(id, _) if self.is_variant(*id, last) => ValueDef::Def(Def::Variant(*id, last.clone())),
            _ => ValueDef::Assoc(ty, last.clone()),
        }
    }

    /// A foreign path whose prefix is a known type is an associated function of it.
    fn foreign_assoc(&self, def: Def, path: &Path, scope: &TyScope<'_>) -> ValueDef {
        let Def::Foreign(full) = &def else { return ValueDef::Def(def) };
        if self.knowledge.function_at(full).is_some() || path.segments.len() < 2 {
            return ValueDef::Def(def);
        }
        let prefix = Path { segments: path.segments[..path.segments.len() - 1].to_vec(), ..path.clone() };
        match (self.path_ty(&prefix, scope), path.last()) {
            (ty @ Ty::Known(..), Some(last)) => ValueDef::Assoc(ty, last.name.clone()),
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

    /// The `macro_rules!` of this name that a module sees: its own or an enclosing module's.
    pub fn macro_named(&self, module: ModuleId, name: &Name) -> Option<ItemRef> {
        let it = self.module(module);
        it.macros.get(name).copied().or_else(|| self.macro_named(it.parent?, name))
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
