use std::{collections::HashMap, sync::Mutex};

use safe_map::SafeMap;

#[derive(SafeMap)]
struct Orders {
    #[safe_map(sharded)]
    by_id: HashMap<u32, String>,
    lock: Mutex<u32>,
}

fn main() {}
