use std::collections::HashMap;

use safe_map::SafeMap;

#[derive(SafeMap)]
struct Orders {
    #[safe_map(sharded, key = u32)]
    by_id: HashMap<u32, String>,
}

fn main() {}
