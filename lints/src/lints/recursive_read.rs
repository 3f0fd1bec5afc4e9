//! A lock is read again while this thread already reads it.
//!
//! ## Why
//!
//! Two readers do not keep each other out, so this works in every test. But the locks of std, parking_lot, tokio and
//! async-lock let a waiting writer go first, or may: when a writer asks between the two reads, it waits for the first guard,
//! the second read waits behind the writer, and the first guard is never dropped. It hangs the day that a write comes at
//! that moment. The second read is often in a function that is called under the first.
//!
//! It comes from accessors: a public method that reads is called by another one that reads already, often in a loop over the map.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::RwLock;
//!
//! struct Routes {
//!     by_name: RwLock<HashMap<String, u32>>,
//! }
//!
//! impl Routes {
//!     fn add(&self, name: String, weight: u32) {
//!         self.by_name.write().unwrap().insert(name, weight);
//!     }
//!
//!     fn total(&self) -> u32 {
//!         self.by_name.read().unwrap().values().sum()
//!     }
//!
//!     fn share(&self, name: &str) -> Option<u32> {
//!         let by_name = self.by_name.read().unwrap();
//!         let own = by_name.get(name)?;
//!         Some(own * 100 / self.total())
//!     }
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::RwLock;
//!
//! struct Routes {
//!     by_name: RwLock<HashMap<String, u32>>,
//! }
//!
//! impl Routes {
//!     fn total(by_name: &HashMap<String, u32>) -> u32 {
//!         by_name.values().sum()
//!     }
//!
//!     fn share(&self, name: &str) -> Option<u32> {
//!         let by_name = self.by_name.read().unwrap();
//!         let own = by_name.get(name)?;
//!         Some(own * 100 / Self::total(&by_name))
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! Use the first guard for both: give the callee what it guards rather than the lock. Where the lock's reads are meant to
//! nest, parking_lot has `read_recursive`. `safe_map::SnapshotMap` reads without a lock, however deep the reads are nested. Where nothing needs the first
//! guard any more, the fix drops it.
//!
//! ## Limits
//!
//! Where nothing in the workspace writes there is no finding. It is `likely` where the lock is in a static or in a value that several
//! are seen to have (`Arc`), a writer is seen to run beside the reader, in another thread or for who calls from outside, and
//! the second read is on every path or at most four calls away; else it is `possible`, and shown to who asks. Silent are `read_recursive`,
//! attempts, the locks of spin, and `DashMap`, of which two reads never wait for a writer between them.

use safe_map_analysis::flow::{Acquire, Decl, Guard, Held, Step};
use safe_map_analysis::knowledge::schema::{GuardClass, LockMode};
use safe_map_analysis::model::FnId;
use safe_map_analysis::summary::{EffectKind, Happening};
use safe_map_analysis::ty::Ty;
use safe_map_analysis::{Analysis, FunctionView};

use crate::contended::is_seen_shared;
use crate::correlated::may_exclude;
use crate::entries::meets_any;
use crate::fix::{MAX_FIXED, end_before};
use crate::meeting::{Holder, Trust};
use crate::private::{is_exclusive, is_of_new_value};
use crate::story::{
    acquire_label, called, chain_labels, declaration_label, finding, is_far_fetched, lock_name, lock_path,
};
use crate::{Check, Confidence, Finding, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "recursive_read",
    group: Group::Deadlock,
    level: Level::Warn,
    has_fix: true,
    merges_sites: false,
    source: include_str!("recursive_read.rs"),
    check: Check::Contention(check),
};

/// Each call on the way to a read that only may come has conditions of its own.
const MAX_UNSURE_CHAIN: usize = 4;

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let mut reported = Vec::new();
    for happening in function.happenings() {
        let EffectKind::Acquire(second) = &happening.kind else { continue };
        let span = happening.event.span;
        if second.is_try
            || second.lock.place.is_unnamed()
            || is_far_fetched(&happening)
            || reported.contains(&span)
        {
            continue;
        }
        let mut alive = happening.held_in_place().map(|held| (held, function.flow.guard_at(held)));
        let waits = |(held, guard): &(&Held, Guard)| {
            can_wait(&guard.acquire, second)
                && is_written(function, &happening, second)
                && !is_exclusive(function, second)
                && !is_of_new_value(function, second, span)
                && !may_exclude(function, guard, held.maybe, span)
        };
        let Some((held, first)) = alive.find(waits) else { continue };
        reported.push(span);
        let mut finding = report(function, &happening, second, &first);
        if reported.len() <= MAX_FIXED {
            finding.fixes.extend(end_before(function, held, span, "the second read"));
        }
        out.push(finding);
    }
}

