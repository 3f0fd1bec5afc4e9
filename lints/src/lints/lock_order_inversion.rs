//! Two locks are taken in one order here and in the opposite order elsewhere.
//!
//! ## Why
//!
//! One thread holds the first lock and asks for the second, another holds the second and asks for the first: each waits
//! for the other, and neither can go on. Each function is right for itself, so no review of one of them shows it, and it
//! takes two threads at the wrong moment, so no test does. A lock that a called function takes counts as taken here.
//!
//! It comes from services with two tables that lead to each other, users and sessions, accounts and journal, where each function locks
//! first what it has the key of.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::Mutex;
//!
//! struct Bank {
//!     accounts: Mutex<HashMap<u64, i64>>,
//!     journal: Mutex<Vec<(u64, i64)>>,
//! }
//!
//! impl Bank {
//!     fn deposit(&self, id: u64, amount: i64) {
//!         let mut accounts = self.accounts.lock().unwrap();
//!         *accounts.entry(id).or_insert(0) += amount;
//!         self.journal.lock().unwrap().push((id, amount));
//!     }
//!
//!     fn replay(&self) {
//!         let journal = self.journal.lock().unwrap();
//!         let mut accounts = self.accounts.lock().unwrap();
//!         for (id, amount) in journal.iter() {
//!             *accounts.entry(*id).or_insert(0) += amount;
//!         }
//!     }
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::Mutex;
//!
//! struct Bank {
//!     accounts: Mutex<HashMap<u64, i64>>,
//!     journal: Mutex<Vec<(u64, i64)>>,
//! }
//!
//! impl Bank {
//!     fn deposit(&self, id: u64, amount: i64) {
//!         *self.accounts.lock().unwrap().entry(id).or_insert(0) += amount;
//!         self.journal.lock().unwrap().push((id, amount));
//!     }
//!
//!     fn replay(&self) {
//!         let journal = self.journal.lock().unwrap();
//!         let mut accounts = self.accounts.lock().unwrap();
//!         for (id, amount) in journal.iter() {
//!             *accounts.entry(*id).or_insert(0) += amount;
//!         }
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! Let the first guard end before the second lock is taken, or take both in one order everywhere. Where both must be held
//! at once, one lock around both values says so in the type. An order that is meant, and that something else makes safe,
//! is named in `safe-map-lint.toml` under `[[lock-order]]`, with its reason.
//! Two entries of one map are changed together by `safe_map::ShardedMap::update_pair`, which locks in one order
//! whatever the order of the keys. Two maps can still be nested: checked builds of `safe-map` panic on the second order and name both places.
//!
//! ## Limits
//!
//! A lock is known by its declaration: a field of a type, or a static. Two objects of one type are not told apart, so
//! two locks of two objects that never meet can be reported. Handles that are given on, to fields and parameters, are
//! followed to where they come from; what has no name, the values of a map of locks, is known by the type that the lock
//! is around. Orders found by either are `possible`. A lock inside a generic wrapper of the workspace's own is that of
//! the field which has the wrapper, and left alone where that field is not known. Two readers are `possible` where a
//! writer may wait between them, and silent where none does. Silent are attempts that give up, pairs below a third lock
//! that both sides hold and one of them alone, pairs of which both sides need one value and one of them a `&mut` of it,
//! locks of a value that the function has just made, and pairs of which one side upgrades what the other cannot have
//! meanwhile. An inversion is `likely` where each side takes its locks on every run and runs of their own get to both: two threads,
//! or whoever calls from outside; and where the locks are in a value that several are seen to have (`Arc`), or in a static, and one
//! side is a method with `&self`. All others are `possible`, also those in a library that lies beside a program (`src/main.rs`) which
//! never gets to one of the two. Who asks for an upgradable guard waits for a reader only while a writer waits, too: that is `possible`.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use safe_map_analysis::Analysis;
use safe_map_analysis::facts::SelfKind;
use safe_map_analysis::flow::Acquire;
use safe_map_analysis::source::FileId;
use safe_map_analysis::span::Span;

use crate::contended::{is_lent_from_outside, is_seen_shared};
use crate::identity::is_of_content;
use crate::orders::{Edge, Traced, block};
use crate::story::{
    acquire_label, called, chain_labels, declaration_label, finding, here, lock_name, lock_path,
};
use crate::{Check, Confidence, Finding, Group, Label, Level, Lint, Role, Step as Turn};

pub(crate) static LINT: Lint = Lint {
    name: "lock_order_inversion",
    group: Group::Deadlock,
    level: Level::Warn,
    has_fix: false,
    merges_sites: false,
    source: include_str!("lock_order_inversion.rs"),
    check: Check::Workspace(check),
};

