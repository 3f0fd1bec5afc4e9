//! Reproducible schedules for tests of code that uses the maps: `--cfg safe_map_shuttle`.

/// The threads of the scheduler: what [`explore`] runs must spawn these.
pub use shuttle::thread;
use shuttle::{Config, Runner, scheduler::RandomScheduler};

/// Runs a test under one schedule, which the seed chooses: a seed that fails, fails again.
///
/// The maps, and the threads of [`thread`], run one at a time; after each step of a map the seed says who goes on. Only built
/// with `RUSTFLAGS="--cfg safe_map_shuttle"`.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// for seed in 0..100 {
///     safe_map::explore(seed, || {
///         let map = Arc::new(safe_map::ShardedMap::new());
///         let other = map.clone();
///         let second = safe_map::thread::spawn(move || other.upsert(1, || 1, |n| *n += 1));
///         map.upsert(1, || 1, |n| *n += 1);
///         second.join().unwrap();
///         assert_eq!(map.get(&1), Some(2));
///     });
/// }
/// ```
///
/// # Panics
///
/// As the test does, and if its threads wait for each other.
pub fn explore(seed: u64, test: impl Fn() + Send + Sync + 'static) {
    let scheduler = RandomScheduler::new_from_seed(seed, 1);
    Runner::new(scheduler, Config::default()).run(test);
}
