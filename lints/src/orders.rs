//! Orders: which lock of the workspace is taken while which other is held, and whether two of them can meet.
//!
//! In: an analysis. Out: the places of each order, from the lock that is held to the one that is taken, each lock by its
//! declaration; and of two places with opposite orders, whether two threads can wait for each other there.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use safe_map_analysis::facts::SelfKind;
use safe_map_analysis::flow::{Acquire, Decl, EventKind, Guard, Held, Root};
use safe_map_analysis::knowledge::schema::{GuardClass, LockMode, Locking, TypeRole};
use safe_map_analysis::name::Name;
use safe_map_analysis::summary::{EffectKind, Happening};
use safe_map_analysis::ty::{AdtId, Mutability, Ty};
use safe_map_analysis::{Analysis, FunctionView};

use crate::Confidence;
use crate::callers::{Had, excludes};
use crate::contended::writers;
use crate::contexts::{Context, contexts, exclude_each_other};
use crate::correlated::may_exclude;
use crate::declared::{declared, is_of_choice, part_of};
use crate::entries::is_entered_freely;
use crate::gates::{self, Gate};
use crate::identity::{Identities, Identity, Named, are_known, are_siblings, contents, unnamed};
use crate::private::{is_cloned, is_exclusive, is_of_new_value};
use crate::story::{is_far_fetched, lock_path};

/// How many places of one order are kept: the opposite order is compared with each.
const MAX_PLACES: usize = 16;

/// A lock that is taken while another is held.
#[derive(Clone)]
pub(crate) struct Edge<'a> {
    /// Where.
    pub(crate) function: FunctionView<'a>,
    /// The guard that is alive.
    pub(crate) first: Guard,
    /// The lock that is taken.
    pub(crate) second: Acquire,
    /// This thread has the second lock upgradably, and so nobody else has it but readers.
    upgrades: bool,
    /// How it is taken, calls looked into.
    pub(crate) happening: Happening<'a>,
    /// Other locks that are held here then, and whether alone.
    gates: Vec<Gate>,
    /// Those and what every caller holds; found when an opposite order asks.
    all_gates: OnceCell<Vec<Gate>>,
    /// What the function is lent; found likewise.
    contexts: OnceCell<Vec<Context>>,
    /// More than one run can get to the function; found likewise.
    is_free: OnceCell<bool>,
}

/// The places of each order, from the lock that is held to the one that is taken: locks by `K`.
pub(crate) type Orders<'a, K> = BTreeMap<(K, K), Vec<Edge<'a>>>;

/// The orders of the workspace between declared locks.
pub(crate) fn declared_orders(analysis: &Analysis) -> Orders<'_, Decl> {
    orders(analysis, &|function, acquire| declared_node(function, acquire).into_iter().collect())
}

/// Orders of locks by where they come from, whatever their names, and by what they are around.
pub(crate) struct Traced<'a> {
    /// The orders.
    pub(crate) orders: Orders<'a, Identity>,
    identities: Identities,
}

impl<'a> Traced<'a> {
    /// The orders of the workspace.
    pub(crate) fn new(analysis: &'a Analysis) -> Traced<'a> {
        let identities = Identities::new(analysis);
        let mut orders = orders(analysis, &|function, acquire| {
            let model = function.model();
            let traced = name(function, acquire).map(|it| identities.of(it));
            let contents = match is_waited_for(function, acquire) {
                true => contents(model, acquire),
                false => Vec::new(),
            };
            traced.into_iter().chain(contents.into_iter().map(|it| Identity::from([it]))).collect()
        });
        orders.retain(|(first, then), _| are_known(first, then));
        Traced { orders, identities }
    }

    /// Whether two opposite orders, found by what the locks are around, are to be told: no other lock is surely meant, and
    /// where they come from has not told it already.
    pub(crate) fn may_meet(&self, a: &Edge<'_>, b: &Edge<'_>, by_content: bool) -> bool {
        let of = |edge: &Edge<'_>, it: &Acquire| Some(self.identities.of(name(&edge.function, it)?));
        let pairs =
            [(of(a, &a.first.acquire), of(b, &b.second)), (of(a, &a.second), of(b, &b.first.acquire))];
        let differ = |it: &(Option<Identity>, Option<Identity>)| match it {
            (Some(one), Some(other)) => are_siblings(one, other),
            _ => false,
        };
        let is_told = pairs.iter().all(|(one, other)| one.is_some() && one == other);
        !is_choice(a, b) && (!by_content || !is_told && !pairs.iter().any(differ))
    }
}

/// The orders of the workspace, test code and code for one thread aside.
fn orders<'a, K: Ord + Clone>(analysis: &'a Analysis, node: &Node<'_, K>) -> Orders<'a, K> {
    let mut orders = Orders::new();
    for function in analysis.files().flat_map(|it| it.functions().collect::<Vec<_>>()) {
        let model = function.model();
        if model.func(function.id).is_test || model.has_one_thread(function.id) {
            continue;
        }
        for (key, edge) in function.happenings().flat_map(|it| edges(function, &it, node)) {
            if is_allowed(analysis, &edge) {
                continue;
            }
            let places = orders.entry(key).or_default();
            if places.len() < MAX_PLACES {
                places.push(edge);
            }
        }
    }
    orders
}

/// What can make two locks one; nothing where threads do not wait for it, or it is not known which it is.
type Node<'n, K> = dyn Fn(&FunctionView<'_>, &Acquire) -> Vec<K> + 'n;