fn check(analysis: &Analysis, out: &mut Vec<Finding>) {
    let traced = Traced::new(analysis);
    let mut inversions: Vec<Inversion<'_, '_>> = traced
        .orders
        .iter()
        .filter(|((first, second), _)| first < second)
        .filter_map(|((first, second), edges)| {
            let opposite = traced.orders.get(&(second.clone(), first.clone()))?;
            let by_content = is_of_content(first) || is_of_content(second);
            inversion(edges, opposite, &|edge, other| traced.may_meet(edge, other, by_content))
        })
        .collect();
    inversions.sort_by_key(Inversion::rank);
    // Two locks can be the same ones by where they come from and by what they are around.
    let mut seen = BTreeSet::new();
    inversions.retain(|it| seen.insert(it.places()));
    out.extend(inversions.iter().map(report));
}

/// Two locks that are taken in both orders.
struct Inversion<'a, 'b> {
    edge: &'b Edge<'a>,
    other: &'b Edge<'a>,
    confidence: Confidence,
}

impl Inversion<'_, '_> {
    /// The surest first, and of those the ones through the fewest calls.
    fn rank(&self) -> (Reverse<Confidence>, usize) {
        (Reverse(self.confidence), self.edge.hops() + self.other.hops())
    }

    /// Where the two second locks are taken.
    fn places(&self) -> BTreeSet<(FileId, Span)> {
        let place = |it: &Edge<'_>| (it.function.file.id, it.happening.event.span);
        BTreeSet::from([place(self.edge), place(self.other)])
    }
}

/// The pair of places that tells best how two locks are taken in both orders.
fn inversion<'a, 'b>(
    edges: &'b [Edge<'a>],
    opposite: &'b [Edge<'a>],
    may_meet: &dyn Fn(&Edge<'a>, &Edge<'a>) -> bool,
) -> Option<Inversion<'a, 'b>> {
    let pairs = edges.iter().flat_map(|edge| opposite.iter().map(move |other| (edge, other)));
    let pairs = pairs.filter(|(edge, other)| may_meet(edge, other));
    let blocking = pairs.filter_map(|(edge, other)| {
        let confidence = block(edge, other)?.min(evidence(edge, other));
        let (edge, other) = if edge.is_forward() { (edge, other) } else { (other, edge) };
        Some(Inversion { edge, other, confidence })
    });
    blocking.min_by_key(Inversion::rank)
}

/// How much speaks for two threads that meet: likely where each side does what it does on every run, runs of its own can get
/// to it, and both are seen to have the same locks.
fn evidence(edge: &Edge<'_>, other: &Edge<'_>) -> Confidence {
    let is_unused = |it: &Edge<'_>| it.function.file.analysis.is_unused(it.function.id);
    let is_plain = |it: &Edge<'_>| it.happening.is_sure && it.is_free() && !is_unused(it);
    let is_two = edge.function.id != other.function.id && have_the_same(edge, other);
    match is_two && is_plain(edge) && is_plain(other) && !edge.is_in_turn_with(other) {
        true => Confidence::Likely,
        false => Confidence::Possible,
    }
}

/// Whether one of the locks is in a static, or in a value that several are seen to have at once, and one side at least is a
/// method that has its value as `&self`: what two functions are handed need not be the same, and free functions are more often
/// steps of one program than two of its threads.
fn have_the_same(edge: &Edge<'_>, other: &Edge<'_>) -> bool {
    let sides = [edge, other];
    let mut locks = sides.into_iter().flat_map(|it| [(it, &it.first.acquire), (it, &it.second)]);
    let kinds = sides.map(|it| it.function.model().signature(it.function.id).self_kind);
    let has_alone = |it: &Option<SelfKind>| matches!(it, Some(SelfKind::RefMut | SelfKind::Value));
    let is_seen = |it: &Edge<'_>, lock: &Acquire| {
        is_seen_shared(&it.function, lock) || is_lent_from_outside(&it.function, lock)
    };
    kinds.contains(&Some(SelfKind::Ref))
        && !kinds.iter().any(has_alone)
        && !sides.into_iter().any(Edge::is_locked_away)
        && locks.any(|(it, lock)| is_seen(it, lock))
}

impl Edge<'_> {
    /// What another thread does.
    fn other_side(&self) -> Vec<Label> {
        let held = Label {
            role: Role::OtherSide,
            place: here(&self.function, self.first.acquire.span),
            message: format!("elsewhere {} is taken first", lock_name(&self.function, &self.first.acquire)),
        };
        let taken = Label {
            role: Role::OtherSide,
            place: here(&self.function, self.happening.event.span),
            message: format!(
                "and {} while it is held{}",
                lock_name(&self.function, &self.second),
                self.through()
            ),
        };
        vec![held, taken]
    }

    /// ` by callee`, where the second lock is taken in one.
    fn through(&self) -> String {
        called(&self.function, &self.happening).map(|it| format!(", by `{it}`")).unwrap_or_default()
    }

    fn turn(&self, thread: char, is_first: bool) -> Turn {
        let (acquire, verb) = match is_first {
            true => (&self.first.acquire, "takes"),
            false => (&self.second, "waits for"),
        };
        let span = if is_first { acquire.span } else { self.happening.event.span };
        Turn {
            thread,
            message: format!("{verb} {}", lock_name(&self.function, acquire)),
            place: here(&self.function, span),
        }
    }
}

