use std::collections::HashMap;

use safe_map::SafeMap;

#[derive(SafeMap)]
struct Orders {
    #[safe_map(sharded, hasher = Fixed)]
    by_id: HashMap<u32, String>,
}

fn main() {}
