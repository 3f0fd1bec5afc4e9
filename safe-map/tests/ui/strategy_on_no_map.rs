use safe_map::SafeMap;

#[derive(SafeMap)]
struct Orders {
    #[safe_map(sharded)]
    by_id: Vec<String>,
}

fn main() {}
