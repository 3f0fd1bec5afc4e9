//! A named guard stays alive past its last use while other work goes on.
//!
//! ## Why
//!
//! A guard lives to the end of its block, not to its last use. What stands between the two runs under the lock for no
//! reason: everybody else waits for it, and a lock that is taken there is nested in one that is not needed any more. Nothing
//! is wrong with the result, so nobody notices before the lock is contended.
//!
//! It comes from functions that lock in their first line, and have grown since.
//!
//! ## Fires
//!
//! ```rust
//! use std::collections::HashMap;
//! use std::sync::Mutex;
//!
//! struct Shop {
//!     stock: Mutex<HashMap<String, u64>>,
//!     log: Mutex<Vec<String>>,
//! }
//!
//! impl Shop {
//!     fn sell(&self, article: &str) {
//!         let mut stock = self.stock.lock().unwrap();
//!         stock.remove(article);
//!         let mut log = self.log.lock().unwrap(); // `stock` is not used any more
//!         log.push(article.to_string());
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
//! struct Shop {
//!     stock: Mutex<HashMap<String, u64>>,
//!     log: Mutex<Vec<String>>,
//! }
//!
//! impl Shop {
//!     fn sell(&self, article: &str) {
//!         let mut stock = self.stock.lock().unwrap();
//!         stock.remove(article);
//!         drop(stock);
//!         let mut log = self.log.lock().unwrap();
//!         log.push(article.to_string());
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! `drop(guard)` behind the last use, or a block around the uses. A guard that is used once needs no name: in
//! `self.stock.lock().unwrap().remove(article);` it ends with the statement.
//! `safe_map::ShardedMap::update` and `read` hold their shard while the closure runs, and no longer.
//!
//! ## Limits
//!
//! What counts is work behind the last use: another lock that is kept for more than a statement, serialisation, sorting, a callback, an await that is soon over under an async guard. A
//! blocking call or a wait is reported by the lints that have them in their names, and what another lint about long guards
//! says of an acquire is not said again. A guard that is never used on the way to the work marks a region, and so does one
//! whose name starts with `_` or whose lock protects `()`; those are left alone, and so is a guard from which something is
//! borrowed that is used later, that the statement of the work uses, or that the next turn of a loop uses again. A lock in
//! a value that the function has to itself keeps nobody waiting. Two locks that belong together may be held together on
//! purpose: that is why this is advice.

use std::cell::OnceCell;

use safe_map_analysis::FunctionView;
use safe_map_analysis::flow::{Caller, Guard};
use safe_map_analysis::knowledge::schema::{GuardClass, Waits};
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::{EffectKind, Happening};

use crate::idle::{held_idle, report};
use crate::story::{MAX_CHAIN, is_another, is_momentary};
use crate::{Check, Finding, Group, LINTS, Level, Lint, Role};

pub(crate) static LINT: Lint = Lint {
    name: "guard_outlives_use",
    group: Group::Scope,
    level: Level::Allow,
    has_fix: true,
    merges_sites: false,
    source: include_str!("guard_outlives_use.rs"),
    check: Check::Contention(check),
};

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let told_elsewhere = OnceCell::new();
    for idle in held_idle(function, |guard, it| costs(function, guard, it)) {
        if !told_elsewhere.get_or_init(|| told_by_others(function)).contains(&idle.guard.acquire.span) {
            out.push(report(function, LINT.name, &idle));
        }
    }
}

/// The acquires that other lints about long guards report in this function.
fn told_by_others(function: &FunctionView<'_>) -> Vec<Span> {
    let mut findings = Vec::new();
    for lint in LINTS.iter().filter(|it| it.group == LINT.group && it.name != LINT.name) {
        if let Check::Function(check) | Check::Contention(check) = lint.check {
            check(function, &mut findings);
        }
    }
    let labels = findings.iter().flat_map(|it| &it.labels);
    labels.filter(|it| it.role == Role::Acquire).map(|it| it.place.span).collect()
}