fn report(inversion: &Inversion<'_, '_>) -> Finding {
    let (edge, other, confidence) = (inversion.edge, inversion.other, inversion.confidence);
    let function = &edge.function;
    let (first, second) = (lock_name(function, &edge.first.acquire), lock_name(function, &edge.second));
    let message =
        format!("{second} is taken{} while {first} is held, elsewhere the other way round", edge.through());
    let mut finding = finding(function, LINT.name, edge.happening.event.span, message);
    finding.confidence = confidence;
    finding.lock = lock_path(function, &edge.second);
    finding.labels.push(acquire_label(function, &edge.first));
    finding.labels.extend(chain_labels(function, &edge.happening, &format!("{second} is taken here")));
    finding.labels.extend(other.other_side());
    finding.labels.extend(declaration_label(function, &edge.second));
    finding.note = format!(
        "this can deadlock when two threads meet: one holds {first} and waits for {second}, the other holds {second} and \
         waits for {first}"
    );
    finding.help = format!(
        "let the guard of {first} end before {second} is taken, or take both in one order everywhere; a \
         `safe_map::ShardedMap` hands out no guard that could be held over another lock"
    );
    finding.interleaving =
        vec![edge.turn('A', true), other.turn('B', true), edge.turn('A', false), other.turn('B', false)];
    finding
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::Confidence;
    use crate::testing::{check, found};

    #[test]
    fn methods_that_have_their_owner_alone_do_not_meet() {
        check(
            &LINT,
            "
use std::sync::{Arc, Mutex};
struct Vm { cpus: Arc<Mutex<u32>>, devices: Arc<Mutex<u32>> }
impl Vm {
    fn boot(&mut self) { let mut g = self.cpus.lock().unwrap(); *g += *self.devices.lock().unwrap(); }
    fn halt(&mut self) { let mut g = self.devices.lock().unwrap(); *g += *self.cpus.lock().unwrap(); }
}
",
        );
    }

    #[test]
    fn a_third_lock_that_one_side_has_alone_keeps_them_apart() {
        check(
            &LINT,
            "
use std::sync::{Mutex, RwLock};
struct Graph { all: RwLock<()>, nodes: Mutex<u32>, edges: Mutex<u32> }
impl Graph {
    fn read(&self) { let all = self.all.read(); let n = self.nodes.lock(); self.edges.lock(); }
    fn write(&self) { let all = self.all.write(); let e = self.edges.lock(); self.nodes.lock(); }
}
",
        );
    }

    #[test]
    fn a_context_that_a_framework_lends_to_one_at_a_time() {
        check(
            &LINT,
            "
use std::sync::{Arc, Mutex};
#[derive(Clone)]
struct Keyboard { keys: Arc<Mutex<u32>>, seat: Arc<Mutex<u32>> }
trait Seats {}
impl Keyboard {
    fn press<D: Seats>(&self, data: &mut D) { let k = self.keys.lock(); self.seat.lock(); }
    fn bind<D: Seats>(&self, data: &mut D) { let s = self.seat.lock(); self.keys.lock(); }
}
",
        );
    }

    #[test]
    fn an_attempt_is_no_gate_and_a_writer_no_context() {
        let text = "
use std::{io::Write, sync::{Arc, Mutex}};
struct Bank { gate: Mutex<()>, a: Mutex<u32>, b: Mutex<u32> }
impl Bank {
    fn ab(&self) { let t = self.gate.try_lock(); let a = self.a.lock(); self.b.lock(); }
    fn ba(&self) { let t = self.gate.try_lock(); let b = self.b.lock(); self.a.lock(); }
}
struct Log { c: Mutex<u32>, d: Mutex<u32> }
impl Log {
    fn cd<W: Write>(&self, out: &mut W) { let c = self.c.lock(); self.d.lock(); }
    fn dc<W: Write>(&self, out: &mut W) { let d = self.d.lock(); self.c.lock(); }
}
struct Pair { e: Arc<Mutex<u32>>, f: Arc<Mutex<u32>> }
fn ef(e: Arc<Mutex<u32>>, f: Arc<Mutex<u32>>) { let p = Pair { e, f }; let e = p.e.lock(); p.f.lock(); }
impl Pair { fn fe(&self) { let f = self.f.lock(); self.e.lock(); } }
";
        assert_eq!(found(&LINT, text).len(), 3);
    }

    #[test]
    fn what_a_function_has_just_made_is_no_other_thread_s() {
        check(
            &LINT,
            "
use std::sync::Mutex;
struct Store { cache: Mutex<u32>, log: Mutex<u32> }
impl Store {
    fn new() -> Store { Store { cache: Mutex::new(0), log: Mutex::new(0) } }
    fn copy(&self) -> Store {
        let new = Store::new();
        let log = self.log.lock();
        *new.cache.lock().unwrap() = 1;
        new
    }
    fn add(&self) { let c = self.cache.lock(); self.log.lock(); }
}
",
        );
    }

    #[test]
    fn two_functions_in_opposite_orders() {
        check(
            &LINT,
            "
use std::sync::Mutex;
struct Bank { accounts: Mutex<u64>, journal: Mutex<u64> }
//                                  ------- declaration: declared here
impl Bank {
    fn deposit(&self) {
        let accounts = self.accounts.lock().unwrap();
//                     -------------------- acquire: held by `accounts`
        self.journal.lock().unwrap();
//      ^^^^^^^^^^^^^^^^^^^ lock_order_inversion
    }
    fn replay(&self) {
        let journal = self.journal.lock().unwrap();
//                    ------------------- other_side: elsewhere `journal` is taken first
        self.accounts.lock().unwrap();
//      -------------------- other_side: and `accounts` while it is held
    }
}
",
        );
    }

    #[test]
    fn through_a_call_and_told_as_an_interleaving() {
        let text = "
use std::sync::Mutex;
struct Bank { accounts: Mutex<u64>, journal: Mutex<u64> }
impl Bank {
    fn deposit(&self) { let a = self.accounts.lock().unwrap(); self.note(); drop(a); }
    fn note(&self) { *self.journal.lock().unwrap() += 1; }
    fn replay(&self) { let j = self.journal.lock().unwrap(); self.accounts.lock().unwrap(); drop(j); }
}
";
        let found = found(&LINT, text);
        assert_eq!(found.len(), 1);
        let steps: Vec<String> =
            found[0].interleaving.iter().map(|it| format!("{}: {}", it.thread, it.message)).collect();
        assert_eq!(
            steps,
            [
                "A: takes `accounts`",
                "B: takes `journal`",
                "A: waits for `journal`",
                "B: waits for `accounts`"
            ]
        );
        assert!(found[0].message.contains("by `Bank::note`"), "{}", found[0].message);
    }

    #[test]
    fn a_third_lock_that_both_hold_keeps_them_apart() {
        check(
            &LINT,
            "
use std::sync::Mutex;
struct Bank { gate: Mutex<()>, accounts: Mutex<u64>, journal: Mutex<u64> }
impl Bank {
    fn deposit(&self) {
        let gate = self.gate.lock().unwrap();
        let accounts = self.accounts.lock().unwrap();
        self.journal.lock().unwrap();
    }
    fn replay(&self) {
        let gate = self.gate.lock().unwrap();
        let journal = self.journal.lock().unwrap();
        self.accounts.lock().unwrap();
    }
}
",
        );
    }

    #[test]
    fn shared_acquires_and_attempts_do_not_wait_for_each_other() {
        check(
            &LINT,
            "
use parking_lot::RwLock;
struct Bank { accounts: RwLock<u64>, journal: RwLock<u64>, audit: RwLock<u64> }
impl Bank {
    fn deposit(&self) { let a = self.accounts.read(); self.journal.read(); drop(a); }
    fn replay(&self) { let j = self.journal.read(); self.accounts.read(); drop(j); }
    fn look(&self) { let a = self.audit.write(); let j = self.journal.try_write(); drop((a, j)); }
    fn list(&self) { let j = self.journal.write(); self.audit.write(); drop(j); }
}
",
        );
    }

    #[test]
    fn an_upgrade_does_not_wait_for_another_upgradable_guard() {
        check(
            &LINT,
            "
use parking_lot::{Mutex, RwLock, RwLockUpgradableReadGuard as Upgradable};
struct Bank { accounts: RwLock<u64>, journal: Mutex<u64>, audit: RwLock<u64> }
impl Bank {
    fn deposit(&self) {
        let accounts = self.accounts.upgradable_read();
        let journal = self.journal.lock();
        let accounts = Upgradable::upgrade(accounts);
    }
    fn check(&self) {
        let audit = self.audit.upgradable_read();
        self.journal.lock();
//      ^^^^^^^^^^^^^^^^^^^ lock_order_inversion
    }
    fn replay(&self) {
        let journal = self.journal.lock();
        self.audit.write();
    }
}
",
        );
    }

    #[test]
    fn an_upgrade_waits_for_the_readers() {
        check(
            &LINT,
            "
use parking_lot::{Mutex, RwLock, RwLockUpgradableReadGuard as Upgradable};
struct Bank { accounts: RwLock<u64>, journal: Mutex<u64> }
impl Bank {
    fn deposit(&self) {
        let accounts = self.accounts.upgradable_read();
        let journal = self.journal.lock();
        let accounts = Upgradable::upgrade(accounts);
    }
    fn list(&self) {
        let accounts = self.accounts.read();
        self.journal.lock();
//      ^^^^^^^^^^^^^^^^^^^ lock_order_inversion
    }
}
",
        );
    }

    #[test]
    fn a_reader_and_an_upgradable_guard_need_a_writer_to_meet() {
        let text = "
use LOCKS::{Mutex, RwLock};
struct Bank { accounts: RwLock<u64>, journal: Mutex<u64> }
impl Bank {
    fn deposit(&self) { let a = self.accounts.FIRST(); self.journal.lock(); drop(a); }
    fn replay(&self) { let j = self.journal.lock(); self.accounts.SECOND(); drop(j); }
}
";
        let confidence = |locks: &str, first: &str, second: &str| {
            let text = text.replace("LOCKS", locks).replace("FIRST", first).replace("SECOND", second);
            found(&LINT, &text).first().map(|it| it.confidence)
        };
        let (possible, likely) = (Some(Confidence::Possible), Some(Confidence::Likely));
        assert_eq!(confidence("parking_lot", "upgradable_read", "read"), None);
        assert_eq!(confidence("parking_lot", "read", "upgradable_read"), possible);
        assert_eq!(confidence("parking_lot", "upgradable_read", "upgradable_read"), likely);
        assert_eq!(confidence("parking_lot", "upgradable_read", "write"), likely);
        assert_eq!(confidence("parking_lot", "read", "read"), None);
        assert_eq!(confidence("spin", "upgradeable_read", "read"), likely);
        assert_eq!(confidence("spin", "read", "upgradeable_read"), None);
    }

    #[test]
    fn a_lock_in_a_wrapper_is_the_field_that_has_it() {
        check(
            &LINT,
            "
use std::sync::Mutex;
struct Lock<T>(Mutex<T>);
impl<T> Lock<T> { fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R { f(&self.0.lock().unwrap()) } }
struct Bank { accounts: Lock<u64>, audit: Lock<u64>, journal: Mutex<u64> }
impl Bank {
    fn deposit(&self) { self.accounts.with(|_| drop(self.journal.lock())); }
//                                                  ^^^^^^^^^^^^^^^^^^^ lock_order_inversion
    fn replay(&self) { let j = self.journal.lock().unwrap(); self.accounts.with(|_| ()); drop(j); }
//                                                           -------------------------- other_side: and `accounts` while it is held
}
",
        );
    }

    #[test]
    fn wrappers_in_different_fields_are_different_locks() {
        check(
            &LINT,
            "
use std::sync::Mutex;
struct Lock<T>(Mutex<T>);
impl<T> Lock<T> { fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R { f(&self.0.lock().unwrap()) } }
struct Bank { accounts: Lock<u64>, audit: Lock<u64>, journal: Mutex<u64> }
impl Bank {
    fn deposit(&self) { self.accounts.with(|_| drop(self.journal.lock())); }
    fn replay(&self) { let j = self.journal.lock().unwrap(); self.audit.with(|_| ()); drop(j); }
}
fn deposit(accounts: &Lock<u64>, journal: &Lock<Vec<u64>>) { accounts.with(|_| journal.with(|_| ())); }
fn replay(accounts: &Lock<u64>, journal: &Lock<Vec<u64>>) { journal.with(|_| accounts.with(|_| ())); }
",
        );
    }

    #[test]
    fn locks_of_a_generic_struct() {
        let text = "
use std::collections::HashMap;
use std::sync::Mutex;
struct Cache<K, V> { map: Mutex<HashMap<K, V>>, age: Mutex<Vec<K>> }
impl<K, V> Cache<K, V> {
    fn get(&self) { let map = self.map.lock(); drop(self.age.lock()); }
    fn evict(&self) { let age = self.age.lock(); drop(self.map.lock()); }
}
struct Service { users: Cache<u32, String>, log: Mutex<u32> }
impl Service {
    fn look(&self) { let log = self.log.lock(); self.users.get(); }
    fn note(&self) { let users = self.users.map.lock(); drop(self.log.lock()); }
}
";
        assert_eq!(found(&LINT, text).len(), 2);
    }

    #[test]
    fn locks_of_two_values_of_a_generic_struct() {
        check(
            &LINT,
            "
use std::collections::HashMap;
use std::sync::Mutex;
static LOG: Mutex<u32> = Mutex::new(0);
struct Cache<K, V> { map: Mutex<HashMap<K, V>> }
impl<K, V> Cache<K, V> {
    fn get(&self) { let map = self.map.lock(); drop(LOG.lock()); }
    fn len(&self) -> usize { self.map.lock().unwrap().len() }
}
struct Service { users: Cache<u32, String>, rooms: Cache<u32, String> }
impl Service {
    fn look(&self) { self.users.get(); }
    fn note(&self) { let log = LOG.lock(); self.rooms.len(); }
}
",
        );
    }

    #[test]
    fn a_guard_that_an_accessor_hands_out_in_a_struct_of_its_own_on_one_way() {
        check(
            &LINT,
            "
use std::sync::{Mutex, MutexGuard};
struct View<'a> { guard: MutexGuard<'a, u32> }
struct Store { cache: Mutex<u32>, log: Mutex<u32> }
impl Store {
    fn view(&self) -> Option<View<'_>> {
        let guard = self.cache.lock().unwrap();
        if *guard > 0 { Some(View { guard }) } else { None }
    }
    fn add(&self) {
        let Some(view) = self.view() else { return };
        self.log.lock().unwrap();
//      ^^^^^^^^^^^^^^^ lock_order_inversion
    }
    fn trim(&self) { let log = self.log.lock(); self.cache.lock().unwrap(); }
}
",
        );
    }

    #[test]
    fn locks_around_values_of_one_type_may_be_one() {
        let text = "
use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock, Weak};
trait Device { fn step(&mut self); }
struct Disk(u32);
impl Device for Disk { fn step(&mut self) {} }
#[derive(Default)]
struct Bus { devices: RwLock<HashMap<u64, Weak<Mutex<dyn Device>>>> }
impl Bus {
    fn insert(&self, device: Arc<Mutex<dyn Device>>) { self.devices.write().unwrap().insert(1, Arc::downgrade(&device)); }
    fn step(&self) {
        let devices = self.devices.read().unwrap();
        let Some(device) = devices.get(&1).and_then(|it| it.upgrade()) else { return };
        device.lock().unwrap().step();
    }
}
struct Vm { bus: Bus }
impl Vm {
    fn attach(&self, disk: &Arc<Mutex<Disk>>) {
        let locked = disk.lock().unwrap();
        self.bus.insert(disk.clone());
    }
}
";
        let found = found(&LINT, text);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].confidence, Confidence::Possible);
    }

    #[test]
    fn locks_around_values_of_one_type_in_two_fields_are_two() {
        check(
            &LINT,
            "
use std::sync::{Arc, Mutex};
struct Stats(u32);
struct Engine { reads: Arc<Mutex<Stats>>, writes: Arc<Mutex<Stats>>, log: Mutex<u32> }
impl Engine {
    fn read(&self) { let reads = self.reads.lock(); drop(self.log.lock()); }
    fn write(&self) { let log = self.log.lock(); drop(self.writes.lock()); }
}
",
        );
    }

    #[test]
    fn a_reader_waits_behind_a_writer_that_waits() {
        let text = "
use std::sync::{Mutex, RwLock};
struct Bank { accounts: RwLock<u64>, journal: Mutex<u64>, audit: RwLock<u64> }
impl Bank {
    fn deposit(&self) { let a = self.accounts.read(); drop(self.journal.lock()); }
    fn replay(&self) { let j = self.journal.lock(); drop(self.accounts.read()); }
    fn clear(&self) { *self.accounts.write().unwrap() = 0; }
    fn look(&self) { let a = self.audit.read(); drop(self.journal.lock()); }
    fn list(&self) { let j = self.journal.lock(); drop(self.audit.read()); }
}
";
        let found = found(&LINT, text);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].confidence, Confidence::Possible);
    }

    #[test]
    fn a_lock_that_the_workspace_makes_itself() {
        check(
            &LINT,
            "
use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::AtomicBool;
pub struct SpinLock<T: ?Sized> { lock: AtomicBool, val: UnsafeCell<T> }
pub struct Guard_<T: ?Sized, R: Deref<Target = SpinLock<T>>> { lock: R }
pub type Guard<'a, T> = Guard_<T, &'a SpinLock<T>>;
impl<T: ?Sized> SpinLock<T> {
    pub fn lock_irq(&self) -> Guard<T> { self.acquire(); Guard_ { lock: self } }
    pub fn try_lock(&self) -> Option<Guard<T>> { Some(Guard_ { lock: self }) }
    fn acquire(&self) {}
}
impl<T: ?Sized, R: Deref<Target = SpinLock<T>>> Deref for Guard_<T, R> {
    type Target = T;
    fn deref(&self) -> &T { unsafe { &*self.lock.val.get() } }
}
impl<T: ?Sized, R: Deref<Target = SpinLock<T>>> DerefMut for Guard_<T, R> {
    fn deref_mut(&mut self) -> &mut T { unsafe { &mut *self.lock.val.get() } }
}
impl<T: ?Sized, R: Deref<Target = SpinLock<T>>> Drop for Guard_<T, R> { fn drop(&mut self) {} }

struct Iface { interface: SpinLock<u32>, sockets: SpinLock<Vec<u32>>, waits: SpinLock<u32> }
impl Iface {
    fn interface(&self) -> Guard<u32> { self.interface.lock_irq() }
    fn sockets(&self) -> Guard<Vec<u32>> { self.sockets.lock_irq() }
    fn poll(&self) {
        let interface = self.interface.lock_irq();
        let sockets = self.sockets.lock_irq();
//                    ^^^^^^^^^^^^^^^^^^^^^^^ lock_order_inversion
        drop(sockets);
        self.waits.lock_irq();
    }
    fn send(&self) {
        let sockets = self.sockets();
        let interface = self.interface();
    }
    fn stop(&self) {
        let waits = self.waits.lock_irq();
        if let Some(interface) = self.interface.try_lock() { work(); }
    }
}
fn work() {}
",
        );
    }

    #[test]
    fn a_cell_that_is_filled_once_is_not_the_lock_in_it() {
        check(
            &LINT,
            "
use std::sync::{OnceLock, RwLock};
fn agents() -> &'static RwLock<Vec<u32>> {
    static AGENTS: OnceLock<RwLock<Vec<u32>>> = OnceLock::new();
    AGENTS.get_or_init(|| RwLock::new(vec![]))
}
fn selected() -> &'static RwLock<usize> {
    static SELECTED: OnceLock<RwLock<usize>> = OnceLock::new();
    SELECTED.get_or_init(|| RwLock::new(0))
}
fn down() {
    let mut selected = selected().write().unwrap();
    *selected += agents().read().unwrap().len();
}
fn draw() {
    let agents = agents().read().unwrap();
    work(*selected().read().unwrap());
}
fn work(_: usize) {}
",
        );
    }

    #[test]
    fn two_locks_in_the_order_of_their_keys() {
        check(
            &LINT,
            "
use std::sync::Mutex;
struct Bucket(u32);
fn both(first: &Mutex<Bucket>, second: &Mutex<Bucket>, is_ordered: bool) {
    if is_ordered {
        let x = first.lock();
        let y = second.lock();
    } else {
        let y = second.lock();
        let x = first.lock();
    }
}
",
        );
    }

    #[test]
    fn helpers_that_are_given_the_lock() {
        let text = "
use parking_lot::{Mutex, MutexGuard, RwLock, RwLockWriteGuard};
struct Writing<'a, P, D> { data: D, guard: RwLockWriteGuard<'a, P> }
impl<'a, P, D> Writing<'a, P, D> {
    fn new(data: D, lock: &'a RwLock<P>) -> Self { let guard = lock.write(); Self { data, guard } }
}
struct Chunk(u32);
#[derive(Clone)]
struct Handle { chunk: std::sync::Arc<RwLock<Chunk>> }
impl Handle { fn write(&self) -> Writing<'_, Chunk, Self> { Writing::new(self.clone(), self.chunk.as_ref()) } }
trait Safe<T> { fn safe(&self) -> MutexGuard<'_, T>; }
impl<T> Safe<T> for Mutex<T> { fn safe(&self) -> MutexGuard<'_, T> { self.lock() } }
struct Table { rows: Mutex<u32> }
impl Table {
    fn a(&self, chunk: &Handle) { let chunk = chunk.write(); let rows = self.rows.safe(); }
    fn b(&self, chunk: Handle) { let rows = self.rows.safe(); let chunk = chunk.write(); }
}
";
        assert_eq!(found(&LINT, text).len(), 1);
    }

