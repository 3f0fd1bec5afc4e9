//! Whether an entry may go is decided under one guard, and it is removed under another without asking again.
//!
//! ## Why
//!
//! Between the two the entry can have become another one: a client has come back and stored its new connection, a counter was
//! raised again, a session was used and is no longer old. The removal takes what nobody meant to remove. It is hard to see
//! from outside: a client that is connected and not found, a lock that two have.
//!
//! It comes from disconnects and clean-up tasks: the last one out removes the room, and the sweep removes what it saw idle.
//!
//! ## Fires
//!
//! ```rust
//! use dashmap::DashMap;
//!
//! struct Users {
//!     count: DashMap<String, u32>,
//! }
//!
//! impl Users {
//!     fn enter(&self, room: &str) {
//!         *self.count.entry(room.to_string()).or_insert(0) += 1;
//!     }
//!
//!     fn leave(&self, room: &str) {
//!         let mut is_empty = false;
//!         if let Some(mut count) = self.count.get_mut(room) {
//!             *count -= 1;
//!             is_empty = *count == 0;
//!         }
//!         if is_empty {
//!             // somebody can have entered meanwhile
//!             self.count.remove(room);
//!         }
//!     }
//! }
//! ```
//!
//! ## Silent
//!
//! ```rust
//! use dashmap::DashMap;
//!
//! struct Users {
//!     count: DashMap<String, u32>,
//! }
//!
//! impl Users {
//!     fn enter(&self, room: &str) {
//!         *self.count.entry(room.to_string()).or_insert(0) += 1;
//!     }
//!
//!     fn leave(&self, room: &str) {
//!         if let Some(mut count) = self.count.get_mut(room) {
//!             *count -= 1;
//!         }
//!         self.count.remove_if(room, |_, count| *count == 0);
//!     }
//! }
//! ```
//!
//! ## Fix
//!
//! `remove_if` asks and removes in one step, and `retain` does so for all entries. With a lock of your own, ask again under
//! the guard that removes, or take that guard for both. `safe_map::ShardedMap::remove_if` and `extract_if` are one step, and
//! `VersionedMap::remove` takes the version that was seen.
//!
//! ## Limits
//!
//! It is `likely` where the map is in a static or in a value that several are seen to have, and who changes or stores entries is seen to
//! run beside this function; else it is `possible`, as it is in a library that lies beside a program (`src/main.rs`) which never gets
//! to it. Only conditions that look at the value count: to remove a key that is there, or all keys that were there, needs no second
//! look; nor do so many numbers below a limit, `.filter(|it| *it.value() < 2).take(9)`, that go to keep the map small. Silent where nothing in the workspace changes a value in place or could store another one under the key, where one loop
//! or one owner does it all, and where a comment at the two steps says that the race is known and does no harm.

use safe_map_analysis::FunctionView;
use safe_map_analysis::knowledge::schema::Op;

use crate::access::Access;
use crate::collected::{Chosen, chosen, is_of_collected, takes_few};
use crate::conditions::Conditions;
use crate::parents::arguments;
use crate::races::Accesses;
use crate::recheck::recheck;
use crate::retain::retain;
use crate::story::{Turns, access_finding, access_name, here, interleaving};
use crate::values::{changes_by_itself, changes_in_place, is_foreign, is_number, stores};
use crate::{Check, Finding, Fix, Group, Level, Lint};

pub(crate) static LINT: Lint = Lint {
    name: "stale_two_phase_delete",
    group: Group::Iteration,
    level: Level::Warn,
    has_fix: true,
    merges_sites: false,
    source: include_str!("stale_two_phase_delete.rs"),
    check: Check::Contention(check),
};

fn check(function: &FunctionView<'_>, out: &mut Vec<Finding>) {
    let Some(accesses) = Accesses::of(function) else { return };
    let mut reported = Vec::new();
    for check in accesses.all.iter().filter(|it| looks(it)) {
        if accesses.later(check).next().is_none() {
            continue;
        }
        let conditions = accesses.conditions(check);
        for act in accesses.later(check).filter(|it| it.op == Op::Remove) {
            let is_new = !reported.contains(&act.span());
            if is_new && is_stale(&accesses, &conditions, check, act) {
                reported.push(act.span());
                let mut finding = report(&accesses, check, act);
                finding.fixes.extend(fix(&accesses, check, act));
                out.push(finding);
            }
        }
    }
}

