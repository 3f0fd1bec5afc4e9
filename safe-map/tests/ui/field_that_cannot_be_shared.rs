use std::{cell::Cell, collections::HashMap};

use safe_map::SafeMap;

#[derive(SafeMap)]
struct Orders {
    #[safe_map(sharded)]
    by_id: HashMap<u32, String>,
    last: Cell<u32>,
}

fn main() {}