/// The locks that are held where one is taken, each with it.
fn edges<'a, K: Ord + Clone>(
    function: FunctionView<'a>,
    happening: &Happening<'a>,
    node: &Node<'_, K>,
) -> Vec<((K, K), Edge<'a>)> {
    let EffectKind::Acquire(second) = &happening.kind else { return Vec::new() };
    if second.is_try || happening.held.is_empty() || is_far_fetched(happening) {
        return Vec::new();
    }
    let mut to = node(&function, second);
    let held: Vec<Guard> = happening.held.iter().map(|it| function.flow.guard_at(it)).collect();
    let from: Vec<Vec<K>> = held.iter().map(|it| node(&function, &it.acquire)).collect();
    // A lock that this thread has already is no second one: that is `double_lock`'s.
    to.retain(|it| !from.iter().any(|from| from.contains(it)));
    let decl = |it: &Acquire| declared(function.model(), function.id, it);
    let own = decl(second);
    let has_it = own.is_some() && held.iter().any(|it| decl(&it.acquire) == own);
    if to.is_empty() || has_it || is_of_new_value(&function, second, happening.event.span) {
        return Vec::new();
    }
    let mut edges = Vec::new();
    for ((first, at), from) in held.iter().zip(&happening.held).zip(from) {
        if from.is_empty() || is_no_first(&function, first, at, happening) {
            continue;
        }
        let edge = edge(function, happening, first, second, &held);
        let keys = from.iter().flat_map(|from| to.iter().map(move |to| (from.clone(), to.clone())));
        edges.extend(keys.map(|it| (it, edge.clone())));
    }
    edges
}

/// Whether a guard is not held together with what is taken, or nobody else can wait for it.
fn is_no_first(function: &FunctionView<'_>, first: &Guard, at: &Held, happening: &Happening<'_>) -> bool {
    may_exclude(function, first, at.maybe, happening.event.span)
        || is_of_new_value(function, &first.acquire, happening.event.span)
}

fn edge<'a>(
    function: FunctionView<'a>,
    happening: &Happening<'a>,
    first: &Guard,
    second: &Acquire,
    held: &[Guard],
) -> Edge<'a> {
    let decl = |it: &Guard| declared(function.model(), function.id, &it.acquire);
    let of_first = decl(first);
    let sure = held.iter().filter(|it| !it.acquire.is_try);
    let gates = sure.filter_map(|it| Some((decl(it)?, it.acquire.mode.is_alone())));
    Edge {
        function,
        first: first.clone(),
        second: second.clone(),
        upgrades: upgrades(&function, happening, second),
        happening: happening.clone(),
        gates: gates.filter(|(it, _)| Some(it) != of_first.as_ref()).collect(),
        all_gates: OnceCell::new(),
        contexts: OnceCell::new(),
        is_free: OnceCell::new(),
    }
}

/// Whether an acquire makes an upgradable guard of the same lock exclusive.
fn upgrades(function: &FunctionView<'_>, happening: &Happening<'_>, second: &Acquire) -> bool {
    let is_it =
        |it: &Guard| it.acquire.mode == LockMode::Upgradable && it.acquire.lock.place == second.lock.place;
    let taken = match happening.event.kind {
        EventKind::Acquire { guard: Some(id), .. } => Some(function.flow.guard(id)),
        _ => None,
    };
    second.mode == LockMode::Exclusive
        && (taken.is_some_and(is_it) || happening.held.iter().any(|it| is_it(&function.flow.guard_at(it))))
}

/// The declaration of a lock that threads wait for.
fn declared_node(function: &FunctionView<'_>, acquire: &Acquire) -> Option<Decl> {
    if !is_waited_for(function, acquire) {
        return None;
    }
    declared(function.model(), function.id, acquire).filter(|it| !is_of_choice(function.model(), it))
}