/// Whether an access looks at a value, or at all of them.
fn looks(access: &Access<'_>) -> bool {
    match access.op {
        Op::Get | Op::GetMut => access.key.is_some(),
        Op::Iterate | Op::IterateMut => !access.is_called(),
        _ => false,
    }
}

fn is_stale(
    accesses: &Accesses<'_>,
    conditions: &Conditions<'_>,
    check: &Access<'_>,
    act: &Access<'_>,
) -> bool {
    let is_decided = match check.op {
        Op::Get | Op::GetMut => {
            check.is_same_entry(act) && conditions.at(act.span()).is_some_and(|it| it.by_value)
        }
        _ => is_collected(accesses, conditions, check, act),
    };
    is_decided
        && accesses.is_answered(check)
        && accesses.is_plain(act)
        // Two functions that belong together may know of each other what is not seen here.
        && !(check.is_called() && act.is_called())
        && accesses.is_shared(act)
        && !accesses.is_asked_again(check, act)
        && changes(accesses, check, act)
        && !accesses.is_done_in_one_line(act, |op| stores(op) || op == Op::GetMut)
        && !accesses.has_keys_of_its_own(act)
}

/// Whether the key is one of those that were collected for what their entries held. Not where only so many numbers
/// below a limit are taken, to keep the map small: others like them would do.
fn is_collected(
    accesses: &Accesses<'_>,
    conditions: &Conditions<'_>,
    walk: &Access<'_>,
    act: &Access<'_>,
) -> bool {
    let body = &accesses.body;
    let key = arguments(body, act.span()).first();
    let is_one_of_many = || is_number(&act.values) && takes_few(body, walk.span());
    !act.is_called()
        && !is_one_of_many()
        && chosen(body, walk.span()) == Chosen::ByValue
        && key.is_some_and(|it| is_of_collected(body, conditions, *it, act.span()))
}

/// Whether the entry can be another one by then: somebody changes values where they are, or stores another one that is more
/// than what it says.
fn changes(accesses: &Accesses<'_>, check: &Access<'_>, act: &Access<'_>) -> bool {
    let model = accesses.function.model();
    let is_stored = || act.decl.is_none() && check.key.is_some() || accesses.others(act, stores);
    accesses.others(act, |op| changes_in_place(op, &act.values, model))
        || check.op == Op::GetMut && is_stored()
        || (changes_by_itself(model, &act.values) || check.key.is_some() && is_foreign(model, &act.values))
            && is_stored()
}

fn report(accesses: &Accesses<'_>, check: &Access<'_>, act: &Access<'_>) -> Finding {
    let function = accesses.function;
    let name = access_name(function, act);
    let message = format!("{name} is removed from on a condition that may no longer hold");
    let changes =
        |op| matches!(op, Op::Insert | Op::Entry) || changes_in_place(op, &act.values, function.model());
    let mut finding = access_finding(function, LINT.name, (check, "it is asked"), act, message);
    finding.confidence = accesses.confidence(act, changes);
    finding.note = "another thread can change the entry, or store a new one, between the two: what is removed then is not \
                    what the condition was about"
        .to_string();
    finding.help = match act.guard {
        Some(_) => "ask again under the guard that removes, or take that guard for both".to_string(),
        None => format!(
            "`{}::remove_if` asks and removes in one step, and so does `safe_map::ShardedMap::remove_if`",
            act.acquire.lock.type_name
        ),
    };
    let other = accesses.place_of(act, changes).unwrap_or(here(function, check.span()));
    let turns = Turns {
        first: "decides that an entry may go from",
        other: "changes the entry, or stores a new one, in",
        last: "removes what B has stored from",
    };
    finding.interleaving = interleaving(function, check, act, other, &turns);
    finding
}