    #[test]
    fn handles_that_two_structs_are_given_are_one_lock() {
        let text = "
use std::sync::{Arc, Mutex};
struct Engine { jobs: Arc<Mutex<u32>>, log: Arc<Mutex<u32>>, worker: Worker }
struct Worker { queue: Arc<Mutex<u32>>, out: Arc<Mutex<u32>> }
impl Worker {
    fn new(queue: Arc<Mutex<u32>>, out: Arc<Mutex<u32>>) -> Worker { Worker { queue, out } }
    fn work(&self) {
        let queue = self.queue.lock();
        *self.out.lock().unwrap() += 1;
    }
}
impl Engine {
    fn new() -> Self {
        let jobs = Arc::new(Mutex::new(0));
        let log = Arc::new(Mutex::new(0));
        let worker = Worker::new(Arc::clone(&jobs), log.clone());
        Engine { jobs, log, worker }
    }
    fn report(&self) {
        let log = self.log.lock();
        *self.jobs.lock().unwrap() += 1;
    }
}
";
        let found = found(&LINT, text);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].confidence, Confidence::Possible);
    }

    #[test]
    fn parameters_that_are_given_the_same_handles() {
        let text = "
use std::sync::{Arc, Mutex};
fn start() {
    let known = Arc::new(Mutex::new(0));
    let paths = Arc::new(Mutex::new(0));
    std::thread::spawn({ let (known, paths) = (known.clone(), paths.clone()); move || watch(known, paths) });
    listen(known, paths);
}
fn watch(known: Arc<Mutex<u32>>, paths: Arc<Mutex<u32>>) {
    let known = known.lock().unwrap();
    *paths.lock().unwrap() += 1;
}
fn listen(known: Arc<Mutex<u32>>, paths: Arc<Mutex<u32>>) {
    on_event(move || {
        let paths = paths.lock().unwrap();
        *known.lock().unwrap() += 1;
    });
}
";
        assert_eq!(found(&LINT, text).len(), 1);
    }

