//! Expansions, as files that can be read: `UPDATE=1 cargo test -p safe-map-macros` writes them anew.

use std::{fs, path::PathBuf};

use syn::DeriveInput;
use syn::parse::{ParseStream, Parser as _};

use crate::{expand, options::check_hazard};

fn expansion(input: &str) -> String {
    let input: DeriveInput = syn::parse_str(input).expect("the test's struct parses");
    let tokens = expand::derive(&input).expect("the test's struct has no mistake");
    prettyplease::unparse(&syn::parse2(tokens).expect("an expansion parses"))
}

#[track_caller]
fn snapshot(name: &str, input: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/expansions").join(format!("{name}.rs"));
    let expanded = expansion(input);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &expanded).expect("the snapshot can be written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(expanded == expected, "{} is not current: UPDATE=1 writes it anew\n{expanded}", path.display());
}

fn mistakes(input: &str) -> Vec<String> {
    let input: DeriveInput = syn::parse_str(input).expect("the test's struct parses");
    let error = expand::derive(&input).expect_err("there is a mistake");
    error.into_iter().map(|it| it.to_string()).collect()
}

#[test]
fn one_of_each() {
    snapshot(
        "one_of_each",
        "/// Orders.
        #[safe_map(shared = \"Live\")]
        pub struct Orders {
            /// By number.
            #[safe_map(sharded(shards = 32))] pub by_id: HashMap<String, Order>,
            #[safe_map(snapshot)] pub(crate) config: std::collections::BTreeMap<String, Rule>,
            #[safe_map(versioned)] tokens: HashMap<Token, Session, Fx>,
            #[safe_map(locked)] names: HashSet<String>,
            #[safe_map(sharded)] seen: HashSet<u64>,
            #[safe_map(cache(capacity = 500))] prices: HashMap<String, u64>,
            #[safe_map(read_mostly, key = u8, value = u16, hasher = Fx)] alias: Table,
            started: Instant,
        }",
    );
}

#[test]
fn generics_and_cfg() {
    snapshot(
        "generics_and_cfg",
        "#[cfg(unix)]
        #[safe_map(no_plain)]
        pub(crate) struct Registry<'a, K: Hash + Eq, const N: usize> where K: Clone {
            #[safe_map(fail_fast)] entries: HashMap<K, [u8; N]>,
            #[cfg(feature = \"labels\")] label: &'a str,
        }",
    );
}

#[test]
fn all_mistakes_at_once() {
    let told = mistakes(
        "struct S {
            #[safe_map(shraded)] a: HashMap<u8, u8>,
            #[safe_map(sharded(shards = 3))] b: HashMap<u8, u8>,
            #[safe_map(sharded(shard = 4), snapshot)] c: HashMap<u8, u8>,
            #[safe_map(sharded)] d: BTreeMap<u8, u8>,
            #[safe_map(snapshot)] e: Vec<u8>,
            #[safe_map(locked, key = u8)] f: Table,
            #[safe_map(key = u8, value = u8)] g: Table,
            new: u8,
            #[safe_map(sharded, hasher = Fx)] h: HashMap<u8, u8>,
            #[safe_map(sharded(shards = 2, shards = 4))] i: HashMap<u8, u8>,
            r#to_plain: u8,
        }",
    );
    let expected = [
        "unknown strategy or option `shraded`; did you mean `sharded`?",
        "the number of shards must be a power of two",
        "unknown option of `sharded` `shard`; did you mean `shards`?",
        "a field has one strategy, and this one has `sharded` already",
        "the accessor of this field clashes with the twin's own `new`",
        "`shards` is given twice",
        "the accessor of this field clashes with the twin's own `r#to_plain`",
        "`sharded` needs a `HashMap`; here there are `snapshot` and `locked`",
        "this is not known to be a map; say what is in it: `key = K, value = V`, and `hasher = S` if it has one",
        "`key` and `value` belong together",
        "this says what is in a map, but the field has no strategy",
        "this says what is in a map, but the field has no strategy",
        "`hasher` belongs to `key` and `value`",
    ];
    assert_eq!(told, expected);
}

#[test]
fn options_of_the_struct_are_given_once() {
    let told =
        mistakes("#[safe_map(shared = \"A\", no_plain)] #[safe_map(shared = \"B\", no_plain)] struct S {}");
    assert_eq!(told, ["`shared` is given twice", "`no_plain` is given twice"]);
}

#[test]
fn hazards_need_a_lint_and_a_reason() {
    let check = |input: ParseStream<'_>| check_hazard("expect_hazard", input);
    let parse = |text: &str| check.parse_str(text).map_err(|it| it.to_string());
    assert_eq!(parse("double_lock, reason = \"one thread\""), Ok(()));
    assert_eq!(parse("double_lock, guard_leak, reason = \"one thread\""), Ok(()));
    assert!(parse("double_lock").expect_err("no reason").starts_with("give a reason: `expect_hazard(lint"));
    assert!(parse("reason = \"why\"").expect_err("no lint").starts_with("name the lint"));
    assert!(parse("double_lock, reason = \" \"").expect_err("no text").starts_with("the reason is empty"));
}

/// A crate that does not know `safe-map` by its name has no such path in what is written for it.
#[test]
fn no_path_goes_by_the_name_where_there_is_another() {
    let expanded = expansion(
        "#[safe_map(crate = \"maps\")]
        struct S {
            #[safe_map(sharded(shards = 2))] a: HashMap<u8, u8>,
            #[safe_map(sharded)] b: HashSet<u8>,
            #[safe_map(snapshot)] c: BTreeMap<u8, u8>,
            #[safe_map(locked)] d: BTreeSet<u8>,
            #[safe_map(cache)] e: HashMap<u8, u8>,
            #[safe_map(generational, key = u8, value = u8)] f: Table,
        }",
    );
    assert!(!expanded.contains("::safe_map"), "{expanded}");
    assert!(expanded.contains("maps::cache::from_entries"));
}