/// The condition asked again where the map can do that, or the walk and the removal in one call.
fn fix(accesses: &Accesses<'_>, check: &Access<'_>, act: &Access<'_>) -> Option<Fix> {
    let is_walk = matches!(check.op, Op::Iterate | Op::IterateMut) && !act.is_called();
    let in_one = || is_walk.then(|| retain(accesses.function, check.span(), act.span()))?;
    recheck(accesses, check, act).or_else(in_one)
}

#[cfg(test)]
mod tests {
    use super::LINT;
    use crate::testing::{check, fixed, found};

    #[test]
    fn a_condition_on_the_value_and_a_removal_behind_its_guard() {
        check(
            &LINT,
            "
struct Users { count: dashmap::DashMap<String, u32> }
//             ----- declaration: declared here
impl Users {
    fn enter(&self, room: &str) { *self.count.entry(room.to_string()).or_insert(0) += 1; }
    fn leave(&self, room: &str) {
        let is_empty = self.count.get(room).is_some_and(|it| *it == 0);
//                     -------------------- acquire: it is asked here
        if is_empty {
            self.count.remove(room);
//          ^^^^^^^^^^^^^^^^^^^^^^^ stale_two_phase_delete
        }
    }
}
",
        );
    }

    #[test]
    fn keys_that_were_collected_for_what_their_entries_held() {
        check(
            &LINT,
            "
use std::{collections::HashMap, sync::RwLock};
struct Sessions { last_seen: RwLock<HashMap<u64, u64>> }
impl Sessions {
    fn touch(&self, id: u64, now: u64) { if let Some(it) = self.last_seen.write().unwrap().get_mut(&id) { *it = now; } }
    fn expire(&self, now: u64) {
        let old: Vec<u64> =
            self.last_seen.read().unwrap().iter().filter(|(_, seen)| **seen < now).map(|(id, _)| *id).collect();
        for id in old {
            self.last_seen.write().unwrap().remove(&id);
//          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ stale_two_phase_delete
        }
    }
}
",
        );
    }

    fn count(body: &str) -> usize {
        let text = format!(
            "
struct S {{ m: dashmap::DashMap<String, u32>, gate: std::sync::Mutex<()> }}
impl S {{
    fn add(&self, k: &str) {{ *self.m.entry(k.to_string()).or_insert(0) += 1; }}
    fn f(&self, k: &str) {{ {body} }}
}}
"
        );
        found(&LINT, &text).len()
    }

    #[test]
    fn flags_early_returns_and_matches() {
        for body in [
            "let mut gone = false; if let Some(it) = self.m.get(k) { gone = *it == 0; } if gone { self.m.remove(k); }",
            "let mut gone = false; if let Some(it) = self.m.get(k) { if *it == 0 { gone = true; } } if gone { self.m.remove(k); }",
            "let Some(it) = self.m.get(k).map(|it| *it) else { return }; if it > 0 { return; } self.m.remove(k);",
            "if let Some(it) = self.m.get_mut(k) { if *it == 0 { drop(it); self.m.remove(k); } }",
            "let gone = self.m.get(k).is_some_and(|it| *it == 0); if gone { self.m.remove(k); println!(); }",
            "let few: Vec<String> = self.m.iter().filter(|it| *it.value() < 2).map(|it| it.key().clone()).collect(); for k in few { self.m.remove(&k); }",
            "let few: Vec<String> = self.m.iter().filter(|it| *it.value() == 0).take(9).map(|it| it.key().clone()).collect(); for k in few { self.m.remove(&k); }",
            "match self.m.get(k).map(|it| *it) { Some(0) => { self.m.remove(k); } _ => {} }",
        ] {
            assert_eq!(count(body), 1, "{body}");
        }
    }

