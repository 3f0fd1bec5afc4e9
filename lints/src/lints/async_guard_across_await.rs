//! The guard of an async lock is alive at a long await that does not need it.
//!
//! ## Why
//!
//! A guard of `tokio::sync` or `async-lock` may be held over an await: its waiters suspend, and no thread blocks. But they
//! do wait, for as long as the await takes. Where that is a request, a query, a sleep or a full channel, one slow peer stops
//! every task that asks for the map. With a fair `RwLock` a reader that waits is enough: a writer queues behind it, and
//! all later readers behind the writer.
//!
//! It comes from clients and pools that lock their table in the first line of an async function and send their request in the
//! last one.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashMap;
//! use tokio::sync::RwLock;
//!
//! struct Client {
//!     cookies: RwLock<HashMap<String, String>>,
//! }
//!
//! impl Client {
//!     async fn keep(&self, name: String, value: String) {
//!         self.cookies.write().await.insert(name, value);
//!     }
//!
//!     async fn get(&self, url: &str) -> reqwest::Result<reqwest::Response> {
//!         let cookies = self.cookies.read().await;
//!         let header = cookies.values().cloned().collect::<Vec<String>>().join("; ");
//!         let client = reqwest::Client::new();
//!         client.get(url).header("Cookie", header).send().await // `cookies` is still locked
//!     }
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use std::collections::HashMap;
//! use tokio::sync::RwLock;
//!
//! struct Client {
//!     cookies: RwLock<HashMap<String, String>>,
//! }
//!
//! impl Client {
//!     async fn get(&self, url: &str) -> reqwest::Result<reqwest::Response> {
//!         let cookies = self.cookies.read().await;
//!         let header = cookies.values().cloned().collect::<Vec<String>>().join("; ");
//!         drop(cookies);
//!         let client = reqwest::Client::new();
//!         client.get(url).header("Cookie", header).send().await
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! End the guard before the await: take what is needed out of it in a statement or block of its own, or clone it. What an
//! await loads for a map is loaded first and inserted then; `safe_map::ShardedMap::get_or_load` loads once for each key and
//! holds nothing meanwhile, and no guard of a `safe-map` exists that an await could be under.
//!
//! ## Limits
//!
//! Only an await that waits for the network, a database, a file, a process, time, a channel or a task is reported, itself or
//! up to two functions deep, and of a reader's guard only where somebody waits to write; a send only to a bounded channel whose sender others have as well, or in a loop, since a
//! queue of one's own has room. Where the guard is used again the finding is `possible`, and told of the network, a
//! database, a process, time and tasks only: an async lock that is held over an await in order to go on with it is what such
//! locks are for, but everybody else waits as long.
//!
//! Told as `possible` too: a guard that nothing needs any more while another lock is waited for, or something that is not
//! known: the code of another package, or of a trait's method that several types of the workspace have, or none; a guard of
//! any data, used again or not, at an await of such code, of the network, a database or a process, also where it is given a
//! part of that data; and receivers that are told one after the other. Silent are guards whose name starts with `_`, which
//! marks a region; locks around the connection, file or channel that is awaited, or around `()`; an `Option` that is being
//! filled; and what only awaits functions of the workspace that never suspend. Guards that block a thread are
//! `guard_across_await`'s.

use safe_map_analysis::FunctionView;
use safe_map_analysis::flow::Guard;
use safe_map_analysis::knowledge::schema::{GuardClass, Waits};
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::{EffectKind, Happening};

