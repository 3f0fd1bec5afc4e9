//! What foreign types do, as data: which are maps, locks, cells and guards, and what their methods lock.
//!
//! In: the TOML files beside the crate (`analysis/knowledge/`), in the format of [`schema`]. Out: types and functions
//! by canonical path, checked once: every type named in a file must be known.

mod builtin;
mod own;
pub mod schema;
#[cfg(test)]
mod tests;
mod tytext;

pub use own::Own;
pub(crate) use tytext::is_primitive;

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::name::Name;
use crate::ty::{KnownId, Ty};
use schema::{
    CloneKind, Function, GuardClass, Hold, LockMode, Locking, Macro, Method, OneThread, Tasks, TypeRole,
};

/// The indexed knowledge. Immutable once loaded.
#[derive(Debug, Default)]
pub struct Knowledge {
    types: Vec<KnownType>,
    /// By path; several where a crate's versions differ.
    by_path: FxHashMap<String, Vec<KnownId>>,
    /// The modules around the types: `std::sync::mpsc`.
    modules: FxHashSet<String>,
    functions: FxHashMap<String, KnownFunction>,
    macros: FxHashMap<String, KnownMacro>,
    /// The crates that the files speak of, by their names in code.
    crates: BTreeSet<String>,
    /// The crates whose users run on one thread.
    one_thread: FxHashMap<String, OneThread>,
    /// The crates that have an executor, by their names in code.
    tasks: FxHashMap<String, Tasks>,
    /// The features that make guards `Send`, by the names in code of their crates.
    send_features: FxHashMap<String, String>,
    known: WellKnown,
    /// How the guards that a method returns hold its lock.
    guard_modes: FxHashMap<KnownId, LockMode>,
    /// What the user describes.
    own: Own,
}

/// What is wrong with a knowledge file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file's name.
    pub file: String,
    /// The entry, by its path or name; empty where the file as a whole is meant.
    pub entry: String,
    /// The text in the entry that cannot be read.
    pub text: String,
    /// Why, as a lowercase fragment.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Problem { file, entry, message, .. } = self;
        if entry.is_empty() {
            write!(f, "{file}: {message}")
        } else {
            write!(f, "{file}: {entry}: {message}")
        }
    }
}

/// A type of a knowledge file.
#[derive(Debug)]
pub struct KnownType {
    /// Its canonical path.
    pub path: Name,
    /// The crate's versions it speaks of.
    pub versions: Option<semver::VersionReq>,
    /// What it is.
    pub role: TypeRole,
    /// Its parameters.
    pub params: Vec<Name>,
    /// What a deref reaches.
    pub derefs: Option<Ty>,
    /// Whether `.0` reaches the same.
    pub newtype: bool,
    /// What iteration yields.
    pub item: Option<Ty>,
    /// Who waits, for guards and their kin.
    pub guard: Option<GuardClass>,
    /// Whether a guard stays on its thread.
    pub is_local: bool,
    /// How much an operation locks.
    pub locking: Locking,
    /// What `clone` gives.
    pub clone: CloneKind,
    /// The variants of an enum.
    pub variants: FxHashMap<Name, Vec<Ty>>,
    /// The methods.
    pub methods: FxHashMap<Name, Arc<KnownMethod>>,
}

impl KnownType {
    /// The type as its entry declares it, before the types that the entry names are read.
    fn declared(ty: &schema::Type, versions: Option<semver::VersionReq>) -> KnownType {
        KnownType {
            path: Name::new(&ty.path),
            versions,
            role: ty.kind,
            params: ty.params.iter().map(|it| Name::new(it)).collect(),
            derefs: None,
            newtype: ty.newtype,
            item: None,
            guard: ty.guard,
            is_local: ty.local,
            locking: ty.locking,
            clone: ty.clone,
            variants: FxHashMap::default(),
            methods: FxHashMap::default(),
        }
    }

    /// The last segment of the path.
    pub fn name(&self) -> &str {
        self.path.rsplit("::").next().unwrap_or(&self.path)
    }
}

/// A method with its types read.
#[derive(Debug)]
pub struct KnownMethod {
    /// As in the file.
    pub spec: Method,
    /// The result's type.
    pub returns: Ty,
    /// The types of closure parameters.
    pub closure_params: Vec<Ty>,
}

/// A function with its types read.
#[derive(Debug)]
pub struct KnownFunction {
    /// As in the file.
    pub spec: Function,
    /// The result's type.
    pub returns: Ty,
    /// The types of closure parameters.
    pub closure_params: Vec<Ty>,
}

/// A macro with its type read.
#[derive(Debug)]
pub struct KnownMacro {
    /// As in the file.
    pub spec: Macro,
    /// The value's type.
    pub returns: Ty,
}

