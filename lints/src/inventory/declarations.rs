//! Which fields and statics are shared maps: concurrent maps, maps in locks and cells, fields of a struct that is in a lock,
//! maps in a `static`.

use std::collections::BTreeMap;

use safe_map_analysis::Analysis;
use safe_map_analysis::facts::StaticMacro;
use safe_map_analysis::flow::Decl;
use safe_map_analysis::knowledge::schema::{Locking, TypeRole};
use safe_map_analysis::model::{Model, is_test_attrs};
use safe_map_analysis::name::Name;
use safe_map_analysis::source::CrateId;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::Ty;

use super::{Protection, Use};
use crate::Place;
use crate::story::at;

/// How deep layers, and structs in structs, are looked into.
const MAX_DEPTH: u32 = 8;

/// A shared map as it is declared.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) decl: Decl,
    pub(super) path: String,
    pub(super) krate: CrateId,
    pub(super) place: Place,
    pub(super) ty: String,
    pub(super) shape: String,
    pub(super) layers: Vec<String>,
    /// The declared locks around the struct whose field it is.
    pub(super) behind: Vec<Decl>,
    /// What the map is in.
    pub(super) container: Container,
    /// What the map itself is.
    pub(super) kind: MapKind,
    /// The other fields of that struct: what may have to change together with the map.
    pub(super) siblings: usize,
}

/// What a map is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Container {
    /// A lock with readers.
    RwLock,
    /// Another lock.
    Mutex,
    /// A cell that one thread uses.
    Cell,
    /// A cell whose content is replaced as a whole: `ArcSwap`.
    Swap,
    /// Each thread has its own.
    ThreadLocal,
    /// It locks by shards.
    Sharded,
    /// It locks as a whole, or not at all.
    Concurrent,
    /// A struct in a lock or cell.
    Struct,
    /// A `static mut`.
    StaticMut,
    /// A static, and nothing else.
    Handle,
}

/// What the map itself is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum MapKind {
    /// Keys in no order, with values.
    HashMap,
    /// Keys in no order.
    HashSet,
    /// Its order means something: sorted, by insertion, by last use.
    Ordered,
}

impl MapKind {
    fn of(name: &str) -> MapKind {
        match name {
            _ if name.ends_with("HashMap") || name.ends_with("DashMap") => MapKind::HashMap,
            _ if name.ends_with("HashSet") || name.ends_with("DashSet") => MapKind::HashSet,
            _ => MapKind::Ordered,
        }
    }
}

impl Declared {
    pub(super) fn protection(&self) -> Protection {
        match self.container {
            Container::RwLock | Container::Mutex | Container::Struct => Protection::Lock,
            Container::Cell | Container::Swap => Protection::Cell,
            Container::ThreadLocal => Protection::ThreadLocal,
            Container::Sharded | Container::Concurrent => Protection::Concurrent,
            Container::StaticMut => Protection::StaticMut,
            Container::Handle => Protection::Frozen,
        }
    }
}

/// The shared maps of a workspace, test code aside, in the order of declarations. A plain map in a struct is one where it is
/// used under a lock around that struct.
pub(super) fn declarations(analysis: &Analysis, uses: &BTreeMap<Decl, Use>) -> Vec<Declared> {
    let model = &analysis.model;
    let fields = model.adt_ids().flat_map(|id| {
        let fields = model.adt_fields(id).to_vec();
        fields.into_iter().map(move |it| (Decl::Field(id, it.name.clone()), it.ty))
    });
    let statics = model.static_ids().map(|id| (Decl::Static(id), model.static_ty(id).clone()));
    let mut found: Vec<Declared> =
        fields.chain(statics).filter_map(|(decl, ty)| declared(analysis, uses, decl, &ty)).collect();
    // A file of two crates declares everything twice.
    let key = |it: &Declared| (analysis.workspace.file(it.place.file).source.path.clone(), it.place.span);
    found.sort_by_key(|it| (key(it), it.path.clone()));
    found.dedup_by_key(|it| key(it));
    found
}

fn declared(analysis: &Analysis, uses: &BTreeMap<Decl, Use>, decl: Decl, ty: &Ty) -> Option<Declared> {
    let model = &analysis.model;
    let chain = chain(model, ty)?;
    let (place, krate) = place_of(analysis, &decl)?;
    let owner = match &decl {
        Decl::Field(adt, _) => Some(*adt),
        Decl::Static(_) => None,
    };
    let own = uses.get(&decl);
    let container = container(model, &chain, &decl, own.is_some_and(|it| it.is_guarded))?;
    let behind = own.map(|it| it.guards.iter().cloned().collect::<Vec<_>>());
    let is_part = container == Container::Struct;
    Some(Declared {
        path: path(analysis, &decl)?,
        decl,
        krate,
        place,
        ty: shortened(&model.show(ty)),
        shape: chain.shape(),
        layers: chain.layers.iter().map(|it| it.name.to_string()).collect(),
        kind: MapKind::of(chain.map().map_or("", |it| &it.name)),
        behind: behind.filter(|_| is_part).unwrap_or_default(),
        siblings: owner.filter(|_| is_part).map_or(0, |it| model.adt_fields(it).len().saturating_sub(1)),
        container,
    })
}

/// What is around a map, and the map.
#[derive(Debug, Default)]
struct Chain {
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    name: Name,
    role: Option<TypeRole>,
    locking: Locking,
    has_args: bool,
}

impl Chain {
    /// `Arc<RwLock<HashMap<..>>>`.
    fn shape(&self) -> String {
        let mut out = String::new();
        let last = self.layers.len().saturating_sub(1);
        for (index, layer) in self.layers.iter().enumerate() {
            out.push_str(&layer.name);
            match (index == last, layer.name.as_str()) {
                (true, _) if layer.has_args => out.push_str("<..>"),
                (true, _) | (_, "&") => {}
                (false, _) => out.push('<'),
            }
        }
        let open = out.matches('<').count() - out.matches('>').count();
        out + &">".repeat(open)
    }