    #[test]
    fn handles_of_their_own_are_different_locks() {
        check(
            &LINT,
            "
use std::sync::{Arc, Mutex};
struct Engine { jobs: Arc<Mutex<u32>>, log: Arc<Mutex<u32>>, worker: Worker }
struct Worker { queue: Arc<Mutex<u32>>, out: Arc<Mutex<u32>> }
impl Worker {
    fn work(&self) { let queue = self.queue.lock(); *self.out.lock().unwrap() += 1; }
}
impl Engine {
    fn new() -> Self {
        let jobs = Arc::new(Mutex::new(0));
        let log = Arc::new(Mutex::new(0));
        let worker = Worker { queue: Arc::new(Mutex::new(0)), out: log.clone() };
        Engine { jobs, log, worker }
    }
    fn report(&self) { let log = self.log.lock(); *self.jobs.lock().unwrap() += 1; }
}
fn add(from: &Mutex<u32>, to: &Mutex<u32>) { let from = from.lock(); *to.lock().unwrap() += 1; }
fn both(engine: &Engine) { add(&engine.jobs, &engine.log); add(&engine.log, &engine.worker.out); }
",
        );
    }

    #[test]
    fn a_lock_behind_an_accessor_and_one_beside_a_condvar() {
        check(
            &LINT,
            "
use std::sync::{Arc, Condvar, Mutex, OnceLock};
static GLOBAL: OnceLock<Mutex<u32>> = OnceLock::new();
fn global() -> Option<&'static Mutex<u32>> { GLOBAL.get() }
fn with_global<R>(f: impl FnOnce(&u32) -> R) -> R { let it = global().unwrap().lock().unwrap(); f(&it) }
struct Ping { pair: Arc<(Mutex<bool>, Condvar)> }
impl Ping {
    fn wait(&self) {
        let (stopped, condvar) = &*self.pair;
        let stopped = condvar.wait_while(stopped.lock().unwrap(), |it| !*it).unwrap();
        global().unwrap().lock().unwrap();
//      ^^^^^^^^^^^^^^^^^^^^^^^^ lock_order_inversion
    }
    fn stop(&self) {
        let pair = Arc::clone(&self.pair);
        with_global(|it| { let (stopped, _) = &*pair; *stopped.lock().unwrap() = true; });
    }
}
",
        );
    }

