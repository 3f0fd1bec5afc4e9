use safe_map::SafeMap;

#[derive(SafeMap)]
#[safe_map(shared = "two words")]
struct Orders {
    started: u32,
}

fn main() {}