/// The name of a lock that threads wait for.
fn name(function: &FunctionView<'_>, acquire: &Acquire) -> Option<Named> {
    if !is_waited_for(function, acquire) {
        return None;
    }
    let model = function.model();
    let Some(decl) = declared(model, function.id, acquire) else { return unnamed(function.id, acquire) };
    if acquire.lock.role == TypeRole::Layer {
        return Some(Named::Once(decl));
    }
    if !is_of_choice(model, &decl) {
        return Some(Named::Decl(decl));
    }
    let place = &acquire.lock.place;
    match (part_of(model, function.id, place), decl) {
        (Some((decl, inner)), _) if inner.is_empty() => Some(Named::Decl(decl)),
        (Some((decl, inner)), _) => Some(Named::Part(decl, inner)),
        (None, Decl::Field(adt, name)) => Some(Named::Own(adt, name)),
        (None, Decl::Static(_)) => None,
    }
}

fn is_waited_for(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let is_shared = !acquire.lock.is_private && !is_exclusive(function, acquire);
    acquire.class.is_waited_for() && is_shared && acquire.mode != LockMode::None
}

fn is_allowed(analysis: &Analysis, edge: &Edge<'_>) -> bool {
    let first = lock_path(&edge.function, &edge.first.acquire);
    let then = lock_path(&edge.function, &edge.second);
    let is_it = |named: &str, lock: &Option<String>| lock.as_deref() == Some(named);
    analysis.settings.allowed_orders.iter().any(|it| is_it(&it.first, &first) && is_it(&it.then, &then))
}

/// Whether a function takes two locks that it is given in both orders: it chooses, by their addresses or keys.
fn is_choice(a: &Edge<'_>, b: &Edge<'_>) -> bool {
    let is_given = |edge: &Edge<'_>| {
        let locks = [&edge.first.acquire, &edge.second];
        edge.happening.event.is_own && locks.iter().all(|it| declared_node(&edge.function, it).is_none())
    };
    a.function.id == b.function.id && is_given(a) && is_given(b)
}

/// How surely each of two threads can wait for what the other holds.
pub(crate) fn block(a: &Edge<'_>, b: &Edge<'_>) -> Option<Confidence> {
    // What the two ask for is known; what keeps them apart has to be looked for.
    let rated = conflict(a, b)?.min(conflict(b, a)?);
    if are_exclusive(a, b) || gates::keep_apart(a.all_gates(), b.all_gates()) {
        return None;
    }
    let is_sharded = |it: &Acquire| it.lock.locking == Locking::Sharded;
    match is_sharded(&a.second) || is_sharded(&a.first.acquire) || !a.is_opposite(b) {
        true => Some(Confidence::Possible),
        false => Some(rated),
    }
}

/// Whether both need one value of which one of them has a `&mut`: `self` of one type, or a parameter that both are generic
/// over, the context that a framework hands to one at a time. A type that can be cloned may be a handle, which each of them
/// has.
fn are_exclusive(a: &Edge<'_>, b: &Edge<'_>) -> bool {
    let owners = a.owners();
    if owners.len() == 2 && exclude_each_other(a.function.model(), a.contexts(), b.contexts(), &owners) {
        return true;
    }
    let (one, other) = (a.borrows(), b.borrows());
    one.iter().any(|x| other.iter().any(|y| excludes(x, y)))
}

/// A value that a function is lent.
#[derive(PartialEq, Eq)]
enum Borrowed {
    /// Its `self`.
    Own(AdtId),
    /// A parameter whose type is the caller's choice.
    Context(Name),
}

/// How surely one thread waits, with its second lock, for what the other holds.
fn conflict(waiting: &Edge<'_>, holding: &Edge<'_>) -> Option<Confidence> {
    let held = holding.first.acquire.mode;
    let spins = waiting.second.class == GuardClass::Spinning;
    match (held, waiting.second.mode) {
        (LockMode::Shared, LockMode::Shared) => is_behind_writers(waiting).then_some(Confidence::Possible),
        // An upgradable guard of spin keeps new readers out, and asks no reader.
        (LockMode::Upgradable, LockMode::Shared) if spins => Some(Confidence::Likely),
        (LockMode::Shared, LockMode::Upgradable) if spins => None,
        // Readers come in beside an upgradable guard, which lets no writer ask for the lock.
        (LockMode::Upgradable, LockMode::Shared) => None,
        // The two get along, until a writer waits for the reader, and the other behind the writer.
        (LockMode::Shared, LockMode::Upgradable) => Some(Confidence::Possible),
        _ if waiting.upgrades && held != LockMode::Shared => None,
        _ => Some(Confidence::Likely),
    }
}

/// Whether who asks for a shared guard waits for a reader all the same: behind a writer that waits for it.
fn is_behind_writers(waiting: &Edge<'_>) -> bool {
    let asked = &waiting.second;
    let analysis = waiting.function.file.analysis;
    let is_queue = !asked.recursive && asked.class != GuardClass::Spinning;
    is_queue && asked.lock.decl.as_ref().is_some_and(|it| writers(analysis, it).next().is_some())
}

