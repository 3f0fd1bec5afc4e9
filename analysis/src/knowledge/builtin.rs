//! The knowledge files that ship with the tool, in the order in which they are read.

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../knowledge/", $name)))),*]
    };
}

/// Name and text of each file; a test compares the list with the directory.
pub(super) const FILES: &[(&str, &str)] = files![
    "std.toml",
    "actix-web.toml",
    "anyhow.toml",
    "arc-swap.toml",
    "argon2.toml",
    "async-channel.toml",
    "async-lock.toml",
    "async-std.toml",
    "axum.toml",
    "bb8.toml",
    "bcrypt.toml",
    "bincode.toml",
    "blake3.toml",
    "brotli.toml",
    "ciborium.toml",
    "cosmwasm-std.toml",
    "crossbeam.toml",
    "dashmap.toml",
    "deadpool.toml",
    "diesel-async.toml",
    "diesel.toml",
    "duct.toml",
    "evmap-10.toml",
    "evmap-11.toml",
    "flate2.toml",
    "flume.toml",
    "flurry.toml",
    "fs-err.toml",
    "futures-timer.toml",
    "futures.toml",
    "gstd.toml",
    "hashbrown.toml",
    "http.toml",
    "hyper.toml",
    "ic-cdk.toml",
    "im.toml",
    "indexmap.toml",
    "kanal.toml",
    "keepcalm.toml",
    "lazy_static.toml",
    "left-right.toml",
    "lettre.toml",
    "lock_api.toml",
    "log.toml",
    "lru.toml",
    "lz4.toml",
    "lz4_flex.toml",
    "md5.toml",
    "mini-moka.toml",
    "moka-0.11.toml",
    "moka.toml",
    "mongodb.toml",
    "near-sdk.toml",
    "object_store.toml",
    "once_cell.toml",
    "papaya.toml",
    "parking_lot.toml",
    "pgrx.toml",
    "postcard.toml",
    "postgres.toml",
    "quick_cache.toml",
    "r2d2.toml",
    "rayon.toml",
    "rdkafka.toml",
    "redis.toml",
    "regex.toml",
    "reqwest-middleware.toml",
    "reqwest.toml",
    "rmp-serde.toml",
    "rocket.toml",
    "rocksdb.toml",
    "ron.toml",
    "rusqlite.toml",
    "safe-map.toml",
    "scc-2.toml",
    "scc-3.toml",
    "sea-orm.toml",
    "serde.toml",
    "serde_json.toml",
    "serde_yaml.toml",
    "sha2.toml",
    "sharded-slab.toml",
    "slab.toml",
    "sled.toml",
    "smol.toml",
    "snap.toml",
    "soroban-sdk.toml",
    "spin.toml",
    "sqlx.toml",
    "tauri.toml",
    "tempfile.toml",
    "tokio-postgres.toml",
    "tokio-rusqlite.toml",
    "tokio-stream.toml",
    "tokio-tungstenite.toml",
    "tokio-util.toml",
    "tokio.toml",
    "toml.toml",
    "tonic.toml",
    "tracing.toml",
    "tungstenite.toml",
    "ureq.toml",
    "walkdir.toml",
    "wasm-bindgen-futures.toml",
    "zstd.toml",
];

#[cfg(test)]
mod tests {
    #[test]
    fn every_file_of_the_directory_ships() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/knowledge");
        let entries =
            std::fs::read_dir(directory).expect("the directory").map(|it| it.expect("an entry").file_name());
        let mut names: Vec<String> =
            entries.filter_map(|it| it.into_string().ok()).filter(|it| it.ends_with(".toml")).collect();
        let mut shipped: Vec<String> = super::FILES.iter().map(|(name, _)| name.to_string()).collect();
        names.sort();
        shipped.sort();
        assert_eq!(names, shipped);
    }
}