    #[test]
    fn what_asks_again_or_needs_not_to() {
        for body in [
            "if self.m.get(k).is_some_and(|it| *it == 0) { self.m.remove_if(k, |_, it| *it == 0); }",
            "if self.m.contains_key(k) { self.m.remove(k); }",
            "if self.m.get(k).is_some() { self.m.remove(k); }",
            "let gate = self.gate.lock(); if self.m.get(k).is_some_and(|it| *it == 0) { self.m.remove(k); } drop(gate);",
            "let keys: Vec<String> = self.m.iter().map(|it| it.key().clone()).collect(); for k in keys { self.m.remove(&k); }",
            "let few: Vec<String> = self.m.iter().filter(|it| *it.value() < 2).take(9).map(|it| it.key().clone()).collect(); for k in few { self.m.remove(&k); }",
            "let keys: Vec<String> = self.m.iter().filter(|it| it.key() > &k.to_string()).map(|it| it.key().clone()).collect(); for k in keys { self.m.remove(&k); }",
        ] {
            assert_eq!(count(body), 0, "{body}");
        }
    }

    /// What becomes of a body of a map `m` of numbers.
    fn fixed_body(body: &str) -> Option<String> {
        let text = |body: &str| {
            format!(
                "
struct S {{ m: dashmap::DashMap<String, u32>, scc: scc::HashMap<String, u32> }}
impl S {{
    fn add(&self, k: &str) {{ *self.m.entry(k.to_string()).or_insert(0) += 1; }}
    fn limit(&self) -> u32 {{ self.m.len() as u32 }}
    fn f(&self, k: &str, mut n: u32) {{ {body} }}
}}
"
            )
        };
        assert_eq!(found(&LINT, &text(body)).len(), 1, "{body}");
        let fixed = fixed(&LINT, &text(body))?;
        assert_eq!(found(&LINT, &fixed), [], "{fixed}");
        let (before, after) = text("|").split_once('|').map(|(a, b)| (a.len(), b.len())).expect("a mark");
        Some(fixed[before..fixed.len() - after].to_string())
    }

    #[test]
    fn the_condition_is_asked_again_in_the_step_that_removes() {
        for (body, again) in [
            (
                "let gone = self.m.get(k).is_some_and(|it| *it == 0); if gone { self.m.remove(k); }",
                "|_, it| *it == 0",
            ),
            ("if self.m.get(k).is_some_and(|it| *it.value() < n) { self.m.remove(k); }", "|_, it| *it < n"),
            (
                "let mut gone = false; if let Some(it) = self.m.get(k) { gone = *it == 0; } if gone { self.m.remove(k); }",
                "|_, it| *it == 0",
            ),
            (
                "let mut gone = false; if let Some(it) = self.m.get(k) { if *it == 0 { gone = true; } } if gone { self.m.remove(k); }",
                "|_, it| *it == 0",
            ),
            (
                "if let Some(it) = self.m.get_mut(k) { if *it == 0 { drop(it); self.m.remove(k); } }",
                "|_, it| *it == 0",
            ),
            (
                "let Some(it) = self.m.get(k) else { return }; let gone = *it == 0; drop(it); if gone { self.m.remove(k); }",
                "|_, it| *it == 0",
            ),
            (
                "if let Some(it) = self.m.get(k) && *it == 0 && k != \"\" { drop(it); self.m.remove(k); }",
                "|_, it| *it == 0",
            ),
        ] {
            let key = if body.contains("remove(&k)") { "&k" } else { "k" };
            let better = body.replace(&format!("remove({key})"), &format!("remove_if({key}, {again})"));
            assert_eq!(fixed_body(body), Some(better));
        }
    }

    #[test]
    fn no_fix_where_the_condition_says_something_else_by_then() {
        for body in [
            "let gone = self.m.get(k).is_some_and(|it| *it < n); n = 2; if gone { self.m.remove(k); }",
            "let gone = self.m.get(k).is_some_and(|it| *it < n); let n = 2; if gone && n == 2 { self.m.remove(k); }",
            "let Some(it) = self.m.get(k).map(|it| *it) else { return }; if it > 0 { return; } self.m.remove(k);",
            "let gone = self.m.get(k).is_some_and(|it| *it == 0); if gone { self.m.remove(k); println!(); }",
            "match self.m.get(k).map(|it| *it) { Some(0) => { self.m.remove(k); } _ => {} }",
        ] {
            assert_eq!(fixed_body(body), None, "{body}");
        }
    }
}
