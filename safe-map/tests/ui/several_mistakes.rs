use std::collections::HashMap;

use safe_map::SafeMap;

#[derive(SafeMap)]
struct Orders {
    #[safe_map(shraded)]
    by_id: HashMap<u32, String>,
    #[safe_map(versioned(shards = 3))]
    names: HashMap<u32, String>,
    #[safe_map(locked, locked)]
    seen: HashMap<u32, String>,
}

fn main() {}
