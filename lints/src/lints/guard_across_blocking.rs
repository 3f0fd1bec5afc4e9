//! The guard of a shared map or collection is alive while its thread waits for something that does not need it.
//!
//! ## Why
//!
//! Whoever asks for the map waits for its lock, and now also for whatever the guard's owner waits for: a file, a server, a
//! child process, a sleep. One slow request stops all others, including those that only read another key. Often the guard
//! is not needed any more by then, or its temporary is kept by a scrutinee that nobody thinks of.
//!
//! It comes from caches that are filled from a disk or a server, and from downloaders that keep what they have seen in a set.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashSet;
//! use std::sync::Mutex;
//!
//! struct Fetcher {
//!     seen: Mutex<HashSet<String>>,
//! }
//!
//! impl Fetcher {
//!     fn fetch(&self, path: &str) -> std::io::Result<Option<Vec<u8>>> {
//!         let mut seen = self.seen.lock().unwrap();
//!         if !seen.insert(path.to_string()) {
//!             return Ok(None);
//!         }
//!         std::fs::read(path).map(Some) // `seen` is still locked, and not needed
//!     }
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use std::collections::HashSet;
//! use std::sync::Mutex;
//!
//! struct Fetcher {
//!     seen: Mutex<HashSet<String>>,
//! }
//!
//! impl Fetcher {
//!     fn fetch(&self, path: &str) -> std::io::Result<Option<Vec<u8>>> {
//!         let is_new = self.seen.lock().unwrap().insert(path.to_string());
//!         if !is_new {
//!             return Ok(None);
//!         }
//!         std::fs::read(path).map(Some)
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! End the guard before the wait: take what is needed out of it, or clone it, in a statement or block of its own. What has
//! to be loaded for a map is loaded first and inserted then; `safe_map::ShardedMap::get_or_load` loads once for each key
//! and holds nothing meanwhile.
//!
//! ## Limits
//!
//! Silent is what a lock can be there for: the wait is for the file, connection or channel that the lock protects; it is
//! done by a method of the protected value, or is given a part of it; the lock protects `()`, an `Option` that is being
//! filled, or no map, collection or struct with one in a field; the guard's name starts with `_`, which marks a region; the
//! guard comes from an attempt or from the caller. A wait for the network, a database, a process or for a future is
//! reported whether or not the guard is used afterwards, and so is one for time or a thread, as `possible` where the guard is
//! used again. For files and channels the guard must be exclusive and not used again; but receivers that are found in what is
//! locked and told one after the other are reported as `possible`, and so is a map with a method that goes to a file, and an
//! entry's that waits for a message. A generic writer or reader is not known to wait, nor is a channel whose
//! type does not say that it is bounded, nor a sender of this function's own, and a sleep of less than a millisecond is no
//! wait. Calls are followed two functions deep. An `.await` under a guard is
//! `guard_across_await`'s or `async_guard_across_await`'s.

use safe_map_analysis::FunctionView;
use safe_map_analysis::flow::Guard;
use safe_map_analysis::knowledge::schema::{GuardClass, LockMode, Locking};
use safe_map_analysis::summary::EffectKind;

use crate::waiting::{HeldAtWaits, held_at_waits, help, report};
use crate::{Check, Finding, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "guard_across_blocking",
    group: Group::Scope,
    level: Level::Warn,
    has_fix: false,
    merges_sites: true,
    source: include_str!("guard_across_blocking.rs"),
    check: Check::Contention(check),
};

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    for held in held_at_waits(function, is_hazard) {
        let mut finding = report(function, LINT.name, &held);
        finding.note = note(&held);
        finding.help = help(function, &held, ending(&held.guard));
        out.push(finding);
    }
}

fn is_hazard(guard: &Guard, kind: &EffectKind) -> bool {
    guard.acquire.class.is_waited_for() && matches!(kind, EffectKind::Block(_))
}

fn note(held: &HeldAtWaits<'_>) -> String {
    let acquire = &held.guard.acquire;
    let who = match (acquire.class, acquire.lock.locking) {
        (GuardClass::Async, _) => "every task that asks for the lock",
        (_, Locking::Sharded) => "every thread that asks for a key in the same shard",
        _ if acquire.mode == LockMode::Shared => "every thread that asks to write",
        _ => "every thread that asks for the lock",
    };
    format!("{who} waits as long as this one does, whatever it wants of it")
}

