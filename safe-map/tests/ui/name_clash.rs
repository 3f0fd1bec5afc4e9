use std::collections::HashMap;

use safe_map::SafeMap;

#[derive(SafeMap)]
#[safe_map(shared = "Orders")]
struct Orders {
    #[safe_map(sharded)]
    by_id: HashMap<u32, String>,
}

fn main() {}
