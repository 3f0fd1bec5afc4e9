use std::collections::HashMap;

use safe_map::SafeMap;

#[derive(SafeMap)]
#[safe_map(no_plain, no_plain)]
struct Orders {
    #[safe_map(sharded(shards = 4, shards = 8))]
    by_id: HashMap<u32, String>,
}

fn main() {}
