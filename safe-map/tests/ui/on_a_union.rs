use safe_map::SafeMap;

#[derive(SafeMap)]
union Orders {
    none: u8,
}

fn main() {}
