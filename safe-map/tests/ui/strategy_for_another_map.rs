use std::collections::BTreeMap;

use safe_map::SafeMap;

#[derive(SafeMap)]
struct Orders {
    #[safe_map(sharded)]
    by_id: BTreeMap<u32, String>,
}

fn main() {}
