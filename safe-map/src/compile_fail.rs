//! What must not compile, each beside a twin that does.
//!
//! A map is shared between threads only if its keys and values may be.
//!
//! ```
//! use std::{sync::Arc, thread};
//! let map = Arc::new(safe_map::ShardedMap::<u32, Arc<u32>>::new());
//! thread::spawn(move || map.insert(1, Arc::new(1)));
//! ```
//!
//! ```compile_fail,E0277
//! use std::{rc::Rc, sync::Arc, thread};
//! let map = Arc::new(safe_map::ShardedMap::<u32, Rc<u32>>::new());
//! thread::spawn(move || map.insert(1, Rc::new(1)));
//! ```
//!
//! The value of a map whose readers see it at the same time must be `Sync`.
//!
//! ```
//! fn shared<T: Sync>(_: T) {}
//! shared(safe_map::SnapshotMap::<std::collections::HashMap<u32, u32>>::default());
//! shared(safe_map::ReadMostlyMap::<u32, u32>::new());
//! shared(safe_map::GenerationalMap::<u32, u32>::new());
//! shared(safe_map::LockedMap::<std::collections::HashMap<u32, u32>>::default());
//! ```
//!
//! ```compile_fail,E0277
//! fn shared<T: Sync>(_: T) {}
//! shared(safe_map::SnapshotMap::<std::collections::HashMap<u32, std::cell::Cell<u32>>>::default());
//! ```
//!
//! ```compile_fail,E0277
//! fn shared<T: Sync>(_: T) {}
//! shared(safe_map::ReadMostlyMap::<u32, std::cell::Cell<u32>>::new());
//! ```
//!
//! ```compile_fail,E0277
//! fn shared<T: Sync>(_: T) {}
//! shared(safe_map::GenerationalMap::<u32, std::cell::Cell<u32>>::new());
//! ```
//!
//! ```compile_fail,E0277
//! fn shared<T: Sync>(_: T) {}
//! shared(safe_map::LockedMap::<std::collections::HashMap<u32, std::cell::Cell<u32>>>::default());
//! ```
//!
//! A reference to a value does not leave the closure that sees it.
//!
//! ```
//! let map = safe_map::ShardedMap::from([(1, String::new())]);
//! let copy = map.read(&1, |value| value.clone());
//! ```
//!
//! ```compile_fail
//! let map = safe_map::ShardedMap::from([(1, String::new())]);
//! let guard = map.read(&1, |value| value);
//! ```
//!
//! ```compile_fail
//! let map = safe_map::ShardedMap::from([(1, String::new())]);
//! let mut guard = None;
//! map.update(&1, |value| guard = Some(value));
//! ```
//!
//! Nothing can be awaited in a closure.
//!
//! ```
//! async fn check(map: &safe_map::ShardedMap<u32, u32>) -> Option<u32> {
//!     let seen = map.get(&1)?;
//!     std::future::ready(seen).await.into()
//! }
//! ```
//!
//! ```compile_fail,E0728
//! async fn check(map: &safe_map::ShardedMap<u32, u32>) -> Option<u32> {
//!     map.read(&1, |seen| std::future::ready(*seen).await)
//! }
//! ```
//!
//! A map is not cloned by accident.
//!
//! ```
//! let map = safe_map::ShardedMap::from([(1, 1)]);
//! let copy = map.to_map();
//! ```
//!
//! ```compile_fail,E0599
//! let map = safe_map::ShardedMap::from([(1, 1)]);
//! let copy = map.clone();
//! ```
