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
//! What counts is work behind the last use: another lock that is kept for more than a statement, serialisation, sorting, a callback, an await under an async guard. A
//! blocking call or a wait is reported by the lints that have them in their names, and what another lint about long guards
//! says of an acquire is not said again. A guard that is never used on the way to the work marks a region, and so does one
//! whose name starts with `_` or whose lock protects `()`; those are left alone, and so is a guard from which something is
//! borrowed that is used later, that the statement of the work uses, or that the next turn of a loop uses again. A lock in
//! a value that the function has to itself keeps nobody waiting. Two locks that belong together may be held together on
//! purpose: that is why this is advice.

use std::cell::OnceCell;

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, Expr, ExprKind, MacroArgs};
use safe_map_analysis::flow::{Caller, Guard, Held};
use safe_map_analysis::knowledge::schema::{GuardClass, TypeRole, Waits};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::{EffectKind, Happening};
use safe_map_analysis::ty::Ty;

use crate::bodies::{lets, whole_await};
use crate::fix::{body_of, drop_before};
use crate::private::is_own;
use crate::story::{
    MAX_CHAIN, acquire_label, called, chain_labels, declaration_label, finding, here, is_another,
    is_momentary, lock_name, lock_path, what_happens,
};
use crate::uses::Uses;
use crate::{Check, Finding, Fix, Group, LINTS, Label, Level, Lint, Role};

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
    let body = OnceCell::new();
    let told_elsewhere = OnceCell::new();
    let mut told: Vec<Span> = Vec::new();
    for happening in function.happenings() {
        for held in happening.held.iter().filter(|it| it.local.is_some()) {
            let guard = function.flow.guard_at(held);
            let is_told = told.contains(&guard.acquire.span) || is_own(function, &guard.acquire);
            if is_told || !is_work(&guard) || !costs(function, &guard, &happening) {
                continue;
            }
            let Some(body) = body.get_or_init(|| body_of(function)) else { return };
            let Some(last) = last_use(function, body, &guard, happening.event.span) else { continue };
            told.push(guard.acquire.span);
            if told_elsewhere.get_or_init(|| told_by_others(function)).contains(&guard.acquire.span) {
                continue;
            }
            let mut finding = report(function, &guard, &happening, last);
            finding.fixes.extend(end_it(function, held, happening.event.span));
            out.push(finding);
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

/// Whether a guard is there to work with what it protects, rather than to mark a region.
fn is_work(guard: &Guard) -> bool {
    let waits = match guard.acquire.class {
        GuardClass::Blocking | GuardClass::Spinning | GuardClass::Async => true,
        GuardClass::RefCell | GuardClass::Free => false,
    };
    let lock = &guard.acquire.lock;
    let is_lock = matches!(lock.role, TypeRole::Lock | TypeRole::SharedMap);
    let is_region =
        lock.content == Ty::unit() || guard.binding.as_ref().is_none_or(|(name, _)| name.starts_with('_'));
    waits && is_lock && !lock.is_private && !guard.derived && !guard.is_extended && !is_region
}

fn costs(function: &FunctionView<'_>, guard: &Guard, happening: &Happening<'_>) -> bool {
    let is_near = happening.chain.len() <= MAX_CHAIN;
    match &happening.kind {
        EffectKind::Acquire(second) => {
            is_another(&guard.acquire, second) && !is_momentary(function, happening)
        }
        EffectKind::Work(_) => is_near,
        EffectKind::Callback(callback) => is_near && callback.is_notice && callback.caller == Caller::Stored,
        EffectKind::Await(wait) => guard.acquire.class == GuardClass::Async && wait.waits == Waits::None,
        EffectKind::Block(_) | EffectKind::MapOp(_) => false,
    }
}

/// The last use of a guard, where all its uses, and those of what borrows from it, are before `hazard`.
fn last_use(function: &FunctionView<'_>, body: &Body, guard: &Guard, hazard: Span) -> Option<Span> {
    let (name, bound) = guard.binding.as_ref()?;
    let hazard = whole_await(body, hazard);
    // What is bound behind the hazard, or to what comes of it, borrows from the guard only where it names something that does.
    let waiting = binding_at(body, hazard).filter(|it| it.start > bound.start).unwrap_or(hazard);
    let is_between = |it: Span| bound.start < it.start && it.start < waiting.start;
    let borrows = function.flow.locals.iter().filter(|it| !it.is_owned && is_between(it.span));
    let locals: Vec<_> = borrows.map(|it| (&it.name, it.span)).chain([(name, *bound)]).collect();
    let is_use = |it: &Expr, locals: &[(&Name, Span)]| match &it.kind {
        ExprKind::Path(path) => path.as_ident().is_some_and(|name| {
            let is_it =
                |(local, bound): &(&Name, Span)| *local == name && !function.flow.is_another(*bound, it.span);
            locals.iter().any(is_it)
        }),
        ExprKind::Macro(call) => matches!(call.args, MacroArgs::Opaque),
        _ => false,
    };
    let behind = body.exprs.iter().filter(|it| it.span.start >= bound.end);
    let uses: Vec<Span> = behind.clone().filter(|it| is_use(it, &locals)).map(|it| it.span).collect();
    let repeats = body.exprs.iter().filter(|it| is_loop(&it.kind) && it.span.contains(hazard));
    let again = |span: &Span| uses.iter().any(|it| span.contains(*it) && bound.start < span.start);
    if uses.iter().any(|it| it.end > waiting.start) || repeats.map(|it| it.span).any(|it| again(&it)) {
        return None;
    }
    let uses = Uses::of(function, guard)?;
    uses.last_before(hazard).filter(|_| !uses.in_statement_of(hazard))
}

/// The `let` that waits for `hazard`.
fn binding_at(body: &Body, hazard: Span) -> Option<Span> {
    lets(body)
        .map(|(pat, init)| (pat, body.expr(init).span))
        .filter(|(_, init)| init.contains(hazard))
        .map(|(pat, init)| pat.to(init))
        .min_by_key(|it| it.end - it.start)
}

fn is_loop(kind: &ExprKind) -> bool {
    matches!(
        kind,
        ExprKind::For { .. } | ExprKind::While { .. } | ExprKind::Loop { .. } | ExprKind::Closure(_)
    )
}

fn report(function: &FunctionView<'_>, guard: &Guard, happening: &Happening<'_>, last: Span) -> Finding {
    let lock = lock_name(function, &guard.acquire);
    let name = guard.binding.as_ref().map(|(it, _)| it.to_string()).unwrap_or_default();
    let through = called(function, happening).map(|it| format!(" by `{it}`")).unwrap_or_default();
    let what = what_happens(function, happening);
    let message = format!("{what}{through} while `{name}`, which is not used any more, keeps {lock} locked");
    let mut finding = finding(function, LINT.name, happening.event.span, message);
    finding.lock = lock_path(function, &guard.acquire);
    finding.labels.push(acquire_label(function, guard));
    finding.labels.push(Label {
        role: Role::Release,
        place: here(function, last),
        message: last_words(function, &name, last),
    });
    finding.labels.extend(chain_labels(function, happening, &format!("{what} here")));
    finding.labels.extend(declaration_label(function, &guard.acquire));
    finding.note = "a guard lives to the end of its block, not to its last use".to_string();
    finding.help = format!("`drop({name})` behind its last use, or a block around its uses");
    finding
}

fn last_words(function: &FunctionView<'_>, name: &str, last: Span) -> String {
    match last.text(&function.file.parsed().source.text) {
        used if used == name => format!("`{name}` is used for the last time"),
        used => format!("`{used}`, which borrows from `{name}`, is used for the last time"),
    }
}

/// `drop(guard);` before the work.
fn end_it(function: &FunctionView<'_>, held: &Held, hazard: Span) -> Option<Fix> {
    drop_before(function, held, hazard, "work that does not need it")
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