fn ending(guard: &Guard) -> String {
    match &guard.binding {
        Some((name, _)) => {
            format!("end `{name}` before the wait, and take it again afterwards where it is needed")
        }
        None => {
            "bind what is needed with a `let` of its own, so that the temporary guard ends before the wait"
                .to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::Confidence;
    use crate::testing::{check, found};

    #[test]
    fn a_file_is_read_after_the_last_use_of_the_guard() {
        check(
            &LINT,
            "
use std::{collections::HashSet, sync::Mutex};
struct Fetcher { seen: Mutex<HashSet<String>> }
//               ---- declaration: declared here
impl Fetcher {
    fn fetch(&self, path: &str) -> Vec<u8> {
        let mut seen = self.seen.lock().unwrap();
//                     ---------------- acquire: held by `seen`
        seen.insert(path.to_string());
        std::fs::read(path).unwrap()
//      ^^^^^^^^^^^^^^^^^^^ guard_across_blocking
    }
}
",
        );
    }

    #[test]
    fn a_scrutinee_keeps_the_guard_while_a_callee_sleeps() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::Mutex};
fn f(m: &Mutex<HashMap<u32, u32>>) {
    if let Some(n) = m.lock().unwrap().get(&1).copied() {
//                   -------- acquire: a temporary
        pause(n);
//      ^^^^^^^^ guard_across_blocking
        std::process::Command::new(\"ls\").status();
//      ----------------------------------------- hazard: and while this waits for another process
    }
}
fn pause(_: u32) { std::thread::sleep(std::time::Duration::from_secs(1)); }
//                 ----------------------------------------------------- hazard: this waits
",
        );
    }

    #[test]
    fn a_request_under_the_guard_of_a_map_is_reported_although_the_map_is_filled_afterwards() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::RwLock};
