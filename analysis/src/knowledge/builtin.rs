//! The knowledge files that ship with the tool, in the order in which they are read.

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../knowledge/", $name)))),*]
    };
}

/// Name and text of each file; a test compares the list with the directory.
pub(super) const FILES: &[(&str, &str)] = files![
    "std.toml",
    "crossbeam.toml",
    "dashmap.toml",
    "lock_api.toml",
    "parking_lot.toml",
    "rayon.toml",
    "tokio.toml",
];