fn costs(function: &FunctionView<'_>, guard: &Guard, happening: &Happening<'_>) -> bool {
    let is_near = happening.chain.len() <= MAX_CHAIN;
    match &happening.kind {
        EffectKind::Acquire(second) => {
            is_another(&guard.acquire, second) && !is_momentary(function, happening)
        }
        EffectKind::Work(_) => is_near,
        EffectKind::Callback(callback) => is_near && callback.is_notice && callback.caller == Caller::Stored,
        EffectKind::Await(wait) => {
            let is_unknown = matches!(wait.waits, Waits::None | Waits::Unknown);
            is_unknown && happening.chain.is_empty() && guard.acquire.class == GuardClass::Async
        }
        EffectKind::Block(_) | EffectKind::MapOp(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::{check, fixed};

    #[test]
    fn a_shadowed_guard_is_still_alive() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::{Mutex, RwLock}};
struct Sizes { latest: RwLock<HashMap<u32, u64>>, snapshots: Mutex<HashMap<u32, u64>> }
impl Sizes {
    fn get(&self, id: u32) -> Option<u64> {
        let cache = self.latest.read().unwrap();
        if let Some(size) = cache.get(&id) {
//                          ----- release: used for the last time
            return Some(*size);
        }
        let cache = self.snapshots.lock().unwrap();
//                  ^^^^^^^^^^^^^^^^^^^^^ guard_outlives_use
        let size = cache.get(&id)?;
        Some(*size)
    }
}
",
        );
    }

    #[test]
    fn what_is_used_in_the_same_statement_on_another_path_or_by_one_owner_is_silent() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::{Arc, Mutex, RwLock}};
struct Stats { size: usize }
struct Shop { stats: Mutex<Stats>, queue: Mutex<Vec<u64>>, names: RwLock<HashMap<String, u64>>, state: RwLock<u64> }
fn assigned(shop: &Shop) {
    let mut stats = shop.stats.lock().unwrap();
    stats.size += 1;
    stats.size = shop.queue.lock().unwrap().len();
}
fn borrowed(shop: &Shop) -> String {
    let names = shop.names.read().unwrap();
    let all: Vec<(&String, u64)> = names.iter().map(|(k, v)| (k, *v)).collect();
    describe(&all).with(shop.queue.lock().unwrap().len())
}
fn other_arm(shop: &Shop, ok: Result<u64, u64>) {
    let mut state = shop.state.write().unwrap();
    match ok {
        Ok(n) => { *state = n; }
        Err(_) => { shop.queue.lock().unwrap().clear(); }
    }
}
fn owned(shop: Shop) {
    let mut stats = shop.stats.lock().unwrap();
    stats.size += 1;
    shop.queue.lock().unwrap().clear();
}
fn alone(shop: &mut Shop) {
    let mut stats = shop.stats.lock().unwrap();
    stats.size += 1;
    shop.queue.lock().unwrap().clear();
}
struct Text;
impl Text { fn with(self, _: usize) -> String { String::new() } }
fn describe(_: &[(&String, u64)]) -> Text { Text }
",
        );
    }

    #[test]
    fn an_entry_is_a_use_and_a_channel_of_guards_is_none() {
        check(
            &LINT,
            "
use std::{collections::{HashMap, hash_map::Entry}, sync::Mutex};
use tokio::sync::{OwnedRwLockReadGuard, mpsc::UnboundedReceiver};
struct Shop { stock: Mutex<HashMap<u64, u64>>, log: Mutex<Vec<u64>> }
fn entry(shop: &Shop) {
    let mut stock = shop.stock.lock().unwrap();
    match stock.entry(1) {
        Entry::Occupied(_) => {}
        Entry::Vacant(slot) => {
            slot.insert(1);
//          ---- release: `slot`, which borrows from `stock`, is used for the last time
            let mut log = shop.log.lock().unwrap();
//                        ^^^^^^^^^^^^^^^ guard_outlives_use
            log.push(1);
        }
    }
}
async fn requests(mut requests: UnboundedReceiver<OwnedRwLockReadGuard<u64>>) {
    requests.recv().await;
    told().await;
}
async fn told() { tokio::task::yield_now().await }
",
        );
    }

    #[test]
    fn what_another_lint_says_is_not_said_twice() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::Mutex};