use crate::contended::is_contended;
use crate::idle::{self, Idle, held_idle};
use crate::story::{MAX_CHAIN, is_another};
use crate::waiting::{held_at_waits, help, report};
use crate::{Check, Confidence, Finding, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "async_guard_across_await",
    group: Group::Scope,
    level: Level::Warn,
    has_fix: true,
    merges_sites: true,
    source: include_str!("async_guard_across_await.rs"),
    check: Check::Function(check),
};

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let mut idle = held_idle(function, |guard, it| suspends(function, guard, it));
    for held in held_at_waits(function, is_hazard) {
        let taken: Vec<Span> = held.others.iter().chain([&held.guard]).map(|it| it.acquire.span).collect();
        let is_idle = |it: &Idle<'_>| taken.contains(&it.guard.acquire.span);
        // That nothing needs the guard says more than that something may.
        if held.is_needed && idle.iter().any(is_idle) {
            continue;
        }
        idle.retain(|it| !is_idle(it));
        let mut finding = report(function, LINT.name, &held);
        finding.note =
            "every task that asks for the lock waits as long as this one does, whatever it wants of it"
                .to_string();
        finding.help = help(function, &held, ending(&held.guard));
        out.push(finding);
    }
    out.extend(idle.iter().map(|it| possible(function, it)));
}

/// A guard that nothing needs any more, at an await of which nobody knows how long it takes.
fn possible(function: &FunctionView<'_>, idle: &Idle<'_>) -> Finding {
    let mut finding = idle::report(function, LINT.name, idle);
    finding.confidence = Confidence::Possible;
    finding.note = "a guard lives to the end of its block, not to its last use: every task that asks for the lock waits as \
                    long as this one does"
        .to_string();
    finding
}

/// Whether a task is suspended for an unknown time, another lock's among it, while others can wait for an async guard.
fn suspends(function: &FunctionView<'_>, guard: &Guard, happening: &Happening<'_>) -> bool {
    let is_suspended = match &happening.kind {
        EffectKind::Await(wait) => match wait.waits {
            Waits::Unknown => !wait.callee.is_some_and(|it| function.file.analysis.is_prompt(it)),
            Waits::Network | Waits::Disk | Waits::Database | Waits::Process | Waits::Join => true,
            Waits::None | Waits::Timer | Waits::Channel | Waits::Room | Waits::Signal | Waits::BlockOn => {
                false
            }
        },
        EffectKind::Acquire(second) => {
            second.class == GuardClass::Async && is_another(&guard.acquire, second)
        }
        EffectKind::Block(_) | EffectKind::MapOp(_) | EffectKind::Work(_) | EffectKind::Callback(_) => false,
    };
    is_suspended
        && guard.acquire.class == GuardClass::Async
        && happening.chain.len() <= MAX_CHAIN
        && is_contended(function, &guard.acquire)
}

fn is_hazard(guard: &Guard, kind: &EffectKind) -> bool {
    let EffectKind::Await(wait) = kind else { return false };
    let is_long = match wait.waits {
        Waits::Network | Waits::Disk | Waits::Database | Waits::Timer => true,
        Waits::Channel | Waits::Room | Waits::Join | Waits::Process | Waits::Unknown => true,
        Waits::None | Waits::Signal | Waits::BlockOn => false,
    };
    is_long && guard.acquire.class == GuardClass::Async
}

