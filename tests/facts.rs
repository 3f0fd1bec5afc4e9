//! Facts survive the way to JSON and back: what is dumped or cached is what was lowered.

mod support;

use std::path::Path;

use safe_map_analysis::facts::{Edition, FileFacts, lower};
use support::Project;

/// Items, types, patterns, expressions, attributes and directives of every kind that has data of its own.
const RICH: &str = r##"
#![allow(dead_code)]
//! Inner docs.
use std::{collections::HashMap as Map, sync::{self, Arc, Mutex, *}};
use r#try::{self as _};
extern crate alloc as a;
#[path = "x.rs"]
#[cfg(any(unix, all(feature = "f", not(test))))]
mod out;
#[cfg_attr(safe_map_lint, allow(safe_map_lint::double_lock, reason = "\u{1F512} \"quoted\""))]
static LOCK: sync::Mutex<[u8; 4]> = Mutex::new(*b"\x00\xff\\\"");
const MAX: u64 = u64::MAX;
thread_local! { static TLS: std::cell::RefCell<Vec<i128>> = const { std::cell::RefCell::new(Vec::new()) }; }
#[derive(Clone, Default)]
pub(crate) struct S<'a, T: ?Sized + Send + 'a = str, const N: usize = 3> where T: Fn(&u8) -> u8 { pub m: Arc<Mutex<Map<u32, &'a T>>> }
struct Tuple(pub u8, *const dyn Fn(u8), fn(&mut u8) -> !);
union U { a: u8, b: (u8, ()) }
enum E { A, B(u8, #[cfg(unix)] u16), C { x: Option<Box<E>> } = 7 }
trait Tr<X>: Clone { type Out<'a>: Iterator<Item = u8> where Self: 'a; const K: u8; fn f(&self) -> Self::Out<'_>; fn g() {} }
impl<T> Tr<T> for S<'_, T> where T: Copy { type Out<'a> = std::vec::IntoIter<u8>; const K: u8 = 1; fn f(&self) -> Self::Out<'_> { vec![1].into_iter() } }
type Alias<T> = <S<'static, T> as Tr<T>>::Out<'static>;
macro_rules! mac { ($($x:expr),*) => { $( let _ = $x.lock(); )* }; }
cfg_if::cfg_if! { if #[cfg(unix)] { fn only_unix() {} } else { fn elsewhere() {} } }
include!("y.in.rs");
pub async unsafe fn f<F>(mut m: &Map<u32, String>, f: F, &(ref a, b): &(u8, u8)) -> Result<impl Fn(u8), Box<dyn std::error::Error + 'static>> where F: AsyncFn() {
    // safe-map-lint: allow(double_lock, scope) -- because é
    let guard = LOCK.lock().unwrap();
    let Some(x) = m.get(&1) else { return Err("no".into()) };
    if let Some(1 | 2..=9) = a.checked_add(b) && guard[0] == b'\n' { drop(guard); } else if true { loop { break } }
    let v = 'outer: loop { while let Some(_) = None::<u8> { continue 'outer; } break 'outer -1.5e3; };
    match (x.as_str(), v) { (s @ "raw", _) if s.len() > 0 => (), (r#"r"x"#, 0.0..) => todo!(), [first, .., last] | _ => {} }
    for (i, Tuple(q, ..)) in m.iter().enumerate().map(move |(i, _)| (i, Tuple(0, std::ptr::null::<fn()>() as _, |_| panic!()))) { let _ = i << q; }
    tokio::select! { r = f() => r, _ = async move { m.len() } => {}, else => {} }
    let closure = async |x: u8| -> u8 { x };
    let s = S { m: Default::default(), ..Default::default() };
    unsafe { *(&raw mut s.m) = (); }
    let _ = [0u8; 4][..2].len() as f32 + 0xffi64 as f32;
    f().await?;
    (m, _) = (m, "\0\u{2028}");
    Ok(|_| ())
}
fn broken( {
"##;

#[track_caller]
fn survives(text: &str) -> FileFacts {
    let facts = lower(text, Edition::E2024);
    let json = serde_json::to_string(&facts).expect("facts are JSON");
    let back: FileFacts = serde_json::from_str(&json).expect("what was written can be read");
    assert_eq!(format!("{facts:?}"), format!("{back:?}"));
    facts
}

#[test]
fn a_rich_file_survives() {
    let facts = survives(RICH);
    assert!(facts.items.len() > 20 && facts.bodies.len() > 5, "{facts:#?}");
    assert_eq!((facts.directives.len(), facts.problems.len()), (1, 1), "{:#?}", facts.problems);
}

#[test]
fn our_own_sources_survive() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for dir in ["src", "tests", "fixtures"] {
        for entry in walkdir::WalkDir::new(root.join(dir)).follow_links(true).into_iter().flatten() {
            if entry.path().extension().is_some_and(|it| it == "rs") {
                survives(&std::fs::read_to_string(entry.path()).expect("a source file"));
            }
        }
    }
}

#[test]
fn what_is_dumped_is_what_was_lowered() {
    let dumped = Project::lib(RICH).run(&["dump", "facts", "src/lib.rs"]);
    dumped.succeeds();
    let back: FileFacts = serde_json::from_str(&dumped.stdout).expect("facts");
    assert_eq!(format!("{back:?}"), format!("{:?}", lower(RICH, Edition::E2024)));
}