    #[test]
    fn a_map_that_is_borrowed_exclusively_has_no_other_thread() {
        check(
            &LINT,
            "
use std::sync::Mutex;
struct Bank { accounts: Mutex<u64>, journal: Mutex<u64> }
impl Bank {
    fn deposit(&self) { let a = self.accounts.lock().unwrap(); self.journal.lock().unwrap(); drop(a); }
    fn replay(&mut self) { let j = self.journal.lock().unwrap(); self.accounts.lock().unwrap(); drop(j); }
}
",
        );
    }

    #[test]
    fn likely_where_runs_of_their_own_get_to_both_sides() {
        let rated = |main: &str| {
            let text = format!(
                "
use std::sync::{{Arc, Mutex}};
struct Bank {{ accounts: Mutex<u64>, journal: Mutex<u64> }}
impl Bank {{
    fn deposit(&self) {{ let a = self.accounts.lock(); self.journal.lock(); }}
    fn replay(&self) {{ let j = self.journal.lock(); self.accounts.lock(); }}
}}
{main}
"
            );
            found(&LINT, &text).iter().map(|it| it.confidence).collect::<Vec<_>>()
        };
        assert_eq!(rated(""), [Confidence::Likely], "whoever has the crate may call both");
        let in_turn = "fn main() { let bank = Bank::new(); bank.deposit(); bank.replay(); }";
        assert_eq!(rated(in_turn), [Confidence::Possible]);
        let threads = "
fn main() {
    let bank = Arc::new(Bank::new());
    let (one, two) = (bank.clone(), bank.clone());
    std::thread::spawn(move || { one.deposit(); one.replay() });
    std::thread::spawn(move || { two.deposit(); two.replay() });
}";
        assert_eq!(rated(threads), [Confidence::Likely]);
        let one_thread = "fn main() { let bank = Arc::new(Bank::new()); std::thread::spawn(move || { bank.deposit(); bank.replay() }); }";
        assert_eq!(rated(one_thread), [Confidence::Possible]);
        let handler = "trait Handler { fn handle(&self); } impl Handler for Bank { fn handle(&self) { self.deposit(); self.replay() } } fn main() {}";
        assert_eq!(rated(handler), [Confidence::Likely]);
    }
}
