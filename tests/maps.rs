//! `maps`: which declarations are rows, what is counted, held and advised, and how that is written.

mod support;

use std::path::Path;

use serde_json::Value;
use support::{Project, Run, manifest, of_reason, run_in};

const STORE: &str = r#"
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, RwLock};

use dashmap::DashMap;

static CODES: LazyLock<HashMap<u32, &'static str>> = LazyLock::new(HashMap::new);

pub struct Store {
    orders: Arc<RwLock<HashMap<u64, String>>>,
    sessions: DashMap<u64, u64>,
    state: Mutex<State>,
    sorted: RwLock<BTreeMap<u64, u64>>,
    own: HashMap<u64, u64>,
}

struct State {
    open: HashMap<u64, u64>,
    total: u64,
}

impl State {
    fn note(&mut self, id: u64) {
        *self.open.entry(id).or_default() += 1;
        self.total += 1;
    }
}

impl Store {
    pub fn add(&self, id: u64, text: &str) {
        self.orders.write().unwrap().insert(id, text.to_owned());
        self.state.lock().unwrap().note(id);
    }
    pub fn get(&self, id: u64) -> Option<String> {
        self.orders.read().unwrap().get(&id).cloned()
    }
    pub fn has(&self, id: u64) -> bool {
        self.orders.read().unwrap().contains_key(&id)
    }
    pub fn rename(&self, id: u64) {
        if let Some(text) = self.orders.write().unwrap().get_mut(&id) {
            text.push('!');
        }
    }
    pub fn forget(&self, id: u64) {
        self.orders.write().unwrap().remove(&id);
    }
    pub fn count(&self, id: u64) {
        *self.sessions.entry(id).or_default() += 1;
        let first = self.sorted.read().unwrap().iter().next().map(|it| *it.0);
        self.sorted.write().unwrap().insert(id, first.unwrap_or(0));
    }
    pub fn move_on(&self, id: u64, tell: impl Fn(u64)) {
        let state = self.state.lock().unwrap();
        if state.open.contains_key(&id) {
            self.sessions.remove(&id);
            tell(state.total);
        }
    }
    pub fn code(&self, code: u32) -> Option<&'static str> {
        CODES.get(&code).copied()
    }
    pub fn take(&mut self, id: u64) -> Option<u64> {
        self.own.remove(&id)
    }
}
"#;

fn maps(project: &Project) -> Vec<Value> {
    of_reason(&project.run(&["maps", "--message-format", "json"]).lines(), "map")
}

/// `path read/write/insert/delete/iterate strategy`.
fn row(map: &Value) -> String {
    let counts: Vec<String> =
        ["read", "write", "insert", "delete", "iterate"].map(|it| map["uses"][it].to_string()).to_vec();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    format!("{} {} {}", text(&map["map"]), counts.join("/"), text(&map["advice"]["strategy"]))
}

fn rows(text: &str) -> Vec<String> {
    maps(&Project::lib(text)).iter().map(row).collect()
}

fn row_of<'a>(maps: &'a [Value], path: &str) -> &'a Value {
    maps.iter().find(|it| it["map"] == path).unwrap_or_else(|| panic!("no {path} in {maps:#?}"))
}

#[test]
fn every_shared_map_is_a_row_and_a_private_one_is_none() {
    let expected = [
        "app::CODES 1/0/0/0/0 keep",
        "app::State.open 1/0/1/0/0 keep",
        "app::Store.orders 2/1/1/1/0 keep",
        "app::Store.sessions 0/0/1/1/0 keep",
        "app::Store.sorted 0/0/1/0/1 keep",
    ];
    assert_eq!(rows(STORE), expected);
}

#[test]
fn a_row_says_what_a_map_is_in() {
    let maps = maps(&Project::lib(STORE));
    let orders = row_of(&maps, "app::Store.orders");
    assert_eq!(orders["type"], "Arc<RwLock<HashMap<u64, String>>>");
    assert_eq!(orders["shape"], "Arc<RwLock<HashMap<..>>>");
    assert_eq!(orders["layers"], serde_json::json!(["Arc", "RwLock", "HashMap"]));
    assert_eq!((&orders["protection"], &orders["package"]), (&"lock".into(), &"app".into()));
    assert_eq!(orders["acquires"], serde_json::json!({"shared": 2, "exclusive": 3, "tried": 0}));
    let open = row_of(&maps, "app::State.open");
    assert_eq!(open["behind"], serde_json::json!(["app::Store.state"]));
    assert_eq!(row_of(&maps, "app::CODES")["protection"], "frozen");
    assert_eq!(row_of(&maps, "app::Store.sessions")["protection"], "concurrent");
}