/// Types that the language itself refers to.
#[derive(Debug, Default, Clone)]
pub struct WellKnown {
    /// `std::option::Option`.
    pub option: Option<KnownId>,
    /// `std::result::Result`.
    pub result: Option<KnownId>,
    /// `std::iter::Iterator`: the pseudo type of every adapter.
    pub iterator: Option<KnownId>,
    /// `std::primitive::str`: what `str` can do.
    pub str: Option<KnownId>,
    /// `std::primitive::integer`: what the integers can do.
    pub integer: Option<KnownId>,
    /// `std::primitive::bool`: what `bool` can do.
    pub bool: Option<KnownId>,
    /// `std::primitive::slice`: what slices and arrays can do.
    pub slice: Option<KnownId>,
    /// `std::future::Future`: what a future that nobody names can do.
    pub future: Option<KnownId>,
    /// `std::thread::LocalKey`: the type of a `thread_local!` static.
    pub local_key: Option<KnownId>,
}

impl Knowledge {
    /// The files that ship with the tool.
    ///
    /// # Panics
    ///
    /// Where a shipped file is wrong, which a test of this crate excludes.
    pub fn builtin() -> Knowledge {
        let (knowledge, problems) = Knowledge::load(builtin::FILES);
        assert!(problems.is_empty(), "shipped knowledge is wrong: {}", told(&problems));
        knowledge
    }

    /// Reads `(name, text)` files; what cannot be read is told and left out.
    pub fn load(files: &[(&str, &str)]) -> (Knowledge, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut knowledge = Knowledge::of_files(files, &mut problems);
        knowledge.index();
        (knowledge, problems)
    }

    fn of_files(files: &[(&str, &str)], problems: &mut Vec<Problem>) -> Knowledge {
        let mut parsed = Vec::new();
        for (name, text) in files {
            match toml::from_str::<schema::File>(text) {
                Ok(file) => parsed.push((*name, file)),
                Err(error) => problems.push(Problem::of_file(name, &error)),
            }
        }
        let mut knowledge = Knowledge::default();
        let ids: Vec<Vec<KnownId>> =
            parsed.iter().map(|(name, file)| knowledge.declare(name, file, problems)).collect();
        for ((name, file), ids) in parsed.iter().zip(&ids) {
            knowledge.define(name, file, ids, problems);
        }
        let paths = knowledge.by_path.keys().chain(knowledge.functions.keys());
        let named = paths.filter_map(|it| it.split("::").next()).map(str::to_owned);
        knowledge.crates = named.chain(parsed.iter().map(|(_, file)| file.krate.replace('-', "_"))).collect();
        let hosts = parsed.iter().filter(|(_, file)| file.one_thread);
        let how = |elsewhere| if elsewhere { OneThread::UnlessStarted } else { OneThread::Always };
        knowledge.one_thread =
            hosts.map(|(_, file)| (file.krate.clone(), how(file.threads_elsewhere))).collect();
        let executors = parsed.iter().filter_map(|(_, file)| Some((file.krate.clone(), file.tasks?)));
        knowledge.tasks = executors.collect();
        let sends = parsed.iter().filter(|(_, file)| !file.send_feature.is_empty());
        knowledge.send_features =
            sends.map(|(_, file)| (file.krate.clone(), file.send_feature.clone())).collect();
        knowledge
    }

    /// What is looked up often, once every type is defined.
    fn index(&mut self) {
        self.known = WellKnown {
            option: self.type_at("std::option::Option", None),
            result: self.type_at("std::result::Result", None),
            iterator: self.type_at("std::iter::Iterator", None),
            str: self.type_at("std::primitive::str", None),
            integer: self.type_at("std::primitive::integer", None),
            bool: self.type_at("std::primitive::bool", None),
            slice: self.type_at("std::primitive::slice", None),
            future: self.type_at("std::future::Future", None),
            local_key: self.type_at("std::thread::LocalKey", None),
        };
        self.guard_modes = self.collect_guard_modes();
    }

    /// A guard type holds its lock as the methods that return it acquire it.
    fn collect_guard_modes(&self) -> FxHashMap<KnownId, LockMode> {
        let mut modes = FxHashMap::default();
        for method in self.types.iter().flat_map(|it| it.methods.values()) {
            if method.spec.lock == LockMode::None || method.spec.hold != Hold::Result {
                continue;
            }
            if let Some(id) = self.guard_in(&method.returns) {
                let mode = modes.entry(id).or_insert(method.spec.lock);
                *mode = (*mode).max(method.spec.lock);
            }
        }
        self.spread_guard_modes(&mut modes);
        modes
    }

