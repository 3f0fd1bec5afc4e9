use safe_map::SafeMap;

#[derive(SafeMap)]
enum Orders {
    None,
}

fn main() {}
