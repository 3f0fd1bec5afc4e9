//! The model: what the names of a workspace mean, across its files and crates.
//!
//! In: the facts of every file. Out: modules, types, functions and statics by id, the resolution of a path or a
//! written type in its place, and the fields and methods of a type. It knows nothing of bodies beyond the items
//! inside them.

mod assoc;
mod collect;
mod described;
mod dump;
mod exported;
mod externs;
mod fuel;
mod holders;
mod markers;
mod methods;
mod own_locks;
mod resolve;
mod tasks;
mod test_code;
mod threads;
mod traits;
mod types;
mod usual;

pub use holders::Holder;
pub use markers::{Marker, Promise};
pub use methods::{FnSig, Head};
pub use own_locks::OwnLock;
pub use resolve::{Def, Namespace, ValueDef};
pub(crate) use tasks::Relations;
pub use test_code::{is_test_attrs, requires_test};
pub use types::TyScope;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, RwLock};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{self, BodyId, ItemId, ItemKind};
use crate::knowledge::Knowledge;
use crate::knowledge::schema::Tasks;
use crate::name::Name;
use crate::source::{CrateId, FileId, Workspace};
use crate::ty::{AdtId, TraitId, Ty};
use fuel::Answer;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u32);
    )*};
}

ids! {
    /// A module, or the anonymous one of a body that declares items.
    ModuleId;
    /// A function or method.
    FnId;
    /// A static item.
    StaticId;
    /// A type alias.
    AliasId;
    /// A constant.
    ConstId;
}

/// An item in its file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ItemRef {
    /// The file.
    pub file: FileId,
    /// The item.
    pub item: ItemId,
}

/// A module with the names it declares and imports.
#[derive(Debug, Default)]
pub struct Module {
    /// Its crate.
    pub krate: CrateId,
    /// The module around it.
    pub parent: Option<ModuleId>,
    /// Whether it is a body's anonymous module, through which names of the parent are visible.
    pub is_block: bool,
    /// Whether a declaration of it is `pub`.
    is_public: bool,
    /// Its path from the crate's root.
    pub path: Vec<Name>,
    /// Whether a declaration of it is for targets with one thread, and whether one is not.
    has_one_thread: [bool; 2],
    types: FxHashMap<Name, Def>,
    values: FxHashMap<Name, Def>,
    /// The types and the values that only an unusual host compiles.
    unusual: [FxHashSet<Name>; 2],
    imports: FxHashMap<Name, Import>,
    globs: Vec<ImportRef>,
    macros: FxHashMap<Name, ItemRef>,
    /// What its globs were found to bring in, seen from inside and from outside, by namespace.
    through_globs: [[RwLock<FxHashMap<Name, Answer>>; 2]; 2],
}

/// A name that a `use` brings in. Most are never asked for, so what they mean takes no room until then.
#[derive(Debug)]
struct Import {
    written: ImportRef,
    /// What it was found to name, by namespace.
    answers: [OnceLock<Box<Answer>>; 2],
}

/// One path of a `use` or an `extern crate`, by where it is written; resolved when it is asked for.
#[derive(Debug, Clone, Copy)]
struct ImportRef {
    at: ItemRef,
    /// Which path of the item.
    index: u32,
}

/// A path that is imported.
#[derive(Debug, Clone, Copy)]
struct ImportPath<'a> {
    global: bool,
    path: &'a [Name],
}

/// What a glob names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct GlobTarget {
    def: Def,
    /// Seen only from inside the module that has the glob.
    is_private: bool,
}

/// A struct, enum or union.
#[derive(Debug)]
pub struct AdtDef {
    /// Where it is declared.
    pub at: ItemRef,
    /// The module around it.
    pub module: ModuleId,
    /// Its name.
    pub name: Name,
    /// The names of its type parameters.
    pub params: Vec<Name>,
}

/// A function or method.
#[derive(Debug)]
pub struct FnDef {
    /// Where it is declared.
    pub at: ItemRef,
    /// The module whose names its body sees.
    pub module: ModuleId,
    /// The impl around it.
    pub impl_: Option<ItemRef>,
    /// The trait around it.
    pub trait_: Option<TraitId>,
    /// Its name.
    pub name: Name,
    /// Its path inside the crate: `store::Sessions::evict`.
    pub path: String,
    /// Only compiled for tests.
    pub is_test: bool,
    /// Only compiled for targets with one thread, by an attribute of its own or of what is around it in its file.
    has_one_thread: bool,
    /// A usual host may compile it.
    is_usual: bool,
    /// Its body.
    pub body: Option<BodyId>,
}

/// A static item.
#[derive(Debug)]
pub struct StaticDef {
    /// Where it is declared.
    pub at: ItemRef,
    /// The module around it.
    pub module: ModuleId,
    /// Its name.
    pub name: Name,
    /// Only compiled for tests.
    pub is_test: bool,
}