fn ending(guard: &Guard) -> String {
    match &guard.binding {
        Some((name, _)) => format!("end `{name}` before the await: nothing uses it afterwards"),
        None => {
            "bind what is needed with a `let` of its own, so that the temporary guard ends before the await"
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
    fn a_request_after_the_last_use_of_the_guard() {
        check(
            &LINT,
            "
use std::collections::HashMap;
struct Client { cookies: tokio::sync::RwLock<HashMap<String, String>>, http: reqwest::Client }
//              ------- declaration: declared here
impl Client {
    async fn keep(&self, name: String, value: String) { self.cookies.write().await.insert(name, value); }
    async fn get(&self, url: &str) {
        let cookies = self.cookies.read().await;
//                    ------------------- acquire: held by `cookies`
        let n = cookies.len();
        self.http.get(url).send().await.unwrap();
//                                ^^^^^ async_guard_across_await
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
use std::{collections::HashMap, time::Duration};
async fn f(m: &tokio::sync::Mutex<HashMap<u32, u32>>) {
    match m.lock().await.get(&1).copied() {
//        -------- acquire: a temporary
        Some(n) => pause(n).await,
//                 ^^^^^^^^ async_guard_across_await
        None => {}
    }
}
async fn pause(_: u32) { tokio::time::sleep(Duration::from_secs(1)).await }
//                                                                  ----- hazard: this waits
",
        );
    }

    #[test]
    fn a_lock_that_is_held_in_order_to_go_on_is_silent() {
        check(
            &LINT,
            "
use std::{collections::HashMap, time::Duration};
use tokio::{fs::File, io::AsyncWriteExt, sync::{Mutex, mpsc}, time::sleep};
struct S { map: Mutex<HashMap<u32, u32>>, gate: Mutex<()>, file: Mutex<File>, count: Mutex<u32>, out: Mutex<HashMap<u32, mpsc::Sender<u32>>> }
impl S {
    async fn dropped(&self) { let mut map = self.map.lock().await; map.clear(); drop(map); sleep(Duration::from_secs(1)).await; }
    async fn region(&self) { let _gate = self.gate.lock().await; sleep(Duration::from_secs(1)).await; }
    async fn named(&self) { let _map = self.map.lock().await; sleep(Duration::from_secs(1)).await; }
    async fn own(&self) { let mut file = self.file.lock().await; file.write_all(b\"x\").await.unwrap(); }
    async fn plain(&self) { let mut count = self.count.lock().await; *count += 1; sleep(Duration::from_secs(1)).await; }
    async fn entry(&self) { let out = self.out.lock().await; if let Some(tx) = out.get(&1) { tx.send(1).await.unwrap(); } }
    async fn cheap(&self) { let mut map = self.map.lock().await; map.clear(); tokio::task::yield_now().await; }
}
",
        );
    }

    #[test]
    fn what_goes_on_with_the_guard_is_possible() {
        let text = "
use std::{collections::HashMap, time::Duration};
use tokio::sync::Mutex;
struct Core { keys: HashMap<u32, u32> }
struct S { map: Mutex<HashMap<u32, u32>>, core: Mutex<Core> }
impl S {
    async fn used_again(&self) { let mut map = self.map.lock().await; pause().await; map.clear(); }
    async fn by_its_own_method(&self) { self.core.lock().await.retry().await }
    async fn not_used_again(&self) { let mut map = self.map.lock().await; map.clear(); pause().await; }
}
impl Core { async fn retry(&mut self) { pause().await; self.keys.clear(); } }
async fn pause() { tokio::time::sleep(Duration::from_secs(1)).await }
";
        let found: Vec<_> = found(&LINT, text).iter().map(|it| it.confidence).collect();
        assert_eq!(found, [Confidence::Possible, Confidence::Possible, Confidence::Likely]);
    }

    #[test]
    fn a_send_waits_where_others_can_have_filled_the_queue() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::Arc};
use tokio::sync::{Mutex, mpsc::{Sender, channel}};
struct Handle { tx: Sender<u32> }
impl Handle {
    fn new() -> Handle { let (tx, rx) = channel(1); drop(rx); Handle { tx } }
    async fn start(&self) { self.tx.send(1).await.unwrap() }
}
struct S { map: Mutex<HashMap<u32, u32>>, events: Sender<u32>, replies: Mutex<HashMap<u32, Sender<u32>>> }
impl S {
    async fn shared(&self) {
        let mut map = self.map.lock().await;
        map.clear();
        self.events.send(1).await.unwrap();
//                          ^^^^^ async_guard_across_await
    }
    async fn cloned(&self) {
        if let Some(tx) = self.replies.lock().await.get(&1).cloned() {
            tx.send(1).await.unwrap();
//                     ^^^^^ async_guard_across_await
        }
    }
    async fn removed(&self) {
        if let Some(tx) = self.replies.lock().await.remove(&1) {
            tx.send(1).await.unwrap();
        }
    }
    async fn removed_and_filled(&self) {
        if let Some(tx) = self.replies.lock().await.remove(&1) {
            for n in 0..9 {
                tx.send(n).await.unwrap();
//                         ^^^^^ async_guard_across_await
            }
        }
    }
    async fn removed_turn_by_turn(&self) {
        loop {
            if let Some(tx) = self.replies.lock().await.remove(&1) { tx.send(1).await.unwrap(); }
        }
    }
    async fn made(&self) {
        let handle = Arc::new(Handle::new());
        let mut map = self.map.lock().await;
        map.clear();
        handle.start().await;
    }
}
",
        );
    }

    #[test]
    fn a_collection_in_a_field_of_what_is_locked() {
        check(
            &LINT,
            "
use tokio::{net::TcpStream, sync::{Mutex, mpsc::Sender}};
struct St { n: Vec<u32> }
struct Plain { n: u32, text: String }
struct Peer { stream: TcpStream, sent: Vec<u32> }
struct S { st: Mutex<St>, plain: Mutex<Plain>, peer: Mutex<Peer>, tx: Sender<u32> }
impl S {
    async fn collection(&self) {
        let mut st = self.st.lock().await;
        st.n.push(1);
        self.tx.send(1).await.unwrap();
//                      ^^^^^ async_guard_across_await
    }
    async fn plain(&self) {
        let mut plain = self.plain.lock().await;
        plain.n += 1;
        self.tx.send(1).await.unwrap();
    }
    async fn connection(&self) {
        let mut peer = self.peer.lock().await;
        peer.sent.push(1);
        self.tx.send(1).await.unwrap();
    }
}
",
        );
    }

    #[test]
    fn a_database_is_called_one() {
        let text = "
use std::collections::HashMap;
struct Keys { by_id: tokio::sync::Mutex<HashMap<u32, u32>>, pool: sqlx::SqlitePool }
impl Keys {
    async fn save(&self) {
        let mut by_id = self.by_id.lock().await;
        by_id.clear();
        sqlx::query(\"delete from keys\").execute(&self.pool).await.unwrap();
    }
}
";
        let found = found(&LINT, text);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].message, "guard of `by_id` is alive while this waits for a database");
    }

    #[test]
    fn a_time_limit_waits_for_what_it_limits() {
        check(
            &LINT,
            "
use std::{collections::HashMap, time::Duration};
async fn f(m: &tokio::sync::Mutex<HashMap<u32, u32>>, other: &tokio::sync::Mutex<u32>) {
    let mut map = m.lock().await;
    map.clear();
    let n = tokio::time::timeout(Duration::from_secs(1), other.lock()).await;
}
async fn ended(m: &tokio::sync::Mutex<HashMap<u32, u32>>, other: &tokio::sync::Mutex<u32>) {
    m.lock().await.clear();
    let n = tokio::time::timeout(Duration::from_secs(1), other.lock()).await;
}
",
        );
    }

    #[test]
    fn an_implementation_that_is_not_known_is_possible() {
        let text = "
use std::{collections::HashMap, sync::Arc};
use tokio::sync::Mutex;
trait Store { async fn save(&self, n: u32); async fn now(&self) -> u32; }
struct Disk;
impl Store for Disk { async fn save(&self, _: u32) { tokio::task::yield_now().await } async fn now(&self) -> u32 { 1 } }
struct Memory;
impl Store for Memory { async fn save(&self, _: u32) {} async fn now(&self) -> u32 { 2 } }
struct Nonces { next: u32 }
struct S<T> { nonces: Mutex<Nonces>, store: Box<dyn Store>, own: T, slot: Mutex<Option<u32>>, reader: Mutex<Option<Arc<dyn Store>>>, conn: Mutex<Box<dyn Store>> }
impl<T: Store> S<T> {
    async fn used_again(&self) { let mut it = self.nonces.lock().await; self.store.save(it.next).await; it.next += 1; }
    async fn by_its_own_method(&self) { self.nonces.lock().await.fill(&self.store).await }
    async fn generic(&self) { let it = self.nonces.lock().await; self.own.save(it.next).await }
    async fn by_a_handle(&self) { let it = self.reader.lock().await; if let Some(it) = &*it { it.save(1).await } }
    async fn prompt(&self) { let it = self.nonces.lock().await; self.store.now().await; drop(it) }
    async fn of_what_is_locked(&self) { let it = self.conn.lock().await; it.save(1).await }
    async fn filled(&self) { let mut it = self.slot.lock().await; if it.is_none() { self.store.save(1).await; *it = Some(1); } }
    async fn ended(&self) { let next = self.nonces.lock().await.next; self.store.save(next).await }
}
impl Nonces { async fn fill(&mut self, store: &Box<dyn Store>) { store.save(self.next).await; self.next += 1; } }
";
        let found: Vec<_> = found(&LINT, text).iter().map(|it| (it.item.clone(), it.confidence)).collect();
        let expected = ["used_again", "by_its_own_method", "generic", "by_a_handle"];
        let expected = expected.map(|it| (format!("S::{it}"), Confidence::Possible));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_request_that_is_given_what_is_locked() {
        let text = "
use std::collections::HashMap;
use tokio::sync::Mutex;
struct Blob { at: u64 }
struct S { blob: Mutex<Option<Blob>>, rows: Mutex<Vec<String>>, http: reqwest::Client, conn: Mutex<reqwest::Client> }
impl S {
    async fn sent(&self) {
        let Some(ref blob) = *self.blob.lock().await else { return };
        send(&self.http, blob).await
    }
    async fn each(&self) { let rows = self.rows.lock().await; for row in rows.iter() { self.http.get(row).send().await.ok(); } }
    async fn own(&self) { let conn = self.conn.lock().await; conn.get(\"x\").send().await.ok(); }
    async fn filled(&self) { let mut blob = self.blob.lock().await; if blob.is_none() { self.http.get(\"x\").send().await.ok(); *blob = None; } }
    async fn copied(&self) { let rows = self.rows.lock().await.clone(); for row in rows.iter() { self.http.get(row).send().await.ok(); } }
}
async fn send(http: &reqwest::Client, _: &Blob) { http.get(\"x\").send().await.ok(); }
";
        let found: Vec<_> = found(&LINT, text).iter().map(|it| (it.item.clone(), it.confidence)).collect();
        let expected = ["S::sent", "S::each"].map(|it| (it.to_string(), Confidence::Possible));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_guard_behind_its_last_use_at_what_is_not_known_and_at_another_lock() {
        check(
            &LINT,
            "
use tokio::sync::{Mutex, RwLock};
struct S { files: RwLock<Vec<u64>>, names: Mutex<Vec<String>> }
//         ----- declaration: declared here
//         ----- declaration: declared here
impl S {
    async fn outside(&self) {
        let mut files = self.files.write().await;
//                      ------------------ acquire: guard taken here, held by `files`
        files.pop();
//      ----- release: used for the last time
        removed().await;
//      ^^^^^^^^^ async_guard_across_await
    }
    async fn nested(&self) {
        let mut files = self.files.write().await;
//                      ------------------ acquire: guard taken here, held by `files`
        files.pop();
//      ----- release: used for the last time
        self.names.lock().await.pop();
//      ^^^^^^^^^^^^^^^^^ async_guard_across_await
    }
    async fn cheap(&self) { let mut files = self.files.write().await; files.pop(); tokio::task::yield_now().await }
    async fn read(&self) -> usize { let n = self.names.lock().await; n.len() }
}
async fn removed() { async_files::remove(1).await; }
//                                          ----- hazard: `remove` is awaited here
",
        );
    }

    #[test]
    fn an_await_of_what_the_guard_protects_is_a_use() {
        check(
            &LINT,
            "
use tokio::sync::Mutex;
struct Client;
impl Client { async fn ask(&self) { tokio::task::yield_now().await } }
async fn f(m: &Mutex<Option<Client>>) {
    let client = m.lock().await;
    if let Some(client) = client.as_ref() {
        client.ask().await;
    }
}
async fn g(m: &Mutex<Client>) {
    let client = m.lock().await;
    client
        .ask()
        .await;
}
",
        );
    }

    #[test]
    fn what_another_package_does_is_possible() {
        let text = "
use std::{collections::HashMap, sync::Arc};
use chain_client::{Client, Provider};
use tokio::sync::Mutex;
struct Nonces { next: u64 }
struct Peer { client: Client, calls: u64 }
struct S<P> { nonces: Mutex<Nonces>, client: Client, provider: Arc<P>, peer: Mutex<Peer>, own: Mutex<Client>, names: Mutex<HashMap<u64, String>> }
impl<P: Provider> S<P> {
    async fn method(&self) { let mut it = self.nonces.lock().await; it.next = self.client.nonce(it.next).await; }
    async fn function(&self) { let mut it = self.nonces.lock().await; it.next = chain_client::nonce(it.next).await; }
    async fn parameter(&self) { let mut it = self.nonces.lock().await; it.next = self.provider.nonce(it.next).await; }
    async fn builder(&self) { let mut it = self.nonces.lock().await; it.next = self.client.request(1).retries(3).send().await; }
    async fn deep(&self) { self.nonces.lock().await.fill(&self.client).await }
    async fn of_what_is_locked(&self) { let mut it = self.peer.lock().await; it.calls = it.client.nonce(1).await; }
    async fn by_its_own_method(&self) { self.peer.lock().await.call().await }
    async fn client(&self) { self.own.lock().await.nonce(1).await; }
    async fn given(&self) { cleaned(&mut *self.peer.lock().await).await }
    async fn unknown(&self) { let mut it = self.nonces.lock().await; let x = it.next; x.nonce().await; it.next = 1; }
    async fn ended(&self) { let next = self.nonces.lock().await.next; self.client.nonce(next).await; }
}
impl Nonces { async fn fill(&mut self, client: &Client) { self.next = client.nonce(self.next).await; } }
async fn cleaned(peer: &mut Peer) { peer.client.nonce(1).await; }
impl Peer { async fn call(&mut self) { self.calls = self.client.nonce(self.calls).await; } }
";
        let found: Vec<_> = found(&LINT, text).iter().map(|it| (it.item.clone(), it.confidence)).collect();
        let expected = ["method", "function", "parameter", "builder", "deep"];
        let expected = expected.map(|it| (format!("S::{it}"), Confidence::Possible));
        assert_eq!(found, expected);
    }

    #[test]
    fn what_tauri_hands_on_and_manages() {
        let text = "
use std::{collections::HashMap, sync::Arc};
use tauri::{AppHandle, State, async_runtime::RwLock};
type Inlets = Arc<RwLock<HashMap<u32, String>>>;
async fn named(app: &AppHandle) { let inlets = app.state::<Inlets>(); let all = inlets.write().await; reqwest::get(\"x\").await.ok(); drop(all) }
async fn bound(app: &AppHandle) { let inlets: State<'_, Inlets> = app.state(); let all = inlets.write().await; reqwest::get(\"x\").await.ok(); drop(all) }
async fn given(inlets: State<'_, Inlets>) { let all = inlets.write().await; reqwest::get(\"x\").await.ok(); drop(all) }
";
        let found: Vec<_> = found(&LINT, text).into_iter().map(|it| it.item).collect();
        assert_eq!(found, ["named", "bound", "given"]);
    }
}
