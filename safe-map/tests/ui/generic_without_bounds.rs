use std::collections::HashMap;

use safe_map::SafeMap;

#[derive(SafeMap)]
#[safe_map(no_plain)]
struct Registry<K> {
    #[safe_map(fail_fast)]
    entries: HashMap<K, u8>,
}

fn main() {}