    /// What is made of a guard, or yielded by an iterator that holds one, holds the lock as that does.
    fn spread_guard_modes(&self, modes: &mut FxHashMap<KnownId, LockMode>) {
        for _ in 0..2 {
            for (id, ty) in self.types().filter(|(_, it)| it.guard.is_some()) {
                let Some(mode) = modes.get(&id).copied() else { continue };
                let plain = ty.methods.values().filter(|it| it.spec.lock == LockMode::None);
                let made = plain.filter_map(|it| self.guard_in(&it.returns));
                let yielded = ty.item.as_ref().and_then(|it| self.guard_in(it));
                for other in made.chain(yielded).collect::<Vec<_>>() {
                    modes.entry(other).or_insert(mode);
                }
            }
        }
    }

    /// The crates that the shipped files speak of, by their names in code, in order.
    pub fn crates(&self) -> impl Iterator<Item = &str> {
        self.crates.iter().map(String::as_str)
    }

    /// Whether and how code that depends on a crate, by its name in code, runs on one thread.
    pub fn one_thread(&self, krate: &str) -> Option<OneThread> {
        self.one_thread.get(krate).copied()
    }

    /// Where the tasks run of the executor that a crate has, by its name in code.
    pub fn tasks(&self, krate: &str) -> Option<Tasks> {
        self.tasks.get(krate).copied()
    }

    /// Whether a feature of a crate, by its name in code, makes its guards `Send`.
    pub fn sends_guards(&self, krate: &str, feature: &str) -> bool {
        self.send_features.get(krate).is_some_and(|it| it == feature)
    }

    /// The first guard, entry or guard-holding iterator in a type of the knowledge files.
    pub fn guard_in(&self, ty: &Ty) -> Option<KnownId> {
        match ty {
            Ty::Known(id, _) if self.ty(*id).guard.is_some() => Some(*id),
            Ty::Known(_, args) | Ty::Tuple(args) => args.iter().find_map(|it| self.guard_in(it)),
            Ty::Future(it) | Ty::Slice(it) => self.guard_in(it),
            _ => None,
        }
    }

    /// How a guard type holds its lock; exclusively where no method says.
    pub fn guard_mode(&self, id: KnownId) -> LockMode {
        self.guard_modes.get(&id).copied().unwrap_or(LockMode::Exclusive)
    }

    /// First pass: gives every type its id and paths, so that files can name each other's types.
    fn declare(&mut self, name: &str, file: &schema::File, problems: &mut Vec<Problem>) -> Vec<KnownId> {
        let versions = match file.versions.as_str() {
            "" => None,
            text => {
                semver::VersionReq::parse(text).map_err(|e| problems.push(Problem::of_file(name, &e))).ok()
            }
        };
        file.types.iter().map(|ty| self.declare_type(ty, versions.clone())).collect()
    }

    fn declare_type(&mut self, ty: &schema::Type, versions: Option<semver::VersionReq>) -> KnownId {
        let id = KnownId(self.types.len() as u32);
        for path in std::iter::once(&ty.path).chain(&ty.also) {
            let path = canonical(path);
            if let Some((module, _)) = path.rsplit_once("::") {
                self.modules.insert(module.to_owned());
            }
            self.by_path.entry(path).or_default().push(id);
        }
        self.types.push(KnownType::declared(ty, versions));
        id
    }

    /// Second pass: reads the types that the entries name.
    fn define(&mut self, name: &str, file: &schema::File, ids: &[KnownId], problems: &mut Vec<Problem>) {
        let locals = local_names(file, ids);
        let std_names = self.std_names();
        for (ty, id) in file.types.iter().zip(ids) {
            let reader = tytext::Reader {
                knowledge: self,
                locals: &locals,
                std_names: &std_names,
                params: &ty.params,
            };
            let mut read = |text: &str| {
                reader.read(text).unwrap_or_else(|message| {
                    problems.push(Problem::of_text(name, &ty.path, text, message));
                    Ty::Unknown
                })
            };
            let derefs = ty.derefs.as_deref().map(&mut read);
            let item = ty.item.as_deref().map(&mut read);
            let variants = ty
                .variants
                .iter()
                .map(|(variant, fields)| (Name::new(variant), fields.iter().map(|it| read(it)).collect()))
                .collect();
            let mut methods = FxHashMap::default();
            for spec in &ty.methods {
                let method = Arc::new(KnownMethod {
                    returns: read(&spec.returns),
                    closure_params: spec.closure_params.iter().map(|it| read(it)).collect(),
                    spec: spec.clone(),
                });
                for name in &spec.names {
                    methods.insert(Name::new(name), method.clone());
                }
            }
            let target = &mut self.types[id.0 as usize];
            (target.derefs, target.item, target.variants, target.methods) = (derefs, item, variants, methods);
        }
        self.define_functions(name, file, &locals, &std_names, problems);
    }

