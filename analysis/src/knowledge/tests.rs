//! The shipped files: that they are read, that they keep the rules of the format, and what they say waits or is heavy.

use std::collections::HashMap;

use super::builtin::FILES;
use super::schema::{File, TypeRole, Waits};
use super::*;

fn files() -> Vec<(&'static str, File)> {
    FILES.iter().map(|(name, text)| (*name, toml::from_str(text).expect("a file of the format"))).collect()
}

#[test]
fn shipped_files_are_read_without_a_problem() {
    let (_, problems) = Knowledge::load(FILES);
    assert_eq!(problems, Vec::new());
}

#[test]
fn the_manifest_chooses_among_versions() {
    let file = |versions: &str, kind: &str| {
        format!("crate = \"m\"\nversions = \"{versions}\"\n[[type]]\npath = \"m::M\"\nkind = \"{kind}\"\n")
    };
    let (old, new) = (file("<3", "lock"), file(">=3", "shared_map"));
    let (knowledge, problems) = Knowledge::load(&[("old", &old), ("new", &new)]);
    assert_eq!(problems, Vec::new());
    let role = |req| knowledge.type_at("m::M", req).map(|id| knowledge.ty(id).role);
    assert_eq!(role(Some("2.1")), Some(TypeRole::Lock));
    assert_eq!(role(Some("3")), Some(TypeRole::SharedMap));
    assert_eq!(role(None), Some(TypeRole::SharedMap));
}

#[test]
fn a_type_names_each_method_once() {
    for (file, ty) in files().iter().flat_map(|(name, it)| it.types.iter().map(move |ty| (name, ty))) {
        let mut names: Vec<&String> = ty.methods.iter().flat_map(|it| &it.names).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all, "{file}: {} has a method twice", ty.path);
    }
}

/// Only files of different versions of a crate may speak of the same path.
#[test]
fn a_path_stands_in_one_file() {
    let mut seen: HashMap<String, Vec<String>> = HashMap::new();
    for (_, file) in files() {
        let types = file.types.iter().flat_map(|it| std::iter::once(&it.path).chain(&it.also));
        for path in types {
            seen.entry(path.clone()).or_default().push(file.versions.clone());
        }
    }
    seen.retain(|_, versions| versions.len() > 1 && versions.iter().any(String::is_empty));
    assert_eq!(seen, HashMap::new());
}

#[test]
fn what_holds_a_lock_says_who_waits_for_it() {
    for ty in files().iter().flat_map(|(_, it)| &it.types) {
        let holds = matches!(ty.kind, TypeRole::Guard | TypeRole::Entry);
        assert!(!holds || ty.guard.is_some(), "{} has no `guard`", ty.path);
        let may_hold = holds || ty.kind == TypeRole::Iterator;
        assert!(may_hold || ty.guard.is_none(), "{} is no guard", ty.path);
    }
}

/// A method as `(what it waits for, whether it waits when awaited, whether it is heavy)`.
fn method(knowledge: &Knowledge, path: &str) -> (Waits, bool, bool) {
    let (ty, name) = path.rsplit_once('.').expect("a type and a method");
    let id = knowledge.type_at(ty, None).unwrap_or_else(|| panic!("{ty} is known"));
    let method = knowledge.ty(id).methods.get(name).unwrap_or_else(|| panic!("{path} is known"));
    (method.spec.waits, method.spec.is_async, method.spec.heavy)
}

/// The same of a function.
fn function(knowledge: &Knowledge, path: &str) -> (Waits, bool, bool) {
    let function = knowledge.function_at(path).unwrap_or_else(|| panic!("{path} is known"));
    (function.spec.waits, function.spec.is_async, function.spec.heavy)
}

/// The same of either: methods are written `Type.name`.
fn call(knowledge: &Knowledge, path: &str) -> (Waits, bool, bool) {
    if path.contains('.') { method(knowledge, path) } else { function(knowledge, path) }
}