struct Keys { by_id: RwLock<HashMap<String, String>> }
impl Keys {
    fn load(&self, url: &str) {
        let mut by_id = self.by_id.write().unwrap();
        let key = reqwest::blocking::get(url).unwrap();
//                ^^^^^^^^^^^^^^^^^^^^^^^^^^^ guard_across_blocking
        by_id.insert(url.to_string(), key.text().unwrap());
    }
}
",
        );
    }

    #[test]
    fn the_map_that_loads_is_offered_where_something_is_loaded() {
        let text = "
use std::{collections::HashMap, sync::Mutex, time::Duration};
fn load(m: &Mutex<HashMap<u32, String>>) {
    let mut map = m.lock().unwrap();
    let text = reqwest::blocking::get(\"url\").unwrap().text().unwrap();
    map.insert(1, text);
}
fn pause(m: &Mutex<HashMap<u32, String>>) {
    let mut map = m.lock().unwrap();
    map.insert(1, String::new());
    std::thread::sleep(Duration::from_secs(1));
}
fn clean(m: &Mutex<HashMap<u32, String>>) {
    let mut map = m.lock().unwrap();
    map.remove(&1);
    std::fs::remove_file(\"x\").unwrap();
}
";
        let found = found(&LINT, text);
        let offers: Vec<bool> = found.iter().map(|it| it.help.contains("get_or_load")).collect();
        assert_eq!(offers, [true, false, false], "{found:#?}");
    }

    #[test]
    fn guards_at_one_wait_are_one_finding() {
        let text = "
use std::{collections::HashMap, sync::Mutex};
fn f(a: &Mutex<HashMap<u32, u32>>, b: &Mutex<HashMap<u32, u32>>) {
    let mut x = a.lock().unwrap();
    let mut y = b.lock().unwrap();
    x.clear();
    y.clear();
    std::thread::sleep(std::time::Duration::from_secs(1));
}
";
        let found = found(&LINT, text);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].message, "guards of `a` and `b` are alive while this waits for time to pass");
    }

    #[test]
    fn a_lock_around_what_is_waited_on_is_there_for_that() {
        check(
            &LINT,
            "
use std::{collections::HashMap, fs::File, io::Write, process::Child, sync::{Mutex, mpsc::Receiver}};
struct Log { out: File, lines: HashMap<u32, u32> }
struct S { file: Mutex<File>, slot: Mutex<Option<File>>, log: Mutex<Log>, queue: Mutex<Receiver<u32>>, child: Mutex<Child> }
impl Log { fn put(&mut self) { self.lines.clear(); self.out.write_all(b\"x\").unwrap(); } }
impl S {
    fn file(&self) { let mut file = self.file.lock().unwrap(); file.write_all(b\"x\").unwrap(); }
    fn slot(&self) { if let Some(file) = self.slot.lock().unwrap().as_mut() { file.write_all(b\"x\").unwrap(); } }
    fn log(&self) { self.log.lock().unwrap().put(); }
    fn field(&self) { let mut log = self.log.lock().unwrap(); log.lines.clear(); log.out.write_all(b\"x\").unwrap(); }
    fn queue(&self) -> u32 { self.queue.lock().unwrap().recv().unwrap() }
    fn child(&self) { self.child.lock().unwrap().wait().unwrap(); }
}
",
        );
    }

    #[test]
    fn a_sleep_counts_from_a_millisecond_on() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::Mutex, thread::sleep, time::Duration};
fn f(m: &Mutex<HashMap<u32, u32>>) {
    let mut map = m.lock().unwrap();
    map.clear();
    sleep(Duration::from_micros(10));
    retry();
    sleep(Duration::from_micros(5_000));
//  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ guard_across_blocking
}
fn between(m: &Mutex<HashMap<u32, u32>>) -> usize {
    let map = m.lock().unwrap();
    let before = map.len();
    sleep(Duration::from_millis(5));
//  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ guard_across_blocking
    map.len() - before
}
fn retry() { while !done() { std::thread::sleep(Duration::from_nanos(500)); } }
fn done() -> bool { true }
",
        );
    }

    #[test]
    fn a_condvar_lets_go_of_its_own_guard() {
        check(
            &LINT,
            "
use std::{collections::VecDeque, sync::{Condvar, Mutex}};
fn f(m: &Mutex<VecDeque<u32>>, ready: &Condvar) -> Option<u32> {
    let mut queue = m.lock().unwrap();
    while queue.is_empty() { queue = ready.wait(queue).unwrap(); }
    queue.pop_front()
}
",
        );
    }

    #[test]
    fn what_the_lock_may_be_there_for_is_silent() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::{Mutex, Once, RwLock}, time::Duration};
struct S { gate: Mutex<()>, once: Once, client: Mutex<Option<HashMap<u32, u32>>>, counts: Mutex<HashMap<u32, u32>>, last: Mutex<u32>, names: RwLock<HashMap<u32, u32>> }
impl S {
    fn region(&self) { let _gate = self.gate.lock().unwrap(); std::thread::sleep(Duration::from_secs(1)); }
    fn named(&self) { let _counts = self.counts.lock().unwrap(); std::thread::sleep(Duration::from_secs(1)); }
    fn first(&self) { self.once.call_once(|| { std::fs::read(\"x\").unwrap(); }); }
    fn connect(&self) {
        let mut client = self.client.lock().unwrap();
        if client.is_none() { std::thread::sleep(Duration::from_secs(1)); *client = Some(HashMap::new()); }
    }
    fn save(&self) { let counts = self.counts.lock().unwrap(); std::fs::write(\"x\", format!(\"{:?}\", counts)).unwrap(); }
    fn stream(&self, out: &mut std::fs::File) {
        use std::io::Write;
        let counts = self.counts.lock().unwrap();
        out.write_all(format!(\"{:?}\", counts).as_bytes()).unwrap();
        out.flush().unwrap();
    }
    fn plain(&self) { let mut last = self.last.lock().unwrap(); *last += 1; std::fs::read(\"x\").unwrap(); }
    fn attempt(&self) { if let Ok(mut it) = self.counts.try_lock() { it.clear(); std::thread::sleep(Duration::from_secs(1)); } }
    fn shared(&self) { let names = self.names.read().unwrap(); if names.is_empty() { std::fs::read(\"x\").unwrap(); } }
    fn in_step(&self) { let mut counts = self.counts.lock().unwrap(); counts.clear(); self.clear_file(); }
    fn clear_file(&self) { std::fs::remove_file(\"x\").unwrap(); }
    fn loaded(&self) { let mut counts = self.counts.lock().unwrap(); counts.insert(1, std::fs::read(\"x\").unwrap().len() as u32); }
    fn items(&self) { for (id, _) in self.counts.lock().unwrap().iter() { std::fs::read(id.to_string()).unwrap(); } }
    fn dropped(&self) { let mut counts = self.counts.lock().unwrap(); counts.clear(); drop(counts); std::fs::read(\"x\").unwrap(); }
    fn used_again(&self) { let mut counts = self.counts.lock().unwrap(); counts.clear(); std::fs::read(\"x\").unwrap(); counts.clear(); }
}
",
        );
    }

    #[test]
    fn a_task_that_is_awaited_blocks_another_thread() {
        check(
            &LINT,
            "
use std::collections::HashMap;
async fn f(m: &tokio::sync::Mutex<HashMap<u32, u32>>) {
    let mut counts = m.lock().await;
    counts.clear();
    tokio::task::spawn_blocking(|| std::fs::read(\"x\").unwrap()).await.unwrap();
}
",
        );
    }

    #[test]
    fn threads_that_are_taken_out_are_joined_under_the_lock() {
        let text = "
use std::{collections::HashMap, sync::{Arc, Mutex, mpsc::SyncSender}, thread::JoinHandle};
fn f() {
    let handles = Arc::new(Mutex::new(HashMap::<i32, JoinHandle<()>>::new()));
    let handle = {
        let handles = Arc::clone(&handles);
        std::thread::spawn(move || { handles.lock().unwrap().remove(&1); })
    };
    handles.lock().unwrap().insert(1, handle);
    for (_, handle) in handles.lock().unwrap().drain() {
        handle.join().unwrap();
    }
}
struct S { handles: Mutex<HashMap<i32, JoinHandle<()>>>, senders: Mutex<HashMap<i32, SyncSender<u32>>> }
impl S {
    fn joined(&self) { for (_, handle) in self.handles.lock().unwrap().drain() { handle.join().unwrap(); } }
    fn told(&self) { for sender in self.senders.lock().unwrap().values() { sender.send(1).unwrap(); } }
    fn bound(&self) { let all = self.senders.lock().unwrap(); for sender in all.values() { sender.send(1).unwrap(); } }
    fn one(&self) { let all = self.senders.lock().unwrap(); all[&1].send(1).unwrap(); }
    fn taken(&self) { let all = std::mem::take(&mut *self.handles.lock().unwrap()); for (_, handle) in all { handle.join().unwrap(); } }
}
";
        let found: Vec<_> = found(&LINT, text).iter().map(|it| it.item.clone()).collect();
        assert_eq!(found, ["f", "S::joined", "S::told", "S::bound"]);
    }

    #[test]
    fn what_is_locked_loads_itself() {
        let text = "
use std::{collections::HashMap, sync::{Arc, Mutex, RwLock, mpsc::Receiver}};
struct Files { sizes: HashMap<String, u64> }
impl Files {
    fn open(&mut self, path: &str) -> std::io::Result<std::fs::File> {
        self.sizes.get(path).ok_or_else(|| std::io::Error::last_os_error()).and_then(|_| std::fs::File::open(path))
    }
    fn size(&mut self, path: &str) -> Option<u64> { self.sizes.remove(path) }
}
struct Record { done: Mutex<Receiver<bool>> }
impl Record { fn accept(&self) { self.done.lock().unwrap().recv().unwrap(); } }
struct S { files: Arc<RwLock<Files>>, records: Mutex<HashMap<u32, Record>> }
impl S {
    fn load(&self) -> std::io::Result<std::fs::File> { let mut files = self.files.write(); files.unwrap().open(\"x\") }
    fn bound(&self) { let mut files = self.files.write().unwrap(); files.open(\"x\").unwrap(); }
    fn size(&self) { let mut files = self.files.write().unwrap(); files.size(\"x\"); }
    fn accept(&self) { self.records.lock().unwrap().get(&1).unwrap().accept(); }
}
";
        let found: Vec<_> = found(&LINT, text).iter().map(|it| (it.item.clone(), it.confidence)).collect();
        let expected = [
            ("S::load", Confidence::Possible),
            ("S::bound", Confidence::Possible),
            ("S::accept", Confidence::Possible),
        ];
        assert_eq!(found, expected.map(|(item, confidence)| (item.to_string(), confidence)));
    }
}
