//! How findings are worded and counted where users of other tools were misled: who holds what, how sure it is, how often.

use safe_map_analysis::facts::Edition;
use safe_map_analysis::span::LineIndex;
use safe_map_lints::{Confidence, Finding, LINTS, Level, Role};

use crate::support::findings;

/// The only finding in a snippet.
#[track_caller]
fn only(text: &str) -> Finding {
    let mut found = findings(text, Edition::E2024);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

/// The lines of the labels of a role.
fn lines(text: &str, finding: &Finding, role: Role) -> Vec<u32> {
    let index = LineIndex::new(text);
    let labels = finding.labels.iter().filter(|it| it.role == role);
    labels.map(|it| index.line_column(text, it.place.span.start).line).collect()
}

#[test]
fn a_second_acquire_names_the_thread_that_holds_and_the_line_where() {
    let text = "
fn f(m: &dashmap::DashMap<u32, u32>) {
    let found = m.get(&1);
    m.remove(&1);
}
";
    let finding = only(text);
    assert!(finding.message.contains("while this thread holds it"), "{}", finding.message);
    assert_eq!(lines(text, &finding, Role::Acquire), [3]);
}

#[test]
fn what_hangs_only_between_two_readers_is_possible() {
    for (read, lock) in
        [("read()", "parking_lot::RwLock<u32>"), ("read().unwrap()", "std::sync::RwLock<u32>")]
    {
        let finding = only(&format!("fn f(m: &{lock}) -> u32 {{ let g = m.{read}; *g + *m.{read} }}"));
        assert_eq!((finding.lint, finding.confidence), ("recursive_read", Confidence::Possible));
    }
}

#[test]
fn what_hangs_on_one_arm_says_that_it_is_a_path() {
    let finding = only(
        "
fn f(m: &parking_lot::Mutex<u32>, n: u32) -> u32 {
    let g = m.lock();
    match n {
        0 => drop(g),
        _ => {}
    }
    *m.lock()
}
",
    );
    assert_eq!((finding.lint, finding.confidence), ("double_lock", Confidence::Likely));
    assert!(finding.note.contains("on the path where the first guard is still alive"), "{}", finding.note);
}

#[test]
fn a_bug_that_several_callers_reach_is_one_finding() {
    let finding = only(
        "
struct Store { count: parking_lot::Mutex<u32> }
impl Store {
    fn twice(&self) -> u32 { let g = self.count.lock(); *g + *self.count.lock() }
    fn one(&self) -> u32 { self.twice() }
    fn two(&self) -> u32 { for _ in 0..2 { self.twice(); } self.one() + self.twice() }
}
",
    );
    assert_eq!(finding.lint, "double_lock");
}

#[test]
fn awaits_under_one_guard_are_one_finding_with_several_sites() {
    let text = "
async fn f(m: &parking_lot::Mutex<u32>) {
    let g = m.lock();
    told().await;
    told().await;
    told().await;
}
async fn told() { tokio::task::yield_now().await }
";
    let finding = only(text);
    assert_eq!(lines(text, &finding, Role::Hazard), [5, 6]);
}

#[test]
fn two_orders_in_several_places_are_one_finding() {
    let finding = only(
        "
use std::sync::Mutex;
struct Bank { accounts: Mutex<u64>, journal: Mutex<u64> }
impl Bank {
    fn one(&self) { let mut a = self.accounts.lock().unwrap(); *a += *self.journal.lock().unwrap(); }
    fn two(&self) { let mut a = self.accounts.lock().unwrap(); *a -= *self.journal.lock().unwrap(); }
    fn three(&self) { let mut j = self.journal.lock().unwrap(); *j += *self.accounts.lock().unwrap(); }
    fn four(&self) { let j = self.journal.lock().unwrap(); *self.accounts.lock().unwrap() -= *j; }
}
",
    );
    assert_eq!(finding.lint, "lock_order_inversion");
    assert_eq!(finding.interleaving.len(), 4);
}

#[test]
fn a_guard_of_an_async_lock_has_a_severity_of_its_own() {
    let level = |name| LINTS.iter().find(|it| it.name == name).map(|it| it.level);
    assert_eq!(level("guard_across_await"), Some(Level::Deny));
    assert_eq!(level("async_guard_across_await"), Some(Level::Warn));
}

#[test]
fn a_lock_that_a_test_holds_while_it_runs_is_marked_as_test_code() {
    for attribute in ["#[tokio::test]", "#[cfg(test)]"] {
        let finding = only(&format!(
            "
static ENVIRONMENT: std::sync::Mutex<()> = std::sync::Mutex::new(());
{attribute}
async fn reads_the_variable() {{
    let _guard = ENVIRONMENT.lock().unwrap();
    tokio::task::yield_now().await;
}}
"
        ));
        assert_eq!((finding.lint, finding.in_test), ("guard_across_await", true));
    }
}

#[test]
fn a_lock_taken_in_a_macro_is_reported_at_the_call() {
    let text = "
macro_rules! locked { ($m:expr) => { $m.lock().unwrap() }; }
fn f(m: &std::sync::Mutex<u32>) -> u32 {
    let g = locked!(m);
    *g + *locked!(m)
}
";
    let finding = only(text);
    let index = LineIndex::new(text);
    assert_eq!(index.line_column(text, finding.primary.span.start).line, 5);
    assert_eq!(lines(text, &finding, Role::Acquire), [4]);
}

#[test]
fn a_static_mut_that_a_once_sets_is_silent_unless_it_is_lent_to_change() {
    let names = |lent: &str| {
        let text = format!(
            "
use std::{{collections::HashMap, sync::Once}};
static START: Once = Once::new();
static mut NAMES: *mut HashMap<u32, u32> = std::ptr::null_mut();
fn names() -> &'static {lent}HashMap<u32, u32> {{
    START.call_once(|| unsafe {{ std::ptr::write(&raw mut NAMES, Box::into_raw(Box::default())) }});
    unsafe {{ &{lent}*NAMES }}
}}
"
        );
        findings(&text, Edition::E2024).into_iter().map(|it| it.lint).collect::<Vec<_>>()
    };
    assert_eq!(names(""), Vec::<&str>::new());
    assert!(names("mut ").contains(&"static_mut_map"), "{:?}", names("mut "));
}