#[test]
fn what_blocks_the_thread() {
    let knowledge = Knowledge::builtin();
    let cases = [
        ("std::fs::read_to_string", Waits::Disk),
        ("std::fs::File.sync_all", Waits::Disk),
        ("std::fs::File.read_line", Waits::Disk),
        ("std::path::Path.exists", Waits::Disk),
        ("std::net::TcpStream.write_all", Waits::Network),
        ("std::net::TcpListener.accept", Waits::Network),
        ("std::net::UdpSocket.recv_from", Waits::Network),
        ("std::primitive::str.to_socket_addrs", Waits::Network),
        ("std::io::Stdin.read_line", Waits::Signal),
        ("std::process::Command.output", Waits::Process),
        ("std::process::Child.wait", Waits::Process),
        ("std::thread::sleep", Waits::Timer),
        ("std::thread::JoinHandle.join", Waits::Join),
        ("std::sync::Barrier.wait", Waits::Signal),
        ("std::sync::mpsc::SyncSender.send", Waits::Room),
        ("std::sync::mpsc::Receiver.recv", Waits::Channel),
        ("crossbeam::channel::Receiver.recv", Waits::Channel),
        ("flume::Receiver.recv", Waits::Channel),
        ("kanal::Receiver.recv", Waits::Channel),
        ("tokio::sync::mpsc::Receiver.blocking_recv", Waits::Channel),
        ("tokio::runtime::Handle.block_on", Waits::BlockOn),
        ("futures::executor::block_on", Waits::BlockOn),
        ("async_io::block_on", Waits::BlockOn),
        ("reqwest::blocking::get", Waits::Network),
        ("reqwest::blocking::RequestBuilder.send", Waits::Network),
        ("ureq::RequestBuilder.call", Waits::Network),
        ("rusqlite::Connection.query_row", Waits::Database),
        ("redis::Cmd.query", Waits::Database),
        ("redis::Connection.hget", Waits::Database),
        ("postgres::Client.query", Waits::Database),
        ("r2d2::Pool.get", Waits::Database),
        ("diesel::query_builder::SqlQuery.load", Waits::Database),
        ("diesel::SqliteConnection.batch_execute", Waits::Database),
        ("rocksdb::DB.put", Waits::Disk),
        ("sled::Tree.flush", Waits::Disk),
        ("lettre::SmtpTransport.send", Waits::Network),
        ("tungstenite::WebSocket.read", Waits::Network),
        ("rdkafka::consumer::BaseConsumer.poll", Waits::Network),
    ];
    for (path, waits) in cases {
        assert_eq!(call(&knowledge, path), (waits, false, false), "{path}");
    }
}

#[test]
fn what_the_task_waits_for() {
    let knowledge = Knowledge::builtin();
    let cases = [
        ("tokio::fs::write", Waits::Disk),
        ("tokio::fs::File.read_u16_le", Waits::Disk),
        ("tokio::net::TcpStream.read_exact", Waits::Network),
        ("tokio::net::tcp::OwnedWriteHalf.write_all", Waits::Network),
        ("tokio::process::Child.wait", Waits::Process),
        ("tokio::process::ChildStdout.read_line", Waits::Process),
        ("tokio::time::sleep", Waits::Timer),
        ("tokio::time::Interval.tick", Waits::Timer),
        ("tokio::sync::mpsc::Sender.send", Waits::Room),
        ("tokio::sync::oneshot::Receiver.await", Waits::Channel),
        ("tokio::sync::watch::Receiver.changed", Waits::Channel),
        ("tokio::sync::Semaphore.acquire", Waits::Signal),
        ("tokio::sync::Notify.notified", Waits::Signal),
        ("tokio::task::JoinHandle.await", Waits::Join),
        ("tokio::task::JoinSet.join_next", Waits::Join),
        ("futures::future::join_all", Waits::Join),
        ("futures::stream::SplitSink.send", Waits::Network),
        ("tokio_util::codec::Framed.next", Waits::Network),
        ("smol::fs::read", Waits::Disk),
        ("async_std::net::TcpStream.connect", Waits::Network),
        ("futures_timer::Delay.await", Waits::Timer),
        ("reqwest::RequestBuilder.send", Waits::Network),
        ("reqwest::Response.json", Waits::Network),
        ("hyper::Client.request", Waits::Network),
        ("tonic::transport::Endpoint.connect", Waits::Network),
        ("tonic::Streaming.message", Waits::Network),
        ("sqlx::query::QueryAs.fetch_one", Waits::Database),
        ("sqlx::Transaction.commit", Waits::Database),
        ("tokio_postgres::Client.query_opt", Waits::Database),
        ("deadpool_postgres::Pool.get", Waits::Database),
        ("bb8::Pool.get", Waits::Network),
        ("redis::Cmd.query_async", Waits::Database),
        ("redis::aio::ConnectionManager.lpush", Waits::Database),
        ("mongodb::action::Action.await", Waits::Database),
        ("rdkafka::producer::FutureProducer.send", Waits::Network),
        ("object_store::ObjectStore.put", Waits::Network),
        ("tokio_tungstenite::connect_async", Waits::Network),
        ("axum::extract::ws::WebSocket.recv", Waits::Network),
        ("lettre::AsyncSmtpTransport.send", Waits::Network),
    ];
    for (path, waits) in cases {
        assert_eq!(call(&knowledge, path), (waits, true, false), "{path}");
    }
}