    fn map(&self) -> Option<&Layer> {
        self.layers.last()
    }

    /// The innermost lock or cell.
    fn keeper(&self) -> Option<&Layer> {
        let is_keeper = |it: &&Layer| matches!(it.role, Some(TypeRole::Lock | TypeRole::Cell));
        self.layers.iter().rev().find(is_keeper)
    }
}

/// From a type to the map in it, through layers, locks, cells and lists of them.
fn chain(model: &Model, ty: &Ty) -> Option<Chain> {
    let mut layers = Vec::new();
    descend(model, ty, MAX_DEPTH, &mut layers).then_some(Chain { layers })
}

fn descend(model: &Model, ty: &Ty, depth: u32, layers: &mut Vec<Layer>) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match ty {
        Ty::Ref(_, inner) => {
            layers.push(Layer::plain("&"));
            descend(model, inner, depth, layers)
        }
        Ty::Slice(inner) => {
            layers.push(Layer::plain("slice"));
            descend(model, inner, depth, layers)
        }
        Ty::Known(id, args) => {
            let known = model.knowledge().ty(*id);
            layers.push(Layer {
                name: known.name().into(),
                role: Some(known.role),
                locking: known.locking,
                has_args: !args.is_empty(),
            });
            let next = match known.role {
                TypeRole::Map | TypeRole::SharedMap => return true,
                // The last parameter is the value's, whatever stands before it.
                TypeRole::Lock | TypeRole::Cell => args.last(),
                TypeRole::Layer | TypeRole::Enum | TypeRole::Collection => args.first(),
                _ => None,
            };
            next.is_some_and(|it| descend(model, it, depth, layers))
        }
        _ => false,
    }
}

impl Layer {
    fn plain(name: &str) -> Layer {
        Layer { name: name.into(), role: None, locking: Locking::None, has_args: true }
    }
}

fn container(model: &Model, chain: &Chain, decl: &Decl, is_guarded: bool) -> Option<Container> {
    let map = chain.map()?;
    let of_keeper = |it: &Layer| match it.role {
        Some(TypeRole::Lock) if it.name.contains("RwLock") => Container::RwLock,
        // The ends of a channel that keeps its last value.
        Some(TypeRole::Lock) if matches!(it.name.as_str(), "Sender" | "Receiver") => Container::Swap,
        Some(TypeRole::Lock) => Container::Mutex,
        _ if it.name.contains("Swap") => Container::Swap,
        _ => Container::Cell,
    };
    let is_thread_local = |id| model.static_facts(id).declared_by == StaticMacro::ThreadLocal;
    match decl {
        Decl::Static(id) if is_thread_local(*id) => return Some(Container::ThreadLocal),
        Decl::Static(id) if model.static_facts(*id).mutable => return Some(Container::StaticMut),
        _ => {}
    }
    match (map.role, chain.keeper()) {
        (_, Some(keeper)) => Some(of_keeper(keeper)),
        (Some(TypeRole::SharedMap), None) if map.locking == Locking::Sharded => Some(Container::Sharded),
        (Some(TypeRole::SharedMap), None) => Some(Container::Concurrent),
        _ if is_guarded => Some(Container::Struct),
        _ if matches!(decl, Decl::Static(_)) => Some(Container::Handle),
        _ => None,
    }
}

/// The full name of a declaration: `crate::module::Type.field`, `crate::module::STATIC`.
pub(super) fn path(analysis: &Analysis, decl: &Decl) -> Option<String> {
    let model = &analysis.model;
    Some(match decl {
        Decl::Field(adt, name) => {
            let def = model.adt(*adt);
            let fields = model.adt_fields(*adt);
            let field = fields.iter().find(|it| it.name == *name)?;
            let variant = field.variant.as_ref().map(|it| format!("::{it}")).unwrap_or_default();
            format!("{}::{}{variant}.{name}", model.module_path(def.module), def.name)
        }
        Decl::Static(id) => {
            let def = model.static_(*id);
            format!("{}::{}", model.module_path(def.module), def.name)
        }
    })
}

/// Where something is declared, and by which crate; nothing for what only tests have.
pub(super) fn place_of(analysis: &Analysis, decl: &Decl) -> Option<(Place, CrateId)> {
    let model = &analysis.model;
    let (item, span) = match decl {
        Decl::Field(adt, name) => {
            let fields = model.adt_fields(*adt);
            (model.adt(*adt).at, fields.iter().find(|it| it.name == *name)?.span)
        }
        Decl::Static(id) => (model.static_(*id).at, model.item(model.static_(*id).at).name_span),
    };
    let file = analysis.workspace.file(item.file);
    let is_test =
        |around: Span| file.facts.items.iter().any(|it| it.span.contains(around) && is_test_attrs(&it.attrs));
    (!file.source.is_test && !is_test(span)).then(|| (at(item.file, span), file.source.krate))
}

/// A type with the last segment of each path only, and `_` for what is not known.
fn shortened(ty: &str) -> String {
    let mut out = String::new();
    for part in ty.split_inclusive(|it: char| !it.is_alphanumeric() && it != '_' && it != ':') {
        out.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    out.replace('?', "_")
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn paths_lose_their_modules() {
        assert_eq!(shortened("HashMap<uuid::Uuid, (a::b::C, ?)>"), "HashMap<Uuid, (C, _)>");
        assert_eq!(shortened("&mut std::sync::Arc<Fn -> x::Y>"), "&mut Arc<Fn -> Y>");
    }
}