/// A declaration of which only place and name matter.
#[derive(Debug)]
pub struct NamedDef {
    /// Where it is declared.
    pub at: ItemRef,
    /// The module around it.
    pub module: ModuleId,
    /// Its name.
    pub name: Name,
}

/// What the names of a workspace mean.
#[derive(Debug)]
pub struct Model {
    workspace: Arc<Workspace>,
    knowledge: Arc<Knowledge>,
    modules: Vec<Module>,
    roots: BTreeMap<CrateId, ModuleId>,
    adts: Vec<AdtDef>,
    fns: Vec<FnDef>,
    statics: Vec<StaticDef>,
    aliases: Vec<NamedDef>,
    consts: Vec<NamedDef>,
    traits: Vec<NamedDef>,
    impls: Vec<ImplDef>,
    /// Where in `impls` each block is.
    impl_ids: FxHashMap<ItemRef, usize>,
    methods: FxHashMap<Head, FxHashMap<Name, Vec<FnId>>>,
    /// The impls of each trait of the workspace.
    implementors: FxHashMap<TraitId, Vec<ItemRef>>,
    /// The trait of the workspace that each impl is of.
    implemented: FxHashMap<ItemRef, TraitId>,
    /// The functions of each impl.
    impl_fns: FxHashMap<(ItemRef, Name), FnId>,
    /// The functions of each trait of the workspace.
    trait_fns: FxHashMap<TraitId, Vec<FnId>>,
    /// The types that say what they dereference to.
    derefs: FxHashMap<Head, methods::DerefTarget>,
    /// What the globs of each module name.
    glob_targets: Vec<Vec<GlobTarget>>,
    /// The same with what the globs of those modules name, and so on, seen from inside and from outside; found on first
    /// use.
    glob_reach: Vec<[OnceLock<Box<[Def]>>; 2]>,
    /// The `macro_rules!` of each crate by name, for those that other crates import; found on first use.
    macros: OnceLock<FxHashMap<(CrateId, Name), ItemRef>>,
    /// Whether names mean what they will always mean, so that answers may be kept.
    names_are_final: bool,
    /// What code of each crate names by the names of its manifest.
    externs: Vec<FxHashMap<Name, Def>>,
    /// The types that other crates can name; found on first use.
    exported: OnceLock<FxHashSet<AdtId>>,
    /// What each type can hold.
    adt_holds: Vec<holders::AdtHolds>,
    /// The locks that the workspace makes itself.
    own_locks: own_locks::OwnLocks,
    /// What each crate's manifest asks of foreign crates, by their names in code.
    requirements: Vec<FxHashMap<String, String>>,
    /// The crates that are written for a host with one thread.
    one_thread: FxHashSet<CrateId>,
    /// Where the tasks of each crate run.
    tasks: OnceLock<Vec<Option<Tasks>>>,
    /// The crates of the 2015 edition, whose imports and `::paths` start at their root.
    rooted: FxHashSet<CrateId>,
    /// The libraries of the workspace by package.
    libraries: FxHashMap<String, CrateId>,
    signatures: Vec<OnceLock<FnSig>>,
    fields: Vec<OnceLock<Arc<[AdtField]>>>,
    statics_ty: Vec<OnceLock<Ty>>,
}

/// An impl block in its module.
#[derive(Debug)]
pub struct ImplDef {
    /// Where it is.
    pub at: ItemRef,
    /// The module around it.
    pub module: ModuleId,
    /// Only compiled for tests.
    pub is_test: bool,
    /// Only compiled for targets with one thread, by an attribute of its own or of what is around it in its file.
    has_one_thread: bool,
    /// The type that it is for, in terms of its parameters.
    self_ty: Ty,
}

/// A field with its type resolved in terms of the type's parameters.
#[derive(Debug, Clone)]
pub struct AdtField {
    /// The variant it belongs to, for enums.
    pub variant: Option<Name>,
    /// Its name; `0`, `1`, .. in tuples.
    pub name: Name,
    /// Its type.
    pub ty: Ty,
    /// Where its name stands.
    pub span: crate::span::Span,
}