/// Likely where several are seen to have the lock at once, a writer runs by itself, and the way to the second read is short,
/// or is taken each time.
fn confidence(function: &FunctionView<'_>, happening: &Happening<'_>, second: &Acquire) -> Confidence {
    let is_near = happening.is_sure || happening.chain.len() <= MAX_UNSURE_CHAIN;
    match is_near && is_seen_shared(function, second) && meets_writer(function, second) {
        true => Confidence::Likely,
        false => Confidence::Possible,
    }
}

/// Whether a writer runs, as far as is seen, where and when this reader does too.
fn meets_writer(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let analysis = function.file.analysis;
    let waiters = acquire.lock.decl.iter().flat_map(|it| analysis.waiters(it));
    meets_any(analysis, function.id, waiters.filter(|it| it.mode == LockMode::Exclusive))
}

/// Whether the second of two shared acquires waits for a writer that came between them.
fn can_wait(first: &Acquire, second: &Acquire) -> bool {
    let is_shared = (first.mode, second.mode) == (LockMode::Shared, LockMode::Shared);
    is_shared && queues(second.class) && !second.recursive && first.lock.place == second.lock.place
}

/// Whether anyone waits to write while others read, as far as that is known: of a lock without a declaration only the type
/// of what it protects is.
fn is_written(function: &FunctionView<'_>, happening: &Happening<'_>, acquire: &Acquire) -> bool {
    let analysis = function.file.analysis;
    let content = &acquire.lock.content;
    let Some(decl) = &acquire.lock.decl else {
        return !matches!(content, Ty::Adt(id, _) if !analysis.is_changed_under_a_lock(*id));
    };
    // Who was handed the lock may write to it.
    let is_handle = matches!(acquire.lock.place.path.last(), Some(Step::Handle(_)));
    if is_handle && matches!(content, Ty::Adt(id, _) if analysis.is_changed_by_handle(*id)) {
        return true;
    }
    // What `main` fills a static with, it does before there is anyone to read.
    let is_first = |id: FnId| matches!(decl, Decl::Static(_)) && is_called_by_main_only(analysis, id);
    let is_own = happening.event.is_own;
    let trust = Trust::Declarations;
    let holder = Holder { function, place: &acquire.lock.place, held: &happening.held, is_own, trust };
    holder.is_wanted(decl, |it| it.mode == LockMode::Exclusive && !is_first(it.id))
}

fn is_called_by_main_only(analysis: &Analysis, id: FnId) -> bool {
    let callers = analysis.callers(id);
    !callers.is_empty() && callers.iter().all(|it| analysis.model.func(it.id).path == "main")
}

fn queues(class: GuardClass) -> bool {
    match class {
        GuardClass::Blocking | GuardClass::Async => true,
        GuardClass::Spinning | GuardClass::RefCell | GuardClass::Free => false,
    }
}

fn report(
    function: &FunctionView<'_>,
    happening: &Happening<'_>,
    second: &Acquire,
    first: &Guard,
) -> Finding {
    let name = lock_name(function, second);
    let through = called(function, happening).map(|it| format!(" by `{it}`")).unwrap_or_default();
    let message = format!("{name} is read again{through} while this thread reads it");
    let mut finding = finding(function, LINT.name, happening.event.span, message);
    finding.confidence = confidence(function, happening, second);
    finding.lock = lock_path(function, second);
    finding.labels.push(acquire_label(function, first));
    finding.labels.extend(chain_labels(function, happening, &format!("{name} is read again here")));
    finding.labels.extend(declaration_label(function, second));
    finding.note = "this can deadlock when a writer asks for the lock between the two reads: the writer waits for the first \
                    guard, the second read waits behind the writer, and the first guard waits for the second read"
        .to_string();
    finding.help = help(first);
    finding
}

