//! What a guard across an await is worth by where its task runs, and a hazard by whether the program runs it.

mod support;

use support::{Project, of_reason};

const HEAD: &str = "use std::sync::{Arc, Mutex};
pub struct Store { pub jobs: Mutex<Vec<u32>>, pub names: dashmap::DashMap<u32, u32> }
pub fn start() -> Arc<Store> { Arc::new(Store { jobs: Mutex::default(), names: Default::default() }) }
pub async fn send() { tokio::time::sleep(std::time::Duration::from_secs(1)).await }
impl Store {
    pub fn add(&self) { self.jobs.lock().unwrap().push(1); self.names.insert(1, 1); }
    pub async fn flush(&self) { let jobs = self.jobs.lock().unwrap(); send().await; drop(jobs) }
    pub async fn tell(&self) { let name = self.names.get(&1); send().await; drop(name) }
}
";

/// A library of this text with its dependencies, as lines of its manifest.
fn library(dependencies: &str, text: &str) -> Project {
    let manifest = format!(
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\ndashmap = \"6\"\n{dependencies}\n"
    );
    Project::empty().file("Cargo.toml", &manifest).file("src/lib.rs", text)
}

/// The confidence of what is found in `flush`, whose guard stays on its thread, and in `tell`, whose guard is `Send`.
fn rated_in(project: &Project) -> [String; 2] {
    let found = of_reason(&project.json(&["--only", "guard_across_await"]), "finding");
    let of = |line: u64| {
        let mut here = found.iter().filter(|it| it["line"] == line);
        here.next().and_then(|it| it["confidence"].as_str()).unwrap_or("nothing").to_owned()
    };
    [of(7), of(8)]
}

/// The same of `HEAD` with more behind it.
fn rated(dependencies: &str, rest: &str) -> [String; 2] {
    rated_in(&library(dependencies, &format!("{HEAD}{rest}")))
}

const TOKIO: &str = "tokio = \"1\"";

#[test]
fn a_task_that_is_sent_has_no_guard_that_stays() {
    assert_eq!(rated(TOKIO, ""), ["possible", "likely"]);
    assert_eq!(rated("", ""), ["likely", "likely"], "nobody says where tasks run");
    assert_eq!(rated("tokio = { version = \"1\", optional = true }", ""), ["likely", "likely"]);
}

#[test]
fn tasks_that_stay_on_a_thread_share_it() {
    let local = "pub fn run(it: Arc<Store>) { tokio::task::spawn_local(async move { it.flush().await }); }";
    assert_eq!(rated(TOKIO, local)[0], "likely");
    assert_eq!(rated("tokio = \"1\"\nactix-web = \"4\"", "")[0], "likely");
}

#[test]
fn a_feature_sends_guards_of_parking_lot() {
    let text = HEAD.replace("use std::sync::{Arc, Mutex};", "use std::sync::Arc; use parking_lot::Mutex;");
    let text = text.replace(".lock().unwrap()", ".lock()");
    let rate = |features: &str| {
        let dependencies =
            format!("{TOKIO}\nparking_lot = {{ version = \"0.12\", features = [{features}] }}");
        let [flush, _] = rated_in(&library(&dependencies, &text));
        flush
    };
    assert_eq!([rate(""), rate("\"send_guard\"")], ["possible", "likely"]);
}

#[test]
fn a_main_that_holds_a_guard_can_stop_all_workers() {
    let main = "use app::*;
#[tokio::main]
async fn main() {
    let it = start();
    let other = it.clone();
    SPAWN
    it.flush().await;
}
";
    let rate = |spawn: &str| {
        let project = library(TOKIO, HEAD).file("src/main.rs", &main.replace("SPAWN", spawn));
        let [flush, _] = rated_in(&project);
        flush
    };
    assert_eq!(rate("tokio::spawn(async move { other.add() });"), "likely");
    assert_eq!(rate("tokio::spawn(async move { other.jobs.lock().unwrap().push(2) });"), "likely");
}

#[test]
fn what_a_program_never_runs_is_possible_and_left_out() {
    let twice = "use std::sync::Mutex;\nfn twice(it: &Mutex<u32>) { let a = it.lock().unwrap(); *it.lock().unwrap() += *a; }\n";
    let program = |main: &str| {
        let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
        Project::empty().file("Cargo.toml", manifest).file("src/main.rs", &format!("{twice}{main}"))
    };
    let dead = program("fn main() {}");
    assert_eq!(dead.lints(&[]), [""; 0]);
    assert_eq!(of_reason(&dead.json(&["--only", "double_lock"]), "finding")[0]["confidence"], "possible");
    let alive = program("fn main() { twice(&Mutex::new(1)) }");
    assert_eq!(of_reason(&alive.json(&[]), "finding")[0]["confidence"], "certain");
    assert_eq!(Project::lib(twice).lints(&[]), ["double_lock"], "a library is for whoever has it");
}

#[test]
fn what_takes_two_in_a_library_that_its_program_does_not_call_is_possible() {
    let text = "use std::sync::{Arc, Mutex};
pub static LOCKS: std::sync::LazyLock<dashmap::DashMap<u32, Arc<Mutex<u32>>>> = std::sync::LazyLock::new(Default::default);
pub fn lock_of(key: u32) {
    if !LOCKS.contains_key(&key) { LOCKS.insert(key, Arc::default()); }
}
pub fn twice(it: &Mutex<u32>) { let a = it.lock().unwrap(); *it.lock().unwrap() += *a; }
";
    let rate = |main: &str| {
        let project = library("", text);
        let project = if main.is_empty() { project } else { project.file("src/main.rs", main) };
        let found = of_reason(&project.json(&["--only", "check_then_act,double_lock"]), "finding");
        found.iter().map(|it| it["confidence"].as_str().unwrap_or("nothing").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(rate(""), ["likely", "certain"]);
    assert_eq!(rate("fn main() {}"), ["possible", "certain"]);
    assert_eq!(rate("fn main() { app::lock_of(1) }"), ["possible", "certain"], "once");
    let threads = "fn main() { for it in 0..9 { std::thread::spawn(move || app::lock_of(it)); } }";
    assert_eq!(rate(threads), ["likely", "certain"]);
}

#[test]
fn hosts_with_one_thread_and_programs_for_other_targets_too() {
    let text = "use std::collections::HashMap;
static mut NAMES: Option<HashMap<u32, u32>> = None;
pub async fn add(key: u32) { unsafe { NAMES.get_or_insert_with(HashMap::new).insert(key, key); } }
";
    let rate = |dependency: &str, more: &str| {
        let project = library(&format!("{dependency} = \"*\""), &format!("{text}{more}"));
        of_reason(&project.json(&["--only", "static_mut_map"]), "finding").len()
    };
    let start = "pub fn start() { std::thread::spawn(|| add(1)); }";
    assert_eq!([rate("wasm-bindgen", ""), rate("wasm-bindgen", start)], [0, 1]);
    assert_eq!([rate("pgrx", ""), rate("pgrx", start)], [0, 0]);
    assert_eq!(rate("serde", ""), 1);
}