#[test]
fn what_is_cheap_waits_for_nothing() {
    let knowledge = Knowledge::builtin();
    let cases = [
        "std::sync::mpsc::Sender.send",
        "std::sync::mpsc::Receiver.try_recv",
        "std::sync::Condvar.notify_one",
        "std::net::TcpListener.bind",
        "std::fs::File.try_clone",
        "std::process::Command.spawn",
        "std::process::Child.try_wait",
        "tokio::sync::mpsc::UnboundedSender.send",
        "tokio::sync::mpsc::Sender.try_send",
        "tokio::sync::oneshot::Sender.send",
        "tokio::sync::broadcast::Sender.send",
        "tokio::sync::watch::Sender.send",
        "tokio::sync::Notify.notify_one",
        "tokio::spawn",
        "tokio::task::block_in_place",
        "tokio::net::TcpStream.try_read",
        "futures::channel::mpsc::UnboundedSender.unbounded_send",
        "flume::Sender.send",
        "crossbeam::channel::Sender.send",
        "crossbeam::channel::Receiver.try_recv",
        "reqwest::Client.get",
        "sqlx::Pool.try_acquire",
        "tonic::transport::Endpoint.connect_lazy",
        "rdkafka::producer::BaseProducer.send",
        "moka::sync::Cache.get",
        "sharded_slab::Slab.get",
    ];
    for path in cases {
        let (waits, _, heavy) = call(&knowledge, path);
        assert_eq!((waits, heavy), (Waits::None, false), "{path}");
    }
}

#[test]
fn what_is_much_work() {
    let knowledge = Knowledge::builtin();
    let cases = [
        "std::primitive::slice.sort_by",
        "std::primitive::slice.sort_unstable",
        "std::collections::BinaryHeap.into_sorted_vec",
        "indexmap::IndexMap.par_sort_by",
        "serde_json::to_string",
        "serde_json::from_slice",
        "serde_json::Value.to_string",
        "serde_yaml::to_string",
        "toml::from_str",
        "bincode::serialize",
        "rmp_serde::to_vec",
        "postcard::to_allocvec",
        "ciborium::into_writer",
        "zstd::encode_all",
        "zstd::bulk::compress",
        "flate2::read::ZlibDecoder.read_to_end",
        "flate2::write::GzEncoder.finish",
        "lz4_flex::compress_prepend_size",
        "brotli::BrotliCompress",
        "snap::raw::Encoder.compress_vec",
        "sha2::Sha512.digest",
        "md5::compute",
        "blake3::hash",
        "bcrypt::verify",
        "argon2::Argon2.hash_password",
        "regex::Regex.new",
    ];
    for path in cases {
        assert_eq!(call(&knowledge, path), (Waits::None, false, true), "{path}");
    }
}
