use std::collections::HashMap;

use safe_map::SafeMap;

#[derive(SafeMap)]
struct Orders {
    #[safe_map(snapshot(shards = 4))]
    by_id: HashMap<u32, String>,
}

fn main() {}