#[test]
fn sites_have_their_place_method_and_function() {
    let maps = maps(&Project::lib(STORE));
    let sites = row_of(&maps, "app::State.open")["sites"].as_array().expect("sites").clone();
    let told: Vec<String> = sites
        .iter()
        .map(|it| format!("{} {} {} {}", it["kind"], it["method"], it["function"], it["line"]))
        .collect();
    assert_eq!(
        told,
        [r#""insert" "entry" "State::note" 24"#, r#""read" "contains_key" "Store::move_on" 55"#]
    );
}

#[test]
fn what_a_map_is_held_across_and_what_is_taken_under_it() {
    let maps = maps(&Project::lib(STORE));
    let open = row_of(&maps, "app::State.open");
    let held = &open["held_across"][0];
    assert_eq!((&held["kind"], &held["what"]), (&"callback".into(), &"tell".into()));
    assert_eq!(
        (&open["takes"][0]["lock"], &open["takes"][0]["count"]),
        (&"app::Store.sessions".into(), &1.into())
    );
    assert_eq!(row_of(&maps, "app::Store.sessions")["taken_under"][0]["lock"], "app::Store.state");
    let lines = Project::lib(STORE).run(&["maps", "--message-format", "json"]).lines();
    let order = of_reason(&lines, "order").remove(0);
    assert_eq!(
        (&order["first"], &order["then"]),
        (&"app::Store.state".into(), &"app::Store.sessions".into())
    );
    assert_eq!(order["in_cycle"], false);
}

#[test]
fn the_awaits_and_blocking_calls_under_a_lock_are_counted_through_calls() {
    let text = r#"
use std::collections::HashMap;
pub struct Cache { map: tokio::sync::RwLock<HashMap<u64, String>> }
impl Cache {
    pub async fn load(&self, id: u64) {
        let mut map = self.map.write().await;
        map.insert(id, fetch().await);
        save();
    }
}
async fn fetch() -> String { tokio::time::sleep(std::time::Duration::from_secs(1)).await; String::new() }
fn save() { let _ = std::fs::read("x"); }
"#;
    let manifest = manifest("app").replace("dashmap = \"6\"", "tokio = \"1\"");
    let project = Project::empty().file("Cargo.toml", &manifest).file("src/lib.rs", text);
    let maps = maps(&project);
    let held: Vec<String> = row_of(&maps, "app::Cache.map")["held_across"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| format!("{} {} {}", it["kind"], it["what"], it["waits_for"]))
        .collect();
    assert_eq!(held, [r#""await" "fetch" "time to pass""#, r#""blocking" "save" "a file""#]);
}

/// A lock around a map, with this many places of each kind.
fn locked(gets: usize, inserts: usize, removes: usize, walks: usize) -> String {
    let mut text = String::from(
        "use std::{collections::HashMap, sync::RwLock};\npub struct S { m: RwLock<HashMap<u32, u32>> }\nimpl S {\n",
    );
    let mut add = |count: usize, name: &str, body: &str| {
        for index in 0..count {
            text.push_str(&format!("    pub fn {name}{index}(&self) {{ {body} }}\n"));
        }
    };
    add(gets, "get", "let _x = self.m.read().unwrap().get(&1).copied();");
    add(inserts, "insert", "self.m.write().unwrap().insert(1, 1);");
    add(removes, "remove", "self.m.write().unwrap().remove(&1);");
    add(walks, "walk", "self.m.read().unwrap().iter().for_each(drop);");
    text + "}\n"
}

#[test]
fn the_advice_follows_the_counts() {
    let cases = [
        ((3, 0, 0, 1), "snapshot", "3 reads, 1 walk: reads need no lock"),
        ((4, 1, 0, 0), "read_mostly", "4 reads, 1 change, no deletion: the keys stay"),
        ((6, 1, 1, 0), "snapshot", "6 reads, 2 changes: many readers wait for few writers"),
        ((1, 1, 0, 4), "snapshot", "1 read, 4 walks, 1 change: each walk makes the others wait"),
        ((3, 2, 2, 1), "shard", "keyed uses: 7 of 8, 4 changes: different keys wait for each other"),
        ((0, 2, 1, 0), "mutex", "3 places take it, all of them alone: a `RwLock` is a slower `Mutex` then"),
        ((1, 1, 0, 0), "keep", "1 read, 1 change"),
        ((0, 0, 0, 0), "keep", "no place is known that uses it"),
    ];
    for ((gets, inserts, removes, walks), strategy, reason) in cases {
        let maps = maps(&Project::lib(&locked(gets, inserts, removes, walks)));
        let advice = &maps[0]["advice"];
        assert_eq!((&advice["strategy"], &advice["reason"]), (&strategy.into(), &reason.into()));
    }
}

/// A map whose entries are read, changed by what stands between, and written back.
fn updated(between: &str) -> Value {
    let text = format!(
        r#"
pub struct Limits {{ map: dashmap::DashMap<String, u64> }}
pub fn start() -> std::sync::Arc<Limits> {{ std::sync::Arc::new(Limits {{ map: Default::default() }}) }}
impl Limits {{
    pub async fn add(&self, key: &str) {{
        let before = self.map.get(key).map(|it| *it).unwrap_or(0);
        {between}
        self.map.insert(key.to_owned(), before + more);
    }}
}}
async fn ask(_: u64) -> u64 {{ tokio::task::yield_now().await; 1 }}
"#
    );
    maps(&Project::lib(&text)).remove(0)["advice"].clone()
}

#[test]
fn a_race_that_no_single_call_closes_asks_for_versions() {
    let advice = updated("let more = ask(before).await;");
    assert_eq!(advice["strategy"], "version");
    assert_eq!(advice["wrapper"], "safe_map::VersionedMap");
    assert_eq!(updated("let more = 1;")["strategy"], "keep", "`entry` answers it");
}

#[test]
fn a_snapshot_is_not_advised_where_each_event_writes() {
    let text = |change: &str| {
        let reads = locked(6, 0, 0, 0);
        let end = reads.rfind('}').expect("an impl");
        format!("{}    {change}\n}}\nfn next() -> Option<u32> {{ None }}\n", &reads[..end])
    };
    let strategy = |change: &str| {
        let maps = maps(&Project::lib(&text(change)));
        maps[0]["advice"]["strategy"].as_str().expect("a text").to_owned()
    };
    let once = "pub fn forget(&self) { self.m.write().unwrap().remove(&1); }";
    assert_eq!(strategy(once), "snapshot");
    for change in [
        "pub async fn forget(&self) { self.m.write().unwrap().remove(&1); }",
        "pub fn serve(&self) { while let Some(id) = next() { self.m.write().unwrap().remove(&id); } }",
        "pub fn serve(&self) { while let Some(id) = next() { self.forget(id) } } fn forget(&self, id: u32) { self.m.write().unwrap().remove(&id); }",
    ] {
        assert_eq!(strategy(change), "keep", "{change}");
    }
    let reload = "pub async fn reload(&self) { *self.m.write().unwrap() = HashMap::new(); }";
    assert_eq!(strategy(reload), "snapshot", "to replace all of it is what a snapshot is for");
}

/// The sites of the only map, as `kind method`.
fn sites(fields: &str, body: &str) -> Vec<String> {
    let text = format!(
        "use std::{{collections::HashMap, sync::RwLock}};\npub struct S {{ {fields} }}\nimpl S {{\n    \
         pub fn f(&self, mut new: HashMap<u32, String>) {{ {body} }}\n}}\n"
    );
    let manifest = manifest("app") + "papaya = \"0.2\"\nflurry = \"0.5\"\n";
    let project = Project::empty().file("Cargo.toml", &manifest).file("src/lib.rs", &text);
    let told = |it: &Value| format!("{} {}", it["kind"], it["method"]).replace('"', "");
    maps(&project)[0]["sites"].as_array().expect("sites").iter().map(told).collect()
}

#[test]
fn pinned_maps_are_the_maps_themselves() {
    for fields in ["m: papaya::HashMap<u32, String>", "m: flurry::HashMap<u32, String>"] {
        assert_eq!(sites(fields, "self.m.pin().get(&1);"), ["read get"]);
        let named = "let p = self.m.pin(); p.insert(1, String::new()); p.remove(&2);";
        assert_eq!(sites(fields, named), ["insert insert", "delete remove"]);
        let guard = "let g = self.m.guard(); self.m.insert(1, String::new(), &g); self.m.get(&1, &g);";
        assert_eq!(sites(fields, guard), ["insert insert", "read get"]);
    }
    assert_eq!(sites("m: papaya::HashMap<u32, String>", "for _ in &self.m.pin() {}"), ["iterate iter"]);
    let shared = "m: std::sync::Arc<papaya::HashMap<u32, String>>";
    assert_eq!(sites(shared, "let m = self.m.clone(); let p = m.pin(); p.clear();"), ["delete clear"]);
}

#[test]
fn what_happens_to_all_of_a_map_is_counted() {
    let of = |body: &str| sites("m: RwLock<HashMap<u32, String>>", body);
    assert_eq!(of("*self.m.write().unwrap() = new;"), ["write ="]);
    assert_eq!(of("let mut g = self.m.write().unwrap(); *g = new;"), ["write ="]);
    assert_eq!(of("let old = std::mem::take(&mut *self.m.write().unwrap());"), ["write take"]);
    assert_eq!(of("std::mem::replace(&mut *self.m.write().unwrap(), new);"), ["write replace"]);
    assert_eq!(of("std::mem::swap(&mut new, &mut *self.m.write().unwrap());"), ["write swap"]);
    assert_eq!(of("self.m.write().unwrap().clear();"), ["delete clear"]);
    assert_eq!(of("let copy = self.m.read().unwrap().clone();"), ["iterate clone"]);
    assert_eq!(
        of("for it in self.m.write().unwrap().values_mut() { it.clear(); }"),
        ["write values_mut", "iterate values_mut"]
    );
    assert_eq!(
        of("let mut g = self.m.write().unwrap(); for (_, it) in &mut *g { it.clear(); }"),
        ["write for", "iterate for"]
    );
    assert_eq!(
        sites("m: std::sync::Arc<RwLock<HashMap<u32, String>>>", "let same = self.m.clone();"),
        [""; 0]
    );
}

#[test]
fn test_code_declares_and_counts_nothing() {
    let text = r#"
pub struct S { m: dashmap::DashMap<u32, u32> }
#[cfg(test)]
mod tests {
    static T: std::sync::Mutex<Option<std::collections::HashMap<u32, u32>>> = std::sync::Mutex::new(None);
    #[test]
    fn t() { super::S { m: Default::default() }.m.insert(1, 1); }
}
"#;
    assert_eq!(rows(text), ["app::S.m 0/0/0/0/0 keep"]);
}

fn table(args: &[&str]) -> Run {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/order-service");
    let output = support::command(&dir).env("COLUMNS", "100").args(args).output().expect("the binary runs");
    support::answer(output)
}

#[test]
fn the_table_of_the_order_service() {
    let run = table(&["maps"]);
    run.succeeds();
    let rows: Vec<&str> = run.stdout.lines().filter(|it| !it.starts_with("    ")).collect();
    assert_eq!(
        rows,
        [
            "order_service                           read  write  insert  delete  iterate  advice",
            "  config::RuleTable.rules                  1      -       1       3        3  keep",
            "  metrics::Counters.total                  1      -       2       1        -  keep",
            "  metrics::PENDING                         -      1       1       -        -  keep",
            "  pricing::PRICE_CACHE                     1      -       1       -        -  lock",
            "  sessions::SessionTable.last_customer     1      -       2       -        -  keep",
            "  sessions::SessionTable.sessions          1      1       1       2        -  keep",
            "  stock::Stock.paying                      2      -       1       -        -  keep",
            "  stock::Stock.pieces                      1      1       1       1        1  keep",
            "  stock::Stock.watchers                    -      2       1       1        -  keep",
            "  store::OrderStore.orders                 2      1       2       1        -  shard",
            "",
            "10 shared maps in 1 crate: keep 8, lock 1, shard 1",
        ]
    );
    for part in [
        "    `RwLock<HashMap<..>>`, behind a lock, src/store.rs:11\n",
        "    held across 2 awaits (`customer_of`)\n",
        "    takes `store::OrderStore.open_amount` while it is held\n",
        "    findings: double_lock 1, guard_across_await 2\n",
    ] {
        assert!(run.stdout.contains(part), "no {part:?} in {}", run.stdout);
    }
    assert!(run.stdout.lines().all(|it| it.chars().count() <= 100), "{}", run.stdout);
}

#[test]
fn verbose_lists_every_place() {
    let run = table(&["maps", "-v"]);
    let place = "      delete   remove         src/config.rs:36  config::RuleTable::refresh\n";
    assert!(run.stdout.contains(place), "{}", run.stdout);
}

#[test]
fn the_plan_names_declaration_and_calls() {
    let run = table(&["maps", "--plan"]);
    run.succeeds();
    let told = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "order_service::store::OrderStore.orders why: keyed uses: 6 of 6",
        "`RwLock<HashMap<OrderId, Order>>` becomes `safe_map::ShardedMap<OrderId, Order>`",
        "`Option<HashMap<String, u64>>` becomes `LazyLock<safe_map::LockedMap<HashMap<String, u64>>>`",
        "`get_mut` (src/store.rs:41): `update` with a closure",
        "`remove` (src/store.rs:62)",
    ] {
        assert!(told.contains(part), "no {part:?} in {told}");
    }
    assert!(!run.stdout.contains("SessionTable"), "{}", run.stdout);
}

#[test]
fn the_plan_keeps_what_is_one_step_one_step() {
    let text = r#"
use std::{collections::HashMap, sync::Mutex};
pub struct Bank { accounts: Mutex<HashMap<u64, Vec<u64>>> }
impl Bank {
    pub fn open(&self, id: u64) {
        let mut accounts = self.accounts.lock().unwrap();
        if !accounts.contains_key(&id) {
            accounts.insert(id, Vec::new());
        }
    }
    pub fn transfer(&self, from: u64, to: u64) {
        let mut accounts = self.accounts.lock().unwrap();
        let moved = accounts.remove(&from).unwrap_or_default();
        accounts.insert(to, moved);
    }
    pub fn close_all(&self, ids: &[u64]) {
        let mut accounts = self.accounts.lock().unwrap();
        for id in ids {
            accounts.remove(id);
        }
    }
    pub fn close(&self, id: u64) { self.accounts.lock().unwrap().remove(&id); }
    pub fn note(&self, id: u64) { self.accounts.lock().unwrap().entry(id).or_default().push(1); }
}
"#;
    let told = Project::lib(text).run(&["maps", "--plan"]).stdout;
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "`Mutex<HashMap<u64, Vec<u64>>>` becomes `safe_map::ShardedMap<u64, Vec<u64>>`",
        "one guard of `Bank::open` (src/lib.rs:6) makes `contains_key`, `insert` of one key one step: `compute`",
        "one guard of `Bank::transfer` (src/lib.rs:12) makes `remove`, `insert` of several keys one step: `update_many`",
        "one guard of `Bank::close_all` (src/lib.rs:17) makes `remove` in a loop one step",
    ] {
        assert!(told.contains(part), "no {part:?} in {told}");
    }
    assert_eq!(told.matches("by hand: one guard").count(), 3, "{told}");
}

#[test]
fn one_thread_and_eight_write_the_same_bytes() {
    let project = Project::lib(STORE);
    let run = |jobs: &str| project.run(&["maps", "--message-format", "json", "-j", jobs]).stdout;
    assert_eq!(run("1"), run("8"));
}

#[test]
fn a_workspace_without_maps_says_so() {
    let run = Project::lib("pub fn f() {}\n").run(&["maps"]);
    assert_eq!(run.stdout, "no field and no static is a shared map\n");
    let gone = run_in(Project::lib("").path(), &["maps", "nowhere"]);
    gone.fails(2, "no such file or directory");
}