struct Shop { stock: Mutex<HashMap<u64, u64>>, log: Mutex<Vec<u64>> }
fn f(shop: &Shop) {
    let mut stock = shop.stock.lock().unwrap();
    stock.clear();
    shop.log.lock().unwrap().push(1);
    std::fs::read(\"x\").unwrap();
}
",
        );
    }

    #[test]
    fn a_lock_for_one_statement_is_a_cheap_tail() {
        check(
            &LINT,
            "
use std::sync::Mutex;
struct Shop { stock: Mutex<Vec<u64>>, sold: Mutex<u64> }
fn sell(shop: &Shop) {
    let mut stock = shop.stock.lock().unwrap();
    stock.pop();
    *shop.sold.lock().unwrap() += 1;
}
",
        );
    }

    #[test]
    fn another_lock_behind_the_last_use() {
        check(
            &LINT,
            "
use std::sync::Mutex;
struct Shop { stock: Mutex<Vec<u64>>, log: Mutex<Vec<u64>> }
//            ----- declaration: declared here
fn sell(shop: &Shop) {
    let mut stock = shop.stock.lock().unwrap();
//                  ----------------- acquire: guard taken here, held by `stock`
    stock.pop();
//  ----- release: used for the last time
    let mut log = shop.log.lock().unwrap();
//                ^^^^^^^^^^^^^^^ guard_outlives_use
    log.push(1);
}
",
        );
    }

    #[test]
    fn what_borrows_from_the_guard_is_a_use() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::Mutex};
struct Shop { stock: Mutex<HashMap<u64, String>>, log: Mutex<Vec<String>> }
fn f(shop: &Shop) {
    let stock = shop.stock.lock().unwrap();
    let name = stock.get(&1).unwrap();
    let mut log = shop.log.lock().unwrap();
    log.push(name.clone());
}
",
        );
    }

    #[test]
    fn a_region_a_loop_and_an_early_drop_are_silent() {
        check(
            &LINT,
            "
use std::sync::Mutex;
struct Shop { stock: Mutex<Vec<u64>>, gate: Mutex<()>, log: Mutex<Vec<u64>> }
fn region(shop: &Shop) {
    let _order = shop.stock.lock().unwrap();
    shop.log.lock().unwrap().push(1);
}
fn gate(shop: &Shop) {
    let gate = shop.gate.lock().unwrap();
    shop.log.lock().unwrap().push(1);
}
fn turns(shop: &Shop) {
    let mut stock = shop.stock.lock().unwrap();
    for _ in 0..3 {
        stock.pop();
        shop.log.lock().unwrap().push(1);
    }
}
fn dropped(shop: &Shop) {
    let mut stock = shop.stock.lock().unwrap();
    stock.pop();
    drop(stock);
    shop.log.lock().unwrap().push(1);
}
fn together(shop: &Shop) {
    let mut stock = shop.stock.lock().unwrap();
    stock.pop();
    shop.log.lock().unwrap().push(1);
    drop(stock);
}
",
        );
    }

    #[test]
    fn an_async_guard_over_an_await() {
        check(
            &LINT,
            "
use tokio::sync::Mutex;
async fn f(m: &Mutex<Vec<u64>>) {
    let mut all = m.lock().await;
    all.pop();
    told().await;
//         ^^^^^ guard_outlives_use
}
async fn told() { tokio::task::yield_now().await }
",
        );
    }

    #[test]
    fn the_fix_drops_the_guard() {
        let text = "
use std::sync::Mutex;
fn f(a: &Mutex<Vec<u32>>, b: &Mutex<u32>) {
    let mut all = a.lock().unwrap();
    all.pop();
    let mut count = b.lock().unwrap();
    *count += 1;
}
";
        let fixed = fixed(&LINT, text).expect("a fix");
        assert!(fixed.contains("    all.pop();\n    drop(all);\n    let mut count"), "{fixed}");
        check(&LINT, &fixed);
    }
}
