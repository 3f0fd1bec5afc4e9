use safe_map::SafeMap;

#[derive(SafeMap)]
struct Orders(std::collections::HashMap<u32, String>);

fn main() {}
