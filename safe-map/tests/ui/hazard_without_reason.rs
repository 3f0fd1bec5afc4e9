#[safe_map::allow_hazard(double_lock)]
fn main() {}