fn help(first: &Guard) -> String {
    match &first.binding {
        Some((name, _)) => format!("read through `{name}` again, pass what it guards to the callee, or drop it first"),
        None => "bind what is needed with a `let` of its own, so that the first guard ends before the second read; \
                 `safe_map::SnapshotMap` reads without a lock"
            .to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::Confidence;
    use crate::testing::{check, found};

    #[test]
    fn a_writer_that_was_handed_the_lock() {
        let text = |writer: &str| {
            format!(
                "
use std::sync::{{Arc, RwLock}};
struct Cache {{ slot: u64 }}
struct Rpc {{ cache: Arc<RwLock<Cache>> }}
impl Rpc {{
    fn slot(&self) -> u64 {{ self.cache.read().unwrap().slot }}
    fn status(&self) -> bool {{ let cache = self.cache.read().unwrap(); cache.slot == self.slot() }}
}}
fn update({writer}) {{ cache.write().unwrap().slot += 1 }}
"
            )
        };
        assert_eq!(found(&LINT, &text("cache: &RwLock<Cache>")).len(), 1);
        assert_eq!(found(&LINT, &text("cache: &RwLock<u64>")).len(), 0);
    }

    #[test]
    fn a_read_in_a_callee() {
        check(
            &LINT,
            "
use std::sync::RwLock;
struct Routes { names: RwLock<Vec<u32>> }
//              ----- declaration: declared here
impl Routes {
    fn add(&self, name: u32) { self.names.write().unwrap().push(name) }
    fn total(&self) -> u32 { self.names.read().unwrap().iter().sum() }
//                           ----------------- hazard: `names` is read again here
    fn share(&self) -> u32 {
        let names = self.names.read().unwrap();
//                  ----------------- acquire: held by `names`
        names[0] / self.total()
//                 ^^^^^^^^^^^^ recursive_read
    }
}
",
        );
    }

    #[test]
    fn two_reads_of_an_async_lock() {
        check(
            &LINT,
            "
async fn f(m: &tokio::sync::RwLock<u32>) -> u32 {
    let first = m.read().await;
//              -------- acquire: held by `first`
    *first + *m.read().await
//            ^^^^^^^^ recursive_read
}
",
        );
    }

    #[test]
    fn a_lock_that_nobody_writes() {
        check(
            &LINT,
            "
use std::sync::RwLock;
struct Config { limits: RwLock<Vec<u32>> }
impl Config {
    fn total(&self) -> u32 { self.limits.read().unwrap().iter().sum() }
    fn share(&self) -> u32 {
        let limits = self.limits.read().unwrap();
        limits[0] / self.total()
    }
}
",
        );
    }

    #[test]
    fn writers_that_are_called_with_the_owner_alone() {
        check(
            &LINT,
            "
use std::sync::{Arc, RwLock};
struct Site { pages: Arc<RwLock<Vec<u32>>> }
fn check_links(site: &Site) { site.pages.write().unwrap().clear() }
impl Site {
    fn load(&mut self) { check_links(self) }
    fn total(&self) -> u32 { self.pages.read().unwrap().iter().sum() }
    fn share(&self) -> u32 {
        let pages = self.pages.read().unwrap();
        pages[0] / self.total()
    }
}
#[derive(Clone)]
struct Handle { pages: Arc<RwLock<Vec<u32>>> }
impl Handle {
    fn load(&mut self) { self.pages.write().unwrap().clear() }
    fn total(&self) -> u32 { self.pages.read().unwrap().iter().sum() }
    fn share(&self) -> u32 {
        let pages = self.pages.read().unwrap();
//                  ----------------- acquire: held by `pages`
        pages[0] / self.total()
//                 ^^^^^^^^^^^^ recursive_read
    }
}
",
        );
    }

    #[test]
    fn a_lent_lock_around_what_nobody_changes() {
        check(
            &LINT,
            "
use std::sync::{Arc, RwLock};
struct Secrets(u32);
struct Limits(u32);
fn change(limits: &RwLock<Limits>) { limits.write().unwrap().0 = 1; }
fn read(secrets: Arc<RwLock<Secrets>>, limits: Arc<RwLock<Limits>>) -> u32 {
    let first = secrets.read().unwrap();
    let sum = first.0 + secrets.read().unwrap().0;
    let first = limits.read().unwrap();
//              ------------- acquire: held by `first`
    sum + first.0 + limits.read().unwrap().0
//                  ^^^^^^^^^^^^^ recursive_read
}
",
        );
    }

    #[test]
    fn reads_that_never_wait_for_a_writer() {
        check(
            &LINT,
            "
use std::cell::RefCell;
fn recursive(m: &parking_lot::RwLock<u32>) -> u32 { let a = m.read(); *a + *m.read_recursive() }
fn spinning(m: &spin::RwLock<u32>) -> u32 { let a = m.read(); *a + *m.read() }
fn attempt(m: &parking_lot::RwLock<u32>) -> u32 { let a = m.read(); *a + m.try_read().map_or(0, |it| *it) }
fn cell(m: &RefCell<u32>) -> u32 { let a = m.borrow(); *a + *m.borrow() }
fn other(a: &parking_lot::RwLock<u32>, b: &parking_lot::RwLock<u32>) -> u32 { let x = a.read(); *x + *b.read() }
fn sharded(m: &dashmap::DashMap<u32, u32>) -> bool { let a = m.get(&1); a.is_some() && m.contains_key(&2) }
",
        );
    }

    #[test]
    fn likely_where_several_are_seen_to_have_the_lock() {
        let text = "
use std::sync::{Arc, Mutex, RwLock};
struct Names { all: RwLock<Vec<u32>> }
impl Names {
    fn len(&self) -> usize { self.all.read().unwrap().len() }
    fn share(&self) -> usize { let all = self.all.read().unwrap(); all.len() / self.len() }
    fn add(&self) { self.all.write().unwrap().push(1) }
}
struct Service { names: Names, own: Mutex<Own> }
struct Own { all: RwLock<Vec<u32>> }
impl Own {
    fn len(&self) -> usize { self.all.read().unwrap().len() }
    fn share(&self) -> usize { let all = self.all.read().unwrap(); all.len() / self.len() }
    fn add(&self) { self.all.write().unwrap().push(1) }
}
fn serve(service: &Arc<Service>) { service.names.add() }
fn main() { once(&Service::new()) }
fn once(service: &Service) { let all = service.names.all.read().unwrap(); service.names.len(); }
";
        let found: Vec<_> = found(&LINT, text).into_iter().map(|it| (it.item, it.confidence)).collect();
        let expected = [
            ("Names::share", Confidence::Likely),
            ("Own::share", Confidence::Possible),
            ("once", Confidence::Possible),
        ];
        assert_eq!(found, expected.map(|(item, rated)| (item.to_string(), rated)));
    }

    #[test]
    fn a_writer_that_runs_where_the_reader_does_not() {
        let rated = |main: &str| {
            let text = format!(
                "
use std::sync::{{Arc, RwLock}};
struct Cache {{ map: RwLock<Vec<u32>> }}
impl Cache {{
    fn len(&self) -> usize {{ self.map.read().unwrap().len() }}
    fn share(&self) -> usize {{ let map = self.map.read().unwrap(); map.len() / self.len() }}
    fn refresh(&self) {{ self.map.write().unwrap().clear() }}
}}
fn main() {{ let cache = Arc::new(Cache::new()); let own = cache.clone(); {main} }}
"
            );
            found(&LINT, &text).iter().map(|it| it.confidence).collect::<Vec<_>>()
        };
        let in_thread = "std::thread::spawn(move || own.refresh()); loop { cache.share(); }";
        assert_eq!(rated(in_thread), [Confidence::Likely]);
        let workers = "for _ in 0..4 { let own = own.clone(); std::thread::spawn(move || { own.refresh(); own.share() }); }";
        assert_eq!(rated(workers), [Confidence::Likely]);
        let one_after_the_other = "std::thread::spawn(move || loop { own.refresh(); own.share() });";
        assert_eq!(rated(one_after_the_other), [Confidence::Possible]);
        let at_the_start = "cache.refresh(); std::thread::spawn(move || own.share());";
        assert_eq!(rated(at_the_start), [Confidence::Possible]);
    }
}