impl Model {
    /// Collects every declaration of the workspace. Types are resolved when they are asked for.
    pub fn new(workspace: Arc<Workspace>, knowledge: Arc<Knowledge>) -> Model {
        let mut model = Model {
            workspace,
            knowledge,
            modules: Vec::new(),
            roots: BTreeMap::new(),
            adts: Vec::new(),
            fns: Vec::new(),
            statics: Vec::new(),
            aliases: Vec::new(),
            consts: Vec::new(),
            traits: Vec::new(),
            impls: Vec::new(),
            impl_ids: FxHashMap::default(),
            methods: FxHashMap::default(),
            derefs: FxHashMap::default(),
            implementors: FxHashMap::default(),
            implemented: FxHashMap::default(),
            impl_fns: FxHashMap::default(),
            trait_fns: FxHashMap::default(),
            glob_targets: Vec::new(),
            macros: OnceLock::new(),
            glob_reach: Vec::new(),
            names_are_final: false,
            externs: Vec::new(),
            exported: OnceLock::new(),
            adt_holds: Vec::new(),
            own_locks: own_locks::OwnLocks::default(),
            requirements: Vec::new(),
            one_thread: FxHashSet::default(),
            tasks: OnceLock::new(),
            rooted: FxHashSet::default(),
            libraries: FxHashMap::default(),
            signatures: Vec::new(),
            fields: Vec::new(),
            statics_ty: Vec::new(),
        };
        let crates = model.workspace.crates.iter().zip(0..);
        let libraries =
            crates.filter(|(it, _)| it.is_lib).map(|(it, index)| (it.package.clone(), CrateId(index)));
        model.libraries = libraries.collect();
        let asked = |it: &crate::source::Crate| {
            let lines = it.dependencies.iter().rev();
            lines.map(|line| (line.crate_name(), line.requirement.clone())).collect()
        };
        model.requirements = model.workspace.crates.iter().map(asked).collect();
        model.one_thread = model.crates_with_one_thread();
        let old = model.workspace.files.iter().filter(|it| it.source.edition == facts::Edition::E2015);
        model.rooted = old.map(|it| it.source.krate).collect();
        model.collect();
        model.collect_externs();
        model.resolve_globs();
        model.put_described();
        model.names_are_final = true;
        model.signatures = model.fns.iter().map(|_| OnceLock::new()).collect();
        model.fields = model.adts.iter().map(|_| OnceLock::new()).collect();
        model.statics_ty = model.statics.iter().map(|_| OnceLock::new()).collect();
        model.index_impls();
        model.index_traits();
        model.collect_own_locks();
        model.collect_holders();
        model
    }

    /// The files behind it.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// What foreign types do.
    pub fn knowledge(&self) -> &Knowledge {
        &self.knowledge
    }

    /// An item's facts.
    pub fn item(&self, at: ItemRef) -> &facts::Item {
        self.workspace.file(at.file).facts.item(at.item)
    }

    /// A function.
    pub fn func(&self, id: FnId) -> &FnDef {
        &self.fns[id.0 as usize]
    }

    /// A function's facts.
    pub fn fn_facts(&self, id: FnId) -> &facts::Fn {
        match &self.item(self.func(id).at).kind {
            ItemKind::Fn(it) => it,
            _ => unreachable!("a FnId names a function"),
        }
    }

    /// Every function, in the order of files and items.
    pub fn fn_ids(&self) -> impl Iterator<Item = FnId> + use<> {
        (0..self.fns.len() as u32).map(FnId)
    }

    /// A struct, enum or union.
    pub fn adt(&self, id: AdtId) -> &AdtDef {
        &self.adts[id.0 as usize]
    }

    /// Whether a type is written with lifetime parameters, and so may borrow.
    pub fn has_lifetimes(&self, id: AdtId) -> bool {
        match &self.item(self.adt(id).at).kind {
            ItemKind::Struct(it) | ItemKind::Union(it) => !it.generics.lifetimes.is_empty(),
            ItemKind::Enum { generics, .. } => !generics.lifetimes.is_empty(),
            _ => false,
        }
    }

    /// The type of a struct's or union's field as it is written.
    pub fn written_field(&self, id: AdtId, name: &Name) -> Option<&facts::TypeExpr> {
        let (ItemKind::Struct(def) | ItemKind::Union(def)) = &self.item(self.adt(id).at).kind else {
            return None;
        };
        def.fields.iter().find(|it| it.name == *name).map(|it| &it.ty)
    }

    /// Every struct, enum and union.
    pub fn adt_ids(&self) -> impl Iterator<Item = AdtId> + use<> {
        (0..self.adts.len() as u32).map(AdtId)
    }

    /// A static.
    pub fn static_(&self, id: StaticId) -> &StaticDef {
        &self.statics[id.0 as usize]
    }

    /// Every static.
    pub fn static_ids(&self) -> impl Iterator<Item = StaticId> + use<> {
        (0..self.statics.len() as u32).map(StaticId)
    }

    /// A constant.
    pub fn const_(&self, id: ConstId) -> &NamedDef {
        &self.consts[id.0 as usize]
    }

    /// Every constant.
    pub fn const_ids(&self) -> impl Iterator<Item = ConstId> + use<> {
        (0..self.consts.len() as u32).map(ConstId)
    }

    /// A static's facts.
    pub fn static_facts(&self, id: StaticId) -> &facts::Static {
        match &self.item(self.static_(id).at).kind {
            ItemKind::Static(it) => it,
            _ => unreachable!("a StaticId names a static"),
        }
    }

    /// A module.
    pub fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0 as usize]
    }

    /// The crate's name and the module's path, for messages: `orders::store`.
    pub fn module_path(&self, id: ModuleId) -> String {
        let module = self.module(id);
        let krate = &self.workspace.krate(module.krate).name;
        std::iter::once(krate).chain(&module.path).map(Name::as_str).collect::<Vec<_>>().join("::")
    }
}