impl Edge<'_> {
    /// Whether another order is of the same two locks by their declarations: no handle has to be traced for it.
    fn is_opposite(&self, other: &Edge<'_>) -> bool {
        let is_same = |one: &Acquire, it: &Acquire| {
            let (one_decl, decl) = (declared_node(&self.function, one), declared_node(&other.function, it));
            one_decl.is_some() && one_decl == decl && one.lock.role == it.lock.role
        };
        is_same(&self.first.acquire, &other.second) && is_same(&self.second, &other.first.acquire)
    }

    /// Whether more than one run can get to the function.
    pub(crate) fn is_free(&self) -> bool {
        let analysis = self.function.file.analysis;
        *self.is_free.get_or_init(|| is_entered_freely(analysis, self.function.id))
    }

    /// Whether both sides only run where a value is had that one lock gives to one at a time.
    pub(crate) fn is_in_turn_with(&self, other: &Edge<'_>) -> bool {
        let analysis = self.function.file.analysis;
        let is_given = |it: &Context| it.1 && analysis.is_locked_away(it.0);
        self.contexts().iter().filter(|it| is_given(it)).any(|it| other.contexts().contains(it))
    }

    /// Whether one of the locks is in what another lock gives to one at a time.
    pub(crate) fn is_locked_away(&self) -> bool {
        let analysis = self.function.file.analysis;
        let is_away = |it: &Acquire| matches!(it.lock.decl, Some(Decl::Field(owner, _)) if analysis.is_locked_away(owner));
        is_away(&self.first.acquire) || is_away(&self.second)
    }

    /// Whether the lock that is held is declared before the one that is taken.
    pub(crate) fn is_forward(&self) -> bool {
        declared_node(&self.function, &self.first.acquire) <= declared_node(&self.function, &self.second)
    }

    /// The other locks that are held then, here or by every caller.
    fn all_gates(&self) -> &[Gate] {
        self.all_gates.get_or_init(|| {
            let outer = gates::around(self.function.file.analysis, self.function.id);
            let is_other = |it: &Gate| Some(&it.0) != self.first.acquire.lock.decl.as_ref();
            self.gates.iter().cloned().chain(outer.into_iter().filter(is_other)).collect()
        })
    }

    /// What the function is lent, itself or by every caller.
    fn contexts(&self) -> &[Context] {
        self.contexts.get_or_init(|| contexts(self.function.file.analysis, self.function.id))
    }

    /// The types that have the two locks, where both are in fields.
    fn owners(&self) -> Vec<AdtId> {
        let locks = [&self.first.acquire.lock, &self.second.lock].into_iter();
        let owner = |decl: &Decl| match decl {
            Decl::Field(owner, _) => Some(*owner),
            Decl::Static(_) => None,
        };
        locks.filter_map(|it| it.decl.as_ref().and_then(owner)).collect()
    }

    /// What the function is lent that the other side may need too, and whether by `&mut`.
    fn borrows(&self) -> Vec<Had<Borrowed>> {
        let model = self.function.model();
        let sig = model.signature(self.function.id);
        let mut borrows = Vec::new();
        if let Some(ty @ Ty::Adt(id, _)) = &sig.self_ty
            && !is_cloned(model, *id, ty)
        {
            match sig.self_kind {
                Some(SelfKind::RefMut) => borrows.push((Borrowed::Own(*id), true)),
                // Another value of the type has other locks, unless they are its own.
                Some(SelfKind::Ref) if self.is_of_self() => borrows.push((Borrowed::Own(*id), false)),
                _ => {}
            }
        }
        let contexts = sig.params.iter().filter_map(|it| match it {
            Ty::Ref(Mutability::Mut, inner) => match &**inner {
                Ty::Param(name) if self.is_context(name) => Some((Borrowed::Context(name.clone()), true)),
                _ => None,
            },
            _ => None,
        });
        borrows.extend(contexts);
        borrows
    }

    /// Whether a type parameter is bound by a trait of the workspace: a writer or an iterator is any caller's own.
    fn is_context(&self, param: &Name) -> bool {
        let model = self.function.model();
        let scope = model.fn_scope(self.function.id);
        scope.bounds(param).any(|it| model.is_own_trait(it, &scope))
    }

    /// Whether both locks are reached from `self`.
    fn is_of_self(&self) -> bool {
        let mut locks = [&self.first.acquire.lock, &self.second.lock].into_iter();
        locks.all(|it| it.place.root == Root::SelfValue)
    }

    /// Through how many calls the second lock is taken.
    pub(crate) fn hops(&self) -> usize {
        self.happening.chain.len()
    }
}