    fn define_functions(
        &mut self,
        name: &str,
        file: &schema::File,
        locals: &FxHashMap<String, KnownId>,
        std_names: &FxHashMap<String, KnownId>,
        problems: &mut Vec<Problem>,
    ) {
        let reader = tytext::Reader { knowledge: self, locals, std_names, params: &[] };
        let mut read = |text: &str, of: &str| {
            reader.read(text).unwrap_or_else(|message| {
                problems.push(Problem::of_text(name, of, text, message));
                Ty::Unknown
            })
        };
        let mut functions = Vec::new();
        for spec in &file.functions {
            for path in &spec.paths {
                let returns = read(&spec.returns, path);
                let closure_params = spec.closure_params.iter().map(|it| read(it, path)).collect();
                functions
                    .push((canonical(path), KnownFunction { spec: spec.clone(), returns, closure_params }));
            }
        }
        let mut macros = Vec::new();
        for spec in &file.macros {
            for name in &spec.names {
                let returns = read(&spec.returns, name);
                macros.push((name.clone(), KnownMacro { spec: spec.clone(), returns }));
            }
        }
        self.functions.extend(functions);
        self.macros.extend(macros);
    }

    /// The types of `std`, by last segment, where that is unique enough: the first in the file wins.
    fn std_names(&self) -> FxHashMap<String, KnownId> {
        let mut names = FxHashMap::default();
        for (index, ty) in self.types.iter().enumerate().filter(|(_, ty)| ty.path.starts_with("std::")) {
            names.entry(ty.name().to_string()).or_insert(KnownId(index as u32));
        }
        names
    }

    /// The type behind an id.
    pub fn ty(&self, id: KnownId) -> &KnownType {
        &self.types[id.0 as usize]
    }

    /// The types that the language itself refers to.
    pub fn well_known(&self) -> &WellKnown {
        &self.known
    }

    /// The type at a path, for the version that a manifest asks for; the last file's where nothing is asked.
    pub fn type_at(&self, path: &str, requirement: Option<&str>) -> Option<KnownId> {
        let candidates = self.by_path.get(canonical(path).as_str())?;
        let wanted = requirement.and_then(lowest_version);
        let fits = |id: &&KnownId| match (&wanted, &self.ty(**id).versions) {
            (Some(version), Some(range)) => range.matches(version),
            _ => true,
        };
        candidates.iter().rev().find(fits).copied()
    }

    /// Whether a path is that of a module with known types.
    pub fn is_module(&self, path: &str) -> bool {
        self.modules.contains(canonical(path).as_str())
    }

    /// The function at a path.
    pub fn function_at(&self, path: &str) -> Option<&KnownFunction> {
        self.functions.get(canonical(path).as_str())
    }

    /// The macro of this name.
    pub fn macro_named(&self, name: &str) -> Option<&KnownMacro> {
        self.macros.get(name)
    }

    /// Every type, in the order of the files.
    pub fn types(&self) -> impl Iterator<Item = (KnownId, &KnownType)> {
        self.types.iter().enumerate().map(|(index, ty)| (KnownId(index as u32), ty))
    }
}

impl Problem {
    fn of_file(file: &str, why: &dyn std::fmt::Display) -> Problem {
        Problem::of_text(file, "", "", why.to_string())
    }

    fn of_text(file: &str, entry: &str, text: &str, message: String) -> Problem {
        Problem { file: file.to_string(), entry: entry.to_string(), text: text.to_string(), message }
    }
}

fn told(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("; ")
}

/// The types of one file by last segment.
fn local_names(file: &schema::File, ids: &[KnownId]) -> FxHashMap<String, KnownId> {
    let last = |path: &str| path.rsplit("::").next().unwrap_or(path).to_string();
    file.types.iter().zip(ids).rev().map(|(ty, id)| (last(&ty.path), *id)).collect()
}

/// `core::` and `alloc::` are `std::` to us, and so is the standard library of SGX enclaves.
fn canonical(path: &str) -> String {
    let path = path.trim_start_matches("::");
    match path.split_once("::") {
        Some(("core" | "alloc" | "sgx_tstd", rest)) => format!("std::{rest}"),
        _ => path.to_string(),
    }
}

/// The lowest version that a requirement admits: `6` is 6.0.0, `^1.2, <2` is 1.2.0.
fn lowest_version(requirement: &str) -> Option<semver::Version> {
    let parsed = semver::VersionReq::parse(requirement).ok()?;
    let lower =
        parsed.comparators.iter().find(|it| !matches!(it.op, semver::Op::Less | semver::Op::LessEq))?;
    Some(semver::Version::new(lower.major, lower.minor.unwrap_or(0), lower.patch.unwrap_or(0)))
}
